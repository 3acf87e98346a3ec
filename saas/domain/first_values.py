"""What a form begins with (初始值): in a form that is opened the first time, and in rows that are added to it."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import datetime

from saas.domain.answers import Raw, begin_fields, logic_of, plain_answer, row_numbers
from saas.domain.begun import NOTHING_BEGUN, Begun
from saas.domain.fields import Field, FieldType, FormDefinition, child_path
from saas.domain.fields.checking import inner_repeat, list_spots
from saas.domain.form_logic import FormLogic
from saas.domain.form_memo import of_form

Known = Mapping[str, str]


@of_form
def _computes_first(form: FormDefinition) -> bool:
    return any(spot.field.initial and not spot.field.is_fixed for spot in list_spots(form))


@of_form
def _begins_rows(form: FormDefinition) -> bool:
    """Whether a row that is added has anything in it at first."""
    return any(inner_repeat(spot) and (spot.field.default or spot.field.initial) for spot in list_spots(form))


def with_first_values(
    form: FormDefinition, raw: Raw, now: datetime, known: Known | None = None, begun: Begun = NOTHING_BEGUN
) -> dict[str, list[str]]:
    """What was begun, with the first values that are computed, where nothing stands yet; in the form's order."""
    found = _computed_first(form, raw, ("",), now, known, begun) if _computes_first(form) else raw
    return {path: list(texts) for path, texts in found.items()}


def _computed_first(
    form: FormDefinition, raw: Raw, within: Sequence[str], now: datetime, known: Known | None, begun: Begun
) -> Raw:
    found = dict(raw)
    places = [place for place in _places(form.fields, raw, "") if place[1].startswith(tuple(within))]
    for item, path in places:
        if item.initial and not item.is_fixed and not any(found.get(path, ())):
            value = logic_of(form, found, now, known, begun).first_value(item, path)
            found |= {path: [plain_answer(value)]} if value is not None else {}
    return found


def _places(fields: Sequence[Field], raw: Raw, parent: str) -> Iterator[tuple[Field, str]]:
    """Every question with its path, in the rows that there are."""
    for item in fields:
        path = child_path(parent, item.name)
        if item.type is FieldType.GROUP:
            yield from _places(item.fields, raw, path)
        elif item.type is FieldType.REPEAT:
            for number in row_numbers(raw, path):
                yield from _places(item.fields, raw, f"{path}[{number}]")
        elif item.is_question:
            yield item, path


def with_new_rows(
    form: FormDefinition,
    raw: Raw,
    more: Collection[str],
    now: datetime,
    known: Known | None = None,
    begun: Begun = NOTHING_BEGUN,
) -> tuple[Raw, Collection[str]]:
    """What was typed, with the rows that a page shows besides and what they begin with.

    `more` are the repeats that one row is added to; the ones that are left to be added come back with it.
    """
    if not _begins_rows(form):
        return raw, more
    found = dict(raw)
    added = _added_rows(form.fields, logic_of(form, raw, now, known, begun), found, more, "")
    if not added:
        return raw, ()
    prefixes = [f"{row}." for row in added]
    return (_computed_first(form, found, prefixes, now, known, begun) if _computes_first(form) else found), ()


def _added_rows(
    fields: Sequence[Field], logic: FormLogic, raw: dict[str, Sequence[str]], more: Collection[str], parent: str
) -> list[str]:
    added: list[str] = []
    for item in fields:
        path = child_path(parent, item.name)
        if item.type not in {FieldType.GROUP, FieldType.REPEAT} or not logic.is_relevant(item, path):
            continue
        if item.type is FieldType.GROUP:
            added += _added_rows(item.fields, logic, raw, more, path)
            continue
        numbers = row_numbers(raw, path)
        for number in numbers:
            added += _added_rows(item.fields, logic, raw, more, f"{path}[{number}]")
        added += _begun_rows(item, path, numbers, _wanted(item, path, numbers, logic, more), raw)
    return added


def _wanted(item: Field, path: str, numbers: Sequence[int], logic: FormLogic, more: Collection[str]) -> int:
    return max(item.min_count, len(numbers) + (path in more), logic.row_count(item, path) or 0)


def _begun_rows(
    item: Field, path: str, numbers: Sequence[int], wanted: int, raw: dict[str, Sequence[str]]
) -> list[str]:
    following = numbers[-1] + 1 if numbers else 0
    rows = [f"{path}[{following + step}]" for step in range(wanted - len(numbers))]
    for row in rows:
        begin_fields(item.fields, row, {}, raw)
    return rows
