"""Builders of plans with their sections, tasks and targets."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from saas.access.permissions import Role
from saas.accounts.models import User
from saas.db import db
from saas.domain.workflow import PlanStatus
from saas.org.models import OrgUnit
from saas.plans.models import Plan, PlanSection, PlanStage, PlanTask, PlanTaskPart, PlanTaskUnit
from saas.review.models import Route
from saas.targets.models import Target
from tests.factories import make_unit, make_unit_type, make_user

ROUTE: dict[str, Any] = {
    "code": "plan_issue",
    "name": "方案会签签发流程",
    "steps": [
        {
            "code": "departments",
            "name": "部门会签",
            "kind": "countersign",
            "mode": "all",
            "who": {"role": "leader", "at": "listed_units"},
        },
        {"code": "sign", "name": "领导签发", "kind": "sign", "who": {"role": "leader", "at": "ancestor:county"}},
    ],
}


@dataclass
class PlanningCounty:
    """A county with an office, a department that countersigns, two towns, and who works there."""

    root: OrgUnit
    department: OrgUnit
    towns: tuple[OrgUnit, OrgUnit]
    office: User
    second_office: User
    clerk: User
    department_head: User
    leader: User
    town_officer: User
    route: Route


def make_planning_county() -> PlanningCounty:
    root = make_unit("青山县", kind=make_unit_type("county", "县", 1))
    department = make_unit("青山县城管局", parent=root, kind=make_unit_type("department", "县直部门", 2))
    towns = tuple(make_unit(name, parent=root, kind=make_unit_type("town", "乡镇", 2)) for name in ("柳河镇", "石桥镇"))
    route = Route(code="plan_issue", name="方案会签签发流程", definition=ROUTE)
    db.session.add(route)
    db.session.flush()
    return PlanningCounty(
        root,
        department,
        (towns[0], towns[1]),
        office=make_user(Role.OFFICE, unit=root),
        second_office=make_user(Role.OFFICE, unit=root),
        clerk=make_user(Role.DEPARTMENT, unit=department),
        department_head=make_user(Role.LEADER, unit=department),
        leader=make_user(Role.LEADER, unit=root),
        town_officer=make_user(Role.TOWN_OFFICER, unit=towns[0]),
        route=route,
    )


def make_plan(
    county: PlanningCounty,
    status: PlanStatus = PlanStatus.DRAFT,
    *,
    title: str = "青山县环境整治实施方案",
    has_task: bool = True,
    **columns: Any,
) -> Plan:
    """A plan that would pass the checks: a text, one task with a unit and a deadline, one stage."""
    values = {
        "code": f"plan_{title}",
        "unit_id": county.root.id,
        "route_id": county.route.id,
        "title": title,
        "basis": "根据市年度工作要点，制定本方案。",
        "starts_on": date(2026, 1, 1),
        "ends_on": date(2026, 12, 31),
        "drafted_by_id": county.office.id,
        "countersign_units": [county.department.code],
        "status": status,
        **columns,
    }
    plan = Plan(**values)
    db.session.add(plan)
    db.session.flush()
    for order, (kind, heading, body) in enumerate(
        [("text", "总体要求", "坚持群众主体。由群众自己动手。"), ("tasks", "主要任务", ""), ("stages", "实施步骤", "")]
    ):
        db.session.add(PlanSection(plan_id=plan.id, sort_order=order, kind=kind, heading=heading, body=body))
    db.session.add(PlanStage(plan_id=plan.id, sort_order=0, name="动员部署", starts_on=date(2026, 1, 1)))
    if has_task:
        make_part(make_task(plan, "1", "清理乱贴乱画"), county.department, due_on=date(2026, 8, 25))
    return plan


def make_task(plan: Plan, code: str, title: str, *, mode: str = "separate") -> PlanTask:
    task = PlanTask(plan_id=plan.id, code=code, title=title, mode=mode, sort_order=int(code) if code.isdigit() else 0)
    db.session.add(task)
    db.session.flush()
    return task


def make_part(
    task: PlanTask,
    *units: OrgUnit,
    due_on: date | None = None,
    code: str = "a",
    role: str = "responsible",
    is_standing: bool = False,
    state: str = "open",
    accepted_on: date | None = None,
) -> PlanTaskPart:
    part = PlanTaskPart(
        task_id=task.id,
        code=code,
        due_on=due_on,
        due_text=f"{due_on.month}月{due_on.day}日前" if due_on else "",
        is_standing=is_standing,
        state=state,
        accepted_on=accepted_on,
        sort_order=ord(code[0]),
    )
    db.session.add(part)
    db.session.flush()
    for order, unit in enumerate(units):
        db.session.add(PlanTaskUnit(part_id=part.id, unit_id=unit.id, role=role, sort_order=order))
    db.session.flush()
    return part


def make_target(plan: Plan, code: str = "T01", *, unit: OrgUnit | None = None, **definition: Any) -> Target:
    written = {"code": code, "name": f"目标{code}", "comparator": "at_least", **definition}
    target = Target(
        plan_id=plan.id,
        code=code,
        name=written["name"],
        measure=written.get("measure", ""),
        responsible_unit_id=unit.id if unit else None,
        definition=written,
        sort_order=int(code[1:]),
    )
    db.session.add(target)
    db.session.flush()
    return target
