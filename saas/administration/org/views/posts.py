"""Posts at a unit and who holds them."""

from __future__ import annotations

import uuid

from flask import flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from flask_login import current_user

from saas.access.decorators import requires
from saas.access.permissions import Permission
from saas.accounts import appointments
from saas.accounts.models import Appointment
from saas.accounts.queries import get_appointment_to_edit, get_user, list_active_users
from saas.administration.org.forms import AppointForm, CloseForm, PostForm
from saas.administration.org.views.blueprint import bp, form_page, refused, stale_page, to_unit
from saas.db import local_today, unit_of_work
from saas.domain.errors import DomainError, InvalidTransition
from saas.local import local_day
from saas.org import services
from saas.org.models import OrgUnit, Post
from saas.org.queries import get_post_to_edit, get_unit_to_edit
from saas.tenancy.once import find_earlier_answer, remember_answer


@bp.get("/units/<uuid:unit_id>/posts/new")
@requires(Permission.ORG_EDIT)
def create_post(unit_id: uuid.UUID) -> ResponseReturnValue:
    return _new_page(PostForm(), get_unit_to_edit(unit_id, current_user, local_today()))


@bp.post("/units/<uuid:unit_id>/posts")
@requires(Permission.ORG_EDIT)
def create_post_send(unit_id: uuid.UUID) -> ResponseReturnValue:
    unit = get_unit_to_edit(unit_id, current_user, local_today())
    earlier = find_earlier_answer()
    if earlier is not None:
        return redirect(earlier, code=303)
    form = PostForm()
    if not form.validate_on_submit():
        return _new_page(form, unit, status=422)
    roles, order = form.chosen_roles(), form.sort_order.data or 0
    try:
        with unit_of_work():
            appointments.refuse_conflicting_roles(roles)
            services.create_post(unit, name=form.name.data, roles=roles, sort_order=order, actor=current_user)
            remember_answer(url_for(".show", unit_id=unit.id))
    except DomainError as error:
        refused(form, error, {"roles_conflict": "roles"}, "name")
        return _new_page(form, unit, status=422)
    flash(gettext("已新设岗位：%(name)s", name=form.name.data), "success")
    return to_unit(unit.id)


def _new_page(form: PostForm, unit: OrgUnit, status: int = 200) -> ResponseReturnValue:
    address = url_for(".create_post_send", unit_id=unit.id)
    return form_page(form, gettext("新设岗位"), unit=unit, submit=gettext("新设"), status=status, creates_at=address)


@bp.get("/posts/<uuid:post_id>/edit")
@requires(Permission.ORG_EDIT)
def edit_post(post_id: uuid.UUID) -> ResponseReturnValue:
    post = get_post_to_edit(post_id, current_user, local_today())
    present = {"name": post.name, "roles": post.roles, "sort_order": post.sort_order, "version": post.version}
    return form_page(PostForm(data=present), gettext("修改岗位"), unit=post.unit)


@bp.post("/posts/<uuid:post_id>/edit")
@requires(Permission.ORG_EDIT)
def edit_post_send(post_id: uuid.UUID) -> ResponseReturnValue:
    post = get_post_to_edit(post_id, current_user, local_today())
    unit, form = post.unit, PostForm()
    if not form.validate_on_submit():
        return form_page(form, gettext("修改岗位"), unit=unit, status=422)
    if form.version.data != str(post.version):
        present = {"name": post.name, "sort_order": post.sort_order}
        return stale_page(form, present, post.version, gettext("修改岗位"), unit)
    roles, order = form.chosen_roles(), form.sort_order.data or 0
    try:
        with unit_of_work():
            appointments.check_new_roles(post, roles, local_today())
            services.edit_post(post, name=form.name.data, roles=roles, sort_order=order, actor=current_user)
    except DomainError as error:
        refused(form, error, {"roles_conflict": "roles", "last_administrator": "roles"}, "name")
        return form_page(form, gettext("修改岗位"), unit=unit, status=422)
    flash(gettext("岗位已保存：%(name)s", name=form.name.data), "success")
    return to_unit(post.unit_id)


