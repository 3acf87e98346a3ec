"""Results for a reader: from traces and facts to lines with finished texts. Computes no score."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any

from flask_babel import gettext
from flask_babel import lazy_gettext as _l

from saas.assessment.models import AssessmentFact
from saas.assessment.queries.results import ResultRow
from saas.domain.amounts import Amount, Currency, Standing, plain, rounded, signed
from saas.domain.periods import chinese_day
from saas.domain.scheme import AssessmentScheme as Rules
from saas.domain.scheme import RuleKind

SOURCES = {"self": _l("自评"), "recheck": _l("复核"), "office": _l("考核办登记")}
ITEM = "项"  # a scheme that counts what is met instead of points measures its scores in this
_EVENTS = frozenset({RuleKind.VETO.value, RuleKind.ITEM_VOID.value, RuleKind.PERSONAL_LOSS.value})


@dataclass(frozen=True, slots=True)
class FactLine:
    """One fact under a rule: what, when, by whom, with what proof; or why it does not count."""

    what: str
    day: str
    source: str
    who: str
    note: str
    document_name: str
    photo_id: uuid.UUID | None
    reason: str = ""


@dataclass(frozen=True, slots=True)
class RuleLine:
    """One rule of a unit's result as the component `score_line` takes it, with its facts."""

    code: str
    rule: str
    clause: str
    arithmetic: str
    points: str | None  # the figure, whatever its currency
    measure: str
    state: str
    is_loss: bool
    waived: str
    facts: tuple[FactLine, ...]
    money: None = None
    source: str = ""
    evidence: None = None


@dataclass(frozen=True, slots=True)
class ItemLines:
    """One item with its score and rules."""

    label: str
    full_score: str
    score: str | None
    state: str
    note: str
    rules: tuple[RuleLine, ...]


@dataclass(frozen=True, slots=True)
class PartLines:
    """One part with its items."""

    label: str
    points: str | None
    state: str
    note: str
    has_points: bool
    items: tuple[ItemLines, ...] = field(default=())


def points_measure(rules: Rules) -> str:
    """What points are called: 分, or 项 where a scheme counts the items that are met."""
    scored = [rule for rule in rules.rules if rule.kind is RuleKind.MANUAL_SCORE]
    return ITEM if scored and all(rule.measure == ITEM for rule in scored) else "分"


def figure_text(amount: Amount, places: int, *, is_plain: bool = False) -> str | None:
    """The figure of a determined amount, rounded for display; None for any other."""
    if amount.standing is not Standing.DETERMINED or amount.value is None:
        return None
    shown = rounded(amount.value, places)
    return plain(shown) if is_plain else f"{shown:,f}".replace("-", "−")


def rounded_text(value: Decimal | None, places: int) -> str:
    """A plain number rounded for display; a dash for none."""
    return "—" if value is None else f"{rounded(value, places):,f}".replace("-", "−")


def stored_figure(stored: Mapping[str, Any] | None, *, is_plain: bool = False) -> tuple[str | None, str]:
    """Figure and state of an amount as a trace keeps it; `is_plain` without superfluous zeros, as counts are."""
    if stored is None:
        return None, "not_applicable"
    if stored["standing"] != Standing.DETERMINED.value or stored["rounded"] is None:
        return None, str(stored["standing"])
    if is_plain:
        return plain(Decimal(stored["rounded"])), "known"
    return f"{Decimal(stored['rounded']):,f}".replace("-", "−"), "known"


def part_lines(
    trace: Mapping[str, Any], facts: Mapping[str, AssessmentFact], names: Mapping[uuid.UUID, str], measure: str
) -> list[PartLines]:
    """Return the parts of a scored result. `facts` by their id as text, `names` of those who recorded them."""
    return [_part(part, facts, names, measure) for part in trace["parts"]]


def _part(
    part: Mapping[str, Any], facts: Mapping[str, AssessmentFact], names: Mapping[uuid.UUID, str], measure: str
) -> PartLines:
    points, state = stored_figure(part["points"])
    items = tuple(_item(item, facts, names, measure) for item in part["items"])
    has_points = any(
        rule["currency"] == Currency.POINTS.value and rule["kind"] not in _EVENTS
        for item in part["items"]
        for rule in item["rules"]
    )
    return PartLines(part["label"], points, state, part["note"], has_points, items)


def _item(
    item: Mapping[str, Any], facts: Mapping[str, AssessmentFact], names: Mapping[uuid.UUID, str], measure: str
) -> ItemLines:
    score, state = stored_figure(item["score"])
    return ItemLines(
        label=item["label"],
        full_score=plain(Decimal(item["full_score"])) if item["full_score"] is not None else "",
        score=score,
        state=state,
        note=item["note"],
        rules=tuple(_rule(rule, facts, names, measure) for rule in item["rules"]),
    )


