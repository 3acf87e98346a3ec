"""Filling a collection's period for many units on one page (批量填报): the rows, what was typed, where each stands.

Reading takes the same number of statements whatever the number of units; writing is in `grid_saving`.
"""

from __future__ import annotations

import re
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from typing import Any

from sqlalchemy import select
from sqlalchemy.exc import NoResultFound
from sqlalchemy.orm import joinedload
from werkzeug.datastructures import MultiDict

from saas.accounts.viewer import Viewer
from saas.db import db
from saas.domain.answers import Parsed
from saas.domain.errors import Message, message
from saas.domain.fields import FormDefinition
from saas.domain.filing import FilingState, filing_state
from saas.domain.grid import GridColumn, cell_text, column_total, grid_columns, put_cell
from saas.domain.periods import Period
from saas.domain.windows import WindowDates, WindowStatus
from saas.forms.models import FormVersion
from saas.forms.once import begun_in_stored
from saas.forms.outside_choices import ChoiceBook
from saas.forms.queries import find_published_version
from saas.org.cohorts import DatedUnit
from saas.org.models import OrgUnit
from saas.submissions import queries, services
from saas.submissions.defining import choices_day, definition_for
from saas.submissions.fillers import units_to_fill
from saas.submissions.grid_sources import GridSources, SharedSources
from saas.submissions.models import Collection, Submission
from saas.submissions.prefilling import Sources, draft_raw, first_raw
from saas.submissions.schedule import dates_of, period_at, status_now

PAGE = 200  # units on one page
_CELL = re.compile(r"([0-9]{1,4}):(.+)")


@dataclass(slots=True)
class GridRow:
    """One unit. `cells` are what the page shows, by path; `errors` stand beside the cells."""

    unit: OrgUnit
    name: str
    submission: Submission | None
    sources: Sources
    state: FilingState
    problem: Message | None
    raw: dict[str, list[str]]
    cells: dict[str, str] = field(default_factory=dict)
    errors: dict[str, str] = field(default_factory=dict)
    conflict: str = ""
    typed_version: str = ""  # of the row as the page that was sent had it

    @property
    def definition(self) -> FormDefinition:
        """The form as the unit fills it."""
        return self.sources.form_to_fill

    @property
    def version(self) -> int:
        """The version of the row; 0 while nothing was begun."""
        return self.submission.version if self.submission else 0

    @property
    def may_edit(self) -> bool:
        """Whether its cells can be typed into now."""
        return self.problem is None

    def is_changed(self, columns: Sequence[GridColumn]) -> bool:
        """Whether what was typed is other than what is stored or offered at first."""
        return any(self.cells.get(each.path, "") != cell_text(each, self.raw) for each in columns)

    def typed_raw(self, columns: Sequence[GridColumn]) -> dict[str, list[str]]:
        """The whole of the unit's answers with the cells as they were typed."""
        raw = {path: list(texts) for path, texts in self.raw.items()}
        for column in columns:
            put_cell(column, self.cells.get(column.path, ""), raw)
        return raw

    def parse(self, columns: Sequence[GridColumn], *, is_draft: bool) -> Parsed:
        """Read what was typed as the unit's own page would."""
        known, raw = self.sources.known(), self.typed_raw(columns)
        begun = begun_in_stored(self.definition, self.submission.answers if self.submission else {})
        return services.parse_for(self.definition, self.unit, raw, is_draft=is_draft, known=known, begun=begun)


