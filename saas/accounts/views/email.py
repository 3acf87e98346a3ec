"""One's own e-mail address, and whether reminders go there (邮件提醒)."""

from __future__ import annotations

from flask import current_app, flash, redirect, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from flask_login import current_user

from saas.access.decorators import requires
from saas.access.permissions import Permission
from saas.accounts import people, queries
from saas.accounts.forms import EmailForm
from saas.accounts.views.blueprint import bp
from saas.db import unit_of_work
from saas.form_pages import form_page


@bp.get("/account/email")
@requires(Permission.HOME_VIEW)
def edit_email() -> ResponseReturnValue:
    user = queries.get_user(current_user.id)
    return _page(EmailForm(data={"email": user.email, "has_reminders": user.has_email_reminders}))


@bp.post("/account/email")
@requires(Permission.HOME_VIEW)
def edit_email_send() -> ResponseReturnValue:
    user, form = queries.get_user(current_user.id), EmailForm()
    if not form.validate_on_submit():
        return _page(form, status=422)
    with unit_of_work():
        people.set_email(user, form.email.data or "", has_reminders=form.has_reminders.data, actor=current_user)
    flash(gettext("邮件提醒已保存。"), "success")
    return redirect(url_for(".show"), code=303)


def _page(form: EmailForm, status: int = 200) -> ResponseReturnValue:
    trail = [(gettext("我的账号"), url_for(".show"))]
    has_mail = current_app.config["JICENG"].mail is not None
    lead = (
        gettext("除站内提醒外，催报每天合成一封邮件，退回、下发等随时发。")
        if has_mail
        else gettext("平台未配置邮件服务器，现在不会发出邮件。")
    )
    return form_page(form, gettext("邮件提醒"), trail, lead=lead, status=status)
