"""The tree, the page of a unit, and setting up, editing, moving and closing one."""

from __future__ import annotations

import uuid
from datetime import date
from typing import Any

from flask import abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from flask_login import current_user

from saas.access.decorators import requires
from saas.access.permissions import ROLE_LABELS, Permission
from saas.accounts.queries import has_holders_after
from saas.administration.org import queries, unit_page
from saas.administration.org.arguments import day_argument, uuid_argument
from saas.administration.org.forms import (
    CloseForm,
    EditUnitForm,
    MoveForm,
    NewUnitForm,
    attribute_values,
    unit_form,
)
from saas.administration.org.views.blueprint import bp, form_page, refused, stale_page, to_unit
from saas.administration.reorganisation.queries import list_history
from saas.bodies.queries import list_bodies_of_unit
from saas.db import local_today, unit_of_work
from saas.domain.errors import DomainError, HierarchyError
from saas.org import services
from saas.org.attributes import attributes_of, typed_text
from saas.org.functions import list_functions
from saas.org.models import OrgUnit, UnitType
from saas.org.queries import (
    ADMINISTRATIVE,
    get_unit,
    get_unit_to_edit,
    list_possible_parents,
    list_unit_types,
    list_units,
    may_edit_unit,
)
from saas.registers.queries import concerns_of_unit
from saas.tenancy.once import find_earlier_answer, remember_answer


@bp.get("/units/<uuid:unit_id>")
@requires(Permission.ORG_VIEW)
def show(unit_id: uuid.UUID) -> ResponseReturnValue:
    unit, today = get_unit(unit_id), local_today()
    on = day_argument("on", today)
    return render_template(
        "org/show.html",
        unit=unit,
        today=today,
        on=on,
        history=list_history(unit_id),
        unit_bodies=list_bodies_of_unit(unit, on),
        concerns=concerns_of_unit(unit, current_user, today) if on == today else [],
        duties=unit_page.find_duties(unit, current_user, today) if on == today else None,
        role_labels=ROLE_LABELS,
        is_editable=_is_editable(unit_id),
        **_as_it_was(unit, on),
    )


def _as_it_was(unit: OrgUnit, on: date) -> dict[str, Any]:
    """Who, where and what a unit was on a day."""
    inward, outward = queries.list_ties(unit.id, on)
    places = unit_page.list_places(unit.id, on)
    return {
        "is_closed": unit.valid_to is not None and unit.valid_to <= on,
        "exists": unit.valid_from <= on and (unit.valid_to is None or on < unit.valid_to),
        "shown": unit_page.shown_on(unit, on),
        "places": places,
        "ancestors": next((place.above for place in places if place.hierarchy.code == ADMINISTRATIVE), ()),
        "children": queries.list_children(unit.id, on),
        "posts": queries.list_held_posts(unit.id, on),
        "delegates": unit_page.list_delegates(unit.id, on),
        "inward": inward,
        "outward": outward,
        "functions": list_functions(unit.id),
    }


def _is_editable(unit_id: uuid.UUID) -> bool:
    return current_user.permits(Permission.ORG_EDIT) and may_edit_unit(unit_id, current_user, local_today())


@bp.get("/units/new")
@requires(Permission.ORG_EDIT)
def create() -> ResponseReturnValue:
    parent = get_unit_to_edit(_parent_id(), current_user, local_today())
    unit_type = _find_type(request.args.get("type", ""), parent)
    if unit_type is None:
        return _choose_type(parent, error="")
    return _new_page(unit_form(NewUnitForm, attributes_of(unit_type)), unit_type, parent)


