"""The pages of bodies: who may keep them, what they show, and what they refuse."""

from __future__ import annotations

import uuid
from typing import Any

import pytest
from sqlalchemy import select

from saas.access.permissions import Role
from saas.audit.models import AuditEvent
from saas.bodies.models import Body, BodyMeeting, BodySeat, BodyTemplate
from saas.db import db, local_today
from saas.tenancy.scope import tenant_scope
from tests.bodies.conftest import County, make_body, make_function, make_template
from tests.browser import Browser
from tests.factories import make_tenant, make_unit, make_user


def actions() -> list[str]:
    return list(db.session.scalars(select(AuditEvent.action).order_by(AuditEvent.at, AuditEvent.id)).all())


def only_body() -> Body:
    return db.session.scalars(select(Body)).one()


@pytest.fixture
def office(browser: Browser, county: County) -> County:
    browser.sign_in(county.office)
    return county


def test_a_body_is_set_up_filled_established_and_dissolved(browser: Browser, office: County) -> None:
    form = {
        "name": "防汛指挥部",
        "kind": "leading_group",
        "starts_on": "2026-01-01",
        "range_head": "1",
        "is_binding": "y",
        "quorum": "more_than_half",
        "majority": "more_than_half_of_present",
        "send_token": str(uuid.uuid4()),
    }
    assert browser.post(f"/units/{office.root.id}/bodies", form).status_code == 303
    assert browser.post(f"/units/{office.root.id}/bodies", form).status_code == 303  # sent twice, done once
    body = only_body()
    assert body.rules == {
        "head": [1, 1],
        "binding": True,
        "quorum": "more_than_half",
        "majority": "more_than_half_of_present",
    }
    assert "组长应为1人，现有0人" in browser.get(f"/bodies/{body.id}").text
    assert browser.post(f"/bodies/{body.id}/establish").status_code == 409

    seat = {"role": "head", "by": "outsider", "wording": "某副市长", "starts_on": "2026-01-01"}
    assert browser.post(f"/bodies/{body.id}/seats", seat).status_code == 303
    assert browser.post(f"/bodies/{body.id}/establish").status_code == 303
    page = browser.get(f"/bodies/{body.id}").text
    assert "一、组长：某副市长。" in page
    assert "已成立" in page

    end = {"ends_on": local_today().isoformat(), "version": body.version}
    assert browser.post(f"/bodies/{body.id}/dissolve", end).status_code == 303
    assert "已撤销" in browser.get(f"/bodies/{body.id}").text
    assert actions() == ["body.changed", "body.changed", "body.established", "body.changed"]


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"name": ""}, "请填写名称"),
        ({"name": "=HYPERLINK()"}, "公式符号"),
        ({"starts_on": "2019-12-31"}, "不能早于单位的设立日期"),
        ({"range_member": "many"}, "写成 1、1-2 或 3-"),
        ({"range_member": "5-3"}, "最多人数不能小于最少人数"),
        ({"kind": "other_kind"}, "Not a valid choice"),
    ],
)
def test_a_wrong_body_is_refused_and_kept(
    browser: Browser, office: County, changes: dict[str, str], words: str
) -> None:
    form = {"name": "防汛指挥部", "kind": "leading_group", "starts_on": "2026-01-01", **changes}

    response = browser.post(f"/units/{office.root.id}/bodies", form)

    assert response.status_code == 422
    assert words in response.text or words.startswith("Not a valid")
    assert db.session.scalars(select(Body)).all() == []


def test_a_stale_edit_is_told_what_changed(browser: Browser, office: County) -> None:
    body = make_body(office.root, office.admin)
    form = {"name": "新名称", "kind": "leading_group", "version": body.version}
    assert browser.post(f"/bodies/{body.id}/edit", form).status_code == 303

    response = browser.post(f"/bodies/{body.id}/edit", {**form, "name": "又一个名称"})

    assert response.status_code == 409
    assert "内容已被他人修改" in response.text
    assert "又一个名称" in response.text
    assert body.name == "新名称"


