"""What is typed of a record is kept before it is sent, and long forms are written one group at a time."""

from __future__ import annotations

import re
import uuid
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import select

from saas.db import at_moment, db
from saas.domain.record_presets import CHECKED
from saas.domain.records import states_to_mapping
from saas.files.models import StoredFile
from saas.registers.models import RecordDraft
from saas.registers.services import change_record, drop_stale_drafts, move_record
from tests.browser import Browser
from tests.registers.conftest import Place, make_register
from tests.registers.steps import form_of, make_record, records
from tests.submissions.steps import photo

AUTOSAVE = {"X-Autosave": "true"}
GROUPS: tuple[dict[str, Any], ...] = (
    {
        "type": "begin_group",
        "name": "where",
        "label": "地点",
        "fields": [{"type": "integer", "name": "distance", "label": "离村委会"}],
    },
    {
        "type": "begin_group",
        "name": "who",
        "label": "调解人",
        "fields": [{"type": "text", "name": "mediator", "label": "姓名"}],
    },
)


def _new(place: Place) -> str:
    return f"/registers/{place.register.id}/records/new"


def _token() -> str:
    return str(uuid.uuid4())


def _autosave(browser: Browser, path: str, **typed: str) -> int:
    return browser.post(path, typed, headers=AUTOSAVE).status_code


def _drafts() -> list[RecordDraft]:
    return list(db.session.scalars(select(RecordDraft).order_by(RecordDraft.updated_at)).all())


# --- a new record ---------------------------------------------------------------------------------------------------


def test_what_is_typed_of_a_new_record_is_kept_and_gone_on_with(clerk: Browser, place: Place) -> None:
    token = _token()

    assert _autosave(clerk, _new(place), matter="争水渠", people="三人", send_token=token) == 204
    assert _autosave(clerk, _new(place), matter="争水渠口", people="三人", send_token=token) == 204

    assert records() == []
    assert [draft.title for draft in _drafts()] == ["争水渠口"]
    listed = clerk.get(f"/registers/{place.register.id}").text
    assert "您有 1 条没登记完" in listed
    link = re.search(r'href="([^"]+draft=[^"]+)"', listed)
    assert link is not None
    page = clerk.get(link[1].replace("&amp;", "&")).text
    assert 'value="争水渠口"' in page
    assert 'value="三人"' in page  # not a number yet, and not lost


def test_opening_the_record_forgets_its_draft(clerk: Browser, place: Place) -> None:
    token = _token()
    _autosave(clerk, _new(place), matter="争水渠", send_token=token)

    clerk.post(_new(place), {"matter": "争水渠", "action": "check", "send_token": token})

    assert len(records()) == 1
    assert _drafts() == []
    assert _autosave(clerk, _new(place), matter="争水渠", send_token=token) == 409  # one that was late on its way
    assert _drafts() == []


def test_the_address_of_a_draft_leads_to_its_record_once_it_is_opened(clerk: Browser, place: Place) -> None:
    token = _token()
    clerk.post(_new(place), {"matter": "争水渠", "send_token": token})

    answer = clerk.get(f"{_new(place)}?draft={token}")

    assert answer.location.endswith(f"/registers/records/{token}")


def test_what_was_refused_is_kept_as_a_draft(clerk: Browser, place: Place) -> None:
    refused = clerk.post(_new(place), {"kind": "land", "action": "check", "send_token": _token()})

    assert refused.status_code == 422
    assert _drafts()[0].typed["kind"] == ["land"]


def test_nobody_sees_or_drops_the_draft_of_somebody_else(clerk: Browser, browser: Browser, place: Place) -> None:
    token = _token()
    _autosave(clerk, _new(place), matter="争水渠", send_token=token)
    draft = _drafts()[0]
    browser.sign_in(place.neighbour_clerk)

    assert "争水渠" not in browser.get(f"{_new(place)}?draft={token}").text
    assert "没登记完" not in browser.get(f"/registers/{place.register.id}").text
    assert browser.post(f"/registers/drafts/{draft.id}/drop").status_code == 404


def test_a_draft_is_dropped_with_its_photos(clerk: Browser, place: Place) -> None:
    clerk.post(_new(place), {"matter": "争", "action": "draft", "send_token": _token(), "photos": (photo(), "a.jpg")})
    assert db.session.scalars(select(StoredFile)).all()

    clerk.post(f"/registers/drafts/{_drafts()[0].id}/drop")

    assert _drafts() == []
    assert db.session.scalars(select(StoredFile)).all() == []


def test_drafts_are_forgotten_after_a_month(clerk: Browser, place: Place) -> None:
    _autosave(clerk, _new(place), matter="争水渠", send_token=_token())

    with at_moment(datetime(2026, 4, 8, 1, 0, tzinfo=UTC)):
        assert drop_stale_drafts() == 0
    with at_moment(datetime(2026, 4, 10, 1, 0, tzinfo=UTC)):
        assert drop_stale_drafts() == 1


