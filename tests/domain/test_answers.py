"""From what a browser posted to answers: exact, complete, and with a message for each wrong field."""

from __future__ import annotations

import json
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from saas.domain.answers import (
    NOT_APPLICABLE,
    answers_from_stored,
    canonical_answers,
    initial_raw,
    parse_answers,
    raw_from_answers,
)
from saas.domain.fields import FormDefinition, form_from_mapping
from saas.domain.filed import RowState, answer_rows


def form_of(*fields: dict[str, Any]) -> FormDefinition:
    return form_from_mapping({"code": "f", "name": "表", "fields": list(fields)})


def a_field(kind: str, **more: Any) -> dict[str, Any]:
    return {"type": kind, "name": "a", "label": "甲", **more}


LEDGER = form_of(
    {"type": "integer", "name": "patrols", "label": "保洁次数", "required": True, "min": 0, "max": 31, "measure": "次"},
    {"type": "decimal", "name": "rubbish", "label": "清运垃圾", "decimals": 2, "measure": "吨", "not_applicable": True},
    {
        "type": "begin_group",
        "name": "pool",
        "label": "垃圾池",
        "fields": [a_field("date", name="on", label="清掏日期")],
    },
    {
        "type": "begin_repeat",
        "name": "homes",
        "label": "示范户",
        "max_count": 3,
        "fields": [
            {"type": "text", "name": "door", "label": "门牌号", "required": True, "max_length": 10},
            {"type": "image", "name": "photos", "label": "照片", "max_count": 2},
        ],
    },
    {
        "type": "select_multiple",
        "name": "problems",
        "label": "问题",
        "choices": [{"name": "heaps", "label": "乱堆"}, {"name": "litter", "label": "垃圾"}],
    },
)

FILLED = {
    "patrols": ["3"],
    "rubbish": ["12.50"],
    "pool.on": ["2026.3.5"],
    "homes[0].door": ["一组1号"],
    "homes[0].photos": ["f1", "f2"],
    "homes[4].door": ["二组"],
    "problems": ["litter", "heaps"],
    "csrf_token": ["x"],
}


def test_a_filled_form_becomes_exact_answers() -> None:
    parsed = parse_answers(LEDGER, FILLED)

    assert parsed.is_valid
    assert parsed.answers == {
        "patrols": 3,
        "rubbish": Decimal("12.50"),
        "pool": {"on": date(2026, 3, 5)},
        "homes": [{"door": "一组1号", "photos": ("f1", "f2")}, {"door": "二组", "photos": None}],
        "problems": ("heaps", "litter"),
    }


def test_empty_zero_and_not_applicable_are_three_answers() -> None:
    def rubbish(raw: dict[str, list[str]]) -> object:
        return parse_answers(LEDGER, {"patrols": ["0"], **raw}).answers["rubbish"]

    assert rubbish({"rubbish": [" "]}) is None
    assert rubbish({"rubbish": ["0"]}) == Decimal(0)
    assert rubbish({"rubbish": [""], "rubbish:na": ["1"]}) is NOT_APPLICABLE


def test_not_applicable_is_no_answer_where_the_form_does_not_offer_it() -> None:
    parsed = parse_answers(LEDGER, {"patrols:na": ["1"]})

    assert parsed.errors["patrols"].code == "required"


def test_zero_answers_a_required_question() -> None:
    assert parse_answers(LEDGER, {"patrols": ["0"]}).is_valid


def test_a_draft_may_be_incomplete_but_not_wrong() -> None:
    assert parse_answers(LEDGER, {}, is_draft=True).is_valid
    assert parse_answers(LEDGER, {"patrols": ["viele"]}, is_draft=True).errors["patrols"].code == "not_an_integer"


def test_each_error_stands_at_its_own_field_and_what_was_typed_stays() -> None:
    raw = {"patrols": ["99"], "rubbish": ["1.234"], "homes[7].photos": ["f1"], "problems": ["fire"]}

    parsed = parse_answers(LEDGER, raw)

    assert {path: error.code for path, error in parsed.errors.items()} == {
        "patrols": "out_of_range",
        "rubbish": "too_precise",
        "homes[7].door": "required",
        "problems": "unknown_choice",
    }
    assert str(parsed.errors["patrols"]) == "“保洁次数”应在 0 到 31 之间"
    assert parsed.raw == raw


