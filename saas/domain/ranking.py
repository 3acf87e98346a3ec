"""Ranking (排名) and grades (等次) from the results of a round, by the scheme's own rules for ties, vetoes and gaps."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from saas.domain.amounts import ZERO, Amount, Currency, not_applicable, total
from saas.domain.scheme import AssessmentScheme
from saas.domain.scheme_settings import IncompleteUnits, Preference, RankedBy, Settings, TieBreak, Ties, VetoedUnits
from saas.domain.scoring_results import ItemResult, RuleOutcome, UnitResult


@dataclass(frozen=True, slots=True)
class RankedUnit:
    """The place of one unit in its peer group.

    `rank` is None for a unit without a rank and `reason` then says why; `possible` are the first and last rank a unit
    may get once somebody decides a tie. `grade` is None where it cannot be given yet, empty where there are none.
    """

    unit_code: str
    peer_group: str
    value: Amount
    rank: int | None
    reason: str = ""
    is_tied: bool = False
    possible: tuple[int, int] | None = None
    is_vetoed: bool = False
    grade: str | None = ""
    grade_reason: str = ""


@dataclass(frozen=True, slots=True)
class _Place:
    """Units that share a place after every tie-break, and why a tie among them could not be broken."""

    results: tuple[UnitResult, ...]
    reason: str = ""


def rank_units(scheme: AssessmentScheme, results: Sequence[UnitResult]) -> tuple[RankedUnit, ...]:
    """Return every unit with its place: by peer group, then rank, then unit code; units without a rank come last.

    Comparison is unrounded. Points and money rank the highest first.
    """
    if scheme.settings.ranked_by is RankedBy.NONE:
        return tuple(_unranked(result, not_applicable(), "本办法不排名") for result in _by_code(results))
    groups: dict[str, list[UnitResult]] = {}
    for result in _by_code(results):
        groups.setdefault(result.peer_group, []).append(result)
    return tuple(ranked for name in sorted(groups) for ranked in _rank_group(scheme.settings, groups[name]))


def ranked_value(settings: Settings, result: UnitResult) -> Amount:
    """Return the amount by which the scheme ranks."""
    if settings.ranked_by is RankedBy.MONEY:
        return result.money.payable
    points = None
    if settings.ranked_by is RankedBy.SELF_POINTS:
        points = result.self_points
    elif settings.ranked_by is RankedBy.RECHECK_POINTS:
        points = result.recheck_points
    return result.points if points is None else points


def _by_code(results: Sequence[UnitResult]) -> list[UnitResult]:
    return sorted(results, key=lambda result: result.unit_code)


def _unranked(result: UnitResult, value: Amount, reason: str) -> RankedUnit:
    return RankedUnit(
        result.unit_code, result.peer_group, value, rank=None, reason=reason, is_vetoed=bool(result.vetoed_by)
    )


def _rank_group(settings: Settings, results: Sequence[UnitResult]) -> list[RankedUnit]:
    unplaced = {result.unit_code: reason for result in results if (reason := _gap(settings, result))}
    incomplete = [result for result in results if _is_incomplete(settings, result)]
    if incomplete and settings.incomplete_units is IncompleteUnits.BLOCK:
        reason = "组内有单位得分未定或未报，暂不排名"
        return [_unranked(r, ranked_value(settings, r), unplaced.get(r.unit_code) or reason) for r in results]
    placed = [result for result in results if result.unit_code not in unplaced]
    last = [r for r in placed if r.vetoed_by and settings.vetoed_units is VetoedUnits.LAST]
    first = [r for r in placed if r not in last]
    ranked = _number(settings, [*_places(settings, first), *_places(settings, last)])
    rest = [_unranked(r, ranked_value(settings, r), unplaced[r.unit_code]) for r in results if r.unit_code in unplaced]
    return ranked + rest


def _gap(settings: Settings, result: UnitResult) -> str:
    """Return why a unit cannot have a rank, empty if it can."""
    if result.vetoed_by and settings.vetoed_units is VetoedUnits.UNRANKED:
        return "一票否决，不参加排名"
    if result.veto_open:
        return "是否一票否决尚未认定"
    value = ranked_value(settings, result)
    return "" if value.is_determined else "；".join(value.reasons) or "不适用"


def _is_incomplete(settings: Settings, result: UnitResult) -> bool:
    value = ranked_value(settings, result)
    is_vetoed_out = bool(result.vetoed_by) and settings.vetoed_units is VetoedUnits.UNRANKED
    return not is_vetoed_out and (bool(result.veto_open) or (not value.is_determined and bool(value.reasons)))


def _places(settings: Settings, results: Sequence[UnitResult]) -> list[_Place]:
    """Order units by value, highest first, and break ties step by step."""
    keys = {result.unit_code: ranked_value(settings, result).known for result in results}
    return [place for tied in _grouped(results, keys) for place in _broken(tied, settings.tie_breaks)]


def _grouped(results: Sequence[UnitResult], keys: Mapping[str, Decimal]) -> Iterator[list[UnitResult]]:
    """Yield units with equal keys together, highest key first, each group in the order given."""
    groups: dict[Decimal, list[UnitResult]] = {}
    for result in results:
        groups.setdefault(keys[result.unit_code], []).append(result)
    for key in sorted(groups, reverse=True):
        yield groups[key]


def _broken(tied: Sequence[UnitResult], steps: Sequence[TieBreak]) -> list[_Place]:
    if len(tied) == 1 or not steps:
        return [_Place(tuple(tied))]
    step = steps[0]
    amounts = {result.unit_code: tie_break_value(step, result) for result in tied}
    if not all(amount.is_determined for amount in amounts.values()):
        return [_Place(tuple(tied), "得分相同，区分先后的项目未定或不适用")]
    keys = {code: amount.known for code, amount in amounts.items()}
    return [place for group in _grouped(tied, keys) for place in _broken(group, steps[1:])]


def tie_break_value(step: TieBreak, result: UnitResult) -> Amount:
    """Return what a tie-break compares: higher is better, so deductions count negative."""
    if step.code in ("points", "money"):
        return result.points if step.code == "points" else result.money.payable
    for part in result.parts:
        for item in part.items:
            if item.item.code == step.code:
                return _item_value(step, item)
            for outcome in item.outcomes:
                if outcome.rule.code == step.code:
                    return outcome.effect if step.prefer is Preference.HIGHER_SCORE else _lost([outcome])
    return not_applicable()


def _item_value(step: TieBreak, item: ItemResult) -> Amount:
    full = item.item.full_score
    if step.prefer is Preference.HIGHER_SCORE:
        return total((item.score, item.bonus))
    if full is not None and item.score.value is not None:
        return Amount(item.score.standing, item.score.value - full, item.score.reasons)
    return item.score if full is not None else _lost(item.outcomes)


def _lost(outcomes: Sequence[RuleOutcome]) -> Amount:
    """Return what rules took away, in points or else in yuan, as a negative amount."""
    for currency in (Currency.POINTS, Currency.YUAN):
        effects = [outcome.effect for outcome in outcomes if outcome.rule.currency is currency]
        taken = total(e._replace(value=min(e.value, ZERO)) if e.value is not None else e for e in effects)
        if taken.value is not None or taken.reasons:
            return taken
    return not_applicable()


def _number(settings: Settings, places: Sequence[_Place]) -> list[RankedUnit]:
    ranked = []
    before = 0
    for order, place in enumerate(places, start=1):
        size = len(place.results)
        rank = order if settings.ties is Ties.DENSE else before + 1
        is_open = size > 1 and (settings.ties is Ties.ASK or bool(place.reason))
        ranked += [
            RankedUnit(
                result.unit_code,
                result.peer_group,
                ranked_value(settings, result),
                rank=None if is_open else rank,
                reason=(place.reason or "得分相同，名次待裁定") if is_open else "",
                is_tied=size > 1,
                possible=(rank, rank + size - 1) if is_open else None,
                is_vetoed=bool(result.vetoed_by),
            )
            for result in place.results
        ]
        before += size
    return ranked
