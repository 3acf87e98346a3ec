"""WTForms of forms: registration, new questions, and the settings of one question. Input only."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from flask import request
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from flask_wtf.file import FileField
from wtforms import BooleanField, DateField, HiddenField, SelectField, StringField, TextAreaField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import DataRequired, Length, Optional, Regexp

from saas.domain.fields import SELECTS, TEXT_LENGTH, Choice, Field, FieldType, form_from_mapping
from saas.domain.fields import FormDefinition as Definition
from saas.domain.form_editing import replace_field

TYPE_LABELS = {
    FieldType.TEXT: _l("文字"),
    FieldType.INTEGER: _l("整数"),
    FieldType.DECIMAL: _l("小数"),
    FieldType.DATE: _l("日期"),
    FieldType.SELECT_ONE: _l("单选"),
    FieldType.SELECT_MULTIPLE: _l("多选"),
    FieldType.IMAGE: _l("照片"),
    FieldType.NOTE: _l("说明文字"),
    FieldType.GROUP: _l("分组"),
    FieldType.REPEAT: _l("逐条填写（可增行）"),
}
LABEL_LENGTH = 200


class RegistrationForm(FlaskForm):
    """Who asks for a form, on what basis and until when (表单登记)."""

    name = StringField(
        _l("表单名称"),
        validators=[DataRequired(_l("请填写表单名称")), Length(max=100, message=_l("名称最多 100 字"))],
        render_kw={"maxlength": 100},
    )
    owner_unit = SelectField(
        _l("制表单位"), validators=[DataRequired(_l("请选择制表单位"))], render_kw={"required": True}
    )
    legal_basis = StringField(
        _l("填报依据"),
        description=_l("依据的文件名称和文号；没有依据的表单不能发布"),
        validators=[DataRequired(_l("请填写填报依据")), Length(max=300, message=_l("填报依据最多 300 字"))],
    )
    expires_on = DateField(
        _l("有效期至"), description=_l("过期后不能再填报；留空表示长期有效"), validators=[Optional()]
    )


class NewFormForm(RegistrationForm):
    """A new form: empty, or from a file in the form format (新建表单)."""

    code = StringField(
        _l("编码"),
        description=_l("小写字母、数字、下划线，供导入导出使用；留空自动编号"),
        validators=[
            Optional(),
            Regexp(r"^[a-z][a-z0-9_]{0,63}$", message=_l("编码以小写字母开头，只能用小写字母、数字、下划线")),
        ],
    )
    file = FileField(_l("从文件新建"), description=_l("TOML 格式的表单定义；不选则新建空白表单"))


class EditFormForm(RegistrationForm):
    """The registration of a form that exists."""

    is_active = BooleanField(_l("启用（停用后不能再填报）"))


class UploadForm(FlaskForm):
    """A definition as a file (上传定义)."""

    file = FileField(_l("表单定义文件"), validators=[DataRequired(_l("请选择文件"))])
    version = HiddenField(default="")


class AddFieldForm(FlaskForm):
    """A new question, its type and what it asks (添加问题)."""

    type = SelectField(_l("类型"), choices=[SelectChoice(kind.value, label) for kind, label in TYPE_LABELS.items()])
    label = StringField(
        _l("问题"),
        validators=[DataRequired(_l("请填写问题")), Length(max=LABEL_LENGTH, message=_l("问题最多 200 字"))],
        render_kw={"maxlength": LABEL_LENGTH},
    )
    parent = HiddenField(default="")
    version = HiddenField(default="")


class FieldForm(FlaskForm):
    """The settings of one question. Which of them the page shows depends on the type."""

    label = TextAreaField(
        _l("问题"),
        validators=[DataRequired(_l("请填写问题")), Length(max=2000, message=_l("文字最多 2000 字"))],
        render_kw={"rows": 2},
    )
    hint = StringField(_l("填写说明"), default="", validators=[Length(max=500, message=_l("说明最多 500 字"))])
    required = BooleanField(_l("必填"))
    not_applicable = BooleanField(_l("允许选择“本单位不适用此项”"))
    measure = StringField(_l("计量单位"), default="", validators=[Length(max=20, message=_l("计量单位最多 20 字"))])
    minimum = StringField(_l("最小值"), default="")
    maximum = StringField(_l("最大值"), default="")
    decimals = StringField(_l("小数位数"), default="")
    max_length = StringField(_l("最多字数"), default="")
    is_long = BooleanField(_l("多行文字"))
    min_count = StringField(_l("最少条数"), default="")
    max_count = StringField(_l("最多数量"), default="")
    name = StringField(
        _l("字段名"),
        description=_l("供导出和计分引用；发布后请不要改"),
        validators=[
            DataRequired(_l("请填写字段名")),
            Regexp(r"^[a-z][a-z0-9_]{0,63}$", message=_l("字段名以小写字母开头，只能用小写字母、数字、下划线")),
        ],
    )
    version = HiddenField(default="")


SETTINGS = {
    FieldType.TEXT: ("required", "not_applicable", "is_long", "max_length", "measure"),
    FieldType.INTEGER: ("required", "not_applicable", "measure", "minimum", "maximum"),
    FieldType.DECIMAL: ("required", "not_applicable", "measure", "minimum", "maximum", "decimals"),
    FieldType.DATE: ("required", "not_applicable", "minimum", "maximum"),
    FieldType.SELECT_ONE: ("required", "not_applicable"),
    FieldType.SELECT_MULTIPLE: ("required", "not_applicable"),
    FieldType.IMAGE: ("required", "not_applicable", "max_count"),
    FieldType.NOTE: (),
    FieldType.GROUP: (),
    FieldType.REPEAT: ("min_count", "max_count"),
}


def field_form(item: Field) -> FieldForm:
    """Return the form filled with a question's settings; what was posted goes before them."""
    return FieldForm(
        data={
            "label": item.label,
            "hint": item.hint,
            "required": item.required,
            "not_applicable": item.not_applicable,
            "measure": item.measure,
            "minimum": "" if item.minimum is None else str(item.minimum),
            "maximum": "" if item.maximum is None else str(item.maximum),
            "decimals": "" if item.decimals is None else str(item.decimals),
            "max_length": "" if item.max_length == TEXT_LENGTH else str(item.max_length),
            "is_long": item.appearance == "multiline",
            "min_count": str(item.min_count) if item.min_count else "",
            "max_count": "" if item.max_count is None else str(item.max_count),
            "name": item.name,
        }
    )


