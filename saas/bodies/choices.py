"""Who may be chosen for a seat: the units around a body's unit, their posts, and the people there.

A county has thousands of units; a body is made of those above, beside and right below its own.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import date

from sqlalchemy import ColumnElement, or_, select
from sqlalchemy.orm import joinedload

from saas.accounts.models import Appointment, User
from saas.accounts.queries import holds
from saas.db import db
from saas.org.models import Hierarchy, OrgUnit, Placement, Post, UnitType
from saas.org.queries import ADMINISTRATIVE, exists_on, in_force, list_ancestors


def list_units_around(unit: OrgUnit, on: date) -> Sequence[OrgUnit]:
    """The unit itself, those above it, and those right below any of these."""
    up = [unit.id, *(each.id for each in list_ancestors(unit.id, on))]
    below = (
        select(Placement.unit_id)
        .join(Hierarchy, Hierarchy.id == Placement.hierarchy_id)
        .where(Hierarchy.code == ADMINISTRATIVE, Placement.parent_id.in_(up), in_force(on))
    )
    return db.session.scalars(
        select(OrgUnit)
        .join(UnitType, UnitType.id == OrgUnit.unit_type_id)
        .where(or_(OrgUnit.id.in_(up), OrgUnit.id.in_(below)), exists_on(on))
        .order_by(UnitType.level, OrgUnit.sort_order, OrgUnit.code)
    ).all()


def list_posts_of(unit_ids: Sequence[uuid.UUID]) -> Sequence[Post]:
    """The posts in use of these units, with the units, in the county's order."""
    return db.session.scalars(
        select(Post)
        .join(OrgUnit, OrgUnit.id == Post.unit_id)
        .where(Post.unit_id.in_(unit_ids), Post.is_active)
        .options(joinedload(Post.unit))
        .order_by(OrgUnit.sort_order, OrgUnit.code, Post.sort_order, Post.name)
    ).all()


def list_people_around(unit_ids: Sequence[uuid.UUID], on: date, also: uuid.UUID | None = None) -> Sequence[User]:
    """Whoever holds a post at these units on a day, whoever holds none at all, and one more; by name."""
    holding = select(Appointment.user_id).join(Post, Post.id == Appointment.post_id).where(holds(on), Post.is_active)
    wanted: list[ColumnElement[bool]] = [
        User.id.in_(holding.where(Post.unit_id.in_(unit_ids))),
        User.id.not_in(holding),
    ]
    if also is not None:
        wanted.append(User.id == also)
    return db.session.scalars(select(User).where(User.is_active, or_(*wanted)).order_by(User.name, User.id)).all()
