"""The whole organisation through time (机构沿革): lives, versions and placements of every unit, and how they change.

`Organisation` is what is on record; `Working` is a copy on which the steps of a reorganisation are tried out. Every
period holds from its first day up to, but not on, `ends_on`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any, TypeAlias

from saas.domain.errors import HierarchyError
from saas.domain.hierarchy import Placement, Tree
from saas.domain.reorganisation_steps import Key, NewUnit

ADMINISTRATIVE = "administrative"


@dataclass(frozen=True, slots=True)
class TypeRule:
    """A kind of unit and under which kinds it may stand; none named: under any of a higher level."""

    code: str
    name: str
    level: int
    parents: tuple[str, ...] = ()

    def may_stand_under(self, above: TypeRule) -> bool:
        """Whether a unit of this type may stand under one of the other in the administrative tree."""
        return above.code in self.parents if self.parents else above.level < self.level


@dataclass(frozen=True, slots=True)
class Life:
    """From when to when a unit exists. `closes_on` is the first day on which it no longer does."""

    code: str
    opened_on: date
    closes_on: date | None = None

    def covers(self, day: date) -> bool:
        """Whether the unit exists on that day."""
        return self.opened_on <= day and (self.closes_on is None or day < self.closes_on)


@dataclass(frozen=True, slots=True)
class Version:
    """What a unit was called, which type it had and what it carried, for a time."""

    unit: Key
    type: str
    name: str
    short_name: str
    starts_on: date
    ends_on: date | None = None
    attributes: Mapping[str, Any] = field(default_factory=dict)

    def holds_on(self, day: date) -> bool:
        """Whether the version holds on that day."""
        return self.starts_on <= day and (self.ends_on is None or day < self.ends_on)


Place: TypeAlias = Placement[Key]
Places: TypeAlias = Mapping[Key, tuple[Place, ...]]


@dataclass(frozen=True, slots=True)
class Organisation:
    """Everything on record. Versions and placements of a unit are in the order of time; `posts` are those in use."""

    types: Mapping[str, TypeRule]
    units: Mapping[Key, Life]
    versions: Mapping[Key, tuple[Version, ...]]
    placements: Mapping[str, Places]
    posts: Mapping[Key, tuple[Key, ...]] = field(default_factory=dict)

    def version_on(self, unit: Key, day: date) -> Version | None:
        """What a unit was on a day, or None if it did not exist."""
        return next((each for each in self.versions.get(unit, ()) if each.holds_on(day)), None)

    def tree_on(self, day: date, hierarchy: str = ADMINISTRATIVE) -> Tree[Key]:
        """The tree of a hierarchy on a day."""
        places = self.placements.get(hierarchy, {})
        return Tree(
            {unit: place.parent for unit, several in places.items() for place in several if place.holds_on(day)}
        )

    def name_of(self, unit: Key, day: date) -> str:
        """What a unit was called on a day, or what it was called nearest to it."""
        versions = self.versions.get(unit, ())
        found = self.version_on(unit, day) or (versions[-1] if versions else None)
        return found.name if found else ""


class Working:
    """A copy of the organisation on which one day's changes are made. Refuses what could not be, by HierarchyError."""

    def __init__(self, organisation: Organisation, day: date) -> None:
        self.day = day
        self.types = organisation.types
        self.posts = organisation.posts
        self.units = dict(organisation.units)
        self.versions = dict(organisation.versions)
        self.placements = {code: dict(places) for code, places in organisation.placements.items()}
        self.placements.setdefault(ADMINISTRATIVE, {})
        self.touched: set[tuple[str, Key]] = set()  # whose place in which hierarchy has changed
        self.retyped: set[Key] = set()

    def result(self) -> Organisation:
        """The organisation as it is now."""
        return Organisation(self.types, self.units, self.versions, self.placements, self.posts)

    # --- looking ------------------------------------------------------------------------------------------------------

    @property
    def hierarchies(self) -> tuple[str, ...]:
        """The codes of the trees, the administrative one first."""
        return (ADMINISTRATIVE, *(code for code in self.placements if code != ADMINISTRATIVE))

    def name(self, unit: Key) -> str:
        """What a unit is called on the day or was called last."""
        return self.result().name_of(unit, self.day)

    def require(self, unit: Key) -> Version:
        """Return what a unit is on the day. Raise HierarchyError (`not_there`) if it does not exist then."""
        life = self.units.get(unit)
        version = self.result().version_on(unit, self.day)
        if life is None or version is None or not life.covers(self.day):
            raise HierarchyError(
                "“{name}”在{day}不存在（尚未设立或已撤销）", code="not_there", name=self.name(unit), day=self.day
            )
        return version

    def type_of(self, unit: Key, day: date) -> TypeRule:
        """The type of a unit on a day."""
        version = self.result().version_on(unit, day)
        if version is None:
            raise HierarchyError(
                "“{name}”在{day}不存在（尚未设立或已撤销）", code="not_there", name=self.name(unit), day=day
            )
        return self.rule(version.type)

    def rule(self, code: str) -> TypeRule:
        """The type with a code. Raise HierarchyError (`unknown_type`) if there is none."""
        if code not in self.types:
            raise HierarchyError("没有单位类型“{type}”", code="unknown_type", type=code)
        return self.types[code]

    def place_of(self, hierarchy: str, unit: Key) -> Place | None:
        """Where a unit stands in a hierarchy on the day, or None."""
        places = self.placements[hierarchy].get(unit, ())
        return next((place for place in places if place.holds_on(self.day)), None)

    def children(self, hierarchy: str, unit: Key) -> list[Key]:
        """The units right below on the day. Raise HierarchyError if others are to come under it only later."""
        found = []
        for child, places in self.placements[hierarchy].items():
            for place in places:
                if place.parent != unit:
                    continue
                if place.starts_on > self.day:
                    self._later(child, place.starts_on)
                if place.holds_on(self.day):
                    found.append(child)
        return found

    def _later(self, unit: Key, day: date) -> None:
        raise HierarchyError(
            "“{name}”在{day}另有已记录的变更，请先撤销那项变更，或把生效日期定在它之后",
            code="later_change",
            name=self.name(unit),
            day=day,
        )

    # --- changing -----------------------------------------------------------------------------------------------------

    def open(self, new: NewUnit) -> None:
        """Let a new unit exist from the day on. Its places are given by the caller."""
        self.rule(new.type)
        if any(life.code == new.code for life in self.units.values()) or new.unit in self.units:
            raise HierarchyError("代码“{taken}”已被使用（含已撤销的单位），请换一个", code="code_taken", taken=new.code)
        self.units[new.unit] = Life(new.code, self.day)
        self.versions[new.unit] = (
            Version(new.unit, new.type, new.name, new.short_name, self.day, None, dict(new.attributes)),
        )

    def change(self, unit: Key, **changes: str) -> None:
        """Let a unit be called otherwise or be of another type from the day on."""
        present = self.require(unit)
        versions = self.versions[unit]
        if versions[-1] is not present:
            self._later(unit, versions[-1].starts_on)
        changed = replace(present, starts_on=self.day, **changes)  # type: ignore[arg-type]
        if changed == replace(present, starts_on=self.day):
            raise HierarchyError("“{name}”没有变化", code="no_change", name=present.name)
        if changed.type != present.type:
            self.retyped.add(unit)
        ended = () if present.starts_on == self.day else (replace(present, ends_on=self.day),)
        self.versions[unit] = (*versions[:-1], *ended, changed)

    def put(self, hierarchy: str, unit: Key, parent: Key | None, *, is_carried: bool = False) -> None:
        """Put a unit under a parent from the day on. Carried along with its parent, it keeps later moves of its own."""
        life, places = self.units[unit], self.placements[hierarchy].get(unit, ())
        present = self.place_of(hierarchy, unit)
        later = [place for place in places if place.starts_on > self.day]
        if later and not (is_carried and present):
            self._later(unit, later[0].starts_on)
        ends_on = present.ends_on if present else life.closes_on
        kept = tuple(place for place in places if place is not present and place.starts_on < self.day)
        if present and present.starts_on < self.day:
            kept = (*kept, replace(present, ends_on=self.day))
        self.placements[hierarchy][unit] = (*kept, Placement(unit, parent, self.day, ends_on), *later)
        self.touched.add((hierarchy, unit))

    def close(self, unit: Key) -> None:
        """Let a unit end on the day, with its version and all its places."""
        version, life = self.require(unit), self.units[unit]
        if self.is_root(unit):
            raise HierarchyError("最上级单位不能撤销或合并", code="is_root", name=version.name)
        if life.opened_on >= self.day:
            raise HierarchyError(
                "“{name}”到{day}才设立，不能在当天或之前撤销", code="bad_dates", name=version.name, day=life.opened_on
            )
        if life.closes_on is not None:
            self._later(unit, life.closes_on)
        if self.versions[unit][-1] is not version:
            self._later(unit, self.versions[unit][-1].starts_on)
        self.units[unit] = replace(life, closes_on=self.day)
        self.versions[unit] = tuple(_ended(each, self.day) for each in self.versions[unit] if each.starts_on < self.day)
        for hierarchy in self.hierarchies:
            places = self.placements[hierarchy].get(unit, ())
            if places and places[-1].starts_on > self.day:
                self._later(unit, places[-1].starts_on)
            if places:
                self.placements[hierarchy][unit] = tuple(
                    _ended(each, self.day) for each in places if each.starts_on < self.day
                )

    def is_root(self, unit: Key) -> bool:
        """Whether a unit stands under nobody in the administrative tree on the day."""
        place = self.place_of(ADMINISTRATIVE, unit)
        return place is not None and place.parent is None

    # --- checking -----------------------------------------------------------------------------------------------------

    def check(self) -> None:
        """Raise HierarchyError if anything that was changed could not be: see `check_units`."""
        check_units(self.result(), self.day, self.touched, self.retyped)


