"""Confirming and publishing results (核定、发布): frozen when put forward, decided on by others, then told to all."""

from __future__ import annotations

import sys
import uuid
from collections.abc import Callable, Mapping
from typing import Any

from flask_babel import lazy_gettext as _l
from sqlalchemy import or_, select

from saas.access.permissions import Role
from saas.accounts.queries import acting
from saas.assessment.models import AssessedUnit, AssessmentResult, AssessmentRound
from saas.assessment.naming import subject_of
from saas.assessment.queries.facts import fact_recorders
from saas.assessment.queries.results import list_traces, may_see_photo
from saas.assessment.queries.rounds import facts_then, get_route, list_assessed, lock_round, period_of_round, unit_names
from saas.assessment.services.computing import changed_since_computed
from saas.assessment.services.reporting import county_name
from saas.audit.services import AuditAction, HasId, record
from saas.db import db, local_today, utc_now
from saas.domain.canonical_json import digest
from saas.domain.errors import DomainError
from saas.domain.routes import Step
from saas.domain.workflow import ROUND_MOVES, RoundAction, next_status
from saas.files.queries import register_subject as register_files
from saas.notifications.services import notify
from saas.org.models import Post
from saas.org.queries import get_root_unit
from saas.review.models import ReviewCase
from saas.review.services import start_case
from saas.review.subjects import SubjectHandler, register_subject

SUBJECT = "assessment_round"


class ResultsChangedError(DomainError):
    """The results are no longer those that were confirmed (结果与核定时不一致)."""

    code = "results_changed"


def round_title(assessed: AssessmentRound) -> str:
    """What a round's results are called: 2026年3月农村环境卫生考核结果."""
    subject = subject_of(assessed.scheme.name, county_name())
    return f"{period_of_round(assessed).label}{subject.topic}{subject.word}结果"


def frozen_results(assessed: AssessmentRound) -> dict[str, Any]:
    """The canonical results of a round: what is decided on. Each unit's trace stands in it by its digest."""
    units = list_assessed(assessed.id)
    parents, facts = {row.unit_id: row.parent_id for row in units}, facts_then(assessed, units)
    towns = unit_names({parent for parent in parents.values() if parent is not None}, assessed.period_end)
    rows = sorted(list_traces(assessed.id), key=_by_town_and_rank(parents))
    return {
        "title": round_title(assessed),
        "cadence": assessed.cadence,
        "period": period_of_round(assessed).label,
        "scheme_version_id": str(assessed.scheme_version_id),
        "settings": rows[0].trace["settings"] if rows else [],
        "results": [
            {
                "unit": facts[row.unit_id].name,
                "code": row.unit.code,
                "town": towns.get(parents[row.unit_id] or row.unit_id, ""),
                "group": row.trace["peer_group"],
                "rank": row.rank,
                "rank_reason": row.trace["ranking"]["reason"],
                "grade": row.grade,
                "is_vetoed": row.is_vetoed,
                "points": row.trace["points"]["text"],
                "points_state": row.points_state,
                "money": row.trace["money"]["payable"]["text"],
                "money_state": row.money_state,
                "trace": digest(row.trace),
            }
            for row in rows
        ],
    }


def _by_town_and_rank(
    parents: Mapping[uuid.UUID, uuid.UUID | None],
) -> Callable[[AssessmentResult], tuple[int, int]]:
    """Order results town by town in the county's order, within a town by rank; those without one last."""
    order = {parent: place for place, parent in enumerate(dict.fromkeys(parents.values()))}
    return lambda row: (order[parents[row.unit_id]], row.rank if row.rank is not None else sys.maxsize)


def submit_round(assessed: AssessmentRound, *, actor: HasId) -> ReviewCase:
    """Put the results forward to be confirmed (送审): they are frozen with their digest.

    Whoever recorded facts, re-checked or puts forward does not confirm. Raises DomainError if facts changed after the
    computing, InvalidTransition if the round was not previewed.
    """
    assessed = lock_round(assessed.id)
    status = next_status(ROUND_MOVES, assessed.status, RoundAction.SUBMIT)
    if changed_since_computed(assessed):
        raise DomainError("计分后又有登记或撤销，请重新计分后再送审", code="stale_results")
    content = frozen_results(assessed)
    assessed.status, assessed.digest = status, digest(content)
    case = start_case(
        get_route(assessed.scheme),
        subject_type=SUBJECT,
        subject_id=assessed.id,
        unit=get_root_unit(local_today()),
        title=round_title(assessed),
        path=f"/assessment/rounds/{assessed.id}",
        content=content,
        authors=fact_recorders(assessed.id),
        actor=actor,
    )
    record(AuditAction.ROUND_CHANGED, assessed, actor=actor, change="submitted", digest=assessed.digest)
    return case


