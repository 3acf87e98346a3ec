"""Filling windows (填报窗口): from when to when a period may be filled, re-checked, and handed in late.

“16日前” is read as the county decided: `is_due_inclusive` says whether the 16th itself is in time. The time zone is
passed in: a deadline is a deadline on the county's clock.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, tzinfo
from enum import StrEnum
from typing import Any

from saas.domain.errors import DomainError, FormatError
from saas.domain.periods import Cadence, Days, OwnDays, Period, chinese_day, day_in_month, months_after, periods_between
from saas.domain.reading import Reader, read, without_defaults
from saas.domain.working_days import MAX_SPAN, WEEKDAYS, Shift, WorkCalendar, moved_to_working_day, working_day_after

UNLIMITED = "unlimited"
_LONGEST_MONTH = 31
_LONGEST_HOLIDAY = MAX_SPAN + 7  # days in a row on which nobody works, with the weekends beside them
_KEYS = {"opens", "due", "due_inclusive", "if_not_working", "due_time", "grace_days", "recheck_from", "recheck_to"}


@dataclass(frozen=True, slots=True)
class DayOfMonth:
    """A day (1–31, or 31 for the end) of the month that lies `months` after the period's last month."""

    months: int
    day: int

    def within(self, period: Period, calendar: WorkCalendar = WEEKDAYS) -> date:
        """Return the day for a period. A day beyond the month's end means its last."""
        first = months_after(period.end, self.months)
        return day_in_month(first.year, first.month, self.day)

    @property
    def reach(self) -> int:
        """How many days at most the day lies before the first, or after the last day of any period."""
        return (abs(self.months) + 1) * _LONGEST_MONTH


@dataclass(frozen=True, slots=True)
class DaysFrom:
    """So many days after the first or the last day of the period; negative: before. `is_working`: working days."""

    days: int
    is_from_end: bool
    is_working: bool = False

    def anchor(self, period: Period) -> date:
        """The day that is counted from, which itself is not counted."""
        return period.end if self.is_from_end else period.start

    def within(self, period: Period, calendar: WorkCalendar = WEEKDAYS) -> date:
        """Return the day for a period."""
        if self.is_working:
            return working_day_after(self.anchor(period), self.days, calendar)
        return self.anchor(period) + timedelta(days=self.days)

    @property
    def reach(self) -> int:
        """How many days at most the day lies before the first, or after the last day of any period."""
        return abs(self.days) * 2 + _LONGEST_HOLIDAY if self.is_working else abs(self.days)


Point = DayOfMonth | DaysFrom
PERIOD_START = DaysFrom(0, is_from_end=False)


@dataclass(frozen=True, slots=True)
class Window:
    """The rule, for any period. `grace_days` None: a late one is taken without limit.

    `if_not_working` moves a last day in time that is no working day; without it the day stays (节假日不顺延).
    """

    due: Point
    is_due_inclusive: bool
    opens: Point = PERIOD_START
    due_time: time | None = None
    grace_days: int | None = 0
    recheck_from: Point | None = None
    recheck_to: Point | None = None
    if_not_working: Shift | None = None

    @property
    def counts_working_days(self) -> bool:
        """Whether the rule needs to know which days are worked."""
        return self.if_not_working is not None or bool(self.working_points)

    @property
    def working_points(self) -> tuple[DaysFrom, ...]:
        """The points that count working days."""
        points = (self.opens, self.due, self.recheck_from, self.recheck_to)
        return tuple(point for point in points if isinstance(point, DaysFrom) and point.is_working)

    @property
    def reach(self) -> timedelta:
        """How far at most opening and last day in time lie before the first, or after the last day of a period."""
        moved = _LONGEST_HOLIDAY if self.if_not_working is not None else 0
        return timedelta(days=max(self.opens.reach, self.due.reach + 1 + moved))


@dataclass(frozen=True, slots=True)
class WindowDates:
    """The rule applied to one period. `due_on` is the last day in time, `closes_on` the last on which one is taken.

    `is_estimated`: working days were counted in a year whose holidays are not recorded, so the days may still change.
    """

    opens_on: date
    due_on: date
    closes_on: date | None
    recheck_from: date | None = None
    recheck_to: date | None = None
    due_time: time | None = None
    is_estimated: bool = False

    @property
    def due_text(self) -> str:
        """The last day in time as people read it, with its hour if there is one: 2026年3月15日 17:00."""
        return f"{chinese_day(self.due_on)}{f' {self.due_time:%H:%M}' if self.due_time is not None else ''}"

    @property
    def recheck_days(self) -> int:
        """How many days the re-check has, 0 if there is none."""
        if self.recheck_from is None or self.recheck_to is None:
            return 0
        return (self.recheck_to - self.recheck_from).days + 1


