"""What an export reads of a county: today's rows, and the codes by which files name them."""

from __future__ import annotations

import csv
import io
import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from saas.accounts.models import User
from saas.org.models import OrgUnit, Post, UnitType
from saas.packs.county import County, Stored
from saas.packs.ledger import Model
from saas.plans.models import Plan


@dataclass(slots=True)
class Reading:
    """The county as it is today. `root` is the code of its root unit."""

    county: County
    today: date
    root: str
    with_people: bool
    types: dict[uuid.UUID, str] = field(init=False)
    units: dict[uuid.UUID, str] = field(init=False)
    posts: dict[uuid.UUID, tuple[str, str]] = field(init=False)
    people: dict[uuid.UUID, str] = field(init=False)

    def __post_init__(self) -> None:
        self.types = {row["id"]: row["code"] for row in self.county.rows(UnitType)}
        self.units = {row["id"]: row["code"] for row in self.living_units()}
        self.posts = {
            row["id"]: (self.units[row["unit_id"]], row["name"])
            for row in self.county.rows(Post)
            if row["unit_id"] in self.units and row["is_active"]
        }
        people = self.county.rows(User) if self.with_people else ()
        self.people = {row["id"]: row["login_name"] for row in people if row["login_name"] and row["is_active"]}

    def living_units(self) -> list[Stored]:
        """The units that are not closed, in the county's order."""
        rows = [row for row in self.county.rows(OrgUnit) if self._is_not_over(row["valid_to"])]
        return sorted(rows, key=lambda row: (row["sort_order"], row["code"]))

    def since(self) -> date:
        """From when the county exists."""
        day: date = next(row["valid_from"] for row in self.living_units() if row["code"] == self.root)
        return day

    def present(self, model: Model) -> list[Stored]:
        """The rows of a dated table that hold today or will."""
        return [row for row in self.county.rows(model) if self._is_not_over(row["ends_on"])]

    def _is_not_over(self, ends_on: date | None) -> bool:
        return ends_on is None or ends_on > self.today

    def known_code(self, code: str | None) -> str | None:
        """The code if a living unit has it."""
        return code if code in set(self.units.values()) else None

    def latest_plans(self) -> list[Stored]:
        """The newest revision of every plan that answers no superior's, by code."""
        found: dict[str, Stored] = {}
        for row in sorted(self.county.rows(Plan), key=lambda row: (row["code"], row["revision"])):
            if row["superior_plan_id"] is None and row["unit_id"] in self.units:
                found[row["code"]] = row
        return list(found.values())


def table(columns: Sequence[str], rows: Iterable[Mapping[str, Any]]) -> str:
    """Rows as the text of a CSV file; nothing for no rows."""
    found = list(rows)
    if not found:
        return ""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows([[_cell(row.get(column)) for column in columns] for row in found])
    return out.getvalue()


def _cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "是" if value else "否"
    if isinstance(value, list | tuple):
        return "|".join(str(each) for each in value)
    return " ".join(str(value).split("\n"))
