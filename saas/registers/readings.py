"""Who read protected answers of registers, and what for (查阅记录). Rows are only ever added."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from flask import current_app
from sqlalchemy import Select, func, select
from sqlalchemy.exc import NoResultFound

from saas.access.permissions import Permission
from saas.accounts.models import User
from saas.accounts.viewer import Viewer
from saas.db import db
from saas.registers import queries
from saas.registers.models import RecordReading, Register, RegisterRecord
from saas.registers.protection import owns

PAGE = 50


@dataclass(frozen=True, slots=True)
class ReadingFilter:
    """What of the log is wanted. None and "" mean: everything."""

    register_id: uuid.UUID | None = None
    person: str = ""
    day: date | None = None


@dataclass(frozen=True, slots=True)
class Reading:
    """One line of the log. `number` is that of the record, None where many were exported at once."""

    reading: RecordReading
    reader: str
    register: str
    number: int | None


def may_read_log(register: Register, viewer: Viewer) -> bool:
    """Whether the log of a register is the viewer's to read: its owner's, of one without an owner its arrangers'."""
    if register.owner_unit_id is None:
        return viewer.permits(Permission.COLLECTION_EDIT)
    return owns(register, viewer)


def get_register_of_log(register_id: uuid.UUID, viewer: Viewer) -> Register:
    """Return a register whose log the viewer may read, or raise NoResultFound (404)."""
    register = queries.get_register(register_id, viewer)
    if not may_read_log(register, viewer):
        raise NoResultFound("the log of this register is not for this viewer")
    return register


def list_readings(wanted: ReadingFilter, *, page: int = 1) -> tuple[Sequence[Reading], int]:
    """One page of the log, the latest first, and how many lines there are. One statement."""
    rows = db.session.execute(
        _matching(wanted)
        .add_columns(User.name, Register.name, RegisterRecord.number, func.count().over())
        .order_by(RecordReading.read_at.desc(), RecordReading.id.desc())
        .limit(PAGE)
        .offset((page - 1) * PAGE)
    ).all()
    return [Reading(row[0], row[1], row[2], row[3]) for row in rows], rows[0][4] if rows else 0


def _matching(wanted: ReadingFilter) -> Select[RecordReading]:
    statement = (
        select(RecordReading)
        .join(User, User.id == RecordReading.reader_id)
        .join(Register, Register.id == RecordReading.register_id)
        .outerjoin(RegisterRecord, RegisterRecord.id == RecordReading.record_id)
    )
    if wanted.register_id is not None:
        statement = statement.where(RecordReading.register_id == wanted.register_id)
    if wanted.person:
        named = User.name.contains(wanted.person, autoescape=True)
        statement = statement.where(named | User.login_name.icontains(wanted.person, autoescape=True))
    if wanted.day is not None:
        start = datetime.combine(wanted.day, time.min, current_app.config["JICENG"].timezone)
        statement = statement.where(RecordReading.read_at >= start, RecordReading.read_at < start + timedelta(days=1))
    return statement


def list_logged_registers() -> Sequence[Register]:
    """Every register with personal data that somebody has read, by name: for the auditor's filter."""
    return db.session.scalars(
        select(Register).where(Register.id.in_(select(RecordReading.register_id))).order_by(Register.name, Register.id)
    ).all()
