"""What of the registers waits for a person: records that fall due, and records that somebody above must decide on."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from sqlalchemy import and_, func, or_, select

from saas.access.permissions import Permission
from saas.db import db
from saas.domain.records import StateKind, States, Who
from saas.org.queries import subtree_ids
from saas.registers.models import Register, RegisterRecord
from saas.registers.queries.registers import states_of
from saas.registers.queries.visibility import Looking, responsible_units, workable_records

SOON = timedelta(days=3)


@dataclass(frozen=True, slots=True)
class DueRecords:
    """How many records of a register that somebody works on are overdue, and how many fall due soon."""

    register_id: uuid.UUID
    name: str
    overdue: int
    soon: int
    first_due_on: date


@dataclass(frozen=True, slots=True)
class ToDecide:
    """How many records of a register stand in states that somebody above decides on."""

    register_id: uuid.UUID
    name: str
    count: int
    states: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Waiting:
    """What of the registers waits for a person."""

    due: Sequence[DueRecords] = ()
    to_decide: Sequence[ToDecide] = ()


def list_waiting_records(viewer: Looking, on: date) -> Waiting:
    """The registers with records that the viewer works on and that fall due, or that wait for him to check them.

    Who checks is whoever looks after the units below, not everybody up to the county's leaders. Two statements at most.
    """
    deciding = viewer.unit_ids(Permission.CASE_DECIDE) if viewer.unit_ids(Permission.SUBMISSION_EDIT) else ()
    if not responsible_units(viewer) and not deciding:
        return Waiting()
    rows = _counts(viewer, deciding, on)
    ids = {row.register_id for row in rows}
    if not ids:
        return Waiting()
    registers = db.session.scalars(
        select(Register).where(Register.id.in_(ids), Register.is_active).order_by(Register.name, Register.id)
    ).all()
    due = [each for register in registers if (each := _due(register, rows)) is not None]
    to_decide = [found for register in registers if (found := _to_decide(register, rows)) is not None]
    return Waiting(sorted(due, key=lambda each: each.first_due_on), to_decide)


def _counts(viewer: Looking, deciding: Sequence[uuid.UUID], on: date) -> Sequence[Any]:
    """By register and state: records that fall due and are worked on here, and records of the units below."""
    is_mine = RegisterRecord.id.in_(workable_records(viewer).with_only_columns(RegisterRecord.id))
    is_due = and_(is_mine, RegisterRecord.due_on <= on + SOON)
    below = subtree_ids(deciding, on)
    is_below = and_(RegisterRecord.unit_id.in_(below), RegisterRecord.unit_id.not_in(deciding))
    count = func.count()
    statement = (
        select(
            RegisterRecord.register_id,
            RegisterRecord.state,
            count.filter(is_due, RegisterRecord.due_on < on).label("overdue"),
            count.filter(is_due, RegisterRecord.due_on >= on).label("soon"),
            func.min(RegisterRecord.due_on).filter(is_due).label("first_due_on"),
            count.filter(is_below).label("below"),
        )
        .where(RegisterRecord.closed_on.is_(None), or_(is_due, is_below) if deciding else is_due)
        .group_by(RegisterRecord.register_id, RegisterRecord.state)
        .order_by(RegisterRecord.register_id, RegisterRecord.state)
    )
    return db.session.execute(statement).all()


def _due(register: Register, rows: Sequence[Any]) -> DueRecords | None:
    own = [row for row in rows if row.register_id == register.id and row.first_due_on is not None]
    if not own:
        return None
    overdue, soon = sum(row.overdue for row in own), sum(row.soon for row in own)
    return DueRecords(register.id, register.name, overdue, soon, min(row.first_due_on for row in own))


def _to_decide(register: Register, rows: Sequence[Any]) -> ToDecide | None:
    codes = _decided_above(states_of(register))
    count = sum(row.below for row in rows if row.register_id == register.id and row.state in codes)
    return ToDecide(register.id, register.name, count, codes) if count else None


def _decided_above(states: States) -> tuple[str, ...]:
    """The states under way from which only somebody above moves a record on."""
    return tuple(
        code
        for code in states.codes(StateKind.ACTIVE)
        if any(Who.SUPERIOR in move.who and Who.KEEPER not in move.who for move in states.moves_from(code))
    )
