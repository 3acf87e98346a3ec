"""Forms of the console."""

from __future__ import annotations

from datetime import date

from flask_babel import gettext
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import DateField, Field, SelectChoice, SelectField, StringField, TextAreaField
from wtforms.validators import DataRequired, Length, NumberRange, Optional, Regexp, ValidationError

from saas.access.permissions import Role
from saas.db import local_today
from saas.form_fields import WholeNumberField
from saas.operator.founding import NewAdministrator, NewCounty
from saas.tenancy.address import RESERVED
from saas.tenancy.models import TenantQuota
from saas.tenancy.pack_files import looks_like_formula

MEBIBYTE = 1024 * 1024
MOST = 2_000_000_000
ROOT_LABELS = {"county": _l("县"), "district": _l("区"), "city": _l("市")}
YEARS_BACK = 1  # long enough for a yearly report about last year
_SLUG = Regexp(
    r"^[a-z][a-z0-9-]{1,30}$", message=_l("地址为 2 到 31 个小写字母、数字和连字符，以小写字母开头，例如 qinghe")
)
_LOGIN = Regexp(
    r"^[a-z][a-z0-9._-]{1,31}$",
    message=_l("账号以小写字母开头，只含小写字母、数字、点、下划线和连字符，2 到 32 个字符"),
)


def _stripped(text: str | None) -> str | None:
    return text.strip() if text else text


def _name_field(label: object, missing: object, *, length: int = 30, description: object = "") -> StringField:
    return StringField(
        label,
        description=description,
        validators=[DataRequired(missing), Length(max=length, message=_l("内容过长"))],
        filters=[_stripped],
        render_kw={"maxlength": length, "autocomplete": "off"},
    )


def _login_field(label: object) -> StringField:
    return StringField(
        label,
        validators=[DataRequired(_l("请填写账号")), _LOGIN],
        filters=[_stripped],
        render_kw={"maxlength": 32, "autocapitalize": "none", "autocomplete": "off"},
    )


class _PlainTexts(FlaskForm):
    """Refuses what a spreadsheet would take for a formula, and reserved words of an address."""

    def validate_name(self, field: Field) -> None:
        if looks_like_formula(field.data or ""):
            raise ValidationError(gettext("不能以等号、加号等公式符号开头"))

    validate_root_name = validate_system_name = validate_security_name = validate_audit_name = validate_name

    def validate_slug(self, field: Field) -> None:
        if field.data in RESERVED:
            raise ValidationError(gettext("这个词由系统保留，请换一个"))


def _slug_field() -> StringField:
    return StringField(
        _l("地址"),
        description=_l("网址中的一段，如 qinghe；小写字母、数字和连字符"),
        validators=[DataRequired(_l("请填写地址")), _SLUG],
        filters=[_stripped],
        render_kw={"maxlength": 31, "autocapitalize": "none", "autocomplete": "off", "spellcheck": "false"},
    )


