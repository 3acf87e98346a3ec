"""Writing tables: a workbook to be filled in (模板), an export, a list with mistakes. Nothing in it is a formula.

Texts that a spreadsheet program would run are written as texts in workbooks, and with an apostrophe before them in
CSV files. What is written here is read back to the same values.
"""

from __future__ import annotations

import csv
import io
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any, Final

import xlsxwriter
from xlsxwriter.format import Format
from xlsxwriter.worksheet import Worksheet

from saas.spreadsheets.cells import column_letters
from saas.spreadsheets.columns import NOT_APPLICABLE, Column, Kind, Value, shown_value
from saas.spreadsheets.limits import MAX_ROWS, RUNS
from saas.spreadsheets.tables import EXAMPLE, NOTES

_LISTS: Final = "选项"
_MAX_LIST: Final = 255  # characters of a list of choices inside a cell's rule; longer ones stand on a hidden sheet
MAX_PROMPT: Final = 250
WIDEST: Final = 42
_AS_TEXT = frozenset(Kind) - {Kind.INTEGER, Kind.DECIMAL, Kind.DAY}
OPTIONS = {
    "constant_memory": True,
    "strings_to_formulas": False,
    "strings_to_numbers": False,
    "strings_to_urls": False,
}
# Whoever fills the sheet in may arrange it; only the heads stay as they are.
ROW_HEIGHT = 18  # points: Chinese type of 11 with some air, whatever face the program has at hand
ALLOWED = {
    "format_cells": True,
    "format_columns": True,
    "format_rows": True,
    "insert_rows": True,
    "delete_rows": True,
    "sort": True,
    "autofilter": True,
}

Row = Mapping[str, Value | None]


@dataclass(frozen=True, slots=True)
class Layout:
    """A table to be written. `notes` come before the explanation of the columns; `rows` by name of column."""

    title: str
    columns: tuple[Column, ...]
    rows: Sequence[Row] = ()
    notes: tuple[str, ...] = ()
    has_example: bool = False


def write_xlsx(layout: Layout) -> bytes:
    """The table as a workbook: heads that stay, drop-downs, a sheet that explains the columns."""
    buffer = io.BytesIO()
    with xlsxwriter.Workbook(buffer, OPTIONS) as workbook:
        sheet = workbook.add_worksheet(sheet_name(layout.title))
        looks = Looks(workbook)
        _write_head(sheet, layout, looks)
        first = 1
        if layout.has_example:
            _write_example(sheet, layout.columns, looks)
            first = 2
        for number, row in enumerate(layout.rows, start=first):
            for place, column in enumerate(layout.columns):
                write_value(sheet, number, place, row.get(column.name), column, looks)
        lists = _offer_choices(sheet, layout.columns)
        _write_notes(workbook, layout, looks)
        write_lists(workbook, lists)
    return buffer.getvalue()


def write_csv(layout: Layout) -> bytes:
    """The table as a CSV file in UTF-8 with its mark, which spreadsheet programs need to see Chinese."""
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow([column.full_label for column in layout.columns])
    for row in layout.rows:
        writer.writerow([_harmless(shown_value(row.get(column.name), column), column) for column in layout.columns])
    return text.getvalue().encode("utf-8-sig")


def _harmless(text: str, column: Column) -> str:
    """An apostrophe before what would run. Amounts stay amounts, also below zero."""
    is_amount = column.kind in (Kind.INTEGER, Kind.DECIMAL, Kind.DAY)
    return f"'{text}" if text.startswith(RUNS) and not is_amount else text


class Looks:
    """The formats of a workbook that is filled in; `framed`: its cells have a line around them, as on paper."""

    def __init__(self, workbook: Any, *, framed: bool = False) -> None:
        base: dict[str, Any] = {"font_name": "宋体", "font_size": 11, "valign": "vcenter"}
        cell = {**base, "border": 1} if framed else base
        head = {**base, "bold": True, "border": 1, "text_wrap": True, "align": "center", "locked": True}
        self.head: Format = workbook.add_format({**head, "bg_color": "#DDE6F0"})
        self.required: Format = workbook.add_format({**head, "bg_color": "#F8D9B0"})
        self.text: Format = workbook.add_format({**cell, "num_format": "@", "locked": False})
        self.day: Format = workbook.add_format({**cell, "num_format": "yyyy-mm-dd", "align": "left", "locked": False})
        self.integer: Format = workbook.add_format({**cell, "num_format": "0", "locked": False})
        self.decimal: Format = workbook.add_format({**cell, "num_format": "General", "locked": False})
        grey = {**base, "italic": True, "font_color": "#7A7A7A", "locked": False}
        self.example: Format = workbook.add_format({**grey, "num_format": "@"})
        self.note: Format = workbook.add_format({**base, "text_wrap": True, "valign": "top"})
        self.title: Format = workbook.add_format({**base, "bold": True, "font_size": 14})

    def of(self, column: Column) -> Format:
        if column.kind in _AS_TEXT:
            return self.text
        return {Kind.DAY: self.day, Kind.INTEGER: self.integer}.get(column.kind, self.decimal)


