"""A form as it is filled: a tree of plain nodes for `templates/forms/_fields.html`, from what was typed so far."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from saas.domain.answers import NOT_APPLICABLE_SUFFIX, Raw, row_numbers
from saas.domain.fields import NUMBERS, Field, FieldType, FormDefinition, child_path

_KINDS = {
    FieldType.TEXT: "text",
    FieldType.INTEGER: "integer",
    FieldType.DECIMAL: "decimal",
    FieldType.DATE: "date",
    FieldType.SELECT_ONE: "select_one",
    FieldType.SELECT_MULTIPLE: "select_multiple",
    FieldType.IMAGE: "image",
    FieldType.NOTE: "note",
}


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What stands beside the fields: messages by path, remarks such as last period's answer, photos by path.

    `more_rows` says for which repeats an empty row is shown at the end.
    """

    errors: Mapping[str, str] = field(default_factory=dict)
    notes: Mapping[str, str] = field(default_factory=dict)
    photos: Mapping[str, Sequence[Mapping[str, str]]] = field(default_factory=dict)
    more_rows: frozenset[str] = frozenset()


def field_id(path: str) -> str:
    """Return the HTML id of a field's input."""
    return "q-" + re.sub(r"[^a-z0-9_]+", "-", path.lower()).strip("-")


def fill_nodes(form: FormDefinition, raw: Raw, around: Surroundings | None = None) -> list[dict[str, Any]]:
    """Return the nodes of a form: questions, notes, groups and repeats with their rows, in order."""
    return _nodes(form.fields, "", raw, around or Surroundings())


def _nodes(fields: Sequence[Field], parent: str, raw: Raw, around: Surroundings) -> list[dict[str, Any]]:
    nodes = []
    for item in fields:
        path = child_path(parent, item.name)
        if item.type is FieldType.GROUP:
            nodes.append(_box("group", item, path) | {"nodes": _nodes(item.fields, path, raw, around)})
        elif item.type is FieldType.REPEAT:
            nodes.append(_repeat(item, path, raw, around))
        else:
            nodes.append(_question(item, path, raw, around))
    return nodes


def _box(kind: str, item: Field, path: str) -> dict[str, Any]:
    return {"kind": kind, "label": item.label, "hint": item.hint, "id": field_id(path), "name": path}


def _repeat(item: Field, path: str, raw: Raw, around: Surroundings) -> dict[str, Any]:
    numbers = row_numbers(raw, path)
    wanted = max(item.min_count, len(numbers) + (path in around.more_rows))
    following = (numbers[-1] + 1) if numbers else 0
    numbers += [following + step for step in range(wanted - len(numbers))]
    rows = [
        {
            "title": f"{item.label} {place}",
            "id": field_id(f"{path}[{number}]"),
            "remove": f"{path}[{number}]",
            "nodes": _nodes(item.fields, f"{path}[{number}]", raw, around),
        }
        for place, number in enumerate(numbers, start=1)
    ]
    return _box("repeat", item, path) | {
        "rows": rows,
        "error": around.errors.get(path, ""),
        "can_add": len(rows) < item.row_limit,
    }


def _question(item: Field, path: str, raw: Raw, around: Surroundings) -> dict[str, Any]:
    typed = list(raw.get(path, ()))
    is_long = item.type is FieldType.TEXT and item.appearance == "multiline"
    several = item.type is FieldType.SELECT_MULTIPLE
    return {
        "kind": "long_text" if is_long else _KINDS[item.type],
        "name": path,
        "id": field_id(path),
        "label": item.label,
        "hint": _hint(item),
        "value": typed if several else (typed[0] if typed else ""),
        "error": around.errors.get(path, ""),
        "note": around.notes.get(path, ""),
        "required": item.required,
        "readonly": item.read_only,
        "measure": item.measure,
        "choices": [(choice.name, choice.label) for choice in item.choices],
        "max_length": item.max_length if item.type is FieldType.TEXT else None,
        "limits": {"maxlength": item.max_length} if item.type is FieldType.TEXT else {},
        "photos": list(around.photos.get(path, ())),
        "max_count": item.row_limit if item.type is FieldType.IMAGE else None,
        "not_applicable": bool(raw.get(path + NOT_APPLICABLE_SUFFIX)) if item.not_applicable else None,
    }


def _hint(item: Field) -> str:
    """Return the hint with the range that is taken, so that nobody has to find it out by a refusal."""
    if item.type not in NUMBERS or (item.minimum is None and item.maximum is None):
        return item.hint
    if item.minimum is not None and item.maximum is not None:
        limits = f"{item.minimum}–{item.maximum}"
    elif item.minimum is not None:
        limits = f"不小于 {item.minimum}"
    else:
        limits = f"不大于 {item.maximum}"
    return f"{item.hint}（{limits}）" if item.hint else limits
