"""Reminders: which stage a day has reached, and when the superior is told."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from saas.domain.reminders import ReminderRule, escalation_level, is_escalated, reminder_stage
from saas.domain.working_days import national_calendar

DUE = date(2026, 3, 16)
RULE = ReminderRule(before=(3, 1), after=(1, 3), escalation=3)


@pytest.mark.parametrize(
    ("days", "key"),
    [
        (-4, None),
        (-3, "before-3"),
        (-2, "before-3"),  # nothing ran on the day itself: made up for, under the same name
        (-1, "before-1"),
        (0, "before-1"),
        (1, "after-1"),
        (2, "after-1"),
        (3, "after-3"),
        (10, "after-3"),
        (11, None),  # long ago: found on the lists
    ],
)
def test_a_day_reaches_a_stage(days: int, key: str | None) -> None:
    stage = reminder_stage(DUE, DUE + timedelta(days=days), RULE)

    assert (stage.key if stage else None) == key


@pytest.mark.parametrize(("days", "is_told"), [(0, False), (2, False), (3, True), (10, True), (11, False)])
def test_the_superior_is_told_some_days_after(days: int, is_told: bool) -> None:
    assert is_escalated(DUE, DUE + timedelta(days=days), RULE) is is_told


def test_a_county_that_wants_no_reminders_gets_none() -> None:
    silent = ReminderRule((), (), 0)

    assert reminder_stage(DUE, DUE, silent) is None
    assert reminder_stage(DUE, DUE + timedelta(days=1), silent) is None
    assert not is_escalated(DUE, DUE + timedelta(days=3), silent)


def test_the_reach_covers_every_day_that_is_reminded_of() -> None:
    back, ahead = RULE.reach

    assert back == timedelta(days=16)
    assert ahead == timedelta(days=3)


@pytest.mark.parametrize(
    ("days", "level"), [(-1, 0), (0, 0), (2, 0), (3, 1), (5, 1), (6, 2), (9, 3), (12, 3), (16, 3), (17, 0)]
)
def test_one_more_superior_is_told_each_time_the_days_have_passed(days: int, level: int) -> None:
    assert escalation_level(DUE, DUE + timedelta(days=days), RULE) == level


def test_who_tells_no_superior_tells_none() -> None:
    assert escalation_level(DUE, DUE + timedelta(days=9), ReminderRule((3,), (1,), 0)) == 0


WORKED = ReminderRule(before=(3, 1), after=(1, 3), escalation=3, calendar=national_calendar())
SUNDAY = date(2026, 3, 15)  # no working day; the next one is Monday the 16th


@pytest.mark.parametrize(
    ("day", "key"),
    [
        (date(2026, 3, 12), "before-3"),  # Thursday
        (date(2026, 3, 13), "before-1"),  # Friday says what Saturday and Sunday would
        (date(2026, 3, 14), None),
        (date(2026, 3, 15), None),
        (date(2026, 3, 16), "after-1"),
    ],
)
def test_before_a_weekend_it_is_said_early_and_on_it_nothing(day: date, key: str | None) -> None:
    stage = reminder_stage(SUNDAY, day, WORKED)

    assert (stage.key if stage else None) == key


def test_before_the_national_holiday_one_hears_of_what_is_due_in_it() -> None:
    """From 1 to 7 October 2026 nobody works; the 8th is a Thursday."""
    due = date(2026, 10, 5)

    assert WORKED.until(date(2026, 9, 30)) == date(2026, 10, 7)
    assert reminder_stage(due, date(2026, 9, 30), WORKED) is not None
    assert reminder_stage(due, date(2026, 10, 4), WORKED) is None
    assert escalation_level(date(2026, 9, 30), date(2026, 10, 4), WORKED) == 0
    assert escalation_level(date(2026, 9, 30), date(2026, 10, 8), WORKED) == 2


def test_a_worked_weekend_is_a_day_like_others() -> None:
    """In exchange for a holiday (调休) people work on Saturday 28 February 2026."""
    saturday = date(2026, 2, 28)

    assert not WORKED.is_quiet(saturday)
    assert reminder_stage(saturday, saturday, WORKED) is not None


def test_nothing_that_would_be_said_without_days_of_rest_is_left_out() -> None:
    """Whatever the last day in time: each stage before it is reached by a working day, at the latest on its own day."""
    plain = ReminderRule(before=(3, 1), after=(1, 3), escalation=3)
    for offset in range(365):
        due = date(2026, 1, 5) + timedelta(days=offset)
        heard = {
            stage.key
            for ahead in range(40)
            if (stage := reminder_stage(due, due - timedelta(days=ahead), WORKED)) is not None
        }
        assert "before-1" in heard, due
        assert reminder_stage(due, due, plain) is not None
