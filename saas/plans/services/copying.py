"""A new plan from an earlier one: for another year, or as a new revision. Never commits."""

from __future__ import annotations

import re
import uuid
from calendar import monthrange
from collections.abc import Callable
from datetime import date
from typing import Any, TypeVar

from sqlalchemy import func, select

from saas.audit.services import AuditAction, HasId, record
from saas.db import db, new_id
from saas.domain.errors import InvalidTransition
from saas.plans import queries
from saas.plans.models import Plan, PlanAttachment, PlanSection, PlanStage, PlanTask, PlanTaskPart, PlanTaskUnit
from saas.plans.services.drafting import add_plan
from saas.targets.models import Target
from saas.targets.services import definition_of

T = TypeVar("T")
_YEAR_KEY = re.compile(r"(\d{4})(?=-|$)")


def copy_plan(source: Plan, *, actor: HasId, title: str, year: int) -> Plan:
    """Begin a plan for another year as a copy of an earlier one; days and stated deadlines move by whole years."""
    by = year - source.starts_on.year
    plan = add_plan(
        actor=actor,
        unit_id=source.unit_id,
        route_id=source.route_id,
        title=title,
        starts_on=shift_day(source.starts_on, by),
        ends_on=shift_day(source.ends_on, by),
        **_registration(source),
    )
    _copy_pieces(source, plan, by)
    record(AuditAction.PLAN_CHANGED, plan, actor=actor, change="copied", source=str(source.id))
    return plan


def revise_plan(source: Plan, *, actor: HasId) -> Plan:
    """Begin a new revision of a signed plan (修订). It goes the whole way again, to the same signer.

    Raises InvalidTransition unless the plan was signed, or while another revision of it is under way.
    """
    if source.status not in queries.SETTLED:
        raise InvalidTransition("只有已签发的方案需要修订，起草中的可以直接修改")
    newest = db.session.scalars(select(func.max(Plan.revision)).where(Plan.code == source.code)).one()
    if newest != source.revision:
        raise InvalidTransition("该方案已有更新的修订稿")
    plan = add_plan(
        actor=actor,
        unit_id=source.unit_id,
        route_id=source.route_id,
        title=source.title,
        starts_on=source.starts_on,
        ends_on=source.ends_on,
        code=source.code,
        revision=source.revision + 1,
        supersedes_id=source.id,
        **_registration(source),
    )
    _copy_pieces(source, plan, 0)
    record(AuditAction.PLAN_CHANGED, plan, actor=actor, change="revised", source=str(source.id))
    return plan


def _registration(source: Plan) -> dict[str, Any]:
    names = ("topic", "basis", "goals", "addressees", "copied_to", "countersign_units", "superior_plan_id")
    return {name: getattr(source, name) for name in names}


def _copy_pieces(source: Plan, plan: Plan, by: int) -> None:
    for section in queries.list_pieces(source.id, "section"):
        _add(section, PlanSection, plan_id=plan.id)
    for stage in queries.list_pieces(source.id, "stage"):
        days = {"starts_on": _or_none(stage.starts_on, by), "ends_on": _or_none(stage.ends_on, by)}
        _add(stage, PlanStage, plan_id=plan.id, **days)
    for attachment in queries.list_pieces(source.id, "attachment"):
        if attachment.file_id is None:  # a file belongs to the plan it was uploaded for
            _add(attachment, PlanAttachment, plan_id=plan.id, title=shift_words(attachment.title, by))
    for target in queries.list_pieces(source.id, "target"):
        _copy_target(target, plan, by)
    for task in queries.list_pieces(source.id, "task"):
        _copy_task(task, plan, by)
    db.session.flush()


def _copy_target(source: Target, plan: Plan, by: int) -> None:
    target = _add(source, Target, plan_id=plan.id, definition=shift_deadlines(source.definition, by))
    deadline = definition_of(target).deadline
    target.due_on = deadline.due_on if deadline else None


def _copy_task(source: PlanTask, plan: Plan, by: int) -> None:
    task = _add(source, PlanTask, plan_id=plan.id)
    db.session.flush()
    parts = db.session.scalars(
        select(PlanTaskPart).where(PlanTaskPart.task_id == source.id).order_by(PlanTaskPart.sort_order)
    ).all()
    for part in parts:
        copied = _add(
            part,
            PlanTaskPart,
            task_id=task.id,
            due_on=_or_none(part.due_on, by),
            due_text=shift_words(part.due_text, by),
            state="open",
            accepted_on=None,
        )
        db.session.flush()
        duties = db.session.scalars(
            select(PlanTaskUnit).where(PlanTaskUnit.part_id == part.id).order_by(PlanTaskUnit.sort_order)
        ).all()
        for duty in duties:
            _add(duty, PlanTaskUnit, part_id=copied.id)


def _add(source: Any, model: Callable[..., T], **changed: Any) -> T:
    """Copy a row under a new id."""
    columns = {column.key: getattr(source, column.key) for column in source.__table__.columns}
    columns.pop("tenant_id")
    row = model(**{**columns, "id": new_id(), **changed})
    db.session.add(row)
    return row


def shift_day(day: date, by: int) -> date:
    """The same day of another year; 29 February becomes the last of the month."""
    year = day.year + by
    return date(year, day.month, min(day.day, monthrange(year, day.month)[1]))


def _or_none(day: date | None, by: int) -> date | None:
    return None if day is None else shift_day(day, by)


def shift_words(text: str, by: int) -> str:
    """Years that are written out move as well: 2026年9月底前 → 2027年9月底前."""
    return re.sub(r"(\d{4})年", lambda match: f"{int(match[1]) + by}年", text)


def shift_deadlines(definition: Any, by: int) -> Any:
    """Move every deadline of a target's definition by whole years, whatever its precision."""
    if isinstance(definition, dict):
        return {
            key: _shift_deadline(value, by) if key == "deadline" else shift_deadlines(value, by)
            for key, value in definition.items()
        }
    if isinstance(definition, list):
        return [shift_deadlines(item, by) for item in definition]
    return definition


def _shift_deadline(value: Any, by: int) -> Any:
    if isinstance(value, dict):
        return {
            key: shift_words(item, by) if key == "text" else _shift_deadline(item, by) for key, item in value.items()
        }
    if not isinstance(value, str):
        return value
    try:
        return shift_day(date.fromisoformat(value), by).isoformat()
    except ValueError:
        return _YEAR_KEY.sub(lambda match: str(int(match[1]) + by), value)


def find_source(plan_id: uuid.UUID | None) -> Plan | None:
    """The plan that a revision replaces."""
    return queries.find_plan(plan_id) if plan_id else None
