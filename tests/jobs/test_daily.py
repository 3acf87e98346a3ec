"""The work of each day: asked for once a county and day, done by a job, and done again without harm."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import func, select

from saas.db import at_moment, db, local_today, new_id, utc_now
from saas.jobs import daily
from saas.jobs.models import Job, JobState
from saas.jobs.registry import load_kinds
from saas.jobs.running import run_job
from saas.org import versions
from saas.tenancy.models import SentForm, Tenant, TenantStatus
from saas.tenancy.scope import tenant_scope
from tests.factories import make_unit

NOON = datetime(2026, 3, 10, 4, 0, tzinfo=UTC)


@pytest.fixture(autouse=True)
def works(tenant: Tenant) -> Iterator[None]:
    load_kinds()
    with daily.temporary_works():
        yield


def jobs() -> list[Job]:
    return list(db.session.scalars(select(Job).where(Job.kind == daily.KIND).order_by(Job.key)).all())


def test_every_active_county_is_asked_once_a_day(tenant: Tenant) -> None:
    active = db.session.scalars(select(func.count()).where(Tenant.status == TenantStatus.ACTIVE)).one()
    with at_moment(NOON):
        assert daily.request_daily_work() == active
        assert daily.request_daily_work() == 0
    with tenant_scope(tenant.id):
        assert [job.key for job in jobs()] == ["2026-03-10"]

    with at_moment(NOON + timedelta(days=1)):
        assert daily.request_daily_work() == active
    with tenant_scope(tenant.id):
        assert [job.key for job in jobs()] == ["2026-03-10", "2026-03-11"]


def test_asking_again_after_a_restart_changes_nothing(tenant: Tenant) -> None:
    with at_moment(NOON):
        daily.request_daily_work()
        with daily.temporary_works():
            daily.request_daily_work()
    with tenant_scope(tenant.id):
        assert len(jobs()) == 1


def test_the_day_is_that_of_the_county_not_of_the_clock_in_greenwich(tenant: Tenant) -> None:
    with at_moment(datetime(2026, 3, 10, 17, 0, tzinfo=UTC)):
        daily.request_daily_work()
    with tenant_scope(tenant.id):
        assert jobs()[0].key == "2026-03-11"


def test_units_show_what_they_are_from_today_on(tenant: Tenant) -> None:
    unit = make_unit("柳塘村")
    versions.change_from(unit, date(2026, 3, 10), date(2026, 3, 1), name="柳岸村")
    assert unit.name == "柳塘村"

    daily.do_daily_work(date(2026, 3, 9))
    assert unit.name == "柳塘村"
    daily.do_daily_work(date(2026, 3, 10))
    assert unit.name == "柳岸村"
    daily.do_daily_work(date(2026, 3, 10))
    assert unit.name == "柳岸村"


def test_forms_sent_long_ago_are_forgotten(tenant: Tenant) -> None:
    with tenant_scope(tenant.id):
        for days in (1, 89, 91):
            db.session.add(SentForm(id=new_id(), location=f"/{days}", sent_at=utc_now() - timedelta(days=days)))
        db.session.flush()

        daily.do_daily_work(local_today())

        kept = db.session.scalars(select(SentForm.location).order_by(SentForm.sent_at)).all()
        assert kept == ["/89", "/1"]


def test_others_add_their_work(tenant: Tenant) -> None:
    seen: list[date] = []
    daily.daily("test.reminders")(seen.append)

    daily.do_daily_work(date(2026, 3, 10))

    assert seen == [date(2026, 3, 10)]
    with pytest.raises(RuntimeError, match="test.reminders"):
        daily.daily("test.reminders")(seen.append)


def test_people_are_told_in_the_morning_and_not_at_midnight(tenant: Tenant) -> None:
    said: list[date] = []
    done: list[date] = []
    daily.daily("test.sweeping")(done.append)
    daily.daily("test.reminders", is_said=True)(said.append)

    with at_moment(datetime(2026, 3, 9, 16, 2, tzinfo=UTC)):  # two past midnight in the county
        daily.do_daily_work(date(2026, 3, 10))
        wanted = db.session.scalars(select(Job).where(Job.kind == daily.SAYING_KIND)).one()
    assert (done, said) == ([date(2026, 3, 10)], [])
    assert timedelta(hours=7, minutes=57) < wanted.run_after - utc_now() <= timedelta(hours=7, minutes=58)

    wanted.run_after -= timedelta(hours=8)  # the night is over
    db.session.commit()
    with tenant_scope(tenant.id), at_moment(datetime(2026, 3, 10, 0, 0, tzinfo=UTC)):
        run_job(tenant.id, wanted.id)
    assert said == [date(2026, 3, 10)]


def test_by_day_people_are_told_at_once(tenant: Tenant) -> None:
    said: list[date] = []
    daily.daily("test.reminders", is_said=True)(said.append)

    with at_moment(NOON):
        daily.do_daily_work(date(2026, 3, 10))

    assert said == [date(2026, 3, 10)]


def test_the_job_does_the_work_of_its_day(tenant: Tenant) -> None:
    seen: list[date] = []
    daily.daily("test.reminders")(seen.append)
    daily.request_daily_work()
    with tenant_scope(tenant.id):
        (wanted,) = jobs()
        db.session.commit()
        run_job(tenant.id, wanted.id)
        db.session.refresh(wanted)

        assert wanted.state is JobState.DONE
    assert seen == [local_today()]
