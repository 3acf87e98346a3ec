"""Writing a table as its paper form: title, merged heads, totals, who signs below, ready to be printed.

Nothing in it is a formula: what a spreadsheet program would run is written as a text, totals as the figures they are.
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import Any, Final

import xlsxwriter

from saas.domain.paper_table import Cell, PaperTable, cell_text
from saas.spreadsheets.writing import WIDEST, display_width, sheet_name

_OPTIONS: Final = {"strings_to_formulas": False, "strings_to_numbers": False, "strings_to_urls": False}
_A4: Final = 9
_NARROWEST: Final = 6
_MAX_DIGITS: Final = 15  # more of a number a spreadsheet program does not keep: it is written as a text
_LOOKED_AT: Final = 200  # rows that say how wide a column is


def write_paper(table: PaperTable, *, above: Sequence[str] = (), below: Sequence[str] = ()) -> bytes:
    """The table as a workbook. `above` stands under the title (unit, day), `below` at the end (who signs)."""
    buffer = io.BytesIO()
    with xlsxwriter.Workbook(buffer, _OPTIONS) as workbook:
        _Sheet(workbook, table).write(above, below)
    return buffer.getvalue()


class _Sheet:
    """One sheet being written from above to below."""

    def __init__(self, workbook: Any, table: PaperTable) -> None:
        self.table = table
        self.sheet = workbook.add_worksheet(sheet_name(table.title))
        self.last = len(table.columns) - 1
        base = {"font_name": "宋体", "font_size": 10.5, "valign": "vcenter", "text_wrap": True}
        boxed = {**base, "border": 1}
        add = workbook.add_format
        self.title = add({"font_name": "黑体", "font_size": 18, "align": "center", "valign": "vcenter"})
        self.plain = add(base)
        self.head = add({**boxed, "bold": True, "align": "center", "bg_color": "#EFEFEF"})
        self.text = add({**boxed, "num_format": "@"})
        self.number = add({**boxed, "align": "right"})
        self.day = add({**boxed, "num_format": "yyyy-mm-dd", "align": "center"})
        self.strong = add({**boxed, "bold": True, "align": "center", "num_format": "@"})
        self.sum = add({**boxed, "bold": True, "align": "right"})

    def write(self, above: Sequence[str], below: Sequence[str]) -> None:
        self.line(0, self.table.title, self.title)
        self.sheet.set_row(0, 32)
        first = 1 + self.spread(1, above)
        start = self.heads(first)
        row = start
        for row, cells in enumerate(self.table.rows, start=start):
            self.row(row, cells)
        row = start + len(self.table.rows)
        if self.table.total is not None:
            self.total(row, self.table.total)
            row += 1
        if self.table.note:
            self.line(row, self.table.note, self.plain)
            row += 1
        row += self.spread(row, below)
        self.page(first, start, max(row - 1, start))

    def line(self, row: int, text: str, look: Any) -> None:
        """A text across the whole table."""
        if self.last > 0:
            self.sheet.merge_range(row, 0, row, self.last, "", look)
        self.sheet.write_string(row, 0, text, look)

    def spread(self, row: int, texts: Sequence[str]) -> int:
        """Texts beside each other across the table, in one row if they have room; return how many rows they took."""
        if not texts:
            return 0
        if len(texts) > self.last + 1:
            self.line(row, "　　".join(texts), self.plain)
            return 1
        edges = [(self.last + 1) * place // len(texts) for place in range(len(texts) + 1)]
        for place, text in enumerate(texts):
            left, right = edges[place], edges[place + 1] - 1
            if right > left:
                self.sheet.merge_range(row, left, row, right, "", self.plain)
            self.sheet.write_string(row, left, text, self.plain)
        return 1

    def heads(self, first: int) -> int:
        for cell in self.table.heads:
            top, left = first + cell.row, cell.column
            bottom, right = top + cell.row_span - 1, left + cell.column_span - 1
            if (bottom, right) != (top, left):
                self.sheet.merge_range(top, left, bottom, right, "", self.head)
            self.sheet.write_string(top, left, cell.text, self.head)
        for place, column in enumerate(self.table.columns):
            cells = [row[place] for row in self.table.rows[:_LOOKED_AT]]
            self.sheet.set_column(place, place, _width(column.label, cells))
        return first + self.table.head_rows

    def row(self, row: int, cells: Sequence[Cell]) -> None:
        for place, cell in enumerate(cells):
            match cell:
                case None:
                    self.sheet.write_blank(row, place, None, self.text)
                case Decimal() if len(cell.as_tuple().digits) <= _MAX_DIGITS:
                    self.sheet.write_number(row, place, cell, self.number)
                case date():
                    self.sheet.write_datetime(row, place, cell, self.day)
                case _:
                    self.sheet.write_string(row, place, cell_text(cell), self.text)

    def total(self, row: int, cells: Sequence[Cell]) -> None:
        for place, cell in enumerate(cells):
            if isinstance(cell, Decimal) and len(cell.as_tuple().digits) <= _MAX_DIGITS:
                self.sheet.write_number(row, place, cell, self.sum)
            elif cell is None:
                self.sheet.write_blank(row, place, None, self.strong)
            else:
                self.sheet.write_string(row, place, cell_text(cell), self.strong)

    def page(self, first: int, start: int, last_row: int) -> None:
        """How it is printed: the heads on every sheet, nothing beside the table, the page's number below."""
        if self.table.is_landscape:
            self.sheet.set_landscape()
        self.sheet.set_paper(_A4)
        self.sheet.set_margins(left=0.5, right=0.5, top=0.6, bottom=0.7)
        self.sheet.center_horizontally()
        self.sheet.fit_to_pages(1, 0)
        self.sheet.repeat_rows(first, start - 1)
        self.sheet.print_area(0, 0, last_row, self.last)
        self.sheet.set_footer("&C第 &P 页，共 &N 页")
        self.sheet.freeze_panes(start, 0)


def _width(label: str, cells: Sequence[Cell]) -> float:
    texts = [label, *(line for cell in cells for line in cell_text(cell).split("\n"))]
    return min(max(max(display_width(text) for text in texts) + 2, _NARROWEST), WIDEST)
