"""Reading collections and submissions. Who may see what stands once, in the two `_visible` functions."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from typing import Any

from sqlalchemy import ColumnElement, Date, Select, Uuid, and_, bindparam, exists, false, func, or_, select
from sqlalchemy.exc import NoResultFound
from sqlalchemy.orm import aliased, joinedload

from saas.access.permissions import Permission
from saas.accounts.viewer import Viewer
from saas.db import db, local_today
from saas.domain.cohorts import CohortUnit
from saas.domain.periods import Period
from saas.domain.workflow import SubmissionStatus
from saas.forms.models import FormVersion
from saas.forms.queries import Looking
from saas.org.cohorts import unit_on
from saas.org.models import Hierarchy, OrgUnit, Placement, UnitType
from saas.org.queries import ADMINISTRATIVE, exists_on, in_force, list_subtree_ids, subtree_ids
from saas.review.models import Route
from saas.submissions.fillers import collections_filled_by, may_fill_for
from saas.submissions.flags import HANDED_IN as HANDED_IN
from saas.submissions.flags import IS_SIGNED, has_open_questions, is_marked
from saas.submissions.models import Collection, CollectionWindow, Submission
from saas.submissions.schedule import period_of_submission

PAGE = 50


@dataclass(frozen=True, slots=True)
class SubmissionFilter:
    """What of the list is wanted. None and "" mean: everything."""

    town_id: uuid.UUID | None = None
    collection_id: uuid.UUID | None = None
    status: str = ""  # a SubmissionStatus, "late", "not_applicable", "marked" or "asked"
    month: date | None = None  # a day of the month that the period touches


def _visible_to(viewer: Looking) -> Select[Submission]:
    """Submissions of the units at or below the posts at which the viewer may see them (本级及下级), or fills (代填)."""
    roots = viewer.unit_ids(Permission.SUBMISSION_VIEW)
    is_below = Submission.unit_id.in_(subtree_ids(roots, local_today()))
    return select(Submission).where(or_(is_below, Submission.collection_id.in_(collections_filled_by(roots))))


def _visible_collections(viewer: Looking) -> Select[Collection]:
    """What is asked of whom is no secret inside the county: everybody who fills, sees or arranges it sees all."""
    may = viewer.unit_ids(Permission.SUBMISSION_VIEW) or viewer.unit_ids(Permission.COLLECTION_EDIT)
    return select(Collection) if may else select(Collection).where(false())


# --- submissions ----------------------------------------------------------------------------------------------------


def get_submission(submission_id: uuid.UUID, viewer: Looking) -> Submission:
    """Return one submission with its form, or raise NoResultFound (404) if the viewer may not know of it."""
    return db.session.scalars(_whole(_visible_to(viewer).where(Submission.id == submission_id))).one()


def get_own_submission(submission_id: uuid.UUID, viewer: Looking) -> Submission:
    """Return a submission of a unit that the viewer fills for, or raise NoResultFound (404)."""
    found = db.session.scalars(_whole(select(Submission).where(Submission.id == submission_id))).one()
    if not may_fill_for(found.collection, found.unit, viewer, period_of_submission(found)):
        raise NoResultFound("the viewer does not fill for this unit")
    return found


def load_submission(submission_id: uuid.UUID) -> Submission:
    """Return a submission for a decision about it; whoever decides was checked by the review."""
    return db.session.scalars(_whole(select(Submission).where(Submission.id == submission_id))).one()


def may_see_submission(submission_id: uuid.UUID, viewer: Viewer) -> bool:
    """Whether a viewer may see a submission, and so its photos."""
    return db.session.scalars(_visible_to(viewer).where(Submission.id == submission_id)).first() is not None


def find_submission(collection_id: uuid.UUID, unit_id: uuid.UUID, period_start: date) -> Submission | None:
    """The newest revision of a unit for a period, or None. The caller has checked the unit."""
    return db.session.scalars(
        _whole(
            select(Submission)
            .where(
                Submission.collection_id == collection_id,
                Submission.unit_id == unit_id,
                Submission.period_start == period_start,
            )
            .order_by(Submission.revision.desc())
            .limit(1)
        )
    ).one_or_none()


def list_revisions(submission: Submission) -> Sequence[Submission]:
    """Every revision of a unit for a period, the first one first."""
    return db.session.scalars(
        select(Submission)
        .where(
            Submission.collection_id == submission.collection_id,
            Submission.unit_id == submission.unit_id,
            Submission.period_start == submission.period_start,
        )
        .order_by(Submission.revision)
    ).all()


def list_submissions(viewer: Looking, wanted: SubmissionFilter, *, page: int = 1) -> tuple[Sequence[Submission], int]:
    """One page of what was begun or handed in, the newest period first, and how many there are in all."""
    statement = (
        _visible_to(viewer)
        .join(OrgUnit, OrgUnit.id == Submission.unit_id)
        .where(*_conditions(wanted))
        .add_columns(func.count().over())
        .options(joinedload(Submission.unit), joinedload(Submission.collection))
        .order_by(
            Submission.period_start.desc(),
            OrgUnit.sort_order,
            OrgUnit.code,
            Submission.collection_id,
            Submission.revision,
        )
        .limit(PAGE)
        .offset((page - 1) * PAGE)
    )
    rows = db.session.execute(statement).all()
    return [row[0] for row in rows], rows[0][1] if rows else 0


def _conditions(wanted: SubmissionFilter) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = []
    if wanted.town_id is not None:
        conditions.append(Submission.unit_id.in_(list_subtree_ids([wanted.town_id], local_today())))
    if wanted.collection_id is not None:
        conditions.append(Submission.collection_id == wanted.collection_id)
    if wanted.status == "late":
        conditions.append(Submission.is_late.is_(True))
    elif wanted.status == "not_applicable":
        conditions.append(Submission.is_not_applicable.is_(True))
    elif wanted.status == "marked":
        conditions.append(is_marked())
    elif wanted.status == "asked":
        conditions.append(has_open_questions())
    elif wanted.status:
        conditions.append(Submission.status == SubmissionStatus(wanted.status))
    if wanted.month is not None:
        first = wanted.month.replace(day=1)
        following = (first + timedelta(days=32)).replace(day=1)
        conditions.append(and_(Submission.period_start < following, Submission.period_end >= first))
    return conditions


def _whole(statement: Select[Submission]) -> Select[Submission]:
    # The definition of a version is kept by the process, and what a type describes is asked by few: read when asked.
    version, unit = joinedload(Submission.form_version), joinedload(Submission.unit)
    its_type = unit.joinedload(OrgUnit.unit_type, innerjoin=True)
    return statement.options(
        joinedload(Submission.collection),
        version.defer(FormVersion.definition),
        its_type.defer(UnitType.attributes).defer(UnitType.parents),
    )


def list_towns(viewer: Looking) -> Sequence[OrgUnit]:
    """The territorial units right below the viewer's own that have units below them: what a list is filtered by."""
    roots = viewer.unit_ids(Permission.SUBMISSION_VIEW)
    below = aliased(Placement)
    today = local_today()
    return db.session.scalars(
        select(OrgUnit)
        .join(UnitType, UnitType.id == OrgUnit.unit_type_id)
        .join(Placement, Placement.unit_id == OrgUnit.id)
        .join(Hierarchy, Hierarchy.id == Placement.hierarchy_id)
        .where(
            Hierarchy.code == ADMINISTRATIVE,
            Placement.parent_id.in_(roots),
            in_force(today),
            exists_on(today),
            UnitType.is_territorial,
            exists().where(below.parent_id == OrgUnit.id, below.hierarchy_id == Hierarchy.id),
        )
        .order_by(OrgUnit.sort_order, OrgUnit.code)
    ).all()


