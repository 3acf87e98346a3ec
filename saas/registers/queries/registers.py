"""Reading registers: which there are, who keeps them, and how many records stand where."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import func, select
from sqlalchemy.exc import NoResultFound

from saas.access.permissions import Permission
from saas.db import db, local_today
from saas.domain.cohorts import cohort_from_mapping, matches
from saas.domain.records import States, states_from_mapping
from saas.org.cohorts import CohortBook, unit_on, units_on
from saas.org.models import OrgUnit
from saas.org.queries import list_subtree_ids
from saas.registers.models import Register, RegisterRecord
from saas.registers.queries.visibility import Looking, visible_records, visible_registers


@dataclass(frozen=True, slots=True)
class RegisterRow:
    """One line of the list of registers, with the records that the viewer sees. `is_kept`: by a unit he fills for."""

    register: Register
    is_kept: bool
    unfinished: int
    overdue: int
    closed: int


def states_of(register: Register) -> States:
    """The states of a register."""
    return states_from_mapping(register.states)


def get_register(register: uuid.UUID | str, viewer: Looking) -> Register:
    """Return a register by id or code, or raise NoResultFound (404)."""
    column = Register.id if isinstance(register, uuid.UUID) else Register.code
    return db.session.scalars(visible_registers(viewer).where(column == register)).one()


def find_register(code: str) -> Register | None:
    """The register of a code, or None. For packs and imports; the caller has checked who acts."""
    return db.session.scalars(select(Register).where(Register.code == code)).one_or_none()


def list_active_registers() -> Sequence[Register]:
    """The registers in use, by name."""
    return db.session.scalars(select(Register).where(Register.is_active).order_by(Register.name, Register.id)).all()


def list_registers(viewer: Looking) -> list[RegisterRow]:
    """The registers that concern the viewer: kept by a unit that he sees, or with a record that he sees.

    Whoever configures registers sees all of them. Those that his own units keep come first.
    """
    registers = db.session.scalars(
        visible_registers(viewer).order_by(Register.is_active.desc(), Register.name, Register.id)
    ).all()
    counts, today = _counts(viewer), local_today()
    own = set(viewer.unit_ids(Permission.SUBMISSION_EDIT))
    seen = list_subtree_ids(viewer.unit_ids(Permission.SUBMISSION_VIEW), today)
    keepers, sees_all = _keepers(registers, today), bool(viewer.unit_ids(Permission.COLLECTION_EDIT))
    rows = []
    for each in registers:
        kept_by = keepers[each.id]
        if sees_all or each.id in counts or (each.is_active and seen & kept_by):
            unfinished, overdue, closed = counts.get(each.id, (0, 0, 0))
            rows.append(RegisterRow(each, each.is_active and bool(own & kept_by), unfinished, overdue, closed))
    return sorted(rows, key=lambda row: (not row.register.is_active, not row.is_kept))


def _counts(viewer: Looking) -> Mapping[uuid.UUID, tuple[int, int, int]]:
    """By register: how many records that the viewer sees are unfinished, overdue, closed. One statement."""
    is_closed, count = RegisterRecord.closed_on.is_not(None), func.count()
    rows = db.session.execute(
        visible_records(viewer)
        .with_only_columns(
            RegisterRecord.register_id,
            count.filter(~is_closed),
            count.filter(~is_closed, RegisterRecord.due_on < local_today()),
            count.filter(is_closed),
        )
        .group_by(RegisterRecord.register_id)
        .order_by(RegisterRecord.register_id)
    ).all()
    return {row[0]: (row[1], row[2], row[3]) for row in rows}


def _keepers(registers: Iterable[Register], on: date) -> Mapping[uuid.UUID, frozenset[uuid.UUID]]:
    """The units that keep each register on a day: two statements for all of them."""
    cohorts = {each.id: cohort_from_mapping(each.cohort) for each in registers if each.cohort}
    units, book = units_on(on) if cohorts else [], CohortBook(on)
    return {
        each.id: frozenset(
            dated.unit.id for dated in units if each.id in cohorts and matches(dated.seen, cohorts[each.id], book)
        )
        for each in registers
    }


def keeping_units(register: Register, on: date | None = None) -> list[OrgUnit]:
    """The units that keep a register on a day (today), in the county's order."""
    if not register.cohort:
        return []
    on = on or local_today()
    cohort, book = cohort_from_mapping(register.cohort), CohortBook(on)
    return [dated.unit for dated in units_on(on) if matches(dated.seen, cohort, book)]


def is_kept_by(register: Register, unit: OrgUnit) -> bool:
    """Whether a unit keeps a register today."""
    if not register.cohort or not register.is_active:
        return False
    today = local_today()
    return matches(unit_on(unit, today), cohort_from_mapping(register.cohort), CohortBook(today))


def own_keeping_units(register: Register, viewer: Looking) -> list[OrgUnit]:
    """The units for which the viewer may open records. Raises NoResultFound (404) if there are none."""
    own = viewer.unit_ids(Permission.SUBMISSION_EDIT)
    units = db.session.scalars(
        select(OrgUnit).where(OrgUnit.id.in_(own)).order_by(OrgUnit.sort_order, OrgUnit.code)
    ).all()
    found = [unit for unit in units if is_kept_by(register, unit)]
    if not found:
        raise NoResultFound("no unit of this viewer keeps the register")
    return found


def count_in_states(register: Register) -> Mapping[str, int]:
    """How many records stand in each state, whoever keeps them."""
    rows = db.session.execute(
        select(RegisterRecord.state, func.count())
        .where(RegisterRecord.register_id == register.id)
        .group_by(RegisterRecord.state)
        .order_by(RegisterRecord.state)
    ).all()
    return {row[0]: row[1] for row in rows}
