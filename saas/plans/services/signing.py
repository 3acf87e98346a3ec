"""Plans on their way: sent for review, returned, signed, issued. Never commits: the caller's unit of work does."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from typing import Any, cast

from flask_babel import lazy_gettext as _l
from sqlalchemy import select

from saas.accounts.queries import acting
from saas.accounts.viewer import Viewer
from saas.audit.services import AuditAction, HasId, record
from saas.db import db, local_today, utc_now
from saas.documents.models import Document
from saas.documents.services import county_settings, request_document
from saas.domain.canonical_json import plain
from saas.domain.errors import DomainError
from saas.domain.progress import CaseStatus
from saas.domain.routes import Step
from saas.domain.tasks import ANSWERABLE
from saas.domain.workflow import PLAN_MOVES, PlanAction, PlanStatus, next_status
from saas.files.queries import register_subject as register_files
from saas.notifications.services import notify
from saas.org.models import OrgUnit, Post
from saas.org.queries import get_unit
from saas.plans import queries
from saas.plans.checks import Finding, check_plan
from saas.plans.content import PlanContent, plan_content
from saas.plans.models import Plan, PlanTask, PlanTaskPart, PlanTaskUnit
from saas.plans.official import DocumentFrame, plan_document
from saas.review.models import ReviewCase
from saas.review.queries import find_case_of, get_route
from saas.review.services import start_case
from saas.review.subjects import SubjectHandler, register_subject

SUBJECT = "plan"
KIND = "plan"


class PlanNotReady(DomainError):  # noqa: N818  (reads as a sentence where it is raised)
    """The checks found something that keeps the plan from being sent."""

    code = "plan_not_ready"

    def __init__(self, findings: Sequence[Finding]) -> None:
        super().__init__("方案还不能送审：{first}", first=findings[0].text)
        self.findings = tuple(findings)


def plan_path(plan_id: uuid.UUID) -> str:
    """The page of a plan inside the county."""
    return f"/plans/{plan_id}"


def submit_plan(plan: Plan, *, actor: HasId) -> ReviewCase:
    """Send a plan for countersigning, review and signing (送审). What is decided on is the whole plan, frozen.

    Raises PlanNotReady if the checks found something that blocks, InvalidTransition if it is on its way already.
    """
    after = next_status(PLAN_MOVES, plan.status, PlanAction.SUBMIT)
    content = plan_content(plan)
    blocking = [finding for finding in check_plan(content) if finding.is_blocking]
    if blocking:
        raise PlanNotReady(blocking)
    plan.status = after
    db.session.flush()
    return start_case(
        get_route(plan.route_id),
        subject_type=SUBJECT,
        subject_id=plan.id,
        unit=get_unit(plan.unit_id),
        title=plan.title,
        path=plan_path(plan.id),
        content=plain(content),
        authors=queries.list_authors(plan),
        actor=actor,
        listed_units=_countersign_ids(plan),
    )


def _countersign_ids(plan: Plan) -> list[uuid.UUID]:
    rows = db.session.execute(select(OrgUnit.code, OrgUnit.id).where(OrgUnit.code.in_(plan.countersign_units))).all()
    ids = {row.code: row.id for row in rows}
    unknown = [code for code in plan.countersign_units if code not in ids]
    if unknown:
        raise DomainError("会签单位“{unit}”不存在", code="unknown_unit", unit=unknown[0])
    return [ids[code] for code in plan.countersign_units]


def frozen_content(plan: Plan) -> PlanContent:
    """The plan as it was signed, or, before that, as it stands now."""
    if plan.status in queries.SETTLED:
        case = find_case_of(plan.id)
        if case is not None and case.status is CaseStatus.APPROVED:
            return cast(PlanContent, case.content)
    return cast(PlanContent, plain(plan_content(plan)))


def document_frame() -> DocumentFrame:
    """How the county's documents look around a plan."""
    settings = county_settings()
    details: dict[str, Any] = settings.details
    return DocumentFrame(
        letterhead=settings.letterhead or settings.issuing_unit_name,
        has_document_word=bool(details.get("has_document_word", True)),
        agency_code=settings.agency_code,
        issuer=settings.issuing_unit_name or settings.letterhead,
        printed_by=settings.printing_unit_name,
        addressees=(details["addressees"],) if details.get("addressees") else (),
        copied_to=tuple(settings.copied_to),
    )