@pytest.mark.parametrize(
    ("seat", "words"),
    [
        ({"by": "function"}, "请在下面写明或选择由谁担任"),
        ({"by": "post", "post": ""}, "请在下面写明或选择由谁担任"),
        ({"by": "outsider", "wording": "某人", "starts_on": "2001-01-01"}, "存续期间"),
        ({"by": "outsider", "wording": "某人", "starts_on": "soon"}, "日期格式不对"),
    ],
)
def test_a_wrong_seat_is_refused(browser: Browser, office: County, seat: dict[str, str], words: str) -> None:
    body = make_body(office.root, office.admin)

    response = browser.post(f"/bodies/{body.id}/seats", {"role": "member", "starts_on": "2026-01-01", **seat})

    assert response.status_code == 422
    assert words in response.text
    assert db.session.scalars(select(BodySeat)).all() == []


def test_a_seat_is_corrected_and_ended(browser: Browser, office: County) -> None:
    body = make_body(office.root, office.admin)
    form = {"role": "member", "by": "outsider", "wording": "某企业", "starts_on": "2026-01-01"}
    browser.post(f"/bodies/{body.id}/seats", form)
    seat = db.session.scalars(select(BodySeat)).one()
    address = f"/bodies/{body.id}/seats/{seat.id}"

    fixed = {"role": "deputy", "by": "outsider", "wording": "某公司", "version": body.version}
    assert browser.post(f"{address}/edit", fixed).status_code == 303
    assert browser.post(f"{address}/edit", fixed).status_code == 409  # the page was older than the first correction
    assert "副组长" in browser.get(f"/bodies/{body.id}").text

    assert browser.post(f"{address}/end", {"ends_on": local_today().isoformat()}).status_code == 303
    assert seat.ends_on == local_today()
    assert "某公司" in browser.get(f"/bodies/{body.id}?on=2026-02-01").text


def test_a_meeting_says_whether_it_had_a_quorum_and_why(browser: Browser, office: County) -> None:
    body = make_body(office.root, office.admin)
    body.rules = {"quorum": "more_than_half", "majority": "more_than_half_of_present"}
    meeting = {"held_on": "2026-03-01", "topic": "经费", "entitled": "10", "against": "0", "abstained": "0"}

    half = browser.post(f"/bodies/{body.id}/meetings", {**meeting, "present": "5", "in_favour": "5"})
    more = browser.post(f"/bodies/{body.id}/meetings", {**meeting, "present": "6", "in_favour": "4"})

    assert (half.status_code, more.status_code) == (303, 303)
    page = browser.get(f"/bodies/{body.id}").text
    assert "应到10人，至少需6人，实到5人，出席人数不足" in page
    assert "赞成4票，至少需4票，通过" in page


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"present": "11"}, "实到不能超过应到"),
        ({"in_favour": "9"}, "不能多于实到人数"),
        ({"held_on": "2199-01-01"}, "不能晚于今天"),
        ({"entitled": "999999999999999999999"}, "数字过大"),
        ({"topic": ""}, "请填写议题"),
    ],
)
def test_an_impossible_meeting_is_refused(
    browser: Browser, office: County, changes: dict[str, str], words: str
) -> None:
    body = make_body(office.root, office.admin)
    form = {
        "held_on": "2026-03-01", "topic": "经费", "entitled": "10", "present": "6", "in_favour": "0", "against": "0",
        "abstained": "0", **changes,
    }  # fmt: skip

    response = browser.post(f"/bodies/{body.id}/meetings", form)

    assert response.status_code == 422
    assert words in response.text
    assert db.session.scalars(select(BodyMeeting)).all() == []


def test_a_default_body_is_changed_dropped_and_restored_on_its_page(browser: Browser, office: County) -> None:
    template = make_template("publicity", [{"role": "head", "by": "function", "function": "宣传"}])
    make_function(office.town_office, "宣传")
    address = f"/units/{office.town.id}/bodies/default/{template.id}"
    assert "河口镇宣传办" in browser.get(address).text

    assert browser.post(f"{address}/change").status_code == 303
    assert "本单位自定" in browser.get(f"/units/{office.town.id}/bodies").text
    assert browser.post(f"{address}/restore").status_code == 303
    assert browser.post(f"{address}/restore").status_code == 409
    assert browser.post(f"{address}/drop").status_code == 303
    assert "不设立" in browser.get(f"/units/{office.town.id}/bodies").text
    assert "无" in browser.get("/body-templates/matrix").text


def test_a_meeting_of_an_inherited_body_leaves_it_inherited(browser: Browser, office: County) -> None:
    template = make_template("publicity", [{"role": "head", "by": "description", "wording": "书记"}])

    response = browser.post(f"/units/{office.town.id}/bodies/default/{template.id}/meetings")

    assert response.status_code == 303
    assert "跟随默认组" in browser.get(f"/bodies/{only_body().id}").text


