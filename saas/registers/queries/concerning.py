"""The registers in which a unit or a person has records, with how many of them, for their pages."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import NamedTuple

from sqlalchemy import ColumnElement, exists, func

from saas.access.permissions import Permission
from saas.db import db
from saas.domain.cohorts import cohort_from_mapping, matches
from saas.org.cohorts import CohortBook, unit_on
from saas.org.models import OrgUnit
from saas.org.queries import list_subtree_ids, subtree_ids
from saas.registers.models import RecordLink, Register, RegisterRecord
from saas.registers.queries.visibility import Looking, visible_records, visible_registers


class Counts(NamedTuple):
    """A register's name, and how many of some records are unfinished, overdue, closed."""

    name: str
    unfinished: int
    overdue: int
    closed: int


@dataclass(frozen=True, slots=True)
class Concern:
    """How many records of a register are unfinished, and how many of these overdue.

    `is_kept`: the unit or one below keeps the records; otherwise it answers for them. `asked`: how the list finds them.
    """

    register_id: uuid.UUID
    is_kept: bool
    asked: Mapping[str, str]
    name: str
    unfinished: int
    overdue: int
    closed: int


def concerns_of_unit(unit: OrgUnit, viewer: Looking, on: date) -> list[Concern]:
    """The registers that a unit keeps, also through those below, and in which it answers for records.

    Only records that the viewer sees are counted. Some statements, whatever the rows.
    """
    kept = _counted(RegisterRecord.unit_id.in_(subtree_ids([unit.id], on)), viewer, on)
    answering = _counted(_linked(RecordLink.unit_id == unit.id), viewer, on)
    sees = list_subtree_ids(viewer.unit_ids(Permission.SUBMISSION_VIEW), on)
    own = _kept_registers(unit, viewer, on) if unit.id in sees else {}
    empty = {register_id: Counts(name, 0, 0, 0) for register_id, name in own.items()}
    found = [Concern(each, True, {"unit": str(unit.id)}, *counts) for each, counts in (empty | kept).items()]
    found += [Concern(each, False, {"responsible": str(unit.id)}, *counts) for each, counts in answering.items()]
    return sorted(found, key=lambda each: (not each.is_kept, each.name, each.register_id))


def concerns_of_person(user_id: uuid.UUID, viewer: Looking, on: date) -> list[Concern]:
    """The registers in which somebody answers for records, of those that the viewer sees. One statement."""
    rows = _counted(_linked(RecordLink.user_id == user_id), viewer, on)
    return [Concern(register_id, False, {"person": str(user_id)}, *counts) for register_id, counts in rows.items()]


def _linked(condition: ColumnElement[bool]) -> ColumnElement[bool]:
    return exists().where(RecordLink.record_id == RegisterRecord.id, condition)


def _counted(condition: ColumnElement[bool], viewer: Looking, on: date) -> dict[uuid.UUID, Counts]:
    """By register: how many of the records stand where."""
    is_closed, count = RegisterRecord.closed_on.is_not(None), func.count()
    rows = db.session.execute(
        visible_records(viewer)
        .join(Register, Register.id == RegisterRecord.register_id)
        .where(condition)
        .with_only_columns(
            Register.id,
            Register.name,
            count.filter(~is_closed),
            count.filter(~is_closed, RegisterRecord.due_on < on),
            count.filter(is_closed),
        )
        .group_by(Register.id, Register.name)
        .order_by(Register.name, Register.id)
    ).all()
    return {row[0]: Counts(*row[1:]) for row in rows}


def _kept_registers(unit: OrgUnit, viewer: Looking, on: date) -> dict[uuid.UUID, str]:
    """The registers in use that a unit itself keeps, whether it has written anything in them or not."""
    registers = db.session.scalars(visible_registers(viewer).where(Register.is_active).order_by(Register.name)).all()
    if not registers:
        return {}
    seen, book = unit_on(unit, on), CohortBook(on)
    return {
        each.id: each.name
        for each in registers
        if each.cohort and matches(seen, cohort_from_mapping(each.cohort), book)
    }
