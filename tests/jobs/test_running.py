"""Running a job: the effect and `done` are one, and only the holder of the token commits."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import func, select

from saas.db import db, unit_of_work, utc_now
from saas.domain.errors import DomainError
from saas.jobs import transitions
from saas.jobs.models import Job, JobState
from saas.jobs.queries import describe, find_job, get_job
from saas.jobs.registry import job, list_kinds, load_kinds, temporary_kinds
from saas.jobs.running import Outcome, report_progress, run_job, stop_if_asked
from saas.jobs.services import request_job
from saas.notifications.models import Notification
from saas.tenancy.models import Tenant
from saas.tenancy.scope import TenantError, tenant_scope
from tests.factories import make_user

calls: list[str] = []


@pytest.fixture(autouse=True)
def kinds() -> Iterator[None]:
    calls.clear()
    with temporary_kinds():

        @job(kind="test.notify")
        def notify(user_id: uuid.UUID, title: str = "") -> None:
            calls.append(title)
            report_progress(50)
            with unit_of_work():
                db.session.add(Notification(user_id=user_id, kind="reminder", title=title, path="/"))

        @job(kind="test.fail", max_attempts=2)
        def fail(user_id: uuid.UUID) -> None:
            db.session.add(Notification(user_id=user_id, kind="reminder", title="half", path="/"))
            db.session.flush()
            raise ValueError("no good")

        @job(kind="test.refuse")
        def refuse() -> None:
            raise DomainError("资料不齐，不能生成")

        @job(kind="test.run_out_of_memory", max_attempts=1)
        def run_out_of_memory() -> None:
            raise MemoryError

        @job(kind="test.commit_twice", max_attempts=1)
        def commit_twice(user_id: uuid.UUID) -> None:
            for number in range(2):
                with unit_of_work():
                    db.session.add(Notification(user_id=user_id, kind="reminder", title=str(number), path="/"))

        @job(kind="test.stop")
        def stop() -> None:
            stop_if_asked()

        yield


def titles() -> list[str]:
    return list(db.session.scalars(select(Notification.title).order_by(Notification.title)))


def ask(kind: str, **args: object) -> Job:
    with unit_of_work():
        return request_job(kind, "key", args, actor=None)


def make_due(wanted: Job) -> None:
    wanted.run_after = utc_now() - timedelta(hours=1)
    db.session.commit()


def test_a_job_has_its_effect_and_is_done(tenant: Tenant) -> None:
    wanted = ask("test.notify", user_id=make_user().id, title="once")

    assert run_job(tenant.id, wanted.id) is Outcome.DONE

    assert titles() == ["once"]
    assert (wanted.state, wanted.progress, wanted.attempt) == (JobState.DONE, 100, 1)
    assert wanted.finished_at is not None
    assert wanted.lease_until is None


def test_a_job_run_again_does_nothing(tenant: Tenant) -> None:
    wanted = ask("test.notify", user_id=make_user().id, title="once")

    outcomes = [run_job(tenant.id, wanted.id) for _ in range(3)]

    assert outcomes == [Outcome.DONE, Outcome.NOT_CLAIMED, Outcome.NOT_CLAIMED]
    assert calls == ["once"]


def test_an_error_leaves_no_effect_and_the_job_is_tried_again(tenant: Tenant) -> None:
    wanted = ask("test.fail", user_id=make_user().id)

    assert run_job(tenant.id, wanted.id) is Outcome.FAILED

    assert titles() == []
    assert wanted.state is JobState.QUEUED
    assert wanted.error is not None
    assert wanted.error.startswith("ValueError: no good (")
    assert wanted.run_after > utc_now() + timedelta(seconds=5)
    assert run_job(tenant.id, wanted.id) is Outcome.NOT_CLAIMED  # not yet


def test_after_the_last_attempt_the_job_is_given_up_with_a_reason(tenant: Tenant) -> None:
    wanted = ask("test.fail", user_id=make_user().id)
    run_job(tenant.id, wanted.id)
    make_due(wanted)

    run_job(tenant.id, wanted.id)

    assert (wanted.state, wanted.attempt) == (JobState.DEAD, 2)
    assert wanted.reason == transitions.REASON_FAILED
    assert describe(wanted).label == "未能完成"
    assert describe(wanted).detail == wanted.reason


def test_a_rule_that_says_no_is_not_asked_again(tenant: Tenant) -> None:
    wanted = ask("test.refuse")

    run_job(tenant.id, wanted.id)

    assert (wanted.state, wanted.attempt, wanted.reason) == (JobState.DEAD, 1, "资料不齐，不能生成")


def test_too_large_a_job_says_so(tenant: Tenant) -> None:
    wanted = ask("test.run_out_of_memory")

    run_job(tenant.id, wanted.id)

    assert wanted.reason is not None
    assert wanted.reason.startswith("内容过大")


def test_a_run_whose_token_was_taken_commits_nothing(tenant: Tenant) -> None:
    wanted = ask("test.notify", user_id=make_user().id, title="late")
    token = uuid.uuid4()
    db.session.execute(transitions.claim(wanted.id, token, timedelta(seconds=-1)))
    assert run_job(tenant.id, wanted.id) is Outcome.DONE  # the lease had run out

    late = db.session.connection().execute(transitions.finish(wanted.id, token))

    assert late.rowcount == 0
    assert titles() == ["late"]


def test_the_effect_of_a_run_that_lost_its_job_is_rolled_back(tenant: Tenant) -> None:
    with temporary_kinds():

        @job(kind="test.too_late")
        def too_late(user_id: uuid.UUID, job_id: uuid.UUID) -> None:
            db.session.execute(transitions.renew(job_id, _token_of(job_id), timedelta(seconds=-1)))
            db.session.execute(transitions.claim(job_id, uuid.uuid4(), timedelta(seconds=60)))
            db.session.add(Notification(user_id=user_id, kind="reminder", title="late", path="/"))

        user = make_user()
        wanted = ask("test.notify", user_id=user.id)
        wanted.kind, wanted.args = "test.too_late", {"user_id": str(user.id), "job_id": str(wanted.id)}
        db.session.commit()

        assert run_job(tenant.id, wanted.id) is Outcome.TAKEN_AWAY

    assert titles() == []


def _token_of(job_id: uuid.UUID) -> uuid.UUID:
    token = db.session.scalars(select(Job.token).where(Job.id == job_id)).one()
    assert token is not None
    return token


def test_a_job_has_one_unit_of_work(tenant: Tenant) -> None:
    wanted = ask("test.commit_twice", user_id=make_user().id)

    run_job(tenant.id, wanted.id)

    assert titles() == ["0"]
    assert wanted.state is JobState.DONE


def test_a_job_that_is_asked_to_stop_goes_back_as_if_not_started(tenant: Tenant) -> None:
    wanted = ask("test.stop")

    assert run_job(tenant.id, wanted.id, is_stop_asked=lambda: True) is Outcome.STOPPED

    assert (wanted.state, wanted.attempt, wanted.token) == (JobState.QUEUED, 0, None)
    assert run_job(tenant.id, wanted.id) is Outcome.DONE


def test_outside_a_job_reporting_does_nothing(tenant: Tenant) -> None:
    report_progress(10)
    stop_if_asked()


def test_a_job_of_another_county_cannot_be_run(tenant: Tenant, other_tenant: Tenant) -> None:
    wanted = ask("test.notify", user_id=make_user().id, title="ours")

    assert run_job(other_tenant.id, wanted.id) is Outcome.NOT_CLAIMED
    assert calls == []


def test_every_job_refuses_to_run_without_a_county(session: None) -> None:
    load_kinds()
    assert len(list_kinds()) >= 6

    for kind in list_kinds():
        with pytest.raises(TenantError):
            kind.function()


def test_two_functions_cannot_share_a_kind() -> None:
    with pytest.raises(RuntimeError, match="two functions"):
        job(kind="test.notify")(lambda: None)


def test_who_asked_sees_the_job_and_nobody_else(tenant: Tenant, other_tenant: Tenant) -> None:
    asker, somebody = make_user(), make_user()
    with unit_of_work():
        wanted = request_job("test.stop", "key", {}, actor=asker)

    assert get_job(wanted.id, asker) is wanted
    assert find_job("test.stop", "key") is wanted
    assert db.session.scalar(select(func.count()).where(Job.created_by_id == somebody.id)) == 0
    with tenant_scope(other_tenant.id):
        assert find_job("test.stop", "key") is None


def test_a_waiting_and_a_running_job_say_how_far_they_are(tenant: Tenant, app: Flask) -> None:
    wanted = ask("test.stop")
    assert describe(wanted).label == "排队等待"
    assert describe(wanted).is_open

    wanted.state, wanted.progress, wanted.lease_until = JobState.RUNNING, 40, utc_now()
    assert describe(wanted).detail == "已完成 40%"
