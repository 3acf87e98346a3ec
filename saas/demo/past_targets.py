"""Readings of targets and reports on tasks."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from sqlalchemy import select

from saas.db import db
from saas.demo import moments
from saas.demo.stage import Stage
from saas.demo.telling import Tale
from saas.plans.models import Plan
from saas.targets.models import Target
from saas.targets.services import Report, report_value
from saas.tenancy.pack_content import TargetHistory

SOURCE = "台账汇总"


def target_tales(stage: Stage) -> Iterator[Tale]:
    """Every reading, reported in the first days of the next month by whoever answers for the target."""
    plans = {entry.plan for entry in stage.pack.configuration.targets}
    rows = db.session.scalars(
        select(Target).join(Plan, Plan.id == Target.plan_id).where(Plan.code.in_(plans)).order_by(Target.code)
    ).all()
    targets = {target.code: target for target in rows}
    for number, entry in enumerate(stage.history.target_values):
        yield _tale(stage, targets[entry.target], entry, number)


def _tale(stage: Stage, target: Target, entry: TargetHistory, number: int) -> Tale:
    measured_on = moments.end_of_month(stage.today, entry.month)
    draw = stage.draw("target", number)
    yield moments.working_moment(measured_on + timedelta(days=draw.between(1, 3)), draw, stage.zone)
    report = Report(
        measured_on=measured_on,
        value=entry.value,
        numerator=None if entry.not_applicable else entry.numerator,
        denominator=None if entry.not_applicable else entry.denominator,
        is_not_applicable=entry.not_applicable,
        unit_id=stage.units[entry.unit].id if entry.unit else None,
        group=entry.group or "",
        source=SOURCE,
        note=entry.note,
    )
    responsible = next((unit for unit in stage.units.values() if unit.id == target.responsible_unit_id), stage.root)
    report_value(target, report, actor=stage.reporter(responsible))
