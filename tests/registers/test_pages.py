"""The pages of a register as a village clerk, those above and whoever answers for a record see them."""

from __future__ import annotations

import uuid

from sqlalchemy import select

from saas.access.permissions import Role
from saas.db import db
from saas.domain.record_presets import CHECKED
from saas.domain.records import states_to_mapping
from saas.files.models import StoredFile
from saas.registers import queries
from saas.registers.services import link_record, move_record
from tests.browser import Browser
from tests.factories import make_user
from tests.registers.conftest import Place
from tests.registers.steps import actions, events, form_of, make_record, records, viewer_of
from tests.submissions.steps import photo


def _new(place: Place) -> str:
    return f"/registers/{place.register.id}/records/new"


def _token() -> str:
    return str(uuid.uuid4())


# --- writing --------------------------------------------------------------------------------------------------------


def test_a_clerk_opens_a_record(clerk: Browser, place: Place) -> None:
    assert "事由" in clerk.get(_new(place)).text

    response = clerk.post(_new(place), {"matter": "争水渠", "kind": "land", "send_token": _token()})

    assert response.status_code == 303
    record = records()[0]
    assert (record.title, record.unit_id, record.answers["kind"]) == ("争水渠", place.village.id, "land")
    page = clerk.get(f"/registers/records/{record.id}")
    assert "争水渠" in page.text
    assert "土地" in page.text


def test_a_record_sent_twice_is_opened_once(clerk: Browser, place: Place) -> None:
    form = {"matter": "争水渠", "send_token": _token()}

    first, second = clerk.post(_new(place), form), clerk.post(_new(place), form)

    assert first.location == second.location
    assert len(records()) == 1


def test_what_is_missing_is_said_beside_the_field_and_photos_stay(clerk: Browser, place: Place) -> None:
    token = _token()

    refused = clerk.post(_new(place), {"people": "三", "send_token": token, "photos": (photo(), "a.jpg")})

    assert refused.status_code == 422
    assert "请填写“事由”" in refused.text
    assert records() == []
    stored = db.session.scalars(select(StoredFile)).one()
    assert f'value="{stored.id}"' in refused.text
    assert clerk.get(f"/files/{stored.id}").status_code == 200

    kept = {"matter": "争水渠", "send_token": token, "photos:kept": str(stored.id)}
    assert clerk.post(_new(place), kept).status_code == 303
    assert records()[0].answers["photos"] == [str(stored.id)]


def test_photos_that_wait_for_their_record_are_seen_by_their_sender_only(
    clerk: Browser, browser: Browser, place: Place
) -> None:
    clerk.post(_new(place), {"send_token": _token(), "photos": (photo(), "a.jpg")})
    stored = db.session.scalars(select(StoredFile)).one()
    browser.sign_in(place.office)

    assert browser.get(f"/files/{stored.id}").status_code == 404


def test_another_row_keeps_what_was_typed(clerk: Browser, place: Place) -> None:
    page = clerk.get(clerk.post(_new(place), {"matter": "争水渠", "send_token": _token(), "add": "visits"}).location)

    assert 'value="争水渠"' in page.text
    assert 'name="visits[0].who"' in page.text
    assert records() == []


def test_a_record_is_changed_and_its_history_says_how(clerk: Browser, place: Place) -> None:
    record = make_record(place, kind="land")
    edit = f"/registers/records/{record.id}/edit"
    assert 'value="争水渠"' in clerk.get(edit).text

    response = clerk.post(edit, form_of(record, matter="争水渠", kind="family"))

    assert response.status_code == 303
    page = clerk.get(f"/registers/records/{record.id}").text
    assert "<del>土地</del>" in page
    assert "<ins>家庭</ins>" in page


def test_a_record_that_somebody_changed_meanwhile_is_not_overwritten(clerk: Browser, place: Place) -> None:
    record = make_record(place)

    response = clerk.post(f"/registers/records/{record.id}/edit", {"matter": "别的", "version": "0"})

    assert response.status_code == 409
    assert "已在别处更新" in response.text
    assert "别的" in response.text
    assert record.title == "争水渠"


def test_what_is_protected_is_neither_shown_nor_lost_when_the_rest_is_changed(clerk: Browser, place: Place) -> None:
    record = make_record(place, phone="13800001234")
    edit = f"/registers/records/{record.id}/edit"

    assert "13800001234" not in clerk.get(edit).text
    clerk.post(edit, form_of(record, matter="改了", phone="13911112222"))

    assert record.answers["phone"] == "13800001234"
    assert record.title == "改了"


def test_what_is_protected_can_be_changed_after_a_purpose_was_given(clerk: Browser, place: Place) -> None:
    record = make_record(place, phone="13800001234")
    edit = f"/registers/records/{record.id}/edit"

    opened = clerk.post(edit + "/open", {"purpose": "核对电话"})
    assert 'value="13800001234"' in opened.text
    clerk.post(edit, form_of(record, matter="争水渠", phone="13911112222", opened="yes"))

    assert record.answers["phone"] == "13911112222"
    assert "13911112222" not in clerk.get(f"/registers/records/{record.id}").text


