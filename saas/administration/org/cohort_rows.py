"""The conditions of a named cohort as rows of a form: attribute, comparison, value; and building the cohort from it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from flask_babel import gettext
from flask_babel import lazy_gettext as _l

from saas.administration.org.forms import split_words
from saas.administration.org.naming import find_named
from saas.domain.cohorts import Cohort, Condition, Operator, cohort_from_mapping
from saas.domain.errors import Message
from saas.org.attributes import Attribute, attributes_of, parse_attribute, typed_text
from saas.org.models import OrgUnit, UnitType
from saas.tenancy.pack_schema import AttributeType

EMPTY_ROWS = 2
MAX_ROWS = 20
OPERATOR_LABELS = {
    Operator.EQUALS: _l("等于"),
    Operator.NOT_EQUALS: _l("不等于"),
    Operator.AT_LEAST: _l("不少于"),
    Operator.AT_MOST: _l("不多于"),
    Operator.ONE_OF: _l("是其中之一（用顿号隔开）"),
    Operator.IS_SET: _l("已登记（是或否）"),
}
_TRUTH = {"是": True, "否": False, "yes": True, "no": False}
_NUMBERS = {AttributeType.INTEGER, AttributeType.DECIMAL}


@dataclass(frozen=True, slots=True)
class ConditionRow:
    """One condition as typed, with what is wrong with it."""

    attribute: str = ""
    operator: str = Operator.EQUALS.value
    value: str = ""
    error: str = ""


def known_attributes(types: Sequence[UnitType]) -> dict[str, Attribute]:
    """Every attribute that some kind of unit carries, by its name."""
    return {each.name: each for unit_type in types for each in attributes_of(unit_type)}


def stored_rows(cohort: Cohort | None) -> list[ConditionRow]:
    """The rows of what a cohort asks, followed by empty ones."""
    rows = [_stored(condition) for condition in cohort.where] if cohort is not None else []
    return [*rows, *(ConditionRow() for _ in range(EMPTY_ROWS))]


def _stored(condition: Condition) -> ConditionRow:
    values = condition.value if isinstance(condition.value, tuple) else (condition.value,)
    return ConditionRow(condition.attribute, condition.operator.value, "、".join(_word(each) for each in values))


def _word(value: Any) -> str:
    return {"yes": "是", "no": "否"}[typed_text(value)] if isinstance(value, bool) else str(value)


def posted_rows(
    form: Mapping[str, str], known: Mapping[str, Attribute]
) -> tuple[list[ConditionRow], list[dict[str, Any]]]:
    """The rows as typed, each checked, and the conditions that they make. A row without an attribute is left out."""
    rows, conditions = [], []
    for number in range(MAX_ROWS):
        if f"row-{number}-attribute" not in form:
            break
        row = ConditionRow(
            *(form.get(f"row-{number}-{part}", "").strip() for part in ("attribute", "operator", "value"))
        )
        if row.attribute:
            condition = _condition(row, known)
            if isinstance(condition, str):
                row = ConditionRow(row.attribute, row.operator, row.value, condition)
            else:
                conditions.append(condition)
        rows.append(row)
    return rows, conditions


def _condition(row: ConditionRow, known: Mapping[str, Attribute]) -> dict[str, Any] | str:
    attribute = known.get(row.attribute)
    if attribute is None:
        return str(gettext("没有这个属性"))
    if row.operator not in {each.value for each in Operator}:
        return str(gettext("请选择比较方式"))
    operator = Operator(row.operator)
    if operator is Operator.IS_SET:
        return {"attribute": attribute.name, operator.value: _TRUTH.get(row.value or "是", True)}
    if operator in {Operator.AT_LEAST, Operator.AT_MOST} and attribute.type not in _NUMBERS:
        return str(gettext("“%(label)s”不是数，不能比大小", label=attribute.label))
    values = [
        _value(attribute, text) for text in (split_words(row.value) if operator is Operator.ONE_OF else [row.value])
    ]
    problem = next((value for value in values if isinstance(value, Message)), None)
    if problem is not None or not values:
        return gettext(problem.text).format(**problem.params) if problem else str(gettext("请填写值"))
    return {"attribute": attribute.name, operator.value: values if operator is Operator.ONE_OF else values[0]}


def _value(attribute: Attribute, text: str) -> Any:
    if not text:
        return Message("missing", "请填写值")
    if attribute.type is AttributeType.YES_NO:
        return parse_attribute(attribute, {"是": "yes", "否": "no"}.get(text, text))
    return parse_attribute(attribute, text)


def build_cohort(form: Any, conditions: Sequence[Mapping[str, Any]], units: Sequence[OrgUnit]) -> Cohort | None:
    """The cohort that was typed; None if a name is nobody's: that is said beside its field. FormatError if empty."""
    under, listed = find_named(form.under.data, units), find_named(form.units.data, units)
    excluded = find_named(form.excluded.data, units)
    is_list = form.by.data == "list"
    for field, found in ((form.under, under), (form.units, listed), (form.excluded, excluded)):
        if found.problem and (field is form.excluded or (field is form.units) == is_list):
            field.errors = [found.problem]
    if form.errors:
        return None
    mapping: dict[str, Any] = {"except": [unit.code for unit in excluded.units]}
    if is_list:
        mapping["units"] = [unit.code for unit in listed.units]
    else:
        mapping |= {
            "unit_types": form.unit_types.data or [],
            "under": [unit.code for unit in under.units],
            "where": list(conditions),
            "linked": form.linked.data or [],
            "cohorts": form.cohorts.data or [],
        }
    return cohort_from_mapping(mapping)


def describe(cohort: Cohort, types: Mapping[str, str], known: Mapping[str, Attribute]) -> list[tuple[str, str]]:
    """A cohort in words: what is asked, and the answer that counts."""
    found = []
    if cohort.unit_types:
        found.append((gettext("单位类型"), "、".join(types.get(code, code) for code in cohort.unit_types)))
    if cohort.under:
        found.append((gettext("所属上级"), "、".join(cohort.under)))
    for condition in cohort.where:
        row = _stored(condition)
        attribute = known.get(condition.attribute)
        label = attribute.full_label if attribute else condition.attribute
        found.append((label, f"{OPERATOR_LABELS[condition.operator]} {row.value}"))
    if cohort.linked:
        found.append((gettext("有这些联系"), "、".join(cohort.linked)))
    if cohort.cohorts:
        found.append((gettext("在这些名册中"), "、".join(cohort.cohorts)))
    if cohort.units:
        found.append((gettext("名单"), gettext("%(count)s 个单位", count=len(cohort.units))))
    if cohort.excluded:
        found.append((gettext("除外"), "、".join(cohort.excluded)))
    return found
