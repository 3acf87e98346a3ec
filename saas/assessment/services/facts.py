"""Facts (考核事实): re-check scores and findings, what the office adds, and withdrawing what was wrong.

Nothing is ever deleted: a fact that was wrong is withdrawn with a reason and stays on record.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any

from sqlalchemy.orm.attributes import flag_modified

from saas.assessment.models import AssessedUnit, AssessmentFact, AssessmentRound
from saas.assessment.queries import facts as queries
from saas.assessment.queries.rounds import facts_then, lock_round, rules_of_round
from saas.audit.services import AuditAction, HasId, record
from saas.db import db, local_today, new_id, utc_now
from saas.domain.canonical_json import plain
from saas.domain.errors import DomainError, InvalidTransition, NotAllowed
from saas.domain.scheme import AssessmentScheme as Rules
from saas.domain.scheme import Rule, RuleKind
from saas.domain.scheme_conditions import holds
from saas.domain.workflow import ROUND_MOVES, RoundAction, RoundStatus, next_status
from saas.files.models import StoredFile
from saas.submissions.queries import find_submission

# What only the office records: events outside the unit, on paper.
OFFICE_KINDS = frozenset(
    {RuleKind.BONUS, RuleKind.WHOLE_MONTH_LOSS, RuleKind.VETO, RuleKind.PERSONAL_LOSS, RuleKind.TARIFF}
)
_RECHECK_OPEN = frozenset({RoundStatus.COLLECTING, RoundStatus.RECHECKING})
_OFFICE_OPEN = _RECHECK_OPEN | {RoundStatus.COMPUTED, RoundStatus.PREVIEWED}


class RecheckClosedError(DomainError):
    """The re-check of this round is not open (不在复核时间内)."""

    code = "recheck_closed"


@dataclass(frozen=True, slots=True, kw_only=True)
class NewFact:
    """One thing to record under a rule. `quantity` None: nobody wrote how many, which is not zero."""

    rule_code: str
    quantity: Decimal | None
    found_on: date
    households: Sequence[str] = ()
    out_of: Decimal | None = None
    note: str = ""
    document_name: str = ""
    noticed_on: date | None = None
    exposed_on: date | None = None
    attributes: Mapping[str, Any] = field(default_factory=dict)


def recheck_rules(rules: Rules) -> list[Rule]:
    """The rules whose findings those who re-check record on the spot."""
    return [
        rule
        for rule in rules.rules
        if rule.kind is not RuleKind.MANUAL_SCORE and rule.facts_of is None and rule.kind not in OFFICE_KINDS
    ]


def recheck_rules_for(rules: Rules, attributes: Mapping[str, Any], ends_on: date) -> list[Rule]:
    """The same for one unit: without those that surely do not apply to it."""
    return [
        rule
        for rule in recheck_rules(rules)
        if (rule.effective_from is None or rule.effective_from <= ends_on)
        and (rule.applies_when is None or holds(rule.applies_when, attributes) is not False)
    ]


def recheck_is_open(assessed: AssessmentRound, window: queries.RecheckWindow) -> bool:
    """Whether re-checks may be recorded now: by the round's status and by its window."""
    return assessed.status in _RECHECK_OPEN and window.is_open(local_today())


def office_rules(rules: Rules) -> list[Rule]:
    """The rules under which the office may record something, outside events first."""
    own = [rule for rule in rules.rules if rule.facts_of is None and rule.kind is not RuleKind.MANUAL_SCORE]
    return sorted(own, key=lambda rule: rule.kind not in OFFICE_KINDS)


def scored_rules(rules: Rules, attributes: Mapping[str, Any], ends_on: date) -> list[Rule]:
    """The rules that ask for a score of this unit: those that apply, or of which it is not known."""
    return [
        rule
        for rule in rules.rules
        if rule.kind is RuleKind.MANUAL_SCORE
        and (rule.effective_from is None or rule.effective_from <= ends_on)
        and (rule.applies_when is None or holds(rule.applies_when, attributes) is not False)
    ]


