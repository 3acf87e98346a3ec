"""What each step of a reorganisation does, and what is refused."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from saas.domain.errors import HierarchyError
from saas.domain.organisation import Organisation
from saas.domain.reorganisation import Following, reorganise
from saas.domain.reorganisation_steps import (
    ChangeType,
    Create,
    Dissolve,
    Merge,
    Move,
    Rename,
    Split,
    Step,
    step_from_mapping,
    step_to_mapping,
    units_named,
)
from tests.domain.organisations import DAY, GRID, OPENED, assert_sound, county, key, new, organisation, parent_of

BEFORE = DAY - timedelta(days=1)


def refusal(steps: list[Step], found: Organisation | None = None, day: date = DAY) -> str:
    with pytest.raises(HierarchyError) as refused:
        reorganise(found or county(), steps, day)
    return refused.value.code


def test_a_new_unit_stands_under_its_parent_from_the_day_on() -> None:
    outcome = reorganise(county(), [Create(new("丁村", parent="西镇"))], DAY)

    assert parent_of(outcome.after, "丁村") == key("西镇")
    assert key("丁村") not in outcome.after.tree_on(BEFORE).parents
    assert outcome.created == (key("丁村"),)


def test_a_renamed_unit_keeps_its_old_name_before_the_day() -> None:
    after = reorganise(county(), [Rename(key("甲村"), "新甲村")], DAY).after

    assert after.name_of(key("甲村"), BEFORE) == "甲村"
    assert after.name_of(key("甲村"), DAY) == "新甲村"


def test_several_units_move_at_once_and_only_in_the_named_tree() -> None:
    after = reorganise(county(), [Move((key("甲村"), key("乙村")), key("西镇"))], DAY).after

    assert {parent_of(after, "甲村"), parent_of(after, "乙村")} == {key("西镇")}
    assert parent_of(after, "甲村", BEFORE) == key("东镇")
    assert parent_of(after, "甲村", hierarchy=GRID) == key("县")


def test_a_merge_into_one_of_them_ends_the_others_in_every_tree() -> None:
    outcome = reorganise(county(), [Merge((key("甲村"), key("乙村")), key("乙村"))], DAY)

    assert outcome.closed == (key("甲村"),)
    for hierarchy in ("administrative", GRID):
        assert parent_of(outcome.after, "甲一网格", hierarchy=hierarchy) == key("乙村")
        assert key("甲村") not in outcome.after.tree_on(DAY, hierarchy).parents
        assert key("甲村") in outcome.after.tree_on(BEFORE, hierarchy).parents
    assert [(each.predecessor, each.successor, each.kind) for each in outcome.successions] == [
        (key("甲村"), key("乙村"), Following.MERGED)
    ]
    assert outcome.posts == {key("甲村书记"): key("乙村"), key("甲村文书"): key("乙村")}


def test_a_merge_into_a_new_unit_takes_the_place_of_the_old_ones() -> None:
    step = Merge((key("甲村"), key("乙村")), new("和合村"), {key("乙村书记"): None})
    outcome = reorganise(county(), [step], DAY)

    assert parent_of(outcome.after, "和合村") == key("东镇")
    assert parent_of(outcome.after, "和合村", hierarchy=GRID) == key("县")
    assert outcome.posts[key("乙村书记")] is None
    assert outcome.posts[key("甲村书记")] == key("和合村")
    assert_sound(outcome.after)


def test_towns_merge_with_everything_below_them() -> None:
    after = reorganise(county(), [Merge((key("东镇"), key("西镇")), new("大镇", "town"))], DAY).after

    assert {parent_of(after, name) for name in ("甲村", "乙村", "丙村")} == {key("大镇")}
    assert parent_of(after, "甲一网格") == key("甲村")


def test_units_of_different_parents_need_one_to_be_named() -> None:
    units = (key("甲村"), key("丙村"))

    assert refusal([Merge(units, new("和合村"))]) == "parent_needed"
    assert_sound(reorganise(county(), [Merge(units, new("和合村", parent="东镇"))], DAY).after)


def test_a_split_divides_what_is_below_and_the_posts() -> None:
    step = Split(
        key("甲村"),
        (new("甲东村"), new("甲西村")),
        {key("甲一网格"): key("甲东村"), key("甲二网格"): key("甲西村")},
        {key("甲村书记"): key("甲东村"), key("甲村文书"): None},
    )
    outcome = reorganise(county(), [step], DAY)

    assert parent_of(outcome.after, "甲一网格") == key("甲东村")
    assert parent_of(outcome.after, "甲一网格", hierarchy=GRID) == key("甲东村")
    assert parent_of(outcome.after, "甲二网格") == key("甲西村")
    assert outcome.successors_of(key("甲村")) == (key("甲东村"), key("甲西村"))
    assert outcome.posts == {key("甲村书记"): key("甲东村"), key("甲村文书"): None}
    assert_sound(outcome.after)


def test_a_unit_may_give_off_another_and_go_on() -> None:
    step = Split(key("东镇"), (new("新街道", "street"),), {key("乙村"): key("新街道")}, keeps_unit=True)
    outcome = reorganise(county(), [step], DAY)

    assert outcome.closed == ()
    assert parent_of(outcome.after, "甲村") == key("东镇")
    assert parent_of(outcome.after, "乙村") == key("新街道")
    assert outcome.posts == {}


@pytest.mark.parametrize(
    ("children", "posts", "code"),
    [
        ({}, {"甲村书记": "甲东村", "甲村文书": ""}, "children_unassigned"),
        ({"甲一网格": "甲东村", "甲二网格": "丙村"}, {"甲村书记": "甲东村", "甲村文书": ""}, "children_unassigned"),
        ({"甲一网格": "甲东村", "甲二网格": "甲东村"}, {"甲村书记": "甲东村"}, "posts_unassigned"),
        ({"甲一网格": "甲东村", "甲二网格": "甲东村"}, {"甲村书记": "丙村", "甲村文书": ""}, "posts_unassigned"),
    ],
)
def test_a_split_leaves_nothing_unassigned(children: dict[str, str], posts: dict[str, str], code: str) -> None:
    step = Split(
        key("甲村"),
        (new("甲东村"), new("甲西村")),
        {key(child): key(heir) for child, heir in children.items()},
        {key(post): key(heir) if heir else None for post, heir in posts.items()},
    )
    assert refusal([step]) == code


def test_a_village_becomes_a_community_and_stays_the_same_unit() -> None:
    outcome = reorganise(county(), [ChangeType(key("甲村"), "community", "甲社区")], DAY)

    changed = outcome.after.version_on(key("甲村"), DAY)
    assert changed is not None
    assert (changed.type, changed.name) == ("community", "甲社区")
    assert outcome.successions == ()


def test_a_village_becomes_a_community_as_a_new_unit() -> None:
    step = ChangeType(key("甲村"), "community", new=new("甲社区", "community"))
    outcome = reorganise(county(), [step], DAY)

    assert outcome.successions[0].kind is Following.CONVERTED
    assert parent_of(outcome.after, "甲社区") == key("东镇")
    assert parent_of(outcome.after, "甲二网格") == key("甲社区")
    assert set(outcome.posts.values()) == {key("甲社区")}
    assert_sound(outcome.after)


def test_a_dissolved_unit_leaves_its_children_to_another() -> None:
    outcome = reorganise(county(), [Dissolve(key("甲村"), key("乙村"))], DAY)

    assert parent_of(outcome.after, "甲一网格") == key("乙村")
    assert parent_of(outcome.after, "甲一网格", hierarchy=GRID) == key("乙村")
    assert outcome.posts == {key("甲村书记"): None, key("甲村文书"): None}
    assert_sound(outcome.after)


def test_steps_build_on_each_other() -> None:
    steps: list[Step] = [
        Create(new("新街道", "street", "县")),
        Move((key("甲村"),), key("新街道")),
        ChangeType(key("甲村"), "community", "甲社区"),
        Dissolve(key("东镇"), key("西镇")),
    ]
    after = reorganise(county(), steps, DAY).after

    assert parent_of(after, "甲村") == key("新街道")
    assert parent_of(after, "乙村") == key("西镇")
    assert_sound(after)


def test_a_date_in_the_past_is_as_good_as_one_to_come() -> None:
    for day in (OPENED + timedelta(days=1), DAY + timedelta(days=365)):
        assert_sound(reorganise(county(), [Merge((key("甲村"), key("乙村")), key("甲村"))], day).after)


@pytest.mark.parametrize(
    ("steps", "code"),
    [
        ([], "nothing"),
        ([Move((key("东镇"),), key("甲村"))], "wrong_parent_type"),
        ([Move((key("甲村"),), key("甲村"))], "hierarchy_cycle"),
        ([Move((key("甲村"),), key("东镇"))], "same_parent"),
        ([Move((key("县"),), key("东镇"))], "is_root"),
        ([Move((key("甲村"),), key("西镇"), "party")], "not_in_hierarchy"),
        ([Move((key("甲村"),), key("西镇"), GRID)], "not_in_hierarchy"),
        ([Move((key("甲一网格"),), key("西镇"), GRID)], "not_in_hierarchy"),
        ([Move((key("丙村"),), key("县"), GRID)], "is_root"),
        ([Move((key("无此村"),), key("西镇"))], "not_there"),
        ([Create(new("甲村二", parent="东镇", code="甲村"))], "code_taken"),
        ([Create(new("外星", "planet", "东镇"))], "unknown_type"),
        ([Create(new("新镇", "town", "东镇"))], "wrong_parent_type"),
        ([Create(new("新村"))], "parent_needed"),
        ([Rename(key("甲村"), "甲村")], "no_change"),
        ([ChangeType(key("甲村"), "planet")], "unknown_type"),
        ([ChangeType(key("甲村"), "town")], "wrong_parent_type"),
        ([ChangeType(key("东镇"), "village")], "wrong_parent_type"),
        ([Dissolve(key("县"), key("东镇"))], "is_root"),
        ([Dissolve(key("甲村"))], "children_unassigned"),
        ([Dissolve(key("甲村"), key("甲村"))], "not_there"),
        ([Dissolve(key("乙村")), Rename(key("乙村"), "二村")], "not_there"),
        ([Merge((key("甲村"),), key("甲村"))], "too_few"),
        ([Merge((key("甲村"),), new("和合村"))], "too_few"),
        ([Create(new("丁村", parent="西镇")), Dissolve(key("丁村"))], "bad_dates"),
        ([Split(key("乙村"), (new("乙东村"),), {}, {key("乙村书记"): None})], "too_few"),
        ([Split(key("东镇"), (new("新镇", "town"), key("县")), {}, {}, keeps_unit=True)], "into_superior"),
    ],
)
def test_what_could_not_be_is_refused(steps: list[Step], code: str) -> None:
    assert refusal(steps) == code


def test_a_cycle_in_another_tree_is_refused() -> None:
    found = organisation(
        {"县": ("county", ""), "甲村": ("village", "县"), "乙村": ("village", "县")},
        grid={"县": "", "甲村": "县", "乙村": "甲村"},
    )
    assert refusal([Move((key("甲村"),), key("乙村"), GRID)], found) == "hierarchy_cycle"


def test_a_unit_does_not_exist_before_it_was_opened() -> None:
    assert refusal([Rename(key("甲村"), "新甲村")], day=OPENED - timedelta(days=1)) == "not_there"


def test_a_past_day_before_a_recorded_change_is_refused() -> None:
    moved = reorganise(county(), [Move((key("甲村"),), key("西镇"))], DAY).after
    renamed = reorganise(county(), [Rename(key("甲村"), "新甲村")], DAY).after
    earlier = DAY - timedelta(days=30)

    assert refusal([Move((key("甲村"),), key("西镇"))], moved, earlier) == "later_change"
    assert refusal([Dissolve(key("西镇"), key("东镇"))], moved, earlier) == "later_change"
    assert refusal([Rename(key("甲村"), "老甲村")], renamed, earlier) == "later_change"
    assert refusal([Dissolve(key("甲村"), key("乙村"))], renamed, earlier) == "later_change"


def test_a_cycle_that_would_only_begin_later_is_refused() -> None:
    found = organisation(
        {"县": ("county", ""), "甲村": ("village", "县"), "乙村": ("village", "县")},
        grid={"县": "", "甲村": "县", "乙村": "县"},
    )
    planned = reorganise(found, [Move((key("甲村"),), key("乙村"), GRID)], DAY).after

    assert refusal([Move((key("乙村"),), key("甲村"), GRID)], planned, DAY - timedelta(days=30)) == "hierarchy_cycle"


def test_a_child_that_moves_on_later_is_carried_along_until_then() -> None:
    planned = reorganise(county(), [Move((key("甲村"),), key("西镇"))], DAY).after
    earlier = DAY - timedelta(days=30)
    after = reorganise(planned, [ChangeType(key("东镇"), "street", new=new("东街道", "street"))], earlier).after

    assert parent_of(after, "甲村", earlier) == key("东街道")
    assert parent_of(after, "甲村", DAY) == key("西镇")
    assert_sound(after)


@pytest.mark.parametrize(
    "step",
    [
        Create(new("丁村", parent="西镇")),
        Rename(key("甲村"), "新甲村", "新甲"),
        Move((key("甲村"), key("乙村")), key("西镇"), GRID),
        Merge((key("甲村"), key("乙村")), new("和合村"), {key("甲村书记"): None}),
        Merge((key("甲村"), key("乙村")), key("乙村"), {key("甲村书记"): key("乙村")}),
        Split(key("甲村"), (new("甲东村"), key("乙村")), {key("甲一网格"): key("乙村")}, {}, True),
        ChangeType(key("甲村"), "community", "甲社区", "", new("甲社区", "community")),
        ChangeType(key("甲村"), "community"),
        Dissolve(key("甲村"), key("乙村")),
    ],
)
def test_a_step_is_written_and_read_again(step: Step) -> None:
    assert step_from_mapping(step_to_mapping(step)) == step


@pytest.mark.parametrize("mapping", [{}, {"kind": "explode"}, {"kind": "move", "units": ["x"]}, {"kind": "rename"}])
def test_what_is_no_step_is_refused(mapping: dict[str, object]) -> None:
    with pytest.raises(HierarchyError, match="不完整"):
        step_from_mapping(mapping)


def test_every_unit_of_a_step_is_known() -> None:
    step = Split(key("甲村"), (new("甲东村", parent="西镇"), key("乙村")), {key("甲一网格"): key("乙村")})

    assert units_named(step) == {key(name) for name in ("甲村", "甲东村", "西镇", "乙村", "甲一网格")}
