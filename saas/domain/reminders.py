"""When people are reminded of what is due (提醒、催报), and when their superiors are told. Days only, no clock.

A reminder belongs to the stage that was reached, not to the day: when nothing ran on a day, the next one makes up for
it, and who was reminded at a stage is not reminded again. Before days of rest it is said early what would be said on
them, so that nobody hears of Sunday's last day in time on Monday.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, timedelta

from saas.domain.working_days import WorkCalendar

LEVELS = 3  # of superiors that are told one after the other
CATCH_UP = 7  # days after the last stage in which it is still made up for; older ones are found on the lists


@dataclass(frozen=True, slots=True)
class Stage:
    """A step of reminding: so many days before the last day in time, or after it."""

    days: int
    is_overdue: bool

    @property
    def key(self) -> str:
        """The stable name of the stage: before-3, after-1."""
        return f"{'after' if self.is_overdue else 'before'}-{self.days}"

    def begins_on(self, due_on: date) -> date:
        """The day on which it was reached."""
        return due_on + timedelta(days=self.days if self.is_overdue else -self.days)


@dataclass(frozen=True, slots=True)
class ReminderRule:
    """Days before the last day in time, days after it, and after how many the superior is told (0: never).

    `calendar`: people are left alone on its days of rest; without one they are reminded on every day.
    """

    before: Collection[int]
    after: Collection[int]
    escalation: int
    calendar: WorkCalendar | None = None

    def is_quiet(self, day: date) -> bool:
        """Whether people are left alone on a day (周末和节假日不打扰)."""
        return self.calendar is not None and not self.calendar.is_working_day(day)

    def until(self, day: date) -> date:
        """Return the last day before the next one on which people are reminded."""
        while self.is_quiet(day + timedelta(days=1)):
            day += timedelta(days=1)
        return day

    @property
    def reach(self) -> tuple[timedelta, timedelta]:
        """How long after and how long before a day the last days in time lie that it may remind of."""
        back = max([*self.after, self.escalation * LEVELS, 0]) + CATCH_UP
        return timedelta(days=back), timedelta(days=max([*self.before, 0]))


def reminder_stage(due_on: date, today: date, rule: ReminderRule) -> Stage | None:
    """Return the stage that a day has reached, or None: too early, or nothing is to be said."""
    if rule.is_quiet(today):
        return None
    if due_on >= today:
        left = (due_on - rule.until(today)).days
        reached = [days for days in rule.before if left <= days]
        return Stage(min(reached), is_overdue=False) if reached else None
    over = [days for days in rule.after if days <= (today - due_on).days <= days + CATCH_UP]
    return Stage(max(over), is_overdue=True) if over else None


def is_escalated(due_on: date, today: date, rule: ReminderRule) -> bool:
    """Whether the superior is to be told that nothing came."""
    return rule.escalation > 0 and rule.escalation <= (today - due_on).days <= rule.escalation + CATCH_UP


def escalation_level(due_on: date, today: date, rule: ReminderRule) -> int:
    """Return how many superiors, from the nearest up, are to be told that nothing came; 0: none.

    One more each time the same number of days has passed (逐级告知).
    """
    over = (today - due_on).days
    if rule.escalation <= 0 or rule.is_quiet(today) or over > rule.escalation * LEVELS + CATCH_UP:
        return 0
    return min(max(over, 0) // rule.escalation, LEVELS)
