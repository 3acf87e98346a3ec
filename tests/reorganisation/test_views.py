"""Reorganising on screens: by search, without scripts; and what is refused."""

from __future__ import annotations

import re
import uuid
from datetime import date
from typing import Any

import pytest
from sqlalchemy import select

from saas.access.permissions import Role
from saas.administration.reorganisation import services
from saas.db import db
from saas.domain.reorganisation_steps import Create, Merge, Rename
from saas.domain.workflow import SubmissionStatus
from saas.org.models import OrgUnit, Reorganisation, ReorganisationStatus
from saas.org.queries import find_unit_by_code, parents_on
from saas.submissions.services import submit
from saas.tenancy.scope import tenant_scope
from tests.browser import Browser
from tests.factories import make_post, make_tenant, make_user
from tests.factories_forms import make_collection, make_submission
from tests.reorganisation.conftest import LATER, TODAY, County
from tests.reorganisation.steps import carry_out, draft, new, snapshot
from tests.statements import count_statements

HEADING = {"title": "两村合并", "effective_on": "2026-07-01", "reason": "地域相连", "basis": "清政函〔2026〕12号"}


def drafts() -> list[Reorganisation]:
    return list(db.session.scalars(select(Reorganisation).order_by(Reorganisation.id)).all())


def path(found: Reorganisation, rest: str = "") -> str:
    return f"/reorganisations/{found.id}{rest}"


def send(admin: Browser, found: Reorganisation, rest: str, **values: Any) -> Any:
    return admin.post(path(found, rest), {"version": str(found.version), **values})


def test_a_reorganisation_is_drafted_previewed_confirmed_and_undone(admin: Browser, county: County) -> None:
    admin.post("/reorganisations", HEADING)
    (found,) = drafts()
    step = {
        "kind": "merge",
        "units": [str(county.willow.id), str(county.bridge.id)],
        "name": "柳桥村",
        "code": "V9",
        "type": "village",
        f"post_{county.secretary.id}": "move",
        f"post_{county.clerk_post.id}": "move",
        f"post_{county.bridge_secretary.id}": "end",
    }
    assert send(admin, found, "/steps", **step).status_code == 303
    assert "柳塘村、石桥村合并为村“柳桥村”（V9）" in admin.get(path(found)).text

    preview = admin.get(path(found, "/preview")).text
    assert "并入柳桥村" in preview
    assert "柳青" in preview
    assert send(admin, found, "/confirm").status_code == 303

    merged = find_unit_by_code("V9")
    assert merged is not None
    assert parents_on(LATER)[merged.id] == county.east.id
    page = admin.get(path(found)).text
    assert "已确认" in page
    assert send(admin, found, "/undo").status_code == 303
    assert find_unit_by_code("V9") is None
    assert "已撤销" in admin.get(path(found)).text


def test_units_are_found_by_search_and_stand_in_the_address(admin: Browser, county: County) -> None:
    found = draft(county)
    page = admin.get(path(found, "/steps/new?kind=move&slot=units&words=柳塘")).text
    link = re.search(r'href="[^"]*(/reorganisations/[^"]*units=[^"]*)"', page)
    assert link is not None

    chosen = admin.get(link[1].replace("&amp;", "&")).text
    assert "柳塘村" in chosen
    assert "添加到草稿" not in chosen  # the new parent is still to be picked
    ready = admin.get(path(found, f"/steps/new?kind=move&units={county.willow.id}&parent={county.west.id}")).text
    assert "添加到草稿" in ready


@pytest.mark.parametrize(
    ("query", "shows"),
    [
        ("kind=create&parent={east}", "单位代码"),
        ("kind=rename&unit={willow}", "新名称"),
        ("kind=merge&units={willow}&into={bridge}", "柳塘村"),
        ("kind=split&unit={willow}", "下级单位“柳塘一网格”划归"),
        ("kind=change_type&unit={willow}", "另立新单位"),
        ("kind=dissolve&unit={willow}", "下级单位划归"),
    ],
)
def test_every_kind_of_step_has_its_form(admin: Browser, county: County, query: str, shows: str) -> None:
    ids = {name: getattr(county, name).id for name in ("east", "willow", "bridge")}

    page = admin.get(path(draft(county), f"/steps/new?{query.format(**ids)}")).text

    assert shows in page
    assert "添加到草稿" in page


