"""Forms of the organisation. Input only: what is typed, and whether it has the right shape."""

from __future__ import annotations

import re
import uuid
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, cast

from flask_babel import gettext
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import (
    BooleanField,
    Field,
    HiddenField,
    RadioField,
    SelectField,
    SelectMultipleField,
    StringField,
)
from wtforms.fields.choices import SelectChoice
from wtforms.validators import DataRequired, Length, NumberRange, Optional, Regexp, ValidationError
from wtforms.widgets import CheckboxInput, ListWidget

from saas.access.permissions import ROLE_LABELS, Role
from saas.accounts.models import User
from saas.domain.errors import Message
from saas.form_fields import (
    Required,
    WholeNumberField,
    name_field,
    no_formula,
    optional_day_field,
    stripped,
    text_field,
)
from saas.form_fields import day_field as day_field
from saas.org.attributes import Attribute, parse_attribute, typed_text
from saas.org.models import LinkKind, OrgUnit, UnitType
from saas.tenancy.pack_schema import AttributeType, AttributeValue

CODE = Regexp(r"^[A-Za-z0-9][A-Za-z0-9_-]{0,39}$", message=_l("代码只能用字母、数字、下划线和连字符，最多 40 个字符"))
ATTRIBUTE_PREFIX = "attribute_"


class UnitForm(FlaskForm):
    """Names of a unit; the attributes of its type are added by `unit_form`."""

    version = HiddenField()
    type = HiddenField()
    parent = HiddenField()
    name = name_field(_l("单位名称"), _l("请填写单位名称"))
    short_name = StringField(
        _l("简称"),
        validators=[Optional(), Length(max=20, message=_l("简称最多 20 字")), no_formula],
        filters=[stripped],
        render_kw={"maxlength": 20},
    )

    @staticmethod
    def last_fields() -> dict[str, Field]:
        """The fields that come after the attributes."""
        return {}


class EditUnitForm(UnitForm):
    """A change of a unit: the entry was wrong, or things are different from a day on."""

    mode: Any
    starts_on: Any

    @staticmethod
    def last_fields() -> dict[str, Field]:
        """What kind of change it is: asked after what was changed."""
        return {
            "mode": RadioField(
                _l("这次修改是"),
                choices=[
                    SelectChoice("correct", _l("更正录入错误：以前登记得不对，一直就应是这样")),
                    SelectChoice("change", _l("自某日起变更：以前没有错，从这天起不同，以前各期仍按当时口径")),
                ],
                default="correct",
            ),
            "starts_on": optional_day_field(_l("自哪天起变更"), description=_l("选“自某日起变更”时填写")),
        }

    def validate_mode(self, field: Field) -> None:
        if field.data == "change" and self.starts_on.data is None:
            raise ValidationError(gettext("请填写自哪天起变更"))

    def since(self) -> date | None:
        """The day from which it is different; None for a correction."""
        day: date | None = self.starts_on.data
        return day if self.mode.data == "change" else None


class NewUnitForm(UnitForm):
    """A new unit: also its code, which never changes, and the day from which it exists."""

    code = StringField(
        _l("单位代码"),
        description=_l("建成后不能修改，撤销后也不再用于其他单位"),
        validators=[DataRequired(_l("请填写单位代码")), CODE],
        filters=[stripped],
        render_kw={"maxlength": 40, "autocapitalize": "none"},
    )
    valid_from = day_field(_l("设立日期"))


def unit_form(kind: type[UnitForm], attributes: Sequence[Attribute], unit: OrgUnit | None = None) -> Any:
    """A form of `kind` with an input for each attribute, filled from `unit` if there is one."""
    fields = {ATTRIBUTE_PREFIX + attribute.name: _attribute_field(attribute) for attribute in attributes}
    fields |= kind.last_fields()
    data = {}
    if unit is not None:
        data = {"name": unit.name, "short_name": unit.short_name, "version": unit.version}
        data |= {ATTRIBUTE_PREFIX + each.name: typed_text(unit.attributes.get(each.name)) for each in attributes}
    return type("TypedUnitForm", (kind,), fields)(data=data)


