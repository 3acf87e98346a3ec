"""One round: where it stands and what the office does next, up to publishing."""

from __future__ import annotations

import uuid

from flask import flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from flask_login import current_user

from saas.access.decorators import requires
from saas.access.permissions import Permission
from saas.assessment.forms import BaseAmountsForm, read_own_amounts
from saas.assessment.models import AssessmentRound
from saas.assessment.queries import facts, rounds
from saas.assessment.services import bulletins, computing, confirming
from saas.assessment.services import rounds as services
from saas.assessment.views.blueprint import bp, frame, refuse_stale
from saas.db import local_today, unit_of_work
from saas.documents.queries import list_documents_about
from saas.domain.workflow import RoundAction, RoundStatus
from saas.htmx import render_page
from saas.jobs.queries import describe
from saas.notifications.services import mark_read
from saas.review.queries import find_case_of


@bp.get("/rounds/<uuid:round_id>")
@requires(Permission.ASSESSMENT_VIEW)
def show(round_id: uuid.UUID) -> ResponseReturnValue:
    with unit_of_work():
        mark_read(current_user.id, f"/assessment/rounds/{round_id}")
    return _page(rounds.get_round(round_id))


@bp.post("/rounds/<uuid:round_id>/start-recheck")
@requires(Permission.ASSESSMENT_RUN)
def start_recheck(round_id: uuid.UUID) -> ResponseReturnValue:
    return _move(round_id, RoundAction.START_RECHECK)


@bp.post("/rounds/<uuid:round_id>/preview")
@requires(Permission.ASSESSMENT_RUN)
def preview(round_id: uuid.UUID) -> ResponseReturnValue:
    return _move(round_id, RoundAction.PREVIEW)


@bp.post("/rounds/<uuid:round_id>/reopen")
@requires(Permission.ASSESSMENT_RUN)
def reopen(round_id: uuid.UUID) -> ResponseReturnValue:
    return _move(round_id, RoundAction.REOPEN)


@bp.post("/rounds/<uuid:round_id>/compute")
@requires(Permission.ASSESSMENT_RUN)
def compute(round_id: uuid.UUID) -> ResponseReturnValue:
    assessed = rounds.get_round_to_run(round_id, current_user)
    with unit_of_work():
        computing.request_compute(assessed, actor=current_user)
    return _back(round_id)


@bp.post("/rounds/<uuid:round_id>/bases")
@requires(Permission.ASSESSMENT_RUN)
def set_bases(round_id: uuid.UUID) -> ResponseReturnValue:
    assessed = rounds.get_round_to_run(round_id, current_user)
    form = BaseAmountsForm()
    codes = {row.unit.name: row.unit.code for row in rounds.list_assessed(assessed.id)}
    own = read_own_amounts(form, codes) if form.validate_on_submit() else None
    if own is None:
        return _page(assessed, bases=form, status=422)
    refuse_stale(assessed, form.version.data)
    with unit_of_work():
        services.set_base_amounts(assessed, form.default.number, own, actor=current_user)
    flash(gettext("补助基数已保存。"), "success")
    return _back(round_id)


@bp.post("/rounds/<uuid:round_id>/submit")
@requires(Permission.ASSESSMENT_RUN)
def submit(round_id: uuid.UUID) -> ResponseReturnValue:
    assessed = rounds.get_round_to_run(round_id, current_user)
    refuse_stale(assessed, request.form.get("version"))
    with unit_of_work():
        confirming.submit_round(assessed, actor=current_user)
    flash(gettext("考核结果已送审。"), "success")
    return _back(round_id)


@bp.post("/rounds/<uuid:round_id>/publish")
@requires(Permission.DOCUMENT_ISSUE)
def publish(round_id: uuid.UUID) -> ResponseReturnValue:
    assessed = rounds.get_round_to_run(round_id, current_user)
    refuse_stale(assessed, request.form.get("version"))
    with unit_of_work():
        bulletins.publish_with_bulletin(assessed, actor=current_user)
    flash(gettext("考核结果已发布，通报正在生成。"), "success")
    return _back(round_id)


@bp.post("/rounds/<uuid:round_id>/draft")
@requires(Permission.DOCUMENT_ISSUE)
def draft(round_id: uuid.UUID) -> ResponseReturnValue:
    assessed = rounds.get_round_to_run(round_id, current_user)
    with unit_of_work():
        document = bulletins.request_draft(assessed, actor=current_user)
    return redirect(url_for("documents.show", document_id=document.id), code=303)


def _move(round_id: uuid.UUID, action: RoundAction) -> ResponseReturnValue:
    """A step that changes nothing but where the round stands."""
    assessed = rounds.get_round_to_run(round_id, current_user)
    refuse_stale(assessed, request.form.get("version"))
    with unit_of_work():
        services.move(assessed, action, actor=current_user)
    return _back(round_id)


def _back(round_id: uuid.UUID) -> ResponseReturnValue:
    return redirect(url_for(".show", round_id=round_id), code=303)


def _page(assessed: AssessmentRound, *, bases: BaseAmountsForm | None = None, status: int = 200) -> ResponseReturnValue:
    rules = rounds.rules_of_round(assessed)
    job = rounds.find_job(assessed)
    window = facts.recheck_window(assessed, rules)
    return render_page(
        "assessment/show.html",
        fragment="round_panel",
        status=status,
        **frame(assessed, "show"),
        count=rounds.count_assessed([assessed.id]).get(assessed.id, (0, 0)),
        window=window,
        window_status=window.status(local_today()),
        towns=facts.list_progress(assessed.id, current_user) if not rounds.is_roll_up(assessed) else [],
        parts=rounds.list_parts(assessed) if rounds.is_roll_up(assessed) else [],
        part_name=rounds.period_of_round,
        job=job,
        job_standing=describe(job) if job is not None else None,
        is_changed=computing.changed_since_computed(assessed),
        case=find_case_of(assessed.id),
        documents=list_documents_about(assessed.id) if assessed.computed_at is not None else [],
        asks_for_base=services.leaves_base_to_round(rules),
        bases=bases or _bases_form(assessed),
        is_frozen=assessed.status in (RoundStatus.CONFIRMED, RoundStatus.PUBLISHED),
    )


def _bases_form(assessed: AssessmentRound) -> BaseAmountsForm:
    names = {row.unit.code: row.unit.name for row in rounds.list_assessed(assessed.id)} if assessed.base_amounts else {}
    own = assessed.base_amounts.get(services.UNITS, {})
    form = BaseAmountsForm(formdata=None)
    form.default.data = assessed.base_amounts.get(services.DEFAULT) or ""
    form.own.data = "\n".join(f"{names.get(code, code)} {amount}" for code, amount in own.items())
    form.version.data = str(assessed.version)
    return form
