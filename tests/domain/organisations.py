"""Small organisations for the tests of reorganisations: a county, towns, villages, and a grid tree beside it."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from datetime import date, timedelta

from saas.domain.hierarchy import Placement
from saas.domain.organisation import ADMINISTRATIVE, Life, Organisation, Place, TypeRule, Version
from saas.domain.reorganisation_steps import Key, NewUnit

OPENED = date(2020, 1, 1)
DAY = date(2026, 7, 1)
GRID = "grid"
TYPES = {
    "county": TypeRule("county", "县", 1),
    "town": TypeRule("town", "镇", 2),
    "street": TypeRule("street", "街道", 2),
    "village": TypeRule("village", "村", 3),
    "community": TypeRule("community", "社区", 3, ("street", "town")),
    "grid_cell": TypeRule("grid_cell", "网格", 4),
}


def key(name: str) -> Key:
    """The id of the unit of a name: always the same."""
    return uuid.uuid5(uuid.NAMESPACE_URL, name)


def new(name: str, kind: str = "village", parent: str = "", code: str = "") -> NewUnit:
    return NewUnit(key(name), code or name, name, kind, key(parent) if parent else None)


def organisation(
    tree: Mapping[str, tuple[str, str]],
    grid: Mapping[str, str] | None = None,
    posts: Mapping[str, tuple[str, ...]] = {},
) -> Organisation:
    """From `name: (type, parent's name)`; `grid` gives the parents in the grid tree, "" for its root."""
    return Organisation(
        types=TYPES,
        units={key(name): Life(name, OPENED) for name in tree},
        versions={key(name): (Version(key(name), kind, name, "", OPENED),) for name, (kind, _) in tree.items()},
        placements={
            ADMINISTRATIVE: {key(name): (_place(name, parent),) for name, (_, parent) in tree.items()},
            GRID: {key(name): (_place(name, parent),) for name, parent in (grid or {}).items()},
        },
        posts={key(unit): tuple(key(post) for post in names) for unit, names in posts.items()},
    )


def _place(name: str, parent: str) -> Place:
    return Placement(key(name), key(parent) if parent else None, OPENED)


def county() -> Organisation:
    return organisation(
        {
            "县": ("county", ""),
            "东镇": ("town", "县"),
            "西镇": ("town", "县"),
            "甲村": ("village", "东镇"),
            "乙村": ("village", "东镇"),
            "丙村": ("village", "西镇"),
            "甲一网格": ("grid_cell", "甲村"),
            "甲二网格": ("grid_cell", "甲村"),
        },
        grid={"县": "", "甲村": "县", "乙村": "县", "甲一网格": "甲村"},
        posts={"甲村": ("甲村书记", "甲村文书"), "乙村": ("乙村书记",)},
    )


def parent_of(found: Organisation, name: str, day: date = DAY, hierarchy: str = ADMINISTRATIVE) -> Key | None:
    return found.tree_on(day, hierarchy).parents[key(name)]


def assert_sound(found: Organisation, first: date = OPENED, last: date = DAY + timedelta(days=900)) -> None:
    """Exactly one version and one place each day of a unit's life, none outside it, no cycle, no lost parent."""
    days = {first, last}
    for unit, life in found.units.items():
        days |= {life.opened_on, *([life.closes_on] if life.closes_on else [])}
        days |= {each.starts_on for each in found.versions[unit]}
    for places in found.placements.values():
        days |= {place.starts_on for several in places.values() for place in several}
    for day in sorted(days | {each - timedelta(days=1) for each in days}):
        _assert_sound_on(found, day)


def _assert_sound_on(found: Organisation, day: date) -> None:
    for unit, life in found.units.items():
        holding = [each for each in found.versions[unit] if each.holds_on(day)]
        assert len(holding) == (1 if life.covers(day) else 0), (unit, day)
    for code, places in found.placements.items():
        for unit, several in places.items():
            holding_places = [place for place in several if place.holds_on(day)]
            assert len(holding_places) <= 1, (code, unit, day)
            assert not holding_places or found.units[unit].covers(day)
            if code == ADMINISTRATIVE:
                assert len(holding_places) == (1 if found.units[unit].covers(day) else 0)
        tree = found.tree_on(day, code)
        assert tree.orphans == ()
        for unit in tree.parents:
            tree.ancestors(unit)
