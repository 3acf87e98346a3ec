"""Grades (等次) by threshold and by quota, after the ranking."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from decimal import ROUND_DOWN, Decimal

from saas.domain.amounts import percent_of
from saas.domain.ranking import RankedUnit
from saas.domain.scheme import AssessmentScheme
from saas.domain.scheme_settings import Grade, Settings
from saas.domain.scoring_results import UnitResult


def grade_units(
    scheme: AssessmentScheme, results: Sequence[UnitResult], ranking: Sequence[RankedUnit]
) -> tuple[RankedUnit, ...]:
    """Return the ranking with grades. Thresholds compare unrounded points.

    A quota (名额) is a share of all units of the peer group, rounded down; a unit that does not fit in gets the next
    grade it reaches. A vetoed unit gets no better grade than the scheme's `veto_grade`. Where units with the same rank,
    or without one, stand at the edge of a quota, their grade stays open.
    """
    if not scheme.settings.grades:
        return tuple(ranking)
    by_code = {result.unit_code: result for result in results}
    groups: dict[str, list[RankedUnit]] = {}
    for unit in ranking:
        groups.setdefault(unit.peer_group, []).append(unit)
    grades: dict[str, tuple[str | None, str]] = {}
    for group in groups.values():
        grades |= _grade_group(scheme.settings, group, by_code)
    return tuple(
        replace(unit, grade=grades[unit.unit_code][0], grade_reason=grades[unit.unit_code][1]) for unit in ranking
    )


def _grade_group(
    settings: Settings, group: Sequence[RankedUnit], results: Mapping[str, UnitResult]
) -> dict[str, tuple[str | None, str]]:
    given: dict[str, tuple[str | None, str]] = {}
    waiting: list[RankedUnit] = []
    for unit in group:
        reason = _gap(settings, results[unit.unit_code])
        if reason:
            given[unit.unit_code] = (None, reason)
        else:
            waiting.append(unit)
    for grade, is_above_ceiling in _with_ceiling(settings):
        reached = [
            unit
            for unit in waiting
            if _reaches(grade, results[unit.unit_code]) and not (is_above_ceiling and unit.is_vetoed)
        ]
        chosen = _within_quota(grade, reached, len(group))
        given |= chosen
        waiting = [unit for unit in waiting if unit.unit_code not in chosen]
    return given | {unit.unit_code: (None, "低于最低一等，办法未规定") for unit in waiting}


def _with_ceiling(settings: Settings) -> list[tuple[Grade, bool]]:
    """Return the grades, each with whether a vetoed unit may not have it."""
    labels = [grade.label for grade in settings.grades]
    ceiling = labels.index(settings.veto_grade) if settings.veto_grade is not None else 0
    return [(grade, place < ceiling) for place, grade in enumerate(settings.grades)]


def _gap(settings: Settings, result: UnitResult) -> str:
    """Return why a unit cannot be graded yet, empty if it can."""
    if result.veto_open and settings.veto_grade is not None:
        return "是否一票否决尚未认定"
    return "" if result.points.is_determined else "；".join(result.points.reasons) or "没有得分"


def _reaches(grade: Grade, result: UnitResult) -> bool:
    return grade.at_least is None or result.points.known >= grade.at_least


def _within_quota(grade: Grade, reached: Sequence[RankedUnit], group_size: int) -> dict[str, tuple[str | None, str]]:
    if grade.quota_percent is None:
        return {unit.unit_code: (grade.label, "") for unit in reached}
    places = int(percent_of(Decimal(group_size), grade.quota_percent).to_integral_value(rounding=ROUND_DOWN))
    if len(reached) <= places:
        return {unit.unit_code: (grade.label, "") for unit in reached}
    given: dict[str, tuple[str | None, str]] = {}
    for unit in reached:
        first, last = _span(unit, reached)
        if last <= places:
            given[unit.unit_code] = (grade.label, "")
        elif first <= places:
            given[unit.unit_code] = (None, f"“{grade.label}”名额 {places} 个，名次并列或未定，待裁定")
    return given


def _span(unit: RankedUnit, reached: Sequence[RankedUnit]) -> tuple[int, int]:
    """Return the best and the worst place a unit may take among those who reached a grade."""
    low, high = _ranks(unit)
    certainly_before = sum(1 for other in reached if _ranks(other)[1] < low)
    possibly_before = sum(1 for other in reached if other is not unit and _ranks(other)[0] <= high)
    return certainly_before + 1, possibly_before + 1


_FAR = 10**9


def _ranks(unit: RankedUnit) -> tuple[int, int]:
    """The ranks a unit has or may get; anything for a unit that has none."""
    if unit.rank is not None:
        return unit.rank, unit.rank
    return unit.possible or (1, _FAR)
