"""Signing in and out, and one's own password."""

from __future__ import annotations

from flask import abort, flash, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from saas.accounts.forms import ChangePasswordForm, SignInForm
from saas.accounts.passwords import verify_password
from saas.accounts.services import TooManyAttempts
from saas.operator import operators
from saas.operator.access import (
    current_operator,
    find_operator_of_request,
    forget,
    operator_before_password_change,
    operator_public,
    remember,
)
from saas.operator.db import operator_session, operator_work
from saas.operator.models import Operator
from saas.operator.views.blueprint import bp


@bp.get("/sign-in")
@operator_public
def sign_in() -> ResponseReturnValue:
    if find_operator_of_request() is not None:
        return redirect(url_for("operator.index"), code=303)
    return render_template("operator/sign_in.html", form=SignInForm())


@bp.post("/sign-in")
@operator_public
def sign_in_send() -> ResponseReturnValue:
    form = SignInForm()
    if not form.validate_on_submit():
        return render_template("operator/sign_in.html", form=form), 422
    try:
        with operator_work() as session:
            token = operators.sign_in(
                session,
                form.login_name.data.strip(),
                form.password.data,
                address=request.remote_addr or "",
                agent=request.user_agent.string,
            )
    except TooManyAttempts:
        abort(429)
    if token is None:
        form.password.errors = [gettext("账号或密码不正确，或账号已被锁定。连续输错 5 次将锁定 15 分钟。")]
        return render_template("operator/sign_in.html", form=form), 422
    return remember(make_response(redirect(url_for("operator.index"), code=303)), token)


@bp.post("/sign-out")
@operator_before_password_change
def sign_out() -> ResponseReturnValue:
    with operator_work() as session:
        operators.sign_out(session, current_operator())
    return forget(make_response(redirect(url_for("operator.sign_in"), code=303)))


@bp.get("/password")
@operator_before_password_change
def change_password() -> ResponseReturnValue:
    return _password_page(ChangePasswordForm(current_operator().login_name))


@bp.post("/password")
@operator_before_password_change
def change_password_send() -> ResponseReturnValue:
    who = current_operator()
    form = ChangePasswordForm(who.login_name)
    kept = operator_session().get_one(Operator, who.id).password_hash
    if form.validate_on_submit() and not verify_password(kept, form.present.data):
        form.present.errors = [gettext("当前密码不正确")]
    if form.errors:
        return _password_page(form, status=422)
    with operator_work() as session:
        operators.change_password(session, who, form.new.data)
    flash(gettext("密码已修改，其他设备上的登录已全部退出。"), "success")
    return redirect(url_for("operator.index"), code=303)


def _password_page(form: ChangePasswordForm, *, status: int = 200) -> ResponseReturnValue:
    page = render_template("operator/change_password.html", form=form, is_first=current_operator().must_change_password)
    return page, status
