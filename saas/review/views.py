"""Reviewing, countersigning and signing."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from flask import Blueprint, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from flask_login import current_user

from saas.access.decorators import requires
from saas.access.permissions import Permission
from saas.db import unit_of_work
from saas.domain.progress import CaseStatus
from saas.domain.routes import StepKind, route_from_mapping
from saas.htmx import render_page
from saas.local import local_time
from saas.notifications.services import mark_read
from saas.review import queries, services
from saas.review.casework import SKIPPED
from saas.review.forms import ApproveForm, ReturnForm
from saas.review.models import ReviewCase, ReviewDecision
from saas.review.subjects import flagged_subjects, handler_of, remarks_on

bp = Blueprint("review", __name__, url_prefix="/cases")

TABS = ("open", "started", "decided")


@bp.get("")
@requires(Permission.CASE_VIEW)
def index() -> ResponseReturnValue:
    tab = request.args.get("tab", "open")
    tab = tab if tab in TABS else "open"
    page = max(request.args.get("page", 1, type=int), 1)
    is_flagged = tab == "open" and bool(request.args.get("flagged"))
    among = flagged_subjects() if is_flagged else ()
    tasks = queries.list_open_tasks(current_user, page=page, among=among) if tab == "open" else ()
    return render_page(
        "review/index.html",
        fragment="review_list",
        tab=tab,
        page=page,
        open_count=queries.count_open_tasks(current_user),
        shown_count=queries.count_open_tasks(current_user, among=among) if is_flagged else None,
        tasks=tasks,
        remarks=remarks_on((task.case.subject_type, task.case.subject_id) for task, _ in tasks),
        started=queries.list_started(current_user) if tab == "started" else [],
        decided=queries.list_decided(current_user, page=page) if tab == "decided" else [],
        page_size=queries.PAGE,
    )


@bp.get("/<uuid:case_id>")
@requires(Permission.CASE_VIEW)
def show(case_id: uuid.UUID) -> ResponseReturnValue:
    return _page(queries.get_case(case_id, viewer=current_user))


@bp.post("/<uuid:case_id>/approve")
@requires(Permission.CASE_DECIDE)
def approve(case_id: uuid.UUID) -> ResponseReturnValue:
    case = queries.get_case(case_id, viewer=current_user)
    form = ApproveForm()
    if not form.validate_on_submit():
        return _page(case, approve_form=form, status=422)
    with unit_of_work():
        services.check_version(case, form.version.data)
        services.approve(case, actor=current_user, comment=form.comment.data or gettext("同意"))
    flash(gettext("已办理：%(title)s", title=case.title), "success")
    return redirect(url_for(".index"), code=303)


@bp.post("/<uuid:case_id>/return")
@requires(Permission.CASE_DECIDE)
def return_case(case_id: uuid.UUID) -> ResponseReturnValue:
    case = queries.get_case(case_id, viewer=current_user)
    form = ReturnForm(services.return_targets(case))
    if not form.validate_on_submit():
        return _page(case, return_form=form, status=422)
    with unit_of_work():
        services.check_version(case, form.version.data)
        services.return_case(case, actor=current_user, reason=form.reason.data, to=form.to.data)
    flash(gettext("已退回：%(title)s", title=case.title), "success")
    return redirect(url_for(".index"), code=303)


@bp.post("/<uuid:case_id>/withdraw")
@requires(Permission.CASE_VIEW)
def withdraw(case_id: uuid.UUID) -> ResponseReturnValue:
    case = queries.get_case(case_id, viewer=current_user)
    with unit_of_work():
        services.withdraw_case(case, actor=current_user)
    flash(gettext("已撤回：%(title)s", title=case.title), "success")
    return redirect(request.script_root + case.path, code=303)


def _page(
    case: ReviewCase,
    *,
    approve_form: ApproveForm | None = None,
    return_form: ReturnForm | None = None,
    status: int = 200,
) -> ResponseReturnValue:
    decisions = queries.list_decisions_about(case.subject_id)
    handler = handler_of(case.subject_type)
    context = handler.context(case.subject_id)
    with unit_of_work():
        mark_read(current_user.id, url_for(".show", case_id=case.id).removeprefix(request.script_root))
    return render_page(
        "review/show.html",
        fragment="case_panel",
        status=status,
        case=case,
        kind_label=handler.label,
        content=case.content,
        content_template=handler.content_template,
        step=services.current_step(case),
        steps=_steps(case, decisions),
        entries=timeline_entries(decisions, case, context.get("talk", ())),
        moves=services.moves_for(case, current_user.id),
        asked=queries.list_tasks_of(case.id),
        is_stuck=services.is_stuck_case(case),
        approve_form=approve_form or ApproveForm(),
        return_form=return_form or ReturnForm(services.return_targets(case), context.get("return_reason", "")),
        is_signing=_is_signing(case),
        **context,
    )


def _is_signing(case: ReviewCase) -> bool:
    step = services.current_step(case)
    return step is not None and step.kind is StepKind.SIGN


def _steps(case: ReviewCase, decisions: Iterable[ReviewDecision]) -> list[dict[str, Any]]:
    """The route as a row of steps: done, skipped, current, waiting."""
    found, last = [], {each.step: each.action for each in decisions if each.case_id == case.id}
    for index, step in enumerate(route_from_mapping(case.definition).steps):
        state = "waiting"
        if case.status is CaseStatus.APPROVED or (case.current_step is not None and index < case.current_step):
            state = "skipped" if last.get(index) == SKIPPED else "done"
        elif index == case.current_step:
            state = "current"
        seats = case.seats.get(step.code, [])
        units = "、".join(dict.fromkeys(seat["unit"] for seat in seats[:6]))
        found.append({"label": step.name, "state": state, "note": gettext("回避") if state == "skipped" else units})
    return found


def timeline_entries(
    decisions: Any, case: ReviewCase | None = None, talk: Iterable[tuple[datetime, Mapping[str, Any]]] = ()
) -> list[Mapping[str, Any]]:
    """Decisions as the timeline component shows them, with what was said in between."""
    kinds = {}
    if case is not None:
        kinds = {step.name: step.kind.value for step in route_from_mapping(case.definition).steps}
    decided = [(decision.decided_at, _entry(decision, kinds)) for decision in decisions]
    return [entry for _, entry in sorted([*decided, *talk], key=lambda each: each[0])]


def _entry(decision: ReviewDecision, kinds: dict[str, str]) -> dict[str, Any]:
    said = kinds.get(decision.step_name, "approve") if decision.action == "approve" else decision.action
    return {
        "step": decision.step_name or gettext("报送"),
        "decision": said,
        "who": decision.actor_name,
        "post": decision.post_name,
        "acting_for": decision.acting_for_name,
        "at": local_time(decision.decided_at),
        "comment": decision.comment,
    }
