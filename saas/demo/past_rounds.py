"""Past rounds of assessment: re-check on the spot, what the office adds, computing, confirming, publishing."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal

from sqlalchemy import select

from saas.access.permissions import Role
from saas.accounts.models import User
from saas.assessment.models import AssessedUnit, AssessmentRound, AssessmentScheme
from saas.assessment.queries.rounds import list_assessed
from saas.assessment.services.bulletins import publish_with_bulletin
from saas.assessment.services.computing import compute_round
from saas.assessment.services.confirming import submit_round
from saas.assessment.services.facts import NewFact, record_finding, record_office_fact, record_scores
from saas.assessment.services.rounds import move, start_round
from saas.db import db, local_today
from saas.demo import moments
from saas.demo.draws import spread_loss
from saas.demo.past_submissions import full_scores, self_percent
from saas.demo.stage import Stage
from saas.demo.telling import Tale
from saas.domain.cohorts import cohort_from_mapping
from saas.domain.periods import Cadence, Period, months_after
from saas.domain.scheme import Rule, RuleKind
from saas.domain.scheme_conditions import Comparison, holds
from saas.domain.workflow import RoundAction, RoundStatus
from saas.org.models import OrgUnit
from saas.review.services import approve
from saas.tenancy.pack_configuration import PackScheme
from saas.tenancy.pack_content import FactHistory, RoundHistory, ScoreHistory

HOUSEHOLDS_LIMIT = 6
ORDER = ("collecting", "rechecked", "computed", "confirmed", "published")


@dataclass
class Past:
    """A round while it is told. `assessed` and `units` are there once it has been started."""

    stage: Stage
    scheme: PackScheme
    row: AssessmentScheme
    entry: RoundHistory
    period: Period
    assessed: AssessmentRound | None = None
    units: dict[str, AssessedUnit] = field(default_factory=dict)

    @property
    def recheck_from(self) -> date:
        """The first day of the re-check: in a month the 16th; a year is evaluated in the January after it."""
        if self.period.cadence is Cadence.MONTH:
            return self.period.start.replace(day=16)
        return months_after(self.period.end, 1).replace(day=18)

    @property
    def recheck_days(self) -> int:
        return 4

    def moment(self, days: int, *words: object) -> datetime:
        """A moment so many days after the re-check began."""
        draw = self.stage.draw("round", self.scheme.scheme.code, self.period.key, days, *words)
        return moments.working_moment(self.recheck_from + timedelta(days=days), draw, self.stage.zone)

    def reaches(self, status: str) -> bool:
        """Whether the round of the history comes as far as this."""
        return ORDER.index(self.entry.status) >= ORDER.index(status)

    @property
    def rules(self) -> dict[str, Rule]:
        return {rule.code: rule for rule in self.scheme.scheme.rules}


def round_tales(stage: Stage) -> Iterator[Tale]:
    """Every round of the history: the round itself, the re-check of each unit, and the facts of the office."""
    schemes = {entry.scheme.code: entry for entry in stage.pack.configuration.schemes}
    for entry in stage.history.rounds:
        scheme = schemes[entry.scheme]
        row = db.session.scalars(select(AssessmentScheme).where(AssessmentScheme.code == entry.scheme)).one()
        period = moments.past_period(stage.today, Cadence(scheme.application.cadence), entry.period)
        past = Past(stage, scheme, row, entry, period)
        yield _round_tale(past)
        if not past.reaches("rechecked"):
            continue
        members = stage.members(cohort_from_mapping(row.cohort))
        scores = _recheck_scores(past, members)
        for number, unit in enumerate(members):
            if unit.code in scores:
                yield _recheck_tale(past, unit, number, scores[unit.code])
        for fact in _named_facts(past):
            if fact.source == "office":
                yield _office_tale(past, fact)


def _round_tale(past: Past) -> Tale:
    stage = past.stage
    yield past.moment(0).replace(hour=7, minute=30)
    runner = stage.office[-1]
    past.assessed = start_round(past.row, past.period, actor=runner)
    past.units = {row.unit.code: row for row in list_assessed(past.assessed.id)}
    if not past.reaches("computed"):
        return
    yield past.moment(past.recheck_days + 5)
    compute_round(past.assessed.id)
    if not past.reaches("confirmed"):
        return
    at = past.moment(past.recheck_days + 6)
    yield at
    move(past.assessed, RoundAction.PREVIEW, actor=runner)
    case = submit_round(past.assessed, actor=runner)
    draw = stage.draw("confirm", past.period.key)
    while people := stage.asked(case):
        at = moments.soon_after(at, draw, hours=(2, 8))
        yield at
        approve(case, actor=people[0], comment=draw.pick(("", "同意。", "同意发布。")))
    if past.reaches("published") and past.assessed.status is RoundStatus.CONFIRMED:
        yield moments.soon_after(at, draw, hours=(2, 8))
        publish_with_bulletin(past.assessed, actor=runner)


# --- the re-check of one unit ---------------------------------------------------------------------------------------


def _recheck_tale(past: Past, unit: OrgUnit, number: int, scores: dict[str, Decimal]) -> Tale:
    named = [fact for fact in _named_facts(past) if fact.unit == unit.code and fact.source == "recheck"]
    draw = past.stage.draw("recheck", past.scheme.scheme.code, past.period.key, unit.code)
    days = max([_found_on(past, fact) for fact in named], default=past.recheck_from) - past.recheck_from
    yield past.moment(max(days.days, draw.between(0, past.recheck_days - 1)), unit.code)
    inspectors = past.stage.people(past.stage.root, Role.INSPECTOR)
    person = inspectors[number % len(inspectors)]
    row = past.units[unit.code]
    for new in [_named(past, fact) for fact in named] or _found_by_chance(past, unit):
        record_finding(row, new, actor=person)
    for new in _readings(past, unit):
        record_finding(row, new, actor=person)
    record_scores(row, scores, actor=person, is_complete=True)


def _named_facts(past: Past) -> list[FactHistory]:
    code = past.scheme.scheme.code
    return [f for f in past.stage.history.facts if f.scheme == code and f.period == past.entry.period]


def _found_on(past: Past, fact: FactHistory) -> date:
    return past.period.end.replace(day=fact.day)


def _named(past: Past, fact: FactHistory) -> NewFact:
    rule = past.rules[fact.rule]
    condition = rule.counts_when
    attributes = {condition.attribute: condition.values[0]} if isinstance(condition, Comparison) else {}
    found_on = _found_on(past, fact)
    return NewFact(
        rule_code=fact.rule,
        quantity=fact.quantity,
        found_on=found_on,
        noticed_on=found_on,
        households=fact.households,
        note="" if fact.source == "office" else fact.note,
        document_name=fact.note if fact.source == "office" else "",
        attributes=attributes,
    )


def _found_by_chance(past: Past, unit: OrgUnit) -> Iterator[NewFact]:
    for rate in past.stage.history.finding_rates:
        if rate.scheme != past.scheme.scheme.code:
            continue
        draw = past.stage.draw("found", rate.rule, past.period.key, unit.code)
        if not draw.is_hit(rate.percent):
            continue
        count = draw.between(1, rate.at_most)
        is_by_household = past.rules[rate.rule].kind is RuleKind.PER_HOUSEHOLD
        homes = sorted({f"{draw.between(1, HOUSEHOLDS_LIMIT)}组{draw.between(1, 30)}号" for _ in range(count)})
        yield NewFact(
            rule_code=rate.rule,
            quantity=Decimal(len(homes) if is_by_household else count),
            found_on=local_today(),
            households=homes if is_by_household else (),
        )


def _readings(past: Past, unit: OrgUnit) -> Iterator[NewFact]:
    """Figures that the inspector reads on the spot, where the rule applies to the unit."""
    for reading in past.stage.history.readings:
        rule = past.rules.get(reading.rule)
        figure = unit.attributes.get(reading.attribute)
        if reading.scheme != past.scheme.scheme.code or rule is None or figure is None:
            continue
        if rule.applies_when is None or holds(rule.applies_when, unit.attributes):
            yield NewFact(rule_code=rule.code, quantity=Decimal(str(figure)), found_on=local_today())


def _office_tale(past: Past, fact: FactHistory) -> Tale:
    found_on = _found_on(past, fact)
    draw = past.stage.draw("office", fact.rule, fact.unit, past.period.key)
    yield moments.working_moment(max(found_on, past.recheck_from) + timedelta(days=1), draw, past.stage.zone)
    actor: User = past.stage.office[-1]
    record_office_fact(past.units[fact.unit], _named(past, fact), actor=actor)


# --- scores ---------------------------------------------------------------------------------------------------------


def _recheck_scores(past: Past, members: list[OrgUnit]) -> dict[str, dict[str, Decimal]]:
    """The re-check scores of every unit that was re-checked: a little below the self-score, or as the history says."""
    named = {
        entry.unit: entry
        for entry in past.stage.history.scores
        if entry.scheme == past.scheme.scheme.code and entry.period == past.entry.period
    }
    found: dict[str, dict[str, Decimal]] = {}
    for unit in members:
        entry = named.get(unit.code)
        if entry is None or entry.is_rechecked:
            found[unit.code] = _scores_of(past, unit, entry)
    for code, entry in named.items():
        if entry.same_as is not None:
            found[code] = dict(found[entry.same_as])
    return found


def _scores_of(past: Past, unit: OrgUnit, entry: ScoreHistory | None) -> dict[str, Decimal]:
    full = {code: score for code, score in full_scores(past.scheme).items() if _is_asked(past.rules[code], unit)}
    own, below = past.entry.self_scores, past.entry.recheck_below_self
    collection = past.scheme.application.collection or ""
    percent = self_percent(past.stage, (collection, unit.code, past.period.key), (int(own.low), int(own.high)))
    draw = past.stage.draw("scores", past.scheme.scheme.code, past.period.key, unit.code)
    percent -= draw.between(int(below.low), int(below.high))
    scores = spread_loss(full, sum(full.values(), Decimal()) * (100 - percent) / 100, draw)
    return scores | {code: score for code, score in (entry.scores if entry else {}).items() if code in full}


def _is_asked(rule: Rule, unit: OrgUnit) -> bool:
    return rule.applies_when is None or holds(rule.applies_when, unit.attributes) is not False
