"""Forms of signing in and of passwords."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

from flask_babel import gettext
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import BooleanField, Field, PasswordField, SelectField, StringField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import DataRequired, EqualTo, Length, Optional, Regexp, ValidationError

from saas.accounts.models import User
from saas.accounts.passwords import MAX_LENGTH, password_problem
from saas.domain.emails import MAX_LENGTH as MAX_EMAIL
from saas.domain.emails import is_email
from saas.form_fields import day_field, name_field, stripped
from saas.org.models import Post


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


def _name_field() -> StringField:
    return name_field(_l("姓名"), _l("请填写姓名"), 30, description="")


def _login_field(description: Any) -> StringField:
    return StringField(
        _l("账号"),
        description=description,
        validators=[
            Optional(),
            Regexp(
                r"^[a-z][a-z0-9._-]{1,31}$",
                message=_l("账号以小写字母开头，只含小写字母、数字、点、下划线和连字符，2 到 32 个字符"),
            ),
        ],
        filters=[stripped],
        render_kw={"maxlength": 32, "autocapitalize": "none", "autocomplete": "off"},
    )


def _phone_field(description: Any) -> StringField:
    return StringField(
        _l("手机号"),
        description=description,
        validators=[Optional(), Regexp(r"^[0-9]{11}$", message=_l("手机号应为 11 位数字"))],
        filters=[stripped],
        render_kw={"maxlength": 11, "inputmode": "numeric", "autocomplete": "off"},
    )


def _email_field(description: Any) -> StringField:
    return StringField(
        _l("邮箱"),
        description=description,
        validators=[Optional(), _plain_email],
        filters=[stripped],
        render_kw={"maxlength": MAX_EMAIL, "type": "email", "autocomplete": "off"},
    )


def _plain_email(_form: Any, field: Field) -> None:
    if not is_email(field.data):
        raise ValidationError(gettext("请填写一个电子邮箱地址"))


class EmailForm(FlaskForm):
    """Where one's own reminders go besides the inbox (邮件提醒)."""

    email = _email_field(_l("留空则不发邮件"))
    has_reminders = BooleanField(_l("把提醒发到这个邮箱"))


class PersonForm(FlaskForm):
    """A person, with an account or without one (登记人员)."""

    name = _name_field()
    login_name = _login_field(_l("登录时使用，小写字母开头，2 到 32 个字符；只任职、不登录的人员可以不填"))
    phone = _phone_field(_l("各处只显示前三位和后四位"))
    email = _email_field(_l("用于邮件提醒；本人可以修改或关闭"))


class EditPersonForm(FlaskForm):
    """What is known of a person (修改人员信息). The phone number is not shown: whoever may see it asks for it."""

    name = _name_field()
    login_name = _login_field(_l("改名后须用新账号登录；没有账号的，填写后即开通"))
    phone = _phone_field(_l("留空表示不修改"))
    clears_phone = BooleanField(_l("删除已登记的手机号"))
    email = _email_field(_l("用于邮件提醒；本人可以修改或关闭"))

    def validate_clears_phone(self, field: Field) -> None:
        if field.data and self.phone.data:
            raise ValidationError(gettext("填写了新手机号，就不要勾选删除"))


class DelegationForm(FlaskForm):
    """To whom a post's work is handed, and for which days (委托代办)."""

    post = SelectField(_l("委托哪个岗位"), validators=[DataRequired(_l("请选择岗位"))])
    to = SelectField(_l("受委托人"), validators=[DataRequired(_l("请选择受委托人"))])
    starts_on = day_field(_l("从哪天起"))
    last_on = day_field(_l("到哪天止"), description=_l("含这一天；可以随时撤销"))
    reason = name_field(_l("原因"), _l("请写明原因，如 出差、学习、病假"), 100)

    def offer(self, posts: Sequence[Post], people: Sequence[User]) -> DelegationForm:
        """Let these posts and these people be chosen."""
        self.post.choices = [
            SelectChoice("", gettext("请选择")),
            *(SelectChoice(str(post.id), f"{post.unit.name} {post.name}") for post in posts),
        ]
        self.to.choices = [
            SelectChoice("", gettext("请选择")),
            *(SelectChoice(str(user.id), f"{user.name}（{user.login_name}）") for user in people),
        ]
        return self

    def ends_on(self) -> date:
        """The first day on which the delegation no longer holds."""
        last: date = self.last_on.data
        return last + timedelta(days=1)
