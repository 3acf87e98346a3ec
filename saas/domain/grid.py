"""Filling many units on one page (批量填报): which questions fit into the cells of a table, and the sums below it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from saas.domain.answers import NOT_APPLICABLE_SUFFIX
from saas.domain.expressions.values import plain_number
from saas.domain.fields import NUMBERS, Field, FieldType, FormDefinition, child_path
from saas.domain.values import Refused, parse_value

NOT_APPLICABLE_WORD = "不适用"  # typed into a cell whose question may not apply
MAX_COLUMNS = 60


class CellKind(StrEnum):
    """How a cell is typed."""

    TEXT = "text"
    NUMBER = "number"
    DATE = "date"
    TIME = "time"
    CHOICE = "choice"


_KINDS = {
    FieldType.TEXT: CellKind.TEXT,
    FieldType.INTEGER: CellKind.NUMBER,
    FieldType.DECIMAL: CellKind.NUMBER,
    FieldType.RANGE: CellKind.NUMBER,
    FieldType.DATE: CellKind.DATE,
    FieldType.TIME: CellKind.TIME,
    FieldType.SELECT_ONE: CellKind.CHOICE,
}


@dataclass(frozen=True, slots=True)
class GridColumn:
    """One question as a column. `label` names the groups it stands in as well, `group` only them."""

    path: str
    label: str
    kind: CellKind
    item: Field

    @property
    def group(self) -> str:
        """The group that the question stands in, "" outside of groups."""
        return self.label.removesuffix(self.item.label or self.item.name).rstrip("·")

    @property
    def is_added(self) -> bool:
        """Whether a sum below the column says something."""
        return self.kind is CellKind.NUMBER and self.item.measure not in {"%", "％", "‰", "分", "名"}


def grid_columns(form: FormDefinition) -> tuple[tuple[GridColumn, ...], tuple[str, ...]]:
    """Return the questions that fit into a table, and the labels of those that are answered on the unit's own page.

    Photos, rows of a repeat, several choices, places and long texts do not fit; what is computed or already known
    (calculations, read-only fields) is neither.
    """
    columns: list[GridColumn] = []
    left_out: list[str] = []
    for path, label, item in _questions(form.fields, "", ""):
        if _fits(item) and len(columns) < MAX_COLUMNS:
            columns.append(GridColumn(path, label, _KINDS[item.type], item))
        else:
            left_out.append(item.label or item.name)
    return tuple(columns), tuple(dict.fromkeys(left_out))


def _questions(fields: Sequence[Field], parent: str, within: str) -> Iterator[tuple[str, str, Field]]:
    for item in fields:
        path, label = child_path(parent, item.name), f"{within}{item.label or item.name}"
        if item.type is FieldType.GROUP:
            yield from _questions(item.fields, path, f"{item.label}·" if item.label else within)
        elif item.type is FieldType.REPEAT or (item.is_asked and not item.read_only):
            yield path, label, item


def _fits(item: Field) -> bool:
    is_long = item.type is FieldType.TEXT and "multiline" in item.appearance
    is_by_unit = item.choices_from.endswith(":own")
    return item.type in _KINDS and not is_long and not is_by_unit and not item.chosen_by


def cell_text(column: GridColumn, raw: Mapping[str, Sequence[str]]) -> str:
    """Return what a cell shows of what was typed or stored for a unit."""
    if raw.get(column.path + NOT_APPLICABLE_SUFFIX):
        return NOT_APPLICABLE_WORD
    typed = raw.get(column.path) or ("",)
    return typed[0]


def put_cell(column: GridColumn, text: str, raw: dict[str, list[str]]) -> None:
    """Write what was typed into a cell to a unit's answers as its own page would post them."""
    raw.pop(column.path, None)
    raw.pop(column.path + NOT_APPLICABLE_SUFFIX, None)
    if column.item.not_applicable and text.strip() == NOT_APPLICABLE_WORD:
        raw[column.path + NOT_APPLICABLE_SUFFIX] = ["1"]
    elif column.kind is CellKind.CHOICE:
        names = {choice.label: choice.name for choice in column.item.choices}
        raw[column.path] = [names.get(text.strip(), text)]
    elif text.strip():
        raw[column.path] = [text]


def column_total(column: GridColumn, cells: Iterable[str]) -> tuple[str, int]:
    """Return the sum of a column's sound figures, and of how many units; without any figure no sum, which is not 0."""
    figures = [figure for text in cells if (figure := _figure(column.item, text)) is not None]
    if not figures or not column.is_added:
        return "", len(figures)
    return plain_number(sum(figures, Decimal(0))), len(figures)


def _figure(item: Field, text: str) -> Decimal | None:
    if item.type not in NUMBERS:
        return None
    try:
        value = parse_value(item, [text])
    except Refused:
        return None
    return Decimal(value) if isinstance(value, int | Decimal) else None
