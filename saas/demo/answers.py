"""Believable answers to any form of a pack: from the history, from what the county knows, from a few words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from saas.demo.draws import Draw
from saas.domain.answers import NOT_APPLICABLE, Answers
from saas.domain.fields import Field, FieldType

NOTES = ("个别点位有反复，已安排专人盯守。", "抽查发现零星问题，当日整改到位。", "设施有破损，已报乡镇维修。")
TITLES = ("邻里心理沙龙", "亲子沟通讲座", "志愿者上岗培训", "睡眠健康课堂", "情绪管理小组活动", "老年人心理关爱茶话会")
PLACES = ("主路东段", "村口收集点旁", "集市北侧", "小学路口", "水渠沿线")
REMARKS = ("按计划推进，无特殊情况。", "雨天较多，部分工作顺延到下旬。", "保洁力量偏紧，已与相邻组调配。")
HANDLING = "无露天焚烧，已入户提醒。"


@dataclass(frozen=True, slots=True)
class Background:
    """What is known when a form is filled: figures set by the history, ranges, scores, the unit, the day."""

    draw: Draw
    on: date
    period_start: date
    known: Mapping[str, Any] = field(default_factory=dict)
    fixed: Mapping[str, Any] = field(default_factory=dict)
    ranges: Mapping[str, tuple[int, int]] = field(default_factory=dict)
    scores: Mapping[str, Decimal] = field(default_factory=dict)
    full_scores: Mapping[str, Decimal] = field(default_factory=dict)
    places: Sequence[str] = ()


def write_answers(fields: Sequence[Field], background: Background) -> Answers:
    """Answer every question that a person would answer."""
    answers: Answers = {}
    for item in fields:
        if item.type is FieldType.GROUP:
            answers[item.name] = write_answers(item.fields, background)
        elif item.type is FieldType.REPEAT:
            rows = 0 if background.fixed.get("found") == 0 else background.draw.between(0, 3)
            answers[item.name] = [write_answers(item.fields, background) for _ in range(rows)]
        elif item.is_question:
            answers[item.name] = _answer(item, background)
    if answers.get("station") not in (None, "open"):
        answers["open_days"] = NOT_APPLICABLE
    return answers


def _answer(item: Field, background: Background) -> Any:
    if item.name in background.fixed:
        return _typed(item, background.fixed[item.name])
    if item.name in background.scores:
        return _typed(item, background.scores[item.name])
    if item.name in background.ranges:
        return background.draw.between(*background.ranges[item.name])
    if background.known.get(item.name) is not None:
        return _typed(item, background.known[item.name])
    return _ANSWERS.get(item.type, _nothing)(item, background)


def _typed(item: Field, value: Any) -> Any:
    if item.type is FieldType.DECIMAL:
        return Decimal(str(value))
    return int(value) if item.type is FieldType.INTEGER else str(value)


def _nothing(item: Field, background: Background) -> None:
    return None


def _number(item: Field, background: Background) -> int | Decimal:
    low = int(item.minimum) if isinstance(item.minimum, Decimal) else 0
    high = min(int(item.maximum) if isinstance(item.maximum, Decimal) else low + 40, low + 40)
    number = background.draw.between(low, high)
    return Decimal(number) if item.type is FieldType.DECIMAL else number


def _day(item: Field, background: Background) -> date | None:
    if not item.required and not background.draw.is_hit(60):
        return None
    first = min(background.period_start, background.on)
    return first + timedelta(days=background.draw.between(0, (background.on - first).days))


def _choice(item: Field, background: Background) -> str:
    if background.known.get(f"has_{item.name}") is False:
        return item.choices[1].name
    return item.choices[0].name if item.name == "station" else background.draw.pick(item.choices).name


def _choices(item: Field, background: Background) -> tuple[str, ...]:
    return (background.draw.pick(item.choices).name,)


def _text(item: Field, background: Background) -> str | None:
    draw = background.draw
    if item.name.endswith("_note"):
        code = item.name.removesuffix("_note")
        full, score = background.full_scores.get(code), background.scores.get(code)
        return draw.pick(NOTES) if full is not None and score is not None and full - score >= 1 else None
    words = {
        "house_number": f"{draw.between(1, 8)}组{draw.between(1, 60)}号",
        "village": draw.pick(background.places) if background.places else "",
        "title": draw.pick(TITLES),
        "place": draw.pick(PLACES),
        "handling": HANDLING,
        "remark": draw.pick(REMARKS) if draw.is_hit(35) else "",
    }
    return words.get(item.name) or None


_ANSWERS = {
    FieldType.INTEGER: _number,
    FieldType.DECIMAL: _number,
    FieldType.DATE: _day,
    FieldType.SELECT_ONE: _choice,
    FieldType.SELECT_MULTIPLE: _choices,
    FieldType.TEXT: _text,
}
