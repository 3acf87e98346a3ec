"""Filling a form, checking it and handing it in. Every button is a form post that works without scripts."""

from __future__ import annotations

import uuid
from typing import Any

from flask import Response, flash, make_response, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from flask_login import current_user

from saas.access.decorators import requires
from saas.access.permissions import Permission
from saas.db import unit_of_work
from saas.domain.answers import answers_from_stored
from saas.domain.checklists import checklist_summary
from saas.domain.errors import Incomplete
from saas.domain.filing import form_totals, is_zero_report
from saas.forms.fill_form import field_id
from saas.forms.parts import GO, PART, join_parts, jump_from_elsewhere, shown_part
from saas.htmx import render_page, wants_fragment
from saas.submissions import queries, services
from saas.submissions.filling import Place, Posted, get_place, read_posted, save_posted, says_more
from saas.submissions.marking import find_marks, show_found
from saas.submissions.models import Submission
from saas.submissions.repeating import repeat_last
from saas.submissions.views.blueprint import bp
from saas.submissions.views.fill_page import CHANGES, show_page, show_questions, wants_changes
from saas.tenancy.once import find_earlier_answer, note_saved, remember_answer, saved_here

EXPLAIN = "explain:"  # of the inputs in which marks are explained
_HERE = "fill"
FILL = "/submissions/fill/<uuid:collection_id>/<uuid:unit_id>/<string:period_start>"


@bp.get(FILL)
@requires(Permission.SUBMISSION_EDIT)
def fill(collection_id: uuid.UUID, unit_id: uuid.UUID, period_start: str) -> ResponseReturnValue:
    place = get_place(collection_id, unit_id, period_start, current_user)
    if place.submission is not None and place.submission.status in queries.HANDED_IN:
        return redirect(url_for(".show", submission_id=place.submission.id), code=303)
    return show_page(place, Posted({} if place.problem else place.stored_raw(), action="show"))


@bp.post(FILL)
@requires(Permission.SUBMISSION_EDIT)
def fill_send(collection_id: uuid.UUID, unit_id: uuid.UUID, period_start: str) -> ResponseReturnValue:
    is_autosave = "X-Autosave" in request.headers
    place = get_place(collection_id, unit_id, period_start, current_user)
    posted = _read(place)
    if wants_fragment() and not is_autosave:
        return show_questions(place, posted)
    earlier = None if is_autosave else find_earlier_answer()
    if earlier is not None and not says_more(place, posted):
        return redirect(earlier, code=303)
    if earlier is not None or place.problem is not None or not _was_seen(place, posted):
        return show_page(place, posted, status=409)
    with unit_of_work():
        submission, parsed = save_posted(place, posted, actor=current_user, is_autosave=is_autosave)
        location = _next_page(place, submission, posted)
        errors = {path: str(reason) for path, reason in parsed.errors.items()} | posted.errors
        if errors or is_autosave:
            note_saved({_HERE: submission.version})
        else:
            remember_answer(location)
    if is_autosave:
        return make_response("", 204, {"X-Version": str(submission.version)})
    if errors:
        posted.errors = errors
        return show_page(get_place(collection_id, unit_id, period_start, current_user), posted, status=422)
    if posted.action == "save" and GO not in request.form:
        flash(gettext("草稿已保存，尚未报送。"), "success")
    return redirect(location, code=303)


@bp.post(FILL + "/not-applicable")
@requires(Permission.SUBMISSION_EDIT)
def declare_not_applicable(collection_id: uuid.UUID, unit_id: uuid.UUID, period_start: str) -> ResponseReturnValue:
    place = get_place(collection_id, unit_id, period_start, current_user)
    earlier = find_earlier_answer()
    if earlier is not None:
        return redirect(earlier, code=303)
    reason = request.form.get("reason", "").strip()
    if place.problem is not None or request.form.get("version") != str(place.version):
        return show_page(place, Posted(place.stored_raw()), status=409, reason=reason)
    if not 1 <= len(reason) <= 500:
        wrong = gettext("请填写不适用的原因，最多 500 字")
        return show_page(place, Posted(place.stored_raw()), status=422, reason=reason, reason_error=wrong)
    with unit_of_work():
        submission = place.submission or services.start_submission(
            place.collection, place.unit, place.period, actor=current_user
        )
        services.declare_not_applicable(submission, reason=reason, actor=current_user)
        location = url_for(".show", submission_id=submission.id)
        remember_answer(location)
    flash(gettext("已申报本期不适用，等待审核。"), "success")
    return redirect(location, code=303)


@bp.get("/submissions/<uuid:submission_id>/confirm")
@requires(Permission.SUBMISSION_EDIT)
def confirm(submission_id: uuid.UUID) -> ResponseReturnValue:
    submission = queries.get_own_submission(submission_id, current_user)
    if submission.status in queries.HANDED_IN:
        return redirect(url_for(".show", submission_id=submission_id), code=303)
    return _confirm_page(submission)


