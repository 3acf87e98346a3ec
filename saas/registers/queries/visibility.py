"""Who may see and who may work on which records. Every query of records starts from here."""

from __future__ import annotations

import uuid
from typing import Protocol

from sqlalchemy import ColumnElement, Select, exists, false, or_, select

from saas.access.permissions import Permission
from saas.db import local_today
from saas.org.queries import subtree_ids
from saas.registers.models import RecordLink, Register, RegisterRecord

WORK = (Permission.SUBMISSION_EDIT, Permission.PLAN_REPORT)  # either lets a responsible unit's people work on a record


class Looking(Protocol):
    """Who looks: a signed-in person."""

    @property
    def id(self) -> uuid.UUID: ...

    def unit_ids(self, permission: Permission) -> tuple[uuid.UUID, ...]: ...


def visible_registers(viewer: Looking) -> Select[Register]:
    """What is kept by whom is no secret inside the county: everybody who sees, fills or arranges it sees all."""
    may = viewer.unit_ids(Permission.SUBMISSION_VIEW) or viewer.unit_ids(Permission.COLLECTION_EDIT)
    return select(Register) if may else select(Register).where(false())


def visible_records(viewer: Looking) -> Select[RegisterRecord]:
    """Records of the units at or below the viewer's posts, and those that such a unit or the viewer answers for."""
    roots = viewer.unit_ids(Permission.SUBMISSION_VIEW)
    if not roots:
        return select(RegisterRecord).where(false())
    below = subtree_ids(roots, local_today())
    linked = _linked(or_(RecordLink.unit_id.in_(below), RecordLink.user_id == viewer.id))
    return select(RegisterRecord).where(or_(RegisterRecord.unit_id.in_(below), linked))


def workable_records(viewer: Looking) -> Select[RegisterRecord]:
    """Records that the viewer may change: of the units that he fills for, and those that these or he answer for."""
    keeping = viewer.unit_ids(Permission.SUBMISSION_EDIT)
    units = responsible_units(viewer)
    if not viewer.unit_ids(Permission.SUBMISSION_VIEW):
        return select(RegisterRecord).where(false())
    linked = _linked(or_(RecordLink.unit_id.in_(units), RecordLink.user_id == viewer.id))
    return select(RegisterRecord).where(or_(RegisterRecord.unit_id.in_(keeping), linked))


def responsible_units(viewer: Looking) -> tuple[uuid.UUID, ...]:
    """The units for which the viewer works on records that they answer for."""
    return tuple(dict.fromkeys(unit for permission in WORK for unit in viewer.unit_ids(permission)))


def _linked(condition: ColumnElement[bool]) -> ColumnElement[bool]:
    return exists().where(RecordLink.record_id == RegisterRecord.id, condition)
