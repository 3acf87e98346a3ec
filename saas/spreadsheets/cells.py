"""What is read from a file, before anybody knows what its columns mean."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import NamedTuple

from saas.spreadsheets.checking import SpreadsheetType

STAMP = "模板信息"  # the sheet on which a template says what it is for: two columns, name and text


class CellKind(StrEnum):
    """What a cell holds. One letter each: it travels between processes for every cell."""

    TEXT = "t"
    NUMBER = "n"  # `text` holds its figures without exponent
    DAY = "d"  # ISO 8601
    MOMENT = "m"  # ISO 8601
    TIME = "h"  # ISO 8601
    YES_NO = "b"  # 1 or 0
    FORMULA = "f"
    ERROR = "e"  # #N/A, #REF! …
    BLURRED = "x"  # a number of more than 15 digits: the program that wrote the file has lost the last ones


class Cell(NamedTuple):
    """One filled cell. Rows and columns count from 1."""

    row: int
    column: int
    kind: CellKind
    text: str

    @property
    def address(self) -> str:
        """The address as spreadsheet programs show it, e.g. C12."""
        return f"{column_letters(self.column)}{self.row}"


Range = tuple[int, int, int, int]  # first row, first column, last row, last column


@dataclass(frozen=True, slots=True)
class Sheet:
    """One visible sheet. `rows` has the rows with a filled cell, in order; hidden ones are among them."""

    name: str
    rows: Mapping[int, Mapping[int, Cell]]
    merged: tuple[Range, ...] = ()
    hidden_rows: int = 0
    hidden_columns: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Workbook:
    """The visible sheets of a file. `encoding` is that of a text file, else empty.

    `stamp` is what a template that we wrote says of itself on a sheet that nobody sees; empty for any other file.
    """

    type: SpreadsheetType
    sheets: tuple[Sheet, ...]
    encoding: str = ""
    stamp: Mapping[str, str] = field(default_factory=dict)


def column_letters(column: int) -> str:
    """The letters of a column that counts from 1: 1 is A, 27 is AA."""
    letters = ""
    while column:
        column, rest = divmod(column - 1, 26)
        letters = chr(ord("A") + rest) + letters
    return letters
