"""Named trees over the same units (层级体系): reading them, setting them up, and placing units in them. Never commits.

The administrative tree is changed by moves and reorganisations alone: rights follow it.
"""

from __future__ import annotations

import uuid
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import delete, func, or_, select, update
from sqlalchemy.orm.attributes import flag_modified

from saas.audit.services import AuditAction, HasId, record
from saas.db import db
from saas.domain.errors import DomainError, HierarchyError
from saas.domain.hierarchy import Placement as Place
from saas.domain.hierarchy import Tree, placed_from, refuse_cycles_from, taken_out_from
from saas.org.models import Hierarchy, HierarchyPurpose, OrgUnit, Placement
from saas.org.queries import ADMINISTRATIVE, exists_on, in_force
from saas.org.services import CodeTaken

MAX_AT_ONCE = 5000  # units placed with one press


@dataclass(frozen=True, slots=True)
class HierarchySettings:
    """What a county says of a tree. `ends_on` is the first day on which it no longer holds."""

    name: str
    purpose: HierarchyPurpose
    note: str = ""
    starts_on: date | None = None
    ends_on: date | None = None
    alternative_to_id: uuid.UUID | None = None
    sort_order: int = 50


def list_hierarchies() -> Sequence[Hierarchy]:
    """Every tree, the administrative one first."""
    return db.session.scalars(
        select(Hierarchy).order_by(
            (Hierarchy.code != ADMINISTRATIVE), Hierarchy.sort_order, Hierarchy.name, Hierarchy.id
        )
    ).all()


def get_hierarchy(hierarchy_id: uuid.UUID) -> Hierarchy:
    """Return a tree, or raise NoResultFound (404)."""
    return db.session.scalars(select(Hierarchy).where(Hierarchy.id == hierarchy_id)).one()


def tree_on(hierarchy_id: uuid.UUID, on: date) -> Tree[uuid.UUID]:
    """A tree as it stood on a day, in the county's order. One statement."""
    rows = db.session.execute(
        select(Placement.unit_id, Placement.parent_id)
        .join(OrgUnit, OrgUnit.id == Placement.unit_id)
        .where(Placement.hierarchy_id == hierarchy_id, in_force(on), exists_on(on))
        .order_by(OrgUnit.sort_order, OrgUnit.code)
    ).all()
    return Tree({row.unit_id: row.parent_id for row in rows})


def count_placed(on: date) -> Mapping[uuid.UUID, int]:
    """How many units each tree has on a day."""
    rows = db.session.execute(
        select(Placement.hierarchy_id, func.count().label("units"))
        .join(OrgUnit, OrgUnit.id == Placement.unit_id)
        .where(in_force(on), exists_on(on))
        .group_by(Placement.hierarchy_id)
    ).all()
    return {row.hierarchy_id: row.units for row in rows}


def list_orphan_ids(hierarchy_id: uuid.UUID, on: date) -> Sequence[uuid.UUID]:
    """Units whose parent has no place itself on the day: it was closed or taken out."""
    return tree_on(hierarchy_id, on).orphans


def list_unplaced(on: date, hierarchy: str = ADMINISTRATIVE) -> Sequence[OrgUnit]:
    """Units that exist on a day without a place in a tree. In the administrative one every unit must have a place."""
    placed = (
        select(Placement.unit_id)
        .join(Hierarchy, Hierarchy.id == Placement.hierarchy_id)
        .where(Hierarchy.code == hierarchy, in_force(on))
    )
    return db.session.scalars(
        select(OrgUnit)
        .where(exists_on(on), OrgUnit.id.not_in(placed))
        .order_by(OrgUnit.sort_order, OrgUnit.code)
        .limit(MAX_AT_ONCE)
    ).all()


def create_hierarchy(code: str, settings: HierarchySettings, *, actor: HasId) -> Hierarchy:
    """Set up a tree without units. CodeTaken if the code is in use."""
    if db.session.scalars(select(Hierarchy.id).where(Hierarchy.code == code)).first() is not None:
        raise CodeTaken("代码“{taken}”已被使用，请换一个", taken=code)
    hierarchy = Hierarchy(code=code)
    _put(hierarchy, settings)
    db.session.add(hierarchy)
    record(AuditAction.HIERARCHY_CHANGED, hierarchy, actor=actor, change="created", code=code, name=settings.name)
    db.session.flush()
    return hierarchy


def edit_hierarchy(hierarchy: Hierarchy, settings: HierarchySettings, *, actor: HasId) -> None:
    """Change what is said of a tree. Units stay placed only as long as it holds."""
    if hierarchy.code == ADMINISTRATIVE and (settings.starts_on or settings.ends_on or settings.alternative_to_id):
        raise HierarchyError("行政区划体系始终有效，不设起止日期", code="bad_dates")
    _put(hierarchy, settings)
    db.session.flush()
    _refuse_places_outside(hierarchy)
    record(AuditAction.HIERARCHY_CHANGED, hierarchy, actor=actor, change="edited", name=settings.name)