def sent_steps(county: County) -> list[dict[str, Any]]:
    willow, bridge, east, west = (str(each.id) for each in (county.willow, county.bridge, county.east, county.west))
    return [
        {"kind": "create", "parent": west, "name": "新村", "code": "N1", "type": "village"},
        {"kind": "rename", "unit": willow, "name": "柳岸村", "short_name": "柳岸"},
        {"kind": "move", "units": [willow, bridge], "parent": west, "hierarchy": "administrative"},
        {"kind": "merge", "units": [willow], "into": bridge, f"post_{county.secretary.id}": "end",
         f"post_{county.clerk_post.id}": "move"},
        {"kind": "split", "unit": willow, "new_1_name": "柳东村", "new_1_code": "N2", "new_1_type": "village",
         "new_2_type": "village", "new_3_type": "village", "targets": bridge, f"child_{county.cell.id}": bridge,
         f"post_{county.secretary.id}": "new_1", f"post_{county.clerk_post.id}": "end"},
        {"kind": "change_type", "unit": willow, "type": "community", "name": "柳塘社区"},
        {"kind": "change_type", "unit": willow, "type": "community", "is_new": "y", "code": "N3",
         f"post_{county.secretary.id}": "move", f"post_{county.clerk_post.id}": "move"},
        {"kind": "dissolve", "unit": willow, "children_to": bridge},
        {"kind": "dissolve", "unit": west, "children_to": east},
    ]  # fmt: skip


@pytest.mark.parametrize("number", range(9))
def test_every_kind_of_step_is_sent_previewed_and_confirmed(admin: Browser, county: County, number: int) -> None:
    found = draft(county)

    assert send(admin, found, "/steps", **sent_steps(county)[number]).status_code == 303
    assert admin.get(path(found, "/preview")).status_code == 200
    assert send(admin, found, "/confirm").status_code == 303
    assert found.status is ReorganisationStatus.CONFIRMED


def test_a_step_may_use_what_an_earlier_one_sets_up(admin: Browser, county: County) -> None:
    street = new("新街道", "S1", "street", parent=county.root.id)
    found = draft(county, Create(street))

    assert "新街道" in admin.get(path(found, "/steps/new?kind=move&slot=parent&words=新街")).text
    step = {"kind": "move", "units": str(county.willow.id), "parent": str(street.unit), "hierarchy": "administrative"}
    assert send(admin, found, "/steps", **step).status_code == 303


@pytest.mark.parametrize(
    ("step", "says"),
    [
        ({"kind": "move", "units": "{east}", "parent": "{willow}", "hierarchy": "administrative"}, "镇不能设在村之下"),
        ({"kind": "move", "units": "{willow}", "parent": "{east}", "hierarchy": "administrative"}, "已隶属这个上级"),
        ({"kind": "create", "parent": "{east}", "name": "新村", "code": "{code}", "type": "village"}, "已被使用"),
        ({"kind": "create", "parent": "{east}", "name": "", "code": "N1", "type": "village"}, "请填写单位名称"),
        ({"kind": "create", "parent": "{east}", "name": "=1+1", "code": "N1", "type": "village"}, "公式"),
        ({"kind": "create", "parent": "{east}", "name": "新村", "code": "N 1", "type": "village"}, "代码只能用"),
        ({"kind": "create", "parent": "{east}", "name": "新村", "code": "N1", "type": "planet"}, "有效"),
        ({"kind": "dissolve", "unit": "{willow}"}, "请为下级单位指定去向"),
        ({"kind": "dissolve", "unit": "{root}", "children_to": "{east}"}, "最上级单位不能撤销"),
        ({"kind": "change_type", "unit": "{willow}", "type": "community", "is_new": "y"}, "请填写新单位的代码"),
        ({"kind": "merge", "units": "{willow}", "name": "新", "code": "N1", "type": "village"}, "至少涉及两个单位"),
    ],
)
def test_what_cannot_be_is_said_and_nothing_is_added(
    admin: Browser, county: County, step: dict[str, str], says: str
) -> None:
    found = draft(county)
    ids = {name: getattr(county, name).id for name in ("root", "east", "willow")}
    posts = {f"post_{post.id}": "move" for post in (county.secretary, county.clerk_post)}
    values = {name: value.format(code=county.willow.code, **ids) for name, value in step.items()}

    answer = send(admin, found, "/steps", **posts, **values)

    assert answer.status_code == 422
    assert says in answer.text
    assert found.operations == []


