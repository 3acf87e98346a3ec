"""From the bytes of a file to plain lists. Runs in the child process; raises SpreadsheetRefused."""

from __future__ import annotations

import csv
import io
import posixpath
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime, time, timedelta
from typing import IO, Any, Final

from python_calamine import CalamineError, CalamineSheet, CalamineWorkbook

from saas.spreadsheets.cells import STAMP, CellKind
from saas.spreadsheets.checking import SpreadsheetType
from saas.spreadsheets.limits import (
    MAX_CELLS,
    MAX_COLUMNS,
    MAX_HEAD,
    MAX_ROWS,
    MAX_SHEETS,
    MAX_TEXT,
    MAX_UNPACKED,
    RUNS,
    SpreadsheetRefused,
)
from saas.spreadsheets.scanning import (
    SheetShape,
    Tally,
    broken,
    outside,
    read_elements,
    scan_sheet,
    shared_string_lengths,
    too_long,
    too_many_cells,
)

_WORKBOOK = "xl/workbook.xml"
_LINKS = "xl/_rels/workbook.xml.rels"
_STRINGS = "xl/sharedstrings.xml"
_KEPT = ("[content_types].xml", "_rels/.rels", _WORKBOOK, _LINKS, _STRINGS, "xl/styles.xml")
_PIECE = 64 * 1024
_TEXT, _NUMBER = CellKind.TEXT.value, CellKind.NUMBER.value
EXACT_LIMIT: Final = 10**15  # spreadsheet programs keep 15 digits of a number

Parsed = dict[str, Any]


def parse(content: bytes, file_type: SpreadsheetType) -> Parsed:
    """Return `{"encoding": …, "sheets": [{"name", "rows", "merged", "hidden_rows", "hidden_columns"}]}`.

    A row is `[number, [[column, kind, text], …]]`, rows and columns counted from 1. Of a template of ours there is
    also `"stamp": [[name, text], …]`, of its hidden sheet.
    """
    return _parse_workbook(content) if file_type is SpreadsheetType.XLSX else _parse_text(content)


class _Limited(io.RawIOBase):
    """A part of the archive that may not become larger than the directory promised for all."""

    def __init__(self, part: IO[bytes], budget: list[int]) -> None:
        self._part, self._budget = part, budget

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1) -> bytes:
        piece = self._part.read(size)
        self._budget[0] -= len(piece)
        if self._budget[0] < 0:
            raise too_many_cells()
        return piece


class _Archive:
    """The parts of a workbook by their names in small letters. Reading is counted against one budget."""

    def __init__(self, content: bytes) -> None:
        try:
            self.zip = zipfile.ZipFile(io.BytesIO(content))
        except (zipfile.BadZipFile, ValueError, NotImplementedError, EOFError) as error:
            raise broken() from error
        self.names = {entry.filename.lower(): entry.filename for entry in self.zip.infolist()}
        self.budget = [3 * MAX_UNPACKED]  # every part is read up to three times

    def open(self, name: str) -> Any:
        try:
            return _Limited(self.zip.open(self.names[name.lower()]), self.budget)
        except (KeyError, zipfile.BadZipFile, RuntimeError, NotImplementedError) as error:
            raise broken() from error

    def has(self, name: str) -> bool:
        return name.lower() in self.names

    def repacked(self, names: Sequence[str]) -> io.BytesIO:
        """An archive of only these parts, as they were read here: the parser sees nothing else."""
        buffer = io.BytesIO()
        with zipfile.ZipFile(buffer, "w", zipfile.ZIP_STORED) as target:
            for name in names:
                with target.open(self.names[name.lower()], "w") as copy:
                    part = self.open(name)
                    while piece := part.read(_PIECE):
                        copy.write(piece)
        buffer.seek(0)
        return buffer