def sheet_name(title: str) -> str:
    """A title as the name of a sheet: without what a name may not have, at most 31 characters."""
    return "".join("_" if char in "[]:*?/\\'" else char for char in title)[:31] or "表格"


def _write_head(sheet: Worksheet, layout: Layout, looks: Looks) -> None:
    for place, column in enumerate(layout.columns):
        sheet.set_column(place, place, _width(column, layout.rows), looks.of(column))
    sheet.set_row(0, 32)
    for place, column in enumerate(layout.columns):
        look = looks.required if column.is_required and not column.is_cell_optional else looks.head
        sheet.write_string(0, place, column.full_label, look)
    sheet.freeze_panes(1, 0)
    sheet.autofilter(0, 0, max(len(layout.rows), 1), len(layout.columns) - 1)
    sheet.protect("", ALLOWED)
    sheet.set_landscape()
    sheet.set_paper(9)
    sheet.fit_to_pages(1, 0)
    sheet.repeat_rows(0)


def _width(column: Column, rows: Sequence[Row]) -> float:
    if column.width:
        return column.width
    texts = [column.full_label, column.example, *(shown_value(row.get(column.name), column) for row in rows[:200])]
    return min(max(display_width(text) for text in texts) + 3, WIDEST)


def display_width(text: str) -> int:
    """Characters of half width that a text takes: a Chinese character takes two."""
    return sum(2 if unicodedata.east_asian_width(char) in "WF" else 1 for char in text)


def _write_example(sheet: Worksheet, columns: Sequence[Column], looks: Looks) -> None:
    """A row to imitate. It begins with 示例, by which it is left out when the file comes back."""
    for place, column in enumerate(columns):
        text = f"{EXAMPLE}：{column.example}" if place == 0 else column.example
        sheet.write_string(1, place, text, looks.example)


def write_value(sheet: Worksheet, row: int, place: int, value: Value | None, column: Column, looks: Looks) -> None:
    """Write a value so that it is read back as it is, and never runs."""
    look = looks.of(column)
    match value:
        case None:
            return
        case bool():
            sheet.write_string(row, place, shown_value(value, column), look)
        case int() if abs(value) < 10**15:
            sheet.write_number(row, place, value, look)
        case Decimal() if len(value.as_tuple().digits) <= 15:
            sheet.write_number(row, place, float(value), look)
        case date():
            sheet.write_datetime(row, place, value, look)
        case _:
            sheet.write_string(row, place, shown_value(value, column), look)


def _offer_choices(sheet: Worksheet, columns: Sequence[Column]) -> list[tuple[str, ...]]:
    """Give the cells their drop-downs and what is said when they are entered; return the lists for the hidden sheet."""
    lists: list[tuple[str, ...]] = []
    for place, column in enumerate(columns):
        rule: dict[str, Any] = {"validate": "any"}
        choices = ("是", "否") if column.kind is Kind.YES_NO else tuple(shown for _, shown in column.choices)
        choices += (NOT_APPLICABLE,) if choices and column.may_not_apply else ()
        if choices and column.kind is not Kind.CHOICES:
            rule = {"validate": "list", "source": list_source(choices, lists), "error_type": _strictness(column)}
            rule |= {"error_title": "请从列表中选择", "error_message": "这一列的内容须是列表中的一项。"}
        if column.help:
            rule |= {"input_title": column.label[:32], "input_message": column.help[:MAX_PROMPT]}
        if len(rule) > 1:
            sheet.data_validation(1, place, MAX_ROWS, place, rule)
    return lists


def _strictness(column: Column) -> str:
    """A reference may also be written as its code alone, so the program only warns."""
    return "warning" if column.kind is Kind.REFERENCE else "stop"


