"""Months to quarters, consequences for persons."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from saas.domain.amounts import Amount, Standing, determined, missing, not_applicable
from saas.domain.assessment_facts import UnitFacts
from saas.domain.scheme import AssessmentScheme
from saas.domain.scheme_reading import scheme_from_mapping
from saas.domain.scheme_settings import FactSource
from saas.domain.scheme_writing import scheme_to_mapping
from saas.domain.settlement import PeriodResult, period_result, roll_up, settle_persons
from tests.domain.assessment_cases import SEPTEMBER, documented_scheme, make_fact, make_scheme, make_unit, score_one


def scheme(**rule: Any) -> AssessmentScheme:
    full = {"points": "mean", "money": "sum", "missing": "undetermined"} | rule
    return make_scheme({"code": "Q", "kind": "manual_score", "full_score": 100}, scores_from="average", roll_up=full)


def months(*amounts: str | Amount | None) -> list[PeriodResult]:
    results = []
    for number, amount in enumerate(amounts, start=7):
        value = determined(Decimal(amount)) if isinstance(amount, str) else amount
        results.append(PeriodResult(f"2025-{number:02}", value, value))
    return results


@pytest.mark.parametrize(
    ("rule", "amounts", "standing", "points"),
    [
        ({"points": "mean"}, ["90", "80", "85"], Standing.DETERMINED, "85"),
        ({"points": "sum"}, ["90", "80", "85"], Standing.DETERMINED, "255"),
        ({"points": "last"}, ["90", "80", "85"], Standing.DETERMINED, "85"),
        ({"points": "weighted", "weights": [50, 30, 20]}, ["90", "80", "85"], Standing.DETERMINED, "86"),
        ({"points": "sum"}, ["90", None, "85"], Standing.MISSING, "175"),
        ({"points": "sum", "missing": "skip"}, ["90", None, "85"], Standing.DETERMINED, "175"),
        ({"points": "mean", "missing": "skip"}, ["90", None, "80"], Standing.DETERMINED, "85"),
        ({"points": "mean"}, ["90", None, "90"], Standing.MISSING, "60"),
        ({"points": "mean"}, ["90", not_applicable(), "80"], Standing.DETERMINED, "85"),
        ({"points": "mean", "missing": "skip"}, ["90", missing("未报"), "80"], Standing.DETERMINED, "85"),
        ({"points": "last"}, ["90", "80", None], Standing.MISSING, None),
        ({"points": "last", "missing": "skip"}, ["90", "80", None], Standing.DETERMINED, "80"),
        ({"points": "weighted", "weights": [50, 50]}, ["90", None], Standing.MISSING, "45"),
        ({"points": "weighted", "weights": [50, 50]}, ["90"], Standing.UNDETERMINED, None),
        ({"points": "sum"}, [None, None], Standing.UNDETERMINED, None),
    ],
)
def test_months_become_a_quarter_by_the_schemes_own_rule(
    rule: dict[str, Any], amounts: list[str | Amount | None], standing: Standing, points: str | None
) -> None:
    quarter = roll_up(scheme(**rule), months(*amounts))

    assert quarter.points.standing is standing
    assert quarter.points.value == (None if points is None else Decimal(points))


def test_money_and_points_are_rolled_up_apart_and_explained() -> None:
    quarter = roll_up(scheme(), months("1875", "1500", "-10.50"))

    assert quarter.money.value == Decimal("3364.50")
    assert quarter.money_text == "相加：2025-07 1875 元、2025-08 1500 元、2025-09 −10.50 元"
    assert quarter.points_text.startswith("取平均")


def test_without_a_rule_a_quarter_is_undetermined() -> None:
    plain = make_scheme({"code": "A", "kind": "bonus", "currency": "points", "amount": 1})

    assert roll_up(plain, months("1", "2", "3")).points.reasons == ("办法未规定如何汇总",)


def test_a_month_that_was_not_scored_leaves_the_payment_of_the_quarter_open() -> None:
    result = score_one(documented_scheme(), make_unit(make_fact("S7", 5), attributes={"on_county_road": True}))

    quarter = roll_up(
        documented_scheme(), [period_result("7月", result), period_result("8月", None), period_result("9月", result)]
    )

    assert quarter.money.standing is Standing.MISSING
    assert quarter.money.value == 3000
    assert quarter.money.reasons == ("8月 无结果",)


def criticised() -> UnitFacts:
    event = make_fact("S2a", source=FactSource.OFFICE, noticed_on=SEPTEMBER.starts_on, fact_id="e1")
    return make_unit(event, make_fact("S7", 5), attributes={"on_county_road": True})


def test_the_officials_of_a_criticised_village_lose_half_their_performance_pay() -> None:
    result = score_one(documented_scheme(), criticised())

    secretary, clerk = settle_persons(result, {"支部书记": Decimal("801"), "文书": None})

    assert (secretary.person, secretary.amount.value) == ("支部书记", Decimal("-400.5"))
    assert secretary.text == "当期绩效工资 801 元 × 50% = −400.5 元"
    assert secretary.fact_ids == ("e1",)
    assert clerk.amount.standing is Standing.UNDETERMINED
    assert clerk.amount.reasons == ("绩效工资基数未定",)


def test_a_percentage_nobody_fixed_is_not_guessed() -> None:
    mapping = scheme_to_mapping(documented_scheme())
    for rule in mapping["parts"][1]["items"][0]["rules"]:
        if rule["code"] == "S2b":
            del rule["percent"]

    consequences = settle_persons(score_one(scheme_from_mapping(mapping), criticised()), {"文书": Decimal(600)})

    assert consequences[0].amount.standing is Standing.UNDETERMINED


def test_without_an_event_nobody_loses_anything() -> None:
    assert settle_persons(score_one(documented_scheme(), make_unit()), {"文书": Decimal(600)}) == ()