@bp.post("/submissions/<uuid:submission_id>/submit")
@requires(Permission.SUBMISSION_EDIT)
def submit(submission_id: uuid.UUID) -> ResponseReturnValue:
    submission = queries.get_own_submission(submission_id, current_user)
    location = url_for(".show", submission_id=submission_id)
    if request.form.get("version") != str(submission.version):  # only then may it be carried out: that counts it up
        earlier = find_earlier_answer()
        if earlier is not None:
            return redirect(earlier, code=303)
        if submission.status not in queries.HANDED_IN:
            return _confirm_page(submission, status=409)
    try:
        with unit_of_work():
            services.submit(submission, actor=current_user, explanations=posted_explanations())
            remember_answer(location)
    except Incomplete:
        return _confirm_page(queries.get_own_submission(submission_id, current_user), status=422)
    flash(gettext("已报送，等待审核。"), "success")
    return redirect(location, code=303)


@bp.post("/submissions/<uuid:submission_id>/withdraw")
@requires(Permission.SUBMISSION_EDIT)
def withdraw(submission_id: uuid.UUID) -> ResponseReturnValue:
    submission = queries.get_own_submission(submission_id, current_user)
    with unit_of_work():
        services.withdraw(submission, actor=current_user)
    flash(gettext("已撤回，可以修改后再次报送。"), "success")
    return redirect(_fill_url(submission), code=303)


def _fill_url(submission: Submission) -> str:
    return url_for(
        ".fill",
        collection_id=submission.collection_id,
        unit_id=submission.unit_id,
        period_start=submission.period_start.isoformat(),
    )


def _was_seen(place: Place, posted: Posted) -> bool:
    """Whether nobody else changed what is stored since this page was made: an answer that was lost is no stranger's."""
    return place.was_seen(posted.version, current_user) or saved_here([_HERE]).get(_HERE) == place.version


def _read(place: Place) -> Posted:
    """What was posted; where only a part of the form was shown, with what is stored of the others."""
    posted, shown = read_posted(), shown_part(place.definition)
    if shown.part is not None:
        join_parts(posted, shown.part, place.stored_raw())
    return posted


@bp.post(FILL + "/repeat-last")
@requires(Permission.SUBMISSION_EDIT)
def repeat_last_report(collection_id: uuid.UUID, unit_id: uuid.UUID, period_start: str) -> ResponseReturnValue:
    place = get_place(collection_id, unit_id, period_start, current_user)
    earlier = find_earlier_answer()
    if earlier is not None:
        return redirect(earlier, code=303)
    if place.problem is not None:
        return show_page(place, Posted(place.stored_raw()), status=409)
    location = url_for(".fill", **place.arguments, view=CHANGES)
    with unit_of_work():
        repeat_last(place, actor=current_user)
        remember_answer(location)
    flash(gettext("已沿用上期填报，尚未报送。已经填写的没有改动，照片和确认项请按本期填写。"), "success")
    return redirect(location, code=303)


def _next_page(place: Place, submission: Submission, posted: Posted) -> str:
    wanted = request.form.get(GO) or request.form.get(PART)
    part: dict[str, Any] = ({"part": wanted} if wanted else {}) | ({"view": CHANGES} if wants_changes() else {})
    if posted.action == "check":
        return url_for(".confirm", submission_id=submission.id)
    if posted.action == "add":
        return url_for(".fill", **place.arguments, **part, add=posted.target, _anchor=field_id(posted.target))
    return url_for(".fill", **place.arguments, **part)


def posted_explanations() -> dict[str, str]:
    """What the unit says to the marks, by their keys, as it was posted."""
    return {name.removeprefix(EXPLAIN): text for name, text in request.form.items() if name.startswith(EXPLAIN)}


def _confirm_page(submission: Submission, status: int = 200) -> Response:
    definition, fill_url = services.definition_of(submission), _fill_url(submission)
    answers = answers_from_stored(definition, submission.answers)
    parsed = services.check_complete(submission)
    marks = show_found(definition, find_marks(submission), submission)
    return render_page(
        "submissions/confirm.html",
        fragment="confirm_panel",
        status=status,
        submission=submission,
        period=services.period_of_submission(submission),
        totals=form_totals(definition, answers),
        is_zero=is_zero_report(definition, answers),
        errors=[(jump_from_elsewhere(path, definition, fill_url), text) for path, text in parsed.errors.items()],
        checklist=checklist_summary(definition, answers),
        marks=marks,
        mark_urls={each.key: jump_from_elsewhere(each.path, definition, fill_url) for each in marks if each.path},
        explanations=posted_explanations(),
        explain=EXPLAIN,
        fill_url=fill_url,
        problem=services.filling_problem(submission.collection, services.period_of_submission(submission), submission),
        is_stale=status == 409,
    )
