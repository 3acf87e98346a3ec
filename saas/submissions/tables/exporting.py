"""Exporting a period of a collection: at once, or in the background when there are many units. Never commits."""

from __future__ import annotations

import uuid
from datetime import date, timedelta

from sqlalchemy import select

from saas.accounts.models import User
from saas.accounts.services import make_viewer
from saas.accounts.viewer import Viewer
from saas.audit.services import AuditAction, record
from saas.db import db, local_today, new_id
from saas.files.checks import FileType
from saas.files.models import StoredFile
from saas.files.queries import list_files
from saas.files.queries import register_subject as register_files
from saas.files.services import store_bytes
from saas.files.sweeping import keep_only_for
from saas.jobs.models import Job
from saas.jobs.queries import find_job
from saas.jobs.running import report_progress
from saas.jobs.services import request_job
from saas.submissions.tables.handler import KIND, unit_name_of
from saas.submissions.tables.official import Heading, write_official
from saas.submissions.tables.scope import TableAddress, TableScope, load_scope

EXPORT_JOB = "submissions.export"
FILES = "submission_export"
KEPT = timedelta(days=7)  # then the file goes: it can be written again
AT_ONCE = 1_000  # units whose table is written while the browser waits: well under a second


def export_name(scope: TableScope, viewer: Viewer) -> str:
    """单位_期间_表名, without the ending."""
    return f"{unit_name_of(viewer)}_{scope.period.label}_{scope.collection.name}"


def export_period(scope: TableScope, *, actor: Viewer) -> bytes:
    """The official table of a period with what the actor may see; the export leaves its event."""
    record(
        AuditAction.DATA_EXPORTED,
        scope.collection,
        actor=actor,
        kind=KIND,
        period=scope.period.start.isoformat(),
        rows=len(scope.units),
    )
    heading = Heading(unit_name_of(actor), local_today())
    return write_official(scope, heading, report_progress)


def request_export(address: TableAddress, *, actor: Viewer) -> Job:
    """Ask for the table in the background. Only who asked sees it."""
    key = new_id()
    args = {"export_id": key, "collection_id": address.collection_id, "person_id": actor.id}
    start = address.period_start.isoformat()
    return request_job(EXPORT_JOB, str(key), {**args, "period_start": start}, actor=actor, priority=1)


def write_export(export_id: uuid.UUID, collection_id: uuid.UUID, period_start: str, person_id: uuid.UUID) -> StoredFile:
    """Write and keep the table. The rights are those of now."""
    viewer = make_viewer(db.session.scalars(select(User).where(User.id == person_id)).one())
    scope = load_scope(TableAddress(collection_id, date.fromisoformat(period_start)), viewer, is_filed=True)
    report_progress(10)
    content = export_period(scope, actor=viewer)
    report_progress(95)
    return store_bytes(
        content,
        name=f"{export_name(scope, viewer)}.xlsx",
        media_type=FileType.XLSX,
        subject_type=FILES,
        subject_id=export_id,
        actor=viewer,
    )


def find_export(job: Job) -> StoredFile | None:
    """The file that a job has written, or None."""
    return next(iter(list_files(FILES, [uuid.UUID(job.key)])), None)


def _may_see(export_id: uuid.UUID, viewer: Viewer) -> bool:
    job = find_job(EXPORT_JOB, str(export_id))
    return job is not None and job.created_by_id == viewer.id


register_files(FILES, _may_see)
keep_only_for(FILES, KEPT)
