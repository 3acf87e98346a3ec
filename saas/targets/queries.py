"""Reading targets and what was reported for them. The caller has checked that the plan may be seen."""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

from sqlalchemy import select

from saas.accounts.models import User
from saas.db import db
from saas.org.models import OrgUnit
from saas.targets.models import Target, TargetValue


def list_targets(plan_id: uuid.UUID) -> Sequence[Target]:
    """The targets of a plan, in its own order."""
    return list_targets_of([plan_id])


def list_targets_of(plan_ids: Iterable[uuid.UUID]) -> Sequence[Target]:
    """The targets of several plans, plan by plan, each in its own order."""
    return db.session.scalars(
        select(Target)
        .where(Target.plan_id.in_(list(plan_ids)))
        .order_by(Target.plan_id, Target.sort_order, Target.code)
    ).all()


def get_target(plan_id: uuid.UUID, target_id: uuid.UUID) -> Target:
    """Return a target of a plan, or raise NoResultFound (404)."""
    return db.session.scalars(select(Target).where(Target.plan_id == plan_id, Target.id == target_id)).one()


def list_values(target_ids: Iterable[uuid.UUID]) -> Mapping[uuid.UUID, list[TargetValue]]:
    """What was reported, by target, in the order of the days; of one day in the order it was reported."""
    rows = db.session.scalars(
        select(TargetValue)
        .where(TargetValue.target_id.in_(list(target_ids)))
        .order_by(TargetValue.measured_on, TargetValue.reported_at, TargetValue.id)
    ).all()
    found: dict[uuid.UUID, list[TargetValue]] = defaultdict(list)
    for row in rows:
        found[row.target_id].append(row)
    return found


def list_history(target_id: uuid.UUID, limit: int = 200) -> Sequence[tuple[TargetValue, str, str]]:
    """The reports on a target with the names of the unit and of who reported, the latest first."""
    rows = db.session.execute(
        select(TargetValue, OrgUnit.name, User.name)
        .outerjoin(OrgUnit, OrgUnit.id == TargetValue.unit_id)
        .outerjoin(User, User.id == TargetValue.reported_by_id)
        .where(TargetValue.target_id == target_id)
        .order_by(TargetValue.reported_at.desc(), TargetValue.id.desc())
        .limit(limit)
    ).all()
    return [(value, unit_name or "", person or "") for value, unit_name, person in rows]
