"""Asking about one answer, and answering. Both are form posts that work without scripts."""

from __future__ import annotations

import uuid

from flask import flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from flask_login import current_user

from saas.access.decorators import requires
from saas.access.permissions import Permission
from saas.db import unit_of_work
from saas.forms.fill_form import field_id
from saas.review.queries import find_case_of
from saas.submissions import asking, queries
from saas.submissions.views.blueprint import bp
from saas.submissions.views.listing import show_submission
from saas.tenancy.once import find_earlier_answer, remember_answer


@bp.post("/submissions/<uuid:submission_id>/questions")
@requires(Permission.CASE_DECIDE)
def ask(submission_id: uuid.UUID) -> ResponseReturnValue:
    case = find_case_of(submission_id)
    may_ask = asking.may_ask(case, current_user.id)
    submission = (
        queries.load_submission(submission_id) if may_ask else queries.get_submission(submission_id, current_user)
    )
    earlier = find_earlier_answer()
    if earlier is not None:
        return redirect(earlier, code=303)
    path, question = request.form.get("path", ""), request.form.get("question", "").strip()
    if not 1 <= len(question) <= asking.MAX_QUESTION:
        wrong = gettext("请写出要问什么，最多 %(limit)s 字", limit=asking.MAX_QUESTION)
        return show_submission(submission, status=422, path=path, text=question, error=wrong)
    location = url_for(".show", submission_id=submission_id, _anchor=f"line-{field_id(path)}")
    if case is not None and request.form.get("back") == "case":
        location = url_for("review.show", case_id=case.id, _anchor=f"line-{field_id(path)}")
    with unit_of_work():
        asking.ask(submission, case, path=path, question=question, actor=current_user)
        remember_answer(location)
    flash(gettext("已询问，填报人会收到提醒。"), "success")
    return redirect(location, code=303)


@bp.post("/submissions/<uuid:submission_id>/questions/<uuid:query_id>/answer")
@requires(Permission.SUBMISSION_EDIT)
def answer(submission_id: uuid.UUID, query_id: uuid.UUID) -> ResponseReturnValue:
    submission = queries.get_own_submission(submission_id, current_user)
    query = asking.get_query(submission, query_id)
    text = request.form.get("answer", "").strip()
    if not 1 <= len(text) <= asking.MAX_ANSWER:
        wrong = gettext("请填写答复，最多 %(limit)s 字", limit=asking.MAX_ANSWER)
        return show_submission(submission, status=422, path=query.path, text=text, error=wrong)
    with unit_of_work():
        asking.answer(submission, query, text=text, actor=current_user)
    flash(gettext("已答复，不用重新报送。"), "success")
    return redirect(url_for(".show", submission_id=submission_id, _anchor=f"line-{field_id(query.path)}"), code=303)
