"""Figures of registers (台账统计数) that forms are pre-filled from: of any number of units in one statement."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from sqlalchemy import ColumnElement, Numeric, and_, case, cast, func, or_, select

from saas.db import db
from saas.domain.prefill import Prefill, RegisterFigure
from saas.registers.models import Register, RegisterRecord

_IS_NUMBER = r"^-?[0-9]+([.][0-9]+)?$"


@dataclass(frozen=True, slots=True)
class RegisterValue:
    """What a register says: its name, and the figure; None where no record has a figure to add up."""

    name: str
    value: Decimal | None


def register_figures(
    unit_ids: Collection[uuid.UUID], wanted: Sequence[Prefill], start: date, end: date
) -> Mapping[uuid.UUID, Mapping[Prefill, RegisterValue]]:
    """Return by unit what registers say of the records that it keeps. A register that does not exist is not in it.

    `start` and `end` are the days of the period, both included. A register without records has 0 of everything.
    """
    columns = [_column(source, start, end).label(f"figure_{place}") for place, source in enumerate(wanted)]
    rows = db.session.execute(
        select(Register.code, Register.name, RegisterRecord.unit_id, *columns)
        .outerjoin(
            RegisterRecord, and_(RegisterRecord.register_id == Register.id, RegisterRecord.unit_id.in_(unit_ids))
        )
        .where(Register.code.in_({source.code for source in wanted}))
        .group_by(Register.code, Register.name, RegisterRecord.unit_id)
        .order_by(Register.code, RegisterRecord.unit_id)
    ).all()
    names = {row.code: row.name for row in rows}
    kept = {(row.unit_id, row.code): row for row in rows}
    return {
        unit_id: {
            source: _value(names[source.code], kept.get((unit_id, source.code)), place)
            for place, source in enumerate(wanted)
            if source.code in names
        }
        for unit_id in unit_ids
    }


def _value(name: str, row: Any, place: int) -> RegisterValue:
    """The figure of a unit's records; 0 where it keeps none."""
    figure = getattr(row, f"figure_{place}") if row is not None else 0
    return RegisterValue(name, None if figure is None else Decimal(figure))


def _column(source: Prefill, start: date, end: date) -> ColumnElement[Any]:
    is_wanted = RegisterRecord.state == source.state if source.state else RegisterRecord.id.is_not(None)
    if source.figure is RegisterFigure.SUM:
        text = RegisterRecord.answers[tuple(source.path.split("."))].astext
        return func.sum(case((text.regexp_match(_IS_NUMBER), cast(text, Numeric)))).filter(is_wanted)
    if source.figure is RegisterFigure.OPENED:
        is_wanted = RegisterRecord.opened_on.between(start, end)
    elif source.figure is RegisterFigure.CLOSED:
        is_wanted = RegisterRecord.closed_on.between(start, end)
    elif source.figure is RegisterFigure.OPEN:
        is_open = or_(RegisterRecord.closed_on.is_(None), RegisterRecord.closed_on > end)
        is_wanted = and_(RegisterRecord.opened_on <= end, is_open)
    return func.count(RegisterRecord.id).filter(is_wanted)
