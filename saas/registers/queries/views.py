"""Reading saved views, and what the list's filters offer."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import func, or_, select

from saas.access.permissions import Permission
from saas.accounts.models import User
from saas.db import db, local_today
from saas.org.models import OrgUnit
from saas.org.queries import list_units_below
from saas.registers.models import RecordLink, Register, RegisterRecord, RegisterView
from saas.registers.queries.registers import is_kept_by
from saas.registers.queries.visibility import Looking, visible_records

MAX_OFFERED = 400  # units in one picker; larger counties are asked for by the town's own page


@dataclass(frozen=True, slots=True)
class SavedView:
    """A saved view with whose it is."""

    view: RegisterView
    owner_name: str
    is_own: bool


def list_views(register: Register, viewer: Looking) -> list[SavedView]:
    """One's own views of a register and those that are shared, by name."""
    rows = db.session.execute(
        select(RegisterView, User.name)
        .join(User, User.id == RegisterView.owner_id)
        .where(RegisterView.register_id == register.id, or_(RegisterView.owner_id == viewer.id, RegisterView.is_shared))
        .order_by(RegisterView.name, RegisterView.id)
    ).all()
    return [SavedView(view, name, view.owner_id == viewer.id) for view, name in rows]


def get_own_view(register: Register, view_id: uuid.UUID, viewer: Looking) -> RegisterView:
    """Return one's own view of a register, or raise NoResultFound (404)."""
    return db.session.scalars(
        select(RegisterView).where(
            RegisterView.register_id == register.id, RegisterView.id == view_id, RegisterView.owner_id == viewer.id
        )
    ).one()


def list_filter_units(viewer: Looking) -> Sequence[OrgUnit]:
    """The territorial units by which the list may be narrowed: those at or below the viewer's, at most some hundred."""
    roots = viewer.unit_ids(Permission.SUBMISSION_VIEW)
    units = [unit for unit in list_units_below(roots, local_today()) if unit.unit_type.is_territorial] if roots else []
    lowest = max((unit.unit_type.level for unit in units), default=0)
    if len(units) > MAX_OFFERED:
        units = [unit for unit in units if unit.unit_type.level < lowest]
    return units if len(units) > 1 else []


def list_linked(register: Register, viewer: Looking) -> tuple[list[tuple[str, str]], list[tuple[str, str]]]:
    """The units and the persons that answer for records that the viewer sees: id and name, for choosing."""
    seen = visible_records(viewer).where(RegisterRecord.register_id == register.id).with_only_columns(RegisterRecord.id)
    rows = db.session.execute(
        select(RecordLink.unit_id, RecordLink.user_id, func.coalesce(OrgUnit.name, User.name).label("name"))
        .outerjoin(OrgUnit, OrgUnit.id == RecordLink.unit_id)
        .outerjoin(User, User.id == RecordLink.user_id)
        .where(RecordLink.record_id.in_(seen))
        .distinct()
        .order_by("name", RecordLink.unit_id, RecordLink.user_id)
        .limit(MAX_OFFERED)
    ).all()
    units = [(str(row.unit_id), row.name) for row in rows if row.unit_id is not None]
    return units, [(str(row.user_id), row.name) for row in rows if row.user_id is not None]


def name_of_person(user_id: uuid.UUID) -> str:
    """What a person is called, "—" if there is none."""
    return db.session.scalars(select(User.name).where(User.id == user_id)).one_or_none() or "—"


def may_open(register: Register, viewer: Looking) -> bool:
    """Whether the viewer fills for a unit that keeps the register."""
    own = viewer.unit_ids(Permission.SUBMISSION_EDIT)
    if not own or not register.is_active:
        return False
    units = db.session.scalars(select(OrgUnit).where(OrgUnit.id.in_(own)).order_by(OrgUnit.code)).all()
    return any(is_kept_by(register, unit) for unit in units)
