"""Reading a scheme (考核方案) from a mapping or a TOML text, with errors that say where and what to do."""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any

from saas.domain.amounts import HUNDRED, Currency
from saas.domain.scheme import (
    AssessmentScheme,
    AttributeRef,
    Band,
    Figure,
    Item,
    Part,
    RankTies,
    Rule,
    RuleKind,
    SchemeError,
)
from saas.domain.scheme_checks import check_scheme
from saas.domain.scheme_conditions import COMPARISONS, AllOf, AnyOf, Comparison, Condition, Negation, Scalar
from saas.domain.scheme_fields import COMMON_FIELDS, KIND_FIELDS, KindFields
from saas.domain.scheme_settings_reading import read_settings
from saas.domain.scheme_tables import Table, choice_at, number_at

_DEEPEST_CONDITION = 8


def scheme_from_toml(text: str) -> AssessmentScheme:
    """Return the scheme written in a TOML text. Numbers stay exact. Raises SchemeError."""
    try:
        mapping = tomllib.loads(text, parse_float=Decimal)
    except tomllib.TOMLDecodeError as error:
        raise SchemeError("", "文件不是有效的 TOML：{detail}", advice="检查引号和方括号", detail=str(error)) from None
    return scheme_from_mapping(mapping)


def scheme_from_mapping(mapping: Mapping[str, Any]) -> AssessmentScheme:
    """Return the scheme in `mapping`, as parsed from TOML or JSON. Raises SchemeError with the path."""
    table = Table(mapping, "")
    settings = table.table("settings")
    if settings is None:
        raise SchemeError("settings", "缺少此项", advice="写明口径，见 docs/scheme-format.md")
    scheme = AssessmentScheme(
        code=table.text("code"),
        title=table.text("title"),
        basis=table.text("basis", ""),
        attribute_labels={name: str(label) for name, label in table.pairs("attribute_labels")},
        parts=tuple(_part(part) for part in table.tables("parts")),
        settings=read_settings(settings),
    )
    table.finish()
    check_scheme(scheme)
    return scheme


def _part(table: Table) -> Part:
    part = Part(
        code=table.text("code"),
        label=table.text("label"),
        weight=table.number("weight", high=HUNDRED),
        items=tuple(_item(item) for item in table.tables("items")),
    )
    table.finish()
    return part


def _item(table: Table) -> Item:
    item = Item(
        code=table.text("code"),
        label=table.text("label"),
        full_score=table.number("full_score", positive=True),
        rules=tuple(_rule(rule) for rule in table.tables("rules")),
    )
    table.finish()
    return item


def _rule(table: Table) -> Rule:
    table.require("kind", '写明规则类型，如 kind = "per_occurrence"')
    kind = choice_at(table.at("kind"), table.raw("kind"), RuleKind)
    fields = KIND_FIELDS[kind]
    for name in fields.required:
        table.require(name, f"{kind.value} 须写明 {name}")
    rule = Rule(
        code=table.text("code"),
        kind=kind,
        label=table.text("label"),
        currency=_currency(table, fields),
        clause=table.text("clause", ""),
        measure=table.text("measure", ""),
        applies_when=_condition(table, "applies_when"),
        counts_when=_condition(table, "counts_when"),
        effective_from=table.day("effective_from"),
        facts_of=table.text("facts_of") if table.has("facts_of") else None,
        **_kind_fields(table, fields),
    )
    table.finish(COMMON_FIELDS)
    return rule


def _currency(table: Table, fields: KindFields) -> Currency:
    written = table.choice("currency", Currency)
    if fields.currency is None and written is None:
        raise SchemeError(table.at("currency"), "缺少此项", advice='写 currency = "points" 或 "yuan"')
    if fields.currency is not None and written not in (None, fields.currency):
        raise SchemeError(table.at("currency"), "此类规则只能用 {only}", only=fields.currency.value, advice="删去此行")
    return written or fields.currency or Currency.POINTS


def _kind_fields(table: Table, fields: KindFields) -> dict[str, Any]:
    return {name: _FIELD_READERS[name](table, name) for name in fields.names if table.has(name)}


def _figure(table: Table, key: str) -> Figure:
    value = table.raw(key)
    if not isinstance(value, Mapping):
        return number_at(table.at(key), value)
    reference = Table(value, table.at(key))
    attribute = reference.text("attribute")
    reference.finish()
    return AttributeRef(attribute)


