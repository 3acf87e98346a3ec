"""Changing how the county presents itself. Documents that were issued keep what they were issued with."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import select

from saas.audit.services import AuditAction, HasId, record
from saas.db import db
from saas.tenancy.models import TenantSettings


def get_settings() -> TenantSettings:
    """The county's settings; every county has exactly one row."""
    return db.session.scalars(select(TenantSettings)).one()


def change_settings(
    settings: TenantSettings,
    *,
    texts: Mapping[str, str],
    copied_to: Sequence[str],
    details: Mapping[str, Any],
    actor: HasId,
) -> None:
    """Save the texts (by column), the default copies and the further details."""
    changed = [name for name, text in texts.items() if getattr(settings, name) != text]
    for name, text in texts.items():
        setattr(settings, name, text)
    if settings.copied_to != list(copied_to):
        changed.append("copied_to")
    changed += [name for name, value in details.items() if settings.details.get(name) != value]
    settings.copied_to = list(copied_to)
    settings.details = {**settings.details, **details}
    record(AuditAction.SETTINGS_CHANGED, settings, actor=actor, fields=changed)
    db.session.flush()
