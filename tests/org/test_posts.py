"""Posts, appointments, links and unit types, as the county administrator keeps them."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import date

import pytest
from sqlalchemy import select

from saas.access.permissions import Role
from saas.accounts.models import Appointment, User
from saas.audit.models import AuditEvent
from saas.db import db
from saas.org.models import OrgUnit, Post, UnitLink, UnitType
from saas.tenancy.scope import tenant_scope
from tests.browser import Browser
from tests.factories import appoint, make_post, make_tenant, make_unit, make_unit_type, make_user


@dataclass
class County:
    root: OrgUnit
    village: OrgUnit
    admin: User


@pytest.fixture
def county(browser: Browser) -> County:
    root = make_unit("青山县", kind=make_unit_type("county", "县", 1))
    village = make_unit("东村", parent=root)
    admin = make_user(Role.SYSTEM_ADMIN, unit=root)
    browser.sign_in(admin)
    return County(root, village, admin)


def actions() -> list[str]:
    return list(db.session.scalars(select(AuditEvent.action).order_by(AuditEvent.at)).all())


def roles_of(post: Post) -> list[str]:
    return list(post.roles)


def test_a_new_post_gives_its_roles(browser: Browser, county: County) -> None:
    form = {"name": "村文书", "roles": ["village_clerk"], "sort_order": "10", "send_token": str(uuid.uuid4())}

    first = browser.post(f"/units/{county.village.id}/posts", form)
    second = browser.post(f"/units/{county.village.id}/posts", form)

    assert first.status_code == second.status_code == 303
    post = db.session.scalars(select(Post).where(Post.name == "村文书")).one()
    assert post.roles == ["village_clerk"]
    assert actions() == ["post.changed"]
    assert "村（社区）填报人" in browser.get(f"/units/{county.village.id}").text


@pytest.mark.parametrize(
    ("form", "message"),
    [
        ({"name": "", "roles": ["leader"]}, "请填写岗位名称"),
        ({"name": "书记", "roles": []}, "请至少选择一个角色"),
        ({"name": "书记", "roles": ["king"]}, "king"),
        ({"name": "书记", "roles": ["leader"], "sort_order": "-1"}, "请填写 0 到 10000 的整数"),
        ({"name": "管理", "roles": ["system_admin", "auditor"]}, "只能单独担任"),
        ({"name": "管理", "roles": ["system_admin", "office"]}, "只能单独担任"),
    ],
)
def test_a_wrong_post_is_refused_beside_the_field(
    browser: Browser, county: County, form: dict[str, object], message: str
) -> None:
    response = browser.post(f"/units/{county.village.id}/posts", form)

    assert response.status_code == 422
    assert message in response.text
    assert actions() == []


def test_a_post_name_stands_once_at_a_unit(browser: Browser, county: County) -> None:
    make_post(county.village, Role.VILLAGE_CLERK, name="村文书")

    response = browser.post(f"/units/{county.village.id}/posts", {"name": "村文书", "roles": ["leader"]})

    assert response.status_code == 422
    assert "已有岗位" in response.text


def test_a_stale_post_is_not_overwritten(browser: Browser, county: County) -> None:
    post = make_post(county.village, Role.VILLAGE_CLERK, name="村文书")
    old = post.version
    address = f"/posts/{post.id}/edit"
    browser.post(address, {"version": old, "name": "村信息员", "roles": ["village_clerk"], "sort_order": "5"})

    response = browser.post(address, {"version": old, "name": "村干部", "roles": ["village_clerk"], "sort_order": "5"})

    assert response.status_code == 409
    assert 'value="村干部"' in response.text
    assert "岗位名称 现在是：村信息员" in response.text
    assert post.name == "村信息员"


def test_an_appointment_gives_rights_and_ends(browser: Browser, county: County) -> None:
    post, user = make_post(county.village, Role.VILLAGE_CLERK), make_user()
    form = {"user": str(user.id), "starts_on": "2026-01-01", "send_token": str(uuid.uuid4())}

    assert browser.post(f"/posts/{post.id}/appoint", form).status_code == 303
    assert browser.post(f"/posts/{post.id}/appoint", form).status_code == 303
    held = db.session.scalars(select(Appointment).where(Appointment.user_id == user.id)).one()
    assert browser.post(f"/appointments/{held.id}/end", {"ends_on": "2026-06-01"}).status_code == 303

    assert (held.starts_on, held.ends_on) == (date(2026, 1, 1), date(2026, 6, 1))
    assert actions() == ["appointment.changed", "appointment.changed"]
    assert browser.post(f"/appointments/{held.id}/end", {"ends_on": "2026-06-01"}).status_code == 409


def test_an_appointment_cannot_end_before_it_began(browser: Browser, county: County) -> None:
    held = appoint(make_user(), make_post(county.village, Role.VILLAGE_CLERK))

    response = browser.post(f"/appointments/{held.id}/end", {"ends_on": "2019-01-01"})

    assert response.status_code == 422
    assert "免职日期应晚于任职日期" in response.text
    assert held.ends_on is None


def test_nobody_holds_a_post_twice(browser: Browser, county: County) -> None:
    post, user = make_post(county.village, Role.VILLAGE_CLERK), make_user()
    appoint(user, post)

    response = browser.post(f"/posts/{post.id}/appoint", {"user": str(user.id), "starts_on": "2026-01-01"})

    assert response.status_code == 422
    assert "已担任这个岗位" in response.text


def test_nobody_appoints_himself(browser: Browser, county: County) -> None:
    post = make_post(county.village, Role.VILLAGE_CLERK)

    response = browser.post(f"/posts/{post.id}/appoint", {"user": str(county.admin.id), "starts_on": "2026-01-01"})

    assert response.status_code == 422
    assert "不能给自己任职" in response.text


@pytest.mark.parametrize(
    ("has", "gets"),
    [(Role.SECURITY_ADMIN, Role.AUDITOR), (Role.OFFICE, Role.AUDITOR), (Role.SECURITY_ADMIN, Role.VILLAGE_CLERK)],
)
def test_8_1_4_2_d_an_administrator_holds_nothing_beside(
    browser: Browser, county: County, has: Role, gets: Role
) -> None:
    user, post = make_user(has, unit=county.root), make_post(county.root, gets)

    response = browser.post(f"/posts/{post.id}/appoint", {"user": str(user.id), "starts_on": "2026-01-01"})

    assert response.status_code == 422
    assert "只能单独担任" in response.text
    assert db.session.scalars(select(Appointment).where(Appointment.post_id == post.id)).all() == []


def test_8_1_4_2_d_new_roles_of_a_post_ask_for_its_holders_other_posts(browser: Browser, county: County) -> None:
    user = make_user(Role.OFFICE, unit=county.root)
    post = make_post(county.village, Role.VILLAGE_CLERK)
    appoint(user, post)
    form = {"version": post.version, "name": post.name, "roles": ["auditor"], "sort_order": "1"}

    response = browser.post(f"/posts/{post.id}/edit", form)

    assert response.status_code == 422
    assert "不能同时担任管理员" in response.text
    assert roles_of(post) == ["village_clerk"]


def test_the_last_administrator_stays(browser: Browser, county: County) -> None:
    held = db.session.scalars(select(Appointment).where(Appointment.user_id == county.admin.id)).one()
    post = db.session.scalars(select(Post).where(Post.id == held.post_id)).one()

    ended = browser.post(f"/appointments/{held.id}/end", {"ends_on": "2026-06-01"})
    retired = browser.post(f"/posts/{post.id}/active", {"active": "no"})
    form = {"version": post.version, "name": post.name, "roles": ["leader"], "sort_order": "1"}
    changed = browser.post(f"/posts/{post.id}/edit", form)

    assert (ended.status_code, retired.status_code, changed.status_code) == (422, 409, 422)
    for response in (ended, retired, changed):
        assert "唯一的系统管理员" in response.text
    assert post.is_active
    assert held.ends_on is None


def test_a_retired_post_gives_nothing_and_takes_nobody(browser: Browser, county: County) -> None:
    post, user = make_post(county.village, Role.VILLAGE_CLERK), make_user()

    assert browser.post(f"/posts/{post.id}/active", {"active": "no"}).status_code == 303
    response = browser.post(f"/posts/{post.id}/appoint", {"user": str(user.id), "starts_on": "2026-01-01"})

    assert response.status_code == 422
    assert "岗位已停用" in response.text
    assert browser.post(f"/posts/{post.id}/active", {"active": "yes"}).status_code == 303
    assert post.is_active


def test_a_link_ties_a_person_to_a_unit_and_ends(browser: Browser, county: County) -> None:
    user = make_user(name="包片干部甲")
    form = {"kind": "包片", "user": str(user.id), "starts_on": "2026-01-01", "send_token": str(uuid.uuid4())}

    assert browser.post(f"/units/{county.village.id}/links", form).status_code == 303
    assert browser.post(f"/units/{county.village.id}/links", form).status_code == 303
    link = db.session.scalars(select(UnitLink)).one()
    assert "包片干部甲" in browser.get(f"/units/{county.village.id}").text
    assert browser.post(f"/links/{link.id}/end", {"ends_on": "2026-02-01"}).status_code == 303

    assert link.ends_on == date(2026, 2, 1)
    assert actions() == ["link.changed", "link.changed"]
    assert browser.post(f"/links/{link.id}/end", {"ends_on": "2026-02-01"}).status_code == 409


def test_a_link_has_exactly_one_other_end(browser: Browser, county: County) -> None:
    user, address = make_user(), f"/units/{county.village.id}/links"
    day = {"kind": "包片", "starts_on": "2026-01-01"}

    for wrong in ({}, {"user": str(user.id), "linked_unit": str(county.root.id)}):
        response = browser.post(address, {**day, **wrong})
        assert response.status_code == 422
        assert "请选一个，且只选一个" in response.text
    own = browser.post(address, {**day, "linked_unit": str(county.village.id)})
    assert "单位不能联系自己" in own.text
    assert actions() == []


def rows(*attributes: tuple[str, str, str, str, str]) -> dict[str, str]:
    parts = ("name", "label", "type", "measure", "choices")
    return {
        f"row-{number}-{part}": value
        for number, attribute in enumerate(attributes)
        for part, value in zip(parts, attribute, strict=True)
    }


def test_a_new_type_carries_its_attributes(browser: Browser, county: County) -> None:
    form = {
        "code": "grid",
        "name": "网格",
        "level": "4",
        "is_territorial": "y",
        **rows(("households", "户数", "integer", "户", ""), ("terrain", "地形", "choice", "", "平坝、山区"), ("",) * 5),
    }

    assert browser.post("/unit-types", form).status_code == 303

    created = db.session.scalars(select(UnitType).where(UnitType.code == "grid")).one()
    assert [each["name"] for each in created.attributes] == ["households", "terrain"]
    assert created.attributes[1]["choices"] == ["平坝", "山区"]
    assert "户数（户）" in browser.get("/unit-types").text


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"code": "village"}, "已被使用"),
        ({"code": "村"}, "代码只能用字母"),
        ({"level": "0"}, "请填写 1 到 20 的整数"),
        ({"level": "高"}, "整数"),
        (rows(("Households", "户数", "integer", "", "")), "标识用小写字母开头"),
        (rows(("terrain", "地形", "choice", "", "")), "请列出选项"),
        (rows(("a", "甲", "integer", "", ""), ("a", "乙", "integer", "", "")), "标识重复"),
        (rows(("a", "", "integer", "", "")), "请填写名称"),
        (rows(("a", "甲", "colour", "", "")), "请选择类型"),
    ],
)
def test_a_wrong_type_is_refused_and_kept(
    browser: Browser, county: County, changes: dict[str, str], message: str
) -> None:
    response = browser.post("/unit-types", {"code": "grid", "name": "网格", "level": "4", **changes})

    assert response.status_code == 422
    assert message in response.text
    assert 'value="网格"' in response.text
    assert actions() == []


def test_a_stale_type_is_not_overwritten(browser: Browser, county: County) -> None:
    village_type = county.village.unit_type
    old = village_type.version
    address = f"/unit-types/{village_type.id}/edit"
    browser.post(address, {"version": old, "name": "行政村", "level": "3"})

    response = browser.post(address, {"version": old, "name": "自然村", "level": "3"})

    assert response.status_code == 409
    assert "类型名称 现在是：行政村" in response.text
    assert village_type.name == "行政村"


def test_the_kind_of_an_attribute_stays(browser: Browser, county: County) -> None:
    village_type = county.village.unit_type
    village_type.attributes = [
        {"name": "households", "label": "户数", "type": "integer", "measure": "户", "choices": []}
    ]
    form = {"name": "村", "level": "3", **rows(("households", "总户数", "text", "户", ""))}
    db.session.flush()

    browser.post(f"/unit-types/{village_type.id}/edit", {**form, "version": village_type.version})

    assert village_type.attributes[0]["type"] == "integer"
    assert village_type.attributes[0]["label"] == "总户数"


@pytest.mark.parametrize("role", [Role.SECURITY_ADMIN, Role.OFFICE, Role.VILLAGE_CLERK])
def test_only_the_system_administrator_changes_posts(browser: Browser, county: County, role: Role) -> None:
    post = make_post(county.village, Role.VILLAGE_CLERK)
    held = appoint(make_user(), post)
    browser.sign_in(make_user(role, unit=county.root))

    for address in (
        f"/units/{county.village.id}/posts",
        f"/posts/{post.id}/edit",
        f"/posts/{post.id}/active",
        f"/posts/{post.id}/appoint",
        f"/appointments/{held.id}/end",
        f"/units/{county.village.id}/links",
        "/unit-types",
    ):
        assert browser.post(address, {}).status_code == 403, address


def test_another_tenants_appointments_links_and_types_do_not_exist(
    browser: Browser, county: County, unknown_id: uuid.UUID
) -> None:
    with tenant_scope(make_tenant("other").id):
        unit, person = make_unit("外村"), make_user()
        held = appoint(person, make_post(unit, Role.VILLAGE_CLERK))
        link = UnitLink(kind="包片", unit_id=unit.id, user_id=person.id, starts_on=date(2026, 1, 1))
        db.session.add(link)
        db.session.flush()
        ids = (held.id, link.id, unit.unit_type_id)
    db.session.expunge_all()

    for kind, theirs in zip(("appointments/{}/end", "links/{}/end", "unit-types/{}/edit"), ids, strict=True):
        for each in (theirs, unknown_id):
            assert browser.get("/" + kind.format(each)).status_code == 404
            assert browser.post("/" + kind.format(each), {"ends_on": "2026-02-01"}).status_code == 404
