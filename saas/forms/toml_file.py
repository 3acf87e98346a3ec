"""A form definition as a TOML file (docs/form-format.md): reading an upload, writing a download."""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from saas.domain.errors import FormError
from saas.domain.fields import FormDefinition, form_from_mapping, form_to_mapping

MAX_FILE = 512 * 1024  # bytes
_REGISTRATION = "registration"  # belongs to the form, not to its version


def form_from_toml(content: bytes) -> FormDefinition:
    """Read a form from a file. Raise FormError with what is wrong and where; nothing loads in part."""
    if len(content) > MAX_FILE:
        raise FormError("", "文件超过 {limit} KB", code="too_large", limit=MAX_FILE // 1024)
    try:
        mapping = tomllib.loads(content.decode("utf-8-sig"), parse_float=Decimal)
    except UnicodeDecodeError:
        raise FormError("", "文件不是 UTF-8 编码的文本", code="not_text") from None
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise FormError("", "文件不是有效的 TOML：{reason}", code="not_toml", reason=str(error)) from None
    mapping.pop(_REGISTRATION, None)
    return form_from_mapping(mapping)


def form_to_toml(form: FormDefinition) -> str:
    """Return the file of a form; read again, it gives an equal form."""
    mapping = form_to_mapping(form)
    lines = _pairs(mapping)
    if "choices" in mapping:
        lines += ["", "[choices]"]
        lines += [f"{name} = {_choices(choices)}" for name, choices in mapping["choices"].items()]
    lines += _tables(mapping["fields"], "fields")
    return "\n".join(lines) + "\n"


def _tables(fields: Sequence[Mapping[str, Any]], path: str) -> list[str]:
    lines: list[str] = []
    for item in fields:
        lines += ["", f"[[{path}]]", *_pairs(item)]
        if "choices" in item:
            lines.append(f"choices = {_choices(item['choices'])}")
        lines += _tables(item.get("fields", ()), f"{path}.fields")
    return lines


def _pairs(mapping: Mapping[str, Any]) -> list[str]:
    return [f"{key} = {_value(value)}" for key, value in mapping.items() if key not in {"choices", "fields"}]


def _choices(choices: Sequence[Mapping[str, Any]]) -> str:
    rows = [f"  {_value(choice)}," for choice in choices]
    return "\n".join(["[", *rows, "]"])


def _key(key: str) -> str:
    return key if re.fullmatch(r"[A-Za-z0-9_-]+", key) else _value(key)


def _value(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value)
    if isinstance(value, Mapping):
        return "{ " + ", ".join(f"{_key(key)} = {_value(each)}" for key, each in value.items()) + " }"
    return json.dumps(str(value), ensure_ascii=False).replace("\x7f", "\\u007f")
