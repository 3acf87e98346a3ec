"""One thing to fill, as the lists of things to do show it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

from saas.domain.filing import FilingState
from saas.domain.periods import Cadence, Period
from saas.domain.windows import WindowDates

# What was due longer ago is found on the page of its collection, not among the things to do.
_LOOK_BACK = timedelta(days=100)
# What comes seldom is to be done until the next one is: a yearly report for a year.
_SELDOM: Mapping[str, timedelta] = {
    Cadence.HALF_YEAR: timedelta(days=184),
    Cadence.TERM: timedelta(days=184),
    Cadence.YEAR: timedelta(days=366),
    Cadence.WINDOW: timedelta(days=366),
}
LONGEST = timedelta(days=1200)  # before today nothing begins that is still shown, whatever its period and its window


def look_back(cadence: str) -> timedelta:
    """How long what was due stands among what there is to fill."""
    return _SELDOM.get(cadence, _LOOK_BACK)


@dataclass(frozen=True, slots=True)
class DueItem:
    """One unit's form for one period: what it is called, where it stands, by when, and the page that does it.

    What is filled for many units, and what is compiled, is one item: `unit_name` says how many are left.
    """

    title: str
    unit_name: str
    period: Period
    dates: WindowDates
    state: FilingState
    is_late: bool
    is_not_applicable: bool
    endpoint: str
    arguments: Mapping[str, Any] = field(default_factory=dict)
    kind: str = "submission"
    sensitive_until: date | None = None  # the last day of the sensitive period that asks for it

    @property
    def due_on(self) -> date:
        """The last day in time."""
        return self.dates.due_on

    @property
    def is_overdue(self) -> bool:
        """Whether it should have been handed in already."""
        return self.state is FilingState.OVERDUE
