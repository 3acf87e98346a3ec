"""Asking for background work: one row for the same work, and nothing without a commit."""

from __future__ import annotations

import uuid
from collections.abc import Iterator

import pytest
from flask import Flask
from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError

from saas.db import db, unit_of_work
from saas.jobs.models import Job, JobState
from saas.jobs.registry import UnknownKindError, job, temporary_kinds
from saas.jobs.services import request_job
from saas.queue import MessageQueue
from saas.tenancy.models import Tenant
from tests.factories import make_user

AWAY = "redis://127.0.0.1:1/0"


@pytest.fixture(autouse=True)
def kinds() -> Iterator[None]:
    with temporary_kinds():

        @job(kind="test.nothing", timeout=5)
        def do_nothing(number: int = 0) -> None:
            pass

        yield


@pytest.fixture
def redis_away(app: Flask) -> Iterator[MessageQueue]:
    before = app.extensions["queue"]
    app.extensions["queue"] = MessageQueue(AWAY)
    yield app.extensions["queue"]
    app.extensions["queue"] = before


def count_jobs() -> int:
    return db.session.scalar(select(func.count()).select_from(Job)) or 0


def ask_and_fail() -> None:
    with unit_of_work():
        request_job("test.nothing", "a", {}, actor=None)
        db.session.add(Job(kind="test.nothing", key="a"))


def test_the_same_work_asked_for_twice_is_one_row(tenant: Tenant, redis_away: MessageQueue) -> None:
    actor = make_user()
    with unit_of_work():
        first = request_job("test.nothing", "a", {"number": 1}, actor=actor)
        second = request_job("test.nothing", "a", {"number": 1}, actor=actor)

    assert first is second
    assert count_jobs() == 1
    assert first.state is JobState.QUEUED
    assert first.created_by_id == actor.id


def test_another_key_is_other_work(tenant: Tenant, redis_away: MessageQueue) -> None:
    with unit_of_work():
        request_job("test.nothing", "a", {}, actor=None)
        request_job("test.nothing", "b", {}, actor=None)

    assert count_jobs() == 2


def test_work_that_failed_for_good_is_queued_again_when_asked_for(tenant: Tenant, redis_away: MessageQueue) -> None:
    with unit_of_work():
        wanted = request_job("test.nothing", "a", {}, actor=None)
    wanted.state, wanted.attempt, wanted.reason = JobState.DEAD, 3, "原因"
    wanted.finished_at = wanted.created_at
    db.session.commit()

    with unit_of_work():
        again = request_job("test.nothing", "a", {}, actor=None)

    assert again.id == wanted.id
    assert (again.state, again.attempt, again.reason, again.finished_at) == (JobState.QUEUED, 0, None, None)


def test_work_that_is_done_stays_done(tenant: Tenant, redis_away: MessageQueue) -> None:
    with unit_of_work():
        wanted = request_job("test.nothing", "a", {}, actor=None)
    wanted.state, wanted.finished_at = JobState.DONE, wanted.created_at
    db.session.commit()

    with unit_of_work():
        assert request_job("test.nothing", "a", {}, actor=None).state is JobState.DONE


def test_a_rolled_back_request_leaves_no_job_and_sends_nothing(tenant: Tenant, redis_away: MessageQueue) -> None:
    with pytest.raises(IntegrityError):
        ask_and_fail()

    with unit_of_work():
        make_user()

    assert count_jobs() == 0
    assert redis_away.failures == 0


def test_without_redis_the_request_succeeds_and_the_failure_is_counted(
    tenant: Tenant, redis_away: MessageQueue
) -> None:
    with unit_of_work():
        request_job("test.nothing", "a", {}, actor=None)

    assert count_jobs() == 1
    assert redis_away.failures == 1


def test_a_county_with_enough_under_way_waits_for_its_turn(
    tenant: Tenant, redis_away: MessageQueue, app: Flask
) -> None:
    cap = app.config["JICENG"].jobs_per_tenant
    with unit_of_work():
        wanted = [request_job("test.nothing", str(number), {}, actor=None) for number in range(cap + 2)]

    assert [each.sent_at is not None for each in wanted] == [True] * cap + [False] * 2
    assert redis_away.failures == cap


def test_only_ids_and_plain_values_can_be_arguments(tenant: Tenant) -> None:
    with pytest.raises(TypeError, match="float"):
        request_job("test.nothing", "a", {"number": 1.5}, actor=None)


def test_an_id_is_stored_as_text(tenant: Tenant, redis_away: MessageQueue, unknown_id: uuid.UUID) -> None:
    with unit_of_work():
        wanted = request_job("test.nothing", "a", {"number": unknown_id}, actor=None)

    assert wanted.args == {"number": str(unknown_id)}


def test_a_kind_that_nobody_registered_is_refused(tenant: Tenant) -> None:
    with pytest.raises(UnknownKindError):
        request_job("test.unheard_of", "a", {}, actor=None)
