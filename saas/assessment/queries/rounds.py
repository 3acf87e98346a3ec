"""Reading schemes and rounds. That a round exists is no secret inside the county; its results are (see `results`)."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import ColumnElement, Select, exists, func, select
from sqlalchemy.orm import joinedload

from saas.access.permissions import Permission
from saas.accounts.viewer import Viewer
from saas.assessment.models import AssessedUnit, AssessmentRound, AssessmentScheme, SchemeVersion
from saas.db import db, local_today
from saas.domain.cohorts import cohort_from_mapping, matches
from saas.domain.periods import Cadence, Period, period_of
from saas.domain.scheme import AssessmentScheme as Rules
from saas.domain.scheme_reading import scheme_from_mapping
from saas.forms.models import VersionStatus
from saas.jobs.models import Job
from saas.org.cohorts import CohortBook, units_on
from saas.org.models import OrgUnit
from saas.org.queries import subtree_ids
from saas.org.versions import UnitFacts, facts_on
from saas.review.models import Route
from saas.submissions.models import Collection

PAGE = 50


def in_reach(viewer: Viewer, permission: Permission) -> Select[uuid.UUID]:
    """Select the ids of the units for which the viewer holds a permission: those of the posts and all below."""
    return subtree_ids(viewer.unit_ids(permission), local_today())


# --- schemes --------------------------------------------------------------------------------------------------------


def list_schemes() -> Sequence[AssessmentScheme]:
    """Every scheme, those in use first."""
    return db.session.scalars(
        select(AssessmentScheme).order_by(AssessmentScheme.is_active.desc(), AssessmentScheme.name)
    ).all()


def get_scheme(scheme_id: uuid.UUID) -> AssessmentScheme:
    """Return a scheme, or raise NoResultFound (404)."""
    return db.session.scalars(select(AssessmentScheme).where(AssessmentScheme.id == scheme_id)).one()


def list_versions(scheme_id: uuid.UUID) -> Sequence[SchemeVersion]:
    """The versions of a scheme, the newest first."""
    return db.session.scalars(
        select(SchemeVersion).where(SchemeVersion.scheme_id == scheme_id).order_by(SchemeVersion.number.desc())
    ).all()


def find_version_in_force(scheme_id: uuid.UUID, on: date) -> SchemeVersion | None:
    """The published version that rules a period beginning on a day, or None if none was in force yet."""
    return db.session.scalars(
        select(SchemeVersion)
        .where(
            SchemeVersion.scheme_id == scheme_id,
            SchemeVersion.status == VersionStatus.PUBLISHED,
            SchemeVersion.effective_from <= on,
        )
        .order_by(SchemeVersion.effective_from.desc(), SchemeVersion.number.desc())
        .limit(1)
    ).one_or_none()


def rules_of(version: SchemeVersion) -> Rules:
    """The rules of a version."""
    return scheme_from_mapping(version.definition)


def rules_of_round(assessed: AssessmentRound) -> Rules:
    """The rules by which a round is scored: the version in force when it began."""
    return scheme_from_mapping(assessed.scheme_version.definition)


def find_collection(scheme: AssessmentScheme) -> Collection | None:
    """The collection whose answers are the self-scores of a scheme, or None."""
    return db.session.scalars(select(Collection).where(Collection.id == scheme.collection_id)).one_or_none()


def get_route(scheme: AssessmentScheme) -> Route:
    """How results of a scheme are confirmed."""
    return db.session.scalars(select(Route).where(Route.id == scheme.route_id)).one()


# --- rounds ---------------------------------------------------------------------------------------------------------


def list_rounds(scheme_id: uuid.UUID | None = None, limit: int = 36) -> Sequence[AssessmentRound]:
    """The rounds of a scheme, or of all, the latest first; a month before the quarter it belongs to."""
    statement = select(AssessmentRound).options(joinedload(AssessmentRound.scheme))
    if scheme_id is not None:
        statement = statement.where(AssessmentRound.scheme_id == scheme_id)
    return db.session.scalars(
        statement.order_by(
            AssessmentRound.period_end.desc(),
            AssessmentRound.period_start,
            AssessmentRound.created_at,
            AssessmentRound.id,
        ).limit(limit)
    ).all()


def get_round(round_id: uuid.UUID) -> AssessmentRound:
    """Return a round with its scheme, or raise NoResultFound (404)."""
    return db.session.scalars(
        select(AssessmentRound)
        .where(AssessmentRound.id == round_id)
        .options(joinedload(AssessmentRound.scheme), joinedload(AssessmentRound.scheme_version))
    ).one()


def get_round_to_run(round_id: uuid.UUID, viewer: Viewer) -> AssessmentRound:
    """Return a round all of whose units the viewer assesses, or raise NoResultFound (404)."""
    reach = in_reach(viewer, Permission.ASSESSMENT_RUN)
    outside = exists().where(AssessedUnit.round_id == AssessmentRound.id, AssessedUnit.unit_id.not_in(reach))
    return db.session.scalars(
        select(AssessmentRound)
        .where(AssessmentRound.id == round_id, ~outside)
        .options(joinedload(AssessmentRound.scheme), joinedload(AssessmentRound.scheme_version))
    ).one()


def lock_round(round_id: uuid.UUID) -> AssessmentRound:
    """Return a round for a change; whoever comes second waits."""
    return db.session.scalars(
        select(AssessmentRound)
        .where(AssessmentRound.id == round_id)
        .options(joinedload(AssessmentRound.scheme), joinedload(AssessmentRound.scheme_version))
        .with_for_update(of=AssessmentRound)
        .execution_options(populate_existing=True)
    ).one()


def find_job(assessed: AssessmentRound) -> Job | None:
    """The work that computes the round, the one asked for last."""
    return db.session.scalars(select(Job).where(Job.id == assessed.job_id)).one_or_none()


def period_of_round(assessed: AssessmentRound) -> Period:
    """The period of a round, with its name."""
    return Period(assessed.period_start, assessed.period_end, Cadence(assessed.cadence))


def is_roll_up(assessed: AssessmentRound) -> bool:
    """Whether a round combines shorter rounds of its scheme (汇总) instead of scoring facts."""
    return assessed.cadence != assessed.scheme.cadence


def list_parts(assessed: AssessmentRound) -> Sequence[AssessmentRound]:
    """The rounds that a roll-up combines, in order."""
    return db.session.scalars(
        select(AssessmentRound)
        .where(
            AssessmentRound.scheme_id == assessed.scheme_id,
            AssessmentRound.cadence == assessed.scheme.cadence,
            AssessmentRound.period_start >= assessed.period_start,
            AssessmentRound.period_end <= assessed.period_end,
        )
        .order_by(AssessmentRound.period_start)
    ).all()


# Rounds of a scheme: its own cadence, and the longer ones into which its results roll up.
ROLL_UPS: Mapping[str, tuple[str, ...]] = {"month": ("quarter", "year"), "quarter": ("year",)}


def startable_periods(scheme: AssessmentScheme, today: date) -> list[Period]:
    """The periods for which a round can be started now: those that have begun lately and have none yet."""
    taken = {
        (row.cadence, row.period_start)
        for row in db.session.execute(
            select(AssessmentRound.cadence, AssessmentRound.period_start).where(AssessmentRound.scheme_id == scheme.id)
        )
    }
    periods = []
    for cadence in (scheme.cadence, *ROLL_UPS.get(scheme.cadence, ())):
        period = period_of(today, Cadence(cadence))
        for _ in range(4):
            if (cadence, period.start) not in taken:
                periods.append(period)
            period = period.previous()
    return periods


# --- units of a round -----------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Member:
    """A unit that belongs to a scheme's cohort in a period, with its parent of that time."""

    unit: OrgUnit
    parent_id: uuid.UUID | None