def test_who_only_claims_to_have_opened_it_changes_nothing_protected(clerk: Browser, place: Place) -> None:
    record = make_record(place, phone="13800001234")

    clerk.post(
        f"/registers/records/{record.id}/edit", form_of(record, matter="争水渠", phone="13911112222", opened="yes")
    )

    assert record.answers["phone"] == "13800001234"


# --- moving ---------------------------------------------------------------------------------------------------------


def test_a_record_is_closed_with_a_button(clerk: Browser, place: Place) -> None:
    record = make_record(place)
    assert "办结" in clerk.get(f"/registers/records/{record.id}").text

    response = clerk.post(f"/registers/records/{record.id}/move", form_of(record, state="closed"))

    assert response.status_code == 303
    assert record.state == "closed"
    assert actions()[-1] == "record.moved"


def test_a_village_has_no_button_for_what_those_above_decide(clerk: Browser, place: Place) -> None:
    place.register.states = states_to_mapping(CHECKED)
    record = make_record(place)
    move_record(record, "checking", actor=place.clerk)

    assert "核实销号" not in clerk.get(f"/registers/records/{record.id}").text
    assert clerk.post(f"/registers/records/{record.id}/move", form_of(record, state="closed")).status_code == 409

    clerk.sign_in(place.officer)
    assert "核实销号" in clerk.get(f"/registers/records/{record.id}").text
    assert clerk.post(f"/registers/records/{record.id}/move", form_of(record, state="closed")).status_code == 303
    assert record.state == "closed"


def test_a_due_day_is_set_by_hand(clerk: Browser, place: Place) -> None:
    record = make_record(place)

    clerk.post(f"/registers/records/{record.id}/due", form_of(record, due_on="2026-03-01"))

    assert str(record.due_on) == "2026-03-01"
    assert "超期 9 天" in clerk.get(f"/registers/records/{record.id}").text


def test_a_department_is_asked_to_help_and_told(clerk: Browser, place: Place) -> None:
    record = make_record(place)
    path = f"/registers/records/{record.id}"

    clerk.post(path + "/links", {"kind": "unit", "role": "responsible", "name": "县司法局"})
    clerk.sign_in(place.expert)

    assert "交由您办理" in clerk.get("/home").text
    assert clerk.get(path).status_code == 200
    assert clerk.post(path + "/edit", form_of(record, matter="司法局改")).status_code == 303
    assert record.title == "司法局改"


def test_a_name_that_is_nobodys_is_said(clerk: Browser, place: Place) -> None:
    record = make_record(place)

    page = clerk.post(
        f"/registers/records/{record.id}/links",
        {"kind": "unit", "role": "responsible", "name": "没有的局"},
        follow_redirects=True,
    )

    assert "找不到单位“没有的局”" in page.text


def test_a_link_can_be_taken_back(clerk: Browser, place: Place) -> None:
    record = make_record(place)
    link_record(record, actor=place.clerk, role="supporting", unit=place.department)
    link = queries.list_links(record)[0].link

    clerk.post(f"/registers/records/{record.id}/links/remove", {"link": str(link.id)})

    assert queries.list_links(record) == []
    assert [event.kind for event in events(record)] == ["opened", "linked", "linked"]


# --- who may ----------------------------------------------------------------------------------------------------------


def test_neighbours_do_not_know_each_others_records(clerk: Browser, place: Place, unknown_id: uuid.UUID) -> None:
    theirs = make_record(place, unit=place.neighbour)

    for record_id in (theirs.id, unknown_id):
        path = f"/registers/records/{record_id}"
        assert clerk.get(path).status_code == 404
        assert clerk.get(path + "/edit").status_code == 404
        assert clerk.post(path + "/move", {"state": "closed", "version": "1"}).status_code == 404


def test_a_leader_reads_and_cannot_write(browser: Browser, place: Place) -> None:
    record = make_record(place)
    browser.sign_in(place.leader)

    page = browser.get(f"/registers/records/{record.id}")
    assert "争水渠" in page.text
    assert "修改内容" not in page.text
    assert browser.get(f"/registers/records/{record.id}/edit").status_code == 404
    assert browser.get(_new(place)).status_code == 403


def test_a_unit_outside_opens_no_record(browser: Browser, place: Place) -> None:
    browser.sign_in(place.officer)

    assert browser.get(_new(place)).status_code == 404


def test_a_town_says_who_answers_for_a_record_of_its_villages(browser: Browser, place: Place) -> None:
    record = make_record(place)
    browser.sign_in(place.officer)
    assert "交给单位或人员办理" in browser.get(f"/registers/records/{record.id}").text

    browser.post(
        f"/registers/records/{record.id}/links", {"kind": "unit", "role": "responsible", "name": place.department.name}
    )

    assert [link.name for link in queries.list_links(record)] == [place.department.name]
    assert queries.may_see_record(record.id, viewer_of(place.expert))


def test_who_only_reads_says_nothing_of_who_answers(browser: Browser, place: Place) -> None:
    record = make_record(place)
    browser.sign_in(make_user(Role.INSPECTOR, unit=place.county))

    assert "交给单位或人员办理" not in browser.get(f"/registers/records/{record.id}").text
    form = {"kind": "unit", "role": "responsible", "name": place.department.name}
    assert browser.post(f"/registers/records/{record.id}/links", form).status_code == 404
