"""The organisation's tree and units, as the county administrator keeps them."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import date, timedelta

import pytest
from sqlalchemy import select

from saas.access.permissions import Role
from saas.accounts.models import User
from saas.audit.models import AuditEvent
from saas.db import db, local_today
from saas.org.models import OrgUnit, Placement, UnitType
from saas.org.queries import find_unit_by_code, list_ancestors
from saas.tenancy.scope import tenant_scope
from tests.browser import Browser
from tests.factories import START, make_post, make_tenant, make_unit, make_unit_type, make_user
from tests.statements import count_statements

ATTRIBUTES = [
    {"name": "households", "label": "户数", "type": "integer", "measure": "户", "choices": []},
    {"name": "area", "label": "面积", "type": "decimal", "measure": "平方公里", "choices": []},
    {"name": "on_county_road", "label": "县道沿线村", "type": "yes_no", "measure": "", "choices": []},
    {"name": "terrain", "label": "地形", "type": "choice", "measure": "", "choices": ["平坝", "山区"]},
]


@dataclass
class County:
    root: OrgUnit
    town: OrgUnit
    other_town: OrgUnit
    village: OrgUnit
    village_type: UnitType
    admin: User


@pytest.fixture
def county(browser: Browser) -> County:
    town_type = make_unit_type("town", "镇", 2)
    village_type = make_unit_type()
    village_type.attributes = ATTRIBUTES
    root = make_unit("青山县", kind=make_unit_type("county", "县", 1))
    town, other_town = (
        make_unit("柳河镇", parent=root, kind=town_type),
        make_unit("石桥镇", parent=root, kind=town_type),
    )
    village = make_unit("东村", parent=town, kind=village_type, households=120)
    admin = make_user(Role.SYSTEM_ADMIN, unit=root)
    browser.sign_in(admin)
    return County(root, town, other_town, village, village_type, admin)


def actions() -> list[str]:
    return list(db.session.scalars(select(AuditEvent.action).order_by(AuditEvent.at)).all())


def new_unit(county: County, **changes: str) -> dict[str, str]:
    form = {
        "parent": str(county.town.id),
        "type": "village",
        "code": "V0199",
        "name": "西坡村",
        "short_name": "西坡",
        "valid_from": "2026-03-01",
        "attribute_households": "86",
        "attribute_area": "3.50",
        "attribute_on_county_road": "no",
        "attribute_terrain": "",
    }
    return {**form, **changes}


def test_the_tree_shows_one_level_and_opens_the_next(browser: Browser, county: County) -> None:
    closed = browser.get("/units").text
    assert "柳河镇" in closed
    assert "东村" not in closed

    opened = browser.get(f"/units?open={county.town.id}", htmx=True).text
    assert opened.lstrip().startswith('<section id="unit_tree"')
    assert "东村" in opened


def test_the_tree_takes_the_same_statements_whatever_its_size(browser: Browser, county: County) -> None:
    address = f"/units?open={county.town.id}"
    browser.get(address)
    few = count_statements(lambda: browser.get(address))
    for _ in range(30):
        make_unit(parent=county.town, kind=county.village_type)

    assert count_statements(lambda: browser.get(address)) == few <= 8


def test_a_unit_is_found_by_name_or_code(browser: Browser, county: County) -> None:
    for words in ("东村", county.village.code):
        assert "东村" in browser.get(f"/units?words={words}").text


def test_a_search_is_not_a_pattern(browser: Browser, county: County) -> None:
    assert "没有找到单位" in browser.get("/units?words=%25").text


def test_the_page_of_a_unit_tells_missing_from_zero(browser: Browser, county: County) -> None:
    county.village.attributes = {"households": 0, "on_county_road": False}

    page = browser.get(f"/units/{county.village.id}").text

    assert '0<span class="figure__measure">户</span>' in page
    assert "未填" in page  # the area


def test_a_clerk_reads_the_directory_but_changes_nothing(browser: Browser, county: County) -> None:
    browser.sign_in(make_user(Role.VILLAGE_CLERK, unit=county.village))

    page = browser.get(f"/units/{county.town.id}").text

    assert "柳河镇" in page
    assert "新建下级单位" not in page
    assert browser.get(f"/units/{county.village.id}/edit").status_code == 403
    assert browser.post("/units", new_unit(county)).status_code == 403


def test_a_new_unit_has_typed_attributes_and_a_place(browser: Browser, county: County) -> None:
    response = browser.post("/units", new_unit(county))

    unit = find_unit_by_code("V0199")
    assert unit is not None
    assert response.status_code == 303
    assert unit.attributes == {"households": 86, "area": "3.50", "on_county_road": False}
    assert [above.name for above in list_ancestors(unit.id, local_today())] == ["柳河镇", "青山县"]
    assert actions() == ["unit.changed"]


def test_a_form_sent_twice_makes_one_unit(browser: Browser, county: County) -> None:
    form = new_unit(county, send_token=str(uuid.uuid4()))

    first, second = browser.post("/units", form), browser.post("/units", form)

    assert first.location == second.location
    assert actions() == ["unit.changed"]


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"code": "no spaces"}, "代码只能用字母"),
        ({"code": ""}, "请填写单位代码"),
        ({"name": ""}, "请填写单位名称"),
        ({"name": "村" * 81}, "最多 80 字"),
        ({"name": "=1+1"}, "公式符号"),
        ({"valid_from": "昨天"}, "日期格式不对"),
        ({"valid_from": ""}, "请填写日期"),
        ({"valid_from": "0001-01-01"}, "不在合理范围"),
        ({"valid_from": "2019-12-31"}, "上级单位自2020-01-01起才设立"),
        ({"attribute_households": "许多"}, "请填写整数"),
        ({"attribute_households": "9" * 40}, "请填写整数"),
        ({"attribute_area": "1e400x"}, "请填写数值"),
        ({"attribute_terrain": "海边"}, "有效的选择"),
        ({"type": "castle"}, "没有这种单位类型"),
    ],
)
def test_wrong_input_is_said_beside_the_field_and_kept(
    browser: Browser, county: County, changes: dict[str, str], message: str
) -> None:
    response = browser.post("/units", new_unit(county, **changes))

    assert response.status_code == 422
    assert message in response.text
    assert find_unit_by_code("V0199") is None
    assert actions() == []


def test_a_code_is_never_used_twice(browser: Browser, county: County) -> None:
    response = browser.post("/units", new_unit(county, code=county.village.code))

    assert response.status_code == 422
    assert "已被使用" in response.text
    assert "西坡村" in response.text


def test_script_in_a_name_is_shown_as_text(browser: Browser, county: County) -> None:
    browser.post("/units", new_unit(county, name="<script>alert(1)</script>"))

    unit = find_unit_by_code("V0199")
    assert unit is not None
    assert "<script>alert" not in browser.get(f"/units/{unit.id}").text


def test_editing_keeps_the_code_and_says_what_changed(browser: Browser, county: County) -> None:
    form = {"version": county.village.version, "name": "东岭村", "code": "other", "attribute_households": ""}

    assert browser.post(f"/units/{county.village.id}/edit", form).status_code == 303

    assert county.village.name == "东岭村"
    assert county.village.code != "other"
    assert county.village.attributes == {}
    event = db.session.scalars(select(AuditEvent)).one()
    assert set(event.details["fields"]) == {"households", "name"}


def test_a_stale_page_keeps_what_was_typed_and_shows_what_changed(browser: Browser, county: County) -> None:
    old = county.village.version
    browser.post(f"/units/{county.village.id}/edit", {"version": old, "name": "东岭村"})

    response = browser.post(f"/units/{county.village.id}/edit", {"version": old, "name": "东坡村"})

    assert response.status_code == 409
    assert 'value="东坡村"' in response.text
    assert "单位名称 现在是：东岭村" in response.text
    assert county.village.name == "东岭村"


def test_a_move_keeps_the_former_place(browser: Browser, county: County) -> None:
    form = {"version": county.village.version, "parent": str(county.other_town.id), "starts_on": "2026-06-01"}

    assert browser.post(f"/units/{county.village.id}/move", form).status_code == 303

    before = list_ancestors(county.village.id, date(2026, 5, 31))
    after = list_ancestors(county.village.id, date(2026, 6, 1))
    assert (before[0].name, after[0].name) == ("柳河镇", "石桥镇")
    assert "柳河镇" in browser.get(f"/units/{county.village.id}").text
    assert actions() == ["unit.changed"]


@pytest.mark.parametrize(
    ("parent", "starts_on", "message"),
    [
        ("town", "2026-06-01", "已隶属这个上级"),
        ("other_town", "2019-06-01", "没有上级"),
        ("other_town", "2020-01-01", "应晚于"),
        ("village", "2026-06-01", "有效的选择"),  # its own superior: not offered
        ("other_town", "2026-13-01", "日期格式不对"),
    ],
)
def test_an_impossible_move_is_refused(
    browser: Browser, county: County, parent: str, starts_on: str, message: str
) -> None:
    target: OrgUnit = getattr(county, parent)
    form = {"version": county.village.version, "parent": str(target.id), "starts_on": starts_on}

    response = browser.post(f"/units/{county.village.id}/move", form)

    assert response.status_code == 422
    assert message in response.text
    assert db.session.scalars(select(Placement).where(Placement.unit_id == county.village.id)).one().ends_on is None


def test_a_move_across_a_later_move_is_refused(browser: Browser, county: County) -> None:
    address = f"/units/{county.village.id}/move"
    form = {"version": county.village.version, "parent": str(county.other_town.id), "starts_on": "2026-06-01"}
    browser.post(address, form)
    form = {"version": county.village.version, "parent": str(county.other_town.id), "starts_on": "2026-05-01"}

    response = browser.post(address, form)

    assert response.status_code == 303  # it ends where the later one begins
    rows = db.session.scalars(select(Placement).where(Placement.unit_id == county.village.id)).all()
    assert sorted(row.starts_on for row in rows) == [START, date(2026, 5, 1), date(2026, 6, 1)]


def test_a_unit_with_units_below_it_cannot_be_closed(browser: Browser, county: County) -> None:
    form = {"version": county.town.version, "ends_on": "2026-06-01"}

    response = browser.post(f"/units/{county.town.id}/close", form)

    assert response.status_code == 422
    assert "还有下级单位" in response.text
    assert county.town.valid_to is None


def test_a_unit_with_people_in_office_cannot_be_closed(browser: Browser, county: County) -> None:
    make_user(Role.VILLAGE_CLERK, unit=county.village)

    response = browser.post(
        f"/units/{county.village.id}/close", {"version": county.village.version, "ends_on": "2026-06-01"}
    )

    assert response.status_code == 422
    assert "请先免职" in response.text


def test_closing_ends_the_place_and_cannot_be_done_twice(browser: Browser, county: County) -> None:
    day = local_today() + timedelta(days=1)
    address = f"/units/{county.village.id}/close"

    first = browser.post(address, {"version": county.village.version, "ends_on": day.isoformat()})
    second = browser.post(address, {"version": county.village.version, "ends_on": day.isoformat()})

    assert (first.status_code, second.status_code) == (303, 409)
    assert county.village.valid_to == day
    assert list_ancestors(county.village.id, day) == []


def test_closing_before_it_was_set_up_is_refused(browser: Browser, county: County) -> None:
    form = {"version": county.village.version, "ends_on": "2019-01-01"}

    response = browser.post(f"/units/{county.village.id}/close", form)

    assert response.status_code == 422
    assert "应晚于设立日期" in response.text


def test_an_administrator_of_a_town_changes_only_that_town(browser: Browser, county: County) -> None:
    browser.sign_in(make_user(Role.SYSTEM_ADMIN, unit=county.town))

    assert browser.get(f"/units/{county.village.id}/edit").status_code == 200
    assert browser.get(f"/units/{county.other_town.id}/edit").status_code == 404


def test_another_tenants_unit_does_not_exist(browser: Browser, county: County, unknown_id: uuid.UUID) -> None:
    with tenant_scope(make_tenant("other").id):
        theirs = make_unit("外村")
        post = make_post(theirs, Role.VILLAGE_CLERK)
    db.session.expunge_all()

    for unit_id in (theirs.id, unknown_id):
        for page in ("", "/edit", "/move", "/close", "/posts/new", "/links/new"):
            assert browser.get(f"/units/{unit_id}{page}").status_code == 404
        for action in ("/edit", "/move", "/close", "/posts", "/links"):
            assert browser.post(f"/units/{unit_id}{action}", {"version": "1"}).status_code == 404
        assert browser.post("/units", {"parent": str(unit_id)}).status_code == 404
    for post_id in (post.id, unknown_id):
        assert browser.get(f"/posts/{post_id}/edit").status_code == 404
        assert browser.post(f"/posts/{post_id}/appoint", {}).status_code == 404
        assert browser.post(f"/posts/{post_id}/active", {}).status_code == 404
