"""Writing a form definition as a mapping: JSON-able, read again to an equal form."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from saas.domain.fields.model import TEXT_LENGTH, Choice, Field, FormDefinition
from saas.domain.reading import without_defaults

_DEFAULTS: Mapping[str, Any] = {
    "hint": "", "required": False, "required_message": "", "constraint_message": "", "read_only": False, "default": "",
    "appearance": "", "not_applicable": False, "measure": "", "min": None, "max": None, "decimals": None,
    "max_length": TEXT_LENGTH, "min_count": 0, "max_count": None, "choices": None, "fields": None, "description": "",
    "step": None, "relevant": "", "constraint": "", "calculation": "", "choice_filter": "", "repeat_count": "",
    "initial": "", "prefill": "", "evidence": "", "demand": "", "sensitivity": "", "mask": "", "expected_min": None,
    "expected_max": None, "total": False, "unique": False, "choices_from": "", "locked": False, "mark": False,
    "translations": {}, "default_language": "", "columns": {}, "labels": {},
}  # fmt: skip


def form_to_mapping(form: FormDefinition) -> dict[str, Any]:
    """Return the mapping of a form: JSON-able, without defaults, read again to an equal form."""
    mapping = {
        "code": form.code,
        "name": form.name,
        "description": form.description,
        "default_language": form.default_language,
        "locked": form.locked,
        "choices": {name: choices_to_list(choices) for name, choices in form.choice_lists.items()} or None,
        "fields": [_field_to_mapping(item) for item in form.fields],
    }
    return without_defaults(mapping, _DEFAULTS)


def _field_to_mapping(item: Field) -> dict[str, Any]:
    mapping = {
        "type": f"{item.type.value} {item.list_name}" if item.list_name else item.type.value,
        "name": item.name,
        "label": item.label,
        "min": _plain(item.minimum),
        "max": _plain(item.maximum),
        "step": _plain(item.step),
        "expected_min": _plain(item.expected_minimum),
        "expected_max": _plain(item.expected_maximum),
        "required": item.required_if or item.required,
        "translations": {language: dict(texts) for language, texts in item.translations.items()},
        "choices": None if item.list_name or item.choices_from or not item.choices else choices_to_list(item.choices),
        "fields": [_field_to_mapping(child) for child in item.fields] or None,
    }
    same = (
        "hint", "required_message", "constraint_message", "read_only", "default", "appearance",
        "not_applicable", "measure", "decimals", "max_length", "min_count", "max_count",
        "relevant", "constraint", "calculation", "initial", "choice_filter", "repeat_count", "prefill", "evidence",
        "demand", "sensitivity", "mask", "total", "unique", "choices_from", "locked", "mark",
    )  # fmt: skip
    return without_defaults(mapping | {key: getattr(item, key) for key in same}, _DEFAULTS)


def choices_to_list(choices: Sequence[Choice]) -> list[dict[str, Any]]:
    """Return choices as tables, without what they do not have."""
    return [
        without_defaults(
            {
                "name": choice.name,
                "label": choice.label,
                "columns": dict(choice.columns),
                "labels": dict(choice.labels),
            },
            {"columns": {}, "labels": {}},
        )
        for choice in choices
    ]


def _plain(value: Decimal | date | None) -> str | None:
    return None if value is None else str(value)
