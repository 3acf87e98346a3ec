"""Keeping the county's accounts (账号管理), and the permission matrix."""

from __future__ import annotations

import uuid

from flask import flash, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from flask_login import current_user

from saas.access.decorators import requires
from saas.access.permissions import GRANTS, PERMISSION_LABELS, ROLE_LABELS, Permission, Role
from saas.accounts import people, queries, services
from saas.accounts.forms import EditPersonForm, PersonForm
from saas.accounts.models import User
from saas.accounts.views.blueprint import bp
from saas.db import local_today, unit_of_work
from saas.domain.errors import DomainError
from saas.form_pages import form_page, refused, worded
from saas.htmx import render_page
from saas.tenancy.once import find_earlier_answer, remember_answer


@bp.get("/accounts")
@requires(Permission.ACCOUNT_VIEW)
def index() -> ResponseReturnValue:
    state = request.args.get("state", "")
    wanted = queries.AccountFilter(
        words=request.args.get("words", "").strip()[:80],
        state=state if state in queries.ACCOUNT_STATES else "",
    )
    page = max(request.args.get("page", 1, type=int), 1)
    rows, count = queries.list_accounts(wanted, local_today(), page=page)
    return render_page(
        "accounts/index.html",
        fragment="account_list",
        rows=[(user, held, queries.account_state(user)) for user, held in rows],
        wanted=wanted,
        states=queries.ACCOUNT_STATES,
        count=count,
        page=page,
        page_count=-(-count // queries.PAGE),
    )


@bp.get("/accounts/new")
@requires(Permission.ACCOUNT_EDIT)
def create_person() -> ResponseReturnValue:
    return render_template("accounts/create_person.html", form=PersonForm())


@bp.post("/accounts")
@requires(Permission.ACCOUNT_EDIT)
def create_person_send() -> ResponseReturnValue:
    earlier = find_earlier_answer()
    if earlier is not None:
        return _already_shown(earlier)
    form = PersonForm()
    if not form.validate_on_submit():
        return render_template("accounts/create_person.html", form=form), 422
    try:
        with unit_of_work():
            user, password = people.create_person(
                name=form.name.data,
                login_name=form.login_name.data,
                phone=form.phone.data or "",
                email=form.email.data or "",
                actor=current_user,
            )
            remember_answer(url_for("people.show", user_id=user.id))
    except DomainError as error:
        form.login_name.errors = [worded(error)]
        return render_template("accounts/create_person.html", form=form), 422
    return _password_page(user, password) if password else _to_person(user)


@bp.get("/accounts/<uuid:user_id>/edit")
@requires(Permission.ACCOUNT_EDIT)
def edit_person(user_id: uuid.UUID) -> ResponseReturnValue:
    user = queries.get_user(user_id)
    return _edit_page(
        EditPersonForm(data={"name": user.name, "login_name": user.login_name or "", "email": user.email}), user
    )


@bp.post("/accounts/<uuid:user_id>/edit")
@requires(Permission.ACCOUNT_EDIT)
def edit_person_send(user_id: uuid.UUID) -> ResponseReturnValue:
    user = queries.get_user(user_id)
    form = EditPersonForm()
    if not form.validate_on_submit():
        return _edit_page(form, user, status=422)
    phone = "" if form.clears_phone.data else form.phone.data or None
    try:
        with unit_of_work():
            change = people.PersonChange(form.name.data, form.login_name.data or "", phone, form.email.data or "")
            password = people.edit_person(user, change, actor=current_user)
    except DomainError as error:
        refused(form, error, {}, "login_name")
        return _edit_page(form, queries.get_user(user_id), status=422)
    flash(gettext("已保存：%(name)s", name=user.name), "success")
    return _password_page(user, password) if password else _to_person(user)


def _edit_page(form: EditPersonForm, user: User, status: int = 200) -> ResponseReturnValue:
    trail = [(gettext("账号"), url_for(".index")), (user.name, url_for("people.show", user_id=user.id))]
    return form_page(form, gettext("修改人员信息"), trail, status=status)


def _to_person(user: User) -> ResponseReturnValue:
    return redirect(url_for("people.show", user_id=user.id), code=303)


@bp.post("/accounts/<uuid:user_id>/phone")
@requires(Permission.ACCOUNT_VIEW)
def reveal_phone(user_id: uuid.UUID) -> ResponseReturnValue:
    user = queries.get_user(user_id)
    with unit_of_work():
        phone = people.reveal_phone(user, reason=request.form.get("reason", "").strip()[:100], actor=current_user)
    response = make_response(render_template("accounts/phone.html", user=user, phone=phone))
    response.headers["Cache-Control"] = "no-store"
    return response


@bp.post("/accounts/<uuid:user_id>/reset")
@requires(Permission.ACCOUNT_EDIT)
def reset(user_id: uuid.UUID) -> ResponseReturnValue:
    user = queries.get_user(user_id)
    earlier = find_earlier_answer()
    if earlier is not None:
        return _already_shown(earlier)
    with unit_of_work():
        password = people.reset(user, actor=current_user)
        remember_answer(url_for("people.show", user_id=user.id))
    return _password_page(user, password)


def _password_page(user: User, password: str) -> ResponseReturnValue:
    """Show a first password once: in this answer only, in no cookie and in no row."""
    response = make_response(render_template("accounts/first_password.html", user=user, password=password))
    response.headers["Cache-Control"] = "no-store"
    return response


def _already_shown(location: str) -> ResponseReturnValue:
    flash(gettext("这项操作已经完成，首次密码只显示一次。没有记下的，请重新重置。"), "warning")
    return redirect(location, code=303)


@bp.post("/accounts/<uuid:user_id>/unlock")
@requires(Permission.ACCOUNT_EDIT)
def unlock(user_id: uuid.UUID) -> ResponseReturnValue:
    user = queries.get_user(user_id)
    with unit_of_work():
        services.unlock(user, actor=current_user)
    flash(gettext("%(name)s 的账号已解锁。", name=user.name), "success")
    return redirect(url_for("people.show", user_id=user_id), code=303)


@bp.post("/accounts/<uuid:user_id>/active")
@requires(Permission.ACCOUNT_EDIT)
def set_active(user_id: uuid.UUID) -> ResponseReturnValue:
    user, is_active = queries.get_user(user_id), request.form.get("active") == "yes"
    with unit_of_work():
        if is_active:
            people.enable(user, actor=current_user)
        else:
            people.disable(user, actor=current_user)
    said = gettext("%(name)s 的账号已启用。") if is_active else gettext("%(name)s 的账号已停用，已登录的设备已退出。")
    flash(said % {"name": user.name}, "success")
    return redirect(url_for("people.show", user_id=user_id), code=303)


@bp.get("/accounts/matrix")
@requires(Permission.ACCOUNT_VIEW)
def matrix() -> ResponseReturnValue:
    rows = [
        (PERMISSION_LABELS[permission], ["yes" if permission in GRANTS[role] else "" for role in Role])
        for permission in Permission
    ]
    return render_template("accounts/matrix.html", columns=[ROLE_LABELS[role] for role in Role], rows=rows)
