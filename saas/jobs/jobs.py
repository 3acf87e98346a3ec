"""The job that does a county's work of a day."""

from __future__ import annotations

from datetime import date

from saas.db import local_today, unit_of_work
from saas.jobs import daily
from saas.jobs.registry import job


@job(kind=daily.KIND, timeout=600)
def do_daily_work(day: str) -> None:
    """Do everything that is registered for a day."""
    with unit_of_work():
        daily.do_daily_work(date.fromisoformat(day))


@job(kind=daily.SAYING_KIND, timeout=600)
def say_daily_messages() -> None:
    """Tell people in the morning what the day brings. The day is that on which it is said."""
    with unit_of_work():
        daily.say_daily_messages(local_today())
