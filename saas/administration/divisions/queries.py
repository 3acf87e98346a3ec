"""Reading drafts, and what the county has already."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Mapping, Sequence
from datetime import date

from sqlalchemy import Select, and_, select
from sqlalchemy.orm import aliased

from saas.accounts.models import User
from saas.db import db
from saas.divisions.planning import KnownUnit
from saas.imports.models import DataImport, ImportStatus
from saas.org.models import Hierarchy, OrgUnit, Placement
from saas.org.queries import ADMINISTRATIVE, Looking, exists_on, get_unit_to_edit, in_force

KIND = "divisions"


def _drafts() -> Select[DataImport]:
    return select(DataImport).where(DataImport.kind == KIND)


def list_open_drafts() -> Sequence[tuple[DataImport, str]]:
    """The drafts under way with the names of those who began them, the latest first."""
    rows = db.session.execute(
        select(DataImport, User.name)
        .join(User, User.id == DataImport.created_by_id)
        .where(DataImport.kind == KIND, DataImport.status == ImportStatus.DRAFT)
        .order_by(DataImport.created_at.desc(), DataImport.id)
    ).all()
    return [(draft, name) for draft, name in rows]


def get_draft(draft_id: uuid.UUID) -> DataImport:
    """Return a draft, also one that was applied, or raise NoResultFound (404)."""
    return db.session.scalars(_drafts().where(DataImport.id == draft_id)).one()


def find_open_draft(county_code: str) -> DataImport | None:
    """The draft under way for a county of the list: there is one at a time."""
    return db.session.scalars(
        _drafts()
        .where(DataImport.status == ImportStatus.DRAFT, DataImport.details["county"].astext == county_code)
        .order_by(DataImport.created_at, DataImport.id)
        .limit(1)
    ).one_or_none()


def find_root_to_edit(viewer: Looking, on: date) -> OrgUnit | None:
    """The county's root unit, or None while it has none. Raises NoResultFound (404) if the viewer may not change it."""
    root_id = db.session.scalars(
        select(OrgUnit.id)
        .join(Placement, Placement.unit_id == OrgUnit.id)
        .join(Hierarchy, Hierarchy.id == Placement.hierarchy_id)
        .where(Hierarchy.code == ADMINISTRATIVE, Placement.parent_id.is_(None), in_force(on))
        .order_by(OrgUnit.sort_order, OrgUnit.code)
        .limit(1)
    ).one_or_none()
    return None if root_id is None else get_unit_to_edit(root_id, viewer, on)


def units_by_code(codes: Collection[str]) -> Mapping[str, OrgUnit]:
    """The units, also closed ones, that have one of these codes."""
    units = db.session.scalars(select(OrgUnit).where(OrgUnit.code.in_(codes)).order_by(OrgUnit.code)).all()
    return {unit.code: unit for unit in units}


def known_units(codes: Collection[str]) -> Mapping[str, KnownUnit]:
    """The same, as the plan wants to know them. One that is to be closed takes no villages any more."""
    return {
        code: KnownUnit(code, unit.name, unit.unit_type.code, unit.valid_to is not None)
        for code, unit in units_by_code(codes).items()
    }


def names_below(root: OrgUnit | None, codes: Collection[str], on: date) -> frozenset[tuple[str | None, str]]:
    """The names of the units right below the county (under None) and below units of these codes."""
    above = aliased(OrgUnit)
    rows = db.session.execute(
        select(above.id, above.code, OrgUnit.name)
        .join(Placement, Placement.unit_id == OrgUnit.id)
        .join(Hierarchy, and_(Hierarchy.id == Placement.hierarchy_id, Hierarchy.code == ADMINISTRATIVE))
        .join(above, above.id == Placement.parent_id)
        .where(in_force(on), exists_on(on), (above.code.in_(codes)) | (above.id == (root.id if root else None)))
        .order_by(OrgUnit.code)
    ).all()
    return frozenset((None if root and row.id == root.id else row.code, row.name) for row in rows)
