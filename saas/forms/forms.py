"""WTForms of forms: registration, new questions, and the settings of one question. Input only."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

from flask import request
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from flask_wtf.file import FileField
from wtforms import BooleanField, DateField, HiddenField, SelectField, StringField, TextAreaField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import DataRequired, Length, Optional, Regexp

from saas.domain.fields import SELECTS, TEXT_LENGTH, Choice, Field, FieldType, form_from_mapping, form_to_mapping
from saas.domain.fields import FormDefinition as Definition

TYPE_LABELS = {
    FieldType.TEXT: _l("文字"),
    FieldType.INTEGER: _l("整数"),
    FieldType.DECIMAL: _l("小数"),
    FieldType.DATE: _l("日期"),
    FieldType.SELECT_ONE: _l("单选"),
    FieldType.SELECT_MULTIPLE: _l("多选"),
    FieldType.RANK: _l("排序"),
    FieldType.TIME: _l("时间"),
    FieldType.DATETIME: _l("日期和时间"),
    FieldType.RANGE: _l("区间打分"),
    FieldType.GEOPOINT: _l("地理位置（经纬度）"),
    FieldType.ACKNOWLEDGE: _l("勾选确认"),
    FieldType.IMAGE: _l("照片"),
    FieldType.FILE: _l("文件"),
    FieldType.CALCULATE: _l("自动计算（不显示）"),
    FieldType.HIDDEN: _l("隐藏值"),
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
    file = FileField(
        _l("从文件新建"), description=_l("XLSForm（.xlsx，ODK、KoboToolbox 通用）或 TOML 格式；不选则新建空白表单")
    )


class EditFormForm(RegistrationForm):
    """The registration of a form that exists."""

    is_active = BooleanField(_l("启用（停用后不能再填报）"))


class ApprovalForm(FlaskForm):
    """The decision that a form is collected, and until when (批准收集)."""

    number = StringField(
        _l("批准（备案）文号"),
        description=_l("批准或备案的文件名称和文号"),
        validators=[DataRequired(_l("请填写批准（备案）文号")), Length(max=100, message=_l("文号最多 100 字"))],
        render_kw={"maxlength": 100},
    )
    expires_on = DateField(
        _l("有效期至"), description=_l("过期后不能再填报；留空表示长期有效"), validators=[Optional()]
    )


class UploadForm(FlaskForm):
    """A definition as a file (上传定义)."""

    file = FileField(_l("表单定义文件"), validators=[DataRequired(_l("请选择文件"))])
    version = HiddenField(default="")


class ChoiceListForm(FlaskForm):
    """A list of choices that forms share (公用选项): typed, pasted from a spreadsheet, or uploaded."""

    name = StringField(
        _l("名称"), validators=[DataRequired(_l("请填写名称")), Length(max=100, message=_l("名称最多 100 字"))]
    )
    code = StringField(
        _l("编码"),
        description=_l("表单用它引用这个列表，建立后不能改；从 XLSForm 导入时对应 CSV 的文件名"),
        validators=[
            DataRequired(_l("请填写编码")),
            Regexp(r"^[A-Za-z0-9][\w.-]{0,63}$", message=_l("编码用字母、数字、_、.、-")),
        ],
    )
    source = StringField(
        _l("来源"), description=_l("如标准名称和编号"), validators=[Length(max=200, message=_l("来源最多 200 字"))]
    )
    lines = TextAreaField(
        _l("选项"),
        description=_l("每行一项：代号、名称，可以从 Excel 复制粘贴。第一行写列名时，后面的列可供选项筛选使用"),
        render_kw={"rows": 12, "spellcheck": "false"},
    )
    file = FileField(_l("或上传文件"), description=_l("Excel 或 CSV，第一行为列名；上传后替换全部选项"))


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


COMPARISONS = {
    "=": _l("等于"),
    "!=": _l("不等于"),
    ">": _l("大于"),
    ">=": _l("不小于"),
    "<": _l("小于"),
    "<=": _l("不大于"),
    "selected": _l("选了"),
    "filled": _l("已填"),
    "empty": _l("未填"),
}


def _expression(label: Any, hint: Any) -> StringField:
    too_long = Length(max=4000, message=_l("表达式最多 4000 个字符"))
    return StringField(label, default="", description=hint, validators=[too_long], render_kw={"spellcheck": "false"})


def condition(name: str, operator: str, value: str) -> str:
    """The expression of a condition that was put together from pickers."""
    if operator in {"filled", "empty"}:
        return f"${{{name}}} {'!=' if operator == 'filled' else '='} ''"
    quoted = value.strip().replace("'", "’")
    if operator == "selected":
        return f"selected(${{{name}}}, '{quoted}')"
    is_number = re.fullmatch(r"-?[0-9]+(\.[0-9]+)?", quoted) is not None
    return f"${{{name}}} {operator} " + (quoted if is_number else f"'{quoted}'")


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
            Regexp(r"^[A-Za-z_][A-Za-z0-9_-]{0,63}$", message=_l("字段名以字母开头，只能用字母、数字、下划线")),
        ],
    )
    step = StringField(_l("每档间隔"), default="")
    default = StringField(_l("默认值"), default="", validators=[Length(max=2000, message=_l("默认值最多 2000 字"))])
    when_field = SelectField(_l("当这一题"), choices=[], validate_choice=False, default="")
    when_operator = SelectField(
        _l("比较"),
        choices=[SelectChoice(key, label) for key, label in COMPARISONS.items()],
        validate_choice=False,  # it counts only with a question beside it
        default="=",
    )
    when_value = StringField(_l("值"), default="", validators=[Length(max=200, message=_l("最多 200 字"))])
    relevant = _expression(_l("显示条件"), _l("只在条件成立时才问，如 ${found} > 0；留空表示总是问"))
    required_if = _expression(_l("必填条件"), _l("只在条件成立时必填，如 ${found} > 0"))
    constraint = _expression(_l("校验"), _l("答案须满足的条件，本题的答案写作 . ，如 ${examined} >= ."))
    constraint_message = StringField(_l("不满足校验时的提示"), default="", validators=[Length(max=500)])
    calculation = _expression(_l("计算式"), _l("由其他题算出，不用人填，如 ${passed} div ${examined} * 100"))
    choice_filter = _expression(_l("选项筛选"), _l("按前面的回答筛选选项，如 town = ${town}"))
    repeat_count = _expression(_l("条数"), _l("由前面的回答决定填几条，如 ${count}；留空表示自行增减"))
    version = HiddenField(default="")


_ANSWERED = ("required", "not_applicable", "default")
_ALWAYS = ("relevant",)
_CHECKED = ("required_if", "constraint", "constraint_message")
SETTINGS = {
    FieldType.TEXT: (*_ANSWERED, "is_long", "max_length", "measure", "calculation", *_CHECKED),
    FieldType.INTEGER: (*_ANSWERED, "measure", "minimum", "maximum", "calculation", *_CHECKED),
    FieldType.DECIMAL: (*_ANSWERED, "measure", "minimum", "maximum", "decimals", "calculation", *_CHECKED),
    FieldType.DATE: (*_ANSWERED, "minimum", "maximum", "calculation", *_CHECKED),
    FieldType.TIME: (*_ANSWERED, *_CHECKED),
    FieldType.DATETIME: (*_ANSWERED, *_CHECKED),
    FieldType.RANGE: (*_ANSWERED, "measure", "minimum", "maximum", "step", *_CHECKED),
    FieldType.GEOPOINT: (*_ANSWERED, *_CHECKED),
    FieldType.ACKNOWLEDGE: ("required", "required_if"),
    FieldType.SELECT_ONE: (*_ANSWERED, "choice_filter", *_CHECKED),
    FieldType.SELECT_MULTIPLE: ("required", "not_applicable", "choice_filter", *_CHECKED),
    FieldType.RANK: ("required", "not_applicable", "required_if"),
    FieldType.IMAGE: ("required", "not_applicable", "max_count", "required_if"),
    FieldType.FILE: ("required", "not_applicable", "max_count", "required_if"),
    FieldType.CALCULATE: ("calculation", "measure", "decimals"),
    FieldType.HIDDEN: ("default",),
    FieldType.NOTE: (),
    FieldType.GROUP: (),
    FieldType.REPEAT: ("min_count", "max_count", "repeat_count"),
}
LOGIC = ("required_if", "constraint", "constraint_message", "calculation", "choice_filter", "repeat_count")
"""The settings that are expressions: shown apart, because most questions need none."""


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
            "step": "" if item.step is None else str(item.step),
        }
        | {key: getattr(item, key) for key in ("default", "relevant", *LOGIC)}
    )


def field_mapping(form: FieldForm, item: Field, choices: tuple[Choice, ...]) -> dict[str, Any]:
    """Return the question as the form format writes it, from what was typed. Nothing is checked here."""
    shown = SETTINGS[item.type]
    texts = {"minimum": "min", "maximum": "max", "measure": "measure"}
    texts |= {"step": "step", "default": "default"} | {key: key for key in LOGIC if key != "required_if"}
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
    if "required_if" in shown and form.required_if.data.strip() and not form.required.data:
        mapping["required"] = form.required_if.data.strip()
    relevant = form.relevant.data.strip()
    if form.when_field.data and form.when_operator.data in COMPARISONS:
        relevant = condition(form.when_field.data, form.when_operator.data, form.when_value.data)
    mapping |= {"relevant": relevant} if relevant else {}
    mapping |= {name: _whole(form[name].data) for name in wholes if name in shown and form[name].data.strip()}
    if item.type is FieldType.TEXT and form.is_long.data:
        mapping["appearance"] = "multiline"
    elif item.appearance and item.appearance != "multiline":
        mapping["appearance"] = item.appearance
    if item.type in SELECTS:
        mapping["choices"] = [
            {"name": choice.name, "label": choice.label, "columns": dict(choice.columns), "labels": dict(choice.labels)}
            for choice in choices
        ]
    return mapping


def _whole(text: str) -> int | str:
    text = text.strip()
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else text


def posted_choices(item: Field) -> tuple[Choice, ...]:
    """Return the choices as they were typed: present ones by their name, emptied ones left out, new ones by line."""
    kept = [replace(choice, label=request.form.get(f"choice-{choice.name}", "").strip()) for choice in item.choices]
    choices = [choice for choice in kept if choice.label]
    used = {choice.name for choice in item.choices}
    for line in request.form.get("new_choices", "").splitlines():
        if line.strip():
            name = next(name for number in range(1, len(used) + 2) if (name := f"c{number}") not in used)
            used.add(name)
            choices.append(Choice(name, line.strip()))
    return tuple(choices)


def changed_definition(definition: Definition, path: str, item: Field, mapping: dict[str, Any]) -> Definition:
    """Return the form with the question exchanged for what was typed. Raises FormError with the question's key.

    A question that gets another name is called by it in every expression and label of the form.
    """
    whole = form_to_mapping(definition)
    if mapping["name"] != item.name:
        _rename(whole, item.name, mapping["name"])
    place = _place_of(whole, path)
    kept = {key: place[key] for key in ("fields", "read_only", "required_message", "translations") if key in place}
    if item.type in SELECTS and item.list_name and _same_choices(mapping["choices"], item):
        mapping = {key: value for key, value in mapping.items() if key != "choices"} | {"type": place["type"]}
    place.clear()
    place.update(kept | mapping)
    return form_from_mapping(whole)


def _place_of(whole: dict[str, Any], path: str) -> dict[str, Any]:
    """The mapping of the question at a path; FormError was raised before for one that does not exist."""
    place = whole
    for name in path.split("."):
        place = next(child for child in place["fields"] if child["name"] == name)
    return place


def _same_choices(posted: list[dict[str, Any]], item: Field) -> bool:
    return [(each["name"], each["label"]) for each in posted] == [(each.name, each.label) for each in item.choices]


def _rename(node: Any, old: str, new: str) -> None:
    """Let every text of the form that refers to a field call it by its new name."""
    pattern = re.compile(r"\$\{\s*" + re.escape(old) + r"\s*\}")
    pairs = list(node.items()) if isinstance(node, dict) else list(enumerate(node))
    for key, value in pairs:
        if isinstance(value, str):
            node[key] = pattern.sub("${" + new + "}", value)
        elif isinstance(value, dict | list):
            _rename(value, old, new)
