"""Pages of importing and exporting: what there is, one kind with its template, one file with what it would change."""

from __future__ import annotations

import uuid
from typing import Any
from urllib.parse import quote

from flask import Blueprint, Response, abort, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from flask_login import current_user

from saas.access.decorators import requires
from saas.access.permissions import Permission
from saas.audit.services import AuditAction, record
from saas.db import local_today, unit_of_work
from saas.domain.errors import DomainError
from saas.htmx import render_page
from saas.imports import queries, services
from saas.imports.handlers import (
    Asking,
    ImportHandler,
    OwnWorkbook,
    RowState,
    Subject,
    find_subject,
    get_handler,
    list_handlers,
    list_plain_handlers,
)
from saas.imports.models import DataImport
from saas.imports.presentation import STATE_LABELS, STATUS_TAGS, in_words
from saas.jobs.queries import describe
from saas.spreadsheets.checking import SpreadsheetType
from saas.spreadsheets.limits import MAX_BYTES, SpreadsheetRefused
from saas.spreadsheets.writing import Layout, explanation, write_csv, write_xlsx
from saas.tenancy.address import current_county
from saas.tenancy.once import find_earlier_answer, remember_answer

bp = Blueprint("imports", __name__, url_prefix="/imports")


@bp.get("")
@requires(Permission.HOME_VIEW)
def index() -> ResponseReturnValue:
    handlers = list_plain_handlers(current_user)
    if not handlers:
        abort(404)
    return _list_page("imports/index.html", handlers=handlers)


def _chosen(kind: str) -> tuple[ImportHandler, Asking, Subject | None]:
    """The kind and the table that an address names, or NoResultFound (404)."""
    asking = Asking(current_user, local_today(), request.args.get("subject", ""))
    handler = get_handler(kind, current_user)
    return handler, asking, find_subject(handler, asking)


@bp.get("/<kind>")
@requires(Permission.HOME_VIEW)
def upload(kind: str) -> ResponseReturnValue:
    return _upload_page(*_chosen(kind))


@bp.post("/<kind>")
@requires(Permission.HOME_VIEW)
def upload_send(kind: str) -> ResponseReturnValue:
    chosen = handler, asking, subject = _chosen(kind)
    earlier = find_earlier_answer()
    if earlier is not None:
        return redirect(earlier, code=303)
    sent = request.files.get("file")
    if sent is None or not sent.filename:
        return _upload_page(*chosen, gettext("请选择文件"), status=422)
    content, ticked = sent.stream.read(MAX_BYTES + 1), _ticked(subject)
    try:
        with unit_of_work():
            data_import = services.start_import(
                handler, content, sent.filename, actor=current_user, subject=asking.subject, options=ticked
            )
            remember_answer(url_for(".show", import_id=data_import.id))
    except (SpreadsheetRefused, services.ImportRunning) as refused:
        return _upload_page(*chosen, _said(refused), status=422)
    return redirect(url_for(".show", import_id=data_import.id), code=303)


def _ticked(subject: Subject | None) -> dict[str, bool]:
    return {each.name: True for each in subject.options if each.name in request.form} if subject else {}


def _said(error: DomainError) -> str:
    return str(gettext(error.message.text)).format(**error.message.params)


def _upload_page(
    handler: ImportHandler, asking: Asking, subject: Subject | None, error: str = "", status: int = 200
) -> ResponseReturnValue:
    columns = handler.columns(asking)
    return _list_page(
        "imports/upload.html",
        status=status,
        kind=handler.kind,
        handler=handler,
        subject=subject,
        address=_address(handler, asking),
        has_own_workbook=isinstance(handler, OwnWorkbook),
        explained=[(column, explanation(column)) for column in columns],
        error=error,
        limit=MAX_BYTES // (1024 * 1024),
    )


def _address(handler: ImportHandler, asking: Asking) -> dict[str, Any]:
    """The parts of the addresses of a kind's pages."""
    return {"kind": handler.kind, "subject": asking.subject} if asking.subject else {"kind": handler.kind}