def _put(hierarchy: Hierarchy, settings: HierarchySettings) -> None:
    if settings.starts_on and settings.ends_on and settings.ends_on <= settings.starts_on:
        raise HierarchyError("结束日期应晚于开始日期", code="bad_dates")
    if settings.alternative_to_id is not None and settings.alternative_to_id == hierarchy.id:
        raise HierarchyError("不能是自己的另一口径", code="own_alternative")
    hierarchy.name, hierarchy.purpose, hierarchy.note = settings.name, settings.purpose, settings.note
    hierarchy.starts_on, hierarchy.ends_on = settings.starts_on, settings.ends_on
    hierarchy.alternative_to_id, hierarchy.sort_order = settings.alternative_to_id, settings.sort_order


def _refuse_places_outside(hierarchy: Hierarchy) -> None:
    own = Placement.hierarchy_id == hierarchy.id
    if hierarchy.ends_on is not None:
        late = select(Placement.id).where(own, Placement.starts_on >= hierarchy.ends_on)
        if db.session.scalars(late.limit(1)).first() is not None:
            raise HierarchyError("这天以后已登记有单位归入，不能在此之前结束", code="bad_dates")
        db.session.execute(
            update(Placement)
            .where(own, or_(Placement.ends_on.is_(None), Placement.ends_on > hierarchy.ends_on))
            .values(ends_on=hierarchy.ends_on)
        )
    if hierarchy.starts_on is not None:
        first = db.session.scalars(select(func.min(Placement.starts_on)).where(own)).one()
        if first is not None and first < hierarchy.starts_on:
            raise HierarchyError("已有单位自{day}起归入，开始日期不能更晚", code="bad_dates", day=first)


def delete_hierarchy(hierarchy: Hierarchy, *, actor: HasId) -> None:
    """Take out a tree that never had a unit and that no other one is an alternative to."""
    if hierarchy.code == ADMINISTRATIVE:
        raise HierarchyError("行政区划体系不能删除", code="is_administrative")
    used = [
        select(Placement.id).where(Placement.hierarchy_id == hierarchy.id),
        select(Hierarchy.id).where(Hierarchy.alternative_to_id == hierarchy.id),
    ]
    if any(db.session.scalars(each.limit(1)).first() is not None for each in used):
        raise DomainError("该体系已有单位归入或另有口径，不能删除；可以为它填写结束日期", code="in_use")
    record(AuditAction.HIERARCHY_CHANGED, hierarchy, actor=actor, change="deleted", code=hierarchy.code)
    db.session.delete(hierarchy)
    db.session.flush()


def copy_places(source: Hierarchy, target: Hierarchy, on: date, *, actor: HasId) -> int:
    """Give an empty tree the places that another has on a day, to be changed into another definition (另一口径)."""
    present = tree_on(source.id, on)
    for unit_id, parent_id in present.parents.items():
        db.session.add(
            Placement(
                hierarchy_id=target.id, unit_id=unit_id, parent_id=parent_id, starts_on=on, ends_on=target.ends_on
            )
        )
    record(AuditAction.HIERARCHY_CHANGED, target, actor=actor, change="copied", source=source.code, on=str(on))
    db.session.flush()
    return len(present.parents)


def place_units(
    hierarchy: Hierarchy, units: Sequence[OrgUnit], parent: OrgUnit | None, starts_on: date, *, actor: HasId
) -> int:
    """Let units stand under a parent (None: at the top) of a tree from a day on; return how many stand elsewhere now.

    Raises HierarchyError, and nothing is changed, for a cycle, a parent without a place, a unit that does not exist
    then, or the administrative tree, which moves and reorganisations change.
    """
    _refuse_administrative(hierarchy)
    _refuse_outside(hierarchy, starts_on)
    rows = _locked_places(hierarchy.id)
    places = _by_unit(rows)
    if parent is not None and not any(place.holds_on(starts_on) for place in places.get(parent.id, ())):
        raise HierarchyError("“{name}”在这天还没有归入本体系，请先归入它", code="parent_unplaced", name=parent.name)
    moved = 0
    for unit in units:
        _refuse_not_existing(unit, starts_on)
        own = places.get(unit.id, ())
        until = min((day for day in (unit.valid_to, hierarchy.ends_on) if day is not None), default=None)
        places[unit.id] = placed_from(own, unit.id, parent.id if parent else None, starts_on, until)
        moved += places[unit.id] != tuple(own)
    refuse_cycles_from([place for each in places.values() for place in each], {unit.id for unit in units}, starts_on)
    _write(hierarchy.id, rows, places, {unit.id for unit in units})
    _note(hierarchy, "placed", units, starts_on, actor, parent=parent.code if parent else "")
    return moved


