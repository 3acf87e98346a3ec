"""The reconciler (`flask reconciler`): the database is the truth, and Redis is told what it has forgotten.

One loop in the whole deployment, held by an advisory lock. It works under a role of its own that sees where jobs
stand, not what they are about. Redis may be empty, and either server away, at any moment.
"""

from __future__ import annotations

import itertools
import logging
import signal
import time
import uuid
from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence, Set
from dataclasses import dataclass
from types import FrameType, MappingProxyType

from sqlalchemy import Connection, Engine, create_engine, func, select
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import NullPool

from saas.config import Config, ConfigError
from saas.jobs import transitions
from saas.jobs.models import Job, JobState
from saas.jobs.registry import DEFAULT_TIMEOUT, UnknownKindError, get_kind, load_kinds
from saas.queue import MessageQueue, RedisError
from saas.tenancy.models import TenantQuota

logger = logging.getLogger(__name__)

LOCK = 0x6A69_6365_6E67  # "jiceng"
LONGEST_PAUSE = 1.0  # seconds between two looks
STANDBY_PAUSE = 2.0
TROUBLE_PAUSE = 1.0
CHORE_PAUSE = 600.0
SLICE = 0.1
LONGEST_GRACE = 3.0  # seconds that a message may be on its way: from a commit, or to a child that starts

Chore = Callable[[], object]


@dataclass(frozen=True, slots=True)
class WaitingJob:
    """A job that is due and waits, with or without a message about it."""

    id: uuid.UUID
    tenant_id: uuid.UUID
    kind: str
    priority: int
    was_sent: bool


class Reconciler:
    """What one look does. `chores` are small regular duties of other features."""

    def __init__(self, config: Config, queue: MessageQueue, chores: Sequence[Chore] = ()) -> None:
        self._queue = queue
        self._cap = config.jobs_per_tenant
        self._grace = min(LONGEST_GRACE, config.job_lease.total_seconds() / 4)
        self._missing: dict[uuid.UUID, float] = {}  # since when a message is neither in the queue nor taken up
        self._chores = chores
        self._chores_due = 0.0
        self._is_queue_away = False

    def look(self, connection: Connection) -> None:
        """Give back what dead workers hold, send what waits, do the chores."""
        for job_id, state in connection.execute(transitions.return_expired()):
            logger.warning("job %s was given back: %s", job_id, state)
        try:
            self.send(connection)
            self._is_queue_away = False
        except RedisError as error:
            if not self._is_queue_away:
                logger.warning("the queue is away, jobs wait: %s", type(error).__name__)
            self._is_queue_away = True
        self._do_chores()

    def send(self, connection: Connection) -> list[uuid.UUID]:
        """Send the jobs whose turn it is, and those whose message Redis has lost; return their ids."""
        in_queue = self._queue.waiting_job_ids()
        caps = _caps(connection)
        waiting = self._waiting(connection, most=max([self._cap, *caps.values()]))
        under_way = {job.id for job in waiting if job.was_sent} - self._lost(waiting, in_queue)
        chosen = take_turns(waiting, _running(connection), under_way, cap=self._cap, caps=caps)
        sent: list[uuid.UUID] = []
        try:
            for job in chosen:
                self._queue.send(job.tenant_id, job.id, timeout=_timeout(job.kind), urgent=job.priority > 0)
                sent.append(job.id)
        finally:
            if sent:
                connection.execute(transitions.note_sent(sent))
        return sent

    def _lost(self, waiting: Sequence[WaitingJob], in_queue: Set[uuid.UUID]) -> set[uuid.UUID]:
        """The jobs that were sent and whose message is nowhere to be seen, look after look."""
        now = time.monotonic()
        missing = {job.id for job in waiting if job.was_sent and job.id not in in_queue}
        self._missing = {job_id: self._missing.get(job_id, now) for job_id in missing}
        return {job_id for job_id, since in self._missing.items() if now - since >= self._grace}

    def _waiting(self, connection: Connection, *, most: int) -> list[WaitingJob]:
        """The first few due jobs of each county: first those that were sent already, then by urgency and age."""
        place = func.row_number().over(
            partition_by=Job.tenant_id,
            order_by=(Job.sent_at.is_(None), Job.priority.desc(), Job.created_at, Job.id),
        )
        due = (
            select(
                Job.id,
                Job.tenant_id,
                Job.kind,
                Job.priority,
                Job.created_at,
                Job.sent_at.is_not(None).label("was_sent"),
                place.label("place"),
            )
            .where(Job.state == JobState.QUEUED, Job.run_after <= transitions.NOW)
            .subquery()
        )
        rows = connection.execute(
            select(due.c.id, due.c.tenant_id, due.c.kind, due.c.priority, due.c.was_sent)
            .where(due.c.place <= 2 * most)
            .order_by(due.c.created_at, due.c.id)
        )
        return [WaitingJob(*row) for row in rows]

    def _do_chores(self) -> None:
        if time.monotonic() < self._chores_due:
            return
        self._chores_due = time.monotonic() + CHORE_PAUSE
        for chore in self._chores:
            try:
                chore()
            except Exception:  # a chore must not keep jobs from being sent
                logger.exception("a chore failed")