def check_units(
    organisation: Organisation, day: date, touched: Iterable[tuple[str, Key]], retyped: Iterable[Key] = ()
) -> None:
    """Raise HierarchyError unless the touched places are sound from a day on.

    Codes: `not_there` (a parent does not exist), `not_in_hierarchy`, `hierarchy_cycle`, `wrong_parent_type`,
    `has_children` (a unit that has ended still has units below it).
    """
    touched = list(touched)
    for hierarchy, unit in touched:
        for place in organisation.placements[hierarchy].get(unit, ()):
            if place.ends_on is None or place.ends_on > day:
                _check_place(organisation, hierarchy, place)
    for code, places in organisation.placements.items():
        _refuse_parents_gone(organisation, places, day)
        _refuse_cycles(organisation, code, day, {unit for hierarchy, unit in touched if hierarchy == code})
    for unit in retyped:
        _check_types_around(organisation, unit, day)


def _check_place(organisation: Organisation, hierarchy: str, place: Place) -> None:
    if place.parent is None:
        return
    starts_on, parents_life = place.starts_on, organisation.units.get(place.parent)
    if parents_life is None or not parents_life.covers(starts_on):
        name = organisation.name_of(place.parent, starts_on)
        raise HierarchyError(
            "上级单位“{name}”在{day}不存在（尚未设立或已撤销）", code="not_there", name=name, day=starts_on
        )
    above = organisation.placements[hierarchy].get(place.parent, ())
    if not any(each.holds_on(starts_on) for each in above):
        raise HierarchyError(
            "上级单位“{name}”不在这个层级体系中",
            code="not_in_hierarchy",
            name=organisation.name_of(place.parent, starts_on),
        )
    if hierarchy == ADMINISTRATIVE:
        _check_types(organisation, place.unit, place.parent, starts_on)


