"""Giving a faulty file back: the user's own workbook with the mistakes beside the cells (错误信息)."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass

from saas.spreadsheets.cells import Workbook
from saas.spreadsheets.checking import SpreadsheetType
from saas.spreadsheets.limits import SpreadsheetRefused
from saas.spreadsheets.running import MARKING, run_child
from saas.spreadsheets.tables import ERROR_HEAD, Place, Table
from saas.spreadsheets.writing import write_marked_table

MAX_MARKS = 5_000  # comments in one workbook; the column of errors has all of them


@dataclass(frozen=True, slots=True)
class Mistake:
    """What is wrong with a cell or, with an empty `column`, with a whole row."""

    sheet: str
    row: int
    column: str
    text: str


def annotate(content: bytes, workbook: Workbook, table: Table, mistakes: Sequence[Mistake], name: str) -> bytes:
    """Return an .xlsx file with the mistakes: the user's own workbook, or a plain table for a CSV file.

    A workbook that cannot be written again without harm (a process of its own tries) is given back as a plain table.
    """
    if workbook.type is SpreadsheetType.XLSX:
        head = json.dumps(_marks(table, mistakes), ensure_ascii=False).encode()
        try:
            return run_child("mark", head + b"\n" + content, workbook.type, name, MARKING)
        except SpreadsheetRefused:
            pass  # its formats are beyond the library that writes it; the content is not
    return _plain(workbook, table, mistakes)


def _marks(table: Table, mistakes: Sequence[Mistake]) -> list[dict[str, object]]:
    found = []
    for sheet, place in table.places.items():
        mine = [each for each in mistakes if each.sheet == sheet]
        cells = [[each.row, place.columns[each.column], each.text] for each in mine if each.column in place.columns]
        rows = [[row, text] for row, text in _by_row(mine, table, place).items()]
        found.append({"sheet": sheet, "head_row": place.head_row, "cells": cells[:MAX_MARKS], "rows": rows})
    return found


def _by_row(mistakes: Sequence[Mistake], table: Table, place: Place) -> dict[int, str]:
    """What is wrong in each row: with the row as a whole, then from left to right."""
    labels = {column.name: column.label for column in table.columns}
    found: dict[int, str] = {}
    for each in sorted(mistakes, key=lambda each: place.columns.get(each.column, 0)):
        words = f"{labels[each.column]}：{each.text}" if each.column in labels else each.text
        found[each.row] = f"{found[each.row]}；{words}" if each.row in found else words
    return found


def _plain(workbook: Workbook, table: Table, mistakes: Sequence[Mistake]) -> bytes:
    sheet = next(each for each in workbook.sheets if each.name in table.places)
    place = table.places[sheet.name]
    width = max(max(cells) for cells in sheet.rows.values())
    texts = {
        row: [cells[at].text if at in cells else "" for at in range(1, width + 1)]
        for row, cells in sheet.rows.items()
        if row >= place.head_row
    }
    labels = {column.name: column.label for column in table.columns}
    by_row: dict[int, list[Mistake]] = {}
    for each in mistakes:
        if each.sheet == sheet.name:
            by_row.setdefault(each.row, []).append(each)

    def marked(row: int) -> tuple[Sequence[str], dict[int, str], str]:
        cells = {
            place.columns[each.column] - 1: f"{labels[each.column]}：{each.text}"
            for each in by_row.get(row, ())
            if each.column in place.columns
        }
        whole = "；".join(each.text for each in by_row.get(row, ()) if each.column not in place.columns)
        return texts[row], cells, whole

    heads = [*texts.pop(place.head_row), ERROR_HEAD]
    return write_marked_table("核对结果", heads, (marked(row) for row in texts))
