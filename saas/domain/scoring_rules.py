"""What each kind of rule makes of the facts of one unit (计分规则). Rules comparing units are in `scoring_cohort`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import ROUND_DOWN, Decimal

from saas.domain.amounts import ONE, ZERO, Standing, divide, percent_of, scaled
from saas.domain.assessment_facts import Fact, View
from saas.domain.scheme import Rule, RuleKind
from saas.domain.scheme_settings import FactSource, ScoresFrom, WithoutRecheck
from saas.domain.scoring_results import RuleOutcome, Uncounted
from saas.domain.scoring_selection import (
    Counted,
    Reading,
    UnitContext,
    attribute_is_open,
    counted_facts,
    figure_of,
    inapplicable,
    reading,
)

# What only a visit can find: before the re-check, nothing found is not yet good news.
_FOUND_ON_SITE = frozenset({RuleKind.PER_OCCURRENCE, RuleKind.PER_HOUSEHOLD, RuleKind.ITEM_VOID})


def evaluate(rule: Rule, context: UnitContext) -> RuleOutcome:
    """Return what one rule does to one unit."""
    if rule.applies_when is not None or rule.effective_from is not None:
        outcome = inapplicable(rule, context)
        if outcome is not None:
            return outcome
    evaluator = _EVALUATORS.get(rule.kind)
    return context.cohort[rule.code] if evaluator is None else evaluator(rule, context)


def _manual_score(rule: Rule, context: UnitContext) -> RuleOutcome:
    code = rule.facts_code
    own = context.unit.self_scores.get(code)
    recheck = context.unit.recheck_scores.get(code)
    score, reason = _combined_score(own, recheck, context)
    if score is not None:
        return RuleOutcome(
            rule, Standing.DETERMINED, score, against=rule.full_score, self_score=own, recheck_score=recheck
        )
    reasons = (f"{rule.label}：{reason}",)
    return RuleOutcome(
        rule,
        Standing.MISSING,
        against=rule.full_score,
        self_score=own,
        recheck_score=recheck,
        reasons=reasons,
    )


def _combined_score(own: Decimal | None, recheck: Decimal | None, context: UnitContext) -> tuple[Decimal | None, str]:
    choice = context.settings.scores_from
    if context.view is View.SELF:
        return own, "自评未报"
    if context.view is View.RECHECK or choice is ScoresFrom.RECHECK_REPLACES:
        return recheck, "未复核评分"
    if choice is ScoresFrom.SELF_UNLESS_RECHECKED:
        return (own if recheck is None else recheck), "自评未报，也未复核评分"
    if own is None or recheck is None:
        return None, "自评未报" if own is None else "未复核评分"
    if choice is ScoresFrom.AVERAGE:
        return divide(own + recheck, Decimal(2)), ""
    weights = context.settings.self_weight or ZERO, context.settings.recheck_weight or ZERO
    return percent_of(own, weights[0]) + percent_of(recheck, weights[1]), ""


def _times(facts: tuple[Fact, ...]) -> tuple[Decimal, bool]:
    """Return the sum of quantities, and whether every fact has one."""
    if len(facts) == 1 and facts[0].quantity is not None:
        return facts[0].quantity, True
    known = [fact.quantity for fact in facts if fact.quantity is not None]
    return sum(known, ZERO), len(known) == len(facts)


def _per_occurrence(rule: Rule, context: UnitContext) -> RuleOutcome:
    counted = counted_facts(rule, context)
    count, is_complete = _times(counted.facts)
    return _counted_outcome(rule, context, counted, count, is_complete, Decimal(-1))


def _bonus(rule: Rule, context: UnitContext) -> RuleOutcome:
    counted = counted_facts(rule, context)
    count, is_complete = _times(counted.facts)
    return _counted_outcome(rule, context, counted, count, is_complete, ONE)


def _per_household(rule: Rule, context: UnitContext) -> RuleOutcome:
    """Each household once per rule; those without a house number are taken as counted by the inspector."""
    counted = counted_facts(rule, context)
    households = {household for fact in counted.facts for household in fact.households}
    shared: set[str] = set()
    if context.settings.household_in_two_rules is False:
        used = context.used_households.setdefault(rule.currency, set())
        shared = households & used
        households = households - used
        used |= households
    count, is_complete = _times(tuple(fact for fact in counted.facts if not fact.households))
    already = tuple(
        Uncounted(fact, f"其中 {len(shared & set(fact.households))} 户已计入前面的规则")
        for fact in counted.facts
        if shared & set(fact.households)
    )
    counted = Counted(counted.facts, counted.uncounted + already, counted.open_reasons)
    return _counted_outcome(rule, context, counted, count + len(households), is_complete, Decimal(-1))


def _counted_outcome(
    rule: Rule, context: UnitContext, counted: Counted, count: Decimal, is_complete: bool, sign: Decimal
) -> RuleOutcome:
    """Return count × amount with its cap. Nothing found needs no amount; something found without one is open."""
    standing, reasons = Standing.DETERMINED, counted.open_reasons
    value: Decimal | None = ZERO if count == ZERO else None
    if count > ZERO and rule.amount is not None:
        value = sign * count * rule.amount
    if value is None:
        standing, reasons = Standing.UNDETERMINED, (*reasons, f"{rule.label}：办法未规定标准")
    if counted.open_reasons:
        standing = Standing.UNDETERMINED
    if not is_complete:
        standing, reasons = Standing.MISSING, (*reasons, f"{rule.label}：有记录未填数量")
    if _awaits_recheck(rule, context):
        standing, reasons = Standing.MISSING, (*reasons, f"{rule.label}：尚未复核")
    value, uncapped = _capped(value, rule.cap)
    return RuleOutcome(
        rule, standing, value, count, None, uncapped, facts=counted.facts, uncounted=counted.uncounted, reasons=reasons
    )


def _awaits_recheck(rule: Rule, context: UnitContext) -> bool:
    return (
        not context.unit.is_rechecked
        and rule.kind in _FOUND_ON_SITE
        and context.settings.without_recheck is WithoutRecheck.MISSING
        and FactSource.RECHECK in context.sources
    )


def _capped(value: Decimal | None, cap: Decimal | None) -> tuple[Decimal | None, Decimal | None]:
    """Return the effect within its cap, and the effect before if the cap cut it."""
    if value is None or cap is None or abs(value) <= cap:
        return value, None
    return cap.copy_sign(value), value


def _tariff(rule: Rule, context: UnitContext) -> RuleOutcome:
    counted = counted_facts(rule, context)
    rates = dict(rule.rates)
    value, reasons = ZERO, list(counted.open_reasons)
    for fact in counted.facts:
        label = str(fact.attributes.get(rule.class_attribute or "", ""))
        rate = rates.get(label)
        if rate is not None and fact.quantity is not None:
            value += fact.quantity * rate
        elif fact.quantity is None or fact.quantity > ZERO:
            reasons.append(
                f"{rule.label}：类别“{label or '未填'}”{'未填数量' if fact.quantity is None else '未规定标准'}"
            )
    count, is_complete = _times(counted.facts)
    standing = Standing.UNDETERMINED if reasons else Standing.DETERMINED
    if not is_complete:
        standing = Standing.MISSING
    capped, uncapped = _capped(value, rule.cap)
    return RuleOutcome(
        rule,
        standing,
        capped,
        count,
        None,
        uncapped,
        facts=counted.facts,
        uncounted=counted.uncounted,
        reasons=tuple(reasons),
    )


def _whole_month_loss(rule: Rule, context: UnitContext) -> RuleOutcome:
    """However often it happened, the base of the period is lost once."""
    counted = counted_facts(rule, context)
    count = Decimal(len(counted.facts))
    standing, value, reasons = Standing.DETERMINED, ZERO, counted.open_reasons
    if count > ZERO:
        if rule.percent is None:
            reasons = (*reasons, f"{rule.label}：办法未规定扣减比例")
        if not context.base.is_determined:
            reasons = (*reasons, *context.base.reasons)
        if rule.percent is not None and context.base.is_determined:
            value = -percent_of(context.base.known, rule.percent)
    if reasons:
        standing = Standing.UNDETERMINED
    return RuleOutcome(
        rule,
        standing,
        None if reasons and value == ZERO else value,
        count,
        context.base.value if count > ZERO else None,
        facts=counted.facts,
        uncounted=counted.uncounted,
        reasons=reasons,
    )


def _event(rule: Rule, context: UnitContext) -> RuleOutcome:
    """Void, veto and consequences for persons: something that happened or not, no sum of the unit."""
    counted = counted_facts(rule, context)
    # A recorded zero is the report that nothing happened; an empty quantity is still an event.
    count = Decimal(sum(1 for fact in counted.facts if fact.quantity is None or fact.quantity > ZERO))
    standing, reasons = Standing.DETERMINED, counted.open_reasons
    if counted.open_reasons:
        standing = Standing.UNDETERMINED
    if count == ZERO and _awaits_recheck(rule, context):
        standing, reasons = Standing.MISSING, (*reasons, f"{rule.label}：尚未复核")
    return RuleOutcome(
        rule, standing, None, count, rule.percent, facts=counted.facts, uncounted=counted.uncounted, reasons=reasons
    )


def from_reading(
    rule: Rule,
    read: Reading,
    value: Decimal | None,
    *,
    quantity: Decimal | None = None,
    against: Decimal | None = None,
    uncapped: Decimal | None = None,
    standing: Standing | None = None,
    reasons: tuple[str, ...] = (),
) -> RuleOutcome:
    """Return the outcome of a rule that works with one reported figure."""
    return RuleOutcome(
        rule,
        read.standing if standing is None else standing,
        value,
        read.figure if quantity is None else quantity,
        against,
        uncapped,
        facts=read.facts,
        uncounted=read.uncounted,
        reasons=read.reasons + reasons,
    )


def _without_amount(rule: Rule, read: Reading, against: Decimal | None = None) -> RuleOutcome:
    reason = f"{rule.label}：办法未规定标准"
    return from_reading(rule, read, None, against=against, standing=Standing.UNDETERMINED, reasons=(reason,))


def _attribute_open(rule: Rule, read: Reading, context: UnitContext) -> RuleOutcome:
    figure = rule.required if rule.required is not None else rule.target
    reasons = attribute_is_open(figure, context)
    return from_reading(rule, read, None, standing=Standing.UNDETERMINED, reasons=reasons)


def _shortfall(rule: Rule, context: UnitContext) -> RuleOutcome:
    """(required − actual) × amount where something is lacking; a surplus is worth nothing."""
    read = reading(rule, context)
    required = figure_of(rule.required, context)
    if read.figure is None:
        return from_reading(rule, read, None, against=required)
    if required is None:
        return _attribute_open(rule, read, context)
    lacking = max(required - read.figure, ZERO)
    if lacking == ZERO:
        return from_reading(rule, read, ZERO, against=required)
    if rule.amount is None:
        return _without_amount(rule, read, required)
    value, uncapped = _capped(-lacking * rule.amount, rule.cap)
    return from_reading(rule, read, value, against=required, uncapped=uncapped)


def _proportional(rule: Rule, context: UnitContext) -> RuleOutcome:
    """Full score × actual ÷ target, at most the full score. Nothing was asked for: not applicable."""
    read = reading(rule, context)
    full = rule.full_score or ZERO
    target = figure_of(rule.target, context)
    if read.figure is None:
        return from_reading(rule, read, None, against=target)
    if rule.target is None:
        target = read.facts[0].out_of
        if target is None:
            reason = f"{rule.label}：未填总数"
            return from_reading(rule, read, None, standing=Standing.MISSING, reasons=(reason,))
    if target is None:
        return _attribute_open(rule, read, context)
    if target <= ZERO:
        reason = "目标数为 0，没有考核任务"
        return from_reading(rule, read, None, against=target, standing=Standing.NOT_APPLICABLE, reasons=(reason,))
    value = scaled(full, read.figure, target)
    return from_reading(rule, read, min(value, full), against=target, uncapped=value if value > full else None)


def _linear_step(rule: Rule, context: UnitContext) -> RuleOutcome:
    """The amount at the target, more or less for each step away from it."""
    read = reading(rule, context)
    target, actual = figure_of(rule.target, context), read.as_rate
    if read.figure is not None and actual is None:
        return _nothing_of_nothing(rule, read)
    if actual is None:
        return from_reading(rule, read, None, against=target)
    if target is None or rule.step is None:
        return _attribute_open(rule, read, context)
    steps = divide(actual - target, rule.step)
    if rule.whole_steps:
        steps = steps.to_integral_value(rounding=ROUND_DOWN)
    if rule.amount is None or (rule.step_amount is None and steps != ZERO):
        return _without_amount(rule, read, target)
    value = rule.amount + steps * (rule.step_amount or ZERO)
    limited = value if rule.cap is None else min(value, rule.cap)
    limited = limited if rule.floor is None else max(limited, rule.floor)
    uncapped = value if limited != value else None
    return from_reading(rule, read, limited, quantity=actual, against=target, uncapped=uncapped)


def _band(rule: Rule, context: UnitContext) -> RuleOutcome:
    """The amount of the highest band reached, compared unrounded."""
    read = reading(rule, context)
    actual = read.as_rate
    if read.figure is not None and actual is None:
        return _nothing_of_nothing(rule, read)
    if actual is None:
        return from_reading(rule, read, None)
    for band in rule.bands:
        if actual >= band.at_least:
            if band.amount is None:
                return _without_amount(rule, read, band.at_least)
            return from_reading(rule, read, band.amount, quantity=actual, against=band.at_least)
    reason = f"{rule.label}：低于最低一档，办法未规定"
    return from_reading(rule, read, None, quantity=actual, standing=Standing.UNDETERMINED, reasons=(reason,))


def _nothing_of_nothing(rule: Rule, read: Reading) -> RuleOutcome:
    reason = "总数为 0，没有考核任务"
    return from_reading(rule, read, None, standing=Standing.NOT_APPLICABLE, reasons=(reason,))


_EVALUATORS: Mapping[RuleKind, Callable[[Rule, UnitContext], RuleOutcome]] = {
    RuleKind.MANUAL_SCORE: _manual_score,
    RuleKind.PER_OCCURRENCE: _per_occurrence,
    RuleKind.PER_HOUSEHOLD: _per_household,
    RuleKind.SHORTFALL: _shortfall,
    RuleKind.BONUS: _bonus,
    RuleKind.TARIFF: _tariff,
    RuleKind.WHOLE_MONTH_LOSS: _whole_month_loss,
    RuleKind.PERSONAL_LOSS: _event,
    RuleKind.PROPORTIONAL: _proportional,
    RuleKind.LINEAR_STEP: _linear_step,
    RuleKind.BAND: _band,
    RuleKind.ITEM_VOID: _event,
    RuleKind.VETO: _event,
}
