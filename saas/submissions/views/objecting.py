"""Objecting to what somebody else filled for one's unit."""

from __future__ import annotations

import uuid

from flask import flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from flask_login import current_user
from sqlalchemy.exc import NoResultFound

from saas.access.decorators import requires
from saas.access.permissions import Permission
from saas.db import unit_of_work
from saas.submissions import objecting, queries
from saas.submissions.views.blueprint import bp
from saas.submissions.views.listing import show_submission
from saas.tenancy.once import find_earlier_answer, remember_answer


@bp.post("/submissions/<uuid:submission_id>/objection")
@requires(Permission.SUBMISSION_EDIT)
def object_to(submission_id: uuid.UUID) -> ResponseReturnValue:
    submission = queries.get_submission(submission_id, current_user)
    if not objecting.may_object(submission, current_user):
        raise NoResultFound("only the unit that others fill for objects")
    earlier = find_earlier_answer()
    if earlier is not None:
        return redirect(earlier, code=303)
    text = request.form.get("objection", "").strip()
    if not 1 <= len(text) <= objecting.MAX_OBJECTION:
        flash(gettext("请写明异议，最多 %(limit)s 字", limit=objecting.MAX_OBJECTION), "error")
        return show_submission(submission, status=422)
    location = url_for(".show", submission_id=submission_id)
    with unit_of_work():
        objecting.object_to(submission, text, viewer=current_user)
        remember_answer(location)
    flash(gettext("已提出异议，填报人会收到提醒，审核人也能看到。"), "success")
    return redirect(location, code=303)
