"""From the outcomes of rules to the points of items, parts and the whole (项目得分、部分得分、总分)."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from saas.domain.amounts import (
    HUNDRED,
    ZERO,
    Amount,
    Standing,
    determined,
    not_applicable,
    percent_of,
    plus,
    scaled,
    settled,
    total,
)
from saas.domain.scheme import Part
from saas.domain.scheme_settings import NotApplicableItems, Settings
from saas.domain.scoring_plan import ItemPlan
from saas.domain.scoring_results import ItemResult, PartResult, RuleOutcome

_NOTHING = not_applicable()


def score_item(plan: ItemPlan, outcomes: tuple[RuleOutcome, ...], settings: Settings) -> ItemResult:
    """Return the points of one item: built up or deducted from the full score, kept within it, bonus on top."""
    full = plan.item.full_score
    bonus = _add(outcomes, plan.bonuses)
    if not (plan.always_applies or _applies(outcomes, plan.inner)):
        score = _NOTHING
        if plan.inner and full is not None and settings.not_applicable_items is NotApplicableItems.FULL:
            score = determined(full)
        return ItemResult(plan.item, outcomes, score, bonus)
    if _has_lapsed(plan, outcomes, settings):
        return ItemResult(plan.item, _without_takers(plan, outcomes), _NOTHING, bonus)
    if plan.voids and any(outcomes[place].is_triggered for place in plan.voids):
        return ItemResult(plan.item, outcomes, determined(ZERO), determined(ZERO), is_voided=True)
    score = _add(outcomes, plan.takers)
    if plan.gains:
        gained = _add(outcomes, plan.gains)
        if not plan.always_applies:
            gained = _made_up(gained, [outcomes[place] for place in plan.gains], settings)
        score = plus(gained, score)
    elif full is not None:
        score = plus(determined(full), score)
    limited = _within(score, ZERO, full) if full is not None else score
    unlimited = score.value if limited is not score else None
    return ItemResult(plan.item, outcomes, limited, bonus, unlimited)


def _has_lapsed(plan: ItemPlan, outcomes: tuple[RuleOutcome, ...], settings: Settings) -> bool:
    """Whether nothing could be gained in an item, so that there is nothing to deduct from either."""
    if plan.always_applies or not plan.gains or settings.not_applicable_items is NotApplicableItems.FULL:
        return False
    return not _applies(outcomes, plan.gains)


def _without_takers(plan: ItemPlan, outcomes: tuple[RuleOutcome, ...]) -> tuple[RuleOutcome, ...]:
    return tuple(
        outcome._replace(waived="该项不适用，不扣分")
        if place in plan.takers and outcome.effect.known != ZERO
        else outcome
        for place, outcome in enumerate(outcomes)
    )


def _applies(outcomes: Sequence[RuleOutcome], places: Sequence[int]) -> bool:
    return any(outcomes[place].standing is not Standing.NOT_APPLICABLE for place in places)


def _add(outcomes: Sequence[RuleOutcome], places: Sequence[int]) -> Amount:
    """Add the effects at these places; the same as `total`, quick where everything is determined."""
    if not places:
        return _NOTHING
    value = ZERO
    for place in places:
        outcome = outcomes[place]
        if outcome.standing is not Standing.DETERMINED or outcome.waived:
            return total([outcomes[each].effect for each in places])
        if outcome.value is not None:
            value += outcome.value
    return Amount(Standing.DETERMINED, value)


def _made_up(gained: Amount, gains: Sequence[RuleOutcome], settings: Settings) -> Amount:
    """Return what was gained, with what could not be gained treated as the scheme says (缺项)."""
    absent = sum((_full(outcome) for outcome in gains if outcome.standing is Standing.NOT_APPLICABLE), ZERO)
    reachable = sum((_full(outcome) for outcome in gains), ZERO)
    if absent == ZERO or settings.not_applicable_items is NotApplicableItems.DROP:
        return gained
    if settings.not_applicable_items is NotApplicableItems.FULL:
        return total((gained, determined(absent)))
    return rescale(gained, reachable, reachable - absent)


def _full(outcome: RuleOutcome) -> Decimal:
    return outcome.rule.full_score or ZERO


def rescale(amount: Amount, full: Decimal, applicable: Decimal) -> Amount:
    """Return the amount as if everything had applied (折算): × full ÷ applicable. Nothing to scale by: unchanged."""
    if amount.value is None or applicable <= ZERO or applicable == full:
        return amount
    return Amount(amount.standing, scaled(amount.value, full, applicable), amount.reasons)


def _within(amount: Amount, low: Decimal | None, high: Decimal | None) -> Amount:
    if amount.value is None:
        return amount
    value = amount.value if low is None else max(amount.value, low)
    value = value if high is None else min(value, high)
    return amount if value == amount.value else Amount(amount.standing, value, amount.reasons)


def score_part(part: Part, items: Sequence[ItemResult], settings: Settings) -> PartResult:
    """Return the points of one part, before its weight."""
    graded = [result for result in items if result.item.full_score is not None]
    full = sum((_full_score(result) for result in graded), ZERO)
    applicable = sum(
        (_full_score(result) for result in graded if result.score.standing is not Standing.NOT_APPLICABLE), ZERO
    )
    score = total(result.score for result in graded)
    if settings.not_applicable_items is NotApplicableItems.RESCALE:
        score = rescale(score, full, applicable)
    extras = [result.score for result in items if result.item.full_score is None]
    extras += [result.bonus for result in items]
    return PartResult(part, tuple(items), score, total(extras), full, applicable)


def _full_score(result: ItemResult) -> Decimal:
    return result.item.full_score or ZERO


def add_parts(parts: Sequence[PartResult], settings: Settings) -> tuple[Amount, Decimal | None]:
    """Return the total, and the total before the scheme's limits if they cut it.

    A part in which nothing applies is made up for by the others, by weight or by full score, if the scheme re-scales.
    """
    is_weighted = any(result.part.weight is not None for result in parts)
    shares = [_share(result, is_weighted) for result in parts]
    score = total(_weighted(result.score, result.part) for result in parts)
    if settings.not_applicable_items is NotApplicableItems.RESCALE:
        present = [share for share, result in zip(shares, parts, strict=True) if result.applicable_full > ZERO]
        score = rescale(score, sum(shares, ZERO), sum(present, ZERO))
    extras = total([_weighted(result.extras, result.part) for result in parts])
    points = settled(plus(score, extras))
    limited = _within(points, settings.points_floor, settings.points_cap)
    return limited, points.value if limited is not points else None


def _share(result: PartResult, is_weighted: bool) -> Decimal:
    if result.full == ZERO:
        return ZERO
    return (result.part.weight or ZERO) if is_weighted else result.full


def _weighted(amount: Amount, part: Part) -> Amount:
    if part.weight is None or part.weight == HUNDRED or amount.value is None:
        return amount
    return Amount(amount.standing, percent_of(amount.value, part.weight), amount.reasons)
