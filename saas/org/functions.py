"""What a unit is responsible for (职能): “负责宣传工作的部门” is found through it. Never commits."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import date

from sqlalchemy import ColumnElement, and_, or_, select

from saas.audit.services import AuditAction, HasId, record
from saas.db import db
from saas.domain.errors import HierarchyError, InvalidTransition
from saas.org.models import OrgUnit, UnitFunction
from saas.org.services import CodeTaken


def function_holds(on: date) -> ColumnElement[bool]:
    """The condition that a unit has a function on a day."""
    return and_(UnitFunction.starts_on <= on, or_(UnitFunction.ends_on.is_(None), UnitFunction.ends_on > on))


def get_function(function_id: uuid.UUID) -> UnitFunction:
    """Return a function of a unit, or raise NoResultFound (404)."""
    return db.session.scalars(select(UnitFunction).where(UnitFunction.id == function_id)).one()


def list_functions(unit_id: uuid.UUID) -> Sequence[UnitFunction]:
    """The functions that a unit has, had and will have, by name and time."""
    return db.session.scalars(
        select(UnitFunction)
        .where(UnitFunction.unit_id == unit_id)
        .order_by(UnitFunction.name, UnitFunction.starts_on, UnitFunction.id)
    ).all()


def list_function_names() -> Sequence[str]:
    """Every function that some unit has, for choosing the same words again."""
    return db.session.scalars(select(UnitFunction.name).distinct().order_by(UnitFunction.name)).all()


def list_units_with_function(name: str, on: date) -> Sequence[OrgUnit]:
    """The units that are responsible for a function on a day, in the county's order."""
    return db.session.scalars(
        select(OrgUnit)
        .join(UnitFunction, UnitFunction.unit_id == OrgUnit.id)
        .where(UnitFunction.name == name, function_holds(on))
        .order_by(OrgUnit.sort_order, OrgUnit.code)
    ).all()


def give_function(unit: OrgUnit, name: str, starts_on: date, *, actor: HasId) -> UnitFunction:
    """Make a unit responsible for a function from a day on. CodeTaken if it is already, then or later."""
    for known in list_functions(unit.id):
        if known.name == name and (known.ends_on is None or known.ends_on > starts_on):
            raise CodeTaken("该单位已登记职能“{name}”", code="function_known", name=name)
    if starts_on < unit.valid_from or (unit.valid_to is not None and starts_on >= unit.valid_to):
        raise HierarchyError("“{name}”在这天不存在", code="bad_dates", name=unit.name)
    function = UnitFunction(unit_id=unit.id, name=name, starts_on=starts_on)
    db.session.add(function)
    record(AuditAction.UNIT_CHANGED, unit, actor=actor, change="function_given", name=name, starts_on=str(starts_on))
    db.session.flush()
    return function


def end_function(function: UnitFunction, ends_on: date, *, actor: HasId) -> None:
    """Let a unit no longer be responsible: `ends_on` is the first day on which it is not."""
    if function.ends_on is not None and function.ends_on <= ends_on:
        raise InvalidTransition("这项职能已经结束")
    if ends_on <= function.starts_on:
        raise HierarchyError("结束日期应晚于开始日期{day}", code="bad_dates", day=function.starts_on)
    function.ends_on = ends_on
    record(
        AuditAction.UNIT_CHANGED,
        function,
        actor=actor,
        change="function_ended",
        name=function.name,
        ends_on=str(ends_on),
    )
    db.session.flush()
