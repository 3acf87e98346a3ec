"""Every line of a result explains itself in Chinese, and the whole goes into JSON."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

import pytest

from saas.domain.scheme_settings import FactSource
from saas.domain.trace import explain
from saas.domain.trace_json import trace_to_json
from tests.domain.assessment_cases import documented_scheme, make_fact, make_scheme, make_unit, score_one

STEP = {"kind": "linear_step", "target": 100, "amount": 15, "step": 1, "step_amount": "0.3", "whole_steps": False}


@pytest.mark.parametrize(
    ("rule", "fact", "text"),
    [
        ({"kind": "per_occurrence", "amount": 10}, {"quantity": 3}, "3 次 × 10 元 = −30 元"),
        ({"kind": "per_occurrence", "amount": 10, "cap": 20}, {"quantity": 3}, "3 次 × 10 元 = −30 元，限为 −20 元"),
        ({"kind": "per_occurrence", "amount": 10}, None, "未发现（0 次）"),
        ({"kind": "per_occurrence"}, {"quantity": 3}, "3 次，未定：规则A：办法未规定标准"),
        ({"kind": "per_household", "amount": 5}, {"households": ("1", "2"), "quantity": 2}, "2 户 × 5 元 = −10 元"),
        ({"kind": "shortfall", "required": 5, "amount": 5}, {"quantity": 2}, "（5 − 2）个 × 5 元 = −15 元"),
        ({"kind": "shortfall", "required": 5, "amount": 5}, {"quantity": 7}, "应有 5 个，实有 7 个，不缺"),
        ({"kind": "shortfall", "required": 5, "amount": 5}, None, "规则A：未报"),
        ({"kind": "shortfall", "required": 5}, {"quantity": 2}, "缺 （5 − 2）个，未定：规则A：办法未规定标准"),
        ({"kind": "bonus", "amount": 500}, {}, "1 次 × 500 元 = +500 元"),
        ({"kind": "bonus", "amount": 500}, None, "0 次"),
        ({"kind": "proportional", "full_score": 20, "target": 50}, {"quantity": 40}, "20 元 × 40 ÷ 50 = +16 元"),
        (STEP, {"quantity": 98}, "实际 98，目标 100：达到目标得 15 元，每相差 1 增减 0.3 元，得 +14.4 元"),
        (
            {"kind": "band", "bands": [{"at_least": 90, "amount": 200}]},
            {"quantity": 91},
            "实际 91，达到 90 一档，+200 元",
        ),
        (
            {"kind": "rank_deduction", "deductions": [10], "ties": "ask"},
            {"quantity": 4},
            "本单位 4，倒数第 1 位，−10 元",
        ),
        (
            {"kind": "by_rank", "full_score": 9, "percent": 2, "ties": "ask"},
            {"quantity": 4},
            "本单位 4，第 1 位，+9 元",
        ),
        ({"kind": "relative_to_best", "full_score": 9}, {"quantity": 4}, "9 元 × 4 ÷ 最优 4 = +9 元"),
        (
            {"kind": "tariff", "class_attribute": "level", "rates": {"3": 3000}},
            {"quantity": 2, "attributes": {"level": "3"}},
            "“3” 2 次 × 3000 元 = +6000 元",
        ),
        (
            {"kind": "bonus", "amount": 1, "applies_when": {"attribute": "on_road", "equals": True}},
            {},
            "不适用：仅适用于“on_road”为是的单位",
        ),
    ],
)
def test_a_line_shows_its_arithmetic(rule: dict[str, Any], fact: dict[str, Any] | None, text: str) -> None:
    scheme = make_scheme({"code": "A", "currency": "yuan", **rule}, ranked_by="none")
    facts = [] if fact is None else [make_fact("A", **fact)]

    outcome = score_one(scheme, make_unit(*facts, attributes={"on_road": False})).outcome("A")

    assert explain(outcome, scheme.settings) == text


@pytest.mark.parametrize(
    ("choice", "text"),
    [
        ({"scores_from": "recheck_replaces"}, "自评 90 分，复核 80 分；以复核为准，得 80 分（满分 100 分）"),
        (
            {"scores_from": "weights", "self_weight": 30, "recheck_weight": 70},
            "自评 90 分，复核 80 分；自评 30%、复核 70%，得 83 分（满分 100 分）",
        ),
    ],
)
def test_a_score_shows_both_sides(choice: dict[str, Any], text: str) -> None:
    scheme = make_scheme({"code": "Q", "kind": "manual_score", "full_score": 100}, **choice)

    outcome = score_one(scheme, make_unit(self_scores={"Q": "90"}, recheck_scores={"Q": "80"})).outcome("Q")

    assert explain(outcome, scheme.settings) == text


def test_a_missing_score_is_written_as_missing_never_as_zero() -> None:
    scheme = make_scheme({"code": "Q", "kind": "manual_score", "full_score": 100}, scores_from="average")

    outcome = score_one(scheme, make_unit(recheck_scores={"Q": "0"})).outcome("Q")

    assert explain(outcome, scheme.settings) == "自评 未报，复核 0 分，规则Q：自评未报"


def town_trace(**options: bool) -> dict[str, Any]:
    unit = make_unit(
        make_fact("S4", households=("1组3号",), note="门前堆柴", fact_id="heap"),
        make_fact("S7", 2),
        make_fact("S3", 2, source=FactSource.SELF),
        make_fact("P2", 12),
        make_fact("S1", source=FactSource.OFFICE),
        attributes={"on_county_road": False},
        recheck_scores={"P1": Decimal("26.5")},
    )
    return trace_to_json(score_one(documented_scheme(), unit), **options)


def rule_of(trace: dict[str, Any], code: str) -> dict[str, Any]:
    lines = [rule for part in trace["parts"] for item in part["items"] for rule in item["rules"]]
    found: dict[str, Any] = next(rule for rule in lines if rule["code"] == code)
    return found


def test_the_trace_is_plain_json_with_numbers_as_texts() -> None:
    trace = town_trace()

    assert json.loads(json.dumps(trace)) == trace
    assert trace["money"]["payable"]["text"] == "1,995.00 元"
    assert rule_of(trace, "S4")["effect"]["value"] == "-5"
    assert rule_of(trace, "S4")["facts"][0]["fact_id"] == "heap"
    assert rule_of(trace, "S3")["uncounted"][0]["reason"] == "自评记录不作为计分依据"
    assert rule_of(trace, "S7")["effect"]["text"] == "不适用"
    assert rule_of(trace, "P2")["text"] == "12 处 × 2 分 = −24 分，限为 −20 分"


def test_the_trace_says_how_missing_items_were_made_up_for() -> None:
    assert town_trace()["parts"][0]["note"] == "缺项折算：适用项目满分 90 分，按满分 100 分折算"


def test_the_public_trace_names_no_household() -> None:
    trace = json.dumps(town_trace(for_public=True), ensure_ascii=False)

    assert "1组3号" not in trace
    assert "门前堆柴" not in trace
    assert rule_of(town_trace(for_public=True), "S4")["facts"][0]["household_count"] == 1


def test_the_chosen_settings_travel_with_the_result() -> None:
    assert {"name": "negative_payable", "label": "应付金额低于 0 时", "value": "按 0 元计"} in town_trace()["settings"]


@pytest.mark.parametrize(("count", "note"), [(2, ""), (4, "扣完为止：应计 −2 分，按 0 分计")])
def test_a_limit_that_cut_a_score_is_written_beside_it(count: int, note: str) -> None:
    scheme = make_scheme({"code": "A", "kind": "per_occurrence", "currency": "points", "amount": 3}, full_score="10")

    trace = trace_to_json(score_one(scheme, make_unit(make_fact("A", count))))

    assert trace["parts"][0]["items"][0]["note"] == note
