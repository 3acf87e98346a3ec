"""Evaluating targets: from readings to a result with its reasons. Exact throughout; see `targets`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from fractions import Fraction
from math import ceil

from saas.domain.target_words import measured_text, requirement_text, shortfall_text
from saas.domain.targets import (
    Checkpoint,
    Comparator,
    Evaluation,
    Reading,
    Scope,
    State,
    Strength,
    Target,
    checkpoints,
    combined_state,
    final_checkpoint,
)

# Reached once, these stay reached or are asked for again; the others can still be spoilt until the deadline.
_MET_EARLY = frozenset({Comparator.AT_LEAST, Comparator.ALL, Comparator.LEVEL, Comparator.DATE, Comparator.DOCUMENT})
_DONE = frozenset({Comparator.DATE, Comparator.DOCUMENT})
_WITHOUT_FIGURE = frozenset({Comparator.ZERO, Comparator.ALL, Comparator.DIRECTION}) | _DONE


def evaluate(target: Target, readings: Sequence[Reading], on: date) -> Evaluation:
    """Return the result as at the end of day `on`. Later readings are not looked at.

    For targets per unit use `evaluate_units`. Of several readings in time the latest counts; of one day the last given.
    """
    known = sorted((reading for reading in readings if reading.on <= on), key=lambda reading: reading.on)
    if target.groups:
        return _by_group(target, known, on)
    result = _check(target, final_checkpoint(target), known, on)
    return replace(result, milestones=tuple(_check(target, point, known, on) for point in checkpoints(target)))


def _by_group(target: Target, readings: Sequence[Reading], on: date) -> Evaluation:
    """Each group is compared by itself; an average is never formed."""
    results = []
    for group in target.groups:
        part = replace(target, figure=group.figure, groups=(), name=group.name)
        results.append(evaluate(part, [reading for reading in readings if reading.group == group.code], on))
    trace = tuple(f"{group.name}：{result.label}" for group, result in zip(target.groups, results, strict=True))
    state = combined_state([result.state for result in results])
    return Evaluation(state, target.strength, trace=(*trace, "各组分别比较，不取平均"), groups=tuple(results))


def _check(target: Target, point: Checkpoint, readings: Sequence[Reading], on: date) -> Evaluation:
    due = point.deadline.due_on if point.deadline else None
    if _is_open(target, point):
        return Evaluation(State.UNDETERMINED, target.strength, trace=("指标值待定，不作判定",))
    in_time = [reading for reading in readings if due is None or reading.on <= due]
    late = [reading for reading in readings if due is not None and reading.on > due]
    if not in_time and not late:
        return Evaluation(_without_reading(point, on), target.strength, trace=("没有数据",))
    result = _described(target, point, (in_time or late)[-1])
    if result.state is State.NOT_APPLICABLE:
        return result
    return _judged(target, point, result, in_time, late, on)


def _is_open(target: Target, point: Checkpoint) -> bool:
    """Whether something that the comparison needs has not been set."""
    if target.comparator is Comparator.DIRECTION:
        return target.baseline is None or (point.figure is not None and target.baseline == 0)
    if target.comparator is Comparator.LEVEL:
        return target.level not in target.levels
    if target.comparator is Comparator.RANGE:
        return point.figure is None or target.high is None
    return point.figure is None and target.comparator not in _WITHOUT_FIGURE


def _without_reading(point: Checkpoint, on: date) -> State:
    if point.deadline is None:
        return State.UNDETERMINED
    if on < point.deadline.due_on:
        return State.NOT_DUE
    return State.UNDETERMINED if point.deadline.is_approximate else State.MISSING


def _judged(
    target: Target,
    point: Checkpoint,
    result: Evaluation,
    in_time: Sequence[Reading],
    late: Sequence[Reading],
    on: date,
) -> Evaluation:
    """Decide the state from what was reached in time and afterwards."""
    if target.comparator is Comparator.ZERO and any(_is_reached(target, point, each) is False for each in in_time):
        return replace(result, state=State.NOT_MET)
    is_reached = bool(in_time) and _is_reached(target, point, in_time[-1])
    if is_reached is None:
        return replace(result, state=State.UNDETERMINED)
    is_due = point.deadline is not None and on >= point.deadline.due_on
    if is_reached and (is_due or point.deadline is None or target.comparator in _MET_EARLY):
        return replace(result, state=State.MET, reached_on=_since(target, point, in_time))
    if point.deadline is None:
        return _with_reason(result, State.UNDETERMINED, "期限未定，不判定为未达到")
    if not is_due:
        return replace(result, state=State.NOT_DUE)
    return _after_the_deadline(target, point, result, late)


def _after_the_deadline(target: Target, point: Checkpoint, result: Evaluation, late: Sequence[Reading]) -> Evaluation:
    assert point.deadline is not None  # noqa: S101  (only called when it has passed)
    first = next((reading for reading in late if _is_reached(target, point, reading)), None)
    if first is not None:
        days = (first.on - point.deadline.due_on).days
        return _with_reason(replace(result, reached_on=first.on), State.MET_LATE, f"{first.on}达到，逾期 {days} 日")
    if point.deadline.is_approximate:
        return _with_reason(result, State.UNDETERMINED, "期限为约数，不判定为未达到")
    return replace(result, state=State.NOT_MET)


def _with_reason(result: Evaluation, state: State, reason: str) -> Evaluation:
    return replace(result, state=state, trace=(*result.trace, reason))


def _since(target: Target, point: Checkpoint, in_time: Sequence[Reading]) -> date:
    """Return the day from which on the figure was reached without a break."""
    since = in_time[-1].on
    for reading in reversed(in_time):
        if not _is_reached(target, point, reading):
            break
        since = reading.on
    return since


# --- comparing ---------------------------------------------------------------------------------------------------


def _measured(target: Target, reading: Reading) -> Fraction | None:
    """Return what was measured in the figure's own terms. None: nothing usable was reported."""
    if reading.numerator is not None and reading.denominator:
        return Fraction(reading.numerator) / Fraction(reading.denominator) * target.scale
    return None if reading.value is None else Fraction(reading.value)


