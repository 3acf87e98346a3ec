"""Computing a round (计分): asked for by a person, done by a worker, always from the rows as they stand."""

from __future__ import annotations

import uuid

from sqlalchemy import delete, func, or_, select

from saas.assessment.models import AssessedUnit, AssessmentFact, AssessmentResult, AssessmentRound
from saas.assessment.queries.rounds import find_job, is_roll_up, lock_round, rules_of_round
from saas.assessment.services.gathering import Gathered, SelfReport, gather
from saas.assessment.services.results import ranking_json, result_row
from saas.assessment.services.rolling_up import roll_up_round
from saas.audit.services import AuditAction, HasId, record
from saas.db import db, utc_now
from saas.domain.ranking import RankedUnit, rank_units
from saas.domain.ranking_grades import grade_units
from saas.domain.scheme import AssessmentScheme as Rules
from saas.domain.scoring import score_round
from saas.domain.scoring_results import UnitResult
from saas.domain.trace_json import trace_to_json
from saas.domain.workflow import ROUND_MOVES, RoundAction, RoundStatus, next_status
from saas.jobs.models import Job, JobState
from saas.jobs.running import report_progress
from saas.jobs.services import request_job

COMPUTE = "assessment.compute"
_BEFORE = frozenset({RoundStatus.COLLECTING, RoundStatus.RECHECKING})


def request_compute(assessed: AssessmentRound, *, actor: HasId) -> Job:
    """Ask for a round to be computed; its results appear when a worker has done it.

    Asked twice before it began, it is one job. Raises InvalidTransition once the results are under review.
    """
    assessed = lock_round(assessed.id)
    next_status(ROUND_MOVES, assessed.status, RoundAction.COMPUTE)
    waiting = find_job(assessed)
    if waiting is not None and waiting.state is JobState.QUEUED:
        return waiting
    job = request_job(COMPUTE, f"{assessed.id}:{assessed.version}", {"round_id": assessed.id}, actor=actor)
    assessed.job_id = job.id
    db.session.flush()
    return job


def compute_round(round_id: uuid.UUID) -> None:
    """Score and rank every unit of a round and write the results with their traces, in place of earlier ones.

    Safe to run twice: the same rows give the same results. Raises InvalidTransition once the results are under review.
    """
    assessed = lock_round(round_id)
    assessed.status = next_status(ROUND_MOVES, assessed.status, RoundAction.COMPUTE)
    rules = rules_of_round(assessed)
    results = roll_up_round(assessed, rules) if is_roll_up(assessed) else _score(assessed, rules)
    report_progress(70)
    db.session.execute(delete(AssessmentResult).where(AssessmentResult.round_id == round_id))
    db.session.add_all(results)
    assessed.computed_at = utc_now()
    db.session.flush()
    record(AuditAction.ROUND_COMPUTED, assessed, actor=None, units=len(results))


def _score(assessed: AssessmentRound, rules: Rules) -> list[AssessmentResult]:
    gathered = gather(assessed, rules)
    report_progress(30)
    results = score_round(rules, gathered.facts, gathered.period)
    places = {place.unit_code: place for place in grade_units(rules, results, rank_units(rules, results))}
    return [_row(assessed, result, places[result.unit_code], gathered) for result in results]


def _row(assessed: AssessmentRound, result: UnitResult, place: RankedUnit, gathered: Gathered) -> AssessmentResult:
    report: SelfReport = gathered.reports[result.unit_code]
    unit = gathered.units[result.unit_code]
    trace = trace_to_json(result) | {
        "kind": "scored",
        "ranking": ranking_json(place),
        "self_report": report.as_json(),
        "is_rechecked": unit.rechecked_at is not None,
    }
    return result_row(assessed, unit.unit_id, result.points, result.money.payable, place, trace)


def changed_since_computed(assessed: AssessmentRound) -> bool:
    """Whether a fact was recorded or withdrawn after the results were computed: they must be computed again."""
    if assessed.computed_at is None:
        return assessed.status not in _BEFORE
    later = or_(AssessmentFact.recorded_at > assessed.computed_at, AssessmentFact.withdrawn_at > assessed.computed_at)
    facts = db.session.scalars(
        select(func.count()).select_from(AssessmentFact).where(AssessmentFact.round_id == assessed.id, later)
    ).one()
    units = db.session.scalars(
        select(func.count())
        .select_from(AssessedUnit)
        .where(AssessedUnit.round_id == assessed.id, AssessedUnit.rechecked_at > assessed.computed_at)
    ).one()
    return facts + units > 0
