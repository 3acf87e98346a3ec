"""Form definitions (表单定义): what a form asks, in XLSForm's words, as frozen data.

Read from and written to mappings (TOML in packs, JSON in the database); docs/form-format.md describes them. Expressions
(`relevant`, `constraint` …) are refused rather than half understood.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import Any

from saas.domain.errors import FormError
from saas.domain.reading import Reader, read, without_defaults
from saas.domain.values import Refused, parse_value

MAX_FIELDS, MAX_DEPTH, MAX_CHOICES, MAX_ROWS = 1000, 5, 1000, 500
TEXT_LENGTH = 2000  # of an answer, when the form does not say

_NAME = re.compile(r"[a-z][a-z0-9_]{0,63}")
_CHOICE_NAME = re.compile(r"[A-Za-z0-9_.-]{1,64}")
_EXPRESSIONS = ("relevant", "constraint", "calculation", "choice_filter", "repeat_count", "trigger")


class FieldType(StrEnum):
    """XLSForm's types. Stored in definitions: never rename a value."""

    TEXT = "text"
    INTEGER = "integer"
    DECIMAL = "decimal"
    DATE = "date"
    SELECT_ONE = "select_one"
    SELECT_MULTIPLE = "select_multiple"
    IMAGE = "image"
    NOTE = "note"
    GROUP = "begin_group"
    REPEAT = "begin_repeat"


SELECTS = frozenset({FieldType.SELECT_ONE, FieldType.SELECT_MULTIPLE})
CONTAINERS = frozenset({FieldType.GROUP, FieldType.REPEAT})
NUMBERS = frozenset({FieldType.INTEGER, FieldType.DECIMAL})


@dataclass(frozen=True, slots=True)
class Choice:
    """One answer to choose: `name` is stored, `label` is shown."""

    name: str
    label: str


@dataclass(frozen=True, slots=True)
class Field:
    """One line of a form (字段). What a key means and which types take it: docs/form-format.md."""

    type: FieldType
    name: str
    label: str
    hint: str = ""
    required: bool = False
    required_message: str = ""
    constraint_message: str = ""
    read_only: bool = False
    default: str = ""
    appearance: str = ""
    not_applicable: bool = False
    measure: str = ""
    minimum: Decimal | date | None = None
    maximum: Decimal | date | None = None
    decimals: int | None = None
    max_length: int = TEXT_LENGTH
    list_name: str = ""
    choices: tuple[Choice, ...] = ()
    fields: tuple[Field, ...] = ()
    min_count: int = 0
    max_count: int | None = None

    @property
    def is_question(self) -> bool:
        """Whether it takes an answer itself (a note and a group do not)."""
        return self.type not in CONTAINERS and self.type is not FieldType.NOTE

    @property
    def row_limit(self) -> int:
        """How many rows of a repeat, or photos of an image, are taken at most."""
        if self.type is FieldType.IMAGE:
            return self.max_count or 1
        return min(self.max_count or MAX_ROWS, MAX_ROWS)

    def label_of(self, choice: str) -> str:
        """Return the label of a choice; a name that is not in the list is shown as it is."""
        return next((item.label for item in self.choices if item.name == choice), choice)


@dataclass(frozen=True, slots=True)
class FormDefinition:
    """A form as data. `choice_lists` are the named lists that its fields share."""

    code: str
    name: str
    fields: tuple[Field, ...]
    description: str = ""
    choice_lists: Mapping[str, tuple[Choice, ...]] = field(default_factory=dict)


def child_path(parent: str, name: str, row: int | None = None) -> str:
    """Return the path of a field inside a group, or inside row `row` of a repeat: `pool.emptied`, `homes[0].photo`."""
    prefix = parent if row is None else f"{parent}[{row}]"
    return f"{prefix}.{name}" if prefix else name


