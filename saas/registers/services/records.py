"""Opening, changing and moving records. Each leaves an event in the record's history and one in the audit trail."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import date
from typing import Any

from sqlalchemy import func, select

from saas.audit.services import AuditAction, HasId, record
from saas.db import db, local_clock, local_today, new_id, utc_now
from saas.domain.answers import Answers, Parsed, answers_from_stored, canonical_answers, parse_answers
from saas.domain.begun import NOTHING_BEGUN, Begun
from saas.domain.errors import DomainError, NotAllowed
from saas.domain.fields import Field, FieldType, FormDefinition, child_path
from saas.domain.records import (
    Mover,
    StateKind,
    due_after,
    due_day,
    find_move,
    found_by,
    may_move,
    missing_for,
    record_title,
)
from saas.forms.models import FormVersion
from saas.forms.queries import find_published_version
from saas.org.models import OrgUnit
from saas.org.names import search_key
from saas.registers import queries
from saas.registers.days import work_calendar
from saas.registers.models import RecordEvent, Register, RegisterRecord

MAX_NOTE = 500


def parse_record(
    definition: FormDefinition,
    unit: OrgUnit,
    raw: Mapping[str, Sequence[str]],
    *,
    is_draft: bool = False,
    begun: Begun = NOTHING_BEGUN,
) -> Parsed:
    """Read what was typed for a record of a unit; read-only fields come from what the county knows of the unit.

    `begun`: what was fixed when the record was begun.
    """
    return parse_answers(definition, raw, known=known_values(unit), is_draft=is_draft, now=local_clock(), begun=begun)


def known_values(unit: OrgUnit) -> dict[str, str]:
    """What the county already knows of a unit, by the name of a field of the same name."""
    return {name: _typed(value) for name, value in unit.attributes.items() if value is not None}


def _typed(value: Any) -> str:
    return ("yes" if value else "no") if isinstance(value, bool) else str(value)


def open_record(
    register: Register,
    unit: OrgUnit,
    answers: Answers,
    *,
    actor: HasId,
    record_id: uuid.UUID | None = None,
    opened_on: date | None = None,
    version: FormVersion | None = None,
    keepers: Collection[uuid.UUID] | None = None,
    kind: str = "opened",
) -> RegisterRecord:
    """Open a record (登记) with sound answers, in the register's first state.

    For many records hand in the published `version` and the ids of the `keepers`, which are otherwise read anew.
    Raises DomainError if the register is closed, its form not published, or the unit does not keep it.
    """
    if not register.is_active:
        raise DomainError("台账“{name}”已停用，不能再登记", code="register_stopped", name=register.name)
    if unit.id not in keepers if keepers is not None else not queries.is_kept_by(register, unit):
        raise DomainError("“{unit}”不在台账“{name}”的登记范围内", code="not_asked", unit=unit.name, name=register.name)
    version = version or find_published_version(register.form_id)
    if version is None:
        raise DomainError("表单“{name}”还没有发布", code="not_published", name=register.form.name)
    states, now = queries.states_of(register), utc_now()
    opened = RegisterRecord(
        id=record_id or new_id(),
        register_id=register.id,
        register=register,
        form_version_id=version.id,
        form_version=version,
        number=_next_number(register),
        unit_id=unit.id,
        unit=unit,
        state=states.initial.code,
        opened_on=opened_on or local_today(),
        created_by_id=actor.id,
        created_at=now,
    )
    put_answers(opened, queries.definition_for(version, unit), answers)
    opened.due_on = due_day(states.due_in(opened.state), opened.opened_on, answers, work_calendar())
    db.session.add(opened)
    db.session.flush()
    add_event(opened, kind, actor=actor, state_after=opened.state)
    record(AuditAction.RECORD_OPENED, opened, actor=actor, register=register.code, number=opened.number)
    return opened


def _next_number(register: Register) -> int:
    """The next number of a register; nobody else opens a record in it until the end of the transaction."""
    db.session.execute(select(Register.id).where(Register.id == register.id).with_for_update())
    last = db.session.scalars(
        select(func.max(RegisterRecord.number)).where(RegisterRecord.register_id == register.id)
    ).one()
    return (last or 0) + 1


def change_record(
    changed: RegisterRecord, answers: Answers, *, actor: HasId, note: str = "", kind: str = "changed"
) -> bool:
    """Keep other answers of a record in its own version of the form; return whether anything changed.

    The due day follows the answers where the register says so. The history keeps each answer before and after. What is
    closed does not change: raises DomainError until somebody has opened it again.
    """
    refuse_closed(changed)
    definition, states = queries.definition_of(changed), queries.states_of(changed.register)
    before = changed.answers
    stored = canonical_answers(definition, answers)
    changes = changes_between(definition, before, stored)
    if not changes:
        return False
    put_answers(changed, definition, answers)
    if states.follows_a_date(changed.state):
        changed.due_on = due_day(states.due, changed.opened_on, answers)
    db.session.flush()
    add_event(changed, kind, actor=actor, changes=changes, note=note)
    record(AuditAction.RECORD_CHANGED, changed, actor=actor, number=changed.number, fields=sorted(changes))
    return True


def refuse_closed(subject: RegisterRecord) -> None:
    """Raise DomainError if a record is closed: whoever closed it stands for what was in it."""
    if subject.closed_on is not None:
        raise DomainError("第{number}号记录已办结，不能修改；请先重新办理", code="closed", number=subject.number)


def put_answers(target: RegisterRecord, definition: FormDefinition, answers: Answers) -> None:
    """Write answers into a record, with what follows from them: its title and how it is found."""
    target.answers = canonical_answers(definition, answers)
    target.title = record_title(definition, answers, str(target.register.layout.get("title", "")))
    words = (target.title, *found_by(definition, answers))
    target.search_key = " ".join([*(word.lower() for word in dict.fromkeys(words)), search_key(target.title)]).strip()
    target.updated_at = utc_now()


def move_record(moved: RegisterRecord, state: str, *, actor: HasId, note: str = "", mover: Mover | None = None) -> None:
    """Move a record to another state (流转), as the register's moves allow.

    `mover`: what the actor is to the record; without one the caller has checked who acts. Raises InvalidTransition,
    NotAllowed, or DomainError: no_note, incomplete.
    """
    states = queries.states_of(moved.register)
    move = find_move(states, moved.state, state)
    if mover is not None and not may_move(move, mover):
        raise NotAllowed("“{label}”应由其他人员办理", label=move.label)
    note = note.strip()
    if move.has_note and not note:
        raise DomainError("“{label}”应填写说明", code="no_note", label=move.label)
    if len(note) > MAX_NOTE:
        raise DomainError("说明最多 {limit} 字", code="no_note", limit=MAX_NOTE)
    definition = queries.definition_of(moved)
    answers = answers_from_stored(definition, moved.answers)
    missing = missing_for(move, definition, answers)
    if missing:
        raise DomainError(
            "“{label}”前应先填写：{missing}", code="incomplete", label=move.label, missing="、".join(missing)
        )
    before, end = moved.state, states.state(move.end)
    due = due_after(states, move, moved.opened_on, local_today())
    if due is not None:
        moved.due_on = due_day(*due, answers, work_calendar())
    moved.state, moved.updated_at = end.code, utc_now()
    moved.closed_on = (moved.closed_on or local_today()) if end.kind is StateKind.CLOSED else None
    db.session.flush()
    add_event(moved, "moved", actor=actor, state_before=before, state_after=end.code, note=note)
    record(AuditAction.RECORD_MOVED, moved, actor=actor, number=moved.number, before=before, after=end.code)


def set_due_day(target: RegisterRecord, due_on: date | None, *, actor: HasId, note: str = "") -> bool:
    """Let a record be due on another day (调整期限); return whether it was another.

    Raises DomainError where an answer of the record says until when: that is to be changed instead.
    """
    refuse_closed(target)
    states = queries.states_of(target.register)
    if states.due is not None and states.follows_a_date(target.state):
        item = _field_of(queries.definition_of(target), states.due.field)
        raise DomainError("办结期限由“{label}”一栏决定，请修改该栏", code="due_by_field", label=item)
    if target.due_on == due_on:
        return False
    changes = {"due_on": {"before": _day(target.due_on), "after": _day(due_on)}}
    target.due_on, target.updated_at = due_on, utc_now()
    db.session.flush()
    add_event(target, "due", actor=actor, changes=changes, note=note.strip())
    record(AuditAction.RECORD_CHANGED, target, actor=actor, number=target.number, due_on=_day(due_on))
    return True


def _day(day: date | None) -> str | None:
    return day.isoformat() if day is not None else None


def _field_of(definition: FormDefinition, path: str) -> str:
    return next((item.label for each, item in _walk(definition.fields, "") if each == path), path)


def _walk(fields: Sequence[Field], parent: str) -> Iterator[tuple[str, Field]]:
    for item in fields:
        path = child_path(parent, item.name)
        if item.type is FieldType.GROUP:
            yield from _walk(item.fields, path)
        else:
            yield path, item


def add_event(
    subject: RegisterRecord,
    kind: str,
    *,
    actor: HasId | None,
    state_before: str = "",
    state_after: str = "",
    changes: Mapping[str, Any] | None = None,
    note: str = "",
) -> None:
    """Add a line to a record's history. Without states it stands where it stood."""
    db.session.add(
        RecordEvent(
            record_id=subject.id,
            kind=kind,
            state_before=state_before,
            state_after=state_after,
            changes=dict(changes or {}),
            note=note,
            actor_id=actor.id if actor is not None else None,
            happened_at=utc_now(),
        )
    )
    db.session.flush()


def changes_between(form: FormDefinition, before: Mapping[str, Any], after: Mapping[str, Any]) -> dict[str, Any]:
    """What differs between stored answers, by path: before and after. Rows of a repeat are compared one by one."""
    old, new = dict(_leaves(form.fields, before, "")), dict(_leaves(form.fields, after, ""))
    paths = [path for path in dict.fromkeys([*old, *new]) if old.get(path) != new.get(path)]
    return {path: {"before": old.get(path), "after": new.get(path)} for path in paths}


def _leaves(fields: Sequence[Field], stored: Mapping[str, Any], parent: str) -> Iterator[tuple[str, Any]]:
    for item in fields:
        path, value = child_path(parent, item.name), stored.get(item.name)
        if item.type is FieldType.GROUP:
            yield from _leaves(item.fields, value or {}, path)
        elif item.type is FieldType.REPEAT:
            for number, row in enumerate(value or []):
                yield from _leaves(item.fields, row, f"{path}[{number}]")
        elif item.is_question:
            yield path, value
