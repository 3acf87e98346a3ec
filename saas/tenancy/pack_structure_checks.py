"""What the tables that schema 2 added must agree on: posts by type, further trees, functions and kinds of ties."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from saas.tenancy.pack_checks import known_units, refuse_mixed_roles, unique
from saas.tenancy.pack_files import Problems
from saas.tenancy.pack_schema import Row
from saas.tenancy.pack_structure import FunctionRow, HierarchyRow, LinkKindRow, PlacementRow, PostTemplateRow

POST_TEMPLATES, HIERARCHIES, PLACEMENTS = "org/post_templates.csv", "org/hierarchies.csv", "org/placements.csv"
FUNCTIONS, LINK_KINDS = "org/functions.csv", "org/link_kinds.csv"
ADMINISTRATIVE = "administrative"


def check_structure(
    problems: Problems,
    *,
    known: Collection[str],
    types: Collection[str] | None,
    post_templates: Sequence[PostTemplateRow],
    hierarchies: Sequence[HierarchyRow],
    placements: Sequence[PlacementRow],
    functions: Sequence[FunctionRow],
    link_kinds: Sequence[LinkKindRow],
) -> None:
    """Check the tables against each other. `known` are the units that may be named, `types` the types, None: faulty."""
    _check_post_templates(post_templates, types, problems)
    _check_hierarchies(hierarchies, problems)
    _check_placements(placements, hierarchies, known, problems)
    unique(functions, FUNCTIONS, lambda row: (row.unit, row.function, row.starts_on), "职能", problems)
    known_units(((row, row.unit) for row in functions), FUNCTIONS, "unit", known, problems)
    unique(link_kinds, LINK_KINDS, lambda row: row.name, "联系方式", problems)
    for kind in link_kinds:
        for column in ("from_types", "to_types"):
            _known_types(kind, getattr(kind, column), LINK_KINDS, column, types, problems)


def _check_post_templates(rows: Sequence[PostTemplateRow], types: Collection[str] | None, problems: Problems) -> None:
    unique(rows, POST_TEMPLATES, lambda row: (row.unit_type, row.name), "岗位", problems)
    for row in rows:
        refuse_mixed_roles(row, row.roles, POST_TEMPLATES, problems)
        _known_types(row, (row.unit_type,), POST_TEMPLATES, "unit_type", types, problems)


def _known_types(
    row: Row, codes: Sequence[str], file: str, column: str, types: Collection[str] | None, problems: Problems
) -> None:
    for code in codes:
        if types is not None and code not in types:
            advice = "请先在 org/unit_types.csv 中加上，或改正这里的写法"
            problems.add(file, f"没有“{code}”这种单位类型", advice, line=row.line, path=column)


def _check_hierarchies(rows: Sequence[HierarchyRow], problems: Problems) -> None:
    unique(rows, HIERARCHIES, lambda row: row.code, "层级体系代码", problems)
    codes = {row.code for row in rows}
    for row in rows:
        if row.code == ADMINISTRATIVE:
            advice = "行政层级由 org/units.csv 的 parent 一列写明，这里只写其他层级体系"
            problems.add(HIERARCHIES, "行政层级不写在这里", advice, line=row.line, path="code")
        known = {ADMINISTRATIVE, *(codes - {row.code})}
        if row.alternative_to is not None and row.alternative_to not in known:
            text = f"没有代码为“{row.alternative_to}”的层级体系"
            problems.add(HIERARCHIES, text, "请改正 alternative_to", line=row.line, path="alternative_to")
        if row.starts_on and row.ends_on and row.ends_on <= row.starts_on:
            problems.add(HIERARCHIES, "结束日期不晚于开始日期", "请改正 ends_on", line=row.line, path="ends_on")


def _check_placements(
    rows: Sequence[PlacementRow], hierarchies: Sequence[HierarchyRow], known: Collection[str], problems: Problems
) -> None:
    codes = {row.code for row in hierarchies}
    known_units(((row, row.unit) for row in rows), PLACEMENTS, "unit", known, problems)
    known_units(((row, row.parent) for row in rows if row.parent), PLACEMENTS, "parent", known, problems)
    for row in rows:
        if row.hierarchy not in codes:
            text = f"没有代码为“{row.hierarchy}”的层级体系"
            problems.add(PLACEMENTS, text, f"请先在 {HIERARCHIES} 中加上", line=row.line, path="hierarchy")
        if row.parent == row.unit:
            problems.add(PLACEMENTS, "单位不能是自己的上级", "请改正 parent", line=row.line, path="parent")
        if row.ends_on is not None and row.ends_on <= row.starts_on:
            problems.add(PLACEMENTS, "结束日期不晚于开始日期", "请改正 ends_on", line=row.line, path="ends_on")
    _check_one_parent(rows, problems)
    _check_rings(rows, problems)


def _check_one_parent(rows: Sequence[PlacementRow], problems: Problems) -> None:
    """A unit has one place in a tree at a time."""
    seen: dict[tuple[str, str], list[PlacementRow]] = {}
    for row in rows:
        for other in seen.get((row.hierarchy, row.unit), []):
            if (other.ends_on is None or row.starts_on < other.ends_on) and (
                row.ends_on is None or other.starts_on < row.ends_on
            ):
                text = f"单位“{row.unit}”同一天有两个上级，第 {other.line} 行已有"
                problems.add(PLACEMENTS, text, "请让前一行先结束，或删去一行", line=row.line, path="unit")
        seen.setdefault((row.hierarchy, row.unit), []).append(row)


def _check_rings(rows: Sequence[PlacementRow], problems: Problems) -> None:
    """On each day on which something begins, nobody stands below himself."""
    days = sorted({row.starts_on for row in rows})
    for day in days:
        above = {
            (row.hierarchy, row.unit): row
            for row in rows
            if row.parent and row.starts_on <= day and (row.ends_on is None or day < row.ends_on)
        }
        if _note_ring(above, problems):
            return


def _note_ring(above: dict[tuple[str, str], PlacementRow], problems: Problems) -> bool:
    cleared: set[tuple[str, str]] = set()
    for start in above:
        trail: list[tuple[str, str]] = []
        here = start
        while here in above and here not in cleared and here not in trail:
            trail.append(here)
            here = (here[0], above[here].parent or "")
        if here in trail:
            ring = [unit for _, unit in trail[trail.index(here) :]]
            text = f"上下级成了一个圈：{' → '.join([*ring, ring[0]])}"
            problems.add(PLACEMENTS, text, "请改正其中一行的 parent", line=above[here].line, path="parent")
            return True
        cleared.update(trail)
    return False
