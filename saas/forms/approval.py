"""Approving that a form is collected (批准收集). Never commits: the caller's unit of work does.

Unapproved statistical forms may not be filled (未经批准的报表一律停止填报). What is approved is the form with so many
answers until a day; a version that asks more, or a later last day, needs a new approval.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from sqlalchemy import or_, select

from saas.audit.services import AuditAction, HasId, record
from saas.db import db, local_today, utc_now
from saas.domain.errors import DomainError, Message, message
from saas.domain.fields import FormDefinition as Definition
from saas.domain.fields import count_fields, form_from_mapping
from saas.forms import queries
from saas.forms.locking import pack_of
from saas.forms.models import FormDefinition, FormVersion, VersionStatus

EXPIRY_NOTICE = timedelta(days=60)


def is_expired(form: FormDefinition, on: date | None = None) -> bool:
    """Whether a form may no longer be asked (已过有效期); its last day is `expires_on`."""
    return not form.is_active or (form.expires_on is not None and form.expires_on < (on or local_today()))


def collecting_problem(form: FormDefinition, on: date | None = None) -> Message | None:
    """Return why a form may not be asked of anybody on a day, or None: stopped, expired, or not approved."""
    if is_expired(form, on):
        return message("form_expired", "表单“{name}”已停用或已过有效期，不能再填报", name=form.name)
    if form.approved_at is None:
        return message("form_not_approved", "表单“{name}”尚未批准收集，批准后才能填报", name=form.name)
    return None


def may_be_collected(form: FormDefinition, on: date | None = None) -> bool:
    """Whether a form may be asked on a day: in use, not expired, approved."""
    return collecting_problem(form, on) is None


def refuse_collecting(form: FormDefinition) -> None:
    """Raise DomainError if a form may not be asked today."""
    problem = collecting_problem(form)
    if problem is not None:
        raise DomainError(problem.text, code=problem.code, **dict(problem.params))


def loses_approval(form: FormDefinition, definition: Definition) -> bool:
    """Whether publishing this definition takes the approval away: it asks for more answers than were approved."""
    return form.approved_at is not None and count_fields(definition) > form.approved_fields


def take_away(form: FormDefinition) -> None:
    """Take the approval of a form away; how many answers had been approved stays to be seen."""
    form.approved_at, form.approved_by_id, form.approval_number = None, None, ""


def approve(form: FormDefinition, *, number: str, expires_on: date | None, actor: HasId) -> None:
    """Approve that the published version of a form is collected until a day (批准收集), or renew that (续期).

    Raises DomainError if nothing is published, without a number, for a day that is over, and to whoever published
    the version: one person decides what is asked, another that it may be asked. What a pack brought was not decided on
    by whoever applied it.
    """
    version = queries.find_published_version(form.id)
    if version is None or not form.is_active:
        raise DomainError("表单没有发布或已停用，不能批准收集", code="not_published")
    if is_own(version, actor):
        raise DomainError("这一版由本人发布，须由他人批准收集", code="four_eyes")
    if not number.strip():
        raise DomainError("请填写批准（备案）文号", code="no_number")
    if expires_on is not None and expires_on < local_today():
        raise DomainError("有效期已过，请填写今后的日期", code="bad_range")
    form.approved_at, form.approved_by_id, form.approval_number = utc_now(), actor.id, number.strip()
    form.approved_fields, form.expires_on = count_fields(form_from_mapping(version.definition)), expires_on
    record(
        AuditAction.FORM_APPROVED,
        form,
        actor=actor,
        number=version.number,
        approval_number=form.approval_number,
        fields=form.approved_fields,
        expires_on=str(expires_on or ""),
    )
    db.session.flush()


def is_own(version: FormVersion, actor: HasId) -> bool:
    """Whether somebody published a version that was made here, so that another person has to approve it."""
    return version.published_by_id == actor.id and not pack_of(version.form, version)


@dataclass(frozen=True, slots=True)
class Waiting:
    """A published form that waits for its approval, or whose last day is near or just over."""

    form: FormDefinition
    is_approved: bool
    is_expired: bool


def list_waiting(on: date) -> Sequence[Waiting]:
    """The forms that the office has to decide on: unapproved ones first, then by their last day. One statement."""
    published = select(FormVersion.form_id).where(FormVersion.status == VersionStatus.PUBLISHED)
    is_ending = FormDefinition.expires_on.between(on - EXPIRY_NOTICE, on + EXPIRY_NOTICE)
    forms = db.session.scalars(
        select(FormDefinition)
        .where(FormDefinition.is_active, FormDefinition.id.in_(published))
        .where(or_(FormDefinition.approved_at.is_(None), is_ending))
        .order_by(FormDefinition.approved_at.is_not(None), FormDefinition.expires_on, FormDefinition.name)
    ).all()
    return [Waiting(form, form.approved_at is not None, is_expired(form, on)) for form in forms]