def test_a_draft_does_not_open_under_another_register(clerk: Browser, place: Place) -> None:
    token, other = _token(), make_register("隐患台账")
    _autosave(clerk, _new(place), matter="争水渠", send_token=token)

    assert clerk.get(f"/registers/{other.id}/records/new?draft={token}").status_code == 404


# --- a record that is there -----------------------------------------------------------------------------------------


def test_changes_that_were_not_sent_are_gone_on_with(clerk: Browser, place: Place) -> None:
    record = make_record(place)
    edit = f"/registers/records/{record.id}/edit"

    assert _autosave(clerk, edit, **form_of(record, matter="争水渠", result="已协商")) == 204

    assert record.answers.get("result") is None
    page = clerk.get(edit).text
    assert 'value="已协商"' in page
    assert "的草稿填写" in page
    clerk.post(edit, form_of(record, matter="争水渠", result="已协商", action="check"))
    assert record.answers["result"] == "已协商"
    assert _drafts() == []


def test_a_draft_of_a_record_that_was_changed_meanwhile_shows_what_differs(clerk: Browser, place: Place) -> None:
    record = make_record(place)
    edit = f"/registers/records/{record.id}/edit"
    before = form_of(record, matter="争水渠", result="我的")
    _autosave(clerk, edit, **before)
    change_record(record, {**record.answers, "result": "别人的"}, actor=place.officer)

    page = clerk.get(edit).text

    assert "不一致的内容" in page
    assert "别人的" in page
    assert 'value="我的"' in page
    assert _autosave(clerk, edit, **before) == 409


def test_a_draft_of_a_closed_record_is_of_no_use(clerk: Browser, place: Place) -> None:
    place.register.states = states_to_mapping(CHECKED)
    record = make_record(place)
    edit = f"/registers/records/{record.id}/edit"
    sent = form_of(record, matter="争水渠")
    for state, person in (("checking", place.clerk), ("closed", place.officer)):
        move_record(record, state, actor=person)

    assert _autosave(clerk, edit, **sent) == 409


def test_a_draft_keeps_what_its_writer_does_not_see_now(clerk: Browser, place: Place) -> None:
    record = make_record(place, phone="13800000000")
    edit = f"/registers/records/{record.id}/edit"
    opened = clerk.post(f"{edit}/open", {"purpose": "联系家属"})
    assert 'value="13800000000"' in opened.text

    _autosave(clerk, edit, **form_of(record, matter="争水渠", phone="13900000000", opened="yes"))
    _autosave(clerk, edit, **form_of(record, matter="争水渠口"))

    page = clerk.get(edit).text
    assert "13900000000" not in page
    assert "草稿里还有受保护个人信息的修改" in page
    reopened = clerk.post(f"{edit}/open", {"purpose": "联系家属"}).text
    assert 'value="13900000000"' in reopened
    assert 'value="争水渠口"' in reopened


# --- one group at a time --------------------------------------------------------------------------------------------


def test_a_record_is_written_one_group_at_a_time(clerk: Browser, place: Place) -> None:
    place = replace(place, register=make_register("矛盾纠纷台账", *GROUPS))
    token = _token()
    first = clerk.get(f"{_new(place)}?part=1&draft={token}").text
    assert "第 1/4 部分" in first
    assert "离村委会" not in first

    then = clerk.post(_new(place), {"matter": "争水渠", "send_token": token, ":part": "1", ":go": "3"})
    assert "离村委会" in clerk.get(then.location).text
    last = clerk.post(_new(place), {"where.distance": "2", "send_token": token, ":part": "3", ":go": "4"})
    assert "姓名" in clerk.get(last.location).text
    clerk.post(_new(place), {"who.mediator": "老周", "send_token": token, ":part": "4", "action": "check"})

    assert [record.answers["matter"] for record in records()] == ["争水渠"]
    assert (records()[0].answers["where"], records()[0].answers["who"]) == ({"distance": 2}, {"mediator": "老周"})


def test_what_is_wrong_in_another_group_is_shown_there(clerk: Browser, place: Place) -> None:
    place = replace(place, register=make_register("矛盾纠纷台账", *GROUPS))

    refused = clerk.post(_new(place), {"who.mediator": "老周", "send_token": _token(), ":part": "4", "action": "check"})

    assert refused.status_code == 422
    assert "第 1/4 部分" in refused.text
    assert "请填写“事由”" in refused.text


def test_what_is_wrong_is_said_before_the_next_group(clerk: Browser, place: Place) -> None:
    place = replace(place, register=make_register("矛盾纠纷台账", *GROUPS))

    stayed = clerk.post(_new(place), {"people": "三", "send_token": _token(), ":part": "1", ":go": "2"})

    assert stayed.status_code == 422
    assert "第 1/4 部分" in stayed.text
    assert _drafts()[0].typed["people"] == ["三"]
