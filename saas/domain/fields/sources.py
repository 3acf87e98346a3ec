"""Choices that a form does not carry (选项来源): the county's units of a type, a shared list, the rows of a repeat.

`units:village` offers every village, `units:village:own` those at or below the unit that fills, `list:crops` the
shared list `crops`. What they are on a day is found out by the caller, who fills the form's choices with it.
`repeat:house_number` offers what was answered to `house_number` in the rows of its repeat (`saas.domain.form_logic`).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from saas.domain.fields.model import FROM_REPEAT, Choice, Field, FormDefinition, iter_fields

UNITS, LIST, REPEAT = "units", "list", "repeat"
UNIT_COLUMNS = frozenset({"parent", "parent_name", "level"})  # of a unit, for a `choice_filter`
ANY_COLUMN = "*"  # the columns of a shared list are known only when it is read
_SOURCE = re.compile(
    r"units:(?P<type>[\w.-]{1,64})(?P<own>:own)?|list:(?P<list>[\w.-]{1,64})|repeat:(?P<row>[^\W\d][\w-]{0,63})"
)


@dataclass(frozen=True, slots=True)
class ChoiceSource:
    """Where choices come from. `code` is that of a unit type or of a list, or the name of a field in a repeat."""

    kind: str
    code: str
    is_own: bool = False  # only units at or below the one that fills

    @property
    def columns(self) -> frozenset[str]:
        """The bare names that a `choice_filter` may use."""
        if self.kind == REPEAT:
            return frozenset()  # a row's answers are named as everywhere: ${name}
        return frozenset({"name", "label"}) | (UNIT_COLUMNS if self.kind == UNITS else {ANY_COLUMN})


def choice_source(text: str) -> ChoiceSource | None:
    """Read `choices_from`, or return None if it is not written as described above."""
    found = _SOURCE.fullmatch(text)
    if found is None:
        return None
    if found["row"]:
        return ChoiceSource(REPEAT, found["row"])
    if found["list"]:
        return ChoiceSource(LIST, found["list"])
    return ChoiceSource(UNITS, found["type"], bool(found["own"]))


def sources_of(form: FormDefinition) -> dict[str, ChoiceSource]:
    """The sources outside the form that it uses, by `choices_from` as it is written there."""
    texts = dict.fromkeys(item.choices_from for _, item in iter_fields(form) if item.choices_from)
    texts = {text: None for text in texts if not text.startswith(FROM_REPEAT)}
    return {text: source for text in texts if (source := choice_source(text)) is not None}


def exchange_choices(form: FormDefinition, choices_of: Callable[[Field], Sequence[Choice] | None]) -> FormDefinition:
    """Return the form with other choices where `choices_of` has some; fields without any stay the same objects."""
    return replace(form, fields=_exchanged(form.fields, choices_of))


def _exchanged(fields: tuple[Field, ...], choices_of: Callable[[Field], Sequence[Choice] | None]) -> tuple[Field, ...]:
    return tuple(_exchanged_one(item, choices_of) for item in fields)


def _exchanged_one(item: Field, choices_of: Callable[[Field], Sequence[Choice] | None]) -> Field:
    if item.fields:
        inner = _exchanged(item.fields, choices_of)
        is_same = all(new is old for new, old in zip(inner, item.fields, strict=True))
        return item if is_same else replace(item, fields=inner)
    choices = choices_of(item) if item.choices_from else None
    return item if choices is None else replace(item, choices=tuple(choices))


def relabelled(form: FormDefinition, labels: Mapping[str, Mapping[str, str]]) -> FormDefinition:
    """Return the form with choices called as `labels` says, by source and name: what was filed reads as it did then."""
    if not labels:
        return form

    def choices_of(item: Field) -> list[Choice] | None:
        kept = labels.get(item.choices_from)
        if not kept:
            return None
        known = {choice.name for choice in item.choices}
        renamed = [replace(each, label=kept.get(each.name, each.label)) for each in item.choices]
        return renamed + [Choice(name, label) for name, label in kept.items() if name not in known]

    return exchange_choices(form, choices_of)
