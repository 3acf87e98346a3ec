"""What people hand in is read as they mean it: notes above, merged heads, dates and numbers as typed."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Any

import pytest

from saas.domain.errors import Message
from saas.spreadsheets.cells import Cell, CellKind, column_letters
from saas.spreadsheets.columns import Column, Kind, Value, read_cell
from saas.spreadsheets.limits import SpreadsheetRefused
from saas.spreadsheets.reading import read_spreadsheet
from saas.spreadsheets.tables import Table, read_table
from tests.spreadsheets.samples import of_rows, workbook

CODE = Column("code", "单位代码", Kind.CODE, is_required=True)
NAME = Column("name", "单位名称", is_required=True)
PEOPLE = Column("population", "户籍人口", Kind.INTEGER, measure="人")
SINCE = Column("since", "设立日期", Kind.DAY)
COLUMNS = (CODE, NAME, PEOPLE, SINCE)


def table_of(content: bytes, name: str = "a.xlsx", columns: tuple[Column, ...] = COLUMNS) -> Table:
    return read_table(read_spreadsheet(content, name), columns, name)


def read(text: str, kind: Kind, cell_kind: CellKind = CellKind.TEXT, **options: Any) -> Value | Message | None:
    return read_cell(Cell(2, 3, cell_kind, text), Column("x", "列", kind, **options))


@pytest.mark.parametrize(
    "text",
    [
        "2026-3-5",
        "2026/3/5",
        "2026.3.5",
        "2026年3月5日",
        "2026 年 3 月 5 号",
        "20260305",
        "２０２６．３．５",
        "2026-03-05 00:00:00",
    ],
)
def test_a_day_is_read_as_people_type_it(text: str) -> None:
    assert read(text, Kind.DAY) == date(2026, 3, 5)


def test_a_serial_number_of_a_spreadsheet_is_a_day() -> None:
    assert read("46086", Kind.DAY, CellKind.NUMBER) == date(2026, 3, 5)
    assert read("20260305", Kind.DAY, CellKind.NUMBER) == date(2026, 3, 5)


@pytest.mark.parametrize(
    "text", ["26.3.5", "2026年3月", "3月5日", "2026-13-01", "2026-02-30", "明天", "46086", "1066-10-14"]
)
def test_what_is_no_full_day_is_a_mistake(text: str) -> None:
    assert isinstance(read(text, Kind.DAY), Message)


@pytest.mark.parametrize(
    ("text", "figure"), [("1,234", 1234), ("１２３", 123), (" 12 ", 12), ("12.0", 12), ("-3", -3), ("－3", -3)]
)
def test_an_integer_is_read_as_people_type_it(text: str, figure: int) -> None:
    assert read(text, Kind.INTEGER) == figure


@pytest.mark.parametrize("text", ["12.5", "十二", "12人", "1e3", "1,23", "NaN", "Infinity", "1" * 16, "--1"])
def test_what_is_no_integer_is_a_mistake(text: str) -> None:
    assert isinstance(read(text, Kind.INTEGER), Message)


def test_an_amount_is_exact() -> None:
    assert read("０.１０", Kind.DECIMAL) == Decimal("0.10")
    assert read("1,234.5", Kind.DECIMAL) == Decimal("1234.5")


def test_an_identity_number_stays_as_it_was_typed_and_a_blurred_one_is_told() -> None:
    content = of_rows(
        [["单位代码", "单位名称"], ["110101199003071234", "甲"], [110101199003071234, "乙"], [13800001111, "丙"]]
    )

    rows = table_of(content).rows

    assert rows[0].values["code"] == "110101199003071234"
    assert "15 位" in str(rows[1].errors["code"])
    assert rows[2].values["code"] == "13800001111"


def test_leading_zeros_of_texts_stay() -> None:
    assert read("007", Kind.CODE) == "007"
    assert read("００７ Ａ", Kind.CODE) == "007A"


def test_a_code_that_became_a_day_is_a_mistake() -> None:
    assert isinstance(read("2026-03-05", Kind.CODE, CellKind.DAY), Message)


@pytest.mark.parametrize(("text", "value"), [("是", True), ("√", True), ("有", True), ("Ｎ", False), ("否", False)])
def test_yes_and_no_are_read_as_people_write_them(text: str, value: bool) -> None:
    assert read(text, Kind.YES_NO) is value


def test_a_choice_is_found_by_what_is_shown_or_stored_and_else_the_choices_are_named() -> None:
    choices = (("village", "村"), ("community", "社区"))

    assert read(" 社区 ", Kind.CHOICE, choices=choices) == "community"
    assert read("Village", Kind.CHOICE, choices=choices) == "village"
    assert "村、社区" in str(read("乡", Kind.CHOICE, choices=choices))
    assert read("村、社区，村", Kind.CHOICES, choices=choices) == ("village", "community")


def test_formulas_and_errors_are_mistakes_of_their_cells() -> None:
    def fill(_: Any, sheet: Any) -> None:
        sheet.write_row(0, 0, ["单位代码", "单位名称", "户籍人口（人）"])
        sheet.write_row(1, 0, ["A1", "甲"])
        sheet.write_formula(1, 2, "=100+20", None, 120)
        sheet.write_row(2, 0, ["A2", "乙"])
        sheet.write_formula(2, 2, "=1/0", None, "#DIV/0!")

    rows = table_of(workbook(fill)).rows

    assert [row.errors["population"].code for row in rows] == ["bad_cell", "bad_cell"]
    assert "公式" in str(rows[0].errors["population"])


def test_text_that_only_looks_like_a_formula_is_text() -> None:
    assert table_of(of_rows([["单位代码", "单位名称"], ["A1", "=1+1"]])).rows[0].values["name"] == "=1+1"


def test_title_notes_and_blank_rows_are_skipped() -> None:
    content = of_rows(
        [
            ["全县单位一览表"],
            ["填表说明：代码不能重复"],
            [],
            ["单位代码", "单位名称"],
            [],
            ["A1", "甲"],
            [],
            ["A2", "乙"],
        ],
        first=2,
    )

    table = table_of(content)

    assert [row.number for row in table.rows] == [8, 10]
    assert table.places["表"].head_row == 6


def test_heads_are_known_with_marks_measures_and_spaces() -> None:
    content = of_rows(
        [["*单位 代码（必填）", "单位名称：", "户籍人口(人)", "设立\n日期"], ["A1", "甲", "１２", "2026.3.5"]]
    )

    row = table_of(content).rows[0]

    assert row.values == {"code": "A1", "name": "甲", "population": 12, "since": date(2026, 3, 5)}


def test_heads_merged_over_rows_and_columns_are_resolved() -> None:
    columns = (CODE, NAME, Column("men", "人口男", Kind.INTEGER), Column("women", "人口女", Kind.INTEGER))

    def fill(_: Any, sheet: Any) -> None:
        sheet.merge_range("A1:D1", "一览表")
        sheet.merge_range("A2:A3", "单位代码")
        sheet.merge_range("B2:B3", "单位名称")
        sheet.merge_range("C2:D2", "人口")
        sheet.write_row(2, 2, ["男", "女"])
        sheet.write_row(3, 0, ["A1", "甲", 10, 12])

    row = table_of(workbook(fill), columns=columns).rows[0]

    assert row.values == {"code": "A1", "name": "甲", "men": 10, "women": 12}


def test_a_cell_merged_over_rows_says_the_same_for_each() -> None:
    def fill(_: Any, sheet: Any) -> None:
        sheet.write_row(0, 0, ["单位名称", "单位代码"])
        sheet.merge_range("A2:A3", "甲")
        sheet.write_column(1, 1, ["A1", "A2"])

    assert [row.values["name"] for row in table_of(workbook(fill)).rows] == ["甲", "甲"]


def test_hidden_rows_and_columns_are_read_and_told() -> None:
    def fill(_: Any, sheet: Any) -> None:
        sheet.write_row(0, 0, ["单位代码", "单位名称"])
        sheet.write_row(1, 0, ["A1", "甲"])
        sheet.set_row(1, None, None, {"hidden": True})
        sheet.set_column(1, 1, None, None, {"hidden": True})

    table = table_of(workbook(fill))

    assert len(table.rows) == 1
    assert [notice.code for notice in table.notices] == ["hidden_rows", "hidden_columns"]


def test_a_hidden_sheet_is_not_read_and_two_sheets_of_one_shape_are_one_table() -> None:
    def fill(book: Any, sheet: Any) -> None:
        for each, code in ((sheet, "A1"), (book.add_worksheet("二"), "A2"), (book.add_worksheet("隐"), "A3")):
            each.write_row(0, 0, ["单位代码", "单位名称"])
            each.write_row(1, 0, [code, "甲"])
        each.hide()

    assert [(row.sheet, row.values["code"]) for row in table_of(workbook(fill)).rows] == [("表", "A1"), ("二", "A2")]


def test_a_column_nobody_knows_is_told_and_left_alone() -> None:
    table = table_of(of_rows([["单位代码", "单位名称", "备忘"], ["A1", "甲", "=x"]]))

    assert "备忘（C）" in str(table.notices[0])


def test_a_head_that_stands_twice_and_heads_that_are_missing_are_refused() -> None:
    with pytest.raises(SpreadsheetRefused, match="“单位名称”出现了两次（B、C）"):
        table_of(of_rows([["单位代码", "单位名称", "单位名称"], ["A1", "甲", "乙"]]))
    with pytest.raises(SpreadsheetRefused, match="缺少“单位名称”列"):
        table_of(of_rows([["单位代码", "人口"], ["A1", "1"]]))
    with pytest.raises(SpreadsheetRefused, match="没有内容"):
        table_of(of_rows([["单位代码", "单位名称"]]))


def test_a_missing_cell_is_a_mistake_only_where_one_is_required() -> None:
    row = table_of(of_rows([["单位代码", "单位名称", "设立日期"], ["A1", None, None]])).rows[0]

    assert str(row.errors["name"]) == "请填写“单位名称”"
    assert row.values["since"] is None
    assert "population" not in row.values


def test_a_cell_can_say_that_a_value_is_taken_away() -> None:
    row = table_of(of_rows([["单位代码", "单位名称", "设立日期"], ["A1", "甲", "（清空）"]])).rows[0]

    assert row.cleared == {"since"}


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "gbk", "gb2312"])
@pytest.mark.parametrize("delimiter", [",", "\t", ";"])
def test_text_files_are_read_in_the_usual_encodings(encoding: str, delimiter: str) -> None:
    text = f'单位代码{delimiter}单位名称\r\nA1{delimiter}"甲\r\n乙"\r\n'

    assert table_of(text.encode(encoding), "a.csv").rows[0].values["name"] == "甲\n乙"


def test_a_rare_character_survives_the_chinese_encoding() -> None:
    assert table_of("单位代码,单位名称\nA1,𠮷村㐂\n".encode("gb18030"), "a.csv").rows[0].values["name"] == "𠮷村㐂"


def test_a_table_that_begins_further_right_keeps_its_addresses() -> None:
    table = table_of(of_rows([[None, None, "单位代码", "单位名称"], [None, None, "A1", "甲"]], first=3))

    assert table.address(table.rows[0], "name") == "D5"


def test_days_of_a_workbook_are_days() -> None:
    def fill(book: Any, sheet: Any) -> None:
        sheet.write_row(0, 0, ["单位代码", "单位名称", "设立日期"])
        sheet.write_row(1, 0, ["A1", "甲"])
        sheet.write_datetime(1, 2, datetime(2026, 3, 5), book.add_format({"num_format": 'yyyy"年"m"月"d"日"'}))

    assert table_of(workbook(fill)).rows[0].values["since"] == date(2026, 3, 5)


def test_cells_have_the_addresses_that_programs_show() -> None:
    assert [column_letters(each) for each in (1, 26, 27, 200)] == ["A", "Z", "AA", "GR"]
    assert Cell(12, 28, CellKind.TEXT, "").address == "AB12"


def test_several_texts_stand_in_one_cell() -> None:
    assert read("张三、李四，张三；王 五", Kind.TEXTS) == ("张三", "李四", "王 五")
