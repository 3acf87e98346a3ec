"""Worked cases of ranking: last places lose points, weights change the order, a veto needs its cause."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from saas.domain.amounts import Standing
from saas.domain.assessment_facts import AssessedPeriod, UnitFacts
from saas.domain.ranking import rank_units
from saas.domain.scheme import AssessmentScheme
from saas.domain.scheme_reading import scheme_from_mapping
from saas.domain.scoring import score_round
from tests.domain.assessment_cases import (
    FOURTH_QUARTER,
    SEPTEMBER,
    THIRD_QUARTER,
    by_code,
    make_fact,
    make_scheme,
    make_unit,
    score_one,
)

QUARTER = {"V1": 95, "V2": 92, "V3": 92, "V4": 90, "V5": 88, "V6": 86, "V7": 84, "V8": 80}
VISITS = {"V1": 82, "V2": 40, "V3": 75, "V4": 55, "V5": 61, "V6": 30, "V7": 90, "V8": 70}


def visits_scheme(ties: str = "ask") -> AssessmentScheme:
    return make_scheme(
        {"code": "Q", "kind": "manual_score", "full_score": 100},
        {
            "code": "V",
            "kind": "rank_deduction",
            "currency": "points",
            "deductions": [10, 5, 3],
            "ties": ties,
            "effective_from": "2025-10-01",
        },
        scores_from="recheck_replaces",
    )


def villages(visits: dict[str, int]) -> list[UnitFacts]:
    return [
        make_unit(make_fact("V", visits[code]), code=code, recheck_scores={"Q": score})
        for code, score in QUARTER.items()
    ]


def final(period: AssessedPeriod, visits: dict[str, int], ties: str = "ask") -> dict[str, Decimal | None]:
    results = score_round(visits_scheme(ties), villages(visits), period)
    return {result.unit_code: result.points.value for result in results}


def test_the_three_villages_with_the_fewest_visits_lose_ten_five_and_three() -> None:
    assert final(FOURTH_QUARTER, VISITS) == QUARTER | {"V6": 76, "V2": 87, "V4": 87}


def test_ranking_after_the_deduction_shares_the_fourth_place() -> None:
    results = score_round(visits_scheme(), villages(VISITS), FOURTH_QUARTER)

    ranking = [(unit.unit_code, unit.rank, unit.is_tied) for unit in rank_units(visits_scheme(), results)]

    assert ranking == [
        ("V1", 1, False),
        ("V3", 2, False),
        ("V5", 3, False),
        ("V2", 4, True),
        ("V4", 4, True),
        ("V7", 6, False),
        ("V8", 7, False),
        ("V6", 8, False),
    ]


def test_a_quarter_before_the_rule_took_effect_has_no_deduction() -> None:
    assert final(THIRD_QUARTER, VISITS) == QUARTER


def test_a_tie_for_the_last_place_waits_for_a_decision() -> None:
    results = by_code(score_round(visits_scheme(), villages(VISITS | {"V2": 30}), FOURTH_QUARTER))

    assert results["V2"].points.standing is Standing.UNDETERMINED
    assert results["V6"].points.standing is Standing.UNDETERMINED
    assert results["V6"].points.value == 86  # the known part
    assert results["V6"].points.reasons == ("规则V：名次并列，待裁定",)
    assert results["V4"].points.value == 87  # third last either way


def test_with_a_policy_equal_villages_share_the_place_nearest_the_end() -> None:
    assert final(FOURTH_QUARTER, VISITS | {"V2": 30}, ties="shared") == QUARTER | {"V6": 76, "V2": 82, "V4": 87}


def test_a_tie_that_changes_nothing_asks_nobody() -> None:
    assert final(FOURTH_QUARTER, VISITS | {"V1": 90})["V1"] == 95


def test_while_one_village_has_not_reported_no_last_place_is_known() -> None:
    units = villages(VISITS)
    units[0] = make_unit(code="V1", recheck_scores={"Q": 95})

    results = by_code(score_round(visits_scheme(), units, FOURTH_QUARTER))

    assert results["V1"].points.standing is Standing.MISSING
    assert results["V6"].points.standing is Standing.UNDETERMINED


def two_parts(economy: int, society: int) -> AssessmentScheme:
    parts = [
        {
            "code": code,
            "label": code,
            "weight": weight,
            "items": [
                {
                    "code": f"{code}-item",
                    "label": code,
                    "full_score": 100,
                    "rules": [{"code": f"{code}-score", "label": code, "kind": "manual_score", "full_score": 100}],
                }
            ],
        }
        for code, weight in (("economy", economy), ("society", society))
    ]
    settings = {"ranked_by": "points", "ties": "shared", "scores_from": "recheck_replaces"}
    return scheme_from_mapping({"code": "streets", "title": "街道考核", "settings": settings, "parts": parts})


@pytest.mark.parametrize(
    ("weights", "expected", "order"),
    [((50, 50), {"X": 66, "Y": 84}, ["Y", "X"]), ((0, 100), {"X": 92, "Y": 70}, ["X", "Y"])],
)
def test_new_weights_turn_the_order_round(weights: tuple[int, int], expected: dict[str, int], order: list[str]) -> None:
    scheme = two_parts(*weights)
    streets = [
        make_unit(code="X", recheck_scores={"economy-score": 40, "society-score": 92}),
        make_unit(code="Y", recheck_scores={"economy-score": 98, "society-score": 70}),
    ]

    results = score_round(scheme, streets, SEPTEMBER)

    assert {result.unit_code: result.points.value for result in results} == expected
    assert [unit.unit_code for unit in rank_units(scheme, results)] == order


def rate_scheme(limit: int) -> AssessmentScheme:
    bands = [{"at_least": limit, "amount": 10}, {"at_least": 0, "amount": 0}]
    return make_scheme(
        {"code": "R", "kind": "band", "currency": "points", "bands": bands},
        full_score="10",
        not_applicable_items="drop",
    )


@pytest.mark.parametrize(
    ("done", "out_of", "limit", "points"),
    [(190, 200, 95, 10), (169, 200, 85, 0), (339, 399, 85, 0), (340, 400, 85, 10)],
)
def test_a_rate_is_compared_unrounded(done: int, out_of: int, limit: int, points: int) -> None:
    result = score_one(rate_scheme(limit), make_unit(make_fact("R", done, out_of=Decimal(out_of))))

    assert result.points.value == points


def test_nothing_of_nothing_is_not_applicable() -> None:
    result = score_one(rate_scheme(85), make_unit(make_fact("R", 0, out_of=Decimal(0))))

    assert result.points.standing is Standing.NOT_APPLICABLE


CAUSE = {"attribute": "caused_by_neglect", "equals": True}


@pytest.mark.parametrize(
    ("attributes", "vetoed_by", "veto_open", "rank"),
    [
        ({"caused_by_neglect": True}, ("A",), (), 2),
        ({"caused_by_neglect": False}, (), (), 1),
        ({}, (), ("A",), None),
    ],
)
def test_a_grave_case_vetoes_only_when_neglect_caused_it(
    attributes: dict[str, Any], vetoed_by: tuple[str, ...], veto_open: tuple[str, ...], rank: int | None
) -> None:
    scheme = make_scheme(
        {"code": "Q", "kind": "manual_score", "full_score": 100},
        {"code": "A", "kind": "veto", "counts_when": CAUSE},
        scores_from="recheck_replaces",
        vetoed_units="last",
    )
    units = [
        make_unit(make_fact("A", attributes=attributes), code="U", recheck_scores={"Q": 96}),
        make_unit(code="W", recheck_scores={"Q": 70}),
    ]

    results = score_round(scheme, units, SEPTEMBER)

    assert results[0].points.value == 96
    assert results[0].vetoed_by == vetoed_by
    assert results[0].veto_open == veto_open
    assert {unit.unit_code: unit.rank for unit in rank_units(scheme, results)}["U"] == rank