class WindowStatus(StrEnum):
    """What a moment means for handing in."""

    NOT_OPEN = "not_open"  # 未开始
    OPEN = "open"  # 可填报, in time
    LATE = "late"  # 逾期，仍可补报
    CLOSED = "closed"  # 已截止


def window_for(period: Period, window: Window, calendar: WorkCalendar = WEEKDAYS) -> WindowDates:
    """Return the days of a window for one period. The calendar is asked only where the rule counts working days."""
    written = window.due.within(period, calendar)
    due_on = written if window.is_due_inclusive else written - timedelta(days=1)
    if window.if_not_working is not None:
        due_on = moved_to_working_day(due_on, window.if_not_working, calendar)
    counted = [day for point in window.working_points for day in (point.anchor(period), point.within(period, calendar))]
    counted += [written, due_on] if window.if_not_working is not None else []
    return WindowDates(
        opens_on=window.opens.within(period, calendar),
        due_on=due_on,
        closes_on=None if window.grace_days is None else due_on + timedelta(days=window.grace_days),
        recheck_from=window.recheck_from.within(period, calendar) if window.recheck_from else None,
        recheck_to=window.recheck_to.within(period, calendar) if window.recheck_to else None,
        due_time=window.due_time,
        is_estimated=not all(calendar.knows(day) for day in counted),
    )


def check_dates(period: Period, dates: WindowDates) -> None:
    """Raise DomainError with code `bad_window` if a period would be due before it opens, or its re-check ends early."""
    if dates.due_on < dates.opens_on:
        raise DomainError(
            "按这样的时间，{period}在{due_on}就截止，{opens_on}才开始填报",
            code="bad_window",
            period=period.label,
            due_on=chinese_day(dates.due_on),
            opens_on=chinese_day(dates.opens_on),
        )
    if dates.recheck_from is not None and dates.recheck_to is not None and dates.recheck_to < dates.recheck_from:
        raise DomainError("按这样的时间，{period}的复查结束早于开始", code="bad_window", period=period.label)


def window_status(dates: WindowDates, moment: datetime, timezone: tzinfo) -> WindowStatus:
    """Return what an aware moment means for handing in, on the clock of `timezone`."""
    here = moment.astimezone(timezone)
    if here.date() < dates.opens_on:
        return WindowStatus.NOT_OPEN
    if here.date() < dates.due_on or (here.date() == dates.due_on and _in_time(here, dates.due_time)):
        return WindowStatus.OPEN
    if dates.closes_on is None or here.date() <= dates.closes_on and dates.closes_on > dates.due_on:
        return WindowStatus.LATE
    return WindowStatus.CLOSED


def _in_time(here: datetime, due_time: time | None) -> bool:
    return due_time is None or here.time() <= due_time


def may_recheck(dates: WindowDates, moment: datetime, timezone: tzinfo) -> bool:
    """Whether the re-check (复查) is open; it does not need a self-score."""
    if dates.recheck_from is None or dates.recheck_to is None:
        return False
    return dates.recheck_from <= moment.astimezone(timezone).date() <= dates.recheck_to


# --- what is due and what came ------------------------------------------------------------------------------------


def periods_due(
    cadence: Cadence,
    window: Window,
    first: date,
    last: date,
    own: Days | None = None,
    calendar: WorkCalendar = WEEKDAYS,
) -> tuple[Period, ...]:
    """Return the periods whose last day in time lies from `first` to `last`, in order.

    A weekly report due on Sundays counts for the month of its Sunday, whatever the Monday.
    """
    periods = periods_between(first - window.reach, last + window.reach, cadence, own)
    return tuple(period for period in periods if first <= window_for(period, window, calendar).due_on <= last)


class Report(StrEnum):
    """What came for a period. Nothing at all is *missing* and has no value here."""

    FILLED = "filled"  # 已报
    ZERO = "zero"  # 零报告: a report, and a valid one
    NOT_APPLICABLE = "not_applicable"  # 不适用


@dataclass(frozen=True, slots=True)
class Tally:
    """How complete the reports are. The four kinds are disjoint and add up to what was due."""

    due: int
    filled: int
    zero: int
    not_applicable: int
    missing: tuple[Period, ...]


def tally_reports(due: Sequence[Period], reports: Mapping[Period, Report]) -> Tally:
    """Count what came against what was due. Reports that were not due are left out."""

    def count(kind: Report) -> int:
        return sum(1 for period in due if reports.get(period) is kind)

    missing = tuple(period for period in due if period not in reports)
    return Tally(len(due), count(Report.FILLED), count(Report.ZERO), count(Report.NOT_APPLICABLE), missing)


# --- reading and writing ------------------------------------------------------------------------------------------