@pytest.mark.parametrize(
    ("field", "typed", "value"),
    [
        (a_field("integer"), "１２", 12),
        (a_field("integer"), " 1,234 ", 1234),
        (a_field("integer"), "-3", -3),
        (a_field("decimal"), "0.1", Decimal("0.1")),
        (a_field("decimal"), "5.", Decimal(5)),
        (a_field("date"), "2026年3月5日", date(2026, 3, 5)),
        (a_field("date"), "2026/12/31", date(2026, 12, 31)),
        (a_field("date"), "2024-2-29", date(2024, 2, 29)),
        (a_field("text"), "a\r\nb", "a\nb"),
        (a_field("text", max_length=3), "三个字", "三个字"),
        (a_field("text"), "<script>alert(1)</script>", "<script>alert(1)</script>"),  # kept; pages escape it
        (a_field("text"), "=1+1", "=1+1"),
    ],
)
def test_what_people_type_is_understood(field: dict[str, Any], typed: str, value: object) -> None:
    assert parse_answers(form_of(field), {"a": [typed]}).answers == {"a": value}


@pytest.mark.parametrize(
    ("field", "typed", "code"),
    [
        (a_field("integer"), ["1.5"], "not_an_integer"),
        (a_field("integer"), ["12,34"], "not_an_integer"),
        (a_field("integer"), ["9" * 16], "not_an_integer"),
        (a_field("integer"), ["1", "2"], "too_many"),
        (a_field("integer", min=1), ["0"], "out_of_range"),
        (a_field("decimal"), ["NaN"], "not_a_number"),
        (a_field("decimal"), ["Infinity"], "not_a_number"),
        (a_field("decimal"), ["1e9"], "not_a_number"),
        (a_field("decimal"), ["12个"], "not_a_number"),
        (a_field("decimal", max="2.5"), ["2.51"], "out_of_range"),
        (a_field("date"), ["2026-02-29"], "not_a_date"),
        (a_field("date"), ["3月5日"], "not_a_date"),
        (a_field("date", max="2026-12-31"), ["2027-01-01"], "out_of_range"),
        (a_field("text", max_length=2), ["三个字"], "too_long"),
        (a_field("text"), ["a\x00b"], "bad_character"),
        (a_field("text"), ["\ud800"], "bad_character"),
        (a_field("image"), ["../../etc/passwd"], "unknown_file"),
        (a_field("image"), ["f1", "f2"], "too_many"),
    ],
)
def test_what_is_no_answer_is_refused(field: dict[str, Any], typed: list[str], code: str) -> None:
    parsed = parse_answers(form_of(field), {"a": typed})

    assert parsed.errors["a"].code == code
    assert str(parsed.errors["a"])


def test_a_form_words_its_own_refusals_and_braces_in_them_are_harmless() -> None:
    form = form_of(
        a_field("integer", max=5, constraint_message="最多{5}个"),
        a_field("text", name="b", required=True, required_message="{必填}"),
    )

    errors = parse_answers(form, {"a": ["6"]}).errors

    assert [str(errors[path]) for path in ("a", "b")] == ["最多{5}个", "{必填}"]


def test_more_rows_than_allowed_are_refused_as_a_whole() -> None:
    raw = {"patrols": ["1"]} | {f"homes[{n}].door": ["x"] for n in range(4)}

    assert parse_answers(LEDGER, raw).errors["homes"].code == "too_many_rows"


def test_too_few_rows_stop_a_submission_but_not_a_draft() -> None:
    form = form_of({"type": "begin_repeat", "name": "r", "label": "行", "min_count": 1, "fields": [a_field("text")]})

    assert parse_answers(form, {"r[0].a": [" "]}).errors["r"].code == "too_few_rows"
    assert parse_answers(form, {}, is_draft=True).is_valid


