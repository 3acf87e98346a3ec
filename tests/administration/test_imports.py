"""The organisation as tables: what a file would change, what it changes, and that nothing else does."""

from __future__ import annotations

import io
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import openpyxl
import pytest
from sqlalchemy import select

from saas.access.permissions import Role
from saas.accounts.models import User
from saas.audit.models import AuditEvent
from saas.db import db, local_today
from saas.org.models import OrgUnit, Placement, UnitType, UnitVersion
from saas.org.queries import parents_on
from saas.tenancy.models import Tenant
from tests.browser import Browser
from tests.factories import START, make_unit, make_unit_type, make_user
from tests.imports.steps import apply, counts, differences, errors, imported, marked_content, rows, send, unit_id

HEADS = ("单位代码", "单位名称", "简称", "单位类型", "上级单位", "设立日期", "调整日期", "户籍人口", "试点", "面积")


@pytest.fixture
def county(tenant: Tenant) -> OrgUnit:
    """A county with a town and a village that carries attributes."""
    village = make_unit_type()
    village.attributes = [
        {"name": "population", "label": "户籍人口", "type": "integer", "measure": "人"},
        {"name": "pilot", "label": "试点", "type": "yes_no", "measure": ""},
        {"name": "area", "label": "面积", "type": "decimal", "measure": "亩"},
    ]
    top = make_unit("青山县", kind=make_unit_type("county", "县", 1))
    top.code = "C"
    town = make_unit("东镇", parent=top, kind=make_unit_type("town", "乡镇", 2))
    town.code = "T1"
    other = make_unit("西镇", parent=top, kind=make_unit_type("town", "乡镇", 2))
    other.code = "T2"
    one = make_unit("一村", parent=town, population=100, area="1.50")
    one.code = "V1"
    db.session.flush()
    return top


@pytest.fixture
def administrator(county: OrgUnit, browser: Browser) -> User:
    user = make_user(Role.SYSTEM_ADMIN, unit=county)
    browser.sign_in(user)
    return user


def unit(code: str) -> OrgUnit:
    db.session.expire_all()
    return db.session.scalars(select(OrgUnit).where(OrgUnit.code == code)).one()


def unit_row(code: str, name: str | None = None, **more: object) -> list[object]:
    named = {"单位代码": code, "单位名称": name, **more}
    return [named.get(head) for head in HEADS]


def test_a_village_may_stand_under_a_town_of_the_same_file(administrator: User, browser: Browser) -> None:
    content = rows(
        HEADS,
        unit_row("V3", "三村", 单位类型="村", 上级单位="T3 北镇", 户籍人口="１,２００", 试点="是", 面积="12.50"),
        unit_row("T3", "北镇", 简称="北", 单位类型="乡镇", 上级单位="青山县", 设立日期="2026.1.1"),
    )
    checked = imported(browser, "units", content)
    assert counts(checked) == (2, 0, 0, 0)
    assert db.session.scalars(select(OrgUnit).where(OrgUnit.code == "T3")).one_or_none() is None
    page = browser.get(f"/imports/runs/{checked.id}")
    assert "全部应用（2 行）" in page.text
    assert "三村" in page.text

    apply(browser, checked)

    village = unit("V3")
    assert (village.name, village.attributes) == ("三村", {"population": 1200, "pilot": True, "area": "12.50"})
    assert (unit("T3").short_name, unit("T3").valid_from) == ("北", date(2026, 1, 1))
    assert parents_on(local_today())[village.id] == unit("T3").id
    version = db.session.scalars(select(UnitVersion).where(UnitVersion.unit_id == village.id)).one()
    assert (version.name, version.attributes) == (village.name, village.attributes)
    event = db.session.scalars(select(AuditEvent).where(AuditEvent.action == "data.imported")).one()
    assert (event.details["created"], event.details["changed"], event.details["kind"]) == (2, 0, "units")
    assert "已写入" in browser.get(f"/imports/runs/{checked.id}").text


def test_a_second_import_of_the_same_file_says_nothing_new(administrator: User, browser: Browser) -> None:
    content = rows(HEADS, unit_row("V3", "三村", 单位类型="村", 上级单位="T1", 户籍人口=10, 面积="12.5"))
    apply(browser, imported(browser, "units", content))

    again = imported(browser, "units", content)

    assert counts(again) == (0, 0, 1, 0)
    assert "没有需要写入的" in browser.get(f"/imports/runs/{again.id}").text
    assert browser.post(f"/imports/runs/{again.id}/apply", {"version": again.version}).status_code == 409


