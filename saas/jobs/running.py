"""Running one job: claim, work, and effect and `done` in one transaction.

Starting a job twice does no harm: only the run that holds the row's token may commit, and the token is checked in the
same transaction as the effect.
"""

from __future__ import annotations

import logging
import threading
import time
import traceback
import uuid
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from contextvars import ContextVar
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Protocol

from flask import current_app
from sqlalchemy import CursorResult, Update, event
from sqlalchemy.orm import Session

from saas.db import db, new_id, unit_of_work
from saas.domain.errors import DomainError
from saas.jobs import transitions
from saas.jobs.registry import get_kind
from saas.queue import TimeLimitError
from saas.tenancy.scope import tenant_scope

logger = logging.getLogger(__name__)

ERROR_LENGTH = 1000
SECONDS_BETWEEN_REPORTS = 0.5
REASON_TOO_LONG = "处理用时超过上限，已停止重试。请减少内容后重新发起。"
REASON_TOO_LARGE = "内容过大，超出系统处理能力，已停止重试。请减少内容后重新发起。"


class Outcome(StrEnum):
    """How a run ended."""

    DONE = "done"
    FAILED = "failed"  # given back or given up
    STOPPED = "stopped"  # given back: its worker was asked to stop
    NOT_CLAIMED = "not_claimed"  # somebody else has it, or it is finished
    TAKEN_AWAY = "taken_away"  # the lease ran out meanwhile: nothing was committed


class RunLostError(RuntimeError):
    """This run no longer holds the job's token: what it did must not be committed."""


class StopAskedError(RuntimeError):
    """The worker is being stopped and takes the job back."""


class Beside(Protocol):
    """Short transactions of the same county beside the run's own."""

    def execute(self, statement: Update) -> int:
        """Carry out one statement and commit it; return the number of rows."""


@dataclass(slots=True)
class JobRun:
    """One attempt at a job, by whoever holds `token`."""

    tenant_id: uuid.UUID
    job_id: uuid.UUID
    token: uuid.UUID
    kind: str
    args: dict[str, Any]
    attempt: int
    beside: Beside | None = None
    is_stop_asked: Callable[[], bool] = lambda: False
    is_closing: threading.Event = field(default_factory=threading.Event)  # the effect is about to be committed
    is_done: bool = False
    progress: int = 0
    reported_at: float = 0.0

    def report(self, percent: int) -> None:
        """Note how far the work has come, in a transaction of its own. Raises RunLostError, StopAskedError."""
        self.stop_if_asked()
        now = time.monotonic()
        if percent == self.progress or now - self.reported_at < SECONDS_BETWEEN_REPORTS:
            return
        self.progress, self.reported_at = percent, now
        statement = transitions.report(self.job_id, self.token, percent)
        if self.beside is not None and self.beside.execute(statement) != 1:
            raise RunLostError(str(self.job_id))

    def stop_if_asked(self) -> None:
        if self.is_stop_asked():
            raise StopAskedError(str(self.job_id))

    def finish(self, session: Session) -> None:
        """Mark the row done in the transaction that is being committed, or raise RunLostError."""
        if self.is_done:
            raise RuntimeError(f"a job has one unit of work, and that of {self.kind!r} is over")
        self.is_closing.set()
        if _rows(session.execute(transitions.finish(self.job_id, self.token))) != 1:
            raise RunLostError(str(self.job_id))
        self.is_done = True


Keep = Callable[[JobRun], AbstractContextManager[Any]]
_current: ContextVar[JobRun | None] = ContextVar("current_job_run", default=None)


def report_progress(percent: int) -> None:
    """Tell the waiting user how far a job has come (0–100). Also a place where a stopping worker takes it back.

    May be called anywhere and as often as one likes; outside a job it does nothing.
    """
    run = _current.get()
    if run is not None:
        run.report(min(max(percent, 0), 100))


def stop_if_asked() -> None:
    """Leave a long job here if its worker is being stopped; it starts again elsewhere. Outside a job: nothing."""
    run = _current.get()
    if run is not None:
        run.stop_if_asked()


