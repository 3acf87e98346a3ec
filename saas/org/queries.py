"""Reading the organisation: units by id and code, and subtrees at a date."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from datetime import date
from functools import cache
from typing import Any, Protocol

from sqlalchemy import ColumnElement, Date, Select, Uuid, and_, bindparam, func, or_, select
from sqlalchemy.orm import aliased, joinedload

from saas.access.permissions import Permission
from saas.db import db
from saas.org.models import Hierarchy, OrgUnit, Placement, Post, UnitLink, UnitType

ADMINISTRATIVE = "administrative"


class Looking(Protocol):
    """Who looks: a signed-in person."""

    def unit_ids(self, permission: Permission) -> tuple[uuid.UUID, ...]: ...


def in_force(on: date | ColumnElement[date]) -> ColumnElement[bool]:
    """The condition that a placement holds on a day."""
    return and_(Placement.starts_on <= on, or_(Placement.ends_on.is_(None), Placement.ends_on > on))


def exists_on(on: date) -> ColumnElement[bool]:
    """The condition that a unit exists on a day."""
    return and_(OrgUnit.valid_from <= on, or_(OrgUnit.valid_to.is_(None), OrgUnit.valid_to > on))


def subtree_ids(root_ids: Sequence[uuid.UUID], on: date, hierarchy: str = ADMINISTRATIVE) -> Select[uuid.UUID]:
    """Select the ids of these units and of everything below them on a day, as the tree stood on that day."""
    tree = (
        select(Placement.unit_id)
        .join(Hierarchy, Hierarchy.id == Placement.hierarchy_id)
        .where(Hierarchy.code == hierarchy, Placement.unit_id.in_(root_ids), in_force(on))
        .cte(recursive=True)  # without a name: a statement may ask for several subtrees
    )
    child, its_tree = aliased(Placement), aliased(Hierarchy)
    tree = tree.union(
        select(child.unit_id)
        .join(tree, child.parent_id == tree.c.unit_id)
        .join(its_tree, its_tree.id == child.hierarchy_id)
        .where(its_tree.code == hierarchy, child.starts_on <= on, or_(child.ends_on.is_(None), child.ends_on > on))
    )
    return select(tree.c.unit_id)


def list_subtree_ids(root_ids: Sequence[uuid.UUID], on: date) -> frozenset[uuid.UUID]:
    """The ids of these units and of everything below them on a day."""
    return frozenset(db.session.scalars(subtree_ids(root_ids, on)).all()) if root_ids else frozenset()


def list_units(on: date) -> Sequence[OrgUnit]:
    """Every unit that exists on a day, in the county's order."""
    return db.session.scalars(select(OrgUnit).where(exists_on(on)).order_by(OrgUnit.sort_order, OrgUnit.code)).all()


def list_units_by_id(unit_ids: Sequence[uuid.UUID] | frozenset[uuid.UUID]) -> Mapping[uuid.UUID, OrgUnit]:
    units = db.session.scalars(
        select(OrgUnit).where(OrgUnit.id.in_(unit_ids)).order_by(OrgUnit.sort_order, OrgUnit.code)
    ).all()
    return {unit.id: unit for unit in units}


def list_units_below(root_ids: Sequence[uuid.UUID], on: date) -> Sequence[OrgUnit]:
    """These units and everything below them on a day, in the county's order."""
    return db.session.scalars(
        select(OrgUnit)
        .where(OrgUnit.id.in_(subtree_ids(root_ids, on)), exists_on(on))
        .order_by(OrgUnit.sort_order, OrgUnit.code)
    ).all()


def get_unit(unit_id: uuid.UUID) -> OrgUnit:
    """Return a unit, or raise NoResultFound (404)."""
    return db.session.scalars(select(OrgUnit).where(OrgUnit.id == unit_id)).one()


def find_unit_by_code(code: str) -> OrgUnit | None:
    return db.session.scalars(select(OrgUnit).where(OrgUnit.code == code)).one_or_none()


def get_root_unit(on: date) -> OrgUnit:
    """The county itself: the unit without a parent in the administrative tree."""
    return db.session.scalars(
        select(OrgUnit)
        .join(Placement, Placement.unit_id == OrgUnit.id)
        .join(Hierarchy, Hierarchy.id == Placement.hierarchy_id)
        .where(Hierarchy.code == ADMINISTRATIVE, Placement.parent_id.is_(None), in_force(on))
        .order_by(OrgUnit.sort_order, OrgUnit.code)
        .limit(1)
    ).one()


def parents_on(on: date) -> Mapping[uuid.UUID, uuid.UUID | None]:
    """Each placed unit's parent in the administrative tree on a day."""
    rows = db.session.execute(
        select(Placement.unit_id, Placement.parent_id)
        .join(Hierarchy, Hierarchy.id == Placement.hierarchy_id)
        .where(Hierarchy.code == ADMINISTRATIVE, in_force(on))
        .order_by(Placement.unit_id)
    ).all()
    return {row.unit_id: row.parent_id for row in rows}


def list_ancestors(unit_id: uuid.UUID, on: date) -> Sequence[OrgUnit]:
    """The units above a unit on a day, from its parent up to the county."""
    return db.session.scalars(_ancestors(OrgUnit), {"below": unit_id, "on": on}).all()


def list_types_above(unit_id: uuid.UUID, on: date) -> Sequence[tuple[uuid.UUID, str]]:
    """The same units with the codes of their types only, in the same order."""
    rows = db.session.execute(_ancestors(OrgUnit.id, UnitType.code), {"below": unit_id, "on": on})
    return [(row[0], row[1]) for row in rows]


