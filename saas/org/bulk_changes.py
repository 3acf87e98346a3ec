"""Changing many units at once (批量变更): a handful of statements however many there are. Never commits.

The rules are those of `versions` and `services.move_unit`; the caller has checked each change.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from sqlalchemy import Table, bindparam, insert, select, update
from sqlalchemy.sql.elements import ColumnElement

from saas.db import db, new_id
from saas.domain.errors import HierarchyError
from saas.domain.hierarchy import Placement as Place
from saas.domain.hierarchy import check_placements
from saas.org import queries
from saas.org.models import OrgUnit, Placement, UnitVersion
from saas.org.names import search_key
from saas.tenancy.scope import bound_tenant_id

_FACTS = ("unit_type_id", "name", "short_name", "attributes")


@dataclass(frozen=True, slots=True)
class UnitChange:
    """What becomes different about a unit: `name`, `short_name`, and single attributes (None takes one away).

    With `starts_on` it holds from that day on; without, the present entry is put right (更正).
    """

    unit_id: uuid.UUID
    fields: Mapping[str, str] = field(default_factory=dict)
    attributes: Mapping[str, Any] = field(default_factory=dict)
    starts_on: date | None = None


@dataclass(frozen=True, slots=True)
class UnitMove:
    """A unit stands under another parent from a day on (隶属调整)."""

    unit_id: uuid.UUID
    parent_id: uuid.UUID
    starts_on: date


def change_units(changes: Sequence[UnitChange], today: date) -> None:
    """Carry out changes of different units. Raises HierarchyError for a day on which a unit does not exist."""
    if not changes:
        return
    versions = _versions_of([change.unit_id for change in changes])
    ended, begun, put_right, shown = [], [], [], []
    for change in changes:
        own = versions.get(change.unit_id, [])
        version = _version_for(own, change.starts_on, today)
        facts = _changed_facts(version, change)
        holds_from = version.starts_on
        if change.starts_on is not None and version.starts_on < change.starts_on:
            holds_from = change.starts_on
            ended.append({"key": version.id, "ends_on": change.starts_on})
            begun.append({**facts, "unit_id": change.unit_id, "starts_on": holds_from, "ends_on": version.ends_on})
        else:
            put_right.append({**facts, "key": version.id})
        if _is_shown(holds_from, version.ends_on, own, today):
            shown.append({**facts, "key": change.unit_id, "search_key": search_key(facts["name"], facts["short_name"])})
    _update(UnitVersion, ended, ("ends_on",))  # first: the database refuses two at a time
    _update(UnitVersion, put_right, _FACTS)
    _insert_versions(begun)
    _update(OrgUnit, shown, (*_FACTS, "search_key"))
    count_up([change.unit_id for change in changes])


def _versions_of(unit_ids: Sequence[uuid.UUID]) -> Mapping[uuid.UUID, list[Any]]:
    rows = db.session.execute(
        select(UnitVersion.__table__)
        .where(UnitVersion.unit_id.in_(unit_ids))
        .order_by(UnitVersion.starts_on)
        .with_for_update()
    ).all()
    found: dict[uuid.UUID, list[Any]] = {}
    for row in rows:
        found.setdefault(row.unit_id, []).append(row)
    return found


def _version_for(own: Sequence[Any], starts_on: date | None, today: date) -> Any:
    """The version that a change is about: that of its day; for a correction that of today, else the nearest one."""
    day = starts_on or today
    found = next((each for each in own if each.starts_on <= day and (each.ends_on is None or day < each.ends_on)), None)
    if found is not None:
        return found
    if starts_on is not None or not own:
        raise HierarchyError("有单位在{day}不存在", code="bad_dates", day=day)
    return own[0] if today < own[0].starts_on else own[-1]


def _changed_facts(version: Any, change: UnitChange) -> dict[str, Any]:
    attributes = {**version.attributes, **change.attributes}
    return {
        "unit_type_id": version.unit_type_id,
        "name": change.fields.get("name", version.name),
        "short_name": change.fields.get("short_name", version.short_name),
        "attributes": {key: value for key, value in attributes.items() if value is not None},
    }


def _is_shown(starts_on: date, ends_on: date | None, own: Sequence[Any], today: date) -> bool:
    """Whether the unit shows this version: that of today, the first of one to come, the last of one that is closed."""
    if starts_on <= today:
        return bool(ends_on is None or today < ends_on or ends_on == own[-1].ends_on)
    return bool(today < own[0].starts_on == starts_on)


def _insert_versions(rows: Sequence[Mapping[str, Any]]) -> None:
    if rows:
        more = {"tenant_id": bound_tenant_id(), "reorganisation_id": None}
        db.session.execute(insert(UnitVersion), [{**row, **more, "id": new_id()} for row in rows])


def _update(model: type[Any], rows: Sequence[Mapping[str, Any]], names: Sequence[str]) -> None:
    """Write some columns of many rows, by their ids under `key`, in one round trip."""
    if not rows:
        return
    table: Table = model.__table__
    statement = (
        update(table)
        .where(table.c.tenant_id == bound_tenant_id(), table.c.id == bindparam("key"))
        .values({name: bindparam(f"new_{name}", type_=table.c[name].type) for name in names})
    )
    values = [{"key": row["key"], **{f"new_{name}": row[name] for name in names}} for row in rows]
    db.session.connection().execute(statement, values)
    db.session.expire_all()


def count_up(unit_ids: Sequence[uuid.UUID]) -> None:
    """Count the versions of units up: whoever has an old page open must see the change first."""
    counted: ColumnElement[int] = OrgUnit.version + 1
    db.session.execute(
        update(OrgUnit).where(OrgUnit.id.in_(unit_ids)).values(version=counted),
        execution_options={"synchronize_session": False},
    )
    db.session.expire_all()


def move_units(moves: Sequence[UnitMove]) -> None:
    """Put units under other parents from their days on; what was before stays on record.

    Raises HierarchyError for a cycle, an overlap, a day before the present place began, or the same parent again.
    """
    if not moves:
        return
    rows = {row.id: row for row in queries.list_all_placements()}
    places = {row.id: Place(row.unit_id, row.parent_id, row.starts_on, row.ends_on) for row in rows.values()}
    own: dict[uuid.UUID, list[uuid.UUID]] = {}
    for key, place in places.items():
        own.setdefault(place.unit, []).append(key)
    begun = []
    for move in moves:
        key = _present_place(own.get(move.unit_id, ()), places, move)
        before = places[key]
        places[key] = Place(before.unit, before.parent, before.starts_on, move.starts_on)
        begun.append(Place(move.unit_id, move.parent_id, move.starts_on, before.ends_on))
        rows[key].ends_on = move.starts_on
        places[new_id()] = begun[-1]
    check_placements(list(places.values()))
    db.session.flush()  # the former places end before the next begin: the database refuses two at a time
    hierarchy_id = next(iter(rows.values())).hierarchy_id
    db.session.add_all(
        Placement(
            hierarchy_id=hierarchy_id,
            unit_id=place.unit,
            parent_id=place.parent,
            starts_on=place.starts_on,
            ends_on=place.ends_on,
        )
        for place in begun
    )
    db.session.flush()
    count_up([move.unit_id for move in moves])


def _present_place(
    keys: Sequence[uuid.UUID], places: Mapping[uuid.UUID, Place[uuid.UUID]], move: UnitMove
) -> uuid.UUID:
    key = next((key for key in keys if places[key].holds_on(move.starts_on)), None)
    if key is None or places[key].parent is None:
        raise HierarchyError("该单位在{day}没有上级，不能调整", code="bad_dates", day=move.starts_on)
    if places[key].parent == move.parent_id:
        raise HierarchyError("该单位在{day}已隶属这个上级", code="same_parent", day=move.starts_on)
    if move.starts_on <= places[key].starts_on:
        raise HierarchyError("调整日期应晚于现隶属关系的开始日期{day}", code="bad_dates", day=places[key].starts_on)
    return key
