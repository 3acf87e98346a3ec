"""Asking for background work. Never commits: the caller's unit of work does, and with it the job exists."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from datetime import timedelta
from typing import Any, NamedTuple, Protocol

from flask import current_app
from sqlalchemy import Connection, case, event, func, or_, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session, SessionTransaction
from sqlalchemy.sql.elements import ColumnElement

from saas.db import db, new_id, utc_now
from saas.jobs.models import Job, JobState
from saas.jobs.registry import get_kind, stored
from saas.queue import message_queue
from saas.tenancy.quotas import jobs_in_flight
from saas.tenancy.scope import bound_tenant_id

_TO_SEND = "jobs_to_send"


class HasId(Protocol):
    """Whoever asks."""

    @property
    def id(self) -> uuid.UUID: ...


class _Message(NamedTuple):
    tenant_id: uuid.UUID
    job_id: uuid.UUID
    timeout: int
    urgent: bool


def request_job(
    kind: str,
    key: str,
    args: Mapping[str, Any],
    *,
    actor: HasId | None,
    priority: int = 0,
    after: timedelta = timedelta(0),
) -> Job:
    """Note that background work is wanted and return its row; it starts after the caller's commit.

    `key` is the idempotency key within the kind, e.g. a document's id: the same work asked for twice is one row, and
    work that is done stays done. Work that had failed for good is queued again. `args` are ids and plain values.
    A `priority` above 0 goes before others of the county. Without an actor it is the system's own doing. New work with
    `after` waits so long before it starts.

    Raises UnknownKindError if no such kind is registered.
    """
    is_new = _insert(kind, key, stored(args), actor, priority, after)
    found = db.session.scalars(
        select(Job).where(Job.kind == kind, Job.key == key), execution_options={"populate_existing": True}
    ).one()
    if found.state is JobState.DEAD:
        _queue_again(found, priority)
    elif not is_new:
        return found
    if found.sent_at is not None:
        _send_after_commit(found)
    return found


def _insert(kind: str, key: str, args: dict[str, Any], actor: HasId | None, priority: int, after: timedelta) -> bool:
    """Add the row unless there is one for this work; return whether it was added."""
    statement = insert(Job).values(
        tenant_id=bound_tenant_id(),
        id=new_id(),
        kind=kind,
        key=key,
        args=args,
        priority=priority,
        max_attempts=get_kind(kind).max_attempts,
        run_after=func.clock_timestamp() + after,
        created_by_id=actor.id if actor is not None else None,
        created_at=utc_now(),
        sent_at=None if after else _now_if_below_cap(),  # the reconciler sends what was to wait
    )
    unless_there = statement.on_conflict_do_nothing(index_elements=["tenant_id", "kind", "key"])
    return db.session.execute(unless_there.returning(Job.id)).one_or_none() is not None


def _queue_again(dead: Job, priority: int) -> None:
    """A fresh start for work that had failed for good. Of two who ask at once, one does it."""
    db.session.execute(
        update(Job)
        .where(Job.id == dead.id, Job.state == JobState.DEAD)
        .values(
            state=JobState.QUEUED,
            attempt=0,
            priority=priority,
            run_after=func.clock_timestamp(),
            sent_at=_now_if_below_cap(),
            token=None,
            progress=0,
            error=None,
            reason=None,
            finished_at=None,
        ),
        execution_options={"synchronize_session": False},
    )
    db.session.refresh(dead)


def _now_if_below_cap() -> ColumnElement[Any]:
    """The present moment while the county has room among the jobs under way, else nothing: the reconciler sends it
    when its turn comes. So one county's hundred documents do not stand before another's first."""
    others = select(func.count()).where(
        or_(Job.state == JobState.RUNNING, (Job.state == JobState.QUEUED) & Job.sent_at.is_not(None))
    )
    cap = jobs_in_flight(current_app.config["JICENG"].jobs_per_tenant)
    return case((others.scalar_subquery() < cap, func.clock_timestamp()), else_=None)


def _send_after_commit(wanted: Job) -> None:
    message = _Message(wanted.tenant_id, wanted.id, get_kind(wanted.kind).timeout, wanted.priority > 0)
    db.session.info.setdefault(_TO_SEND, []).append(message)


@event.listens_for(Session, "after_begin")
def _forget_what_was_rolled_back(session: Session, transaction: SessionTransaction, connection: Connection) -> None:
    if not transaction.nested:
        session.info.pop(_TO_SEND, None)


@event.listens_for(Session, "after_commit")
def _send(session: Session) -> None:
    """The fast path: tell a worker at once. Without Redis nothing fails: the row is there, and the reconciler looks."""
    if session.in_nested_transaction():
        return
    for message in session.info.pop(_TO_SEND, []):
        message_queue().try_to_send(message.tenant_id, message.job_id, timeout=message.timeout, urgent=message.urgent)
