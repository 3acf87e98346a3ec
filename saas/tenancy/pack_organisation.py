"""The organisation in a pack: the tables in `org/`, read into typed rows and checked against each other."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any, TypeVar

from saas.tenancy import pack_checks
from saas.tenancy.pack_checks import ATTRIBUTES, LINKS, PEOPLE, POSTS, UNIT_TYPES, UNITS
from saas.tenancy.pack_errors import build_row
from saas.tenancy.pack_files import Problems, TableRow, Terms, read_table
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
from saas.tenancy.pack_structure import FunctionRow, HierarchyRow, LinkKindRow, PlacementRow, PostTemplateRow
from saas.tenancy.pack_structure_checks import (
    FUNCTIONS,
    HIERARCHIES,
    LINK_KINDS,
    PLACEMENTS,
    POST_TEMPLATES,
    check_structure,
)

_Row = TypeVar("_Row", bound=Row)

_COLUMNS: Mapping[str, tuple[str, ...]] = {
    UNIT_TYPES: ("code", "name", "level", "is_territorial", "parents"),
    ATTRIBUTES: ("unit_type", "name", "label", "type", "measure", "choices"),
    UNITS: ("code", "name", "short_name", "type", "parent"),
    POSTS: ("unit", "name", "roles", "sort_order"),
    PEOPLE: ("name", "login_name", "posts", "starts_on", "phone"),
    LINKS: ("kind", "person", "from_unit", "to_unit", "starts_on", "ends_on"),
    POST_TEMPLATES: ("unit_type", "name", "roles", "sort_order"),
    HIERARCHIES: ("code", "name", "purpose"),
    PLACEMENTS: ("hierarchy", "unit", "parent", "starts_on"),
    FUNCTIONS: ("unit", "function", "starts_on"),
    LINK_KINDS: ("name", "from_people", "from_units", "from_types", "to_types"),
}
_MAY_HAVE: Mapping[str, tuple[str, ...]] = {
    LINKS: ("layer", "note"),
    HIERARCHIES: ("alternative_to", "note", "starts_on", "ends_on"),
    PLACEMENTS: ("ends_on",),
    LINK_KINDS: ("layers", "covers_targets", "covers_sources", "note"),
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
    post_templates: tuple[PostTemplateRow, ...] = ()
    hierarchies: tuple[HierarchyRow, ...] = ()
    placements: tuple[PlacementRow, ...] = ()
    functions: tuple[FunctionRow, ...] = ()
    link_kinds: tuple[LinkKindRow, ...] = ()

    def unit_codes(self, root: str) -> frozenset[str]:
        """The codes of units that a pack may name: its own, or in a starter pack the county's root alone."""
        return frozenset(unit.code for unit in self.units) or frozenset({root})


def read_organisation(folder: Path, problems: Problems, terms: Terms) -> Organisation:
    """Read and check the tables in `org/`. A table that is not there is empty."""
    tables = _Tables(folder, problems, terms)
    attributes = tables.read(AttributeRow, ATTRIBUTES)
    kind_flags = ("from_people", "from_units", "covers_targets", "covers_sources")
    organisation = Organisation(
        unit_types=tables.read(UnitTypeRow, UNIT_TYPES, ("is_territorial",)),
        attributes=attributes,
        units=_read_units(tables, attributes),
        posts=tables.read(PostRow, POSTS),
        people=tables.read(PersonRow, PEOPLE),
        links=tables.read(LinkRow, LINKS),
        post_templates=tables.read(PostTemplateRow, POST_TEMPLATES),
        hierarchies=tables.read(HierarchyRow, HIERARCHIES),
        placements=tables.read(PlacementRow, PLACEMENTS),
        functions=tables.read(FunctionRow, FUNCTIONS),
        link_kinds=tables.read(LinkKindRow, LINK_KINDS, kind_flags, "否"),
    )
    _check(organisation, problems, terms)
    return organisation


def find_root(folder: Path) -> str | None:
    """The code of the one unit without a parent in a pack's own table, if it has one: what `@root` means there."""
    if not (folder / UNITS).is_file():
        return None
    _, rows = read_table(folder, UNITS, Problems(), Terms(year=0))
    roots = [row.cells.get("code", "") for row in rows if not row.cells.get("parent")]
    return roots[0] if roots else None


