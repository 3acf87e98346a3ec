"""The dated tree."""

from __future__ import annotations

from datetime import date

import pytest

from saas.domain.errors import HierarchyError
from saas.domain.hierarchy import (
    Placement,
    Tree,
    ancestor_of_type,
    check_placements,
    count_by_type,
    placed_from,
    refuse_cycles_from,
    taken_out_from,
    tree_at,
)

JANUARY, MARCH, JULY = date(2026, 1, 1), date(2026, 3, 1), date(2026, 7, 1)

PLACEMENTS = [
    Placement("county", None, JANUARY),
    Placement("east", "county", JANUARY),
    Placement("west", "county", JANUARY),
    Placement("v1", "east", JANUARY, MARCH),
    Placement("v1", "west", MARCH),
    Placement("v2", "east", JANUARY),
    Placement("g1", "v1", JANUARY),
]
TYPES = {"county": "county", "east": "town", "west": "town", "v1": "village", "v2": "village", "g1": "grid_cell"}


def test_a_unit_is_under_the_parent_of_that_day() -> None:
    check_placements(PLACEMENTS)

    assert tree_at(PLACEMENTS, date(2026, 2, 28)).parent_of("v1") == "east"
    assert tree_at(PLACEMENTS, MARCH).parent_of("v1") == "west"


def test_before_the_first_placement_there_is_no_tree() -> None:
    tree = tree_at(PLACEMENTS, date(2025, 12, 31))

    assert (tree.roots, tree.parent_of("v1")) == ((), None)


def test_a_subtree_follows_a_move() -> None:
    before, after = tree_at(PLACEMENTS, JANUARY), tree_at(PLACEMENTS, JULY)

    assert before.subtree("east") == ("east", "v1", "g1", "v2")
    assert after.subtree("east") == ("east", "v2")
    assert after.subtree("west") == ("west", "v1", "g1")


def test_ancestors_are_listed_from_below() -> None:
    tree = tree_at(PLACEMENTS, JULY)

    assert tree.ancestors("g1") == ("v1", "west", "county")
    assert tree.depth("g1") == 3
    assert ancestor_of_type(tree, "g1", "town", TYPES) == "west"
    assert ancestor_of_type(tree, "west", "town", TYPES) == "west"
    assert ancestor_of_type(tree, "g1", "city", TYPES) is None


def test_units_are_counted_by_type() -> None:
    tree = tree_at(PLACEMENTS, JANUARY)

    assert count_by_type(tree, "county", TYPES) == {"county": 1, "town": 2, "village": 2, "grid_cell": 1}
    assert count_by_type(tree, "west", TYPES) == {"town": 1}


@pytest.mark.parametrize(
    ("placements", "code"),
    [
        ([Placement("a", "b", MARCH, MARCH)], "bad_dates"),
        ([Placement("a", "a", MARCH)], "own_parent"),
        ([Placement("a", "b", JANUARY), Placement("a", "c", MARCH)], "overlapping_placements"),
        ([Placement("a", "b", MARCH), Placement("a", "b", JANUARY, date(2026, 3, 2))], "overlapping_placements"),
        ([Placement("a", "b", JANUARY), Placement("b", "a", MARCH)], "hierarchy_cycle"),
        ([Placement("a", "b", MARCH), Placement("b", "c", JANUARY), Placement("c", "a", JANUARY)], "hierarchy_cycle"),
    ],
)
def test_what_is_no_tree_is_refused(placements: list[Placement[str]], code: str) -> None:
    with pytest.raises(HierarchyError) as refusal:
        check_placements(placements)

    assert refusal.value.code == code


def test_a_cycle_is_no_cycle_if_its_halves_never_hold_together() -> None:
    check_placements([Placement("a", "b", JANUARY, MARCH), Placement("b", "a", MARCH)])


def test_two_parents_on_one_day_are_refused_when_reading_too() -> None:
    with pytest.raises(HierarchyError) as refusal:
        tree_at([Placement("a", "b", JANUARY), Placement("a", "c", JANUARY)], MARCH)

    assert refusal.value.code == "two_parents"


def test_units_under_a_unit_without_a_place_are_found() -> None:
    assert tree_at([Placement("a", None, JANUARY), Placement("b", "gone", JANUARY)], MARCH).orphans == ("b",)


def test_a_cycle_in_the_rows_does_not_hang() -> None:
    tree = Tree({"a": "b", "b": "a"})

    with pytest.raises(HierarchyError):
        tree.ancestors("a")
    assert tree.subtree("a") == ("a", "b")


def own(*items: tuple[str | None, date, date | None]) -> list[Placement[str]]:
    return [Placement("v1", parent, starts_on, ends_on) for parent, starts_on, ends_on in items]


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ([], [("west", MARCH, None)]),
        ([("east", JANUARY, None)], [("east", JANUARY, MARCH), ("west", MARCH, None)]),
        ([("east", MARCH, None)], [("west", MARCH, None)]),  # the same day: put right
        ([("west", JANUARY, None)], [("west", JANUARY, None)]),  # it stands there already
        ([("east", JULY, None)], [("west", MARCH, JULY), ("east", JULY, None)]),
        (
            [("east", JANUARY, JULY), ("north", JULY, None)],
            [("east", JANUARY, MARCH), ("west", MARCH, JULY), ("north", JULY, None)],
        ),
    ],
)
def test_a_place_from_a_day_on_keeps_what_was_before_and_what_is_recorded_for_later(
    before: list[tuple[str | None, date, date | None]], after: list[tuple[str | None, date, date | None]]
) -> None:
    assert placed_from(own(*before), "v1", "west", MARCH) == tuple(own(*after))


def test_a_place_ends_with_the_hierarchy() -> None:
    assert placed_from([], "v1", "west", MARCH, JULY) == tuple(own(("west", MARCH, JULY)))


def test_a_unit_taken_out_has_no_place_from_that_day() -> None:
    before = own(("east", JANUARY, JULY), ("north", JULY, None))

    assert taken_out_from(before, MARCH) == tuple(own(("east", JANUARY, MARCH)))


def test_a_cycle_that_only_begins_later_is_refused_today() -> None:
    rows = [
        Placement("c", None, JANUARY),
        Placement("a", "c", JANUARY, JULY),
        Placement("a", "b", JULY),
        Placement("b", "a", MARCH),
    ]

    with pytest.raises(HierarchyError) as refusal:
        refuse_cycles_from(rows, {"b"}, MARCH)
    assert refusal.value.code == "hierarchy_cycle"
    refuse_cycles_from(rows[:2] + rows[3:], {"b"}, MARCH)
