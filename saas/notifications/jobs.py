"""Background work of messages that leave the county."""

from __future__ import annotations

import uuid
from datetime import date

from saas.db import unit_of_work
from saas.jobs.daily import daily
from saas.jobs.registry import job
from saas.notifications import delivering
from saas.notifications.outgoing import JOB


@job(kind=JOB, timeout=60)
def deliver_message(delivery_id: uuid.UUID) -> None:
    """Send one message."""
    with unit_of_work():
        delivering.deliver(delivery_id)


@daily("old_messages")
def forget_old_messages(today: date) -> int:
    """Take old messages out of the record."""
    return delivering.forget_old(today)