def list_source(choices: tuple[str, ...], lists: list[tuple[str, ...]]) -> list[str] | str:
    """The source of a drop-down: the choices themselves, or where a long list of them stands on its hidden sheet."""
    is_short = len(",".join(choices)) <= _MAX_LIST and not any("," in choice for choice in choices)
    if is_short:
        return list(choices)
    lists.append(choices)
    letter = column_letters(len(lists))
    return f"={_LISTS}!${letter}$1:${letter}${len(choices)}"


def write_lists(workbook: Any, lists: Sequence[tuple[str, ...]]) -> None:
    """Write the long lists of the drop-downs, each in a column of a sheet that nobody sees."""
    if not lists:
        return
    sheet = workbook.add_worksheet(_LISTS)
    sheet.very_hidden()
    for row in range(max(len(choices) for choices in lists)):
        for place, choices in enumerate(lists):
            if row < len(choices):
                sheet.write_string(row, place, choices[row])


def add_notes(workbook: Any, name: str) -> Worksheet:
    """A sheet that explains a table, printed across and on one page's width."""
    sheet: Worksheet = workbook.add_worksheet(name)
    sheet.set_landscape()
    sheet.set_paper(9)
    sheet.fit_to_pages(1, 0)
    return sheet


def _write_notes(workbook: Any, layout: Layout, looks: Looks) -> None:
    sheet = add_notes(workbook, NOTES)
    for place, width in enumerate((24, 10, 60, 24)):
        sheet.set_column(place, place, width, looks.note)
    sheet.write_string(0, 0, layout.title, looks.title)
    row = 1
    for note in layout.notes:
        sheet.write_string(row, 0, f"{row}. {note}", workbook.add_format({"font_name": "宋体", "font_size": 11}))
        row += 1
    for place, head in enumerate(("列名", "必填", "怎么填", "例子")):
        sheet.write_string(row + 1, place, head, looks.head)
    for number, column in enumerate(layout.columns, start=row + 2):
        is_required = column.is_required and not column.is_cell_optional
        cells = (column.full_label, "必填" if is_required else "可不填", explanation(column), column.example)
        for place, text in enumerate(cells):
            sheet.write_string(number, place, text, looks.note)


def explanation(column: Column) -> str:
    """How a column is filled in, in words."""
    choices = "、".join(shown for _, shown in column.choices)
    words = {
        Kind.INTEGER: "整数",
        Kind.DECIMAL: "数值，可带小数",
        Kind.DAY: "日期，如 2026-03-05、2026.3.5、2026年3月5日",
        Kind.TIME: "时间，如 09:30",
        Kind.MOMENT: "日期和时间，如 2026-03-05 09:30",
        Kind.YES_NO: "填“是”或“否”",
        Kind.CHOICE: f"从下拉列表中选：{choices}" if len(choices) <= 200 else "从下拉列表中选",
        Kind.CHOICES: f"可填几项，用顿号隔开：{choices}",
        Kind.TEXTS: "可填几项，用顿号隔开",
        Kind.REFERENCE: "从下拉列表中选，也可只填代码",
    }.get(column.kind, "")
    absent = "没有这回事的填“不适用”" if column.may_not_apply else ""
    return "。".join(part.rstrip("。") for part in (column.help, words, absent) if part)


def write_marked_table(
    title: str, heads: Sequence[str], rows: Iterable[tuple[Sequence[str], Mapping[int, str], str]]
) -> bytes:
    """Texts as they came, mistakes coloured, and a last column that says what is wrong: for files that are no workbook.

    Each row is its texts, the messages by place (counted from 0), and a message for the whole row.
    """
    buffer = io.BytesIO()
    with xlsxwriter.Workbook(buffer, OPTIONS) as workbook:
        sheet, looks = workbook.add_worksheet(sheet_name(title)), Looks(workbook)
        bad = workbook.add_format({"num_format": "@", "bg_color": "#FFD9D6"})
        says = workbook.add_format({"font_color": "#B3261E", "text_wrap": True})
        for place, head in enumerate(heads):
            sheet.set_column(place, place, 60 if place == len(heads) - 1 else 16)
            sheet.write_string(0, place, head, looks.head)
        sheet.freeze_panes(1, 0)
        for number, (texts, marks, whole) in enumerate(rows, start=1):
            for place, text in enumerate(texts):
                sheet.write_string(number, place, text, bad if place in marks else looks.text)
            words = "；".join([*([whole] if whole else []), *marks.values()])
            if words:
                sheet.write_string(number, len(heads) - 1, words, says)
    return buffer.getvalue()
