"""How targets stand on a day: from rows to results, in words and as a picture."""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from fractions import Fraction

from saas import charts
from saas.domain.amounts import Amount, determined, missing, not_applicable, undetermined
from saas.domain.target_evaluation import UnitsEvaluation, evaluate, evaluate_units
from saas.domain.target_words import requirement_text, shortfall_text
from saas.domain.targets import (
    STATE_LABELS,
    Checkpoint,
    Comparator,
    Evaluation,
    Kind,
    Reading,
    Scope,
    State,
    checkpoints,
    final_checkpoint,
)
from saas.domain.targets import Target as Definition
from saas.targets.models import Target, TargetValue
from saas.targets.services import definition_of

EXACT_PLACES = 12
UNDETERMINED = "未定"


@dataclass(frozen=True, slots=True)
class MilestoneStanding:
    """A milestone with what was asked and what came out."""

    requirement: str
    label: str
    state: State
    shown: str


@dataclass(frozen=True, slots=True)
class TargetStanding:
    """How one target stands. `exact` is the unrounded figure, `shown` what people read. `trace` says why."""

    row: Target
    target: Definition
    state: State
    label: str
    requirement: str
    shown: str
    exact: str
    shortfall: str
    as_of: date | None
    trace: tuple[str, ...]
    milestones: tuple[MilestoneStanding, ...]
    groups: tuple[MilestoneStanding, ...]
    bar: charts.TargetRow | None

    @property
    def is_open(self) -> bool:
        """Whether the figure or the deadline has not been set (未定)."""
        return UNDETERMINED in self.requirement


def standings(
    rows: Sequence[Target], values: Mapping[uuid.UUID, list[TargetValue]], on: date
) -> tuple[TargetStanding, ...]:
    """How these targets stand at the end of a day; later reports are not looked at."""
    return tuple(standing_of(row, values.get(row.id, []), on) for row in rows)


def standing_of(row: Target, values: Sequence[TargetValue], on: date) -> TargetStanding:
    """How one target stands at the end of a day."""
    target = definition_of(row)
    known = [value for value in values if value.measured_on <= on]
    if target.scope is not Scope.TOTAL:
        return _over_units(row, target, known, on)
    result = evaluate(target, [_reading(value) for value in known], on)
    latest = known[-1].measured_on if known else None
    return TargetStanding(
        row=row,
        target=target,
        state=result.state,
        label=result.label,
        requirement=_open_words(_asked(target)),
        shown=result.shown,
        exact=exact_text(result.actual),
        shortfall=_shortfall(target, result),
        as_of=latest,
        trace=result.trace,
        milestones=_milestones(target, result),
        groups=tuple(
            MilestoneStanding(
                _open_words(f"{group.name} {_one(target, group.figure)}"), part.label, part.state, part.shown
            )
            for group, part in zip(target.groups, result.groups, strict=False)
        ),
        bar=_bar(target, result),
    )


def _reading(value: TargetValue) -> Reading:
    return Reading(
        on=value.measured_on,
        value=value.value,
        numerator=value.numerator,
        denominator=value.denominator,
        group=value.group_name,
        level=str(value.details.get("level", "")),
        is_not_applicable=value.is_not_applicable,
    )


def _over_units(row: Target, target: Definition, known: Sequence[TargetValue], on: date) -> TargetStanding:
    """A target that each unit, or a share of them, has to reach. Units without a report are not counted as met."""
    series: dict[str, list[Reading]] = defaultdict(list)
    for value in known:
        series[str(value.unit_id or "")].append(_reading(value))
    result = evaluate_units(target, series, on)
    state = result.state if series else evaluate(target, [], on).state
    shown = f"{result.met}/{result.applicable} 个单位达到" if series else ""
    return TargetStanding(
        row=row,
        target=target,
        state=state,
        label=Evaluation(state, target.strength).label,
        requirement=_open_words(_asked(target)),
        shown=shown,
        exact=exact_text(result.share * 100 if result.share is not None else None),
        shortfall="",
        as_of=known[-1].measured_on if known else None,
        trace=_units_trace(target, result, len(series)),
        milestones=(),
        groups=(),
        bar=_units_bar(target, result, state) if series else None,
    )


