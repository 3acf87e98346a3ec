"""When a collection is due: its rows turned into the domain's periods and windows. Nothing is decided here."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

from flask import current_app
from sqlalchemy.exc import NoResultFound

from saas.db import utc_now
from saas.domain.cohorts import Cohort, cohort_from_mapping
from saas.domain.errors import DomainError
from saas.domain.periods import Cadence, Days, Period, period_of, periods_between
from saas.domain.windows import (
    Window,
    WindowDates,
    WindowStatus,
    own_days_from_mapping,
    window_for,
    window_from_mapping,
    window_status,
)
from saas.domain.working_days import WEEKDAYS
from saas.forms.approval import may_be_collected
from saas.submissions.calendars import county_days
from saas.submissions.models import Collection, CollectionWindow, Submission

CADENCES = tuple(Cadence)


def cohort_of(collection: Collection, period: Period | None = None) -> Cohort:
    """Who fills it; of an event that was begun for chosen units, those."""
    begun = _event_on(collection, period.start) if period is not None else None
    if begun is not None and begun["units"]:
        return Cohort(units=tuple(begun["units"]))
    return cohort_from_mapping(collection.cohort)


def window_of(collection: Collection) -> Window:
    """When each period may be filled."""
    return window_from_mapping(collection.window)


def days_of(collection: Collection) -> Days | None:
    """The days that its cadence needs: of an own window or of the county's school terms."""
    if collection.cadence == Cadence.TERM:
        return county_days().terms
    return own_days_from_mapping(collection.own_days) if collection.own_days else None


def period_at(collection: Collection, start: date) -> Period:
    """Return the collection's period that begins on a day, or raise NoResultFound (404)."""
    if collection.cadence == Cadence.EVENT:
        begun = _event_on(collection, start)
        if begun is None:
            raise NoResultFound("no such event")
        return _event_period(begun)
    try:
        period = period_of(start, Cadence(collection.cadence), days_of(collection))
    except DomainError:
        raise NoResultFound("no such period") from None
    begins_too_late = collection.ends_on is not None and start > collection.ends_on
    if period.start != start or period.end < collection.starts_on or begins_too_late:
        raise NoResultFound("no such period")
    return period


def collection_periods(collection: Collection, first: date, last: date) -> tuple[Period, ...]:
    """Return the collection's periods that have a day from `first` to `last`, in order."""
    if collection.cadence == Cadence.EVENT:
        begun = sorted(map(_event_period, collection.events))
        return tuple(period for period in begun if first <= period.start <= last)
    first = max(first, collection.starts_on)
    last = min(last, collection.ends_on) if collection.ends_on else last
    return periods_between(first, last, Cadence(collection.cadence), days_of(collection)) if first <= last else ()


def period_of_submission(submission: Submission) -> Period:
    """The period that a submission is for, as it was when it was begun."""
    return period_filed(submission.collection, submission.period_start, submission.period_end)


def period_filed(collection: Collection, start: date, end: date) -> Period:
    """The collection's period between two days, as it was when it was begun to be filled."""
    begun = _event_on(collection, start)
    return Period(start, end, Cadence(collection.cadence), begun["title"] if begun is not None else "")


def _event_on(collection: Collection, day: date) -> Mapping[str, Any] | None:
    return next((each for each in collection.events if each["day"] == day.isoformat()), None)


def _event_period(begun: Mapping[str, Any]) -> Period:
    day = date.fromisoformat(begun["day"])
    return Period(day, day, Cadence.EVENT, begun["title"])


def dates_of(collection: Collection, period: Period, changed: CollectionWindow | None = None) -> WindowDates:
    """Return the days of a period's window: by the collection's rule, or as the office changed them for this period."""
    return _dates(window_of(collection), period, changed)


def _dates(window: Window, period: Period, changed: CollectionWindow | None) -> WindowDates:
    dates = window_for(period, window, county_days().calendar if window.counts_working_days else WEEKDAYS)
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
        is_estimated=False,
    )


def dated_periods(
    collection: Collection, changes: Mapping[date, CollectionWindow], first: date, last: date
) -> Iterator[tuple[Period, WindowDates]]:
    """Yield the periods that are due on `first` or later and open by `last`, in order, with the days of each.

    However long a period is, and however far its window lies from it. `changes` are the windows changed for single
    periods, by the day on which the period begins.
    """
    window = window_of(collection)
    reach = window.reach
    moved = [each.period_start for each in changes.values() if each.due_on >= first and each.opens_on <= last]
    for period in collection_periods(collection, min([first - reach, *moved]), max([last + reach, *moved])):
        dates = _dates(window, period, changes.get(period.start))
        if dates.due_on >= first and dates.opens_on <= last:
            yield period, dates


def was_asked(collection: Collection, dates: WindowDates, on: date) -> bool:
    """Whether a period is asked of units that filed nothing: its form might be asked when it was due, or may be today.

    What was missing when its form ran out stays missing; what fell due afterwards was never asked.
    """
    return may_be_collected(collection.form, min(dates.due_on, on))


def status_now(dates: WindowDates) -> WindowStatus:
    """Return what the present moment means for handing in, on the county's clock."""
    return window_status(dates, utc_now(), current_app.config["JICENG"].timezone)
