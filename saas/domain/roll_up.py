"""Totals per unit in a tree (汇总): as the organisation was then (当时口径), or as it is now (现行口径).

Each figure is counted exactly once, so the total of everything is the same in both. What is missing (未报) or not
applicable (不适用) is counted apart and never as 0.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import TypeAlias

from saas.domain.organisation import Organisation
from saas.domain.reorganisation import Following, Succession
from saas.domain.reorganisation_steps import Key


class Given(StrEnum):
    """What is known of a figure."""

    KNOWN = "known"  # 已报
    MISSING = "missing"  # 未报
    NOT_APPLICABLE = "not_applicable"  # 不适用


class RowKind(StrEnum):
    """What a row of the table stands for."""

    UNIT = "unit"  # 单位
    OWN = "own"  # 本级：what a unit with units below it reported itself
    BEFORE_SPLIT = "before_split"  # 拆分前：of a unit that was split and cannot be divided
    ENDED = "ended"  # 已撤销：of a unit that ended without a successor


@dataclass(frozen=True, slots=True)
class Figure:
    """What a unit reported; `value` is given exactly when it is known."""

    unit: Key
    value: Decimal | None
    given: Given


@dataclass(frozen=True, slots=True)
class Home:
    """Where a unit's figure is counted: in the row of `unit`, or in a row of its own under `parent`."""

    kind: RowKind
    unit: Key
    parent: Key | None = None


@dataclass(frozen=True, slots=True)
class Sum:
    """A total with how many units it is from. `value` None: nobody reported, which is not 0."""

    value: Decimal | None = None
    known: int = 0
    missing: int = 0
    not_applicable: int = 0

    def plus(self, other: Sum) -> Sum:
        """Return both together."""
        value = self.value if other.value is None else (self.value or Decimal(0)) + other.value
        return Sum(
            value,
            self.known + other.known,
            self.missing + other.missing,
            self.not_applicable + other.not_applicable,
        )


@dataclass(frozen=True, slots=True)
class Row:
    """A line of the table with what stands below it. `sources` are the units whose figures are counted in it itself."""

    kind: RowKind
    unit: Key
    depth: int
    total: Sum
    sources: tuple[Key, ...] = ()
    has_children: bool = False


@dataclass(frozen=True, slots=True)
class Table:
    """The rows, each parent before its children, and the total of all."""

    rows: Sequence[Row]
    total: Sum
    children: Mapping[int, tuple[int, ...]] = field(default_factory=dict)  # row number → rows right below


def sum_of(figure: Figure) -> Sum:
    """A single figure as a total."""
    if figure.given is Given.KNOWN:
        return Sum(figure.value, known=1)
    return Sum(missing=1) if figure.given is Given.MISSING else Sum(not_applicable=1)


def homes_then(organisation: Organisation, units: Collection[Key], day: date) -> dict[Key, Home]:
    """Where each unit's figure is counted in the tree of a day (当时口径).

    A unit that had ended before the day stands in a row of its own under where it stood last.
    """
    tree = organisation.tree_on(day)
    found = {}
    for unit in units:
        if unit in tree.parents:
            found[unit] = Home(RowKind.UNIT, unit)
        else:
            found[unit] = Home(RowKind.ENDED, unit, _last_parent(organisation, unit, tree.parents))
    return found


def homes_now(
    organisation: Organisation,
    successions: Sequence[Succession],
    units: Collection[Key],
    reported_on: date,
    today: date,
) -> dict[Key, Home]:
    """Where each unit's figure of `reported_on` is counted in the tree of `today` (现行口径).

    Merged and converted units count for their successor. A unit that was split after `reported_on` stands in a row of
    its own (拆分前) under the nearest unit above all its successors, a dissolved one where it stood last.
    """
    heirs = _Heirs(organisation, successions, reported_on, today)
    return {unit: heirs.home(unit) for unit in units}


Used: TypeAlias = frozenset[Succession]


