"""Progress on tasks (任务落实): reporting, accepting, sending back. Never commits: the caller's unit of work does."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping, Sequence
from typing import TypeVar

from sqlalchemy import select

from saas.audit.services import AuditAction, HasId, record
from saas.db import db, local_today, utc_now
from saas.domain.errors import DomainError, InvalidTransition, NotAllowed
from saas.domain.tasks import ANSWERABLE, UnitRole
from saas.domain.workflow import PART_MOVES, PartAction, PartStatus, PlanStatus, next_status
from saas.notifications.services import notify
from saas.plans.models import Plan, PlanTask, PlanTaskPart, PlanTaskUnit, TaskReport

LED = frozenset({"lead_responsible", "lead_supporting"})  # modes in which the leads report for the whole part
K = TypeVar("K")


def report_part(part: PlanTaskPart, *, actor: HasId, unit_id: uuid.UUID, is_done: bool, text: str) -> TaskReport:
    """Report on a part (反馈进展). The part waits for acceptance once everybody awaited has reported it done.

    After acceptance a standing check may be reported (坚持经常). Raises InvalidTransition for a plan that is not issued
    and for a part that does not take a report now.
    """
    task, _plan = _issued_plan(part)
    status = PartStatus(part.state)
    if status is PartStatus.ACCEPTED and not part.is_standing:
        raise InvalidTransition("该任务已验收")
    if status is PartStatus.ACCEPTED:
        next_status(PART_MOVES, status, PartAction.REPORT_CHECK)
        return _add(part, unit_id, "check", text, actor, AuditAction.TASK_REPORTED)
    if status is PartStatus.REPORTED:
        raise InvalidTransition("已报告完成，正在等待验收")
    report = _add(part, unit_id, "done" if is_done else "progress", text, actor, AuditAction.TASK_REPORTED)
    if is_done and not missing_units(part, task):
        part.state = next_status(PART_MOVES, status, PartAction.REPORT_DONE).value
    db.session.flush()
    return report


def accept_part(part: PlanTaskPart, *, actor: HasId, comment: str = "") -> None:
    """Accept a part that was reported done (验收). Raises NotAllowed for whoever reported it."""
    _task, plan = _issued_plan(part)
    after = next_status(PART_MOVES, PartStatus(part.state), PartAction.ACCEPT)
    if actor.id in _reporters(part.id):
        raise NotAllowed("报告完成的人不得验收本项任务")
    part.state, part.accepted_on = after.value, local_today()
    _add(part, plan.unit_id, "accepted", comment or "同意验收", actor, AuditAction.TASK_ACCEPTED)


def return_part(part: PlanTaskPart, *, actor: HasId, reason: str, unit_ids: Sequence[uuid.UUID] = ()) -> None:
    """Send a part back to be finished (退回); with `unit_ids` only to these units. Who reported it is told.

    An accepted standing part is taken up again (反弹后重新办理).
    """
    task, _plan = _issued_plan(part)
    status = PartStatus(part.state)
    reopens = status is PartStatus.ACCEPTED and part.is_standing
    part.state = next_status(PART_MOVES, status, PartAction.REOPEN if reopens else PartAction.RETURN).value
    part.accepted_on = None
    done = [unit_id for unit_id, kind in last_words(part.id).items() if kind == "done"]
    meant = [unit_id for unit_id in done if not unit_ids or unit_id in unit_ids]
    if not meant:
        raise DomainError("请选择退回给哪个单位", code="nobody_meant")
    told = _reporters(part.id, meant)
    for unit_id in meant:
        _add(part, unit_id, "returned", reason, actor, AuditAction.TASK_REPORTED)
    notify(told, "returned", f"任务“{task.title}”被退回：{reason}"[:200], f"/plans/{task.plan_id}/parts/{part.id}")


def _issued_plan(part: PlanTaskPart) -> tuple[PlanTask, Plan]:
    row = db.session.execute(
        select(PlanTask, Plan).join(Plan, Plan.id == PlanTask.plan_id).where(PlanTask.id == part.task_id)
    ).one()
    task, plan = row[0], row[1]
    if plan.status is not PlanStatus.ISSUED:
        raise InvalidTransition("方案印发后才能反馈进展")
    return task, plan


def _add(part: PlanTaskPart, unit_id: uuid.UUID, kind: str, text: str, actor: HasId, action: AuditAction) -> TaskReport:
    report = TaskReport(
        part_id=part.id,
        unit_id=unit_id,
        kind=kind,
        text=text.strip(),
        reported_by_id=actor.id,
        reported_at=utc_now(),
    )
    db.session.add(report)
    db.session.flush()
    record(action, part, actor=actor, kind=kind, unit=str(unit_id))
    return report


def _reporters(part_id: uuid.UUID, unit_ids: Iterable[uuid.UUID] = ()) -> set[uuid.UUID]:
    statement = select(TaskReport.reported_by_id).where(TaskReport.part_id == part_id, TaskReport.kind == "done")
    ids = list(unit_ids)
    return set(db.session.scalars(statement.where(TaskReport.unit_id.in_(ids)) if ids else statement).all())


def awaited_units(duties: Iterable[tuple[K, str]], mode: str) -> tuple[K, ...]:
    """Whose report of completion is needed: the leads where they answer for the whole, otherwise each one answerable.

    `duties` are units with their roles.
    """
    listed = list(duties)
    leads = [unit for unit, role in listed if role == UnitRole.LEAD]
    if mode in LED and leads:
        return tuple(dict.fromkeys(leads))
    return tuple(dict.fromkeys(unit for unit, role in listed if role in ANSWERABLE))


def last_words(part_id: uuid.UUID) -> Mapping[uuid.UUID, str]:
    """The last report of each unit that decides whether it is done: done or returned."""
    rows = db.session.execute(
        select(TaskReport.unit_id, TaskReport.kind)
        .where(TaskReport.part_id == part_id, TaskReport.kind.in_(["done", "returned"]))
        .order_by(TaskReport.reported_at, TaskReport.id)
    ).all()
    return {row.unit_id: row.kind for row in rows}


def missing_units(part: PlanTaskPart, task: PlanTask) -> list[uuid.UUID]:
    """The units that have not reported the part done yet."""
    rows = db.session.execute(
        select(PlanTaskUnit.unit_id, PlanTaskUnit.role)
        .where(PlanTaskUnit.part_id == part.id, PlanTaskUnit.unit_id.is_not(None))
        .order_by(PlanTaskUnit.sort_order, PlanTaskUnit.id)
    ).all()
    words = last_words(part.id)
    awaited = awaited_units([(row.unit_id, row.role) for row in rows], task.mode)
    return [unit_id for unit_id in awaited if words.get(unit_id) != "done"]
