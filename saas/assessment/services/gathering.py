"""From rows to what the domain scores: attributes, self-scores, re-check scores and facts of every unit of a round."""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from flask import current_app

from saas.assessment.models import AssessedUnit, AssessmentFact, AssessmentRound
from saas.assessment.queries.facts import find_handed_in, list_facts
from saas.assessment.queries.rounds import facts_then, find_collection, list_assessed, period_of_round
from saas.assessment.services.rounds import base_amount_of
from saas.domain.amounts import ZERO, plain
from saas.domain.assessment_facts import AssessedPeriod, Fact, UnitFacts
from saas.domain.assessment_windows import assessed_period
from saas.domain.periods import Cadence
from saas.domain.scheme import AssessmentScheme as Rules
from saas.domain.scheme import Rule, RuleKind
from saas.domain.scheme_settings import FactSource
from saas.org.queries import list_unit_types
from saas.submissions.models import Submission
from saas.submissions.queries import self_scores


@dataclass(frozen=True, slots=True)
class SelfReport:
    """What became of a unit's self-score: `missing` (未报), `not_applicable` or `reported`, and what was not usable."""

    state: str
    submission_id: uuid.UUID | None = None
    revision: int = 0
    is_late: bool = False
    refused: tuple[str, ...] = ()

    def as_json(self) -> dict[str, Any]:
        """Return it as it stands in a trace."""
        return {
            "state": self.state,
            "submission_id": str(self.submission_id) if self.submission_id else None,
            "revision": self.revision,
            "is_late": self.is_late,
            "refused": list(self.refused),
        }


@dataclass(frozen=True, slots=True)
class Gathered:
    """Everything that a round is scored from, with the rows it came from by unit code."""

    period: AssessedPeriod
    facts: tuple[UnitFacts, ...]
    units: Mapping[str, AssessedUnit]
    reports: Mapping[str, SelfReport]


@dataclass(slots=True)
class _Own:
    """What a self-score says."""

    scores: dict[str, Decimal | None] = field(default_factory=dict)
    facts: list[Fact] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)


def gather(assessed: AssessmentRound, rules: Rules) -> Gathered:
    """Collect the facts of a round. A unit that did not report has no self-score (未报), which is not 0."""
    submissions = _submissions(assessed)
    recorded: dict[uuid.UUID, list[AssessmentFact]] = {}
    for fact in list_facts(assessed.id):
        if fact.withdrawn_at is None:
            recorded.setdefault(fact.unit_id, []).append(fact)
    units, facts, reports = {}, [], {}
    rows = list_assessed(assessed.id)
    then, types = facts_then(assessed, rows), {each.id: each for each in list_unit_types()}
    for row in rows:
        code, submission = row.unit.code, submissions.get(row.unit_id)
        own = _read_self_score(submission, rules)
        units[code] = row
        reports[code] = _report(submission, own)
        known = then[row.unit_id]
        attributes = typed_attributes(known.attributes, types[known.unit_type_id].attributes)
        facts.append(_unit_facts(assessed, rules, row, attributes, own, recorded.get(row.unit_id, [])))
    return Gathered(days_of(assessed, rules), tuple(facts), units, reports)


def days_of(assessed: AssessmentRound, rules: Rules) -> AssessedPeriod:
    """The days that a round assesses: the period's, or for a month as the scheme cuts it (考核期)."""
    if assessed.cadence == Cadence.MONTH:
        return assessed_period(rules.settings, assessed.period_start.year, assessed.period_start.month)
    return AssessedPeriod(assessed.period_start, assessed.period_end)


def _submissions(assessed: AssessmentRound) -> Mapping[uuid.UUID, Submission]:
    collection = find_collection(assessed.scheme)
    return self_scores(collection.id, period_of_round(assessed)) if collection is not None else {}


