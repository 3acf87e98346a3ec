"""What holds for any facts: the order of the input does not matter, and totals are the sum of their lines."""

from __future__ import annotations

import random
from datetime import date
from decimal import Decimal

from hypothesis import given, settings
from hypothesis import strategies as st

from saas.domain.amounts import ZERO, Currency
from saas.domain.assessment_facts import Fact, UnitFacts
from saas.domain.scheme import RuleKind
from saas.domain.scheme_settings import FactSource
from saas.domain.scoring import score_round
from saas.domain.trace_json import trace_to_json
from tests.domain.assessment_cases import SEPTEMBER, documented_scheme, make_fact, make_unit, score_one

RULE_CODES = ("S1", "S2a", "S3", "S4", "S5", "S6", "S8", "P2", "P3", "P6", "P7")


@st.composite
def a_fact(draw: st.DrawFn) -> Fact:
    code = draw(st.sampled_from(RULE_CODES))
    return Fact(
        rule_code=code,
        fact_id=str(draw(st.uuids())),
        quantity=draw(st.none() | st.just(Decimal(1))),
        source=draw(st.sampled_from(FactSource)),
        found_on=draw(st.dates(date(2025, 9, 1), date(2025, 9, 30))),
        households=tuple(draw(st.lists(st.sampled_from("abcd"), max_size=1))) if code in ("S4", "S5") else (),
        noticed_on=draw(st.none() | st.dates(date(2025, 8, 20), date(2025, 9, 30))),
        attributes=draw(st.sampled_from(({}, {"caused_by_neglect": True}, {"caused_by_neglect": False}))),
    )


@st.composite
def a_unit(draw: st.DrawFn, code: str) -> UnitFacts:
    facts = draw(st.lists(a_fact(), max_size=8))
    reading = [make_fact("S7", draw(st.integers(0, 8)), fact_id="s7")] if draw(st.booleans()) else []
    score = draw(st.none() | st.integers(0, 30))
    return make_unit(
        *facts,
        *reading,
        code=code,
        attributes=draw(st.sampled_from(({"on_county_road": True}, {"on_county_road": False}, {}))),
        recheck_scores={"P1": score},
        is_rechecked=draw(st.booleans()),
    )


@given(st.data(), st.randoms(use_true_random=False))
@settings(max_examples=60, deadline=None)
def test_the_order_of_the_input_never_matters(data: st.DataObject, chance: random.Random) -> None:
    units = [data.draw(a_unit(code)) for code in "abc"]
    shuffled = [
        UnitFacts(
            unit_code=unit.unit_code,
            attributes=unit.attributes,
            recheck_scores=unit.recheck_scores,
            facts=tuple(chance.sample(unit.facts, len(unit.facts))),
            is_rechecked=unit.is_rechecked,
        )
        for unit in chance.sample(units, len(units))
    ]

    results = score_round(documented_scheme(), units, SEPTEMBER)

    assert score_round(documented_scheme(), shuffled, SEPTEMBER) == results
    assert [trace_to_json(result) for result in results] == [
        trace_to_json(result) for result in score_round(documented_scheme(), shuffled, SEPTEMBER)
    ]


@given(a_unit("a"))
@settings(max_examples=100, deadline=None)
def test_every_yuan_and_every_point_is_in_the_lines(unit: UnitFacts) -> None:
    result = score_one(documented_scheme(), unit)
    effects = [
        outcome.effect.known
        for outcome in result.outcomes
        if outcome.rule.currency is Currency.YUAN and outcome.rule.kind is not RuleKind.PERSONAL_LOSS
    ]
    money = result.money

    assert money.changes.known == sum(effects, ZERO)
    assert money.base.known + money.changes.known == (
        money.payable.known if money.unlimited is None else money.unlimited
    )
    if result.points.is_determined:
        for part in result.parts:
            if part.full == part.applicable_full:
                assert part.points.known == sum((item.score.known + item.bonus.known for item in part.items), ZERO)
