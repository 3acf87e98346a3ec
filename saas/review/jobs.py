"""What reviewing needs to have done once a day."""

from __future__ import annotations

from datetime import date

from saas.jobs.daily import daily
from saas.review.unattended import look_after_unattended


@daily("unattended_cases", is_said=True)
def look_after_cases(today: date) -> int:
    """Lead on the cases at which nobody can decide any more, and tell who can help."""
    return look_after_unattended(today)
