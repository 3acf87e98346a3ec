"""Writing what a checked workbook says: all drafts in two statements; what is complete is handed in if asked for."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import CursorResult, bindparam, select, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import joinedload

from saas.audit.services import HasId
from saas.db import db, new_id, utc_now
from saas.domain.errors import DomainError
from saas.domain.workflow import SUBMISSION_MOVES, SubmissionAction, SubmissionStatus, next_status
from saas.jobs.running import report_progress
from saas.org.bulk import insert_rows
from saas.submissions import services
from saas.submissions.models import RevisionKind, Submission
from saas.submissions.tables.judging import Plan
from saas.submissions.tables.scope import TableScope
from saas.tenancy.scope import bound_tenant_id

_UPDATE = text(
    "UPDATE submission SET answers = new.answers, status = new.status, updated_at = :moment,"
    " version = submission.version + 1, contributors = CASE WHEN submission.contributors ? :actor"
    " THEN submission.contributors ELSE submission.contributors || to_jsonb(CAST(:actor AS text)) END"
    " FROM jsonb_to_recordset(:changed) AS new(id uuid, version int, status text, answers jsonb)"
    " WHERE submission.tenant_id = :tenant_id AND submission.id = new.id AND submission.version = new.version"
).bindparams(bindparam("changed", type_=JSONB))


def apply_plans(plans: Sequence[Plan], *, actor: HasId) -> Mapping[str, Any]:
    """Write the drafts of these units and hand in those that are to be. Never commits.

    Raises DomainError if one of them was changed since it was read: then nothing is written.
    """
    if not plans:
        return {"handed_in": 0, "marked": 0}
    scope = plans[0].scope
    _insert([plan for plan in plans if plan.unit.filed is None], scope, actor)
    _update([plan for plan in plans if plan.unit.filed is not None], actor)
    handed_in = [plan.unit.unit.id for plan in plans if plan.is_handed_in]
    return {"handed_in": len(handed_in), "marked": _hand_in(handed_in, scope, actor)}


def _insert(plans: Sequence[Plan], scope: TableScope, actor: HasId) -> None:
    now = utc_now()
    same = {
        "collection_id": scope.collection.id,
        "form_version_id": scope.version.id,
        "period_start": scope.period.start,
        "period_end": scope.period.end,
        "status": SubmissionStatus.DRAFT,
        "kind": RevisionKind.ORIGINAL,
        "marks": [],
        "choice_labels": {},
        "contributors": [str(actor.id)],
        "created_at": now,
        "updated_at": now,
        "version": 1,
    }
    rows = (
        {"id": new_id(), "unit_id": plan.unit.unit.id, "answers": plan.answers, "origins": dict(plan.origins)}
        for plan in plans
    )
    insert_rows(Submission, rows, bound_tenant_id(), same=same)


def _update(plans: Sequence[Plan], actor: HasId) -> None:
    changed = [
        {
            "id": str(plan.unit.filed.id),
            "version": plan.unit.filed.version,
            "status": next_status(SUBMISSION_MOVES, plan.unit.filed.status, SubmissionAction.EDIT).value,
            "answers": plan.answers,
        }
        for plan in plans
        if plan.unit.filed is not None
    ]
    if not changed:
        return
    values = {"moment": utc_now(), "actor": str(actor.id), "changed": changed, "tenant_id": bound_tenant_id()}
    result = db.session.execute(_UPDATE, values)
    if not isinstance(result, CursorResult) or result.rowcount != len(changed):
        raise DomainError("写入时发现有草稿刚被他人改动，没有写入任何内容。请重新核对", code="stale_draft")


def _hand_in(unit_ids: Sequence[uuid.UUID], scope: TableScope, actor: HasId) -> int:
    """Each report takes the same way as from its page: its own decision, its own event. Returns how many are marked."""
    if not unit_ids:
        return 0
    submissions = db.session.scalars(
        select(Submission)
        .where(
            Submission.collection_id == scope.collection.id,
            Submission.period_start == scope.period.start,
            Submission.unit_id.in_(unit_ids),
            Submission.status.in_((SubmissionStatus.DRAFT, SubmissionStatus.RETURNED)),
        )
        .options(joinedload(Submission.collection), joinedload(Submission.form_version), joinedload(Submission.unit))
        .order_by(Submission.unit_id)
    ).all()
    for number, submission in enumerate(submissions):
        report_progress(50 + 45 * number // len(submissions))
        services.submit(submission, actor=actor)
    return sum(bool(submission.marks) for submission in submissions)