class _Heirs:
    """What became of each unit from the day of its figure until today."""

    def __init__(
        self, organisation: Organisation, successions: Sequence[Succession], reported_on: date, today: date
    ) -> None:
        self.organisation, self.tree, self.reported_on = organisation, organisation.tree_on(today), reported_on
        self.after: dict[Key, list[Succession]] = {}
        for each in successions:
            if each.effective_on <= today:
                self.after.setdefault(each.predecessor, []).append(each)

    def home(self, unit: Key, used: Used = frozenset()) -> Home:
        """The row that a unit's figure goes into, followed from successor to successor; each step is taken once."""
        here = unit
        while True:
            following = [each for each in self.after.get(here, ()) if each not in used and self._counts(each)]
            used |= set(following)
            if any(each.kind is Following.SPLIT for each in following) or len(following) > 1:
                return Home(RowKind.BEFORE_SPLIT, unit, self._above_all(here, following, used))
            if here in self.tree.parents:
                return Home(RowKind.UNIT, here)
            if not following:
                return Home(RowKind.ENDED, unit, _last_parent(self.organisation, here, self.tree.parents, self))
            here = following[0].successor

    def _counts(self, succession: Succession) -> bool:
        """A unit that goes on after giving off another is the same unit for figures of later days."""
        return succession.effective_on > self.reported_on or succession.predecessor not in self.tree.parents

    def _above_all(self, unit: Key, following: Sequence[Succession], used: Used) -> Key | None:
        """The nearest unit above all that a unit was split into, and above itself if it goes on."""
        members = [each.successor for each in following]
        members += [unit] if unit in self.tree.parents else []
        paths = [self._path(member, used) for member in members]
        common = set(paths[0]).intersection(*paths[1:])
        return next((each for each in paths[0] if each in common), None)

    def _path(self, member: Key, used: Used) -> list[Key]:
        """The units above a successor, or above what became of it, from the nearest up."""
        home = self.home(member, used)
        start = self.tree.parents.get(home.unit) if home.kind is RowKind.UNIT else home.parent
        return [start, *self.tree.ancestors(start)] if start is not None else []


def _last_parent(
    organisation: Organisation, unit: Key, standing: Mapping[Key, Key | None], heirs: _Heirs | None = None
) -> Key | None:
    """The unit under which a unit stood last, or what became of that one."""
    seen = {unit}
    here: Key | None = unit
    while here is not None:
        places = organisation.placements["administrative"].get(here, ())
        here = places[-1].parent if places else None
        if here is None or here in standing or here in seen:
            return here if here in standing else None
        seen.add(here)
        if heirs is not None and (home := heirs.home(here)).kind is RowKind.UNIT:
            return home.unit
    return None


# --- adding up --------------------------------------------------------------------------------------------------------


@dataclass(slots=True)
class _Node:
    kind: RowKind
    unit: Key
    own: Sum = field(default_factory=Sum)
    sources: list[Key] = field(default_factory=list)
    below: list[_Node] = field(default_factory=list)


def roll_up(figures: Sequence[Figure], homes: Mapping[Key, Home], parents: Mapping[Key, Key | None]) -> Table:
    """Add figures up. `parents` is the tree to show; a unit whose parent is not in it is at the top.

    The order of rows is that of `parents`; rows of their own come last. Only units that figures reach are shown.
    """
    nodes: dict[tuple[RowKind, Key], _Node] = {}
    top: list[_Node] = []
    for figure in figures:
        home = homes[figure.unit]
        node = _node_of(home, nodes, top, parents)
        node.own = node.own.plus(sum_of(figure))
        node.sources.append(figure.unit)
    order = {unit: number for number, unit in enumerate(parents)}
    rows: list[Row] = []
    children: dict[int, tuple[int, ...]] = {}
    total = Sum()
    for node in _sorted(top, order):
        total = total.plus(_write(node, 0, rows, children, order))
    return Table(rows, total, children)


def _node_of(
    home: Home, nodes: dict[tuple[RowKind, Key], _Node], top: list[_Node], parents: Mapping[Key, Key | None]
) -> _Node:
    key = (home.kind, home.unit)
    if key in nodes:
        return nodes[key]
    node = nodes[key] = _Node(*key)
    above = parents.get(home.unit) if home.kind is RowKind.UNIT else home.parent
    if above is None or above not in parents:
        top.append(node)
    else:
        _node_of(Home(RowKind.UNIT, above), nodes, top, parents).below.append(node)
    return node


def _sorted(nodes: list[_Node], order: Mapping[Key, int]) -> list[_Node]:
    return sorted(nodes, key=lambda node: (node.kind is not RowKind.UNIT, order.get(node.unit, 0), str(node.unit)))


def _write(
    node: _Node, depth: int, rows: list[Row], children: dict[int, tuple[int, ...]], order: Mapping[Key, int]
) -> Sum:
    number = len(rows)
    rows.append(Row(node.kind, node.unit, depth, node.own, tuple(node.sources)))
    if not node.below:
        return node.own
    total, below = Sum(), []
    for child in _with_own(node, order):
        below.append(len(rows))
        total = total.plus(_write(child, depth + 1, rows, children, order))
    rows[number] = Row(node.kind, node.unit, depth, total, (), True)
    children[number] = tuple(below)
    return total


def _with_own(node: _Node, order: Mapping[Key, int]) -> Iterator[_Node]:
    """What a unit reported itself stands beside its children (本级), so that they add up to it."""
    if node.sources:
        yield _Node(RowKind.OWN, node.unit, node.own, node.sources)
    yield from _sorted(node.below, order)
