"""The organisation in a pack: the tables in `org/`, read into typed rows and checked against each other."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any, TypeVar

from saas.tenancy import pack_checks
from saas.tenancy.pack_checks import ATTRIBUTES, LINKS, PEOPLE, POSTS, UNIT_TYPES, UNITS
from saas.tenancy.pack_errors import build_row
from saas.tenancy.pack_files import Problems, TableRow, read_table
from saas.tenancy.pack_schema import (
    AttributeRow,
    AttributeType,
    AttributeValue,
    LinkRow,
    PersonRow,
    PostRow,
    Row,
    UnitRow,
    UnitTypeRow,
)

_Row = TypeVar("_Row", bound=Row)
_Built = Callable[[TableRow], Mapping[str, Any] | None]

_COLUMNS: Mapping[str, tuple[str, ...]] = {
    UNIT_TYPES: ("code", "name", "level", "is_territorial", "parents"),
    ATTRIBUTES: ("unit_type", "name", "label", "type", "measure", "choices"),
    UNITS: ("code", "name", "short_name", "type", "parent"),
    POSTS: ("unit", "name", "roles", "sort_order"),
    PEOPLE: ("name", "login_name", "posts", "starts_on", "phone"),
    LINKS: ("kind", "person", "from_unit", "to_unit", "starts_on", "ends_on"),
}
_YES_NO = {"是": True, "否": False}


@dataclass(frozen=True, slots=True)
class Organisation:
    """Unit types, units in one administrative tree, posts, people and links. Rows keep the order of their files."""

    unit_types: tuple[UnitTypeRow, ...] = ()
    attributes: tuple[AttributeRow, ...] = ()
    units: tuple[UnitRow, ...] = ()
    posts: tuple[PostRow, ...] = ()
    people: tuple[PersonRow, ...] = ()
    links: tuple[LinkRow, ...] = ()


def read_organisation(folder: Path, problems: Problems) -> Organisation:
    """Read and check the tables in `org/`. A table that is not there is empty."""
    attributes = _read(AttributeRow, folder, ATTRIBUTES, problems)
    organisation = Organisation(
        unit_types=_read(UnitTypeRow, folder, UNIT_TYPES, problems, _yes_no("is_territorial")),
        attributes=attributes,
        units=_read_units(folder, attributes, problems),
        posts=_read(PostRow, folder, POSTS, problems),
        people=_read(PersonRow, folder, PEOPLE, problems),
        links=_read(LinkRow, folder, LINKS, problems),
    )
    _check(organisation, problems)
    return organisation


def _check(organisation: Organisation, problems: Problems) -> None:
    """Check the tables against each other. A table with faulty rows is left out: one mistake is reported once."""
    types, attributes, units = organisation.unit_types, organisation.attributes, organisation.units
    posts, people, links = organisation.posts, organisation.people, organisation.links
    if problems.none_in(UNIT_TYPES, ATTRIBUTES):
        pack_checks.check_unit_types(types, attributes, problems)
    if problems.none_in(UNIT_TYPES, UNITS):
        pack_checks.check_units(units, types, problems)
    if problems.none_in(UNITS, POSTS):
        pack_checks.check_posts(posts, units, problems)
    if problems.none_in(POSTS, PEOPLE):
        pack_checks.check_people(people, posts, problems)
    if problems.none_in(UNITS, PEOPLE, LINKS):
        pack_checks.check_links(links, people, units, problems)


def _table(folder: Path, file: str, problems: Problems, extra: frozenset[str] = frozenset()) -> list[TableRow]:
    """Return the rows of a table whose columns are the ones that the format names, in any order."""
    if not (folder / file).is_file():
        return []
    header, rows = read_table(folder, file, problems)
    if not header:
        return []
    expected = _COLUMNS[file]
    missing = [column for column in expected if column not in header]
    unknown = [column for column in header if column not in expected and column not in extra]
    if missing:
        problems.add(file, f"表头缺少列：{'、'.join(missing)}", f"表头应有：{'、'.join(expected)}")
    for column in unknown:
        advice = "请删去这一列"
        if file == UNITS:
            advice = f"如果是单位属性，请先写进 {ATTRIBUTES}；否则请删去这一列"
        problems.add(file, f"表头有不认识的列“{column}”", advice, path=column)
    return [] if missing or unknown else rows


def _read(
    model: type[_Row],
    folder: Path,
    file: str,
    problems: Problems,
    values_of: Callable[[TableRow], dict[str, Any]] = lambda row: dict(row.cells),
) -> tuple[_Row, ...]:
    rows = [build_row(model, file, row, problems, values_of(row)) for row in _table(folder, file, problems)]
    return tuple(row for row in rows if row is not None)


def _yes_no(column: str) -> Callable[[TableRow], dict[str, Any]]:
    """Read 是/否 of one column as true/false; anything else is left for the model to refuse."""
    return lambda row: {**row.cells, column: _YES_NO.get(row.cells[column], row.cells[column])}


def _read_units(folder: Path, attributes: tuple[AttributeRow, ...], problems: Problems) -> tuple[UnitRow, ...]:
    """Read units; columns beyond the fixed ones are attributes, for units whose type declares them."""
    names = frozenset(attribute.name for attribute in attributes)
    declared = {(attribute.unit_type, attribute.name): attribute for attribute in attributes}
    units = []
    for row in _table(folder, UNITS, problems, names):
        values: dict[str, Any] = {column: row.cells[column] for column in _COLUMNS[UNITS]}
        filled = {name: cell for name, cell in row.cells.items() if name in names and cell}
        values["attributes"] = {}
        for name, cell in filled.items():
            attribute = declared.get((values["type"], name))
            value = _attribute_value(attribute, cell, row, problems)
            if value is not None:
                values["attributes"][name] = value
        units.append(build_row(UnitRow, UNITS, row, problems, values))
    return tuple(unit for unit in units if unit is not None)


def _attribute_value(
    attribute: AttributeRow | None, cell: str, row: TableRow, problems: Problems
) -> AttributeValue | None:
    """Return a cell as its attribute's type, or None after noting why it cannot be that."""
    if attribute is None:
        problems.add(
            UNITS, f"这种单位没有此属性，却填了“{cell[:20]}”", f"请清空这一格，或在 {ATTRIBUTES} 中声明", line=row.line
        )
        return None
    value = _parsed(attribute, cell)
    if value is None:
        problems.add(
            UNITS,
            f"“{attribute.label}”填的是“{cell[:20]}”",
            f"请改成{_expected(attribute)}",
            line=row.line,
            path=attribute.name,
        )
    return value


def _parsed(attribute: AttributeRow, cell: str) -> AttributeValue | None:
    if attribute.type is AttributeType.YES_NO:
        return _YES_NO.get(cell)
    if attribute.type is AttributeType.INTEGER:
        return int(cell) if cell.isascii() and cell.removeprefix("-").isdigit() else None
    if attribute.type is AttributeType.DECIMAL:
        return cell if _is_decimal(cell) else None
    if attribute.type is AttributeType.CHOICE:
        return cell if cell in attribute.choices else None
    return cell


def _is_decimal(cell: str) -> bool:
    try:
        return Decimal(cell).is_finite() and cell.isascii()
    except InvalidOperation:
        return False


def _expected(attribute: AttributeRow) -> str:
    if attribute.type is AttributeType.CHOICE:
        return f"以下之一：{'、'.join(attribute.choices)}"
    return {AttributeType.YES_NO: "是或否", AttributeType.INTEGER: "整数"}.get(attribute.type, "数值，小数点用英文句点")
