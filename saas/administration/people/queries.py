"""Reading what a person has in hand: posts, links, seats, and what is open when a post changes hands."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import func, or_, select
from sqlalchemy.orm import joinedload

from saas.accounts.delegation import count_delegations_from
from saas.accounts.models import Appointment
from saas.bodies.people import SeatOfPerson, list_seats_of_person
from saas.db import db
from saas.domain.workflow import PlanStatus, SubmissionStatus
from saas.org.models import UnitLink
from saas.plans.models import Plan
from saas.review.models import ReviewTask
from saas.submissions.models import Submission


@dataclass(frozen=True, slots=True)
class OpenWork:
    """What is open when somebody leaves a post.

    What belongs to the post or to its unit passes on by itself: decisions waited for, drafts of the unit. What belongs
    to the person, links and personal seats, must be handed over.
    """

    review_tasks: int
    submission_drafts: int
    plan_drafts: int
    delegations: int
    links: Sequence[UnitLink]
    seats: Sequence[SeatOfPerson]


def open_work(appointment: Appointment, today: date) -> OpenWork:
    """What is open in a post and in the hands of its holder today."""
    user_id = appointment.user_id
    links = [link for link in list_links_of_person(user_id) if link.ends_on is None or link.ends_on > today]
    seats = [each for each in list_seats_of_person(user_id) if each.is_open(today) and each.is_personal]
    return OpenWork(
        _count_review_tasks(appointment.post_id),
        _count_submission_drafts(user_id),
        _count_plan_drafts(user_id),
        count_delegations_from(appointment.post_id, user_id, today),
        links,
        seats,
    )


def list_links_of_person(user_id: uuid.UUID) -> Sequence[UnitLink]:
    """The links of a person, past, present and to come, with the units, the latest first."""
    return db.session.scalars(
        select(UnitLink)
        .where(UnitLink.user_id == user_id)
        .options(joinedload(UnitLink.unit))
        .order_by(UnitLink.starts_on.desc(), UnitLink.kind, UnitLink.id)
    ).all()


def _count_review_tasks(post_id: uuid.UUID) -> int:
    return db.session.scalars(
        select(func.count(ReviewTask.id)).where(ReviewTask.post_id == post_id, ReviewTask.closed_at.is_(None))
    ).one()


def _count_submission_drafts(user_id: uuid.UUID) -> int:
    return db.session.scalars(
        select(func.count(Submission.id)).where(
            Submission.status.in_([SubmissionStatus.DRAFT, SubmissionStatus.RETURNED]),
            or_(Submission.contributors.contains([str(user_id)]), Submission.submitted_by_id == user_id),
        )
    ).one()


def _count_plan_drafts(user_id: uuid.UUID) -> int:
    return db.session.scalars(
        select(func.count(Plan.id)).where(
            Plan.drafted_by_id == user_id, Plan.status.in_([PlanStatus.DRAFT, PlanStatus.RETURNED])
        )
    ).one()