def _attribute_field(attribute: Attribute) -> Field:
    def right_kind(_form: Any, field: Field) -> None:
        found = parse_attribute(attribute, field.data)
        if isinstance(found, Message):
            raise ValidationError(gettext(found.text).format(**found.params))

    if attribute.type in {AttributeType.YES_NO, AttributeType.CHOICE}:
        pairs = [(each, each) for each in attribute.choices]
        if attribute.type is AttributeType.YES_NO:
            pairs = [("yes", gettext("是")), ("no", gettext("否"))]
        choices = [SelectChoice("", gettext("未填")), *(SelectChoice(value, label) for value, label in pairs)]
        return SelectField(attribute.full_label, choices=choices, validators=[Optional(), right_kind])
    keyboard = {AttributeType.INTEGER: "numeric", AttributeType.DECIMAL: "decimal"}.get(attribute.type, "text")
    return StringField(
        attribute.full_label,
        validators=[Optional(), right_kind, no_formula] if keyboard == "text" else [Optional(), right_kind],
        filters=[stripped],
        render_kw={"inputmode": keyboard, "maxlength": 200},
    )


def attribute_values(form: Any, attributes: Sequence[Attribute]) -> dict[str, AttributeValue | None]:
    """What was typed for each attribute. None: left empty (未填), which is not 0 and not 否."""
    values: dict[str, AttributeValue | None] = {}
    for attribute in attributes:
        text = form[ATTRIBUTE_PREFIX + attribute.name].data or ""
        values[attribute.name] = cast(AttributeValue, parse_attribute(attribute, text)) if text else None
    return values


class MoveForm(FlaskForm):
    """Where a unit stands from a day on (隶属调整)."""

    version = HiddenField()
    parent = SelectField(_l("新的上级单位"), validators=[DataRequired(_l("请选择上级单位"))])
    starts_on = day_field(_l("自哪天起"), description=_l("这天之前的数据仍归原上级"))

    def offer(self, units: Sequence[OrgUnit]) -> MoveForm:
        """Let these units be chosen."""
        self.parent.choices = _unit_choices(units)
        return self


class CloseForm(FlaskForm):
    """The first day on which a unit, an appointment or a link no longer holds."""

    version = HiddenField()
    ends_on = day_field(_l("自哪天起不再有效"), description=_l("这天之前的记录不受影响"))


def boxes_field(label: Any, **options: Any) -> SelectMultipleField:
    """Several of several, as boxes to tick: no key to hold down, and big enough for a finger."""
    return SelectMultipleField(
        label, option_widget=CheckboxInput(), widget=ListWidget(prefix_label=False), choices=[], **options
    )


def type_choices(types: Sequence[UnitType]) -> list[SelectChoice]:
    """The kinds of units, for choosing."""
    return [SelectChoice(each.code, each.name) for each in types]


class PostForm(FlaskForm):
    """A post and its roles (岗位)."""

    version = HiddenField()
    name = name_field(_l("岗位名称"), _l("请填写岗位名称"), 40)
    roles = SelectMultipleField(
        _l("角色"),
        description=_l("角色的范围是岗位所在单位及其下级；三种管理员只能单独设岗"),
        choices=[SelectChoice(role.value, label) for role, label in ROLE_LABELS.items()],
        option_widget=CheckboxInput(),
        widget=ListWidget(prefix_label=False),
    )
    sort_order = WholeNumberField(
        _l("排列序号"), default=50, validators=[Optional(), NumberRange(0, 10_000, _l("请填写 0 到 10000 的整数"))]
    )

    def validate_roles(self, field: Field) -> None:
        if not field.data:
            raise ValidationError(gettext("请至少选择一个角色"))

    def chosen_roles(self) -> list[Role]:
        """The ticked roles."""
        return [Role(value) for value in self.roles.data or ()]


class AppointForm(FlaskForm):
    """Who holds a post from which day on (任职)."""

    user = SelectField(_l("人员"), validators=[DataRequired(_l("请选择人员"))])
    starts_on = day_field(_l("任职日期"))

    def offer(self, users: Sequence[User]) -> AppointForm:
        """Let these people be chosen."""
        self.user.choices = _user_choices(users)
        return self


