"""What a bulletin (通报) is made from: plain values, read from frozen results, so that building it is pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from saas.assessment.naming import Subject
from saas.domain.amounts import Amount, Standing
from saas.domain.periods import Period
from saas.domain.scheme import AssessmentScheme as Rules


@dataclass(frozen=True, slots=True)
class UnitOutcome:
    """One unit's result: where it stands and its whole trace."""

    name: str
    town: str
    rank: int | None
    grade: str
    is_vetoed: bool
    trace: Mapping[str, Any]

    @property
    def points(self) -> Amount:
        """The total in points."""
        return stored_amount(self.trace["points"])

    @property
    def money(self) -> Amount:
        """What is to be paid, in yuan."""
        return stored_amount(self.trace["money"]["payable"])

    @property
    def full_name(self) -> str:
        """The unit with what stands above it."""
        return f"{self.town}{self.name}" if self.town else self.name


@dataclass(frozen=True, slots=True)
class Issuer:
    """Who issues the bulletin and to whom."""

    letterhead: str
    has_document_word: bool
    name: str
    printed_by: str
    agency_code: str
    addressees: str
    copied_to: tuple[str, ...]
    county: str


@dataclass(frozen=True, slots=True)
class NextDates:
    """The deadlines of the next period, as far as they are fixed."""

    label: str
    due_on: date | None
    recheck_from: date | None
    recheck_to: date | None


@dataclass(frozen=True, slots=True, kw_only=True)
class BulletinContent:
    """Everything a bulletin says. `documents` are the names of the papers behind office facts, by the fact's id."""

    issuer: Issuer
    subject: Subject
    period: Period
    rules: Rules
    is_roll_up: bool
    outcomes: tuple[UnitOutcome, ...]
    documents: Mapping[str, str]
    part_labels: tuple[str, ...] = ()
    next_dates: NextDates | None = None

    @property
    def towns(self) -> tuple[str, ...]:
        """The units above, in the county's order."""
        return tuple(dict.fromkeys(outcome.town for outcome in self.outcomes))


def stored_amount(stored: Mapping[str, Any]) -> Amount:
    """An amount as a trace keeps it."""
    value = None if stored["value"] is None else Decimal(stored["value"])
    return Amount(Standing(stored["standing"]), value, tuple(stored["reasons"]))
