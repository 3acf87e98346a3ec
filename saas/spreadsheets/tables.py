"""From sheets to rows: where the heads stand, which column is which, and what each cell says.

Above the table there may be a title and notes; heads may be merged over rows and columns; blank rows and rows that
begin with 示例 are left out. Several sheets with the same heads are one table.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from typing import Final

from saas.domain.errors import Message, message
from saas.spreadsheets.cells import Cell, CellKind, Sheet, Workbook, column_letters
from saas.spreadsheets.columns import CLEARED, NOT_APPLICABLE, Column, Value, half_width, read_cell
from saas.spreadsheets.limits import MAX_HEAD, MAX_ROWS, SpreadsheetRefused

ERROR_HEAD = "错误信息"  # the column that a marked workbook carries at its end; it is not read back
EXAMPLE = "示例"
NOTES = "填写说明"  # the sheet of a template that says how to fill it: not read, although it names the columns
_MOST_KNOWN: Final = 2_000  # different cells of a column that are remembered

_MARKS = re.compile(r"[\s*＊:：]|[（(](?:必填|选填|可不填|不可修改)[）)]")
_MEASURE = re.compile(r"[（(][^（）()]*[）)]$")


@dataclass(frozen=True, slots=True)
class TableRow:
    """One row that says something. `values` has what could be read (None: the cell is empty), `errors` the rest.

    A column that the file does not have is in neither. `cleared` are the columns in which （清空） was written,
    `not_applicable` those in which 不适用 was, where it may be.
    """

    sheet: str
    number: int
    values: Mapping[str, Value | None]
    errors: Mapping[str, Message]
    cleared: frozenset[str] = frozenset()
    not_applicable: frozenset[str] = frozenset()

    def text(self, name: str) -> str:
        """The value of a text column, "" if there is none."""
        value = self.values.get(name)
        return value if isinstance(value, str) else ""


@dataclass(frozen=True, slots=True)
class Place:
    """Where the table stands in one sheet: the row of its heads and the column of each name."""

    sheet: str
    head_row: int
    columns: Mapping[str, int]

    def address(self, row: int, name: str) -> str:
        """The address of a cell, e.g. C12. Without its column: the whole row."""
        return f"{column_letters(self.columns[name])}{row}" if name in self.columns else str(row)


@dataclass(frozen=True, slots=True)
class Table:
    """What a file says, row by row in its order."""

    columns: tuple[Column, ...]
    places: Mapping[str, Place]
    rows: tuple[TableRow, ...]
    notices: tuple[Message, ...] = ()

    def has(self, name: str) -> bool:
        """Whether the file has the column, at least on one sheet."""
        return any(name in place.columns for place in self.places.values())

    def address(self, row: TableRow, name: str) -> str:
        return self.places[row.sheet].address(row.number, name)


@dataclass(slots=True)
class _Heads:
    row: int
    columns: dict[str, int]
    unknown: list[str] = field(default_factory=list)
    twice: list[tuple[str, str, str]] = field(default_factory=list)


def heads_found(sheet: Sheet, columns: Sequence[Column]) -> frozenset[str]:
    """The names of the columns whose heads a sheet has: by which of several tables it is to be read."""
    heads = _find_heads(sheet, columns)
    return frozenset(heads.columns) if heads is not None else frozenset()


def read_table(workbook: Workbook, columns: Sequence[Column], name: str = "", *, may_be_empty: bool = False) -> Table:
    """Find the table with these columns and read it. Raises SpreadsheetRefused if the heads are not there.

    A table of which only the heads are there is refused, unless it `may_be_empty`: one of several in a workbook.
    """
    found = [(sheet, heads) for sheet in workbook.sheets if (heads := _find_heads(sheet, columns)) is not None]
    required = [column for column in columns if column.is_required]
    complete = [(sheet, heads) for sheet, heads in found if all(each.name in heads.columns for each in required)]
    if not complete:
        raise _heads_missing(found, required, name)
    for _, heads in complete:
        if heads.twice:
            label, first, second = heads.twice[0]
            raise SpreadsheetRefused(
                "“{name}”的表头中“{label}”出现了两次（{first}、{second}）。请只留一列",
                name=name,
                label=label,
                first=first,
                second=second,
            )
    rows = tuple(row for sheet, heads in complete for row in _rows(sheet, heads, columns))
    if len(rows) > MAX_ROWS:
        raise SpreadsheetRefused("“{name}”超过 {rows} 行。请分成几个文件，分几次上传", name=name, rows=MAX_ROWS)
    if not rows and not may_be_empty:
        raise SpreadsheetRefused("“{name}”只有表头，没有内容。请在表头下面填写后再上传", name=name)
    places = {sheet.name: Place(sheet.name, heads.row, heads.columns) for sheet, heads in complete}
    return Table(tuple(columns), places, rows, tuple(_notices(complete)))


def _heads_missing(found: Sequence[tuple[Sheet, _Heads]], required: Sequence[Column], name: str) -> SpreadsheetRefused:
    best = max((heads for _, heads in found), key=lambda heads: len(heads.columns), default=None)
    missing = [each.label for each in required if best is None or each.name not in best.columns]
    return SpreadsheetRefused(
        "“{name}”里没有找到表头：缺少“{missing}”列。请用本页下载的模板，或把列名改成与模板一致",
        name=name,
        missing="”“".join(missing),
    )


def _find_heads(sheet: Sheet, columns: Sequence[Column]) -> _Heads | None:
    """The heads: of the first rows the one that names the most columns, the last of them if several do."""
    if sheet.name == NOTES:
        return None
    known = _known_heads(columns)
    merged = _merged_texts(sheet)
    best: _Heads | None = None
    for row in [number for number in sheet.rows if number <= MAX_HEAD]:
        heads = _heads_in(sheet, row, known, merged)
        if heads.columns and (best is None or len(heads.columns) >= len(best.columns)):
            best = heads
    return best


def _known_heads(columns: Sequence[Column]) -> dict[str, Column]:
    """Comparable head → column. The full label and the label of a column win over the aliases of another."""
    known: dict[str, Column] = {}
    for place in range(max((len(column.heads) for column in columns), default=0)):
        for column in columns:
            if place < len(column.heads):
                known.setdefault(_comparable(column.heads[place]), column)
    return known


def _comparable(head: str) -> str:
    return _MARKS.sub("", half_width(head)).lower()


def _merged_texts(sheet: Sheet) -> dict[tuple[int, int], str]:
    """The text of a merged area at each of its places, as far down as heads may stand."""
    found = {}
    for top, left, bottom, right in sheet.merged:
        cell = sheet.rows.get(top, {}).get(left)
        if cell is not None and top <= MAX_HEAD:
            for row in range(top, min(bottom, MAX_HEAD) + 1):
                for column in range(left, right + 1):
                    found[row, column] = cell.text
    return found


def _heads_in(sheet: Sheet, row: int, known: Mapping[str, Column], merged: Mapping[tuple[int, int], str]) -> _Heads:
    heads = _Heads(row, {})
    cells = sheet.rows.get(row, {})
    places = sorted({*cells, *(column for line, column in merged if line == row)})
    for place in places:
        own = cells[place].text if place in cells else merged[row, place]
        upper = sheet.rows.get(row - 1, {}).get(place)
        above = merged.get((row - 1, place)) or (upper.text if upper is not None else "")
        column = _match(own, above, known)
        if column is None:
            is_first = place in cells or merged.get((row, place - 1)) != own
            if is_first and own.strip():
                heads.unknown.append(f"{own.strip()[:20]}（{column_letters(place)}）")
        elif column.name in heads.columns:
            if _is_own_column(place, heads.columns[column.name], row, merged):
                first = column_letters(heads.columns[column.name])
                heads.twice.append((column.label, first, column_letters(place)))
        else:
            heads.columns[column.name] = place
    return heads


def _is_own_column(place: int, known: int, row: int, merged: Mapping[tuple[int, int], str]) -> bool:
    """Whether a head that was found twice is two heads, not one that was merged over several columns."""
    return any((row, each) not in merged for each in range(known, place + 1))


def _match(own: str, above: str, known: Mapping[str, Column]) -> Column | None:
    head = _comparable(own)
    if not head:
        return None
    candidates = [head, _MEASURE.sub("", head), _comparable(above) + head]
    return next((known[each] for each in candidates if each in known), None)


class _Mark(Enum):
    """What a cell says of its column instead of a value."""

    CLEARED = CLEARED
    NOT_APPLICABLE = NOT_APPLICABLE


class _Reader:
    """One column of a sheet. The cells of a column say the same few things again and again: each is read once."""

    def __init__(self, column: Column, place: int) -> None:
        self.column, self.name, self.place = column, column.name, place
        self.is_demanded = column.is_required and not column.is_cell_optional
        self.known: dict[tuple[CellKind, str], Value | Message | _Mark | None] = {}

    def read(self, cell: Cell) -> Value | Message | _Mark | None:
        said = cell.kind, cell.text
        if said in self.known:
            return self.known[said]
        found = self.read_anew(cell)
        if len(self.known) < _MOST_KNOWN:
            self.known[said] = found
        return found

    def read_anew(self, cell: Cell) -> Value | Message | _Mark | None:
        mark = cell.text.strip()
        if mark == CLEARED:
            return _Mark.CLEARED
        if mark == NOT_APPLICABLE and self.column.may_not_apply:
            return _Mark.NOT_APPLICABLE
        return read_cell(cell, self.column)


def _rows(sheet: Sheet, heads: _Heads, columns: Sequence[Column]) -> Iterator[TableRow]:
    readers = [_Reader(column, heads.columns[column.name]) for column in columns if column.name in heads.columns]
    places = sorted(reader.place for reader in readers)
    shared = _shared_cells(sheet, heads.row)
    for number, own in sheet.rows.items():
        if number <= heads.row:
            continue
        cells = {**own, **shared[number]} if number in shared else own
        mine = [cells[place] for place in places if place in cells]
        if not any(cell.kind is not CellKind.TEXT or cell.text.strip() for cell in mine):
            continue
        if not mine[0].text.strip().startswith(EXAMPLE):
            yield _row(sheet.name, number, readers, cells)


def _shared_cells(sheet: Sheet, head_row: int) -> dict[int, dict[int, Cell]]:
    """A cell that was merged over several rows says the same for each row that has something else in it."""
    found: dict[int, dict[int, Cell]] = {}
    for top, left, bottom, _ in sheet.merged:
        cell = sheet.rows.get(top, {}).get(left)
        if cell is not None and top > head_row:
            for row in range(top + 1, min(bottom, MAX_ROWS + MAX_HEAD) + 1):
                if row in sheet.rows:
                    found.setdefault(row, {})[left] = cell._replace(row=row)
    return found


def _row(sheet: str, number: int, readers: Sequence[_Reader], cells: Mapping[int, Cell]) -> TableRow:
    values: dict[str, Value | None] = {}
    errors: dict[str, Message] = {}
    marked: dict[_Mark, list[str]] = {_Mark.CLEARED: [], _Mark.NOT_APPLICABLE: []}
    for reader in readers:
        cell = cells.get(reader.place)
        value = reader.read(cell) if cell is not None else None
        if isinstance(value, _Mark):
            marked[value].append(reader.name)
            value = None
        if isinstance(value, Message):
            errors[reader.name] = value
        elif value is None and reader.is_demanded:
            errors[reader.name] = message("missing", "请填写“{label}”", label=reader.column.label)
        else:
            values[reader.name] = value
    cleared, not_applicable = frozenset(marked[_Mark.CLEARED]), frozenset(marked[_Mark.NOT_APPLICABLE])
    return TableRow(sheet, number, values, errors, cleared, not_applicable)


def _notices(found: Sequence[tuple[Sheet, _Heads]]) -> Iterator[Message]:
    """What the reader should know although nothing is wrong."""
    for sheet, heads in found:
        where = f"“{sheet.name}”" if sheet.name else ""
        unknown = [head for head in heads.unknown if _comparable(head.rpartition("（")[0]) != _comparable(ERROR_HEAD)]
        if unknown:
            yield message(
                "unknown_columns", "{where}有不认识的列，没有读：{heads}", where=where, heads="、".join(unknown)
            )
        if sheet.hidden_rows:
            yield message("hidden_rows", "{where}有 {n} 行被隐藏，照样读入", where=where, n=sheet.hidden_rows)
        hidden = [column_letters(each) for each in sheet.hidden_columns if each in heads.columns.values()]
        if hidden:
            yield message(
                "hidden_columns", "{where}的 {columns} 列被隐藏，照样读入", where=where, columns="、".join(hidden)
            )
