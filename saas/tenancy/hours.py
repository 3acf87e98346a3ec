"""The hours in which a county lets messages go out, as its settings keep them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import time, timedelta
from typing import Any

from sqlalchemy import select

from saas.db import db, local_now
from saas.domain.sending_hours import SendingHours
from saas.tenancy.models import TenantSettings


def hours_from(details: Mapping[str, Any]) -> SendingHours:
    """The hours that a county's settings keep; those of the product where it has not decided."""
    kept = [time.fromisoformat(text) for text in details.get("sending_hours", ())]
    return SendingHours(*kept)


def sending_pause() -> timedelta:
    """How long what is said to people now has to wait (免打扰). One statement."""
    details = db.session.scalars(select(TenantSettings.details)).one_or_none() or {}
    return hours_from(details).pause(local_now())
