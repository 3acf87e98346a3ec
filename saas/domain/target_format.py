"""Reading and writing targets (docs/plan-format.md)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction
from typing import Any

from saas.domain.deadlines import Deadline, deadline_from_mapping, deadline_to_mapping
from saas.domain.errors import FormatError
from saas.domain.reading import Reader, read, without_defaults
from saas.domain.target_words import plain_text
from saas.domain.targets import Comparator, Group, Kind, Milestone, Scope, Strength, Target

_KEYS = {
    "code", "name", "comparator", "kind", "per", "figure", "measure", "numerator", "denominator", "counting",
    "boundary", "strength", "deadline", "milestones_are", "milestones", "groups", "population", "scope",
    "share", "decimals", "direction", "baseline", "levels", "level",
}  # fmt: skip
_RATIO = re.compile(r"([1-9][0-9]{0,8})\s*[:：]\s*([1-9][0-9]{0,8})", flags=re.ASCII)


class Counting(StrEnum):
    """Whether only whole ones exist."""

    EXACT = "exact"
    WHOLE = "whole"


class Boundary(StrEnum):
    """Whether “以上”, “以下” take the figure itself in."""

    INCLUSIVE = "inclusive"
    EXCLUSIVE = "exclusive"


class MilestonesAre(StrEnum):
    """What the figures of milestones mean."""

    CUMULATIVE = "cumulative"
    INCREMENT = "increment"


class Direction(StrEnum):
    """Which way a figure has to move."""

    UP = "up"
    DOWN = "down"


def target_from_mapping(mapping: Mapping[str, Any], *, path: str = "", plan_year: int | None = None) -> Target:
    """Read a target. `plan_year` completes deadlines without a year. Raise FormatError with the path of a mistake."""
    reader = read(mapping, path, FormatError, _KEYS)
    kind = reader.choice("kind", Kind, Kind.NUMBER)
    comparator = reader.choice("comparator", Comparator)
    figure, high = _figures(reader, kind, comparator)
    target = Target(
        code=reader.code("code"),
        name=reader.text("name"),
        comparator=comparator,
        kind=kind,
        figure=figure,
        high=high,
        per=reader.whole("per", 1, low=1, high=100_000_000) or 1,
        measure=reader.text("measure", "", max_length=20),
        numerator=reader.text("numerator", ""),
        denominator=reader.text("denominator", ""),
        is_whole=reader.choice("counting", Counting, Counting.EXACT) is Counting.WHOLE,
        is_exclusive=reader.choice("boundary", Boundary, Boundary.INCLUSIVE) is Boundary.EXCLUSIVE,
        strength=reader.choice("strength", Strength, Strength.BINDING),
        deadline=_deadline(reader, plan_year),
        milestones=tuple(_milestone(child, kind, plan_year) for child in reader.children("milestones")),
        has_increments=_increments(reader),
        groups=tuple(_group(child, kind) for child in reader.children("groups")),
        population=reader.text("population", ""),
        scope=reader.choice("scope", Scope, Scope.TOTAL),
        share=_exact(reader, "share"),
        decimals=reader.whole("decimals", 2, high=6) or 0,
        is_upward=_direction(reader, comparator),
        baseline=_exact(reader, "baseline"),
        levels=reader.texts("levels"),
        level=reader.text("level", ""),
    )
    _check(reader, target)
    return target


def _figures(reader: Reader, kind: Kind, comparator: Comparator) -> tuple[Fraction | None, Fraction | None]:
    if comparator is not Comparator.RANGE:
        return _figure(reader, "figure", kind), None
    pair = reader.mapping.get("figure")
    if pair is None:
        return None, None
    if not isinstance(pair, list | tuple) or len(pair) != 2:
        raise reader.fail("figure", "区间应写两个数", code="wrong_type", advice="[1, 2]")
    low, high = (Fraction(reader.exact("figure", value)) for value in pair)
    if low > high:
        raise reader.fail("figure", "区间的下限大于上限", code="bad_range")
    return low, high


def _figure(reader: Reader, key: str, kind: Kind) -> Fraction | None:
    value = reader.mapping.get(key)
    if kind is Kind.RATIO and isinstance(value, str):
        match = _RATIO.fullmatch(value.strip())
        if match is None:
            raise reader.fail(key, "“{value}”不是比", code="wrong_type", advice='写成 "1:4000"', value=value)
        return Fraction(int(match[1]), int(match[2]))
    return _exact(reader, key)


def _exact(reader: Reader, key: str) -> Fraction | None:
    number = reader.number(key)
    return None if number is None else Fraction(number)


def _deadline(reader: Reader, plan_year: int | None) -> Deadline | None:
    if "deadline" not in reader.mapping:
        return None
    return deadline_from_mapping(reader.mapping["deadline"], path=reader.at("deadline"), plan_year=plan_year)


def _milestone(reader: Reader, kind: Kind, plan_year: int | None) -> Milestone:
    reader.refuse_unknown({"deadline", "figure"})
    deadline = _deadline(reader, plan_year)
    if deadline is None:
        raise reader.fail("deadline", "缺少“deadline”", code="missing_key")
    return Milestone(deadline, _figure(reader, "figure", kind))


def _group(reader: Reader, kind: Kind) -> Group:
    reader.refuse_unknown({"code", "name", "figure"})
    return Group(reader.code("code"), reader.text("name"), _figure(reader, "figure", kind))


def _increments(reader: Reader) -> bool:
    return reader.choice("milestones_are", MilestonesAre, MilestonesAre.CUMULATIVE) is MilestonesAre.INCREMENT


def _direction(reader: Reader, comparator: Comparator) -> bool | None:
    if comparator is not Comparator.DIRECTION:
        if "direction" in reader.mapping:
            raise reader.fail("direction", "只有 direction 目标有方向", code="wrong_type")
        return None
    return reader.choice("direction", Direction) is Direction.UP


def _check(reader: Reader, target: Target) -> None:
    """Refuse what contradicts itself; what is only left open stays open."""
    if target.kind is Kind.PER and target.per == 1:
        raise reader.fail("per", "缺少“per”", code="missing_key", advice="每多少人，如 100000")
    if target.comparator is Comparator.LEVEL and target.level and target.level not in target.levels:
        raise reader.fail("level", "“{level}”不在 levels 中", code="unknown_value", level=target.level)
    if target.has_increments and target.comparator is not Comparator.AT_LEAST:
        raise reader.fail("milestones_are", "只有 at_least 目标能按当期新增", code="wrong_type")
    if target.share is not None and (target.scope is not Scope.SHARE_OF_UNITS or not 0 <= target.share <= 100):
        raise reader.fail("share", "share 只用于 share_of_units，0 到 100", code="wrong_type")
    days = [milestone.deadline.due_on for milestone in target.milestones]
    if days != sorted(set(days)):
        raise reader.fail("milestones", "阶段目标的时限应依次递增", code="bad_order")
    if len({group.code for group in target.groups}) != len(target.groups):
        raise reader.fail("groups", "分组编码重复", code="duplicate")


def target_to_mapping(target: Target) -> dict[str, Any]:
    """Return the mapping of a target: JSON-able, without defaults, read again to an equal target."""
    figure: Any = _written(target.figure, target.kind)
    if target.comparator is Comparator.RANGE and figure is not None:
        figure = [figure, _written(target.high, target.kind)]
    mapping = {
        "code": target.code,
        "name": target.name,
        "comparator": target.comparator.value,
        "kind": target.kind.value,
        "per": target.per,
        "figure": figure,
        "measure": target.measure,
        "numerator": target.numerator,
        "denominator": target.denominator,
        "counting": Counting.WHOLE.value if target.is_whole else None,
        "boundary": Boundary.EXCLUSIVE.value if target.is_exclusive else None,
        "strength": target.strength.value,
        "deadline": deadline_to_mapping(target.deadline) if target.deadline else None,
        "milestones_are": MilestonesAre.INCREMENT.value if target.has_increments else None,
        "milestones": [_milestone_to_mapping(each, target.kind) for each in target.milestones],
        "groups": [_group_to_mapping(each, target.kind) for each in target.groups],
        "population": target.population,
        "scope": target.scope.value,
        "share": _written(target.share, Kind.NUMBER),
        "decimals": target.decimals,
        "direction": _written_direction(target.is_upward),
        "baseline": _written(target.baseline, Kind.NUMBER),
        "levels": list(target.levels),
        "level": target.level,
    }
    defaults = {"kind": "number", "per": 1, "strength": "binding", "scope": "total", "decimals": 2}
    shown = without_defaults(mapping, defaults)
    return {key: value for key, value in shown.items() if value not in (None, "", [])}


def _written(value: Fraction | None, kind: Kind) -> str | None:
    if value is None:
        return None
    if kind is Kind.RATIO:
        return f"{value.numerator}:{value.denominator}"
    return str(Decimal(value.numerator) / Decimal(value.denominator)) if _has_end(value) else plain_text(value)


def _has_end(value: Fraction) -> bool:
    """Whether the fraction is an exact decimal; figures are read from decimals, so it always is."""
    rest = value.denominator
    for prime in (2, 5):
        while rest % prime == 0:
            rest //= prime
    return rest == 1


def _written_direction(is_upward: bool | None) -> str | None:
    return None if is_upward is None else (Direction.UP.value if is_upward else Direction.DOWN.value)


def _milestone_to_mapping(milestone: Milestone, kind: Kind) -> dict[str, Any]:
    mapping = {"deadline": deadline_to_mapping(milestone.deadline), "figure": _written(milestone.figure, kind)}
    return without_defaults(mapping, {"figure": None})


def _group_to_mapping(group: Group, kind: Kind) -> dict[str, Any]:
    mapping = {"code": group.code, "name": group.name, "figure": _written(group.figure, kind)}
    return without_defaults(mapping, {"figure": None})