class FunctionForm(FlaskForm):
    """What a unit is responsible for (职能)."""

    name = name_field(_l("职能"), _l("请填写职能"), 40)
    starts_on = day_field(_l("自哪天起"))


class LinkForm(FlaskForm):
    """A tie across the tree (包片): a person or a unit in charge of this one."""

    kind = name_field(
        _l("联系方式"),
        _l("请填写联系方式"),
        20,
        default="包片",
        description=_l("如 包片、挂点、结对、条线、联防；已登记的联系方式按其规则核对"),
    )
    layer = text_field(_l("级别"), 20, description=_l("联系方式分级时填写，如 一级包保"))
    user = SelectField(_l("联系人"), validators=[Optional()])
    linked_unit = SelectField(_l("联系单位"), description=_l("联系人和联系单位选一个"), default="")
    starts_on = day_field(_l("自哪天起"))
    note = text_field(_l("备注"), 200)

    def offer(self, users: Sequence[User], units: Sequence[OrgUnit], kinds: Sequence[LinkKind] = ()) -> LinkForm:
        """Let these people and units be chosen, and suggest the kinds that the county has defined."""
        self.user.choices = _user_choices(users)
        self.linked_unit.choices = _unit_choices(units)
        if kinds:
            self.kind.description = gettext(
                "本县（区）的联系方式：%(kinds)s", kinds="、".join(_kind_words(kind) for kind in kinds)
            )
        return self

    def validate_linked_unit(self, field: Field) -> None:
        if bool(field.data) == bool(self.user.data):
            raise ValidationError(gettext("联系人和联系单位请选一个，且只选一个"))


def _kind_words(kind: LinkKind) -> str:
    return f"{kind.name}（{'、'.join(kind.layers)}）" if kind.layers else kind.name


class TypeForm(FlaskForm):
    """A kind of unit (单位类型). Its attributes are read by `posted_attributes`."""

    version = HiddenField()
    name = name_field(_l("类型名称"), _l("请填写类型名称"), 40)
    level = WholeNumberField(
        _l("层级"),
        description=_l("县（区）为 1，向下递增；几种类型可以同级"),
        validators=[Required(_l("请填写层级")), NumberRange(1, 20, _l("请填写 1 到 20 的整数"))],
    )
    is_territorial = BooleanField(_l("管辖一片地域（部门、单位不勾选）"), default=True)
    parents = boxes_field(
        _l("可以设在哪些类型之下"), description=_l("一个都不选：可以设在层级更高（数字更小）的任何类型之下")
    )

    def offer(self, types: Sequence[UnitType]) -> TypeForm:
        """Let these kinds be chosen as superiors."""
        self.parents.choices = type_choices(types)
        return self


class NewTypeForm(TypeForm):
    """A new kind of unit: also its code."""

    code = StringField(
        _l("类型代码"),
        validators=[DataRequired(_l("请填写类型代码")), CODE],
        filters=[stripped],
        render_kw={"maxlength": 40},
    )


def _unit_choices(units: Sequence[OrgUnit]) -> list[SelectChoice]:
    blank = SelectChoice("", gettext("请选择"))
    return [blank, *(SelectChoice(str(unit.id), f"{unit.name}（{unit.code}）") for unit in units)]


def _user_choices(users: Sequence[User]) -> list[SelectChoice]:
    blank = SelectChoice("", gettext("请选择"))
    return [blank, *(SelectChoice(str(user.id), f"{user.name}（{user.login_name}）") for user in users)]


def split_words(text: str | None) -> tuple[str, ...]:
    """Words typed with 、 or ， or on lines of their own, each once."""
    return tuple(dict.fromkeys(part.strip() for part in re.split(r"[、，,;；\n\r]", text or "") if part.strip()))


def chosen_id(field: Field) -> uuid.UUID | None:
    """The id that was chosen; the form has checked that it was offered."""
    return uuid.UUID(field.data) if field.data else None


def differences(form: Any, present: Mapping[str, Any]) -> list[tuple[str, str]]:
    """What somebody else changed meanwhile: the label and the present value of each field that differs."""
    return [
        (str(form[name].label.text), str(value))
        for name, value in present.items()
        if str(form[name].data or "") != str(value or "")
    ]
