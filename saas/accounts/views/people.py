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
from saas.accounts.forms import PersonForm
from saas.accounts.models import User
from saas.accounts.views.blueprint import bp
from saas.db import local_today, unit_of_work
from saas.domain.errors import DomainError
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


@bp.get("/accounts/<uuid:user_id>")
@requires(Permission.ACCOUNT_VIEW)
def person(user_id: uuid.UUID) -> ResponseReturnValue:
    user = queries.get_user(user_id)
    return render_template(
        "accounts/person.html",
        user=user,
        state=queries.account_state(user),
        appointments=queries.list_appointments_of(user_id),
        open_sessions=len(queries.list_open_sessions(user_id)),
        role_labels=ROLE_LABELS,
        today=local_today(),
        is_editable=current_user.permits(Permission.ACCOUNT_EDIT) and user.id != current_user.id,
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
                name=form.name.data, login_name=form.login_name.data, phone=form.phone.data or "", actor=current_user
            )
            remember_answer(url_for(".person", user_id=user.id))
    except DomainError as error:
        form.login_name.errors = [gettext(error.message.text).format(**error.message.params)]
        return render_template("accounts/create_person.html", form=form), 422
    return _password_page(user, password)


@bp.post("/accounts/<uuid:user_id>/reset")
@requires(Permission.ACCOUNT_EDIT)
def reset(user_id: uuid.UUID) -> ResponseReturnValue:
    user = queries.get_user(user_id)
    earlier = find_earlier_answer()
    if earlier is not None:
        return _already_shown(earlier)
    with unit_of_work():
        password = people.reset(user, actor=current_user)
        remember_answer(url_for(".person", user_id=user.id))
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
    return redirect(url_for(".person", user_id=user_id), code=303)


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
    return redirect(url_for(".person", user_id=user_id), code=303)


@bp.get("/accounts/matrix")
@requires(Permission.ACCOUNT_VIEW)
def matrix() -> ResponseReturnValue:
    rows = [
        (PERMISSION_LABELS[permission], ["yes" if permission in GRANTS[role] else "" for role in Role])
        for permission in Permission
    ]
    return render_template("accounts/matrix.html", columns=[ROLE_LABELS[role] for role in Role], rows=rows)
