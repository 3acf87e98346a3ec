"""The county's working days and days of reminding, as its settings keep them, for due days of records."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import select

from saas.db import db
from saas.domain.reminders import ReminderRule
from saas.domain.working_days import WorkCalendar, calendar_with
from saas.tenancy.models import TenantSettings

_BEFORE, _AFTER, _ESCALATION = (3, 1), (1, 3), 3


def work_calendar() -> WorkCalendar:
    """The working days of the county: the nation's, and what it has decided itself. One statement."""
    return calendar_with(_details().get("work_calendar", {}))


def reminder_rule() -> ReminderRule:
    """On which days keepers are reminded, and after how many those above them are told. One statement."""
    details = _details()
    return ReminderRule(
        tuple(details.get("reminder_days", _BEFORE)),
        tuple(details.get("overdue_days", _AFTER)),
        details.get("escalation_days", _ESCALATION),
    )


def _details() -> Mapping[str, Any]:
    return db.session.scalars(select(TenantSettings.details)).one_or_none() or {}
