"""Carrying out what a table says of a register: new records in one piece, changed ones one by one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Table, func, insert, select

from saas.audit.services import HasId
from saas.db import db, local_today, new_id, utc_now
from saas.domain.records import StateKind, due_day
from saas.registers import services
from saas.registers.models import RecordEvent, RegisterRecord
from saas.registers.services.records import put_answers
from saas.registers.tables.checking import RecordPlan
from saas.registers.tables.known import KnownRegister
from saas.tenancy.scope import bound_tenant_id

IMPORTED = "imported"
_NOTE = "表格导入"


def write_records(known: KnownRegister, plans: Sequence[RecordPlan], *, actor: HasId) -> Mapping[str, Any]:
    """Write new and changed records, each with a line in its history; return the first and last new number."""
    first = _next_number(known)
    opened = [_opened(known, plan, first + place, actor) for place, plan in enumerate(_new(plans))]
    _insert(opened)
    _insert([_event(each, actor) for each in opened])
    for plan in plans:
        if plan.record is not None:
            _change(known, plan, plan.record, actor)
    db.session.flush()
    return {"first": first, "last": first + len(opened) - 1} if opened else {}


def _insert(rows: Sequence[RegisterRecord | RecordEvent]) -> None:
    """Write new rows past the session: ten thousand objects in it would take longer than everything else."""
    if not rows:
        return
    table = table_of(rows[0])
    columns = table.columns
    first = {"tenant_id": bound_tenant_id()} | ({"version": 1} if "version" in columns else {})
    values = [{name: getattr(row, name) for name in columns.keys() - first.keys()} | first for row in rows]
    db.session.execute(insert(table), values)


def table_of(row: RegisterRecord | RecordEvent) -> Table:
    """The table in which a row stands."""
    table = type(row).__table__
    assert isinstance(table, Table)  # noqa: S101  (every model of ours has one)
    return table


def _new(plans: Sequence[RecordPlan]) -> list[RecordPlan]:
    return [plan for plan in plans if plan.record is None]


def _next_number(known: KnownRegister) -> int:
    """Numbers count up over the whole register; the caller holds its row."""
    last = db.session.scalars(
        select(func.max(RegisterRecord.number)).where(RegisterRecord.register_id == known.register.id)
    ).one()
    return (last or 0) + 1


def _opened(known: KnownRegister, plan: RecordPlan, number: int, actor: HasId) -> RegisterRecord:
    state = known.states.state(plan.state) if plan.state else known.states.initial
    opened_on, now = plan.opened_on or local_today(), utc_now()
    opened = RegisterRecord(
        id=new_id(),
        register_id=known.register.id,
        register=known.register,
        form_version_id=known.version.id,
        form_version=known.version,
        number=number,
        unit_id=plan.unit.id,
        unit=plan.unit,
        state=state.code,
        opened_on=opened_on,
        closed_on=max(opened_on, local_today()) if state.kind is StateKind.CLOSED else None,
        created_by_id=actor.id,
        created_at=now,
    )
    put_answers(opened, known.form, plan.answers)
    opened.due_on = plan.due_on or due_day(known.states.due_in(state.code), opened_on, plan.answers, known.calendar)
    return opened


def _event(opened: RegisterRecord, actor: HasId) -> RecordEvent:
    return RecordEvent(
        id=new_id(),
        record_id=opened.id,
        kind=IMPORTED,
        state_before="",
        changes={},
        state_after=opened.state,
        note=_NOTE,
        actor_id=actor.id,
        happened_at=utc_now(),
    )


def _change(known: KnownRegister, plan: RecordPlan, record: RegisterRecord, actor: HasId) -> None:
    services.change_record(record, plan.answers, actor=actor, note=_NOTE, kind=IMPORTED)
    if plan.opened_on is not None:
        record.opened_on = plan.opened_on
    if plan.state is not None and plan.state != record.state:
        services.move_record(record, plan.state, actor=actor, note=_NOTE)
    if plan.due_on is not None or plan.clears_due:
        services.set_due_day(record, plan.due_on, actor=actor, note=_NOTE)
