"""What a county has, as stored rows, and the desk at which a pack is compared with it. Only reads."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from sqlalchemy import select

from saas.accounts.models import User
from saas.db import db
from saas.org.models import OrgUnit, Post, UnitType
from saas.packs.ledger import SECRET, Ledger, Model, table_of
from saas.tenancy.packs import Pack

Stored = Mapping[str, Any]
_OF_ACCOUNTS = frozenset({"id", "name", "login_name", "phone", "is_active"})


@dataclass(slots=True)
class County:
    """The stored rows of the bound county, each table read once, in the order of their ids."""

    _read: dict[str, list[Stored]] = field(default_factory=dict)
    _groups: dict[tuple[str, str], dict[Any, list[Stored]]] = field(default_factory=dict)

    def rows(self, model: Model) -> Sequence[Stored]:
        """All rows of a table; of accounts only what a pack may say about them."""
        name = model.__tablename__
        if name not in self._read:
            table = table_of(model)
            wanted = [column for column in table.c if column.name not in SECRET]
            if model is User:
                wanted = [column for column in wanted if column.name in _OF_ACCOUNTS]
            found = db.session.execute(select(*wanted).order_by(table.c.id)).mappings()
            self._read[name] = [dict(row) for row in found]
        return self._read[name]

    def by(self, model: Model, *columns: str) -> dict[Any, Stored]:
        """The rows by the value of a column, or of several as a tuple; of equals the last."""
        if len(columns) == 1:
            return {row[columns[0]]: row for row in self.rows(model)}
        return {tuple(row[column] for column in columns): row for row in self.rows(model)}

    def grouped(self, model: Model, column: str) -> dict[Any, list[Stored]]:
        """The rows by the value of a column."""
        key = (model.__tablename__, column)
        if key not in self._groups:
            self._groups[key] = {}
            for row in self.rows(model):
                self._groups[key].setdefault(row[column], []).append(row)
        return self._groups[key]


@dataclass(slots=True)
class KnownUnit:
    """A unit of the county, stored or about to be."""

    id: uuid.UUID
    code: str
    type_id: uuid.UUID
    sort_order: int
    valid_to: date | None


@dataclass(slots=True)
class Desk:
    """A pack beside the county: what it refers to by code, stored or new, and the ledger of differences."""

    pack: Pack
    county: County
    ledger: Ledger
    today: date
    now: datetime
    drafter_id: uuid.UUID | None
    actor_id: uuid.UUID | None
    password_hash: str = ""
    must_change_password: bool = True
    keeps_accounts: bool = False  # what stands in existing accounts is the security administrator's
    types: dict[str, uuid.UUID] = field(default_factory=dict)
    units: dict[str, KnownUnit] = field(default_factory=dict)
    posts: dict[tuple[uuid.UUID, str], uuid.UUID] = field(default_factory=dict)
    people: dict[str, uuid.UUID] = field(default_factory=dict)
    routes: dict[str, uuid.UUID] = field(default_factory=dict)
    forms: dict[str, uuid.UUID] = field(default_factory=dict)
    plans: dict[str, uuid.UUID] = field(default_factory=dict)
    drafts: dict[str, uuid.UUID] = field(default_factory=dict)
    collections: dict[str, uuid.UUID] = field(default_factory=dict)
    functions: dict[str, list[uuid.UUID]] = field(default_factory=dict)

    @property
    def is_starter(self) -> bool:
        """Whether the pack brings no county of its own."""
        return self.pack.head.kind == "starter"

    def unit_id(self, code: str) -> uuid.UUID:
        """The id of a unit that the pack names."""
        return self.units[code].id

    def living(self) -> list[KnownUnit]:
        """The units that exist or will, in the county's order."""
        found = [unit for unit in self.units.values() if unit.valid_to is None or unit.valid_to > self.today]
        return sorted(found, key=lambda unit: (unit.sort_order, unit.code))

    def load(self) -> None:
        """Take up what the county has already."""
        self.types = {row["code"]: row["id"] for row in self.county.rows(UnitType)}
        self.units = {
            row["code"]: KnownUnit(row["id"], row["code"], row["unit_type_id"], row["sort_order"], row["valid_to"])
            for row in self.county.rows(OrgUnit)
        }
        self.posts = {(row["unit_id"], row["name"]): row["id"] for row in self.county.rows(Post)}