class CountyForm(_PlainTexts):
    """A new county with its root unit and its three administrators (新建县（区）)."""

    name = _name_field(_l("名称"), _l("请填写名称"), description=_l("显示在页头和登录页，如“清禾县”"))
    slug = _slug_field()
    root_type = SelectField(
        _l("最上级单位的类型"),
        choices=[SelectChoice(code, label) for code, label in ROOT_LABELS.items()],
        validators=[DataRequired(_l("请选择类型"))],
    )
    root_name = _name_field(_l("最上级单位的名称"), _l("请填写名称"), description=_l("机构树的根，通常与县（区）同名"))
    root_code = StringField(
        _l("最上级单位的代码"),
        description=_l("六位行政区划代码，或配置包中最上级单位的代码；不填则用地址"),
        validators=[
            Optional(),
            Regexp(
                r"^[A-Za-z0-9][A-Za-z0-9_-]{0,30}$", message=_l("代码只含字母、数字、下划线和连字符，最多 31 个字符")
            ),
        ],
        filters=[_stripped],
        render_kw={"maxlength": 31, "autocomplete": "off"},
    )
    units_from = DateField(
        _l("机构自何日起有效"),
        description=_l("要补录以前月份的填报，就选更早的日期；下级单位不能早于这一天设立"),
        validators=[DataRequired(_l("请填写日期，如 2026-01-01"))],
    )
    system_name = _name_field(_l("系统管理员姓名"), _l("请填写姓名"))
    system_login = _login_field(_l("系统管理员账号"))
    security_name = _name_field(_l("安全管理员姓名"), _l("请填写姓名"))
    security_login = _login_field(_l("安全管理员账号"))
    audit_name = _name_field(_l("审计管理员姓名"), _l("请填写姓名"))
    audit_login = _login_field(_l("审计管理员账号"))

    def validate_units_from(self, field: Field) -> None:
        if field.data and not date(1949, 10, 1) <= field.data <= local_today():
            raise ValidationError(gettext("日期应在 1949-10-01 与今天之间"))

    def _other_login(self, field: Field) -> None:
        logins = [each.data for each in (self.system_login, self.security_login, self.audit_login) if each.data]
        if logins.count(field.data) > 1:
            raise ValidationError(gettext("三名管理员须由三人分别担任，账号不能相同"))

    validate_security_login = validate_audit_login = _other_login

    def new_county(self) -> NewCounty:
        """What was filled in."""
        return NewCounty(
            slug=self.slug.data,
            name=self.name.data,
            root_name=self.root_name.data,
            root_type=self.root_type.data,
            root_code=self.root_code.data or self.slug.data,
            units_from=self.units_from.data,
            administrators=(
                NewAdministrator(Role.SYSTEM_ADMIN, self.system_name.data, self.system_login.data),
                NewAdministrator(Role.SECURITY_ADMIN, self.security_name.data, self.security_login.data),
                NewAdministrator(Role.AUDITOR, self.audit_name.data, self.audit_login.data),
            ),
        )


def default_units_from() -> date:
    """The first of January of last year."""
    return date(local_today().year - YEARS_BACK, 1, 1)


class RenameForm(_PlainTexts):
    """Another name (更名)."""

    name = _name_field(_l("名称"), _l("请填写名称"))


class AddressForm(_PlainTexts):
    """Another slug (更换地址)."""

    slug = _slug_field()


class HostForm(FlaskForm):
    """A host name that shows this county only (绑定域名)."""

    host = StringField(
        _l("域名"),
        description=_l("如 jc.qinghe.example.cn；须已解析到本平台，并列入 TRUSTED_HOSTS"),
        validators=[DataRequired(_l("请填写域名")), Length(max=253, message=_l("域名过长"))],
        filters=[_stripped],
        render_kw={"maxlength": 253, "autocapitalize": "none", "autocomplete": "off", "spellcheck": "false"},
    )


class ReasonForm(FlaskForm):
    """Why a county is suspended (暂停原因)."""

    comment = TextAreaField(
        _l("原因"),
        validators=[DataRequired(_l("请填写原因")), Length(max=500, message=_l("原因最多 500 字"))],
        filters=[_stripped],
    )


class QuotaForm(FlaskForm):
    """How much a county may use; an empty field is no limit (配额)."""

    max_users = WholeNumberField(
        _l("在用账号上限"),
        description=_l("不填：不限"),
        validators=[Optional(), NumberRange(min=0, max=MOST, message=_l("请填写不小于 0 的整数"))],
        render_kw={"inputmode": "numeric"},
    )
    max_storage = WholeNumberField(
        _l("存储空间上限（MB）"),
        description=_l("不填：不限"),
        validators=[Optional(), NumberRange(min=0, max=MOST, message=_l("请填写不小于 0 的整数"))],
        render_kw={"inputmode": "numeric"},
    )
    max_jobs = WholeNumberField(
        _l("同时进行的后台任务上限"),
        description=_l("不填：用平台的一般规定"),
        validators=[Optional(), NumberRange(min=1, max=1000, message=_l("请填写 1 到 1000 的整数"))],
        render_kw={"inputmode": "numeric"},
    )

    def fill(self, quota: TenantQuota | None) -> QuotaForm:
        """Show what is set."""
        if quota is not None:
            self.max_users.data = quota.max_users
            self.max_jobs.data = quota.max_jobs_in_flight
            if quota.max_storage_bytes is not None:
                self.max_storage.data = quota.max_storage_bytes // MEBIBYTE
        return self

    @property
    def max_storage_bytes(self) -> int | None:
        return None if self.max_storage.data is None else int(self.max_storage.data) * MEBIBYTE
