"""Looking through the XML of a workbook piece by piece, before a parser may build anything from it.

Runs in the child process. A document type, too many cells, a reference far outside, a text too long: the first one
ends the reading. What is left is small, and the parser gets exactly the parts that were looked at.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import BinaryIO
from xml.parsers import expat

from saas.spreadsheets.cells import column_letters
from saas.spreadsheets.limits import (
    MAX_ALL_TEXT,
    MAX_AREA,
    MAX_CELLS,
    MAX_COLUMNS,
    MAX_DEPTH,
    MAX_HEAD,
    MAX_MERGED,
    MAX_ROWS,
    MAX_TEXT,
    SpreadsheetRefused,
)

_PIECE = 64 * 1024
_REFERENCE = re.compile(r"([A-Z]{1,3})([0-9]{1,7})")
_MOST_STRINGS = 2 * MAX_CELLS
_VALUES = ("v", "t", "is")

Attributes = Mapping[str, str]


@dataclass(slots=True)
class Tally:
    """What all sheets together hold so far."""

    cells: int = 0
    characters: int = 0


@dataclass(slots=True)
class SheetShape:
    """What the parser does not tell: which cells are formulas or errors, and what is hidden."""

    formulas: set[tuple[int, int]] = field(default_factory=set)
    errors: dict[tuple[int, int], str] = field(default_factory=dict)
    hidden_rows: int = 0
    hidden_columns: set[int] = field(default_factory=set)


class _Reader:
    """An expat parser that knows local names only, and refuses what no spreadsheet program writes."""

    def __init__(self) -> None:
        self.depth = 0
        parser = expat.ParserCreate()
        parser.buffer_text = True
        parser.StartDoctypeDeclHandler = self._doctype
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end
        self.parser = parser

    def read(self, file: BinaryIO) -> None:
        try:
            while piece := file.read(_PIECE):
                self.parser.Parse(piece, False)
            self.parser.Parse(b"", True)
        except expat.ExpatError as error:
            raise broken() from error

    def _doctype(self, *_: object) -> None:
        raise SpreadsheetRefused(
            "“{name}”里有不该有的内容（XML 文档类型声明）。请用表格软件打开，另存为新的 .xlsx 后再上传"
        )

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        self.depth += 1
        if self.depth > MAX_DEPTH:
            raise broken()
        self.opened(name if ":" not in name else name.rpartition(":")[2], attributes)

    def _end(self, name: str) -> None:
        self.depth -= 1
        self.closed(name if ":" not in name else name.rpartition(":")[2])

    def opened(self, name: str, attributes: Attributes) -> None:
        """An element begins."""

    def closed(self, name: str) -> None:
        """An element ends."""


def broken() -> SpreadsheetRefused:
    """The refusal of a file whose inside does not fit together. Its name is filled in by the caller."""
    return SpreadsheetRefused("“{name}”已损坏或没有传完整。请用表格软件打开确认，另存后重新上传")


class _Elements(_Reader):
    """Hands every element of one name to a function."""

    def __init__(self, wanted: str, take: Callable[[Attributes], None]) -> None:
        super().__init__()
        self.wanted, self.take = wanted, take

    def opened(self, name: str, attributes: Attributes) -> None:
        if name == self.wanted:
            self.take(attributes)


def read_elements(file: BinaryIO, wanted: str) -> list[Attributes]:
    """The attributes of every element of one name, in order."""
    found: list[Attributes] = []
    _Elements(wanted, found.append).read(file)
    return found


class _SharedStrings(_Reader):
    def __init__(self) -> None:
        super().__init__()
        self.lengths: list[int] = []
        self.is_text = False
        self.parser.CharacterDataHandler = self._text

    def opened(self, name: str, attributes: Attributes) -> None:
        if name == "si":
            if len(self.lengths) >= _MOST_STRINGS:
                raise too_many_cells()
            self.lengths.append(0)
        self.is_text = name == "t"

    def closed(self, name: str) -> None:
        self.is_text = False

    def _text(self, text: str) -> None:
        if self.is_text and self.lengths:
            self.lengths[-1] += len(text)
            if self.lengths[-1] > MAX_TEXT:
                raise too_long()


def shared_string_lengths(file: BinaryIO) -> list[int]:
    """How many characters each shared text has: one text may be used by every cell."""
    reader = _SharedStrings()
    reader.read(file)
    return reader.lengths


class _SheetReader(_Reader):
    """Half a million elements of a large sheet pass here, nearly all of them cells and their values: these are dealt
    with where they come in.
    """

    def __init__(self, lengths: Sequence[int], tally: Tally) -> None:
        super().__init__()
        self.lengths, self.shape = lengths, SheetShape()
        self.cells, self.characters = tally.cells, tally.characters
        self.row = self.column = self.merged = 0
        self.last_row = self.last_column = 0
        self.row_text, self.kind = "0", ""
        self.is_counted = False
        self.value: str | None = None
        self.parser.CharacterDataHandler = self._text

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        if name == "c":
            self.depth += 1
            self._cell(attributes)
        elif name == "v":
            self.depth += 1
            if not self.is_counted:
                self._filled()
            self.value = ""
        else:
            super()._start(name, attributes)
            return
        if self.depth > MAX_DEPTH:
            raise broken()

    def _end(self, name: str) -> None:
        self.depth -= 1
        if self.value is not None:
            self.closed(name if ":" not in name else name.rpartition(":")[2])

    def opened(self, name: str, attributes: Attributes) -> None:
        if name == "c":
            self._cell(attributes)
        elif name in _VALUES:
            self._filled()
            self.value = ""
        elif name == "f":
            self._filled()
            self.shape.formulas.add((self.row, self.column))
        elif name == "row":
            self._row(attributes)
        elif name == "col":
            self._columns(attributes)
        elif name == "mergeCell":
            self.merged += 1
            if self.merged > MAX_MERGED:
                raise broken()

    def _row(self, attributes: Attributes) -> None:
        self.row = _whole(attributes.get("r"), self.row + 1)
        self.row_text, self.column = str(self.row), 0
        self.shape.hidden_rows += attributes.get("hidden") in ("1", "true")

    def _cell(self, attributes: Attributes) -> None:
        self.kind, self.is_counted = attributes.get("t", ""), False
        reference = attributes.get("r")
        if reference is None:
            self.column += 1
            return
        letters = reference.removesuffix(self.row_text)
        if letters in _LETTERS and len(letters) + len(self.row_text) == len(reference):
            self.column = _LETTERS[letters]  # as nearly always: a cell of the row that it stands in
            return
        found = _REFERENCE.fullmatch(reference)
        if found is None:
            raise broken()
        self.column, self.row = _column_number(found[1]), int(found[2])
        self.row_text = str(self.row)

    def _columns(self, attributes: Attributes) -> None:
        if attributes.get("hidden") in ("1", "true"):
            first, last = _whole(attributes.get("min"), 1), _whole(attributes.get("max"), 1)
            self.shape.hidden_columns.update(range(first, min(last, MAX_COLUMNS) + 1))

    def _filled(self) -> None:
        """A cell with something in it: formats alone, down to the last row, do no harm."""
        if self.is_counted:
            return
        self.is_counted = True
        self.cells += 1
        if self.row > self.last_row or self.column > self.last_column:
            self.last_row, self.last_column = max(self.row, self.last_row), max(self.column, self.last_column)
            if self.last_row > MAX_ROWS + MAX_HEAD or self.last_column > MAX_COLUMNS:
                raise outside(self.row, self.column)
            if self.last_row * self.last_column > MAX_AREA:
                raise too_many_cells()
        if self.cells > MAX_CELLS:
            raise too_many_cells()

    def closed(self, name: str) -> None:
        if self.value is None or name not in _VALUES:
            return
        text, self.value = self.value, None
        is_value = name == "v"
        if is_value and self.kind == "e":
            self.shape.errors[self.row, self.column] = text[:20]
        self.characters += self._shared_length(text) if is_value and self.kind == "s" else len(text)
        if self.characters > MAX_ALL_TEXT:
            raise too_many_cells()

    def _shared_length(self, text: str) -> int:
        try:
            return self.lengths[int(text)]
        except (ValueError, IndexError) as error:
            raise broken() from error

    def _text(self, text: str) -> None:
        if self.value is not None:
            self.value += text
            if len(self.value) > MAX_TEXT:
                raise too_long()


def scan_sheet(file: BinaryIO, lengths: Sequence[int], tally: Tally) -> SheetShape:
    """Read a sheet through and return its shape. Raises SpreadsheetRefused where it is too large."""
    reader = _SheetReader(lengths, tally)
    reader.read(file)
    tally.cells, tally.characters = reader.cells, reader.characters
    return reader.shape


def _whole(text: str | None, otherwise: int) -> int:
    if text is None:
        return otherwise
    if not text.isascii() or not text.isdigit() or len(text) > 7:
        raise broken()
    return int(text)


@cache
def _column_number(letters: str) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + ord(letter) - ord("A") + 1
    return number


_LETTERS: Mapping[str, int] = {column_letters(number): number for number in range(1, MAX_COLUMNS + 1)}


def outside(row: int, column: int) -> SpreadsheetRefused:
    """The refusal of content outside the rows and columns that are read."""
    return SpreadsheetRefused(
        "“{name}”的第 {row} 行第 {column} 列还有内容，超出了 {rows} 行、{columns} 列。"
        "请删去表格以外的内容，或把表格复制到新工作簿、分成几个文件",
        row=row,
        column=column,
        rows=MAX_ROWS,
        columns=MAX_COLUMNS,
    )


def too_many_cells() -> SpreadsheetRefused:
    return SpreadsheetRefused(
        "“{name}”内容过多，一次最多 {cells} 万格。请分成几个文件，分几次上传", cells=MAX_CELLS // 10_000
    )


def too_long() -> SpreadsheetRefused:
    return SpreadsheetRefused("“{name}”里有一格超过 {limit} 个字。请缩短后再上传", limit=MAX_TEXT)
