"""Setting targets and reporting on them. Never commits: the caller's unit of work does."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from sqlalchemy import func, select

from saas.audit.services import AuditAction, HasId, record
from saas.db import db, local_today, new_id, utc_now
from saas.domain.canonical_json import plain
from saas.domain.errors import FormatError
from saas.domain.target_format import target_from_mapping, target_to_mapping
from saas.domain.targets import Comparator, Kind, Scope
from saas.domain.targets import Target as Definition
from saas.targets.models import Target, TargetValue

LARGEST = Decimal(10) ** 15


@dataclass(frozen=True, slots=True)
class Report:
    """What is reported for a target as of a day: a value, a part of a whole, a level, or that it does not apply."""

    measured_on: date
    value: Decimal | None = None
    numerator: Decimal | None = None
    denominator: Decimal | None = None
    level: str = ""
    is_not_applicable: bool = False
    unit_id: uuid.UUID | None = None
    group: str = ""
    source: str = ""
    note: str = ""


def definition_of(target: Target) -> Definition:
    """The target as the domain evaluates it."""
    return target_from_mapping(target.definition)


def save_target(
    plan_id: uuid.UUID, target: Target | None, mapping: Mapping[str, Any], responsible_unit_id: uuid.UUID | None
) -> Target:
    """Write a target of a draft, a new one if there is none yet. Raises FormatError with the key that is wrong.

    The figure may be left out: the target is then undetermined (未定) and says so wherever it is shown.
    """
    if target is None:
        code, order = _next(plan_id)
        definition = target_from_mapping({**mapping, "code": code})
        target = Target(id=new_id(), plan_id=plan_id, code=code, sort_order=order)
        db.session.add(target)
    else:
        definition = target_from_mapping({**mapping, "code": target.code})
    target.name, target.measure = definition.name, definition.measure
    target.due_on = definition.deadline.due_on if definition.deadline else None
    target.responsible_unit_id = responsible_unit_id
    target.definition = plain(target_to_mapping(definition))
    db.session.flush()
    return target


def _next(plan_id: uuid.UUID) -> tuple[str, int]:
    codes = set(db.session.scalars(select(Target.code).where(Target.plan_id == plan_id)).all())
    code = next(code for number in range(1, len(codes) + 2) if (code := f"T{number:02d}") not in codes)
    last = db.session.scalars(select(func.max(Target.sort_order)).where(Target.plan_id == plan_id)).one()
    return code, 0 if last is None else last + 1


def report_value(target: Target, report: Report, *, actor: HasId) -> TargetValue:
    """Report on a target (填报实际值). An earlier report of the same day stays in the history; the last one counts.

    Raises FormatError whose path is the field that is wrong.
    """
    _check(definition_of(target), report)
    value = TargetValue(
        target_id=target.id,
        unit_id=report.unit_id,
        group_name=report.group,
        measured_on=report.measured_on,
        value=report.value,
        numerator=report.numerator,
        denominator=report.denominator,
        is_not_applicable=report.is_not_applicable,
        source=report.source.strip(),
        note=report.note.strip(),
        reported_by_id=actor.id,
        reported_at=utc_now(),
        details={"level": report.level} if report.level else {},
    )
    db.session.add(value)
    db.session.flush()
    record(AuditAction.TARGET_REPORTED, value, actor=actor, target=str(target.id), on=report.measured_on.isoformat())
    return value


def _check(target: Definition, report: Report) -> None:
    if report.measured_on > local_today():
        raise FormatError("measured_on", "数据日期不能晚于今天", code="bad_date")
    if target.groups and report.group not in {group.code for group in target.groups}:
        raise FormatError("group", "请选择分组：本目标分组统计，不取平均", code="missing_value")
    if target.scope is not Scope.TOTAL and report.unit_id is None:
        raise FormatError("unit", "本目标按单位统计，请选择单位", code="missing_value")
    figures = (report.value, report.numerator, report.denominator)
    if report.is_not_applicable:
        if any(figure is not None for figure in figures) or report.level:
            raise FormatError("is_not_applicable", "填了数值就不能申报不适用", code="contradiction")
        if not report.note.strip():
            raise FormatError("note", "申报不适用的，请写明原因", code="missing_value")
        return
    if any(figure is not None and abs(figure) >= LARGEST for figure in figures):
        raise FormatError("value", "数值过大，请核对计量单位", code="out_of_range")
    if target.comparator is Comparator.LEVEL:
        if report.level not in target.levels:
            raise FormatError("level", "请选择达到的等级", code="missing_value")
        return
    _check_figures(target, report)


def _check_figures(target: Definition, report: Report) -> None:
    if report.value is not None and (report.numerator is not None or report.denominator is not None):
        raise FormatError("value", "直接填数值，或者填分子和分母，只能选一种", code="contradiction")
    if report.value is not None:
        return
    if report.numerator is None:
        where = "numerator" if target.numerator else "value"
        raise FormatError(where, "请填写数值；没有发生的填 0，不适用的请勾选“不适用”", code="missing_value")
    if report.denominator is None:
        raise FormatError(
            "denominator", "请填写分母（{name}）", code="missing_value", name=target.denominator or "基数"
        )
    if report.numerator < 0 or report.denominator < 0:
        raise FormatError("numerator", "分子、分母不能是负数", code="out_of_range")
    if report.denominator == 0 and report.numerator != 0:
        raise FormatError("denominator", "分母为 0 时分子只能是 0", code="contradiction")
    if target.kind is Kind.PERCENT and report.numerator > report.denominator:
        raise FormatError("numerator", "分子大于分母，请核对", code="contradiction")
