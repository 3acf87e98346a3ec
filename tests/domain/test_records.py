"""States of a register, who moves a record, due days, titles: tables of cases."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from saas.domain.answers import NOT_APPLICABLE
from saas.domain.errors import FormatError, InvalidTransition
from saas.domain.fields import FormDefinition, form_from_mapping
from saas.domain.record_presets import CHECKED, CONFIRMED, PRESETS
from saas.domain.records import (
    ORDINARY,
    DueRule,
    Move,
    Mover,
    StateKind,
    due_after,
    due_day,
    find_move,
    found_by,
    is_overdue,
    may_move,
    missing_for,
    open_fields,
    record_title,
    states_from_mapping,
    states_to_mapping,
    text_at,
)
from saas.domain.working_days import WorkCalendar

OPENED = date(2026, 3, 6)  # a Friday


@pytest.fixture
def form() -> FormDefinition:
    return form_from_mapping(
        {
            "code": "f",
            "name": "登记表",
            "fields": [
                {"type": "text", "name": "name", "label": "姓名", "sensitivity": "personal"},
                {"type": "text", "name": "matter", "label": "事由"},
                {
                    "type": "select_one",
                    "name": "kind",
                    "label": "类别",
                    "choices": [{"name": "land", "label": "土地"}],
                },
                {"type": "calculate", "name": "shown", "label": "称呼", "calculation": "concat(${name}, '户')"},
                {
                    "type": "begin_group",
                    "name": "end",
                    "label": "办结",
                    "fields": [
                        {"type": "date", "name": "by", "label": "期限"},
                        {"type": "text", "name": "result", "label": "结果", "not_applicable": True},
                    ],
                },
                {
                    "type": "begin_repeat",
                    "name": "visits",
                    "label": "走访",
                    "fields": [{"type": "text", "name": "who", "label": "谁"}],
                },
            ],
        }
    )


# --- states ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", PRESETS)
def test_what_is_offered_reads_back_as_it_was_written(name: str) -> None:
    assert states_from_mapping(states_to_mapping(PRESETS[name])) == PRESETS[name]


def test_nothing_said_means_open_and_closed() -> None:
    assert states_from_mapping({}) == ORDINARY
    assert ORDINARY.initial.code == "open"
    assert ORDINARY.codes(StateKind.CLOSED) == ("closed",)


def test_a_due_rule_and_all_of_a_move_survive_writing() -> None:
    mapping = {
        "states": [
            {"code": "a", "name": "甲", "kind": "open"},
            {"code": "b", "name": "乙", "kind": "closed"},
        ],
        "moves": [
            {
                "from": "a",
                "to": "b",
                "label": "办结",
                "who": ["town_officer"],
                "note": True,
                "needs": ["end.result"],
                "by_another": True,
            }
        ],
        "due": {"working_days": 5},
    }

    states = states_from_mapping(mapping)

    assert states.moves[0] == Move("a", "b", "办结", ("town_officer",), True, ("end.result",), True)
    assert states_to_mapping(states) == mapping


def _state(code: str = "a", kind: str = "open", **more: Any) -> dict[str, Any]:
    return {"code": code, "name": f"状态{code}", "kind": kind, **more}


def _mapping(**changes: Any) -> dict[str, Any]:
    states = [{"code": "a", "name": "甲", "kind": "open"}, {"code": "b", "name": "乙", "kind": "closed"}]
    return {"states": states, "moves": [{"from": "a", "to": "b", "label": "办结"}], **changes}


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"states": []}, "wrong_count"),
        ({"states": [{"code": "a", "name": "甲", "kind": "closed"}], "moves": []}, "closed_at_first"),
        ({"states": [{"code": "a", "name": "甲", "kind": "open"}] * 2, "moves": []}, "duplicate"),
        ({"moves": [{"from": "a", "to": "c", "label": "x"}]}, "unknown_state"),
        ({"moves": [{"from": "a", "to": "a", "label": "x"}]}, "same_state"),
        ({"moves": []}, "unreachable"),
        ({"moves": [{"from": "a", "to": "b", "label": "x"}] * 2}, "duplicate"),
        ({"due": {"days": 1, "field": "by"}}, "wrong_count"),
        ({"due": {"days": -1}}, "wrong_type"),
        ({"due": {"month": 1}}, "unknown_key"),
        ({"due": {"months": 0}}, "wrong_type"),
        ({"states": [_state(due={"field": "by"}), _state("b", "closed")]}, "bad_due"),
        ({"states": [_state(), _state("b", "closed", due={"days": 1})]}, "bad_due"),
        ({"more": 1}, "unknown_key"),
    ],
)
def test_mistakes_are_told_apart(changes: dict[str, Any], code: str) -> None:
    with pytest.raises(FormatError) as refused:
        states_from_mapping(_mapping(**changes))

    assert refused.value.code == code


def test_a_state_that_is_gone_counts_as_under_way() -> None:
    assert ORDINARY.state("gone").kind is StateKind.ACTIVE


def test_a_move_that_is_not_there_names_both_states() -> None:
    with pytest.raises(InvalidTransition) as refused:
        find_move(CHECKED, "open", "closed")

    assert str(refused.value) == "不能从“在办”转到“已销号”"


@pytest.mark.parametrize(
    ("who", "mover", "may"),
    [
        (("keeper",), Mover(is_keeper=True), True),
        (("keeper",), Mover(is_responsible=True), False),
        (("keeper", "responsible"), Mover(is_responsible=True), True),
        (("superior",), Mover(is_superior=True), True),
        (("superior",), Mover(is_keeper=True, roles=("village_clerk",)), False),
        (("inspector",), Mover(roles=("inspector",)), True),
        (("inspector",), Mover(is_keeper=True, roles=("village_clerk",)), False),
    ],
)
def test_who_moves(who: tuple[str, ...], mover: Mover, may: bool) -> None:
    assert may_move(Move("a", "b", "x", who), mover) is may


def test_two_rechecks_are_made_by_two_people() -> None:
    second = find_move(CONFIRMED, "rechecked", "confirmed")

    assert may_move(second, Mover(is_keeper=True))
    assert not may_move(second, Mover(is_keeper=True, has_moved_last=True))


def test_a_move_says_what_is_missing(form: FormDefinition) -> None:
    move = Move("a", "b", "办结", needs=("matter", "end.result", "not_there"))

    assert missing_for(move, form, {"matter": "x", "end": {}}) == ("结果",)
    assert missing_for(move, form, {"matter": "x", "end": {"result": NOT_APPLICABLE}}) == ()


# --- due days -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("rule", "answers", "due"),
    [
        (None, {}, None),
        (DueRule(days=15), {}, date(2026, 3, 21)),
        (DueRule(days=0), {}, OPENED),
        (DueRule(working_days=1), {}, date(2026, 3, 9)),
        (DueRule(working_days=5), {}, date(2026, 3, 13)),
        (DueRule(field="end.by"), {"end": {"by": date(2026, 5, 1)}}, date(2026, 5, 1)),
        (DueRule(field="end.by"), {"end": {"by": None}}, None),
        (DueRule(field="end.by"), {"end": {"by": NOT_APPLICABLE}}, None),
        (DueRule(field="end.by"), {}, None),
    ],
)
def test_due_days(rule: DueRule | None, answers: dict[str, Any], due: date | None) -> None:
    assert due_day(rule, OPENED, answers, WorkCalendar()) == due


@pytest.mark.parametrize(
    ("opened_on", "months", "due"),
    [
        (date(2026, 3, 6), 1, date(2026, 4, 6)),
        (date(2026, 1, 31), 1, date(2026, 2, 28)),  # a month that is shorter ends with its last day
        (date(2028, 1, 31), 1, date(2028, 2, 29)),
        (date(2026, 11, 30), 3, date(2027, 2, 28)),
    ],
)
def test_months_end_with_the_month(opened_on: date, months: int, due: date) -> None:
    assert due_day(DueRule(months=months), opened_on, {}) == due


def test_a_state_has_a_limit_of_its_own_and_behind_it_the_registers_holds_again() -> None:
    moves = [{"from": a, "to": b, "label": a + b} for a, b in ("ab", "bc", "cd", "da")]
    limits: dict[str, Any] = {"b": {"due": {"working_days": 2}}}
    states = [_state(code, "open", **limits.get(code, {})) for code in "abcd"]
    found = states_from_mapping({"states": states, "moves": moves, "due": {"months": 1}})

    assert states_from_mapping(states_to_mapping(found)) == found
    assert found.due_in("a") == DueRule(months=1)
    today = date(2026, 3, 20)
    assert due_after(found, find_move(found, "a", "b"), OPENED, today) == (DueRule(working_days=2), today)
    assert due_after(found, find_move(found, "b", "c"), OPENED, today) == (DueRule(months=1), OPENED)
    assert due_after(found, find_move(found, "c", "d"), OPENED, today) is None  # a day changed by hand stays


@pytest.mark.parametrize(
    ("due", "kind", "late"),
    [
        (date(2026, 3, 5), StateKind.OPEN, True),
        (OPENED, StateKind.OPEN, False),  # the due day itself is in time
        (date(2026, 3, 5), StateKind.CLOSED, False),
        (None, StateKind.ACTIVE, False),
    ],
)
def test_overdue(due: date | None, kind: StateKind, late: bool) -> None:
    assert is_overdue(due, kind, OPENED) is late


# --- titles and words -------------------------------------------------------------------------------------------------


def test_a_title_is_never_a_protected_answer(form: FormDefinition) -> None:
    answers = {"name": "张三", "matter": "争水渠"}

    assert record_title(form, answers) == "争水渠"
    assert record_title(form, answers, "name") == "争水渠"
    assert record_title(form, {"name": "张三"}, "name") == ""


def test_a_title_is_what_the_register_says_in_one_short_line(form: FormDefinition) -> None:
    answers = {"kind": "land", "matter": "一\n二 " + "长" * 80}

    assert record_title(form, answers, "kind") == "土地"
    assert record_title(form, answers) == "一 二 " + "长" * 55 + "…"


def test_what_is_protected_or_computed_from_it_finds_nothing(form: FormDefinition) -> None:
    answers = {"name": "张三", "matter": "争水渠", "kind": "land", "shown": "张三户", "end": {"result": NOT_APPLICABLE}}

    assert found_by(form, answers) == ("争水渠", "土地")
    assert "shown" not in open_fields(form)


def test_answers_in_words(form: FormDefinition) -> None:
    answers = {"end": {"by": date(2026, 5, 1), "result": NOT_APPLICABLE}, "visits": [{"who": "老李"}]}

    assert text_at(form, answers, "end.by") == "2026年5月1日"
    assert text_at(form, answers, "end.result") == "不适用"
    assert text_at(form, answers, "visits") == ""