def window_from_mapping(mapping: Mapping[str, Any]) -> Window:
    """Read a window (docs/plan-format.md). Raise FormatError with the path of the first mistake."""
    reader = read(mapping, "window", FormatError, _KEYS)
    if ("recheck_from" in reader.mapping) != ("recheck_to" in reader.mapping):
        raise reader.fail("recheck_from", "复查起止应同时写或都不写", code="missing_key")
    return Window(
        due=_point(reader, "due"),
        is_due_inclusive=reader.truth("due_inclusive"),
        opens=_point(reader, "opens") if "opens" in reader.mapping else PERIOD_START,
        due_time=_time(reader),
        grace_days=None if reader.mapping.get("grace_days") == UNLIMITED else reader.whole("grace_days", 0, high=366),
        recheck_from=_point(reader, "recheck_from") if "recheck_from" in reader.mapping else None,
        recheck_to=_point(reader, "recheck_to") if "recheck_to" in reader.mapping else None,
        if_not_working=_shift(reader),
    )


def _shift(reader: Reader) -> Shift | None:
    if "if_not_working" not in reader.mapping:
        return None
    try:
        return Shift(reader.text("if_not_working"))
    except ValueError:
        raise reader.fail("if_not_working", "if_not_working 应为 next 或 previous", code="unknown_value") from None


def _point(reader: Reader, key: str) -> Point:
    point = reader.child(key)
    if "from" in point.mapping:
        key = "working_days" if "working_days" in point.mapping else "days"
        point.refuse_unknown({"from", key})
        start = point.text("from")
        if start not in {"start", "end"}:
            raise point.fail("from", "from 应为 start 或 end", code="unknown_value")
        return DaysFrom(_needed(point, key, -366, 366), start == "end", is_working=key == "working_days")
    point.refuse_unknown({"month", "day"})
    day = 31 if point.mapping.get("day") == "end" else _needed(point, "day", 1, 31)
    return DayOfMonth(_needed(point, "month", -12, 12), day)


def _needed(reader: Reader, key: str, low: int, high: int) -> int:
    value = reader.whole(key, low=low, high=high)
    if value is None:
        raise reader.fail(key, "缺少“{key}”", code="missing_key", key=key)
    return value


def _time(reader: Reader) -> time | None:
    value = reader.mapping.get("due_time")
    if value is None or isinstance(value, time):
        return value
    if not isinstance(value, str) or not re.fullmatch(r"([01]\d|2[0-3]):[0-5]\d", value, flags=re.ASCII):
        raise reader.fail("due_time", "时刻不合规", code="wrong_type", advice='写成 "18:00"')
    return time.fromisoformat(value)


def window_to_mapping(window: Window) -> dict[str, Any]:
    """Return the mapping of a window: JSON-able, without defaults, read again to an equal window."""
    mapping = {
        "opens": _point_to_mapping(window.opens),
        "due": _point_to_mapping(window.due),
        "due_inclusive": window.is_due_inclusive,
        "if_not_working": window.if_not_working.value if window.if_not_working else None,
        "due_time": f"{window.due_time:%H:%M}" if window.due_time else None,
        "grace_days": UNLIMITED if window.grace_days is None else window.grace_days,
        "recheck_from": _point_to_mapping(window.recheck_from) if window.recheck_from else None,
        "recheck_to": _point_to_mapping(window.recheck_to) if window.recheck_to else None,
    }
    defaults = {
        "opens": _point_to_mapping(PERIOD_START), "due_time": None, "grace_days": 0, "recheck_from": None,
        "recheck_to": None, "if_not_working": None,
    }  # fmt: skip
    return without_defaults(mapping, defaults)


def _point_to_mapping(point: Point) -> dict[str, Any]:
    if isinstance(point, DaysFrom):
        key = "working_days" if point.is_working else "days"
        return {"from": "end" if point.is_from_end else "start", key: point.days}
    return {"month": point.months, "day": point.day}


def own_days_from_mapping(mapping: Mapping[str, Any]) -> OwnDays:
    """Read `{ start = "11-01", end = "09-30" }`."""
    reader = read(mapping, "own", FormatError, {"start", "end"})
    return OwnDays(_month_and_day(reader, "start"), _month_and_day(reader, "end"))


def _month_and_day(reader: Reader, key: str) -> tuple[int, int]:
    try:
        day = date.fromisoformat("2024-" + reader.text(key))
    except ValueError:
        raise reader.fail(key, "“{key}”应为月-日", code="wrong_type", advice='写成 "11-01"', key=key) from None
    return day.month, day.day


def own_days_to_mapping(own: OwnDays) -> dict[str, str]:
    """Return the mapping of own days."""
    return {"start": "{:02d}-{:02d}".format(*own.start), "end": "{:02d}-{:02d}".format(*own.end)}
