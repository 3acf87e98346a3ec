"""Posts at a unit: setting them up, appointing, putting terms right, and handing over (免职、接任)."""

from __future__ import annotations

import uuid

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from flask_login import current_user

from saas.access.decorators import requires
from saas.access.permissions import Permission
from saas.accounts import appointments
from saas.accounts.models import Appointment
from saas.accounts.queries import get_appointment_to_edit, get_user, list_active_users
from saas.administration.org.forms import PostForm
from saas.administration.org.views.blueprint import bp, form_page, refused, stale_page, to_unit
from saas.administration.people.forms import AppointForm, HandOverForm, TermsForm, terms_data
from saas.administration.people.queries import OpenWork, open_work
from saas.administration.people.services import Successor, hand_over
from saas.db import local_today, unit_of_work
from saas.domain.errors import DomainError, InvalidTransition
from saas.local import local_day
from saas.org import services
from saas.org.models import OrgUnit, Post
from saas.org.queries import get_post_to_edit, get_unit_to_edit
from saas.tenancy.once import find_earlier_answer, remember_answer

BESIDE = {
    "bad_term": "term_ends_on",
    "already_holds": "successor",
    "roles_conflict": "successor",
    "not_allowed": "successor",
    "own_successor": "successor",
    "bad_link": "passed_links",
}


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
            appointments.appoint(user, post, form.starts_on.data, actor=current_user, terms=form.terms())
            remember_answer(url_for(".show", unit_id=post.unit_id))
    except DomainError as error:
        refused(form, error, {"bad_term": "term_ends_on"}, "user")
        return _appoint_page(form, post, unit, status=422)
    flash(gettext("%(name)s 已任 %(post)s。", name=user.name, post=post.name), "success")
    return redirect(url_for(".show", unit_id=post.unit_id), code=303)


def _appoint_page(form: AppointForm, post: Post, unit: OrgUnit, status: int = 200) -> ResponseReturnValue:
    return form_page(
        form,
        gettext("任职：%(post)s", post=post.name),
        unit=unit,
        lead=gettext("没有登记的人员，请安全管理员先在“账号”中登记；不登录的人员可以没有账号。"),
        submit=gettext("任职"),
        status=status,
        creates_at=url_for(".appoint_send", post_id=post.id),
    )


@bp.get("/appointments/<uuid:appointment_id>/terms")
@requires(Permission.ORG_EDIT)
def correct_terms(appointment_id: uuid.UUID) -> ResponseReturnValue:
    appointment = get_appointment_to_edit(appointment_id, current_user, local_today())
    return _terms_page(TermsForm(data=terms_data(appointment)), appointment)


@bp.post("/appointments/<uuid:appointment_id>/terms")
@requires(Permission.ORG_EDIT)
def correct_terms_send(appointment_id: uuid.UUID) -> ResponseReturnValue:
    appointment = get_appointment_to_edit(appointment_id, current_user, local_today())
    form = TermsForm()
    if not form.validate_on_submit():
        return _terms_page(form, appointment, status=422)
    try:
        with unit_of_work():
            appointments.correct_terms(appointment, form.terms(), actor=current_user, today=local_today())
    except InvalidTransition:
        raise
    except DomainError as error:
        refused(form, error, {}, "term_ends_on")
        return _terms_page(form, _again(appointment_id), status=422)
    flash(gettext("任期已更正。"), "success")
    return redirect(url_for("org.show", unit_id=appointment.post.unit_id), code=303)


def _terms_page(form: TermsForm, appointment: Appointment, status: int = 200) -> ResponseReturnValue:
    title = gettext("任期：%(name)s · %(post)s", name=appointment.user.name, post=appointment.post.name)
    lead = gettext("自 %(day)s 起任职。", day=local_day(appointment.starts_on))
    return form_page(form, title, unit=appointment.post.unit, lead=lead, status=status)


@bp.get("/appointments/<uuid:appointment_id>/end")
@requires(Permission.ORG_EDIT)
def end_appointment(appointment_id: uuid.UUID) -> ResponseReturnValue:
    appointment = _again(appointment_id)
    work = open_work(appointment, local_today())
    ticked = {
        "passed_links": [str(link.id) for link in work.links],
        "passed_seats": [str(each.seat.id) for each in work.seats],
    }
    return _hand_over_page(_offered(HandOverForm(data=ticked), appointment, work), appointment, work)


@bp.post("/appointments/<uuid:appointment_id>/end")
@requires(Permission.ORG_EDIT)
def end_appointment_send(appointment_id: uuid.UUID) -> ResponseReturnValue:
    appointment = _again(appointment_id)
    work = open_work(appointment, local_today())
    form = _offered(HandOverForm(), appointment, work)
    if not form.validate_on_submit():
        return _hand_over_page(form, appointment, work, status=422)
    try:
        with unit_of_work():
            successor = _successor(form)
            hand_over(appointment, form.ends_on.data, successor, today=local_today(), actor=current_user)
    except InvalidTransition:
        raise
    except DomainError as error:
        refused(form, error, BESIDE if form.successor.data else {}, "ends_on")
        return _hand_over_page(form, _again(appointment_id), work, status=422)
    flash(_said(appointment, successor), "success")
    return redirect(url_for("org.show", unit_id=appointment.post.unit_id), code=303)


def _said(appointment: Appointment, successor: Successor | None) -> str:
    names = {"name": appointment.user.name, "post": appointment.post.name}
    if successor is None:
        return str(gettext("%(name)s 不再担任 %(post)s。", **names))
    return str(gettext("%(successor)s 接替 %(name)s 任 %(post)s。", successor=successor.user.name, **names))


def _again(appointment_id: uuid.UUID) -> Appointment:
    return get_appointment_to_edit(appointment_id, current_user, local_today())


def _successor(form: HandOverForm) -> Successor | None:
    if not form.successor.data:
        return None
    user = get_user(uuid.UUID(form.successor.data))
    return Successor(user, form.terms(), form.chosen("passed_links"), form.chosen("passed_seats"))


def _offered(form: HandOverForm, appointment: Appointment, work: OpenWork) -> HandOverForm:
    return form.offer([user for user in list_active_users() if user.id != appointment.user_id], work)


def _hand_over_page(
    form: HandOverForm, appointment: Appointment, work: OpenWork, status: int = 200
) -> ResponseReturnValue:
    page = render_template(
        "people/hand_over.html",
        form=form,
        appointment=appointment,
        unit=appointment.post.unit,
        work=work,
    )
    return page, status
