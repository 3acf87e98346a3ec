"""Forms of signing in and of passwords."""

from __future__ import annotations

from flask_babel import gettext
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import Field, PasswordField, StringField
from wtforms.validators import DataRequired, EqualTo, Length, Optional, Regexp, ValidationError

from saas.accounts.passwords import MAX_LENGTH, password_problem
from saas.tenancy.pack_files import looks_like_formula


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


def _stripped(text: str | None) -> str | None:
    return text.strip() if text else text


class PersonForm(FlaskForm):
    """A person with an account (登记人员)."""

    name = StringField(
        _l("姓名"),
        validators=[DataRequired(_l("请填写姓名")), Length(max=30, message=_l("姓名最多 30 字"))],
        filters=[_stripped],
        render_kw={"maxlength": 30, "autocomplete": "off"},
    )
    login_name = StringField(
        _l("账号"),
        description=_l("登录时使用，小写字母开头，2 到 32 个字符，建成后不能修改"),
        validators=[
            DataRequired(_l("请填写账号")),
            Regexp(
                r"^[a-z][a-z0-9._-]{1,31}$",
                message=_l("账号以小写字母开头，只含小写字母、数字、点、下划线和连字符，2 到 32 个字符"),
            ),
        ],
        filters=[_stripped],
        render_kw={"maxlength": 32, "autocapitalize": "none", "autocomplete": "off"},
    )
    phone = StringField(
        _l("手机号"),
        description=_l("列表中只显示前三位和后四位"),
        validators=[Optional(), Regexp(r"^[0-9]{11}$", message=_l("手机号应为 11 位数字"))],
        filters=[_stripped],
        render_kw={"maxlength": 11, "inputmode": "numeric", "autocomplete": "off"},
    )

    def validate_name(self, field: Field) -> None:
        if looks_like_formula(field.data or ""):
            raise ValidationError(gettext("不能以等号、加号等公式符号开头"))
