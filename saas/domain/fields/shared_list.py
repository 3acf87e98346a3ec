"""A list of choices that forms share (公用选项) as data: read from and written to mappings, as packs carry it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from saas.domain.errors import FormError
from saas.domain.fields.choice_rows import MAX_LISTED
from saas.domain.fields.model import Choice
from saas.domain.fields.reading import read_choices
from saas.domain.fields.writing import choices_to_list
from saas.domain.reading import read

_CODE = re.compile(r"[A-Za-z0-9][\w.-]{0,63}")


@dataclass(frozen=True, slots=True)
class SharedList:
    """A shared list: forms name it as `list:CODE`. `source` is where it comes from, e.g. a standard."""

    code: str
    name: str
    choices: tuple[Choice, ...]
    source: str = ""


def shared_list_from_mapping(mapping: Mapping[str, Any]) -> SharedList:
    """Read a shared list. Raise FormError with the path of the first mistake and advice."""
    reader = read(mapping, "", FormError, {"code", "name", "source", "choices"})
    code = reader.text("code")
    if not _CODE.fullmatch(code):
        advice = "以字母或数字开头，用字母、数字、_、.、-，最长64位"
        raise reader.fail("code", "编码“{value}”不合规", code="bad_code", advice=advice, value=code)
    name, source = reader.text("name", max_length=100), reader.text("source", "", max_length=200)
    return SharedList(code, name, read_choices(reader, "choices", limit=MAX_LISTED), source)


def shared_list_to_mapping(found: SharedList) -> dict[str, Any]:
    """Return the mapping of a shared list: JSON-able, read again to an equal one."""
    head = {"code": found.code, "name": found.name} | ({"source": found.source} if found.source else {})
    return {**head, "choices": choices_to_list(found.choices)}
