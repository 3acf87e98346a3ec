"""Working days: weekdays, public holidays, weekends that are worked in exchange; years that nobody has announced."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from saas.domain.errors import DomainError, FormatError
from saas.domain.periods import period_from_key
from saas.domain.windows import window_for, window_from_mapping, window_to_mapping
from saas.domain.working_days import (
    WEEKDAYS,
    Shift,
    calendar_with,
    check_year,
    moved_to_working_day,
    national_calendar,
    span_days,
    working_day_after,
    year_from_mapping,
    year_to_mapping,
)

CALENDAR = national_calendar()


@pytest.mark.parametrize(
    ("day", "is_working"),
    [
        ("2024-02-09", True),  # 除夕 of 2024 is only recommended as a day off
        ("2024-02-10", False),
        ("2024-02-18", True),  # a Sunday that is worked
        ("2024-06-08", False),  # a plain weekend beside 端午
        ("2024-10-12", True),
        ("2025-01-26", True),
        ("2025-01-28", False),
        ("2025-10-08", False),
        ("2025-10-09", True),
        ("2025-10-11", True),
        ("2026-01-02", False),
        ("2026-01-04", True),
        ("2026-02-14", True),
        ("2026-02-23", False),
        ("2026-02-24", True),
        ("2026-05-09", True),
        ("2026-09-25", False),
        ("2026-10-10", True),
        ("2026-10-11", False),
        ("2026-11-23", True),
        ("2027-01-01", True),  # nobody has written down what 2027 brings: a Friday
        ("2027-01-02", False),
    ],
)
def test_a_day_is_worked_as_the_notice_of_its_year_says(day: str, is_working: bool) -> None:
    assert CALENDAR.is_working_day(date.fromisoformat(day)) is is_working


@pytest.mark.parametrize(
    ("year", "off_weekdays", "worked_weekends", "working_days"),
    [(2024, 19, 8, 251), (2025, 18, 5, 248), (2026, 19, 6, 248)],
)
def test_the_years_have_the_working_days_of_their_notices(
    year: int, off_weekdays: int, worked_weekends: int, working_days: int
) -> None:
    table = CALENDAR.years[year]
    days = [day for month in range(1, 13) for day in span_days(date(year, month, 1), date(year, month, 28))]
    days += [date(year, month, day) for month in range(1, 13) for day in (29, 30, 31) if _exists(year, month, day)]

    assert sum(day.weekday() < 5 for day in table.holidays) == off_weekdays
    assert len(table.working_days) == worked_weekends
    assert sum(map(CALENDAR.is_working_day, days)) == working_days
    assert str(year) in table.source


def _exists(year: int, month: int, day: int) -> bool:
    try:
        return date(year, month, day).day == day
    except ValueError:
        return False


@pytest.mark.parametrize(
    ("day", "count", "expected"),
    [
        ("2026-09-30", 1, "2026-10-08"),  # over 国庆
        ("2026-09-30", 3, "2026-10-10"),  # a Saturday that is worked
        ("2026-09-30", 4, "2026-10-12"),
        ("2026-02-13", 1, "2026-02-14"),
        ("2026-02-13", 2, "2026-02-24"),  # over 春节
        ("2026-02-24", -2, "2026-02-13"),
        ("2026-03-31", 5, "2026-04-08"),  # over 清明: 1, 2, 3, 7, 8 April
        ("2026-10-07", 0, "2026-10-08"),
        ("2026-10-08", 0, "2026-10-08"),
        ("2025-12-31", 1, "2026-01-04"),  # across the new year
        ("2026-12-31", 1, "2027-01-01"),  # a year without a table follows the week
    ],
)
def test_working_days_are_counted_without_the_day_they_are_counted_from(day: str, count: int, expected: str) -> None:
    assert working_day_after(date.fromisoformat(day), count, CALENDAR) == date.fromisoformat(expected)


@pytest.mark.parametrize(
    ("day", "shift", "expected"),
    [
        ("2026-10-03", Shift.NEXT, "2026-10-08"),
        ("2026-10-03", Shift.PREVIOUS, "2026-09-30"),
        ("2026-09-20", Shift.NEXT, "2026-09-20"),
        ("2026-11-21", Shift.NEXT, "2026-11-23"),
        ("2026-11-21", Shift.PREVIOUS, "2026-11-20"),
    ],
)
def test_a_day_that_is_not_worked_moves_forward_or_back(day: str, shift: Shift, expected: str) -> None:
    assert moved_to_working_day(date.fromisoformat(day), shift, CALENDAR) == date.fromisoformat(expected)


def window(**keys: Any) -> Any:
    return window_from_mapping({"due_inclusive": True, **keys})


@pytest.mark.parametrize(
    ("key", "keys", "due_on", "is_estimated"),
    [
        ("2026-09", {"due": {"from": "end", "working_days": 5}}, "2026-10-13", False),
        ("2026-09", {"due": {"month": 1, "day": 5}, "if_not_working": "next"}, "2026-10-08", False),
        ("2026-09", {"due": {"month": 1, "day": 5}, "if_not_working": "previous"}, "2026-09-30", False),
        ("2026-09", {"due": {"month": 1, "day": 5}}, "2026-10-05", False),  # nothing said: the day stays
        (
            "2026-10",
            {"due": {"month": 0, "day": 9}, "due_inclusive": False, "if_not_working": "next"},
            "2026-10-08",
            False,
        ),
        ("2026-12", {"due": {"from": "end", "working_days": 2}}, "2027-01-04", True),
        ("2027-01", {"due": {"month": 0, "day": 16}, "if_not_working": "next"}, "2027-01-18", True),
        (
            "2027-01",
            {"due": {"month": 0, "day": 16}},
            "2027-01-16",
            False,
        ),  # weekdays do not matter: nothing is guessed
    ],
)
def test_a_due_day_counts_working_days_and_says_when_it_had_to_guess(
    key: str, keys: dict[str, Any], due_on: str, is_estimated: bool
) -> None:
    dates = window_for(period_from_key(key), window(**keys), CALENDAR)

    assert dates.due_on == date.fromisoformat(due_on)
    assert dates.is_estimated is is_estimated


def test_the_whole_window_may_count_working_days() -> None:
    rule = window(
        opens={"from": "end", "working_days": 1},
        due={"from": "end", "working_days": 3},
        recheck_from={"from": "end", "working_days": 4},
        recheck_to={"from": "end", "working_days": 5},
        grace_days=2,
    )

    dates = window_for(period_from_key("2026-09"), rule, CALENDAR)

    assert [day.day for day in (dates.opens_on, dates.due_on, dates.recheck_from, dates.recheck_to) if day] == [
        8,
        10,
        12,
        13,
    ]
    assert dates.closes_on == date(2026, 10, 12)
    assert window_from_mapping(window_to_mapping(rule)) == rule


@pytest.mark.parametrize(
    ("keys", "path"),
    [
        ({"due": {"from": "end", "working_days": 1, "days": 1}}, "window.due.days"),
        ({"due": {"from": "end", "working_days": 400}}, "window.due.working_days"),
        ({"due": {"month": 1, "working_days": 4}}, "window.due.working_days"),
        ({"due": {"month": 1, "day": 4}, "if_not_working": "later"}, "window.if_not_working"),
    ],
)
def test_a_mistake_in_a_rule_of_working_days_is_reported_with_its_path(keys: dict[str, Any], path: str) -> None:
    with pytest.raises(FormatError) as refusal:
        window(**keys)

    assert refusal.value.path == path


def test_a_county_adds_a_year_and_corrects_one() -> None:
    table = check_year(2027, span_days(date(2027, 2, 5), date(2027, 2, 11)), [date(2027, 2, 13)], "本县录入")

    county = calendar_with({"2027": year_to_mapping(table)})

    assert year_from_mapping(2027, year_to_mapping(table)) == table
    assert county.knows(date(2027, 6, 1))
    assert not CALENDAR.knows(date(2027, 6, 1))
    assert working_day_after(date(2027, 2, 4), 1, county) == date(2027, 2, 12)
    assert county.is_working_day(date(2027, 2, 13))
    assert county.is_working_day(date(2026, 10, 10))


def test_a_table_that_contradicts_itself_is_refused() -> None:
    saturday, monday = date(2027, 2, 13), date(2027, 2, 15)
    for off, worked in (([saturday], [saturday]), ([], [monday]), ([date(2026, 1, 1)], [])):
        with pytest.raises(DomainError) as refusal:
            check_year(2027, off, worked)
        assert refusal.value.code == "bad_calendar"
    with pytest.raises(DomainError):
        span_days(saturday, saturday.replace(month=1))


def test_without_any_table_every_weekday_is_worked() -> None:
    assert WEEKDAYS.is_working_day(date(2026, 10, 1))
    assert not WEEKDAYS.is_working_day(date(2026, 10, 10))
