"""Reading, writing and describing schemes."""

from __future__ import annotations

import copy
import json
from decimal import Decimal
from typing import Any

import pytest

from saas.domain.scheme import RuleKind, SchemeError
from saas.domain.scheme_fields import KIND_FIELDS
from saas.domain.scheme_reading import scheme_from_mapping, scheme_from_toml
from saas.domain.scheme_settings_text import describe_settings
from saas.domain.scheme_writing import scheme_to_mapping
from tests.domain.assessment_cases import documented_scheme, documented_toml, make_scheme, scheme_mapping

DEDUCTION = {"code": "A", "kind": "per_occurrence", "currency": "points", "amount": 2}

# One rule of each kind with every field it has.
EVERY_KIND: list[dict[str, Any]] = [
    {"kind": "manual_score", "full_score": 10},
    {"kind": "per_occurrence", "currency": "yuan", "amount": "0.5", "cap": 5, "measure": "次", "clause": "条款"},
    {"kind": "per_household", "currency": "points", "amount": 1, "cap": 5},
    {"kind": "shortfall", "currency": "yuan", "required": {"attribute": "households"}, "amount": 5, "cap": 20},
    {"kind": "bonus", "currency": "points", "amount": 1, "cap": 3},
    {"kind": "tariff", "currency": "yuan", "class_attribute": "level", "rates": {"3": 3000, "2": "未定"}, "cap": 9000},
    {"kind": "whole_month_loss", "percent": 100},
    {"kind": "personal_loss", "percent": 50, "facts_of": "whole_month_loss"},
    {"kind": "proportional", "currency": "points", "full_score": 10, "target": 20},
    {
        "kind": "linear_step",
        "currency": "points",
        "target": 100,
        "amount": 15,
        "step": 1,
        "step_amount": "0.3",
        "whole_steps": False,
        "cap": 20,
        "floor": 0,
    },
    {"kind": "band", "currency": "yuan", "bands": [{"at_least": 90, "amount": 200}, {"at_least": 80}]},
    {
        "kind": "item_void",
        "counts_when": {"all": [{"attribute": "a", "equals": True}, {"not": {"attribute": "b", "in": ["x", 2]}}]},
    },
    {
        "kind": "veto",
        "counts_when": {"any": [{"attribute": "a", "at_least": 3}, {"attribute": "b", "less_than": "0.5"}]},
    },
    {
        "kind": "rank_deduction",
        "currency": "points",
        "deductions": [10, 5, 3],
        "ties": "ask",
        "lower_is_better": True,
        "leave_out_missing": True,
        "effective_from": "2025-10-01",
    },
    {"kind": "by_rank", "currency": "points", "full_score": 200, "percent": 2, "ties": "shared", "floor": 100},
    {"kind": "relative_to_best", "currency": "points", "full_score": 600, "leave_out_missing": True},
]
EVERY_SETTING: dict[str, Any] = {
    "ranked_by": "recheck_points",
    "scores_from": "weights",
    "self_weight": 30,
    "recheck_weight": 70,
    "facts_counted": ["recheck"],
    "without_recheck": "no_findings",
    "base": {"label": "补助", "attribute": "class", "table": {"一类": 2000, "二类": 1500}},
    "deductions_in_loss_period": True,
    "bonus_in_loss_period": False,
    "loss_booked_to": "exposure",
    "negative_payable": True,
    "household_in_two_rules": False,
    "not_applicable_items": "full",
    "points_floor": 0,
    "points_cap": 110,
    "period_from_day": 16,
    "self_score_due": {"day": 16, "inclusive": True, "filed_in": "next_month"},
    "recheck_window": {"from_day": 16, "to_day": 19},
    "peer_group": "class",
    "tie_breaks": [{"code": "I", "prefer": "higher_score"}, {"code": "money", "prefer": "fewer_deductions"}],
    "ties": "dense",
    "vetoed_units": "unranked",
    "incomplete_units": "block",
    "grades": [{"label": "优秀", "at_least": 90, "quota_percent": 20}, {"label": "其他"}],
    "veto_grade": "其他",
    "roll_up": {"points": "weighted", "money": "sum", "missing": "skip", "weights": [20, 30, 50]},
    "decimals_points": 3,
    "decimals_yuan": 0,
}


def everything() -> dict[str, Any]:
    rules = [{"code": rule["kind"], **rule} for rule in EVERY_KIND]
    return scheme_mapping(*rules, full_score="100", **EVERY_SETTING)


def test_every_kind_is_in_the_test() -> None:
    assert [rule["kind"] for rule in EVERY_KIND] == [kind.value for kind in KIND_FIELDS]
    assert set(KIND_FIELDS) == set(RuleKind)


@pytest.mark.parametrize("mapping", [everything(), scheme_to_mapping(documented_scheme())], ids=["every field", "town"])
def test_a_scheme_written_as_json_and_read_again_is_equal(mapping: dict[str, Any]) -> None:
    scheme = scheme_from_mapping(mapping)

    written = json.loads(json.dumps(scheme_to_mapping(scheme)))

    assert scheme_from_mapping(written) == scheme
    assert scheme_to_mapping(scheme_from_mapping(written)) == written


