"""RQ: the only module that knows it.

Redis carries messages and nothing else. A message names a county and a job; what is to be done stands in the job's
row, and a lost message is sent again by the reconciler. Messages are JSON, so whoever can write to Redis can at most
ask for a job that exists.
"""

from __future__ import annotations

import logging
import secrets
import time
import uuid
from typing import cast

from flask import Flask, current_app
from redis import Redis
from redis.backoff import NoBackoff
from redis.exceptions import RedisError
from redis.retry import Retry
from rq import Queue
from rq.serializers import JSONSerializer

QUEUE_NAME = "jiceng"
WORK = "saas.jobs.worker.work"
SECONDS_WITHOUT_TRYING = 2.0  # after Redis failed to answer, requests do not wait for it again
SECONDS_TO_ANSWER = 1.0
FAILED_MESSAGE_SECONDS = 60
_ID_LENGTH = 36

logger = logging.getLogger(__name__)

__all__ = ["MessageQueue", "RedisError", "message_queue", "redis_client", "register_queue"]


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

    def _rq_queue(self) -> Queue:
        if self._queue is None:
            self._queue = Queue(QUEUE_NAME, connection=redis_client(self.url), serializer=JSONSerializer)
        return self._queue