def take_out_units(hierarchy: Hierarchy, units: Sequence[OrgUnit], ends_on: date, *, actor: HasId) -> int:
    """Let units have no place in a tree from a day on; return how many had one.

    Raises HierarchyError if other units would lose their parent, or for the administrative tree.
    """
    _refuse_administrative(hierarchy)
    rows = _locked_places(hierarchy.id)
    places, gone = _by_unit(rows), {unit.id for unit in units}
    for unit in units:
        if any(
            place.parent == unit.id and place.unit not in gone and (place.ends_on is None or place.ends_on > ends_on)
            for each in places.values()
            for place in each
        ):
            raise HierarchyError("“{name}”之下还有单位，请先移走或一并移出", code="has_children", name=unit.name)
    changed = 0
    for unit in units:
        own = places.get(unit.id, ())
        places[unit.id] = taken_out_from(own, ends_on)
        changed += places[unit.id] != tuple(own)
    _write(hierarchy.id, rows, places, gone)
    _note(hierarchy, "taken_out", units, ends_on, actor)
    return changed


def _note(
    hierarchy: Hierarchy, change: str, units: Sequence[OrgUnit], on: date, actor: HasId, **details: object
) -> None:
    flag_modified(hierarchy, "name")  # counts the version up: whoever has the old page open must see this first
    codes = [unit.code for unit in units[:50]]
    record(
        AuditAction.HIERARCHY_CHANGED,
        hierarchy,
        actor=actor,
        change=change,
        units=codes,
        count=len(units),
        on=str(on),
        **details,
    )
    db.session.flush()


def _refuse_administrative(hierarchy: Hierarchy) -> None:
    if hierarchy.code == ADMINISTRATIVE:
        raise HierarchyError("行政区划的隶属关系请用“调整隶属”或机构调整办理", code="is_administrative")


def _refuse_outside(hierarchy: Hierarchy, day: date) -> None:
    if hierarchy.starts_on is not None and day < hierarchy.starts_on:
        raise HierarchyError("本体系自{day}起才有效", code="bad_dates", day=hierarchy.starts_on)
    if hierarchy.ends_on is not None and day >= hierarchy.ends_on:
        raise HierarchyError("本体系自{day}起不再有效", code="bad_dates", day=hierarchy.ends_on)


def _refuse_not_existing(unit: OrgUnit, day: date) -> None:
    if day < unit.valid_from or (unit.valid_to is not None and day >= unit.valid_to):
        raise HierarchyError("“{name}”在这天不存在", code="bad_dates", name=unit.name)


def _locked_places(hierarchy_id: uuid.UUID) -> Sequence[Placement]:
    """Every placement of a tree, locked so that two changes cannot cross."""
    db.session.scalars(select(Hierarchy.id).where(Hierarchy.id == hierarchy_id).with_for_update()).one()
    return db.session.scalars(
        select(Placement)
        .where(Placement.hierarchy_id == hierarchy_id)
        .order_by(Placement.starts_on, Placement.id)
        .with_for_update()
    ).all()


def _by_unit(rows: Sequence[Placement]) -> dict[uuid.UUID, tuple[Place[uuid.UUID], ...]]:
    found: dict[uuid.UUID, tuple[Place[uuid.UUID], ...]] = {}
    for row in rows:
        place = Place(row.unit_id, row.parent_id, row.starts_on, row.ends_on)
        found[row.unit_id] = (*found.get(row.unit_id, ()), place)
    return found


def _write(
    hierarchy_id: uuid.UUID,
    rows: Sequence[Placement],
    places: Mapping[uuid.UUID, Sequence[Place[uuid.UUID]]],
    unit_ids: Collection[uuid.UUID],
) -> None:
    """Make the rows of these units say what their places say: first what goes, then what ends, then what is new."""
    wanted = {(place.unit, place.starts_on, place.parent): place for each in unit_ids for place in places[each]}
    gone = []
    for row in rows:
        if row.unit_id in unit_ids:
            place = wanted.pop((row.unit_id, row.starts_on, row.parent_id), None)
            if place is None:
                gone.append(row.id)
            else:
                row.ends_on = place.ends_on
    db.session.execute(delete(Placement).where(Placement.id.in_(gone)))
    db.session.flush()
    for place in wanted.values():
        db.session.add(
            Placement(
                hierarchy_id=hierarchy_id,
                unit_id=place.unit,
                parent_id=place.parent,
                starts_on=place.starts_on,
                ends_on=place.ends_on,
            )
        )
    db.session.flush()
