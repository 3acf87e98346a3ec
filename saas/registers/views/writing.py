"""Writing a record: a new one, or one that is there. Every button is a form post that works without scripts."""

from __future__ import annotations

import uuid
from typing import Any

from flask import Response, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from flask_login import current_user

from saas.access.decorators import requires
from saas.access.permissions import Permission
from saas.db import new_id, unit_of_work
from saas.domain.form_logic import reacts_to_answers
from saas.forms.fill_form import field_id
from saas.forms.posted import Posted, read_posted
from saas.htmx import render_page, wants_fragment
from saas.org.models import OrgUnit
from saas.registers import protection, queries, services
from saas.registers.models import Register
from saas.registers.views.blueprint import bp
from saas.registers.writing import Sheet, differences, new_sheet, nodes_of, read_sheet, sheet_of
from saas.tenancy.once import FIELD, find_earlier_answer, new_send_token, remember_answer

NEW = "/registers/<uuid:register_id>/records/new"
EDIT = "/registers/records/<uuid:record_id>/edit"
_CHANGES_ROWS = {"add", "remove"}


@bp.get(NEW)
@requires(Permission.SUBMISSION_EDIT)
def new_record(register_id: uuid.UUID) -> ResponseReturnValue:
    register = queries.get_register(register_id, current_user)
    units = queries.own_keeping_units(register, current_user)
    unit = _chosen(units)
    if unit is None:
        return render_template("registers/choose_unit.html", register=register, units=units)
    sheet = new_sheet(register, unit, uuid.UUID(new_send_token()))
    return _page(sheet, Posted(sheet.first_raw(), action="show"))


@bp.post(NEW)
@requires(Permission.SUBMISSION_EDIT)
def create_record(register_id: uuid.UUID) -> ResponseReturnValue:
    sheet = started_sheet(queries.get_register(register_id, current_user))
    if wants_fragment():
        return _questions(sheet, read_posted())
    earlier = find_earlier_answer()
    if earlier is not None:
        return redirect(earlier, code=303)
    posted = read_posted()
    with unit_of_work():
        parsed = read_sheet(sheet, posted, actor=current_user)
        if posted.errors or posted.action in _CHANGES_ROWS:
            opened = None
        else:
            remember_answer(url_for(".record", record_id=sheet.record_id))  # first: a second sending waits here
            opened = services.open_record(
                sheet.register, sheet.unit, parsed.answers, actor=current_user, record_id=sheet.record_id
            )
    if opened is None:
        return _page_again(sheet, posted)
    flash(gettext("已登记，编号 %(number)s。", number=opened.number), "success")
    return redirect(url_for(".record", record_id=opened.id), code=303)


@bp.get(EDIT)
@requires(Permission.SUBMISSION_VIEW)
def edit_record(record_id: uuid.UUID) -> ResponseReturnValue:
    record = queries.get_workable_record(record_id, current_user)
    if record.closed_on is not None:
        return redirect(url_for(".record", record_id=record_id), code=303)
    sheet = sheet_of(record, current_user)
    return _page(sheet, Posted(sheet.first_raw(), action="show"))


@bp.post(EDIT)
@requires(Permission.SUBMISSION_VIEW)
def save_record(record_id: uuid.UUID) -> ResponseReturnValue:
    sheet = opened_sheet(record_id)
    posted = read_posted()
    if wants_fragment():
        return _questions(sheet, posted)
    if posted.version != str(sheet.version):
        return _page(sheet, posted, status=409)
    with unit_of_work():
        parsed = read_sheet(sheet, posted, actor=current_user)
        is_sound = not posted.errors and posted.action not in _CHANGES_ROWS
        if is_sound and sheet.record is not None:
            services.change_record(sheet.record, parsed.answers, actor=current_user)
    if not is_sound:
        return _page_again(sheet, posted)
    flash(gettext("已保存。"), "success")
    return redirect(url_for(".record", record_id=record_id), code=303)


