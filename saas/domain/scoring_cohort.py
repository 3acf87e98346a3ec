"""Rules that compare the units of a round with each other: last places, places, the best unit (按名次、与最优比)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal

from saas.domain.amounts import ONE, ZERO, Standing, percent_of, scaled
from saas.domain.scheme import RankTies, Rule, RuleKind
from saas.domain.scoring_results import RuleOutcome
from saas.domain.scoring_rules import from_reading
from saas.domain.scoring_selection import Reading, UnitContext, inapplicable, reading


def compare_units(rule: Rule, contexts: Mapping[str, UnitContext]) -> dict[str, RuleOutcome]:
    """Return the outcome of a comparing rule for every unit of one peer group, by unit code.

    Units to which the rule does not apply are left to the ordinary evaluation. While a figure is missing nobody's
    place is known, unless the rule says to leave such units out.
    """
    readings: dict[str, Reading] = {}
    for code, context in contexts.items():
        if inapplicable(rule, context) is None:
            readings[code] = reading(rule, context)
    figures = {code: rate for code, read in readings.items() if (rate := read.as_rate) is not None}
    outcomes = {code: _without_figure(rule, readings[code]) for code in readings if code not in figures}
    is_incomplete = any(outcome.standing is not Standing.NOT_APPLICABLE for outcome in outcomes.values())
    if is_incomplete and not rule.leave_out_missing:
        reason = f"{rule.label}：有单位未报，名次未定"
        for code, figure in figures.items():
            outcomes[code] = from_reading(
                rule, readings[code], None, quantity=figure, standing=Standing.UNDETERMINED, reasons=(reason,)
            )
        return outcomes
    effects = _relative(rule, figures) if rule.kind is RuleKind.RELATIVE_TO_BEST else _by_place(rule, figures)
    for code, (value, against) in effects.items():
        standing, reasons = (Standing.DETERMINED, ()) if value is not None else _open(rule)
        outcomes[code] = from_reading(
            rule, readings[code], value, quantity=figures[code], against=against, standing=standing, reasons=reasons
        )
    return outcomes


def _without_figure(rule: Rule, read: Reading) -> RuleOutcome:
    if read.standing is Standing.DETERMINED:  # a rate of nothing
        return from_reading(rule, read, None, standing=Standing.NOT_APPLICABLE, reasons=("总数为 0，没有考核任务",))
    return from_reading(rule, read, None)


def _open(rule: Rule) -> tuple[Standing, tuple[str, ...]]:
    if rule.kind is RuleKind.RELATIVE_TO_BEST:
        return Standing.UNDETERMINED, (f"{rule.label}：最优单位的数为 0，无法折算",)
    return Standing.UNDETERMINED, (f"{rule.label}：名次并列，待裁定",)


def _relative(rule: Rule, figures: Mapping[str, Decimal]) -> dict[str, tuple[Decimal | None, Decimal | None]]:
    best = max(figures.values(), default=ZERO)
    full = rule.full_score or ZERO
    if best <= ZERO:
        return dict.fromkeys(figures, (None, best))
    return {code: (scaled(full, figure, best), best) for code, figure in figures.items()}


def _by_place(rule: Rule, figures: Mapping[str, Decimal]) -> dict[str, tuple[Decimal | None, Decimal | None]]:
    """Give each unit the effect of its place, counted from the end that matters. Equal figures share places."""
    from_the_end = rule.kind is RuleKind.RANK_DEDUCTION
    highest_first = not rule.lower_is_better
    ordered = sorted(set(figures.values()), reverse=highest_first is not from_the_end)
    effects: dict[str, tuple[Decimal | None, Decimal | None]] = {}
    place = 1
    for figure in ordered:
        tied = [code for code, own in figures.items() if own == figure]
        candidates = [_effect(rule, place + offset) for offset in range(len(tied))]
        is_open = rule.ties is RankTies.ASK and len(set(candidates)) > 1
        for code in tied:
            effects[code] = (None if is_open else candidates[0], Decimal(place))
        place += len(tied)
    return effects


def _effect(rule: Rule, place: int) -> Decimal:
    """Return the effect of a place: from the end for deductions, from the top otherwise."""
    if rule.kind is RuleKind.RANK_DEDUCTION:
        return -rule.deductions[place - 1] if place <= len(rule.deductions) else ZERO
    full = rule.full_score or ZERO
    lost = percent_of(full, rule.percent or ZERO) * (place - ONE)
    return max(full - lost, rule.floor or ZERO)


def group_contexts(contexts: Sequence[UnitContext], peer_group: str | None) -> list[dict[str, UnitContext]]:
    """Divide units into their peer groups (分类考核), each by unit code."""
    groups: dict[str, dict[str, UnitContext]] = {}
    for context in contexts:
        groups.setdefault(peer_group_of(context, peer_group), {})[context.unit.unit_code] = context
    return [groups[name] for name in sorted(groups)]


def peer_group_of(context: UnitContext, peer_group: str | None) -> str:
    """Return the name of the unit's peer group, empty where the scheme has none or the attribute is not filled in."""
    value = "" if peer_group is None else context.unit.attributes.get(peer_group)
    return "" if value is None else str(value)
