"""Cadences and periods (周期): day, week, 旬 … year, school terms, own windows, events; their names and their order.

Days only, no clock and no time zone. docs/plan-format.md lists the keys.
"""

from __future__ import annotations

import re
from calendar import monthrange
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from enum import StrEnum
from itertools import pairwise

from saas.domain.errors import DomainError

ONE_DAY = timedelta(days=1)
FIRST_YEAR, LAST_YEAR = 1900, 2200  # of what an address or a definition may name


class Cadence(StrEnum):
    """How often something is asked. Stored in the database: never rename a value."""

    DAY = "day"  # 日
    WEEK = "week"  # 周, Monday to Sunday
    TEN_DAYS = "ten_days"  # 旬: 1–10, 11–20, 21–end
    HALF_MONTH = "half_month"  # 半月: 1–15, 16–end
    MONTH = "month"  # 月
    QUARTER = "quarter"  # 季
    HALF_YEAR = "half_year"  # 半年
    YEAR = "year"  # 年
    TERM = "term"  # 学期: the county sets the days of the terms, holidays belong to none
    WINDOW = "window"  # 自定起止, e.g. November to September
    EVENT = "event"  # 按次


@dataclass(frozen=True, slots=True)
class OwnDays:
    """The days of the year between which an own window runs, as (month, day); it may cross the new year."""

    start: tuple[int, int]
    end: tuple[int, int]


@dataclass(frozen=True, slots=True)
class SchoolTerms:
    """The terms of a county (学期), as (first day, last day), in order. They do not overlap."""

    terms: tuple[tuple[date, date], ...]


Days = OwnDays | SchoolTerms
"""What an own window, or a school term, needs to know."""


@dataclass(frozen=True, slots=True, order=True)
class Period:
    """One period, both days included. An event may have a title; what it is called does not make it another one."""

    start: date
    end: date
    cadence: Cadence
    title: str = field(default="", compare=False)

    @property
    def label(self) -> str:
        """The Chinese name: 2026年3月, 2026年3月上旬, 2026年第3季度; of an event its title and day."""
        if self.title:
            return f"{self.title}（{chinese_day(self.start)}）"
        return _LABELS[self.cadence](self.start, self.end)

    @property
    def key(self) -> str:
        """The stable name, for addresses and files: 2026-03, 2026-03-T1, 2026-Q3."""
        return _KEYS[self.cadence](self.start, self.end)

    def next(self) -> Period:
        """Return the period after this one. Raise DomainError for an event or a term, whose days do not tell it."""
        if self.cadence is Cadence.WINDOW:
            return self._shifted(1)
        return period_of(self.end + ONE_DAY, self._repeating())

    def previous(self) -> Period:
        """Return the period before this one. Raise DomainError for an event or a term, whose days do not tell it."""
        if self.cadence is Cadence.WINDOW:
            return self._shifted(-1)
        return period_of(self.start - ONE_DAY, self._repeating())

    def _repeating(self) -> Cadence:
        if self.cadence in {Cadence.EVENT, Cadence.TERM}:
            raise DomainError("按次、按学期填报的上一期和下一期要查", code="no_period")
        return self.cadence

    def _shifted(self, years: int) -> Period:
        return Period(_in_year(self.start, years), _in_year(self.end, years), Cadence.WINDOW)


def period_of(day: date, cadence: Cadence, own: Days | None = None) -> Period:
    """Return the period that a day belongs to. `own` is needed for, and only for, an own window and a school term.

    Raises DomainError with code `no_period` for a day outside the own window (October, if it runs from November to
    September) and for a school holiday: such a day belongs to no period.
    """
    if cadence in _BOUNDS:
        start, end = _BOUNDS[cadence](day)
        return Period(start, end, cadence)
    for period in _of_own_days(day, day, cadence, own):
        if period.start <= day <= period.end:
            return period
    raise DomainError("{day}不在填报周期内", code="no_period", day=day)


def periods_between(first: date, last: date, cadence: Cadence, own: Days | None = None) -> tuple[Period, ...]:
    """Return the periods that have at least one day from `first` to `last`, in order. Events have none."""
    if cadence is Cadence.EVENT:
        return ()
    periods = _from(first, cadence, last) if cadence in _BOUNDS else _of_own_days(first, last, cadence, own)
    return tuple(period for period in periods if period.end >= first and period.start <= last)


def _from(first: date, cadence: Cadence, last: date) -> Iterator[Period]:
    period = period_of(first, cadence)
    while period.start <= last:
        yield period
        period = period.next()


