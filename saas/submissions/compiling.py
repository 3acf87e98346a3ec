"""Compiling what units reported (汇总): who reported, was late or is missing, the sums, and what was frozen of them.

A unit's report counts from the moment it is handed in; a correction under way does not, until it is handed in as well.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cached_property
from typing import Any

from flask_babel import gettext
from sqlalchemy import select
from sqlalchemy.exc import NoResultFound
from sqlalchemy.orm import joinedload

from saas.access.permissions import Permission
from saas.accounts.viewer import Viewer
from saas.db import db, local_today
from saas.domain.answers import answers_from_stored
from saas.domain.canonical_json import plain
from saas.domain.compiling import Came, FigureTotal, Part, figures_of, part_text, total_figures
from saas.domain.fields import FormDefinition
from saas.domain.filing import FilingState, filing_state, is_zero_report
from saas.domain.periods import Period
from saas.domain.windows import WindowDates
from saas.domain.workflow import SubmissionStatus
from saas.forms.definitions import definition_of_version
from saas.forms.outside_choices import ChoiceBook
from saas.forms.queries import find_published_version
from saas.org.cohorts import CohortBook, DatedUnit, units_on
from saas.org.models import OrgUnit
from saas.org.queries import list_subtree_ids
from saas.submissions import queries
from saas.submissions.compilers import Branch, branches_of, compiling_dates, is_filed, list_compiled
from saas.submissions.defining import choices_day, definition_of
from saas.submissions.models import Collection, Compilation, Submission
from saas.submissions.schedule import dates_of, period_at, status_now


@dataclass(frozen=True, slots=True)
class PartRow:
    """One unit of a compilation: what counts of it, and where it stands."""

    unit: OrgUnit
    name: str
    submission: Submission | None
    part: Part
    state: FilingState

    @property
    def is_late(self) -> bool:
        """Whether it came after its last day in time."""
        return self.submission is not None and self.state.is_handed_in and self.submission.is_late

    @property
    def is_zero(self) -> bool:
        """Whether all that it reported is 0: a report, and a valid one."""
        part = self.part
        return part.form is not None and part.answers is not None and is_zero_report(part.form, part.answers)

    @property
    def has_come(self) -> bool:
        """Whether it reported, or said that nothing applies."""
        return self.part.came in {Came.REPORTED, Came.NOT_APPLICABLE}

    @property
    def digest(self) -> str:
        """The digest of what counts, "" if nothing came."""
        return self.submission.digest if self.submission is not None and self.has_come else ""


@dataclass(frozen=True, slots=True)
class Change:
    """A unit whose report is not any more what was compiled."""

    name: str
    words: str


@dataclass(frozen=True)
class Desk:
    """One compiler's work for a period: the reports of its units, and the compilation if it was begun."""

    collection: Collection
    period: Period
    units_dates: WindowDates
    dates: WindowDates
    compiler: OrgUnit
    form: FormDefinition
    rows: tuple[PartRow, ...]
    row: Compilation | None

    @property
    def version(self) -> int:
        """The version of the compilation; 0 while there is none."""
        return self.row.version if self.row else 0

    @property
    def is_filed(self) -> bool:
        """Whether it was handed in."""
        return is_filed(self.row)

    @property
    def state(self) -> FilingState:
        """Where the compilation stands."""
        status = None if self.row is None else SubmissionStatus.SUBMITTED if self.is_filed else SubmissionStatus.DRAFT
        return filing_state(status, status_now(self.dates))

    @cached_property
    def totals(self) -> tuple[FigureTotal, ...]:
        """Every column over the units."""
        return total_figures(self.form, [row.part for row in self.rows])

    @property
    def missing(self) -> list[PartRow]:
        """The units of which nothing counts."""
        return [row for row in self.rows if not row.has_come]

    @property
    def late(self) -> list[PartRow]:
        """The units that reported late."""
        return [row for row in self.rows if row.is_late]

    @property
    def may_file(self) -> bool:
        """Whether it can be handed in: all units have reported, or their last day in time has passed."""
        return not self.missing or local_today() > self.units_dates.due_on

    @cached_property
    def changes(self) -> list[Change]:
        """What the units changed since it was handed in (汇总后有更正); nothing before."""
        if self.row is None or not self.is_filed:
            return []
        compiled = {str(part["code"]): part for part in self.row.content["parts"]}
        found = [(row.name, _change(compiled.get(row.unit.code), row)) for row in self.rows]
        return [Change(name, words) for name, words in found if words]

    @property
    def arguments(self) -> dict[str, Any]:
        """The parts of the page's address."""
        return {
            "collection_id": self.collection.id,
            "unit_id": self.compiler.id,
            "period_start": self.period.start.isoformat(),
        }

    def count(self, *states: Came) -> int:
        """How many units' reports came in one of these ways."""
        return sum(row.part.came in states for row in self.rows)