def _bands(table: Table, key: str) -> tuple[Band, ...]:
    bands = []
    for entry in table.tables(key):
        entry.require("at_least", "每档写明下限，例如 at_least = 90")
        bands.append(Band(at_least=_known(entry.number("at_least", low=None)), amount=entry.number("amount")))
        entry.finish()
    limits = [band.at_least for band in bands]
    if not bands or limits != sorted(set(limits), reverse=True):
        raise SchemeError(table.at(key), "各档应从高到低排列且不重复", advice="先写下限最高的一档")
    return tuple(bands)


def _rates(table: Table, key: str) -> tuple[tuple[str, Decimal | None], ...]:
    pairs = table.pairs(key)
    if not pairs:
        raise SchemeError(table.at(key), "至少写一类", advice='例如 rates = { "3" = 3000 }；未定的写 "未定"')
    return tuple(
        (name, None if value == "未定" else number_at(f"{table.at(key)}.{name}", value)) for name, value in pairs
    )


def _deductions(table: Table, key: str) -> tuple[Decimal, ...]:
    entries = table.entries(key)
    if not entries:
        raise SchemeError(table.at(key), "至少写一位", advice="从最末一名写起，例如 deductions = [10, 5, 3]")
    return tuple(number_at(f"{table.at(key)}[{index}]", value) for index, value in enumerate(entries))


def _known(value: Decimal | None) -> Decimal:
    if value is None:  # pragma: no cover  (the key was required just before)
        raise ValueError("a required number is absent")
    return value


_FIELD_READERS: Mapping[str, Callable[[Table, str], Any]] = {
    "amount": lambda table, key: table.number(key),
    "cap": lambda table, key: table.number(key),
    "floor": lambda table, key: table.number(key),
    "full_score": lambda table, key: table.number(key, positive=True),
    "percent": lambda table, key: table.number(key, high=HUNDRED),
    "required": _figure,
    "target": _figure,
    "step": lambda table, key: table.number(key, positive=True),
    "step_amount": lambda table, key: table.number(key),
    "whole_steps": lambda table, key: table.flag(key),
    "bands": _bands,
    "rates": _rates,
    "class_attribute": lambda table, key: table.text(key),
    "deductions": _deductions,
    "ties": lambda table, key: table.choice(key, RankTies),
    "lower_is_better": lambda table, key: table.flag(key),
    "leave_out_missing": lambda table, key: table.flag(key),
}


def _condition(table: Table, key: str) -> Condition | None:
    content = table.raw(key)
    return None if content is None else read_condition(content, table.at(key))


def read_condition(content: Any, path: str, depth: int = 0) -> Condition:
    """Return the condition written at `path`: one comparison, or `all`, `any`, `not` of others."""
    table = Table(content, path)
    if depth > _DEEPEST_CONDITION:
        raise SchemeError(path, "条件嵌套过深", advice="拆成两条规则")
    condition: Condition
    if table.has("all") or table.has("any"):
        key = "all" if table.has("all") else "any"
        parts = tuple(
            read_condition(entry, f"{table.at(key)}[{index}]", depth + 1)
            for index, entry in enumerate(table.entries(key))
        )
        if not parts:
            raise SchemeError(table.at(key), "至少写一个条件", advice="或删去这一行")
        condition = AllOf(parts) if key == "all" else AnyOf(parts)
    elif table.has("not"):
        condition = Negation(read_condition(table.raw("not"), table.at("not"), depth + 1))
    else:
        condition = _comparison(table)
    table.finish()
    return condition


def _comparison(table: Table) -> Comparison:
    attribute = table.text("attribute")
    used = [name for name in COMPARISONS if table.has(name)]
    if len(used) != 1:
        raise SchemeError(table.path, "写且只写一种比较", advice="可用的有：" + "、".join(COMPARISONS))
    name = used[0]
    if name == "in":
        values = tuple(_scalar(f"{table.at(name)}[{i}]", value) for i, value in enumerate(table.entries(name)))
    elif name == "equals":
        values = (_scalar(table.at(name), table.raw(name)),)
    else:
        values = (number_at(table.at(name), table.raw(name), low=None),)
    if not values:
        raise SchemeError(table.at(name), "至少写一个值", advice='例如 in = ["village"]')
    return Comparison(attribute, name, values)


def _scalar(path: str, value: Any) -> Scalar:
    """Here a text is a text, so a number must be a whole one, which every file format keeps apart from text."""
    if isinstance(value, (bool, str)):
        return value
    number = number_at(path, value, low=None)
    if number != number.to_integral_value():
        raise SchemeError(path, "此处只能写文字、是否或整数", advice="小数用 at_least 与 at_most 比较")
    return Decimal(int(number))
