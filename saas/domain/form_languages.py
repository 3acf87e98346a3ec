"""A form in another language (多语言): labels, hints, messages and choices; what is not translated stays as it is."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from saas.domain.fields import Choice, Field, FormDefinition, iter_fields

OWN = ""  # the language that the form is written in
_TRANSLATED = ("label", "hint", "constraint_message", "required_message")
_TAG = re.compile(r"\(([A-Za-z]{2,3}(?:-[A-Za-z0-9]+)*)\)\s*$")


def languages_of(form: FormDefinition) -> tuple[str, ...]:
    """The languages that a form has besides its own, as it writes them: `English (en)`, `藏语 (bo)`."""
    found: dict[str, None] = {}
    for _, item in iter_fields(form):
        found |= dict.fromkeys(item.translations)
        found |= dict.fromkeys(language for choice in item.choices for language in choice.labels)
    return tuple(found)


def language_tag(language: str) -> str:
    """The code of a language for the page (`en` of `English (en)`), or "" if its name does not say."""
    found = _TAG.search(language)
    return found[1] if found else ""


def in_language(form: FormDefinition, language: str) -> FormDefinition:
    """Return the form in a language. Its answers are the same: only what people read changes."""
    return replace(form, fields=tuple(_fields(form.fields, language))) if language else form


def _fields(fields: Iterable[Field], language: str) -> Iterable[Field]:
    for item in fields:
        texts = item.translations.get(language, {})
        changes: dict[str, Any] = {key: texts[key] for key in _TRANSLATED if texts.get(key)}
        yield replace(
            item,
            choices=tuple(_choice(choice, language) for choice in item.choices),
            fields=tuple(_fields(item.fields, language)),
            **changes,
        )


def _choice(choice: Choice, language: str) -> Choice:
    label = choice.labels.get(language)
    return replace(choice, label=label) if label else choice
