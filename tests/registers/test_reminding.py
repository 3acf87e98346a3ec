"""Reminding of records that fall due, and what stands on the first page."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime

from sqlalchemy import select

from saas.accounts.models import User
from saas.db import at_moment, db
from saas.domain.record_presets import CHECKED
from saas.domain.records import states_to_mapping
from saas.notifications.models import Notification
from saas.registers.reminding import remind
from saas.registers.services import link_record, move_record, set_due_day
from saas.tenancy.models import TenantSettings
from tests.browser import Browser
from tests.registers.conftest import Place, make_register
from tests.registers.steps import make_record


def _told(user: User) -> list[str]:
    titles = db.session.scalars(
        select(Notification.title).where(Notification.user_id == user.id).order_by(Notification.id)
    )
    return [title for title in titles if "台账" in title]


def _path(user: User) -> str:
    return db.session.scalars(select(Notification.path).where(Notification.user_id == user.id)).one()


def test_keepers_are_told_before_and_after_and_only_once_a_stage(place: Place) -> None:
    record = make_record(place)
    set_due_day(record, date(2026, 3, 11), actor=place.clerk)

    remind(date(2026, 3, 10))
    remind(date(2026, 3, 10))
    assert _told(place.clerk) == ["台账“矛盾纠纷台账”第1号“争水渠”还有1天到期，请及时办理"]

    remind(date(2026, 3, 12))
    assert _told(place.clerk)[-1] == "台账“矛盾纠纷台账”第1号“争水渠”已超期1天，请及时办理"
    assert _told(place.neighbour_clerk) == []


def test_everything_that_is_due_comes_in_one_message_a_day(place: Place) -> None:
    days = {"甲": date(2026, 3, 10), "乙": date(2026, 3, 10), "丙": date(2026, 3, 9), "丁": date(2026, 3, 13)}
    for matter, day in days.items():
        set_due_day(make_record(place, matter), day, actor=place.clerk)

    assert remind(date(2026, 3, 10)) == 1
    assert _told(place.clerk) == ["台账“矛盾纠纷台账”1条已超期（最长1天）、2条今天到期、1条3天内到期，请及时办理"]
    assert _path(place.clerk) == f"/registers/{place.register.id}?progress=unfinished&due_to=2026-03-13"


def test_several_registers_come_in_one_message(place: Place) -> None:
    other = replace(place, register=make_register("隐患台账"))
    for where in (place, other):
        set_due_day(make_record(where), date(2026, 3, 10), actor=place.clerk)

    assert remind(date(2026, 3, 10)) == 1
    assert _told(place.clerk) == ["台账“矛盾纠纷台账”1条今天到期；台账“隐患台账”1条今天到期，请及时办理"]
    assert _path(place.clerk) == "/registers"


def test_nothing_new_is_no_message(place: Place) -> None:
    record = make_record(place)
    set_due_day(record, date(2026, 3, 10), actor=place.clerk)
    for day in range(10, 32):
        remind(date(2026, 3, day))

    assert [title.partition("“争水渠”")[2] for title in _told(place.clerk)] == [
        "今天到期，请及时办理",
        "已超期1天，请及时办理",
        "已超期3天，请及时办理",
    ]


def test_the_town_is_told_of_what_is_overdue_for_long(place: Place) -> None:
    record = make_record(place)
    set_due_day(record, date(2026, 3, 10), actor=place.clerk)

    remind(date(2026, 3, 12))
    assert _told(place.officer) == []
    remind(date(2026, 3, 13))
    remind(date(2026, 3, 14))

    assert _told(place.officer) == ["柳塘村：台账“矛盾纠纷台账”第1号“争水渠”超期3天以上未办结，请督促"]
    assert _told(place.office) == []


def test_a_town_is_told_of_all_its_villages_at_once(place: Place) -> None:
    for unit, matter in ((place.village, "甲"), (place.village, "乙"), (place.neighbour, "丙")):
        set_due_day(make_record(place, matter, unit), date(2026, 3, 10), actor=place.clerk)

    remind(date(2026, 3, 13))

    assert _told(place.officer) == ["台账“矛盾纠纷台账”有3条记录超期3天以上未办结：柳塘村2条、石桥村1条，请督促"]
    assert _path(place.officer) == f"/registers/{place.register.id}?progress=unfinished&due_to=2026-03-10"


def test_those_above_a_responsible_department_are_told_too(place: Place) -> None:
    record = make_record(place)
    set_due_day(record, date(2026, 3, 10), actor=place.clerk)
    link_record(record, actor=place.clerk, role="responsible", unit=place.department)

    remind(date(2026, 3, 13))

    assert [title.partition("：")[0] for title in _told(place.office)] == ["县司法局"]
    assert [title.partition("：")[0] for title in _told(place.officer)] == ["柳塘村"]


def test_a_county_may_leave_those_above_in_peace(place: Place) -> None:
    db.session.scalars(select(TenantSettings)).one().details = {"escalation_days": 0}
    set_due_day(make_record(place), date(2026, 3, 10), actor=place.clerk)

    remind(date(2026, 3, 13))

    assert _told(place.officer) == []


def test_who_answers_for_a_record_is_reminded_too(place: Place) -> None:
    record = make_record(place)
    set_due_day(record, date(2026, 3, 10), actor=place.clerk)
    link_record(record, actor=place.clerk, role="responsible", unit=place.department)

    remind(date(2026, 3, 10))

    assert len(_told(place.expert)) == 2  # that it was given to them, and that it is due


def test_what_is_closed_reminds_nobody(place: Place) -> None:
    record = make_record(place)
    set_due_day(record, date(2026, 3, 10), actor=place.clerk)
    move_record(record, "closed", actor=place.clerk)

    assert remind(date(2026, 3, 12)) == 0


def test_the_first_page_counts_what_is_overdue(clerk: Browser, place: Place) -> None:
    for matter, day in (("甲", date(2026, 3, 1)), ("乙", date(2026, 3, 5)), ("丙", date(2026, 3, 11))):
        set_due_day(make_record(place, matter), day, actor=place.clerk)

    page = clerk.get("/home").text

    assert "2 条超期，1 条临近到期" in page
    assert f"/registers/{place.register.id}?due=overdue" in page


def test_the_first_page_of_a_town_counts_what_waits_to_be_checked(browser: Browser, place: Place) -> None:
    place.register.states = states_to_mapping(CHECKED)
    make_record(place)
    move_record(make_record(place, "乙"), "checking", actor=place.clerk)
    browser.sign_in(place.officer)

    assert "1 条待核实" in browser.get("/home").text

    with at_moment(datetime(2026, 3, 11, 1, 0, tzinfo=UTC)):
        browser.sign_in(place.leader)
        assert "条待核实" not in browser.get("/home").text
