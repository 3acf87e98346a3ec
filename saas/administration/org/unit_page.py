"""What the page of a unit shows: who, where, with what figures since when, tied to whom, and what it must do."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from sqlalchemy import func, literal, or_, select
from sqlalchemy.orm import aliased

from saas.access.permissions import Permission
from saas.accounts.models import Delegation, User
from saas.accounts.viewer import Viewer
from saas.db import db
from saas.domain.cohorts import cohort_from_mapping, matches
from saas.domain.workflow import PlanStatus, SubmissionStatus
from saas.org.attributes import Attribute, attributes_of
from saas.org.cohorts import CohortBook, unit_on
from saas.org.models import Hierarchy, OrgUnit, Placement, Post, UnitType, UnitVersion
from saas.org.queries import ADMINISTRATIVE, in_force, subtree_ids
from saas.org.versions import list_versions
from saas.plans.models import Plan, PlanTask, PlanTaskPart, PlanTaskUnit
from saas.submissions.models import Collection, Submission
from saas.targets.models import Target


@dataclass(frozen=True, slots=True)
class Shown:
    """A unit as it was on a day: names and type of then. `since` is the day on which each attribute got its value."""

    name: str
    short_name: str
    unit_type: UnitType
    attributes: Sequence[tuple[Attribute, Any, date | None]]
    former_names: Sequence[tuple[str, date]]  # with the first day on which it was no longer called so


@dataclass(frozen=True, slots=True)
class Place:
    """Where a unit stands in a tree: the units above it from the top, by id and name."""

    hierarchy: Hierarchy
    above: Sequence[tuple[uuid.UUID, str]]
    starts_on: date


@dataclass(frozen=True, slots=True)
class Duties:
    """What a unit must do now: counts, each with the page that lists it."""

    collections: Sequence[tuple[uuid.UUID, str]]  # those that ask it
    to_fill: int  # drafts and returned ones
    parts: int  # parts of tasks in force that are not accepted
    overdue_parts: int
    targets: int


def shown_on(unit: OrgUnit, on: date) -> Shown:
    """A unit as it was on a day; before its time as it was first, after it as it was last. Two statements at most."""
    versions = list_versions(unit.id)
    present = _version_at(versions, on)
    if present is None:
        return Shown(unit.name, unit.short_name, unit.unit_type, _plain_attributes(unit), ())
    unit_type = unit.unit_type
    if present.unit_type_id != unit.unit_type_id:
        unit_type = db.session.scalars(select(UnitType).where(UnitType.id == present.unit_type_id)).one()
    until = versions[: versions.index(present) + 1]
    attributes = [
        (each, present.attributes.get(each.name), _since(until, each.name)) for each in attributes_of(unit_type)
    ]
    former = {row.name: row.ends_on for row in until if row.name != present.name and row.ends_on is not None}
    return Shown(present.name, present.short_name, unit_type, attributes, list(former.items()))


def _version_at(versions: Sequence[UnitVersion], on: date) -> UnitVersion | None:
    held = [row for row in versions if row.starts_on <= on and (row.ends_on is None or on < row.ends_on)]
    if held or not versions:
        return held[0] if held else None
    return versions[0] if on < versions[0].starts_on else versions[-1]


def _plain_attributes(unit: OrgUnit) -> Sequence[tuple[Attribute, Any, date | None]]:
    return [(each, unit.attributes.get(each.name), None) for each in attributes_of(unit.unit_type)]


def _since(versions: Sequence[UnitVersion], name: str) -> date | None:
    """The first day of the last stretch in which an attribute had its present value; None if it has none."""
    value = versions[-1].attributes.get(name)
    if value is None:
        return None
    since = versions[-1].starts_on
    for row in reversed(versions[:-1]):
        if row.attributes.get(name) != value:
            break
        since = row.starts_on
    return since


def list_places(unit_id: uuid.UUID, on: date) -> list[Place]:
    """Where a unit stands in every tree on a day, the administrative one first. Two statements."""
    step = (
        select(Placement.hierarchy_id, Placement.parent_id, Placement.starts_on, literal(1).label("height"))
        .where(Placement.unit_id == unit_id, in_force(on))
        .cte(recursive=True)
    )
    higher = aliased(Placement)
    step = step.union(
        select(higher.hierarchy_id, higher.parent_id, step.c.starts_on, step.c.height + 1)
        .join(step, (higher.unit_id == step.c.parent_id) & (higher.hierarchy_id == step.c.hierarchy_id))
        .where(higher.starts_on <= on, or_(higher.ends_on.is_(None), higher.ends_on > on), step.c.height < 50)
    )
    called = aliased(UnitVersion)
    rows = db.session.execute(
        select(Hierarchy, step.c.starts_on, OrgUnit.id, func.coalesce(called.name, OrgUnit.name))
        .join(step, step.c.hierarchy_id == Hierarchy.id)
        .outerjoin(OrgUnit, OrgUnit.id == step.c.parent_id)
        .outerjoin(
            called,
            (called.unit_id == OrgUnit.id)
            & (called.starts_on <= on)
            & or_(called.ends_on.is_(None), called.ends_on > on),
        )
        .order_by(
            (Hierarchy.code != ADMINISTRATIVE), Hierarchy.sort_order, Hierarchy.name, Hierarchy.id, step.c.height.desc()
        )
    ).all()
    found: dict[uuid.UUID, Place] = {}
    for hierarchy, starts_on, parent_id, name in rows:
        place = found.setdefault(hierarchy.id, Place(hierarchy, [], starts_on))
        if parent_id is not None:
            found[hierarchy.id] = Place(hierarchy, [*place.above, (parent_id, name)], starts_on)
    return list(found.values())


def list_delegates(unit_id: uuid.UUID, on: date) -> Mapping[uuid.UUID, Sequence[tuple[str, date]]]:
    """Who stands in for the holders of a unit's posts on a day, by post: name, and the first day without them."""
    rows = db.session.execute(
        select(Delegation.post_id, User.name, Delegation.ends_on)
        .join(Post, Post.id == Delegation.post_id)
        .join(User, User.id == Delegation.to_user_id)
        .where(Post.unit_id == unit_id, Delegation.starts_on <= on, Delegation.ends_on > on)
        .where(Delegation.revoked_at.is_(None))
        .order_by(Delegation.starts_on, Delegation.id)
    ).all()
    found: dict[uuid.UUID, list[tuple[str, date]]] = {}
    for post_id, name, ends_on in rows:
        found.setdefault(post_id, []).append((name, ends_on))
    return found


