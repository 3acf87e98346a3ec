"""The official table of a period: straight away, or written in the background with a page that waits for it."""

from __future__ import annotations

import uuid
from datetime import date
from urllib.parse import quote

from flask import Response, redirect, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user
from sqlalchemy.exc import NoResultFound

from saas.access.decorators import requires
from saas.access.permissions import Permission
from saas.db import unit_of_work
from saas.htmx import render_page
from saas.jobs.models import JobState
from saas.jobs.queries import describe, get_job
from saas.spreadsheets.checking import SpreadsheetType
from saas.submissions.tables import exporting
from saas.submissions.tables.scope import TableAddress, load_scope
from saas.submissions.views.blueprint import bp
from saas.tenancy.once import find_earlier_answer, remember_answer


@bp.get("/collections/<uuid:collection_id>/tables/<string:period_start>")
@requires(Permission.SUBMISSION_VIEW)
def export_period(collection_id: uuid.UUID, period_start: str) -> ResponseReturnValue:
    address = TableAddress(collection_id, _day(period_start))
    scope = load_scope(address, current_user, is_filed=True)
    if len(scope.units) > exporting.AT_ONCE:
        return render_page("submissions/export.html", fragment="export_panel", scope=scope, job=None, is_gone=False)
    with unit_of_work():
        content = exporting.export_period(scope, actor=current_user)
    return _file(content, exporting.export_name(scope, current_user))


@bp.post("/collections/<uuid:collection_id>/tables/<string:period_start>")
@requires(Permission.SUBMISSION_VIEW)
def request_export(collection_id: uuid.UUID, period_start: str) -> ResponseReturnValue:
    address = TableAddress(collection_id, _day(period_start))
    load_scope(address, current_user, is_filed=True)
    earlier = find_earlier_answer()
    if earlier is not None:
        return redirect(earlier, code=303)
    with unit_of_work():
        job = exporting.request_export(address, actor=current_user)
        location = url_for(".export_standing", job_id=job.id)
        remember_answer(location)
    return redirect(location, code=303)


@bp.get("/collections/tables/jobs/<uuid:job_id>")
@requires(Permission.SUBMISSION_VIEW)
def export_standing(job_id: uuid.UUID) -> ResponseReturnValue:
    job = get_job(job_id, current_user)
    if job.kind != exporting.EXPORT_JOB:
        raise NoResultFound("no export")
    stored = exporting.find_export(job)
    return render_page(
        "submissions/export.html",
        fragment="export_panel",
        scope=None,
        job=job,
        standing=describe(job),
        stored=stored,
        is_gone=stored is None and job.state is JobState.DONE,
        days=exporting.KEPT.days,
    )


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise NoResultFound("not a day") from None


def _file(content: bytes, name: str) -> Response:
    response = Response(content, mimetype=SpreadsheetType.XLSX.value)
    response.headers["Content-Disposition"] = f"attachment; filename*=UTF-8''{quote(name)}.xlsx"
    response.headers["Cache-Control"] = "no-store"
    return response
