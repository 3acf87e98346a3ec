"""Units in a tree that changes with time (机构隶属关系): who is under whom on a given day.

A placement holds from `starts_on` up to, but not on, `ends_on`. A unit may have one parent at a time in one hierarchy.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import cached_property
from itertools import groupby, pairwise
from typing import Generic, TypeVar

from saas.domain.errors import HierarchyError

K = TypeVar("K", bound=Hashable)


@dataclass(frozen=True, slots=True)
class Placement(Generic[K]):
    """A unit under a parent for a time. `parent` None: a root. `ends_on`: the first day on which it no longer holds."""

    unit: K
    parent: K | None
    starts_on: date
    ends_on: date | None = None

    def holds_on(self, day: date) -> bool:
        """Whether the placement holds on that day."""
        return self.starts_on <= day and (self.ends_on is None or day < self.ends_on)


@dataclass(frozen=True)
class Tree(Generic[K]):
    """A hierarchy on one day. `parents` has every placed unit; a root's parent is None. Order is that of the input."""

    parents: Mapping[K, K | None]

    @cached_property
    def children(self) -> Mapping[K | None, tuple[K, ...]]:
        """The children of each unit; under None the roots."""
        found: dict[K | None, list[K]] = {}
        for unit, parent in self.parents.items():
            found.setdefault(parent, []).append(unit)
        return {parent: tuple(units) for parent, units in found.items()}

    @property
    def roots(self) -> tuple[K, ...]:
        """The units that are under nobody."""
        return self.children.get(None, ())

    def parent_of(self, unit: K) -> K | None:
        """Return the superior, or None for a root and for a unit that has no place on the day."""
        return self.parents.get(unit)

    def children_of(self, unit: K) -> tuple[K, ...]:
        """Return the units directly below."""
        return self.children.get(unit, ())

    def ancestors(self, unit: K) -> tuple[K, ...]:
        """Return the superiors, the nearest first, without the unit itself."""
        return tuple(self._upwards(unit))

    def _upwards(self, unit: K) -> Iterator[K]:
        seen = {unit}
        parent = self.parents.get(unit)
        while parent is not None:
            if parent in seen:
                raise HierarchyError("机构隶属关系成环", code="hierarchy_cycle")
            seen.add(parent)
            yield parent
            parent = self.parents.get(parent)

    def subtree(self, unit: K) -> tuple[K, ...]:
        """Return the unit and everything below it, each parent before its children."""
        found, waiting, seen = [], [unit], {unit}
        while waiting:
            here = waiting.pop()
            found.append(here)
            below = [child for child in self.children_of(here) if child not in seen]
            seen.update(below)
            waiting.extend(reversed(below))
        return tuple(found)

    def depth(self, unit: K) -> int:
        """Return how many superiors the unit has."""
        return len(self.ancestors(unit))

    @property
    def orphans(self) -> tuple[K, ...]:
        """Units whose superior has no place itself on the day: a reorganisation forgot them."""
        return tuple(unit for unit, parent in self.parents.items() if parent is not None and parent not in self.parents)


def tree_at(placements: Sequence[Placement[K]], day: date) -> Tree[K]:
    """Return the tree on a day. Raise HierarchyError if a unit has two parents then."""
    parents: dict[K, K | None] = {}
    for placement in placements:
        if placement.holds_on(day):
            if placement.unit in parents:
                raise HierarchyError("同一机构在{day}有两个上级", code="two_parents", day=day, unit=placement.unit)
            parents[placement.unit] = placement.parent
    return Tree(parents)


def check_placements(placements: Sequence[Placement[K]]) -> None:
    """Raise HierarchyError unless the placements form a tree on every day.

    Codes: `bad_dates`, `own_parent`, `overlapping_placements`, `hierarchy_cycle`.
    """
    for placement in placements:
        if placement.ends_on is not None and placement.ends_on <= placement.starts_on:
            raise HierarchyError("结束日期应晚于开始日期", code="bad_dates", unit=placement.unit)
        if placement.unit == placement.parent:
            raise HierarchyError("机构不能是自己的上级", code="own_parent", unit=placement.unit)
    _refuse_overlaps(placements)
    for day in sorted({placement.starts_on for placement in placements}):  # a cycle can only begin on such a day
        _refuse_cycles(tree_at(placements, day), day)


def placed_from(
    own: Sequence[Placement[K]], unit: K, parent: K | None, day: date, until: date | None = None
) -> tuple[Placement[K], ...]:
    """Return what the placements of one unit become if it stands under `parent` from a day on.

    `own` are its placements in one hierarchy. What held on the day ends then; a later place that is already recorded
    stays. `until` is the first day on which the unit or the hierarchy no longer exists.
    """
    before = [item for item in own if item.starts_on < day]
    later = sorted((item for item in own if item.starts_on > day), key=lambda item: item.starts_on)
    present = next((item for item in own if item.holds_on(day)), None)
    ends_on = present.ends_on if present is not None else (later[0].starts_on if later else until)
    kept = [replace(item, ends_on=day) if item.holds_on(day) else item for item in before]
    if present is not None and present.parent == parent:
        return tuple(own)
    return (*kept, Placement(unit, parent, day, ends_on), *later)


def taken_out_from(own: Sequence[Placement[K]], day: date) -> tuple[Placement[K], ...]:
    """Return what the placements of one unit become if it has no place from a day on. Later places are dropped."""
    return tuple(replace(item, ends_on=day) if item.holds_on(day) else item for item in own if item.starts_on < day)


def refuse_cycles_from(placements: Sequence[Placement[K]], moved: Collection[K], day: date) -> None:
    """Raise HierarchyError (code `hierarchy_cycle`) if one of the moved units comes to stand below itself.

    Asks only about these units, on `day` and on every later day on which anything begins.
    """
    for when in sorted({day, *(item.starts_on for item in placements if item.starts_on > day)}):
        tree = tree_at(placements, when)
        for unit in moved:
            tree.ancestors(unit)


def _refuse_overlaps(placements: Sequence[Placement[K]]) -> None:
    order = {unit: number for number, unit in enumerate(dict.fromkeys(item.unit for item in placements))}
    in_time = sorted(placements, key=lambda item: (order[item.unit], item.starts_on))
    for unit, group in groupby(in_time, key=lambda item: item.unit):
        for earlier, later in pairwise(group):
            if earlier.ends_on is None or later.starts_on < earlier.ends_on:
                raise HierarchyError(
                    "同一机构的隶属时间重叠，自{day}起", code="overlapping_placements", unit=unit, day=later.starts_on
                )


def _refuse_cycles(tree: Tree[K], day: date) -> None:
    sound: set[K] = set()
    for unit in tree.parents:
        path: list[K] = []
        here: K | None = unit
        while here is not None and here not in sound:
            if here in path:
                raise HierarchyError("机构隶属关系自{day}起成环", code="hierarchy_cycle", unit=here, day=day)
            path.append(here)
            here = tree.parents.get(here)
        sound.update(path)


def ancestor_of_type(tree: Tree[K], unit: K, unit_type: str, types: Mapping[K, str]) -> K | None:
    """Return the nearest unit of a type on the way up, the unit itself included, or None."""
    return next((each for each in (unit, *tree.ancestors(unit)) if types.get(each) == unit_type), None)


def count_by_type(tree: Tree[K], root: K, types: Mapping[K, str]) -> dict[str, int]:
    """Return how many units of each type are in the subtree of `root`, itself included."""
    return dict(Counter(types[unit] for unit in tree.subtree(root) if unit in types))
