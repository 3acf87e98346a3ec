"""Where units stand with all that falls due between two days: for lists of who is missing or late, for reminders.

Each period is asked of the units as they were at its end, at the latest today (当时口径), as on its own page.
"""

from __future__ import annotations

import uuid
from bisect import bisect_right
from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cached_property

from sqlalchemy import or_, select, tuple_

from saas.db import db
from saas.domain.cohorts import matches
from saas.domain.compiling import MAX_DAYS
from saas.domain.filing import FilingState, filing_state
from saas.domain.periods import Period
from saas.domain.windows import WindowDates
from saas.domain.workflow import SubmissionStatus
from saas.org.cohorts import CohortBook, DatedUnit, change_days, units_on
from saas.org.models import OrgUnit
from saas.submissions.compilers import branches_of, compiling_dates, is_filed, list_compiled
from saas.submissions.due_items import LONGEST
from saas.submissions.fillers import FillerBook, above_of
from saas.submissions.models import Collection, CollectionWindow, Compilation, Submission
from saas.submissions.schedule import cohort_of, dated_periods, status_now, was_asked

_COMPILING = timedelta(days=2 * MAX_DAYS + 40)  # a compilation is due at most that long after the units' reports


@dataclass(frozen=True, slots=True)
class Asked:
    """One period of a collection, with its days: of its units, or of those that compile what they report."""

    collection: Collection
    period: Period
    dates: WindowDates
    is_compiling: bool = False

    @property
    def name(self) -> str:
        """The collection, or the compilation of it."""
        return f"{self.collection.name}{'汇总' if self.is_compiling else ''}"

    @property
    def title(self) -> str:
        """What is asked: 2026年3月露天焚烧零报告."""
        return f"{self.period.label}{self.name}"


@dataclass(frozen=True, slots=True)
class Standing:
    """One unit with one period. `above` are the units above it then, the parent first.

    `fillers` are those whose people fill for it, mostly the unit itself; nobody where that is not settled (未落实).
    """

    asked: Asked
    unit: OrgUnit
    above: tuple[OrgUnit, ...]
    state: FilingState
    is_late: bool
    is_not_applicable: bool
    submission_id: uuid.UUID | None
    submitted_at: datetime | None
    fillers: tuple[OrgUnit, ...] = ()
    above_filler: tuple[OrgUnit, ...] = ()

    @property
    def responsible(self) -> tuple[OrgUnit, ...]:
        """Who is behind with what is missing or late, and the units above; where nobody is settled, the unit itself."""
        return (self.fillers[0], *self.above_filler) if self.fillers else (self.unit, *self.above)

    @property
    def is_for_others(self) -> bool:
        """Whether somebody else fills for the unit (代填)."""
        return bool(self.fillers) and self.fillers[0].id != self.unit.id

    @property
    def is_missing(self) -> bool:
        """Whether it is past its last day in time and nothing came (未报)."""
        return self.state in {FilingState.OVERDUE, FilingState.MISSING}


@dataclass(frozen=True, slots=True)
class _Filed:
    id: uuid.UUID
    status: SubmissionStatus
    is_late: bool
    is_not_applicable: bool
    is_correction: bool
    submitted_at: datetime | None


def list_asked(first: date, last: date) -> list[Asked]:
    """Every period of the collections in use whose last day in time lies between two days, by that day."""
    changes: dict[uuid.UUID, dict[date, CollectionWindow]] = {}
    for row in db.session.scalars(
        select(CollectionWindow)
        .where(or_(CollectionWindow.due_on >= first, CollectionWindow.period_start >= first - LONGEST))
        .order_by(CollectionWindow.period_start)
    ):
        changes.setdefault(row.collection_id, {})[row.period_start] = row
    collections = db.session.scalars(
        select(Collection)
        .where(Collection.is_active, or_(Collection.ends_on.is_(None), Collection.ends_on >= first - LONGEST))
        .order_by(Collection.name, Collection.id)
    ).all()
    found = []
    for collection in collections:
        earliest = first - _COMPILING if collection.compiling else first
        for period, dates in dated_periods(collection, changes.get(collection.id, {}), earliest, last):
            if first <= dates.due_on <= last:
                found.append(Asked(collection, period, dates))
            compiling = compiling_dates(collection, dates)
            if compiling is not None and first <= compiling.due_on <= last:
                found.append(Asked(collection, period, compiling, is_compiling=True))
    return sorted(found, key=lambda each: (each.dates.due_on, each.name, each.period.start))


def list_standings(
    asked: Sequence[Asked], on: date, *, below: Container[uuid.UUID] | None = None
) -> Iterator[Standing]:
    """Yield where every unit that is asked stands, and every one that compiles, by period and in the county's order.

    `below`: at least those at or below these units. One statement for what was filed, one for what was compiled, a few
    for each time at which the organisation changed meanwhile, and one or two where units fill for others.
    """
    filed, fillers = _filed([each for each in asked if not each.is_compiling]), FillerBook(on)
    days = _Days(min(each.period.end, on) for each in asked)
    compiled = list_compiled({(each.collection.id, each.period.start) for each in asked if each.is_compiling})
    for each in asked:
        county = days.county_at(min(each.period.end, on))
        if each.is_compiling:
            yield from _compilers(each, county.dated, county.book, compiled)
            continue
        cohort, window = cohort_of(each.collection, each.period), status_now(each.dates)
        is_asked = was_asked(each.collection, each.dates, on)
        for one in county.dated:
            if below is not None and not county.is_below(one.unit, below) and not each.collection.filled_by:
                continue
            entry = filed.get((each.collection.id, each.period.start, one.unit.id))
            if entry is None and (not is_asked or not matches(one.seen, cohort, county.book)):
                continue
            state = filing_state(
                entry.status if entry else None, window, is_correction=bool(entry and entry.is_correction)
            )
            above = county.above[one.unit.id]
            filled_by = fillers.of(each.collection, one.unit, above)
            yield _standing(
                each, one.unit, (above, filled_by, _above_filler(filled_by, one, above, county.units)), state, entry
            )


