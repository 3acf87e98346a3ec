"""Several trees over the same units: set up, filled, compared and reconciled."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from sqlalchemy import select

from saas.access.permissions import Role
from saas.db import db, local_today
from saas.org.hierarchies import list_orphan_ids, tree_on
from saas.org.models import Hierarchy, HierarchyPurpose, Placement
from saas.org.queries import ADMINISTRATIVE, list_units
from saas.org.services import close_unit, edit_unit
from tests.browser import Browser
from tests.factories import START, make_unit, make_unit_type, make_user
from tests.org.conftest import Shape, changes

DAY = "2026-03-01"


@pytest.fixture
def grid(shape: Shape) -> Hierarchy:
    """An empty tree of grids."""
    tree = Hierarchy(code="grid", name="网格体系", purpose=HierarchyPurpose.GRID)
    db.session.add(tree)
    db.session.flush()
    return tree


def place(browser: Browser, tree: Hierarchy, units: str, parent: str = "", day: str = DAY) -> int:
    form = {"units": units, "parent": parent, "starts_on": day}
    return browser.post(f"/hierarchies/{tree.id}/place", form).status_code


def parents(tree: Hierarchy, on: date) -> dict[str, str]:
    """Who stands under whom, by name."""
    names = {unit.id: unit.name for unit in list_units(on)}
    found = tree_on(tree.id, on).parents
    return {names[unit]: names[parent] if parent else "" for unit, parent in found.items()}


def test_a_tree_is_set_up_and_filled_by_a_pasted_column(browser: Browser, shape: Shape) -> None:
    form = {"code": "party", "name": "党组织", "purpose": "party", "starts_on": "2026-01-01"}
    created = browser.post("/hierarchies", form)
    tree = db.session.scalars(select(Hierarchy).where(Hierarchy.code == "party")).one()

    assert created.location.endswith(f"/hierarchies/{tree.id}")
    assert place(browser, tree, "青山县") == 303
    assert place(browser, tree, f"甲村\t一列\n{shape.villages[1].code}\n\n", "青山县") == 303

    assert parents(tree, date(2026, 5, 1)) == {"青山县": "", "甲村": "青山县", "乙村": "青山县"}
    assert changes() == ["created", "placed", "placed"]
    assert "丙村" in browser.get(f"/hierarchies/{tree.id}").text  # not placed yet


def test_a_unit_moves_from_a_day_and_what_was_stays(browser: Browser, shape: Shape, grid: Hierarchy) -> None:
    place(browser, grid, "东镇\n西镇", "", "2026-01-01")
    place(browser, grid, "甲村", "东镇", "2026-01-01")
    place(browser, grid, "甲村", "西镇", "2026-06-01")

    assert parents(grid, date(2026, 5, 31))["甲村"] == "东镇"
    assert parents(grid, date(2026, 6, 1))["甲村"] == "西镇"


@pytest.mark.parametrize(
    ("units", "parent", "day", "message"),
    [
        ("东镇", "甲村", DAY, "成环"),
        ("甲村", "丙村", DAY, "还没有归入本体系"),
        ("无名村", "东镇", DAY, "找不到或有重名的单位：无名村"),
        ("", "东镇", DAY, "请填写单位"),
        ("甲村", "东镇", "2019-01-01", "找不到或有重名的单位"),  # nothing existed then
        ("甲村", "东镇", "昨天", "日期格式不对"),
    ],
)
def test_a_wrong_place_is_refused_beside_its_field_and_nothing_changes(
    browser: Browser, shape: Shape, grid: Hierarchy, units: str, parent: str, day: str, message: str
) -> None:
    place(browser, grid, "东镇")
    place(browser, grid, "甲村", "东镇")
    before = parents(grid, local_today())

    response = browser.post(f"/hierarchies/{grid.id}/place", {"units": units, "parent": parent, "starts_on": day})

    assert response.status_code == 422
    assert message in response.text
    assert parents(grid, local_today()) == before


def test_a_unit_with_others_below_it_is_only_taken_out_with_them(
    browser: Browser, shape: Shape, grid: Hierarchy
) -> None:
    place(browser, grid, "东镇")
    place(browser, grid, "甲村\n乙村", "东镇")

    alone = browser.post(f"/hierarchies/{grid.id}/take-out", {"out_units": "东镇", "out_on": "2026-06-01"})
    together = browser.post(
        f"/hierarchies/{grid.id}/take-out", {"out_units": "东镇\n甲村\n乙村", "out_on": "2026-06-01"}
    )

    assert alone.status_code == 422
    assert "之下还有单位" in alone.text
    assert together.status_code == 303
    assert parents(grid, date(2026, 5, 31))["甲村"] == "东镇"
    assert parents(grid, date(2026, 6, 1)) == {}


def test_the_administrative_tree_is_not_changed_here(browser: Browser, shape: Shape) -> None:
    tree = db.session.scalars(select(Hierarchy).where(Hierarchy.code == ADMINISTRATIVE)).one()

    response = browser.post(f"/hierarchies/{tree.id}/place", {"units": "甲村", "parent": "西镇", "starts_on": DAY})

    assert response.status_code == 422
    assert "机构调整" in response.text
    assert "不能删除" in browser.get(browser.post(f"/hierarchies/{tree.id}/delete").location).text


def test_a_tree_that_ends_lets_its_units_go(browser: Browser, shape: Shape, grid: Hierarchy) -> None:
    place(browser, grid, "东镇")
    form = {"name": "网格体系", "purpose": "grid", "ends_on": "2026-08-01", "version": str(grid.version)}

    assert browser.post(f"/hierarchies/{grid.id}/edit", form).status_code == 303
    assert parents(grid, date(2026, 8, 1)) == {}
    refused = browser.post(f"/hierarchies/{grid.id}/place", {"units": "西镇", "parent": "", "starts_on": "2026-09-01"})
    assert "不再有效" in refused.text


def test_a_tree_that_was_used_is_not_deleted(browser: Browser, shape: Shape, grid: Hierarchy) -> None:
    unused = Hierarchy(code="line", name="条线", purpose=HierarchyPurpose.LINE)
    db.session.add(unused)
    place(browser, grid, "东镇")

    assert "不能删除" in browser.get(browser.post(f"/hierarchies/{grid.id}/delete").location).text
    browser.post(f"/hierarchies/{unused.id}/delete")

    assert {row.code for row in db.session.scalars(select(Hierarchy))} == {ADMINISTRATIVE, "grid"}


def test_two_definitions_stand_side_by_side_with_their_differences(
    browser: Browser, shape: Shape, grid: Hierarchy
) -> None:
    place(browser, grid, "青山县")
    place(browser, grid, "东镇\n西镇", "青山县")
    place(browser, grid, "甲村\n乙村", "东镇")
    form = {
        "code": "grid2",
        "name": "网格体系新口径",
        "purpose": "grid",
        "alternative": str(grid.id),
        "copied": str(grid.id),
    }
    browser.post("/hierarchies", form)
    other = db.session.scalars(select(Hierarchy).where(Hierarchy.code == "grid2")).one()
    today = local_today().isoformat()
    place(browser, other, "甲村", "西镇", today)
    browser.post(f"/hierarchies/{other.id}/take-out", {"out_units": "乙村", "out_on": today})

    page = browser.get(f"/hierarchies/compare?first={grid.id}&second={other.id}").text

    assert other.alternative_to_id == grid.id
    assert "位置不同的单位（2 个）" in page
    assert "只在前一个" in page
    assert "上级不同" in page
    assert "“网格体系”的另一口径" in browser.get("/hierarchies").text


def test_one_tree_is_compared_with_itself_on_another_day(browser: Browser, shape: Shape) -> None:
    tree = db.session.scalars(select(Hierarchy).where(Hierarchy.code == ADMINISTRATIVE)).one()
    make_unit("新村", parent=shape.east, kind=shape.village_type).valid_from = local_today()

    page = browser.get(f"/hierarchies/compare?first={tree.id}&second={tree.id}&on=2024-01-01&other_on={local_today()}")

    assert "新村" in page.text
    assert "只在后一个" in page.text


def test_counts_are_taken_apart_and_held_against_what_is_recorded(browser: Browser, shape: Shape) -> None:
    tree = db.session.scalars(select(Hierarchy).where(Hierarchy.code == ADMINISTRATIVE)).one()
    grid_type = make_unit_type("grid_cell", "网格", 4)
    for number in range(96):
        make_unit(f"{number + 1}号网格", parent=shape.villages[0 if number < 8 else 2], kind=grid_type)
    for town, figure in ((shape.east, 8), (shape.west, 90)):
        edit_unit(town, name=town.name, short_name="", attributes={"grids": figure}, actor=shape.admin)

    page = browser.get(f"/hierarchies/{tree.id}/reconcile?type=grid_cell&attribute=grids").text
    inside = browser.get(f"/hierarchies/{tree.id}/reconcile?type=grid_cell&attribute=grids&root={shape.west.id}").text

    assert "共 96 个 = 8 + 88" in page
    assert "相符" in page
    assert "少 2" in page
    assert "登记 90 个" in inside


def test_units_whose_parent_is_gone_are_shown_with_what_it_was(browser: Browser, shape: Shape, grid: Hierarchy) -> None:
    place(browser, grid, "水利局")
    place(browser, grid, "甲村", "水利局")
    close_unit(shape.department, local_today(), actor=shape.admin)

    page = browser.get(f"/hierarchies/{grid.id}").text

    assert list_orphan_ids(grid.id, local_today()) == (shape.village.id,)
    assert "上级落空的单位" in page
    assert "原上级 水利局" in page


def test_a_unit_without_an_administrative_place_is_pointed_out(browser: Browser, shape: Shape) -> None:
    row = db.session.scalars(select(Placement).where(Placement.unit_id == shape.village.id)).one()
    row.ends_on = local_today()
    db.session.flush()

    assert "有 1 个单位不在行政区划体系中" in browser.get("/hierarchies").text


def test_rights_do_not_follow_other_trees(browser: Browser, shape: Shape, grid: Hierarchy) -> None:
    place(browser, grid, "西镇")
    place(browser, grid, "甲村", "西镇")
    browser.sign_in(make_user(Role.SYSTEM_ADMIN, unit=shape.west))

    assert browser.get(f"/units/{shape.villages[2].id}/edit").status_code == 200
    assert browser.get(f"/units/{shape.village.id}/edit").status_code == 404


def test_the_page_of_a_unit_shows_every_tree_it_stands_in(browser: Browser, shape: Shape, grid: Hierarchy) -> None:
    db.session.add(Placement(hierarchy_id=grid.id, unit_id=shape.west.id, parent_id=None, starts_on=START))
    db.session.add(Placement(hierarchy_id=grid.id, unit_id=shape.village.id, parent_id=shape.west.id, starts_on=START))
    db.session.flush()

    page = browser.get(f"/units/{shape.village.id}").text

    assert "网格体系" in page
    assert "西镇" in page
    assert "东镇" in page


def test_a_clerk_reads_trees_and_changes_none(browser: Browser, shape: Shape, grid: Hierarchy) -> None:
    browser.sign_in(make_user(Role.VILLAGE_CLERK, unit=shape.village))

    for path in ("/hierarchies", f"/hierarchies/{grid.id}", "/hierarchies/compare"):
        assert browser.get(path).status_code == 200
    assert place(browser, grid, "东镇") == 403
    assert "归入或移动单位" not in browser.get(f"/hierarchies/{grid.id}").text


def test_the_past_of_a_tree_is_seen_on_its_page(browser: Browser, shape: Shape, grid: Hierarchy) -> None:
    place(browser, grid, "东镇", "", local_today().isoformat())
    before = (local_today() - timedelta(days=1)).isoformat()

    assert "这一天还没有单位归入" in browser.get(f"/hierarchies/{grid.id}?on={before}").text
