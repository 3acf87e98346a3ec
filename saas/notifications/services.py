"""Telling people what happened."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Sequence

from sqlalchemy import update
from sqlalchemy.dialects.postgresql import insert

from saas.db import db, utc_now
from saas.notifications.models import Notification
from saas.notifications.outgoing import tell_outside


def notify(user_ids: Iterable[uuid.UUID], kind: str, title: str, path: str) -> None:
    """Tell these people (提醒). `path` is the page inside the county, without the county's slug.

    Their groups and their e-mail are told as well, of the kinds that the county chose.
    """
    now, told = utc_now(), sorted(set(user_ids))
    for user_id in told:
        db.session.add(Notification(user_id=user_id, kind=kind, title=title, path=path, created_at=now))
    tell_outside(told, kind, title, path)


def notify_once(user_ids: Iterable[uuid.UUID], kind: str, title: str, path: str, *, key: str) -> Sequence[uuid.UUID]:
    """Tell these people, except those who were told under this key before; return who was told now.

    The database keeps the key of each person apart from those of others, so that two jobs at a time tell nobody twice.
    """
    rows = [
        {"user_id": user_id, "kind": kind, "title": title, "path": path, "once_key": key, "created_at": utc_now()}
        for user_id in sorted(set(user_ids))
    ]
    if not rows:
        return []
    told = insert(Notification).values(rows).on_conflict_do_nothing(index_elements=["tenant_id", "user_id", "once_key"])
    return db.session.scalars(told.returning(Notification.user_id)).all()


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
