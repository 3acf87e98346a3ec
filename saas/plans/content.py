"""A plan as plain data (方案内容): what is shown, what is frozen when it is sent for review, and what is printed.

The keys are stored with review cases: never rename one.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypedDict

from sqlalchemy import select

from saas.db import db
from saas.domain.target_words import plain_text, requirement_text
from saas.domain.targets import Scope, checkpoints, final_checkpoint
from saas.domain.targets import Target as TargetDefinition
from saas.domain.tasks import UnitRole
from saas.files.models import StoredFile
from saas.org.models import OrgUnit
from saas.plans.models import Plan, PlanAttachment, PlanSection, PlanStage, PlanTask, PlanTaskPart, PlanTaskUnit
from saas.targets.models import Target
from saas.targets.services import definition_of

ROLE_ORDER = tuple(UnitRole)


class SectionContent(TypedDict):
    """A section; `kind` says whether the plan's own rows are printed in it."""

    kind: str
    heading: str
    body: str


class TargetContent(TypedDict):
    """A target in words, with its definition. `open` names what is undetermined."""

    code: str
    name: str
    requirement: str
    deadline: str
    milestones: list[str]
    strength: str
    population: str
    responsible: str
    open: list[str]
    definition: dict[str, Any]


class UnitContent(TypedDict):
    """A unit with its role. `label` is how the plan words it, where several units are meant by one phrase."""

    unit: str
    code: str
    label: str
    role: str


class PartContent(TypedDict):
    """A part of a task. `due_on` is empty if none was stated."""

    code: str
    title: str
    due_on: str
    due_text: str
    is_standing: bool
    units: list[UnitContent]


class TaskContent(TypedDict):
    """A task with its parts."""

    code: str
    title: str
    body: str
    mode: str
    parts: list[PartContent]


class StageContent(TypedDict):
    """A stage; its days are empty if none were stated."""

    name: str
    starts_on: str
    ends_on: str
    body: str


class AttachmentContent(TypedDict):
    """An attachment: rows of the plan (`shows`), or a file by its name and digest."""

    title: str
    shows: str
    file_name: str
    file_digest: str


class PlanContent(TypedDict):
    """A whole plan."""

    title: str
    topic: str
    unit: str
    revision: int
    basis: str
    goals: str
    starts_on: str
    ends_on: str
    addressees: list[str]
    copied_to: list[str]
    countersign_units: list[str]
    sections: list[SectionContent]
    targets: list[TargetContent]
    tasks: list[TaskContent]
    stages: list[StageContent]
    attachments: list[AttachmentContent]


def plan_content(plan: Plan) -> PlanContent:
    """Return the whole plan as plain data, as it stands now."""
    names = {unit.code: unit.name for unit in _units([*plan.countersign_units])}
    return PlanContent(
        title=plan.title,
        topic=plan.topic,
        unit=db.session.scalars(select(OrgUnit.name).where(OrgUnit.id == plan.unit_id)).one(),
        revision=plan.revision,
        basis=plan.basis,
        goals=plan.goals,
        starts_on=plan.starts_on.isoformat(),
        ends_on=plan.ends_on.isoformat(),
        addressees=list(plan.addressees),
        copied_to=list(plan.copied_to),
        countersign_units=[names.get(code, code) for code in plan.countersign_units],
        sections=section_contents(plan.id),
        targets=target_contents(plan.id),
        tasks=[each.content for each in task_rows(plan.id)],
        stages=stage_contents(plan.id),
        attachments=attachment_contents(plan.id),
    )


def _units(codes: Sequence[str]) -> Sequence[OrgUnit]:
    return db.session.scalars(select(OrgUnit).where(OrgUnit.code.in_(codes)).order_by(OrgUnit.sort_order)).all()


def section_contents(plan_id: uuid.UUID) -> list[SectionContent]:
    rows = db.session.scalars(
        select(PlanSection).where(PlanSection.plan_id == plan_id).order_by(PlanSection.sort_order)
    ).all()
    return [SectionContent(kind=row.kind, heading=row.heading, body=row.body) for row in rows]


def stage_contents(plan_id: uuid.UUID) -> list[StageContent]:
    rows = db.session.scalars(
        select(PlanStage).where(PlanStage.plan_id == plan_id).order_by(PlanStage.sort_order)
    ).all()
    return [
        StageContent(
            name=row.name,
            starts_on=row.starts_on.isoformat() if row.starts_on else "",
            ends_on=row.ends_on.isoformat() if row.ends_on else "",
            body=row.body,
        )
        for row in rows
    ]


def attachment_contents(plan_id: uuid.UUID) -> list[AttachmentContent]:
    rows = db.session.execute(
        select(PlanAttachment, StoredFile.name, StoredFile.digest)
        .outerjoin(StoredFile, StoredFile.id == PlanAttachment.file_id)
        .where(PlanAttachment.plan_id == plan_id)
        .order_by(PlanAttachment.sort_order)
    ).all()
    return [
        AttachmentContent(
            title=row.title,
            shows=str((row.content or {}).get("shows") or ""),
            file_name=name or "",
            file_digest=digest or "",
        )
        for row, name, digest in rows
    ]


