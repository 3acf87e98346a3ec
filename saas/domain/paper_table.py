"""A register as its paper form (纸质台账): merged heads, one row for each record, totals, who signs below.

The same table is printed and written to workbooks. Read from and written to `register.layout`; docs/registers.md
describes it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any, TypeAlias

from saas.domain.answers import NOT_APPLICABLE, Answers
from saas.domain.errors import FormatError
from saas.domain.expressions.values import plain_number
from saas.domain.fields import SILENT, Field, FieldType, FormDefinition, child_path
from saas.domain.filed import shown_answer
from saas.domain.masking import HIDDEN
from saas.domain.reading import read
from saas.domain.record_access import Masked

MAX_COLUMNS = 30
DEFAULT_COLUMNS = 14  # more do not fit on a sheet that nobody has arranged
SIGNATURES = ("填报单位", "填表人", "审核人")
TOTAL = "合计"
NOT_APPLICABLE_TEXT = "不适用"

OWN_COLUMNS: Mapping[str, str] = {
    "@number": "序号",
    "@unit": "单位",
    "@title": "名称",
    "@state": "状态",
    "@opened_on": "建档日期",
    "@due_on": "办理时限",
    "@closed_on": "办结日期",
    "@responsible": "责任单位（人）",
}
"""What a record has besides its answers, by the key of its column."""

_FIELD_KEY = re.compile(r"@?[^\W\d][\w-]*(?:\.[^\W\d][\w-]*)*")

Cell: TypeAlias = "str | Decimal | date | None"


class LayoutError(FormatError):
    """The paper form of a register is not well described."""

    code = "bad_layout"


@dataclass(frozen=True, slots=True)
class PaperLayout:
    """How a register looks on paper. Without `columns` all fields stand in their order; without `title` its name."""

    title: str = ""
    columns: tuple[str, ...] = ()
    is_landscape: bool = True
    signatures: tuple[str, ...] = SIGNATURES
    note: str = ""


@dataclass(frozen=True, slots=True)
class PaperColumn:
    """One column. `groups` are the heads above its own; `item` is None for what a record has besides answers."""

    key: str
    label: str
    groups: tuple[str, ...] = ()
    item: Field | None = None

    @property
    def has_total(self) -> bool:
        return self.item is not None and self.item.total


@dataclass(frozen=True, slots=True)
class HeadCell:
    """One cell of the head, from which row and column it reaches how far."""

    text: str
    row: int
    column: int
    row_span: int = 1
    column_span: int = 1


@dataclass(frozen=True, slots=True)
class RecordLine:
    """A record as it is shown to somebody: `answers` are already masked (`record_access.shown_answers`)."""

    number: int
    unit: str
    state: str
    opened_on: date
    due_on: date | None
    closed_on: date | None
    answers: Answers
    title: str = ""
    responsible: str = ""


@dataclass(frozen=True, slots=True)
class PaperTable:
    """A register ready to be set or written. `total` is None where nothing is added up."""

    title: str
    columns: tuple[PaperColumn, ...]
    heads: tuple[HeadCell, ...]
    head_rows: int
    rows: tuple[tuple[Cell, ...], ...]
    total: tuple[Cell, ...] | None
    is_landscape: bool
    note: str


def layout_from_mapping(mapping: Mapping[str, Any]) -> PaperLayout:
    """Read the paper form of a register. Raises LayoutError with the path of the first mistake."""
    known = {"title", "columns", "orientation", "signatures", "note"}
    reader = read(mapping, "", LayoutError, known)
    orientation = reader.text("orientation", "landscape")
    if orientation not in ("landscape", "portrait"):
        raise reader.fail("orientation", "不认识的纸张方向", advice="写 landscape（横向）或 portrait（纵向）")
    columns = _texts(reader.mapping.get("columns", ()), "columns", MAX_COLUMNS)
    for key in columns:
        if not _FIELD_KEY.fullmatch(key) or (key.startswith("@") and key not in OWN_COLUMNS):
            advice = "写字段名，或 " + "、".join(OWN_COLUMNS)
            raise LayoutError("columns", "不认识的列“{key}”", advice=advice, key=key)
    return PaperLayout(
        reader.text("title", "", max_length=100),
        columns,
        orientation == "landscape",
        _texts(reader.mapping.get("signatures", SIGNATURES), "signatures", 6),
        reader.text("note", "", max_length=500),
    )


def _texts(value: Any, path: str, most: int) -> tuple[str, ...]:
    if not isinstance(value, list | tuple) or not all(isinstance(each, str) and each for each in value):
        raise LayoutError(path, "应为一组文字", advice='如 ["@number", "name"]')
    if len(value) > most or len(set(value)) != len(value):
        raise LayoutError(path, "太多或有重复", advice=f"最多 {most} 项，各写一次")
    return tuple(value)


def layout_to_mapping(layout: PaperLayout) -> dict[str, Any]:
    """Write a paper form as it is stored; what is by default is left out."""
    mapping: dict[str, Any] = {}
    if layout.title:
        mapping["title"] = layout.title
    if layout.columns:
        mapping["columns"] = list(layout.columns)
    if not layout.is_landscape:
        mapping["orientation"] = "portrait"
    if layout.signatures != SIGNATURES:
        mapping["signatures"] = list(layout.signatures)
    if layout.note:
        mapping["note"] = layout.note
    return mapping


def check_layout(layout: PaperLayout, form: FormDefinition) -> None:
    """Raise LayoutError if a column names a field that the form does not ask."""
    known = {column.key for column in _field_columns(form.fields, "", ())} | set(OWN_COLUMNS)
    for key in layout.columns:
        if key not in known:
            raise LayoutError("columns", "表单里没有字段“{key}”", advice="请改正列名", key=key)


def available_columns(form: FormDefinition) -> tuple[PaperColumn, ...]:
    """Every column that the paper form may have, its own first."""
    own = tuple(PaperColumn(key, label) for key, label in OWN_COLUMNS.items())
    return (*own, *_field_columns(form.fields, "", ()))


def paper_columns(layout: PaperLayout, form: FormDefinition) -> tuple[PaperColumn, ...]:
    """The columns of the paper form: those that are named, or the number, the unit, all fields and the state."""
    known = {column.key: column for column in available_columns(form)}
    if layout.columns:
        return tuple(known[key] for key in layout.columns if key in known)
    fields = [key for key, column in known.items() if column.item is not None and column.item.type not in SILENT]
    wanted = ["@number", "@unit", *fields[: DEFAULT_COLUMNS - 3], "@state"]
    return tuple(known[key] for key in wanted)


def _field_columns(fields: Iterable[Field], parent: str, groups: tuple[str, ...]) -> Iterable[PaperColumn]:
    """One column for each question; a repeat is one column too, its rows stand in one cell."""
    for item in fields:
        path = child_path(parent, item.name)
        if item.type is FieldType.GROUP:
            yield from _field_columns(item.fields, path, (*groups, item.label))
        elif item.type is not FieldType.NOTE:
            label = f"{item.label}（{item.measure}）" if item.measure else item.label
            yield PaperColumn(path, label, groups, item)


def paper_table(
    name: str, layout: PaperLayout, form: FormDefinition, records: Iterable[RecordLine], *, counts_anew: bool = True
) -> PaperTable:
    """Return the register `name` on paper: these records in this order.

    With `counts_anew` the number column counts the rows from 1, as paper does; else it holds the records' own numbers.
    """
    columns = paper_columns(layout, form)
    lines = list(records)
    rows = tuple(
        tuple(_cell(column, line, place if counts_anew else line.number) for column in columns)
        for place, line in enumerate(lines, start=1)
    )
    heads, head_rows = merged_heads(columns)
    total = _total(columns, lines)
    return PaperTable(layout.title or name, columns, heads, head_rows, rows, total, layout.is_landscape, layout.note)


def merged_heads(columns: Sequence[PaperColumn]) -> tuple[tuple[HeadCell, ...], int]:
    """Merge what neighbours have in common; a label without groups reaches down to the last row."""
    depth = max((len(column.groups) for column in columns), default=0) + 1
    cells: list[HeadCell] = []
    for place, column in enumerate(columns):
        for level in range(len(column.groups)):
            before = columns[place - 1].groups[: level + 1] if place else ()
            if before != column.groups[: level + 1]:
                width = _shared(columns[place:], column.groups[: level + 1])
                cells.append(HeadCell(column.groups[level], level, place, 1, width))
        level = len(column.groups)
        cells.append(HeadCell(column.label, level, place, depth - level, 1))
    return tuple(sorted(cells, key=lambda cell: (cell.row, cell.column))), depth


def _shared(columns: Sequence[PaperColumn], groups: tuple[str, ...]) -> int:
    count = 0
    for column in columns:
        if column.groups[: len(groups)] != groups:
            break
        count += 1
    return count


def _cell(column: PaperColumn, line: RecordLine, number: int) -> Cell:
    if column.item is not None:
        return cell_of(column.item, _answer(line.answers, column.key))
    own: Mapping[str, Cell] = {
        "@number": Decimal(number),
        "@unit": line.unit,
        "@title": line.title,
        "@state": line.state,
        "@opened_on": line.opened_on,
        "@due_on": line.due_on,
        "@closed_on": line.closed_on,
        "@responsible": line.responsible,
    }
    return own[column.key]


def _answer(answers: Mapping[str, Any], path: str) -> Any:
    found: Any = answers
    for name in path.split("."):
        found = found.get(name) if isinstance(found, Mapping) else None
    return found


def cell_of(item: Field, answer: Any) -> Cell:
    """Return what stands in a cell: a number or a day as such, everything else in words; nothing for no answer."""
    if answer is None or isinstance(answer, Masked):
        return str(answer) if answer is not None else None
    if answer is NOT_APPLICABLE:
        return NOT_APPLICABLE_TEXT
    if item.type is FieldType.REPEAT:
        return "\n".join(_row_text(item, row, place) for place, row in enumerate(answer, start=1)) or None
    if isinstance(answer, int | Decimal):
        return Decimal(answer)
    if isinstance(answer, date) and not isinstance(answer, datetime):
        return answer
    return shown_answer(item, answer)


def _row_text(item: Field, row: Mapping[str, Any], place: int) -> str:
    shown = [(child, cell_of(child, row.get(child.name))) for child in item.fields if child.is_question]
    return f"{place}. " + "，".join(f"{child.label} {cell_text(cell)}" for child, cell in shown if cell is not None)


def cell_text(cell: Cell) -> str:
    """A cell as it is printed."""
    match cell:
        case None:
            return ""
        case Decimal():
            return plain_number(cell)
        case date():
            return cell.isoformat()
        case _:
            return cell


def _total(columns: Sequence[PaperColumn], lines: Sequence[RecordLine]) -> tuple[Cell, ...] | None:
    if not any(column.has_total for column in columns):
        return None
    cells = [_total_of(column, lines) if column.has_total else None for column in columns]
    first = next((place for place, column in enumerate(columns) if not column.has_total), None)
    if first is not None:
        cells[first] = TOTAL
    return tuple(cells)


def _total_of(column: PaperColumn, lines: Sequence[RecordLine]) -> Cell:
    """The sum of what is a number. Only “not applicable” adds up to that, nothing at all to nothing.

    A total over masked numbers says something about each of them where there are few: it is masked as well.
    """
    answers = [_answer(line.answers, column.key) for line in lines]
    if any(isinstance(answer, Masked) for answer in answers):
        return HIDDEN
    numbers = [Decimal(answer) for answer in answers if isinstance(answer, int | Decimal)]
    if numbers:
        return sum(numbers, Decimal(0))
    return NOT_APPLICABLE_TEXT if any(answer is NOT_APPLICABLE for answer in answers) else None
