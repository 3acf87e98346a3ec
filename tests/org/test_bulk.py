"""One change for many units: chosen, looked at, confirmed, all or nothing."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from saas.access.permissions import Role
from saas.db import db, local_today
from saas.org.functions import list_functions, list_units_with_function
from saas.org.models import NamedCohort
from saas.org.versions import facts_on
from tests.browser import Browser
from tests.factories import START, make_unit, make_user
from tests.org.conftest import Shape, changes
from tests.statements import count_statements


def edit_form(shape: Shape, **more: Any) -> dict[str, Any]:
    return {
        "unit": [str(village.id) for village in shape.villages],
        "scope": "ticked",
        "what": "attribute:grids",
        "value": "4",
        "mode": "correct",
        **more,
    }


def figures(shape: Shape, name: str, on: date) -> list[Any]:
    facts = facts_on(on)
    return [facts[village.id].attributes.get(name) for village in shape.villages]


def test_the_list_is_filtered_by_type_parent_name_and_cohort(browser: Browser, shape: Shape) -> None:
    db.session.add(
        NamedCohort(code="pilot", name="试点村", definition={"units": [shape.villages[2].code]}, starts_on=START)
    )
    db.session.flush()

    assert "共 3 条" in browser.get("/units/list?type=village").text
    assert "共 2 条" in browser.get(f"/units/list?type=village&under={shape.east.code}").text
    assert "共 1 条" in browser.get("/units/list?cohort=pilot").text
    assert "共 1 条" in browser.get("/units/list?words=甲村").text
    for nobody in ("cohort=nobody", "under=nobody", "type=castle"):
        assert "没有符合条件的单位" in browser.get(f"/units/list?{nobody}").text


def test_old_and_new_are_shown_before_anything_changes(browser: Browser, shape: Shape) -> None:
    shape.village.attributes = {"on_county_road": True}

    page = browser.post("/units/bulk", edit_form(shape)).text

    assert "将修改 3 个单位" in page
    assert "确认修改 3 个单位" in page
    assert "未填" in page
    assert figures(shape, "grids", local_today()) == [None, None, None]


def test_confirmed_it_is_done_for_all_with_one_line_in_the_trail(browser: Browser, shape: Shape) -> None:
    assert browser.post("/units/bulk/confirm", edit_form(shape)).status_code == 303

    assert figures(shape, "grids", local_today()) == [4, 4, 4]
    assert figures(shape, "grids", date(2024, 1, 1)) == [4, 4, 4]  # it was always so
    assert changes() == ["bulk_edited"]


def test_from_a_day_on_the_past_keeps_its_figures(browser: Browser, shape: Shape) -> None:
    form = edit_form(shape, what="attribute:on_county_road", value="是", mode="change", starts_on="2026-03-01")

    browser.post("/units/bulk/confirm", form)

    assert figures(shape, "on_county_road", date(2026, 2, 28)) == [True, False, None]
    assert figures(shape, "on_county_road", date(2026, 3, 1)) == [True, True, True]


def test_everything_that_the_filter_leaves_is_changed(browser: Browser, shape: Shape) -> None:
    form = edit_form(shape, unit=[], scope="all", type="village", under=shape.east.code)

    browser.post("/units/bulk/confirm", form)

    assert figures(shape, "grids", local_today()) == [4, 4, None]


def test_one_unit_that_cannot_have_it_stops_all(browser: Browser, shape: Shape) -> None:
    form = edit_form(shape, unit=[str(shape.village.id), str(shape.department.id)])

    looked = browser.post("/units/bulk", form).text
    refused = browser.post("/units/bulk/confirm", form)

    assert "这种类型没有这个属性" in looked
    assert "确认修改" not in looked
    assert refused.status_code == 422
    assert figures(shape, "grids", local_today()) == [None, None, None]
    assert changes() == []


def test_a_function_and_a_short_name_are_given_to_many(browser: Browser, shape: Shape) -> None:
    browser.post("/units/bulk/confirm", edit_form(shape, what="function", value="宣传"))
    browser.post("/units/bulk/confirm", edit_form(shape, what="short_name", value="村"))

    assert list_units_with_function("宣传", local_today()) == shape.villages
    assert {facts.short_name for unit, facts in facts_on(local_today()).items() if unit == shape.village.id} == {"村"}
    assert "选中的单位都已是这样" in browser.post("/units/bulk", edit_form(shape, what="function", value="宣传")).text


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"value": "许多"}, "请填写整数"),
        ({"what": "attribute:on_county_road", "value": "也许"}, "请选择是或否"),
        ({"what": ""}, "请选择修改什么"),
        ({"what": "attribute:castle"}, "有效的选择"),
        ({"what": "function", "value": ""}, "请填写职能"),
        ({"what": "short_name", "value": "长" * 21}, "简称最多 20 字"),
        ({"mode": "change", "starts_on": ""}, "请填写自哪天起变更"),
        ({"unit": []}, "请先勾选单位"),
    ],
)
def test_wrong_input_is_said_and_the_ticks_are_kept(
    browser: Browser, shape: Shape, change: dict[str, Any], message: str
) -> None:
    response = browser.post("/units/bulk", edit_form(shape, **change))

    assert response.status_code == 422
    assert message in response.text
    assert ("checked" in response.text) or "unit" in change


def test_an_administrator_of_a_town_changes_its_units_alone(browser: Browser, shape: Shape) -> None:
    browser.sign_in(make_user(Role.SYSTEM_ADMIN, unit=shape.west))

    browser.post("/units/bulk/confirm", edit_form(shape))

    assert figures(shape, "grids", local_today()) == [None, None, 4]


def test_a_clerk_sees_the_list_without_the_form(browser: Browser, shape: Shape) -> None:
    browser.sign_in(make_user(Role.VILLAGE_CLERK, unit=shape.village))

    assert "一次修改" not in browser.get("/units/list").text
    assert browser.post("/units/bulk", edit_form(shape)).status_code == 403
    assert browser.post("/units/bulk/confirm", edit_form(shape)).status_code == 403


def test_the_change_takes_no_more_statements_for_thirty_than_for_three(browser: Browser, shape: Shape) -> None:
    few = count_statements(lambda: browser.post("/units/bulk/confirm", edit_form(shape)))
    many = [make_unit(parent=shape.east, kind=shape.village_type) for _ in range(27)]
    form = edit_form(shape, unit=[str(unit.id) for unit in many], value="5")
    db.session.commit()
    db.session.expunge_all()  # a request begins with nothing read

    assert count_statements(lambda: browser.post("/units/bulk/confirm", form)) <= few


def test_a_function_is_given_to_one_unit_and_ended(browser: Browser, shape: Shape) -> None:
    form = {"name": "防汛", "starts_on": "2026-01-01"}
    assert browser.post(f"/units/{shape.department.id}/functions", form).status_code == 303
    assert "已登记职能" in browser.post(f"/units/{shape.department.id}/functions", form).text
    page = browser.get(f"/units/{shape.department.id}").text
    assert "防汛" in page

    function_id = list_functions(shape.department.id)[0].id
    assert browser.post(f"/functions/{function_id}/end", {"ends_on": "2026-06-01"}).status_code == 303
    assert list_units_with_function("防汛", date(2026, 5, 31)) == [shape.department]
    assert list_units_with_function("防汛", date(2026, 6, 1)) == []