def _units_trace(target: Definition, result: UnitsEvaluation, reported: int) -> tuple[str, ...]:
    if not reported:
        return ("没有数据",)
    counts = dict.fromkeys(State, 0)
    for each in result.units.values():
        counts[each.state] += 1
    parts = "，".join(f"{STATE_LABELS[state]} {count} 个" for state, count in counts.items() if count)
    need = f"需达到 {result.needed} 个" if target.scope is Scope.SHARE_OF_UNITS else "每个单位都须达到"
    return (f"已填报 {reported} 个单位：{parts}", need, "逐个单位比较，不以总数除以单位数", "以已填报的单位为准")


def _asked(target: Definition) -> str:
    """What is asked for in the end. Groups have figures of their own."""
    point = final_checkpoint(target)
    if target.groups:
        return "；".join(f"{group.name} {_one(target, group.figure)}" for group in target.groups)
    text = requirement_text(target, point.figure, point.deadline)
    return f"每个单位 {text}" if target.scope is Scope.EACH_UNIT else text


def _open_words(text: str) -> str:
    """What is not set is called 未定 on every page and in print."""
    return text.replace("待定", UNDETERMINED)


def _one(target: Definition, figure: Fraction | None) -> str:
    return requirement_text(target, figure, target.deadline).split("，")[0]


def _milestones(target: Definition, result: Evaluation) -> tuple[MilestoneStanding, ...]:
    return tuple(
        MilestoneStanding(_open_words(_point_text(target, point)), part.label, part.state, part.shown)
        for point, part in zip(checkpoints(target), result.milestones, strict=False)
    )


def _point_text(target: Definition, point: Checkpoint) -> str:
    text = requirement_text(target, point.figure, point.deadline)
    return f"当期新增 {text}" if target.has_increments else text


def _shortfall(target: Definition, result: Evaluation) -> str:
    if result.shortfall is None:
        return ""
    return shortfall_text(target, result.shortfall, is_counted=result.needed is not None)


def exact_text(value: Fraction | None) -> str:
    """The unrounded figure: the whole decimal, or the first twelve places and an ellipsis."""
    if value is None:
        return ""
    scaled = value * 10**EXACT_PLACES
    digits = abs(scaled.numerator) // scaled.denominator
    text = f"{Decimal(digits).scaleb(-EXACT_PLACES):f}".rstrip("0").rstrip(".")
    sign = "-" if value < 0 and digits else ""
    return f"{sign}{text}" + ("" if scaled.denominator == 1 else "…")


# --- the picture -----------------------------------------------------------------------------------------------------


def _bar(target: Definition, result: Evaluation) -> charts.TargetRow | None:
    """The bar of a target, for those that are measured on a scale."""
    scale = {Comparator.AT_LEAST, Comparator.AT_MOST, Comparator.ALL, Comparator.EQUALS}
    if target.groups or target.comparator not in scale or target.kind is Kind.RATIO:
        return None
    figure = Fraction(target.scale) if target.comparator is Comparator.ALL else final_checkpoint(target).figure
    return charts.TargetRow(
        target.name,
        _amount(result.state, result.actual),
        undetermined() if figure is None else determined(_decimal(figure)),
        measure="%" if target.kind is Kind.PERCENT else target.measure,
        milestones=()
        if target.has_increments
        else tuple(_decimal(each.figure) for each in target.milestones if each.figure is not None),
        is_met=_verdict(result.state),
        maximum=Decimal(100) if target.kind is Kind.PERCENT else None,
    )


def _units_bar(target: Definition, result: UnitsEvaluation, state: State) -> charts.TargetRow:
    return charts.TargetRow(
        target.name,
        determined(Decimal(result.met)),
        determined(Decimal(result.needed)),
        measure="个单位",
        is_met=_verdict(state),
        maximum=Decimal(max(result.applicable, 1)),
    )


def _amount(state: State, actual: Fraction | None) -> Amount:
    if actual is not None:
        return determined(_decimal(actual))
    if state is State.NOT_APPLICABLE:
        return not_applicable()
    return undetermined() if state is State.UNDETERMINED else missing()


def _verdict(state: State) -> bool | None:
    return {State.MET: True, State.MET_LATE: True, State.NOT_MET: False}.get(state)


def _decimal(value: Fraction) -> Decimal:
    return Decimal(value.numerator) / Decimal(value.denominator)


__all__ = ["MilestoneStanding", "TargetStanding", "exact_text", "standing_of", "standings"]
