"""Two trees over the same units compared, and counts reconciled: 96 grids = 8 + 88 (分项对账).

Trees may be two definitions of one hierarchy (两种口径), two hierarchies, or one hierarchy on two days.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Generic, TypeVar

from saas.domain.hierarchy import Tree

K = TypeVar("K", bound=Hashable)


class DifferenceKind(StrEnum):
    """How a unit's places in two trees differ."""

    ONLY_FIRST = "only_first"  # 只在前一个体系中
    ONLY_SECOND = "only_second"  # 只在后一个体系中
    OTHER_PARENT = "other_parent"  # 上级不同


@dataclass(frozen=True, slots=True)
class Difference(Generic[K]):
    """One unit that stands elsewhere. A parent is None for a root and where the unit has no place."""

    unit: K
    kind: DifferenceKind
    first_parent: K | None
    second_parent: K | None


def tree_differences(first: Tree[K], second: Tree[K]) -> tuple[Difference[K], ...]:
    """Return every unit that stands elsewhere in the second tree, in the order of the first, then of the second."""
    found = []
    for unit, parent in first.parents.items():
        if unit not in second.parents:
            found.append(Difference(unit, DifferenceKind.ONLY_FIRST, parent, None))
        elif second.parents[unit] != parent:
            found.append(Difference(unit, DifferenceKind.OTHER_PARENT, parent, second.parents[unit]))
    for unit, parent in second.parents.items():
        if unit not in first.parents:
            found.append(Difference(unit, DifferenceKind.ONLY_SECOND, None, parent))
    return tuple(found)


@dataclass(frozen=True, slots=True)
class TypeCount(Generic[K]):
    """How many units of a type two trees have, and which only one of them has."""

    type: str
    first: int
    second: int
    only_first: tuple[K, ...]
    only_second: tuple[K, ...]


def compare_counts(first: Tree[K], second: Tree[K], types: Mapping[K, str]) -> tuple[TypeCount[K], ...]:
    """Count both trees by type, with the units that make up each difference (逐类对账)."""
    names = sorted({types[unit] for tree in (first, second) for unit in tree.parents if unit in types})
    found = []
    for name in names:
        in_first = [unit for unit in first.parents if types.get(unit) == name]
        in_second = [unit for unit in second.parents if types.get(unit) == name]
        found.append(
            TypeCount(
                name,
                len(in_first),
                len(in_second),
                tuple(unit for unit in in_first if unit not in second.parents),
                tuple(unit for unit in in_second if unit not in first.parents),
            )
        )
    return tuple(found)


@dataclass(frozen=True, slots=True)
class CountLine(Generic[K]):
    """How many units of a type stand below a unit, and how many its own figure says. `expected` None: not recorded."""

    unit: K
    counted: int
    expected: int | None

    @property
    def difference(self) -> int | None:
        """Counted minus recorded; None if nothing is recorded."""
        return None if self.expected is None else self.counted - self.expected


@dataclass(frozen=True, slots=True)
class Reconciliation(Generic[K]):
    """A count taken apart by the units right below a root. `direct` are those of the type right below it themselves."""

    total: CountLine[K]
    lines: tuple[CountLine[K], ...]
    direct: int

    @property
    def parts(self) -> tuple[int, ...]:
        """The summands that make the total, without zeros: 8 and 88."""
        return tuple(count for count in (*(line.counted for line in self.lines), self.direct) if count)

    @property
    def recorded_sum(self) -> int | None:
        """The sum of what the parts' own figures say; None if one of the lines that count has none."""
        figures = [line.expected for line in self.lines if line.counted or line.expected is not None]
        return None if not figures or None in figures else sum(figure for figure in figures if figure is not None)

    @property
    def mismatches(self) -> tuple[CountLine[K], ...]:
        """The lines, the total included, whose own figure says something else."""
        return tuple(line for line in (self.total, *self.lines) if line.difference)


def reconcile(
    tree: Tree[K], root: K, wanted: str, types: Mapping[K, str], recorded: Mapping[K, int]
) -> Reconciliation[K]:
    """Count the units of a type below `root`, by the units right below it, beside what these have recorded (登记数).

    The root itself is not counted. Every unit is counted once: the parts add up to the total.
    """
    lines, direct = [], 0
    for child in tree.children_of(root):
        below = tree.subtree(child)
        if types.get(child) == wanted:
            direct += 1
        counted = _count(below[1:], wanted, types)
        if types.get(child) != wanted or counted:
            lines.append(CountLine(child, counted, recorded.get(child)))
    total = sum(line.counted for line in lines) + direct
    return Reconciliation(CountLine(root, total, recorded.get(root)), tuple(lines), direct)


def _count(units: Sequence[K], wanted: str, types: Mapping[K, str]) -> int:
    return sum(1 for unit in units if types.get(unit) == wanted)