def take_turns(
    waiting: Sequence[WaitingJob],
    running: Mapping[uuid.UUID, int],
    under_way: Set[uuid.UUID],
    *,
    cap: int,
    caps: Mapping[uuid.UUID, int] = MappingProxyType({}),
) -> list[WaitingJob]:
    """Choose the jobs to send: counties in turn, urgent ones first, never more than `cap` of one under way.

    `caps` are the figures of counties that have one of their own.
    """
    room = Counter({tenant_id: caps.get(tenant_id, cap) for tenant_id in {job.tenant_id for job in waiting}})
    room.subtract(running)
    candidates: dict[uuid.UUID, list[WaitingJob]] = defaultdict(list)
    for job in waiting:
        if job.id in under_way:
            room[job.tenant_id] -= 1
        else:
            candidates[job.tenant_id].append(job)
    turns = [
        sorted(jobs, key=lambda job: -job.priority)[: max(room[tenant_id], 0)] for tenant_id, jobs in candidates.items()
    ]
    return [job for turn in itertools.zip_longest(*turns) for job in turn if job is not None]


def run_reconciler(config: Config, queue: MessageQueue, *, chores: Sequence[Chore] = ()) -> None:
    """Look again and again until SIGTERM or SIGINT. Raises ConfigError if the role's address is not set."""
    if config.reconciler_url is None:
        raise ConfigError("DATABASE_RECONCILER_URL is not set")
    load_kinds()
    stop = Stop()
    engine = create_engine(
        config.reconciler_url,
        poolclass=NullPool,
        isolation_level="AUTOCOMMIT",
        connect_args={"prepare_threshold": None, "connect_timeout": 5},
    )
    reconciler = Reconciler(config, queue, chores)
    pause = min(LONGEST_PAUSE, config.job_lease.total_seconds() / 20)
    while not stop.is_asked:
        try:
            _look_while_connected(engine, reconciler, stop, pause)
        except DBAPIError as error:
            logger.warning("the database is away: %s", type(error.orig).__name__)
        except Exception:  # it is the part that mends the others: it may not end
            logger.exception("unexpected error")
        stop.wait(TROUBLE_PAUSE)


def _look_while_connected(engine: Engine, reconciler: Reconciler, stop: Stop, pause: float) -> None:
    """Hold the lock as long as the connection lives; another reconciler stands by meanwhile."""
    with engine.connect() as connection:
        while not connection.scalar(select(func.pg_try_advisory_lock(LOCK))):
            if stop.wait(STANDBY_PAUSE):
                return
        while not stop.is_asked:
            reconciler.look(connection)
            stop.wait(pause)


class Stop:
    """Whether the process was asked to end. No lock is involved: a signal may come at any point."""

    def __init__(self) -> None:
        self.is_asked = False
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._ask)

    def _ask(self, number: int, frame: FrameType | None) -> None:
        self.is_asked = True

    def wait(self, seconds: float) -> bool:
        """Wait so long, or until it is asked; return whether it is."""
        until = time.monotonic() + seconds
        while not self.is_asked and time.monotonic() < until:
            time.sleep(min(SLICE, seconds))
        return self.is_asked


def _running(connection: Connection) -> dict[uuid.UUID, int]:
    rows = connection.execute(
        select(Job.tenant_id, func.count().label("running"))
        .where(Job.state == JobState.RUNNING)
        .group_by(Job.tenant_id)
    )
    return {row.tenant_id: row.running for row in rows}


def _caps(connection: Connection) -> dict[uuid.UUID, int]:
    """The counties that have a quota of their own."""
    rows = connection.execute(
        select(TenantQuota.tenant_id, TenantQuota.max_jobs_in_flight).where(TenantQuota.max_jobs_in_flight.is_not(None))
    )
    return {row.tenant_id: row.max_jobs_in_flight for row in rows}


def _timeout(kind: str) -> int:
    try:
        return get_kind(kind).timeout
    except UnknownKindError:
        return DEFAULT_TIMEOUT
