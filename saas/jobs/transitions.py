"""Every change of a job's state, as statements.

Each says which rows it may change, so that of several processes that try the same, one succeeds and the others see
that they came too late. Time is the database's clock: the clocks of workers do not matter.
"""

from __future__ import annotations

import uuid
from datetime import timedelta
from typing import Any

from sqlalchemy import Update, and_, case, false, func, null, or_, true, update
from sqlalchemy.sql.dml import ReturningUpdate
from sqlalchemy.sql.elements import ColumnElement

from saas.jobs.models import Job, JobState

LEASE_RAN_OUT = "the lease ran out: the worker died, was frozen or lost the database"
REASON_BROKEN_OFF = "处理过程多次中断，已停止重试。请重新发起；如仍失败，请联系系统管理员。"
REASON_FAILED = "多次处理均未成功，已停止重试。请重新发起；如仍失败，请联系系统管理员。"

NOW: ColumnElement[Any] = func.clock_timestamp()


def claim(job_id: uuid.UUID, token: uuid.UUID, lease: timedelta) -> ReturningUpdate[Any]:
    """Take a job that waits, or one whose worker is gone. No row: somebody else has it."""
    is_free = or_(
        and_(Job.state == JobState.QUEUED, Job.run_after <= NOW),
        and_(Job.state == JobState.RUNNING, Job.lease_until < NOW),
    )
    return (
        update(Job)
        .where(Job.id == job_id, is_free, Job.attempt < Job.max_attempts)
        .values(
            state=JobState.RUNNING,
            token=token,
            lease_until=NOW + lease,
            attempt=Job.attempt + 1,
            started_at=NOW,
            progress=0,
        )
        .returning(Job.kind, Job.args, Job.attempt, Job.max_attempts)
    )


def renew(job_id: uuid.UUID, token: uuid.UUID, lease: timedelta) -> Update:
    """Keep a running job. No row: it was taken away."""
    return _held(job_id, token).values(lease_until=NOW + lease)


def report(job_id: uuid.UUID, token: uuid.UUID, percent: int) -> Update:
    """Note how far a running job has come."""
    return _held(job_id, token).values(progress=percent)


def finish(job_id: uuid.UUID, token: uuid.UUID) -> Update:
    """Mark a job done, in the transaction of its effect. No row: the effect must not be committed."""
    return _held(job_id, token).values(
        state=JobState.DONE, lease_until=null(), finished_at=NOW, progress=100, error=null(), reason=null()
    )


def fail(
    job_id: uuid.UUID, token: uuid.UUID, *, error: str, reason: str, pause: timedelta, for_good: bool = False
) -> Update:
    """Give a job back after an error, to be tried again after a pause; or give it up: at once or as it was the last."""
    is_over = true() if for_good else Job.attempt >= Job.max_attempts
    return _held(job_id, token).values(_given_back(is_over, error=error, reason=reason) | {"run_after": NOW + pause})


def hand_back(job_id: uuid.UUID, token: uuid.UUID) -> Update:
    """Return a job that was asked to stop, as if it had not been started."""
    back = _given_back(false(), error="stopped with its worker", reason="")
    return _held(job_id, token).values(back | {"attempt": Job.attempt - 1, "run_after": NOW})


def return_expired() -> ReturningUpdate[uuid.UUID, JobState]:
    """Give back every job whose worker is gone, or give it up after the last attempt."""
    over = Job.attempt >= Job.max_attempts
    return (
        update(Job)
        .where(Job.state == JobState.RUNNING, Job.lease_until < NOW)
        .values(_given_back(over, error=LEASE_RAN_OUT, reason=REASON_BROKEN_OFF))
        .returning(Job.id, Job.state)
    )


def note_sent(job_ids: list[uuid.UUID]) -> Update:
    """Note that messages were sent just now."""
    return update(Job).where(Job.id.in_(job_ids), Job.state == JobState.QUEUED).values(sent_at=NOW)


def _held(job_id: uuid.UUID, token: uuid.UUID) -> Update:
    return update(Job).where(Job.id == job_id, Job.token == token, Job.state == JobState.RUNNING)


def _given_back(is_over: ColumnElement[bool], *, error: str, reason: str) -> dict[str, Any]:
    return {
        "state": case((is_over, JobState.DEAD.value), else_=JobState.QUEUED.value),
        "token": null(),
        "lease_until": null(),
        "sent_at": null(),
        "error": error,
        "reason": case((is_over, reason), else_=null()),
        "finished_at": case((is_over, NOW), else_=null()),
    }
