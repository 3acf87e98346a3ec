"""What units reported on their tasks, and what the office said to it."""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy import select

from saas.db import db
from saas.demo import moments
from saas.demo.stage import Stage
from saas.demo.telling import Tale
from saas.plans.models import Plan, PlanTask, PlanTaskPart
from saas.plans.services.progress import accept_part, missing_units, report_part, return_part
from saas.tenancy.pack_content import TaskHistory

REPORTED_ON, DECIDED_ON = (9, 15), (20, 26)  # days of the month
OTHERS = "已按分工完成。"


def task_tales(stage: Stage) -> Iterator[Tale]:
    """Every report, and every acceptance or return by the office."""
    rows = db.session.execute(
        select(Plan.code, PlanTask.code, PlanTaskPart.code, PlanTask, PlanTaskPart)
        .join(PlanTask, PlanTask.plan_id == Plan.id)
        .join(PlanTaskPart, PlanTaskPart.task_id == PlanTask.id)
    ).all()
    parts = {(row[0], row[1], row[2]): (row[3], row[4]) for row in rows}
    for number, entry in enumerate(stage.history.task_reports):
        task, part = parts[entry.plan, entry.task, entry.part]
        yield _tale(stage, task, part, entry, number)


def _tale(stage: Stage, task: PlanTask, part: PlanTaskPart, entry: TaskHistory, number: int) -> Tale:
    draw = stage.draw("task", number)
    is_decision = entry.kind in {"accepted", "returned"}
    day = moments.day_of_month(stage.today, entry.month, draw.between(*(DECIDED_ON if is_decision else REPORTED_ON)))
    yield moments.working_moment(day, draw, stage.zone)
    unit = stage.units[entry.unit]
    if not is_decision:
        report_part(part, actor=stage.reporter(unit), unit_id=unit.id, is_done=entry.kind == "done", text=entry.text)
        return
    for unit_id in missing_units(part, task):
        other = stage.units[stage.codes[unit_id]]
        report_part(part, actor=stage.reporter(other), unit_id=unit_id, is_done=True, text=OTHERS)
    if entry.kind == "accepted":
        accept_part(part, actor=stage.office[-1], comment=entry.text)
    else:
        return_part(part, actor=stage.office[-1], reason=entry.text)