def test_decimals_of_a_toml_file_stay_exact() -> None:
    text = documented_toml().replace("amount = 1500", "amount = 1500.10")

    base = scheme_from_toml(text).settings.base

    assert base is not None
    assert base.amount == Decimal("1500.10")


def changed(path: list[str | int], value: Any) -> dict[str, Any]:
    """The scheme with every field, with one place changed; None removes it."""
    mapping = copy.deepcopy(everything())
    place: Any = mapping
    for key in path[:-1]:
        place = place[key]
    if value is None:
        del place[path[-1]]
    else:
        place[path[-1]] = value
    return mapping


RULES: list[str | int] = ["parts", 0, "items", 0, "rules"]


@pytest.mark.parametrize(
    ("path", "value", "where", "advice"),
    [
        ([*RULES, 1, "amount"], 0.5, "parts[0].items[0].rules[1].amount", '"0.5"'),
        ([*RULES, 1, "amount"], -2, "parts[0].items[0].rules[1].amount", "写正数"),
        ([*RULES, 1, "amount"], "两元", "parts[0].items[0].rules[1].amount", "0.5"),
        ([*RULES, 1, "amount"], "NaN", "parts[0].items[0].rules[1].amount", "不超过"),
        ([*RULES, 1, "amount"], "1e30", "parts[0].items[0].rules[1].amount", "不超过"),
        ([*RULES, 1, "amount"], True, "parts[0].items[0].rules[1].amount", "删去此行"),
        ([*RULES, 1, "kind"], "per_ocurrence", "parts[0].items[0].rules[1].kind", "per_occurrence"),
        ([*RULES, 1, "kind"], None, "parts[0].items[0].rules[1].kind", "规则类型"),
        ([*RULES, 1, "ammount"], 2, "parts[0].items[0].rules[1].ammount", "amount"),
        ([*RULES, 1, "currency"], None, "parts[0].items[0].rules[1].currency", "yuan"),
        ([*RULES, 0, "currency"], "yuan", "parts[0].items[0].rules[0].currency", "删去"),
        ([*RULES, 1, "label"], "", "parts[0].items[0].rules[1].label", "例如"),
        ([*RULES, 1, "label"], "长" * 2001, "parts[0].items[0].rules[1].label", "2000"),
        ([*RULES, 1, "code"], "veto", "parts[0].items[0].rules[12].code", "一次"),
        ([*RULES, 3, "required"], None, "parts[0].items[0].rules[3].required", "required"),
        ([*RULES, 5, "rates"], {}, "parts[0].items[0].rules[5].rates", "未定"),
        ([*RULES, 7, "facts_of"], "nobody", "parts[0].items[0].rules[7].facts_of", "编号"),
        ([*RULES, 7, "facts_of"], "shortfall", "parts[0].items[0].rules[7].facts_of", "计次"),
        ([*RULES, 9, "step"], 0, "parts[0].items[0].rules[9].step", "不小于|写正数"),
        ([*RULES, 10, "bands"], [{"at_least": 1}, {"at_least": 2}], "parts[0].items[0].rules[10].bands", "最高"),
        ([*RULES, 13, "deductions"], [], "parts[0].items[0].rules[13].deductions", "最末"),
        ([*RULES, 13, "ties"], "whatever", "parts[0].items[0].rules[13].ties", "ask"),
        ([*RULES, 13, "effective_from"], "2025-13-01", "parts[0].items[0].rules[13].effective_from", "2025-10-01"),
        ([*RULES, 1, "applies_when"], {"attribute": "a"}, "parts[0].items[0].rules[1].applies_when", "equals"),
        (
            [*RULES, 1, "applies_when"],
            {"attribute": "a", "equals": Decimal("0.5")},
            "parts[0].items[0].rules[1].applies_when.equals",
            "at_least",
        ),
        ([*RULES, 1, "applies_when"], {"all": []}, "parts[0].items[0].rules[1].applies_when.all", "删去"),
        ([*RULES, 1, "applies_when"], {"attribute": "a", "in": []}, "parts[0].items[0].rules[1].applies_when.in", "in"),
        ([*RULES, 1, "applies_when"], "yes", "parts[0].items[0].rules[1].applies_when", "示例"),
        (["parts", 0, "items", 0, "full_score"], None, "parts[0].items[0].full_score", "满分"),
        (["parts", 0, "items", 0, "rules"], [], "parts[0].items[0].rules", "rules"),
        (["parts", 0, "items", 0, "rules"], "none", "parts[0].items[0].rules", "列表|["),
        (["parts", 0, "items"], [], "parts[0].items", "items"),
        (["parts", 0, "weight"], 50, "parts", "weight"),
        (["parts"], [], "parts", "parts"),
        (["title"], None, "title", "title"),
        (["settings"], None, "settings", "口径"),
        (["settings", "ranked_by"], None, "settings.ranked_by", "points"),
        (["settings", "scores_from"], None, "settings.scores_from", "average"),
        (["settings", "self_weight"], 40, "settings.self_weight", "30"),
        (["settings", "base"], None, "settings.base", "基本补助"),
        (["settings", "base"], {"amount": 1, "attribute": "a"}, "settings.base.amount", "amount"),
        (["settings", "base"], {"table": {"a": 1}}, "settings.base.attribute", "属性"),
        (["settings", "negative_payable"], None, "settings.negative_payable", "true"),
        (["settings", "negative_payable"], "no", "settings.negative_payable", "true"),
        (["settings", "deductions_in_loss_period"], None, "settings.deductions_in_loss_period", "照扣"),
        (["settings", "loss_booked_to"], None, "settings.loss_booked_to", "notice"),
        (["settings", "not_applicable_items"], None, "settings.not_applicable_items", "rescale"),
        (["settings", "ties"], None, "settings.ties", "shared"),
        (["settings", "vetoed_units"], None, "settings.vetoed_units", "last"),
        (["settings", "tie_breaks"], [{"code": "Z", "prefer": "higher_score"}], "settings.tie_breaks[0].code", "编号"),
        (["settings", "facts_counted"], ["self", "self"], "settings.facts_counted", "一次"),
        (["settings", "veto_grade"], "优", "settings.veto_grade", "grades"),
        (["settings", "grades"], [{"label": "a", "at_least": n} for n in (1, 2)], "settings.grades", "最好"),
        (["settings", "roll_up", "weights"], [20, 30], "settings.roll_up.weights", "100"),
        (["settings", "recheck_window"], {"from_day": 19, "to_day": 16}, "settings.recheck_window", "from_day"),
        (["settings", "self_score_due"], {"day": 16}, "settings.self_score_due.inclusive", "true"),
        (["settings", "decimals_yuan"], 9, "settings.decimals_yuan", "0"),
        (["settings", "tiebreak"], 1, "settings.tiebreak", "tie_breaks"),
    ],
)
def test_a_mistake_is_refused_with_its_place_and_what_to_do(
    path: list[str | int], value: Any, where: str, advice: str
) -> None:
    with pytest.raises(SchemeError) as caught:
        scheme_from_mapping(changed(path, value))

    assert caught.value.path == where
    assert any(word in str(caught.value) for word in advice.split("|"))


