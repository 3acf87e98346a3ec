"""Designing and publishing forms. Never commits: the caller's unit of work does."""

from __future__ import annotations

import uuid
from dataclasses import replace
from datetime import date

from sqlalchemy import func, select

from saas.audit.services import AuditAction, HasId, record
from saas.db import db, utc_now
from saas.domain.canonical_json import digest
from saas.domain.compatibility import Finding, Severity, compare_forms
from saas.domain.errors import FormError, InvalidTransition
from saas.domain.fields import Field, FieldType, form_from_mapping, form_to_mapping
from saas.domain.fields import FormDefinition as Definition
from saas.domain.form_locks import without_locks
from saas.forms import approval, queries
from saas.forms.approval import is_expired as is_expired
from saas.forms.locking import within_locks
from saas.forms.models import FormDefinition, FormVersion, VersionStatus
from saas.forms.publishing_checks import publishing_problems

MAX_TOLD = 100  # findings in one event of the trail


def new_definition(code: str, name: str) -> Definition:
    """Return the first draft of a form that is made in the browser: one question, to be changed."""
    return Definition(code, name, (Field(FieldType.TEXT, "q1", "新问题"),))


def create_form(
    definition: Definition,
    *,
    actor: HasId,
    owner_unit_id: uuid.UUID | None,
    legal_basis: str,
    expires_on: date | None,
) -> FormDefinition:
    """Create a form with its first version as a draft. Raises FormError if the code is taken."""
    taken = db.session.scalars(select(FormDefinition.id).where(FormDefinition.code == definition.code)).first()
    if taken is not None:
        raise FormError(
            "code", "编码“{taken}”已被另一张表单使用", code="duplicate", advice="换一个", taken=definition.code
        )
    form = FormDefinition(
        code=definition.code,
        name=definition.name,
        description=definition.description,
        owner_unit_id=owner_unit_id,
        legal_basis=legal_basis.strip(),
        expires_on=expires_on,
        created_at=utc_now(),
    )
    db.session.add(form)
    db.session.flush()
    first = form_to_mapping(without_locks(definition))
    db.session.add(FormVersion(form_id=form.id, form=form, number=1, definition=first))
    record(AuditAction.FORM_CHANGED, form, actor=actor, change="created")
    return form


def edit_registration(
    form: FormDefinition,
    *,
    actor: HasId,
    name: str,
    owner_unit_id: uuid.UUID | None,
    legal_basis: str,
    expires_on: date | None,
    is_active: bool = True,
) -> None:
    """Change who asks for a form, on what basis and until when (制表单位、填报依据、有效期).

    A later last day than was approved takes the approval away: prolonging is not the designer's to decide.
    """
    if form.approved_at is not None and is_prolonged(form, expires_on):
        approval.take_away(form)
    form.name, form.owner_unit_id, form.legal_basis = name.strip(), owner_unit_id, legal_basis.strip()
    form.expires_on, form.is_active = expires_on, is_active
    record(
        AuditAction.FORM_CHANGED, form, actor=actor, change="registration", expires_on=str(expires_on), active=is_active
    )


def start_draft(form: FormDefinition, *, actor: HasId) -> FormVersion:
    """Begin a new version with the newest one as its start. There is one draft at a time; it is returned."""
    draft = queries.find_draft(form.id)
    if draft is not None:
        return draft
    newest = queries.list_versions(form.id)[0]
    draft = FormVersion(form_id=form.id, form=form, number=newest.number + 1, definition=newest.definition)
    db.session.add(draft)
    record(AuditAction.FORM_CHANGED, form, actor=actor, change="draft_started", number=draft.number)
    db.session.flush()
    return draft


def change_definition(version: FormVersion, definition: Definition, *, actor: HasId, change: str) -> None:
    """Put another definition into a draft. The form keeps its code, and what a pack locked.

    Raises InvalidTransition for any other version, and FormError if it would break a lock.
    """
    if version.status is not VersionStatus.DRAFT:
        raise InvalidTransition("已发布的版本不能修改，请新建版本")
    own = within_locks(version.form, form_from_mapping(version.definition), _own(version, definition))
    version.definition = form_to_mapping(form_from_mapping(form_to_mapping(own)))
    record(AuditAction.FORM_CHANGED, version.form, actor=actor, change=change, number=version.number)
    db.session.flush()


def discard_draft(version: FormVersion, *, actor: HasId) -> None:
    """Give a draft up (放弃草稿). The only version of a form stays."""
    if version.status is not VersionStatus.DRAFT:
        raise InvalidTransition("已发布的版本不能删除")
    if version.number == 1:
        raise InvalidTransition("这是唯一的版本，不能放弃")
    record(AuditAction.FORM_CHANGED, version.form, actor=actor, change="draft_discarded", number=version.number)
    db.session.delete(version)
    db.session.flush()


def needs_acknowledgement(version: FormVersion) -> bool:
    """Whether a draft parts the data from what is published now, so that somebody has to say that they know."""
    former = queries.find_published_version(version.form_id)
    return former is not None and any(each.is_breaking for each in _findings(former, version))


def _findings(former: FormVersion, version: FormVersion) -> tuple[Finding, ...]:
    return compare_forms(form_from_mapping(former.definition), form_from_mapping(version.definition))


def publish(version: FormVersion, *, actor: HasId, is_acknowledged: bool = False) -> None:
    """Publish a draft (发布): it is frozen with its digest, and the version published before it retires.

    A form without a basis or an owner may not be asked of anybody, and one that asks nothing is no form. Whoever asks
    more than was approved needs a new approval before it is filled. A version that parts the data from those of the
    version before is published by somebody who knows that (`is_acknowledged`); what differs stands in the trail.
    """
    if version.status is not VersionStatus.DRAFT:
        raise InvalidTransition("只有草稿可以发布")
    definition = form_from_mapping(version.definition)
    for problem in publishing_problems(version.form, definition):
        raise problem
    former = queries.find_published_version(version.form_id)
    findings = _findings(former, version) if former is not None else ()
    if any(each.is_breaking for each in findings) and not is_acknowledged:
        raise FormError("", "新版与已发布的版本口径不同，请先确认影响", code="unacknowledged")
    if former is not None:
        former.status = VersionStatus.RETIRED
        db.session.flush()
    version.status, version.published_at, version.published_by_id = VersionStatus.PUBLISHED, utc_now(), actor.id
    version.digest = digest(version.definition)
    version.form.description = definition.description
    if approval.loses_approval(version.form, definition):
        approval.take_away(version.form)
    told = [f"{each.kind.value} {each.path}" for each in findings if each.severity is not Severity.HARMLESS]
    record(
        AuditAction.FORM_PUBLISHED,
        version.form,
        actor=actor,
        number=version.number,
        digest=version.digest,
        findings=told[:MAX_TOLD],
        is_acknowledged=is_acknowledged,
    )
    db.session.flush()


def is_prolonged(form: FormDefinition, expires_on: date | None) -> bool:
    """Whether another last day is later than the present one; no last day is later than any."""
    return form.expires_on is not None and (expires_on is None or expires_on > form.expires_on)


def unused_code() -> str:
    """Return a code for a form that was not given one."""
    count = db.session.scalars(select(func.count()).select_from(FormDefinition)).one()
    used = set(db.session.scalars(select(FormDefinition.code)).all())
    return next(code for number in range(count + 1, 2 * count + 3) if (code := f"form_{number}") not in used)


def _own(version: FormVersion, definition: Definition) -> Definition:
    return replace(definition, code=version.form.code)