def preview_plan(plan: Plan, *, actor: HasId) -> Document:
    """Make a draft copy of the document, without a number (校样)."""
    return _request(plan, actor=actor, issue=False)


def issue_plan(plan: Plan, *, actor: HasId) -> Document:
    """Issue a signed plan (印发): it gets its number and its date, and those with tasks are told.

    Raises InvalidTransition unless the plan is signed.
    """
    plan.status = next_status(PLAN_MOVES, plan.status, PlanAction.ISSUE)
    document = _request(plan, actor=actor, issue=True)
    plan.document_id = document.id
    db.session.flush()
    record(AuditAction.PLAN_ISSUED, plan, actor=actor, number=document.number)
    notify(_responsible_people(plan), "assigned", f"{plan.title}已印发，请查看本单位任务", plan_path(plan.id))
    return document


def _request(plan: Plan, *, actor: HasId, issue: bool) -> Document:
    return request_document(
        plan_document(frozen_content(plan), document_frame()),
        kind=KIND,
        subject_type=SUBJECT,
        subject_id=plan.id,
        unit_id=plan.unit_id,
        actor=actor,
        issue=issue,
    )


def _responsible_people(plan: Plan) -> list[uuid.UUID]:
    """Who acts in a post today at a unit that leads or answers for a part, delegates included."""
    who = acting(local_today())
    units = (
        select(PlanTaskUnit.unit_id)
        .join(PlanTaskPart, PlanTaskPart.id == PlanTaskUnit.part_id)
        .join(PlanTask, PlanTask.id == PlanTaskPart.task_id)
        .where(PlanTask.plan_id == plan.id, PlanTaskUnit.role.in_([role.value for role in ANSWERABLE]))
    )
    return list(
        db.session.scalars(
            select(who.c.user_id)
            .join(Post, Post.id == who.c.post_id)
            .where(Post.unit_id.in_(units), Post.is_active)
            .distinct()
            .order_by(who.c.user_id)
        ).all()
    )


# --- what happens to a plan when its case moves ----------------------------------------------------------------------


def _get(plan_id: uuid.UUID) -> Plan:
    return db.session.scalars(select(Plan).where(Plan.id == plan_id)).one()


def _approved_step(plan_id: uuid.UUID, step: Step, actor: HasId) -> None:
    """Countersigning and reviewing leave the plan where it is."""
    next_status(PLAN_MOVES, _get(plan_id).status, PlanAction.APPROVE)


def _returned(plan_id: uuid.UUID, reason: str, actor: HasId) -> None:
    plan = _get(plan_id)
    plan.status = next_status(PLAN_MOVES, plan.status, PlanAction.RETURN)


def _withdrawn(plan_id: uuid.UUID, actor: HasId) -> None:
    plan = _get(plan_id)
    plan.status = next_status(PLAN_MOVES, plan.status, PlanAction.WITHDRAW)


def _finished(plan_id: uuid.UUID, actor: HasId) -> None:
    """Signed: from now on the content is final (签发)."""
    plan = _get(plan_id)
    case = find_case_of(plan_id)
    plan.status = next_status(PLAN_MOVES, plan.status, PlanAction.SIGN)
    plan.digest, plan.signed_at = case.digest if case else "", utc_now()
    db.session.flush()
    record(AuditAction.PLAN_SIGNED, plan, actor=actor, digest=plan.digest)
    notify([plan.drafted_by_id], "signed", f"{plan.title}已签发，可以印发", plan_path(plan.id))


def _may_see_files(plan_id: uuid.UUID, viewer: Viewer) -> bool:
    """Who may see the plan may see its files; so may whoever decides on it."""
    return queries.is_visible(plan_id, viewer)


register_subject(
    SUBJECT, SubjectHandler(_l("实施方案"), "plans/_content.html", _approved_step, _returned, _finished, _withdrawn)
)
register_files(SUBJECT, _may_see_files)

__all__ = ["PlanNotReady", "PlanStatus", "frozen_content", "issue_plan", "preview_plan", "submit_plan"]
