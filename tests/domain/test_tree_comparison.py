"""Two definitions of one hierarchy side by side, and counts that add up."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from saas.domain.hierarchy import Tree
from saas.domain.tree_comparison import (
    CountLine,
    Difference,
    DifferenceKind,
    compare_counts,
    reconcile,
    tree_differences,
)

FIRST: Tree[str] = Tree({"C": None, "S1": "C", "S2": "C", "G1": "S1", "G2": "S2", "G3": "S2"})
SECOND: Tree[str] = Tree({"C": None, "S1": "C", "S2": "C", "G1": "S2", "G2": "S2", "G4": "S1"})
TYPES = {"C": "county", "S1": "street", "S2": "street", **dict.fromkeys(["G1", "G2", "G3", "G4"], "grid")}


def test_every_unit_that_stands_elsewhere_is_named() -> None:
    assert tree_differences(FIRST, SECOND) == (
        Difference("G1", DifferenceKind.OTHER_PARENT, "S1", "S2"),
        Difference("G3", DifferenceKind.ONLY_FIRST, "S2", None),
        Difference("G4", DifferenceKind.ONLY_SECOND, None, "S1"),
    )
    assert tree_differences(FIRST, FIRST) == ()


def test_equal_counts_may_hide_other_units() -> None:
    counts = {count.type: count for count in compare_counts(FIRST, SECOND, TYPES)}

    assert (counts["grid"].first, counts["grid"].second) == (3, 3)
    assert (counts["grid"].only_first, counts["grid"].only_second) == (("G3",), ("G4",))
    assert counts["street"].only_first == ()


def test_ninety_six_grids_are_eight_and_eighty_eight() -> None:
    parents: dict[str, str | None] = {"C": None, "S1": "C", "S2": "C"}
    types = {"C": "county", "S1": "street", "S2": "street"}
    for number in range(96):
        grid = f"G{number}"
        parents[grid], types[grid] = ("S1" if number < 8 else "S2"), "grid"

    found = reconcile(Tree(parents), "C", "grid", types, {"C": 97, "S1": 8})

    assert found.parts == (8, 88)
    assert found.total == CountLine("C", 96, 97)
    assert found.total.difference == -1
    assert [line.difference for line in found.lines] == [0, None]
    assert found.recorded_sum is None  # nobody has recorded the second figure: not 0
    assert found.mismatches == (found.total,)


def test_a_unit_of_the_type_right_below_is_a_part_of_its_own() -> None:
    tree: Tree[str] = Tree({"C": None, "S1": "C", "G1": "S1", "G2": "C"})

    found = reconcile(tree, "C", "grid", TYPES, {})

    assert (found.parts, found.direct, found.total.counted) == ((1, 1), 1, 2)


@given(st.lists(st.integers(min_value=0, max_value=30), max_size=40))
def test_the_parts_always_add_up(above: list[int]) -> None:
    parents: dict[int, int | None] = {0: None} | {
        number: parent % number for number, parent in enumerate(above, start=1)
    }
    types = {number: "grid" if number % 3 else "street" for number in parents}

    found = reconcile(Tree(parents), 0, "grid", types, {})

    assert sum(found.parts) == found.total.counted == sum(1 for number in parents if number and number % 3)
