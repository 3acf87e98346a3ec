"""What a workbook may be, and the refusal that says so. The figures follow OWASP ASVS 5.0 chapter 5 (file handling)."""

from __future__ import annotations

from typing import Any, Final

from saas.domain.errors import DomainError

MEBI: Final = 1024 * 1024
MAX_BYTES: Final = 20 * MEBI  # of the file as it is sent
MAX_UNPACKED: Final = 100 * MEBI  # of all its parts together
MAX_RATIO: Final = 100  # unpacked to packed
MAX_ENTRIES: Final = 200  # parts of the archive; a workbook of forty sheets with comments has about 150
MAX_SHEETS: Final = 50
MAX_ROWS: Final = 20_000
MAX_COLUMNS: Final = 200
MAX_HEAD: Final = 30  # rows above the table: title, notes, heads
MAX_CELLS: Final = 500_000  # filled cells of all sheets
MAX_AREA: Final = 2_000_000  # rows × columns of one sheet, empty cells included: the parser holds them all
MAX_TEXT: Final = 32_767  # characters of one cell: what spreadsheet programs allow
MAX_ALL_TEXT: Final = 20_000_000  # characters of all cells; a shared text counts wherever it is used
MAX_DEPTH: Final = 64  # elements inside each other
MAX_MERGED: Final = 20_000
# What a spreadsheet program would run at the beginning of a cell, also in its full-width form.
RUNS: Final = ("=", "+", "-", "@", "\t", "\r", "＝", "＋", "－", "＠")


class SpreadsheetRefused(DomainError):  # noqa: N818  (reads as a sentence where it is raised)
    """A file cannot be taken as a table. The message says why and what to do. Only the caller knows the file's name."""

    code = "spreadsheet_refused"

    def __init__(self, text: str, /, *, name: str = "", **params: Any) -> None:
        super().__init__(text, name=name, **params)
