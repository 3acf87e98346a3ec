"""Scoring a county's year: 600 villages × 50 rules × 12 months, in one process and without a database."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from decimal import Decimal

from bench.measuring import Measurement, side_by_side
from saas.domain.assessment_facts import AssessedPeriod, Fact, UnitFacts
from saas.domain.scheme import AssessmentScheme
from saas.domain.scheme_reading import scheme_from_mapping
from saas.domain.scheme_settings import FactSource
from saas.domain.scoring import score_round

VILLAGES, RULES, MONTHS = 600, 50, 12
FACTS_PER_VILLAGE = 5


def measure() -> list[Measurement]:
    """Score every month anew, as twelve rounds do; the floor is the bare arithmetic of it."""
    scheme = _scheme()
    months = [(_period(month), _facts(scheme, month)) for month in range(1, MONTHS + 1)]

    def ours() -> None:
        for period, units in months:
            assert len(score_round(scheme, units, period)) == VILLAGES

    ours_took, floor_took = side_by_side(ours, _arithmetic, runs=5, alone=True)
    what = f"score {VILLAGES} villages × {RULES} rules × {MONTHS} months"
    return [Measurement("scoring", what, ours_took, floor_took, "floor: one multiplication and one sum per rule")]


def _arithmetic() -> None:
    price, count = Decimal("1.5"), Decimal(2)
    for _ in range(VILLAGES * MONTHS):
        total = Decimal(100)
        for _ in range(RULES):
            total -= price * count


def _scheme() -> AssessmentScheme:
    rules = [
        {
            "code": f"R{number:02d}",
            "label": f"第{number}项",
            "kind": "per_occurrence",
            "currency": "points",
            "amount": "0.5",
        }
        for number in range(RULES)
    ]
    item = {"code": "I", "label": "日常保洁", "full_score": 100, "rules": rules}
    return scheme_from_mapping(
        {
            "code": "bench",
            "title": "年度考核",
            "settings": {"ranked_by": "points", "ties": "shared"},
            "parts": [{"code": "P", "label": "检查", "items": [item]}],
        }
    )


def _period(month: int) -> AssessedPeriod:
    first = date(2026, month, 1)
    return AssessedPeriod(first, (first + timedelta(days=31)).replace(day=1) - timedelta(days=1))


def _facts(scheme: AssessmentScheme, month: int) -> Sequence[UnitFacts]:
    return [
        UnitFacts(
            unit_code=f"V{village:04d}",
            attributes={},
            facts=tuple(
                Fact(
                    rule_code=scheme.rules[(village * 7 + number * 11) % RULES].code,
                    fact_id=f"{village}-{month}-{number}",
                    quantity=Decimal(1 + number % 3),
                    source=FactSource.OFFICE,
                    found_on=date(2026, month, 1 + number),
                )
                for number in range(FACTS_PER_VILLAGE)
            ),
        )
        for village in range(VILLAGES)
    ]
