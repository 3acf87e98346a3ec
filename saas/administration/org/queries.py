"""Reading the organisation as its pages show it. The directory of units is open to the whole county (机构名录)."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date

from sqlalchemy import func, or_, select
from sqlalchemy.orm import aliased

from saas.accounts.models import Appointment, User
from saas.assessment.models import AssessmentScheme
from saas.db import db
from saas.domain.cohorts import cohort_from_mapping
from saas.org.cohorts import members_on
from saas.org.links import tied_on
from saas.org.models import Hierarchy, NamedCohort, OrgUnit, Placement, Post, UnitLink, UnitType
from saas.org.queries import ADMINISTRATIVE, exists_on, in_force
from saas.submissions.models import Collection


@dataclass(frozen=True, slots=True)
class HeldPost:
    """A post with who holds it or will hold it."""

    post: Post
    holders: list[tuple[Appointment, User]] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class NamedLink:
    """A link with the names of both ends: who is in charge, and of what."""

    link: UnitLink
    unit_name: str
    source_name: str


@dataclass(frozen=True, slots=True)
class Tie:
    """A link as one of its ends sees it: what for, and the name of the other end."""

    link: UnitLink
    name: str
    other_unit_id: uuid.UUID | None


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
        .order_by(UnitLink.kind, UnitLink.layer, UnitLink.starts_on, UnitLink.id)
    ).all()
    inward, outward = [], []
    for link, user_name, linked_name, unit_name in rows:
        if link.unit_id == unit_id:
            inward.append(Tie(link, user_name or linked_name, link.linked_unit_id))
        else:
            outward.append(Tie(link, unit_name, link.unit_id))
    return inward, outward


def list_links_with_names(kind: str, on: date) -> list[NamedLink]:
    """The links of a kind on a day with the names of both ends, in the county's order. One statement."""
    linked = aliased(OrgUnit)
    rows = db.session.execute(
        select(UnitLink, OrgUnit.name, func.coalesce(User.name, linked.name, ""))
        .join(OrgUnit, OrgUnit.id == UnitLink.unit_id)
        .outerjoin(User, User.id == UnitLink.user_id)
        .outerjoin(linked, linked.id == UnitLink.linked_unit_id)
        .where(UnitLink.kind == kind, tied_on(on), exists_on(on))
        .order_by(OrgUnit.sort_order, OrgUnit.code, UnitLink.layer, UnitLink.starts_on, UnitLink.id)
    ).all()
    return [NamedLink(*row) for row in rows]


def list_links_of_person(user_id: uuid.UUID) -> list[NamedLink]:
    """What a person is, was and will be in charge of, what holds first."""
    rows = db.session.execute(
        select(UnitLink, OrgUnit.name, User.name)
        .join(OrgUnit, OrgUnit.id == UnitLink.unit_id)
        .join(User, User.id == UnitLink.user_id)
        .where(UnitLink.user_id == user_id)
        .order_by(UnitLink.ends_on.desc().nulls_first(), UnitLink.kind, OrgUnit.sort_order, OrgUnit.code, UnitLink.id)
    ).all()
    return [NamedLink(*row) for row in rows]


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


def count_members(row: NamedCohort, on: date) -> tuple[int, int]:
    """How many units surely belong to a named cohort on a day, and of how many it cannot be known."""
    belong, unknown = members_on(cohort_from_mapping(row.definition), on)
    return len(belong), len(unknown)


def list_cohort_users(code: str) -> list[tuple[str, str]]:
    """Which collections and assessment schemes ask for a named cohort: their names, and what they are."""
    found = []
    for model, kind in ((Collection, "collection"), (AssessmentScheme, "scheme")):
        names = db.session.scalars(
            select(model.name).where(model.cohort["cohorts"].contains([code])).order_by(model.name, model.id)
        )
        found += [(name, kind) for name in names]
    return found
