"""Reading a tree as its page shows it: one level at a time, as it stood on a day, in two statements at any size."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, and_, func, literal, not_, or_, select
from sqlalchemy.orm import aliased

from saas.db import db
from saas.org.models import Hierarchy, OrgUnit, Placement, UnitType, UnitVersion
from saas.org.queries import ADMINISTRATIVE, exists_on, in_force
from saas.org.versions import version_holds

LEVEL_PAGE = 50  # units of one level on a page: fifty with their links are some twenty kilobytes
PAGE = 50


@dataclass(frozen=True, slots=True)
class Branch:
    """A unit in the tree, as it was called on the day, with how many units stand right below it."""

    unit: OrgUnit
    name: str
    type_name: str
    child_count: int
    is_closed: bool


@dataclass(slots=True)
class Level:
    """The units right below one, as many as the page shows, and how many there are."""

    count: int = 0
    branches: list[Branch] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which part of which tree: `path` is the opened unit and those above it, the opened one first."""

    hierarchy_id: uuid.UUID
    on: date
    path: Sequence[uuid.UUID] = ()
    page: int = 1
    with_closed: bool = False


def list_levels(wanted: Wanted) -> Mapping[uuid.UUID | None, Level]:
    """The levels along the path, under None the top; without a path the top and what is right below its only unit.

    Only the level that was opened last is paged; of those above, the first page is shown and the path itself.
    """
    ranked = _ranked(wanted)
    shown = aliased(UnitVersion)
    shown_type = aliased(UnitType)
    rows = db.session.execute(
        select(
            ranked.c.parent_id,
            ranked.c.total,
            OrgUnit,
            func.coalesce(shown.name, OrgUnit.name),
            func.coalesce(shown_type.name, ""),
            _child_count(wanted, ranked.c.unit_id),
            ranked.c.is_closed,
        )
        .join(OrgUnit, OrgUnit.id == ranked.c.unit_id)
        .outerjoin(
            shown,
            and_(
                shown.unit_id == OrgUnit.id,
                shown.starts_on <= wanted.on,
                or_(shown.ends_on.is_(None), shown.ends_on > wanted.on),
            ),
        )
        .outerjoin(shown_type, shown_type.id == shown.unit_type_id)
        .where(_on_page(wanted, ranked))
        .order_by(ranked.c.rank)
    ).all()
    found: dict[uuid.UUID | None, Level] = {}
    for parent_id, total, unit, name, type_name, child_count, is_closed in rows:
        level = found.setdefault(parent_id, Level(total))
        level.branches.append(Branch(unit, name, type_name or unit.unit_type.name, child_count, is_closed))
    return found


def _ranked(wanted: Wanted) -> Any:
    """The placements of the levels with their rank among their siblings."""
    stands = and_(in_force(wanted.on), exists_on(wanted.on))
    closed = and_(OrgUnit.valid_to <= wanted.on, Placement.ends_on == OrgUnit.valid_to)
    place = stands if not wanted.with_closed else or_(stands, closed)
    return (
        select(
            Placement.unit_id,
            Placement.parent_id,
            not_(exists_on(wanted.on)).label("is_closed"),
            func.row_number()
            .over(partition_by=Placement.parent_id, order_by=(OrgUnit.sort_order, OrgUnit.code))
            .label("rank"),
            func.count().over(partition_by=Placement.parent_id).label("total"),
        )
        .join(OrgUnit, OrgUnit.id == Placement.unit_id)
        .where(
            Placement.hierarchy_id == wanted.hierarchy_id,
            place,
            or_(
                Placement.parent_id.is_(None),
                Placement.parent_id.in_(wanted.path) if wanted.path else Placement.parent_id.in_(_only_root(wanted)),
            ),
        )
        .subquery()
    )


def _only_root(wanted: Wanted) -> Any:
    """The unit at the top if there is only one: its level opens by itself."""
    root = aliased(Placement)
    return (
        select(func.array_agg(root.unit_id)[1])
        .where(
            root.hierarchy_id == wanted.hierarchy_id,
            root.parent_id.is_(None),
            root.starts_on <= wanted.on,
            or_(root.ends_on.is_(None), root.ends_on > wanted.on),
        )
        .having(func.count() == 1)
    )


