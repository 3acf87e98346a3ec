"""The settings of one question as the builder asks for them, and the form format that comes of it. Input only."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

from flask import request
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import BooleanField, HiddenField, SelectField, StringField, TextAreaField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import DataRequired, Length, Regexp

from saas.domain.cross_checks import Comparison
from saas.domain.fields import SELECTS, TEXT_LENGTH, Choice, Field, FieldType, form_from_mapping, form_to_mapping
from saas.domain.fields import FormDefinition as Definition
from saas.domain.fields.model import FROM_REPEAT
from saas.domain.form_editing import YES_NO
from saas.form_fields import BoxesField
from saas.forms.check_form import RELATIONS
from saas.forms.conditions import COMPARISONS, JOINS, ROWS, Condition, Term


def _expression(label: Any, hint: Any) -> StringField:
    too_long = Length(max=4000, message=_l("表达式最多 4000 个字符"))
    return StringField(label, default="", description=hint, validators=[too_long], render_kw={"spellcheck": "false"})


def _when_field() -> SelectField:
    return SelectField(_l("当这一题"), choices=[], validate_choice=False, default="")


def _when_operator() -> SelectField:
    choices = [SelectChoice(key, label) for key, label in COMPARISONS.items()]
    return SelectField(_l("比较"), choices=choices, validate_choice=False, default="=")


def _when_value() -> StringField:
    too_long = Length(max=200, message=_l("最多 200 字"))
    return StringField(_l("值"), default="", validators=[too_long], render_kw={"list": "when-values"})


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
    when_join = SelectField(
        _l("几个条件"), choices=[SelectChoice(key, label) for key, label in JOINS.items()], default="and"
    )
    when_field_1, when_operator_1, when_value_1 = _when_field(), _when_operator(), _when_value()
    when_field_2, when_operator_2, when_value_2 = _when_field(), _when_operator(), _when_value()
    when_field_3, when_operator_3, when_value_3 = _when_field(), _when_operator(), _when_value()
    relevant = _expression(_l("显示条件"), _l("只在条件成立时才问，如 ${found} > 0；留空表示总是问"))
    required_if = _expression(_l("必填条件"), _l("只在条件成立时必填，如 ${found} > 0"))
    constraint = _expression(_l("校验"), _l("答案须满足的条件，本题的答案写作 . ，如 ${examined} >= ."))
    constraint_message = StringField(_l("不满足校验时的提示"), default="", validators=[Length(max=500)])
    calculation = _expression(_l("计算式"), _l("由其他题算出，不用人填，如 ${passed} div ${examined} * 100"))
    initial = _expression(_l("初始值"), _l("开始填时算一次，填报人可改，如 today()；固定的写在“默认值”"))
    choice_filter = _expression(_l("选项筛选"), _l("按前面的回答筛选选项，如 town = ${town}"))
    repeat_count = _expression(_l("条数"), _l("由前面的回答决定填几条，如 ${count}；留空表示自行增减"))
    expected_minimum = StringField(_l("合理范围下限"), default="", description=_l("超出时提醒核对，不妨碍报送"))
    expected_maximum = StringField(_l("合理范围上限"), default="")
    total = BooleanField(_l("逐条填写时，在各条下面显示合计"))
    unique = BooleanField(_l("逐条填写时，各条不能相同"))
    is_table = BooleanField(_l("在电脑上显示为表格（手机上每条一张卡片）"))
    is_live = BooleanField(_l("只能现场拍照，不能从相册选取"))
    evidence = SelectField(_l("佐证材料"), choices=[], validate_choice=False, default="")
    demand = SelectField(
        _l("清单要求"),
        choices=[
            SelectChoice("", _l("不是清单项")),
            SelectChoice("must", _l("必须：答“否”为未满足")),
            SelectChoice("should", _l("建议：答“否”为未满足，只提示")),
            SelectChoice("forbidden", _l("禁止：答“是”为出现")),
        ],
        default="",
    )
    sensitivity = SelectField(
        _l("个人信息"),
        choices=[
            SelectChoice("", _l("不含个人信息")),
            SelectChoice("personal", _l("个人信息：无关人员看到的打码")),
            SelectChoice("sensitive", _l("敏感个人信息：查看须填用途，并留痕")),
        ],
        default="",
    )
    mask = SelectField(
        _l("打码方式"),
        choices=[
            SelectChoice("", _l("按上面的级别")),
            SelectChoice("name", _l("姓名：只留姓")),
            SelectChoice("phone", _l("电话：留前三位和后四位")),
            SelectChoice("identity", _l("证件号：留前六位和后四位")),
            SelectChoice("address", _l("住址：不显示门牌")),
            SelectChoice("all", _l("全部隐去")),
        ],
        default="",
    )
    choices_from = SelectField(_l("选项来源"), choices=[], validate_choice=False, default="")
    prefill = StringField(_l("预填"), default="", validators=[Length(max=200, message=_l("预填最多 200 字"))])
    check_parts = BoxesField(_l("这些数之和"), choices=[], validate_choice=False)
    check_relation = SelectField(
        _l("关系"), choices=[SelectChoice(key, label) for key, label in RELATIONS.items()], default="="
    )
    check_whole = SelectField(_l("与哪一项比"), choices=[], validate_choice=False, default="")
    check_empty = BooleanField(_l("没有填的分项不计入（不勾选：有一项没填就不核对）"))
    version = HiddenField(default="")

    def row(self, number: int) -> tuple[Any, Any, Any]:
        """One row of the pickers of a condition: question, comparison and value, counted from 1."""
        return self[f"when_field_{number}"], self[f"when_operator_{number}"], self[f"when_value_{number}"]

    @property
    def when(self) -> Condition:
        """The condition that was put together from pickers."""
        rows = [self.row(number) for number in range(1, ROWS + 1)]
        terms = [Term(name.data, operator.data, value.data or "") for name, operator, value in rows if name.data]
        return Condition(tuple(term for term in terms if term.operator in COMPARISONS), self.when_join.data)

    @property
    def comparison(self) -> Comparison | None:
        """The check that was put together from pickers, or None."""
        if not self.check_parts.data or not self.check_whole.data:
            return None
        return Comparison(
            tuple(self.check_parts.data), self.check_relation.data, self.check_whole.data, self.check_empty.data
        )


_PROTECTED = ("sensitivity", "mask")
_ANSWERED = ("required", "not_applicable", "default", "prefill", "initial")
_CHECKED = ("evidence", *_PROTECTED, "required_if", "constraint", "constraint_message")
_FIGURE = (*_ANSWERED, "measure", "minimum", "maximum", "expected_minimum", "expected_maximum", "total")
SETTINGS = {
    FieldType.TEXT: (*_ANSWERED, "is_long", "max_length", "measure", "unique", "calculation", *_CHECKED),
    FieldType.INTEGER: (*_FIGURE, "unique", "calculation", *_CHECKED),
    FieldType.DECIMAL: (*_FIGURE, "decimals", "calculation", *_CHECKED),
    FieldType.DATE: (*_ANSWERED, "minimum", "maximum", "unique", "calculation", *_CHECKED),
    FieldType.TIME: (*_ANSWERED, "unique", *_CHECKED),
    FieldType.DATETIME: (*_ANSWERED, "unique", *_CHECKED),
    FieldType.RANGE: (*_ANSWERED, "measure", "minimum", "maximum", "step", *_CHECKED),
    FieldType.GEOPOINT: (*_ANSWERED, *_CHECKED),
    FieldType.ACKNOWLEDGE: ("required", "evidence", "required_if"),
    FieldType.SELECT_ONE: (*_ANSWERED, "choices_from", "unique", "demand", "choice_filter", *_CHECKED),
    FieldType.SELECT_MULTIPLE: ("required", "not_applicable", "prefill", "choices_from", "choice_filter", *_CHECKED),
    FieldType.RANK: ("required", "not_applicable", "required_if"),
    FieldType.IMAGE: ("required", "not_applicable", "max_count", "is_live", *_PROTECTED, "required_if"),
    FieldType.FILE: ("required", "not_applicable", "max_count", *_PROTECTED, "required_if"),
    FieldType.CALCULATE: ("calculation", "measure", "decimals", "total"),
    FieldType.HIDDEN: ("default", "prefill", "initial"),
    FieldType.NOTE: (),
    FieldType.GROUP: (),
    FieldType.REPEAT: ("is_table", "min_count", "max_count", "repeat_count"),
}
LOGIC = ("initial", "required_if", "constraint", "constraint_message", "calculation", "choice_filter", "repeat_count")
"""The settings that are expressions: shown apart, because most questions need none."""
MORE = ("prefill", "expected_minimum", "expected_maximum", "evidence", "demand", "sensitivity", "mask")
"""The settings that few questions have: shown apart as well."""

_KEYS = {  # of the form format, by the name of the setting, where they differ
    "minimum": "min",
    "maximum": "max",
    "expected_minimum": "expected_min",
    "expected_maximum": "expected_max",
    "required_if": "required",
    "is_long": "appearance",
    "is_table": "appearance",
    "is_live": "appearance",
}
_FLAGS = ("required", "not_applicable", "total", "unique")
_WHOLES = ("decimals", "max_length", "min_count", "max_count")
_APPEARANCES = {"is_long": "multiline", "is_table": "table", "is_live": "new"}
_TEXTS = (
    "hint", "measure", "step", "default", "minimum", "maximum", "expected_minimum", "expected_maximum",
    "evidence", "demand", "sensitivity", "mask", "choices_from", "prefill",
    *(key for key in LOGIC if key != "required_if"),
)  # fmt: skip


def field_form(item: Field, when: Condition | None = None, rule: Comparison | None = None) -> FieldForm:
    """Return the form filled with a question's settings, with what pickers say of its condition."""
    numbers = ("minimum", "maximum", "expected_minimum", "expected_maximum", "decimals", "max_count", "step")
    same = ("label", "hint", "required", "not_applicable", "measure", "name", "default", "relevant", "prefill", *LOGIC)
    return FieldForm(
        data={key: getattr(item, key) for key in (*same, "total", "unique", "evidence", "choices_from")}
        | {key: "" if getattr(item, key) is None else str(getattr(item, key)) for key in numbers}
        | {key: getattr(item, key).value for key in ("demand", "sensitivity", "mask")}
        | {key: item.appearance == word for key, word in _APPEARANCES.items()}
        | {
            "max_length": "" if item.max_length == TEXT_LENGTH else str(item.max_length),
            "min_count": str(item.min_count) if item.min_count else "",
        }
        | _picked(when, rule)
    )