def field_mapping(form: FieldForm, item: Field, choices: tuple[Choice, ...]) -> dict[str, Any]:
    """Return the question as the form format writes it, from what was typed. Nothing is checked here."""
    shown = SETTINGS[item.type]
    texts = {"minimum": "min", "maximum": "max", "measure": "measure"}
    wholes = ("decimals", "max_length", "min_count", "max_count")
    mapping: dict[str, Any] = {
        "type": item.type.value,
        "name": form.name.data.strip(),
        "label": form.label.data.strip(),
    }
    mapping |= {"hint": form.hint.data.strip()} if form.hint.data.strip() else {}
    mapping |= {key: True for key in ("required", "not_applicable") if key in shown and form[key].data}
    mapping |= {
        key: form[name].data.strip() for name, key in texts.items() if name in shown and form[name].data.strip()
    }
    mapping |= {name: _whole(form[name].data) for name in wholes if name in shown and form[name].data.strip()}
    if item.type is FieldType.TEXT and form.is_long.data:
        mapping["appearance"] = "multiline"
    elif item.appearance and item.appearance != "multiline":
        mapping["appearance"] = item.appearance
    if item.type in SELECTS:
        mapping["choices"] = [{"name": choice.name, "label": choice.label} for choice in choices]
    return mapping


def _whole(text: str) -> int | str:
    text = text.strip()
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else text


def posted_choices(item: Field) -> tuple[Choice, ...]:
    """Return the choices as they were typed: present ones by their name, emptied ones left out, new ones by line."""
    kept = [Choice(choice.name, request.form.get(f"choice-{choice.name}", "").strip()) for choice in item.choices]
    choices = [choice for choice in kept if choice.label]
    used = {choice.name for choice in item.choices}
    for line in request.form.get("new_choices", "").splitlines():
        if line.strip():
            name = next(name for number in range(1, len(used) + 2) if (name := f"c{number}") not in used)
            used.add(name)
            choices.append(Choice(name, line.strip()))
    return tuple(choices)


def changed_definition(definition: Definition, path: str, item: Field, mapping: dict[str, Any]) -> Definition:
    """Return the form with the question exchanged for what was typed. Raises FormError with the question's key."""
    probe: dict[str, Any] = {"code": "probe", "name": "probe", "fields": [mapping]}
    if item.fields:
        mapping["fields"] = [{"type": "text", "name": "probe", "label": "probe"}]
    typed = form_from_mapping(probe).fields[0]
    own_list = item.type in SELECTS and typed.choices == item.choices
    exchanged = replace(
        typed,
        fields=item.fields,
        list_name=item.list_name if own_list else "",
        read_only=item.read_only,
        default=item.default,
        required_message=item.required_message,
        constraint_message=item.constraint_message,
    )
    return replace_field(definition, path, exchanged)
