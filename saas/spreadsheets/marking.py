"""Writing mistakes into the user's own workbook: a comment and a colour at the cell, a column of errors at the end.

Runs in the child process. The workbook keeps its formats, widths and other sheets; marks of an earlier time are taken
away first.
"""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from typing import Any

import openpyxl
from openpyxl.comments import Comment
from openpyxl.styles import Alignment, Font, PatternFill
from openpyxl.utils.exceptions import InvalidFileException

from saas.spreadsheets.scanning import broken
from saas.spreadsheets.tables import ERROR_HEAD

AUTHOR = "导入核对"
_FILL = "FFFFD9D6"
_RED = "FFB3261E"
_COMMENT_WIDTH, _COMMENT_HEIGHT = 260, 90


def mark_workbook(content: bytes, marks: Sequence[Mapping[str, Any]]) -> bytes:
    """Return the workbook with its mistakes marked.

    `marks`: one for each sheet, `{"sheet", "head_row", "cells": [[row, column, text]], "rows": [[row, text]]}`.
    """
    try:
        workbook = openpyxl.load_workbook(io.BytesIO(content))
        for each in marks:
            _mark_sheet(workbook[each["sheet"]], each)
    except (InvalidFileException, KeyError, ValueError, TypeError, AttributeError, IndexError) as error:
        raise broken() from error
    buffer = io.BytesIO()
    workbook.save(buffer)
    return buffer.getvalue()


def _mark_sheet(sheet: Any, marks: Mapping[str, Any]) -> None:
    sheet.protection.disable()
    _forget_earlier_marks(sheet)
    tops = _tops_of_merged(sheet)
    fill = PatternFill("solid", fgColor=_FILL)
    for row, column, text in marks["cells"]:
        cell = sheet.cell(*tops.get((row, column), (row, column)))
        cell.fill = fill
        before = f"{cell.comment.text}\n" if cell.comment is not None else ""
        cell.comment = Comment(before + text, AUTHOR, width=_COMMENT_WIDTH, height=_COMMENT_HEIGHT)
    _write_error_column(sheet, marks)


def _write_error_column(sheet: Any, marks: Mapping[str, Any]) -> None:
    head_row, place = marks["head_row"], _error_column(sheet, marks["head_row"])
    head = sheet.cell(head_row, place, ERROR_HEAD)
    head.font, head.fill = Font(bold=True, color=_RED), PatternFill("solid", fgColor=_FILL)
    sheet.column_dimensions[openpyxl.utils.get_column_letter(place)].width = 48
    for row, text in marks["rows"]:
        cell = sheet.cell(row, place)
        cell.value = text
        cell.data_type = "s"  # never a formula, whatever it begins with
        cell.font, cell.alignment = Font(color=_RED), Alignment(wrap_text=True, vertical="top")
    if marks["rows"]:
        last = max(sheet.max_row, head_row + 1)
        sheet.auto_filter.ref = f"A{head_row}:{openpyxl.utils.get_column_letter(place)}{last}"


def _error_column(sheet: Any, head_row: int) -> int:
    """The column of errors of an earlier time, emptied, or the first free one after the heads and every filled cell."""
    for column in range(1, sheet.max_column + 1):
        if sheet.cell(head_row, column).value == ERROR_HEAD:
            for row in range(head_row, sheet.max_row + 1):
                sheet.cell(row, column).value = None
            return column
    filled = (cell.column for row in sheet.iter_rows() for cell in row if cell.value is not None)
    merged = (area.max_col for area in sheet.merged_cells.ranges)
    return max([*filled, *merged], default=0) + 1


def _forget_earlier_marks(sheet: Any) -> None:
    for row in sheet.iter_rows():
        for cell in row:
            if getattr(cell, "comment", None) is not None and cell.comment.author == AUTHOR:
                cell.comment = None
                cell.fill = PatternFill(fill_type=None)


def _tops_of_merged(sheet: Any) -> dict[tuple[int, int], tuple[int, int]]:
    """The place that carries the content of a merged area, for each other place of it."""
    return {
        (row, column): (area.min_row, area.min_col)
        for area in sheet.merged_cells.ranges
        for row in range(area.min_row, min(area.max_row, sheet.max_row) + 1)
        for column in range(area.min_col, area.max_col + 1)
    }
