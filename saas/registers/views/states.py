"""Editing the states of a register, its moves and until when records are to be closed."""

from __future__ import annotations

import uuid
from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from flask_babel import lazy_gettext as _l
from flask_login import current_user

from saas.access.decorators import requires
from saas.access.permissions import ADMINISTRATORS, ROLE_LABELS, Permission
from saas.db import unit_of_work
from saas.domain.errors import DomainError
from saas.domain.fields import FieldType
from saas.domain.records import StateKind, Who, plain_fields, states_from_mapping
from saas.form_pages import worded
from saas.registers import listing, queries, services
from saas.registers.forms import StatesPage, page_of, read_page
from saas.registers.models import Register
from saas.registers.views.blueprint import bp

KIND_LABELS = {StateKind.OPEN: _l("待办"), StateKind.ACTIVE: _l("办理中"), StateKind.CLOSED: _l("办结")}
WHO_LABELS = {Who.KEEPER: _l("登记单位"), Who.RESPONSIBLE: _l("责任单位、责任人"), Who.SUPERIOR: _l("上级")}
STATES = "/registers/<uuid:register_id>/states"


@bp.get(STATES)
@requires(Permission.COLLECTION_EDIT)
def edit_states(register_id: uuid.UUID) -> ResponseReturnValue:
    register = queries.get_register(register_id, current_user)
    return _page(register, page_of(queries.states_of(register)))


@bp.post(STATES)
@requires(Permission.COLLECTION_EDIT)
def edit_states_send(register_id: uuid.UUID) -> ResponseReturnValue:
    register = queries.get_register(register_id, current_user)
    page = read_page(request.form)
    if "add" in request.form:
        return _page(register, page)
    if request.form.get("version") != str(register.version):
        return _page(register, page, gettext("设置已被他人修改，请核对后再次保存。"), 409)
    try:
        states = states_from_mapping(page.mapping())
        with unit_of_work():
            services.change_states(register, states, actor=current_user)
    except DomainError as error:
        return _page(register, page, worded(error), 422)
    flash(gettext("状态和期限已保存。"), "success")
    return redirect(url_for(".manage"), code=303)


def _page(register: Register, page: StatesPage, problem: str = "", status: int = 200) -> ResponseReturnValue:
    definition = listing.published_form(register)
    fields = plain_fields(definition) if definition is not None else {}
    context: dict[str, Any] = {
        "register": register,
        "page": page,
        "problem": problem,
        "kinds": [(kind.value, label) for kind, label in KIND_LABELS.items()],
        "people": [(who.value, label) for who, label in WHO_LABELS.items()]
        + [(role.value, label) for role, label in ROLE_LABELS.items() if role not in ADMINISTRATORS],
        "fields": [(path, item.label) for path, item in fields.items() if item.is_asked or item.calculation],
        "lengths": [("days", _l("天")), ("working_days", _l("个工作日")), ("months", _l("个月"))],
        "dates": [(path, item.label) for path, item in fields.items() if item.type is FieldType.DATE],
        "counts": queries.count_in_states(register),
    }
    return render_template("registers/states.html", **context), status
