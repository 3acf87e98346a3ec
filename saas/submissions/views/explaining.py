"""Saying something to the marks of a report that was handed in."""

from __future__ import annotations

import uuid

from flask import flash, redirect, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from flask_login import current_user

from saas.access.decorators import requires
from saas.access.permissions import Permission
from saas.db import unit_of_work
from saas.submissions import queries
from saas.submissions.explaining import explain
from saas.submissions.views.blueprint import bp
from saas.submissions.views.filling import posted_explanations


@bp.post("/submissions/<uuid:submission_id>/explanations")
@requires(Permission.SUBMISSION_EDIT)
def explain_marks(submission_id: uuid.UUID) -> ResponseReturnValue:
    submission = queries.get_own_submission(submission_id, current_user)
    with unit_of_work():
        count = explain(submission, posted_explanations(), actor=current_user)
    if count:
        flash(gettext("已补充说明，审核人会看到。"), "success")
    else:
        flash(gettext("没有新的说明：请写出情况再保存。"), "warning")
    return redirect(url_for(".show", submission_id=submission_id), code=303)
