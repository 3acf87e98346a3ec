"""Checks over several answers (核对规则): figures that ought to go together, and what is said when they do not. Pure.

A check is a note with `mark`: its `relevant` says when something looks odd. It refuses nothing. It is shown while the
form is filled, said before handing in with a place to explain, and kept as a mark (疑点) for the reviewer. There is no
check that nobody wrote: figures of different things have no order among themselves (000-002 R33, R69), so the builder
only puts figures of the same measure together.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from saas.domain.answers import answers_from_stored, logic_of, raw_from_answers, row_numbers
from saas.domain.begun import Begun, begun_in
from saas.domain.expressions import output_references
from saas.domain.fields import NUMBERS, Field, FieldType, FormDefinition, child_path
from saas.domain.fields.checking import Spot, inner_repeat, list_spots, resolve, spots_by_name
from saas.domain.form_logic import FormLogic
from saas.domain.form_memo import of_form

MUST_HOLD = {"=": "!=", "<=": ">", ">=": "<"}  # what must hold, and what is odd
_HOLDS = {odd: held for held, odd in MUST_HOLD.items()}
_TERM = r"(?:coalesce\(\$\{[^}]+\}, 0\)|sum\(\$\{[^}]+\}\)|\$\{[^}]+\})"
_COMPARED = re.compile(rf"({_TERM}(?: \+ {_TERM})*) (!=|<|>) ({_TERM})$")
_UNSEEN = "＊＊"  # in place of a protected answer


@dataclass(frozen=True, slots=True)
class Comparison:
    """A check as pickers put it together: the sum of the parts stands in this relation to the whole.

    With an answer missing there is nothing to compare, unless `empty_is_nothing`: then missing parts count for nothing.
    """

    parts: tuple[str, ...]
    relation: str  # one of MUST_HOLD
    whole: str
    empty_is_nothing: bool = False


@dataclass(frozen=True, slots=True)
class Odd:
    """A check that says something: its note, the question that it is about, and its words."""

    path: str
    at: str
    words: str


def is_figure(item: Field) -> bool:
    """Whether an answer may be compared."""
    return item.type in NUMBERS or item.type is FieldType.CALCULATE


def odd_when(rule: Comparison, form: FormDefinition, parent: str) -> str:
    """The condition under which the answers do not go together, for a note in this group or repeat ("" for none)."""
    known = {spot.field.name: spot for spot in list_spots(form)}
    rows = _row_of(form, parent)
    terms = {name: _term(name, known[name], rows, rule) for name in (*rule.parts, rule.whole)}
    asked = [name for name in terms if name == rule.whole or not rule.empty_is_nothing]
    guards = [
        f"count-non-empty(${{{name}}}) > 0" if terms[name].startswith("sum(") else f"${{{name}}} != ''"
        for name in asked
    ]
    parts = " + ".join(terms[name] for name in rule.parts)
    return " and ".join([*guards, f"{parts} {MUST_HOLD[rule.relation]} {terms[rule.whole]}"])


def comparison_in(condition: str, form: FormDefinition, parent: str) -> Comparison | None:
    """The pickers that put a condition together, or None for one that somebody wrote."""
    found = _COMPARED.search(condition)
    if found is None:
        return None
    names, wholes = output_references(found[1]), output_references(found[3])
    for empty_is_nothing in (False, True):
        rule = Comparison(tuple(names), _HOLDS[found[2]], wholes[0], empty_is_nothing)
        known = {spot.field.name for spot in list_spots(form)}
        if {*names, *wholes} <= known and odd_when(rule, form, parent) == condition:
            return rule
    return None


def _row_of(form: FormDefinition, parent: str) -> Field | None:
    """The repeat in whose rows something stands that is put into a group or repeat."""
    found = next((spot for spot in list_spots(form) if ".".join(spot.path) == parent), None)
    if found is None:
        return None
    return found.field if found.field.type is FieldType.REPEAT else inner_repeat(found)


def _term(name: str, spot: Spot, row: Field | None, rule: Comparison) -> str:
    own = inner_repeat(spot)
    if own is not None and own is not row:
        return f"sum(${{{name}}})"
    return f"coalesce(${{{name}}}, 0)" if rule.empty_is_nothing and name != rule.whole else f"${{{name}}}"


# --- what they say of answers ---------------------------------------------------------------------------------------


@of_form
def checks_of(form: FormDefinition) -> tuple[Spot, ...]:
    """The checks of a form, each with where it stands."""
    return tuple(spot for spot in list_spots(form) if spot.field.mark)


def find_odd(form: FormDefinition, stored: Mapping[str, Any], now: datetime) -> tuple[Odd, ...]:
    """What the checks of a form say of stored answers, in the form's order."""
    if not checks_of(form):
        return ()
    raw = raw_from_answers(form, answers_from_stored(form, stored))
    known = {path: " ".join(texts) for path, texts in raw.items()}
    logic = logic_of(form, raw, now, known, Begun(begun_in(form, stored)))
    names = spots_by_name(list_spots(form))
    return tuple(
        Odd(path, _about(spot, path, names), _words(spot, path, logic, names))
        for spot in checks_of(form)
        for path in _places(spot.chain, spot.field.name, raw)
        if logic.is_relevant(spot.field, path)
    )


def _places(chain: Sequence[Field], name: str, raw: Mapping[str, Sequence[str]]) -> Iterator[str]:
    """The places of a check: one, or one in each row."""
    paths = [""]
    for container in chain:
        paths = [child_path(path, container.name) for path in paths]
        if container.type is FieldType.REPEAT:
            paths = [f"{path}[{number}]" for path in paths for number in row_numbers(raw, path)]
    yield from (child_path(path, name) for path in paths)


def _about(spot: Spot, path: str, names: Mapping[str, list[Spot]]) -> str:
    """The question beside which a check is said: the last one that it names in the same place; "" for none."""
    parent = path.rpartition(".")[0]
    for name in reversed(output_references(spot.field.relevant)):
        found = resolve(name, spot, names)
        if found is not None and found.chain == spot.chain:
            return child_path(parent, name)
    outside = [resolve(name, spot, names) for name in reversed(output_references(spot.field.relevant))]
    return next((".".join(each.path) for each in outside if each is not None and inner_repeat(each) is None), "")


def _words(spot: Spot, path: str, logic: FormLogic, names: Mapping[str, list[Spot]]) -> str:
    """What a check says, with the answers that it shows; protected ones are not kept with a mark."""
    protected = [
        name
        for name in output_references(spot.field.label)
        if (found := resolve(name, spot, names)) is not None and found.field.sensitivity
    ]
    if not protected:
        return logic.worded(spot.field, "label", path)
    text = spot.field.label
    for name in protected:
        text = re.sub(r"\$\{\s*" + re.escape(name) + r"\s*\}", _UNSEEN, text)
    return re.sub(r"\$\{[^}]*\}", "…", text)