def target_contents(plan_id: uuid.UUID) -> list[TargetContent]:
    rows = db.session.execute(
        select(Target, OrgUnit.name)
        .outerjoin(OrgUnit, OrgUnit.id == Target.responsible_unit_id)
        .where(Target.plan_id == plan_id)
        .order_by(Target.sort_order, Target.code)
    ).all()
    return [_target(row, definition_of(row), name or "") for row, name in rows]


def _target(row: Target, target: TargetDefinition, responsible: str) -> TargetContent:
    point = final_checkpoint(target)
    if target.groups:
        wanted = "；".join(
            f"{group.name}{requirement_text(target, group.figure, None).partition('，')[0]}" for group in target.groups
        )
    else:
        wanted = _scoped(target, requirement_text(target, point.figure, None).partition("，")[0])
    marks = [requirement_text(target, each.figure, each.deadline) for each in checkpoints(target)]
    return TargetContent(
        code=row.code,
        name=row.name,
        requirement=wanted,
        deadline=point.deadline.text if point.deadline else "",
        milestones=marks if len(marks) > 1 else [],
        strength=target.strength.value,
        population=target.population,
        responsible=responsible,
        open=_open(target, wanted),
        definition=dict(row.definition),
    )


def _scoped(target: TargetDefinition, wanted: str) -> str:
    """What is asked for, with whether each unit or a share of the units has to reach it."""
    if target.scope is Scope.EACH_UNIT:
        return f"每个单位 {wanted}"
    if target.scope is Scope.SHARE_OF_UNITS:
        share = "待定比例" if target.share is None else f"{plain_text(target.share)}%"
        return f"{share} 的单位 {wanted}"
    return wanted


def _open(target: TargetDefinition, wanted: str) -> list[str]:
    """What of a target has not been set (未定)."""
    found = [f"{target.name}：目标值未定"] if "待定" in wanted else []
    if final_checkpoint(target).deadline is None:
        found.append(f"{target.name}：完成时限未定")
    found += [f"{target.name}：{each.deadline.text}的目标值未定" for each in target.milestones if each.figure is None]
    return found


@dataclass(frozen=True, slots=True)
class TaskRows:
    """A task with its content and the rows of its parts, in the same order."""

    task: PlanTask
    content: TaskContent
    parts: list[PlanTaskPart]


def task_rows(plan_id: uuid.UUID) -> list[TaskRows]:
    """The tasks of a plan with their parts and units, in the plan's order. One statement."""
    rows = db.session.execute(
        select(PlanTask, PlanTaskPart, PlanTaskUnit, OrgUnit.name, OrgUnit.short_name, OrgUnit.code)
        .outerjoin(PlanTaskPart, PlanTaskPart.task_id == PlanTask.id)
        .outerjoin(PlanTaskUnit, PlanTaskUnit.part_id == PlanTaskPart.id)
        .outerjoin(OrgUnit, OrgUnit.id == PlanTaskUnit.unit_id)
        .where(PlanTask.plan_id == plan_id)
        .order_by(
            PlanTask.sort_order,
            PlanTask.id,
            PlanTaskPart.sort_order,
            PlanTaskPart.id,
            PlanTaskUnit.sort_order,
            OrgUnit.sort_order,
            PlanTaskUnit.id,
        )
    ).all()
    tasks: dict[uuid.UUID, TaskRows] = {}
    parts: dict[uuid.UUID, PartContent] = {}
    for task, part, duty, name, short_name, code in rows:
        if task.id not in tasks:
            content = TaskContent(code=task.code, title=task.title, body=task.body, mode=task.mode, parts=[])
            tasks[task.id] = TaskRows(task, content, [])
        if part is not None and part.id not in parts:
            parts[part.id] = _part(part)
            tasks[task.id].content["parts"].append(parts[part.id])
            tasks[task.id].parts.append(part)
        if duty is not None:
            unit = short_name or name or ""
            parts[part.id]["units"].append(UnitContent(unit=unit, code=code or "", label=duty.label, role=duty.role))
    return list(tasks.values())


def _part(part: PlanTaskPart) -> PartContent:
    return PartContent(
        code=part.code,
        title=part.title,
        due_on=part.due_on.isoformat() if part.due_on else "",
        due_text=part.due_text,
        is_standing=part.is_standing,
        units=[],
    )


def unit_words(units: Iterable[UnitContent]) -> list[str]:
    """How the plan words these units: each phrase once, units without a phrase by their name."""
    return list(dict.fromkeys(unit["label"] or unit["unit"] for unit in units))


def words_by_role(units: Sequence[UnitContent]) -> dict[str, list[str]]:
    """The wording of the units by role, in the order lead, responsible, supporting, supervisor."""
    found = {role.value: unit_words(unit for unit in units if unit["role"] == role) for role in ROLE_ORDER}
    return {role: words for role, words in found.items() if words}


def open_figures(content: Mapping[str, Any]) -> list[str]:
    """What is undetermined (未定) anywhere in the plan."""
    return [text for target in content["targets"] for text in target["open"]]