def cohort_members(scheme: AssessmentScheme, on: date) -> list[Member]:
    """The units that a scheme assesses, as they and the tree were on a day (当时口径). Two statements."""
    cohort, book = cohort_from_mapping(scheme.cohort), CohortBook(on)
    return [Member(each.unit, each.parent_id) for each in units_on(on) if matches(each.seen, cohort, book)]


def list_assessed(round_id: uuid.UUID) -> Sequence[AssessedUnit]:
    """Every unit of a round, in the county's order."""
    return db.session.scalars(
        select(AssessedUnit)
        .join(OrgUnit, OrgUnit.id == AssessedUnit.unit_id)
        .where(AssessedUnit.round_id == round_id)
        .options(joinedload(AssessedUnit.unit))
        .order_by(OrgUnit.sort_order, OrgUnit.code)
    ).all()


def get_assessed(round_id: uuid.UUID, unit_id: uuid.UUID, viewer: Viewer) -> AssessedUnit:
    """Return a unit of a round that the viewer may re-check, or raise NoResultFound (404)."""
    return db.session.scalars(
        select(AssessedUnit)
        .where(
            AssessedUnit.round_id == round_id,
            AssessedUnit.unit_id == unit_id,
            AssessedUnit.unit_id.in_(in_reach(viewer, Permission.ASSESSMENT_RECHECK)),
        )
        .options(joinedload(AssessedUnit.unit))
    ).one()


def count_assessed(round_ids: Sequence[uuid.UUID]) -> Mapping[uuid.UUID, tuple[int, int]]:
    """How many units each round has, and how many of them are re-checked."""
    rows = db.session.execute(
        select(AssessedUnit.round_id, func.count(), func.count(AssessedUnit.rechecked_at))
        .where(AssessedUnit.round_id.in_(round_ids))
        .group_by(AssessedUnit.round_id)
    ).all()
    return {row[0]: (row[1], row[2]) for row in rows}


def short_name_of(unit: type[OrgUnit]) -> ColumnElement[str]:
    """The name of a unit as tables print it: the short one where there is one."""
    return func.coalesce(func.nullif(unit.short_name, ""), unit.name)


def unit_names(unit_ids: set[uuid.UUID], on: date) -> Mapping[uuid.UUID, str]:
    """The short names of units as they were on a day (当时口径); of one that did not exist then, the last one."""
    rows = db.session.execute(
        select(OrgUnit.id, short_name_of(OrgUnit).label("name")).where(OrgUnit.id.in_(unit_ids))
    ).all()
    then = {unit_id: facts.short_name or facts.name for unit_id, facts in facts_on(on, unit_ids).items()}
    return {row.id: then.get(row.id, row.name) for row in rows}


def facts_then(assessed: AssessmentRound, rows: Sequence[AssessedUnit]) -> Mapping[uuid.UUID, UnitFacts]:
    """What the units of a round were called and carried at the end of its period, whatever became of them since."""
    known = facts_on(assessed.period_end, [row.unit_id for row in rows])
    return {
        row.unit_id: known.get(row.unit_id)
        or UnitFacts(row.unit.unit_type_id, row.unit.name, row.unit.short_name, row.unit.attributes)
        for row in rows
    }
