"""Builders of forms, collections and submissions."""

from __future__ import annotations

import itertools
import uuid
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from sqlalchemy import select

from saas.accounts.models import User
from saas.db import db, utc_now
from saas.domain.canonical_json import digest
from saas.domain.periods import Cadence, period_of
from saas.domain.workflow import SubmissionStatus
from saas.forms.models import FormDefinition, FormVersion, VersionStatus
from saas.forms.queries import find_published_version
from saas.org.models import OrgUnit
from saas.review.models import Route
from saas.submissions.models import Collection, Submission
from saas.submissions.schedule import period_at
from tests.factories import make_unit, make_user

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


APPROVER = "批准人"
MANY = 1000  # answers that are approved to be asked, unless a test is about that


def make_form(
    *, name: str = "", owner: OrgUnit | None = None, expires_on: date | None = None, is_approved: bool = True
) -> FormDefinition:
    """A registered form without versions; it may be collected once it is published."""
    number = next(_numbers)
    form = FormDefinition(
        code=f"form_{number}_{uuid.uuid4().hex[:6]}",
        name=name or f"第{number}表",
        legal_basis="青政办〔2026〕3号",
        owner_unit_id=(owner or make_unit("整治办")).id,
        expires_on=expires_on,
    )
    if is_approved:
        form.approved_at, form.approved_by_id, form.approved_fields = utc_now(), _approver().id, MANY
        form.approval_number = "青统备〔2026〕8号"
    db.session.add(form)
    db.session.flush()
    return form


def _approver() -> User:
    known = db.session.scalars(select(User).where(User.name == APPROVER).limit(1)).one_or_none()
    return known or make_user(name=APPROVER)


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


TWO_STEPS: Mapping[str, Any] = {
    "code": "two_steps",
    "name": "村级填报审核流程",
    "steps": [
        {"code": "town", "name": "乡镇审核", "kind": "review", "who": {"role": "town_officer", "at": "own_parent"}},
        {"code": "office", "name": "县办验收", "kind": "accept", "who": {"role": "office", "at": "ancestor:county"}},
    ],
}
MONTHLY: Mapping[str, Any] = {"due": {"month": 0, "day": 16}, "due_inclusive": False, "grace_days": 5}


def make_route() -> Route:
    """Town, then county office."""
    code = f"route-{uuid.uuid4().hex[:8]}"
    route = Route(code=code, name="村级填报审核流程", definition={**TWO_STEPS, "code": code})
    db.session.add(route)
    db.session.flush()
    return route


def make_collection(
    version: FormVersion | None = None,
    *,
    cohort: Mapping[str, Any] | None = None,
    window: Mapping[str, Any] = MONTHLY,
    cadence: str = "month",
    starts_on: date = date(2025, 1, 1),
    name: str = "环境卫生自查",
) -> Collection:
    """A monthly collection of all villages, due on the 15th, taken until the 20th."""
    version = version or make_version()
    collection = Collection(
        code=f"collection-{uuid.uuid4().hex[:8]}",
        name=name,
        form_id=version.form_id,
        form=version.form,
        route_id=make_route().id,
        cadence=cadence,
        cohort=dict(cohort or {"unit_types": ["village"]}),
        window=dict(window),
        starts_on=starts_on,
    )
    db.session.add(collection)
    db.session.flush()
    return collection


def make_submission(
    collection: Collection,
    unit: OrgUnit,
    *,
    period_start: date = date(2026, 3, 1),
    status: SubmissionStatus = SubmissionStatus.DRAFT,
    answers: Mapping[str, Any] | None = None,
    **columns: Any,
) -> Submission:
    """A submission as a row, without its case."""
    version = find_published_version(collection.form_id)
    assert version is not None
    cadence = Cadence(collection.cadence)
    has_own_days = cadence in {Cadence.WINDOW, Cadence.TERM}
    period = period_at(collection, period_start) if has_own_days else period_of(period_start, cadence)
    handed_in = status is not SubmissionStatus.DRAFT
    submission = Submission(
        collection_id=collection.id,
        collection=collection,
        form_version_id=version.id,
        form_version=version,
        unit_id=unit.id,
        unit=unit,
        period_start=period.start,
        period_end=period.end,
        status=status,
        answers=dict(answers if answers is not None else {"patrols": 12}),
        submitted_at=utc_now() if handed_in else None,
        signed_off_at=utc_now() if status is SubmissionStatus.SIGNED_OFF else None,
        **columns,
    )
    db.session.add(submission)
    db.session.flush()
    return submission