def _unit_facts(
    assessed: AssessmentRound,
    rules: Rules,
    row: AssessedUnit,
    attributes: Mapping[str, Any],
    own: _Own,
    recorded: Sequence[AssessmentFact],
) -> UnitFacts:
    scored = {rule.code for rule in rules.rules if rule.kind is RuleKind.MANUAL_SCORE}
    return UnitFacts(
        unit_code=row.unit.code,
        attributes=attributes,
        self_scores=own.scores,
        recheck_scores={fact.rule_code: fact.quantity for fact in recorded if fact.rule_code in scored},
        facts=(*own.facts, *(_fact(fact) for fact in recorded if fact.rule_code not in scored)),
        is_rechecked=row.rechecked_at is not None,
        base_amount=base_amount_of(assessed, row.unit.code),
    )


def _fact(fact: AssessmentFact) -> Fact:
    return Fact(
        rule_code=fact.rule_code,
        fact_id=str(fact.id),
        quantity=fact.quantity,
        source=FactSource(fact.source),
        found_on=fact.found_on,
        households=tuple(fact.households),
        out_of=fact.out_of,
        note=fact.note,
        attributes=fact.attributes,
        noticed_on=fact.noticed_on,
        exposed_on=fact.exposed_on,
    )


def self_scores_of(assessed: AssessmentRound, unit_id: uuid.UUID, rules: Rules) -> tuple[SelfReport, dict[str, Any]]:
    """What one unit said of itself: whether it reported, and its score or figure by rule code."""
    handed_in = find_handed_in(assessed, unit_id)
    own = _read_self_score(handed_in, rules)
    figures = {fact.rule_code: fact.quantity for fact in own.facts}
    return _report(handed_in, own), own.scores | figures


def typed_attributes(attributes: Mapping[str, Any], declared: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Return a unit's attributes with numbers as numbers: stored, an exact number with decimals is a text."""
    numeric = {entry["name"] for entry in declared if entry.get("type") in ("decimal", "integer", "number")}
    return {
        name: _number(value) if name in numeric and isinstance(value, str) else value
        for name, value in attributes.items()
    }


def _number(value: Any) -> Decimal | None:
    try:
        number = Decimal(str(value))
    except InvalidOperation:
        return None
    return number if number.is_finite() else None


# --- self-scores ----------------------------------------------------------------------------------------------------


def _report(submission: Submission | None, own: _Own) -> SelfReport:
    if submission is None:
        return SelfReport("missing")
    state = "not_applicable" if submission.is_not_applicable else "reported"
    return SelfReport(state, submission.id, submission.revision, submission.is_late, tuple(own.refused))


def _read_self_score(submission: Submission | None, rules: Rules) -> _Own:
    """Take from the answers the fields that are named like rules: scores, and figures of other rules."""
    own = _Own()
    if submission is None or submission.is_not_applicable:
        return own
    found_on = _day_of(submission.submitted_at) or submission.period_end
    answers = dict(_leaves(submission.answers))
    for rule in rules.rules:
        value = _number(answers.get(rule.code)) if rule.facts_of is None else None
        if value is None:
            continue
        if rule.kind is RuleKind.MANUAL_SCORE:
            _take_score(own, rule, value)
        elif value >= ZERO:
            own.facts.append(_reported(rule, value, submission.id, found_on))
    return own


def _day_of(moment: datetime | None) -> date | None:
    return moment.astimezone(current_app.config["JICENG"].timezone).date() if moment else None


def _leaves(answers: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """Yield the answers to single questions, out of their groups. Rows of a table are no figures of a rule."""
    for name, answer in answers.items():
        if isinstance(answer, Mapping):
            yield from _leaves(answer)
        elif not isinstance(answer, list) and not isinstance(answer, bool):
            yield name, answer


def _take_score(own: _Own, rule: Rule, value: Decimal) -> None:
    if rule.full_score is not None and ZERO <= value <= rule.full_score:
        own.scores[rule.code] = value
    else:
        own.refused.append(f"{rule.label}：自评 {plain(value)} 分超出满分，未采用")


def _reported(rule: Rule, value: Decimal, submission_id: uuid.UUID, found_on: date) -> Fact:
    return Fact(
        rule_code=rule.code,
        fact_id=f"self:{submission_id}:{rule.code}",
        quantity=value,
        source=FactSource.SELF,
        found_on=found_on,
    )
