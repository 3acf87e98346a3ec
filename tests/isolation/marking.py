"""Small counties whose every word carries a canary, cut from the demonstration packs.

Whatever page, file or log line then shows a word of one county in another gives itself away.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Mapping
from datetime import date
from enum import Enum
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel

from saas.tenancy.pack_organisation import Organisation
from saas.tenancy.pack_source import Source
from saas.tenancy.packs import Pack, read_pack

PACKS = Path(__file__).resolve().parents[2] / "tenants"
_CHINESE = re.compile("[\u4e00-\u9fff]")
_MEANT_BY_PROGRAM = frozenset({"包片"})  # a kind, not a wording
Anything = TypeVar("Anything")


def small_county(folder: str, word: str) -> Pack:
    """The same as `few_units`, with every Chinese text ending in `word`."""
    return marked(few_units(folder), word)


def few_units(folder: str) -> Pack:
    """A demonstration pack with two second-level units and two units below each."""
    pack = read_pack(PACKS / folder, year=date.today().year)
    return dataclasses.replace(pack, organisation=_few_units(pack.organisation))


def large_town(folder: str, villages: int) -> Pack:
    """A demonstration pack with one second-level unit, and so many units below it."""
    pack = read_pack(PACKS / folder, year=date.today().year)
    organisation = pack.organisation
    territorial = {row.code for row in organisation.unit_types if row.is_territorial}
    root = next(unit for unit in organisation.units if unit.parent is None)
    town = next(unit for unit in organisation.units if unit.parent == root.code and unit.type in territorial)
    towns = {unit.code for unit in organisation.units if unit.parent == root.code and unit.type in territorial}
    below = [unit.code for unit in organisation.units if unit.parent in towns and unit.type in territorial][:villages]
    kept = {unit.code for unit in organisation.units if unit.type not in territorial} | {root.code, town.code, *below}
    moved = tuple(
        unit.model_copy(update={"parent": town.code}) if unit.code in below else unit for unit in organisation.units
    )
    return dataclasses.replace(pack, organisation=_cut(dataclasses.replace(organisation, units=moved), kept))


def _few_units(organisation: Organisation) -> Organisation:
    kept: dict[str, int] = {}  # unit → how many of its territorial children are kept
    territorial = {row.code for row in organisation.unit_types if row.is_territorial}
    for unit in organisation.units:
        if unit.parent is None or unit.type not in territorial:
            kept[unit.code] = 0
        elif unit.parent in kept and kept[unit.parent] < 2:
            kept[unit.parent] += 1
            kept[unit.code] = 0
    return _cut(organisation, set(kept))


def _cut(organisation: Organisation, kept: set[str]) -> Organisation:
    """An organisation with these units only, and with what and who belongs to them."""
    people = tuple(person for person in organisation.people if all(post.unit in kept for post in person.posts))
    logins = {person.login_name for person in people}
    return dataclasses.replace(
        organisation,
        units=tuple(unit for unit in organisation.units if unit.code in kept),
        posts=tuple(post for post in organisation.posts if post.unit in kept),
        people=people,
        links=tuple(
            link
            for link in organisation.links
            if link.to_unit in kept
            and (link.from_unit is None or link.from_unit in kept)
            and (link.person is None or link.person in logins)
        ),
    )


def marked(value: Anything, word: str) -> Anything:
    """The same value with `word` behind every Chinese text in it, however deep."""
    found: Any = _marked(value, word)
    return found  # type: ignore[no-any-return]


def _marked(value: Any, word: str) -> Any:
    if isinstance(value, Enum | Source):
        return value
    if isinstance(value, str):
        is_wording = _CHINESE.search(value) and value not in _MEANT_BY_PROGRAM and not value.startswith("<")
        return value + word if is_wording else value
    if isinstance(value, list | tuple | frozenset):
        return type(value)(_marked(item, word) for item in value)
    if isinstance(value, Mapping):
        return {key: _marked(item, word) for key, item in value.items()}
    if isinstance(value, BaseModel):
        return value.model_copy(update={name: _marked(item, word) for name, item in value})
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        changes = {
            each.name: _marked(getattr(value, each.name), word) for each in dataclasses.fields(value) if each.init
        }
        return dataclasses.replace(value, **changes)
    return value
