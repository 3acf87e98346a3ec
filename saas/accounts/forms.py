"""Forms of signing in and of passwords."""

from __future__ import annotations

from flask_babel import gettext
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import Field, PasswordField, StringField
from wtforms.validators import DataRequired, EqualTo, Length, ValidationError

from saas.accounts.passwords import MAX_LENGTH, password_problem


class SignInForm(FlaskForm):
    """Account and password (登录)."""

    login_name = StringField(
        _l("账号"),
        validators=[DataRequired(_l("请填写账号")), Length(max=100, message=_l("账号过长"))],
        render_kw={"autocomplete": "username", "autocapitalize": "none", "maxlength": 100},
    )
    password = PasswordField(
        _l("密码"),
        validators=[DataRequired(_l("请填写密码")), Length(max=MAX_LENGTH, message=_l("密码过长"))],
        render_kw={"autocomplete": "current-password", "maxlength": MAX_LENGTH},
    )


class ChangePasswordForm(FlaskForm):
    """The present password and a new one, twice (修改密码)."""

    present = PasswordField(
        _l("当前密码"), validators=[DataRequired(_l("请填写当前密码"))], render_kw={"autocomplete": "current-password"}
    )
    new = PasswordField(
        _l("新密码"), validators=[DataRequired(_l("请填写新密码"))], render_kw={"autocomplete": "new-password"}
    )
    again = PasswordField(
        _l("再次输入新密码"),
        validators=[DataRequired(_l("请再次填写新密码")), EqualTo("new", _l("两次输入的新密码不一致"))],
        render_kw={"autocomplete": "new-password"},
    )

    def __init__(self, login_name: str) -> None:
        super().__init__()
        self._login_name = login_name

    def validate_new(self, field: Field) -> None:
        problem = password_problem(field.data or "", login_name=self._login_name)
        if problem is not None:
            raise ValidationError(gettext(problem.text).format(**problem.params))
        if field.data == self.present.data:
            raise ValidationError(gettext("新密码不能与当前密码相同"))
