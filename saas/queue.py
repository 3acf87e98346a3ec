"""RQ: the only module that knows it.

Redis carries messages and nothing else. A message names a county and a job; what is to be done stands in the job's
row, and a lost message is sent again by the reconciler. Messages are JSON, so whoever can write to Redis can at most
ask for a job that exists.
"""

from __future__ import annotations

import ctypes
import logging
import os
import resource
import secrets
import signal
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from types import FrameType
from typing import Any, cast

from flask import Flask, current_app
from redis import Redis
from redis.backoff import NoBackoff
from redis.exceptions import RedisError
from redis.retry import Retry
from rq import Queue, Worker
from rq.serializers import JSONSerializer
from rq.timeouts import JobTimeoutException as TimeLimitError
from rq.utils import now as rq_now

QUEUE_NAME = "jiceng"
WORK = "saas.jobs.worker.work"
SECONDS_WITHOUT_TRYING = 2.0  # after Redis failed to answer, requests do not wait for it again
SECONDS_TO_ANSWER = 1.0
FAILED_MESSAGE_SECONDS = 60
_ID_LENGTH = 36

logger = logging.getLogger(__name__)

WORKER_TTL = 30
MONITORING_SECONDS = 2
MAINTENANCE_SECONDS = 5
SECONDS_TO_KILL = 10  # after its time limit a child that does not answer is killed by its parent
SECONDS_TO_RECONNECT = 1.0
_PR_SET_PDEATHSIG = 1

__all__ = [
    "Horse",
    "MessageQueue",
    "RedisError",
    "TimeLimitError",
    "WorkerStanding",
    "horse",
    "message_queue",
    "redis_client",
    "register_queue",
    "serve_queue",
]


def register_queue(app: Flask) -> None:
    """Connect the queue. Nothing is sent before it is needed, so the application starts without Redis."""
    app.extensions["queue"] = MessageQueue(app.config["JICENG"].redis_url)


def message_queue() -> MessageQueue:
    """The queue of the current application."""
    return cast(MessageQueue, current_app.extensions["queue"])


def redis_client(url: str, *, seconds_to_answer: float | None = SECONDS_TO_ANSWER) -> Redis:
    """A client that gives up at once: whoever uses it has its own way of trying again."""
    return Redis.from_url(
        url,
        socket_connect_timeout=SECONDS_TO_ANSWER,
        socket_timeout=seconds_to_answer,
        retry=Retry(NoBackoff(), 0),
    )


