"""Writing the audit trail."""

from __future__ import annotations

import uuid
from enum import StrEnum
from typing import Any, Protocol

from flask import has_request_context, request

from saas.audit.models import AuditEvent
from saas.db import Base, db, utc_now


class AuditAction(StrEnum):
    """`<thing>.<past tense>`. Stored in the database: never rename a value. Keep the list in alphabetical order."""

    ACCOUNT_CREATED = "account.created"
    ACCOUNT_DISABLED = "account.disabled"
    ACCOUNT_ENABLED = "account.enabled"
    ACCOUNT_LOCKED = "account.locked"
    ACCOUNT_PASSWORD_CHANGED = "account.password_changed"  # noqa: S105  (the name of an event)
    ACCOUNT_PASSWORD_RESET = "account.password_reset"  # noqa: S105  (the name of an event)
    ACCOUNT_SIGNED_IN = "account.signed_in"
    ACCOUNT_SIGNED_OUT = "account.signed_out"
    ACCOUNT_SIGN_IN_FAILED = "account.sign_in_failed"
    ACCOUNT_UNLOCKED = "account.unlocked"
    APPOINTMENT_CHANGED = "appointment.changed"
    CASE_APPROVED = "case.approved"
    CASE_RETURNED = "case.returned"
    CASE_STARTED = "case.started"
    CASE_WITHDRAWN = "case.withdrawn"
    COLLECTION_CHANGED = "collection.changed"
    COLLECTION_WINDOW_CHANGED = "collection.window_changed"
    DOCUMENT_DOWNLOADED = "document.downloaded"
    DOCUMENT_REQUESTED = "document.requested"
    FACT_RECORDED = "fact.recorded"
    FACT_WITHDRAWN = "fact.withdrawn"
    FORM_CHANGED = "form.changed"
    FORM_PUBLISHED = "form.published"
    LINK_CHANGED = "link.changed"
    PACK_APPLIED = "pack.applied"
    PLAN_CHANGED = "plan.changed"
    PLAN_ISSUED = "plan.issued"
    PLAN_SIGNED = "plan.signed"
    POST_CHANGED = "post.changed"
    ROUND_CHANGED = "round.changed"
    ROUND_COMPUTED = "round.computed"
    ROUND_PUBLISHED = "round.published"
    SCHEME_PUBLISHED = "scheme.published"
    SESSION_ENDED = "session.ended"
    SETTINGS_CHANGED = "settings.changed"
    SUBMISSION_RETURNED = "submission.returned"
    SUBMISSION_SAVED = "submission.saved"
    SUBMISSION_SIGNED_OFF = "submission.signed_off"
    SUBMISSION_SUBMITTED = "submission.submitted"
    SUBMISSION_WITHDRAWN = "submission.withdrawn"
    TARGET_REPORTED = "target.reported"
    TASK_ACCEPTED = "task.accepted"
    TASK_REPORTED = "task.reported"
    UNIT_CHANGED = "unit.changed"


class HasId(Protocol):
    """Whoever acts: a user, or Flask-Login's stand-in for one."""

    @property
    def id(self) -> uuid.UUID: ...


def record(action: AuditAction, subject: Base | None, *, actor: HasId | None, **details: Any) -> None:
    """Add one line to the audit trail, in the same transaction as the change itself.

    `subject` is flushed first, so that its id is known. Without an actor it is the system's own doing. `details` are
    plain values; personal data and passwords do not belong there.
    """
    if subject is not None and getattr(subject, "id", None) is None:
        db.session.flush()
    db.session.add(
        AuditEvent(
            action=action.value,
            subject_type=subject.__tablename__ if subject is not None else "",
            subject_id=getattr(subject, "id", None),
            actor_id=actor.id if actor is not None else None,
            at=utc_now(),
            address=(request.remote_addr or "") if has_request_context() else "",
            details=details,
        )
    )
