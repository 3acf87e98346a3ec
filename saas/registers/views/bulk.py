"""The same done to many records: ticked on the list, told one by one on a page, then done."""

from __future__ import annotations

import uuid
from datetime import date
from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from flask_login import current_user

from saas.access.decorators import requires
from saas.access.permissions import Permission
from saas.db import unit_of_work
from saas.domain.errors import DomainError
from saas.form_pages import worded
from saas.registers import listing, queries, services
from saas.registers.models import Register
from saas.registers.services import MAX_RECORDS, BulkAction
from saas.registers.views.blueprint import bp
from saas.registers.views.listing import address, wanted_from
from saas.tenancy.once import find_earlier_answer, remember_answer


@bp.post("/registers/<uuid:register_id>/bulk")
@requires(Permission.SUBMISSION_VIEW)
def bulk(register_id: uuid.UUID) -> ResponseReturnValue:
    register = queries.get_register(register_id, current_user)
    try:
        action = _action()
        wanted = _record_ids(register)
        if not wanted:
            raise DomainError("请先勾选要处理的记录", code="nothing_chosen")
    except DomainError as error:
        flash(worded(error), "error")
        return redirect(_back(register), code=303)
    records = queries.records_by_id(register, wanted, current_user)
    rows = services.preview_bulk(records, action, queries.movers_of(records, current_user))
    return _page(register, action, rows, is_done=False)


@bp.post("/registers/<uuid:register_id>/bulk/apply")
@requires(Permission.SUBMISSION_VIEW)
def apply_bulk(register_id: uuid.UUID) -> ResponseReturnValue:
    register = queries.get_register(register_id, current_user)
    earlier = find_earlier_answer()
    if earlier is not None:
        return redirect(earlier, code=303)
    action, versions = _action(), _versions()
    records = queries.records_by_id(register, list(versions), current_user)
    movers = queries.movers_of(records, current_user)
    with unit_of_work():
        rows = services.apply_bulk(records, action, movers, versions, actor=current_user)
        remember_answer(url_for(".register", register_id=register_id))
    return _page(register, action, rows, is_done=True)


def _page(register: Register, action: BulkAction, rows: list[Any], *, is_done: bool) -> ResponseReturnValue:
    return render_template(
        "registers/bulk.html",
        register=register,
        action=action,
        target=_target(register, action),
        rows=rows,
        possible=sum(row.problem is None for row in rows),
        worded=lambda problem: gettext(problem.text).format(**problem.params),
        is_done=is_done,
        kept=_kept(),
        back=_back(register),
    )


def _target(register: Register, action: BulkAction) -> str:
    """What is to be done, in words."""
    if action.state:
        return str(gettext("转为“%(state)s”", state=queries.states_of(register).state(action.state).name))
    if action.due_on is not None:
        return str(gettext("办结期限改为 %(day)s", day=action.due_on.isoformat()))
    name = action.unit.name if action.unit is not None else ""
    return str(gettext("增加%(role)s单位：%(name)s", role=services.LINK_ROLES[action.role], name=name))


def _action() -> BulkAction:
    """What the form asks for. Raises DomainError if it asks for nothing, or for something that is not."""
    kind, note = request.form.get("action", ""), request.form.get("note", "").strip()[:500]
    if kind == "move" and request.form.get("state"):
        return BulkAction(state=request.form["state"], note=note)
    if kind == "due":
        try:
            return BulkAction(due_on=date.fromisoformat(request.form.get("due_on", "")), note=note)
        except ValueError:
            raise DomainError("请填写新的办结期限", code="bad_day") from None
    if kind == "link":
        role = request.form.get("role", "responsible")
        unit = queries.unit_named(request.form.get("unit_name", ""))
        return BulkAction(unit=unit, role=role if role in services.LINK_ROLES else "responsible")
    raise DomainError("请选择要怎样处理", code="nothing_chosen")


def _record_ids(register: Register) -> list[uuid.UUID]:
    """The ticked records, or the first of those that the list's filter finds."""
    if "everything" not in request.form:
        return listing.record_ids(request.form.getlist("record"), MAX_RECORDS)
    form = listing.published_form(register)
    wanted = wanted_from(request.form.to_dict(flat=False), form)
    return list(queries.list_record_ids(register, wanted, current_user, form, MAX_RECORDS))


def _versions() -> dict[uuid.UUID, int]:
    """The records of the preview with the versions that it showed."""
    found = {}
    for text in request.form.getlist("record")[:MAX_RECORDS]:
        name, _, version = text.partition(":")
        for record_id in listing.record_ids([name], 1):
            found[record_id] = int(version) if version.isascii() and version.isdigit() else 0
    return found


def _kept() -> dict[str, str]:
    """What the second form sends again."""
    names = ("action", "state", "note", "due_on", "unit_name", "role", "back")
    return {name: request.form[name] for name in names if request.form.get(name)}


def _back(register: Register) -> str:
    """The list as it was: its filter goes along as text and is read again, so that it leads nowhere else."""
    wanted = wanted_from(request.form.to_dict(flat=False), listing.published_form(register))
    return address(register, wanted)
