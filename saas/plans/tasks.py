"""Reading tasks with their deadlines: one's own, one part with its reports, and what is overdue for whom."""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import ColumnElement, Select, and_, exists, or_, select
from sqlalchemy.orm import aliased

from saas.access.permissions import Permission
from saas.accounts.models import User
from saas.accounts.viewer import Viewer
from saas.db import db
from saas.domain.tasks import ANSWERABLE, PartUnit, TaskPart, UnitRole
from saas.domain.workflow import PartStatus, PlanStatus
from saas.org.models import OrgUnit
from saas.plans.models import Plan, PlanTask, PlanTaskPart, PlanTaskUnit, TaskReport


@dataclass(frozen=True, slots=True)
class MyPart:
    """A part that a unit of the viewer has to do. `is_standing` parts that were accepted go on as checks."""

    title: str
    plan_title: str
    plan_id: uuid.UUID
    part_id: uuid.UUID
    unit_name: str
    role: str
    due_on: date | None
    due_text: str
    state: str
    is_overdue: bool
    is_standing: bool
    days_left: int | None
    is_reported: bool

    @property
    def url_args(self) -> dict[str, uuid.UUID]:
        """What `url_for("plans.part", …)` needs."""
        return {"plan_id": self.plan_id, "part_id": self.part_id}


def list_my_parts(viewer: Viewer, on: date, *, open_only: bool = True) -> list[MyPart]:
    """The parts of issued plans that the viewer's units have to do: overdue first, then by deadline. One statement.

    `open_only` leaves out what is accepted or waits for acceptance, and what the unit itself reported done.
    """
    rows = db.session.execute(_mine(viewer, open_only)).all()
    mine = [_my_part(part, task, plan, unit, role, bool(done), on) for part, task, plan, unit, role, done in rows]
    return sorted(mine, key=lambda each: (not each.is_overdue, each.due_on or date.max, each.title))


def _mine(viewer: Viewer, open_only: bool) -> Select[PlanTaskPart, PlanTask, Plan, OrgUnit, str, bool]:
    later = aliased(TaskReport)
    is_done = exists().where(
        TaskReport.part_id == PlanTaskPart.id,
        TaskReport.unit_id == PlanTaskUnit.unit_id,
        TaskReport.kind == "done",
        ~exists().where(
            later.part_id == TaskReport.part_id,
            later.unit_id == TaskReport.unit_id,
            later.kind == "returned",
            or_(
                later.reported_at > TaskReport.reported_at,
                and_(later.reported_at == TaskReport.reported_at, later.id > TaskReport.id),
            ),
        ),
    )
    statement = (
        select(PlanTaskPart, PlanTask, Plan, OrgUnit, PlanTaskUnit.role, is_done.label("is_done"))
        .join(PlanTask, PlanTask.id == PlanTaskPart.task_id)
        .join(Plan, Plan.id == PlanTask.plan_id)
        .join(PlanTaskUnit, PlanTaskUnit.part_id == PlanTaskPart.id)
        .join(OrgUnit, OrgUnit.id == PlanTaskUnit.unit_id)
        .where(
            Plan.status == PlanStatus.ISSUED,
            PlanTaskUnit.unit_id.in_(viewer.unit_ids(Permission.PLAN_REPORT)),
            ~_is_superseded(),
        )
        .order_by(PlanTaskPart.due_on, PlanTask.sort_order, PlanTaskPart.sort_order, PlanTaskUnit.id)
    )
    if open_only:
        statement = statement.where(PlanTaskPart.state == PartStatus.OPEN.value, ~is_done)
    return statement


def _is_superseded() -> ColumnElement[bool]:
    """Whether an issued revision has taken the plan's place: its tasks stand in the revision."""
    newer = aliased(Plan)
    return exists().where(newer.supersedes_id == Plan.id, newer.status == PlanStatus.ISSUED)


def _my_part(
    part: PlanTaskPart, task: PlanTask, plan: Plan, unit: OrgUnit, role: str, is_reported: bool, on: date
) -> MyPart:
    is_open = part.state != PartStatus.ACCEPTED.value
    return MyPart(
        title=task.title + (f"（{part.title}）" if part.title else ""),
        plan_title=plan.title,
        plan_id=plan.id,
        part_id=part.id,
        unit_name=unit.short_name or unit.name,
        role=role,
        due_on=part.due_on,
        due_text=part.due_text,
        state=part.state,
        is_overdue=is_open and part.due_on is not None and part.due_on < on and role in ANSWERABLE,
        is_standing=part.is_standing,
        days_left=(part.due_on - on).days if is_open and part.due_on is not None else None,
        is_reported=is_reported,
    )


# --- one part --------------------------------------------------------------------------------------------------------


