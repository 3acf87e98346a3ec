"""Builders of forms, collections and submissions."""

from __future__ import annotations

import itertools
import uuid
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from saas.db import db, utc_now
from saas.domain.canonical_json import digest
from saas.forms.models import FormDefinition, FormVersion, VersionStatus
from saas.org.models import OrgUnit
from tests.factories import make_unit

_numbers = itertools.count(1)

QUESTIONS: Sequence[Mapping[str, Any]] = (
    {"type": "integer", "name": "patrols", "label": "保洁次数", "required": True, "min": 0, "max": 31, "measure": "次"},
    {"type": "decimal", "name": "rubbish", "label": "清运垃圾", "min": 0, "measure": "吨", "not_applicable": True},
    {"type": "text", "name": "remark", "label": "情况说明", "max_length": 50},
    {"type": "image", "name": "photo", "label": "现场照片", "max_count": 2},
    {
        "type": "begin_repeat",
        "name": "homes",
        "label": "示范户",
        "fields": [
            {"type": "text", "name": "number", "label": "门牌号", "required": True},
            {"type": "integer", "name": "people", "label": "人数", "measure": "人"},
        ],
    },
)


def make_form(*, name: str = "", owner: OrgUnit | None = None, expires_on: date | None = None) -> FormDefinition:
    """A registered form without versions."""
    number = next(_numbers)
    form = FormDefinition(
        code=f"form_{number}_{uuid.uuid4().hex[:6]}",
        name=name or f"第{number}表",
        legal_basis="青政办〔2026〕3号",
        owner_unit_id=(owner or make_unit("整治办")).id,
        expires_on=expires_on,
    )
    db.session.add(form)
    db.session.flush()
    return form


def make_version(
    form: FormDefinition | None = None,
    *fields: Mapping[str, Any],
    status: VersionStatus = VersionStatus.PUBLISHED,
    number: int = 1,
) -> FormVersion:
    """A version of a form, published unless told otherwise."""
    form = form or make_form()
    definition = {"code": form.code, "name": form.name, "fields": [dict(item) for item in fields or QUESTIONS]}
    is_draft = status is VersionStatus.DRAFT
    version = FormVersion(
        form_id=form.id,
        form=form,
        number=number,
        status=status,
        definition=definition,
        digest="" if is_draft else digest(definition),
        published_at=None if is_draft else utc_now(),
    )
    db.session.add(version)
    db.session.flush()
    return version
