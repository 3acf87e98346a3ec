"""Every mistake of a workbook at once, each with its cell, so that nobody uploads it ten times to find ten of them."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from saas.domain.errors import FormError
from saas.domain.fields import FormDefinition, form_from_mapping
from saas.forms.xlsform.sheets import Line

MOST = 20  # mistakes that are told at once
_STAYS = frozenset({"type", "name", "label", "fields", "choices", ""})  # without these a question is none
_KEY = re.compile(r"\.([a-z_]+)$")


class Mistakes(FormError):  # noqa: N818  (reads as what it is)
    """Several mistakes of one workbook; by itself it says the first."""

    def __init__(self, errors: Sequence[FormError]) -> None:
        first = errors[0]
        super().__init__(first.path, "{reason}", code=first.code, advice=first.advice, reason=str(first.message))
        self.errors = tuple(errors)


def mistakes_of(error: FormError) -> list[str]:
    """What is wrong, one sentence for each mistake."""
    return [str(each) for each in (error.errors if isinstance(error, Mistakes) else (error,))]


def refuse(errors: Sequence[FormError]) -> None:
    """Raise what was found: one mistake as it is, several together."""
    if len(errors) == 1:
        raise errors[0]
    if errors:
        raise Mistakes(errors[:MOST])


def built(mapping: dict[str, Any], lines: Mapping[str, Line], found: Sequence[FormError] = ()) -> FormDefinition:
    """The form, if nothing was found before and nothing is found now. Raises all mistakes.

    What is wrong is left out and the rest is looked at again, so that one mistake does not hide the others.
    """
    errors = list(found)
    while len(errors) < MOST:
        try:
            form = form_from_mapping(mapping)
        except FormError as error:
            errors.append(_with_cell(error, mapping, lines))
            if not _leave_out(mapping, error.path):
                break
        else:
            if not errors:
                return form
            break
    refuse(errors)
    raise AssertionError("a form without mistakes is returned")  # pragma: no cover


def _with_cell(error: FormError, mapping: Mapping[str, Any], lines: Mapping[str, Line]) -> FormError:
    key = _KEY.search(error.path)
    line = lines.get(".".join(_names(mapping, _KEY.sub("", error.path))))
    if line is None:
        return error
    place = line.place(key[1] if key else "")
    return FormError(place, "{reason}", code=error.code, reason=str(error.message), advice=error.advice)


def _names(mapping: Mapping[str, Any], path: str) -> list[str]:
    """`fields[2].fields[0]` as the names of the fields; of a path of names the names."""
    numbers = re.findall(r"fields\[(\d+)\]", path)
    if not numbers:
        return path.split(".") if path else []
    here: Any = mapping
    names = []
    for number in numbers:
        here = here["fields"][int(number)]
        names.append(str(here.get("name", "")))
    return names


def _leave_out(mapping: dict[str, Any], path: str) -> bool:
    """Take the part of a question that is wrong out of the form; False if the question is none without it."""
    key = _KEY.search(path)
    here: Any = mapping
    for name in _names(mapping, _KEY.sub("", path)):
        here = next((each for each in here.get("fields", ()) if each.get("name") == name), None)
        if here is None:
            return False
    if key is None or here is mapping or key[1] in _STAYS or key[1] not in here:
        return False
    del here[key[1]]
    return True