def test_a_text_that_is_no_toml_is_refused() -> None:
    with pytest.raises(SchemeError, match="TOML"):
        scheme_from_toml("code = ")


def test_two_household_rules_need_a_decision_about_a_household_in_both() -> None:
    rules = [{"code": code, "kind": "per_household", "currency": "yuan", "amount": 5} for code in "AB"]

    with pytest.raises(SchemeError) as caught:
        make_scheme(*rules)

    assert caught.value.path == "settings.household_in_two_rules"


def test_a_full_score_nothing_works_within_is_refused() -> None:
    with pytest.raises(SchemeError, match="full_score"):
        make_scheme({"code": "A", "kind": "bonus", "currency": "points", "amount": 2}, full_score="10")


def test_weights_are_written_for_all_parts_and_make_a_hundred() -> None:
    mapping = scheme_mapping(DEDUCTION, full_score="10")
    other = copy.deepcopy(mapping["parts"][0])
    other["code"], other["items"][0]["code"], other["items"][0]["rules"][0]["code"] = "P2", "I2", "A2"
    mapping["parts"].append(other)
    mapping["parts"][0]["weight"], mapping["parts"][1]["weight"] = "33.3", "66.7"

    assert scheme_from_mapping(mapping).parts[1].weight == Decimal("66.7")
    mapping["parts"][1]["weight"] = "66.6"
    with pytest.raises(SchemeError, match="100"):
        scheme_from_mapping(mapping)


def test_every_setting_that_was_chosen_is_printed() -> None:
    lines = {line.name: f"{line.label}：{line.value}" for line in describe_settings(scheme_from_mapping(everything()))}

    hidden = {"self_weight", "recheck_weight", "decimals_points", "decimals_yuan"}  # part of another line
    assert set(EVERY_SETTING) - hidden <= set(lines)
    assert lines["scores_from"] == "自评与复核：自评分占 30%，复核分占 70%"
    assert lines["base"] == "补助：按“class”：一类 2000 元，二类 1500 元"
    assert lines["self_score_due"] == "自评报送：次月 16 日前（含 16 日）"
    assert lines["recheck_window"] == "复核：16 日至 19 日（共 4 天）"
    assert lines["grades"] == "等次：优秀：90 分以上，不超过 20%；其他：其余"
    assert lines["roll_up"] == "汇总：得分按权重，金额相加（20%、30%、50%）；缺期不计"


def test_an_open_base_is_printed_as_open() -> None:
    mapping = scheme_to_mapping(documented_scheme())
    del mapping["settings"]["base"]["amount"]

    lines = {line.name: line.value for line in describe_settings(scheme_from_mapping(mapping))}

    assert lines["base"] == "未定，由每期核定"