def _picked(when: Condition | None, rule: Comparison | None) -> dict[str, Any]:
    found: dict[str, Any] = {"when_join": when.join if when is not None else "and"}
    for number, term in enumerate(when.terms if when is not None else (), start=1):
        found |= {f"when_field_{number}": term.name, f"when_operator_{number}": term.operator}
        found[f"when_value_{number}"] = term.value
    if rule is not None:
        found |= {"check_parts": list(rule.parts), "check_relation": rule.relation, "check_whole": rule.whole}
        found["check_empty"] = rule.empty_is_nothing
    return found


def field_mapping(form: FieldForm, item: Field, choices: tuple[Choice, ...]) -> dict[str, Any]:
    """Return the question as the form format writes it, from what was typed. Nothing is checked here."""
    shown = ("hint", *SETTINGS[item.type])
    typed = {name: (form[name].data or "").strip() for name in (*_TEXTS, *_WHOLES) if name in shown}
    mapping: dict[str, Any] = {
        "type": item.type.value,
        "name": form.name.data.strip(),
        "label": form.label.data.strip(),
    }
    mapping |= {_KEYS.get(name, name): typed[name] for name in _TEXTS if typed.get(name)}
    mapping |= {name: _whole(typed[name]) for name in _WHOLES if typed.get(name)}
    mapping |= {name: True for name in _FLAGS if name in shown and form[name].data}
    mapping |= _conditions(form, shown)
    appearance = _appearance(form, item, shown)
    mapping |= {"appearance": appearance} if appearance else {}
    mapping |= {"mark": True} if item.mark else {}
    if item.type in SELECTS and not mapping.get("choices_from"):
        mapping["choices"] = _choices(choices, is_checklist=bool(mapping.get("demand")))
    return mapping


