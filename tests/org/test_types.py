"""Kinds of units: where they may stand, the posts they always have, and taking one out."""

from __future__ import annotations

from sqlalchemy import func, select

from saas.access.permissions import Role
from saas.db import db
from saas.org.models import OrgUnit, Post, PostTemplate, UnitType
from saas.org.queries import find_unit_by_code, list_posts
from tests.browser import Browser
from tests.factories import make_post, make_unit_type, make_user
from tests.org.conftest import Shape, changes


def type_form(unit_type: UnitType, **more: object) -> dict[str, object]:
    return {
        "name": unit_type.name,
        "level": str(unit_type.level),
        "is_territorial": "y",
        "version": str(unit_type.version),
        **more,
    }


def unit_form(parent: OrgUnit, kind: str) -> dict[str, str]:
    return {"parent": str(parent.id), "type": kind, "code": "X1", "name": "新单位", "valid_from": "2026-01-01"}


def test_a_type_says_under_which_types_it_may_stand(browser: Browser, shape: Shape) -> None:
    village = shape.village_type
    assert browser.post(f"/unit-types/{village.id}/edit", type_form(village, parents=["town"])).status_code == 303

    refused = browser.post("/units", unit_form(shape.department, "village"))
    taken = browser.post("/units", unit_form(shape.east, "village"))

    assert refused.status_code == 422
    assert "没有这种单位类型" in refused.text
    assert taken.status_code == 303
    assert find_unit_by_code("X1") is not None


def test_a_move_keeps_to_the_rule_as_well(browser: Browser, shape: Shape) -> None:
    shape.village_type.parents = ["town"]
    form = {"parent": str(shape.department.id), "starts_on": "2026-03-01", "version": str(shape.village.version)}

    response = browser.post(f"/units/{shape.village.id}/move", form)

    assert response.status_code == 422
    assert "水利局" not in browser.get(f"/units/{shape.village.id}/move").text


def test_without_a_rule_any_type_of_a_higher_level_will_do(browser: Browser, shape: Shape) -> None:
    assert browser.post("/units", unit_form(shape.county, "village")).status_code == 303  # a level is skipped
    assert browser.post("/units", unit_form(shape.village, "town")).status_code == 422


def test_several_types_share_a_level_and_a_type_may_stand_under_itself(browser: Browser, shape: Shape) -> None:
    zone = make_unit_type("zone", "经济区", 2)
    browser.post(f"/unit-types/{zone.id}/edit", type_form(zone, parents=["county", "zone"]))
    browser.post("/units", {**unit_form(shape.county, "zone"), "code": "Z1", "name": "东区"})
    outer = find_unit_by_code("Z1")
    assert outer is not None

    assert browser.post("/units", {**unit_form(outer, "zone"), "code": "Z2", "name": "东区一园"}).status_code == 303


def test_units_that_stand_elsewhere_stay_and_are_named(browser: Browser, shape: Shape) -> None:
    village = shape.village_type
    response = browser.post(f"/unit-types/{village.id}/edit", type_form(village, parents=["county"]))

    page = browser.get(response.location).text
    assert "现有 3 个单位的上级不合这条规则" in page
    assert "甲村（东镇）" in page


def test_an_unknown_type_in_the_rule_is_refused(browser: Browser, shape: Shape) -> None:
    village = shape.village_type
    assert browser.post(f"/unit-types/{village.id}/edit", type_form(village, parents=["castle"])).status_code == 422


def test_only_a_type_that_nobody_ever_had_can_be_taken_out(browser: Browser, shape: Shape) -> None:
    unused = make_unit_type("mine", "矿山", 3)
    shape.village_type.parents = ["town", "mine"]

    used = browser.post(f"/unit-types/{shape.village_type.id}/delete")
    assert "不能删除" in browser.get(used.location).text
    browser.post(f"/unit-types/{unused.id}/delete")

    assert db.session.scalars(select(UnitType).where(UnitType.code == "mine")).one_or_none() is None
    assert shape.village_type.parents == ["town"]
    assert changes() == ["type_deleted"]


def test_a_post_template_is_set_up_at_new_units_and_offered_for_the_present_ones(
    browser: Browser, shape: Shape
) -> None:
    make_post(shape.village, Role.VILLAGE_CLERK, name="书记")
    form = {"name": "书记", "roles": ["village_clerk"], "sort_order": "10"}

    created = browser.post(f"/unit-types/{shape.village_type.id}/posts", form)
    offer = browser.get(created.location).text
    assert "补设 2 个岗位" in offer  # one of the three has it
    assert db.session.scalars(select(func.count()).select_from(Post).where(Post.name == "书记")).one() == 1

    browser.post(f"/unit-types/{shape.village_type.id}/posts/apply")
    assert [len(list_posts(village.id)) for village in shape.villages] == [1, 1, 1]
    assert "不用补设" in browser.get(created.location).text

    browser.post("/units", unit_form(shape.east, "village"))
    new = find_unit_by_code("X1")
    assert new is not None
    assert [post.name for post in list_posts(new.id)] == ["书记"]


def test_a_template_is_changed_and_taken_out_without_touching_posts(browser: Browser, shape: Shape) -> None:
    browser.post(f"/unit-types/{shape.village_type.id}/posts", {"name": "文书", "roles": ["village_clerk"]})
    browser.post(f"/unit-types/{shape.village_type.id}/posts/apply")
    template = db.session.scalars(select(PostTemplate)).one()
    form = {"name": "主任", "roles": ["village_clerk"], "version": str(template.version)}

    assert browser.post(f"/post-templates/{template.id}/edit", form).status_code == 303
    assert browser.post(f"/post-templates/{template.id}/edit", form).status_code == 409  # somebody was faster
    browser.post(f"/post-templates/{template.id}/delete")

    assert [post.name for post in list_posts(shape.village.id)] == ["文书"]
    assert db.session.scalars(select(PostTemplate)).all() == []


def test_a_template_with_roles_that_exclude_each_other_is_refused(browser: Browser, shape: Shape) -> None:
    form = {"name": "全能", "roles": ["system_admin", "office"]}

    response = browser.post(f"/unit-types/{shape.village_type.id}/posts", form)

    assert response.status_code == 422
    assert db.session.scalars(select(PostTemplate)).all() == []


def test_only_the_administrator_changes_types(browser: Browser, shape: Shape) -> None:
    browser.sign_in(make_user(Role.OFFICE, unit=shape.county))

    assert browser.get("/unit-types").status_code == 200
    assert browser.post(f"/unit-types/{shape.village_type.id}/delete").status_code == 403
    assert browser.post(f"/unit-types/{shape.village_type.id}/posts", {"name": "书记"}).status_code == 403
