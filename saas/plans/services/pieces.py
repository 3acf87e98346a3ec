"""The sections, tasks, stages, attachments and targets of a draft. Never commits: the caller's unit of work does."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import delete, func, select

from saas.audit.services import HasId
from saas.db import db, new_id
from saas.domain.errors import InvalidTransition
from saas.domain.periods import chinese_day
from saas.files.models import StoredFile
from saas.plans import queries
from saas.plans.models import Plan, PlanAttachment, PlanSection, PlanStage, PlanTask, PlanTaskPart, PlanTaskUnit
from saas.plans.queries import Piece
from saas.plans.services.drafting import touch
from saas.targets.models import Target
from saas.targets.services import save_target

MAX_PIECES = 200


@dataclass(frozen=True, slots=True)
class Duty:
    """A unit, or plain words where no unit of the county is meant, with its role in a part of a task."""

    unit_id: uuid.UUID | None
    label: str
    role: str


def save_section(
    plan: Plan, section: PlanSection | None, *, actor: HasId, kind: str, heading: str, body: str
) -> PlanSection:
    """Write a section, a new one at the end if there is none yet."""
    if section is None:
        section = PlanSection(id=new_id(), plan_id=plan.id, sort_order=_next_order(plan, "section"))
        db.session.add(section)
    section.kind, section.heading, section.body = kind, heading.strip(), _paragraphs(body)
    touch(plan, actor=actor, change="section", heading=section.heading)
    db.session.flush()
    return section


def save_stage(
    plan: Plan,
    stage: PlanStage | None,
    *,
    actor: HasId,
    name: str,
    starts_on: date | None,
    ends_on: date | None,
    body: str,
) -> PlanStage:
    """Write a stage, a new one at the end if there is none yet."""
    if stage is None:
        stage = PlanStage(id=new_id(), plan_id=plan.id, sort_order=_next_order(plan, "stage"))
        db.session.add(stage)
    stage.name, stage.starts_on, stage.ends_on, stage.body = name.strip(), starts_on, ends_on, _paragraphs(body)
    touch(plan, actor=actor, change="stage", name=stage.name)
    db.session.flush()
    return stage


def save_task(plan: Plan, task: PlanTask | None, *, actor: HasId, title: str, body: str, mode: str) -> PlanTask:
    """Write a task, a new one at the end if there is none yet; it begins with one part."""
    is_new = task is None
    if task is None:
        codes = set(db.session.scalars(select(PlanTask.code).where(PlanTask.plan_id == plan.id)).all())
        code = next(code for number in range(1, len(codes) + 2) if (code := str(number)) not in codes)
        task = PlanTask(id=new_id(), plan_id=plan.id, code=code, sort_order=_next_order(plan, "task"))
        db.session.add(task)
    task.title, task.body, task.mode = title.strip(), _paragraphs(body), mode
    touch(plan, actor=actor, change="task", task=task.title)
    db.session.flush()
    if is_new:
        db.session.add(PlanTaskPart(task_id=task.id, code="a"))
        db.session.flush()
    return task


def add_part(plan: Plan, task: PlanTask, *, actor: HasId) -> PlanTaskPart:
    """Give a task one more part with its own units and deadline."""
    parts = list_parts(task.id)
    used = {part.code for part in parts}
    code = next(code for number in range(26 * 26) if (code := _letters(number)) not in used)
    part = PlanTaskPart(
        id=new_id(), task_id=task.id, code=code, sort_order=max((part.sort_order for part in parts), default=-1) + 1
    )
    db.session.add(part)
    touch(plan, actor=actor, change="part_added", task=task.title)
    db.session.flush()
    return part


def _letters(number: int) -> str:
    first, second = divmod(number, 26)
    return (chr(96 + first) if first else "") + chr(97 + second)


def save_part(
    plan: Plan,
    part: PlanTaskPart,
    *,
    actor: HasId,
    title: str,
    due_on: date | None,
    due_text: str,
    is_standing: bool,
    duties: Sequence[Duty],
) -> None:
    """Write a part with its units. Without wording of its own the deadline is worded from its day."""
    part.title, part.due_on, part.is_standing = title.strip(), due_on, is_standing
    part.due_text = due_text.strip() or (f"{chinese_day(due_on)}前" if due_on else "")
    db.session.execute(delete(PlanTaskUnit).where(PlanTaskUnit.part_id == part.id))
    for order, duty in enumerate(duties):
        db.session.add(
            PlanTaskUnit(part_id=part.id, unit_id=duty.unit_id, label=duty.label, role=duty.role, sort_order=order)
        )
    touch(plan, actor=actor, change="part", part=str(part.id))
    db.session.flush()


def remove_part(plan: Plan, part: PlanTaskPart, *, actor: HasId) -> None:
    """Take a part out of its task. The last one stays: a task without a part has neither unit nor deadline."""
    if len(list_parts(part.task_id)) == 1:
        raise InvalidTransition("任务至少要有一个分项，可以删除整个任务")
    _remove_parts([part.id])
    touch(plan, actor=actor, change="part_removed")
    db.session.flush()


def list_parts(task_id: uuid.UUID) -> Sequence[PlanTaskPart]:
    return db.session.scalars(
        select(PlanTaskPart).where(PlanTaskPart.task_id == task_id).order_by(PlanTaskPart.sort_order, PlanTaskPart.id)
    ).all()


def save_attachment(
    plan: Plan, attachment: PlanAttachment | None, *, actor: HasId, title: str, shows: str, file: StoredFile | None
) -> PlanAttachment:
    """Write an attachment: rows of the plan, or a file. A file that was there stays unless another one comes."""
    if attachment is None:
        attachment = PlanAttachment(id=new_id(), plan_id=plan.id, sort_order=_next_order(plan, "attachment"))
    attachment.title = title.strip()
    if file is not None:
        attachment.file_id, attachment.content = file.id, None
    elif shows or attachment.file_id is None:
        attachment.file_id, attachment.content = None, {"shows": shows or None}
    db.session.add(attachment)
    touch(plan, actor=actor, change="attachment", title=attachment.title)
    db.session.flush()
    return attachment


def save_plan_target(
    plan: Plan,
    target: Target | None,
    *,
    actor: HasId,
    mapping: Mapping[str, Any],
    responsible_unit_id: uuid.UUID | None,
) -> Target:
    """Write a target of the draft. Raises FormatError with the key that is wrong."""
    saved = save_target(plan.id, target, mapping, responsible_unit_id)
    touch(plan, actor=actor, change="target", name=saved.name)
    db.session.flush()
    return saved


def move_piece(plan: Plan, kind: str, piece_id: uuid.UUID, by: int, *, actor: HasId) -> None:
    """Put a piece one place up (-1) or down (1); at the end of the row it stays where it is."""
    pieces = list(queries.list_pieces(plan.id, kind))
    index = pieces.index(queries.get_piece(plan.id, kind, piece_id))
    other = index + by
    touch(plan, actor=actor, change="moved", kind=kind)
    if 0 <= other < len(pieces):
        pieces[index], pieces[other] = pieces[other], pieces[index]
        _number(pieces)


def _number(pieces: Sequence[Piece]) -> None:
    """Count the places anew, in two steps because no two may share one meanwhile."""
    for order, piece in enumerate(pieces):
        piece.sort_order = -1 - order
    db.session.flush()
    for order, piece in enumerate(pieces):
        piece.sort_order = order
    db.session.flush()


def remove_piece(plan: Plan, kind: str, piece_id: uuid.UUID, *, actor: HasId) -> None:
    """Take a piece out of the draft, with everything that belongs to it."""
    piece = queries.get_piece(plan.id, kind, piece_id)
    touch(plan, actor=actor, change="removed", kind=kind)
    if kind == "task":
        _remove_parts([part.id for part in list_parts(piece.id)])
    db.session.delete(piece)
    db.session.flush()
    _number(queries.list_pieces(plan.id, kind))


def _remove_parts(part_ids: Sequence[uuid.UUID]) -> None:
    db.session.execute(delete(PlanTaskUnit).where(PlanTaskUnit.part_id.in_(part_ids)))
    db.session.execute(delete(PlanTaskPart).where(PlanTaskPart.id.in_(part_ids)))


def _next_order(plan: Plan, kind: str) -> int:
    model = queries.PIECES[kind]
    count, last = db.session.execute(
        select(func.count(), func.max(model.sort_order)).where(model.plan_id == plan.id)
    ).one()
    if count >= MAX_PIECES:
        raise InvalidTransition("每类内容最多 {limit} 条", limit=MAX_PIECES)
    return 0 if last is None else int(last) + 1


def _paragraphs(text: str) -> str:
    """One paragraph a line, without empty ones and without the indents that are the printer's business."""
    lines = (line.strip(" \t\r　") for line in text.splitlines())
    return "\n".join(line for line in lines if line)