def scores_in_force(facts: Sequence[AssessmentFact], rules: Rules) -> dict[str, AssessmentFact]:
    """The re-check scores that count, by rule code."""
    scored = {rule.code for rule in rules.rules if rule.kind is RuleKind.MANUAL_SCORE}
    return {
        fact.rule_code: fact
        for fact in facts
        if fact.source == "recheck" and fact.withdrawn_at is None and fact.rule_code in scored
    }


def record_scores(
    unit: AssessedUnit, scores: Mapping[str, Decimal | None], *, actor: HasId, is_complete: bool = False
) -> None:
    """Record the re-check scores of a unit by rule code; None takes a score back. A changed one is a new fact.

    With `is_complete` the re-check of the unit is finished: nothing found is then really nothing. Raises DomainError
    if scores are lacking for that, RecheckClosedError outside the window, NotAllowed for who filled the self-score.
    """
    assessed, rules = _open_recheck(unit, actor)
    before = scores_in_force(queries.list_facts(assessed.id, unit.unit_id), rules)
    changed = 0
    for code, score in scores.items():
        _check_score(rules, code, score)
        earlier = before.get(code)
        if earlier is not None and earlier.quantity == score:
            continue
        if earlier is not None:
            _withdraw(earlier, "更正评分", actor)
        if score is not None:
            db.session.add(
                _fact(unit, NewFact(rule_code=code, quantity=score, found_on=local_today()), actor, "recheck")
            )
        changed += 1
    flag_modified(unit, "rechecked_at")  # counts the version up: who has older scores on the screen is told
    db.session.flush()
    if is_complete:
        _finish(unit, assessed, rules, actor)
    if changed or is_complete:
        record(AuditAction.FACT_RECORDED, assessed, actor=actor, unit=str(unit.unit_id), scores=changed)


def _check_score(rules: Rules, code: str, score: Decimal | None) -> None:
    rule = next((r for r in rules.rules if r.code == code and r.kind is RuleKind.MANUAL_SCORE), None)
    if rule is None or rule.full_score is None:
        raise DomainError("评分项不存在", code="bad_fact")
    if score is not None and not 0 <= score <= rule.full_score:
        raise DomainError(
            "“{label}”的评分应在 0 至 {full} 分之间", code="bad_fact", label=rule.label, full=f"{rule.full_score:f}"
        )


def _finish(unit: AssessedUnit, assessed: AssessmentRound, rules: Rules, actor: HasId) -> None:
    there = scores_in_force(queries.list_facts(assessed.id, unit.unit_id), rules)
    attributes = facts_then(assessed, [unit])[unit.unit_id].attributes
    lacking = [r.label for r in scored_rules(rules, attributes, assessed.period_end) if r.code not in there]
    if lacking:
        raise DomainError(
            "还有 {count} 项没有评分：{items}", code="incomplete", count=len(lacking), items="、".join(lacking)
        )
    unit.rechecked_at, unit.rechecked_by_id = utc_now(), actor.id
    db.session.flush()


def resume_recheck(unit: AssessedUnit, *, actor: HasId) -> None:
    """Take “re-check complete” back, to go on (继续复核)."""
    assessed, _ = _open_recheck(unit, actor)
    unit.rechecked_at = unit.rechecked_by_id = None
    record(AuditAction.FACT_RECORDED, assessed, actor=actor, unit=str(unit.unit_id), change="resumed")


def record_finding(unit: AssessedUnit, new: NewFact, *, actor: HasId) -> AssessmentFact:
    """Record what was found on the spot under a rule (复核发现)."""
    assessed, rules = _open_recheck(unit, actor)
    if new.rule_code not in {rule.code for rule in recheck_rules(rules)}:
        raise DomainError("这条规则不由复核人登记", code="bad_fact")
    return _add(unit, assessed, new, actor, "recheck")


