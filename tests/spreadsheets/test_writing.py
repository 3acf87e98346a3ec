"""What is written is a help to whoever fills it in, runs nothing, and reads back as it was."""

from __future__ import annotations

import io
from datetime import date
from decimal import Decimal
from typing import Any

import openpyxl
import pytest

from saas.spreadsheets.annotating import Mistake, annotate
from saas.spreadsheets.columns import Column, Kind, Value
from saas.spreadsheets.reading import read_spreadsheet
from saas.spreadsheets.tables import Table, read_table
from saas.spreadsheets.writing import Layout, display_width, write_csv, write_xlsx
from tests.spreadsheets.samples import of_rows, workbook

TYPES = (("village", "村"), ("community", "社区"))
UNITS = tuple((f"A{number:04d}", f"A{number:04d} 第{number}村") for number in range(600))
COLUMNS = (
    Column("code", "单位代码", Kind.CODE, is_required=True, example="A0001"),
    Column("name", "单位名称", is_required=True, help="与公章一致", example="青山村"),
    Column("type", "类型", Kind.CHOICE, choices=TYPES),
    Column("parent", "上级单位", Kind.REFERENCE, choices=UNITS),
    Column("population", "户籍人口", Kind.INTEGER, measure="人"),
    Column("area", "面积", Kind.DECIMAL, measure="平方公里"),
    Column("since", "设立日期", Kind.DAY),
    Column("pilot", "试点", Kind.YES_NO),
    Column("roles", "角色", Kind.CHOICES, choices=TYPES),
)
ROW: dict[str, Value | None] = {
    "code": "0001",
    "name": "=cmd|' /C calc'!A0",
    "type": "community",
    "parent": "A0003 第3村",
    "population": 1234,
    "area": Decimal("-0.1"),
    "since": date(2026, 3, 5),
    "pilot": False,
    "roles": ("village", "community"),
}
RUNS = ["=1+1", "+1", "-1+2", "@SUM(A1)", "\tx", "\rx", "＝1", "＋1", "－1", "＠x"]


def opened(content: bytes) -> Any:
    return openpyxl.load_workbook(io.BytesIO(content))


def table_of(content: bytes, name: str) -> Table:
    return read_table(read_spreadsheet(content, name), COLUMNS, name)


def test_what_is_written_is_read_back_the_same() -> None:
    layout = Layout("单位", COLUMNS, [ROW])

    assert table_of(write_xlsx(layout), "a.xlsx").rows[0].values == ROW
    assert table_of(write_csv(layout), "a.csv").rows[0].values == ROW


@pytest.mark.parametrize("text", RUNS)
def test_no_text_becomes_a_formula(text: str) -> None:
    layout = Layout("单位", COLUMNS, [{**ROW, "name": text}])

    cell = opened(write_xlsx(layout))["单位"]["B2"]
    assert (cell.data_type, cell.value) in {("s", text), ("s", text.replace("\r", "_x000D_"))}
    assert f"'{text}" in write_csv(layout).decode("utf-8-sig")


def test_an_amount_below_zero_stays_an_amount() -> None:
    layout = Layout("单位", COLUMNS, [ROW])

    assert opened(write_xlsx(layout))["单位"]["F2"].value == -0.1
    assert ",-0.1," in write_csv(layout).decode("utf-8-sig")


def test_a_template_has_drop_downs_notes_an_example_and_a_head_that_stays() -> None:
    book = opened(write_xlsx(Layout("单位", COLUMNS, notes=("代码不能重复",), has_example=True)))
    sheet = book["单位"]

    rules = {str(rule.sqref).split(":")[0]: rule for rule in sheet.data_validations.dataValidation}
    assert rules["C2"].formula1 == '"村,社区"'
    assert rules["D2"].formula1 == "选项!$A$1:$A$600"
    assert rules["H2"].formula1 == '"是,否"'
    assert rules["B2"].prompt == "与公章一致"
    assert book["选项"].sheet_state == "veryHidden"
    assert book["选项"]["A600"].value == "A0599 第599村"
    assert (sheet.freeze_panes, sheet.protection.sheet) == ("A2", True)
    assert (sheet["A1"].protection.locked, sheet["A2"].protection.locked) == (True, False)
    assert sheet["A2"].value == "示例：A0001"
    assert sheet.column_dimensions["A"].width > display_width("单位代码")
    assert sheet.column_dimensions["A"].number_format == "@"
    notes = [[cell.value for cell in row] for row in book["填写说明"].iter_rows()]
    assert notes[1][0] == "1. 代码不能重复"
    assert ["单位名称", "必填", "与公章一致", "青山村"] in notes