def get_part_with_plan(part_id: uuid.UUID, plan: Plan) -> tuple[PlanTaskPart, PlanTask]:
    """Return a part of this plan with its task, or raise NoResultFound (404)."""
    row = db.session.execute(
        select(PlanTaskPart, PlanTask)
        .join(PlanTask, PlanTask.id == PlanTaskPart.task_id)
        .where(PlanTaskPart.id == part_id, PlanTask.plan_id == plan.id)
    ).one()
    return row[0], row[1]


def list_duties(part_id: uuid.UUID) -> Sequence[tuple[PlanTaskUnit, OrgUnit | None]]:
    """Who does a part, in the plan's order."""
    rows = db.session.execute(
        select(PlanTaskUnit, OrgUnit)
        .outerjoin(OrgUnit, OrgUnit.id == PlanTaskUnit.unit_id)
        .where(PlanTaskUnit.part_id == part_id)
        .order_by(PlanTaskUnit.sort_order, OrgUnit.sort_order, PlanTaskUnit.id)
    ).all()
    return [(duty, unit) for duty, unit in rows]


def list_reports(part_id: uuid.UUID) -> Sequence[tuple[TaskReport, str, str]]:
    """What was reported and decided on a part, with the names of unit and person, oldest first."""
    rows = db.session.execute(
        select(TaskReport, OrgUnit.name, User.name)
        .join(OrgUnit, OrgUnit.id == TaskReport.unit_id)
        .join(User, User.id == TaskReport.reported_by_id)
        .where(TaskReport.part_id == part_id)
        .order_by(TaskReport.reported_at, TaskReport.id)
    ).all()
    return [(report, unit_name, person) for report, unit_name, person in rows]


def reporting_units(part: PlanTaskPart, viewer: Viewer) -> list[OrgUnit]:
    """For which of its units the viewer may report on a part."""
    mine = set(viewer.unit_ids(Permission.PLAN_REPORT))
    return [unit for _duty, unit in list_duties(part.id) if unit is not None and unit.id in mine]


# --- all parts of plans ----------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class PlanParts:
    """The parts of a plan as the domain looks at them, with the rows they came from."""

    plan: Plan
    parts: tuple[TaskPart, ...]
    titles: dict[tuple[str, str], str]
    ids: dict[tuple[str, str], uuid.UUID]
    tasks: dict[str, PlanTask]
    states: dict[tuple[str, str], str]


def parts_of_plans(plans: Sequence[Plan]) -> list[PlanParts]:
    """The parts of these plans with their units, plan by plan. One statement."""
    rows = db.session.execute(
        select(PlanTask, PlanTaskPart, PlanTaskUnit, OrgUnit.short_name, OrgUnit.name)
        .join(PlanTaskPart, PlanTaskPart.task_id == PlanTask.id)
        .outerjoin(PlanTaskUnit, PlanTaskUnit.part_id == PlanTaskPart.id)
        .outerjoin(OrgUnit, OrgUnit.id == PlanTaskUnit.unit_id)
        .where(PlanTask.plan_id.in_([plan.id for plan in plans]))
        .order_by(PlanTask.sort_order, PlanTask.id, PlanTaskPart.sort_order, PlanTaskPart.id)
        .order_by(PlanTaskUnit.sort_order, OrgUnit.sort_order, PlanTaskUnit.id)
    ).all()
    found: dict[uuid.UUID, dict[uuid.UUID, tuple[PlanTask, PlanTaskPart, list[PartUnit]]]] = defaultdict(dict)
    for task, part, duty, short_name, name in rows:
        _task, _part, units = found[task.plan_id].setdefault(part.id, (task, part, []))
        if duty is not None:
            units.append(PartUnit(short_name or name or duty.label, UnitRole(duty.role)))
    return [_plan_parts(plan, list(found[plan.id].values())) for plan in plans]


def _plan_parts(plan: Plan, rows: Sequence[tuple[PlanTask, PlanTaskPart, list[PartUnit]]]) -> PlanParts:
    keys = [(task.code, part.code) for task, part, _units in rows]
    return PlanParts(
        plan,
        tuple(
            TaskPart(task.code, part.code, part.due_on, tuple(units), part.is_standing, accepted_on=part.accepted_on)
            for task, part, units in rows
        ),
        titles={
            key: task.title + (f"（{part.title}）" if part.title else "")
            for key, (task, part, _units) in zip(keys, rows, strict=True)
        },
        ids={key: part.id for key, (_task, part, _units) in zip(keys, rows, strict=True)},
        tasks={task.code: task for task, _part, _units in rows},
        states={key: part.state for key, (_task, part, _units) in zip(keys, rows, strict=True)},
    )
