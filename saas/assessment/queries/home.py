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
    """The last published result of one of the viewer's own units. The texts say 未定, 未报 or 不适用 themselves."""

    assessed: AssessmentRound
    unit_id: uuid.UUID
    unit_name: str
    points: str
    money: str
    rank: int | None
    grade: str


def last_results(viewer: Viewer) -> list[LastResult]:
    """For each unit that the viewer fills for and each scheme and cadence, the last published result."""
    own = viewer.units_with_role(Role.VILLAGE_CLERK) + viewer.units_with_role(Role.TOWN_OFFICER)
    if not own:
        return []
    trace = AssessmentResult.trace
    rows = db.session.execute(
        select(
            AssessmentRound,
            AssessmentResult.unit_id,
            OrgUnit.name,
            trace["points"]["text"].astext.label("points"),
            trace["money"]["payable"]["text"].astext.label("money"),
            AssessmentResult.rank,
            AssessmentResult.grade,
        )
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
    return [LastResult(*row) for row in rows]


@dataclass(frozen=True, slots=True)
class OpenRound:
    """A round that is not published yet, with how many of its units are re-checked."""

    assessed: AssessmentRound
    total: int
    rechecked: int


def open_rounds(viewer: Viewer) -> list[OpenRound]:
    """The rounds that the office has under way, the earliest first; nothing for others."""
    if not viewer.permits(Permission.ASSESSMENT_RUN):
        return []
    rows = db.session.execute(
        select(AssessmentRound, func.count(AssessedUnit.id), func.count(AssessedUnit.rechecked_at))
        .join(AssessedUnit, AssessedUnit.round_id == AssessmentRound.id)
        .join(AssessmentScheme, AssessmentScheme.id == AssessmentRound.scheme_id)
        .where(AssessmentRound.status != RoundStatus.PUBLISHED)
        .options(contains_eager(AssessmentRound.scheme))
        .group_by(*AssessmentRound.__table__.columns, *AssessmentScheme.__table__.columns)
        .order_by(AssessmentRound.period_start, AssessmentRound.cadence)
    ).all()
    return [OpenRound(*row) for row in rows]
