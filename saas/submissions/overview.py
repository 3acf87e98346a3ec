"""A collection in one period: who filled, is late, missing, sent back, not applicable, zero; by town and by unit."""

from __future__ import annotations

import uuid
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import joinedload

from saas.access.permissions import Permission
from saas.db import db, local_today
from saas.domain.answers import answers_from_stored
from saas.domain.cohorts import Membership, membership
from saas.domain.filing import FilingState, filing_state, is_zero_report
from saas.domain.periods import Period
from saas.domain.windows import WindowDates
from saas.domain.workflow import SubmissionStatus
from saas.forms.definitions import definition_of_version
from saas.forms.queries import Looking
from saas.org.cohorts import CohortBook, units_on
from saas.org.models import OrgUnit
from saas.submissions.fillers import FillerBook
from saas.submissions.models import Collection, Submission
from saas.submissions.schedule import cohort_of, status_now, was_asked

Parents = Mapping[uuid.UUID, uuid.UUID | None]


@dataclass(frozen=True, slots=True)
class FilingRow:
    """One unit in one period. `submission` is the newest revision that counts, if there is one."""

    unit: OrgUnit
    town: OrgUnit | None
    state: FilingState
    submission: Submission | None
    is_zero: bool

    @property
    def marks(self) -> frozenset[str]:
        """Every word by which the row is counted and found: its state, and late, not applicable, zero."""
        marks = {self.state.value}
        if self.state.is_handed_in:
            marks.add("handed_in")
        if self.submission is not None and self.state.is_handed_in:
            marks |= {"late"} if self.submission.is_late else set()
            marks |= {"not_applicable"} if self.submission.is_not_applicable else set()
            marks |= {"zero"} if self.is_zero else set()
        elif self.state in {FilingState.OVERDUE, FilingState.MISSING}:
            marks.add("not_reported")
        return frozenset(marks)


@dataclass(frozen=True, slots=True)
class TownLine:
    """The figures of one town: how many are asked, and how many of each mark."""

    town: OrgUnit | None
    asked: int
    marks: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Overview:
    """The rows the viewer may see, the same by town, and the units of which it cannot be known whether they fill."""

    rows: Sequence[FilingRow]
    towns: Sequence[TownLine]
    unknown: Sequence[OrgUnit]
    names: Mapping[uuid.UUID, str]  # what the units were called then

    @property
    def total(self) -> TownLine:
        """The figures of all rows."""
        return _line(None, self.rows)


def period_overview(collection: Collection, period: Period, dates: WindowDates, viewer: Looking) -> Overview:
    """Return where every unit stands, in the tree as it stood at the period's end, at the latest today.

    Membership is asked about what each unit was on that day (当时口径); whoever fills for all units sees them all.
    Three statements, whatever the number of units; one more where somebody fills for others.
    """
    on = min(period.end, local_today())
    dated = units_on(on)
    units = {each.unit.id: each.unit for each in dated}
    parents, book = {each.unit.id: each.parent_id for each in dated}, CohortBook(on)
    roots = set(viewer.unit_ids(Permission.SUBMISSION_VIEW))
    fillers = FillerBook(on).of_all(collection) or ()
    fills_all = bool(roots & {unit.id for unit in fillers})
    submissions, cohort = _effective(collection.id, period.start), cohort_of(collection, period)
    is_asked = was_asked(collection, dates, local_today())
    rows: list[FilingRow] = []
    unknown: list[OrgUnit] = []
    for each in dated:
        unit, above = each.unit, _above(each.unit.id, parents)
        if not fills_all and not roots & {unit.id, *above}:
            continue
        found = membership(each.seen, cohort, book)
        submission = submissions.get(unit.id)
        if found is Membership.UNKNOWN:
            unknown.append(unit)
        if (found is Membership.YES and is_asked) or submission is not None:
            rows.append(_row(unit, units.get(above[0]) if above else None, submission, dates))
    towns = dict.fromkeys(row.town.id if row.town else None for row in rows)
    by_town = {key: [row for row in rows if (row.town.id if row.town else None) == key] for key in towns}
    lines = [_line(group[0].town, group) for group in by_town.values()]
    names = {each.unit.id: each.name for each in dated}
    return Overview(rows, sorted(lines, key=_town_order), unknown, names)


def _town_order(line: TownLine) -> tuple[int, str]:
    return (line.town.sort_order, line.town.code) if line.town else (-1, "")


def _line(town: OrgUnit | None, rows: Sequence[FilingRow]) -> TownLine:
    return TownLine(town, len(rows), Counter(mark for row in rows for mark in row.marks))


def _above(unit_id: uuid.UUID, parents: Parents) -> list[uuid.UUID]:
    """The units above, from the parent up."""
    above: list[uuid.UUID] = []
    parent = parents.get(unit_id)
    while parent is not None and parent not in above:
        above.append(parent)
        parent = parents.get(parent)
    return above


def _row(unit: OrgUnit, town: OrgUnit | None, submission: Submission | None, dates: WindowDates) -> FilingRow:
    is_correction = submission is not None and submission.revision > 1
    state = filing_state(submission.status if submission else None, status_now(dates), is_correction=is_correction)
    return FilingRow(unit, town, state, submission, state.is_handed_in and _is_zero(submission))


def _is_zero(submission: Submission | None) -> bool:
    if submission is None or submission.is_not_applicable:
        return False
    definition = definition_of_version(submission.form_version)
    return is_zero_report(definition, answers_from_stored(definition, submission.answers))


def _effective(collection_id: uuid.UUID, period_start: date) -> dict[uuid.UUID, Submission]:
    """By unit the newest revision that is not a draft; a first draft where there is nothing else."""
    rows = db.session.scalars(
        select(Submission)
        .where(Submission.collection_id == collection_id, Submission.period_start == period_start)
        .options(joinedload(Submission.form_version))
        .order_by(Submission.revision)
    ).all()
    found: dict[uuid.UUID, Submission] = {}
    for row in rows:
        if row.unit_id not in found or row.status is not SubmissionStatus.DRAFT:
            found[row.unit_id] = row
    return found
