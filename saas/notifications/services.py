"""Telling people what happened."""

from __future__ import annotations

import uuid
from collections.abc import Iterable

from sqlalchemy import update
from sqlalchemy.dialects.postgresql import insert

from saas.db import db, utc_now
from saas.notifications.models import Notification


def notify(user_ids: Iterable[uuid.UUID], kind: str, title: str, path: str) -> None:
    """Tell these people (提醒). `path` is the page inside the county, without the county's slug."""
    now = utc_now()
    for user_id in sorted(set(user_ids)):
        db.session.add(Notification(user_id=user_id, kind=kind, title=title, path=path, created_at=now))


def notify_once(user_ids: Iterable[uuid.UUID], kind: str, title: str, path: str, *, key: str) -> int:
    """Tell these people, except those who were told under this key before; return how many were told now.

    The database keeps the key of each person apart from those of others, so that two jobs at a time tell nobody twice.
    """
    rows = [
        {"user_id": user_id, "kind": kind, "title": title, "path": path, "once_key": key, "created_at": utc_now()}
        for user_id in sorted(set(user_ids))
    ]
    if not rows:
        return 0
    told = insert(Notification).values(rows).on_conflict_do_nothing(index_elements=["tenant_id", "user_id", "once_key"])
    return len(db.session.execute(told.returning(Notification.id)).all())


def mark_read(user_id: uuid.UUID, path: str) -> None:
    """The person has seen the page that the messages were about."""
    db.session.execute(
        update(Notification)
        .where(Notification.user_id == user_id, Notification.path == path, Notification.read_at.is_(None))
        .values(read_at=utc_now())
    )


def mark_all_read(user_id: uuid.UUID) -> None:
    """The person has seen everything that there is."""
    db.session.execute(
        update(Notification)
        .where(Notification.user_id == user_id, Notification.read_at.is_(None))
        .values(read_at=utc_now())
    )
