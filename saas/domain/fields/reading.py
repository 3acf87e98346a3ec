"""Reading a form definition from a mapping: every mistake has its path and advice."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from saas.domain.errors import FormError
from saas.domain.fields.checking import check_expressions
from saas.domain.fields.model import (
    CONTAINERS,
    FILES,
    MAX_CHOICES,
    MAX_DEPTH,
    MAX_FIELDS,
    MAX_ROWS,
    SELECTS,
    TEXT_LENGTH,
    Choice,
    Demand,
    Field,
    FieldType,
    FormDefinition,
    Mask,
    Sensitivity,
    iter_fields,
)
from saas.domain.fields.prefilled import check_prefills
from saas.domain.fields.sources import choice_source
from saas.domain.reading import Reader, read
from saas.domain.values import Refused, parse_value

_NAME = re.compile(r"[^\W\d_][\w-]{0,63}|_[\w-]{1,63}")
_CHOICE_NAME = re.compile(r"[\w.-]{1,64}")
_COMMON = {
    "type", "name", "label", "hint", "required", "required_message", "constraint", "constraint_message", "relevant",
    "calculation", "read_only", "default", "initial", "appearance", "not_applicable", "translations",
    "prefill", "evidence", "sensitivity", "mask", "locked",
}  # fmt: skip
_OWN_KEYS: Mapping[FieldType, frozenset[str]] = {
    FieldType.TEXT: frozenset({"max_length", "measure", "unique"}),
    FieldType.INTEGER: frozenset({"min", "max", "measure", "expected_min", "expected_max", "total", "unique"}),
    FieldType.DECIMAL: frozenset({"min", "max", "measure", "decimals", "expected_min", "expected_max", "total"}),
    FieldType.DATE: frozenset({"min", "max", "unique"}),
    FieldType.TIME: frozenset({"unique"}),
    FieldType.DATETIME: frozenset({"unique"}),
    FieldType.RANGE: frozenset({"min", "max", "step", "measure"}),
    FieldType.GEOPOINT: frozenset(),
    FieldType.ACKNOWLEDGE: frozenset(),
    FieldType.SELECT_ONE: frozenset({"choices", "choice_filter", "choices_from", "demand", "unique"}),
    FieldType.SELECT_MULTIPLE: frozenset({"choices", "choice_filter", "choices_from"}),
    FieldType.RANK: frozenset({"choices"}),
    FieldType.IMAGE: frozenset({"max_count"}),
    FieldType.FILE: frozenset({"max_count"}),
    FieldType.CALCULATE: frozenset({"measure", "decimals", "total"}),
    FieldType.HIDDEN: frozenset(),
    FieldType.NOTE: frozenset({"mark"}),
    FieldType.GROUP: frozenset({"fields"}),
    FieldType.REPEAT: frozenset({"fields", "min_count", "max_count", "repeat_count"}),
}
_SILENT = {
    "type",
    "name",
    "label",
    "hint",
    "appearance",
    "relevant",
    "translations",
    "locked",
}  # all that notes and groups take


_NO_FIRST_VALUE = FILES | {FieldType.ACKNOWLEDGE, FieldType.CALCULATE, FieldType.RANK}


def form_from_mapping(mapping: Mapping[str, Any]) -> FormDefinition:
    """Read a form definition. Raise FormError with the path of the first mistake and advice."""
    reader = read(
        mapping, "", FormError, {"code", "name", "description", "choices", "fields", "default_language", "locked"}
    )
    lists = _choice_lists(reader)
    fields = _fields(reader, lists, depth=1)
    form = FormDefinition(
        code=reader.code("code"),
        name=reader.text("name"),
        fields=fields,
        description=reader.text("description", ""),
        default_language=reader.text("default_language", "", max_length=40),
        choice_lists=lists,
        locked=reader.truth("locked", False),
    )
    if sum(1 for _ in iter_fields(form)) > MAX_FIELDS:
        raise FormError("fields", "字段超过 {limit} 个", code="too_many_fields", advice="分成几张表", limit=MAX_FIELDS)
    check_expressions(form)
    check_prefills(form)
    return form


def _choice_lists(reader: Reader) -> dict[str, tuple[Choice, ...]]:
    if "choices" not in reader.mapping:
        return {}
    lists = reader.child("choices")
    return {_name(lists, key, key): read_choices(lists, key) for key in lists.mapping}


def read_choices(reader: Reader, key: str, *, limit: int = MAX_CHOICES) -> tuple[Choice, ...]:
    """The choices under a key, from one to so many."""
    choices = []
    for item in reader.children(key):
        item.refuse_unknown({"name", "label", "columns", "labels"})
        name = item.text("name")
        if not _CHOICE_NAME.fullmatch(name):
            raise item.fail("name", "选项名“{name}”不合规", code="bad_name", advice="字母、数字、_、.、-", name=name)
        choices.append(Choice(name, item.text("label"), _texts(item, "columns"), _texts(item, "labels")))
    if not 1 <= len(choices) <= limit:
        raise reader.fail(key, "选项应有 1 到 {limit} 个", code="bad_choices", limit=limit)
    # The same name may stand under several superiors (cascades): then its columns tell them apart.
    if len({(choice.name, *sorted(choice.columns.items())) for choice in choices}) != len(choices):
        raise reader.fail(key, "选项名重复", code="duplicate")
    return tuple(choices)


def _texts(reader: Reader, key: str) -> dict[str, str]:
    """A table of texts, empty if it is not there."""
    if key not in reader.mapping:
        return {}
    table = reader.child(key)
    return {name: table.text(name, "") for name in table.mapping}


def _translations(reader: Reader) -> dict[str, dict[str, str]]:
    if "translations" not in reader.mapping:
        return {}
    languages = reader.child("translations")
    return {language: _texts(languages, language) for language in languages.mapping}


def _fields(reader: Reader, lists: Mapping[str, tuple[Choice, ...]], depth: int) -> tuple[Field, ...]:
    if depth > MAX_DEPTH:
        raise reader.fail("fields", "嵌套超过 {limit} 层", code="too_deep", limit=MAX_DEPTH)
    fields = tuple(_field(child, lists, depth) for child in reader.children("fields"))
    if not fields:
        raise reader.fail("fields", "没有字段", code="missing_key", advice="至少写一个 [[fields]]")
    seen: set[str] = set()
    for number, item in enumerate(fields):
        if item.name in seen:
            raise reader.fail(f"fields[{number}].name", "字段名“{name}”重复", code="duplicate", name=item.name)
        seen.add(item.name)
    return fields


def _field(reader: Reader, lists: Mapping[str, tuple[Choice, ...]], depth: int) -> Field:
    kind, list_name = _type(reader)
    _refuse_foreign_keys(reader, kind)
    choices: tuple[Choice, ...] = ()
    if kind in SELECTS:
        choices = _choices_of_select(reader, list_name, lists)
    low, high = _range(reader, kind)
    required = _required(reader)
    decimals = reader.whole("decimals", high=12)
    item = Field(
        type=kind,
        name=_name(reader, "name", reader.text("name")),
        label=reader.text("label"),
        hint=reader.text("hint", ""),
        required=required is True,
        required_if=required if isinstance(required, str) else "",
        required_message=reader.text("required_message", ""),
        constraint_message=reader.text("constraint_message", ""),
        read_only=reader.truth("read_only", False),
        default=_default(reader),
        appearance=reader.text("appearance", ""),
        not_applicable=reader.truth("not_applicable", False),
        measure=reader.text("measure", "", max_length=20),
        minimum=low,
        maximum=high,
        decimals=decimals,
        max_length=reader.whole("max_length", TEXT_LENGTH, low=1, high=20_000) or TEXT_LENGTH,
        list_name=list_name,
        choices=choices,
        fields=_fields(reader, lists, depth + 1) if kind in CONTAINERS else (),
        min_count=reader.whole("min_count", 0, high=MAX_ROWS) or 0,
        max_count=reader.whole("max_count", low=1, high=MAX_ROWS),
        step=reader.number("step"),
        relevant=reader.text("relevant", ""),
        constraint=reader.text("constraint", ""),
        calculation=reader.text("calculation", ""),
        initial=reader.text("initial", ""),
        choice_filter=reader.text("choice_filter", ""),
        repeat_count=reader.text("repeat_count", ""),
        prefill=reader.text("prefill", "", max_length=200),
        evidence=reader.text("evidence", "", max_length=64),
        demand=reader.choice("demand", Demand, Demand.NONE),
        sensitivity=reader.choice("sensitivity", Sensitivity, Sensitivity.NONE),
        mask=reader.choice("mask", Mask, Mask.NONE),
        expected_minimum=reader.number("expected_min"),
        expected_maximum=reader.number("expected_max"),
        total=reader.truth("total", False),
        unique=reader.truth("unique", False),
        choices_from=reader.text("choices_from", "", max_length=100),
        locked=reader.truth("locked", False),
        mark=reader.truth("mark", False),
        translations=_translations(reader),
    )
    if item.type is FieldType.CALCULATE and not item.calculation:
        raise reader.fail("calculation", "缺少“calculation”", code="missing_key", advice="写出计算式")
    if item.max_count is not None and item.min_count > item.max_count:
        raise reader.fail("min_count", "min_count 大于 max_count", code="bad_range")
    _check_default(reader, item)
    _check_initial(reader, item)
    if item.mark and not item.relevant:
        advice = "写出什么时候不对，如 ${a} + ${b} != ${total}"
        raise reader.fail("relevant", "核对规则没有写条件", code="missing_key", advice=advice)
    _check_demand(reader, item)
    return item


def _check_default(reader: Reader, item: Field) -> None:
    if not item.is_question or not item.default or item.choices_from:
        return
    try:
        parse_value(item, [item.default])
    except Refused as refused:
        raise reader.fail("default", "默认值不是可填的答案", code="bad_default", advice=str(refused.message)) from None


def _check_initial(reader: Reader, item: Field) -> None:
    """A first value is computed for questions that begin with one, and in one way only."""
    if not item.initial:
        return
    if item.type in _NO_FIRST_VALUE or item.calculation:
        advice = "照片、文件、确认项、排序题和计算项不写 initial"
        raise reader.fail("initial", "这类字段没有初始值", code="bad_default", advice=advice)
    if item.default:
        raise reader.fail("initial", "初始值写了两处", code="duplicate", advice="只写 default 或只写 initial")


def _type(reader: Reader) -> tuple[FieldType, str]:
    """Split `select_one clean` into the type and the name of its list."""
    word, _, list_name = reader.text("type").partition(" ")
    if word not in {kind.value for kind in FieldType}:
        options = "、".join(kind.value for kind in FieldType)
        raise reader.fail("type", "不认识的字段类型“{word}”", code="unknown_value", advice=options, word=word)
    kind = FieldType(word)
    if list_name and kind not in SELECTS:
        raise reader.fail("type", "类型“{word}”后面不应有“{rest}”", code="unknown_value", word=word, rest=list_name)
    return kind, list_name.strip()


def _refuse_foreign_keys(reader: Reader, kind: FieldType) -> None:
    common = _COMMON if kind not in CONTAINERS and kind is not FieldType.NOTE else _SILENT
    reader.refuse_unknown(common | _OWN_KEYS[kind])


def _required(reader: Reader) -> bool | str:
    """`required` is true, false, or an expression that says when."""
    value = reader.mapping.get("required", False)
    if not isinstance(value, bool | str):
        raise reader.fail("required", "“required”应为 true、false 或条件", code="wrong_type", advice="写 true 或条件")
    return value


def _name(reader: Reader, key: str, name: str) -> str:
    if not _NAME.fullmatch(name):
        raise reader.fail(
            key, "名称“{name}”不合规", code="bad_name", advice="以字母开头，用字母、数字、_ 和 -", name=name
        )
    return name


def _choices_of_select(reader: Reader, list_name: str, lists: Mapping[str, tuple[Choice, ...]]) -> tuple[Choice, ...]:
    if "choices_from" in reader.mapping:
        return _choices_from_outside(reader, list_name)
    if list_name and "choices" in reader.mapping:
        raise reader.fail("choices", "选项写了两处", code="duplicate", advice="只用列表名或只用 choices")
    if not list_name:
        return read_choices(reader, "choices")
    if list_name not in lists:
        raise reader.fail(
            "type", "没有选项列表“{name}”", code="unknown_list", advice="写在 [choices] 里", name=list_name
        )
    return lists[list_name]


def _choices_from_outside(reader: Reader, list_name: str) -> tuple[Choice, ...]:
    """Choices that come from outside are not in the form: they are filled in where it is used."""
    text = reader.text("choices_from", max_length=100)
    if list_name or "choices" in reader.mapping:
        advice = "只用 choices_from，或只用列表"
        raise reader.fail("choices_from", "选项写了两处", code="duplicate", advice=advice)
    if choice_source(text) is None:
        advice = "写 units:单位类型、units:单位类型:own、list:公用选项编码 或 repeat:重复组中的字段名"
        raise reader.fail("choices_from", "不认识的选项来源“{text}”", code="unknown_value", advice=advice, text=text)
    return ()


def _check_demand(reader: Reader, item: Field) -> None:
    """A checklist item is answered with yes or no, so that it can be said whether it is fulfilled."""
    if item.demand and not {"yes", "no"} <= {choice.name for choice in item.choices}:
        advice = "选项名用 yes、no，需要时加 na（不适用）"
        raise reader.fail("demand", "清单项要有 yes 和 no 两个选项", code="bad_choices", advice=advice)


def _range(reader: Reader, kind: FieldType) -> tuple[Decimal | date | None, Decimal | date | None]:
    if kind is FieldType.DATE:
        first, last = reader.day("min"), reader.day("max")
        if first is not None and last is not None and first > last:
            raise reader.fail("min", "min 晚于 max", code="bad_range")
        return first, last
    low, high = reader.number("min"), reader.number("max")
    if low is not None and high is not None and low > high:
        raise reader.fail("min", "min 大于 max", code="bad_range")
    return low, high


def _default(reader: Reader) -> str:
    """Return the default as it would be typed. That it is a possible answer is checked with the answers."""
    value = reader.mapping.get("default", "")
    if isinstance(value, bool) or not isinstance(value, str | int | Decimal | date):
        raise reader.fail("default", "default 应为文字、数或日期", code="wrong_type")
    return str(value)
