"""Telling many things at once, in the order of time.

A *tale* is a generator: it yields the moment of its next step and, when that moment has come, takes the step. What
would lie in the future does not happen: a report that is due tomorrow is still open today.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import TypeAlias

from saas.db import at_moment

Tale: TypeAlias = Iterator[datetime]


def tell(tales: Iterable[Tale], until: datetime) -> int:
    """Take every step of the tales that lies before `until`, each at its own moment. Return how many there were."""
    waiting: list[tuple[datetime, int, Tale]] = []
    for number, tale in enumerate(tales):
        first = next(tale, None)
        if first is not None:
            waiting.append((first, number, tale))
    heapq.heapify(waiting)
    steps = 0
    while waiting and waiting[0][0] <= until:
        moment, number, tale = waiting[0]
        with at_moment(moment):
            following = next(tale, None)
        steps += 1
        if following is None:
            heapq.heappop(waiting)
        else:
            heapq.heapreplace(waiting, (following, number, tale))
    return steps
