"""The tree's page: fast at any size, in any hierarchy, on any day; found by name, code or pinyin."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from saas.access.permissions import Role
from saas.db import db, local_today
from saas.org.bulk import NewUnit, insert_units
from saas.org.models import Hierarchy, HierarchyPurpose, OrgUnit, Placement
from saas.org.names import search_key
from saas.org.queries import get_unit
from saas.org.services import close_unit, edit_unit, move_unit
from tests.browser import Browser
from tests.factories import START, make_unit, make_unit_type, make_user
from tests.org.conftest import Shape
from tests.statements import count_statements

MOST_STATEMENTS, MOST_BYTES = 3, 30 * 1024


def set_up_ten_thousand(shape: Shape) -> OrgUnit:
    """Sixty more towns of 166 villages each; return the last town."""
    towns = [
        NewUnit(
            f"T{number:03d}", f"第{number}大镇", shape.town_type.id, shape.county.id, START, sort_order=10**6 + number
        )
        for number in range(60)
    ]
    villages = [
        NewUnit(f"{town.code}V{number:03d}", f"{town.name}{number}村", shape.village_type.id, town.id, START)
        for town in towns
        for number in range(166)
    ]
    insert_units([*towns, *villages])
    return get_unit(towns[-1].id)


def own_statements(browser: Browser, address: str) -> int:
    """The statements of a page beyond those that find the county, the session and its posts."""
    browser.get(address)
    frame = count_statements(lambda: browser.get("/units/new"))  # not found before anything of the county is read
    return count_statements(lambda: browser.get(address)) - frame


def test_the_first_paint_of_ten_thousand_units_is_small_and_takes_three_statements(
    browser: Browser, shape: Shape
) -> None:
    last = set_up_ten_thousand(shape)

    first = browser.get("/units")
    assert len(first.data) <= MOST_BYTES
    assert "第40大镇" in first.text
    assert "共 63 条" in first.text  # the rest on the next page
    assert own_statements(browser, "/units") <= MOST_STATEMENTS

    second = browser.get("/units?page=2").text
    assert "第59大镇" in second
    assert "东镇" not in second

    opened = browser.get(f"/units?open={last.id}", htmx=True).text  # with its way up, though on a later page
    assert "第59大镇0村" in opened
    assert "共 166 条" in opened
    assert "第59大镇120村" in browser.get(f"/units?open={last.id}&page=3").text


@pytest.mark.parametrize("words", ["甲村", "jc", "jiacun", "甲", "JC"])
def test_a_unit_is_found_by_pinyin_as_well(browser: Browser, shape: Shape, words: str) -> None:
    shape.village.search_key = search_key("甲村")

    page = browser.get(f"/units?words={words}").text

    assert "甲村" in page
    assert "东镇" in page  # its parent


def test_initials_are_found_at_the_beginning_only(browser: Browser, shape: Shape) -> None:
    shape.village.search_key = search_key("甲村")

    assert "没有找到单位" in browser.get("/units?words=cun").text


def test_a_unit_is_found_by_its_former_name_and_once_in_several_trees(browser: Browser, shape: Shape) -> None:
    edit_unit(shape.village, name="甲社区", short_name="", attributes={}, actor=shape.admin, starts_on=local_today())
    tree = Hierarchy(code="grid", name="网格", purpose=HierarchyPurpose.GRID)
    db.session.add(tree)
    db.session.flush()
    db.session.add(Placement(hierarchy_id=tree.id, unit_id=shape.village.id, parent_id=shape.west.id, starts_on=START))

    page = browser.get("/units?words=甲村").text

    assert page.count("甲社区") == 1
    assert "共 1 条" in page


def test_the_tree_of_an_earlier_day_has_the_names_and_places_of_that_day(browser: Browser, shape: Shape) -> None:
    today = local_today()
    move_unit(shape.village, shape.west, today, actor=shape.admin)
    edit_unit(shape.east, name="东新镇", short_name="", attributes={}, actor=shape.admin, starts_on=today)
    yesterday = (today - timedelta(days=1)).isoformat()

    now = browser.get(f"/units?open={shape.east.id}").text
    then = browser.get(f"/units?open={shape.east.id}&on={yesterday}").text

    assert "东新镇" in now
    assert "甲村" not in now
    assert "东新镇" not in then
    assert "甲村" in then
    assert "的机构显示" in then


def test_closed_units_are_shown_on_demand(browser: Browser, shape: Shape) -> None:
    close_unit(shape.village, local_today(), actor=shape.admin)

    assert "甲村" not in browser.get(f"/units?open={shape.east.id}").text
    shown = browser.get(f"/units?open={shape.east.id}&closed=1").text
    assert "甲村" in shown
    assert "已撤销" in shown


def test_another_tree_over_the_same_units_is_chosen_by_its_code(browser: Browser, shape: Shape) -> None:
    grid = Hierarchy(code="grid", name="网格体系", purpose=HierarchyPurpose.GRID)
    db.session.add(grid)
    db.session.flush()
    for unit, parent in ((shape.west, None), (shape.village, shape.west)):
        db.session.add(
            Placement(hierarchy_id=grid.id, unit_id=unit.id, parent_id=parent.id if parent else None, starts_on=START)
        )
    db.session.flush()

    page = browser.get("/units?tree=grid").text

    assert "甲村" in page
    assert "水利局" not in page
    assert "水利局" in browser.get("/units?tree=nothing").text  # an unknown tree: the administrative one


@pytest.mark.parametrize(
    "address", ["/units?on=gestern", "/units?open=nobody", "/units?page=-3", "/units?on=9999-01-01"]
)
def test_an_address_that_makes_no_sense_shows_the_tree_of_today(browser: Browser, shape: Shape, address: str) -> None:
    assert "东镇" in browser.get(address).text


def test_a_day_before_the_county_says_so(browser: Browser, shape: Shape) -> None:
    assert "这一天还没有机构" in browser.get("/units?on=1990-01-01").text


def test_the_page_of_a_unit_shows_it_as_it_was_on_a_day(browser: Browser, shape: Shape) -> None:
    today = local_today()
    edit_unit(shape.village, name="甲新村", short_name="", attributes={"grids": 7}, actor=shape.admin, starts_on=today)

    now = browser.get(f"/units/{shape.village.id}").text
    then = browser.get(f"/units/{shape.village.id}?on=2024-05-01").text

    assert '<h1 class="page-head__title">甲新村' in now
    assert "曾用名" in now
    assert '7<span class="figure__measure">个</span>' in now
    assert '<h1 class="page-head__title">甲村' in then
    assert '7<span class="figure__measure">' not in then


def test_the_page_of_a_unit_takes_the_same_statements_whatever_hangs_on_it(browser: Browser, shape: Shape) -> None:
    address = f"/units/{shape.east.id}"
    browser.sign_in(make_user(Role.OFFICE, unit=shape.county))
    browser.get(address)
    few = count_statements(lambda: browser.get(address))
    for _ in range(20):
        make_unit(parent=shape.east, kind=make_unit_type())

    assert count_statements(lambda: browser.get(address)) == few
    assert "要做的事" in browser.get(address).text


def test_what_a_unit_must_do_is_for_those_who_see_its_reports(browser: Browser, shape: Shape) -> None:
    browser.sign_in(make_user(Role.VILLAGE_CLERK, unit=shape.villages[2]))

    assert "要做的事" not in browser.get(f"/units/{shape.village.id}").text
    assert "要做的事" in browser.get(f"/units/{shape.villages[2].id}").text


def test_a_change_may_hold_from_a_day_on_or_put_the_entry_right(browser: Browser, shape: Shape) -> None:
    day = local_today()
    form = {"name": "甲村", "version": str(shape.village.version), "attribute_grids": "5"}

    missing = browser.post(f"/units/{shape.village.id}/edit", {**form, "mode": "change", "starts_on": ""})
    assert missing.status_code == 422
    assert "请填写自哪天起变更" in missing.text

    changed = {**form, "mode": "change", "starts_on": day.isoformat()}
    assert browser.post(f"/units/{shape.village.id}/edit", changed).status_code == 303
    assert "未填" in browser.get(f"/units/{shape.village.id}?on={date(2024, 1, 1)}").text

    corrected = {**form, "version": str(shape.village.version), "attribute_grids": "6", "mode": "correct"}
    assert browser.post(f"/units/{shape.village.id}/edit", corrected).status_code == 303
    assert '6<span class="figure__measure">个</span>' in browser.get(f"/units/{shape.village.id}").text