def _change(compiled: Mapping[str, Any] | None, row: PartRow) -> str:
    came_then = compiled is not None and compiled["came"] in {Came.REPORTED, Came.NOT_APPLICABLE}
    if not came_then:
        return str(gettext("汇总后补报")) if row.has_come else ""
    if not row.has_come:
        return str(gettext("汇总后被退回或撤回"))
    is_same = compiled is not None and compiled["digest"] == row.digest
    return "" if is_same else str(gettext("汇总后有更正"))


# --- reading --------------------------------------------------------------------------------------------------------


def list_desks(collection: Collection, period: Period, viewer: Viewer) -> list[Desk]:
    """Return every compiler of a period at or below the viewer's posts, in the county's order.

    At most nine statements, whatever the number of units.
    """
    visible = list_subtree_ids(viewer.unit_ids(Permission.SUBMISSION_VIEW), local_today())
    return [desk for desk in _desks(collection, period) if desk.compiler.id in visible]


def get_desk(collection_id: uuid.UUID, unit_id: uuid.UUID, period_start: str, viewer: Viewer) -> Desk:
    """Return one compiler's desk, or raise NoResultFound (404) if the viewer may not know of it."""
    try:
        start = date.fromisoformat(period_start)
    except ValueError:
        raise NoResultFound("not a day") from None
    collection = queries.get_collection(collection_id, viewer)
    for desk in list_desks(collection, period_at(collection, start), viewer):
        if desk.compiler.id == unit_id:
            return desk
    raise NoResultFound("this unit does not compile, or is not the viewer's to see")


def may_compile(desk: Desk, viewer: Viewer) -> bool:
    """Whether a viewer compiles here: through a post that fills, at the compiler itself."""
    return desk.compiler.id in viewer.unit_ids(Permission.SUBMISSION_EDIT)


def _desks(collection: Collection, period: Period) -> list[Desk]:
    units_dates = dates_of(collection, period, queries.find_window_change(collection.id, period.start))
    dates = compiling_dates(collection, units_dates)
    if dates is None:
        return []
    on = min(period.end, local_today())
    counted = _counted(collection.id, period.start)
    branches = branches_of(collection, period, units_on(on), CohortBook(on), counted.keys())
    rows = list_compiled({(collection.id, period.start)})
    form, book = _form(collection, counted), ChoiceBook(choices_day(period.end))
    if form is None:
        return []
    made = _Maker(units_dates, book)
    return [
        Desk(
            collection,
            period,
            units_dates,
            dates,
            branch.compiler,
            form,
            made.rows(branch, counted),
            rows.get((collection.id, period.start, branch.compiler.id)),
        )
        for branch in branches
    ]


@dataclass(frozen=True, slots=True)
class _Maker:
    units_dates: WindowDates
    book: ChoiceBook

    def rows(self, branch: Branch, counted: Mapping[uuid.UUID, Submission]) -> tuple[PartRow, ...]:
        return tuple(self.row(each, counted.get(each.unit.id)) for each in branch.units)

    def row(self, dated: DatedUnit, submission: Submission | None) -> PartRow:
        status = submission.status if submission else None
        is_correction = submission is not None and submission.revision > 1
        state = filing_state(status, status_now(self.units_dates), is_correction=is_correction)
        return PartRow(dated.unit, dated.name, submission, self.part(dated.unit.code, submission), state)

    def part(self, code: str, submission: Submission | None) -> Part:
        if submission is None or submission.status is SubmissionStatus.DRAFT:
            return Part(code, Came.MISSING)
        if submission.status is SubmissionStatus.RETURNED:
            return Part(code, Came.RETURNED)
        if submission.is_not_applicable:
            return Part(code, Came.NOT_APPLICABLE)
        form = definition_of(submission, book=self.book)
        return Part(code, Came.REPORTED, form, answers_from_stored(form, submission.answers))


