"""Targets against worked examples: compared exactly, shown rounded, with the reason."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

from saas.domain.target_evaluation import evaluate, evaluate_units
from saas.domain.target_format import target_from_mapping
from saas.domain.target_words import rounded_text
from saas.domain.targets import Evaluation, Reading, State, Target, required_count

DOCUMENTED = Path(__file__).parents[2] / "docs" / "plan-format.md"
YEAR_END = date(2026, 12, 31)


def a_target(**keys: Any) -> Target:
    base = {"code": "T1", "name": "目标", "comparator": "at_least", "deadline": "2026-12-31"}
    return target_from_mapping({**base, **keys})


def count(numerator: str | int, denominator: str | int, on: date = YEAR_END, **more: Any) -> Reading:
    return Reading(on, numerator=Decimal(numerator), denominator=Decimal(denominator), **more)


def value(number: str | int, on: date = YEAR_END, **more: Any) -> Reading:
    return Reading(on, value=Decimal(number), **more)


def result(target: Target, *readings: Reading, on: date = YEAR_END) -> Evaluation:
    return evaluate(target, readings, on)


STATIONS = a_target(
    kind="percent",
    counting="whole",
    measure="个",
    milestones=[{"deadline": "2025-12-31", "figure": 50}, {"deadline": "2026-12-31", "figure": 80}],
)


@pytest.mark.parametrize(
    ("built", "year", "state", "shown"),
    [
        (61, 2025, State.MET, "61/120 = 50.83%"),
        (59, 2025, State.NOT_MET, "59/120 = 49.17%"),
        (60, 2025, State.MET, "60/120 = 50.00%"),
        (95, 2026, State.NOT_MET, "95/120 = 79.17%"),
        (96, 2026, State.MET, "96/120 = 80.00%"),
    ],
)
def test_stations_built_by_the_end_of_two_years(built: int, year: int, state: State, shown: str) -> None:
    due = date(year, 12, 31)

    milestone = result(STATIONS, count(built, 120, due), on=due).milestones[year - 2025]

    assert (milestone.state, milestone.shown) == (state, shown)


GROUPS = [
    {"code": "staff", "name": "机关", "figure": 90},
    {"code": "pupils", "name": "学生", "figure": 90},
    {"code": "town", "name": "城镇居民", "figure": 70},
    {"code": "rural", "name": "农村居民", "figure": 50},
]


def group_rates(*rates: str) -> list[Reading]:
    return [value(rate, group=str(group["code"])) for rate, group in zip(rates, GROUPS, strict=True)]


def test_group_rates_are_never_averaged() -> None:
    outcome = result(a_target(kind="percent", groups=GROUPS), *group_rates("91.2", "90.0", "69.5", "55.0"))

    assert outcome.state is State.NOT_MET
    assert [group.state for group in outcome.groups] == [State.MET, State.MET, State.NOT_MET, State.MET]
    assert outcome.actual is None
    assert outcome.trace == ("机关：达到", "学生：达到", "城镇居民：未达到", "农村居民：达到", "各组分别比较，不取平均")


def test_a_group_of_which_nothing_came_is_missing() -> None:
    outcome = result(a_target(kind="percent", groups=GROUPS), *group_rates("91.2", "90.0", "70", "55.0")[:3])

    assert outcome.state is State.MISSING


@pytest.mark.parametrize(
    ("keys", "reading", "state", "shown"),
    [
        ({"kind": "percent", "figure": 95}, count(190, 200), State.MET, "190/200 = 95.00%"),
        ({"kind": "percent", "figure": 85}, count(169, 200), State.NOT_MET, "169/200 = 84.50%"),
        ({"kind": "percent", "figure": 85, "decimals": 1}, count(339, 399), State.NOT_MET, "339/399 = 85.0%"),
        (
            {"kind": "percent", "comparator": "all", "decimals": 1},
            count(1999, 2000),
            State.NOT_MET,
            "1999/2000 = 100.0%",
        ),
        ({"kind": "percent", "comparator": "all"}, count(58, 58), State.MET, "58/58 = 100.00%"),
        ({"kind": "percent", "comparator": "all"}, count(125, 126), State.NOT_MET, "125/126 = 99.21%"),
        ({"kind": "percent", "figure": 92, "decimals": 1}, value("91.96"), State.NOT_MET, "92.0%"),
        ({"kind": "percent", "figure": 80}, count(9875, 12345), State.NOT_MET, "9875/12345 = 79.99%"),
        ({"kind": "percent", "figure": 80}, count(9876, 12345), State.MET, "9876/12345 = 80.00%"),
        ({"kind": "percent", "figure": 85}, count(17, 20), State.MET, "17/20 = 85.00%"),
        ({"kind": "percent", "figure": 85}, count(16, 19), State.NOT_MET, "16/19 = 84.21%"),
        ({"kind": "percent", "figure": 85}, count(0, 0), State.NOT_APPLICABLE, ""),
        ({"kind": "percent", "figure": 90, "decimals": 0}, count(43, 48), State.NOT_MET, "43/48 = 90%"),
        ({"kind": "percent", "figure": 90}, count(44, 48), State.MET, "44/48 = 91.67%"),
        ({"kind": "percent", "figure": 90}, count(12, 13), State.MET, "12/13 = 92.31%"),
        ({"kind": "percent", "figure": 90}, count(11, 13), State.NOT_MET, "11/13 = 84.62%"),
        ({"kind": "percent", "figure": 80}, count(6, 8), State.NOT_MET, "6/8 = 75.00%"),
        ({"figure": 50, "measure": "人"}, value(49), State.NOT_MET, "49人"),
        ({"figure": 50, "measure": "人"}, value(50), State.MET, "50人"),
        ({"figure": 50, "boundary": "exclusive"}, value(50), State.NOT_MET, "50"),
        ({"kind": "ratio", "figure": "1:4000", "decimals": 0}, count(10, 40000), State.MET, "10/40000 = 1:4000"),
        ({"kind": "ratio", "figure": "1:4000", "decimals": 0}, count(10, 40001), State.NOT_MET, "10/40001 = 1:4000"),
        ({"kind": "per", "per": 100000, "figure": "2.8"}, count(14, 500000), State.MET, "14/500000 = 每100000 2.80"),
        (
            {"kind": "per", "per": 100000, "figure": "2.8"},
            count(13, 500000),
            State.NOT_MET,
            "13/500000 = 每100000 2.60",
        ),
        ({"comparator": "at_most", "figure": 2}, value(2), State.MET, "2"),
        ({"comparator": "at_most", "figure": 2}, value(3), State.NOT_MET, "3"),
        ({"comparator": "at_most", "figure": 2, "boundary": "exclusive"}, value(2), State.NOT_MET, "2"),
        ({"comparator": "equals", "figure": 1}, value(2), State.NOT_MET, "2"),
        ({"comparator": "range", "figure": [1, 2]}, value(2), State.MET, "2"),
        ({"comparator": "range", "figure": [1, 2]}, value("2.001"), State.NOT_MET, "2.00"),
        ({"comparator": "zero"}, value(0), State.MET, "0"),
        ({"comparator": "zero"}, value(1), State.NOT_MET, "1"),
        ({"comparator": "direction", "direction": "up", "baseline": 40}, value(41), State.MET, "41"),
        ({"comparator": "direction", "direction": "up", "baseline": 40}, value(40), State.NOT_MET, "40"),
        ({"comparator": "direction", "direction": "down", "baseline": 20, "figure": 50}, value(10), State.MET, "10"),
        (
            {"comparator": "direction", "direction": "down", "baseline": 20, "figure": 50},
            value(11),
            State.NOT_MET,
            "11",
        ),
        ({"comparator": "direction", "direction": "down"}, value(11), State.UNDETERMINED, ""),
        ({"comparator": "rank", "figure": 3}, value(3), State.MET, "3"),
        ({"comparator": "rank", "figure": 3}, value(4), State.NOT_MET, "4"),
        ({"comparator": "date"}, value(1), State.MET, "已完成"),
        ({"comparator": "document"}, value(0), State.NOT_MET, "未完成"),
        ({}, value(4), State.UNDETERMINED, ""),  # no figure was set: nothing is guessed
        ({"comparator": "range"}, value(4), State.UNDETERMINED, ""),
        ({"figure": 5}, Reading(YEAR_END, is_not_applicable=True), State.NOT_APPLICABLE, ""),
    ],
)
def test_a_reading_is_compared_unrounded(keys: dict[str, Any], reading: Reading, state: State, shown: str) -> None:
    outcome = result(a_target(**keys), reading)

    assert (outcome.state, outcome.shown) == (state, shown)


def test_a_level_counts_upwards() -> None:
    target = a_target(comparator="level", levels=["一星", "二星", "三星"], level="二星")

    states = [result(target, Reading(YEAR_END, level=level)).state for level in ("一星", "二星", "三星", "四星")]

    assert states == [State.NOT_MET, State.MET, State.MET, State.UNDETERMINED]


def test_a_missed_stretch_target_is_no_failure() -> None:
    reading = count(9875, 12345)
    stretch = result(a_target(kind="percent", figure=80, strength="stretch"), reading)
    binding = result(a_target(kind="percent", figure=80), reading)

    assert (stretch.label, stretch.is_failure) == ("力争未达", False)
    assert (binding.label, binding.is_failure) == ("未达到", True)


FUND = target_from_mapping(
    {
        "code": "T6",
        "name": "资金分配进度",
        "comparator": "at_least",
        "kind": "percent",
        "measure": "万元",
        "decimals": 1,
        "milestones": [
            {"deadline": "2025-09-30", "figure": 20},
            {"deadline": "2025-12-31", "figure": 50},
            {"deadline": "2026-03-31", "figure": 75},
            {"deadline": "2026-06-30", "figure": 100},
        ],
    }
)
FUND_READINGS = [
    count(760, 4000, date(2025, 9, 30)),
    count(2000, 4000, date(2025, 12, 31)),
    count(3100, 4000, date(2026, 3, 31)),
    count(3980, 4000, date(2026, 6, 30)),
]


def test_cumulative_milestones_are_not_added_up() -> None:
    outcome = result(FUND, *FUND_READINGS, on=date(2026, 6, 30))

    assert [each.needed for each in outcome.milestones] == [800, 2000, 3000, 4000]
    assert [each.shortfall for each in outcome.milestones] == [40, 0, -100, 20]
    assert [each.shown for each in outcome.milestones] == [
        "760/4000 = 19.0%", "2000/4000 = 50.0%", "3100/4000 = 77.5%", "3980/4000 = 99.5%",
    ]  # fmt: skip
    assert [each.state for each in outcome.milestones] == [State.MET_LATE, State.MET, State.MET, State.NOT_MET]
    assert outcome.state is State.NOT_MET


def test_a_milestone_is_not_met_until_it_is_met_late() -> None:
    first = FUND_READINGS[0]

    at_the_deadline = result(FUND, first, on=date(2025, 9, 30)).milestones
    later = result(FUND, first, count(800, 4000, date(2025, 10, 15)), on=date(2025, 10, 20)).milestones

    assert [each.state for each in at_the_deadline] == [State.NOT_MET] + [State.NOT_DUE] * 3
    assert [each.state for each in later] == [State.MET_LATE] + [State.NOT_DUE] * 3
    assert later[0].reached_on == date(2025, 10, 15)
    assert later[0].trace[-1] == "2025-10-15达到，逾期 15 日"
    assert "还差 40 万元" in later[0].trace


STAGED = target_from_mapping(
    {
        "code": "E1",
        "name": "分年完成",
        "comparator": "at_least",
        "kind": "percent",
        "counting": "whole",
        "milestones_are": "increment",
        "milestones": [{"deadline": "2025", "figure": 70}, {"deadline": "2026", "figure": 30}],
    }
)


@pytest.mark.parametrize(
    ("done", "states", "needed"),
    [
        ((8, 12), [State.MET_LATE, State.MET], [9, 12]),
        ((8, 11), [State.MET_LATE, State.NOT_MET], [9, 12]),
        ((9, 12), [State.MET, State.MET], [9, 12]),
        ((9, 11), [State.MET, State.NOT_MET], [9, 12]),
        ((9, 9), [State.MET, State.NOT_MET], [9, 12]),  # 30 % of the second year is not a total
        ((8, 8), [State.NOT_MET, State.NOT_MET], [9, 12]),
    ],
)
def test_increments_round_up_and_are_capped_at_what_remains(
    done: tuple[int, int], states: list[State], needed: list[int]
) -> None:
    readings = [count(number, 12, date(2025 + year, 12, 31)) for year, number in enumerate(done)]

    outcome = result(STAGED, *readings)

    assert [each.state for each in outcome.milestones] == states
    assert [each.needed for each in outcome.milestones] == needed


def test_each_increment_is_rounded_up_by_itself() -> None:
    steps = [{"deadline": "2025", "figure": 25}, {"deadline": "2026", "figure": 25}]
    target = a_target(kind="percent", counting="whole", milestones_are="increment", milestones=steps)

    outcome = result(target, count(5, 10))

    assert (outcome.needed, outcome.state) == (Fraction(6), State.NOT_MET)  # 2.5 → 3, twice


def test_a_share_of_a_base_rounds_up() -> None:
    assert (required_count(10, 128), required_count(10, 480), required_count(70, 12)) == (13, 48, 9)
    assert required_count(10, 128, rounds_up=False) == 12


@pytest.mark.parametrize(
    ("readings", "on", "state"),
    [
        ([], date(2026, 12, 30), State.NOT_DUE),
        ([], YEAR_END, State.MISSING),
        ([value(5)], date(2026, 12, 30), State.NOT_DUE),  # not reported yet on that day
        ([value(4, date(2026, 5, 1))], date(2026, 12, 30), State.NOT_DUE),
        ([value(4, date(2026, 5, 1))], YEAR_END, State.NOT_MET),
        ([value(5, date(2026, 5, 1))], date(2026, 6, 1), State.MET),
        ([value(5, date(2026, 5, 1)), value(4, date(2026, 6, 1))], YEAR_END, State.NOT_MET),  # fell back
        ([value(5, date(2027, 1, 2))], date(2027, 1, 5), State.MET_LATE),
        ([value(4, date(2027, 1, 2))], date(2027, 1, 5), State.NOT_MET),
    ],
)
def test_the_deadline_decides_between_not_due_missing_and_late(
    readings: Sequence[Reading], on: date, state: State
) -> None:
    assert evaluate(a_target(figure=5), readings, on).state is state


def test_nothing_reported_is_not_zero_incidents() -> None:
    target = a_target(comparator="zero")

    assert result(target).state is State.MISSING
    assert result(target, value(1, date(2026, 3, 1)), value(0), on=date(2026, 3, 2)).state is State.NOT_MET
    assert result(target, value(1, date(2026, 3, 1)), value(0)).state is State.NOT_MET  # an incident stays one
    assert result(target, value(0, date(2026, 3, 1)), on=date(2026, 3, 2)).state is State.NOT_DUE


def test_without_a_deadline_nobody_is_late() -> None:
    target = target_from_mapping({"code": "T", "name": "目标", "comparator": "at_least", "figure": 5})

    assert result(target, value(4)).state is State.UNDETERMINED
    assert result(target, value(5)).state is State.MET


def test_a_target_that_goes_on_after_its_last_milestone_without_a_figure_is_open() -> None:
    target = a_target(milestones=[{"deadline": "2025-12-31", "figure": 5}])

    outcome = result(target, value(9, date(2025, 12, 31)))

    assert (outcome.state, outcome.milestones[0].state) == (State.UNDETERMINED, State.MET)


def test_an_approximate_deadline_makes_nobody_late() -> None:
    target = a_target(figure=5, deadline={"start": "2023-01-01", "years": 3, "is_approximate": True})

    assert target.deadline is not None
    assert (target.deadline.due_on, target.deadline.text) == (date(2025, 12, 31), "自2023年1月1日起3年内左右")
    assert result(target, value(4)).state is State.UNDETERMINED


PER_UNIT = {"figure": 1, "measure": "人"}


@pytest.mark.parametrize(
    ("values", "keys", "state", "met"),
    [
        ([1, 1, 2], {"scope": "each_unit"}, State.MET, 3),
        ([200, 0, 1], {"scope": "each_unit"}, State.NOT_MET, 2),  # a total does not help the empty one
        ([1, None, 1], {"scope": "each_unit"}, State.MISSING, 2),
        ([1, 1, 1, 0], {"scope": "share_of_units", "share": 75}, State.MET, 3),
        ([1, 1, 1, 0], {"scope": "share_of_units", "share": "75.1"}, State.NOT_MET, 3),
        ([1, 1, 0], {"scope": "share_of_units"}, State.UNDETERMINED, 2),
        ([], {"scope": "each_unit"}, State.NOT_APPLICABLE, 0),
    ],
)
def test_a_target_per_unit_counts_units(values: list[int | None], keys: dict[str, Any], state: State, met: int) -> None:
    readings = {f"V{n}": [] if number is None else [value(number)] for n, number in enumerate(values)}

    outcome = evaluate_units(a_target(**PER_UNIT, **keys), readings, YEAR_END)

    assert (outcome.state, outcome.met) == (state, met)
    assert outcome.share == (Fraction(met, len(values)) if values else None)


def test_units_to_which_it_does_not_apply_are_no_part_of_the_share() -> None:
    readings = {"V1": [value(1)], "V2": [Reading(YEAR_END, is_not_applicable=True)]}

    outcome = evaluate_units(a_target(**PER_UNIT, scope="each_unit"), readings, YEAR_END)

    assert (outcome.state, outcome.applicable) == (State.MET, 1)


@pytest.mark.parametrize(
    ("number", "decimals", "text"),
    [("0.245", 2, "0.25"), ("0.244", 2, "0.24"), ("-0.245", 2, "-0.25"), ("-0.001", 2, "0.00"), ("2.5", 0, "3")],
)
def test_shown_numbers_are_rounded_half_up(number: str, decimals: int, text: str) -> None:
    assert rounded_text(Decimal(number), decimals) == text