def _is_nothing(target: Target, reading: Reading) -> bool:
    """Whether the reading says “not applicable”: declared so, or none of none (0/0)."""
    has_empty_base = reading.numerator is not None and reading.denominator is not None and reading.denominator == 0
    return reading.is_not_applicable or (has_empty_base and target.comparator is not Comparator.ZERO)


def _needed(target: Target, point: Checkpoint, base: Fraction) -> Fraction | None:
    """Return the number that must be counted out of `base`, in whole ones if only whole ones exist.

    Increments are rounded up one by one and are capped at what remains: 12 with 70 % and 30 % ask for 9, then 3.
    """
    if target.comparator is Comparator.ALL:
        return base
    steps = point.increments or (() if point.figure is None else (point.figure,))
    if target.comparator is not Comparator.AT_LEAST or not steps:
        return None
    exact = [step * base / target.scale for step in steps]
    total = Fraction(sum(ceil(step) for step in exact)) if target.is_whole else sum(exact, Fraction(0))
    return min(total, base) if point.increments else total


def _is_reached(target: Target, point: Checkpoint, reading: Reading) -> bool | None:
    """Compare, unrounded. None: the reading does not say."""
    if target.comparator is Comparator.LEVEL:
        if reading.level not in target.levels:
            return None
        return target.levels.index(reading.level) >= target.levels.index(target.level)
    if _is_nothing(target, reading):
        return None
    actual = _measured(target, reading)
    if target.comparator is Comparator.ZERO and reading.numerator is not None:
        actual = Fraction(reading.numerator)
    if actual is None:
        return None
    if point.increments and reading.numerator is not None and reading.denominator is not None:
        needed = _needed(target, point, Fraction(reading.denominator))
        return needed is not None and Fraction(reading.numerator) >= needed
    if target.comparator is Comparator.DIRECTION:
        return _has_moved(target, point, actual)
    return _compare(target, _total(point), actual)


def _total(point: Checkpoint) -> Fraction | None:
    return sum(point.increments, Fraction(0)) if point.increments else point.figure