@bp.post("/units")
@requires(Permission.ORG_EDIT)
def create_send() -> ResponseReturnValue:
    earlier = find_earlier_answer()
    if earlier is not None:
        return redirect(earlier, code=303)
    parent = get_unit_to_edit(_parent_id(), current_user, local_today())
    unit_type = _find_type(request.form.get("type", ""), parent)
    if unit_type is None:
        return _choose_type(parent, error=gettext("没有这种单位类型，请从列表中选择"))
    form = unit_form(NewUnitForm, attributes_of(unit_type))
    if not form.validate_on_submit():
        return _new_page(form, unit_type, parent, status=422)
    try:
        with unit_of_work():
            unit = _create(form, unit_type, parent)
            remember_answer(url_for(".show", unit_id=unit.id))
    except DomainError as error:
        refused(form, error, {"bad_dates": "valid_from"}, "code")
        return _new_page(form, unit_type, parent, status=422)
    flash(gettext("已新建单位：%(name)s", name=unit.name), "success")
    return to_unit(unit.id)


def _create(form: Any, unit_type: UnitType, parent: OrgUnit) -> OrgUnit:
    values = attribute_values(form, attributes_of(unit_type))
    return services.create_unit(
        unit_type=unit_type,
        parent=parent,
        code=form.code.data,
        name=form.name.data,
        short_name=form.short_name.data or "",
        attributes={key: value for key, value in values.items() if value is not None},
        valid_from=form.valid_from.data,
        actor=current_user,
    )


def _new_page(form: Any, unit_type: UnitType, parent: OrgUnit, status: int = 200) -> ResponseReturnValue:
    form.type.data, form.parent.data = unit_type.code, str(parent.id)
    title = gettext("新建%(type)s", type=unit_type.name)
    lead = gettext("设在 %(parent)s 之下。没有数据的属性留空，不要填 0。", parent=parent.name)
    return form_page(
        form,
        title,
        unit=parent,
        lead=lead,
        submit=gettext("新建"),
        status=status,
        creates_at=url_for(".create_send"),
    )


def _choose_type(parent: OrgUnit, error: str) -> ResponseReturnValue:
    types = [each for each in list_unit_types() if services.may_stand_under(each, parent.unit_type)]
    page = render_template("org/choose_type.html", parent=parent, types=types, error=error)
    return page, 422 if error else 200


def _find_type(code: str, parent: OrgUnit) -> UnitType | None:
    below = (each for each in list_unit_types() if services.may_stand_under(each, parent.unit_type))
    return next((each for each in below if each.code == code), None)


def _parent_id() -> uuid.UUID:
    return uuid_argument("parent") or abort(404)


@bp.get("/units/<uuid:unit_id>/edit")
@requires(Permission.ORG_EDIT)
def edit(unit_id: uuid.UUID) -> ResponseReturnValue:
    unit = get_unit_to_edit(unit_id, current_user, local_today())
    form = unit_form(EditUnitForm, attributes_of(unit.unit_type), unit)
    return _edit_page(form, unit)


@bp.post("/units/<uuid:unit_id>/edit")
@requires(Permission.ORG_EDIT)
def edit_send(unit_id: uuid.UUID) -> ResponseReturnValue:
    unit = get_unit_to_edit(unit_id, current_user, local_today())
    form = unit_form(EditUnitForm, attributes_of(unit.unit_type))
    if not form.validate_on_submit():
        return _edit_page(form, unit, status=422)
    if form.version.data != str(unit.version):
        return stale_page(form, _present(unit), unit.version, gettext("修改单位信息"), unit)
    try:
        with unit_of_work():
            _edit(form, unit)
    except DomainError as error:
        refused(form, error, {"bad_dates": "starts_on"}, "name")
        return _edit_page(form, unit, status=422)
    flash(gettext("已保存：%(name)s", name=form.name.data), "success")
    return to_unit(unit.id)


def _edit(form: Any, unit: OrgUnit) -> None:
    services.edit_unit(
        unit,
        name=form.name.data,
        short_name=form.short_name.data or "",
        attributes=attribute_values(form, attributes_of(unit.unit_type)),
        actor=current_user,
        starts_on=form.since(),
    )


def _present(unit: OrgUnit) -> dict[str, Any]:
    present = {"name": unit.name, "short_name": unit.short_name}
    for each in attributes_of(unit.unit_type):
        present[f"attribute_{each.name}"] = typed_text(unit.attributes.get(each.name))
    return present