def _rule(
    rule: Mapping[str, Any], facts: Mapping[str, AssessmentFact], names: Mapping[uuid.UUID, str], measure: str
) -> RuleLine:
    value, state = _effect(rule)
    is_points = rule["currency"] == Currency.POINTS.value
    return RuleLine(
        code=rule["code"] if len(rule["code"]) <= 4 else "",
        rule=rule["label"],
        clause=rule["clause"],
        arithmetic=_arithmetic(rule, measure),
        points=value,
        measure="" if rule["kind"] in _EVENTS else (measure if is_points else "元"),
        state=state,
        is_loss=bool(value) and str(value).startswith("−"),
        waived=rule["waived"],
        facts=(
            *(_fact(fact, facts, names) for fact in rule["facts"]),
            *(_fact(fact, facts, names) for fact in rule["uncounted"]),
        ),
    )


def _effect(rule: Mapping[str, Any]) -> tuple[str | None, str]:
    effect = rule["effect"]
    if effect["standing"] != Standing.DETERMINED.value:
        return None, str(effect["standing"])
    if rule["kind"] in _EVENTS:
        happened = rule["count"] is not None and Decimal(rule["count"]) > 0
        return str(gettext("发生") if happened else gettext("未发生")), "known"
    if effect["rounded"] is None:
        return "0", "known"
    value = Decimal(effect["rounded"])
    return plain(value) if rule["kind"] == RuleKind.MANUAL_SCORE.value else signed(value), "known"


def _arithmetic(rule: Mapping[str, Any], measure: str) -> str:
    """The arithmetic as the rules tell it; a score that only says met or not met is told in these words."""
    if rule["kind"] != RuleKind.MANUAL_SCORE.value or measure != ITEM:
        return str(rule["text"])
    if rule["effect"]["standing"] == Standing.NOT_APPLICABLE.value:
        return str(rule["text"])
    own, checked = _met(rule["self_score"], gettext("未报")), _met(rule["recheck_score"], gettext("未核查"))
    return str(gettext("自查：%(own)s；核查：%(checked)s", own=own, checked=checked))


def _met(score: str | None, missing: str) -> str:
    if score is None:
        return str(missing)
    return str(gettext("达标") if Decimal(score) > 0 else gettext("未达标"))


def _fact(fact: Mapping[str, Any], facts: Mapping[str, AssessmentFact], names: Mapping[uuid.UUID, str]) -> FactLine:
    row = facts.get(fact["fact_id"])
    return FactLine(
        what=_what(fact),
        day=_day(fact["found_on"]),
        source=str(SOURCES.get(fact["source"], fact["source"])),
        who=names.get(row.recorded_by_id, "") if row is not None else "",
        note=fact["note"],
        document_name=row.document_name if row is not None else "",
        photo_id=row.photo_id if row is not None else None,
        reason=fact["reason"],
    )


def _what(fact: Mapping[str, Any]) -> str:
    if fact["households"]:
        return "、".join(fact["households"])
    if fact["household_count"]:
        return str(gettext("%(count)s 户", count=fact["household_count"]))
    if fact["quantity"] is None:
        return str(gettext("数量待核实"))
    figure = plain(Decimal(fact["quantity"]))
    if fact["out_of"] is not None:
        return f"{figure} / {plain(Decimal(fact['out_of']))}"
    return str(gettext("数量 %(figure)s", figure=figure))


def _day(text: str | None) -> str:

    return chinese_day(date.fromisoformat(text)) if text else ""


def marks(row: ResultRow) -> Sequence[tuple[str, str, str]]:
    """What stands out about a result: (word, tone, icon) for tags."""
    found = []
    if row.is_vetoed:
        found.append((gettext("一票否决"), "danger", "stop"))
    if row.ranking.get("is_tied"):
        found.append((gettext("并列"), "neutral", "circle"))
    state = row.self_report.get("state")
    if state == "missing":
        found.append((gettext("自评未报"), "danger", "alert"))
    elif state == "not_applicable":
        found.append((gettext("自评不适用"), "absent", "dash"))
    elif row.self_report.get("is_late"):
        found.append((gettext("自评迟报"), "warning", "clock"))
    return found


_STEPS = tuple(Decimal(step) for step in ("1", "2", "5", "10", "20", "50", "100"))
_MOST_BANDS = 8


def score_cuts(scores: Sequence[Amount], thresholds: Sequence[Decimal] = ()) -> tuple[Decimal, ...]:
    """Where a distribution of these scores is cut: at thresholds of grades, else in round steps over their range."""
    if thresholds:
        return tuple(sorted(thresholds))
    known = [score.known for score in scores if score.is_determined]
    if not known:
        return (Decimal(60), Decimal(80))
    low, high = min(known), max(known)
    step = next((step for step in _STEPS if (high - low) / step <= _MOST_BANDS - 2), _STEPS[-1])
    first = (low // step) * step
    count = int((high - first) // step) + 1
    return tuple(first + step * number for number in range(max(count, 1) + 1))[:_MOST_BANDS]
