"""Configuring registers (台账设置): who keeps which form, through which states, with which list."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import func, select, update

from saas.access.permissions import Role
from saas.audit.services import AuditAction, HasId, record
from saas.db import db, local_today
from saas.domain.cohorts import cohort_from_mapping
from saas.domain.errors import DomainError, FormatError
from saas.domain.fields import FieldType, FormDefinition
from saas.domain.records import (
    StateKind,
    States,
    Who,
    open_fields,
    plain_fields,
    states_from_mapping,
    states_to_mapping,
)
from saas.forms.definitions import definition_of_version
from saas.forms.queries import find_published_version
from saas.org.cohorts import check_cohort
from saas.registers import queries
from saas.registers.models import Register, RegisterRecord

MAX_COLUMNS = 12


@dataclass(frozen=True, slots=True)
class RegisterSettings:
    """What is decided about a register. `cohort` as in docs/plan-format.md, `states` as in docs/registers.md."""

    name: str
    form_id: uuid.UUID
    cohort: Mapping[str, Any]
    description: str = ""
    purpose: str = ""
    states: Mapping[str, Any] = field(default_factory=dict)
    title: str = ""  # the path of the answer that names a record
    columns: tuple[str, ...] = ()  # the paths of the answers that the list shows
    owner_unit_id: uuid.UUID | None = None
    is_active: bool = True


def create_register(settings: RegisterSettings, *, actor: HasId, code: str = "") -> Register:
    """Create a register; without a code it gets one. Raises DomainError or FormatError if a setting is no use."""
    check_settings(settings)
    register = Register(code=code or _unused_code(), layout={})
    _put(register, settings)
    db.session.add(register)
    db.session.flush()
    record(AuditAction.REGISTER_CHANGED, register, actor=actor, change="created", name=register.name)
    return register


def edit_register(register: Register, settings: RegisterSettings, *, actor: HasId) -> None:
    """Change a register. One that has records keeps its form; states change through `change_states`' rules."""
    check_settings(settings, register)
    before = queries.states_of(register)
    _put(register, settings)
    _bring_in_line(register, before, queries.states_of(register))
    db.session.flush()
    record(AuditAction.REGISTER_CHANGED, register, actor=actor, change="edited", name=register.name)


def change_states(register: Register, states: States, *, actor: HasId) -> None:
    """Change the states, moves and due rule of a register. A state with records in it cannot be taken out."""
    _check_states(states, _definition(register.form_id), register)
    before = queries.states_of(register)
    register.states = states_to_mapping(states)
    _bring_in_line(register, before, states)
    db.session.flush()
    record(AuditAction.REGISTER_CHANGED, register, actor=actor, change="states", states=register.states)


def check_settings(settings: RegisterSettings, register: Register | None = None) -> None:
    """Raise DomainError or FormatError if the settings are no use, or may not replace those of `register`."""
    if settings.cohort:
        check_cohort(cohort_from_mapping(settings.cohort), local_today())
    definition = _definition(settings.form_id)
    _check_states(states_from_mapping(settings.states), definition, register)
    titles = open_fields(definition)
    if settings.title and settings.title not in titles:
        raise FormatError("layout.title", "“{path}”不能作为标题：表单中没有这一栏，或该栏受保护", path=settings.title)
    fields = plain_fields(definition)
    unknown = [path for path in settings.columns if path not in fields]
    if unknown:
        raise FormatError("layout.columns", "表单中没有“{path}”这一栏", path=unknown[0])
    if len(settings.columns) > MAX_COLUMNS:
        raise DomainError("列表最多显示 {limit} 栏", code="too_many_columns", limit=MAX_COLUMNS)
    if register is not None and register.form_id != settings.form_id and _count(register):
        raise DomainError("已有登记的记录，不能更换表单；请另建台账", code="has_records")


def _definition(form_id: uuid.UUID) -> FormDefinition:
    version = find_published_version(form_id)
    if version is None:
        raise DomainError("表单还没有发布，请先发布表单", code="not_published")
    return definition_of_version(version)


def _check_states(states: States, definition: FormDefinition, register: Register | None) -> None:
    fields = plain_fields(definition)
    if states.due is not None and states.due.field:
        item = fields.get(states.due.field)
        if item is None or item.type is not FieldType.DATE:
            raise FormatError("states.due", "办结期限应取自表单中的日期栏", code="bad_due", advice=states.due.field)
    people = {*Who, *Role}
    for move in states.moves:
        wrong = [who for who in move.who if who not in people]
        if wrong:
            raise FormatError("states.moves", "不认识的办理人“{who}”", code="unknown_role", who=wrong[0])
        needed = [path for path in move.needs if path not in fields]
        if needed:
            raise FormatError("states.moves", "表单中没有“{path}”这一栏", code="unknown_field", path=needed[0])
    if register is not None:
        _refuse_lost_states(register, {state.code for state in states.states})


def _refuse_lost_states(register: Register, kept: Collection[str]) -> None:
    present = queries.states_of(register)
    for code, count in queries.count_in_states(register).items():
        if code not in kept:
            name = present.state(code).name
            raise DomainError(
                "状态“{name}”下还有 {count} 条记录，不能删除", code="state_in_use", name=name, count=count
            )


def _bring_in_line(register: Register, before: States, after: States) -> None:
    """Close what stands in a state that means closed now, and open again what does not."""
    today = local_today()
    for state in after.states:
        was_closed = before.state(state.code).kind is StateKind.CLOSED
        is_closed = state.kind is StateKind.CLOSED
        if was_closed != is_closed:
            rows = update(RegisterRecord).where(
                RegisterRecord.register_id == register.id, RegisterRecord.state == state.code
            )
            db.session.execute(rows.values(closed_on=today if is_closed else None))


def _put(register: Register, settings: RegisterSettings) -> None:
    register.name, register.description = settings.name.strip(), settings.description.strip()
    register.purpose, register.form_id = settings.purpose.strip(), settings.form_id
    register.cohort, register.owner_unit_id = dict(settings.cohort), settings.owner_unit_id
    register.states, register.is_active = dict(settings.states), settings.is_active
    register.layout = {**register.layout, "title": settings.title, "columns": list(settings.columns)}


def _count(register: Register) -> int:
    statement = select(func.count()).select_from(RegisterRecord).where(RegisterRecord.register_id == register.id)
    return db.session.scalars(statement).one()


def _unused_code() -> str:
    used = set(db.session.scalars(select(Register.code)).all())
    return next(code for number in range(1, len(used) + 2) if (code := f"register_{number}") not in used)