def find_duties(unit: OrgUnit, viewer: Viewer, on: date) -> Duties | None:
    """What a unit must do now, for those who may see its reports; None for others. Five statements."""
    reach = subtree_ids(viewer.unit_ids(Permission.SUBMISSION_VIEW), on)
    asked = select(OrgUnit.id).where(OrgUnit.id == unit.id, OrgUnit.id.in_(reach))
    if db.session.scalars(asked).first() is None:
        return None
    parts = _count_parts(unit.id, on)
    return Duties(
        collections=_collections_asking(unit, on),
        to_fill=_count_unfinished(unit.id),
        parts=parts[0],
        overdue_parts=parts[1],
        targets=_count_targets(unit.id),
    )


def _collections_asking(unit: OrgUnit, on: date) -> list[tuple[uuid.UUID, str]]:
    rows = db.session.scalars(
        select(Collection)
        .where(Collection.is_active, Collection.starts_on <= on)
        .where(or_(Collection.ends_on.is_(None), Collection.ends_on >= on))
        .order_by(Collection.name, Collection.id)
    ).all()
    if not rows:
        return []
    seen, book = unit_on(unit, on), CohortBook(on)
    return [(row.id, row.name) for row in rows if matches(seen, cohort_from_mapping(row.cohort), book)]


def _count_unfinished(unit_id: uuid.UUID) -> int:
    waiting = (SubmissionStatus.DRAFT, SubmissionStatus.RETURNED)
    return db.session.scalars(
        select(func.count())
        .select_from(Submission)
        .where(Submission.unit_id == unit_id, Submission.status.in_(waiting))
    ).one()


def _count_parts(unit_id: uuid.UUID, on: date) -> tuple[int, int]:
    own = select(PlanTaskUnit.part_id).where(PlanTaskUnit.unit_id == unit_id)
    row = db.session.execute(
        select(func.count(), func.count().filter(PlanTaskPart.due_on < on))
        .select_from(PlanTaskPart)
        .join(PlanTask, PlanTask.id == PlanTaskPart.task_id)
        .join(Plan, Plan.id == PlanTask.plan_id)
        .where(PlanTaskPart.id.in_(own), PlanTaskPart.state != "accepted", Plan.status == PlanStatus.ISSUED)
        .where(Plan.ends_on >= on - timedelta(days=366))
    ).one()
    return row[0], row[1]


def _count_targets(unit_id: uuid.UUID) -> int:
    return db.session.scalars(
        select(func.count())
        .select_from(Target)
        .join(Plan, Plan.id == Target.plan_id)
        .where(Target.responsible_unit_id == unit_id, Plan.status == PlanStatus.ISSUED)
    ).one()
