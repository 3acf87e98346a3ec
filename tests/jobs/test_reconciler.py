"""The reconciler: counties take turns, lost messages are sent again, dead workers' jobs come back."""

from __future__ import annotations

import itertools
import os
import uuid
from collections.abc import Iterator
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import Connection, create_engine, delete, select, update
from sqlalchemy.exc import ProgrammingError
from sqlalchemy.pool import NullPool

from saas.config import Config
from saas.db import db, unit_of_work
from saas.jobs import transitions
from saas.jobs.models import Job, JobState
from saas.jobs.reconciler import Reconciler, WaitingJob, take_turns
from saas.jobs.registry import job, temporary_kinds
from saas.jobs.running import Outcome, run_job
from saas.jobs.services import request_job
from saas.queue import MessageQueue, redis_client
from saas.tenancy.provisioning import create_tenant
from saas.tenancy.scope import tenant_scope

A, B, C = (uuid.UUID(int=number) for number in (1, 2, 3))
AWAY = "redis://127.0.0.1:1/0"
OUR_REDIS = os.environ.get("JICENG_TEST_REDIS", AWAY).rpartition("/")[0] + "/9"
_ids = itertools.count(100)


def waiting(tenant_id: uuid.UUID, *, priority: int = 0) -> WaitingJob:
    return WaitingJob(uuid.UUID(int=next(_ids)), tenant_id, "test.nothing", priority, was_sent=False)


def test_counties_take_turns() -> None:
    jobs = [waiting(A) for _ in range(5)] + [waiting(B), waiting(C)]

    chosen = take_turns(jobs, {}, set(), cap=3)

    assert [job.tenant_id for job in chosen] == [A, B, C, A, A]


def test_what_is_under_way_counts_towards_the_cap() -> None:
    first, second = waiting(A), waiting(A)
    jobs = [first, second, waiting(A), waiting(A), waiting(B)]

    chosen = take_turns(jobs, {A: 1}, {first.id, second.id}, cap=4)

    assert [job.tenant_id for job in chosen] == [A, B]


def test_a_county_over_its_cap_gets_nothing_more() -> None:
    assert take_turns([waiting(A)], {A: 9}, set(), cap=4) == []


def test_urgent_work_goes_first_within_its_county() -> None:
    ordinary, urgent = waiting(A), waiting(A, priority=1)

    assert take_turns([ordinary, urgent], {}, set(), cap=1) == [urgent]


@pytest.fixture
def queue() -> Iterator[MessageQueue]:
    """A queue of this test's own, and empty."""
    client = redis_client(OUR_REDIS)
    client.flushdb()
    yield MessageQueue(OUR_REDIS)
    client.flushdb()
    client.close()


@pytest.fixture
def county(app: Flask, config: Config, queue: MessageQueue) -> Iterator[uuid.UUID]:
    """A county whose rows are really committed: the reconciler is another session."""
    tenant_id = create_tenant(str(config.owner_url), "turns", "轮流县")
    before = app.extensions["queue"]
    app.extensions["queue"] = MessageQueue(AWAY)
    with app.app_context(), temporary_kinds(), tenant_scope(tenant_id):
        job(kind="test.nothing", timeout=5, max_attempts=2)(lambda: None)
        yield tenant_id
        db.session.rollback()
        with unit_of_work():
            db.session.execute(delete(Job))
    app.extensions["queue"] = before


