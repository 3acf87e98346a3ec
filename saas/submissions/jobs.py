"""What is done once a day for the filing."""

from __future__ import annotations

from datetime import date

from saas.jobs.daily import daily
from saas.submissions import reminding


@daily("filing_reminders")
def send_reminders(today: date) -> int:
    """Remind units of what is due, and tell superiors what did not come."""
    return reminding.remind(today)
