"""Reading the audit trail. The auditor sees the whole county's; nobody else sees any of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from flask import current_app
from sqlalchemy import Select, func, select

from saas.accounts.models import User
from saas.audit.models import AuditEvent
from saas.db import db

PAGE = 50


@dataclass(frozen=True, slots=True)
class TrailFilter:
    """What of the trail is wanted. "" and None mean: everything."""

    action: str = ""
    person: str = ""
    day: date | None = None


def list_events(wanted: TrailFilter, *, page: int = 1) -> tuple[Sequence[tuple[AuditEvent, str | None]], int]:
    """One page of what was done, the latest first, with who did it; and how many there are. One statement."""
    rows = db.session.execute(
        _matching(wanted)
        .add_columns(User.name, func.count().over())
        .order_by(AuditEvent.at.desc(), AuditEvent.id.desc())
        .limit(PAGE)
        .offset((page - 1) * PAGE)
    ).all()
    return [(row[0], row[1]) for row in rows], rows[0][2] if rows else 0


def _matching(wanted: TrailFilter) -> Select[AuditEvent]:
    statement = select(AuditEvent).outerjoin(User, User.id == AuditEvent.actor_id)
    if wanted.action:
        statement = statement.where(AuditEvent.action == wanted.action)
    if wanted.person:
        statement = statement.where(
            User.name.contains(wanted.person, autoescape=True)
            | User.login_name.icontains(wanted.person, autoescape=True)
        )
    if wanted.day is not None:
        start = datetime.combine(wanted.day, time.min, current_app.config["JICENG"].timezone)
        statement = statement.where(AuditEvent.at >= start, AuditEvent.at < start + timedelta(days=1))
    return statement
