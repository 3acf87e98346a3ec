"""What looks odd in the reports of many units (疑点 for 批量填报), held against each other and against what was before.

What is handed in together is compared as if it had come already: of seventeen villages that one person types, the one
with ten times the figure of the others is seen before anything goes. Three statements, whatever the number of units.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence

from saas.db import local_clock
from saas.domain.quality import Mark, figure_fields, marks_of
from saas.submissions.earlier import ENOUGH, Filed, reports_beside_all
from saas.submissions.grid import Grid, GridRow
from saas.submissions.marking import Counted, ShownMark, counted_fields, figures_of, show_found


def marks_of_rows(grid: Grid, rows: Sequence[GridRow]) -> dict[uuid.UUID, tuple[Mark, ...]]:
    """Return by unit what looks odd in the stored answers of rows that are to be handed in together."""
    begun = [(row, row.submission) for row in rows if row.submission is not None]
    typed = [Filed(row.unit.id, grid.period.start, each.form_version_id, each.answers) for row, each in begun]
    if not any(figure_fields(row.definition) for row, _ in begun):
        return {row.unit.id: marks_of(row.definition, each.answers, now=local_clock()) for row, each in begun}
    beside = reports_beside_all(grid.collection.id, grid.period.start, [row.unit.id for row, _ in begun])
    everything = [*typed, *beside.same, *beside.before, *(report for past in beside.past.values() for report in past)]
    counted: dict[uuid.UUID, Counted] = {}
    found = {}
    for row, each in begun:
        version = each.form_version_id
        if version not in counted:
            counted[version] = counted_fields(figure_fields(row.definition), version, everything)
        past = figures_of(counted[version], beside.past.get(row.unit.id, []))
        peers = figures_of(counted[version], _peers(row.unit.id, [*typed, *beside.same], beside.before))
        found[row.unit.id] = marks_of(row.definition, each.answers, past, peers, now=local_clock())
    return found


def _peers(unit_id: uuid.UUID, same: Sequence[Filed], before: Sequence[Filed]) -> list[Filed]:
    others = [each for each in same if each.unit_id != unit_id]
    return others if len(others) >= ENOUGH else [each for each in before if each.unit_id != unit_id]


def show_marks_of_rows(grid: Grid, rows: Sequence[GridRow]) -> dict[uuid.UUID, list[ShownMark]]:
    """The same as a page shows it, with what was said to the marks the last time."""
    found = marks_of_rows(grid, rows)
    return {
        row.unit.id: show_found(row.definition, found[row.unit.id], row.submission)
        for row in rows
        if row.submission is not None and found.get(row.unit.id)
    }