@dataclass(frozen=True)
class Grid:
    """A collection's period as a table of units and questions."""

    collection: Collection
    period: Period
    dates: WindowDates
    columns: tuple[GridColumn, ...]
    left_out: tuple[str, ...]
    rows: tuple[GridRow, ...]
    count: int  # of all units, on all pages
    page: int

    @cached_property
    def arguments(self) -> dict[str, Any]:
        """The parts of the page's address."""
        return {"collection_id": self.collection.id, "period_start": self.period.start.isoformat()}

    @property
    def page_count(self) -> int:
        """How many pages there are."""
        return max(1, -(-self.count // PAGE))

    @property
    def is_late(self) -> bool:
        """Whether what is handed in now is late."""
        return status_now(self.dates) is WindowStatus.LATE

    @property
    def may_edit(self) -> bool:
        """Whether any row can be typed into."""
        return any(row.may_edit for row in self.rows)

    @property
    def is_protected(self) -> bool:
        """Whether personal data is asked: it is not kept on the device."""
        return any(column.item.sensitivity for column in self.columns)

    @property
    def problem(self) -> Message | None:
        """Why no unit can be filled now, where it is the same for all that have not handed in: said once."""
        problems = [row.problem for row in self.rows if not row.state.is_handed_in]
        return problems[0] if problems and all(each == problems[0] for each in problems) else None

    @property
    def error_count(self) -> int:
        """How many cells and rows have an error."""
        return sum(len(row.errors) + bool(row.conflict) for row in self.rows)

    @property
    def totals(self) -> Mapping[str, tuple[str, int]]:
        """By column the sum of what the page shows, and of how many units."""
        return {
            column.path: column_total(column, [row.cells.get(column.path, "") for row in self.rows])
            for column in self.columns
        }

    @property
    def left(self) -> int:
        """How many units of the page have not handed in."""
        return sum(not row.state.is_handed_in for row in self.rows)

    def row_of(self, unit_id: uuid.UUID) -> GridRow | None:
        """The row of a unit, or None."""
        return next((row for row in self.rows if row.unit.id == unit_id), None)


def get_grid(collection_id: uuid.UUID, period_start: str, viewer: Viewer, *, page: int = 1) -> Grid:
    """Return a collection's period with the units that the viewer fills for, or raise NoResultFound (404)."""
    try:
        start = date.fromisoformat(period_start)
    except ValueError:
        raise NoResultFound("not a day") from None
    collection = queries.get_collection(collection_id, viewer)
    period = period_at(collection, start)
    dates = dates_of(collection, period, queries.find_window_change(collection_id, start))
    filed, version = _newest(collection_id, start), find_published_version(collection.form_id)
    units = units_to_fill(collection, viewer, period, begun=filed.keys())
    if not units or (version is None and not filed):
        raise NoResultFound("nothing to fill for this viewer")
    page = min(max(page, 1), max(1, -(-len(units) // PAGE)))
    shown = units[(page - 1) * PAGE : page * PAGE]
    reader = _Reader(collection, period, dates, version, SharedSources(collection, period, shown))
    found = [row for each in shown if (row := reader.row(each, filed.get(each.unit.id))) is not None]
    columns, left_out = grid_columns(_shown_definition(found, version))
    for row in found:
        row.cells = {column.path: cell_text(column, row.raw) for column in columns}
    return Grid(collection, period, dates, columns, left_out, tuple(found), len(units), page)


@dataclass(frozen=True)
class _Reader:
    """Makes the rows; what they share is read once."""

    collection: Collection
    period: Period
    dates: WindowDates
    published: FormVersion | None
    shared: SharedSources

    @cached_property
    def book(self) -> ChoiceBook:
        return ChoiceBook(choices_day(self.period.end))

    def row(self, dated: DatedUnit, submission: Submission | None) -> GridRow | None:
        version = submission.form_version if submission else self.published
        if version is None:
            return None
        form = definition_for(version, dated.unit.id, self.period.end, book=self.book)
        sources = GridSources(form, dated, self.shared)
        raw = draft_raw(sources, submission) if submission else first_raw(sources)
        is_correction = submission is not None and submission.revision > 1
        status = submission.status if submission else None
        state = filing_state(status, status_now(self.dates), is_correction=is_correction)
        problem = services.filling_problem(self.collection, self.period, submission, self.dates)
        if problem is None and not self._has_the_columns(version, form, dated.unit):
            problem = message("other_version", "这份填报用的是旧版表单，请到单页填写")
        return GridRow(dated.unit, dated.name, submission, sources, state, problem, raw)

    def _has_the_columns(self, version: FormVersion, form: FormDefinition, unit: OrgUnit) -> bool:
        """Whether a report that was begun in an older version of the form asks the same questions."""
        if self.published is None or version.id == self.published.id:
            return True
        newest = definition_for(self.published, unit.id, self.period.end, book=self.book)
        return [each.item for each in grid_columns(form)[0]] == [each.item for each in grid_columns(newest)[0]]


def _shown_definition(rows: Sequence[GridRow], published: FormVersion | None) -> FormDefinition:
    """The form whose questions are the columns: the published version, else what most recently was filled."""
    for row in rows:
        if published is not None and (row.submission is None or row.submission.form_version_id == published.id):
            return row.definition
    return rows[0].definition


def _newest(collection_id: uuid.UUID, start: date) -> dict[uuid.UUID, Submission]:
    """The newest revision of each unit, with its form. One statement."""
    rows = db.session.scalars(
        select(Submission)
        .where(Submission.collection_id == collection_id, Submission.period_start == start)
        .options(joinedload(Submission.form_version), joinedload(Submission.unit), joinedload(Submission.collection))
        .order_by(Submission.revision)
    ).all()
    return {row.unit_id: row for row in rows}


# --- what was posted ------------------------------------------------------------------------------------------------


def take_posted(grid: Grid, form: MultiDict[str, str]) -> list[GridRow]:
    """Put what was typed into the rows that were sent, and return those that can be kept and are changed.

    A row that is not the viewer's to fill is no row of the grid, and is left out without a word.
    """
    sent = _sent_rows(form)
    changed = []
    for unit_id, (version, cells) in sent.items():
        row = grid.row_of(unit_id)
        if row is None or not row.may_edit:
            continue
        row.typed_version = version
        row.cells = {column.path: cells.get(column.path, row.cells[column.path]) for column in grid.columns}
        if row.is_changed(grid.columns):
            changed.append(row)
    return changed


def _sent_rows(form: MultiDict[str, str]) -> dict[uuid.UUID, tuple[str, dict[str, str]]]:
    cells: dict[str, dict[str, str]] = {}
    for name, text in form.items():
        match = _CELL.fullmatch(name)
        if match is not None:
            cells.setdefault(match[1], {})[match[2]] = text
    found: dict[uuid.UUID, tuple[str, dict[str, str]]] = {}
    for name, text in form.items():
        number = name.removeprefix("unit-")
        if name.startswith("unit-"):
            try:
                found[uuid.UUID(text)] = (form.get(f"version-{number}", ""), cells.get(number, {}))
            except ValueError:
                continue
    return found
