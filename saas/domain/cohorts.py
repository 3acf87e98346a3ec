"""Cohorts (单位范围): a set of units by rule or by list. docs/plan-format.md describes the format.

A unit that lacks an attribute which a rule asks for is *unknown*: it does not belong, and it is not silently outside.
A cohort may ask for named ones (单位名册); what those are on the day is handed in.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum
from types import MappingProxyType
from typing import Any

from saas.domain.errors import DomainError, FormatError
from saas.domain.reading import Reader, read, without_defaults

_KEYS = {"unit_types", "under", "where", "linked", "cohorts", "units", "except"}
MAX_DEPTH = 8  # of named cohorts that ask for named cohorts


class CohortError(DomainError):
    """A named cohort is not defined (code unknown_cohort), or it asks for itself (cohort_cycle)."""

    code = "bad_cohort"


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
    linked: tuple[str, ...] = ()  # kinds of ties (包片 …): somebody is in charge of the unit in any of them
    cohorts: tuple[str, ...] = ()  # codes of named cohorts: the unit belongs to any of them


Named = Mapping[str, "Cohort | None"]
"""The county's named cohorts by code, as they are on the day; None: it exists, but not on that day (nobody belongs)."""


@dataclass(frozen=True, slots=True)
class CohortUnit:
    """What of a unit matters to a cohort on the day: its codes upwards (`ancestors`) are those of that day's tree.

    `links` are the kinds of ties in which somebody is in charge of it; None: nobody has looked, so it is not known.
    """

    code: str
    type: str
    ancestors: Collection[str] = ()
    attributes: Mapping[str, Any] = field(default_factory=dict)
    links: Collection[str] | None = None


def membership(unit: CohortUnit, cohort: Cohort, named: Named = MappingProxyType({})) -> Membership:
    """Return whether a unit belongs. A rule that surely fails decides before one that cannot be known.

    Raises CohortError if the cohort asks for a named one that `named` does not have, or for one that asks for itself.
    """
    return _membership(unit, cohort, named, ())


def _membership(unit: CohortUnit, cohort: Cohort, named: Named, path: tuple[str, ...]) -> Membership:
    if unit.code in cohort.excluded:
        return Membership.NO
    if cohort.units:
        return Membership.YES if unit.code in cohort.units else Membership.NO
    if cohort.unit_types and unit.type not in cohort.unit_types:
        return Membership.NO
    if cohort.under and unit.code not in cohort.under and not set(cohort.under) & set(unit.ancestors):
        return Membership.NO
    return _by_what_may_be_unknown(unit, cohort, named, path)


def _by_what_may_be_unknown(unit: CohortUnit, cohort: Cohort, named: Named, path: tuple[str, ...]) -> Membership:
    found = {_holds(condition, unit.attributes) for condition in cohort.where}
    if cohort.linked and Membership.NO not in found:
        found.add(Membership.UNKNOWN if unit.links is None else _yes(any(kind in unit.links for kind in cohort.linked)))
    if cohort.cohorts and Membership.NO not in found:
        found.add(_in_any(unit, cohort.cohorts, named, path))
    if Membership.NO in found:
        return Membership.NO
    return Membership.UNKNOWN if Membership.UNKNOWN in found else Membership.YES


def _in_any(unit: CohortUnit, codes: tuple[str, ...], named: Named, path: tuple[str, ...]) -> Membership:
    found = Membership.NO
    for code in codes:
        cohort = _named(code, named, path)
        belongs = Membership.NO if cohort is None else _membership(unit, cohort, named, (*path, code))
        if belongs is Membership.YES:
            return Membership.YES
        found = Membership.UNKNOWN if Membership.UNKNOWN in (found, belongs) else Membership.NO
    return found


def _named(code: str, named: Named, path: tuple[str, ...]) -> Cohort | None:
    if code not in named:
        raise CohortError("没有代码为“{cohort}”的单位名册", code="unknown_cohort", cohort=code)
    if code in path or len(path) >= MAX_DEPTH:
        raise CohortError("单位名册“{cohort}”绕了一圈引用自己", code="cohort_cycle", cohort=code)
    return named[code]


def check_named(cohort: Cohort, named: Named, code: str = "") -> None:
    """Raise CohortError if a cohort, known by `code` if it is a named one, asks for an unknown one or for itself."""
    waiting: list[tuple[Cohort, tuple[str, ...]]] = [(cohort, (code,) if code else ())]
    while waiting:
        here, path = waiting.pop()
        for each in here.cohorts:
            below = _named(each, named, path)
            if below is not None:
                waiting.append((below, (*path, each)))


def matches(unit: CohortUnit, cohort: Cohort, named: Named = MappingProxyType({})) -> bool:
    """Whether a unit surely belongs."""
    return membership(unit, cohort, named) is Membership.YES


def members(units: Iterable[CohortUnit], cohort: Cohort, named: Named = MappingProxyType({})) -> tuple[str, ...]:
    """Return the codes of the units that surely belong, in the given order."""
    return tuple(unit.code for unit in units if matches(unit, cohort, named))


def unknown_members(
    units: Iterable[CohortUnit], cohort: Cohort, named: Named = MappingProxyType({})
) -> tuple[str, ...]:
    """Return the codes of the units of which it cannot be known: an attribute is not recorded (信息不全)."""
    return tuple(unit.code for unit in units if membership(unit, cohort, named) is Membership.UNKNOWN)


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
        reader.texts("linked"),
        reader.texts("cohorts"),
    )
    has_rules = bool(cohort.unit_types or cohort.under or cohort.where or cohort.linked or cohort.cohorts)
    if has_rules and cohort.units:
        raise reader.fail("units", "按名单与按条件只能选一种", code="rule_and_list", advice="删去 units 或其余条件")
    if not has_rules and not cohort.units:
        raise reader.fail(
            "", "单位范围为空", code="missing_key", advice="写 unit_types、under、where、linked、cohorts 或 units"
        )
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
        "linked": list(cohort.linked),
        "cohorts": list(cohort.cohorts),
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
