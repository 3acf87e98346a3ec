"""Reading cases, the seats that are asked, and decisions."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import date
from typing import Protocol, TypeAlias

from sqlalchemy import ColumnElement, Select, Text, cast, exists, func, or_, select
from sqlalchemy.orm import aliased, joinedload

from saas.access.permissions import Permission
from saas.accounts.queries import acting, acting_post_ids
from saas.db import db, local_today
from saas.domain.progress import CaseStatus
from saas.org.models import OrgUnit, Post
from saas.org.queries import subtree_ids
from saas.review.models import ReviewCase, ReviewDecision, ReviewTask, Route

PAGE = 50
Among: TypeAlias = "Sequence[Select[uuid.UUID]]"


class Looking(Protocol):
    """Who looks: a signed-in person."""

    id: uuid.UUID

    def unit_ids(self, permission: Permission) -> tuple[uuid.UUID, ...]: ...


def _visible_to(viewer: Looking) -> Select[ReviewCase]:
    """Cases of the units at or below one's posts, and every case in which one is or was asked, or which one started."""
    asked = (
        exists()
        .where(ReviewTask.case_id == ReviewCase.id, ReviewTask.post_id.in_(acting_post_ids(viewer.id, local_today())))
        .correlate(ReviewCase)
    )
    roots = viewer.unit_ids(Permission.CASE_VIEW)
    return select(ReviewCase).where(
        or_(
            ReviewCase.unit_id.in_(subtree_ids(roots, local_today())),
            ReviewCase.started_by_id == viewer.id,
            asked,
        )
    )


def _may_decide(viewer: Looking, on: date) -> ColumnElement[bool]:
    """One acts in the post that is asked, and whoever's post it is did not make the thing (填报人不得审批)."""
    who = acting(on)
    is_its_author = ReviewCase.authors.has_key(cast(who.c.acting_for_id, Text))
    return (
        exists()
        .where(
            who.c.post_id == ReviewTask.post_id,
            who.c.user_id == viewer.id,
            or_(who.c.acting_for_id.is_(None), ~is_its_author),
        )
        .correlate(ReviewTask, ReviewCase)
    )


def get_case(case_id: uuid.UUID, viewer: Looking) -> ReviewCase:
    """Return a case, or raise NoResultFound (404) if the viewer may not know of it."""
    return db.session.scalars(_visible_to(viewer).where(ReviewCase.id == case_id)).one()


def find_case_of(subject_id: uuid.UUID) -> ReviewCase | None:
    """The latest case about a thing. The caller has checked that the thing itself may be seen."""
    return db.session.scalars(
        select(ReviewCase)
        .where(ReviewCase.subject_id == subject_id)
        .order_by(ReviewCase.started_at.desc(), ReviewCase.id.desc())
        .limit(1)
    ).one_or_none()


def list_decisions(case_id: uuid.UUID) -> Sequence[ReviewDecision]:
    """What was decided, in order."""
    return db.session.scalars(
        select(ReviewDecision)
        .where(ReviewDecision.case_id == case_id)
        .order_by(ReviewDecision.decided_at, ReviewDecision.id)
    ).all()


def list_decisions_about(subject_id: uuid.UUID) -> Sequence[ReviewDecision]:
    """Every decision about a thing, over all its cases, in order."""
    return db.session.scalars(
        select(ReviewDecision)
        .join(ReviewCase, ReviewCase.id == ReviewDecision.case_id)
        .where(ReviewCase.subject_id == subject_id)
        .order_by(ReviewDecision.decided_at, ReviewDecision.id)
    ).all()


def list_open_tasks(
    viewer: Looking, *, page: int = 1, subject_type: str = "", among: Among = ()
) -> Sequence[tuple[ReviewTask, OrgUnit]]:
    """What waits for this person's decision (待办), the oldest first. One's own drafts are never among them.

    `among` selects ids of things: of these only.
    """
    rows = db.session.execute(
        _open_tasks(viewer, subject_type, among)
        .add_columns(OrgUnit)
        .order_by(ReviewTask.opened_at, ReviewTask.id)
        .limit(PAGE)
        .offset((page - 1) * PAGE)
    ).all()
    return [(task, unit) for task, unit in rows]


