"""Writing a record: a new one, or one that is there. Every button is a form post that works without scripts."""

from __future__ import annotations

import uuid
from typing import Any

from flask import Response, flash, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from flask_login import current_user
from sqlalchemy.exc import NoResultFound

from saas.access.decorators import requires
from saas.access.permissions import Permission
from saas.db import new_id, unit_of_work
from saas.forms.fill_form import field_id
from saas.forms.parts import GO, PART
from saas.forms.posted import Posted
from saas.htmx import wants_fragment
from saas.org.models import OrgUnit
from saas.registers import protection, queries, services
from saas.registers.models import Register, RegisterRecord
from saas.registers.views.blueprint import bp
from saas.registers.views.write_page import (
    drafts_of,
    is_opened,
    page_address,
    read_page,
    show_first,
    show_page,
    show_questions,
)
from saas.registers.writing import Sheet, keep_typed, new_sheet, read_sheet, sheet_of
from saas.tenancy.once import FIELD, find_earlier_answer, new_send_token, note_carried_out, remember_answer

NEW = "/registers/<uuid:register_id>/records/new"
EDIT = "/registers/records/<uuid:record_id>/edit"
DRAFT = "draft"  # of the button that keeps what was typed without sending it


@bp.get(NEW)
@requires(Permission.SUBMISSION_EDIT)
def new_record(register_id: uuid.UUID) -> ResponseReturnValue:
    register = queries.get_register(register_id, current_user)
    units = queries.own_keeping_units(register, current_user)
    unit, record_id = _chosen(units), _id_of("draft") or uuid.UUID(new_send_token())
    if queries.find_any_record(record_id) is not None:
        return redirect(url_for(".record", record_id=record_id), code=303)
    if unit is None:
        return render_template("registers/choose_unit.html", register=register, units=units, **drafts_of(register))
    return show_first(new_sheet(register, unit, record_id, current_user))


@bp.post(NEW)
@requires(Permission.SUBMISSION_EDIT)
def create_record(register_id: uuid.UUID) -> ResponseReturnValue:
    sheet = started_sheet(queries.get_register(register_id, current_user))
    posted = read_page(sheet)
    if wants_fragment() and not _is_autosave():
        return show_questions(sheet, posted)
    earlier = None if _is_autosave() else find_earlier_answer()
    if earlier is not None:
        return redirect(earlier, code=303)
    if _is_draft(posted):
        return _keep(sheet, posted)
    opened = _open(sheet, posted)
    if opened is None:
        return show_page(sheet, posted, 422)
    flash(gettext("已登记，编号 %(number)s。", number=opened.number), "success")
    return redirect(url_for(".record", record_id=opened.id), code=303)


def _open(sheet: Sheet, posted: Posted) -> RegisterRecord | None:
    """Open the record, or keep what is not sound as a draft."""
    with unit_of_work():
        parsed = read_sheet(sheet, posted, actor=current_user)
        if posted.errors:
            keep_typed(sheet, posted, parsed, writer=current_user)
            return None
        remember_answer(url_for(".record", record_id=sheet.record_id))  # first: a second sending waits here
        opened = services.open_record(
            sheet.register, sheet.unit, parsed.answers, actor=current_user, record_id=sheet.record_id
        )
        _forget(sheet)
        return opened


@bp.get(EDIT)
@requires(Permission.SUBMISSION_VIEW)
def edit_record(record_id: uuid.UUID) -> ResponseReturnValue:
    record = queries.get_workable_record(record_id, current_user)
    if record.closed_on is not None:
        return redirect(url_for(".record", record_id=record_id), code=303)
    return show_first(sheet_of(record, current_user))


@bp.post(EDIT)
@requires(Permission.SUBMISSION_VIEW)
def save_record(record_id: uuid.UUID) -> ResponseReturnValue:
    sheet = opened_sheet(record_id)
    posted = read_page(sheet)
    if wants_fragment() and not _is_autosave():
        return show_questions(sheet, posted)
    if posted.version != str(sheet.version):
        return make_response("", 409) if _is_autosave() else show_page(sheet, posted, 409, is_stale=True)
    if _is_draft(posted):
        return _keep(sheet, posted)
    if not _change(sheet, posted):
        return show_page(sheet, posted, 422)
    note_carried_out()
    flash(gettext("已保存。"), "success")
    return redirect(url_for(".record", record_id=record_id), code=303)


