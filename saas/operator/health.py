"""How the deployment is: processes, queue, database and disk (运行状况). What cannot be asked is said to be unknown."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from dataclasses import dataclass

from flask import current_app
from sqlalchemy import text
from sqlalchemy.orm import Session

from saas.jobs.reconciler import LOCK
from saas.operator.queries import JobNumbers, job_numbers
from saas.queue import RedisError, WorkerStanding, message_queue

_RECONCILER_HOLDS = text(
    "SELECT EXISTS (SELECT FROM pg_locks WHERE locktype = 'advisory' AND granted AND objsubid = 1"
    " AND classid::bigint = :high AND objid::bigint = :low"
    " AND database = (SELECT oid FROM pg_database WHERE datname = current_database()))"
)
_DATABASE = text("SELECT pg_database_size(current_database()), current_setting('server_version')")


@dataclass(frozen=True, slots=True)
class Health:
    """One look at the deployment. `workers` and `messages` None: the queue does not answer. Sizes are in bytes."""

    workers: Sequence[WorkerStanding] | None
    messages: int | None
    reconciler_is_alive: bool
    jobs: JobNumbers
    database_bytes: int
    database_version: str
    schema: str
    disk_total: int
    disk_free: int


def look(session: Session) -> Health:
    """Ask everything once."""
    workers, messages = _queue()
    size, version = session.execute(_DATABASE).one()
    disk = shutil.disk_usage(_existing_folder())
    return Health(
        workers=workers,
        messages=messages,
        reconciler_is_alive=session.execute(
            _RECONCILER_HOLDS, {"high": LOCK >> 32, "low": LOCK & 0xFFFFFFFF}
        ).scalar_one(),
        jobs=job_numbers(session),
        database_bytes=size,
        database_version=version,
        schema=schema_of(session),
        disk_total=disk.total,
        disk_free=disk.free,
    )


def schema_of(session: Session) -> str:
    """The revision of the tables."""
    return str(session.execute(text("SELECT version_num FROM alembic_version")).scalar_one())


def _queue() -> tuple[Sequence[WorkerStanding] | None, int | None]:
    try:
        return message_queue().workers(), len(message_queue().waiting_job_ids())
    except RedisError:
        return None, None


def _existing_folder() -> str:
    """The disk of the files, also before the first file made the folder."""
    folder = current_app.config["JICENG"].storage_dir.absolute()
    while not folder.exists():
        folder = folder.parent
    return str(folder)
