"""Corrections, supplements, and drafts that move to a newer version of the form."""

from __future__ import annotations

import uuid

from flask import flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from flask_login import current_user

from saas.access.decorators import requires
from saas.access.permissions import Permission
from saas.db import unit_of_work
from saas.domain.errors import DomainError
from saas.submissions import queries, revisions
from saas.submissions.models import Submission
from saas.submissions.views.blueprint import bp
from saas.submissions.views.fill_page import CHANGES


@bp.post("/submissions/<uuid:submission_id>/correct")
@requires(Permission.SUBMISSION_EDIT)
def correct(submission_id: uuid.UUID) -> ResponseReturnValue:
    submission = queries.get_own_submission(submission_id, current_user)
    with unit_of_work():
        revisions.correct(submission, actor=current_user)
    flash(gettext("更正稿已建立。更正审核签批之前，原来的填报仍然有效。"), "success")
    return redirect(_fill_url(submission), code=303)


@bp.post("/submissions/<uuid:submission_id>/supplement")
@requires(Permission.SUBMISSION_EDIT)
def supplement(submission_id: uuid.UUID) -> ResponseReturnValue:
    submission = queries.get_own_submission(submission_id, current_user)
    with unit_of_work():
        revisions.supplement(submission, actor=current_user)
    flash(gettext("补报稿已建立，原来的内容已经带入。补报审核签批之前，原来的填报仍然有效。"), "success")
    return redirect(_fill_url(submission, view=CHANGES), code=303)


@bp.post("/submissions/<uuid:submission_id>/newer-version")
@requires(Permission.SUBMISSION_EDIT)
def use_newer_version(submission_id: uuid.UUID) -> ResponseReturnValue:
    submission = queries.get_own_submission(submission_id, current_user)
    if request.form.get("version") != str(submission.version):
        raise DomainError(gettext("这份填报已在别处更新，请重新打开后再操作。"), code="stale_data")
    with unit_of_work():
        newer = revisions.use_newer_version(submission, actor=current_user)
    flash(gettext("已改用第 %(number)s 版，请核对后报送。", number=newer.version.number), "success")
    for lost in newer.carried.lost:
        flash(gettext("没有带入：%(label)s（原填 %(text)s）", label=lost.label, text=lost.text), "warning")
    return redirect(_fill_url(submission), code=303)


def _fill_url(submission: Submission, view: str | None = None) -> str:
    return url_for(
        ".fill",
        view=view,
        collection_id=submission.collection_id,
        unit_id=submission.unit_id,
        period_start=submission.period_start.isoformat(),
    )
