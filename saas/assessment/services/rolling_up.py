"""Rolling up (汇总): a quarter or a year from the confirmed rounds of its months, by the scheme's own rule."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from sqlalchemy import select

from saas.assessment.models import AssessmentResult, AssessmentRound
from saas.assessment.queries.rounds import facts_then, list_assessed, list_parts
from saas.assessment.services.results import ranking_json, result_row
from saas.db import db
from saas.domain.amounts import ZERO, Amount, Currency, Standing, determined, not_applicable
from saas.domain.assessment_facts import AssessedPeriod
from saas.domain.periods import Cadence, Period, period_of
from saas.domain.ranking import rank_units
from saas.domain.ranking_grades import grade_units
from saas.domain.scheme import AssessmentScheme as Rules
from saas.domain.scheme import Item
from saas.domain.scheme_settings_text import describe_settings
from saas.domain.scoring_results import ItemResult, MoneyResult, PartResult, UnitResult
from saas.domain.settlement import PeriodResult, RolledUp, roll_up
from saas.domain.trace_json import amount_to_json
from saas.domain.workflow import RoundStatus

_SETTLED = frozenset({RoundStatus.CONFIRMED, RoundStatus.PUBLISHED})


@dataclass(frozen=True, slots=True)
class _Part:
    """One period of the roll-up: its round, if its results are confirmed, and the result of each unit."""

    period: Period
    assessed: AssessmentRound | None
    results: Mapping[uuid.UUID, AssessmentResult]


def roll_up_round(assessed: AssessmentRound, rules: Rules) -> list[AssessmentResult]:
    """Combine, rank and grade. A period whose results are not confirmed counts as one without a result, never as 0."""
    parts = _parts(assessed)
    rows = list_assessed(assessed.id)
    units, then = {row.unit.code: row for row in rows}, facts_then(assessed, rows)
    rolled = {
        code: roll_up(rules, [_period_result(part, row.unit_id) for part in parts]) for code, row in units.items()
    }
    days = AssessedPeriod(assessed.period_start, assessed.period_end)
    groups = {code: _peer_group(rules, then[row.unit_id].attributes) for code, row in units.items()}
    results = [
        _as_result(rules, code, days, groups[code], rolled[code], _tie_break_items(rules, parts, units[code].unit_id))
        for code in sorted(units)
    ]
    places = {place.unit_code: place for place in grade_units(rules, results, rank_units(rules, results))}
    return [
        result_row(
            assessed,
            units[code].unit_id,
            rolled[code].points,
            rolled[code].money,
            places[code],
            _trace(rules, code, days, groups[code], rolled[code])
            | {"ranking": ranking_json(places[code]), "parts": _parts_json(parts, units[code].unit_id, rules)},
        )
        for code in sorted(units)
    ]


def _parts(assessed: AssessmentRound) -> list[_Part]:
    rounds = {part.period_start: part for part in list_parts(assessed) if part.status in _SETTLED}
    rows = db.session.scalars(
        select(AssessmentResult)
        .where(AssessmentResult.round_id.in_([part.id for part in rounds.values()]))
        .order_by(AssessmentResult.id)
    ).all()
    by_round: dict[uuid.UUID, dict[uuid.UUID, AssessmentResult]] = {}
    for row in rows:
        by_round.setdefault(row.round_id, {})[row.unit_id] = row
    found = []
    period = period_of(assessed.period_start, Cadence(assessed.scheme.cadence))
    while period.end <= assessed.period_end:
        part = rounds.get(period.start)
        found.append(_Part(period, part, by_round.get(part.id, {}) if part is not None else {}))
        period = period.next()
    return found


def _period_result(part: _Part, unit_id: uuid.UUID) -> PeriodResult:
    result = part.results.get(unit_id)
    if result is None:
        return PeriodResult(part.period.label, None, None)
    return PeriodResult(
        part.period.label,
        _amount(result, result.trace["points"], part.period.label),
        _amount(result, result.trace["money"]["payable"], part.period.label),
    )


def _amount(result: AssessmentResult, stored: Mapping[str, Any], label: str) -> Amount:
    """An amount of a month's trace; its reasons name the month, and one reason stands for all that lack a re-check."""
    value = None if stored["value"] is None else Decimal(stored["value"])
    reasons = stored["reasons"]
    if reasons and result.trace.get("is_rechecked") is False:
        reasons = ["尚未复核"]
    return Amount(Standing(stored["standing"]), value, tuple(f"{label}：{reason}" for reason in reasons))


