"""What units are responsible for (职能)."""

from __future__ import annotations

import uuid

from flask import flash, redirect, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from flask_login import current_user

from saas.access.decorators import requires
from saas.access.permissions import Permission
from saas.administration.org.forms import CloseForm, FunctionForm
from saas.administration.org.views.blueprint import bp, form_page, refused, to_unit
from saas.db import local_today, unit_of_work
from saas.domain.errors import DomainError, HierarchyError
from saas.org import functions
from saas.org.models import OrgUnit
from saas.org.queries import get_unit_to_edit
from saas.tenancy.once import find_earlier_answer, remember_answer


@bp.get("/units/<uuid:unit_id>/functions/new")
@requires(Permission.ORG_EDIT)
def give_function(unit_id: uuid.UUID) -> ResponseReturnValue:
    unit = get_unit_to_edit(unit_id, current_user, local_today())
    return _new_page(FunctionForm(), unit)


@bp.post("/units/<uuid:unit_id>/functions")
@requires(Permission.ORG_EDIT)
def give_function_send(unit_id: uuid.UUID) -> ResponseReturnValue:
    unit, earlier = get_unit_to_edit(unit_id, current_user, local_today()), find_earlier_answer()
    if earlier is not None:
        return redirect(earlier, code=303)
    form = FunctionForm()
    if not form.validate_on_submit():
        return _new_page(form, unit, status=422)
    try:
        with unit_of_work():
            functions.give_function(unit, form.name.data, form.starts_on.data, actor=current_user)
            remember_answer(url_for(".show", unit_id=unit.id))
    except DomainError as error:
        refused(form, error, {"bad_dates": "starts_on"}, "name")
        return _new_page(form, unit, status=422)
    flash(gettext("已登记职能：%(name)s", name=form.name.data), "success")
    return to_unit(unit.id)


def _new_page(form: FunctionForm, unit: OrgUnit, status: int = 200) -> ResponseReturnValue:
    names = functions.list_function_names()
    if names:
        form.name.description = gettext("已用过的说法：%(names)s", names="、".join(names[:20]))
    lead = gettext("%(unit)s 负责什么。方案和机构中“负责某项工作的部门”由此找到。", unit=unit.name)
    address = url_for(".give_function_send", unit_id=unit.id)
    return form_page(form, gettext("登记职能"), unit=unit, lead=lead, status=status, creates_at=address)


@bp.get("/functions/<uuid:function_id>/end")
@requires(Permission.ORG_EDIT)
def end_function(function_id: uuid.UUID) -> ResponseReturnValue:
    function = functions.get_function(function_id)
    return _end_page(CloseForm(), function.name, get_unit_to_edit(function.unit_id, current_user, local_today()))


@bp.post("/functions/<uuid:function_id>/end")
@requires(Permission.ORG_EDIT)
def end_function_send(function_id: uuid.UUID) -> ResponseReturnValue:
    function = functions.get_function(function_id)
    unit, form = get_unit_to_edit(function.unit_id, current_user, local_today()), CloseForm()
    if not form.validate_on_submit():
        return _end_page(form, function.name, unit, status=422)
    try:
        with unit_of_work():
            functions.end_function(function, form.ends_on.data, actor=current_user)
    except HierarchyError as error:
        refused(form, error, {}, "ends_on")
        return _end_page(form, function.name, unit, status=422)
    flash(gettext("职能“%(name)s”已结束。", name=function.name), "success")
    return to_unit(unit.id)


def _end_page(form: CloseForm, name: str, unit: OrgUnit, status: int = 200) -> ResponseReturnValue:
    title = gettext("结束职能：%(name)s", name=name)
    return form_page(form, title, unit=unit, submit=gettext("结束"), status=status)
