"""What is the same for every unit of a round, worked out once: where in the scheme which kinds of rules stand."""

from __future__ import annotations

from dataclasses import dataclass

from saas.domain.amounts import Currency
from saas.domain.scheme import GAIN_KINDS, READING_KINDS, AssessmentScheme, Item, Rule, RuleKind
from saas.domain.scoring_results import RuleOutcome

_ON_TOP = frozenset({RuleKind.BONUS, RuleKind.TARIFF})
_NOT_TAKING = _ON_TOP | {RuleKind.VETO}


def _may_lapse(rule: Rule) -> bool:
    """Whether a rule can be not applicable: by condition, by date, or because a rate is of nothing."""
    is_rate = rule.kind in READING_KINDS and rule.kind is not RuleKind.SHORTFALL
    return rule.applies_when is not None or rule.effective_from is not None or is_rate


@dataclass(frozen=True, slots=True)
class RulePlan:
    """A rule with the code of its findings. `is_quiet` means: without findings it has the same outcome for any unit."""

    rule: Rule
    facts_code: str
    is_quiet: bool

    @classmethod
    def of(cls, rule: Rule) -> RulePlan:
        """Look at a rule."""
        needs_a_look = (
            rule.applies_when is not None
            or rule.effective_from is not None
            or rule.kind in READING_KINDS
            or rule.kind is RuleKind.MANUAL_SCORE
        )
        return cls(rule, rule.facts_code, not needs_a_look)


@dataclass(frozen=True, slots=True)
class ItemPlan:
    """An item with its rules in points sorted by what they do: positions in the item's list of rules.

    `takers` are deductions and voids; `inner` all that works within the full score. `always_applies` means that none
    of these can be not applicable to a unit.
    """

    item: Item
    rules: tuple[RulePlan, ...]
    gains: tuple[int, ...]
    takers: tuple[int, ...]
    bonuses: tuple[int, ...]
    voids: tuple[int, ...]
    inner: tuple[int, ...]
    always_applies: bool

    @classmethod
    def of(cls, item: Item) -> ItemPlan:
        """Sort the rules of an item."""
        points = [(place, rule.kind) for place, rule in enumerate(item.rules) if rule.currency is Currency.POINTS]
        gains = tuple(place for place, kind in points if kind in GAIN_KINDS)
        takers = tuple(place for place, kind in points if kind not in GAIN_KINDS | _NOT_TAKING)
        return cls(
            item,
            tuple(RulePlan.of(rule) for rule in item.rules),
            gains=gains,
            takers=takers,
            bonuses=tuple(place for place, kind in points if kind in _ON_TOP),
            voids=tuple(place for place, kind in points if kind is RuleKind.ITEM_VOID),
            inner=gains + takers,
            always_applies=bool(gains + takers) and not any(_may_lapse(item.rules[place]) for place in gains + takers),
        )


@dataclass(frozen=True, slots=True)
class SchemePlan:
    """The items by part, positions of rules in the list of all rules, and the outcomes of rules without findings."""

    parts: tuple[tuple[ItemPlan, ...], ...]
    losses: tuple[int, ...]
    money: tuple[int, ...]
    vetoes: tuple[int, ...]
    quiet: dict[str, RuleOutcome]

    @classmethod
    def of(cls, scheme: AssessmentScheme) -> SchemePlan:
        """Sort the rules of a scheme. `quiet` is filled by the first units that are scored."""
        rules = list(enumerate(scheme.rules))
        unit_money = {RuleKind.WHOLE_MONTH_LOSS, RuleKind.PERSONAL_LOSS}
        return cls(
            tuple(tuple(ItemPlan.of(item) for item in part.items) for part in scheme.parts),
            losses=tuple(place for place, rule in rules if rule.kind is RuleKind.WHOLE_MONTH_LOSS),
            money=tuple(p for p, rule in rules if rule.currency is Currency.YUAN and rule.kind not in unit_money),
            vetoes=tuple(place for place, rule in rules if rule.kind is RuleKind.VETO),
            quiet={},
        )
