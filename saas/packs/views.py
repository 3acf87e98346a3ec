"""Pages of packs: what is shipped, what one contains, what it would change, what was applied."""

from __future__ import annotations

import uuid
from typing import Any
from urllib.parse import quote

from flask import Blueprint, Response, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from flask_login import current_user

from saas.access.decorators import requires
from saas.access.permissions import ROLE_LABELS, Permission
from saas.audit.services import AuditAction, record
from saas.db import local_today, unit_of_work
from saas.domain.errors import DomainError, InvalidTransition
from saas.files.checks import FileRefused
from saas.htmx import render_page
from saas.jobs.queries import describe, get_job
from saas.packs import asking, queries, sources
from saas.packs.archive import MAX_BYTES, ArchiveRefused, make_archive
from saas.packs.county import County
from saas.packs.display import describe_journal, describe_proposal
from saas.packs.export import export_pack
from saas.packs.presentation import contents, field_rows
from saas.packs.rollback import RollbackRefused, find_last, roll_back
from saas.packs.services import find_root_code
from saas.packs.sources import EARLIEST_YEAR, LATEST_YEAR, PackUnreadable, Source
from saas.tenancy.address import current_county
from saas.tenancy.once import find_earlier_answer, remember_answer

bp = Blueprint("packs", __name__, url_prefix="/packs")


@bp.get("")
@requires(Permission.SETTINGS_EDIT)
def index() -> ResponseReturnValue:
    return _index_page()


@bp.post("")
@requires(Permission.SETTINGS_EDIT)
def upload() -> ResponseReturnValue:
    earlier = find_earlier_answer()
    if earlier is not None:
        return redirect(earlier, code=303)
    content, name = _sent_file()
    try:
        with unit_of_work():
            stored = sources.keep_upload(content, name, actor=current_user)
            remember_answer(url_for(".uploaded", file_id=stored.id))
    except (ArchiveRefused, FileRefused) as refused:
        return _index_page(error=_said(refused), status=422)
    return redirect(url_for(".uploaded", file_id=stored.id), code=303)


def _sent_file() -> tuple[bytes, str]:
    """The uploaded file, never more of it than is needed to say that it is too large, and its name."""
    sent = request.files.get("file")
    if sent is None:
        return b"", ""
    with sent.stream as stream:
        return stream.read(MAX_BYTES + 1), sent.filename or ""


def _index_page(error: str = "", status: int = 200) -> Response:
    shipped = [(pack, contents(pack)) for pack in sources.list_shipped()]
    return render_page(
        "packs/index.html",
        fragment="pack_list",
        status=status,
        starters=[each for each in shipped if each[0].head.kind == "starter"],
        demonstrations=[each for each in shipped if each[0].head.kind == "county"],
        applications=queries.list_applications(),
        can_export=find_root_code() is not None,
        error=error,
        limit=MAX_BYTES // (1024 * 1024),
    )


def _said(error: DomainError) -> str:
    return str(gettext(error.message.text)).format(**error.message.params)


@bp.get("/shipped/<name>")
@requires(Permission.SETTINGS_EDIT)
def shipped(name: str) -> ResponseReturnValue:
    return _pack_page(Source(name), url_for(".shipped_difference", name=name))


@bp.get("/uploads/<uuid:file_id>")
@requires(Permission.SETTINGS_EDIT)
def uploaded(file_id: uuid.UUID) -> ResponseReturnValue:
    sources.get_upload(file_id)
    return _pack_page(Source(file_id=file_id), url_for(".uploaded_difference", file_id=file_id))


def _pack_page(source: Source, difference_url: str) -> ResponseReturnValue:
    try:
        pack = source.read(local_today().year)
    except PackUnreadable as unreadable:
        return _problems_page(unreadable)
    return render_page(
        "packs/show.html",
        fragment="pack_contents",
        pack=pack,
        summary=contents(pack),
        field_rows=field_rows,
        role_labels=ROLE_LABELS,
        type_names={row.code: row.name for row in pack.organisation.unit_types},
        is_demonstration=asking.is_demonstration(pack),
        obstacle=sources.obstacle(pack.head, is_demonstration=asking.is_demonstration(pack)),
        difference_url=difference_url,
        year=local_today().year,
        years=(EARLIEST_YEAR, LATEST_YEAR),
    )


def _problems_page(unreadable: PackUnreadable) -> ResponseReturnValue:
    return render_page("packs/problems.html", fragment="pack_problems", problems=unreadable.problems)


@bp.get("/shipped/<name>/difference")
@requires(Permission.SETTINGS_EDIT)
def shipped_difference(name: str) -> ResponseReturnValue:
    return _difference_page(Source(name))


@bp.get("/uploads/<uuid:file_id>/difference")
@requires(Permission.SETTINGS_EDIT)
def uploaded_difference(file_id: uuid.UUID) -> ResponseReturnValue:
    return _difference_page(Source(file_id=file_id))