def _counted(collection_id: uuid.UUID, period_start: date) -> dict[uuid.UUID, Submission]:
    """By unit what counts: what was signed, else the newest that was handed in, else what came back or was begun."""
    rows = db.session.scalars(
        select(Submission)
        .where(Submission.collection_id == collection_id, Submission.period_start == period_start)
        .options(joinedload(Submission.form_version), joinedload(Submission.collection), joinedload(Submission.unit))
        .order_by(Submission.revision)
    ).all()
    return {row.unit_id: row for row in sorted(rows, key=_weight)}


def _weight(row: Submission) -> tuple[bool, bool, int]:
    return row.status is SubmissionStatus.SIGNED_OFF, row.status in queries.HANDED_IN, row.revision


def _form(collection: Collection, counted: Mapping[uuid.UUID, Submission]) -> FormDefinition | None:
    """The form whose questions are the columns: the newest version that was filled, else the published one."""
    versions = [row.form_version for row in counted.values()]
    newest = max(versions, key=lambda each: each.number) if versions else find_published_version(collection.form_id)
    return definition_of_version(newest) if newest is not None else None


# --- what is frozen -------------------------------------------------------------------------------------------------


def content_of(desk: Desk, note: str) -> dict[str, Any]:
    """The canonical content of a compilation: sums, parts by unit, who is missing or late, as of now."""
    content: dict[str, Any] = plain(
        {
            "collection": desk.collection.code,
            "form": desk.collection.form.code,
            "period": {"key": desk.period.key, "label": desk.period.label, "start": desk.period.start},
            "unit": {"code": desk.compiler.code, "name": desk.compiler.name},
            "due_on": desk.dates.due_on,
            "figures": [_figure(total) for total in desk.totals],
            "parts": [_part(desk, row) for row in desk.rows],
            "missing": [row.name for row in desk.missing],
            "late": [row.name for row in desk.late],
            "note": note,
        }
    )
    return content


def _figure(total: FigureTotal) -> dict[str, Any]:
    return {
        "path": total.figure.path,
        "label": total.figure.label,
        "measure": total.figure.measure,
        "is_added": total.figure.is_added and not total.figure.choices,
        "amount": total.amount,
        "given": total.given,
        "not_applicable": total.not_applicable,
        "blank": total.blank,
        "missing": total.missing,
        "by_choice": [[label, count] for label, count in total.by_choice],
    }


def _part(desk: Desk, row: PartRow) -> dict[str, Any]:
    submission = row.submission
    return {
        "code": row.unit.code,
        "name": row.name,
        "came": row.part.came,
        "is_late": row.is_late,
        "is_zero": row.is_zero,
        "reason": submission.not_applicable_reason if submission is not None else "",
        "revision": submission.revision if submission is not None and row.has_come else 0,
        "digest": row.digest,
        "figures": {figure.path: part_text(figure, row.part) for figure in figures_of(desk.form)},
    }


# --- the county -----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class CountyFigure:
    """One column over all compilations that were handed in. `missing` counts units, those of absent compilers too."""

    label: str
    measure: str
    amount: Decimal | None
    given: int
    not_applicable: int
    missing: int
    by_choice: tuple[tuple[str, int], ...]
    is_added: bool


def county_figures(desks: Sequence[Desk]) -> list[CountyFigure]:
    """Add what was handed in, as it was frozen. What was not compiled is missing, and is never taken for 0."""
    filed = [desk.row.content for desk in desks if desk.row is not None and desk.is_filed]
    absent = sum(len(desk.rows) for desk in desks if not desk.is_filed)
    found: dict[str, list[Mapping[str, Any]]] = {}
    for content in filed:
        for figure in content["figures"]:
            found.setdefault(figure["path"], []).append(figure)
    asked = sum(len(content["parts"]) for content in filed)
    return [_sum(figures, absent, asked) for figures in found.values()]


def _sum(figures: Sequence[Mapping[str, Any]], absent: int, asked: int) -> CountyFigure:
    amounts = [Decimal(each["amount"]) for each in figures if each["amount"] is not None]
    chosen: dict[str, int] = {}
    for each in figures:
        for label, count in each["by_choice"]:
            chosen[label] = chosen.get(label, 0) + count
    given = sum(each["given"] for each in figures)
    not_applicable = sum(each["not_applicable"] for each in figures)
    return CountyFigure(
        label=figures[-1]["label"],
        measure=figures[-1]["measure"],
        amount=sum(amounts, Decimal(0)) if amounts else None,
        given=given,
        not_applicable=not_applicable,
        missing=asked - given - not_applicable + absent,
        by_choice=tuple(chosen.items()),
        is_added=figures[-1]["is_added"],
    )