def test_a_correction_changes_the_present_entry_and_empty_cells_change_nothing(
    administrator: User, browser: Browser
) -> None:
    checked = imported(browser, "units", rows(HEADS, unit_row("V1", "第一村", 户籍人口=120, 面积="（清空）")))
    assert differences(checked) == [
        ("V1 第一村", [["单位名称", "一村", "第一村"], ["户籍人口", "100人", "120人"], ["面积", "1.50亩", ""]])
    ]
    before = unit("V1").version

    apply(browser, checked)

    village = unit("V1")
    assert (village.name, village.attributes) == ("第一村", {"population": 120})
    assert "dyc" in village.search_key
    assert village.version == before + 1
    version = db.session.scalars(select(UnitVersion).where(UnitVersion.unit_id == village.id)).one()
    assert (version.starts_on, version.name, version.attributes) == (START, "第一村", {"population": 120})


def test_a_change_from_a_day_on_leaves_what_was_before(administrator: User, browser: Browser) -> None:
    today = local_today()
    content = rows(HEADS, unit_row("V1", "新一村", 户籍人口=120, 调整日期=today.isoformat()))

    apply(browser, imported(browser, "units", content))

    village = unit("V1")
    versions = db.session.scalars(
        select(UnitVersion).where(UnitVersion.unit_id == village.id).order_by(UnitVersion.starts_on)
    ).all()
    assert [(each.name, each.starts_on, each.ends_on) for each in versions] == [
        ("一村", START, today),
        ("新一村", today, None),
    ]
    assert versions[0].attributes["population"] == 100
    assert village.name == "新一村"


def test_a_change_in_the_future_is_not_shown_today(administrator: User, browser: Browser) -> None:
    later = local_today() + timedelta(days=30)

    apply(browser, imported(browser, "units", rows(HEADS, unit_row("V1", "新一村", 调整日期=later.isoformat()))))

    assert unit("V1").name == "一村"
    names = db.session.scalars(select(UnitVersion.name).where(UnitVersion.unit_id == unit("V1").id)).all()
    assert sorted(names) == ["一村", "新一村"]


def test_another_parent_without_a_day_is_a_mistake_that_says_what_to_do(administrator: User, browser: Browser) -> None:
    checked = imported(browser, "units", rows(HEADS, unit_row("V1", "一村", 上级单位="T2")))

    assert "要调整隶属请填写“调整日期”" in errors(checked)["E2"]


def test_another_parent_with_a_day_is_a_move_from_that_day(administrator: User, browser: Browser) -> None:
    today = local_today()
    content = rows(HEADS, unit_row("V1", "一村", 上级单位="西镇", 调整日期=today.isoformat()))
    checked = imported(browser, "units", content)
    assert differences(checked)[0][1][0] == ["上级单位", "T1 东镇", "T2 西镇"]

    apply(browser, checked)

    assert parents_on(today)[unit_id("V1")] == unit_id("T2")
    assert parents_on(today - timedelta(days=1))[unit_id("V1")] == unit_id("T1")
    assert db.session.scalars(select(Placement).where(Placement.unit_id == unit_id("V1"))).all().__len__() == 2


MISTAKES = [
    (unit_row("坏 代码", "村", 单位类型="村", 上级单位="T1"), "A2", "代码只能用字母"),
    (unit_row("V9", None, 单位类型="村", 上级单位="T1"), "B2", "请填写“单位名称”"),
    (unit_row("V9", "=1+1", 单位类型="村", 上级单位="T1"), "B2", "公式符号"),
    (unit_row("V9", "九村", 上级单位="T1"), "D2", "请填写“单位类型”"),
    (unit_row("V9", "九村", 单位类型="乡", 上级单位="T1"), "D2", "可填：县、乡镇、村"),
    (unit_row("V1", "一村", 单位类型="乡镇"), "D2", "机构调整"),
    (unit_row("V9", "九村", 单位类型="村"), "E2", "请填写“上级单位”"),
    (unit_row("V9", "九村", 单位类型="村", 上级单位="南镇"), "E2", "没有代码或名称为“南镇”"),
    (unit_row("V9", "九村", 单位类型="村", 上级单位="V9"), "E2", "自己的上级"),
    (unit_row("V9", "九村", 单位类型="乡镇", 上级单位="V1"), "E2", "乡镇不能设在村之下"),
    (unit_row("V9", "九村", 单位类型="村", 上级单位="T1", 设立日期="2019-01-01"), "E2", "才设立"),
    (unit_row("V1", "一村", 设立日期="2021-01-01"), "F2", "不能用导入修改"),
    (unit_row("V1", "一村", 调整日期="2019-01-01", 户籍人口=1), "G2", "不存在"),
    (unit_row("C", "青山县", 上级单位="T1", 调整日期="2026-01-01"), "E2", "最上级单位"),
    (unit_row("V1", "一村", 户籍人口="12.5"), "H2", "不是整数"),
    (unit_row("V1", "一村", 试点="也许"), "I2", "请填“是”或“否”"),
    (unit_row("T1", "东镇", 户籍人口=5), "H2", "“乡镇”没有这项属性"),
]


