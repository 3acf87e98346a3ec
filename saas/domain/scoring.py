"""Scoring (计分): from the facts of all units of a round to points, money and the explanation of both.

Pure: the same scheme, facts and period give the same results, whatever the order of the input.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from functools import partial

from saas.domain.amounts import Amount, Currency, Standing, determined, not_applicable, undetermined
from saas.domain.assessment_facts import AssessedPeriod, Fact, FactError, UnitFacts, View, check_unit
from saas.domain.scheme import COHORT_KINDS, AssessmentScheme, AttributeRef, Rule, RuleKind
from saas.domain.scheme_settings import Base, FactSource, ScoresFrom, Settings
from saas.domain.scoring_cohort import compare_units, group_contexts, peer_group_of
from saas.domain.scoring_money import settle_money, waive_in_loss_period
from saas.domain.scoring_plan import ItemPlan, SchemePlan
from saas.domain.scoring_points import add_parts, score_item, score_part
from saas.domain.scoring_results import PartResult, RuleOutcome, UnitResult
from saas.domain.scoring_rules import evaluate
from saas.domain.scoring_selection import UnitContext, figure_of


def score_round(scheme: AssessmentScheme, units: Iterable[UnitFacts], period: AssessedPeriod) -> tuple[UnitResult, ...]:
    """Return the result of every unit, ordered by unit code.

    All units of the round must be given together, since some rules compare them. Raises FactError if a fact cannot
    belong to the scheme or a unit is given twice.
    """
    ordered = sorted(units, key=lambda unit: unit.unit_code)
    _check_units(scheme, ordered)
    contexts = [_context(scheme, unit, period) for unit in ordered]
    comparisons: dict[str, dict[str, RuleOutcome]] = {unit.unit_code: {} for unit in ordered}
    for rule in scheme.rules:
        if rule.kind in COHORT_KINDS:
            for group in group_contexts(contexts, scheme.settings.peer_group):
                for unit_code, outcome in compare_units(rule, group).items():
                    comparisons[unit_code][rule.code] = outcome
    plan = SchemePlan.of(scheme)
    for context in contexts:
        context.cohort = comparisons[context.unit.unit_code]
    return tuple(_score_unit(scheme, context, plan) for context in contexts)


def _check_units(scheme: AssessmentScheme, units: Sequence[UnitFacts]) -> None:
    rules = {rule.code: rule for rule in scheme.rules}
    for before, unit in zip(units, units[1:], strict=False):
        if before.unit_code == unit.unit_code:
            raise FactError("单位 {unit} 重复", unit=unit.unit_code)
    for unit in units:
        check_unit(rules, unit)


def _context(scheme: AssessmentScheme, unit: UnitFacts, period: AssessedPeriod) -> UnitContext:
    facts: dict[str, tuple[Fact, ...]] = {}
    for fact in sorted(unit.facts, key=_by_day):
        facts[fact.rule_code] = (*facts.get(fact.rule_code, ()), fact)
    context = UnitContext(
        scheme.settings,
        scheme.attribute_labels,
        period,
        unit,
        facts,
        base=not_applicable(),
        sources=scheme.settings.facts_counted,
    )
    context.base = base_amount(scheme.settings.base, context)
    return context


def _by_day(fact: Fact) -> tuple[date, str]:
    return fact.found_on or date.min, fact.fact_id


def base_amount(base: Base | None, context: UnitContext) -> Amount:
    """Return the base subsidy of a unit for the period; not applicable where the scheme has none."""
    if base is None:
        return not_applicable()
    attribute = None if base.attribute is None else context.unit.attributes.get(base.attribute)
    value = base.amount
    if base.table:
        value = dict(base.table).get(str(attribute))
    elif base.attribute is not None:
        value = figure_of(AttributeRef(base.attribute), context)
    if value is None:
        value = context.unit.base_amount
    return undetermined(f"{base.label}未定") if value is None else determined(value)


def _score_unit(scheme: AssessmentScheme, context: UnitContext, plan: SchemePlan) -> UnitResult:
    settings = scheme.settings
    outcomes = [[_outcomes(item, context, plan) for item in part] for part in plan.parts]
    every = _flat(outcomes)
    if any(every[place].is_triggered for place in plan.losses):
        outcomes = [[_waived(item, settings) for item in part] for part in outcomes]
        every = _flat(outcomes)
    parts = tuple(
        score_part(part, [score_item(item, found[place], settings) for place, item in enumerate(items)], settings)
        for part, items, found in zip(scheme.parts, plan.parts, outcomes, strict=True)
    )
    points, unlimited = add_parts(parts, settings)
    vetoes = [every[place] for place in plan.vetoes]
    return UnitResult(
        scheme=scheme,
        unit_code=context.unit.unit_code,
        period=context.period,
        peer_group=peer_group_of(context, settings.peer_group),
        parts=parts,
        points=points,
        money=settle_money(
            context.base, [every[place] for place in plan.losses], [every[place] for place in plan.money], settings
        ),
        points_unlimited=unlimited,
        vetoed_by=tuple([outcome.rule.code for outcome in vetoes if outcome.is_triggered]),
        veto_open=tuple([outcome.rule.code for outcome in vetoes if _is_open(outcome)]),
        seen_by=partial(view_points, context, plan, parts, points),
    )


def _flat(outcomes: Sequence[Sequence[tuple[RuleOutcome, ...]]]) -> list[RuleOutcome]:
    return [outcome for part in outcomes for item in part for outcome in item]


def _waived(outcomes: tuple[RuleOutcome, ...], settings: Settings) -> tuple[RuleOutcome, ...]:
    return tuple(waive_in_loss_period(outcome, settings) for outcome in outcomes)


def _outcomes(item: ItemPlan, context: UnitContext, plan: SchemePlan) -> tuple[RuleOutcome, ...]:
    """Evaluate an item's rules; most have no findings, and share one outcome among all re-checked units."""
    facts = context.facts
    return tuple(
        [
            _quiet(each.rule, context, plan)
            if each.is_quiet and each.facts_code not in facts
            else evaluate(each.rule, context)
            for each in item.rules
        ]
    )


