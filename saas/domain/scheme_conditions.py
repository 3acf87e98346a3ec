"""Conditions (适用条件) of a scoring rule on a unit or a finding, in three values: yes, no, not known."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from saas.domain.amounts import plain

Scalar = bool | str | Decimal

_ORDERED: Mapping[str, tuple[str, Callable[[Decimal, Decimal], bool]]] = {
    "at_least": ("不低于", lambda actual, limit: actual >= limit),
    "more_than": ("高于", lambda actual, limit: actual > limit),
    "at_most": ("不高于", lambda actual, limit: actual <= limit),
    "less_than": ("低于", lambda actual, limit: actual < limit),
}
COMPARISONS = ("equals", "in", *_ORDERED)


@dataclass(frozen=True, slots=True)
class Comparison:
    """One attribute compared with one value, or with several (`in`)."""

    attribute: str
    comparison: str
    values: tuple[Scalar, ...]


@dataclass(frozen=True, slots=True)
class AllOf:
    """Every condition holds (同时满足)."""

    conditions: tuple[Condition, ...]


@dataclass(frozen=True, slots=True)
class AnyOf:
    """At least one condition holds (满足其一)."""

    conditions: tuple[Condition, ...]


@dataclass(frozen=True, slots=True)
class Negation:
    """The condition does not hold."""

    condition: Condition


Condition = Comparison | AllOf | AnyOf | Negation


def holds(condition: Condition, attributes: Mapping[str, Any]) -> bool | None:
    """Return whether the condition holds; None when an attribute that decides it is not filled in.

    None is not False: a rule whose applicability nobody has recorded is undetermined (未定), not inapplicable.
    """
    if isinstance(condition, Comparison):
        return _compare(condition, attributes.get(condition.attribute))
    if isinstance(condition, Negation):
        inner = holds(condition.condition, attributes)
        return None if inner is None else not inner
    decisive = isinstance(condition, AnyOf)
    answers = [holds(part, attributes) for part in condition.conditions]
    if decisive in answers:
        return decisive
    return None if None in answers else not decisive


def _compare(condition: Comparison, actual: Any) -> bool | None:
    actual = _scalar(actual)
    if actual is None:
        return None
    if condition.comparison in _ORDERED:
        limit = condition.values[0]
        if isinstance(actual, Decimal) and isinstance(limit, Decimal):
            return _ORDERED[condition.comparison][1](actual, limit)
        return None
    return any(type(actual) is type(value) and actual == value for value in condition.values)


def _scalar(actual: Any) -> Scalar | None:
    """Bring an attribute to the types that conditions know. A float never gets here unrounded: it is read as text."""
    if actual is None or actual == "" or isinstance(actual, (bool, str, Decimal)):
        return None if actual == "" else actual
    return Decimal(str(actual)) if isinstance(actual, (int, float)) else str(actual)


def unknown_attributes(condition: Condition, attributes: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the attributes that the condition asks for and that are not filled in, in the condition's order."""
    names: list[str] = []
    for comparison in comparisons_of(condition):
        if _scalar(attributes.get(comparison.attribute)) is None and comparison.attribute not in names:
            names.append(comparison.attribute)
    return tuple(names)


def comparisons_of(condition: Condition) -> tuple[Comparison, ...]:
    """Return every comparison inside a condition, left to right."""
    if isinstance(condition, Comparison):
        return (condition,)
    parts = (condition.condition,) if isinstance(condition, Negation) else condition.conditions
    return tuple(comparison for part in parts for comparison in comparisons_of(part))


def describe_condition(condition: Condition, labels: Mapping[str, str]) -> str:
    """Return the condition as Chinese text for a document; `labels` gives attributes their Chinese names."""
    if isinstance(condition, Comparison):
        return _describe_comparison(condition, labels)
    if isinstance(condition, Negation):
        return f"不满足（{describe_condition(condition.condition, labels)}）"
    word = "且" if isinstance(condition, AllOf) else "或"
    return word.join(f"（{describe_condition(part, labels)}）" for part in condition.conditions)


def _describe_comparison(condition: Comparison, labels: Mapping[str, str]) -> str:
    name = labels.get(condition.attribute, condition.attribute)
    values = "、".join(_describe_value(value) for value in condition.values)
    if condition.comparison in _ORDERED:
        return f"“{name}”{_ORDERED[condition.comparison][0]} {values}"
    return f"“{name}”为{values}" if len(condition.values) == 1 else f"“{name}”为{values}之一"


def _describe_value(value: Scalar) -> str:
    if isinstance(value, bool):
        return "是" if value else "否"
    return plain(value) if isinstance(value, Decimal) else value