def test_an_unknown_kind_or_a_unit_of_another_county_is_not_found(
    admin: Browser, county: County, unknown_id: uuid.UUID
) -> None:
    found = draft(county)
    for query in ("kind=explode", f"kind=rename&unit={unknown_id}", "kind=rename&unit=nobody", ""):
        assert admin.get(path(found, f"/steps/new?{query}")).status_code == 404
    for rest in ("", "/edit", "/preview", "/steps/new?kind=create"):
        assert admin.get(f"/reorganisations/{unknown_id}{rest}").status_code == 404
    for rest in ("/confirm", "/undo", "/withdraw", "/copy", "/steps/1/remove", "/steps/1/up"):
        assert admin.post(f"/reorganisations/{unknown_id}{rest}").status_code == 404


def test_another_countys_reorganisation_does_not_exist(admin: Browser, county: County) -> None:
    with tenant_scope(make_tenant("other").id):
        user = make_user()
        theirs = services.create_draft(title="外县", reason="", basis="", effective_on=LATER, actor=user)
        theirs_id = theirs.id

    assert admin.get(f"/reorganisations/{theirs_id}").status_code == 404
    assert admin.post(f"/reorganisations/{theirs_id}/confirm").status_code == 404


def test_only_those_who_keep_the_organisation_may(browser: Browser, county: County) -> None:
    found = draft(county, Rename(county.willow.id, "柳岸村"))
    for role in (Role.OFFICE, Role.LEADER, Role.VILLAGE_CLERK, Role.AUDITOR):
        browser.sign_in(make_user(role, unit=county.root))
        assert browser.get("/reorganisations").status_code == 403
        assert send(browser, found, "/confirm").status_code == 403
    assert found.status is ReorganisationStatus.DRAFT


def test_an_administrator_of_a_town_reorganises_the_town_only(browser: Browser, county: County) -> None:
    browser.sign_in(make_user(Role.SYSTEM_ADMIN, unit=county.east))
    found = draft(county)

    assert "石桥村" in browser.get(path(found, "/steps/new?kind=rename&words=村")).text
    assert "白沙村" not in browser.get(path(found, "/steps/new?kind=rename&words=村")).text
    assert browser.get(path(found, f"/steps/new?kind=rename&unit={county.sand.id}")).status_code == 404
    theirs = draft(county, Rename(county.sand.id, "沙村"))
    assert send(browser, theirs, "/confirm").status_code == 404


def test_a_page_that_has_become_old_is_refused(admin: Browser, county: County) -> None:
    found = draft(county, Rename(county.willow.id, "柳岸村"))
    for rest in ("/confirm", "/withdraw", "/steps/1/remove"):
        assert admin.post(path(found, rest), {"version": "0"}).status_code == 409
    assert admin.post(path(found, "/edit"), {**HEADING, "version": "0"}).status_code == 409
    assert found.status is ReorganisationStatus.DRAFT


def test_wrong_headings_are_shown_beside_the_field(admin: Browser, county: County) -> None:
    for changes, says in (
        ({"title": ""}, "请填写名称"),
        ({"effective_on": "2026-02-31"}, "日期格式不对"),
        ({"effective_on": "1066-01-01"}, "日期不在合理范围内"),
        ({"basis": "=HYPERLINK()"}, "公式"),
    ):
        answer = admin.post("/reorganisations", {**HEADING, **changes})
        assert answer.status_code == 422
        assert says in answer.text
    assert drafts() == []


