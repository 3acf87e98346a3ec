"""Figures that look like chance and are the same every time."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from hashlib import sha256
from typing import TypeVar

T = TypeVar("T")
HALF = Decimal("0.5")


class Draw:
    """A row of draws that follows from its words alone, whatever else was drawn before."""

    def __init__(self, *words: object) -> None:
        self._words = ":".join(map(str, words)).encode()
        self._count = 0

    def between(self, low: int, high: int) -> int:
        """A whole number from `low` to `high`, both included."""
        self._count += 1
        number = int.from_bytes(sha256(b"%s#%d" % (self._words, self._count)).digest()[:8], "big")
        return low + number % (high - low + 1)

    def is_hit(self, percent: int) -> bool:
        """True in so many of a hundred cases."""
        return self.between(1, 100) <= percent

    def pick(self, choices: Sequence[T]) -> T:
        """One of the choices."""
        return choices[self.between(0, len(choices) - 1)]


def spread_loss(full_scores: dict[str, Decimal], lost: Decimal, draw: Draw) -> dict[str, Decimal]:
    """Take `lost` points (rounded to halves) from the items, here and there. No item falls below half of its score."""
    scores = dict(full_scores)
    codes = list(scores)
    for _ in range(int(lost / HALF)):
        open_codes = [code for code in codes if scores[code] - HALF >= full_scores[code] / 2]
        if not open_codes:
            break
        scores[draw.pick(open_codes)] -= HALF
    return scores