def count_open_tasks(viewer: Looking, subject_type: str = "", among: Among = ()) -> int:
    waiting = _open_tasks(viewer, subject_type, among).with_only_columns(ReviewTask.id).subquery()
    return db.session.scalars(select(func.count()).select_from(waiting)).one()


def _open_tasks(viewer: Looking, subject_type: str, among: Among) -> Select[ReviewTask]:
    statement = (
        select(ReviewTask)
        .join(ReviewCase, ReviewCase.id == ReviewTask.case_id)
        .join(OrgUnit, OrgUnit.id == ReviewCase.unit_id)
        .where(
            ReviewTask.closed_at.is_(None),
            _may_decide(viewer, local_today()),
            ~ReviewCase.authors.contains([str(viewer.id)]),
        )
        .options(joinedload(ReviewTask.case))
    )
    if among:
        statement = statement.where(or_(*(ReviewCase.subject_id.in_(each) for each in among)))
    return statement.where(ReviewCase.subject_type == subject_type) if subject_type else statement


def list_unattended(on: date) -> Sequence[ReviewCase]:
    """Open cases that wait for posts in which nobody acts but those who made the thing (无人办理). One statement."""
    who = acting(on)
    somebody = (
        exists()
        .where(
            ReviewTask.case_id == ReviewCase.id,
            ReviewTask.closed_at.is_(None),
            who.c.post_id == ReviewTask.post_id,
            ~ReviewCase.authors.has_key(cast(who.c.user_id, Text)),
            or_(who.c.acting_for_id.is_(None), ~ReviewCase.authors.has_key(cast(who.c.acting_for_id, Text))),
        )
        .correlate(ReviewCase)
    )
    return db.session.scalars(
        select(ReviewCase)
        .where(ReviewCase.status == CaseStatus.OPEN, ~somebody)
        .order_by(ReviewCase.started_at, ReviewCase.id)
    ).all()


def list_started(viewer: Looking, *, limit: int = PAGE) -> Sequence[ReviewCase]:
    """What this person sent off and is still under way or came back (我发起的)."""
    newer = aliased(ReviewCase)
    return db.session.scalars(
        select(ReviewCase)
        .where(
            ReviewCase.started_by_id == viewer.id,
            ReviewCase.status.in_([CaseStatus.OPEN, CaseStatus.RETURNED]),
            ~exists().where(newer.subject_id == ReviewCase.subject_id, newer.id > ReviewCase.id),
        )
        .order_by(ReviewCase.started_at.desc(), ReviewCase.id)
        .limit(limit)
    ).all()


def list_decided(viewer: Looking, *, page: int = 1) -> Sequence[tuple[ReviewDecision, ReviewCase]]:
    """What this person decided (已办), the latest first."""
    rows = db.session.execute(
        select(ReviewDecision, ReviewCase)
        .join(ReviewCase, ReviewCase.id == ReviewDecision.case_id)
        .where(ReviewDecision.actor_id == viewer.id, ReviewDecision.action.in_(["approve", "return"]))
        .order_by(ReviewDecision.decided_at.desc(), ReviewDecision.id)
        .limit(PAGE)
        .offset((page - 1) * PAGE)
    ).all()
    return [(decision, case) for decision, case in rows]


def list_tasks_of(case_id: uuid.UUID) -> Sequence[ReviewTask]:
    """The seats that are asked now, with their posts."""
    return db.session.scalars(
        select(ReviewTask)
        .where(ReviewTask.case_id == case_id, ReviewTask.closed_at.is_(None))
        .options(joinedload(ReviewTask.post))
        .order_by(ReviewTask.opened_at, ReviewTask.id)
    ).all()


def list_posts_by_id(post_ids: Sequence[uuid.UUID]) -> Sequence[Post]:
    """These posts, in the county's order of posts."""
    return db.session.scalars(
        select(Post).where(Post.id.in_(post_ids)).order_by(Post.sort_order, Post.name, Post.id)
    ).all()


def get_route(route_id: uuid.UUID) -> Route:
    return db.session.scalars(select(Route).where(Route.id == route_id)).one()


def get_route_by_code(code: str) -> Route:
    return db.session.scalars(select(Route).where(Route.code == code)).one()


def list_routes() -> Sequence[Route]:
    return db.session.scalars(select(Route).order_by(Route.code)).all()