def _above_filler(
    fillers: Sequence[OrgUnit], dated: DatedUnit, above: tuple[OrgUnit, ...], units: Mapping[uuid.UUID, DatedUnit]
) -> tuple[OrgUnit, ...]:
    if not fillers or fillers[0].id == dated.unit.id:
        return above
    return above_of(units[fillers[0].id], units) if fillers[0].id in units else ()


def _compilers(
    asked: Asked,
    dated: Sequence[DatedUnit],
    book: CohortBook,
    compiled: Mapping[tuple[uuid.UUID, date, uuid.UUID], Compilation],
) -> Iterator[Standing]:
    """Where those stand that compile the reports of a period."""
    window = status_now(asked.dates)
    for branch in branches_of(asked.collection, asked.period, dated, book):
        row = compiled.get((asked.collection.id, asked.period.start, branch.compiler.id))
        status = None if row is None else SubmissionStatus.SUBMITTED if is_filed(row) else SubmissionStatus.DRAFT
        state = filing_state(status, window)
        yield Standing(
            asked=asked,
            unit=branch.compiler,
            above=branch.above,
            state=state,
            is_late=row is not None and state.is_handed_in and row.is_late,
            is_not_applicable=False,
            submission_id=None,
            submitted_at=row.submitted_at if row is not None else None,
            fillers=(branch.compiler,),
            above_filler=branch.above,
        )


Line = tuple[tuple[OrgUnit, ...], tuple[OrgUnit, ...], tuple[OrgUnit, ...]]
"""The units above one, who fills for it, and the units above those."""


def _standing(asked: Asked, unit: OrgUnit, line: Line, state: FilingState, entry: _Filed | None) -> Standing:
    came = entry is not None and state.is_handed_in
    above, fillers, above_filler = line
    return Standing(
        asked=asked,
        unit=unit,
        above=above,
        state=state,
        is_late=came and entry is not None and entry.is_late,
        is_not_applicable=came and entry is not None and entry.is_not_applicable,
        submission_id=entry.id if entry else None,
        submitted_at=entry.submitted_at if entry else None,
        fillers=fillers,
        above_filler=above_filler,
    )


@dataclass(frozen=True)
class _County:
    """The county as it was from one day to the next on which something changed."""

    dated: Sequence[DatedUnit]
    book: CohortBook

    @cached_property
    def units(self) -> Mapping[uuid.UUID, DatedUnit]:
        return {each.unit.id: each for each in self.dated}

    def is_below(self, unit: OrgUnit, roots: Container[uuid.UUID]) -> bool:
        """Whether a unit is one of the roots or stands below one."""
        return unit.id in roots or any(each.id in roots for each in self.above[unit.id])

    @cached_property
    def above(self) -> Mapping[uuid.UUID, tuple[OrgUnit, ...]]:
        """The units above each, the parent first."""
        return {each.unit.id: above_of(each, self.units) for each in self.dated}


class _Days:
    """The county on each day that is asked for: read once for all days between which nothing changed."""

    def __init__(self, days: Iterable[date]) -> None:
        wanted = sorted(set(days))
        self._changes = change_days(wanted[0], wanted[-1]) if len(wanted) > 1 else ()
        self._read: dict[int, _County] = {}

    def county_at(self, on: date) -> _County:
        part = bisect_right(self._changes, on)
        if part not in self._read:
            self._read[part] = _County(units_on(on), CohortBook(on))
        return self._read[part]


def _filed(asked: Sequence[Asked]) -> Mapping[tuple[uuid.UUID, date, uuid.UUID], _Filed]:
    """The newest revision that is not a draft; a first draft where there is nothing else. One statement."""
    wanted = {(each.collection.id, each.period.start) for each in asked}
    if not wanted:
        return {}
    rows = db.session.execute(
        select(
            Submission.collection_id,
            Submission.period_start,
            Submission.unit_id,
            Submission.id,
            Submission.status,
            Submission.is_late,
            Submission.is_not_applicable,
            Submission.revision,
            Submission.submitted_at,
        )
        .where(tuple_(Submission.collection_id, Submission.period_start).in_(sorted(wanted)))
        .order_by(Submission.revision)
    ).all()
    found: dict[tuple[uuid.UUID, date, uuid.UUID], _Filed] = {}
    for row in rows:
        key = (row.collection_id, row.period_start, row.unit_id)
        if key not in found or row.status is not SubmissionStatus.DRAFT:
            found[key] = _Filed(
                row.id, row.status, row.is_late, row.is_not_applicable, row.revision > 1, row.submitted_at
            )
    return found