def _of_own_days(first: date, last: date, cadence: Cadence, own: Days | None) -> Iterator[Period]:
    """Yield at least the periods that have a day from `first` to `last`."""
    if cadence is Cadence.TERM and isinstance(own, SchoolTerms):
        yield from (Period(start, end, Cadence.TERM) for start, end in own.terms)
    elif cadence is Cadence.WINDOW and isinstance(own, OwnDays):
        yield from (_own_period(year, own) for year in range(first.year - 1, last.year + 1))
    else:
        raise DomainError("自定周期没有起止日期", code="no_period")


def check_terms(terms: Iterable[tuple[date, date]]) -> SchoolTerms:
    """Return terms in order. Raise DomainError with code `bad_terms` if one ends before it begins, or two overlap."""
    ordered = tuple(sorted(terms))
    for start, end in ordered:
        if not start < end < start + timedelta(days=366):
            raise DomainError("学期{start}至{end}的起止有误", code="bad_terms", start=start, end=end)
    for (_, end), (start, _) in pairwise(ordered):
        if start <= end:
            raise DomainError("{start}开始的学期与上一学期重叠", code="bad_terms", start=start)
    return SchoolTerms(ordered)


def _own_period(year: int, own: OwnDays) -> Period:
    """Return the own window that begins in `year`."""
    ends_in = year + 1 if own.end < own.start else year
    return Period(day_in_month(year, *own.start), day_in_month(ends_in, *own.end), Cadence.WINDOW)


def day_in_month(year: int, month: int, day: int) -> date:
    """Return a day of a month; a day beyond the month's end means its last (31 in February → 28 or 29)."""
    return date(year, month, min(day, monthrange(year, month)[1]))


def month_end(day: date) -> date:
    """Return the last day of the month."""
    return day_in_month(day.year, day.month, 31)


def months_after(day: date, months: int) -> date:
    """Return the first day of the month that lies so many months after the month of `day`."""
    years, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(years, month + 1, 1)


def _in_year(day: date, years: int) -> date:
    last_of_february = day.month == 2 and day == month_end(day)
    return day_in_month(day.year + years, day.month, 31 if last_of_february else day.day)


# --- bounds ------------------------------------------------------------------------------------------------------


