"""Reading notifications."""

from __future__ import annotations

import uuid
from collections.abc import Sequence

from sqlalchemy import select

from saas.db import db
from saas.notifications.models import Notification


def list_unread(user_id: uuid.UUID, limit: int = 20) -> Sequence[Notification]:
    """What the person has not seen yet, the newest first."""
    return db.session.scalars(
        select(Notification)
        .where(Notification.user_id == user_id, Notification.read_at.is_(None))
        .order_by(Notification.created_at.desc(), Notification.id)
        .limit(limit)
    ).all()


def get_notification(notification_id: uuid.UUID, user_id: uuid.UUID) -> Notification:
    """Return a person's own notification, or raise NoResultFound (404)."""
    return db.session.scalars(
        select(Notification).where(Notification.id == notification_id, Notification.user_id == user_id)
    ).one()