def _check(organisation: Organisation, problems: Problems, terms: Terms) -> None:
    """Check the tables against each other. A table with faulty rows is left out: one mistake is reported once."""
    types, attributes, units = organisation.unit_types, organisation.attributes, organisation.units
    posts, people, links = organisation.posts, organisation.people, organisation.links
    known = organisation.unit_codes(terms.root)
    if problems.none_in(UNIT_TYPES, ATTRIBUTES):
        pack_checks.check_unit_types(types, attributes, problems)
    if problems.none_in(UNIT_TYPES, UNITS):
        pack_checks.check_units(units, types, problems)
    if problems.none_in(UNITS, POSTS):
        pack_checks.check_posts(posts, known, problems)
    if problems.none_in(POSTS, PEOPLE, POST_TEMPLATES):
        pack_checks.check_people(people, _all_posts(organisation), problems)
    if problems.none_in(UNITS, PEOPLE, LINKS):
        pack_checks.check_links(links, people, known, problems)
    check_structure(
        problems,
        known=known,
        types=frozenset(row.code for row in types) if problems.none_in(UNIT_TYPES) else None,
        post_templates=organisation.post_templates,
        hierarchies=organisation.hierarchies,
        placements=organisation.placements,
        functions=organisation.functions,
        link_kinds=organisation.link_kinds,
    )


def _all_posts(organisation: Organisation) -> list[PostRow]:
    """The posts that are written out, and those that units have because of their type."""
    given = {(post.unit, post.name) for post in organisation.posts}
    of_types = [
        PostRow(
            line=template.line,
            unit=unit.code,
            name=template.name,
            roles=template.roles,
            sort_order=template.sort_order,
        )
        for template in organisation.post_templates
        for unit in organisation.units
        if unit.type == template.unit_type and (unit.code, template.name) not in given
    ]
    return [*organisation.posts, *of_types]


@dataclass(frozen=True, slots=True)
class _Tables:
    """The tables of one pack."""

    folder: Path
    problems: Problems
    terms: Terms

    def rows(self, file: str, extra: frozenset[str] = frozenset()) -> list[TableRow]:
        """Return the rows of a table whose columns are the ones that the format names, in any order."""
        if not (self.folder / file).is_file():
            return []
        header, rows = read_table(self.folder, file, self.problems, self.terms)
        if not header:
            return []
        expected, may_have = _COLUMNS[file], _MAY_HAVE.get(file, ())
        missing = [column for column in expected if column not in header]
        unknown = [column for column in header if column not in {*expected, *may_have, *extra}]
        if missing:
            advice = f"表头应有：{'、'.join((*expected, *may_have))}"
            self.problems.add(file, f"表头缺少列：{'、'.join(missing)}", advice)
        for column in unknown:
            advice = "请删去这一列"
            if file == UNITS:
                advice = f"如果是单位属性，请先写进 {ATTRIBUTES}；否则请删去这一列"
            self.problems.add(file, f"表头有不认识的列“{column}”", advice, path=column)
        return [] if missing or unknown else rows

    def read(self, model: type[_Row], file: str, flags: tuple[str, ...] = (), left_out: str = "") -> tuple[_Row, ...]:
        """Return the typed rows of a table; columns in `flags` say 是 or 否, and nothing means `left_out`."""
        rows = self.rows(file)
        read = [build_row(model, file, row, self.problems, _with_flags(row, flags, left_out)) for row in rows]
        return tuple(row for row in read if row is not None)


def _with_flags(row: TableRow, flags: tuple[str, ...], left_out: str) -> dict[str, Any]:
    """Read 是/否 as true/false; anything else is left for the model to refuse."""
    cells = {column: row.cells.get(column) or left_out for column in flags}
    return {**row.cells, **{column: _YES_NO.get(cell, cell) for column, cell in cells.items()}}


def _read_units(tables: _Tables, attributes: tuple[AttributeRow, ...]) -> tuple[UnitRow, ...]:
    """Read units; columns beyond the fixed ones are attributes, for units whose type declares them."""
    names = frozenset(attribute.name for attribute in attributes)
    declared = {(attribute.unit_type, attribute.name): attribute for attribute in attributes}
    units = []
    for row in tables.rows(UNITS, names):
        values: dict[str, Any] = {column: row.cells[column] for column in _COLUMNS[UNITS]}
        filled = {name: cell for name, cell in row.cells.items() if name in names and cell}
        values["attributes"] = {}
        for name, cell in filled.items():
            attribute = declared.get((values["type"], name))
            value = _attribute_value(attribute, cell, row, tables.problems)
            if value is not None:
                values["attributes"][name] = value
        units.append(build_row(UnitRow, UNITS, row, tables.problems, values))
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