def check_frozen(assessed: AssessmentRound) -> None:
    """Raise ResultsChangedError unless the results are still those that were confirmed."""
    if digest(frozen_results(assessed)) != assessed.digest:
        raise ResultsChangedError("考核结果与核定时的内容不一致，不能发布，请联系系统管理员")


def publish_round(assessed: AssessmentRound, *, actor: HasId) -> AssessmentRound:
    """Publish confirmed results (发布): from now on every unit sees its own and why, and people are told.

    Raises InvalidTransition before they are confirmed.
    """
    assessed = lock_round(assessed.id)
    status = next_status(ROUND_MOVES, assessed.status, RoundAction.PUBLISH)
    check_frozen(assessed)
    assessed.status, assessed.published_at = status, utc_now()
    title = f"{round_title(assessed)}已发布"
    notify(_people_concerned(assessed.id), "published", title, f"/assessment/rounds/{assessed.id}")
    record(AuditAction.ROUND_PUBLISHED, assessed, actor=actor, digest=assessed.digest)
    return assessed


def _people_concerned(round_id: uuid.UUID) -> list[uuid.UUID]:
    """The clerks of the assessed units and the officers of the units above them, with their delegates."""
    who = acting(local_today())
    units = select(AssessedUnit.unit_id).where(AssessedUnit.round_id == round_id)
    parents = select(AssessedUnit.parent_id).where(AssessedUnit.round_id == round_id)
    return list(
        db.session.scalars(
            select(who.c.user_id)
            .join(Post, Post.id == who.c.post_id)
            .where(
                or_(
                    Post.unit_id.in_(units) & Post.roles.contains([Role.VILLAGE_CLERK.value]),
                    Post.unit_id.in_(units) & Post.roles.contains([Role.TOWN_OFFICER.value]),
                    Post.unit_id.in_(parents) & Post.roles.contains([Role.TOWN_OFFICER.value]),
                ),
            )
            .distinct()
        ).all()
    )


# --- what the review tells ------------------------------------------------------------------------------------------


def _act(round_id: uuid.UUID, action: RoundAction) -> AssessmentRound:
    assessed = lock_round(round_id)
    assessed.status = next_status(ROUND_MOVES, assessed.status, action)
    return assessed


def _approved_step(round_id: uuid.UUID, step: Step, actor: HasId) -> None:
    _act(round_id, RoundAction.APPROVE)


def _finished(round_id: uuid.UUID, actor: HasId) -> None:
    assessed = _act(round_id, RoundAction.CONFIRM)
    record(AuditAction.ROUND_CHANGED, assessed, actor=actor, change="confirmed", digest=assessed.digest)
    if assessed.created_by_id is not None:
        path = f"/assessment/rounds/{assessed.id}"
        notify([assessed.created_by_id], "assigned", f"{round_title(assessed)}已核定，请发布", path)


def _returned(round_id: uuid.UUID, reason: str, actor: HasId) -> None:
    assessed = _act(round_id, RoundAction.RETURN)
    assessed.digest = ""
    record(AuditAction.ROUND_CHANGED, assessed, actor=actor, change="returned", reason=reason)


def _withdrawn(round_id: uuid.UUID, actor: HasId) -> None:
    assessed = _act(round_id, RoundAction.WITHDRAW)
    assessed.digest = ""
    record(AuditAction.ROUND_CHANGED, assessed, actor=actor, change="withdrawn")


register_subject(
    SUBJECT,
    SubjectHandler(_l("考核结果"), "assessment/_frozen_results.html", _approved_step, _returned, _finished, _withdrawn),
)
register_files("assessment_fact", may_see_photo)