@event.listens_for(Session, "before_commit")
def _done_with_the_effect(session: Session) -> None:
    """The unit of work of a job also marks it done, so neither is ever there without the other."""
    run = _current.get()
    if run is not None and not session.in_nested_transaction():
        run.finish(session)


def run_job(
    tenant_id: uuid.UUID,
    job_id: uuid.UUID,
    *,
    token: uuid.UUID | None = None,
    beside: Beside | None = None,
    is_stop_asked: Callable[[], bool] = lambda: False,
    keep: Keep = nullcontext,
) -> Outcome:
    """Claim a job and carry it out, in the present application context.

    A worker gives `beside` for what is written during the run, and `keep` to hold the lease. Without them the job
    runs on the spot: in a test, all in the test's own transaction.
    """
    with tenant_scope(tenant_id):
        run = _claim(tenant_id, job_id, token or new_id())
        if run is None:
            return Outcome.NOT_CLAIMED
        run.beside = beside
        run.is_stop_asked = is_stop_asked
        try:
            with keep(run):
                return _carry_out(run)
        finally:
            run.is_closing.set()
            db.session.expire_all()


def _claim(tenant_id: uuid.UUID, job_id: uuid.UUID, token: uuid.UUID) -> JobRun | None:
    with unit_of_work():
        row = db.session.execute(transitions.claim(job_id, token, current_app.config["JICENG"].job_lease)).one_or_none()
    if row is None:
        return None
    return JobRun(tenant_id=tenant_id, job_id=job_id, token=token, kind=row.kind, args=row.args, attempt=row.attempt)


def _carry_out(run: JobRun) -> Outcome:
    try:
        _work(run)
    except RunLostError:
        db.session.rollback()
        logger.warning("job %s (%s) was taken away; nothing was committed", run.job_id, run.kind)
        return Outcome.TAKEN_AWAY
    except StopAskedError:
        db.session.rollback()
        return _close(transitions.hand_back(run.job_id, run.token), Outcome.STOPPED)
    except DomainError as error:  # a rule says no, and will say no again
        db.session.rollback()
        return _fail(run, error, reason=str(error.message), for_good=True)
    except Exception as error:
        db.session.rollback()
        logger.exception("job %s (%s) failed in attempt %d", run.job_id, run.kind, run.attempt)
        return _fail(run, error, reason=_reason(error))
    return Outcome.DONE


def _work(run: JobRun) -> None:
    with _as_current(run):
        get_kind(run.kind).run(run.args)
        if not run.is_done:
            with unit_of_work():
                pass  # nothing left but to mark it done


def _fail(run: JobRun, error: Exception, *, reason: str, for_good: bool = False) -> Outcome:
    # 1, 4, 9 … times as long: a passing trouble is over soon, a lasting one is not hammered.
    pause = current_app.config["JICENG"].job_retry * run.attempt**2
    statement = transitions.fail(
        run.job_id, run.token, error=_summary(error), reason=reason, pause=pause, for_good=for_good
    )
    return _close(statement, Outcome.FAILED)


def _close(statement: Update, outcome: Outcome) -> Outcome:
    with unit_of_work():
        rows = _rows(db.session.execute(statement))
    return outcome if rows == 1 else Outcome.TAKEN_AWAY


@contextmanager
def _as_current(run: JobRun) -> Iterator[None]:
    before = _current.set(run)
    try:
        yield
    finally:
        _current.reset(before)


def _summary(error: Exception) -> str:
    """What went wrong and where, without the values of the statement: they may be personal data."""
    lines = str(error).strip().splitlines() or [""]
    frames = traceback.extract_tb(error.__traceback__)
    where = f" ({frames[-1].filename}:{frames[-1].lineno})" if frames else ""
    return f"{type(error).__name__}: {lines[0]}{where}"[:ERROR_LENGTH]


def _reason(error: Exception) -> str:
    if isinstance(error, TimeLimitError):
        return REASON_TOO_LONG
    if isinstance(error, MemoryError):
        return REASON_TOO_LARGE
    return transitions.REASON_FAILED


def _rows(result: Any) -> int:
    assert isinstance(result, CursorResult)  # noqa: S101  (for the type checker)
    return result.rowcount
