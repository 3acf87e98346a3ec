"""Settlement (结算): periods rolled up, consequences for persons, payments with a floor."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from saas.domain.amounts import (
    HUNDRED,
    ZERO,
    Amount,
    Standing,
    determined,
    divide,
    missing,
    percent_of,
    settle,
    total,
    undetermined,
)
from saas.domain.scheme import AssessmentScheme, RuleKind
from saas.domain.scheme_settings import MissingPeriods, PeriodRollUp, RollUp
from saas.domain.scoring_results import RuleOutcome, UnitResult


@dataclass(frozen=True, slots=True)
class PeriodResult:
    """One period inside a roll-up, by its label (`2025-07`). `points` and `money` are None where nothing was scored."""

    label: str
    points: Amount | None
    money: Amount | None


@dataclass(frozen=True, slots=True)
class RolledUp:
    """The result of a longer period with the periods it was made of and the arithmetic as text."""

    points: Amount
    money: Amount
    periods: tuple[PeriodResult, ...]
    points_text: str
    money_text: str


def period_result(label: str, result: UnitResult | None) -> PeriodResult:
    """Return what a roll-up needs of one period's result; None for a period in which the unit was not scored."""
    if result is None:
        return PeriodResult(label, None, None)
    return PeriodResult(label, result.points, result.money.payable)


def roll_up(scheme: AssessmentScheme, periods: Sequence[PeriodResult]) -> RolledUp:
    """Combine the periods of one unit, in order, by the scheme's own rule.

    Without such a rule the result is undetermined: an average nobody decided on would be invented. A period without a
    result either leaves the whole open or is left out, as the scheme says; it is never a zero.
    """
    rule = scheme.settings.roll_up
    if rule is None:
        nothing = undetermined("办法未规定如何汇总")
        return RolledUp(nothing, nothing, tuple(periods), "办法未规定如何汇总", "办法未规定如何汇总")
    points, points_text = _combine(rule, rule.points, [(p.label, p.points) for p in periods], "分")
    money, money_text = _combine(rule, rule.money, [(p.label, p.money) for p in periods], "元")
    return RolledUp(points, money, tuple(periods), points_text, money_text)


def _combine(
    rule: PeriodRollUp, how: RollUp, amounts: Sequence[tuple[str, Amount | None]], unit: str
) -> tuple[Amount, str]:
    present = [(label, amount) for label, amount in amounts if amount is not None and _is_there(rule, amount)]
    absent = [label for label, amount in amounts if amount is None]
    if not present:
        return undetermined("各期均无结果"), "各期均无结果"
    gaps = [missing(f"{label} 无结果") for label in absent] if rule.missing is MissingPeriods.UNDETERMINED else []
    text = _sum_text(how, rule, present, unit)
    if how is RollUp.LAST:
        label, last = amounts[-1]
        chosen = present[-1][1] if last is None and not gaps else last
        return (missing(f"{label} 无结果") if chosen is None else chosen), text
    if how is RollUp.WEIGHTED:
        return _weighted(rule, amounts), text
    combined = total([amount for _, amount in present] + gaps)
    if how is RollUp.SUM or combined.value is None:
        return combined, text
    applicable = [amount for _, amount in present if amount.standing is not Standing.NOT_APPLICABLE]
    # The known part of an average with a gap still spreads over all periods, so that it never overstates.
    mean = divide(combined.value, Decimal(len(applicable) + len(gaps)))
    return Amount(combined.standing, settle(mean), combined.reasons), text


def _is_there(rule: PeriodRollUp, amount: Amount) -> bool:
    """A period of which nothing was delivered is as absent as one that was never scored, if gaps are left out."""
    return not (rule.missing is MissingPeriods.SKIP and amount.standing is Standing.MISSING and amount.value is None)