def self_scores(collection_id: uuid.UUID, period: Period) -> Mapping[uuid.UUID, Submission]:
    """What each unit handed in for a period, by unit: the newest revision that was handed in and not sent back.

    What was signed off counts until a correction or a supplement is signed off as well.

    A unit that is not in it did not report (未报), which is not 0. `is_not_applicable` and `is_late` stand on the row;
    `answers` are canonical (`saas.domain.answers.answers_from_stored` with the definition of `form_version`).
    """
    rows = db.session.scalars(
        select(Submission)
        .where(
            Submission.collection_id == collection_id,
            Submission.period_start == period.start,
            Submission.status.in_(HANDED_IN),
        )
        .options(joinedload(Submission.form_version))
        .order_by(Submission.unit_id, IS_SIGNED, Submission.revision)
    ).all()
    return {row.unit_id: row for row in rows}


# --- collections ----------------------------------------------------------------------------------------------------


def get_collection(collection_id: uuid.UUID, viewer: Looking) -> Collection:
    """Return a collection, or raise NoResultFound (404)."""
    return db.session.scalars(_visible_collections(viewer).where(Collection.id == collection_id)).one()


def list_collections(viewer: Looking) -> Sequence[Collection]:
    """Every collection, those in use first."""
    return db.session.scalars(
        _visible_collections(viewer).order_by(Collection.is_active.desc(), Collection.name, Collection.id)
    ).all()


def list_sensitive_periods(collection: Collection) -> Sequence[Collection]:
    """The sensitive periods of a collection, the newest first."""
    return db.session.scalars(
        select(Collection)
        .where(Collection.extends_id == collection.id)
        .order_by(Collection.starts_on.desc(), Collection.id)
    ).all()


def find_extended(collection: Collection) -> Collection | None:
    """The collection whose sensitive period this one is, or None."""
    if collection.extends_id is None:
        return None
    return db.session.scalars(select(Collection).where(Collection.id == collection.extends_id)).one()


def has_submissions(collection_id: uuid.UUID) -> bool:
    """Whether anybody began to fill it."""
    return (
        db.session.scalars(select(Submission.id).where(Submission.collection_id == collection_id).limit(1)).first()
        is not None
    )


def find_window_change(collection_id: uuid.UUID, period_start: date) -> CollectionWindow | None:
    """The change of one period's window, or None."""
    return db.session.scalars(
        select(CollectionWindow).where(
            CollectionWindow.collection_id == collection_id, CollectionWindow.period_start == period_start
        )
    ).one_or_none()


def get_way_of(collection: Collection, period_start: date) -> tuple[Route, CollectionWindow | None]:
    """The route that its submissions take, and the change of one period's window. One statement."""
    row = db.session.execute(
        _way(), {"route": collection.route_id, "collection": collection.id, "start": period_start}
    ).one()
    return row[0], row[1]


@cache
def _way() -> Select[Route, CollectionWindow]:
    """Written once: everything that is handed in asks it."""
    changed = and_(
        CollectionWindow.collection_id == bindparam("collection", type_=Uuid()),
        CollectionWindow.period_start == bindparam("start", type_=Date()),
    )
    route = bindparam("route", type_=Uuid())
    return select(Route, CollectionWindow).outerjoin(CollectionWindow, changed).where(Route.id == route)


def cohort_unit(unit: OrgUnit, on: date) -> CohortUnit:
    """A unit as a cohort sees it on a day."""
    return unit_on(unit, on)


def known_values(unit: OrgUnit) -> Mapping[str, str]:
    """What the county already knows of a unit, by the name of a field of the same name."""
    return {name: typed_attribute(value) for name, value in unit.attributes.items() if value is not None}


def typed_attribute(value: Any) -> str:
    """The value of an attribute as it would be typed."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    return str(value)
