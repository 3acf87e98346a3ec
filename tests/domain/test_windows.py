"""Filling windows: in time, late, closed; what was due and what is missing."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta, timezone
from typing import Any

import pytest

from saas.domain.errors import FormatError
from saas.domain.periods import Cadence, OwnDays, period_from_key, period_of, periods_between
from saas.domain.windows import (
    Report,
    Window,
    WindowStatus,
    may_recheck,
    own_days_from_mapping,
    own_days_to_mapping,
    periods_due,
    tally_reports,
    window_for,
    window_from_mapping,
    window_status,
    window_to_mapping,
)

CHINA = timezone(timedelta(hours=8))
MARCH = period_from_key("2026-03")


def self_score(**more: Any) -> Window:
    """Self-score before the 16th, re-check from the 16th to the 19th."""
    return window_from_mapping(
        {
            "due": {"month": 0, "day": 16},
            "due_inclusive": False,
            "recheck_from": {"month": 0, "day": 16},
            "recheck_to": {"month": 0, "day": 19},
            **more,
        }
    )


LAST_DAY = Window(
    due=window_from_mapping({"due": {"from": "end", "days": 0}, "due_inclusive": True}).due, is_due_inclusive=True
)


@pytest.mark.parametrize(
    ("day", "clock", "exclusive", "inclusive"),
    [
        (1, (0, 0), WindowStatus.OPEN, WindowStatus.OPEN),
        (15, (23, 50), WindowStatus.OPEN, WindowStatus.OPEN),
        (16, (9, 0), WindowStatus.LATE, WindowStatus.OPEN),
        (17, (0, 0), WindowStatus.LATE, WindowStatus.LATE),
        (20, (9, 0), WindowStatus.LATE, WindowStatus.LATE),
        (21, (0, 0), WindowStatus.CLOSED, WindowStatus.LATE),
        (22, (0, 0), WindowStatus.CLOSED, WindowStatus.CLOSED),
    ],
)
def test_before_the_sixteenth_is_read_as_the_county_decided(
    day: int, clock: tuple[int, int], exclusive: WindowStatus, inclusive: WindowStatus
) -> None:
    moment = datetime(2026, 3, day, *clock, tzinfo=CHINA)

    for is_inclusive, expected in ((False, exclusive), (True, inclusive)):
        dates = window_for(MARCH, self_score(due_inclusive=is_inclusive, grace_days=5))
        assert window_status(dates, moment, CHINA) is expected


def test_the_recheck_has_four_days_and_is_closed_on_the_twentieth() -> None:
    dates = window_for(MARCH, self_score())
    open_days = [day for day in range(1, 32) if may_recheck(dates, datetime(2026, 3, day, 12, tzinfo=CHINA), CHINA)]

    assert open_days == [16, 17, 18, 19]
    assert dates.recheck_days == 4


def test_without_grace_a_late_one_is_not_taken() -> None:
    dates = window_for(MARCH, self_score())

    assert window_status(dates, datetime(2026, 3, 16, 0, 0, tzinfo=CHINA), CHINA) is WindowStatus.CLOSED


def test_with_unlimited_grace_a_late_one_is_always_taken() -> None:
    dates = window_for(MARCH, self_score(grace_days="unlimited"))

    assert window_status(dates, datetime(2030, 1, 1, tzinfo=CHINA), CHINA) is WindowStatus.LATE


def test_before_it_opens_nothing_is_taken() -> None:
    dates = window_for(MARCH, self_score(opens={"month": 0, "day": 10}))

    assert window_status(dates, datetime(2026, 3, 9, 23, 59, tzinfo=CHINA), CHINA) is WindowStatus.NOT_OPEN


def test_the_countys_clock_counts() -> None:
    dates = window_for(MARCH, self_score())
    evening_in_utc = datetime(2026, 3, 15, 16, 0, tzinfo=UTC)  # already the 16th in China

    assert window_status(dates, evening_in_utc, CHINA) is WindowStatus.CLOSED
    assert window_status(dates, evening_in_utc, UTC) is WindowStatus.OPEN


def test_a_time_of_day_ends_the_last_day_early() -> None:
    dates = window_for(MARCH, self_score(due_time="18:00", grace_days=1))

    assert dates.due_time == time(18)
    assert window_status(dates, datetime(2026, 3, 15, 18, 0, tzinfo=CHINA), CHINA) is WindowStatus.OPEN
    assert window_status(dates, datetime(2026, 3, 15, 18, 1, tzinfo=CHINA), CHINA) is WindowStatus.LATE
    strict = window_for(MARCH, self_score(due_time="18:00"))
    assert window_status(strict, datetime(2026, 3, 15, 18, 1, tzinfo=CHINA), CHINA) is WindowStatus.CLOSED


@pytest.mark.parametrize(
    ("point", "due_on"),
    [
        ({"month": 1, "day": 5}, date(2026, 4, 5)),
        ({"month": -1, "day": 31}, date(2026, 2, 28)),
        ({"month": 0, "day": "end"}, date(2026, 3, 31)),
        ({"from": "end", "days": 3}, date(2026, 4, 3)),
        ({"from": "start", "days": -1}, date(2026, 2, 28)),
        ({"month": 10, "day": 1}, date(2027, 1, 1)),
    ],
)
def test_a_due_day_is_a_day_of_a_month_or_counted_from_the_period(point: dict[str, Any], due_on: date) -> None:
    assert window_for(MARCH, self_score(due=point, due_inclusive=True)).due_on == due_on


def test_a_sensitive_march_asks_for_eighteen_reports() -> None:
    first, last = date(2026, 3, 1), date(2026, 3, 31)
    sensitive = (date(2026, 3, 3), date(2026, 3, 11))

    weekly = periods_due(Cadence.WEEK, LAST_DAY, first, last)
    ten_days = periods_due(Cadence.TEN_DAYS, LAST_DAY, first, last)
    monthly = periods_due(Cadence.MONTH, LAST_DAY, first, last)
    daily = periods_due(Cadence.DAY, LAST_DAY, *sensitive)

    assert [period.end.day for period in weekly] == [1, 8, 15, 22, 29]
    assert [period.end.day for period in ten_days] == [10, 20, 31]
    assert [len(weekly), len(ten_days), len(monthly), len(daily)] == [5, 3, 1, 9]


def test_a_zero_report_is_a_report_and_a_missing_one_is_not() -> None:
    due = periods_between(date(2026, 3, 3), date(2026, 3, 11), Cadence.DAY)
    came = dict.fromkeys(due[:5], Report.ZERO) | dict.fromkeys(due[5:7], Report.FILLED)

    tally = tally_reports(due, came | {period_of(date(2026, 3, 12), Cadence.DAY): Report.ZERO})

    assert (tally.due, tally.filled, tally.zero, tally.not_applicable) == (9, 2, 5, 0)
    assert [period.key for period in tally.missing] == ["2026-03-10", "2026-03-11"]


@pytest.mark.parametrize(
    "mapping",
    [
        {"due": {"month": 0, "day": 16}, "due_inclusive": False},
        {"due": {"from": "end", "days": 5}, "due_inclusive": True, "due_time": "08:30", "grace_days": "unlimited"},
        window_to_mapping(self_score(opens={"month": 0, "day": 1}, grace_days=3)),
    ],
)
def test_a_window_comes_back_as_it_was(mapping: dict[str, Any]) -> None:
    assert window_to_mapping(window_from_mapping(mapping)) == mapping


@pytest.mark.parametrize(
    ("mapping", "path"),
    [
        ({}, "window.due"),
        ({"due": {"month": 0, "day": 16}}, "window.due_inclusive"),  # whether the 16th counts is the county's decision
        ({"due": {"month": 0, "day": 32}, "due_inclusive": True}, "window.due.day"),
        ({"due": {"month": 0}, "due_inclusive": True}, "window.due.day"),
        ({"due": {"day": 1}, "due_inclusive": True}, "window.due.month"),
        ({"due": {"from": "middle", "days": 1}, "due_inclusive": True}, "window.due.from"),
        ({"due": {"month": 0, "day": 1, "days": 1}, "due_inclusive": True}, "window.due.days"),
        ({"due": {"month": 0, "day": 1}, "due_inclusive": True, "due_time": "24:00"}, "window.due_time"),
        ({"due": {"month": 0, "day": 1}, "due_inclusive": True, "grace_days": -1}, "window.grace_days"),
        (
            {"due": {"month": 0, "day": 1}, "due_inclusive": True, "recheck_to": {"month": 0, "day": 2}},
            "window.recheck_from",
        ),
        ({"due": 16, "due_inclusive": True}, "window.due"),
        ({"until": 16}, "window.until"),
    ],
)
def test_a_mistake_in_a_window_is_reported_with_its_path(mapping: dict[str, Any], path: str) -> None:
    with pytest.raises(FormatError) as refusal:
        window_from_mapping(mapping)

    assert refusal.value.path == path


def test_own_days_come_back_as_they_were() -> None:
    mapping = {"start": "11-01", "end": "09-30"}

    assert own_days_from_mapping(mapping) == OwnDays((11, 1), (9, 30))
    assert own_days_to_mapping(own_days_from_mapping(mapping)) == mapping
    with pytest.raises(FormatError):
        own_days_from_mapping({"start": "11-31", "end": "09-30"})