@bp.post("/posts/<uuid:post_id>/active")
@requires(Permission.ORG_EDIT)
def set_post_active(post_id: uuid.UUID) -> ResponseReturnValue:
    post = get_post_to_edit(post_id, current_user, local_today())
    change = appointments.restore_post if request.form.get("active") == "yes" else appointments.retire_post
    with unit_of_work():
        change(post, local_today(), actor=current_user)
    flash(gettext("岗位“%(name)s”已启用。" if post.is_active else "岗位“%(name)s”已停用。", name=post.name), "success")
    return to_unit(post.unit_id)


@bp.get("/posts/<uuid:post_id>/appoint")
@requires(Permission.ORG_EDIT)
def appoint(post_id: uuid.UUID) -> ResponseReturnValue:
    post = get_post_to_edit(post_id, current_user, local_today())
    return _appoint_page(AppointForm().offer(list_active_users()), post, post.unit)


@bp.post("/posts/<uuid:post_id>/appoint")
@requires(Permission.ORG_EDIT)
def appoint_send(post_id: uuid.UUID) -> ResponseReturnValue:
    post = get_post_to_edit(post_id, current_user, local_today())
    earlier = find_earlier_answer()
    if earlier is not None:
        return redirect(earlier, code=303)
    unit, form = post.unit, AppointForm().offer(list_active_users())
    if not form.validate_on_submit():
        return _appoint_page(form, post, unit, status=422)
    user = get_user(uuid.UUID(form.user.data))
    try:
        with unit_of_work():
            appointments.appoint(user, post, form.starts_on.data, actor=current_user)
            remember_answer(url_for(".show", unit_id=post.unit_id))
    except DomainError as error:
        refused(form, error, {}, "user")
        return _appoint_page(form, post, unit, status=422)
    flash(gettext("%(name)s 已任 %(post)s。", name=user.name, post=post.name), "success")
    return to_unit(post.unit_id)


def _appoint_page(form: AppointForm, post: Post, unit: OrgUnit, status: int = 200) -> ResponseReturnValue:
    title = gettext("任职：%(post)s", post=post.name)
    lead = gettext("没有账号的人员，请安全管理员先在“账号”中登记。")
    return form_page(
        form,
        title,
        unit=unit,
        lead=lead,
        submit=gettext("任职"),
        status=status,
        creates_at=url_for(".appoint_send", post_id=post.id),
    )


@bp.get("/appointments/<uuid:appointment_id>/end")
@requires(Permission.ORG_EDIT)
def end_appointment(appointment_id: uuid.UUID) -> ResponseReturnValue:
    return _end_page(CloseForm(), get_appointment_to_edit(appointment_id, current_user, local_today()))


@bp.post("/appointments/<uuid:appointment_id>/end")
@requires(Permission.ORG_EDIT)
def end_appointment_send(appointment_id: uuid.UUID) -> ResponseReturnValue:
    appointment = get_appointment_to_edit(appointment_id, current_user, local_today())
    form = CloseForm()
    if not form.validate_on_submit():
        return _end_page(form, appointment, status=422)
    try:
        with unit_of_work():
            appointments.end_appointment(appointment, form.ends_on.data, actor=current_user)
    except InvalidTransition:
        raise
    except DomainError as error:
        refused(form, error, {}, "ends_on")
        return _end_page(form, get_appointment_to_edit(appointment_id, current_user, local_today()), status=422)
    flash(gettext("%(name)s 不再担任 %(post)s。", name=appointment.user.name, post=appointment.post.name), "success")
    return to_unit(appointment.post.unit_id)


def _end_page(form: CloseForm, appointment: Appointment, status: int = 200) -> ResponseReturnValue:
    title = gettext("免职：%(name)s · %(post)s", name=appointment.user.name, post=appointment.post.name)
    lead = gettext("自 %(day)s 起任职。", day=local_day(appointment.starts_on))
    return form_page(form, title, unit=appointment.post.unit, lead=lead, submit=gettext("免职"), status=status)
