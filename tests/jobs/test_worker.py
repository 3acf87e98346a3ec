"""The worker as a process: limits hold, a stop is clean, and nonsense in the queue does no harm."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import delete

from saas.config import Config
from saas.db import db, unit_of_work
from saas.jobs import transitions
from saas.jobs.models import Job, JobState
from saas.jobs.registry import temporary_kinds
from saas.jobs.running import REASON_TOO_LARGE, REASON_TOO_LONG
from saas.jobs.services import request_job
from saas.queue import MessageQueue, horse, redis_client
from saas.tenancy.provisioning import create_tenant
from saas.tenancy.scope import tenant_scope
from tests.jobs import impatient_worker as kinds

ROOT = Path(__file__).resolve().parent.parent.parent
OUR_REDIS = os.environ.get("JICENG_TEST_REDIS", "redis://127.0.0.1:1/0").rpartition("/")[0] + "/10"
SECONDS = 30.0

Process = subprocess.Popen[bytes]


@pytest.fixture
def county(app: Flask, config: Config) -> Iterator[uuid.UUID]:
    """A county whose rows are really committed, and a queue that really carries."""
    tenant_id = create_tenant(str(config.owner_url), "workers", "工人县")
    client = redis_client(OUR_REDIS)
    client.flushdb()
    before = app.extensions["queue"]
    app.extensions["queue"] = MessageQueue(OUR_REDIS)
    with app.app_context(), temporary_kinds(), tenant_scope(tenant_id):
        kinds.register()
        yield tenant_id
        db.session.rollback()
        with unit_of_work():
            db.session.execute(delete(Job))
    app.extensions["queue"] = before
    client.flushdb()
    client.close()


@pytest.fixture
def worker(county: uuid.UUID, config: Config, tmp_path: Path) -> Iterator[Process]:
    environ = {
        "PATH": os.environ["PATH"],
        "JICENG_ENV": "test",
        "DATABASE_URL": config.database_url.replace("+psycopg", ""),
        "REDIS_URL": OUR_REDIS,
        "SECRET_KEY": config.secret_key,
        "STORAGE_DIR": str(tmp_path / "files"),
    }
    told = tmp_path / "worker.log"
    with told.open("wb") as log:
        command = [sys.executable, "-m", "tests.jobs.impatient_worker"]
        process = subprocess.Popen(command, cwd=ROOT, env=environ, stdout=log, stderr=subprocess.STDOUT)
    yield process
    process.kill()
    process.wait()
    sys.stdout.write(told.read_text())  # shown where a test failed: what the worker said meanwhile


def ask(kind: str) -> Job:
    with unit_of_work():
        return request_job(kind, "key", {}, actor=None)


def wait_for(wanted: Job, *states: JobState) -> Job:
    deadline = time.monotonic() + SECONDS
    while wanted.state not in states:
        assert time.monotonic() < deadline, wanted.state
        time.sleep(0.05)
        db.session.rollback()
        db.session.refresh(wanted)
    return wanted


@pytest.mark.parametrize(
    ("kind", "reason"),
    [
        (kinds.SLOW, REASON_TOO_LONG),
        (kinds.STUCK, transitions.REASON_BROKEN_OFF),
        (kinds.LARGE, REASON_TOO_LARGE),
    ],
)
def test_a_job_that_goes_beyond_its_limits_is_ended_and_says_why(worker: Process, kind: str, reason: str) -> None:
    wanted = wait_for(ask(kind), JobState.DEAD)

    assert wanted.reason == reason
    assert worker.poll() is None


def test_a_worker_that_is_told_to_stop_gives_its_job_back(worker: Process) -> None:
    wanted = wait_for(ask(kinds.PATIENT), JobState.RUNNING)
    time.sleep(0.2)

    worker.send_signal(signal.SIGTERM)

    assert worker.wait(timeout=SECONDS) == 0
    wait_for(wanted, JobState.QUEUED)
    assert wanted.attempt == 0


def test_the_process_of_a_job_dies_with_its_worker(worker: Process) -> None:
    wait_for(ask(kinds.PATIENT), JobState.RUNNING)
    (child,) = Path(f"/proc/{worker.pid}/task/{worker.pid}/children").read_text().split()

    worker.kill()
    worker.wait()

    deadline = time.monotonic() + SECONDS
    while Path(f"/proc/{child}/cmdline").exists() and Path(f"/proc/{child}/cmdline").read_bytes():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_a_message_about_nothing_does_no_harm(worker: Process, county: uuid.UUID) -> None:
    MessageQueue(OUR_REDIS).send(uuid.uuid4(), uuid.uuid4(), timeout=5)
    MessageQueue(OUR_REDIS).send(county, uuid.uuid4(), timeout=5)

    wait_for(ask(kinds.SLOW), JobState.DEAD)

    assert worker.poll() is None


def test_outside_a_worker_there_is_no_child() -> None:
    with pytest.raises(RuntimeError, match="not in the process of a job"):
        horse()


def test_after_a_failure_requests_do_not_wait_for_redis_again() -> None:
    queue = MessageQueue("redis://127.0.0.1:1/0")

    sent = [queue.try_to_send(uuid.uuid4(), uuid.uuid4(), timeout=5) for _ in range(2)]

    assert sent == [False, False]
    assert queue.failures == 2
    assert queue._queue is not None
    queue._queue = None  # a second try would make it again
    queue.try_to_send(uuid.uuid4(), uuid.uuid4(), timeout=5)
    assert queue._queue is None
