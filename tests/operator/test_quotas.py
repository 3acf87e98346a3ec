"""What operators let a county use is held to: accounts, storage, jobs at a time. What is there stays."""

from __future__ import annotations

import uuid
from collections.abc import Iterator

import pytest
from flask import Flask
from sqlalchemy import select

from saas.accounts import people
from saas.accounts.bulk import NewPerson, create_people
from saas.accounts.models import User
from saas.db import db, unit_of_work
from saas.files.checks import FileRefused, FileType
from saas.files.services import store_bytes
from saas.jobs.models import Job
from saas.jobs.registry import job, temporary_kinds
from saas.jobs.services import request_job
from saas.operator import services
from saas.operator.measuring import UsageRound, measure
from saas.packs.services import apply_pack
from saas.tenancy.models import TenantUsage
from saas.tenancy.quotas import QuotaReached
from saas.tenancy.scope import tenant_scope
from tests.factories import PASSWORD
from tests.isolation.marking import few_units
from tests.operator.conftest import Administered, county_row, make_county

QUOTA = {"max_users": None, "max_storage_bytes": None, "max_jobs_in_flight": None}


def allow(app: Flask, **figures: int | None) -> None:
    with county_row(app, "xinyi") as (session, county):
        services.set_quota(session, county, **{**QUOTA, **figures}, actor="test")


@pytest.fixture
def inside(app: Flask, county: Administered) -> Iterator[User]:
    """Inside the county, as its security administrator."""
    with app.app_context(), tenant_scope(county.id):
        yield db.session.scalars(select(User).where(User.login_name == "secadmin")).one()


def new_person(login_name: str, actor: User) -> User:
    with unit_of_work():
        return people.create_person(name="邵清越", login_name=login_name, phone="", actor=actor)[0]


def test_no_more_accounts_than_allowed(app: Flask, inside: User) -> None:
    allow(app, max_users=4)
    fourth = new_person("fourth", inside)

    with pytest.raises(QuotaReached, match="最多可有4个在用账号，现有4个"):
        new_person("fifth", inside)

    with unit_of_work():
        people.disable(fourth, actor=inside)
    new_person("fifth", inside)
    with pytest.raises(QuotaReached), unit_of_work():
        people.enable(fourth, actor=inside)


def test_tables_and_packs_keep_to_the_quota_as_a_whole(app: Flask, inside: User) -> None:
    allow(app, max_users=4)
    two = [NewPerson(name="邵清越", login_name=login) for login in ("fourth", "fifth")]

    with pytest.raises(QuotaReached, match="不能再增加2个"), unit_of_work():
        create_people(two, actor=inside)
    with pytest.raises(QuotaReached), unit_of_work():
        apply_pack(few_units("rural-county"), first_password=PASSWORD)

    assert len(db.session.scalars(select(User)).all()) == 3


def test_a_smaller_quota_takes_nothing_away(app: Flask, inside: User) -> None:
    allow(app, max_users=1)

    assert db.session.scalars(select(User).where(User.is_active)).all()
    with pytest.raises(QuotaReached):
        new_person("fourth", inside)


def test_the_refusal_stands_beside_the_field(app: Flask, county: Administered) -> None:
    allow(app, max_users=3)
    browser = app.test_client()
    account = county.accounts[1]
    browser.post("/xinyi/sign-in", data={"login_name": account.login_name, "password": account.password})
    browser.post(
        "/xinyi/account/password",
        data={"present": account.password, "new": "Quiet-river-9", "again": "Quiet-river-9"},
    )

    answer = browser.post("/xinyi/accounts", data={"name": "邵清越", "login_name": "fourth"})

    assert answer.status_code == 422
    assert "最多可有3个在用账号" in answer.text


def store(content: bytes) -> None:
    with unit_of_work():
        store_bytes(
            content,
            name="a.pdf",
            media_type=FileType.PDF,
            subject_type="document",
            subject_id=uuid.uuid4(),
            actor=None,
        )


def test_no_more_bytes_than_allowed(app: Flask, inside: User) -> None:
    allow(app, max_storage_bytes=1000)
    store(b"x" * 900)

    with pytest.raises(FileRefused, match="存储空间"):
        store(b"y" * 200)
    store(b"z" * 100)


def test_jobs_past_the_countys_figure_wait_for_their_turn(app: Flask, inside: User) -> None:
    allow(app, max_jobs_in_flight=2)
    with temporary_kinds():

        @job(kind="test.nothing")
        def nothing() -> None:
            """Nothing to do."""

        for number in range(4):
            with unit_of_work():
                request_job("test.nothing", str(number), {}, actor=inside)

    sent = db.session.scalars(select(Job.sent_at).order_by(Job.key)).all()
    assert [moment is not None for moment in sent] == [True, True, False, False]


def test_usage_is_counted_by_the_county_itself(app: Flask, county: Administered) -> None:
    with app.app_context():
        measure(county.id)

    with county_row(app, "xinyi") as (session, _):
        usage = session.get_one(TenantUsage, county.id)
        assert (usage.users, usage.units, usage.submissions, usage.files, usage.storage_bytes) == (3, 1, 0, 0, 0)


def test_the_round_reaches_every_county_and_counts_none_twice_within_the_hour(app: Flask, county: Administered) -> None:
    other = make_county(app, "beiya", "北崖区")
    duty = UsageRound(app, seconds=60)
    for _ in range(2):
        duty()

    with county_row(app, "xinyi") as (session, _):
        before = {row.tenant_id: row.measured_at for row in session.scalars(select(TenantUsage))}
    assert {county.id, other.id} <= set(before)
    duty()
    with county_row(app, "xinyi") as (session, _):
        assert {row.tenant_id: row.measured_at for row in session.scalars(select(TenantUsage))} == before


def test_the_round_stops_when_its_time_is_up_and_goes_on_from_there(app: Flask, county: Administered) -> None:
    make_county(app, "beiya", "北崖区")
    duty = UsageRound(app, seconds=0)
    for _ in range(12):
        assert duty() <= 1

    with county_row(app, "xinyi") as (session, _):
        assert session.get(TenantUsage, county.id) is not None
