"""Background work of the filing: what is done once a day, and tables of many units."""

from __future__ import annotations

import uuid
from datetime import date

from saas.db import unit_of_work
from saas.files.sweeping import throw_away
from saas.files.uploads import drop_stale_uploads
from saas.jobs.daily import daily
from saas.jobs.registry import job
from saas.submissions import reminding
from saas.submissions.tables import exporting


@daily("filing_reminders", is_said=True)
def send_reminders(today: date) -> int:
    """Remind units of what is due, and tell superiors what did not come."""
    return reminding.remind(today)


@job(kind=exporting.EXPORT_JOB, timeout=180)
def export_period(export_id: uuid.UUID, collection_id: uuid.UUID, period_start: str, person_id: uuid.UUID) -> None:
    with unit_of_work():
        exporting.write_export(export_id, collection_id, period_start, person_id)


@daily("stale_uploads")
def forget_stale_uploads(_today: date) -> int:
    """Forget photos and files whose sending began days ago and was never ended."""
    return drop_stale_uploads()


@daily("unused_files")
def throw_files_away(_today: date) -> tuple[int, int]:
    """Throw away exports after their days, and bytes that no file has any more."""
    return throw_away()
