"""Where units stand with all that falls due between two days: for lists of who is missing or late, for reminders.

Each period is asked of the units as they were at its end, at the latest today (当时口径), as on its own page.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import or_, select, tuple_

from saas.db import db
from saas.domain.cohorts import matches
from saas.domain.filing import FilingState, filing_state
from saas.domain.periods import Period
from saas.domain.windows import WindowDates
from saas.domain.workflow import SubmissionStatus
from saas.forms.approval import may_be_collected
from saas.org.cohorts import CohortBook, DatedUnit, units_on
from saas.org.models import OrgUnit
from saas.submissions.models import Collection, CollectionWindow, Submission
from saas.submissions.schedule import cohort_of, collection_periods, dates_of, status_now

_MARGIN = timedelta(days=400)  # a window lies at most that far from its period


@dataclass(frozen=True, slots=True)
class Asked:
    """One period of a collection, with its days."""

    collection: Collection
    period: Period
    dates: WindowDates

    @property
    def title(self) -> str:
        """What is asked: 2026年3月露天焚烧零报告."""
        return f"{self.period.label}{self.collection.name}"


@dataclass(frozen=True, slots=True)
class Standing:
    """One unit with one period. `above` are the units above it then, the parent first."""

    asked: Asked
    unit: OrgUnit
    above: tuple[OrgUnit, ...]
    state: FilingState
    is_late: bool
    is_not_applicable: bool
    submission_id: uuid.UUID | None
    submitted_at: datetime | None

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
    changes = {
        (row.collection_id, row.period_start): row
        for row in db.session.scalars(
            select(CollectionWindow)
            .where(CollectionWindow.period_start >= first - _MARGIN)
            .order_by(CollectionWindow.period_start)
        )
    }
    collections = db.session.scalars(
        select(Collection)
        .where(Collection.is_active, or_(Collection.ends_on.is_(None), Collection.ends_on >= first - _MARGIN))
        .order_by(Collection.name, Collection.id)
    ).all()
    found = []
    for collection in collections:
        for period in collection_periods(collection, first - _MARGIN, last + _MARGIN):
            dates = dates_of(collection, period, changes.get((collection.id, period.start)))
            if first <= dates.due_on <= last:
                found.append(Asked(collection, period, dates))
    return sorted(found, key=lambda each: (each.dates.due_on, each.collection.name, each.period.start))


def list_standings(asked: Sequence[Asked], on: date) -> Iterator[Standing]:
    """Yield where every unit that is asked stands, by period and in the county's order.

    One statement for what was filed, and two for each day on which a period ended.
    """
    filed, days = _filed(asked), _Days(on)
    for each in asked:
        dated, book = days.units_at(min(each.period.end, on))
        cohort, window = cohort_of(each.collection, each.period), status_now(each.dates)
        units = {one.unit.id: one for one in dated}
        is_collected = may_be_collected(each.collection.form, on)
        for one in dated:
            entry = filed.get((each.collection.id, each.period.start, one.unit.id))
            if entry is None and (not is_collected or not matches(one.seen, cohort, book)):
                continue
            state = filing_state(
                entry.status if entry else None, window, is_correction=bool(entry and entry.is_correction)
            )
            yield _standing(each, one, _above(one, units), state, entry)


def _standing(
    asked: Asked, dated: DatedUnit, above: tuple[OrgUnit, ...], state: FilingState, entry: _Filed | None
) -> Standing:
    came = entry is not None and state.is_handed_in
    return Standing(
        asked=asked,
        unit=dated.unit,
        above=above,
        state=state,
        is_late=came and entry is not None and entry.is_late,
        is_not_applicable=came and entry is not None and entry.is_not_applicable,
        submission_id=entry.id if entry else None,
        submitted_at=entry.submitted_at if entry else None,
    )


class _Days:
    """The units and named cohorts of each day that is asked for, read once."""

    def __init__(self, today: date) -> None:
        self._today = today
        self._read: dict[date, tuple[Sequence[DatedUnit], CohortBook]] = {}

    def units_at(self, on: date) -> tuple[Sequence[DatedUnit], CohortBook]:
        if on not in self._read:
            self._read[on] = units_on(on), CohortBook(on)
        return self._read[on]


def _above(dated: DatedUnit, units: Mapping[uuid.UUID, DatedUnit]) -> tuple[OrgUnit, ...]:
    above: dict[uuid.UUID, OrgUnit] = {}
    parent = dated.parent_id
    while parent is not None and parent in units and parent not in above:
        above[parent] = units[parent].unit
        parent = units[parent].parent_id
    return tuple(above.values())


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