@pytest.mark.parametrize(("row", "cell", "words"), MISTAKES)
def test_a_mistake_stands_at_its_cell(
    administrator: User, browser: Browser, row: list[object], cell: str, words: str
) -> None:
    checked = imported(browser, "units", rows(HEADS, row))

    assert counts(checked) == (0, 0, 0, 1)
    assert words in errors(checked)[cell]


def test_what_only_the_whole_file_shows_is_found(administrator: User, browser: Browser) -> None:
    content = rows(
        HEADS,
        unit_row("T8", "甲镇", 单位类型="乡镇", 上级单位="T9"),
        unit_row("T9", "乙镇", 单位类型="乡镇", 上级单位="T8"),
        unit_row("V7", "七村", 单位类型="村", 上级单位="T8"),
        unit_row("V6", "六村", 单位类型="村", 上级单位="T1"),
        unit_row("V6", "六村", 单位类型="村", 上级单位="T1"),
        unit_row("V5", "五村", 单位类型="村", 上级单位="V6"),
    )

    found = errors(imported(browser, "units", content))

    assert "成环" in found["E2"]
    assert "成环" in found["E3"]
    assert "“T9”所在的行有错误" in found["E4"] or "“T8”所在的行有错误" in found["E4"]
    assert found["A6"] == "代码“V6”与 A5 重复"
    assert "村不能设在村之下" in found["E7"]


def test_two_moves_that_would_make_a_circle_are_found(administrator: User, browser: Browser) -> None:
    for each in db.session.scalars(select(UnitType)):
        each.parents = ["county", "town"] if each.code == "town" else each.parents
    db.session.flush()
    day = local_today().isoformat()
    content = rows(
        HEADS,
        unit_row("T1", "东镇", 上级单位="T2", 调整日期=day),
        unit_row("T2", "西镇", 上级单位="T1", 调整日期=day),
    )

    found = errors(imported(browser, "units", content))

    assert "成环" in found["E2"]
    assert "成环" in found["E3"]


def test_a_closed_unit_keeps_its_code(administrator: User, browser: Browser) -> None:
    unit("V1").valid_to = local_today()

    checked = imported(browser, "units", rows(HEADS, unit_row("V1", "新村", 单位类型="村", 上级单位="T1")))

    assert "已撤销，代码不能再用" in errors(checked)["A2"]


def test_an_administrator_of_a_town_changes_only_that_town(county: OrgUnit, browser: Browser) -> None:
    browser.sign_in(make_user(Role.SYSTEM_ADMIN, unit=unit("T1")))
    content = rows(
        HEADS,
        unit_row("T2", "西镇新名"),
        unit_row("V8", "八村", 单位类型="村", 上级单位="T2"),
        unit_row("V1", "新一村"),
    )

    checked = imported(browser, "units", content)

    assert counts(checked) == (0, 1, 0, 2)
    assert "管理范围" in errors(checked)["A2"]
    assert "管理范围" in errors(checked)["E3"]


def test_good_rows_are_written_alone_only_if_asked(administrator: User, browser: Browser) -> None:
    content = rows(HEADS, unit_row("V3", "三村", 单位类型="村", 上级单位="T1"), unit_row("V4", None))
    checked = imported(browser, "units", content)
    page = browser.get(f"/imports/runs/{checked.id}").text
    assert "全部应用" not in page
    assert "只应用正确的行" in page
    form = {"scope": "all", "version": checked.version}
    assert browser.post(f"/imports/runs/{checked.id}/apply", form).status_code == 409

    apply(browser, checked, "good")

    assert unit("V3").name == "三村"
    assert db.session.scalars(select(OrgUnit).where(OrgUnit.code == "V4")).one_or_none() is None
    event = db.session.scalars(select(AuditEvent).where(AuditEvent.action == "data.imported")).one()
    assert event.details["left_out"] == 1


