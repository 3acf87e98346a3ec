"""Dated task parts: a table of a county's 22 tasks on 26 August, and deadlines with consequences."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal
from fractions import Fraction

import pytest

from saas.domain.tasks import (
    Outcome,
    PartState,
    PartUnit,
    TaskPart,
    TaskState,
    UnitRole,
    due_within,
    duties_by_unit,
    overdue_by_unit,
    overdue_days,
    overdue_parts,
    part_state,
    parts_due,
    settle,
    share_built,
    staged_outcome,
    standing_checks,
    task_state,
)

ON = date(2026, 8, 26)

TABLE = """
一1 7-30 执法局
一2 8-30 各街道办 执法局
一3 8-25 执法局
一4 8-25 卫生局 公安局 工商局 执法局
一5 9-20 工商局 执法局
一6 8-30 建设局 执法局
一7 9-20 执法局
一8 9-10 工商局 卫生局 执法局
一9 9-15 工商局 执法局
一10 9-10 公安局 执法局
二 8-15 林业局
三 8-20 建设局 各街道办
四 8-20 各行政企事业单位 各街道办
五1 8-30 工商局 执法局
五2 8-30 工商局 执法局
六 8-30 卫生局 公安局 工商局 交通局
七 9-25 公安局 交通局 执法局
八 8-30 环保局 公安局 工商局
九 9-25 建设局 执法局
十 8-10 交通局 各乡镇 执法局
十一 8-15 爱卫办 卫生局 水务局 食药管理局 商务局 执法局
十一 9-25 爱卫办 卫生局 水务局 食药管理局 商务局 执法局
十二 8-30 卫生局 爱卫办 住建委 建设局 各街道办
"""


def a_part(line: str) -> TaskPart:
    task, day, *units = line.split()
    month, number = day.split("-")
    due = date(2026, int(month), int(number))
    return TaskPart(task, day, due, tuple(PartUnit(unit) for unit in units), is_standing=task in {"六", "十二"})


def the_table() -> list[TaskPart]:
    """All parts due by 25 August are accepted, except two."""
    parts = [a_part(line) for line in TABLE.strip().splitlines()]
    open_ones = {("一3", "8-25"), ("十一", "8-15")}
    return [
        replace(part, accepted_on=part.due_on)
        if part.due_on and part.due_on < ON and (part.task, part.code) not in open_ones
        else part
        for part in parts
    ]


def test_on_26_august_eight_parts_were_due_and_two_are_overdue() -> None:
    parts = the_table()

    late = overdue_parts(parts, ON)

    assert (len(parts), len(parts_due(parts, ON))) == (23, 8)
    assert [(part.task, part.due_on, overdue_days(part, ON)) for part in late] == [
        ("十一", date(2026, 8, 15), 11),
        ("一3", date(2026, 8, 25), 1),
    ]


def test_overdue_parts_are_counted_for_every_unit_even_with_none() -> None:
    counts = overdue_by_unit(the_table(), ON, units=["教育局"])

    assert {unit: number for unit, number in counts.items() if number} == {
        "执法局": 2, "爱卫办": 1, "卫生局": 1, "水务局": 1, "食药管理局": 1, "商务局": 1,
    }  # fmt: skip
    assert next(iter(counts)) == "执法局"
    assert (counts["工商局"], counts["教育局"]) == (0, 0)


def test_who_only_supports_or_supervises_has_no_overdue_part() -> None:
    units = (PartUnit("甲", UnitRole.LEAD), PartUnit("乙", UnitRole.SUPPORTING), PartUnit("丙", UnitRole.SUPERVISOR))
    part = TaskPart("一", "a", date(2026, 8, 1), units)

    assert overdue_by_unit([part], ON) == {"甲": 1}


def test_a_task_with_a_later_part_is_only_part_overdue() -> None:
    parts = the_table()

    def state(task: str) -> TaskState:
        return task_state([part for part in parts if part.task == task], ON)

    assert (state("十一"), state("一3"), state("一1"), state("七")) == (
        TaskState.PART_OVERDUE, TaskState.OVERDUE, TaskState.DONE, TaskState.RUNNING,
    )  # fmt: skip


def test_seven_parts_are_due_within_five_days() -> None:
    assert len(due_within(the_table(), ON, 4)) == 7
    assert len(due_within(the_table(), ON, 5)) == 7
    assert due_within(the_table(), ON, 3) == ()


def test_an_accepted_standing_duty_does_not_vanish() -> None:
    parts = [replace(part, accepted_on=date(2026, 8, 29)) if part.task == "六" else part for part in the_table()]

    assert standing_checks(parts, date(2026, 8, 28)) == ()
    assert [part.task for part in standing_checks(parts, date(2026, 9, 30))] == ["六"]
    assert task_state([part for part in parts if part.task == "六"], date(2026, 9, 30)) is TaskState.STANDING


@pytest.mark.parametrize(
    ("due_on", "accepted_on", "state"),
    [
        (None, None, PartState.UNDATED),
        (ON, None, PartState.RUNNING),  # the last day is still in time
        (date(2026, 8, 25), None, PartState.OVERDUE),
        (date(2026, 8, 25), date(2026, 8, 25), PartState.DONE),
        (date(2026, 8, 25), ON, PartState.DONE_LATE),
        (date(2026, 8, 25), date(2026, 8, 27), PartState.OVERDUE),  # accepted only tomorrow
        (None, ON, PartState.DONE),
    ],
)
def test_how_a_part_stands(due_on: date | None, accepted_on: date | None, state: PartState) -> None:
    assert part_state(TaskPart("t", "a", due_on, accepted_on=accepted_on), ON) is state


def day(text: str) -> date:
    return date.fromisoformat(f"2026-{text}")


BATCHES = [
    TaskPart("A", "", day("06-30"), built_on=day("06-20"), accepted_on=day("06-28")),
    TaskPart("B", "", day("09-30"), built_on=day("09-29"), accepted_on=day("09-30")),
    TaskPart("C", "", day("09-30"), built_on=day("09-30"), accepted_on=day("10-08")),
    TaskPart("D", "", day("09-30"), built_on=day("10-01")),
    TaskPart("E", "", day("09-30"), built_on=day("12-31")),
    TaskPart("F", "", day("12-31"), built_on=day("12-10"), accepted_on=day("12-20")),
    TaskPart("G", "", day("12-31"), built_on=day("12-31"), accepted_on=day("12-31")),
    TaskPart("H", "", day("12-31"), built_on=day("12-31")),
    TaskPart("I", "", day("12-31")),
]
AFTER = date(2027, 1, 1)


def test_duties_are_counted_by_role_and_who_leads_most_comes_first() -> None:
    late, later = date(2026, 8, 1), date(2026, 12, 1)
    parts = [
        TaskPart("1", "a", late, (PartUnit("司法局", UnitRole.LEAD), PartUnit("民政局", UnitRole.SUPPORTING))),
        TaskPart("2", "a", later, (PartUnit("司法局", UnitRole.LEAD), PartUnit("司法局", UnitRole.SUPERVISOR))),
        TaskPart("3", "a", None, (PartUnit("民政局", UnitRole.RESPONSIBLE),)),
    ]

    found = [(each.unit, list(each.roles.values()), each.overdue) for each in duties_by_unit(parts, ON)]

    assert found == [("司法局", [2, 0, 0, 1], 1), ("民政局", [0, 1, 1, 0], 0)]


def test_staged_deadlines_bring_rewards_and_penalties() -> None:
    outcomes = [outcome for part in BATCHES if (outcome := staged_outcome(part, AFTER))]

    found = {kind: "".join(each.part.task for each in outcomes if each.outcome is kind) for kind in Outcome}

    assert found == {Outcome.REWARD: "ABFG", Outcome.NEITHER: "CH", Outcome.PENALTY: "DEI"}
    assert [each.late_days for each in outcomes if each.outcome is Outcome.PENALTY] == [1, 92, None]


def test_a_lenient_county_rewards_a_late_acceptance() -> None:
    outcome = staged_outcome(BATCHES[2], AFTER, needs_acceptance_in_time=False)

    assert outcome is not None
    assert outcome.outcome is Outcome.REWARD


def test_before_the_deadline_nothing_is_decided() -> None:
    assert staged_outcome(BATCHES[8], day("12-31")) is None
    assert staged_outcome(BATCHES[7], day("12-31")) is None
    assert staged_outcome(TaskPart("X", "", None), AFTER) is None


def test_shares_built_at_a_checkpoint_and_at_the_end() -> None:
    second = BATCHES[1:5]

    assert share_built(second, day("09-30")) == Fraction(2, 4)
    assert share_built(second, day("10-01"), by_own_deadline=True) == Fraction(2, 4)
    assert share_built(BATCHES, AFTER) == Fraction(8, 9)
    assert share_built(BATCHES, AFTER, by_own_deadline=True) == Fraction(6, 9)
    assert share_built([], AFTER) is None


def test_a_sum_needs_the_countys_figures() -> None:
    outcomes = [outcome for part in BATCHES if (outcome := staged_outcome(part, AFTER))]

    with_figures = settle(outcomes, reward=Decimal(10_000), deduction=Decimal(2))
    without = settle(outcomes, reward=None, deduction=None)

    assert (with_figures.reward_sum, with_figures.deduction_sum) == (Decimal(40_000), Decimal(6))
    assert (without.rewards, without.penalties, without.reward_sum, without.deduction_sum) == (4, 3, None, None)
