"""The worker (`flask worker`): one process waits for messages, and each job runs in a process of its own.

The child holds the job's lease with a thread and dies with its parent; the parent kills a child that overruns and
gives back the job of a child that died.
"""

from __future__ import annotations

import gc
import logging
import os
import signal
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta

from flask import current_app
from sqlalchemy import Engine, Update, create_engine
from sqlalchemy.exc import DBAPIError, OperationalError
from sqlalchemy.pool import NullPool

from saas.db import db
from saas.jobs import transitions
from saas.jobs.registry import DEFAULT_TIMEOUT, UnknownKindError, get_kind, load_kinds
from saas.jobs.running import JobRun, run_job
from saas.queue import Horse, horse, message_queue, serve_queue
from saas.tenancy.scope import bind_transaction

logger = logging.getLogger(__name__)

RENEWALS_PER_LEASE = 4
SECONDS_PAST_TIMEOUT = 5.0  # then the lease is not renewed any more, whatever the run is stuck in


class OwnConnection:
    """Short transactions on a connection of their own, for one county: usable from any thread."""

    def __init__(self, tenant_id: uuid.UUID, engine: Engine) -> None:
        self._tenant_id = tenant_id
        self._engine = engine

    def execute(self, statement: Update) -> int:
        with self._engine.begin() as connection:
            bind_transaction(connection, self._tenant_id)
            return connection.execute(statement).rowcount


def run_worker(*, before_first_job: Callable[[], None]) -> None:
    """Serve the queue until SIGTERM. What `before_first_job` loads is there, ready, in the process of every job."""
    load_kinds()
    before_first_job()
    gc.collect()
    gc.freeze()  # what is loaded stays shared with the children instead of being copied by the collector
    config = current_app.config["JICENG"]
    serve_queue(message_queue().url, memory=config.job_memory, horse_died=give_back)


def work(tenant_id: str, job_id: str) -> None:
    """What a message means: run in the child, for the job that it names."""
    db.engine.dispose(close=False)  # a connection is not shared with the parent
    mine = horse()
    try:
        outcome = run_job(
            uuid.UUID(tenant_id),
            uuid.UUID(job_id),
            token=mine.token,
            beside=OwnConnection(uuid.UUID(tenant_id), _own_engine()),
            is_stop_asked=lambda: mine.is_stop_asked,
            keep=keep_lease,
        )
        logger.info("job %s: %s", job_id, outcome)
    except OperationalError as error:  # the row keeps waiting, or its lease runs out
        logger.warning("job %s: the database is away: %s", job_id, type(error.orig).__name__)


def give_back(dead: Horse, ending: str) -> None:
    """Give back, in the parent, the job of a child that died. If it was finished or taken away, nothing happens."""
    statement = transitions.fail(
        dead.job_id,
        dead.token,
        error=f"the process of the job ended: {ending}",
        reason=transitions.REASON_BROKEN_OFF,
        pause=current_app.config["JICENG"].job_retry,
    )
    OwnConnection(dead.tenant_id, _own_engine()).execute(statement)


@contextmanager
def keep_lease(run: JobRun) -> Iterator[None]:
    """Renew the lease of a run in a thread until it ends. A run whose lease is lost is killed."""
    keeper = threading.Thread(
        target=_renew, args=(run, current_app.config["JICENG"].job_lease, _timeout(run.kind)), daemon=True
    )
    keeper.start()
    try:
        yield
    finally:
        run.is_closing.set()
        keeper.join(timeout=1)


def _renew(run: JobRun, lease: timedelta, timeout: int) -> None:
    started = renewed = time.monotonic()
    statement = transitions.renew(run.job_id, run.token, lease)
    while not run.is_closing.wait(lease.total_seconds() / RENEWALS_PER_LEASE):
        if time.monotonic() - started > timeout + SECONDS_PAST_TIMEOUT:
            return
        try:
            is_lost = run.beside is not None and run.beside.execute(statement) != 1
            renewed = time.monotonic()
        except DBAPIError:  # the database is away: the lease may outlast that
            is_lost = time.monotonic() - renewed > lease.total_seconds()
        if is_lost and not run.is_closing.is_set():
            os.kill(os.getpid(), signal.SIGKILL)


def _timeout(kind: str) -> int:
    try:
        return get_kind(kind).timeout
    except UnknownKindError:
        return DEFAULT_TIMEOUT


def _own_engine() -> Engine:
    options = current_app.config["SQLALCHEMY_ENGINE_OPTIONS"]
    return create_engine(
        current_app.config["JICENG"].database_url, poolclass=NullPool, connect_args=options["connect_args"]
    )
