"""What an assessment is computed from (考核事实): findings, figures and scores of one unit in one period."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from enum import StrEnum
from types import MappingProxyType
from typing import Any

from saas.domain.amounts import ONE, ZERO
from saas.domain.errors import DomainError
from saas.domain.scheme import AssessmentScheme, Rule, RuleKind
from saas.domain.scheme_settings import FactSource, LossBookedTo


class FactError(DomainError):
    """A fact cannot belong to this scheme: unknown rule, impossible figure, the same fact twice."""

    code = "bad_fact"


_NO_ATTRIBUTES: Mapping[str, Any] = MappingProxyType({})


def _no_attributes() -> Mapping[str, Any]:
    return _NO_ATTRIBUTES


class View(StrEnum):
    """Whose word a total is computed from."""

    COMBINED = "combined"  # as the settings say: the result
    SELF = "self"  # the self-score alone
    RECHECK = "recheck"  # the re-check alone


@dataclass(frozen=True, slots=True)
class AssessedPeriod:
    """The days that are assessed, both included."""

    starts_on: date
    ends_on: date

    def __contains__(self, day: object) -> bool:
        return isinstance(day, date) and self.starts_on <= day <= self.ends_on


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact:
    """One thing found, counted or reported under a rule.

    `quantity` is how many (≥ 0); None means that nobody wrote how many, which is not zero. `households` are house
    numbers. `out_of` is the denominator a report brings with it. `attributes` serve `counts_when` and the classes of a
    tariff. `noticed_on` and `exposed_on` are the days of an outside event beside the day it was found.
    """

    rule_code: str
    fact_id: str
    quantity: Decimal | None = ONE
    source: FactSource = FactSource.RECHECK
    found_on: date | None = None
    households: tuple[str, ...] = ()
    out_of: Decimal | None = None
    note: str = ""
    attributes: Mapping[str, Any] = field(default_factory=_no_attributes)
    noticed_on: date | None = None
    exposed_on: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class UnitFacts:
    """Everything known about one unit in one period.

    Scores are by the code of their `manual_score` rule; an absent one is missing (未报), not zero. `is_rechecked` is
    False until the re-check took place. `base_amount` is the base subsidy (元) where the scheme leaves it to the round.
    """

    unit_code: str
    attributes: Mapping[str, Any] = field(default_factory=dict)
    self_scores: Mapping[str, Decimal | None] = field(default_factory=dict)
    recheck_scores: Mapping[str, Decimal | None] = field(default_factory=dict)
    facts: tuple[Fact, ...] = ()
    is_rechecked: bool = True
    base_amount: Decimal | None = None


def day_booked(fact: Fact, booked_to: LossBookedTo | None) -> date | None:
    """Return the day that decides to which month (当月) an outside event belongs, None while it is not known."""
    if booked_to is LossBookedTo.NOTICE:
        return fact.noticed_on
    return fact.exposed_on if booked_to is LossBookedTo.EXPOSURE else fact.found_on


def check_facts(scheme: AssessmentScheme, unit: UnitFacts) -> None:
    """Raise FactError if a fact or a score cannot belong to this scheme."""
    rules = {rule.code: rule for rule in scheme.rules}
    check_unit(rules, unit)


def check_unit(rules: Mapping[str, Rule], unit: UnitFacts) -> None:
    """As `check_facts`, with the rules by code already at hand."""
    seen: set[str] = set()
    for fact in unit.facts:
        if fact.fact_id in seen:
            raise FactError("记录 {fact} 重复", fact=fact.fact_id)
        seen.add(fact.fact_id)
        _check_fact(rules, fact)
    for scores in (unit.self_scores, unit.recheck_scores):
        for code, score in scores.items():
            _check_score(rules, unit.unit_code, code, score)


def _check_fact(rules: Mapping[str, Rule], fact: Fact) -> None:
    rule = rules.get(fact.rule_code)
    if rule is None or rule.facts_of is not None or rule.kind is RuleKind.MANUAL_SCORE:
        raise FactError("记录 {fact} 所指的规则 {rule} 不存在或不接受记录", fact=fact.fact_id, rule=fact.rule_code)
    for figure in (fact.quantity, fact.out_of):
        if figure is not None and not (figure.is_finite() and figure >= ZERO):
            raise FactError("记录 {fact} 的数量应为不小于 0 的数", fact=fact.fact_id)
    if fact.households and fact.quantity not in (None, ONE, Decimal(len(set(fact.households)))):
        raise FactError("记录 {fact} 的数量与所列户数不符", fact=fact.fact_id)


def _check_score(rules: Mapping[str, Rule], unit_code: str, code: str, score: Decimal | None) -> None:
    rule = rules.get(code)
    if rule is None or rule.kind is not RuleKind.MANUAL_SCORE or rule.full_score is None:
        raise FactError("{unit}：{rule} 不是人工评分项", unit=unit_code, rule=code)
    if score is not None and not (score.is_finite() and ZERO <= score <= rule.full_score):
        raise FactError(
            "{unit}：{rule} 的评分应在 0 至 {full} 分之间", unit=unit_code, rule=code, full=f"{rule.full_score:f}"
        )
