"""Between the rows of the organisation and the domain's picture of it through time. Never commits."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Mapping
from datetime import date

from sqlalchemy import select

from saas.db import db
from saas.domain.hierarchy import Placement as Standing
from saas.domain.organisation import Life, Organisation, TypeRule, Version
from saas.org.models import Hierarchy, OrgUnit, Placement, Post, UnitType, UnitVersion
from saas.org.names import search_key
from saas.org.queries import list_unit_types

Places = dict[uuid.UUID, tuple[Standing[uuid.UUID], ...]]


def load_organisation(*, is_locked: bool = False) -> Organisation:
    """Everything on record, in five statements. `is_locked` keeps others from moving units until the commit."""
    if is_locked:
        db.session.execute(select(Hierarchy.id).order_by(Hierarchy.id).with_for_update()).all()
        db.session.execute(select(Placement.id).order_by(Placement.starts_on, Placement.id).with_for_update()).all()
    types = {row.id: TypeRule(row.code, row.name, row.level, tuple(row.parents)) for row in list_unit_types()}
    units = {
        row.id: Life(row.code, row.valid_from, row.valid_to)
        for row in db.session.execute(
            select(OrgUnit.id, OrgUnit.code, OrgUnit.valid_from, OrgUnit.valid_to).order_by(
                OrgUnit.sort_order, OrgUnit.code
            )
        )
    }
    return Organisation(
        types={rule.code: rule for rule in types.values()},
        units=units,
        versions=_versions({type_id: rule.code for type_id, rule in types.items()}),
        placements=_placements(),
        posts=_posts(),
    )


def _versions(codes: Mapping[uuid.UUID, str]) -> dict[uuid.UUID, tuple[Version, ...]]:
    rows = db.session.execute(
        select(
            UnitVersion.unit_id,
            UnitVersion.unit_type_id,
            UnitVersion.name,
            UnitVersion.short_name,
            UnitVersion.starts_on,
            UnitVersion.ends_on,
            UnitVersion.attributes,
        ).order_by(UnitVersion.unit_id, UnitVersion.starts_on)
    )
    found: dict[uuid.UUID, tuple[Version, ...]] = {}
    for unit_id, type_id, name, short_name, starts_on, ends_on, attributes in rows:
        version = Version(unit_id, codes[type_id], name, short_name, starts_on, ends_on, attributes)
        found[unit_id] = (*found.get(unit_id, ()), version)
    return found


def _placements() -> dict[str, Places]:
    found: dict[str, Places] = {
        code: {} for code in db.session.scalars(select(Hierarchy.code).order_by(Hierarchy.sort_order, Hierarchy.code))
    }
    rows = db.session.execute(
        select(Hierarchy.code, Placement.unit_id, Placement.parent_id, Placement.starts_on, Placement.ends_on)
        .join(Hierarchy, Hierarchy.id == Placement.hierarchy_id)
        .order_by(Placement.starts_on, Placement.id)
    )
    for code, unit_id, parent_id, starts_on, ends_on in rows:
        places = found[code]
        places[unit_id] = (*places.get(unit_id, ()), Standing(unit_id, parent_id, starts_on, ends_on))
    return found


def _posts() -> dict[uuid.UUID, tuple[uuid.UUID, ...]]:
    found: dict[uuid.UUID, tuple[uuid.UUID, ...]] = {}
    rows = db.session.execute(
        select(Post.unit_id, Post.id).where(Post.is_active).order_by(Post.unit_id, Post.sort_order, Post.name)
    )
    for unit_id, post_id in rows:
        found[unit_id] = (*found.get(unit_id, ()), post_id)
    return found


def show_versions(unit_ids: Collection[uuid.UUID], today: date) -> None:
    """Let units show their version of today, or their first one if they are yet to come, or their last one."""
    if not unit_ids:
        return
    db.session.flush()
    units = db.session.scalars(select(OrgUnit).where(OrgUnit.id.in_(unit_ids)).order_by(OrgUnit.id)).all()
    versions = db.session.scalars(
        select(UnitVersion).where(UnitVersion.unit_id.in_(unit_ids)).order_by(UnitVersion.starts_on)
    ).all()
    by_unit: dict[uuid.UUID, list[UnitVersion]] = {}
    for version in versions:
        by_unit.setdefault(version.unit_id, []).append(version)
    for unit in units:
        own = by_unit[unit.id]
        begun = [version for version in own if version.starts_on <= today]
        _show(unit, begun[-1] if begun else own[0])
    db.session.flush()


def _show(unit: OrgUnit, version: UnitVersion) -> None:
    unit.unit_type_id, unit.name, unit.short_name = version.unit_type_id, version.name, version.short_name
    unit.attributes, unit.search_key = dict(version.attributes), search_key(version.name, version.short_name)


def type_ids() -> Mapping[str, uuid.UUID]:
    """The ids of the unit types by code."""
    return {row.code: row.id for row in db.session.execute(select(UnitType.code, UnitType.id).order_by(UnitType.code))}


def hierarchy_ids() -> Mapping[str, uuid.UUID]:
    """The ids of the hierarchies by code."""
    return {
        row.code: row.id for row in db.session.execute(select(Hierarchy.code, Hierarchy.id).order_by(Hierarchy.code))
    }