def _list_page(template: str, *, kind: str = "", status: int = 200, **context: Any) -> Response:
    page = max(request.args.get("page", 1, type=int), 1)
    chosen = request.args.get("subject", "")
    lines, count = queries.list_imports(current_user, kind=kind, subject=chosen, page=page)
    return render_page(
        template,
        fragment="import_list",
        status=status,
        lines=lines,
        labels={handler.kind: handler.label for handler in list_handlers(current_user)},
        status_tags=STATUS_TAGS,
        page=page,
        count=count,
        page_count=-(-count // queries.PAGE),
        **context,
    )


@bp.get("/<kind>/template")
@requires(Permission.HOME_VIEW)
def template(kind: str) -> ResponseReturnValue:
    handler, asking, _subject = _chosen(kind)
    if isinstance(handler, OwnWorkbook):
        content, name = handler.write_template(asking)
        return _file(content, SpreadsheetType.XLSX, name)
    layout = _layout(handler, asking, has_example=True)
    return _file(write_xlsx(layout), SpreadsheetType.XLSX, gettext("%(table)s导入模板", table=layout.title))


@bp.get("/<kind>/export")
@requires(Permission.HOME_VIEW)
def export(kind: str) -> ResponseReturnValue:
    handler, asking, subject = _chosen(kind)
    file_type = SpreadsheetType.CSV if request.args.get("format") == "csv" else SpreadsheetType.XLSX
    layout = _layout(handler, asking, rows=handler.rows(asking))
    named = {"subject": asking.subject} if subject else {}
    with unit_of_work():
        record(AuditAction.DATA_EXPORTED, None, actor=current_user, kind=kind, rows=len(layout.rows), **named)
    content = write_csv(layout) if file_type is SpreadsheetType.CSV else write_xlsx(layout)
    label = subject.label if subject else layout.title
    return _file(content, file_type, f"{current_county().name}{label}{local_today().isoformat()}")


def _layout(handler: ImportHandler, asking: Asking, **options: Any) -> Layout:
    return Layout(str(handler.label), handler.columns(asking), notes=handler.notes(), **options)


def _file(content: bytes, file_type: SpreadsheetType, name: str) -> Response:
    response = Response(content, mimetype=file_type.value)
    response.headers["Content-Disposition"] = f"attachment; filename*=UTF-8''{quote(name)}.{file_type.suffix}"
    response.headers["Cache-Control"] = "no-store"
    return response


@bp.get("/runs/<uuid:import_id>")
@requires(Permission.HOME_VIEW)
def show(import_id: uuid.UUID) -> ResponseReturnValue:
    data_import = queries.get_import(import_id, current_user)
    summary = queries.get_summary(import_id)
    counts = {state: summary.get("counts", {}).get(state.value, 0) for state in RowState}
    state, page = _chosen_state(counts), max(request.args.get("page", 1, type=int), 1)
    job = queries.find_job_of(data_import) if data_import.status in queries.RUNNING else None
    handler, asking, subject = _of_import(data_import)
    return render_page(
        "imports/show.html",
        fragment="import_panel",
        data_import=data_import,
        handler=handler,
        subject=subject,
        address=_address(handler, asking),
        summary=summary,
        counts=counts,
        standing=describe(job) if job is not None else None,
        is_given_up=queries.is_given_up(data_import),
        state=state,
        state_labels=STATE_LABELS,
        status_tag_of=STATUS_TAGS[data_import.status],
        rows=queries.list_rows(import_id, state, page) if counts[state] else [],
        page=page,
        page_count=-(-counts[state] // queries.PAGE),
        in_words=in_words,
    )


def _of_import(data_import: DataImport) -> tuple[ImportHandler, Asking, Subject | None]:
    asking = Asking(current_user, local_today(), data_import.subject, data_import.options)
    handler = get_handler(data_import.kind, current_user)
    return handler, asking, find_subject(handler, asking)


def _chosen_state(counts: dict[RowState, int]) -> RowState:
    """What is asked for, else the first that there is: mistakes before what is new before what is different."""
    asked = request.args.get("state", "")
    shown = (RowState.BAD, RowState.NEW, RowState.CHANGED)
    if asked in shown:
        return RowState(asked)
    return next((state for state in shown if counts[state]), RowState.NEW)


@bp.post("/runs/<uuid:import_id>/apply")
@requires(Permission.HOME_VIEW)
def apply(import_id: uuid.UUID) -> ResponseReturnValue:
    data_import = queries.get_import(import_id, current_user)
    services.refuse_stale(data_import, request.form.get("version", ""))
    with unit_of_work():
        services.request_apply(data_import, only_good=request.form.get("scope") == "good", actor=current_user)
    return redirect(url_for(".show", import_id=import_id), code=303)


@bp.post("/runs/<uuid:import_id>/check")
@requires(Permission.HOME_VIEW)
def check(import_id: uuid.UUID) -> ResponseReturnValue:
    data_import = queries.get_import(import_id, current_user)
    with unit_of_work():
        services.check_again(data_import, actor=current_user)
    return redirect(url_for(".show", import_id=import_id), code=303)


@bp.post("/runs/<uuid:import_id>/discard")
@requires(Permission.HOME_VIEW)
def discard(import_id: uuid.UUID) -> ResponseReturnValue:
    data_import = queries.get_import(import_id, current_user)
    with unit_of_work():
        services.discard(data_import)
    flash(gettext("已放弃，没有改动任何数据。"), "success")
    handler, asking, _subject = _of_import(data_import)
    return redirect(url_for(".upload", **_address(handler, asking)), code=303)
