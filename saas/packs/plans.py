"""Applying a plan of a pack, as a draft that the county goes on with."""

from __future__ import annotations

import uuid
from collections.abc import Mapping

from sqlalchemy import delete, select

from saas.audit.services import HasId
from saas.db import db, new_id
from saas.domain.workflow import PlanStatus
from saas.org.models import OrgUnit, UnitType
from saas.packs.organisation import Directory
from saas.plans.models import (
    Plan,
    PlanAttachment,
    PlanSection,
    PlanStage,
    PlanTask,
    PlanTaskPart,
    PlanTaskUnit,
)
from saas.tenancy.pack_content import PartTable, PlanTable, TaskTable


def apply_plan(
    table: PlanTable, directory: Directory, routes: Mapping[str, uuid.UUID], actor: HasId
) -> uuid.UUID | None:
    """Create the plan, or write a draft anew. Return its id, or None if it left its draft and stays as it is."""
    plan = db.session.scalars(
        select(Plan).where(Plan.code == table.code).order_by(Plan.revision.desc()).limit(1)
    ).one_or_none()
    if plan is not None and plan.status is not PlanStatus.DRAFT:
        return None
    if plan is None:
        plan = Plan(id=new_id(), code=table.code, drafted_by_id=actor.id)
        directory.count("plans")
    plan.unit_id, plan.route_id = directory.units[table.unit], routes[table.route]
    plan.title, plan.topic, plan.basis, plan.goals = table.title, table.topic, table.basis, table.goals
    plan.starts_on, plan.ends_on = table.starts_on, table.ends_on
    plan.addressees, plan.copied_to = list(table.addressees), list(table.copied_to)
    plan.countersign_units = list(table.countersign_units)
    db.session.add(plan)
    db.session.flush()
    _clear(plan.id)
    _add_text(plan.id, table)
    for order, task in enumerate(table.tasks):
        _add_task(plan.id, order, task, directory)
    db.session.flush()
    return plan.id


def _clear(plan_id: uuid.UUID) -> None:
    tasks = select(PlanTask.id).where(PlanTask.plan_id == plan_id)
    parts = select(PlanTaskPart.id).where(PlanTaskPart.task_id.in_(tasks))
    for statement in (
        delete(PlanTaskUnit).where(PlanTaskUnit.part_id.in_(parts)),
        delete(PlanTaskPart).where(PlanTaskPart.task_id.in_(tasks)),
        delete(PlanTask).where(PlanTask.plan_id == plan_id),
        delete(PlanSection).where(PlanSection.plan_id == plan_id),
        delete(PlanStage).where(PlanStage.plan_id == plan_id),
        delete(PlanAttachment).where(PlanAttachment.plan_id == plan_id),
    ):
        db.session.execute(statement)


def _add_text(plan_id: uuid.UUID, table: PlanTable) -> None:
    for order, section in enumerate(table.sections):
        db.session.add(
            PlanSection(
                plan_id=plan_id,
                sort_order=order,
                kind=section.kind.value,
                heading=section.heading,
                body=section.body,
            )
        )
    for order, stage in enumerate(table.stages):
        db.session.add(
            PlanStage(
                plan_id=plan_id,
                sort_order=order,
                name=stage.name,
                starts_on=stage.starts_on,
                ends_on=stage.ends_on,
                body=stage.body,
            )
        )
    for order, attachment in enumerate(table.attachments):
        db.session.add(
            PlanAttachment(
                plan_id=plan_id, sort_order=order, title=attachment.title, content={"shows": attachment.shows}
            )
        )


def _add_task(plan_id: uuid.UUID, order: int, table: TaskTable, directory: Directory) -> None:
    task = PlanTask(
        id=new_id(),
        plan_id=plan_id,
        code=table.code,
        title=table.title,
        body=table.body,
        mode=table.mode.value,
        sort_order=order,
    )
    db.session.add(task)
    db.session.flush()
    for part_order, part in enumerate(table.parts):
        _add_part(task.id, part_order, part, directory)


def _add_part(task_id: uuid.UUID, order: int, table: PartTable, directory: Directory) -> None:
    part = PlanTaskPart(
        id=new_id(),
        task_id=task_id,
        code=table.code,
        title=table.title,
        due_on=table.due_on,
        due_text=table.due_text,
        is_standing=table.standing,
        sort_order=order,
    )
    db.session.add(part)
    db.session.flush()
    for unit_order, entry in enumerate(table.units):
        for unit_id in _units_meant(entry.unit, entry.unit_type, directory):
            db.session.add(
                PlanTaskUnit(
                    part_id=part.id, unit_id=unit_id, label=entry.label, role=entry.role.value, sort_order=unit_order
                )
            )


def _units_meant(code: str | None, unit_type: str | None, directory: Directory) -> list[uuid.UUID | None]:
    """One unit, each unit of a type (各乡镇: every one answers for itself), or nobody in particular."""
    if code:
        return [directory.units[code]]
    if unit_type is None:
        return [None]
    found = db.session.scalars(
        select(OrgUnit.id)
        .join(UnitType, UnitType.id == OrgUnit.unit_type_id)
        .where(UnitType.code == unit_type)
        .order_by(OrgUnit.sort_order, OrgUnit.code)
    ).all()
    return [*found] or [None]
