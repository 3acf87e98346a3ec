"""What looks odd in a report: tables of cases."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from functools import partial
from typing import Any

import pytest

from saas.domain import quality
from saas.domain.fields import FormDefinition, form_from_mapping
from saas.domain.quality import (
    Mark,
    MarkKind,
    comparable,
    figure_fields,
    figures,
    is_outlier,
    median,
    scale_against_past,
    scale_against_peers,
)

marks_of = partial(quality.marks_of, now=datetime(2026, 3, 10, 9, 0))


def numbers(text: str) -> list[Decimal]:
    return [Decimal(each) for each in text.split()]


def form(*fields: Mapping[str, Any]) -> FormDefinition:
    return form_from_mapping({"code": "monthly", "name": "月报", "fields": [dict(each) for each in fields]})


def figure(name: str, **keys: Any) -> dict[str, Any]:
    return {"type": "integer", "name": name, "label": name, "measure": "人", **keys}


def past(text: str, path: str = "n") -> list[dict[str, Decimal]]:
    """Earlier reports with one figure each, the newest first."""
    return [{path: each} for each in numbers(text)]


def kinds(marks: Sequence[Mark]) -> list[MarkKind]:
    return [mark.kind for mark in marks]


ONE = form(figure("n"))


# --- what counts as a figure ----------------------------------------------------------------------------------------


def test_missing_and_not_applicable_are_no_figures_and_zero_is_one() -> None:
    asked = form(
        figure("a"), figure("b", not_applicable=True), figure("c"), {"type": "text", "name": "t", "label": "t"}
    )
    stored = {"a": None, "b": {"not_applicable": True}, "c": 0, "t": "12"}

    assert figures(figure_fields(asked), stored) == {"c": Decimal(0)}


def test_figures_of_groups_have_their_path_and_those_of_rows_are_left_out() -> None:
    asked = form(
        {"type": "begin_group", "name": "g", "label": "g", "fields": [figure("n", type="decimal")]},
        {"type": "begin_repeat", "name": "r", "label": "r", "fields": [figure("n")]},
    )

    assert figures(figure_fields(asked), {"g": {"n": "2.5"}, "r": [{"n": 3}]}) == {"g.n": Decimal("2.5")}


def test_another_version_counts_where_it_asks_in_the_same_measure() -> None:
    now = form(figure("a"), figure("b"), figure("c"))
    then = form(figure("a"), figure("b", measure="万人"))

    assert list(comparable(figure_fields(now), then)) == ["a"]


# --- expected range -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("value", "is_odd"),
    [(None, False), ({"not_applicable": True}, False), (9, True), (10, False), (20, False), (21, True)],
)
def test_the_expected_range_holds_for_what_was_answered(value: Any, is_odd: bool) -> None:
    asked = form(figure("n", expected_min=10, expected_max=20))

    assert kinds(marks_of(asked, {"n": value})) == ([MarkKind.EXPECTED] if is_odd else [])


def test_the_expected_range_holds_in_every_row() -> None:
    asked = form({"type": "begin_repeat", "name": "r", "label": "r", "fields": [figure("n", expected_max=5)]})

    marks = marks_of(asked, {"r": [{"n": 5}, {"n": 6}]})

    assert [(mark.path, dict(mark.facts)) for mark in marks] == [("r[1].n", {"value": "6", "high": "5"})]


def test_a_calculated_figure_is_held_to_its_range_but_not_compared() -> None:
    asked = form(figure("n", expected_max=100), figure("rate", calculation="${n} * 2", expected_max=100))
    earlier = [{"n": Decimal(60), "rate": Decimal(1)}] * 9

    assert kinds(marks_of(asked, {"n": 60, "rate": 120}, earlier)) == [MarkKind.EXPECTED]


# --- the unit's own past --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("value", "earlier", "is_odd"),
    [
        (30, "20 22 25", False),  # three are too few
        (30, "20 22 25 28", True),
        (28, "20 22 25 28", False),
        (20, "20 22 25 28", False),
        (15, "20 22 25 28", True),
    ],
)
def test_the_range_of_the_past(value: int, earlier: str, is_odd: bool) -> None:
    assert kinds(marks_of(ONE, {"n": value}, past(earlier))) == ([MarkKind.HISTORY] if is_odd else [])


def test_what_was_missing_in_the_past_is_not_zero() -> None:
    earlier = [{"n": Decimal(20)}, {}, {}, {"n": Decimal(22)}, {}]

    assert marks_of(ONE, {"n": 21}, earlier) == ()
    assert marks_of(ONE, {"n": 25}, earlier) == ()  # two figures are no past


@pytest.mark.parametrize(
    ("value", "others", "is_far"),
    [
        ("60", "20 21 22 23 24 25 26", False),  # seven are too few
        ("60", "20 21 22 23 24 25 26 27", True),
        ("28", "20 21 22 23 24 25 26 27", False),
        ("36", "20 21 22 23 24 25 26 27", True),  # |36 - 23.5| × 0.6745 = 8.43 > 3.5 × 2
        ("33", "20 21 22 23 24 25 26 27", False),  # 6.41 is not
        ("1010", "1000 1000 1000 1000 1000 1000 1000 1000", False),  # a steady figure may move by a little
        ("1300", "1000 1000 1000 1000 1000 1000 1000 1000", True),
        ("2", "0 0 0 0 0 0 0 1", False),  # two more of something rare are no outlier
        ("30", "0 0 0 0 0 0 0 1", True),
        ("3", "0 0 0 0 0 0 0 0", False),  # nothing was ever reported: nothing to measure by
    ],
)
def test_far_from_the_middle(value: str, others: str, is_far: bool) -> None:
    assert is_outlier(Decimal(value), numbers(others), is_whole=True) is is_far


def test_amounts_may_be_far_by_less_than_three() -> None:
    assert is_outlier(Decimal("2.5"), numbers("0.5 0.6 0.5 0.4 0.6 0.5 0.5 0.4"))


def test_far_off_is_said_instead_of_outside() -> None:
    assert kinds(marks_of(ONE, {"n": 90}, past("20 21 22 23 24 25 26 27"))) == [MarkKind.OUTLIER]


@pytest.mark.parametrize(("values", "middle"), [("3 1 2", "2"), ("4 1 2 3", "2.5"), ("7", "7")])
def test_the_middle(values: str, middle: str) -> None:
    assert median(numbers(values)) == Decimal(middle)


# --- peers ----------------------------------------------------------------------------------------------------------


def test_far_from_the_peers() -> None:
    peers = past("20 21 22 23 24 25 26 27")

    assert kinds(marks_of(ONE, {"n": 90}, (), peers)) == [MarkKind.PEERS]
    assert marks_of(ONE, {"n": 90}, (), peers[:7]) == ()


@pytest.mark.parametrize(("score", "is_odd"), [(2, False), (1, True)])
def test_a_point_less_than_all_the_others_is_nothing_odd(score: int, is_odd: bool) -> None:
    full = form(figure("n", type="decimal", measure="分"))

    marks = marks_of(full, {"n": score}, (), past("4 4 4 4 4 4 4 3"))

    assert kinds(marks) == ([MarkKind.PEERS] if is_odd else [])


def test_a_big_village_is_big_every_month() -> None:
    peers = past("20 21 22 23 24 25 26 27")

    assert marks_of(ONE, {"n": 90}, past("88 95 91 90"), peers) == ()


# --- measures -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("value", "earlier", "times"),
    [
        ("67670", "6.7 6.8", "10000"),  # persons where ten thousands of persons were asked
        ("6.767", "67670", "0.0001"),
        ("5000", "5.1", "1000"),
        ("500", "5", "100"),
        ("50", "5", None),  # ten times of one month may well be
        ("50", "5 5", None),
        ("50", "5 6 5", "10"),  # of a steady figure it may not
        ("0.5", "5 6 5", "0.1"),
        ("50", "5 1 20", None),  # it was never steady
        ("0", "5 6 5", None),  # none is no other measure
        ("5", "0 0", None),
        ("", "", None),
    ],
)
def test_other_measures_are_seen_in_the_past(value: str, earlier: str, times: str | None) -> None:
    found = scale_against_past(Decimal(value or 1), numbers(earlier))

    assert found == (Decimal(times) if times else None)


@pytest.mark.parametrize(
    ("value", "times"),
    [("67670", "1000"), ("700000", "10000"), ("0.06", "0.001"), ("6000", None), ("600", None), ("70", None)],
)
def test_other_measures_are_seen_among_peers_only_where_no_size_explains_them(value: str, times: str | None) -> None:
    found = scale_against_peers(Decimal(value), numbers("60 65 70 40 90 70 66 71"))

    assert found == (Decimal(times) if times else None)


def test_a_wrong_measure_is_the_only_thing_said() -> None:
    marks = marks_of(ONE, {"n": 67670}, past("6 7 7 6 7 7 6 7 6"), past("5 6 7 8 7 6 5 6"))

    assert kinds(marks) == [MarkKind.SCALE]
    assert marks[0].facts == {"value": "67670", "times": "10000", "middle": "7", "count": "9"}


def test_questions_are_never_compared_with_each_other() -> None:
    asked = form(figure("mediated", measure="件"), figure("found", measure="件"))

    assert marks_of(asked, {"mediated": 618, "found": 198}) == ()


# --- the same as last time ------------------------------------------------------------------------------------------

THREE = form(figure("a"), figure("b"), figure("c"), figure("opening", read_only=True, default="5"))


@pytest.mark.parametrize(
    ("now", "last", "is_odd"),
    [
        ("4 5 6", "4 5 6", True),
        ("4 5 7", "4 5 6", False),
        ("0 0 0", "0 0 0", False),  # two zero reports in a row are nothing odd
        ("0 0 1", "0 0 1", True),
        ("4 5", "4 5", False),  # too few
        ("4 5 6", "4 5", False),
    ],
)
def test_the_same_as_last_time(now: str, last: str, is_odd: bool) -> None:
    stored = dict(zip("abc", map(int, now.split()), strict=False)) | {"opening": 5}
    earlier = dict(zip("abc", numbers(last), strict=False)) | {"opening": Decimal(9)}

    marks = marks_of(THREE, stored, [earlier])

    assert marks == ((Mark("", MarkKind.SAME, {"count": "3"}),) if is_odd else ())


def test_marks_stand_in_the_order_of_the_form() -> None:
    asked = form(figure("a", expected_max=1), figure("b"), figure("c", expected_max=1))
    earlier = [{"a": Decimal(1), "b": Decimal(1), "c": Decimal(1)}] * 4

    marks = marks_of(asked, {"a": 2, "b": 3, "c": 2}, earlier)

    assert [(mark.path, mark.kind.value) for mark in marks] == [
        ("a", "expected"), ("a", "history"), ("b", "history"), ("c", "expected"), ("c", "history"),
    ]  # fmt: skip