def test_the_example_of_a_template_is_not_read_back() -> None:
    content = write_xlsx(Layout("单位", COLUMNS, [ROW], has_example=True))

    assert [row.values["code"] for row in table_of(content, "a.xlsx").rows] == ["0001"]


def test_a_chinese_character_is_twice_as_wide() -> None:
    assert display_width("村A1") == 4


def test_mistakes_are_written_into_the_users_own_workbook() -> None:
    def fill(book: Any, sheet: Any) -> None:
        sheet.merge_range("A1:C1", "一览表")
        sheet.write_row(1, 0, ["单位代码", "单位名称", "我的备注"])
        sheet.write_row(2, 0, ["A1", "甲", "留着"])
        sheet.merge_range("B4:B5", "乙")
        sheet.write(3, 0, "A2")
        sheet.write(4, 0, "A3")
        book.add_worksheet("别的").write(0, 0, "也留着")

    content = workbook(fill)
    read = read_spreadsheet(content, "a.xlsx")
    table = read_table(read, COLUMNS, "a.xlsx")
    mistakes = [
        Mistake("表", 3, "name", "名称重复"),
        Mistake("表", 5, "name", "太短"),
        Mistake("表", 5, "", "整行不对"),
    ]

    marked = annotate(content, read, table, mistakes, "a.xlsx")

    sheet = opened(marked)["表"]
    assert sheet["B3"].comment.text == "名称重复"
    assert sheet["B3"].fill.fgColor.rgb == "FFFFD9D6"
    assert sheet["B4"].comment.text == "太短"  # the merged cell carries what is said about its lower half
    assert [sheet.cell(row, 4).value for row in (2, 3, 4, 5)] == [
        "错误信息",
        "单位名称：名称重复",
        None,
        "整行不对；单位名称：太短",
    ]
    assert (sheet["C3"].value, opened(marked)["别的"]["A1"].value) == ("留着", "也留着")

    again = read_spreadsheet(marked, "a.xlsx")
    table = read_table(again, COLUMNS, "a.xlsx")
    assert [notice.params["heads"] for notice in table.notices] == ["我的备注（C）"]
    clean = opened(annotate(marked, again, table, [Mistake("表", 4, "code", "空")], "a.xlsx"))["表"]
    assert clean["B3"].comment is None
    assert [clean.cell(row, 4).value for row in (2, 3, 4, 5)] == ["错误信息", None, "单位代码：空", None]


def test_mistakes_in_a_text_file_come_back_as_a_workbook() -> None:
    content = "单位代码,单位名称\nA1,=甲\n".encode("gb18030")
    read = read_spreadsheet(content, "a.csv")

    marked = annotate(content, read, read_table(read, COLUMNS, "a.csv"), [Mistake("", 2, "name", "不行")], "a.csv")

    sheet = opened(marked).active
    assert [cell.value for cell in sheet[1]] == ["单位代码", "单位名称", "错误信息"]
    assert (sheet["B2"].value, sheet["B2"].data_type, sheet["C2"].value) == ("=甲", "s", "单位名称：不行")


def test_a_message_that_looks_like_a_formula_is_not_one() -> None:
    content = of_rows([["单位代码", "单位名称"], ["A1", "甲"]])
    read = read_spreadsheet(content, "a.xlsx")

    marked = annotate(content, read, read_table(read, COLUMNS), [Mistake("表", 2, "", "=1+1")], "a.xlsx")

    assert opened(marked)["表"]["C2"].data_type == "s"
