"""Steps that several tests of forms take."""

from __future__ import annotations

from sqlalchemy import select

from saas.audit.models import AuditEvent
from saas.db import db
from saas.domain.fields import form_from_mapping
from saas.forms.models import FormVersion, VersionStatus
from tests.factories_forms import make_version


def draft() -> FormVersion:
    return make_version(status=VersionStatus.DRAFT)


def page_of(version: FormVersion) -> str:
    return f"/forms/{version.form_id}/versions/{version.number}"


def labels(version: FormVersion) -> list[str]:
    return [item.label for item in form_from_mapping(version.definition).fields]


def actions() -> list[str]:
    return list(db.session.scalars(select(AuditEvent.action).order_by(AuditEvent.at, AuditEvent.id)).all())
