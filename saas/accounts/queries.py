"""Reading people and their sessions."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import date, datetime

from sqlalchemy import ColumnElement, and_, func, or_, select
from sqlalchemy.orm import joinedload

from saas.accounts.models import Appointment, SignInAttempt, User, UserSession
from saas.db import db
from saas.org.models import OrgUnit, Post


def holds(on: date) -> ColumnElement[bool]:
    """The condition that an appointment is in force on a day."""
    return and_(Appointment.starts_on <= on, or_(Appointment.ends_on.is_(None), Appointment.ends_on > on))


def find_account(login_name: str) -> User | None:
    return db.session.scalars(select(User).where(User.login_name == login_name)).one_or_none()


def get_user(user_id: uuid.UUID) -> User:
    return db.session.scalars(select(User).where(User.id == user_id)).one()


def list_users() -> Sequence[User]:
    return db.session.scalars(select(User).order_by(User.name, User.id)).all()


def list_held_posts(user_id: uuid.UUID, on: date) -> Sequence[Post]:
    """The posts a person holds on a day, the first being the one shown beside the name."""
    return db.session.scalars(
        select(Post)
        .join(Appointment, Appointment.post_id == Post.id)
        .join(OrgUnit, OrgUnit.id == Post.unit_id)
        .where(Appointment.user_id == user_id, holds(on), Post.is_active)
        .options(joinedload(Post.unit))
        .order_by(Post.sort_order, Appointment.starts_on, Post.id)
    ).all()


def list_appointments(post_ids: Sequence[uuid.UUID], on: date) -> Sequence[Appointment]:
    """Who holds these posts on a day."""
    return db.session.scalars(
        select(Appointment)
        .where(Appointment.post_id.in_(post_ids), holds(on))
        .options(joinedload(Appointment.user))
        .order_by(Appointment.starts_on, Appointment.id)
    ).all()


def list_post_holders(unit_ids: Sequence[uuid.UUID], role: str, on: date) -> Sequence[tuple[Post, User]]:
    """The active posts with a role at these units, with who holds them on a day."""
    rows = db.session.execute(
        select(Post, User)
        .join(Appointment, Appointment.post_id == Post.id)
        .join(User, User.id == Appointment.user_id)
        .where(Post.unit_id.in_(unit_ids), Post.roles.contains([role]), Post.is_active, holds(on), User.is_active)
        .order_by(Post.sort_order, Post.id, User.id)
    ).all()
    return [(post, user) for post, user in rows]


def find_session(token_digest: str) -> tuple[UserSession, User] | None:
    row = db.session.execute(
        select(UserSession, User)
        .join(User, User.id == UserSession.user_id)
        .where(UserSession.token_digest == token_digest, UserSession.ended_at.is_(None))
    ).one_or_none()
    return (row[0], row[1]) if row else None


def list_open_sessions(user_id: uuid.UUID) -> Sequence[UserSession]:
    return db.session.scalars(
        select(UserSession)
        .where(UserSession.user_id == user_id, UserSession.ended_at.is_(None))
        .order_by(UserSession.last_seen_at.desc(), UserSession.id)
    ).all()


def count_attempts(address: str, since: datetime) -> int:
    return db.session.scalars(
        select(func.count())
        .select_from(SignInAttempt)
        .where(SignInAttempt.address == address, SignInAttempt.at >= since)
    ).one()