def iter_fields(form: FormDefinition) -> Iterator[tuple[str, Field]]:
    """Yield every field with its path, parents first. Fields of a repeat stand under `repeat[]`."""
    yield from _walk(form.fields, "")


def _walk(fields: Sequence[Field], parent: str) -> Iterator[tuple[str, Field]]:
    for item in fields:
        path = child_path(parent, item.name)
        yield path, item
        yield from _walk(item.fields, f"{path}[]" if item.type is FieldType.REPEAT else path)


def count_fields(form: FormDefinition) -> int:
    """Return how many answers the form asks of a unit (填报负担).

    Notes, groups and read-only fields ask nothing. A repeat counts with its least number of rows, but at least once.
    """
    return sum(_burden(item) for item in form.fields)


def _burden(item: Field) -> int:
    if item.type in CONTAINERS:
        rows = max(item.min_count, 1) if item.type is FieldType.REPEAT else 1
        return rows * sum(_burden(child) for child in item.fields)
    return int(item.is_question and not item.read_only)


# --- reading -----------------------------------------------------------------------------------------------------

_COMMON = {
    "type", "name", "label", "hint", "required", "required_message", "constraint_message",
    "read_only", "default", "appearance", "not_applicable",
}  # fmt: skip
_OWN_KEYS: Mapping[FieldType, frozenset[str]] = {
    FieldType.TEXT: frozenset({"max_length", "measure"}),
    FieldType.INTEGER: frozenset({"min", "max", "measure"}),
    FieldType.DECIMAL: frozenset({"min", "max", "measure", "decimals"}),
    FieldType.DATE: frozenset({"min", "max"}),
    FieldType.SELECT_ONE: frozenset({"choices"}),
    FieldType.SELECT_MULTIPLE: frozenset({"choices"}),
    FieldType.IMAGE: frozenset({"max_count"}),
    FieldType.NOTE: frozenset(),
    FieldType.GROUP: frozenset({"fields"}),
    FieldType.REPEAT: frozenset({"fields", "min_count", "max_count"}),
}
_SILENT = {"type", "name", "label", "hint", "appearance"}  # all that notes, groups and repeats take of _COMMON


def form_from_mapping(mapping: Mapping[str, Any]) -> FormDefinition:
    """Read a form definition. Raise FormError with the path of the first mistake and advice."""
    reader = read(mapping, "", FormError, {"code", "name", "description", "choices", "fields"})
    lists = _choice_lists(reader)
    fields = _fields(reader, lists, depth=1)
    form = FormDefinition(reader.code("code"), reader.text("name"), fields, reader.text("description", ""), lists)
    if sum(1 for _ in iter_fields(form)) > MAX_FIELDS:
        raise FormError("fields", "字段超过 {limit} 个", code="too_many_fields", advice="分成几张表", limit=MAX_FIELDS)
    return form


def _choice_lists(reader: Reader) -> dict[str, tuple[Choice, ...]]:
    if "choices" not in reader.mapping:
        return {}
    lists = reader.child("choices")
    return {_name(lists, key, key): _choices(lists, key) for key in lists.mapping}


def _choices(reader: Reader, key: str) -> tuple[Choice, ...]:
    choices = []
    for item in reader.children(key):
        item.refuse_unknown({"name", "label"})
        name = item.text("name")
        if not _CHOICE_NAME.fullmatch(name):
            raise item.fail("name", "选项名“{name}”不合规", code="bad_name", advice="字母、数字、_、.、-", name=name)
        choices.append(Choice(name, item.text("label")))
    if not 1 <= len(choices) <= MAX_CHOICES:
        raise reader.fail(key, "选项应有 1 到 {limit} 个", code="bad_choices", limit=MAX_CHOICES)
    if len({choice.name for choice in choices}) != len(choices):
        raise reader.fail(key, "选项名重复", code="duplicate")
    return tuple(choices)


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
    decimals = reader.whole("decimals", high=12)
    item = Field(
        type=kind,
        name=_name(reader, "name", reader.text("name")),
        label=reader.text("label"),
        hint=reader.text("hint", ""),
        required=reader.truth("required", False),
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
    )
    if item.max_count is not None and item.min_count > item.max_count:
        raise reader.fail("min_count", "min_count 大于 max_count", code="bad_range")
    _check_default(reader, item)
    return item