def test_a_draft_sent_twice_is_one(admin: Browser, county: County) -> None:
    token = {"send_token": str(uuid.uuid4())}
    for _ in range(2):
        assert admin.post("/reorganisations", {**HEADING, **token}).status_code == 303
    assert len(drafts()) == 1


def test_a_merger_with_open_sign_offs_is_refused_with_their_list(
    admin: Browser, browser: Browser, county: County
) -> None:
    make_post(county.east, Role.TOWN_OFFICER)
    submission = make_submission(make_collection(), county.willow, status=SubmissionStatus.DRAFT)
    submit(submission, actor=county.clerk)
    found = draft(county, Merge((county.willow.id,), county.bridge.id))
    before = snapshot()

    preview = admin.get(path(found, "/preview")).text
    answer = send(admin, found, "/confirm")

    assert "暂时不能确认" in preview
    assert answer.status_code == 409
    assert "柳塘村 2026年3月环境卫生自查" in answer.text
    assert snapshot() == before
    assert found.status is ReorganisationStatus.DRAFT


def test_the_preview_names_what_is_touched(admin: Browser, county: County) -> None:
    collection = make_collection(cohort={"unit_types": ["village"], "under": [county.east.code]})
    make_submission(collection, county.willow)
    found = draft(county, Merge((county.willow.id,), county.bridge.id))

    page = admin.get(path(found, "/preview")).text

    assert "退出 1 个：柳塘村" in page
    assert "未办结的填报（1）" in page
    assert "转到石桥村 书记（原柳塘村）" in page


def test_the_preview_of_a_past_day_names_what_was_signed_since(admin: Browser, county: County) -> None:
    collection = make_collection()
    make_submission(collection, county.willow, period_start=date(2026, 1, 1), status=SubmissionStatus.SIGNED_OFF)
    found = draft(county, Rename(county.willow.id, "柳岸村"), on=date(2026, 1, 15))

    assert "已签批 1 份" in admin.get(path(found, "/preview")).text
    later = draft(county, Rename(county.willow.id, "柳岸村"), on=date(2026, 2, 1))
    assert "已签批 1 份" not in admin.get(path(later, "/preview")).text


def test_the_preview_takes_the_same_statements_whatever_is_touched(admin: Browser, county: County) -> None:
    collection = make_collection()
    found = draft(county, Merge((county.willow.id,), county.bridge.id))
    admin.get(path(found, "/preview"))
    few = count_statements(lambda: admin.get(path(found, "/preview")))
    for month in range(1, 13):
        make_submission(collection, county.willow, period_start=date(2025, month, 1))

    assert count_statements(lambda: admin.get(path(found, "/preview"))) == few


def test_the_list_takes_the_same_statements_whatever_its_length(admin: Browser, county: County) -> None:
    draft(county)
    admin.get("/reorganisations")
    few = count_statements(lambda: admin.get("/reorganisations"))
    for _ in range(10):
        draft(county)

    assert count_statements(lambda: admin.get("/reorganisations")) == few


def test_what_was_withdrawn_can_be_drafted_again(admin: Browser, county: County) -> None:
    found = draft(county, Rename(county.willow.id, "柳岸村"))
    send(admin, found, "/withdraw")

    assert send(admin, found, "/copy").status_code == 303
    assert [each.status for each in drafts()] == [ReorganisationStatus.WITHDRAWN, ReorganisationStatus.DRAFT]
    assert drafts()[1].operations == found.operations


def test_what_stands_in_the_way_of_undoing_is_listed(admin: Browser, county: County) -> None:
    found = carry_out(county, Create(new("新村", "N1", parent=county.west.id)), on=TODAY)
    unit = db.session.scalars(select(OrgUnit).where(OrgUnit.code == "N1")).one()
    make_submission(make_collection(), unit)

    page = admin.get(path(found)).text

    assert "新设单位或岗位已被使用：填报 1 条" in page
    assert send(admin, found, "/undo").status_code == 409
