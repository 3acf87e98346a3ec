"""Whatever reorganisations follow each other, refused ones included, the organisation stays sound on every day."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TypeAlias

from hypothesis import given, settings
from hypothesis import strategies as st

from saas.domain.errors import HierarchyError
from saas.domain.reorganisation import reorganise
from saas.domain.reorganisation_steps import (
    ChangeType,
    Create,
    Dissolve,
    Key,
    Merge,
    Move,
    NewUnit,
    Rename,
    Split,
    Step,
)
from tests.domain.organisations import DAY, GRID, TYPES, assert_sound, county, key

Draw: TypeAlias = st.DrawFn
Events: TypeAlias = list[tuple[list[Step], date]]
NAMES = [f"新{number}" for number in range(1, 7)]
UNITS = [key(name) for name in ("县", "东镇", "西镇", "甲村", "乙村", "丙村", "甲一网格", "甲二网格", *NAMES)]
POSTS = [key(name) for name in ("甲村书记", "甲村文书", "乙村书记")]
units = st.sampled_from(UNITS)
types = st.sampled_from(sorted(TYPES))


@st.composite
def _new(draw: Draw) -> NewUnit:
    name = draw(st.sampled_from(NAMES))
    return NewUnit(key(name), name, name, draw(types), draw(st.none() | units))


_targets: st.SearchStrategy[Key | NewUnit] = st.one_of(units, _new())
_choices = st.dictionaries(st.sampled_from(POSTS), st.none() | units, max_size=3)
_several = st.lists(units, min_size=1, max_size=3).map(tuple)
_steps: st.SearchStrategy[Step] = st.one_of(
    st.builds(Create, _new()),
    st.builds(Rename, units, st.sampled_from(["改名一", "改名二", "甲村"])),
    st.builds(Move, _several, units, st.sampled_from(["administrative", GRID, "party"])),
    st.builds(Merge, _several, _targets, _choices),
    st.builds(
        Split,
        units,
        st.lists(_targets, min_size=1, max_size=3).map(tuple),
        st.dictionaries(units, units, max_size=4),
        _choices,
        st.booleans(),
    ),
    st.builds(ChangeType, units, types, st.sampled_from(["", "改制"]), st.just(""), st.none() | _new()),
    st.builds(Dissolve, units, st.none() | units),
)
_days = st.integers(-60, 60).map(lambda days: DAY + timedelta(days=days))
events = st.lists(st.tuples(st.lists(_steps, min_size=1, max_size=3), _days), max_size=8)


@settings(max_examples=120, deadline=None)
@given(events)
def test_the_organisation_is_sound_on_every_day(happened: Events) -> None:
    found = county()
    for steps, day in happened:
        try:
            outcome = reorganise(found, steps, day)
        except HierarchyError:
            continue
        for unit, version in ((unit, found.version_on(unit, day - timedelta(days=1))) for unit in found.units):
            kept = outcome.after.version_on(unit, day - timedelta(days=1))
            assert (version is None) == (kept is None)
            assert version is None or kept is None or (version.name, version.type) == (kept.name, kept.type)
        for code in found.placements:
            eve = day - timedelta(days=1)
            assert found.tree_on(eve, code).parents == outcome.after.tree_on(eve, code).parents
        found = outcome.after
        assert_sound(found)