def _check_default(reader: Reader, item: Field) -> None:
    if not item.is_question or not item.default:
        return
    try:
        parse_value(item, [item.default])
    except Refused as refused:
        raise reader.fail("default", "默认值不是可填的答案", code="bad_default", advice=str(refused.message)) from None


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
    for key in _EXPRESSIONS:
        if key in reader.mapping:
            raise reader.fail(
                key,
                "表达式“{key}”暂不支持",
                code="expression_not_supported",
                advice="取值范围用 min、max，行数用 min_count、max_count；其余请删去此键",
                key=key,
            )
    common = _COMMON if kind not in CONTAINERS and kind is not FieldType.NOTE else _SILENT
    reader.refuse_unknown(common | _OWN_KEYS[kind])


def _name(reader: Reader, key: str, name: str) -> str:
    if not _NAME.fullmatch(name):
        raise reader.fail(
            key, "名称“{name}”不合规", code="bad_name", advice="小写字母开头，小写字母、数字、_", name=name
        )
    return name


def _choices_of_select(reader: Reader, list_name: str, lists: Mapping[str, tuple[Choice, ...]]) -> tuple[Choice, ...]:
    if list_name and "choices" in reader.mapping:
        raise reader.fail("choices", "选项写了两处", code="duplicate", advice="只用列表名或只用 choices")
    if not list_name:
        return _choices(reader, "choices")
    if list_name not in lists:
        raise reader.fail(
            "type", "没有选项列表“{name}”", code="unknown_list", advice="写在 [choices] 里", name=list_name
        )
    return lists[list_name]


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


# --- writing -----------------------------------------------------------------------------------------------------

_DEFAULTS: Mapping[str, Any] = {
    "hint": "", "required": False, "required_message": "", "constraint_message": "", "read_only": False, "default": "",
    "appearance": "", "not_applicable": False, "measure": "", "min": None, "max": None, "decimals": None,
    "max_length": TEXT_LENGTH, "min_count": 0, "max_count": None, "choices": None, "fields": None, "description": "",
}  # fmt: skip


def form_to_mapping(form: FormDefinition) -> dict[str, Any]:
    """Return the mapping of a form: JSON-able, without defaults, read again to an equal form."""
    mapping = {
        "code": form.code,
        "name": form.name,
        "description": form.description,
        "choices": {name: _choices_to_list(choices) for name, choices in form.choice_lists.items()} or None,
        "fields": [_field_to_mapping(item) for item in form.fields],
    }
    return without_defaults(mapping, _DEFAULTS)


def _field_to_mapping(item: Field) -> dict[str, Any]:
    mapping = {
        "type": f"{item.type.value} {item.list_name}" if item.list_name else item.type.value,
        "name": item.name,
        "label": item.label,
        "min": _plain(item.minimum),
        "max": _plain(item.maximum),
        "choices": None if item.list_name or not item.choices else _choices_to_list(item.choices),
        "fields": [_field_to_mapping(child) for child in item.fields] or None,
    }
    same = (
        "hint", "required", "required_message", "constraint_message", "read_only", "default", "appearance",
        "not_applicable", "measure", "decimals", "max_length", "min_count", "max_count",
    )  # fmt: skip
    return without_defaults(mapping | {key: getattr(item, key) for key in same}, _DEFAULTS)


def _choices_to_list(choices: Sequence[Choice]) -> list[dict[str, str]]:
    return [{"name": choice.name, "label": choice.label} for choice in choices]


def _plain(value: Decimal | date | None) -> str | None:
    return None if value is None else str(value)