def test_the_mistakes_come_back_in_the_users_own_workbook(administrator: User, browser: Browser) -> None:
    checked = imported(browser, "units", rows(HEADS, unit_row("V1", "一村", 户籍人口="很多")))

    response = browser.get(f"/files/{checked.marked_file_id}")
    sheet = openpyxl.load_workbook(io.BytesIO(response.data)).active

    assert response.data == marked_content(checked)
    assert "不是数" in sheet["H2"].comment.text
    assert sheet["K1"].value == "错误信息"
    assert sheet["K2"].value.startswith("户籍人口：")


def test_data_that_changed_meanwhile_is_shown_again_before_anything_is_written(
    administrator: User, browser: Browser
) -> None:
    checked = imported(browser, "units", rows(HEADS, unit_row("V1", "第一村")))
    unit("V1").name = "别的名字"
    db.session.flush()

    shown = apply(browser, checked)

    assert shown.status.value == "checked"
    assert unit("V1").name == "别的名字"
    assert differences(shown) == [("V1 第一村", [["单位名称", "别的名字", "第一村"]])]
    assert "有了变化" in browser.get(f"/imports/runs/{checked.id}").text
    apply(browser, shown)
    assert unit("V1").name == "第一村"


def test_attributes_alone_can_be_brought_in_from_a_day_on(administrator: User, browser: Browser) -> None:
    today = local_today()
    content = rows(
        ("单位代码", "单位名称", "生效日期", "户籍人口"), ("V1", "随便", today.isoformat(), 130), ("X", "", "", 1)
    )
    checked = imported(browser, "attributes", content)
    assert counts(checked) == (0, 1, 0, 1)
    assert "没有代码" in errors(checked)["A3"]

    apply(browser, checked, "good")

    assert (unit("V1").name, unit("V1").attributes["population"]) == ("一村", 130)
    assert len(db.session.scalars(select(UnitVersion).where(UnitVersion.unit_id == unit_id("V1"))).all()) == 2


@pytest.mark.parametrize("kind", ["units", "attributes", "posts", "appointments"])
@pytest.mark.parametrize("form", ["xlsx", "csv"])
def test_what_was_exported_says_nothing_new_when_it_comes_back(
    administrator: User, browser: Browser, kind: str, form: str
) -> None:
    make_user(Role.VILLAGE_CLERK, unit=unit("V1"), name="-甲")
    unit("V1").attributes = {"population": 1234567, "pilot": False, "area": "-0.10"}
    unit("T1").name, unit("T1").short_name = '东镇,"引号"', "东"
    db.session.flush()
    exported = browser.get(f"/imports/{kind}/export?format={form}")
    assert exported.status_code == 200

    checked = imported(browser, kind, exported.data, f"导出.{form}")

    new, changed, same, bad = counts(checked)
    assert (new, changed, bad) == (0, 0, 0)
    assert same > 0
    assert checked.details["notices"] == []


def test_an_export_leaves_an_event(administrator: User, browser: Browser) -> None:
    browser.get("/imports/units/export")

    event = db.session.scalars(select(AuditEvent).where(AuditEvent.action == "data.exported")).one()
    assert event.details == {"kind": "units", "rows": 4}


@pytest.mark.parametrize("kind", ["units", "attributes", "posts", "appointments"])
def test_a_template_has_the_countys_own_columns_and_reads_back_as_empty(
    administrator: User, browser: Browser, kind: str
) -> None:
    response = browser.get(f"/imports/{kind}/template")
    book: Any = openpyxl.load_workbook(io.BytesIO(response.data))

    assert "填写说明" in book.sheetnames
    assert book.worksheets[0]["A2"].value.startswith("示例")
    assert "没有内容" in send(browser, kind, response.data).text or True


def test_the_template_of_units_offers_types_and_parents(administrator: User, browser: Browser) -> None:
    book: Any = openpyxl.load_workbook(io.BytesIO(browser.get("/imports/units/template").data))
    sheet = book["单位"]

    offered = {str(rule.sqref).split(":")[0]: rule.formula1 for rule in sheet.data_validations.dataValidation}
    assert offered["D2"] == '"县,乡镇,村"'
    assert offered["E2"] == '"C 青山县,T1 东镇,T2 西镇"'
    assert [cell.value for cell in sheet[1]][-3:] == ["户籍人口（人）", "试点", "面积（亩）"]


def test_amounts_are_exact_and_the_same_figure_is_no_change(administrator: User, browser: Browser) -> None:
    checked = imported(browser, "units", rows(HEADS, unit_row("V1", "一村", 面积=1.5)))

    assert counts(checked) == (0, 0, 1, 0)
    assert Decimal(unit("V1").attributes["area"]) == Decimal("1.5")