def _tie_break_items(rules: Rules, parts: Sequence[_Part], unit_id: uuid.UUID) -> tuple[PartResult, ...]:
    """The items that break ties, rolled up by the same rule as the points they are part of."""
    steps = {step.code for step in rules.settings.tie_breaks}
    found = []
    for part in rules.parts:
        items = tuple(_rolled_item(rules, item, parts, unit_id) for item in part.items if item.code in steps)
        if items:
            found.append(PartResult(part, items, not_applicable(), not_applicable(), ZERO, ZERO))
    return tuple(found)


def _rolled_item(rules: Rules, item: Item, parts: Sequence[_Part], unit_id: uuid.UUID) -> ItemResult:
    periods = []
    for part in parts:
        result = part.results.get(unit_id)
        score = None if result is None else _item_score(result, item.code, part.period.label)
        periods.append(PeriodResult(part.period.label, score, None))
    return ItemResult(item, (), roll_up(rules, periods).points, not_applicable())


def _item_score(result: AssessmentResult, code: str, label: str) -> Amount | None:
    for part in result.trace["parts"]:
        for item in part["items"]:
            if item["code"] == code:
                return _amount(result, item["score"], label)
    return None


def _peer_group(rules: Rules, attributes: Mapping[str, Any]) -> str:
    name = rules.settings.peer_group
    return "" if name is None else str(attributes.get(name) or "")


def _as_result(
    rules: Rules,
    code: str,
    days: AssessedPeriod,
    peer_group: str,
    rolled: RolledUp,
    tie_breaks: tuple[PartResult, ...],
) -> UnitResult:
    """A roll-up in the shape that ranking takes. A veto of a month does not reach beyond it: no scheme says so."""
    money = MoneyResult(not_applicable(), determined(ZERO), rolled.money)
    return UnitResult(
        scheme=rules,
        unit_code=code,
        period=days,
        peer_group=peer_group,
        parts=tie_breaks,
        points=rolled.points,
        money=money,
        points_unlimited=None,
        vetoed_by=(),
        veto_open=(),
        seen_by=lambda _view: None,
    )


def _trace(rules: Rules, code: str, days: AssessedPeriod, peer_group: str, rolled: RolledUp) -> dict[str, Any]:
    settings = rules.settings
    return {
        "kind": "rolled_up",
        "scheme": {"code": rules.code, "title": rules.title, "basis": rules.basis},
        "unit_code": code,
        "period": [days.starts_on.isoformat(), days.ends_on.isoformat()],
        "peer_group": peer_group,
        "points": amount_to_json(rolled.points, Currency.POINTS, settings.decimals_points),
        "self_points": None,
        "recheck_points": None,
        "points_note": rolled.points_text,
        "money": {
            "payable": amount_to_json(rolled.money, Currency.YUAN, settings.decimals_yuan),
            "note": rolled.money_text,
            "is_loss_period": False,
        },
        "vetoed_by": [],
        "veto_open": [],
        "settings": [
            {"name": line.name, "label": line.label, "value": line.value} for line in describe_settings(rules)
        ],
    }


def _parts_json(parts: Sequence[_Part], unit_id: uuid.UUID, rules: Rules) -> list[dict[str, Any]]:
    """The periods of the roll-up: what each gave, and that one without a confirmed result gave nothing."""
    found = []
    for part in parts:
        result = part.results.get(unit_id)
        entry: dict[str, Any] = {
            "label": part.period.label,
            "round_id": str(part.assessed.id) if part.assessed else None,
        }
        if result is not None:
            entry |= {
                "points": result.trace["points"],
                "money": result.trace["money"]["payable"],
                "is_vetoed": result.is_vetoed,
                "rank": result.rank,
                "is_loss_period": result.trace["money"].get("is_loss_period", False),
            }
        found.append(entry)
    return found
