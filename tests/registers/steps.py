"""Steps that several tests of registers take."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select

from saas.access.permissions import Role
from saas.accounts.models import User
from saas.accounts.queries import list_acting_posts
from saas.accounts.viewer import HeldPost, Viewer
from saas.audit.models import AuditEvent
from saas.db import db, local_today
from saas.org.models import OrgUnit
from saas.registers import queries
from saas.registers.models import RecordEvent, RegisterRecord
from saas.registers.services import open_record, parse_record
from tests.registers.conftest import Place


def viewer_of(user: User) -> Viewer:
    """A person with the posts of today, as a session would give it."""
    posts = tuple(
        HeldPost(
            each.id,
            each.name,
            each.unit_id,
            each.unit_name,
            frozenset(Role(role) for role in each.roles),
        )
        for each in list_acting_posts(user.id, local_today())
    )
    return Viewer(user_id=user.id, name=user.name, must_change_password=False, posts=posts)


def make_record(place: Place, matter: str = "争水渠", unit: OrgUnit | None = None, **answers: str) -> RegisterRecord:
    """A record opened by a clerk through the service."""
    from saas.domain.fields import form_from_mapping
    from saas.forms.queries import find_published_version

    unit = unit or place.village
    version = find_published_version(place.register.form_id)
    assert version is not None
    raw = {"matter": [matter], **{name: [text] for name, text in answers.items()}}
    parsed = parse_record(form_from_mapping(version.definition), unit, raw)
    assert parsed.is_valid, parsed.errors
    return open_record(place.register, unit, parsed.answers, actor=place.clerk)


def records() -> list[RegisterRecord]:
    return list(db.session.scalars(select(RegisterRecord).order_by(RegisterRecord.number)).all())


def events(record: RegisterRecord) -> list[RecordEvent]:
    """The history of a record, the first event first."""
    return [each.event for each in reversed(queries.list_events(record))]


def actions() -> list[str]:
    found = db.session.scalars(select(AuditEvent.action).order_by(AuditEvent.id)).all()
    return [action for action in found if action.startswith(("record.", "register."))]


def form_of(record: RegisterRecord, **typed: Any) -> dict[str, Any]:
    """A post of the record's page with its version."""
    return {"version": str(record.version), **typed}