def _parse_workbook(content: bytes) -> Parsed:
    try:
        archive = _Archive(content)
        sheets = _visible_sheets(archive)
        shapes, parts = _scan(archive, sheets)
        kept = [*(part for part in _KEPT if archive.has(part)), *parts]
        with CalamineWorkbook.from_filelike(archive.repacked(kept)) as workbook:
            found = [_sheet(workbook.get_sheet_by_name(name), shapes[name]) for name in sheets]
            stamp = [_stamp(each) for each in found if each["name"] == STAMP]
    except (CalamineError, zipfile.BadZipFile, EOFError, zipfile.zlib.error) as error:  # type: ignore[attr-defined]
        raise broken() from error
    seen = [each for each in found if each["name"] != STAMP]
    return {"encoding": "", "sheets": seen, "stamp": stamp[0] if stamp else []}


def _stamp(sheet: Parsed) -> list[list[str]]:
    """The names and texts of the first two columns. A formula or an error in one of them says nothing."""
    said = []
    for _, cells in sheet["rows"]:
        texts = {column: text for column, kind, text in cells if kind in (CellKind.TEXT, CellKind.NUMBER)}
        if 1 in texts:
            said.append([texts[1], texts.get(2, "")])
    return said


def _visible_sheets(archive: _Archive) -> Mapping[str, str]:
    """The visible work sheets in their order, and the one with the stamp: name → part."""
    links = {
        link.get("Id", ""): link.get("Target", "")
        for link in read_elements(archive.open(_LINKS), "Relationship")
        if link.get("Type", "").endswith("/worksheet") and link.get("TargetMode") != "External"
    }
    found = {}
    for sheet in read_elements(archive.open(_WORKBOOK), "sheet"):
        target = next((links[value] for key, value in sheet.items() if key.endswith(":id") and value in links), None)
        is_seen = sheet.get("state", "visible") == "visible" or sheet.get("name") == STAMP
        if target is not None and is_seen:
            found[sheet.get("name", "")] = posixpath.normpath(posixpath.join("xl", target)).lstrip("/")
    if not found.keys() - {STAMP} or len(found) > MAX_SHEETS:
        raise SpreadsheetRefused("“{name}”里没有可读的工作表，或超过 {limit} 张。请只留下要导入的表", limit=MAX_SHEETS)
    return found


def _scan(archive: _Archive, sheets: Mapping[str, str]) -> tuple[dict[str, SheetShape], list[str]]:
    """Look through everything the parser will read; return the shapes of the sheets and the parts of all sheets."""
    tally = Tally()
    for part in _KEPT:
        if archive.has(part) and part != _STRINGS:
            read_elements(archive.open(part), "nothing wanted")
    lengths = shared_string_lengths(archive.open(_STRINGS)) if archive.has(_STRINGS) else []
    shapes = {name: scan_sheet(archive.open(part), lengths, tally) for name, part in sheets.items()}
    return shapes, list(dict.fromkeys(sheets.values()))


def _sheet(sheet: CalamineSheet, shape: SheetShape) -> Parsed:
    # The parser gives every row from the first one on, but in it only the cells from the first filled column on.
    first_column = sheet.start[1] + 1 if sheet.start else 1
    return {
        "name": sheet.name,
        "rows": _rows(sheet.iter_rows() if sheet.start else iter(()), first_column, shape),
        "merged": [[a + 1, b + 1, c + 1, d + 1] for (a, b), (c, d) in sheet.merged_cell_ranges or ()],
        "hidden_rows": shape.hidden_rows,
        "hidden_columns": sorted(shape.hidden_columns),
    }


def _rows(rows: Iterator[list[Any]], first_column: int, shape: SheetShape) -> list[Any]:
    special = _special_cells(shape)
    found = []
    for number, values in enumerate(rows, start=1):
        cells = [
            [column, *_kind_and_text(value)] for column, value in enumerate(values, start=first_column) if value != ""
        ]
        if number in special:
            cells = _with_special(cells, special.pop(number))
        if cells:
            found.append([number, cells])
    found += [[number, _with_special([], cells)] for number, cells in special.items()]
    return sorted(found, key=lambda row: row[0])


