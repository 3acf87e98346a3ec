"""One spelling of a value as JSON, so that equal values have equal digests.

Keys are sorted, nothing is padded, Chinese stays readable, and figures are exact: a Decimal is a string and a float is
refused.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from datetime import date
from decimal import Decimal
from enum import Enum
from typing import Any


def canonical_json(value: Any) -> str:
    """Return the canonical JSON text of plain values, dates, Decimals, enumerations and dataclasses.

    Raises TypeError for a float (it would not come back as the figure it was) and for anything else it does not know.
    """
    return json.dumps(plain(value), ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False)


def digest(value: Any) -> str:
    """Return the SHA-256 of the canonical JSON, as 64 hexadecimal digits (内容摘要)."""
    return hashlib.sha256(canonical_json(value).encode()).hexdigest()


def plain(value: Any) -> Any:
    """Return the value as dictionaries, lists, strings, integers, booleans and None."""
    if isinstance(value, Enum):
        return plain(value.value)
    if value is None or isinstance(value, str | bool | int):
        return value
    if isinstance(value, Decimal):
        return format(value, "f")
    if isinstance(value, date):  # also a moment
        return value.isoformat()
    if is_dataclass(value) and not isinstance(value, type):
        return {field.name: plain(getattr(value, field.name)) for field in fields(value)} | {
            "type": type(value).__name__
        }
    if isinstance(value, Mapping):
        return {_key(key): plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    raise TypeError(f"{type(value).__name__} has no canonical form")


def _key(key: Any) -> str:
    text = plain(key)
    if not isinstance(text, str):
        raise TypeError(f"a key must be text, not {type(key).__name__}")
    return text
