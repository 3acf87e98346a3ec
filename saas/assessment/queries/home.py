"""What the first page shows of assessment: re-checks that wait, one's own unit's last result. One statement each."""

from __future__ import annotations

import uuid
from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.orm import contains_eager, joinedload

from saas.access.permissions import Permission, Role
from saas.accounts.viewer import Viewer
from saas.assessment.models import AssessedUnit, AssessmentResult, AssessmentRound, AssessmentScheme
from saas.assessment.queries.rounds import in_reach
from saas.db import db
from saas.domain.amounts import Amount, Standing
from saas.domain.workflow import RoundStatus
from saas.org.models import OrgUnit


@dataclass(frozen=True, slots=True)
class WaitingRecheck:
    """A round with units within the viewer's reach that nobody has re-checked."""

    assessed: AssessmentRound
    waiting: int
    total: int


def waiting_rechecks(viewer: Viewer) -> list[WaitingRecheck]:
    """The rounds in which the viewer has units to re-check, the earliest first."""
    if not viewer.unit_ids(Permission.ASSESSMENT_RECHECK):
        return []
    total, done = func.count(AssessedUnit.id), func.count(AssessedUnit.rechecked_at)
    rows = db.session.execute(
        select(AssessmentRound, total, done)
        .join(AssessedUnit, AssessedUnit.round_id == AssessmentRound.id)
        .join(AssessmentScheme, AssessmentScheme.id == AssessmentRound.scheme_id)
        .where(
            AssessmentRound.status.in_([RoundStatus.COLLECTING, RoundStatus.RECHECKING]),
            AssessmentRound.cadence == AssessmentScheme.cadence,
            AssessedUnit.unit_id.in_(in_reach(viewer, Permission.ASSESSMENT_RECHECK)),
        )
        .options(contains_eager(AssessmentRound.scheme))
        .group_by(*AssessmentRound.__table__.columns, *AssessmentScheme.__table__.columns)
        .having(total > done)
        .order_by(AssessmentRound.period_start, AssessmentRound.id)
    ).all()
    return [WaitingRecheck(row[0], row[1] - row[2], row[1]) for row in rows]


@dataclass(frozen=True, slots=True)
class LastResult:
    """The last published result of one of the viewer's own units."""

    assessed: AssessmentRound
    unit_id: uuid.UUID
    unit_name: str
    points: Amount
    money: Amount
    rank: int | None
    grade: str


def last_results(viewer: Viewer) -> list[LastResult]:
    """For each unit that the viewer fills for and each scheme, the last published result."""
    own = viewer.units_with_role(Role.VILLAGE_CLERK) + viewer.units_with_role(Role.TOWN_OFFICER)
    if not own:
        return []
    rows = db.session.execute(
        select(AssessmentRound, AssessmentResult, OrgUnit.name)
        .join(AssessmentResult, AssessmentResult.round_id == AssessmentRound.id)
        .join(OrgUnit, OrgUnit.id == AssessmentResult.unit_id)
        .where(AssessmentRound.status == RoundStatus.PUBLISHED, AssessmentResult.unit_id.in_(own))
        .options(joinedload(AssessmentRound.scheme))
        .ext(distinct_on(AssessmentResult.unit_id, AssessmentRound.scheme_id, AssessmentRound.cadence))
        .order_by(
            AssessmentResult.unit_id,
            AssessmentRound.scheme_id,
            AssessmentRound.cadence,
            AssessmentRound.period_start.desc(),
        )
    ).all()
    return [
        LastResult(
            assessed,
            result.unit_id,
            name,
            Amount(Standing(result.points_state), result.points),
            Amount(Standing(result.money_state), result.money),
            result.rank,
            result.grade,
        )
        for assessed, result, name in rows
    ]
