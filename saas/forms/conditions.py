"""Conditions by pickers (显示条件): question, comparison and value, up to three, and the expression that says so."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from flask_babel import lazy_gettext as _l

from saas.domain.fields import Field, FieldType, FormDefinition
from saas.domain.fields.checking import list_spots

ROWS = 3  # pickers beside each other
COMPARISONS = {
    "=": _l("等于"),
    "!=": _l("不等于"),
    ">": _l("大于"),
    ">=": _l("不小于"),
    "<": _l("小于"),
    "<=": _l("不大于"),
    "selected": _l("选了"),
    "unselected": _l("没有选"),
    "filled": _l("已填"),
    "empty": _l("未填"),
}
JOINS = {"and": _l("同时满足"), "or": _l("满足其中一条")}
_NUMBER = re.compile(r"-?[0-9]+(\.[0-9]+)?")
_NAME = r"\$\{([^}]+)\}"
_EMPTY = re.compile(rf"{_NAME} (!=|=) ''")
_SELECTED = re.compile(rf"(not\()?selected\({_NAME}, '([^']*)'\)(\))?")
_COMPARED = re.compile(rf"{_NAME} (=|!=|>=|<=|>|<) (?:'([^']*)'|(-?[0-9.]+))")


@dataclass(frozen=True, slots=True)
class Term:
    """One row of pickers: the question by its name, a key of COMPARISONS, and the value as it was typed."""

    name: str
    operator: str
    value: str = ""


@dataclass(frozen=True, slots=True)
class Condition:
    """Rows of pickers, joined by `and` or `or`."""

    terms: tuple[Term, ...] = ()
    join: str = "and"


def expression_of(condition: Condition, form: FormDefinition) -> str:
    """The expression of what was picked. A choice may be typed as it is shown: 是 stands for its name."""
    fields = _fields(form)
    return f" {condition.join} ".join(_written(term, fields.get(term.name)) for term in condition.terms)


def condition_in(expression: str, form: FormDefinition) -> Condition | None:
    """The pickers that put an expression together, or None for one that somebody wrote another way."""
    fields = _fields(form)
    for join in JOINS:
        terms = [_read(part, fields) for part in re.split(rf" {join} (?=not\(selected|selected|\$)", expression)]
        found = tuple(term for term in terms if term is not None)
        condition = Condition(found, join)
        if len(found) == len(terms) <= ROWS and expression_of(condition, form) == expression:
            return condition
    return None


def chosen(condition: Condition, typed: str, before: str, form: FormDefinition) -> str:
    """What counts of the pickers and of the expression below them: whichever was changed; of both, the pickers."""
    if condition.terms:
        picked = expression_of(condition, form)
        return typed if picked == before and typed else picked
    return "" if typed == before and condition_in(before, form) is not None else typed


def values_offered(form: FormDefinition) -> list[str]:
    """The choices that a condition may ask for, as they are shown."""
    return list(dict.fromkeys(choice.label for item in _fields(form).values() for choice in item.choices))


def _fields(form: FormDefinition) -> Mapping[str, Field]:
    return {spot.field.name: spot.field for spot in list_spots(form) if spot.field.is_question}


def _written(term: Term, item: Field | None) -> str:
    name, value = f"${{{term.name}}}", _named(term.value.strip().replace("'", "’"), item)
    if term.operator in {"filled", "empty"}:
        return f"{name} {'!=' if term.operator == 'filled' else '='} ''"
    is_several = item is not None and item.type is FieldType.SELECT_MULTIPLE
    if term.operator in {"selected", "unselected"} or (is_several and term.operator in {"=", "!="}):
        said = f"selected({name}, '{value}')"
        return said if term.operator in {"selected", "="} else f"not({said})"
    is_number = _NUMBER.fullmatch(value) is not None and not (item is not None and item.choices)
    return f"{name} {term.operator} " + (value if is_number else f"'{value}'")


def _named(value: str, item: Field | None) -> str:
    """The name of a choice that was typed by its label."""
    choices: Sequence[tuple[str, str]] = [(each.name, each.label) for each in item.choices] if item else []
    if any(name == value for name, _ in choices):
        return value
    return next((name for name, label in choices if label.strip() == value), value)


def _read(text: str, fields: Mapping[str, Field]) -> Term | None:
    text = text.strip()
    if found := _EMPTY.fullmatch(text):
        return Term(found[1], "filled" if found[2] == "!=" else "empty") if found[1] in fields else None
    if found := _SELECTED.fullmatch(text):
        operator = "unselected" if found[1] else "selected"
        return Term(found[2], operator, fields[found[2]].label_of(found[3])) if found[2] in fields else None
    if found := _COMPARED.fullmatch(text):
        value = found[3] if found[3] is not None else found[4]
        return Term(found[1], found[2], fields[found[1]].label_of(value)) if found[1] in fields else None
    return None