def _edit_page(form: Any, unit: OrgUnit, status: int = 200) -> ResponseReturnValue:
    lead = gettext("代码 %(code)s 不能修改。没有数据的属性留空，不要填 0。", code=unit.code)
    return form_page(form, gettext("修改单位信息"), unit=unit, lead=lead, status=status)


@bp.get("/units/<uuid:unit_id>/move")
@requires(Permission.ORG_EDIT)
def move(unit_id: uuid.UUID) -> ResponseReturnValue:
    unit = get_unit_to_edit(unit_id, current_user, local_today())
    return _move_page(_move_form(unit), unit)


@bp.post("/units/<uuid:unit_id>/move")
@requires(Permission.ORG_EDIT)
def move_send(unit_id: uuid.UUID) -> ResponseReturnValue:
    unit = get_unit_to_edit(unit_id, current_user, local_today())
    form = _move_form(unit)
    if not form.validate_on_submit():
        return _move_page(form, unit, status=422)
    if form.version.data != str(unit.version):
        return stale_page(form, {}, unit.version, gettext("调整隶属"), unit)
    parent = get_unit(uuid.UUID(form.parent.data))
    try:
        with unit_of_work():
            services.move_unit(unit, parent, form.starts_on.data, actor=current_user)
    except HierarchyError as error:
        refused(form, error, {"bad_dates": "starts_on"}, "parent")
        return _move_page(form, unit, status=422)
    flash(gettext("%(name)s 将隶属 %(parent)s。", name=unit.name, parent=parent.name), "success")
    return to_unit(unit.id)


def _move_form(unit: OrgUnit) -> MoveForm:
    units = [each for each in list_units(local_today()) if each.id != unit.id]
    own_level = {each.id for each in list_possible_parents(unit.unit_type, local_today())}
    form = MoveForm(data={"version": unit.version})
    return form.offer([each for each in units if each.id in own_level])


def _move_page(form: MoveForm, unit: OrgUnit, status: int = 200) -> ResponseReturnValue:
    return form_page(
        form,
        gettext("调整隶属"),
        unit=unit,
        lead=gettext("从某天起换一个上级。以前的隶属关系保留在历史中，以前各期的考核和汇总仍按当时的口径。"),
        status=status,
    )


@bp.get("/units/<uuid:unit_id>/close")
@requires(Permission.ORG_EDIT)
def close(unit_id: uuid.UUID) -> ResponseReturnValue:
    unit = get_unit_to_edit(unit_id, current_user, local_today())
    return _close_page(CloseForm(data={"version": unit.version}), unit)


@bp.post("/units/<uuid:unit_id>/close")
@requires(Permission.ORG_EDIT)
def close_send(unit_id: uuid.UUID) -> ResponseReturnValue:
    unit = get_unit_to_edit(unit_id, current_user, local_today())
    form = CloseForm()
    if not form.validate_on_submit():
        return _close_page(form, unit, status=422)
    if form.version.data != str(unit.version):
        return stale_page(form, {}, unit.version, gettext("撤销单位"), unit)
    if has_holders_after(unit.id, form.ends_on.data):
        form.ends_on.errors = [gettext("这天以后还有人在该单位任职，请先免职")]
        return _close_page(form, unit, status=422)
    try:
        with unit_of_work():
            services.close_unit(unit, form.ends_on.data, actor=current_user)
    except HierarchyError as error:
        refused(form, error, {}, "ends_on")
        return _close_page(form, unit, status=422)
    flash(gettext("%(name)s 已登记撤销。", name=unit.name), "success")
    return to_unit(unit.id)


def _close_page(form: CloseForm, unit: OrgUnit, status: int = 200) -> ResponseReturnValue:
    lead = gettext("撤销后不再布置填报和考核，以前的数据保留。撤销不能取消，请核对日期。")
    return form_page(form, gettext("撤销单位"), unit=unit, lead=lead, submit=gettext("登记撤销"), status=status)
