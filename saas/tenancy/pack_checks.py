"""What the organisation of a pack must agree on between its tables: codes, references, one tree, disjoint roles."""

from __future__ import annotations

from collections.abc import Callable, Collection, Hashable, Iterable, Sequence
from typing import TypeVar

from saas.tenancy.pack_files import Problems
from saas.tenancy.pack_schema import (
    ADMIN_ROLES,
    AttributeRow,
    LinkRow,
    PersonRow,
    PostRow,
    RoleName,
    Row,
    UnitRow,
    UnitTypeRow,
)

UNIT_TYPES, ATTRIBUTES = "org/unit_types.csv", "org/attributes.csv"
UNITS, POSTS, PEOPLE, LINKS = "org/units.csv", "org/posts.csv", "org/people.csv", "org/links.csv"

_Row = TypeVar("_Row", bound=Row)


def check_unit_types(types: Sequence[UnitTypeRow], attributes: Sequence[AttributeRow], problems: Problems) -> None:
    """Types have their own codes, stand under known types of a higher level, and name each attribute once."""
    unique(types, UNIT_TYPES, lambda row: row.code, "单位类型代码", problems)
    unique(attributes, ATTRIBUTES, lambda row: (row.unit_type, row.name), "属性", problems)
    known = {row.code: row for row in types}
    for row in types:
        for parent in row.parents:
            if parent not in known:
                problems.add(UNIT_TYPES, f"没有“{parent}”这种单位类型", "请改正 parents", line=row.line, path="parents")
            elif known[parent].level >= row.level:
                problems.add(
                    UNIT_TYPES,
                    f"“{row.name}”的层级应当大于上级类型“{known[parent].name}”的层级",
                    "请改正 level，1 为最高一级",
                    line=row.line,
                    path="level",
                )
    for attribute in attributes:
        if attribute.unit_type not in known:
            problems.add(
                ATTRIBUTES,
                f"没有“{attribute.unit_type}”这种单位类型",
                "请先在 org/unit_types.csv 中加上",
                line=attribute.line,
                path="unit_type",
            )


def check_units(units: Sequence[UnitRow], types: Sequence[UnitTypeRow], problems: Problems) -> None:
    """Units form one tree: known types and parents, one root, no cycle, each under a type it may stand under."""
    unique(units, UNITS, lambda row: row.code, "单位代码", problems)
    known = {row.code: row for row in units}
    kinds = {row.code: row for row in types}
    for unit in units:
        if unit.type not in kinds:
            problems.add(
                UNITS, f"没有“{unit.type}”这种单位类型", "请先在 org/unit_types.csv 中加上", line=unit.line, path="type"
            )
        if unit.parent is not None and unit.parent not in known:
            problems.add(UNITS, f"没有代码为“{unit.parent}”的上级单位", "请改正 parent", line=unit.line, path="parent")
        elif unit.type in kinds:
            _check_parent_type(unit, known, kinds, problems)
    _check_one_root(units, problems)
    _check_no_cycle(units, known, problems)


def _check_parent_type(
    unit: UnitRow, known: dict[str, UnitRow], kinds: dict[str, UnitTypeRow], problems: Problems
) -> None:
    """A type names the types that may stand above it; one that names none stands at the top or below a higher level."""
    kind, parent = kinds[unit.type], known[unit.parent].type if unit.parent is not None else None
    allowed = parent in kind.parents if parent is not None and kind.parents else parent is None and not kind.parents
    if not kind.parents and parent in kinds:
        allowed = kinds[parent].level < kind.level
    if not allowed:
        place = f"“{parent}”之下" if parent is not None else "最上级"
        problems.add(
            UNITS,
            f"“{unit.name}”的类型“{kind.name}”不能放在{place}",
            "请改正 parent，或在 org/unit_types.csv 的 parents 中允许",
            line=unit.line,
            path="parent",
        )


def _check_one_root(units: Sequence[UnitRow], problems: Problems) -> None:
    roots = [unit for unit in units if unit.parent is None]
    if units and not roots:
        problems.add(UNITS, "没有最上级单位", "请把县（区）一行的 parent 留空", path="parent")
    for extra in roots[1:]:
        problems.add(
            UNITS,
            f"“{extra.name}”没有上级单位，而“{roots[0].name}”已是最上级",
            "请填写 parent",
            line=extra.line,
            path="parent",
        )


