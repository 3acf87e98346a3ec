"""What the tests of assessment share: schemes in the format of the documentation, and short ways to write facts."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import date
from decimal import Decimal
from functools import cache
from itertools import count
from pathlib import Path
from typing import Any

from saas.domain.amounts import ONE
from saas.domain.assessment_facts import AssessedPeriod, Fact, UnitFacts
from saas.domain.scheme import AssessmentScheme
from saas.domain.scheme_reading import scheme_from_mapping, scheme_from_toml
from saas.domain.scoring import score_round
from saas.domain.scoring_results import UnitResult

SEPTEMBER = AssessedPeriod(date(2025, 9, 1), date(2025, 9, 30))
FOURTH_QUARTER = AssessedPeriod(date(2025, 10, 1), date(2025, 12, 31))
THIRD_QUARTER = AssessedPeriod(date(2025, 7, 1), date(2025, 9, 30))

_numbers = count(1)


def documented_toml() -> str:
    """The complete example of docs/scheme-format.md: what is documented is what is tested."""
    text = (Path(__file__).parents[2] / "docs" / "scheme-format.md").read_text(encoding="utf-8")
    return str(re.findall(r"```toml\n(.*?)```", text, re.DOTALL)[0])


@cache
def documented_scheme() -> AssessmentScheme:
    return scheme_from_toml(documented_toml())


def make_scheme(*rules: dict[str, Any], full_score: str | None = None, **settings: Any) -> AssessmentScheme:
    """A scheme with one item that holds `rules`; settings that tests rarely care about have a value."""
    return scheme_from_mapping(scheme_mapping(*rules, full_score=full_score, **settings))


def scheme_mapping(*rules: dict[str, Any], full_score: str | None = None, **settings: Any) -> dict[str, Any]:
    item: dict[str, Any] = {"code": "I", "label": "项目", "rules": [_rule(rule) for rule in rules]}
    if full_score is not None:
        item["full_score"] = full_score
    return {
        "code": "test",
        "title": "考核办法",
        "settings": {"ranked_by": "points", "ties": "shared"} | settings,
        "parts": [{"code": "P", "label": "部分", "items": [item]}],
    }


def _rule(rule: dict[str, Any]) -> dict[str, Any]:
    return {"label": f"规则{rule['code']}"} | rule


def make_fact(rule_code: str, quantity: str | int | None = 1, **fields: Any) -> Fact:
    return Fact(
        rule_code=rule_code,
        fact_id=fields.pop("fact_id", f"f{next(_numbers)}"),
        quantity=None if quantity is None else ONE * Decimal(quantity),
        found_on=fields.pop("found_on", date(2025, 9, 17)),
        **fields,
    )


def make_unit(*facts: Fact, code: str = "V1", **fields: Any) -> UnitFacts:
    for name in ("self_scores", "recheck_scores"):
        scores = fields.get(name, {})
        fields[name] = {rule: None if score is None else Decimal(score) for rule, score in scores.items()}
    return UnitFacts(unit_code=code, facts=facts, **fields)


def score_one(scheme: AssessmentScheme, unit: UnitFacts, period: AssessedPeriod = SEPTEMBER) -> UnitResult:
    return score_round(scheme, [unit], period)[0]


def by_code(results: Iterable[UnitResult]) -> dict[str, UnitResult]:
    return {result.unit_code: result for result in results}