@pytest.fixture
def connection(config: Config) -> Iterator[Connection]:
    engine = create_engine(str(config.reconciler_url), poolclass=NullPool, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        yield connection


@pytest.fixture
def reconciler(config: Config, queue: MessageQueue) -> Reconciler:
    return Reconciler(config, queue)


def ask(number: int = 1) -> list[Job]:
    with unit_of_work():
        return [request_job("test.nothing", str(key), {}, actor=None) for key in range(number)]


def look_twice(reconciler: Reconciler, connection: Connection) -> list[uuid.UUID]:
    """What is missing at one look may be on its way; what is missing for longer is lost."""
    assert reconciler.send(connection) == []
    reconciler._grace = 0.0
    return reconciler.send(connection)


def test_a_job_whose_message_was_lost_is_sent_again(
    county: uuid.UUID, reconciler: Reconciler, connection: Connection, queue: MessageQueue
) -> None:
    (wanted,) = ask()

    assert look_twice(reconciler, connection) == [wanted.id]

    assert queue.waiting_job_ids() == {wanted.id}


def test_a_message_that_waits_is_not_sent_twice(
    county: uuid.UUID, reconciler: Reconciler, connection: Connection, queue: MessageQueue
) -> None:
    ask()
    look_twice(reconciler, connection)

    assert reconciler.send(connection) == []


def test_after_redis_was_wiped_everything_is_sent_again(
    county: uuid.UUID, reconciler: Reconciler, connection: Connection, queue: MessageQueue
) -> None:
    wanted = ask(3)
    look_twice(reconciler, connection)
    redis_client(OUR_REDIS).flushdb()

    assert set(reconciler.send(connection)) == {each.id for each in wanted}


def test_what_waits_for_its_turn_is_sent_when_there_is_room(
    county: uuid.UUID, reconciler: Reconciler, connection: Connection, config: Config
) -> None:
    wanted = ask(config.jobs_per_tenant + 1)
    assert wanted[-1].sent_at is None
    run_job(county, wanted[0].id)

    assert reconciler.send(connection) == [wanted[-1].id]


def test_a_job_whose_worker_is_gone_comes_back_and_is_done(
    county: uuid.UUID, reconciler: Reconciler, connection: Connection
) -> None:
    (wanted,) = ask()
    claim_and_die(wanted)

    reconciler.look(connection)
    db.session.refresh(wanted)

    assert (wanted.state, wanted.token, wanted.error) == (JobState.QUEUED, None, transitions.LEASE_RAN_OUT)
    assert run_job(county, wanted.id) is Outcome.DONE


def test_a_job_that_keeps_killing_its_worker_is_given_up(
    county: uuid.UUID, reconciler: Reconciler, connection: Connection
) -> None:
    (wanted,) = ask()
    for _ in range(2):
        claim_and_die(wanted)
        reconciler.look(connection)
    db.session.refresh(wanted)

    assert (wanted.state, wanted.reason) == (JobState.DEAD, transitions.REASON_BROKEN_OFF)
    assert wanted.finished_at is not None


def claim_and_die(wanted: Job) -> None:
    with unit_of_work():
        db.session.execute(transitions.claim(wanted.id, uuid.uuid4(), timedelta(seconds=-1)))


def test_with_redis_away_dead_workers_jobs_still_come_back(
    county: uuid.UUID, config: Config, connection: Connection
) -> None:
    (wanted,) = ask()
    claim_and_die(wanted)
    chores: list[str] = []

    Reconciler(config, MessageQueue(AWAY), [lambda: chores.append("done")]).look(connection)
    db.session.refresh(wanted)

    assert wanted.state is JobState.QUEUED
    assert chores == ["done"]


def test_a_chore_that_fails_does_not_stop_the_others(
    county: uuid.UUID, config: Config, queue: MessageQueue, connection: Connection
) -> None:
    done: list[str] = []

    def fail() -> None:
        raise OSError("disk")

    Reconciler(config, queue, [fail, lambda: done.append("second")]).look(connection)

    assert done == ["second"]


@pytest.mark.parametrize("column", [Job.args, Job.key, Job.error, Job.created_by_id])
def test_the_reconciler_cannot_see_what_a_job_is_about(connection: Connection, column: object) -> None:
    with pytest.raises(ProgrammingError, match="permission denied"):
        connection.execute(select(column))  # type: ignore[call-overload]


@pytest.mark.parametrize("column", ["args", "kind", "key", "attempt", "created_by_id", "progress"])
def test_the_reconciler_cannot_change_what_a_job_is_about(connection: Connection, column: str) -> None:
    with pytest.raises(ProgrammingError, match="permission denied"):
        connection.execute(update(Job).values({column: None}))