def record_office_fact(unit: AssessedUnit, new: NewFact, *, actor: HasId) -> AssessmentFact:
    """Record an outside event or a correction as the office (考核办登记). The window does not bind the office.

    Raises InvalidTransition once the results are under review.
    """
    assessed = lock_round(unit.round_id)
    if assessed.status not in _OFFICE_OPEN:
        raise InvalidTransition("考核结果已送审，不能再登记")
    if new.rule_code not in {rule.code for rule in office_rules(rules_of_round(assessed))}:
        raise DomainError("这条规则不接受登记", code="bad_fact")
    return _add(unit, assessed, new, actor, "office")


def _add(unit: AssessedUnit, assessed: AssessmentRound, new: NewFact, actor: HasId, source: str) -> AssessmentFact:
    if new.found_on > local_today():
        raise DomainError("发现日期不能晚于今天", code="bad_fact")
    fact = _fact(unit, new, actor, source)
    db.session.add(fact)
    db.session.flush()
    record(AuditAction.FACT_RECORDED, fact, actor=actor, unit=str(unit.unit_id), rule=new.rule_code, source=source)
    return fact


def _fact(unit: AssessedUnit, new: NewFact, actor: HasId, source: str) -> AssessmentFact:
    return AssessmentFact(
        id=new_id(),
        round_id=unit.round_id,
        unit_id=unit.unit_id,
        rule_code=new.rule_code,
        source=source,
        quantity=new.quantity,
        households=list(new.households),
        out_of=new.out_of,
        found_on=new.found_on,
        noticed_on=new.noticed_on,
        exposed_on=new.exposed_on,
        note=new.note,
        document_name=new.document_name,
        attributes=plain(new.attributes),
        recorded_by_id=actor.id,
        recorded_at=utc_now(),
    )


def attach_photo(fact: AssessmentFact, photo: StoredFile) -> None:
    """Put a photo to a fact; it was stored for the fact."""
    fact.photo_id = photo.id


def withdraw_fact(fact: AssessmentFact, *, reason: str, actor: HasId) -> None:
    """Take a fact back with a reason (撤销记录). It stays on record and no longer counts.

    Raises DomainError if it was withdrawn already, or if the round no longer takes changes from this side.
    """
    assessed = lock_round(fact.round_id)
    if fact.withdrawn_at is not None:
        raise DomainError("这条记录已经撤销", code="already_withdrawn")
    allowed = _OFFICE_OPEN if fact.source == "office" else _RECHECK_OPEN
    if assessed.status not in allowed:
        raise InvalidTransition("当前状态不能撤销记录")
    _withdraw(fact, reason, actor)
    record(AuditAction.FACT_WITHDRAWN, fact, actor=actor, reason=reason)


def _withdraw(fact: AssessmentFact, reason: str, actor: HasId) -> None:
    fact.withdrawn_at, fact.withdrawn_by_id, fact.withdrawn_reason = utc_now(), actor.id, reason


def _open_recheck(unit: AssessedUnit, actor: HasId) -> tuple[AssessmentRound, Rules]:
    """The round of a unit, once it is sure that this person may re-check the unit now."""
    assessed = lock_round(unit.round_id)
    rules = rules_of_round(assessed)
    if assessed.status not in _RECHECK_OPEN:
        raise RecheckClosedError("本轮复核已经结束，如需更正请由考核办重新开放复核")
    window = queries.recheck_window(assessed, rules)
    if not window.is_open(local_today()):
        raise RecheckClosedError(
            "复核时间为 {start} 至 {end}，今天不在时间内", start=window.starts_on, end=window.ends_on
        )
    if actor.id in _self_assessors(assessed, unit.unit_id):
        raise NotAllowed("您参与填报了该单位的自评，不能复核")
    if assessed.status is RoundStatus.COLLECTING:
        assessed.status = next_status(ROUND_MOVES, assessed.status, RoundAction.START_RECHECK)
    return assessed, rules


def _self_assessors(assessed: AssessmentRound, unit_id: uuid.UUID) -> set[uuid.UUID]:
    collection_id = assessed.scheme.collection_id
    if collection_id is None:
        return set()
    filled = find_submission(collection_id, unit_id, assessed.period_start)
    if filled is None:
        return set()
    people = {uuid.UUID(person) for person in filled.contributors}
    return people if filled.submitted_by_id is None else people | {filled.submitted_by_id}
