"""When a collection is due: its rows turned into the domain's periods and windows. Nothing is decided here."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

from flask import current_app
from sqlalchemy.exc import NoResultFound

from saas.db import utc_now
from saas.domain.cohorts import Cohort, cohort_from_mapping
from saas.domain.errors import DomainError
from saas.domain.periods import Cadence, Period, period_of, periods_between
from saas.domain.windows import Window, WindowDates, WindowStatus, window_for, window_from_mapping, window_status
from saas.submissions.models import Collection, CollectionWindow

# Cadences that a collection can have. An own window and events need days that a collection does not hold.
CADENCES = tuple(cadence for cadence in Cadence if cadence not in {Cadence.WINDOW, Cadence.EVENT})


def cohort_of(collection: Collection) -> Cohort:
    """Who fills it."""
    return cohort_from_mapping(collection.cohort)


def window_of(collection: Collection) -> Window:
    """When each period may be filled."""
    return window_from_mapping(collection.window)


def period_at(collection: Collection, start: date) -> Period:
    """Return the collection's period that begins on a day, or raise NoResultFound (404)."""
    try:
        period = period_of(start, Cadence(collection.cadence))
    except DomainError:
        raise NoResultFound("no such period") from None
    begins_too_late = collection.ends_on is not None and start > collection.ends_on
    if period.start != start or period.end < collection.starts_on or begins_too_late:
        raise NoResultFound("no such period")
    return period


def collection_periods(collection: Collection, first: date, last: date) -> tuple[Period, ...]:
    """Return the collection's periods that have a day from `first` to `last`, in order."""
    first = max(first, collection.starts_on)
    last = min(last, collection.ends_on) if collection.ends_on else last
    return periods_between(first, last, Cadence(collection.cadence)) if first <= last else ()


def dates_of(collection: Collection, period: Period, changed: CollectionWindow | None = None) -> WindowDates:
    """Return the days of a period's window: by the collection's rule, or as the office changed them for this period."""
    window = window_of(collection)
    dates = window_for(period, window)
    if changed is None:
        return dates
    grace = window.grace_days
    return replace(
        dates,
        opens_on=changed.opens_on,
        due_on=changed.due_on,
        closes_on=None if grace is None else changed.due_on + timedelta(days=grace),
        recheck_from=changed.recheck_from,
        recheck_to=changed.recheck_to,
    )


def status_now(dates: WindowDates) -> WindowStatus:
    """Return what the present moment means for handing in, on the county's clock."""
    return window_status(dates, utc_now(), current_app.config["JICENG"].timezone)