def _conditions(form: FieldForm, shown: tuple[str, ...]) -> dict[str, Any]:
    """When it is asked and when it must be answered."""
    found: dict[str, Any] = {}
    if "required_if" in shown and form.required_if.data.strip() and not form.required.data:
        found["required"] = form.required_if.data.strip()
    relevant = form.relevant.data.strip()
    return found | ({"relevant": relevant} if relevant else {})


def _appearance(form: FieldForm, item: Field, shown: tuple[str, ...]) -> str:
    """The appearance that a box chose; one that no box stands for stays."""
    own = {name: word for name, word in _APPEARANCES.items() if name in shown}
    chosen = next((word for name, word in own.items() if form[name].data), "")
    return chosen or ("" if item.appearance in own.values() else item.appearance)


def _choices(choices: tuple[Choice, ...], *, is_checklist: bool) -> list[dict[str, Any]]:
    """The typed choices; an item of a checklist is answered with yes, no or not applicable."""
    if is_checklist and not {"yes", "no"} <= {choice.name for choice in choices}:
        choices = YES_NO
    return [
        {"name": choice.name, "label": choice.label, "columns": dict(choice.columns), "labels": dict(choice.labels)}
        for choice in choices
    ]


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
    editable = {"type", "name", "label", "hint", "relevant", "choices", "appearance"}
    editable |= {_KEYS.get(name, name) for name in SETTINGS[item.type]}
    kept = {key: value for key, value in place.items() if key not in editable}
    if item.type in SELECTS and item.list_name and _same_choices(mapping.get("choices", []), item):
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
        if key == "evidence" and value == old:
            node[key] = new
        elif key == "choices_from" and value == FROM_REPEAT + old:
            node[key] = FROM_REPEAT + new
        elif isinstance(value, str):
            node[key] = pattern.sub("${" + new + "}", value)
        elif isinstance(value, dict | list):
            _rename(value, old, new)
