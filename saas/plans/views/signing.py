"""Sending a plan for review, issuing it, revising it."""

from __future__ import annotations

import uuid

from flask import flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from flask_login import current_user

from saas.access.decorators import requires
from saas.access.permissions import Permission
from saas.db import unit_of_work
from saas.htmx import render_page
from saas.plans import queries
from saas.plans.checks import check_plan
from saas.plans.content import plan_content
from saas.plans.models import Plan
from saas.plans.services.copying import revise_plan
from saas.plans.services.signing import PlanNotReady, issue_plan, preview_plan, submit_plan
from saas.plans.views.blueprint import bp, refuse_settled, refuse_stale
from saas.review.queries import get_route
from saas.tenancy.once import find_earlier_answer, remember_answer


@bp.get("/<uuid:plan_id>/submit")
@requires(Permission.PLAN_EDIT)
def submit(plan_id: uuid.UUID) -> ResponseReturnValue:
    plan = queries.get_plan_to_edit(plan_id, current_user)
    refuse_settled(plan)
    return _check_page(plan)


@bp.post("/<uuid:plan_id>/submit")
@requires(Permission.PLAN_EDIT)
def submit_send(plan_id: uuid.UUID) -> ResponseReturnValue:
    plan = queries.get_plan_to_edit(plan_id, current_user)
    refuse_stale(plan, request.form.get("version"))
    try:
        with unit_of_work():
            case = submit_plan(plan, actor=current_user)
    except PlanNotReady:
        return _check_page(plan, status=422)
    flash(gettext("已送审，正在按流程会签、审核。"), "success")
    return redirect(url_for("review.show", case_id=case.id), code=303)


def _check_page(plan: Plan, status: int = 200) -> ResponseReturnValue:
    content = plan_content(plan)
    findings = check_plan(content)
    return render_page(
        "plans/submit.html",
        fragment="submit_panel",
        status=status,
        plan=plan,
        content=content,
        findings=findings,
        is_blocked=any(finding.is_blocking for finding in findings),
        route=get_route(plan.route_id),
    )


@bp.post("/<uuid:plan_id>/preview")
@requires(Permission.PLAN_EDIT)
def preview(plan_id: uuid.UUID) -> ResponseReturnValue:
    plan = queries.get_plan_to_edit(plan_id, current_user)
    with unit_of_work():
        document = preview_plan(plan, actor=current_user)
    return redirect(url_for("documents.show", document_id=document.id), code=303)


@bp.post("/<uuid:plan_id>/issue")
@requires(Permission.DOCUMENT_ISSUE)
def issue(plan_id: uuid.UUID) -> ResponseReturnValue:
    plan, earlier = queries.get_plan_to_edit(plan_id, current_user), find_earlier_answer()
    if earlier is not None:
        return redirect(earlier, code=303)
    with unit_of_work():
        document = issue_plan(plan, actor=current_user)
        location = url_for("documents.show", document_id=document.id)
        remember_answer(location)
    flash(gettext("已印发，文号 %(number)s。", number=document.number), "success")
    return redirect(location, code=303)


@bp.post("/<uuid:plan_id>/revise")
@requires(Permission.PLAN_EDIT)
def revise(plan_id: uuid.UUID) -> ResponseReturnValue:
    plan, earlier = queries.get_plan_to_edit(plan_id, current_user), find_earlier_answer()
    if earlier is not None:
        return redirect(earlier, code=303)
    with unit_of_work():
        revision = revise_plan(plan, actor=current_user)
        location = url_for(".show", plan_id=revision.id)
        remember_answer(location)
    flash(gettext("已新建修订稿，改好后重新送审，仍由原签发人签发。"), "success")
    return redirect(location, code=303)
