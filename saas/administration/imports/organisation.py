"""The county's units as an import sees them: by code and by name, with their places, and which may be changed."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import select

from saas.access.permissions import Permission
from saas.db import db
from saas.domain.errors import Message, message
from saas.imports.handlers import Asking
from saas.org.models import Hierarchy, OrgUnit, Placement, UnitType
from saas.org.queries import ADMINISTRATIVE, list_unit_types


@dataclass(frozen=True, slots=True)
class KnownUnit:
    """A unit of the county as it is today."""

    id: uuid.UUID
    code: str
    name: str
    short_name: str
    type: UnitType
    attributes: Mapping[str, Any]
    valid_from: date
    valid_to: date | None
    sort_order: int

    @property
    def reference(self) -> str:
        """How the unit is named in a table: code and name."""
        return f"{self.code} {self.name}"

    def is_closed(self, on: date) -> bool:
        return self.valid_to is not None and self.valid_to <= on


@dataclass(frozen=True, slots=True)
class Organisation:
    """All units, those that the viewer may change, and every placement of the administrative tree."""

    units: Mapping[uuid.UUID, KnownUnit]
    by_code: Mapping[str, KnownUnit]
    by_name: Mapping[str, tuple[KnownUnit, ...]]
    types: Mapping[str, UnitType]
    places: Mapping[uuid.UUID, tuple[Any, ...]]  # by unit, the earliest first: parent_id, starts_on, ends_on
    editable: frozenset[uuid.UUID]

    def parent_on(self, unit_id: uuid.UUID, on: date) -> KnownUnit | None:
        """The superior on a day; for a unit that is yet to come its first one, for a closed one its last."""
        places = self.places.get(unit_id, ())
        if not places:
            return None
        holds = (place for place in places if place.ends_on is None or on < place.ends_on)
        place = next(holds, places[-1])
        return self.units.get(place.parent_id) if place.parent_id else None

    def resolve(self, text: str, more: Mapping[str, str] | None = None) -> str | Message:
        """The code of the unit that is written as its code, as "code name", or as a name that only one has.

        `more` are codes and names that the same file sets up.
        """
        known = more or {}
        for candidate in (text, text.split()[0]):
            if candidate in self.by_code or candidate in known:
                return candidate
        named = [unit.code for unit in self.by_name.get(text, ())] + [
            code for code, name in known.items() if name == text and code not in self.by_code
        ]
        if len(named) > 1:
            return message("ambiguous", "有 {n} 个单位叫“{text}”，请填单位代码", n=len(named), text=text[:20])
        return named[0] if named else message("no_unit", "没有代码或名称为“{text}”的单位", text=text[:20])

    def listed(self, on: date) -> list[KnownUnit]:
        """The units that the viewer may change and that are not closed, in the county's order."""
        return [each for each in self.units.values() if each.id in self.editable and not each.is_closed(on)]


def read_organisation(asking: Asking, *, is_final: bool = False) -> Organisation:
    """Read it in four statements. With `is_final` the units stay as they are until the transaction ends."""
    types = {each.id: each for each in list_unit_types()}
    table = OrgUnit.__table__
    statement = select(table).order_by(table.c.sort_order, table.c.code)
    rows = db.session.execute(statement.with_for_update() if is_final else statement).all()
    units = {row.id: _known(row, types) for row in rows}
    by_name: dict[str, tuple[KnownUnit, ...]] = {}
    for unit in units.values():
        if not unit.is_closed(asking.today):
            by_name[unit.name] = (*by_name.get(unit.name, ()), unit)
    places = _places()
    return Organisation(
        units=units,
        by_code={unit.code: unit for unit in units.values()},
        by_name=by_name,
        types={each.code: each for each in types.values()},
        places=places,
        editable=_editable(asking, places),
    )


def _known(row: Any, types: Mapping[uuid.UUID, UnitType]) -> KnownUnit:
    return KnownUnit(
        row.id,
        row.code,
        row.name,
        row.short_name,
        types[row.unit_type_id],
        row.attributes,
        row.valid_from,
        row.valid_to,
        row.sort_order,
    )


def _places() -> Mapping[uuid.UUID, tuple[Any, ...]]:
    rows = db.session.execute(
        select(Placement.unit_id, Placement.parent_id, Placement.starts_on, Placement.ends_on)
        .join(Hierarchy, Hierarchy.id == Placement.hierarchy_id)
        .where(Hierarchy.code == ADMINISTRATIVE)
        .order_by(Placement.starts_on, Placement.id)
    ).all()
    found: dict[uuid.UUID, list[Any]] = {}
    for row in rows:
        found.setdefault(row.unit_id, []).append(row)
    return {unit_id: tuple(places) for unit_id, places in found.items()}


def _editable(asking: Asking, places: Mapping[uuid.UUID, Collection[Any]]) -> frozenset[uuid.UUID]:
    """What stands below an administrator's post today, and what stood or will stand right under it.

    Found here and not by a recursive statement: right after thousands of units were set up, the database does not
    know yet how many there are and would choose a slow way.
    """
    below = set(asking.viewer.unit_ids(Permission.ORG_EDIT))
    children: dict[uuid.UUID | None, list[uuid.UUID]] = {}
    for unit_id, own in places.items():
        for place in own:
            if place.starts_on <= asking.today and (place.ends_on is None or asking.today < place.ends_on):
                children.setdefault(place.parent_id, []).append(unit_id)
    waiting = list(below)
    while waiting:
        found = [each for each in children.get(waiting.pop(), ()) if each not in below]
        below.update(found)
        waiting += found
    return frozenset(below) | {unit for unit, own in places.items() if any(each.parent_id in below for each in own)}