def _weighted(rule: PeriodRollUp, amounts: Sequence[tuple[str, Amount | None]]) -> Amount:
    if len(amounts) != len(rule.weights):
        return undetermined(f"应有 {len(rule.weights)} 期，实有 {len(amounts)} 期")
    shares = []
    for (label, amount), weight in zip(amounts, rule.weights, strict=True):
        # Weights cannot be shared out anew without a rule for it, so a gap stays a gap.
        share = missing(f"{label} 无结果") if amount is None else amount
        value = None if share.value is None else percent_of(share.value, weight)
        shares.append(Amount(share.standing, value, share.reasons))
    return total(shares)


def _sum_text(how: RollUp, rule: PeriodRollUp, present: Sequence[tuple[str, Amount]], unit: str) -> str:
    names = {RollUp.SUM: "相加", RollUp.MEAN: "取平均", RollUp.LAST: "取最后一期", RollUp.WEIGHTED: "按权重"}
    weights = "".join(f" {weight:f}%" for weight in rule.weights) if how is RollUp.WEIGHTED else ""
    terms = "、".join(f"{label} {_figure(amount)} {unit}" for label, amount in present)
    return f"{names[how]}{weights}：{terms}"


def _figure(amount: Amount) -> str:
    return "未定" if amount.value is None else f"{settle(amount.value):f}".replace("-", "−")


@dataclass(frozen=True, slots=True)
class PersonalConsequence:
    """What a sanction on a unit means for one person of it (个人绩效扣减). `person` is a post or a reference."""

    person: str
    rule_code: str
    percent: Decimal | None
    amount: Amount
    text: str
    fact_ids: tuple[str, ...]


def settle_persons(result: UnitResult, pay_bases: Mapping[str, Decimal | None]) -> tuple[PersonalConsequence, ...]:
    """Return what each person in `pay_bases` loses: percent of the personal performance pay of the period (元).

    Empty if nothing was triggered. Without a pay base or a percentage the amount is undetermined. A rule takes effect
    once a period, however many findings.
    """
    consequences = []
    for outcome in result.outcomes:
        if outcome.rule.kind is RuleKind.PERSONAL_LOSS and outcome.is_triggered:
            consequences += [_personal(outcome, person, pay_bases[person]) for person in sorted(pay_bases)]
    return tuple(consequences)


def _personal(outcome: RuleOutcome, person: str, base: Decimal | None) -> PersonalConsequence:
    percent = outcome.rule.percent
    shown_percent = "比例未定" if percent is None else f"{percent:f}%"
    shown_base = "未定" if base is None else f"{base:f} 元"
    text = f"当期绩效工资 {shown_base} × {shown_percent}"
    if percent is None:
        amount = undetermined(f"{outcome.rule.label}：办法未规定扣减比例")
    elif base is None:
        amount = undetermined("绩效工资基数未定")
    else:
        amount = determined(-percent_of(base, percent))
        text = f"{text} = −{settle(-amount.known):f} 元"
    return PersonalConsequence(
        person, outcome.rule.code, percent, amount, text, tuple(fact.fact_id for fact in outcome.facts)
    )


@dataclass(frozen=True, slots=True)
class Payment:
    """A payment made to one recipient of a class, e.g. the guardian of a patient of danger level 4."""

    reference: str
    recipient_class: str
    amount: Decimal


def underpaid(rates: Mapping[str, Decimal | None], payments: Sequence[Payment]) -> tuple[tuple[Payment, Decimal], ...]:
    """Return payments below the floor of their class (不低于), with what they lack; some classes have no floor."""
    lacking = []
    for payment in payments:
        floor = rates.get(payment.recipient_class)
        if floor is not None and payment.amount < floor:
            lacking.append((payment, floor - payment.amount))
    return tuple(lacking)


def share_of(done: int, of: int) -> Decimal | None:
    """Return the percentage done, unrounded; None if nothing was asked for (不适用)."""
    return None if of == ZERO else divide(Decimal(done) * HUNDRED, Decimal(of))
