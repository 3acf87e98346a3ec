"""Writing TOML as people write it: short lists of small tables on a line, long ones under headers."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

_BARE = re.compile(r"[A-Za-z0-9_-]+")
_BRACE = re.compile(r"(?<!\$)\{(?=[A-Za-z])")
_SHORT = 100  # characters of a table that stands on one line


def toml_text(mapping: Mapping[str, Any], *, comment: str = "") -> str:
    """Return a mapping as TOML. None and empty tables are left out; figures stay exact."""
    lines = [f"# {line}" for line in comment.split("\n") if line]
    lines += _table(mapping, ())
    return "\n".join(lines).strip("\n") + "\n"


def _table(mapping: Mapping[str, Any], path: tuple[str, ...]) -> Iterator[str]:
    """Yield the lines of a table: its own values first, then the tables inside."""
    tables: list[tuple[str, Any]] = []
    for key, value in mapping.items():
        if value is None:
            continue
        if _is_under_header(value):
            tables.append((key, value))
        else:
            yield f"{_key(key)} = {_value(value)}"
    for key, value in tables:
        inside = (*path, key)
        header = ".".join(_key(part) for part in inside)
        for entry in value if isinstance(value, list | tuple) else (value,):
            yield ""
            yield f"[[{header}]]" if isinstance(value, list | tuple) else f"[{header}]"
            yield from _table(entry, inside)


def _is_under_header(value: Any) -> bool:
    if isinstance(value, Mapping):
        return not _fits(value)
    is_tables = isinstance(value, list | tuple) and bool(value) and all(isinstance(each, Mapping) for each in value)
    return is_tables and not all(_fits(each) and not _is_entry(each) for each in value)


def _is_entry(value: Mapping[str, Any]) -> bool:
    """A thing with a code or a type of its own reads better under a header."""
    return "code" in value or "type" in value


def _fits(value: Any) -> bool:
    """Whether a value is small enough for one line."""
    text = _value(value)
    return "\n" not in text and len(text) <= _SHORT


def _key(key: str) -> str:
    return key if _BARE.fullmatch(key) else json.dumps(key, ensure_ascii=False)


def _value(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | Decimal):
        return format(value, "f") if isinstance(value, Decimal) else str(value)
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Mapping):
        inside = ", ".join(f"{_key(key)} = {_value(each)}" for key, each in value.items() if each is not None)
        return f"{{ {inside} }}" if inside else "{}"
    if isinstance(value, list | tuple):
        return _list(value)
    return _text(str(value))


def _list(values: Sequence[Any]) -> str:
    inside = [_value(each) for each in values]
    on_one_line = f"[{', '.join(inside)}]"
    if len(on_one_line) <= _SHORT or not inside:
        return on_one_line
    return "[\n" + "".join(f"  {each},\n" for each in inside) + "]"


def _text(text: str) -> str:
    """A text; what would be read as a placeholder is written so that it is not one."""
    if "\n" in text:
        escaped = text.replace("\\", "\\\\").replace('"""', '\\"\\"\\"').replace("\r", "\\r")
        if escaped.endswith('"'):
            escaped = escaped[:-1] + '\\"'
        quoted = f'"""\n{escaped}"""'
    else:
        quoted = json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")
    return _BRACE.sub(r"\\u007b", quoted)
