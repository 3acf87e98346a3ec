"""Drafting plans (起草方案). Never commits: the caller's unit of work does."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm.attributes import flag_modified

from saas.audit.services import AuditAction, HasId, record
from saas.db import db, new_id, utc_now
from saas.domain.canonical_json import digest
from saas.domain.workflow import PLAN_MOVES, PlanAction, PlanStatus, next_status
from saas.plans.models import Plan, PlanSection

DEFAULT_SECTIONS = (
    ("text", "总体要求"),
    ("targets", "工作目标"),
    ("tasks", "主要任务"),
    ("stages", "实施步骤"),
    ("safeguards", "保障措施"),
)


@dataclass(frozen=True, slots=True)
class Registration:
    """What a plan says about itself outside its sections."""

    title: str
    topic: str
    basis: str
    goals: str
    starts_on: date
    ends_on: date
    addressees: tuple[str, ...] = ()
    copied_to: tuple[str, ...] = ()
    countersign_units: tuple[str, ...] = ()


def create_plan(
    *, actor: HasId, unit_id: uuid.UUID, route_id: uuid.UUID, title: str, starts_on: date, ends_on: date
) -> Plan:
    """Begin a plan with the usual sections, all empty (新建方案)."""
    plan = add_plan(actor=actor, unit_id=unit_id, route_id=route_id, title=title, starts_on=starts_on, ends_on=ends_on)
    for order, (kind, heading) in enumerate(DEFAULT_SECTIONS):
        db.session.add(PlanSection(plan_id=plan.id, sort_order=order, kind=kind, heading=heading))
    db.session.flush()
    record(AuditAction.PLAN_CHANGED, plan, actor=actor, change="created")
    return plan


def add_plan(
    *,
    actor: HasId,
    unit_id: uuid.UUID,
    route_id: uuid.UUID,
    title: str,
    starts_on: date,
    ends_on: date,
    **columns: Any,
) -> Plan:
    """Add the row of a plan, under a code of its own unless one is given."""
    plan = Plan(
        id=new_id(),
        unit_id=unit_id,
        route_id=route_id,
        title=title.strip(),
        starts_on=starts_on,
        ends_on=ends_on,
        drafted_by_id=actor.id,
        created_at=utc_now(),
        **{"code": _unused_code(starts_on.year), **columns},
    )
    db.session.add(plan)
    db.session.flush()
    return plan


def _unused_code(year: int) -> str:
    used = set(db.session.scalars(select(Plan.code).where(Plan.code.startswith(f"plan_{year}_"))).all())
    count = db.session.scalars(select(func.count()).select_from(Plan)).one()
    return next(code for number in range(1, count + 2) if (code := f"plan_{year}_{number}") not in used)


def edit_plan(plan: Plan, registration: Registration, *, actor: HasId) -> None:
    """Change what a plan says about itself. Raises InvalidTransition once it is on its way."""
    touch(plan, actor=actor, change="registration")
    plan.title, plan.topic = registration.title.strip(), registration.topic.strip()
    plan.basis, plan.goals = registration.basis.strip(), registration.goals.strip()
    plan.starts_on, plan.ends_on = registration.starts_on, registration.ends_on
    plan.addressees, plan.copied_to = list(registration.addressees), list(registration.copied_to)
    plan.countersign_units = list(registration.countersign_units)
    db.session.flush()


def touch(plan: Plan, *, actor: HasId, change: str, **details: Any) -> None:
    """Note that somebody changed a draft. Raises InvalidTransition once the plan is on its way."""
    plan.status = next_status(PLAN_MOVES, plan.status, PlanAction.EDIT)
    flag_modified(plan, "status")  # counts the version up although only a part of the plan changes
    record(AuditAction.PLAN_CHANGED, plan, actor=actor, change=change, **details)


def is_open_to_change(plan: Plan) -> bool:
    """Whether the plan's text may be changed in its present status."""
    return plan.status in (PlanStatus.DRAFT, PlanStatus.RETURNED)


def registration_of(plan: Plan) -> Registration:
    """What a plan says about itself now."""
    return Registration(
        plan.title,
        plan.topic,
        plan.basis,
        plan.goals,
        plan.starts_on,
        plan.ends_on,
        tuple(plan.addressees),
        tuple(plan.copied_to),
        tuple(plan.countersign_units),
    )


def fingerprint(shown: Mapping[str, Any] | Sequence[Any]) -> str:
    """Stand for what a form showed, so that a save can tell whether somebody else changed it meanwhile."""
    return digest(shown)[:20]