def _months(day: date, length: int) -> tuple[date, date]:
    first = date(day.year, (day.month - 1) // length * length + 1, 1)
    return first, months_after(first, length) - ONE_DAY


def _week(day: date) -> tuple[date, date]:
    monday = day - timedelta(days=day.weekday())
    return monday, monday + timedelta(days=6)


def _ten_days(day: date) -> tuple[date, date]:
    first = min((day.day - 1) // 10, 2) * 10 + 1  # the 31st belongs to 下旬
    return day.replace(day=first), month_end(day) if first == 21 else day.replace(day=first + 9)


def _half_month(day: date) -> tuple[date, date]:
    return (day.replace(day=1), day.replace(day=15)) if day.day <= 15 else (day.replace(day=16), month_end(day))


_BOUNDS: Mapping[Cadence, Callable[[date], tuple[date, date]]] = {
    Cadence.DAY: lambda day: (day, day),
    Cadence.WEEK: _week,
    Cadence.TEN_DAYS: _ten_days,
    Cadence.HALF_MONTH: _half_month,
    Cadence.MONTH: lambda day: _months(day, 1),
    Cadence.QUARTER: lambda day: _months(day, 3),
    Cadence.HALF_YEAR: lambda day: _months(day, 6),
    Cadence.YEAR: lambda day: _months(day, 12),
    Cadence.EVENT: lambda day: (day, day),
}


# --- names -------------------------------------------------------------------------------------------------------


def chinese_day(day: date) -> str:
    """Return 2026年3月5日: no leading zeros."""
    return f"{day.year}年{day.month}月{day.day}日"


def _own_label(start: date, end: date) -> str:
    if start.day == 1 and end == month_end(end):
        return f"{start.year}年{start.month}月—{end.year}年{end.month}月"
    return f"{chinese_day(start)}—{chinese_day(end)}"


def _term_label(start: date, end: date) -> str:
    """School years begin in autumn: a term that begins from July on is the first one of its school year."""
    is_first = start.month >= 7
    year = start.year if is_first else start.year - 1
    return f"{year}—{year + 1}学年第{'一' if is_first else '二'}学期"


def _week_label(start: date, end: date) -> str:
    year, week, _ = start.isocalendar()
    return f"{year}年第{week}周（{start.month}月{start.day}日—{end.month}月{end.day}日）"


def _week_key(start: date, end: date) -> str:
    year, week, _ = start.isocalendar()
    return f"{year}-W{week:02d}"


_LABELS: Mapping[Cadence, Callable[[date, date], str]] = {
    Cadence.DAY: lambda start, end: chinese_day(start),
    Cadence.WEEK: _week_label,
    Cadence.TEN_DAYS: lambda start, end: f"{start.year}年{start.month}月{'上中下'[start.day // 10]}旬",
    Cadence.HALF_MONTH: lambda start, end: f"{start.year}年{start.month}月{'上下'[start.day // 16]}半月",
    Cadence.MONTH: lambda start, end: f"{start.year}年{start.month}月",
    Cadence.QUARTER: lambda start, end: f"{start.year}年第{end.month // 3}季度",
    Cadence.HALF_YEAR: lambda start, end: f"{start.year}年{'上下'[start.month // 7]}半年",
    Cadence.YEAR: lambda start, end: f"{start.year}年度",
    Cadence.TERM: _term_label,
    Cadence.WINDOW: _own_label,
    Cadence.EVENT: lambda start, end: f"{chinese_day(start)}（按次）",
}
_KEYS: Mapping[Cadence, Callable[[date, date], str]] = {
    Cadence.DAY: lambda start, end: start.isoformat(),
    Cadence.WEEK: _week_key,
    Cadence.TEN_DAYS: lambda start, end: f"{start:%Y-%m}-T{start.day // 10 + 1}",
    Cadence.HALF_MONTH: lambda start, end: f"{start:%Y-%m}-H{start.day // 16 + 1}",
    Cadence.MONTH: lambda start, end: f"{start:%Y-%m}",
    Cadence.QUARTER: lambda start, end: f"{start:%Y}-Q{end.month // 3}",
    Cadence.HALF_YEAR: lambda start, end: f"{start:%Y}-HY{start.month // 7 + 1}",
    Cadence.YEAR: lambda start, end: f"{start:%Y}",
    Cadence.TERM: lambda start, end: f"term/{start.isoformat()}/{end.isoformat()}",
    Cadence.WINDOW: lambda start, end: f"{start.isoformat()}/{end.isoformat()}",
    Cadence.EVENT: lambda start, end: f"event/{start.isoformat()}",
}

_DAY = r"(\d{4}-\d\d-\d\d)"
_KEY_PATTERNS: tuple[tuple[str, Callable[[re.Match[str]], Period]], ...] = (
    (_DAY, lambda m: period_of(date.fromisoformat(m[1]), Cadence.DAY)),
    (r"(\d{4})-W(\d\d)", lambda m: period_of(date.fromisocalendar(int(m[1]), int(m[2]), 1), Cadence.WEEK)),
    (r"(\d{4})-(\d\d)-T([123])", lambda m: period_of(_day(m, int(m[3]) * 10 - 9), Cadence.TEN_DAYS)),
    (r"(\d{4})-(\d\d)-H([12])", lambda m: period_of(_day(m, int(m[3]) * 15 - 14), Cadence.HALF_MONTH)),
    (r"(\d{4})-(\d\d)", lambda m: period_of(_day(m, 1), Cadence.MONTH)),
    (r"(\d{4})-Q([1-4])", lambda m: period_of(date(int(m[1]), int(m[2]) * 3, 1), Cadence.QUARTER)),
    (r"(\d{4})-HY([12])", lambda m: period_of(date(int(m[1]), int(m[2]) * 6, 1), Cadence.HALF_YEAR)),
    (r"(\d{4})", lambda m: period_of(date(int(m[1]), 1, 1), Cadence.YEAR)),
    (_DAY + "/" + _DAY, lambda m: Period(date.fromisoformat(m[1]), date.fromisoformat(m[2]), Cadence.WINDOW)),
    (
        "term/" + _DAY + "/" + _DAY,
        lambda m: Period(date.fromisoformat(m[1]), date.fromisoformat(m[2]), Cadence.TERM),
    ),
    ("event/" + _DAY, lambda m: period_of(date.fromisoformat(m[1]), Cadence.EVENT)),
)


def _day(match: re.Match[str], day: int) -> date:
    return date(int(match[1]), int(match[2]), day)


def period_from_key(key: str) -> Period:
    """Return the period that a key names. Raise DomainError with code `bad_period` for anything else."""
    for pattern, make in _KEY_PATTERNS:
        match = re.fullmatch(pattern, key, flags=re.ASCII)
        if match is None:
            continue
        try:
            period = make(match)
        except (ValueError, OverflowError):
            break
        is_near = period.start.year >= FIRST_YEAR and period.end.year <= LAST_YEAR
        if is_near and period.start <= period.end and period.key == key:
            return period
        break
    raise DomainError("“{key}”不是一个周期", code="bad_period", key=key)
