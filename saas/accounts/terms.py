"""Terms that end and posts that nobody holds (届满、空缺): what an organisation has to see to."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta

from sqlalchemy import func, or_, select
from sqlalchemy.orm import aliased, joinedload

from saas.accounts.models import Appointment, User
from saas.accounts.queries import holds
from saas.db import db
from saas.org.models import OrgUnit, Post
from saas.org.queries import exists_on

PAGE = 50
PERIODS = (30, 90, 180, 365)


def list_ending_terms(on: date, within: timedelta, *, page: int = 1) -> tuple[Sequence[tuple[Appointment, bool]], int]:
    """One page of the appointments that hold on a day and end within a time, the first to end first; and how many.

    Each with whether somebody is already appointed to follow on the day it ends.
    """
    successor = aliased(Appointment)
    follows = (
        select(successor.id)
        .where(
            successor.post_id == Appointment.post_id,
            successor.id != Appointment.id,
            successor.starts_on <= Appointment.ends_on,
            or_(successor.ends_on.is_(None), successor.ends_on > Appointment.ends_on),
        )
        .correlate(Appointment)
        .exists()
    )
    rows = db.session.execute(
        select(Appointment, follows, func.count().over())
        .join(Post, Post.id == Appointment.post_id)
        .where(holds(on), Post.is_active, Appointment.ends_on <= on + within)
        .options(joinedload(Appointment.post).joinedload(Post.unit), joinedload(Appointment.user))
        .order_by(Appointment.ends_on, Appointment.id)
        .limit(PAGE)
        .offset((page - 1) * PAGE)
    ).all()
    return [(row[0], bool(row[1])) for row in rows], rows[0][2] if rows else 0


def list_vacant_posts(on: date, *, page: int = 1) -> tuple[Sequence[tuple[Post, Appointment | None, str]], int]:
    """One page of the posts in use that nobody holds on a day; and how many.

    Each with the last appointment, past or to come, and that person's name.
    """
    held = select(Appointment.id).where(Appointment.post_id == Post.id, holds(on)).correlate(Post).exists()
    last = (
        select(Appointment.id)
        .where(Appointment.post_id == Post.id)
        .order_by(Appointment.starts_on.desc(), Appointment.id.desc())
        .limit(1)
        .correlate(Post)
        .scalar_subquery()
    )
    rows = db.session.execute(
        select(Post, Appointment, User.name, func.count().over())
        .join(OrgUnit, OrgUnit.id == Post.unit_id)
        .outerjoin(Appointment, Appointment.id == last)
        .outerjoin(User, User.id == Appointment.user_id)
        .where(Post.is_active, exists_on(on), ~held)
        .options(joinedload(Post.unit))
        .order_by(OrgUnit.sort_order, OrgUnit.code, Post.sort_order, Post.name)
        .limit(PAGE)
        .offset((page - 1) * PAGE)
    ).all()
    return [(row[0], row[1], row[2] or "") for row in rows], rows[0][3] if rows else 0
