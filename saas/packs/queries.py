"""Reading what was applied to a county."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, or_, select
from sqlalchemy.orm import aliased, defer

from saas.accounts.models import User
from saas.db import db
from saas.forms.locking import register_pack_names
from saas.packs.models import PackApplication


@dataclass(frozen=True, slots=True)
class ApplicationRow:
    """One line of the history of packs."""

    number: int
    name: str
    title: str
    pack_version: str
    counts: dict[str, object]
    applied_at: datetime
    applied_by: str
    rolled_back_at: datetime | None
    rolled_back_by: str


def list_applications() -> Sequence[ApplicationRow]:
    """Every application, the newest first, without its files and its journal."""
    by, undone_by = aliased(User), aliased(User)
    rows = db.session.execute(
        select(
            PackApplication.number,
            PackApplication.name,
            PackApplication.title,
            PackApplication.pack_version,
            PackApplication.counts,
            PackApplication.applied_at,
            func.coalesce(by.name, ""),
            PackApplication.rolled_back_at,
            func.coalesce(undone_by.name, ""),
        )
        .outerjoin(by, by.id == PackApplication.applied_by_id)
        .outerjoin(undone_by, undone_by.id == PackApplication.rolled_back_by_id)
        .order_by(PackApplication.number.desc())
    ).all()
    return [ApplicationRow(*row) for row in rows]


def get_application(number: int) -> PackApplication:
    """Return an application by its number, or raise NoResultFound (404)."""
    return db.session.scalars(
        select(PackApplication).where(PackApplication.number == number).options(defer(PackApplication.files))
    ).one()


def title_of_pack_with(form_id: uuid.UUID, version_id: uuid.UUID | None = None) -> str:
    """The title of the pack that brought a form, or just this version of it; "" if none in force did."""
    brought = [
        PackApplication.changes.contains([{"table": "form_definition", "id": str(form_id)}]),
        PackApplication.changes.contains([{"table": "form_version", "after": {"form_id": str(form_id)}}]),
    ]
    if version_id is not None:
        brought = [PackApplication.changes.contains([{"table": "form_version", "id": str(version_id)}])]
    title = db.session.scalars(
        select(PackApplication.title)
        .where(PackApplication.rolled_back_at.is_(None), or_(*brought))
        .order_by(PackApplication.number.desc())
        .limit(1)
    ).one_or_none()
    return title or ""


register_pack_names(title_of_pack_with)
