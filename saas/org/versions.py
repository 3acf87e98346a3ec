"""What units were called, and what they carried, on a day (当时口径): reading and writing their versions.

Every unit has exactly one version for each day of its life. `OrgUnit` repeats the one of today; whoever changes a unit
changes its versions here and nowhere else. Never commits.
"""

from __future__ import annotations

import uuid
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, and_, or_, select

from saas.db import db
from saas.domain.errors import HierarchyError
from saas.org.models import OrgUnit, UnitVersion
from saas.org.names import search_key


@dataclass(frozen=True, slots=True)
class UnitFacts:
    """What a version says of a unit."""

    unit_type_id: uuid.UUID
    name: str
    short_name: str
    attributes: Mapping[str, Any]


def version_holds(on: date) -> ColumnElement[bool]:
    """The condition that a version holds on a day."""
    return and_(UnitVersion.starts_on <= on, or_(UnitVersion.ends_on.is_(None), UnitVersion.ends_on > on))


def list_versions(unit_id: uuid.UUID) -> Sequence[UnitVersion]:
    """The versions of a unit, the earliest first."""
    return db.session.scalars(
        select(UnitVersion).where(UnitVersion.unit_id == unit_id).order_by(UnitVersion.starts_on, UnitVersion.id)
    ).all()


def facts_on(on: date, unit_ids: Collection[uuid.UUID] | None = None) -> Mapping[uuid.UUID, UnitFacts]:
    """What each unit that existed on a day was called and carried then. `unit_ids` limits it to these."""
    statement = select(UnitVersion).where(version_holds(on)).order_by(UnitVersion.unit_id)
    if unit_ids is not None:
        statement = statement.where(UnitVersion.unit_id.in_(unit_ids))
    return {
        row.unit_id: UnitFacts(row.unit_type_id, row.name, row.short_name, row.attributes)
        for row in db.session.scalars(statement)
    }


def first_version(unit: OrgUnit) -> UnitVersion:
    """The version that a new unit begins with. The unit has its id."""
    return UnitVersion(
        unit_id=unit.id,
        unit_type_id=unit.unit_type_id,
        name=unit.name,
        short_name=unit.short_name or "",
        attributes=dict(unit.attributes or {}),
        starts_on=unit.valid_from,
        ends_on=unit.valid_to,
    )


def change_from(
    unit: OrgUnit, starts_on: date, today: date, *, reorganisation_id: uuid.UUID | None = None, **changes: Any
) -> UnitVersion:
    """Let a unit be called or carry something else from a day on; what was before stays on record.

    `changes` are fields of UnitFacts. A later version that is already recorded keeps what it says. The unit itself
    shows the change at once if it holds today. Raises HierarchyError for a day on which the unit does not exist.
    """
    present = _version_on(unit.id, starts_on)
    if present is None:
        raise HierarchyError("该单位在{day}不存在", code="bad_dates", day=starts_on)
    version = present
    if present.starts_on < starts_on:
        ends_on, present.ends_on = present.ends_on, starts_on
        db.session.flush()  # the former version ends before the next begins: the database refuses two at a time
        version = UnitVersion(
            unit_id=unit.id,
            unit_type_id=present.unit_type_id,
            name=present.name,
            short_name=present.short_name,
            attributes=dict(present.attributes),
            starts_on=starts_on,
            ends_on=ends_on,
        )
        db.session.add(version)
    _put(version, reorganisation_id=reorganisation_id, **changes)
    show_today(unit, version, today)
    db.session.flush()
    return version


def correct_present(unit: OrgUnit, today: date, **changes: Any) -> None:
    """Put right what the present version says (更正): it was so since that version began."""
    version = _version_on(unit.id, today)
    if version is None:  # not set up yet, or closed: what it will be first, or was last
        versions = list_versions(unit.id)
        version = versions[0] if today < versions[0].starts_on else versions[-1]
    _put(version, **changes)
    _show(unit, version)
    db.session.flush()


def end_versions(unit: OrgUnit, closes_on: date) -> None:
    """Close the last version of a unit with the unit. Versions that would only begin later are taken out."""
    for version in list_versions(unit.id):
        if version.starts_on >= closes_on:
            db.session.delete(version)
        elif version.ends_on is None or version.ends_on > closes_on:
            version.ends_on = closes_on
    db.session.flush()


def show_today(unit: OrgUnit, version: UnitVersion, today: date) -> None:
    """Let the unit show a version if that is the one of today, or the first one of a unit that is yet to come."""
    is_in_force = version.starts_on <= today and (version.ends_on is None or today < version.ends_on)
    if is_in_force or (today < unit.valid_from == version.starts_on):
        _show(unit, version)


def bring_up_to_date(today: date) -> int:
    """Let every unit show the version of today; return how many changed. To be called once a day, any time again.

    Also fills the search keys of units that were brought in without one.
    """
    rows = db.session.execute(
        select(OrgUnit, UnitVersion)
        .join(UnitVersion, (UnitVersion.unit_id == OrgUnit.id) & version_holds(today))
        .where(
            or_(
                OrgUnit.name != UnitVersion.name,
                OrgUnit.short_name != UnitVersion.short_name,
                OrgUnit.unit_type_id != UnitVersion.unit_type_id,
                OrgUnit.attributes != UnitVersion.attributes,
                OrgUnit.search_key == "",
            )
        )
        .order_by(OrgUnit.id)
    ).all()
    for unit, version in rows:
        _show(unit, version)
    db.session.flush()
    return len(rows)


def _version_on(unit_id: uuid.UUID, on: date) -> UnitVersion | None:
    return db.session.scalars(
        select(UnitVersion).where(UnitVersion.unit_id == unit_id, version_holds(on))
    ).one_or_none()


def _put(version: UnitVersion, *, reorganisation_id: uuid.UUID | None = None, **changes: Any) -> None:
    for key, value in changes.items():
        setattr(version, key, dict(value) if key == "attributes" else value)
    if reorganisation_id is not None:
        version.reorganisation_id = reorganisation_id


def _show(unit: OrgUnit, version: UnitVersion) -> None:
    unit.unit_type_id, unit.name, unit.short_name = version.unit_type_id, version.name, version.short_name
    unit.attributes = dict(version.attributes)
    unit.search_key = search_key(version.name, version.short_name)
