"""Who is missing and who was late (未报与迟报), for each level: the units right below the viewer's with their counts.

Zero reports came and are counted as handed in; not applicable is counted apart; returned ones came as well.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date

from saas.access.permissions import Permission
from saas.domain.filing import FilingState
from saas.domain.periods import month_end
from saas.domain.windows import WindowStatus
from saas.forms.queries import Looking
from saas.org.models import OrgUnit
from saas.submissions.schedule import status_now
from saas.submissions.standing import Standing, list_asked, list_standings


@dataclass(frozen=True, slots=True)
class MissingFilter:
    """What of the list is wanted: a month of last days in time, a collection, a branch, `missing` or `late` or both."""

    month: date
    collection_id: uuid.UUID | None = None
    branch_id: uuid.UUID | None = None
    kind: str = ""


@dataclass(frozen=True, slots=True)
class BranchLine:
    """The figures of one unit right below the viewer's, with all below it. `due`: what had to be in by now."""

    unit: OrgUnit | None
    due: int = 0
    handed_in: int = 0
    not_applicable: int = 0
    late: int = 0
    returned: int = 0
    missing: int = 0


@dataclass(frozen=True, slots=True)
class MissingList:
    """The figures by branch, their sum, and the single cases: who is missing or was late, with what."""

    lines: Sequence[BranchLine] = ()
    total: BranchLine = field(default_factory=lambda: BranchLine(None))
    rows: Sequence[Standing] = ()


def missing_list(viewer: Looking, wanted: MissingFilter, on: date) -> MissingList:
    """Return who is missing and late with what had to be in by now in a month."""
    roots = set(viewer.unit_ids(Permission.SUBMISSION_VIEW))
    first, last = wanted.month.replace(day=1), min(month_end(wanted.month), on)
    asked = [
        each for each in list_asked(first, last) if status_now(each.dates) in {WindowStatus.LATE, WindowStatus.CLOSED}
    ]
    if wanted.collection_id is not None:
        asked = [each for each in asked if each.collection.id == wanted.collection_id]
    lines: dict[uuid.UUID, BranchLine] = {}
    rows = []
    for each in list_standings(asked, on, below=roots):
        branch = branch_of(each, roots)
        if branch is None:
            continue
        lines[branch.id] = _counted(lines.get(branch.id, BranchLine(branch)), each)
        if _is_wanted(each, wanted.kind) and wanted.branch_id in {None, branch.id}:
            rows.append(each)
    ordered = sorted(lines.values(), key=_order)
    return MissingList(ordered, _sum(ordered), sorted(rows, key=_row_order))


def branch_of(standing: Standing, roots: set[uuid.UUID]) -> OrgUnit | None:
    """The unit right below the viewer's highest unit that whoever is behind belongs to, or that unit; None: not seen.

    What a department fills for a village is the department's to hand in, not the village's.
    """
    chain = standing.responsible
    places = [place for place, unit in enumerate(chain) if unit.id in roots]
    return chain[max(places[-1] - 1, 0)] if places else None


def _is_wanted(standing: Standing, kind: str) -> bool:
    is_missing, is_late = standing.is_missing and kind != "late", standing.is_late and kind != "missing"
    return is_missing or is_late


def _counted(line: BranchLine, standing: Standing) -> BranchLine:
    came = standing.state.is_handed_in
    return replace(
        line,
        due=line.due + 1,
        handed_in=line.handed_in + (came and not standing.is_not_applicable),
        not_applicable=line.not_applicable + standing.is_not_applicable,
        late=line.late + standing.is_late,
        returned=line.returned + (standing.state is FilingState.RETURNED),
        missing=line.missing + standing.is_missing,
    )


def _sum(lines: Iterable[BranchLine]) -> BranchLine:
    total = BranchLine(None)
    for line in lines:
        names = ("due", "handed_in", "not_applicable", "late", "returned", "missing")
        total = replace(total, **{name: getattr(total, name) + getattr(line, name) for name in names})
    return total


def _order(line: BranchLine) -> tuple[int, str]:
    return (line.unit.sort_order, line.unit.code) if line.unit else (0, "")


def _row_order(row: Standing) -> tuple[str, int, str, date]:
    who, *above = row.responsible
    return (above[0].code if above else who.code, row.unit.sort_order, row.unit.code, row.asked.dates.due_on)
