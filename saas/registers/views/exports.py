"""Registers as files: what is wanted and what for, how far it is, and the file."""

from __future__ import annotations

import uuid

from flask import Response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user
from sqlalchemy.exc import NoResultFound

from saas.access.decorators import requires
from saas.access.permissions import Permission
from saas.db import unit_of_work
from saas.domain.errors import DomainError
from saas.domain.record_filters import RecordFilter, filter_from_query, filter_to_query
from saas.domain.records import open_fields
from saas.form_pages import worded
from saas.htmx import render_page
from saas.jobs.queries import describe, get_job
from saas.registers import exporting, protection, queries
from saas.registers.exporting import ExportFormat, Wanted
from saas.registers.models import Register
from saas.registers.views.blueprint import bp


@bp.get("/registers/<uuid:register_id>/export")
@requires(Permission.SUBMISSION_VIEW)
def export(register_id: uuid.UUID) -> ResponseReturnValue:
    return _page(queries.get_register(register_id, current_user))


@bp.post("/registers/<uuid:register_id>/export")
@requires(Permission.SUBMISSION_VIEW)
def request_export(register_id: uuid.UUID) -> ResponseReturnValue:
    register = queries.get_register(register_id, current_user)
    wanted = Wanted(register, _filter(register), _format(), _purpose())
    try:
        with unit_of_work():
            if "plain" in request.form:
                protection.check_purpose(wanted.purpose)
            job = exporting.request_export(wanted, actor=current_user)
            job_id = job.id
    except DomainError as error:
        return _page(register, worded(error))
    return redirect(url_for(".exported", job_id=job_id), code=303)


def _format() -> ExportFormat:
    return ExportFormat.PDF if request.form.get("format") == "pdf" else ExportFormat.XLSX


def _purpose() -> str:
    """What the full content is needed for; without the tick for it nothing."""
    return protection.posted_purpose(request.form) if "plain" in request.form else ""


def _filter(register: Register) -> RecordFilter:
    """The records that the list showed: its address came along."""
    form = protection.published_form(register)
    return filter_from_query(request.args.to_dict(flat=False), open_fields(form) if form is not None else {})


def _page(register: Register, error: str = "") -> Response:
    form, wanted = protection.published_form(register), _filter(register)
    count = queries.count_by_state(register, wanted, current_user, form).found if form is not None else 0
    html = render_template(
        "registers/export.html",
        register=register,
        query=filter_to_query(wanted),
        is_narrow=wanted.is_narrow,
        count=count,
        most=exporting.MAX_PRINTED,
        has_protected=form is not None and bool(exporting.exported_fields(register, form)),
        purposes=protection.offered_purposes(register),
        error=error,
    )
    return Response(html, 422 if error else 200)


@bp.get("/registers/exports/<uuid:job_id>")
@requires(Permission.SUBMISSION_VIEW)
def exported(job_id: uuid.UUID) -> ResponseReturnValue:
    job = get_job(job_id, current_user)
    if job.kind != exporting.JOB:
        raise NoResultFound("no such export")
    return render_page(
        "registers/exported.html",
        fragment="export_panel",
        job=job,
        standing=describe(job),
        register=queries.get_register(uuid.UUID(job.args["register_id"]), current_user),
        file=exporting.find_export(job),
        is_kept=exporting.is_kept(job),
        days=exporting.KEPT.days,
    )
