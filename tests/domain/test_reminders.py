"""Reminders: which stage a day has reached, and when the superior is told."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from saas.domain.reminders import ReminderRule, is_escalated, reminder_stage

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

    assert back == timedelta(days=10)
    assert ahead == timedelta(days=3)