def template_form(**changes: Any) -> dict[str, Any]:
    return {
        "code": "publicity",
        "name": "安全宣传组",
        "kind": "work_group",
        "unit_types": ["town"],
        "role-0": "head",
        "by-0": "function",
        "wording-0": "宣传",
        "is_lead-0": "yes",
        "role-1": "member",
        "by-1": "description",
        "wording-1": "",
        **changes,
    }


def test_the_system_administrator_edits_the_default_bodies(browser: Browser, county: County) -> None:
    browser.sign_in(county.admin)

    assert browser.post("/body-templates", template_form()).status_code == 303
    template = db.session.scalars(select(BodyTemplate)).one()
    assert template.seats == [{"role": "head", "by": "function", "function": "宣传", "is_lead": True}]

    more = browser.post(f"/body-templates/{template.id}/edit", template_form(intent="rows", version=template.version))
    assert more.status_code == 200
    assert "wording-4" not in more.text
    changed = template_form(version=template.version, **{"wording-1": "各村负责人"})
    assert browser.post(f"/body-templates/{template.id}/edit", changed).status_code == 303
    assert len(template.seats) == 2
    assert browser.post(f"/body-templates/{template.id}/edit", changed).status_code == 409
    assert browser.post(f"/body-templates/{template.id}/active", {"active": "no"}).status_code == 303
    assert not template.is_active


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"unit_types": []}, "请至少选择一种单位类型"),
        ({"code": "taken"}, "已被使用"),
        ({"role-0": "chief"}, "请从列表中选择"),
        ({"wording-1": "", "field_of_work-1": "宣传"}, "请写明由谁担任"),
        ({"wording-0": "=1+1"}, "公式符号"),
    ],
)
def test_a_wrong_default_body_is_refused(browser: Browser, county: County, changes: dict[str, Any], words: str) -> None:
    make_template("taken", [])
    browser.sign_in(county.admin)

    response = browser.post("/body-templates", template_form(**changes))

    assert response.status_code == 422
    assert words in response.text


def test_those_who_only_read_do_not_keep_bodies(browser: Browser, county: County) -> None:
    body = make_body(county.root, county.admin)
    template = make_template("publicity", [])
    browser.sign_in(make_user(Role.VILLAGE_CLERK, unit=county.town))

    assert browser.get(f"/bodies/{body.id}").status_code == 200
    assert browser.get("/bodies").status_code == 200
    assert browser.get("/functions").status_code == 200
    for path in (
        f"/bodies/{body.id}/edit",
        f"/bodies/{body.id}/seats",
        f"/bodies/{body.id}/establish",
        f"/bodies/{body.id}/meetings",
        f"/units/{county.town.id}/bodies",
        f"/units/{county.town.id}/bodies/default/{template.id}/drop",
        "/body-templates",
    ):
        assert browser.post(path).status_code == 403, path


def test_an_office_keeps_the_bodies_below_it_and_no_others(browser: Browser, county: County) -> None:
    browser.sign_in(make_user(Role.OFFICE, unit=county.town))
    own, above = make_body(county.town, county.admin), make_body(county.root, county.admin)

    assert browser.get(f"/bodies/{own.id}/edit").status_code == 200
    assert browser.get(f"/bodies/{above.id}/edit").status_code == 404
    assert browser.post(f"/units/{county.root.id}/bodies", {"name": "某组"}).status_code == 404
    assert browser.get("/body-templates/new").status_code == 403


def test_the_bodies_of_another_county_do_not_exist(browser: Browser, office: County) -> None:
    with tenant_scope(make_tenant("other").id):
        theirs, template = make_body(make_unit(), make_user()).id, make_template("theirs", []).id
    db.session.expunge_all()

    for body_id in (theirs, uuid.uuid4()):
        assert browser.get(f"/bodies/{body_id}").status_code == 404
        assert browser.post(f"/bodies/{body_id}/establish").status_code == 404
    address = f"/units/{office.town.id}/bodies/default/{template}"
    assert browser.get(address).status_code == 404
    assert browser.post(f"{address}/change").status_code == 404


def test_a_wrong_day_shows_today(browser: Browser, office: County) -> None:
    body = make_body(office.root, office.admin)

    assert browser.get(f"/bodies/{body.id}?on=soon").status_code == 200
    assert "显示的是 2025年1月1日" in browser.get(f"/bodies/{body.id}?on=2025-01-01").text
