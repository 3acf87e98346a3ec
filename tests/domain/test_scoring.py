"""What each kind of rule does, how items and totals come about, and what never changes a result."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from saas.domain.amounts import ZERO, Amount, Currency, Standing, describe_amount, plain, rounded
from saas.domain.assessment_facts import FactError, UnitFacts
from saas.domain.scheme import AssessmentScheme
from saas.domain.scheme_reading import scheme_from_mapping
from saas.domain.scheme_settings import FactSource
from saas.domain.scoring import score_round
from saas.domain.trace_json import trace_to_json
from tests.domain.assessment_cases import (
    SEPTEMBER,
    by_code,
    documented_scheme,
    make_fact,
    make_scheme,
    make_unit,
    scheme_mapping,
    score_one,
)

DETERMINED, UNDETERMINED, MISSING, NOT_APPLICABLE = (
    Standing.DETERMINED,
    Standing.UNDETERMINED,
    Standing.MISSING,
    Standing.NOT_APPLICABLE,
)
BANDS = [{"at_least": 90, "amount": 200}, {"at_least": 80, "amount": 190}, {"at_least": 70}]
STEP = {"kind": "linear_step", "target": 100, "amount": 15, "step": 1, "step_amount": "0.3", "whole_steps": False}


@pytest.mark.parametrize(
    ("rule", "facts", "standing", "value"),
    [
        ({"kind": "per_occurrence", "amount": 2}, [{}, {"quantity": 2}], DETERMINED, "-6"),
        ({"kind": "per_occurrence", "amount": 2, "cap": 5}, [{"quantity": 9}], DETERMINED, "-5"),
        ({"kind": "per_occurrence", "amount": 2}, [], DETERMINED, "0"),
        ({"kind": "per_occurrence"}, [], DETERMINED, "0"),
        ({"kind": "per_occurrence"}, [{}], UNDETERMINED, None),
        ({"kind": "per_occurrence", "amount": 2}, [{}, {"quantity": None}], MISSING, "-2"),
        (
            {"kind": "per_household", "amount": 5},
            [{"households": ("a", "b")}, {"households": ("b",)}],
            DETERMINED,
            "-10",
        ),
        ({"kind": "per_household", "amount": 5}, [{"households": ("a",)}, {"quantity": 3}], DETERMINED, "-20"),
        ({"kind": "shortfall", "required": 5, "amount": 5}, [{"quantity": 2}], DETERMINED, "-15"),
        ({"kind": "shortfall", "required": 5, "amount": 5, "cap": 8}, [{"quantity": 2}], DETERMINED, "-8"),
        ({"kind": "shortfall", "required": 5, "amount": 5}, [{"quantity": 7}], DETERMINED, "0"),
        ({"kind": "shortfall", "required": 5, "amount": 5}, [{"quantity": 0}], DETERMINED, "-25"),
        ({"kind": "shortfall", "required": 5, "amount": 5}, [], MISSING, None),
        ({"kind": "shortfall", "required": 5}, [{"quantity": 2}], UNDETERMINED, None),
        ({"kind": "shortfall", "required": 5}, [{"quantity": 5}], DETERMINED, "0"),
        ({"kind": "shortfall", "required": {"attribute": "need"}, "amount": 1}, [{"quantity": 2}], DETERMINED, "-4"),
        ({"kind": "shortfall", "required": {"attribute": "none"}, "amount": 1}, [{"quantity": 2}], UNDETERMINED, None),
        ({"kind": "bonus", "amount": 3, "cap": 5}, [{}, {}], DETERMINED, "5"),
        ({"kind": "bonus"}, [{}], UNDETERMINED, None),
        ({"kind": "proportional", "full_score": 20, "target": 50}, [{"quantity": 40}], DETERMINED, "16"),
        ({"kind": "proportional", "full_score": 20, "target": 50}, [{"quantity": 60}], DETERMINED, "20"),
        ({"kind": "proportional", "full_score": 20, "target": 0}, [{"quantity": 60}], NOT_APPLICABLE, None),
        ({"kind": "proportional", "full_score": 20}, [{"quantity": 3, "out_of": Decimal(4)}], DETERMINED, "15"),
        ({"kind": "proportional", "full_score": 20}, [{"quantity": 3}], MISSING, None),
        (STEP, [{"quantity": 100}], DETERMINED, "15"),
        (STEP, [{"quantity": "97.5"}], DETERMINED, "14.25"),
        (STEP | {"whole_steps": True}, [{"quantity": "97.5"}], DETERMINED, "14.4"),
        (STEP | {"cap": 16}, [{"quantity": 110}], DETERMINED, "16"),
        (STEP | {"floor": 10}, [{"quantity": 10}], DETERMINED, "10"),
        ({"kind": "band", "bands": BANDS}, [{"quantity": 90}], DETERMINED, "200"),
        ({"kind": "band", "bands": BANDS}, [{"quantity": "89.99"}], DETERMINED, "190"),
        ({"kind": "band", "bands": BANDS}, [{"quantity": 75}], UNDETERMINED, None),
        ({"kind": "band", "bands": BANDS}, [{"quantity": 5}], UNDETERMINED, None),
        ({"kind": "band", "bands": BANDS}, [], MISSING, None),
    ],
)
def test_the_effect_of_a_rule(
    rule: dict[str, Any], facts: list[dict[str, Any]], standing: Standing, value: str | None
) -> None:
    scheme = make_scheme({"code": "A", "currency": "yuan", **rule}, ranked_by="none")
    unit = make_unit(*(make_fact("A", **{"quantity": 1} | fact) for fact in facts), attributes={"need": 6})

    outcome = score_one(scheme, unit).outcome("A")

    assert outcome.standing is standing
    assert outcome.value == (None if value is None else Decimal(value))


@pytest.mark.parametrize(
    ("choice", "own", "recheck", "score"),
    [
        ({"scores_from": "recheck_replaces"}, "90", "80", "80"),
        ({"scores_from": "recheck_replaces"}, "90", None, None),
        ({"scores_from": "self_unless_rechecked"}, "90", None, "90"),
        ({"scores_from": "self_unless_rechecked"}, "90", "0", "0"),
        ({"scores_from": "average"}, "90", "81", "85.5"),
        ({"scores_from": "average"}, None, "80", None),
        ({"scores_from": "weights", "self_weight": 30, "recheck_weight": 70}, "90", "80", "83"),
        ({"scores_from": "weights", "self_weight": 30, "recheck_weight": 70}, None, None, None),
    ],
)
def test_self_score_and_re_check_become_one_score(
    choice: dict[str, Any], own: str | None, recheck: str | None, score: str | None
) -> None:
    scheme = make_scheme({"code": "Q", "kind": "manual_score", "full_score": 100}, **choice)

    result = score_one(scheme, make_unit(self_scores={"Q": own}, recheck_scores={"Q": recheck}))

    assert result.points.value == (None if score is None else Decimal(score))
    assert result.points.standing is (Standing.MISSING if score is None else Standing.DETERMINED)
    assert result.self_points is not None
    assert result.self_points.value == (None if own is None else Decimal(own))
    assert result.recheck_points is not None
    assert result.recheck_points.value == (None if recheck is None else Decimal(recheck))


OCCURRENCE = {"code": "A", "kind": "per_occurrence", "currency": "points", "amount": 4}
VOID = {"code": "X", "kind": "item_void"}
BONUS = {"code": "B", "kind": "bonus", "currency": "points", "amount": 3}


@pytest.mark.parametrize(
    ("facts", "score", "bonus", "unlimited"),
    [
        ([], 10, 0, None),
        ([("A", 2)], 2, 0, None),
        ([("A", 5)], 0, 0, -10),
        ([("A", 1), ("B", 1)], 6, 3, None),
        ([("B", 1)], 10, 3, None),
        ([("X", 1), ("B", 1)], 0, 0, None),
        ([("X", 0)], 10, 0, None),
    ],
)
def test_an_item_is_deducted_down_to_zero_and_no_further(
    facts: list[tuple[str, int]], score: int, bonus: int, unlimited: int | None
) -> None:
    scheme = make_scheme(OCCURRENCE, VOID, BONUS, full_score="10")

    item = score_one(scheme, make_unit(*(make_fact(*fact) for fact in facts))).parts[0].items[0]

    assert [item.score.known, item.bonus.known] == [score, bonus]
    assert item.unlimited == unlimited


ON_ROAD = {"attribute": "on_road", "equals": True}
CONDITIONAL = [
    {"code": "Q", "kind": "manual_score", "full_score": 60},
    {"code": "R", "kind": "manual_score", "full_score": 40, "applies_when": ON_ROAD},
]


@pytest.mark.parametrize(("policy", "points"), [("rescale", "75"), ("full", "85"), ("drop", "45")])
def test_what_does_not_apply_is_scaled_granted_or_dropped_as_the_scheme_says(policy: str, points: str) -> None:
    scheme = make_scheme(*CONDITIONAL, full_score="100", scores_from="average", not_applicable_items=policy)
    scores = {"Q": "45"}

    result = score_one(scheme, make_unit(self_scores=scores, recheck_scores=scores, attributes={"on_road": False}))

    assert result.points.value == Decimal(points)


@pytest.mark.parametrize(("policy", "points"), [("rescale", "75"), ("full", "85"), ("drop", "45")])
def test_the_same_holds_for_whole_items(policy: str, points: str) -> None:
    items = [{"full_score": 60, "rules": CONDITIONAL[:1]}, {"full_score": 40, "rules": CONDITIONAL[1:]}]

    result = score_one(in_items(items, policy), make_unit(recheck_scores={"Q": "45"}, attributes={"on_road": False}))

    assert result.points.value == Decimal(points)


def in_items(items: list[dict[str, Any]], policy: str) -> AssessmentScheme:
    mapping = scheme_mapping(OCCURRENCE, scores_from="recheck_replaces", not_applicable_items=policy)
    mapping["parts"] = [
        {"code": f"P{n}", "label": "部分", "items": [_labelled(item, n)]} for n, item in enumerate(items)
    ]
    return scheme_from_mapping(mapping)


def _labelled(item: dict[str, Any], number: int) -> dict[str, Any]:
    rules = [{"label": "规则", **rule} for rule in item["rules"]]
    return {"code": f"I{number}", "label": "项目", "full_score": item["full_score"], "rules": rules}


@pytest.mark.parametrize(
    ("policy", "standing", "waived"),
    [
        ("rescale", NOT_APPLICABLE, "该项不适用，不扣分"),
        ("drop", NOT_APPLICABLE, "该项不适用，不扣分"),
        ("full", DETERMINED, ""),
    ],
)
def test_where_nothing_could_be_gained_nothing_is_deducted(policy: str, standing: Standing, waived: str) -> None:
    share = {"code": "R", "kind": "proportional", "currency": "points", "full_score": 10, "label": "比例"}
    scheme = make_scheme(share, OCCURRENCE, full_score="10", not_applicable_items=policy)

    result = score_one(scheme, make_unit(make_fact("A"), make_fact("R", 0, out_of=ZERO)))

    assert result.points.standing is standing
    assert result.points.value == (6 if policy == "full" else None)
    assert result.outcome("A").waived == waived


def test_a_deduction_without_an_amount_leaves_the_total_open_with_its_known_part() -> None:
    open_rule = {"code": "O", "kind": "per_occurrence", "currency": "points", "label": "焚烧"}
    scheme = make_scheme(OCCURRENCE, open_rule, full_score="10")

    points = score_one(scheme, make_unit(make_fact("A"), make_fact("O"))).points

    assert points == Amount(Standing.UNDETERMINED, Decimal(6), ("焚烧：办法未规定标准",))
    assert describe_amount(points, Currency.POINTS) == "未定（已知部分 6.00 分）"


def test_the_total_stays_within_the_limits_of_the_scheme() -> None:
    scheme = make_scheme(OCCURRENCE | {"amount": 200}, BONUS | {"amount": 500}, points_floor=-100, points_cap=110)

    low = score_one(scheme, make_unit(make_fact("A")))
    high = score_one(scheme, make_unit(make_fact("B")))

    assert [low.points.value, low.points_unlimited] == [-100, -200]
    assert [high.points.value, high.points_unlimited] == [110, 500]


def test_rounding_is_half_up_and_only_for_display() -> None:
    assert rounded(Decimal("0.245"), 2) == Decimal("0.25")
    assert plain(Decimal("-0.500")) == "−0.5"
    scheme = make_scheme({"code": "Q", "kind": "manual_score", "full_score": 100}, scores_from="average")
    result = score_one(scheme, make_unit(self_scores={"Q": "84.99"}, recheck_scores={"Q": "85"}))

    assert result.points.value == Decimal("84.995")
    assert trace_to_json(result)["points"]["text"] == "85.00 分"


def test_three_thirds_are_exactly_one() -> None:
    thirds = [
        {"code": code, "kind": "proportional", "currency": "points", "full_score": 1, "target": 3} for code in "ABC"
    ]
    scheme = make_scheme(*thirds, full_score="3", not_applicable_items="drop")

    result = score_one(scheme, make_unit(*(make_fact(code, 1) for code in "ABC")))

    assert result.points.value == 1


def test_by_rank_and_relative_to_the_best() -> None:
    scheme = make_scheme(
        {"code": "K", "kind": "by_rank", "currency": "points", "full_score": 200, "percent": 2, "ties": "shared"},
        {"code": "B", "kind": "relative_to_best", "currency": "points", "full_score": 600},
        ranked_by="none",
    )
    figures = {"a": 90, "b": 80, "c": 80, "d": 45}
    units = [make_unit(make_fact("K", n), make_fact("B", n), code=code) for code, n in figures.items()]

    results = by_code(score_round(scheme, units, SEPTEMBER))

    assert {code: result.outcome("K").value for code, result in results.items()} == {
        "a": 200,
        "b": 196,
        "c": 196,
        "d": 188,
    }
    assert results["d"].outcome("B").value == 300
    assert rounded(results["b"].outcome("B").effect.known, 2) == Decimal("533.33")


def test_peer_groups_are_compared_apart() -> None:
    scheme = make_scheme(
        {"code": "K", "kind": "rank_deduction", "currency": "points", "deductions": [10], "ties": "ask"},
        peer_group="kind",
    )
    units = [
        make_unit(make_fact("K", n), code=code, attributes={"kind": code[0]})
        for code, n in {"v1": 1, "v2": 2, "c1": 8, "c2": 9}.items()
    ]

    results = by_code(score_round(scheme, units, SEPTEMBER))

    assert [code for code, result in results.items() if result.points.value == -10] == ["c1", "v1"]


def test_of_several_reports_the_preferred_source_and_the_latest_day_count() -> None:
    scheme = make_scheme(
        {"code": "S", "kind": "shortfall", "currency": "points", "required": 5, "amount": 1},
        facts_counted=["recheck", "self"],
    )
    early = make_fact("S", 1, found_on=date(2025, 9, 10))
    late = make_fact("S", 3, found_on=date(2025, 9, 18))
    own = make_fact("S", 5, found_on=date(2025, 9, 20), source=FactSource.SELF)

    outcome = score_one(scheme, make_unit(own, early, late)).outcome("S")
    contradiction = score_one(scheme, make_unit(late, make_fact("S", 4, found_on=date(2025, 9, 18)))).outcome("S")

    assert outcome.value == -2
    assert {entry.fact.fact_id for entry in outcome.uncounted} == {early.fact_id, own.fact_id}
    assert contradiction.standing is Standing.UNDETERMINED


@pytest.mark.parametrize(
    "unit",
    [
        make_unit(make_fact("nobody")),
        make_unit(make_fact("Q")),
        make_unit(make_fact("A", -1)),
        make_unit(make_fact("A", "NaN")),
        make_unit(make_fact("A", 3, households=("1", "2"))),
        make_unit(make_fact("A", fact_id="same"), make_fact("A", fact_id="same")),
        make_unit(recheck_scores={"Q": "100.01"}),
        make_unit(recheck_scores={"Q": "-1"}),
        make_unit(self_scores={"A": "1"}),
    ],
)
def test_a_fact_that_cannot_belong_to_the_scheme_is_refused(unit: UnitFacts) -> None:
    scheme = make_scheme({"code": "Q", "kind": "manual_score", "full_score": 100}, OCCURRENCE, scores_from="average")

    with pytest.raises(FactError):
        score_one(scheme, unit)


def test_a_unit_given_twice_is_refused() -> None:
    with pytest.raises(FactError):
        score_round(documented_scheme(), [make_unit(), make_unit()], SEPTEMBER)
