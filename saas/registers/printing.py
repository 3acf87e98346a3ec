"""Setting a register as its paper form (纸质台账): the view of the print template, and its PDF."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Final

from saas.documents.fonts import FontSet
from saas.documents.pdf import html_to_pdf, page_html
from saas.domain.paper_table import Cell, HeadCell, PaperTable, cell_text
from saas.spreadsheets.writing import display_width

SHEET: Final = "register.css"
MASKED_MARK: Final = "含个人信息，已作遮盖处理"
PLAIN_MARK: Final = "含个人信息，注意保管，用后销毁"
_MANY_COLUMNS: Final = 10  # from here on the table is set smaller
_NARROW, _BROAD = 5, 30  # characters of half width that a column counts as, at least and at most
_SHORT = 14  # characters of half width
_LOOKED_AT = 200  # rows that say how wide a column is


@dataclass(frozen=True, slots=True)
class Sheet:
    """What stands around the table: whose it is, on which day, who signs, and what a reader must know."""

    unit: str
    printed_on: date
    signatures: tuple[str, ...] = ()
    author: str = ""
    mark: str = ""

    @property
    def above(self) -> tuple[str, ...]:
        """The line under the title."""
        return (f"填报单位：{self.unit}", f"填报日期：{day_in_words(self.printed_on)}")

    @property
    def below(self) -> tuple[str, ...]:
        """The line of those who sign; whoever filled it in is known."""
        known = {"填报单位": self.unit, "填表人": self.author}
        return (*(f"{each}：{known.get(each, '')}" for each in self.signatures), day_in_words(self.printed_on))


def day_in_words(day: date) -> str:
    """2026年3月5日."""
    return f"{day.year}年{day.month}月{day.day}日"


@dataclass(frozen=True, slots=True)
class _PrintedCell:
    text: str
    look: str = ""


@dataclass(frozen=True, slots=True)
class _View:
    """Everything that the template shows, ready to be shown."""

    table: PaperTable
    sheet: Sheet

    @property
    def unit(self) -> str:
        return self.sheet.unit

    @property
    def mark(self) -> str:
        return self.sheet.mark

    @property
    def printed_on(self) -> date:
        return self.sheet.printed_on

    @property
    def printed(self) -> str:
        return f"打印：{self.sheet.author} {self.sheet.printed_on.isoformat()}" if self.sheet.author else ""

    @property
    def above(self) -> tuple[str, ...]:
        return self.sheet.above

    @property
    def below(self) -> tuple[str, ...]:
        return self.sheet.below

    @property
    def is_wide(self) -> bool:
        return len(self.table.columns) > _MANY_COLUMNS

    @property
    def head_rows(self) -> list[list[HeadCell]]:
        return [[cell for cell in self.table.heads if cell.row == row] for row in range(self.table.head_rows)]

    @property
    def rows(self) -> list[list[_PrintedCell]]:
        centred = [_is_short(place, self.table) for place in range(len(self.table.columns))]
        return [
            [_printed(cell, is_short) for cell, is_short in zip(row, centred, strict=True)] for row in self.table.rows
        ]

    @property
    def total(self) -> list[_PrintedCell] | None:
        if self.table.total is None:
            return None
        return [_printed(cell, is_short=True) for cell in self.table.total]

    @property
    def widths(self) -> list[str]:
        """The share of each column in per cent, by what stands in it."""
        weights = [_weight(column.label, place, self.table) for place, column in enumerate(self.table.columns)]
        total = Decimal(sum(weights))
        return [f"{100 * weight / total:.2f}" for weight in weights]


def _printed(cell: Cell, is_short: bool) -> _PrintedCell:
    look = "cell--number" if isinstance(cell, Decimal) else "cell--center" if is_short else ""
    return _PrintedCell(cell_text(cell), look)


def _is_short(place: int, table: PaperTable) -> bool:
    """Whether everything in a column is short: then it stands in the middle, else at the left, one under the other."""
    return all(display_width(cell_text(row[place])) <= _SHORT for row in table.rows)


def _weight(label: str, place: int, table: PaperTable) -> int:
    texts = [cell_text(row[place]) for row in table.rows[:_LOOKED_AT]]
    longest = max((display_width(line) for text in texts for line in text.split("\n")), default=0)
    head = -(-display_width(label) // 2)  # heads may stand in two lines
    return min(max(longest, head, _NARROW), _BROAD) + 2


def register_pdf(table: PaperTable, sheet: Sheet, *, fonts: FontSet) -> bytes:
    """Return the register as a PDF: A4, the heads on every page, the pages counted."""
    html = page_html("register.html", view=_View(table, sheet))
    return html_to_pdf(html, fonts=fonts, sheet=SHEET)
