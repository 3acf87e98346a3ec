"""The assessment scheme (考核方案) as data: parts, items and rules. What scores is written here, not in code.

`docs/scheme-format.md` is the format for people; `scheme_reading` makes a scheme of a mapping, `scheme_writing` the
mapping of a scheme, `scheme_settings` holds what a scheme's text usually leaves open.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from enum import StrEnum

from saas.domain.amounts import Currency
from saas.domain.errors import FormatError
from saas.domain.scheme_conditions import Condition
from saas.domain.scheme_settings import Settings


class SchemeError(FormatError):
    """A scheme is not well formed. `path` says where (`parts[1].items[0].rules[2].amount`), `advice` what to write."""

    code = "bad_scheme"


class RuleKind(StrEnum):
    """How a rule turns findings or figures into points or yuan. Stored in schemes: never rename a value."""

    MANUAL_SCORE = "manual_score"  # 人工评分, 0 to the full score
    PER_OCCURRENCE = "per_occurrence"  # 按次扣
    PER_HOUSEHOLD = "per_household"  # 按户扣, each household once
    SHORTFALL = "shortfall"  # 按缺额扣, never a bonus for surplus
    BONUS = "bonus"  # 加分、奖励, each time
    TARIFF = "tariff"  # 按类定额, count of each class × its rate
    WHOLE_MONTH_LOSS = "whole_month_loss"  # 扣减当期基本补助, once a period
    PERSONAL_LOSS = "personal_loss"  # 扣减个人绩效, reaches persons, not the unit
    PROPORTIONAL = "proportional"  # 按完成比例得分
    LINEAR_STEP = "linear_step"  # 每增减一档增减若干
    BAND = "band"  # 分档
    ITEM_VOID = "item_void"  # 该项不得分
    VETO = "veto"  # 一票否决
    RANK_DEDUCTION = "rank_deduction"  # 末位扣分, by another indicator
    BY_RANK = "by_rank"  # 按名次得分
    RELATIVE_TO_BEST = "relative_to_best"  # 与最优单位相比


# Kinds that build a score up from zero; an item with none of them starts at its full score and is deducted from.
GAIN_KINDS = frozenset(
    {
        RuleKind.MANUAL_SCORE,
        RuleKind.PROPORTIONAL,
        RuleKind.LINEAR_STEP,
        RuleKind.BAND,
        RuleKind.BY_RANK,
        RuleKind.RELATIVE_TO_BEST,
    }
)
# Kinds that compare the units of a round with each other.
COHORT_KINDS = frozenset({RuleKind.RANK_DEDUCTION, RuleKind.BY_RANK, RuleKind.RELATIVE_TO_BEST})
# Kinds that need one reported figure. Without it they are missing (未报), whereas nothing found is simply nothing.
READING_KINDS = COHORT_KINDS | {RuleKind.SHORTFALL, RuleKind.PROPORTIONAL, RuleKind.LINEAR_STEP, RuleKind.BAND}


class RankTies(StrEnum):
    """What a rule that works by rank does with equal figures."""

    ASK = "ask"  # 待裁定: the effect of those concerned stays undetermined
    SHARED = "shared"  # 并列: all of them get what the first of the shared places gets


@dataclass(frozen=True, slots=True)
class AttributeRef:
    """A figure taken from the unit's attributes, e.g. the number of households."""

    attribute: str


Figure = Decimal | AttributeRef


@dataclass(frozen=True, slots=True)
class Band:
    """One band (档): from `at_least` upwards the rule gives `amount`; None means that nobody has fixed it (未定)."""

    at_least: Decimal
    amount: Decimal | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One scoring rule (计分规则). Which fields a kind uses is the table in `scheme_fields`.

    Amounts are written as positive figures; the kind decides the sign. `amount` is None while the scheme does not
    say how much (未定). `applies_when` looks at the unit, `counts_when` at a finding. `facts_of` makes a rule use the
    findings of another one, so that one event has several consequences.
    """

    code: str
    kind: RuleKind
    label: str
    currency: Currency
    clause: str = ""
    applies_when: Condition | None = None
    counts_when: Condition | None = None
    effective_from: date | None = None
    facts_of: str | None = None
    amount: Decimal | None = None
    cap: Decimal | None = None
    floor: Decimal | None = None
    full_score: Decimal | None = None
    percent: Decimal | None = None
    required: Figure | None = None
    target: Figure | None = None
    step: Decimal | None = None
    step_amount: Decimal | None = None
    whole_steps: bool = False
    bands: tuple[Band, ...] = ()
    rates: tuple[tuple[str, Decimal | None], ...] = ()
    class_attribute: str | None = None
    deductions: tuple[Decimal, ...] = ()
    lower_is_better: bool = False
    ties: RankTies | None = None
    leave_out_missing: bool = False
    measure: str = ""

    @property
    def facts_code(self) -> str:
        """The code under which the findings of this rule are recorded."""
        return self.facts_of or self.code


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """What is assessed (考核项目). With a full score its points stay between zero and it (扣完为止, 不计负分)."""

    code: str
    label: str
    rules: tuple[Rule, ...]
    full_score: Decimal | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """A group of items (一级指标). `weight` is its percentage of the total; without weights points just add up."""

    code: str
    label: str
    items: tuple[Item, ...]
    weight: Decimal | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AssessmentScheme:
    """One version of a scheme (考核方案). Two equal schemes score equally, forever."""

    code: str
    title: str
    parts: tuple[Part, ...]
    settings: Settings
    basis: str = ""
    attribute_labels: Mapping[str, str] = field(default_factory=dict)

    @property
    def items(self) -> tuple[Item, ...]:
        """All items in the order of the scheme."""
        return tuple(item for part in self.parts for item in part.items)

    @property
    def rules(self) -> tuple[Rule, ...]:
        """All rules in the order of the scheme."""
        return tuple(rule for item in self.items for rule in item.rules)

    def rule(self, code: str) -> Rule:
        """Return the rule with this code, or raise KeyError."""
        for rule in self.rules:
            if rule.code == code:
                return rule
        raise KeyError(code)