def _check_no_cycle(units: Sequence[UnitRow], known: dict[str, UnitRow], problems: Problems) -> None:
    """Report each cycle once, on the line of its first unit in the file."""
    cleared: set[str] = set()
    for unit in units:
        trail: list[str] = []
        code: str | None = unit.code
        while code is not None and code in known and code not in cleared and code not in trail:
            trail.append(code)
            code = known[code].parent
        if code in trail:
            ring = trail[trail.index(code) :]
            names = " → ".join(known[step].name for step in [*ring, ring[0]])
            problems.add(
                UNITS,
                f"上下级成了一个圈：{names}",
                "请改正其中一个单位的 parent",
                line=min(known[step].line for step in ring),
                path="parent",
            )
        cleared.update(trail)


def check_posts(posts: Sequence[PostRow], known: Collection[str], problems: Problems) -> None:
    """Each post stands at a known unit, once; no post is an administrator's and something else."""
    unique(posts, POSTS, lambda row: (row.unit, row.name), "岗位", problems)
    known_units(((row, row.unit) for row in posts), POSTS, "unit", known, problems)
    for post in posts:
        refuse_mixed_roles(post, post.roles, POSTS, problems)


def refuse_mixed_roles(post: Row, roles: Sequence[RoleName], file: str, problems: Problems) -> None:
    """An administrator's post (三员) carries no second role."""
    if set(roles) & ADMIN_ROLES and len(set(roles)) > 1:
        name = getattr(post, "name", "")
        problems.add(file, f"岗位“{name}”把管理员与其他角色合在一起", "请分成两个岗位", line=post.line)


def check_people(people: Sequence[PersonRow], posts: Sequence[PostRow], problems: Problems) -> None:
    """People have their own login names and known posts; an administrator (三员) has no second role."""
    unique(people, PEOPLE, lambda row: row.login_name, "登录名", problems)
    known = {(post.unit, post.name): post for post in posts}
    for person in people:
        roles: set[RoleName] = set()
        for ref in person.posts:
            post = known.get((ref.unit, ref.name))
            if post is None:
                problems.add(
                    PEOPLE,
                    f"没有岗位“{ref.unit}/{ref.name}”",
                    "请先在 org/posts.csv 中加上，或改正这里的写法",
                    line=person.line,
                    path="posts",
                )
            else:
                roles.update(post.roles)
        if roles & ADMIN_ROLES and len(roles) > 1:
            problems.add(
                PEOPLE,
                f"“{person.name}”兼任了管理员和其他角色",
                "系统管理员、安全管理员、审计管理员三员分立，只能担任其中一个，不得兼任业务岗位",
                line=person.line,
                path="posts",
            )


def check_links(
    links: Sequence[LinkRow], people: Sequence[PersonRow], known: Collection[str], problems: Problems
) -> None:
    """A link goes from exactly one person or unit to a known unit and does not end before it starts."""
    unique(links, LINKS, lambda r: (r.kind, r.person, r.from_unit, r.to_unit, r.starts_on), "联系", problems)
    known_units(((row, row.to_unit) for row in links), LINKS, "to_unit", known, problems)
    from_units = ((row, row.from_unit) for row in links if row.from_unit is not None)
    known_units(from_units, LINKS, "from_unit", known, problems)
    logins = {person.login_name for person in people}
    for link in links:
        if (link.person is None) == (link.from_unit is None):
            problems.add(LINKS, "person 和 from_unit 要填且只填一个", "请改正", line=link.line)
        if link.person is not None and link.person not in logins:
            problems.add(LINKS, f"没有登录名“{link.person}”", "请改正 person", line=link.line, path="person")
        if link.ends_on is not None and link.ends_on <= link.starts_on:
            problems.add(LINKS, "结束日期不晚于开始日期", "请改正 ends_on", line=link.line, path="ends_on")


def unique(rows: Iterable[_Row], file: str, key: Callable[[_Row], Hashable], what: str, problems: Problems) -> None:
    """Note rows whose key another row has already."""
    first: dict[Hashable, int] = {}
    for row in rows:
        value = key(row)
        if value in first:
            shown = "/".join(str(part) for part in value if part) if isinstance(value, tuple) else value
            problems.add(
                file, f"{what}“{shown}”重复，第 {first[value]} 行已有", "请改成不同的，或删去一行", line=row.line
            )
        first.setdefault(value, row.line)


def known_units(
    refs: Iterable[tuple[Row, str]], file: str, column: str, known: Collection[str], problems: Problems
) -> None:
    """Note rows that name a unit which the pack does not have."""
    for row, code in refs:
        if code not in known:
            problems.add(
                file, f"没有代码为“{code}”的单位", f"请改正，或先在 {UNITS} 中加上", line=row.line, path=column
            )
