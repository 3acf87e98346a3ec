"""What the first page shows, for one person. Each function takes a fixed number of statements, whatever the rows."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time

from flask import current_app
from sqlalchemy import exists, func, select
from sqlalchemy.orm import aliased

from saas.access.permissions import Permission
from saas.accounts.models import Appointment, User, UserSession
from saas.accounts.queries import holds
from saas.accounts.viewer import Viewer
from saas.audit.models import AuditEvent
from saas.audit.services import AuditAction
from saas.db import db, utc_now
from saas.documents.models import Document
from saas.domain.progress import CaseStatus
from saas.domain.workflow import PlanStatus
from saas.forms.models import FormDefinition
from saas.org.models import OrgUnit, Post
from saas.org.queries import exists_on, subtree_ids
from saas.packs.models import PackApplication
from saas.plans.models import Plan, PlanTask, PlanTaskPart, PlanTaskUnit
from saas.review.models import ReviewCase
from saas.submissions.models import Collection

RECENT_DOCUMENTS = 5
NOT_ACCEPTED = ("open", "reported")


def count_parts(viewer: Viewer, on: date) -> tuple[int, int]:
    """Of the parts of the units at or below the viewer's posts: how many are overdue, and how many there are."""
    reach = subtree_ids(viewer.unit_ids(Permission.PLAN_VIEW), on)
    newer = aliased(Plan)
    is_superseded = exists().where(newer.supersedes_id == Plan.id, newer.status == PlanStatus.ISSUED)
    is_overdue = (PlanTaskPart.due_on < on) & PlanTaskPart.state.in_(NOT_ACCEPTED)
    overdue, total = db.session.execute(
        select(
            func.count(PlanTaskPart.id.distinct()).filter(is_overdue),
            func.count(PlanTaskPart.id.distinct()),
        )
        .join(PlanTask, PlanTask.id == PlanTaskPart.task_id)
        .join(Plan, Plan.id == PlanTask.plan_id)
        .join(PlanTaskUnit, PlanTaskUnit.part_id == PlanTaskPart.id)
        .where(Plan.status == PlanStatus.ISSUED, ~is_superseded, PlanTaskUnit.unit_id.in_(reach))
    ).one()
    return overdue, total


def count_open_cases(viewer: Viewer, on: date) -> int:
    """How many things of units at or below the viewer's posts are on their way through review."""
    reach = subtree_ids(viewer.unit_ids(Permission.CASE_VIEW), on)
    return db.session.scalars(
        select(func.count(ReviewCase.id)).where(ReviewCase.status == CaseStatus.OPEN, ReviewCase.unit_id.in_(reach))
    ).one()


@dataclass(frozen=True, slots=True)
class RecentDocument:
    """An issued document, without its content."""

    id: uuid.UUID
    title: str
    number: str | None
    issued_on: date | None


def list_recent_documents() -> list[RecentDocument]:
    """The last documents that were issued; they are for everybody in the county."""
    rows = db.session.execute(
        select(Document.id, Document.title, Document.number, Document.issued_on)
        .where(Document.number.is_not(None))
        .order_by(Document.issued_on.desc(), Document.created_at.desc(), Document.id)
        .limit(RECENT_DOCUMENTS)
    ).all()
    return [RecentDocument(*row) for row in rows]


def organisation_numbers(on: date) -> Mapping[str, int]:
    """What the system administrator watches: units, people, posts in use and those that nobody holds.

    Also how far a new county is set up: packs that were applied, forms and collections.
    """
    held = select(Appointment.id).where(Appointment.post_id == Post.id, holds(on)).exists()
    row = db.session.execute(
        select(
            select(func.count(OrgUnit.id)).where(exists_on(on)).scalar_subquery(),
            select(func.count(User.id)).where(User.is_active).scalar_subquery(),
            select(func.count(Post.id)).where(Post.is_active).scalar_subquery(),
            select(func.count(Post.id)).where(Post.is_active, ~held).scalar_subquery(),
            select(func.count(PackApplication.id)).where(PackApplication.rolled_back_at.is_(None)).scalar_subquery(),
            select(func.count(FormDefinition.id)).scalar_subquery(),
            select(func.count(Collection.id)).where(Collection.is_active).scalar_subquery(),
        )
    ).one()
    names = ("units", "people", "posts", "vacant", "packs", "forms", "collections")
    return dict(zip(names, row, strict=True))


def account_numbers() -> Mapping[str, int]:
    """What the security administrator watches: accounts that are locked, disabled or still have a first password."""
    now = utc_now()
    row = db.session.execute(
        select(
            func.count(User.id),
            func.count(User.id).filter(User.locked_until > now),
            func.count(User.id).filter(User.must_change_password, User.is_active),
            func.count(User.id).filter(User.is_active.is_(False)),
        ).where(User.login_name.is_not(None))
    ).one()
    open_sessions = db.session.scalars(select(func.count(UserSession.id)).where(UserSession.ended_at.is_(None))).one()
    names = ("accounts", "locked", "must_change", "disabled")
    return {**dict(zip(names, row, strict=True)), "sessions": open_sessions}


def audit_numbers(on: date) -> Mapping[str, int]:
    """What the auditor watches: what a day's trail has, and how much of it is failed sign-ins and changed rights."""
    start = datetime.combine(on, time.min, current_app.config["JICENG"].timezone)
    rights = [AuditAction.APPOINTMENT_CHANGED.value, AuditAction.POST_CHANGED.value]
    row = db.session.execute(
        select(
            func.count(AuditEvent.id),
            func.count(AuditEvent.id).filter(AuditEvent.action == AuditAction.ACCOUNT_SIGN_IN_FAILED.value),
            func.count(AuditEvent.id).filter(AuditEvent.action.in_(rights)),
        ).where(AuditEvent.at >= start)
    ).one()
    return dict(zip(("events", "failed", "rights"), row, strict=True))


def list_units_reached(viewer: Viewer, on: date) -> Sequence[OrgUnit]:
    """The units at or below the posts at which the viewer may see submissions."""
    reach = subtree_ids(viewer.unit_ids(Permission.SUBMISSION_VIEW), on)
    return db.session.scalars(
        select(OrgUnit).where(OrgUnit.id.in_(reach), exists_on(on)).order_by(OrgUnit.sort_order, OrgUnit.code)
    ).all()
