"""Coverage of ties: who is left out."""

from __future__ import annotations

import pytest

from saas.domain.coverage import Doubled, Gap, Tie, check_coverage


def test_every_street_has_a_leader_and_every_unit_is_assigned() -> None:
    found = check_coverage(["S1", "S2"], ["D1"], [Tie("D1", "S1"), Tie("leader", "S2")])

    assert found.is_complete
    assert (found.covered_count, found.target_count) == (2, 2)


def test_who_is_left_out_is_named() -> None:
    found = check_coverage(["S1", "S2"], ["D1", "D2"], [Tie("D1", "S1")])

    assert not found.is_complete
    assert found.gaps == (Gap("S2"),)
    assert found.idle == ("D2",)
    assert found.covered_count == 1


@pytest.mark.parametrize(
    ("ties", "gaps"),
    [
        ([], {"一级", "二级"}),
        ([Tie("a", "S1", "一级")], {"二级"}),
        ([Tie("a", "S1", "一级"), Tie("b", "S1", "二级")], set()),
        ([Tie("a", "S1", "五级")], {"一级", "二级"}),  # a layer that the kind does not have
        ([Tie("a", "S1", "")], {"一级", "二级"}),
    ],
)
def test_with_layers_each_of_them_needs_somebody(ties: list[Tie[str, str]], gaps: set[str]) -> None:
    found = check_coverage(["S1"], [], ties, ["一级", "二级"])

    assert {gap.layer for gap in found.gaps} == gaps


def test_several_in_one_layer_are_shown_and_several_layers_are_not() -> None:
    ties = [Tie("a", "S1", "一级"), Tie("b", "S1", "一级"), Tie("c", "S1", "二级"), Tie("a", "S1", "一级")]

    assert check_coverage(["S1"], [], ties, ["一级", "二级"]).doubled == (Doubled("S1", "一级", ("a", "b")),)


def test_one_source_may_have_many_units() -> None:
    ties = [Tie("a", "S1"), Tie("a", "S2"), Tie("b", "S2")]

    assert check_coverage(["S1", "S2"], ["a", "b"], ties).loads == (("a", 2), ("b", 1))


def test_a_kind_that_must_cover_nobody_is_complete() -> None:
    assert check_coverage([], [], []).is_complete