def _change(sheet: Sheet, posted: Posted) -> bool:
    """Change the record, or keep what is not sound as a draft; return which."""
    with unit_of_work():
        parsed = read_sheet(sheet, posted, actor=current_user)
        if posted.errors or sheet.record is None:
            keep_typed(sheet, posted, parsed, writer=current_user)
            return False
        services.change_record(sheet.record, parsed.answers, actor=current_user)
        _forget(sheet)
        return True


@bp.post(EDIT + "/open")
@requires(Permission.SUBMISSION_VIEW)
def open_to_edit(record_id: uuid.UUID) -> ResponseReturnValue:
    record = queries.get_workable_record(record_id, current_user)
    with unit_of_work():
        access = protection.reveal(record, actor=current_user, purpose=request.form.get("purpose", ""))
    return show_first(sheet_of(record, current_user, access))


@bp.post("/registers/drafts/<uuid:draft_id>/drop")
@requires(Permission.SUBMISSION_VIEW)
def drop_draft(draft_id: uuid.UUID) -> ResponseReturnValue:
    draft = queries.get_draft(draft_id, current_user.id)
    is_new, record_id, register_id = draft.seen_version == 0, draft.record_id, draft.register_id
    with unit_of_work():
        services.drop_draft(draft)
    flash(gettext("草稿已删除。"), "success")
    place = url_for(".register", register_id=register_id) if is_new else url_for(".record", record_id=record_id)
    return redirect(place, code=303)


def opened_sheet(record_id: uuid.UUID) -> Sheet:
    """The record as its writer may see it; opened where the page was opened for a purpose that is on record."""
    record = queries.get_workable_record(record_id, current_user)
    if "opened" in request.values and queries.has_opened(record, current_user):
        return sheet_of(record, current_user, protection.access_to(record, current_user).revealed())
    return sheet_of(record, current_user)


def started_sheet(register: Register) -> Sheet:
    """A new record of the unit that the form names. Its id is that of the form, so that a second sending finds it."""
    units = queries.own_keeping_units(register, current_user)
    record_id = _id_of(FIELD) or new_id()
    if queries.find_any_record(record_id) is not None and find_earlier_answer() is None:
        record_id = new_id()
    return new_sheet(register, _chosen(units) or units[0], record_id, current_user)


def _id_of(name: str) -> uuid.UUID | None:
    """The id that the address or the form names; None if there is none."""
    text = request.values.get(name, "")
    try:
        return uuid.UUID(text) if text else None
    except ValueError:
        raise NoResultFound("no such draft") from None


def _chosen(units: list[OrgUnit]) -> OrgUnit | None:
    """The unit that the address names, or the only one there is."""
    named = next((unit for unit in units if str(unit.id) == request.values.get("unit")), None)
    return named or (units[0] if len(units) == 1 else None)


def _is_autosave() -> bool:
    return "X-Autosave" in request.headers


def _is_draft(posted: Posted) -> bool:
    """Whether what was typed is only to be kept: between the parts, with another row, or because somebody says so."""
    goes_on = GO in request.form or request.form.get("action") == DRAFT
    return _is_autosave() or goes_on or posted.action in {"add", "remove"}


def _keep(sheet: Sheet, posted: Posted) -> Response:
    """Keep a draft, and show the page again, its next part or another row; with what is wrong of the part so far."""
    with unit_of_work():
        keep_typed(sheet, posted, read_sheet(sheet, posted, actor=current_user, is_draft=True), writer=current_user)
    if _is_autosave():
        return make_response("", 204)
    if posted.action in {"add", "remove"}:
        posted.errors = {}
    if posted.errors or is_opened(sheet):
        return show_page(sheet, posted, 422 if posted.errors else 200)
    if request.form.get("action") == DRAFT:
        flash(
            gettext("草稿已保存，尚未登记。") if sheet.record is None else gettext("草稿已保存，记录尚未修改。"),
            "success",
        )
    return _next_page(sheet, posted)


def _next_page(sheet: Sheet, posted: Posted) -> Response:
    wanted = request.form.get(GO) or request.form.get(PART)
    more: dict[str, Any] = {"part": wanted} if wanted else {}
    if posted.action == "add":
        more |= {"add": posted.target, "_anchor": field_id(posted.target)}
    return make_response(redirect(page_address(sheet)(**more), code=303))


def _forget(sheet: Sheet) -> None:
    if sheet.draft is not None:
        services.drop_draft(sheet.draft)