def _on_page(wanted: Wanted, ranked: Any) -> ColumnElement[bool]:
    first = (wanted.page - 1) * LEVEL_PAGE
    on_page = and_(ranked.c.rank > first, ranked.c.rank <= first + LEVEL_PAGE)
    if not wanted.path:
        return or_(on_page, and_(ranked.c.parent_id.is_(None), ranked.c.total == 1))
    is_opened = ranked.c.parent_id == wanted.path[0]
    return or_(
        and_(is_opened, on_page),
        and_(
            or_(ranked.c.parent_id.is_(None), not_(is_opened)),
            or_(ranked.c.rank <= LEVEL_PAGE, ranked.c.unit_id.in_(wanted.path)),
        ),
    )


def _child_count(wanted: Wanted, unit_id: Any) -> Any:
    below = aliased(Placement)
    return (
        select(func.count())
        .where(
            below.parent_id == unit_id,
            below.hierarchy_id == wanted.hierarchy_id,
            below.starts_on <= wanted.on,
            or_(below.ends_on.is_(None), below.ends_on > wanted.on),
        )
        .scalar_subquery()
    )


def list_path(unit_id: uuid.UUID, hierarchy_id: uuid.UUID, on: date) -> list[uuid.UUID]:
    """A unit and those above it in a tree on a day, the unit first. Only itself if it has no place."""
    step = (
        select(Placement.parent_id, literal(1).label("height"))
        .where(Placement.hierarchy_id == hierarchy_id, Placement.unit_id == unit_id, in_force(on))
        .cte(recursive=True)
    )
    above = aliased(Placement)
    step = step.union(
        select(above.parent_id, step.c.height + 1)
        .join(step, above.unit_id == step.c.parent_id)
        .where(
            above.hierarchy_id == hierarchy_id,
            above.starts_on <= on,
            or_(above.ends_on.is_(None), above.ends_on > on),
            step.c.height < 50,
        )
    )
    rows = db.session.scalars(
        select(step.c.parent_id).where(step.c.parent_id.is_not(None)).order_by(step.c.height)
    ).all()
    return [unit_id, *rows]


def search_units(words: str, on: date, *, page: int = 1) -> tuple[Sequence[tuple[OrgUnit, str]], int]:
    """One page of the units found by name, former name, code or pinyin (`qhx`), with their parents; and how many.

    Closed units (已撤销) are found as well: whoever looks for one wants to know what became of it.
    """
    parent, place, tree = aliased(OrgUnit), aliased(Placement), aliased(Hierarchy)
    above = (
        select(parent.name)
        .join(place, place.parent_id == parent.id)
        .join(tree, tree.id == place.hierarchy_id)
        .where(tree.code == ADMINISTRATIVE, place.unit_id == OrgUnit.id)
        .where(place.starts_on <= on, or_(place.ends_on.is_(None), place.ends_on > on))
        .scalar_subquery()
    )
    rows = db.session.execute(
        select(OrgUnit, func.coalesce(above, ""), func.count().over())
        .where(matching(words))
        .order_by(OrgUnit.valid_to.is_not(None), OrgUnit.sort_order, OrgUnit.code)
        .limit(PAGE)
        .offset((page - 1) * PAGE)
    ).all()
    return [(row[0], row[1]) for row in rows], rows[0][2] if rows else 0


def matching(words: str) -> ColumnElement[bool]:
    """The condition that a unit is meant by what somebody typed."""
    former = select(UnitVersion.unit_id).where(UnitVersion.name.contains(words, autoescape=True))
    means = [
        OrgUnit.name.contains(words, autoescape=True),
        OrgUnit.short_name.contains(words, autoescape=True),
        OrgUnit.code.icontains(words, autoescape=True),
        OrgUnit.id.in_(former),
    ]
    letters = words.lower().replace(" ", "")
    if letters.isascii() and letters.isalnum():
        means += [
            OrgUnit.search_key.startswith(letters, autoescape=True),
            OrgUnit.search_key.contains(f" {letters}", autoescape=True),
        ]
    return or_(*means)


def names_on(unit_ids: Sequence[uuid.UUID], on: date) -> Mapping[uuid.UUID, str]:
    """What units were called on a day; those that did not exist then are left out."""
    rows = db.session.execute(
        select(UnitVersion.unit_id, UnitVersion.name).where(UnitVersion.unit_id.in_(unit_ids), version_holds(on))
    ).all()
    return {row.unit_id: row.name for row in rows}
