"""Reading the starter packs, and asking their targets, schemes and bodies."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from decimal import Decimal
from pathlib import Path

from saas.domain.assessment_facts import AssessedPeriod, Fact, UnitFacts
from saas.domain.cohorts import Cohort
from saas.domain.scheme import AssessmentScheme, Rule
from saas.domain.scheme_settings import FactSource
from saas.domain.scoring import score_round
from saas.domain.scoring_results import UnitResult
from saas.domain.target_evaluation import evaluate
from saas.domain.targets import Evaluation, Reading, Target
from saas.tenancy.pack_structure import BodyTemplateTable
from saas.tenancy.packs import Pack, read_pack

TENANTS = Path(__file__).parents[2] / "tenants"
YEAR = 2026
STARTERS = (
    "grid-management",
    "safe-community",
    "community-service-centres",
    "residents-committee-reform",
    "social-work-stations",
)
WHOLE_YEAR = AssessedPeriod(date(YEAR, 1, 1), date(YEAR, 12, 31))
LAST_DAY = date(YEAR, 12, 31)


def read_starter(name: str, year: int = YEAR) -> Pack:
    return read_pack(TENANTS / name, year=year)


def target_of(pack: Pack, code: str) -> Target:
    return next(entry.target for entry in pack.configuration.targets if entry.target.code == code)


def template_of(pack: Pack, code: str) -> BodyTemplateTable:
    return next(entry.table for entry in pack.configuration.body_templates if entry.table.code == code)


def cohort_of(pack: Pack, code: str) -> Cohort:
    return next(entry.cohort for entry in pack.configuration.cohorts if entry.table.code == code)


def counted(target: Target, value: int | str, on: date = LAST_DAY) -> Evaluation:
    return evaluate(target, [Reading(on=on, value=Decimal(value))], on)


def shared(target: Target, part: int, whole: int, on: date = LAST_DAY) -> Evaluation:
    return evaluate(target, [Reading(on=on, numerator=part, denominator=whole)], on)


def score(scheme: AssessmentScheme, unit: UnitFacts) -> UnitResult:
    (result,) = score_round(scheme, [unit], WHOLE_YEAR)
    return result


def office_found(rule: str, number: int = 1) -> tuple[Fact, ...]:
    source = FactSource.OFFICE
    return tuple(
        Fact(rule_code=rule, fact_id=f"{rule}-{n}", source=source, found_on=date(YEAR, 6, 1)) for n in range(number)
    )


def with_amounts(scheme: AssessmentScheme, amounts: Mapping[str, int]) -> AssessmentScheme:
    """The scheme once the county has said how much: what a pack leaves open stays open until somebody does that."""

    def filled(rule: Rule) -> Rule:
        return replace(rule, amount=Decimal(amounts[rule.code])) if rule.code in amounts else rule

    parts = tuple(
        replace(part, items=tuple(replace(item, rules=tuple(map(filled, item.rules))) for item in part.items))
        for part in scheme.parts
    )
    return replace(scheme, parts=parts)
