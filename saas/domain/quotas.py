"""Recurring quotas (定期任务量): so many per unit and period, each cell checked by itself.

A total that is right does not help a cell that is empty: 2 lessons in November do not make up for none in October,
unless the county says that they are carried over.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import TypeAlias

Cell: TypeAlias = tuple[str, Hashable]  # a unit (class, site, item …) and a period


@dataclass(frozen=True, slots=True)
class QuotaEvaluation:
    """What was due and done. `done` is everything that was reported; `counted` leaves out what is over in a cell.

    `unmet` are the cells with too little, `missing` those of them of which nothing was reported.
    """

    due: int
    done: int
    counted: int
    cells: int
    unmet: tuple[Cell, ...]
    missing: tuple[Cell, ...]

    @property
    def is_met(self) -> bool | None:
        """Whether every cell has enough. None: nothing was due (不适用)."""
        return None if not self.cells else not self.unmet

    @property
    def cells_met(self) -> int:
        """How many cells have enough."""
        return self.cells - len(self.unmet)

    @property
    def rate(self) -> Fraction | None:
        """The share of what was due that counts, exact. None: nothing was due."""
        return Fraction(self.counted, self.due) if self.due else None


def evaluate_quota(due: Mapping[Cell, int], done: Mapping[Cell, int], *, carries_over: bool = False) -> QuotaEvaluation:
    """Compare what was due in each cell with what was done there. What was done outside these cells does not count.

    `carries_over` forgives a cell if its unit reached its total in the cells together.
    """
    reported = {cell: done[cell] for cell in due if cell in done}
    unmet = tuple(cell for cell, number in due.items() if reported.get(cell, 0) < number)
    counted = sum(min(number, reported.get(cell, 0)) for cell, number in due.items())
    if carries_over:
        short = {unit for unit in {unit for unit, _ in due} if _total(due, unit) > _total(reported, unit)}
        unmet = tuple(cell for cell in unmet if cell[0] in short)
        counted = sum(min(_total(due, unit), _total(reported, unit)) for unit in {unit for unit, _ in due})
    missing = tuple(cell for cell in unmet if cell not in reported)
    return QuotaEvaluation(sum(due.values()), sum(reported.values()), counted, len(due), unmet, missing)


def _total(cells: Mapping[Cell, int], unit: str) -> int:
    return sum(number for (each, _), number in cells.items() if each == unit)
