"""One village, one month: the worked example of the documented town scheme, and the readings it must not have."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from saas.domain.amounts import Standing
from saas.domain.assessment_facts import Fact, UnitFacts
from saas.domain.scheme_reading import scheme_from_mapping
from saas.domain.scheme_settings import FactSource
from saas.domain.scheme_writing import scheme_to_mapping
from tests.domain.assessment_cases import documented_scheme, make_fact, make_unit, score_one

HEAPS = ("1组3号", "1组7号", "2组1号", "2组9号")
RUBBISH = ("2组1号", "2组9号", "3组2号", "3组4号", "3组8号", "4组5号")


def september_facts(model_households: int = 2) -> tuple[Fact, ...]:
    return (
        make_fact("S3", found_on=date(2025, 9, 16)),
        make_fact("S3", 2, found_on=date(2025, 9, 17)),
        *(make_fact("S4", households=(household,)) for household in HEAPS),
        make_fact("S5", 6, households=RUBBISH),
        make_fact("S6", 2),
        make_fact("S7", model_households),
        make_fact("S8"),
        make_fact("S1", source=FactSource.OFFICE),
    )


def village(*facts: Fact, on_county_road: bool = True, **fields: Any) -> UnitFacts:
    return make_unit(*facts, attributes={"on_county_road": on_county_road}, **fields)


def test_the_village_on_the_county_road_is_paid_1875() -> None:
    result = score_one(documented_scheme(), village(*september_facts()))

    effects = {outcome.rule.code: outcome.value for outcome in result.outcomes if outcome.rule.code.startswith("S")}
    assert effects == {
        "S1": 500,
        "S2a": 0,
        "S2b": None,
        "S3": -30,
        "S4": -20,
        "S5": -30,
        "S6": -20,
        "S7": -15,
        "S8": -10,
    }
    assert result.money.changes.value == 375
    assert result.money.payable.value == 1875
    assert result.money.payable.is_determined


def test_the_same_village_away_from_the_road_is_paid_1890_and_the_rule_is_not_applicable() -> None:
    result = score_one(documented_scheme(), village(*september_facts(), on_county_road=False))

    assert result.money.payable.value == 1890
    assert result.outcome("S7").standing is Standing.NOT_APPLICABLE
    assert result.outcome("S7").value is None


def test_more_model_households_than_asked_for_bring_no_bonus() -> None:
    result = score_one(documented_scheme(), village(*september_facts(model_households=7)))

    assert result.outcome("S7").value == 0
    assert result.money.payable.value == 1890


def test_a_household_counts_in_both_rules_unless_the_scheme_says_otherwise() -> None:
    mapping = scheme_to_mapping(documented_scheme())
    mapping["settings"]["household_in_two_rules"] = False

    exclusive = score_one(scheme_from_mapping(mapping), village(*september_facts()))

    assert score_one(documented_scheme(), village(*september_facts())).money.payable.value == 1875
    assert exclusive.outcome("S5").value == -20
    assert exclusive.money.payable.value == 1885


def test_a_village_that_was_not_counted_on_the_road_is_undetermined_not_exempt() -> None:
    result = score_one(documented_scheme(), make_unit(*september_facts()))

    assert result.outcome("S7").standing is Standing.UNDETERMINED
    assert result.money.payable.standing is Standing.UNDETERMINED
    assert result.money.payable.value == 1890
    assert result.money.payable.reasons == ("治理示范户不足：单位属性“位于县道沿线”未填，是否适用未定",)


def test_an_unreported_number_of_model_households_is_missing_not_zero() -> None:
    facts = tuple(fact for fact in september_facts() if fact.rule_code != "S7")

    result = score_one(documented_scheme(), village(*facts))

    assert result.outcome("S7").standing is Standing.MISSING
    assert result.money.payable.standing is Standing.MISSING
    assert result.money.payable.value == 1890


def test_an_open_base_subsidy_leaves_the_payment_open_with_its_known_part() -> None:
    mapping = scheme_to_mapping(documented_scheme())
    del mapping["settings"]["base"]["amount"]
    scheme = scheme_from_mapping(mapping)

    result = score_one(scheme, village(*september_facts()))
    fixed_for_the_round = score_one(scheme, village(*september_facts(), base_amount=Decimal(1500)))

    assert result.money.payable.standing is Standing.UNDETERMINED
    assert result.money.payable.value == 375
    assert result.money.payable.reasons == ("基本考核补助未定",)
    assert fixed_for_the_round.money.payable.value == 1875


CRITICISED = make_fact("S2a", source=FactSource.OFFICE, found_on=date(2025, 8, 29), noticed_on=date(2025, 9, 3))


@pytest.mark.parametrize(
    ("deductions", "bonus", "negative", "payable"),
    [
        (False, True, False, 500),
        (False, False, False, 0),
        (True, True, False, 375),
        (True, False, False, 0),
        (True, False, True, -125),
    ],
)
def test_what_else_counts_in_a_month_that_lost_its_base_is_a_setting(
    deductions: bool, bonus: bool, negative: bool, payable: int
) -> None:
    mapping = scheme_to_mapping(documented_scheme())
    mapping["settings"] |= {
        "deductions_in_loss_period": deductions,
        "bonus_in_loss_period": bonus,
        "negative_payable": negative,
    }

    result = score_one(scheme_from_mapping(mapping), village(*september_facts(), CRITICISED))

    assert result.money.is_loss_period
    assert result.money.payable.value == payable


def test_the_base_is_lost_once_however_often_the_village_was_criticised() -> None:
    again = make_fact("S2a", source=FactSource.OFFICE, noticed_on=date(2025, 9, 20))

    result = score_one(documented_scheme(), village(make_fact("S7", 5), CRITICISED, again))

    assert result.outcome("S2a").value == -1500
    assert result.outcome("S2b").quantity == 2
    assert result.money.payable.value == 0


@pytest.mark.parametrize(
    ("booked_to", "is_loss_period"), [("inspection", False), ("notice", True), ("exposure", False)]
)
def test_the_day_that_decides_the_month_is_a_setting(booked_to: str, is_loss_period: bool) -> None:
    mapping = scheme_to_mapping(documented_scheme())
    mapping["settings"]["loss_booked_to"] = booked_to

    result = score_one(scheme_from_mapping(mapping), village(make_fact("S7", 5), CRITICISED))

    assert result.money.is_loss_period is is_loss_period


def test_an_event_without_the_deciding_day_leaves_the_payment_open() -> None:
    event = make_fact("S2a", source=FactSource.OFFICE)

    result = score_one(documented_scheme(), village(make_fact("S7", 5), event))

    assert result.outcome("S2a").standing is Standing.UNDETERMINED
    assert result.money.payable.standing is Standing.UNDETERMINED


def test_a_village_nobody_has_re_checked_is_missing_not_faultless() -> None:
    result = score_one(documented_scheme(), village(make_fact("S7", 5), is_rechecked=False))

    assert result.outcome("S3").standing is Standing.MISSING
    assert result.outcome("S1").standing is Standing.DETERMINED
    assert result.money.payable.standing is Standing.MISSING


def test_what_a_village_reports_about_itself_is_on_record_and_not_deducted() -> None:
    result = score_one(documented_scheme(), village(make_fact("S7", 5), make_fact("S3", 4, source=FactSource.SELF)))

    assert result.outcome("S3").value == 0
    assert result.outcome("S3").uncounted[0].reason == "自评记录不作为计分依据"