def _check_types(organisation: Organisation, unit: Key, parent: Key, day: date) -> None:
    own, above = organisation.version_on(unit, day), organisation.version_on(parent, day)
    if own is None or above is None:
        return
    rule, rule_above = organisation.types[own.type], organisation.types[above.type]
    if not rule.may_stand_under(rule_above):
        raise HierarchyError(
            "{type}不能设在{above}之下：{unit}、{parent}",
            code="wrong_parent_type",
            type=rule.name,
            above=rule_above.name,
            unit=own.name,
            parent=above.name,
        )


def _check_types_around(organisation: Organisation, unit: Key, day: date) -> None:
    for child, places in organisation.placements[ADMINISTRATIVE].items():
        for place in places:
            if place.parent is not None and unit in (child, place.parent) and place.holds_on(day):
                _check_types(organisation, child, place.parent, day)


def _refuse_parents_gone(organisation: Organisation, places: Places, day: date) -> None:
    """A unit that has ended has nobody below it from that day on."""
    ended = {unit: life.closes_on for unit, life in organisation.units.items() if life.closes_on is not None}
    for several in places.values():
        for place in several:
            closes_on = ended.get(place.parent) if place.parent else None
            if closes_on is None or closes_on < day:
                continue
            if place.ends_on is None or place.ends_on > closes_on:
                raise HierarchyError(
                    "“{name}”之下还有“{child}”，请先安排它的去向",
                    code="has_children",
                    name=organisation.name_of(place.parent, day) if place.parent else "",
                    child=organisation.name_of(place.unit, day),
                )


def _refuse_cycles(organisation: Organisation, hierarchy: str, day: date, units: set[Key]) -> None:
    if not units:
        return
    places = organisation.placements[hierarchy]
    later = {place.starts_on for several in places.values() for place in several if place.starts_on > day}
    for moment in sorted({day, *later}):
        tree = organisation.tree_on(moment, hierarchy)
        for unit in units:
            try:
                tree.ancestors(unit)
            except HierarchyError:
                raise HierarchyError(
                    "“{name}”不能设在自己或自己的下级之下",
                    code="hierarchy_cycle",
                    name=organisation.name_of(unit, moment),
                ) from None


def _ended(each: Any, day: date) -> Any:
    """The version or place, cut off at the day if it would last longer."""
    return replace(each, ends_on=day) if each.ends_on is None or each.ends_on > day else each
