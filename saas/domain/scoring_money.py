"""From the outcomes of rules in yuan to what a unit is paid for the period (应付金额)."""

from __future__ import annotations

from collections.abc import Sequence

from saas.domain.amounts import ZERO, Amount, Currency, Standing, determined, settled, total
from saas.domain.scheme import RuleKind
from saas.domain.scheme_settings import Settings
from saas.domain.scoring_results import MoneyResult, RuleOutcome

# Kinds that give money; every other kind in yuan takes it.
_GIVING = frozenset({RuleKind.BONUS, RuleKind.TARIFF})


def waive_in_loss_period(outcome: RuleOutcome, settings: Settings) -> RuleOutcome:
    """Return the outcome as it stands in a period that lost its base: applied or waived, as the scheme says."""
    rule = outcome.rule
    if rule.currency is not Currency.YUAN or rule.kind in (RuleKind.WHOLE_MONTH_LOSS, RuleKind.PERSONAL_LOSS):
        return outcome
    if outcome.standing is Standing.NOT_APPLICABLE or outcome.value == ZERO:
        return outcome
    if rule.kind in _GIVING or outcome.effect.known > ZERO:
        return outcome if settings.bonus_in_loss_period else outcome._replace(waived="当期补助已扣，本项奖励不再发")
    return outcome if settings.deductions_in_loss_period else outcome._replace(waived="当期补助已扣，本项不再另扣")


def settle_money(
    base: Amount, losses: Sequence[RuleOutcome], others: Sequence[RuleOutcome], settings: Settings
) -> MoneyResult:
    """Add up base, losses of the base, bonuses and deductions. Several losses together take no more than the base."""
    loss = total([outcome.effect for outcome in losses])
    if loss.is_determined and base.is_determined and -loss.known > base.known:
        loss = determined(-base.known)
    changes = total([loss, *[outcome.effect for outcome in others if outcome.value != ZERO or outcome.reasons]])
    if changes.standing is Standing.NOT_APPLICABLE and (losses or others):
        changes = total([outcome.effect for outcome in others])
    payable = settled(total([base, changes]))
    unlimited = None
    if settings.negative_payable is False and payable.is_determined and payable.known < ZERO:
        payable, unlimited = determined(ZERO), payable.value
    return MoneyResult(base, changes, payable, unlimited, any(outcome.is_triggered for outcome in losses))
