"""The days of an assessment: what a month covers, until when self-scores are filed, when the re-check runs."""

from __future__ import annotations

from datetime import date, timedelta

from saas.domain.assessment_facts import AssessedPeriod
from saas.domain.periods import day_in_month, month_end, months_after
from saas.domain.scheme_settings import FiledIn, Settings
from saas.domain.windows import DayOfMonth, Window


def assessed_period(settings: Settings, year: int, month: int) -> AssessedPeriod:
    """Return the days assessed as this month: the calendar month, or a cut in mid-month that ends in it."""
    first = date(year, month, 1)
    if settings.period_from_day == 1:
        return AssessedPeriod(first, month_end(first))
    before = months_after(first, -1)
    starts_on = day_in_month(before.year, before.month, settings.period_from_day)
    return AssessedPeriod(starts_on, date(year, month, settings.period_from_day) - timedelta(days=1))


def filing_window(settings: Settings) -> Window | None:
    """Return the window in which self-scores are filed and re-checked; None if the scheme sets no day.

    A late self-score is still taken and marked late; whether the re-check is over by then is another question.
    """
    due = settings.self_score_due
    if due is None:
        return None
    months = 0 if due.filed_in is FiledIn.SAME_MONTH else 1
    recheck = settings.recheck_window
    return Window(
        due=DayOfMonth(months, due.day),
        is_due_inclusive=due.inclusive,
        grace_days=None,
        recheck_from=DayOfMonth(months, recheck.from_day) if recheck else None,
        recheck_to=DayOfMonth(months, recheck.to_day) if recheck else None,
    )
