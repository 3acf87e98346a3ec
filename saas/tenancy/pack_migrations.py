"""Older formats of packs (格式升级): each step turns what one schema says into what the next one says.

A step gets the name of a TOML file and its mapping and returns the mapping that the next schema would have. Tables
only ever gained optional columns and need no step. Never change a step that was released: add the next one.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

Step = Callable[[str, Mapping[str, Any]], dict[str, Any]]


def _to_second(file: str, mapping: Mapping[str, Any]) -> dict[str, Any]:
    """Schema 2 gives packs a version of their own, and has new files; what schema 1 knew is written as before."""
    found = dict(mapping)
    if file == "pack.toml":
        found["schema"] = 2
        found.setdefault("version", "1.0")
    return found


MIGRATIONS: Mapping[int, Step] = {1: _to_second}
"""From which schema each step leads to the next."""


def migrate(file: str, mapping: Mapping[str, Any], schema: int) -> dict[str, Any]:
    """Return what a file written for `schema` says in the newest one."""
    found = dict(mapping)
    while schema in MIGRATIONS:
        found = MIGRATIONS[schema](file, found)
        schema += 1
    return found
