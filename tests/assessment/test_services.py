"""From rows to results: what is gathered, computed, ranked and rolled up."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from saas.assessment.jobs import compute_round
from saas.assessment.models import AssessmentFact, AssessmentResult, AssessmentRound
from saas.assessment.services import computing, rounds
from saas.assessment.services.facts import RecheckClosedError, record_scores, resume_recheck, withdraw_fact
from saas.db import db, local_today, utc_now
from saas.domain.errors import DomainError, InvalidTransition, NotAllowed
from saas.domain.workflow import RoundStatus, SubmissionStatus
from saas.jobs.models import JobState
from saas.org.models import OrgUnit
from saas.tenancy.models import Tenant
from tests.factories_assessment import (
    SCHEME,
    AssessedCounty,
    assessed_unit,
    compute,
    find,
    make_assessed_county,
    make_round,
    make_self_score,
    recheck,
    this_month,
)


def result_of(assessed: AssessmentRound, unit: OrgUnit) -> AssessmentResult:
    return db.session.scalars(
        select(AssessmentResult).where(AssessmentResult.round_id == assessed.id, AssessmentResult.unit_id == unit.id)
    ).one()


def rule_of(result: AssessmentResult, code: str) -> dict[str, Any]:
    rules = [rule for part in result.trace["parts"] for item in part["items"] for rule in item["rules"]]
    return next(rule for rule in rules if rule["code"] == code)


def settle_example(county: AssessedCounty, unit: OrgUnit, *, homes: str = "2") -> AssessmentRound:
    """The worked settlement of one village: 125 yuan off, 500 on."""
    assessed, officer = make_round(county), county.officers[0]
    find(assessed, unit, "S3", "3", by=officer)
    find(assessed, unit, "S4", "4", by=officer, households=["1", "2", "3", "4"])
    find(assessed, unit, "S5", "6", by=officer, households=["3", "4", "5", "6", "7", "8"])
    find(assessed, unit, "S6", "2", by=officer)
    find(assessed, unit, "S7", homes, by=officer)
    find(assessed, unit, "S8", "1", by=officer)
    find(assessed, unit, "S1", "1", by=county.office, is_office=True)
    recheck(assessed, unit, officer)
    compute(assessed)
    return assessed


def test_the_settlement_of_a_village_on_the_county_road(county: AssessedCounty) -> None:
    result = result_of(settle_example(county, county.on_road), county.on_road)

    assert result.money == Decimal("1875")
    assert rule_of(result, "S7")["text"] == "（5 − 2）户 × 5 元 = −15 元"
    assert [rule_of(result, code)["effect"]["value"] for code in ("S3", "S4", "S5", "S6", "S8", "S1")] == [
        "-30", "-20", "-30", "-20", "-10", "500",
    ]  # fmt: skip


def test_the_same_village_off_the_county_road_keeps_the_shortfall(county: AssessedCounty) -> None:
    west = county.villages[1]

    result = result_of(settle_example(county, west), west)

    assert result.money == Decimal("1890")
    assert rule_of(result, "S7")["effect"]["standing"] == "not_applicable"


def test_more_demonstration_households_than_asked_give_nothing(county: AssessedCounty) -> None:
    result = result_of(settle_example(county, county.on_road, homes="7"), county.on_road)

    assert rule_of(result, "S7")["effect"]["value"] == "0"


def test_a_village_nobody_rechecked_is_missing_and_not_at_full_score(county: AssessedCounty) -> None:
    assessed = make_round(county)
    recheck(assessed, county.villages[1], county.officers[0], p1="0", p2="0")
    compute(assessed)

    unchecked, zero = result_of(assessed, county.villages[2]), result_of(assessed, county.villages[1])

    assert (unchecked.points, unchecked.points_state, unchecked.rank) == (None, "missing", None)
    assert (zero.points, zero.points_state, zero.rank) == (Decimal(0), "determined", 1)


def test_equal_scores_share_a_rank_and_a_veto_goes_last(county: AssessedCounty) -> None:
    assessed = make_round(county)
    east, west, south, north = county.villages
    for unit, officer, p1 in ((east, 0, "50"), (west, 0, "50"), (south, 1, "60"), (north, 1, "40")):
        recheck(assessed, unit, county.officers[officer], p1=p1)
    find(assessed, south, "V1", "1", by=county.office, is_office=True, document_name="查实通报")
    compute(assessed)

    places = {unit.name: result_of(assessed, unit).rank for unit in county.villages}

    assert places == {"东村": 1, "西村": 1, "北村": 3, "南村": 4}
    assert result_of(assessed, south).is_vetoed
    assert result_of(assessed, south).points == Decimal(90)


def test_a_lost_month_takes_the_base_once_and_nothing_more(county: AssessedCounty) -> None:
    assessed, west = make_round(county), county.villages[1]
    find(assessed, west, "S3", "3", by=county.officers[0])
    for _ in range(2):
        find(assessed, west, "S2a", "1", by=county.office, is_office=True)
    recheck(assessed, west, county.officers[0])
    compute(assessed)

    result = result_of(assessed, west)

    assert result.money == Decimal(0)
    assert rule_of(result, "S3")["waived"]
    assert result.trace["money"]["is_loss_period"]


def test_a_finding_without_a_count_is_missing_and_not_zero(county: AssessedCounty) -> None:
    assessed, west = make_round(county), county.villages[1]
    find(assessed, west, "S3", None, by=county.officers[0], note="未写次数")
    recheck(assessed, west, county.officers[0])
    compute(assessed)

    result = result_of(assessed, west)

    assert (result.money, result.money_state) == (None, "missing")
    assert result.points == Decimal(80)


def test_self_scores_come_from_what_was_handed_in_for_the_period(tenant: Tenant) -> None:
    county = make_assessed_county(has_collection=True, window=ALWAYS)
    assert county.collection is not None
    assessed, period = make_round(county), this_month()
    east, west, south, north = county.villages
    make_self_score(county.collection, east, period, {"P1": "58", "P2": "39.5", "S3": "2"}, by=county.clerks[0])
    make_self_score(county.collection, west, period, {"P1": "1", "P2": "1"}, status=SubmissionStatus.DRAFT)
    make_self_score(county.collection, south, period, None)
    make_self_score(county.collection, north, period, {"P1": "60", "P2": "41"})
    compute(assessed)

    traces = {unit.name: result_of(assessed, unit).trace for unit in county.villages}

    assert traces["东村"]["self_points"]["text"] == "97.50 分"
    assert traces["东村"]["self_report"]["state"] == "reported"
    assert traces["西村"]["self_report"]["state"] == "missing"
    assert traces["西村"]["self_points"]["standing"] == "missing"
    assert traces["南村"]["self_report"]["state"] == "not_applicable"
    assert "未采用" in traces["北村"]["self_report"]["refused"][0]
    found = rule_of(result_of(assessed, east), "S3")
    assert found["effect"]["standing"] == "missing"
    assert found["uncounted"][0]["reason"] == "自评记录不作为计分依据"


ALWAYS = {"due": {"month": 0, "day": 16}, "due_inclusive": False, "grace_days": "unlimited"}


def test_the_same_facts_give_the_same_results_however_often(county: AssessedCounty) -> None:
    assessed = settle_example(county, county.on_road)
    first = result_of(assessed, county.on_road).trace

    compute_round(assessed.id)
    compute_round(assessed.id)

    assert result_of(assessed, county.on_road).trace == first
    assert len(db.session.scalars(select(AssessmentResult.id)).all()) == 4


def test_asking_twice_before_it_began_is_one_job(county: AssessedCounty) -> None:
    assessed = make_round(county)
    first = computing.request_compute(assessed, actor=county.office)

    assert computing.request_compute(assessed, actor=county.office) is first
    first.state, first.finished_at = JobState.DONE, utc_now()
    compute(assessed)
    assert computing.request_compute(assessed, actor=county.office) is not first


def test_a_fact_after_the_computing_makes_the_results_old(county: AssessedCounty) -> None:
    assessed = settle_example(county, county.on_road)
    assert not computing.changed_since_computed(assessed)

    find(assessed, county.on_road, "S1", "1", by=county.office, is_office=True)

    assert computing.changed_since_computed(assessed)


def test_a_withdrawn_fact_stays_on_record_and_no_longer_counts(county: AssessedCounty) -> None:
    assessed, west = make_round(county), county.villages[1]
    find(assessed, west, "S3", "3", by=county.officers[0])
    fact = db.session.scalars(select(AssessmentFact).where(AssessmentFact.rule_code == "S3")).one()

    withdraw_fact(fact, reason="记错了村", actor=county.officers[0])
    recheck(assessed, west, county.officers[0])
    compute(assessed)

    assert result_of(assessed, west).money == Decimal(1500)
    assert fact.withdrawn_reason == "记错了村"
    with pytest.raises(DomainError, match="已经撤销"):
        withdraw_fact(fact, reason="再撤一次", actor=county.officers[0])


def test_a_changed_score_is_a_new_fact(county: AssessedCounty) -> None:
    assessed, west = make_round(county), county.villages[1]
    recheck(assessed, west, county.officers[0], is_complete=False)
    recheck(assessed, west, county.officers[0], p1="45", is_complete=False)

    facts = db.session.scalars(select(AssessmentFact).where(AssessmentFact.rule_code == "P1")).all()

    assert sorted((fact.quantity, fact.withdrawn_reason) for fact in facts) == [
        (Decimal(45), ""),
        (Decimal(50), "更正评分"),
    ]


def test_a_recheck_is_complete_only_with_every_score(county: AssessedCounty) -> None:
    unit = assessed_unit(make_round(county), county.villages[1])

    with pytest.raises(DomainError, match="还有 1 项没有评分：道路保洁"):
        record_scores(unit, {"P1": Decimal(50)}, actor=county.officers[0], is_complete=True)
    with pytest.raises(DomainError, match="0 至 40 分之间"):
        record_scores(unit, {"P2": Decimal("40.5")}, actor=county.officers[0])


def test_going_on_with_a_finished_recheck_makes_it_unfinished(county: AssessedCounty) -> None:
    assessed, west = make_round(county), county.villages[1]
    recheck(assessed, west, county.officers[0])

    resume_recheck(assessed_unit(assessed, west), actor=county.officers[0])

    assert assessed_unit(assessed, west).rechecked_at is None


def test_who_filled_the_self_score_does_not_recheck_it(tenant: Tenant) -> None:
    county = make_assessed_county(has_collection=True, window=ALWAYS)
    assert county.collection is not None
    west, officer = county.villages[1], county.officers[0]
    make_self_score(county.collection, west, this_month(), {"P1": "58", "P2": "39"}, by=officer)

    with pytest.raises(NotAllowed, match="不能复核"):
        recheck(make_round(county), west, officer)


def test_outside_its_window_nothing_is_rechecked(tenant: Tenant) -> None:
    last = (local_today().replace(day=1) - timedelta(days=1)).day
    text = SCHEME.replace(
        "[settings.base]",
        f"""[settings.self_score_due]