def _difference_page(source: Source) -> ResponseReturnValue:
    year = _year(request.args.get("year"))
    try:
        proposal = asking.compare(source, year, current_user)
    except PackUnreadable as unreadable:
        return _problems_page(unreadable)
    pack, found = proposal.pack, describe_proposal(proposal)
    apply_url = url_for(".apply_shipped", name=source.name)
    if source.file_id is not None:
        apply_url = url_for(".apply_uploaded", file_id=source.file_id)
    return render_page(
        "packs/difference.html",
        fragment="pack_difference",
        pack=pack,
        found=found,
        year=year,
        shown=asking.shown_digest(found),
        obstacle=sources.obstacle(pack.head, is_demonstration=asking.is_demonstration(pack)),
        new_people=proposal.ledger.counts().get("people", 0),
        apply_url=apply_url,
        pack_url=request.path.removesuffix("/difference"),
    )


def _year(text: str | None) -> int:
    """The year that was asked for; what is no sensible year is the present one."""
    if text is not None and text.isascii() and text.isdigit() and EARLIEST_YEAR <= int(text[:5]) <= LATEST_YEAR:
        return int(text)
    return local_today().year


@bp.post("/shipped/<name>/apply")
@requires(Permission.SETTINGS_EDIT)
def apply_shipped(name: str) -> ResponseReturnValue:
    return _apply(Source(name))


@bp.post("/uploads/<uuid:file_id>/apply")
@requires(Permission.SETTINGS_EDIT)
def apply_uploaded(file_id: uuid.UUID) -> ResponseReturnValue:
    sources.get_upload(file_id)
    return _apply(Source(file_id=file_id))


def _apply(source: Source) -> ResponseReturnValue:
    earlier = find_earlier_answer()
    if earlier is not None:
        return redirect(earlier, code=303)
    year, shown = _year(request.form.get("year")), request.form.get("shown", "")[:64]
    with unit_of_work():
        job = asking.request_application(source, year, shown, actor=current_user)
        remember_answer(url_for(".run", job_id=job.id))
    return redirect(url_for(".run", job_id=job.id), code=303)


@bp.get("/runs/<uuid:job_id>")
@requires(Permission.SETTINGS_EDIT)
def run(job_id: uuid.UUID) -> ResponseReturnValue:
    job = get_job(job_id, current_user)
    return render_page(
        "packs/run.html",
        fragment="pack_run",
        job=job,
        standing=describe(job),
        last=next(iter(queries.list_applications()), None),
    )


@bp.get("/applications/<int:number>")
@requires(Permission.SETTINGS_EDIT)
def application(number: int) -> ResponseReturnValue:
    return _application_page(number)


def _application_page(number: int, obstacles: Any = (), status: int = 200) -> ResponseReturnValue:
    found, last = queries.get_application(number), find_last()
    new, changed, removed = describe_journal(found.changes, County())
    return render_page(
        "packs/application.html",
        fragment="pack_application",
        status=status,
        application=found,
        row=next(row for row in queries.list_applications() if row.number == number),
        groups=((gettext("新增"), new), (gettext("修改"), changed), (gettext("移除"), removed)),
        can_roll_back=last is not None and last.id == found.id,
        obstacles=obstacles,
    )


@bp.post("/applications/<int:number>/rollback")
@requires(Permission.SETTINGS_EDIT)
def rollback(number: int) -> ResponseReturnValue:
    try:
        with unit_of_work():
            roll_back(queries.get_application(number), actor=current_user)
    except RollbackRefused as refused:
        return _application_page(number, refused.obstacles, status=409)
    except InvalidTransition:
        flash(gettext("这次应用已经回退，或不是最近一次，没有改动任何内容。"), "warning")
        return redirect(url_for(".application", number=number), code=303)
    flash(gettext("已回退到应用之前的样子。"), "success")
    return redirect(url_for(".index"), code=303)


@bp.get("/export")
@requires(Permission.SETTINGS_EDIT)
def export() -> ResponseReturnValue:
    with_people = request.args.get("people") == "1"
    try:
        pack = export_pack(with_people=with_people)
    except LookupError:
        flash(gettext("本县还没有最上级单位，没有可以导出的内容。"), "warning")
        return redirect(url_for(".index"), code=303)
    with unit_of_work():
        record(AuditAction.DATA_EXPORTED, None, actor=current_user, kind="pack", people=with_people)
    response = Response(make_archive(pack), mimetype="application/zip")
    name = quote(f"{current_county().name}配置包{local_today().isoformat()}")
    response.headers["Content-Disposition"] = f"attachment; filename*=UTF-8''{name}.zip"
    response.headers["Cache-Control"] = "no-store"
    return response
