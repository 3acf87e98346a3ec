"""Days and moments of the past, counted from today."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta, tzinfo

from saas.demo.draws import Draw
from saas.domain.periods import Cadence, Period, day_in_month, month_end, months_after, period_of

FIRST_HOUR, LAST_HOUR = 8, 17


def past_period(today: date, cadence: Cadence, back: int) -> Period:
    """The period that lies `back` periods after the present one (−1: the one before)."""
    period = period_of(today, cadence)
    for _ in range(-back):
        period = period_of(period.start - timedelta(days=1), cadence)
    return period


def day_of_month(today: date, months: int, day: int) -> date:
    """A day of the month that lies `months` after this one."""
    first = months_after(today, months)
    return day_in_month(first.year, first.month, day)


def end_of_month(today: date, months: int) -> date:
    """The last day of the month that lies `months` after this one."""
    return month_end(months_after(today, months))


def working_moment(day: date, draw: Draw, zone: tzinfo) -> datetime:
    """Some moment of a day at which people work."""
    minutes = draw.between(FIRST_HOUR * 60, LAST_HOUR * 60)
    return datetime.combine(day, time(minutes // 60, minutes % 60, draw.between(0, 59)), zone)


def soon_after(moment: datetime, draw: Draw, *, hours: tuple[int, int]) -> datetime:
    """So many hours later, in the hours at which people work."""
    later = moment + timedelta(hours=draw.between(*hours), minutes=draw.between(1, 59), seconds=draw.between(0, 59))
    if later.hour > LAST_HOUR:
        later = later.replace(hour=FIRST_HOUR) + timedelta(days=1)
    elif later.hour < FIRST_HOUR:
        later = later.replace(hour=FIRST_HOUR)
    return later
