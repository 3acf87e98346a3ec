"""Which fields each kind of rule has: one table for reading, writing and documenting schemes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from saas.domain.amounts import Currency
from saas.domain.scheme import RuleKind


@dataclass(frozen=True, slots=True)
class KindFields:
    """The fields of a kind beside the common ones. `currency` is fixed where only one makes sense.

    `amount`, `percent` and amounts in tables are never required: a scheme may not say how much (未定).
    """

    required: tuple[str, ...] = ()
    optional: tuple[str, ...] = ()
    currency: Currency | None = None

    @property
    def names(self) -> tuple[str, ...]:
        return self.required + self.optional


COMMON_FIELDS = (
    "code",
    "kind",
    "label",
    "currency",
    "clause",
    "measure",
    "applies_when",
    "counts_when",
    "effective_from",
    "facts_of",
)

KIND_FIELDS: Mapping[RuleKind, KindFields] = {
    RuleKind.MANUAL_SCORE: KindFields(required=("full_score",), currency=Currency.POINTS),
    RuleKind.PER_OCCURRENCE: KindFields(optional=("amount", "cap")),
    RuleKind.PER_HOUSEHOLD: KindFields(optional=("amount", "cap")),
    RuleKind.SHORTFALL: KindFields(required=("required",), optional=("amount", "cap")),
    RuleKind.BONUS: KindFields(optional=("amount", "cap")),
    RuleKind.TARIFF: KindFields(required=("class_attribute", "rates"), optional=("cap",)),
    RuleKind.WHOLE_MONTH_LOSS: KindFields(optional=("percent",), currency=Currency.YUAN),
    RuleKind.PERSONAL_LOSS: KindFields(optional=("percent",), currency=Currency.YUAN),
    RuleKind.PROPORTIONAL: KindFields(required=("full_score",), optional=("target",)),
    RuleKind.LINEAR_STEP: KindFields(
        required=("target", "step", "whole_steps"), optional=("amount", "step_amount", "cap", "floor")
    ),
    RuleKind.BAND: KindFields(required=("bands",)),
    RuleKind.ITEM_VOID: KindFields(currency=Currency.POINTS),
    RuleKind.VETO: KindFields(currency=Currency.POINTS),
    RuleKind.RANK_DEDUCTION: KindFields(
        required=("deductions", "ties"), optional=("lower_is_better", "leave_out_missing")
    ),
    RuleKind.BY_RANK: KindFields(
        required=("full_score", "percent", "ties"), optional=("floor", "lower_is_better", "leave_out_missing")
    ),
    RuleKind.RELATIVE_TO_BEST: KindFields(required=("full_score",), optional=("leave_out_missing",)),
}