@bp.post(EDIT + "/open")
@requires(Permission.SUBMISSION_VIEW)
def open_to_edit(record_id: uuid.UUID) -> ResponseReturnValue:
    record = queries.get_workable_record(record_id, current_user)
    with unit_of_work():
        access = protection.reveal(record, actor=current_user, purpose=request.form.get("purpose", ""))
    sheet = sheet_of(record, current_user, access)
    return _page(sheet, Posted(sheet.first_raw(), action="show"))


def opened_sheet(record_id: uuid.UUID) -> Sheet:
    """The record as its writer may see it; opened where the page was opened for a purpose that is on record."""
    record = queries.get_workable_record(record_id, current_user)
    if "opened" in request.values and queries.has_opened(record, current_user):
        return sheet_of(record, current_user, protection.access_to(record, current_user).revealed())
    return sheet_of(record, current_user)


def started_sheet(register: Register) -> Sheet:
    """A new record of the unit that the form names. Its id is that of the form, so that a second sending finds it."""
    unit = _chosen(queries.own_keeping_units(register, current_user))
    if unit is None:
        unit = queries.own_keeping_units(register, current_user)[0]
    try:
        record_id = uuid.UUID(request.values.get(FIELD, ""))
    except ValueError:
        record_id = new_id()
    if queries.find_any_record(record_id) is not None and find_earlier_answer() is None:
        record_id = new_id()
    return new_sheet(register, unit, record_id)


def _chosen(units: list[OrgUnit]) -> OrgUnit | None:
    """The unit that the address names, or the only one there is."""
    named = next((unit for unit in units if str(unit.id) == request.values.get("unit")), None)
    return named or (units[0] if len(units) == 1 else None)


def _page_again(sheet: Sheet, posted: Posted) -> Response:
    """The page once more: with another row, or with what is wrong."""
    if posted.action not in _CHANGES_ROWS:
        return _page(sheet, posted, status=422)
    posted.errors = {}
    return _page(sheet, posted)


def _page(sheet: Sheet, posted: Posted, status: int = 200) -> Response:
    context: dict[str, Any] = {
        "sheet": sheet,
        "title": sheet.record.title if sheet.record else "",
        "nodes": nodes_of(sheet, posted),
        "reacts": reacts_to_answers(sheet.definition),
        "errors": [(field_id(path), text) for path, text in posted.errors.items()],
        "is_stale": status == 409,
        "differences": differences(sheet, posted) if status == 409 else [],
        "action_url": _action(sheet),
        "uploads_url": _uploads(sheet),
        "is_opened": sheet.record is not None and not sheet.access.revealable and _may_open(sheet),
    }
    return render_page("registers/write.html", fragment="write_panel", status=status, **context)


def _may_open(sheet: Sheet) -> bool:
    return sheet.record is not None and bool(protection.access_to(sheet.record, current_user).revealable)


def _questions(sheet: Sheet, posted: Posted) -> Response:
    """The questions as the answers typed so far leave them. Nothing is kept."""
    context: dict[str, Any] = {
        "sheet": sheet,
        "nodes": nodes_of(sheet, posted),
        "reacts": True,
        "action_url": _action(sheet),
    }
    return render_page("registers/write.html", fragment="questions", **context)


def _action(sheet: Sheet) -> str:
    if sheet.record is not None:
        return url_for(".save_record", record_id=sheet.record.id)
    return url_for(".create_record", register_id=sheet.register.id, unit=sheet.unit.id)


def _uploads(sheet: Sheet) -> str:
    """Where photos are sent in pieces, before the form is."""
    if sheet.record is not None:
        return url_for(".upload_to_record", record_id=sheet.record.id)
    named: dict[str, Any] = {FIELD: str(sheet.record_id)}
    return url_for(".upload_to_new_record", register_id=sheet.register.id, unit=sheet.unit.id, **named)
