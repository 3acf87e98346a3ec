"""The same done to many records (批量处理): first told for each whether it can be, then done where it can."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from saas.audit.services import HasId
from saas.domain.answers import answers_from_stored
from saas.domain.errors import DomainError, Message, message
from saas.domain.records import Mover, find_move, may_move, missing_for
from saas.org.models import OrgUnit
from saas.registers import queries
from saas.registers.models import RegisterRecord
from saas.registers.services.linking import link_record
from saas.registers.services.records import move_record, set_due_day

MAX_RECORDS = 200


@dataclass(frozen=True, slots=True)
class BulkAction:
    """What is to be done: exactly one of a state to move to, a due day, a unit to answer for the records."""

    state: str = ""
    note: str = ""
    due_on: date | None = None
    unit: OrgUnit | None = None
    role: str = "responsible"


@dataclass(frozen=True, slots=True)
class BulkRow:
    """One record with what stands against it, or None."""

    record: RegisterRecord
    problem: Message | None


def preview_bulk(
    records: Sequence[RegisterRecord], action: BulkAction, movers: Mapping[uuid.UUID, Mover]
) -> list[BulkRow]:
    """Say for each record whether the action can be taken, without changing anything."""
    return [BulkRow(record, _problem(record, action, movers[record.id])) for record in records]


def _problem(record: RegisterRecord, action: BulkAction, mover: Mover) -> Message | None:
    if not action.state:
        return _problem_of_change(record, action, mover)
    states = queries.states_of(record.register)
    if record.state == action.state:
        return message("same_state", "已是“{state}”", state=states.state(action.state).name)
    try:
        move = find_move(states, record.state, action.state)
    except DomainError as refused:
        return refused.message
    if not may_move(move, mover):
        return message("not_allowed", "“{label}”应由其他人员办理", label=move.label)
    if move.has_note and not action.note.strip():
        return message("no_note", "“{label}”应填写说明", label=move.label)
    definition = queries.definition_of(record)
    missing = missing_for(move, definition, answers_from_stored(definition, record.answers))
    return message("incomplete", "应先填写：{missing}", missing="、".join(missing)) if missing else None


def _problem_of_change(record: RegisterRecord, action: BulkAction, mover: Mover) -> Message | None:
    if not (mover.works or (action.unit is not None and mover.may_assign)):
        return message("not_allowed", "只有登记单位和责任单位可以修改")
    if action.due_on is not None and record.closed_on is not None:
        return message("closed", "已办结")
    states = queries.states_of(record.register)
    if action.due_on is not None and states.follows_a_date(record.state):
        return message("due_by_field", "办结期限由记录中的日期栏决定")
    if action.due_on is not None and record.due_on == action.due_on:
        return message("same_day", "期限相同")
    return None


def apply_bulk(
    records: Sequence[RegisterRecord],
    action: BulkAction,
    movers: Mapping[uuid.UUID, Mover],
    versions: Mapping[uuid.UUID, int],
    *,
    actor: HasId,
) -> list[BulkRow]:
    """Take the action where it can be taken, and return what came of each record.

    `versions`: those that the preview showed; a record that somebody changed meanwhile is left as it is.
    """
    done = []
    for row in preview_bulk(records, action, movers):
        problem = row.problem
        if problem is None and versions.get(row.record.id) != row.record.version:
            problem = message("stale", "已被他人修改，请重新核对")
        if problem is None:
            problem = _apply(row.record, action, movers[row.record.id], actor)
        done.append(BulkRow(row.record, problem))
    return done


def _apply(record: RegisterRecord, action: BulkAction, mover: Mover, actor: HasId) -> Message | None:
    try:
        if action.state:
            move_record(record, action.state, actor=actor, note=action.note, mover=mover)
        elif action.due_on is not None:
            set_due_day(record, action.due_on, actor=actor, note=action.note)
        else:
            is_new = link_record(record, actor=actor, role=action.role, unit=action.unit)
            return None if is_new else message("same_link", "已是责任单位")
    except DomainError as refused:
        return refused.message
    return None
