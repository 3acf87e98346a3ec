"""Cohorts (单位范围): a set of units by rule or by list. docs/plan-format.md describes the format.

A unit that lacks an attribute which a rule asks for is *unknown*: it does not belong, and it is not silently outside.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum
from typing import Any

from saas.domain.errors import FormatError
from saas.domain.reading import Reader, read, without_defaults

_KEYS = {"unit_types", "under", "where", "units", "except"}


class Operator(StrEnum):
    """How an attribute is compared."""

    EQUALS = "equals"
    NOT_EQUALS = "not_equals"
    ONE_OF = "one_of"
    AT_LEAST = "at_least"
    AT_MOST = "at_most"
    IS_SET = "is_set"


class Membership(StrEnum):
    """Whether a unit belongs to a cohort."""

    YES = "yes"
    NO = "no"
    UNKNOWN = "unknown"  # an attribute is not recorded


@dataclass(frozen=True, slots=True)
class Condition:
    """One attribute compared with a value (for `one_of`: a tuple)."""

    attribute: str
    operator: Operator
    value: Any


@dataclass(frozen=True, slots=True)
class Cohort:
    """All given rules must hold; `units` is a list instead of rules; `excluded` goes before everything."""

    unit_types: tuple[str, ...] = ()
    under: tuple[str, ...] = ()
    where: tuple[Condition, ...] = ()
    units: tuple[str, ...] = ()
    excluded: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class CohortUnit:
    """What of a unit matters to a cohort on the day: its codes upwards (`ancestors`) are those of that day's tree."""

    code: str
    type: str
    ancestors: Collection[str] = ()
    attributes: Mapping[str, Any] = field(default_factory=dict)


def membership(unit: CohortUnit, cohort: Cohort) -> Membership:
    """Return whether a unit belongs. A rule that surely fails decides before one that cannot be known."""
    if unit.code in cohort.excluded:
        return Membership.NO
    if cohort.units:
        return Membership.YES if unit.code in cohort.units else Membership.NO
    if cohort.unit_types and unit.type not in cohort.unit_types:
        return Membership.NO
    if cohort.under and unit.code not in cohort.under and not set(cohort.under) & set(unit.ancestors):
        return Membership.NO
    found = {_holds(condition, unit.attributes) for condition in cohort.where}
    if Membership.NO in found:
        return Membership.NO
    return Membership.UNKNOWN if Membership.UNKNOWN in found else Membership.YES


def matches(unit: CohortUnit, cohort: Cohort) -> bool:
    """Whether a unit surely belongs."""
    return membership(unit, cohort) is Membership.YES


def members(units: Iterable[CohortUnit], cohort: Cohort) -> tuple[str, ...]:
    """Return the codes of the units that surely belong, in the given order."""
    return tuple(unit.code for unit in units if matches(unit, cohort))


def unknown_members(units: Iterable[CohortUnit], cohort: Cohort) -> tuple[str, ...]:
    """Return the codes of the units of which it cannot be known: an attribute is not recorded (信息不全)."""
    return tuple(unit.code for unit in units if membership(unit, cohort) is Membership.UNKNOWN)


def _holds(condition: Condition, attributes: Mapping[str, Any]) -> Membership:
    actual = attributes.get(condition.attribute)
    if condition.operator is Operator.IS_SET:
        return _yes((actual is not None) is condition.value)
    if actual is None:
        return Membership.UNKNOWN
    if condition.operator in {Operator.AT_LEAST, Operator.AT_MOST}:
        number = _number(actual)
        if number is None:
            return Membership.UNKNOWN
        is_at_least = condition.operator is Operator.AT_LEAST
        return _yes(number >= condition.value if is_at_least else number <= condition.value)
    if condition.operator is Operator.ONE_OF:
        return _yes(any(_same(actual, value) for value in condition.value))
    return _yes(_same(actual, condition.value) is (condition.operator is Operator.EQUALS))


def _yes(holds: bool) -> Membership:
    return Membership.YES if holds else Membership.NO


def _same(actual: Any, value: Any) -> bool:
    """Compare without mixing kinds: the number 1 is not `true`, but it is the text "1" of a spreadsheet."""
    if isinstance(actual, bool) or isinstance(value, bool):
        return actual is value
    return actual == value or str(actual) == str(value)


def _number(value: Any) -> Decimal | None:
    if isinstance(value, bool) or not isinstance(value, int | str | Decimal):
        return None
    try:
        number = Decimal(value)
    except ArithmeticError:
        return None
    return number if number.is_finite() else None


# --- reading and writing ------------------------------------------------------------------------------------------


def cohort_from_mapping(mapping: Mapping[str, Any]) -> Cohort:
    """Read a cohort. Raise FormatError with the path of the first mistake.

    An empty one is refused: it would mean every unit there is, down to departments and the county itself.
    """
    reader = read(mapping, "cohort", FormatError, _KEYS)
    cohort = Cohort(
        reader.texts("unit_types"),
        reader.texts("under"),
        tuple(_condition(child) for child in reader.children("where")),
        reader.texts("units"),
        reader.texts("except"),
    )
    has_rules = bool(cohort.unit_types or cohort.under or cohort.where)
    if has_rules and cohort.units:
        raise reader.fail("units", "按名单与按条件只能选一种", code="rule_and_list", advice="删去 units 或其余条件")
    if not has_rules and not cohort.units:
        raise reader.fail("", "单位范围为空", code="missing_key", advice="写 unit_types、under、where 或 units")
    return cohort


def _condition(reader: Reader) -> Condition:
    operators = [key for key in reader.mapping if key != "attribute"]
    reader.refuse_unknown({"attribute", *Operator})
    if len(operators) != 1:
        raise reader.fail("", "一个条件只写一种比较", code="wrong_type", advice="、".join(Operator))
    operator = Operator(operators[0])
    value = reader.mapping[operator.value]
    if operator in {Operator.AT_LEAST, Operator.AT_MOST}:
        value = reader.exact(operator.value, value)
    elif operator is Operator.IS_SET:
        value = reader.truth(operator.value)
    elif operator is Operator.ONE_OF:
        value = tuple(_scalar(reader, operator, item) for item in _list(reader, operator))
    else:
        value = _scalar(reader, operator, value)
    return Condition(reader.text("attribute", max_length=64), operator, value)


def _list(reader: Reader, operator: Operator) -> list[Any]:
    value = reader.mapping[operator.value]
    if not isinstance(value, list) or not value:
        raise reader.fail(operator.value, "“{key}”应为列表", code="wrong_type", advice='["a", "b"]', key=operator.value)
    return value


def _scalar(reader: Reader, operator: Operator, value: Any) -> Any:
    if not isinstance(value, str | int | bool | Decimal):
        raise reader.fail(operator.value, "“{key}”的值不合规", code="wrong_type", key=operator.value)
    return str(value) if isinstance(value, Decimal) else value


def cohort_to_mapping(cohort: Cohort) -> dict[str, Any]:
    """Return the mapping of a cohort: JSON-able, without what is empty, read again to an equal cohort."""
    mapping: dict[str, Any] = {
        "unit_types": list(cohort.unit_types),
        "under": list(cohort.under),
        "where": [_condition_to_mapping(condition) for condition in cohort.where],
        "units": list(cohort.units),
        "except": list(cohort.excluded),
    }
    return without_defaults(mapping, {key: [] for key in mapping})


def _condition_to_mapping(condition: Condition) -> dict[str, Any]:
    value = condition.value
    if isinstance(value, tuple):
        value = list(value)
    elif isinstance(value, Decimal):
        value = str(value)
    return {"attribute": condition.attribute, condition.operator.value: value}
