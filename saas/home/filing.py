"""How far the filing of the current periods is, over the units that a person sees. Four statements."""

from __future__ import annotations

import uuid
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from sqlalchemy import or_, select, tuple_

from saas.accounts.viewer import Viewer
from saas.db import db
from saas.domain.cohorts import CohortUnit, Membership, membership
from saas.domain.filing import FilingState, filing_state
from saas.domain.periods import Period
from saas.domain.windows import WindowDates
from saas.domain.workflow import SubmissionStatus
from saas.home.queries import list_units_reached
from saas.org.cohorts import CohortBook, LinksOn
from saas.org.models import OrgUnit
from saas.org.queries import parents_on
from saas.submissions.models import Collection, CollectionWindow, Submission
from saas.submissions.schedule import cohort_of, collection_periods, dates_of, status_now, was_asked, window_of

_LOOK_BACK = timedelta(days=400)


@dataclass(frozen=True, slots=True)
class FilingProgress:
    """One collection in its current period: how many units are asked, and how many stand where."""

    collection_id: uuid.UUID
    name: str
    period: Period
    dates: WindowDates
    asked: int
    states: Mapping[FilingState, int]
    late: int

    @property
    def handed_in(self) -> int:
        """How many units handed in and were not sent back."""
        return sum(count for state, count in self.states.items() if state.is_handed_in)

    @property
    def returned(self) -> int:
        return self.states.get(FilingState.RETURNED, 0)

    @property
    def not_reported(self) -> int:
        """How many should have handed in and did not (逾期未报、未报)."""
        return self.states.get(FilingState.OVERDUE, 0) + self.states.get(FilingState.MISSING, 0)


@dataclass(frozen=True, slots=True)
class _Filed:
    status: SubmissionStatus
    is_late: bool
    is_correction: bool


Filed = Mapping[tuple[uuid.UUID, uuid.UUID], _Filed]


def filing_progress(viewer: Viewer, on: date) -> list[FilingProgress]:
    """Return every collection in use that asks a unit the viewer sees, in the last period that has opened."""
    units = list_units_reached(viewer, on)
    if not units:
        return []
    cohort_units, book = _cohort_units(units, parents_on(on), LinksOn(on)), CohortBook(on)
    current = list(_current_periods(on))
    filed = _filed([(collection.id, period.start) for collection, period, _dates in current])
    found = [_progress(*each, _Units(cohort_units, book, filed, on)) for each in current]
    return sorted((each for each in found if each.asked), key=lambda each: (each.dates.due_on, each.name))


def _cohort_units(
    units: Sequence[OrgUnit], parents: Mapping[uuid.UUID, uuid.UUID | None], links: LinksOn
) -> list[tuple[uuid.UUID, CohortUnit]]:
    codes = {unit.id: unit.code for unit in units}
    found = []
    for unit in units:
        above, parent = [], parents.get(unit.id)
        while parent in codes and codes[parent] not in above:
            above.append(codes[parent])
            parent = parents.get(parent)
        found.append((unit.id, CohortUnit(unit.code, unit.unit_type.code, above, unit.attributes, links.of(unit.id))))
    return found


def _current_periods(on: date) -> Iterator[tuple[Collection, Period, WindowDates]]:
    """Each collection in use with the last period whose window has opened."""
    changes: dict[tuple[uuid.UUID, date], CollectionWindow] = {
        (row.collection_id, row.period_start): row
        for row in db.session.scalars(
            select(CollectionWindow)
            .where(CollectionWindow.period_start >= on - _LOOK_BACK)
            .order_by(CollectionWindow.period_start)
        )
    }
    collections = db.session.scalars(
        select(Collection)
        .where(Collection.is_active, or_(Collection.ends_on.is_(None), Collection.ends_on >= on - _LOOK_BACK))
        .order_by(Collection.name, Collection.id)
    ).all()
    for collection in collections:
        periods = collection_periods(collection, on - _LOOK_BACK, on + window_of(collection).reach)
        for period in reversed(periods):
            dates = dates_of(collection, period, changes.get((collection.id, period.start)))
            if dates.opens_on <= on:
                yield collection, period, dates
                break


def _filed(asked: Sequence[tuple[uuid.UUID, date]]) -> Filed:
    """By collection and unit the newest revision that is not a draft; a first draft where there is nothing else."""
    rows = db.session.execute(
        select(Submission.collection_id, Submission.unit_id, Submission.status, Submission.is_late, Submission.revision)
        .where(tuple_(Submission.collection_id, Submission.period_start).in_(asked))
        .order_by(Submission.revision)
    ).all()
    found: dict[tuple[uuid.UUID, uuid.UUID], _Filed] = {}
    for row in rows:
        key = (row.collection_id, row.unit_id)
        if key not in found or row.status is not SubmissionStatus.DRAFT:
            found[key] = _Filed(row.status, row.is_late, row.revision > 1)
    return found


@dataclass(frozen=True, slots=True)
class _Units:
    """The units that are seen, what they filed, and the day on which it is asked."""

    units: Sequence[tuple[uuid.UUID, CohortUnit]]
    book: CohortBook
    filed: Filed
    on: date


def _progress(collection: Collection, period: Period, dates: WindowDates, seen: _Units) -> FilingProgress:
    cohort, window, is_asked = cohort_of(collection, period), status_now(dates), was_asked(collection, dates, seen.on)
    states: Counter[FilingState] = Counter()
    asked = late = 0
    for unit_id, unit in seen.units:
        entry = seen.filed.get((collection.id, unit_id))
        if entry is None and not (is_asked and membership(unit, cohort, seen.book) is Membership.YES):
            continue
        asked += 1
        state = filing_state(entry.status if entry else None, window, is_correction=bool(entry and entry.is_correction))
        states[state] += 1
        late += bool(entry and entry.is_late and state.is_handed_in)
    return FilingProgress(collection.id, collection.name, period, dates, asked, states, late)