def _special_cells(shape: SheetShape) -> dict[int, dict[int, tuple[str, str]]]:
    """Errors and formulas by row and column: they take the place of what the parser found there."""
    found: dict[int, dict[int, tuple[str, str]]] = {}
    for (row, column), text in shape.errors.items():
        found.setdefault(row, {})[column] = (CellKind.ERROR.value, text)
    for row, column in shape.formulas:
        found.setdefault(row, {})[column] = (CellKind.FORMULA.value, "")
    return found


def _with_special(cells: list[list[Any]], special: Mapping[int, tuple[str, str]]) -> list[list[Any]]:
    by_column = {cell[0]: cell for cell in cells}
    for column, (kind, text) in special.items():
        by_column[column] = [column, kind, text or by_column.get(column, ["", "", ""])[2]]
    return [by_column[column] for column in sorted(by_column)]


def _kind_and_text(value: object) -> tuple[str, str]:
    if type(value) is str:  # nearly all of them are texts and numbers
        return _TEXT, value
    if type(value) is float or type(value) is int:
        return _number(value)
    match value:
        case bool():
            return CellKind.YES_NO.value, str(int(value))
        case datetime():
            return CellKind.MOMENT.value, value.isoformat()
        case date():
            return CellKind.DAY.value, value.isoformat()
        case time():
            return CellKind.TIME.value, value.isoformat()
        case timedelta():
            return CellKind.TIME.value, str(value)
        case _:
            return _TEXT, str(value)


def _number(value: int | float) -> tuple[str, str]:
    """The figures of a number without exponent, as many as the program that wrote it shows (15)."""
    if abs(value) >= EXACT_LIMIT:
        return CellKind.BLURRED.value, f"{value:.0f}"[:40]
    whole = int(value)
    if value == whole:
        return _NUMBER, str(whole)
    return _NUMBER, f"{value:.15f}".rstrip("0") if abs(value) < 1e-4 else f"{value:.15g}"


def _parse_text(content: bytes) -> Parsed:
    text, encoding = decode(content)
    rows, count = [], 0
    csv.field_size_limit(MAX_TEXT)
    try:
        for number, values in enumerate(csv.reader(io.StringIO(text, newline=""), delimiter=_delimiter(text)), start=1):
            cells = [
                [column, CellKind.TEXT.value, _without_guard(value)]
                for column, value in enumerate(values, start=1)
                if value
            ]
            count += len(cells)
            if number > MAX_ROWS + MAX_HEAD or len(values) > MAX_COLUMNS:
                raise outside(number, len(values))
            if count > MAX_CELLS:
                raise too_many_cells()
            if cells:
                rows.append([number, cells])
    except csv.Error as error:
        raise too_long() from error
    sheet = {"name": "", "rows": rows, "merged": [], "hidden_rows": 0, "hidden_columns": []}
    return {"encoding": encoding, "sheets": [sheet]}


def _without_guard(text: str) -> str:
    """The text without the apostrophe that an export puts before what a program would run."""
    return text[1:] if text.startswith("'") and text[1:].startswith(RUNS) else text


def decode(content: bytes) -> tuple[str, str]:
    """The text and its encoding: UTF-8 with or without mark, or GB18030 (GBK and GB2312 are parts of it)."""
    for encoding, shown in (("utf-8-sig", "UTF-8"), ("gb18030", "GB18030")):
        try:
            return content.decode(encoding), shown
        except UnicodeDecodeError:
            continue
    raise SpreadsheetRefused(
        "“{name}”的文字编码认不出来。请用表格软件打开，另存为“CSV UTF-8（逗号分隔）”或 .xlsx 后再上传"
    )


def _delimiter(text: str) -> str:
    """What stands between the cells: the most frequent of comma, tab and semicolon among the first lines."""
    beginning = "\n".join(text[:8192].splitlines()[:5])
    return max(",\t;", key=beginning.count)
