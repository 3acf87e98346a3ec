"""The trace of a result as plain mappings and lists (计分说明): what is stored, shown and printed."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from saas.domain.amounts import ZERO, Amount, Currency, describe_amount, plain, rounded
from saas.domain.assessment_facts import Fact
from saas.domain.scheme_settings import NotApplicableItems, Settings
from saas.domain.scheme_settings_text import describe_settings
from saas.domain.scoring_results import ItemResult, MoneyResult, PartResult, RuleOutcome, UnitResult
from saas.domain.trace import explain


def trace_to_json(result: UnitResult, *, for_public: bool = False) -> dict[str, Any]:
    """Return everything about a result as texts, numbers-as-texts, lists and mappings.

    `for_public` leaves out house numbers and notes, which may point to persons.
    """
    settings = result.scheme.settings
    return {
        "scheme": {"code": result.scheme.code, "title": result.scheme.title, "basis": result.scheme.basis},
        "unit_code": result.unit_code,
        "period": [result.period.starts_on.isoformat(), result.period.ends_on.isoformat()],
        "peer_group": result.peer_group,
        "points": amount_to_json(result.points, Currency.POINTS, settings.decimals_points),
        "self_points": _optional(result.self_points, settings),
        "recheck_points": _optional(result.recheck_points, settings),
        "points_note": _points_note(result),
        "money": _money(result.money, settings),
        "vetoed_by": list(result.vetoed_by),
        "veto_open": list(result.veto_open),
        "parts": [_part(part, settings, for_public) for part in result.parts],
        "settings": [
            {"name": line.name, "label": line.label, "value": line.value} for line in describe_settings(result.scheme)
        ],
    }


def amount_to_json(amount: Amount, currency: Currency, places: int) -> dict[str, Any]:
    """Return an amount: its standing, the exact and the rounded known part, the text to show, the reasons."""
    return {
        "standing": amount.standing.value,
        "value": _number(amount.value),
        "rounded": None if amount.value is None else str(rounded(amount.value, places)),
        "text": describe_amount(amount, currency, places),
        "reasons": list(amount.reasons),
    }


def _optional(amount: Amount | None, settings: Settings) -> dict[str, Any] | None:
    return None if amount is None else amount_to_json(amount, Currency.POINTS, settings.decimals_points)


def _number(value: Decimal | None) -> str | None:
    return None if value is None else str(value)


def _money(money: MoneyResult, settings: Settings) -> dict[str, Any]:
    places = settings.decimals_yuan
    note = "" if money.unlimited is None else f"合计 {plain(money.unlimited)} 元，应付金额不为负，按 0 元计"
    return {
        "base": amount_to_json(money.base, Currency.YUAN, places),
        "changes": amount_to_json(money.changes, Currency.YUAN, places),
        "payable": amount_to_json(money.payable, Currency.YUAN, places),
        "is_loss_period": money.is_loss_period,
        "note": note,
    }


def _points_note(result: UnitResult) -> str:
    if result.points_unlimited is None:
        return ""
    return f"合计 {plain(result.points_unlimited)} 分，按总分上下限计为 {plain(result.points.known)} 分"


def _part(part: PartResult, settings: Settings, for_public: bool) -> dict[str, Any]:
    return {
        "code": part.part.code,
        "label": part.part.label,
        "weight": _number(part.part.weight),
        "points": amount_to_json(part.points, Currency.POINTS, settings.decimals_points),
        "note": _part_note(part, settings),
        "items": [_item(item, settings, for_public) for item in part.items],
    }


def _part_note(part: PartResult, settings: Settings) -> str:
    if settings.not_applicable_items is not NotApplicableItems.RESCALE or part.applicable_full == part.full:
        return ""
    if part.applicable_full == ZERO:
        return "本部分各项均不适用"
    return f"缺项折算：适用项目满分 {plain(part.applicable_full)} 分，按满分 {plain(part.full)} 分折算"


def _item(result: ItemResult, settings: Settings, for_public: bool) -> dict[str, Any]:
    places = settings.decimals_points
    return {
        "code": result.item.code,
        "label": result.item.label,
        "full_score": _number(result.item.full_score),
        "score": amount_to_json(result.score, Currency.POINTS, places),
        "bonus": amount_to_json(result.bonus, Currency.POINTS, places),
        "is_voided": result.is_voided,
        "note": _item_note(result),
        "rules": [_outcome(outcome, settings, for_public) for outcome in result.outcomes],
    }


def _item_note(result: ItemResult) -> str:
    if result.is_voided:
        return "该项不得分"
    if result.unlimited is None:
        return ""
    if result.unlimited < ZERO:
        return f"扣完为止：应计 {plain(result.unlimited)} 分，按 0 分计"
    return f"不超过满分：应计 {plain(result.unlimited)} 分，按 {plain(result.score.known)} 分计"


def _outcome(outcome: RuleOutcome, settings: Settings, for_public: bool) -> dict[str, Any]:
    rule = outcome.rule
    places = settings.decimals_points if rule.currency is Currency.POINTS else settings.decimals_yuan
    return {
        "code": rule.code,
        "label": rule.label,
        "kind": rule.kind.value,
        "currency": rule.currency.value,
        "clause": rule.clause,
        "effect": amount_to_json(outcome.effect, rule.currency, places),
        "computed": _number(outcome.value),
        "count": _number(outcome.quantity),
        "against": _number(outcome.against),
        "self_score": _number(outcome.self_score),
        "recheck_score": _number(outcome.recheck_score),
        "text": explain(outcome, settings),
        "waived": outcome.waived,
        "reasons": list(outcome.reasons),
        "facts": [_fact(fact, "", for_public) for fact in outcome.facts],
        "uncounted": [_fact(entry.fact, entry.reason, for_public) for entry in outcome.uncounted],
    }


def _fact(fact: Fact, reason: str, for_public: bool) -> dict[str, Any]:
    return {
        "fact_id": fact.fact_id,
        "source": fact.source.value,
        "quantity": _number(fact.quantity),
        "out_of": _number(fact.out_of),
        "found_on": None if fact.found_on is None else fact.found_on.isoformat(),
        "households": [] if for_public else list(fact.households),
        "household_count": len(set(fact.households)),
        "note": "" if for_public else fact.note,
        "reason": reason,
    }
