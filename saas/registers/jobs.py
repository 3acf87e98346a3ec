"""Background work on registers."""

from __future__ import annotations

import uuid
from datetime import date

from saas.db import unit_of_work
from saas.imports.handlers import register_import
from saas.jobs.daily import daily
from saas.jobs.registry import job
from saas.registers import exporting, reminding
from saas.registers.services import drop_stale_drafts
from saas.registers.tables import RegisterRecords

register_import(RegisterRecords())


@daily("register_reminders", is_said=True)
def send_reminders(today: date) -> int:
    """Remind of records that fall due or are overdue."""
    return reminding.remind(today)


@daily("stale_record_drafts")
def forget_stale_drafts(_today: date) -> int:
    """Forget what was typed of records and never sent."""
    return drop_stale_drafts()


@job(kind=exporting.JOB, timeout=600)
def export_register(
    export_id: uuid.UUID, register_id: uuid.UUID, actor_id: uuid.UUID, query: str, file_format: str, purpose: str
) -> None:
    """Make the file of an export."""
    with unit_of_work():
        exporting.make_export(export_id, register_id, actor_id, query=query, file_format=file_format, purpose=purpose)
