"""Reminding of records that fall due, and what stands on the first page."""

from __future__ import annotations

from datetime import UTC, date, datetime

from sqlalchemy import select

from saas.db import at_moment, db
from saas.domain.records import CHECKED, states_to_mapping
from saas.notifications.models import Notification
from saas.registers.reminding import remind
from saas.registers.services import link_record, move_record, set_due_day
from tests.browser import Browser
from tests.registers.conftest import Place
from tests.registers.steps import make_record


def _told(user: object) -> list[str]:
    titles = db.session.scalars(
        select(Notification.title).where(Notification.user_id == user.id).order_by(Notification.id)  # type: ignore[attr-defined]
    )
    return [title for title in titles if "台账" in title]


def test_keepers_are_told_before_and_after_and_only_once_a_stage(place: Place) -> None:
    record = make_record(place)
    set_due_day(record, date(2026, 3, 11), actor=place.clerk)

    remind(date(2026, 3, 10))
    remind(date(2026, 3, 10))
    assert _told(place.clerk) == ["台账“矛盾纠纷台账”第1号“争水渠”还有1天到期，请及时办理"]

    remind(date(2026, 3, 12))
    assert _told(place.clerk)[-1] == "台账“矛盾纠纷台账”第1号“争水渠”已超期1天，请及时办理"
    assert _told(place.neighbour_clerk) == []


def test_records_of_one_day_come_in_one_message(place: Place) -> None:
    for matter in ("甲", "乙"):
        set_due_day(make_record(place, matter), date(2026, 3, 10), actor=place.clerk)

    assert remind(date(2026, 3, 10)) == 1
    assert "2条记录今天到期" in _told(place.clerk)[0]


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
