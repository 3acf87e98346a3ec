"""What of a county in the list is taken over: the choices of a draft, and the units that follow from them. Pure."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from saas.divisions.names import TownKind, VillageKind
from saas.divisions.reading import CountyDivision, TownRow, VillageRow


@dataclass(frozen=True, slots=True)
class Selection:
    """The choices of a draft: what is not named here is taken with its proposed name.

    `names` are by code; `types` are codes of unit types by kind key (`town.subdistrict`, `village.community`).
    """

    left_out: frozenset[str] = frozenset()
    names: Mapping[str, str] = field(default_factory=dict)
    types: Mapping[str, str] = field(default_factory=dict)

    def takes(self, row: TownRow | VillageRow) -> bool:
        """Whether a town or village is ticked. A village is only taken along with its town."""
        return row.code not in self.left_out

    def name_of(self, row: TownRow | VillageRow) -> str:
        """The name that a town or village gets."""
        return self.names.get(row.code, row.proposed_name)

    def choosing(
        self, rows: Sequence[TownRow | VillageRow], ticked: frozenset[str], names: Mapping[str, str]
    ) -> Selection:
        """The selection after one page of rows was sent: which are ticked, and what they are called."""
        codes = {row.code for row in rows}
        kept = {code: name for code, name in self.names.items() if code not in codes}
        given = {
            row.code: names[row.code] for row in rows if names.get(row.code, row.proposed_name) != row.proposed_name
        }
        return replace(self, left_out=(self.left_out - codes) | (codes - ticked), names={**kept, **given})


def first_selection(division: CountyDivision) -> Selection:
    """Everything but what only statistics know."""
    towns = [town.code for town in division.towns if town.is_virtual]
    villages = [village.code for town in division.towns for village in town.villages if village.is_virtual]
    return Selection(left_out=frozenset([*towns, *villages]))


def stored_selection(selection: Selection) -> dict[str, Any]:
    """The selection as plain values to keep."""
    return {
        "left_out": sorted(selection.left_out),
        "names": dict(selection.names),
        "types": dict(selection.types),
    }


def read_selection(stored: Mapping[str, Any]) -> Selection:
    """The selection that was kept."""
    return Selection(frozenset(stored["left_out"]), stored["names"], stored["types"])


def kind_key(row: TownRow | VillageRow) -> str:
    """The key of a row's kind among all kinds of both levels."""
    return f"{'town' if isinstance(row, TownRow) else 'village'}.{row.kind.value}"


KIND_KEYS = (*(f"town.{kind.value}" for kind in TownKind), *(f"village.{kind.value}" for kind in VillageKind))


def counts_by_kind(division: CountyDivision, selection: Selection) -> Mapping[str, int]:
    """How many rows of each kind are taken, in the order of the kinds; kinds of which there are none are left out."""
    counted = Counter(kind_key(row) for row, _town in taken_rows(division, selection))
    return {key: counted[key] for key in KIND_KEYS if counted[key]}


def taken_rows(division: CountyDivision, selection: Selection) -> Iterator[tuple[TownRow | VillageRow, TownRow | None]]:
    """Each row that is taken with its town (None for a town itself), parents before children."""
    for town in division.towns:
        if selection.takes(town):
            yield town, None
            for village in town.villages:
                if selection.takes(village):
                    yield village, town


@dataclass(frozen=True, slots=True)
class KnownUnit:
    """A unit that the county has with a code of the list."""

    code: str
    name: str
    type_code: str
    is_closed: bool


@dataclass(frozen=True, slots=True)
class PlannedUnit:
    """A unit that will be set up. `parent_code` None: right below the county. `key` is the key of its kind."""

    code: str
    name: str
    listed_name: str
    key: str
    type_code: str
    parent_code: str | None


@dataclass(frozen=True, slots=True)
class DivisionPlan:
    """What applying a draft does: units set up, units that are there and stay, villages that cannot be placed."""

    new: tuple[PlannedUnit, ...]
    known: tuple[KnownUnit, ...]
    stranded: tuple[PlannedUnit, ...]  # their town is closed

    @property
    def type_counts(self) -> Mapping[str, int]:
        """How many new units of each type there are, the most first."""
        return dict(Counter(unit.type_code for unit in self.new).most_common())

    @property
    def new_by_code(self) -> Mapping[str, PlannedUnit]:
        return {unit.code: unit for unit in self.new}

    @property
    def below(self) -> Mapping[str | None, Sequence[PlannedUnit]]:
        """The new units under the code of their town, the new towns themselves under None."""
        groups = defaultdict(list)
        for unit in self.new:
            groups[unit.parent_code].append(unit)
        return groups

    def same_names(self, present: frozenset[tuple[str | None, str]]) -> Sequence[PlannedUnit]:
        """New units that share their name with another below the same parent. `present`: what stands there already."""
        counted = Counter((unit.parent_code, unit.name) for unit in self.new)
        return [
            unit
            for unit in self.new
            if counted[unit.parent_code, unit.name] > 1 or (unit.parent_code, unit.name) in present
        ]


def plan_units(division: CountyDivision, selection: Selection, known: Mapping[str, KnownUnit]) -> DivisionPlan:
    """Work out what a draft does in a county that has the units `known`, by code. Every kind has its type chosen."""
    new: list[PlannedUnit] = []
    there: list[KnownUnit] = []
    stranded: list[PlannedUnit] = []
    for row, town in taken_rows(division, selection):
        if row.code in known:
            there.append(known[row.code])
            continue
        key = kind_key(row)
        parent = town.code if town else None
        unit = PlannedUnit(row.code, selection.name_of(row), row.name, key, selection.types[key], parent)
        is_stranded = parent in known and known[parent].is_closed if parent else False
        (stranded if is_stranded else new).append(unit)
    return DivisionPlan(tuple(new), tuple(there), tuple(stranded))