@pytest.mark.parametrize(
    ("kind", "typed", "wrong"),
    [
        ("text", ["1号", " 1号", "2号", "1号"], {"r[3].a": 1, "r[7].a": 1}),
        ("integer", ["7", "07", "8"], {"r[3].a": 1}),
        ("date", ["2026-03-01", "", "2026-03-01"], {"r[5].a": 1}),  # what is empty is like nothing
        ("text", ["1号", "2号"], {}),
    ],
)
def test_two_rows_that_may_not_be_the_same_are_told_beside_the_later_one(
    kind: str, typed: list[str], wrong: dict[str, int]
) -> None:
    fields = [a_field(kind, unique=True), a_field("text", name="b")]
    form = form_of({"type": "begin_repeat", "name": "r", "label": "行", "fields": fields})
    raw = {f"r[{2 * place + 1}].a": [text] for place, text in enumerate(typed)}
    raw |= {f"r[{2 * place + 1}].b": ["有"] for place in range(len(typed))}

    refused = parse_answers(form, raw).errors

    assert {path: said.params["first"] for path, said in refused.items()} == wrong
    assert {said.code for said in refused.values()} <= {"same_row"}
    assert parse_answers(form, raw, is_draft=True).is_valid


def test_a_read_only_field_never_comes_from_the_browser() -> None:
    form = form_of(a_field("integer", read_only=True, default=7), a_field("integer", name="b", read_only=True))

    parsed = parse_answers(form, {"a": ["99"], "b": ["99"]}, known={"b": "5"})

    assert parsed.answers == {"a": 7, "b": 5}


def test_an_empty_form_starts_with_what_is_known() -> None:
    form = form_of(a_field("integer", default=7), a_field("text", name="b"))

    assert initial_raw(form, {"b": "清水村"}) == {"a": ["7"], "b": ["清水村"]}


def test_equal_answers_have_the_same_content() -> None:
    first = parse_answers(LEDGER, FILLED).answers
    second = parse_answers(LEDGER, {**FILLED, "rubbish": ["12.5"], "problems": ["heaps", "litter"]}).answers

    content = canonical_answers(LEDGER, first)

    assert content == canonical_answers(LEDGER, second)
    assert content["rubbish"] == "12.5"
    assert json.loads(json.dumps(content)) == content


def test_missing_zero_and_not_applicable_differ_in_the_content() -> None:
    contents = [
        canonical_answers(LEDGER, {"patrols": 0, "rubbish": answer})["rubbish"]
        for answer in (None, Decimal(0), NOT_APPLICABLE)
    ]

    assert contents == [None, "0", {"not_applicable": True}]


def test_stored_answers_come_back_and_fill_the_form_again() -> None:
    answers = parse_answers(LEDGER, {**FILLED, "rubbish:na": ["1"]}).answers

    again = answers_from_stored(LEDGER, canonical_answers(LEDGER, answers))

    assert again == answers
    assert parse_answers(LEDGER, raw_from_answers(LEDGER, again)).answers == answers


def test_a_filed_form_is_shown_line_by_line() -> None:
    answers = parse_answers(LEDGER, {**FILLED, "rubbish:na": ["1"], "pool.on": [""]}).answers

    rows = [(row.depth, row.label, row.text, row.state) for row in answer_rows(LEDGER, answers)]

    assert rows == [
        (0, "保洁次数", "3 次", RowState.ANSWERED),
        (0, "清运垃圾", "不适用", RowState.NOT_APPLICABLE),
        (0, "垃圾池", "", RowState.HEADING),
        (1, "清掏日期", "未填", RowState.MISSING),
        (0, "示范户 1", "", RowState.HEADING),
        (1, "门牌号", "一组1号", RowState.ANSWERED),
        (1, "照片", "照片 2 张", RowState.ANSWERED),
        (0, "示范户 2", "", RowState.HEADING),
        (1, "门牌号", "二组", RowState.ANSWERED),
        (1, "照片", "未填", RowState.MISSING),
        (0, "问题", "乱堆、垃圾", RowState.ANSWERED),
    ]


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    st.dictionaries(st.sampled_from([*FILLED, "rubbish:na", "homes[999].door", "homes[x].door"]), st.lists(st.text()))
)
def test_whatever_is_posted_gets_an_answer_or_a_message(raw: dict[str, list[str]]) -> None:
    parsed = parse_answers(LEDGER, raw)

    assert answers_from_stored(LEDGER, canonical_answers(LEDGER, parsed.answers)) == parsed.answers
    assert all(str(error) for error in parsed.errors.values())