def _quiet(rule: Rule, context: UnitContext, plan: SchemePlan) -> RuleOutcome:
    if not context.unit.is_rechecked:
        return evaluate(rule, context)
    outcome = plan.quiet.get(rule.code)
    if outcome is None:
        outcome = plan.quiet[rule.code] = evaluate(rule, context)
    return outcome


def _is_open(outcome: RuleOutcome) -> bool:
    return not outcome.is_triggered and outcome.standing in (Standing.UNDETERMINED, Standing.MISSING)


def view_points(
    context: UnitContext, plan: SchemePlan, combined: tuple[PartResult, ...], points: Amount, view: View
) -> Amount | None:
    """Return the total by one side's word alone, None where the scheme has no scores.

    What the other side cannot have changed is taken from the result.
    """
    settings = context.settings
    if settings.scores_from is None:
        return None
    if view is View.RECHECK and settings.scores_from is ScoresFrom.RECHECK_REPLACES and _counts_no_self(settings):
        return points
    seen = context.seen_by(view)
    parts = tuple(
        score_part(
            result.part,
            [
                score_item(item, _outcomes(item, seen, plan), settings) if _depends(item, context) else before
                for item, before in zip(items, result.items, strict=True)
            ],
            settings,
        )
        for items, result in zip(plan.parts, combined, strict=True)
    )
    return add_parts(parts, settings)[0]


def _counts_no_self(settings: Settings) -> bool:
    return set(settings.facts_counted) == {FactSource.RECHECK, FactSource.OFFICE}


def _depends(item: ItemPlan, context: UnitContext) -> bool:
    """Whether an item's points may differ between self-score and re-check."""
    if not context.unit.is_rechecked or context.settings.household_in_two_rules is False:
        return True
    return any(
        each.rule.kind is RuleKind.MANUAL_SCORE
        or any(fact.source is not FactSource.OFFICE for fact in context.facts.get(each.facts_code, ()))
        for each in item.rules
        if each.rule.currency is Currency.POINTS
    )
