"""Signing in and out, one's own account and sessions."""

from __future__ import annotations

import uuid

from flask import abort, flash, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from flask_login import current_user

from saas.access.decorators import county_public, requires
from saas.access.permissions import ADMINISTRATORS, Permission
from saas.accounts import queries, services
from saas.accounts.delegation import delegation_state, list_delegations_of
from saas.accounts.forms import ChangePasswordForm, SignInForm
from saas.accounts.passwords import verify_password
from saas.accounts.sessions import forget, remember
from saas.accounts.views.blueprint import bp
from saas.db import local_today, unit_of_work
from saas.tenancy.address import current_county

DELEGATIONS_SHOWN = 20


@bp.get("/sign-in")
@county_public
def sign_in() -> ResponseReturnValue:
    if current_user.is_authenticated:
        return redirect(url_for("home.index"), code=303)
    return _sign_in_page(SignInForm())


@bp.post("/sign-in")
@county_public
def sign_in_send() -> ResponseReturnValue:
    form = SignInForm()
    if not form.validate_on_submit():
        return _sign_in_page(form, status=422)
    try:
        with unit_of_work():
            signed_in = services.sign_in(
                form.login_name.data.strip(),
                form.password.data,
                address=request.remote_addr or "",
                agent=request.user_agent.string,
            )
    except services.TooManyAttempts:
        abort(429)
    if signed_in is None:
        form.password.errors = [gettext("账号或密码不正确，或账号已被锁定。连续输错 5 次将锁定 15 分钟。")]
        return _sign_in_page(form, status=422)
    return remember(make_response(redirect(_safe_next(), code=303)), signed_in[1])


@bp.post("/sign-out")
@requires(Permission.HOME_VIEW, before_password_change=True)
def sign_out() -> ResponseReturnValue:
    with unit_of_work():
        services.sign_out(current_user)
    return forget(make_response(redirect(url_for("accounts.sign_in"), code=303)))


@bp.get("/account")
@requires(Permission.HOME_VIEW)
def show() -> ResponseReturnValue:
    today = local_today()
    return render_template(
        "accounts/show.html",
        sessions=queries.list_open_sessions(current_user.id),
        delegations=[
            (each, delegation_state(each, today)) for each in list_delegations_of(current_user.id)[:DELEGATIONS_SHOWN]
        ],
        may_delegate=any(
            post.delegated_by_id is None and not post.roles & ADMINISTRATORS for post in current_user.posts
        ),
    )


@bp.get("/account/password")
@requires(Permission.HOME_VIEW, before_password_change=True)
def change_password() -> ResponseReturnValue:
    user = queries.get_user(current_user.id)
    return render_template("accounts/change_password.html", form=ChangePasswordForm(user.login_name or ""))


@bp.post("/account/password")
@requires(Permission.HOME_VIEW, before_password_change=True)
def change_password_send() -> ResponseReturnValue:
    user = queries.get_user(current_user.id)
    form = ChangePasswordForm(user.login_name or "")
    if form.validate_on_submit() and not verify_password(user.password_hash, form.present.data):
        form.present.errors = [gettext("当前密码不正确")]
    if form.errors:
        return render_template("accounts/change_password.html", form=form), 422
    with unit_of_work():
        services.change_password(user, form.new.data, actor=current_user, keep_session=current_user.session_id)
    flash(gettext("密码已修改，其他设备上的登录已全部退出。"), "success")
    return redirect(url_for("home.index"), code=303)


@bp.post("/account/sessions/<uuid:session_id>/end")
@requires(Permission.HOME_VIEW)
def end_session(session_id: uuid.UUID) -> ResponseReturnValue:
    session = next((s for s in queries.list_open_sessions(current_user.id) if s.id == session_id), None)
    if session is None:
        abort(404)
    with unit_of_work():
        services.end_session(session, actor=current_user)
    flash(gettext("该设备上的登录已退出。"), "success")
    return redirect(url_for(".show"), code=303)


def _sign_in_page(form: SignInForm, status: int = 200) -> ResponseReturnValue:
    page = render_template(
        "accounts/sign_in.html", form=form, county=current_county(), next=request.values.get("next", "")
    )
    return page, status


def _safe_next() -> str:
    """Only a path of this county: nothing with a host, a scheme, a backslash or a control character (ASVS 3.7.2)."""
    wanted = request.form.get("next", "")
    is_path = wanted.startswith("/") and not wanted.startswith("//")
    if not is_path or "\\" in wanted or any(ord(char) < 0x20 for char in wanted):
        return url_for("home.index")
    return request.script_root + wanted