def _compare(target: Target, figure: Fraction | None, actual: Fraction) -> bool | None:
    if target.comparator is Comparator.ZERO:
        return actual == 0
    if target.comparator in _DONE:
        return actual > 0
    if target.comparator is Comparator.ALL:
        return actual == target.scale
    if figure is None:
        return None
    if target.comparator is Comparator.EQUALS:
        return actual == figure
    if target.comparator is Comparator.RANGE:
        return None if target.high is None else figure <= actual <= target.high
    if target.is_exclusive and actual == figure:
        return False
    return actual >= figure if target.comparator is Comparator.AT_LEAST else actual <= figure


def _has_moved(target: Target, point: Checkpoint, actual: Fraction) -> bool | None:
    if target.baseline is None or target.is_upward is None:
        return None
    change = actual - target.baseline if target.is_upward else target.baseline - actual
    if point.figure is None:
        return change > 0
    return change * 100 >= point.figure * abs(target.baseline)


# --- explaining --------------------------------------------------------------------------------------------------


def _described(target: Target, point: Checkpoint, reading: Reading) -> Evaluation:
    """Return what was measured and asked for, in figures and words; the state is decided afterwards."""
    if _is_nothing(target, reading):
        reason = "申报不适用" if reading.is_not_applicable else "基数为零，不适用"
        return Evaluation(State.NOT_APPLICABLE, target.strength, trace=(f"{reading.on}：{reason}",))
    actual = _measured(target, reading)
    needed, shortfall = None, None
    if reading.numerator is not None and reading.denominator:
        needed = _needed(target, point, Fraction(reading.denominator))
    if needed is not None and reading.numerator is not None:
        shortfall = needed - Fraction(reading.numerator)
    elif actual is not None:
        shortfall = _distance(target, _total(point), actual)
    shown = reading.level or measured_text(target, reading, actual)
    trace = [f"{reading.on}：{shown}", f"要求：{requirement_text(target, _total(point), point.deadline)}"]
    trace.append("按未四舍五入的数值比较")
    if shortfall is not None:
        trace.append(shortfall_text(target, shortfall, is_counted=needed is not None))
    return Evaluation(State.UNDETERMINED, target.strength, actual, shown, needed, shortfall, trace=tuple(trace))


def _distance(target: Target, figure: Fraction | None, actual: Fraction) -> Fraction | None:
    if figure is None:
        return None
    if target.comparator is Comparator.AT_LEAST:
        return figure - actual
    if target.comparator in {Comparator.AT_MOST, Comparator.RANK}:
        return actual - figure
    return None


# --- per unit ----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class UnitsEvaluation:
    """The result over units: how many of the applicable ones reached it, and how many had to."""

    state: State
    strength: Strength
    units: Mapping[str, Evaluation]
    met: int
    applicable: int
    needed: int

    @property
    def share(self) -> Fraction | None:
        """The share of the units that reached it in time, exact; None if it applies to none."""
        return Fraction(self.met, self.applicable) if self.applicable else None


def evaluate_units(target: Target, readings: Mapping[str, Sequence[Reading]], on: date) -> UnitsEvaluation:
    """Evaluate a target that each unit, or a share of the units, has to reach.

    `readings` names every unit of the population; one without readings is missing. Totals divided by the number of
    units are never used: 200 in one village and 0 in another are one village that reached it.
    """
    results = {unit: evaluate(target, series, on) for unit, series in readings.items()}
    states = [result.state for result in results.values() if result.state is not State.NOT_APPLICABLE]
    met = states.count(State.MET)
    needed = len(states)
    if target.scope is Scope.SHARE_OF_UNITS:
        if target.share is None:
            return UnitsEvaluation(State.UNDETERMINED, target.strength, results, met, len(states), needed)
        needed = ceil(target.share * len(states) / 100)
    return UnitsEvaluation(_share_state(states, needed), target.strength, results, met, len(states), needed)


def _share_state(states: Sequence[State], needed: int) -> State:
    """Return the best that can still be said: each kind of unit is counted in until there are enough."""
    if not states:
        return State.NOT_APPLICABLE
    found = 0
    for state in (State.MET, State.MET_LATE, State.NOT_DUE, State.MISSING, State.UNDETERMINED):
        found += states.count(state)
        if found >= needed:
            return state
    return State.NOT_MET
