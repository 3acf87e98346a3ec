"""Writing what a reorganisation does to units: their lives, versions, places and successions. Never commits."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm.attributes import flag_modified

from saas.administration.reorganisation.journal import Journal
from saas.db import db, new_id
from saas.domain.organisation import Version
from saas.domain.reorganisation import Outcome
from saas.org.models import OrgUnit, Placement, SuccessionKind, UnitSuccession, UnitVersion
from saas.org.names import search_key
from saas.org.reorganising import hierarchy_ids, show_versions, type_ids


def write_units(outcome: Outcome, reorganisation_id: uuid.UUID, journal: Journal, today: date) -> None:
    """Carry an outcome out: what ends does so first, then what follows begins. The last day stays as it was."""
    types = type_ids()
    _add_units(outcome, types, journal)
    units = _rows_of(OrgUnit, outcome.closed + outcome.changed)
    for unit in units:
        if unit.id in outcome.closed:
            journal.change(unit, valid_to=outcome.after.units[unit.id].closes_on)
        flag_modified(unit, "name")  # counts the version up: whoever has the old page open must see this first
    versions = _VersionRows(outcome, types, reorganisation_id)
    places = _PlaceRows(outcome, hierarchy_ids())
    for rows in (versions, places):
        rows.end(journal)
    db.session.flush()
    for rows in (versions, places):
        rows.begin(journal)
    journal.add(
        *(
            UnitSuccession(
                id=new_id(),
                predecessor_id=each.predecessor,
                successor_id=each.successor,
                reorganisation_id=reorganisation_id,
                kind=SuccessionKind(each.kind.value),
                effective_on=each.effective_on,
            )
            for each in outcome.successions
        )
    )
    show_versions({*outcome.created, *outcome.closed, *outcome.changed}, today)


def _rows_of(model: Any, unit_ids: Iterable[uuid.UUID]) -> list[Any]:
    column = model.id if model is OrgUnit else model.unit_id
    return list(db.session.scalars(select(model).where(column.in_(list(unit_ids))).order_by(model.id)).all())


def _add_units(outcome: Outcome, types: Mapping[str, uuid.UUID], journal: Journal) -> None:
    """New units stand in the county's order where the unit stood that they follow, else at the end."""
    last = db.session.scalars(select(func.coalesce(func.max(OrgUnit.sort_order), 0))).one()
    rows = []
    for number, unit in enumerate(outcome.created, start=1):
        version = outcome.after.versions[unit][0]
        followed = [each.predecessor for each in outcome.successions if each.successor == unit]
        rows.append(
            OrgUnit(
                id=unit,
                unit_type_id=types[version.type],
                code=outcome.after.units[unit].code,
                name=version.name,
                short_name=version.short_name,
                attributes=dict(version.attributes),
                sort_order=_order_of(followed, last + number),
                search_key=search_key(version.name, version.short_name),
                valid_from=outcome.effective_on,
            )
        )
    journal.add(*rows)


def _order_of(followed: list[uuid.UUID], default: int) -> int:
    found = db.session.scalars(select(func.min(OrgUnit.sort_order)).where(OrgUnit.id.in_(followed))).one()
    return default if found is None else found


class _VersionRows:
    """The rows of the versions, matched with those of the outcome by unit and first day."""

    def __init__(self, outcome: Outcome, types: Mapping[str, uuid.UUID], reorganisation_id: uuid.UUID) -> None:
        touched = {*outcome.created, *outcome.closed, *outcome.changed}
        self.rows = {(row.unit_id, row.starts_on): row for row in _rows_of(UnitVersion, touched)}
        self.wanted = {(unit, each.starts_on): each for unit in touched for each in outcome.after.versions[unit]}
        self.types, self.reorganisation_id = types, reorganisation_id

    def end(self, journal: Journal) -> None:
        for key, row in self.rows.items():
            wanted = self.wanted.get(key)
            if wanted is None:
                journal.remove(row)
                continue
            facts = self._facts(wanted)
            if any(getattr(row, name) != value for name, value in facts.items()):
                journal.change(row, **facts, ends_on=wanted.ends_on, reorganisation_id=self.reorganisation_id)
            else:
                journal.change(row, ends_on=wanted.ends_on)

    def begin(self, journal: Journal) -> None:
        journal.add(
            *(
                UnitVersion(
                    id=new_id(),
                    unit_id=unit,
                    **self._facts(wanted),
                    attributes=dict(wanted.attributes),
                    starts_on=starts_on,
                    ends_on=wanted.ends_on,
                    reorganisation_id=self.reorganisation_id,
                )
                for (unit, starts_on), wanted in self.wanted.items()
                if (unit, starts_on) not in self.rows
            )
        )

    def _facts(self, version: Version) -> dict[str, Any]:
        return {
            "unit_type_id": self.types[version.type],
            "name": version.name,
            "short_name": version.short_name,
        }


class _PlaceRows:
    """The rows of the placements, matched with those of the outcome by tree, unit and first day."""

    def __init__(self, outcome: Outcome, hierarchies: Mapping[str, uuid.UUID]) -> None:
        touched = {*outcome.created, *outcome.closed, *outcome.changed}
        self.rows = {(row.hierarchy_id, row.unit_id, row.starts_on): row for row in _rows_of(Placement, touched)}
        self.wanted = {
            (hierarchies[code], unit, place.starts_on): place
            for code, places in outcome.after.placements.items()
            for unit in touched
            for place in places.get(unit, ())
        }

    def end(self, journal: Journal) -> None:
        for key, row in self.rows.items():
            wanted = self.wanted.get(key)
            if wanted is None:
                journal.remove(row)
            else:
                journal.change(row, parent_id=wanted.parent, ends_on=wanted.ends_on)

    def begin(self, journal: Journal) -> None:
        journal.add(
            *(
                Placement(
                    id=new_id(),
                    hierarchy_id=hierarchy_id,
                    unit_id=unit,
                    parent_id=place.parent,
                    starts_on=starts_on,
                    ends_on=place.ends_on,
                )
                for (hierarchy_id, unit, starts_on), place in self.wanted.items()
                if (hierarchy_id, unit, starts_on) not in self.rows
            )
        )
