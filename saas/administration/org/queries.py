"""Reading the organisation as its pages show it. The directory of units is open to the whole county (机构名录)."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from sqlalchemy import Select, func, or_, select
from sqlalchemy.orm import aliased

from saas.accounts.models import Appointment, User
from saas.db import db
from saas.org.models import Hierarchy, OrgUnit, Placement, Post, UnitLink, UnitType
from saas.org.queries import ADMINISTRATIVE, exists_on, in_force

PAGE = 50


@dataclass(frozen=True, slots=True)
class Branch:
    """A unit in the tree with how many units stand right below it."""

    unit: OrgUnit
    child_count: int


@dataclass(frozen=True, slots=True)
class HeldPost:
    """A post with who holds it or will hold it."""

    post: Post
    holders: list[tuple[Appointment, User]] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Tie:
    """A link as one of its ends sees it: what for, and the name of the other end."""

    link: UnitLink
    name: str
    other_unit_id: uuid.UUID | None


def list_branches(parent_ids: Sequence[uuid.UUID], on: date) -> Mapping[uuid.UUID | None, list[Branch]]:
    """The units right below these, and under None the county itself, each with the number of units below it."""
    below = aliased(Placement)
    count = (
        select(func.count())
        .where(
            below.parent_id == OrgUnit.id,
            below.hierarchy_id == Placement.hierarchy_id,
            below.starts_on <= on,
            or_(below.ends_on.is_(None), below.ends_on > on),
        )
        .correlate(OrgUnit, Placement)
        .scalar_subquery()
    )
    rows = db.session.execute(
        select(Placement.parent_id, OrgUnit, count)
        .join(OrgUnit, OrgUnit.id == Placement.unit_id)
        .join(Hierarchy, Hierarchy.id == Placement.hierarchy_id)
        .where(
            Hierarchy.code == ADMINISTRATIVE,
            in_force(on),
            exists_on(on),
            or_(Placement.parent_id.is_(None), Placement.parent_id.in_(parent_ids)),
        )
        .order_by(OrgUnit.sort_order, OrgUnit.code)
    ).all()
    found: dict[uuid.UUID | None, list[Branch]] = {}
    for parent_id, unit, child_count in rows:
        found.setdefault(parent_id, []).append(Branch(unit, child_count))
    return found


def list_root_ids(on: date) -> Sequence[uuid.UUID]:
    """The units under nobody: the county."""
    return db.session.scalars(
        select(Placement.unit_id)
        .join(Hierarchy, Hierarchy.id == Placement.hierarchy_id)
        .where(Hierarchy.code == ADMINISTRATIVE, Placement.parent_id.is_(None), in_force(on))
        .order_by(Placement.unit_id)
    ).all()


def search_units(words: str, on: date, *, page: int = 1) -> tuple[Sequence[tuple[OrgUnit, str]], int]:
    """One page of the units whose name or code contains the words, with their parents' names; and how many there are.

    Closed units (已撤销) are found as well: whoever looks for one wants to know what became of it.
    """
    parent = aliased(OrgUnit)
    rows = db.session.execute(
        _matching(words)
        .add_columns(func.coalesce(parent.name, ""), func.count().over())
        .outerjoin(Placement, (Placement.unit_id == OrgUnit.id) & in_force(on))
        .outerjoin(parent, parent.id == Placement.parent_id)
        .order_by(OrgUnit.sort_order, OrgUnit.code)
        .limit(PAGE)
        .offset((page - 1) * PAGE)
    ).all()
    return [(row[0], row[1]) for row in rows], rows[0][2] if rows else 0


def _matching(words: str) -> Select[OrgUnit]:
    return select(OrgUnit).where(
        or_(
            OrgUnit.name.contains(words, autoescape=True),
            OrgUnit.short_name.contains(words, autoescape=True),
            OrgUnit.code.icontains(words, autoescape=True),
        )
    )


def list_held_posts(unit_id: uuid.UUID, on: date) -> list[HeldPost]:
    """The posts of a unit with who holds them on a day or later, in one statement."""
    rows = db.session.execute(
        select(Post, Appointment, User)
        .outerjoin(
            Appointment,
            (Appointment.post_id == Post.id) & or_(Appointment.ends_on.is_(None), Appointment.ends_on > on),
        )
        .outerjoin(User, User.id == Appointment.user_id)
        .where(Post.unit_id == unit_id)
        .order_by(Post.is_active.desc(), Post.sort_order, Post.name, Appointment.starts_on, Appointment.id)
    ).all()
    found: dict[uuid.UUID, HeldPost] = {}
    for post, appointment, user in rows:
        held = found.setdefault(post.id, HeldPost(post))
        if appointment is not None:
            held.holders.append((appointment, user))
    return list(found.values())


def list_placements(unit_id: uuid.UUID) -> Sequence[tuple[Placement, OrgUnit | None]]:
    """Where a unit stood and will stand, the latest first, with its parents."""
    rows = db.session.execute(
        select(Placement, OrgUnit)
        .join(Hierarchy, Hierarchy.id == Placement.hierarchy_id)
        .outerjoin(OrgUnit, OrgUnit.id == Placement.parent_id)
        .where(Hierarchy.code == ADMINISTRATIVE, Placement.unit_id == unit_id)
        .order_by(Placement.starts_on.desc())
    ).all()
    return [(placement, parent) for placement, parent in rows]


def list_ties(unit_id: uuid.UUID, on: date) -> tuple[list[Tie], list[Tie]]:
    """The links of a unit on a day or later: who is in charge of it, and what it is in charge of itself."""
    linked = aliased(OrgUnit)
    rows = db.session.execute(
        select(UnitLink, User.name, linked.name, OrgUnit.name)
        .join(OrgUnit, OrgUnit.id == UnitLink.unit_id)
        .outerjoin(User, User.id == UnitLink.user_id)
        .outerjoin(linked, linked.id == UnitLink.linked_unit_id)
        .where(
            or_(UnitLink.unit_id == unit_id, UnitLink.linked_unit_id == unit_id),
            or_(UnitLink.ends_on.is_(None), UnitLink.ends_on > on),
        )
        .order_by(UnitLink.kind, UnitLink.starts_on, UnitLink.id)
    ).all()
    inward, outward = [], []
    for link, user_name, linked_name, unit_name in rows:
        if link.unit_id == unit_id:
            inward.append(Tie(link, user_name or linked_name, link.linked_unit_id))
        else:
            outward.append(Tie(link, unit_name, link.unit_id))
    return inward, outward


def list_children(unit_id: uuid.UUID, on: date) -> Sequence[OrgUnit]:
    """The units right below a unit on a day."""
    return db.session.scalars(
        select(OrgUnit)
        .join(Placement, Placement.unit_id == OrgUnit.id)
        .join(Hierarchy, Hierarchy.id == Placement.hierarchy_id)
        .where(Hierarchy.code == ADMINISTRATIVE, Placement.parent_id == unit_id, in_force(on), exists_on(on))
        .order_by(OrgUnit.sort_order, OrgUnit.code)
    ).all()


def list_type_counts() -> Sequence[tuple[UnitType, int]]:
    """The unit types with how many units each has."""
    rows = db.session.execute(
        select(UnitType, func.count(OrgUnit.id))
        .outerjoin(OrgUnit, OrgUnit.unit_type_id == UnitType.id)
        .group_by(UnitType.tenant_id, UnitType.id)
        .order_by(UnitType.level, UnitType.code)
    ).all()
    return [(unit_type, count) for unit_type, count in rows]
