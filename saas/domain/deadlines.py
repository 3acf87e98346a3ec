"""Deadlines (完成时限): the last day in time, with the precision and the words in which it was stated."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

from saas.domain.errors import DomainError, FormatError
from saas.domain.periods import chinese_day, day_in_month, period_from_key
from saas.domain.reading import Reader, read

_KEYS = {"key", "before", "start", "days", "years", "text", "is_approximate"}
_NO_YEAR = re.compile(r"\d\d-\d\d", flags=re.ASCII)


@dataclass(frozen=True, slots=True)
class Deadline:
    """The last day in time, and how it is printed. `is_approximate`: “左右”, so nobody is late by it.

    `written` is the deadline as its definition has it, so that it is written back as it was.
    """

    due_on: date
    text: str
    is_approximate: bool = False
    written: Any = field(default=None, compare=False)


def deadline_from_mapping(value: object, *, path: str = "deadline", plan_year: int | None = None) -> Deadline:
    """Read a deadline (docs/plan-format.md). `plan_year` completes one without a year. Raise FormatError."""
    if isinstance(value, date):
        value = value.isoformat()
    if isinstance(value, str):
        return _of_key(value, path, plan_year)
    reader = read(value, path, FormatError, _KEYS)
    deadline = _of_table(reader, plan_year)
    text = reader.text("text", "", max_length=100) or deadline.text
    is_approximate = reader.truth("is_approximate", False)
    if is_approximate and "text" not in reader.mapping:
        text += "左右"
    return Deadline(deadline.due_on, text, is_approximate, _plain(reader.mapping))


def deadline_to_mapping(deadline: Deadline) -> Any:
    """Return the deadline as it was written; one made in code becomes its last day."""
    return deadline.due_on.isoformat() if deadline.written is None else deadline.written


def _plain(mapping: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value.isoformat() if isinstance(value, date) else value for key, value in mapping.items()}


def _of_table(reader: Reader, plan_year: int | None) -> Deadline:
    ways = [way for way in ("key", "before", "start") if way in reader.mapping]
    if len(ways) != 1:
        raise reader.fail("", "时限只写一种：key、before 或 start", code="bad_deadline")
    if ways == ["key"]:
        return _of_key(reader.text("key"), reader.at("key"), plan_year)
    if ways == ["before"]:
        day = reader.day("before")
        assert day is not None  # noqa: S101  (the key is there, and `day` refuses what is no day)
        return Deadline(day - timedelta(days=1), f"{chinese_day(day)}前")
    return _of_length(reader)


def _of_length(reader: Reader) -> Deadline:
    """Count from a day, that day included: 10 days from 16 March end on 25 March."""
    start, days = reader.day("start"), reader.whole("days", low=1, high=10_000)
    years = reader.whole("years", low=1, high=100)
    assert start is not None  # noqa: S101  (the key is there, and `day` refuses what is no day)
    if (days is None) == (years is None):
        raise reader.fail("days", "days 与 years 应写且只写一个", code="bad_deadline")
    if days is not None:
        return Deadline(start + timedelta(days=days - 1), f"自{chinese_day(start)}起{days}日内")
    end = day_in_month(start.year + (years or 0), start.month, start.day) - timedelta(days=1)
    return Deadline(end, f"自{chinese_day(start)}起{years}年内")


def _of_key(key: str, path: str, plan_year: int | None) -> Deadline:
    if _NO_YEAR.fullmatch(key):
        if plan_year is None:
            raise FormatError(path, "时限没有年份", code="bad_deadline", advice="写成 2026-09-30")
        key = f"{plan_year}-{key}"
        if not re.fullmatch(r"\d{4}-(0[1-9]|1[0-2])-\d\d", key):
            raise FormatError(path, "“{key}”不是时限", code="bad_deadline", key=key)
    try:
        period = period_from_key(key)
    except DomainError:
        advice = "如 2026-12-31、2026-03-T2、2026-Q3"
        raise FormatError(path, "“{key}”不是时限", code="bad_deadline", advice=advice, key=key) from None
    return Deadline(period.end, period.label, written=key)
