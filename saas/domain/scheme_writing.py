"""Writing a scheme (考核方案) as a mapping of plain values, so that reading it again gives an equal scheme."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import MISSING, fields
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import Any

from saas.domain.scheme import AssessmentScheme, AttributeRef, Item, Part, Rule
from saas.domain.scheme_conditions import AllOf, AnyOf, Comparison, Condition, Negation, Scalar
from saas.domain.scheme_fields import COMMON_FIELDS, KIND_FIELDS

_DEFAULTS = {field.name: field.default for field in fields(Rule)}


def scheme_to_mapping(scheme: AssessmentScheme) -> dict[str, Any]:
    """Return the scheme as mappings, lists, texts and booleans only. Numbers are texts: JSON would bend them."""
    mapping: dict[str, Any] = {"code": scheme.code, "title": scheme.title}
    if scheme.basis:
        mapping["basis"] = scheme.basis
    if scheme.attribute_labels:
        mapping["attribute_labels"] = dict(scheme.attribute_labels)
    mapping["settings"] = _record(scheme.settings)
    mapping["parts"] = [_part(part) for part in scheme.parts]
    return mapping


def _part(part: Part) -> dict[str, Any]:
    mapping: dict[str, Any] = {"code": part.code, "label": part.label}
    if part.weight is not None:
        mapping["weight"] = str(part.weight)
    return mapping | {"items": [_item(item) for item in part.items]}


def _item(item: Item) -> dict[str, Any]:
    mapping: dict[str, Any] = {"code": item.code, "label": item.label}
    if item.full_score is not None:
        mapping["full_score"] = str(item.full_score)
    return mapping | {"rules": [_rule(rule) for rule in item.rules]}


def _rule(rule: Rule) -> dict[str, Any]:
    mapping: dict[str, Any] = {}
    for name in (*COMMON_FIELDS, *KIND_FIELDS[rule.kind].names):
        value = getattr(rule, name)
        if name in KIND_FIELDS[rule.kind].required or value != _DEFAULTS[name]:
            mapping[name] = _rates(rule) if name == "rates" else _plain(value)
    return mapping


def _rates(rule: Rule) -> dict[str, str]:
    return {name: "未定" if rate is None else str(rate) for name, rate in rule.rates}


def condition_to_mapping(condition: Condition) -> dict[str, Any]:
    """Return a condition as `scheme_reading.read_condition` reads it."""
    if isinstance(condition, Comparison):
        is_ordered = condition.comparison not in ("equals", "in")
        values = [_plain(value) if is_ordered else _scalar(value) for value in condition.values]
        return {
            "attribute": condition.attribute,
            condition.comparison: values if condition.comparison == "in" else values[0],
        }
    if isinstance(condition, Negation):
        return {"not": condition_to_mapping(condition.condition)}
    key = "all" if isinstance(condition, AllOf) else "any"
    return {key: [condition_to_mapping(part) for part in condition.conditions]}


def _scalar(value: Scalar) -> bool | str | int:
    return int(value) if isinstance(value, Decimal) else value


def _record(record: Any) -> dict[str, Any]:
    """Return a dataclass as a mapping without the values that are its defaults."""
    mapping = {}
    for field in fields(record):
        value = getattr(record, field.name)
        if value is None or (field.default is not MISSING and value == field.default):
            continue
        mapping[field.name] = _table(value) if field.name == "table" else _plain(value)
    return mapping


def _table(pairs: tuple[tuple[str, Decimal], ...]) -> dict[str, str]:
    return {name: str(value) for name, value in pairs}


def _plain(value: Any) -> Any:
    if isinstance(value, StrEnum):
        return value.value
    if isinstance(value, Decimal):
        return str(value)
    if isinstance(value, AttributeRef):
        return {"attribute": value.attribute}
    if isinstance(value, (Comparison, AllOf, AnyOf, Negation)):
        return condition_to_mapping(value)
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, tuple):
        return [_plain(entry) for entry in value]
    return value if isinstance(value, (str, bool, int, Mapping)) else _record(value)