@cache
def _ancestors(*wanted: Any) -> Select[Any]:
    """The statement of `list_ancestors`, built once: it is asked with everything that is handed in."""
    below, on = bindparam("below", type_=Uuid()), bindparam("on", type_=Date())
    step = (
        select(Placement.parent_id)
        .join(Hierarchy, Hierarchy.id == Placement.hierarchy_id)
        .where(Hierarchy.code == ADMINISTRATIVE, Placement.unit_id == below, in_force(on))
        .cte(recursive=True)
    )
    above, its_tree = aliased(Placement), aliased(Hierarchy)
    step = step.union(
        select(above.parent_id)
        .join(step, above.unit_id == step.c.parent_id)
        .join(its_tree, its_tree.id == above.hierarchy_id)
        .where(its_tree.code == ADMINISTRATIVE, above.starts_on <= on, or_(above.ends_on.is_(None), above.ends_on > on))
    )
    return (
        select(*wanted)
        .select_from(OrgUnit)
        .join(UnitType, UnitType.id == OrgUnit.unit_type_id)
        .where(OrgUnit.id.in_(select(step.c.parent_id)))
        .order_by(UnitType.level.desc(), OrgUnit.code)
    )


def list_unit_types() -> Sequence[UnitType]:
    return db.session.scalars(select(UnitType).order_by(UnitType.level, UnitType.code)).all()


def list_posts(unit_id: uuid.UUID) -> Sequence[Post]:
    return db.session.scalars(
        select(Post).where(Post.unit_id == unit_id).order_by(Post.sort_order, Post.name, Post.id)
    ).all()


def list_links(unit_id: uuid.UUID, on: date) -> Sequence[UnitLink]:
    """The links in force of a unit on a day."""
    return db.session.scalars(
        select(UnitLink)
        .where(
            UnitLink.unit_id == unit_id,
            UnitLink.starts_on <= on,
            or_(UnitLink.ends_on.is_(None), UnitLink.ends_on > on),
        )
        .order_by(UnitLink.kind, UnitLink.starts_on, UnitLink.id)
    ).all()


def last_sort_order() -> int:
    """The place of the last unit in the county's order."""
    return db.session.scalars(select(func.coalesce(func.max(OrgUnit.sort_order), 0))).one()


def list_all_placements() -> Sequence[Placement]:
    """Every placement of the administrative tree, past and future, locked so that two moves cannot cross."""
    return db.session.scalars(
        select(Placement)
        .join(Hierarchy, Hierarchy.id == Placement.hierarchy_id)
        .where(Hierarchy.code == ADMINISTRATIVE)
        .order_by(Placement.starts_on, Placement.id)
        .with_for_update(of=Placement)
    ).all()


def _editable(viewer: Looking, on: date) -> ColumnElement[bool]:
    """The condition that a unit may be changed: it is, was or will be in the subtree of an administrator's post."""
    below = subtree_ids(viewer.unit_ids(Permission.ORG_EDIT), on)
    placed = (
        select(Placement.unit_id)
        .join(Hierarchy, Hierarchy.id == Placement.hierarchy_id)
        .where(Hierarchy.code == ADMINISTRATIVE, Placement.parent_id.in_(below))
    )
    return or_(OrgUnit.id.in_(below), OrgUnit.id.in_(placed))


def get_unit_to_edit(unit_id: uuid.UUID, viewer: Looking, on: date) -> OrgUnit:
    """Return a unit that the viewer may change, or raise NoResultFound (404)."""
    return db.session.scalars(select(OrgUnit).where(OrgUnit.id == unit_id, _editable(viewer, on))).one()


def may_edit_unit(unit_id: uuid.UUID, viewer: Looking, on: date) -> bool:
    """Whether the viewer may change a unit."""
    asked = select(OrgUnit.id).where(OrgUnit.id == unit_id, _editable(viewer, on))
    return db.session.scalars(asked).first() is not None


def get_post_to_edit(post_id: uuid.UUID, viewer: Looking, on: date) -> Post:
    """Return a post, with its unit, that the viewer may change, or raise NoResultFound (404)."""
    return db.session.scalars(
        select(Post)
        .join(OrgUnit, OrgUnit.id == Post.unit_id)
        .where(Post.id == post_id, _editable(viewer, on))
        .options(joinedload(Post.unit))
    ).one()


def get_link_to_edit(link_id: uuid.UUID, viewer: Looking, on: date) -> UnitLink:
    """Return a link, with its unit, that the viewer may change, or raise NoResultFound (404)."""
    return db.session.scalars(
        select(UnitLink)
        .join(OrgUnit, OrgUnit.id == UnitLink.unit_id)
        .where(UnitLink.id == link_id, _editable(viewer, on))
        .options(joinedload(UnitLink.unit))
    ).one()


def get_unit_type(type_id: uuid.UUID) -> UnitType:
    return db.session.scalars(select(UnitType).where(UnitType.id == type_id)).one()


def list_possible_parents(unit_type: UnitType, on: date) -> Sequence[OrgUnit]:
    """The units that exist on a day and that a unit of this type may stand under, by the county's rule."""
    wanted = UnitType.code.in_(unit_type.parents) if unit_type.parents else UnitType.level < unit_type.level
    return db.session.scalars(
        select(OrgUnit)
        .join(UnitType, UnitType.id == OrgUnit.unit_type_id)
        .where(exists_on(on), wanted)
        .order_by(UnitType.level, OrgUnit.sort_order, OrgUnit.code)
    ).all()
