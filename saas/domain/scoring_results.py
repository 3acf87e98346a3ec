"""What scoring gives: outcomes of rules, items, parts and units, with everything needed to explain them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from decimal import Decimal
from typing import NamedTuple

from saas.domain.amounts import ZERO, Amount, Standing, total
from saas.domain.assessment_facts import AssessedPeriod, Fact, View
from saas.domain.scheme import AssessmentScheme, Item, Part, Rule


@dataclass(frozen=True, slots=True)
class Uncounted:
    """A fact that is on record and has no effect, with the reason in Chinese."""

    fact: Fact
    reason: str


class RuleOutcome(NamedTuple):
    """What one rule did to one unit (计分明细). A tuple, because a year of a county makes hundreds of thousands.

    `value` is the effect with its sign, in the rule's currency, None where nothing is known or the effect is not a
    sum (void, veto, persons). `quantity` is what was counted or reported, `against` what it was compared with
    (required, target, best, place, base), `uncapped` the effect before a cap cut it. `waived` says why a computed
    effect is not applied.
    """

    rule: Rule
    standing: Standing
    value: Decimal | None = None
    quantity: Decimal | None = None
    against: Decimal | None = None
    uncapped: Decimal | None = None
    self_score: Decimal | None = None
    recheck_score: Decimal | None = None
    facts: tuple[Fact, ...] = ()
    uncounted: tuple[Uncounted, ...] = ()
    reasons: tuple[str, ...] = ()
    waived: str = ""

    @property
    def effect(self) -> Amount:
        """The effect as an amount; a waived one is zero."""
        if self.waived:
            return Amount(Standing.DETERMINED, ZERO)
        return Amount(self.standing, self.value, self.reasons)

    @property
    def is_triggered(self) -> bool:
        """Whether something certain was found under the rule."""
        return self.quantity is not None and self.quantity > ZERO


@dataclass(frozen=True, slots=True)
class ItemResult:
    """One item of one unit. `score` is within the full score, `bonus` comes on top; both in points.

    `unlimited` is the score before 扣完为止 or the full score limited it, None if nothing was cut.
    """

    item: Item
    outcomes: tuple[RuleOutcome, ...]
    score: Amount
    bonus: Amount
    unlimited: Decimal | None = None
    is_voided: bool = False


@dataclass(frozen=True, slots=True)
class PartResult:
    """One part of one unit, before its weight.

    `score` is what its items with a full score give after re-scaling (缺项折算), `extras` the rest: bonuses and items
    outside any full score. `full` is the full score of all its items, `applicable_full` of those that apply.
    """

    part: Part
    items: tuple[ItemResult, ...]
    score: Amount
    extras: Amount
    full: Decimal
    applicable_full: Decimal

    @property
    def points(self) -> Amount:
        return total((self.score, self.extras))


@dataclass(frozen=True, slots=True)
class MoneyResult:
    """The money of one unit in yuan: base subsidy, everything added and taken, and what is to be paid.

    `unlimited` is the sum before it was raised to zero, None if it was not.
    """

    base: Amount
    changes: Amount
    payable: Amount
    unlimited: Decimal | None = None
    is_loss_period: bool = False


@dataclass(frozen=True, slots=True)
class UnitResult:
    """The result of one unit in one period.

    `points_unlimited` is the total before the scheme's own limits cut it, None if they did not. `seen_by` works out
    what `self_points` and `recheck_points` show, when somebody asks. A veto does not change
    the totals; ranking and grade decide what it means. `veto_open` are vetoes not yet decided.
    """

    scheme: AssessmentScheme
    unit_code: str
    period: AssessedPeriod
    peer_group: str
    parts: tuple[PartResult, ...]
    points: Amount
    money: MoneyResult
    points_unlimited: Decimal | None
    vetoed_by: tuple[str, ...]
    veto_open: tuple[str, ...]
    seen_by: Callable[[View], Amount | None] = field(compare=False, repr=False)

    @property
    def self_points(self) -> Amount | None:
        """The total by the self-score (自评分) alone; None where the scheme has no scores."""
        return self.seen_by(View.SELF)

    @property
    def recheck_points(self) -> Amount | None:
        """The total by the re-check (复核分) alone; None where the scheme has no scores."""
        return self.seen_by(View.RECHECK)

    @property
    def outcomes(self) -> tuple[RuleOutcome, ...]:
        """The outcome of every rule, in the order of the scheme."""
        return tuple(outcome for part in self.parts for item in part.items for outcome in item.outcomes)

    def outcome(self, rule_code: str) -> RuleOutcome:
        """Return the outcome of one rule, or raise KeyError."""
        for outcome in self.outcomes:
            if outcome.rule.code == rule_code:
                return outcome
        raise KeyError(rule_code)