class MessageQueue:
    """The one queue. Its messages are `(tenant_id, job_id)`."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.failures = 0  # messages that could not be sent from a request of this process
        self._resting_until = 0.0
        self._queue: Queue | None = None

    def send(self, tenant_id: uuid.UUID, job_id: uuid.UUID, *, timeout: int, urgent: bool = False) -> None:
        """Send one message; `timeout` is how many seconds the work may take. Raises RedisError."""
        self._rq_queue().enqueue_call(
            WORK,
            args=(str(tenant_id), str(job_id)),
            timeout=timeout,
            result_ttl=0,
            failure_ttl=FAILED_MESSAGE_SECONDS,
            # A message has an id of its own: two messages for one job must not overwrite each other.
            job_id=f"{job_id}_{secrets.token_hex(4)}",
            description=str(job_id),
            at_front=urgent,
        )

    def try_to_send(self, tenant_id: uuid.UUID, job_id: uuid.UUID, *, timeout: int, urgent: bool = False) -> bool:
        """Send one message if Redis is there. A failure is counted and left to the reconciler."""
        if time.monotonic() < self._resting_until:
            self.failures += 1
            return False
        try:
            self.send(tenant_id, job_id, timeout=timeout, urgent=urgent)
        except RedisError as error:
            self.failures += 1
            self._resting_until = time.monotonic() + SECONDS_WITHOUT_TRYING
            logger.warning("a message could not be sent (%d so far): %s", self.failures, type(error).__name__)
            return False
        return True

    def waiting_job_ids(self) -> set[uuid.UUID]:
        """The jobs whose messages wait to be taken. Raises RedisError."""
        return {uuid.UUID(message_id[:_ID_LENGTH]) for message_id in self._rq_queue().get_job_ids()}

    def workers(self) -> list[WorkerStanding]:
        """The workers whose heartbeat is fresh. Raises RedisError."""
        found = Worker.all(connection=redis_client(self.url), serializer=JSONSerializer)
        return sorted(
            (WorkerStanding(each.hostname or "", int(each.pid or 0), str(each.get_state())) for each in found),
            key=lambda worker: (worker.host, worker.pid),
        )

    def _rq_queue(self) -> Queue:
        if self._queue is None:
            self._queue = Queue(QUEUE_NAME, connection=redis_client(self.url), serializer=JSONSerializer)
        return self._queue


@dataclass(frozen=True, slots=True)
class WorkerStanding:
    """A worker that is alive. `state` is idle, busy or the like."""

    host: str
    pid: int
    state: str


@dataclass(slots=True)
class Horse:
    """The child process of one message. Its parent makes the token, and so can give back the job of a dead child."""

    tenant_id: uuid.UUID
    job_id: uuid.UUID
    token: uuid.UUID
    is_stop_asked: bool = False


_horse: Horse | None = None


def horse() -> Horse:
    """The child that this process is. Raises RuntimeError anywhere else."""
    if _horse is None:
        raise RuntimeError("not in the process of a job")
    return _horse


class ForkingWorker(Worker):
    """RQ's worker with one queue, hard limits for each child, and no end because Redis was away for a moment."""

    max_connection_wait_time = 2.0
    memory = 0  # bytes of address space for a child; 0: no limit
    horse_died: Callable[[Horse, str], None] | None = None
    was_told_to_stop = False

    def subscribe(self) -> None:
        """Commands through Redis are not listened to: whoever writes there must not be able to stop jobs."""

    def fork_work_horse(self, job: Any, queue: Any) -> None:
        global _horse
        tenant_id, job_id = job.args
        _horse = Horse(uuid.UUID(tenant_id), uuid.UUID(job_id), uuid.uuid4())
        super().fork_work_horse(job, queue)

    def main_work_horse(self, job: Any, queue: Any) -> None:
        try:
            _die_with_parent(self.pid)
            _limit(memory=self.memory, cpu_seconds=job.timeout + SECONDS_TO_KILL)
            super().main_work_horse(job, queue)
        finally:
            os._exit(1)  # whatever happens, a child never goes on as a second worker

    def setup_work_horse_signals(self) -> None:
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        signal.signal(signal.SIGTERM, _ask_to_stop)

    def handle_warm_shutdown_request(self) -> None:
        self.was_told_to_stop = True
        logger.info("told to stop")
        if self.horse_pid:
            os.kill(self.horse_pid, signal.SIGTERM)

    def maintain_heartbeats(self, job: Any, execution: Any) -> None:
        if (rq_now() - job.started_at).total_seconds() > job.timeout + SECONDS_TO_KILL:
            self.kill_horse()
            return
        try:
            super().maintain_heartbeats(job, execution)
        except RedisError as error:  # the child goes on: what it does is kept in the database
            logger.warning("no heartbeat: %s", type(error).__name__)

    def handle_work_horse_killed(self, job: Any, retpid: Any, ret_val: Any, rusage: Any) -> None:
        ending = f"signal {os.WTERMSIG(ret_val)}" if os.WIFSIGNALED(ret_val) else f"status {ret_val}"
        if self.horse_died is None or _horse is None:
            return
        try:
            self.horse_died(_horse, ending)
        except Exception:  # without the database its lease runs out instead
            logger.exception("a job could not be given back")


def serve_queue(url: str, *, memory: int, horse_died: Callable[[Horse, str], None]) -> None:
    """Take messages and fork a child for each, until SIGTERM or SIGINT. Redis may come and go."""
    while True:
        worker: ForkingWorker | None = None
        try:
            worker = _make_worker(url)
            worker.memory, worker.horse_died = memory, horse_died
            worker.work(logging_level="WARNING")
        except RedisError as error:
            logger.warning("the queue is away: %s", type(error).__name__)
        if worker is not None and worker.was_told_to_stop:
            return
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        signal.signal(signal.SIGINT, signal.default_int_handler)
        time.sleep(SECONDS_TO_RECONNECT)


def _make_worker(url: str) -> ForkingWorker:
    return ForkingWorker(
        [QUEUE_NAME],
        connection=redis_client(url, seconds_to_answer=None),
        serializer=JSONSerializer,
        worker_ttl=WORKER_TTL,
        job_monitoring_interval=MONITORING_SECONDS,
        maintenance_interval=MAINTENANCE_SECONDS,
        log_job_description=False,
    )


def _ask_to_stop(number: int, frame: FrameType | None) -> None:
    horse().is_stop_asked = True


def _die_with_parent(parent: int | None) -> None:
    """Let the kernel kill this child when its parent dies: nobody would wait for it, and another would start anew."""
    ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    if os.getppid() != parent:
        os._exit(1)  # it died before we had asked


def _limit(*, memory: int, cpu_seconds: int) -> None:
    if memory:
        resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    resource.setrlimit(resource.RLIMIT_CPU, (cpu_seconds, cpu_seconds + SECONDS_TO_KILL))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
