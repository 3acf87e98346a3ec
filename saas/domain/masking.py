"""Masking (脱敏): how much of a protected answer shows to somebody whose work does not need it.

What is masked depends on nothing that it hides, not even on its length: two answers that show the same look the same,
in lists, exports and prints alike. What a mask does not recognise is hidden as a whole.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import reduce
from typing import Any

from saas.domain.answers import NOT_APPLICABLE
from saas.domain.expressions import compile_expression
from saas.domain.fields import Field, FieldType, FormDefinition, Mask, Sensitivity, iter_fields
from saas.domain.form_memo import of_form

HIDDEN = "***"
REST = "**"  # after what still shows of a name or an address

_SPACES = re.compile(r"[\s\-()（）]")
_MOBILE = re.compile(r"(?:\+?86)?(1\d{10})")
_IDENTITY = re.compile(r"\d{17}[\dXx]|\d{15}")
_NUMERALS = "〇零一二三四五六七八九十百甲乙丙丁"
_HOUSE = re.compile(rf"[0-9]|[{_NUMERALS}]+(?:号|栋|幢|座|楼|单元|室|户|弄|组|排)")
_PLACE = re.compile(r"[省市县区旗盟州镇乡村寨街路道巷]|社区|小区|居委会")
_FREE_TEXT = frozenset({FieldType.TEXT, FieldType.CALCULATE, FieldType.HIDDEN})


def is_protected(item: Field) -> bool:
    """Whether an answer to the field is personal data (个人信息)."""
    return sensitivity_of(item) is not Sensitivity.NONE


def mask_of(item: Field) -> Mask:
    """How the field is masked: nothing of it shows where the form does not say."""
    return Mask.ALL if item.mask is Mask.NONE else item.mask


def mask_text(text: str, mask: Mask) -> str:
    """Return what shows of a text that was filled in. Nothing stays nothing."""
    plain = text.strip()
    if not plain:
        return ""
    masker = _MASKERS.get(mask)
    return masker(unicodedata.normalize("NFKC", plain)) if masker is not None else HIDDEN


def mask_answer(item: Field, answer: Any) -> str:
    """Return what shows of an answer: "" where none was given.

    Only texts show a part. Of a number, a day, a choice, a photo and of “not applicable” nothing shows: each of them
    would say it all.
    """
    if answer is None or answer == () or answer == []:
        return ""
    if answer is NOT_APPLICABLE or not isinstance(answer, str) or item.type not in _FREE_TEXT:
        return HIDDEN
    return mask_text(answer, mask_of(item))


def _name(text: str) -> str:
    """张**: the first character. A name of one character would show whole."""
    return text[0] + REST if len(text) > 1 else HIDDEN


def _phone(text: str) -> str:
    """138****0000, of a mobile number alone: of a shorter one the same would show too much."""
    found = _MOBILE.fullmatch(_SPACES.sub("", text))
    return f"{found[1][:3]}****{found[1][-4:]}" if found else HIDDEN


def _identity(text: str) -> str:
    """The first six (where somebody was registered) and the last four, never the day of birth."""
    digits = _SPACES.sub("", text)
    return f"{digits[:6]}********{digits[-4:].upper()}" if _IDENTITY.fullmatch(digits) else HIDDEN


def _address(text: str) -> str:
    """The address down to the last village, street or estate before the first house number."""
    number = _HOUSE.search(text)
    before = text[: number.start()] if number else text
    places = list(_PLACE.finditer(before))
    return before[: places[-1].end()] + REST if places else HIDDEN


_MASKERS: Mapping[Mask, Callable[[str], str]] = {
    Mask.NAME: _name,
    Mask.PHONE: _phone,
    Mask.IDENTITY: _identity,
    Mask.ADDRESS: _address,
}


@of_form
def protected_fields(form: FormDefinition) -> Mapping[str, Field]:
    """Return the fields with personal data by path, in the form's order; inside a repeat under `repeat[].name`.

    What is computed from a protected answer, or chosen among such answers of rows, is protected like it, and nothing of
    it shows: the field that is returned says so.
    """
    questions = {path: item for path, item in iter_fields(form) if item.is_question}
    held = {path: sensitivity_of(item) for path, item in questions.items() if is_protected(item)}
    while grown := _computed(questions, held):
        held.update(grown)
    return {path: _as_held(item, held[path]) for path, item in questions.items() if path in held}


def sensitivity_of(item: Field) -> Sensitivity:
    """How the field itself is protected; one that is only given a mask holds personal data."""
    return Sensitivity.PERSONAL if item.sensitivity is Sensitivity.NONE and item.mask else item.sensitivity


def _computed(questions: Mapping[str, Field], held: Mapping[str, Sensitivity]) -> dict[str, Sensitivity]:
    """What is computed from or chosen among protected answers and does not count as protected yet."""
    sources: dict[str, Sensitivity] = {}
    for path, sensitivity in held.items():
        name = questions[path].name
        sources[name] = stricter(sensitivity, sources.get(name, Sensitivity.NONE))
    found = {}
    for path, item in questions.items():
        if path not in held and (item.calculation or item.chosen_by):
            names = compile_expression(item.calculation).names if item.calculation else {item.chosen_by}
            read = [sources[name] for name in names if name in sources]
            if read:
                found[path] = reduce(stricter, read)
    return found


def _as_held(item: Field, sensitivity: Sensitivity) -> Field:
    mask = item.mask if is_protected(item) else Mask.ALL
    return replace(item, sensitivity=sensitivity, mask=mask)


def stricter(one: Sensitivity, other: Sensitivity) -> Sensitivity:
    """Return the stronger of two protections."""
    order = (Sensitivity.NONE, Sensitivity.PERSONAL, Sensitivity.SENSITIVE)
    return max(one, other, key=order.index)
