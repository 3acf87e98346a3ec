"""Documents: the list, one document with its pages, its file, and the page that verifies a printed copy."""

from __future__ import annotations

import uuid

from flask import Blueprint, Response, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from flask_login import current_user

from saas.access.decorators import county_public, requires
from saas.access.permissions import Permission
from saas.audit.services import AuditAction, record
from saas.db import unit_of_work
from saas.documents import queries, services
from saas.documents.conformance import Finding
from saas.documents.models import Document, DocumentStatus
from saas.documents.pages import MEDIA_TYPE, page_image
from saas.files.services import read_file
from saas.htmx import render_page
from saas.jobs.models import JobState
from saas.notifications.services import mark_read

bp = Blueprint("documents", __name__)


@bp.get("/documents")
@requires(Permission.DOCUMENT_VIEW)
def index() -> ResponseReturnValue:
    kind, words = request.args.get("kind", ""), request.args.get("words", "").strip()[:100]
    page = max(request.args.get("page", 1, type=int), 1)
    return render_page(
        "documents/index.html",
        fragment="document_list",
        documents=queries.list_documents(current_user, kind=kind, words=words, page=page),
        count=queries.count_documents(current_user, kind=kind, words=words),
        page=page,
        page_size=queries.PAGE,
        kind=kind,
        words=words,
    )


@bp.get("/documents/<uuid:document_id>")
@requires(Permission.DOCUMENT_VIEW)
def show(document_id: uuid.UUID) -> ResponseReturnValue:
    document = queries.get_document(document_id, current_user)
    job = queries.find_job(document)
    with unit_of_work():
        mark_read(current_user.id, f"/documents/{document_id}")
    return render_page(
        "documents/show.html",
        fragment="document_panel",
        document=document,
        file=queries.find_file(document),
        job=job,
        is_waiting=document.status is DocumentStatus.QUEUED and (job is None or job.state is not JobState.DEAD),
        page_urls=[
            url_for(".page", document_id=document.id, number=number)
            for number in range(1, (document.page_count or 0) + 1)
        ],
        failed=[finding for finding in _findings(document) if not finding.is_met],
        finding_count=len(document.findings),
    )


@bp.post("/documents/<uuid:document_id>/render")
@requires(Permission.DOCUMENT_ISSUE)
def render_again(document_id: uuid.UUID) -> ResponseReturnValue:
    document = queries.get_document(document_id, current_user)
    if document.status is not DocumentStatus.RENDERED:
        with unit_of_work():
            services.request_again(document, actor=current_user)
        flash(gettext("已重新排队生成。"), "success")
    return redirect(url_for(".show", document_id=document_id), code=303)


@bp.get("/documents/<uuid:document_id>/pages/<int:number>")
@requires(Permission.DOCUMENT_VIEW)
def page(document_id: uuid.UUID, number: int) -> ResponseReturnValue:
    file = queries.find_file(queries.get_document(document_id, current_user))
    if file is None:
        abort(404)
    try:
        return Response(page_image(read_file(file), number), mimetype=MEDIA_TYPE)
    except IndexError:
        abort(404)


@bp.get("/documents/<uuid:document_id>/download")
@requires(Permission.DOCUMENT_VIEW)
def download(document_id: uuid.UUID) -> ResponseReturnValue:
    document = queries.get_document(document_id, current_user)
    if document.file_id is None:
        abort(404)
    with unit_of_work():
        record(AuditAction.DOCUMENT_DOWNLOADED, document, actor=current_user)
    return redirect(url_for("files.show", file_id=document.file_id), code=303)


@bp.get("/verify/<code>")
@county_public
def verify(code: str) -> ResponseReturnValue:
    document = queries.find_by_verify_code(code)
    status = 200 if document is not None else 404
    return render_template("documents/verify.html", document=document), status


def _findings(document: Document) -> list[Finding]:
    names = {"code", "clause", "measured", "expected", "is_met", "page"}
    return [Finding(**{name: value for name, value in entry.items() if name in names}) for entry in document.findings]