day = {min(last, 16)}
inclusive = false

[settings.recheck_window]
from_day = 16
to_day = 19

[settings.base]""",
    )
    county = make_assessed_county(text)

    with pytest.raises(RecheckClosedError, match="复核时间为"):
        recheck(make_round(county, this_month(2)), county.villages[1], county.officers[0])


def test_a_round_cannot_be_started_twice_or_ahead_of_time(county: AssessedCounty) -> None:
    make_round(county)

    with pytest.raises(DomainError, match="已经开展"):
        make_round(county)
    with pytest.raises(DomainError, match="还没有开始"):
        make_round(county, this_month().next())


def test_a_base_left_to_the_round_is_undetermined_until_it_is_fixed(tenant: Tenant) -> None:
    county = make_assessed_county(SCHEME.replace("amount = 1500\n", "", 1))
    assessed, east, west = make_round(county), *county.villages[:2]
    recheck(assessed, west, county.officers[0])
    recheck(assessed, county.villages[2], county.officers[1])
    compute(assessed)
    assert result_of(assessed, west).money_state == "undetermined"

    rounds.set_base_amounts(assessed, Decimal(1200), {west.code: Decimal(900)}, actor=county.office)
    compute(assessed)

    assert result_of(assessed, west).money == Decimal(900)
    assert result_of(assessed, county.villages[2]).money == Decimal(1200)
    assert east.code not in assessed.base_amounts["units"]


def test_a_confirmed_round_is_neither_computed_nor_changed(county: AssessedCounty) -> None:
    assessed = settle_example(county, county.on_road)
    assessed.status = RoundStatus.CONFIRMED
    db.session.flush()

    with pytest.raises(InvalidTransition):
        compute(assessed)
    result = result_of(assessed, county.on_road)
    result.money = Decimal(1)
    with pytest.raises(IntegrityError):
        db.session.flush()
