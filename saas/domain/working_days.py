"""Working days (工作日): weekdays, without public holidays, with the weekends that are worked in exchange (调休).

Holidays are decided year by year by a notice of the State Council. A year whose notice is not recorded is counted by
weekdays alone, and `WorkCalendar.knows` says so: pages warn of it. Days only, no clock.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from enum import StrEnum
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Any

from saas.domain.errors import DomainError

_DATA = Path(__file__).with_name("data") / "public_holidays.toml"
_DAY = timedelta(days=1)
MAX_SPAN = 31  # days of one span of holidays


class Shift(StrEnum):
    """Where a day goes that is no working day. Stored in definitions: never rename a value."""

    NEXT = "next"  # 顺延到下一个工作日
    PREVIOUS = "previous"  # 提前到上一个工作日


@dataclass(frozen=True, slots=True)
class YearTable:
    """The days of one year that do not follow the week. `source` names the notice, in words."""

    holidays: frozenset[date]
    working_days: frozenset[date]
    source: str = ""


@dataclass(frozen=True, slots=True)
class WorkCalendar:
    """The years whose holidays are known. Without any, every weekday is a working day."""

    years: Mapping[int, YearTable] = field(default_factory=lambda: MappingProxyType({}))

    def knows(self, day: date) -> bool:
        """Whether the holidays of the day's year are recorded."""
        return day.year in self.years

    def is_working_day(self, day: date) -> bool:
        """Whether people work on a day; in a year without a table: Monday to Friday."""
        table = self.years.get(day.year)
        if table is not None and day in table.working_days:
            return True
        return day.weekday() < 5 and (table is None or day not in table.holidays)


WEEKDAYS = WorkCalendar()


def working_day_after(day: date, count: int, calendar: WorkCalendar) -> date:
    """Return the `count`th working day after a day, which itself is not counted; negative: before it.

    0 is the day itself, or the next working day if it is none: “节后第一个工作日” counts from the last holiday.
    """
    if count == 0:
        return moved_to_working_day(day, Shift.NEXT, calendar)
    step = _DAY if count > 0 else -_DAY
    left = abs(count)
    while left:
        day += step
        left -= calendar.is_working_day(day)
    return day


def moved_to_working_day(day: date, shift: Shift, calendar: WorkCalendar) -> date:
    """Return the day, or the next or the last working day if it is none (遇节假日顺延、提前)."""
    while not calendar.is_working_day(day):
        day += _DAY if shift is Shift.NEXT else -_DAY
    return day


# --- tables -------------------------------------------------------------------------------------------------------


def check_year(year: int, holidays: Iterable[date], working_days: Iterable[date], source: str = "") -> YearTable:
    """Return the table of a year. Raise DomainError for days of another year, on both lists, or worked anyway."""
    off, worked = frozenset(holidays), frozenset(working_days)
    strange = sorted(day for day in off | worked if day.year != year)
    if strange:
        raise DomainError("{day}不在{year}年", code="bad_calendar", day=strange[0], year=year)
    both = sorted(off & worked)
    if both:
        raise DomainError("{day}既列为放假又列为上班", code="bad_calendar", day=both[0])
    weekdays = sorted(day for day in worked if day.weekday() < 5)
    if weekdays:
        raise DomainError("{day}是周一至周五，不必列为调休上班日", code="bad_calendar", day=weekdays[0])
    return YearTable(off, worked, source)


def span_days(first: date, last: date) -> Iterator[date]:
    """Yield the days from `first` to `last`. Raise DomainError for a span that ends early or is longer than a month."""
    if not first <= last <= first + MAX_SPAN * _DAY:
        raise DomainError("{first}至{last}不是一段假期", code="bad_calendar", first=first, last=last)
    return (first + number * _DAY for number in range((last - first).days + 1))


@cache
def national_calendar() -> WorkCalendar:
    """The years whose notices come with the product (saas/domain/data/public_holidays.toml)."""
    tables = tomllib.loads(_DATA.read_text(encoding="utf-8"))
    return WorkCalendar(
        MappingProxyType({int(year): _year_of_file(int(year), table) for year, table in tables.items()})
    )


def _year_of_file(year: int, table: Mapping[str, Any]) -> YearTable:
    return check_year(year, _days(year, table["holidays"]), _days(year, table["working_days"]), table["source"])


def _days(year: int, spans: Iterable[str]) -> Iterator[date]:
    for span in spans:
        ends = [date.fromisoformat(f"{year}-{end}") for end in span.split("/")]
        yield from span_days(ends[0], ends[-1])


def calendar_with(stored: Mapping[str, Mapping[str, Any]]) -> WorkCalendar:
    """Return the national calendar with the years that a county keeps itself, which go before."""
    own = {int(year): year_from_mapping(int(year), table) for year, table in stored.items()}
    return WorkCalendar(MappingProxyType({**national_calendar().years, **own}))


def year_from_mapping(year: int, table: Mapping[str, Any]) -> YearTable:
    """Read the table of a year as it is stored: lists of ISO days, and the source."""
    off, worked = ([date.fromisoformat(day) for day in table[key]] for key in ("holidays", "working_days"))
    return check_year(year, off, worked, table.get("source", ""))


def year_to_mapping(table: YearTable) -> dict[str, Any]:
    """Return the JSON-able mapping of a year's table, read again to an equal one."""
    return {
        "holidays": [day.isoformat() for day in sorted(table.holidays)],
        "working_days": [day.isoformat() for day in sorted(table.working_days)],
        "source": table.source,
    }
