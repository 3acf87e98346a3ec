"""Personal data in registers: what shows to whom, opening it for a purpose, the log, and where it never goes."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.exc import ProgrammingError

from saas.access.permissions import Role
from saas.audit.models import AuditEvent
from saas.db import at_moment, db, unit_of_work
from saas.domain.record_access import Level, Relation
from saas.jobs.models import Job
from saas.notifications.models import Notification
from saas.registers import protection
from saas.registers.models import RecordEvent, RecordLink, RecordReading, RegisterRecord, RegisterView
from saas.registers.protection import PurposeMissing, access_to, relations_of, reveal
from saas.registers.services import change_record, link_record
from tests.browser import Browser
from tests.factories import make_user
from tests.factories_forms import make_version
from tests.registers.conftest import DISPUTE, NOW, Place
from tests.registers.steps import make_record, viewer_of
from tests.statements import count_statements

PHONE = "13800001234"


def readings() -> list[RecordReading]:
    return list(db.session.scalars(select(RecordReading).order_by(RecordReading.id)).all())


def url(record: RegisterRecord, *more: str) -> str:
    return "/".join([f"/registers/records/{record.id}", *more])


# --- what somebody has to do with a record ---------------------------------------------------------------------------


def test_relations_follow_from_posts_and_links(place: Place) -> None:
    record = make_record(place)
    place.register.owner_unit_id = place.department.id
    link_record(record, actor=place.clerk, role="responsible", unit=place.neighbour)

    found = {
        who: relations_of([record], place.register, viewer_of(getattr(place, who)))[record.id]
        for who in ("clerk", "officer", "expert", "neighbour_clerk", "leader")
    }

    assert found == {
        "clerk": {Relation.KEEPER},
        "officer": {Relation.SUPERIOR},
        "expert": {Relation.OFFICE},
        "neighbour_clerk": {Relation.RESPONSIBLE},
        "leader": {Relation.SUPERIOR},
    }


def test_a_person_who_is_linked_is_responsible(place: Place) -> None:
    record = make_record(place)
    link_record(record, actor=place.clerk, role="contact", user=place.expert)

    assert relations_of([record], place.register, viewer_of(place.expert))[record.id] == {Relation.RESPONSIBLE}


def test_relations_to_many_records_take_no_more_statements(place: Place) -> None:
    few, many = [make_record(place)], [make_record(place, unit=place.neighbour) for _ in range(9)]
    viewer = viewer_of(place.officer)

    for_few = count_statements(lambda: relations_of(few, place.register, viewer))
    for_many = count_statements(lambda: relations_of(many, place.register, viewer))

    assert for_many == for_few <= 2


# --- opening what is masked ------------------------------------------------------------------------------------------


def test_opening_writes_down_who_read_what_and_what_for(place: Place) -> None:
    record = make_record(place, phone=PHONE)

    revealed = reveal(record, actor=viewer_of(place.officer), purpose="  回访  核实 ")

    (reading,) = readings()
    assert revealed.shows("phone")
    assert (reading.reader_id, reading.record_id, reading.register_id) == (
        place.officer.id,
        record.id,
        place.register.id,
    )
    assert (reading.purpose, reading.fields, reading.records) == ("回访 核实", ["phone"], 1)
    event = db.session.scalars(select(AuditEvent).where(AuditEvent.action == "record.read")).one()
    assert event.details["purpose"] == "回访 核实"
    assert PHONE not in str(event.details)


@pytest.mark.parametrize("purpose", ["", "  ", "看", "长" * 201])
def test_without_a_purpose_nothing_opens(place: Place, purpose: str) -> None:
    record = make_record(place, phone=PHONE)

    with pytest.raises(PurposeMissing):
        reveal(record, actor=viewer_of(place.officer), purpose=purpose)

    assert readings() == []


def test_even_the_keeper_says_what_sensitive_data_is_needed_for(place: Place) -> None:
    record = make_record(place, phone=PHONE)

    assert access_to(record, viewer_of(place.clerk)).level("phone") is Level.MASKED


def test_what_is_hidden_from_somebody_no_purpose_opens(place: Place) -> None:
    record = make_record(place, phone=PHONE)
    place.register.access = {"fields": {"phone": {"superior": "hidden"}}}

    access = access_to(record, viewer_of(place.officer))

    assert access.revealable == ()
    assert access.revealed().level("phone") is Level.HIDDEN


def test_the_log_of_readings_is_only_added_to(place: Place) -> None:
    reveal(make_record(place, phone=PHONE), actor=viewer_of(place.officer), purpose="回访")

    readings()[0].purpose = "别的"

    with pytest.raises(ProgrammingError):
        db.session.flush()
    db.session.rollback()


# --- the page --------------------------------------------------------------------------------------------------------


def test_the_page_shows_masks_until_a_purpose_is_given(browser: Browser, place: Place) -> None:
    record = make_record(place, phone=PHONE)
    browser.sign_in(place.officer)

    before = browser.get(url(record, "protected"))
    opened = browser.post(url(record, "protected"), {"own_purpose": "回访当事人"})
    after = browser.get(url(record, "protected"))

    assert "138****1234" in before.text
    assert PHONE not in before.text
    assert opened.status_code == 200
    assert PHONE in opened.text
    assert "回访当事人" in opened.text
    assert opened.headers["Cache-Control"] == "no-store"
    assert PHONE not in after.text


def test_who_sees_everything_is_not_sent_to_the_keeper(browser: Browser, place: Place) -> None:
    questions = [dict(each, sensitivity="personal") if each["name"] == "phone" else each for each in DISPUTE]
    place.register.form_id = make_version(None, *questions).form_id
    db.session.flush()
    db.session.refresh(place.register)
    record = make_record(place, phone=PHONE)
    browser.sign_in(place.clerk)

    page, protected = browser.get(url(record)).text, browser.get(url(record, "protected")).text

    assert PHONE in page
    assert url(record, "protected") not in page
    assert PHONE in protected
    assert "请联系登记单位" not in protected


def test_there_is_no_address_that_opens_a_record(browser: Browser, place: Place) -> None:
    record = make_record(place, phone=PHONE)
    browser.sign_in(place.officer)

    for query in ("?purpose=x", "?own_purpose=回访当事人", "?revealed=1"):
        assert PHONE not in browser.get(url(record, "protected") + query).text
        assert PHONE not in browser.get(url(record) + query).text
    assert readings() == []


def test_a_missing_purpose_is_said_beside_the_field(browser: Browser, place: Place) -> None:
    record = make_record(place, phone=PHONE)
    browser.sign_in(place.officer)

    response = browser.post(url(record, "protected"), {"own_purpose": " "})

    assert response.status_code == 422
    assert "请选择或填写查阅用途" in response.text
    assert PHONE not in response.text


def test_the_purposes_of_a_register_are_offered(browser: Browser, place: Place) -> None:
    record = make_record(place, phone=PHONE)
    place.register.purpose = "纠纷调解；回访核实"
    browser.sign_in(place.officer)

    assert 'value="回访核实"' in browser.get(url(record, "protected")).text
    browser.post(url(record, "protected"), {"purpose": "回访核实"})

    assert readings()[0].purpose == "回访核实"


def test_who_may_not_see_the_record_may_not_open_it(browser: Browser, place: Place, unknown_id: Any) -> None:
    record = make_record(place, phone=PHONE)
    browser.sign_in(place.neighbour_clerk)

    for record_id in (record.id, unknown_id):
        path = f"/registers/records/{record_id}/protected"
        assert browser.get(path).status_code == 404
        assert browser.post(path, {"own_purpose": "回访当事人"}).status_code == 404
    assert readings() == []


def test_pages_of_a_record_never_show_what_is_masked(browser: Browser, place: Place) -> None:
    record = make_record(place, phone="13900005678")
    change_record(record, {"matter": "争水渠", "phone": PHONE}, actor=place.clerk)
    for who in (place.clerk, place.officer, place.office, place.leader):
        browser.sign_in(who)
        for path in (url(record), f"/registers/{place.register.id}", "/registers", f"/registers?q={PHONE}"):
            page = browser.get(path).text
            assert PHONE not in page, (who.name, path)
            assert "13900005678" not in page, (who.name, path)
    browser.sign_in(place.clerk)
    assert PHONE not in browser.get(url(record, "edit")).text


def test_what_is_hidden_stands_on_no_page_not_even_by_its_name(browser: Browser, place: Place) -> None:
    record = make_record(place, phone=PHONE)
    place.register.access = {"fields": {"phone": {"keeper": "hidden"}}}
    browser.sign_in(place.clerk)

    for path in (url(record), url(record, "edit"), url(record, "protected")):
        assert "当事人电话" not in browser.get(path).text, path


def test_looking_for_a_protected_answer_finds_nothing(browser: Browser, place: Place) -> None:
    make_record(place, "争水渠", phone=PHONE)
    browser.sign_in(place.officer)

    for query in (f"q={PHONE}", "q=1380", f"is.phone={PHONE}", "sort=is.phone"):
        page = browser.get(f"/registers/{place.register.id}?{query}").text
        assert ("争水渠" in page) == query.startswith(("is.", "sort")), query


# --- where it never goes ---------------------------------------------------------------------------------------------


def test_protected_answers_stand_in_the_record_and_its_history_only(place: Place, caplog: Any) -> None:
    """Every row of every table that this feature writes, searched for the answer."""
    caplog.set_level("DEBUG")
    record = make_record(place, phone=PHONE)
    link_record(record, actor=place.clerk, role="responsible", unit=place.neighbour)
    change_record(record, {"matter": "争水渠", "phone": "13900005678"}, actor=place.clerk)
    reveal(record, actor=viewer_of(place.officer), purpose="回访")
    db.session.flush()

    for model in (AuditEvent, Job, Notification, RecordReading, RecordLink, RegisterView):
        for row in db.session.scalars(select(model).order_by(model.id)).all():
            values = [getattr(row, column.key) for column in model.__table__.columns]
            assert PHONE not in str(values), model
            assert "13900005678" not in str(values), model
    assert PHONE not in (record.title + record.search_key)
    assert PHONE not in caplog.text
    assert any(PHONE in str(event.changes) for event in db.session.scalars(select(RecordEvent)).all())


# --- the log ---------------------------------------------------------------------------------------------------------


def test_the_owner_of_a_register_reads_its_log(browser: Browser, place: Place) -> None:
    place.register.owner_unit_id = place.department.id
    reveal(make_record(place, phone=PHONE), actor=viewer_of(place.officer), purpose="回访核实")
    browser.sign_in(place.expert)

    page = browser.get(f"/registers/{place.register.id}/readings").text

    assert place.officer.name in page
    assert "回访核实" in page
    assert "当事人电话" in page
    assert PHONE not in page


@pytest.mark.parametrize("who", ["clerk", "officer", "leader"])
def test_nobody_else_reads_the_log_of_a_register(browser: Browser, place: Place, who: str) -> None:
    place.register.owner_unit_id = place.department.id
    browser.sign_in(getattr(place, who))

    assert browser.get(f"/registers/{place.register.id}/readings").status_code == 404


def test_the_auditor_reads_all_logs_and_nothing_else(browser: Browser, place: Place) -> None:
    record = make_record(place, phone=PHONE)
    reveal(record, actor=viewer_of(place.officer), purpose="回访核实")
    browser.sign_in(make_user(Role.AUDITOR, unit=place.county))

    assert "回访核实" in browser.get("/registers/readings").text
    assert browser.get(url(record, "protected")).status_code == 403


def test_who_is_no_auditor_does_not_read_all_logs(browser: Browser, place: Place) -> None:
    browser.sign_in(place.office)

    assert browser.get("/registers/readings").status_code == 403


def test_the_log_is_narrowed_by_person_and_day_and_turned_page_by_page(browser: Browser, place: Place) -> None:
    record = make_record(place, phone=PHONE)
    for number in range(55):
        with at_moment(NOW + timedelta(minutes=number)):
            reveal(record, actor=viewer_of(place.officer), purpose=f"回访{number:02}")
    reveal(record, actor=viewer_of(place.leader), purpose="督查复核")
    browser.sign_in(make_user(Role.AUDITOR, unit=place.county))

    first, second = browser.get("/registers/readings").text, browser.get("/registers/readings?page=2").text
    by_person = browser.get(f"/registers/readings?person={place.leader.name}").text
    on_day = browser.get("/registers/readings?day=2026-03-10").text
    on_other_day = browser.get("/registers/readings?day=2026-03-11").text

    assert "回访54" in first
    assert "回访00" not in first
    assert "回访00" in second
    assert "督查复核" in by_person
    assert "回访54" not in by_person
    assert "回访54" in on_day
    assert "没有符合条件的记录" in on_other_day


# --- setting it ------------------------------------------------------------------------------------------------------


def test_who_sees_which_field_is_set_on_a_screen(browser: Browser, place: Place) -> None:
    browser.sign_in(place.office)
    page = browser.get(f"/registers/{place.register.id}/access").text
    number = next(line.number for line in _lines(place) if line.path == "phone")
    ticked = {f"change-{line.number}": ["keeper", "responsible"] for line in _lines(place)}

    response = browser.post(
        f"/registers/{place.register.id}/access",
        {
            **ticked,
            "version": str(place.register.version),
            f"see-{number}-superior": "hidden",
            f"change-{number}": ["keeper"],
            "purpose": "调解；回访",
        },
    )

    assert "当事人电话" in page
    assert response.status_code == 303
    assert place.register.access == {"fields": {"phone": {"superior": "hidden", "change": ["keeper"]}}}
    assert place.register.purpose == "调解；回访"
    assert db.session.scalars(select(AuditEvent).where(AuditEvent.action == "register.changed")).one().details


def _lines(place: Place) -> Any:
    from saas.registers.access_table import access_lines

    return access_lines(place.register)


def test_what_is_not_personal_data_cannot_be_hidden_on_the_screen(browser: Browser, place: Place) -> None:
    browser.sign_in(place.office)
    number = next(line.number for line in _lines(place) if line.path == "matter")
    ticked = {f"change-{line.number}": ["keeper", "responsible"] for line in _lines(place)}

    browser.post(
        f"/registers/{place.register.id}/access",
        {**ticked, "version": str(place.register.version), f"see-{number}-superior": "hidden"},
    )

    assert place.register.access == {}


def test_settings_of_an_older_page_change_nothing(browser: Browser, place: Place) -> None:
    browser.sign_in(place.office)

    response = browser.post(f"/registers/{place.register.id}/access", {"version": "99", "purpose": "x"})

    assert response.status_code == 409
    assert place.register.purpose == ""


def test_only_those_who_arrange_registers_set_who_sees_what(browser: Browser, place: Place) -> None:
    browser.sign_in(place.clerk)

    assert browser.get(f"/registers/{place.register.id}/access").status_code == 403
    assert browser.post(f"/registers/{place.register.id}/access", {"purpose": "x"}).status_code == 403


def test_nothing_changed_leaves_no_trace(place: Place) -> None:
    with unit_of_work():
        assert protection.set_access(place.register, {}, "", actor=viewer_of(place.office)) is False
