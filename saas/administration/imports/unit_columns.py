"""The columns of the tables of units: what every unit has, and the attributes of the county's own types."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any

from flask_babel import gettext

from saas.domain.errors import Message
from saas.org.attributes import Attribute, attributes_of, parse_attribute
from saas.org.models import UnitType
from saas.spreadsheets.columns import Column, Kind, Value
from saas.tenancy.pack_schema import AttributeType

ATTRIBUTE = "attribute:"
MAX_NAME, MAX_SHORT_NAME, MAX_CODE = 80, 20, 40

_KINDS = {
    AttributeType.INTEGER: Kind.INTEGER,
    AttributeType.DECIMAL: Kind.DECIMAL,
    AttributeType.YES_NO: Kind.YES_NO,
    AttributeType.CHOICE: Kind.CHOICE,
    AttributeType.TEXT: Kind.TEXT,
}


def code_column() -> Column:
    return Column(
        "code",
        gettext("单位代码"),
        Kind.CODE,
        is_required=True,
        max_length=MAX_CODE,
        aliases=(gettext("代码"), gettext("编码"), gettext("机构代码")),
        help=gettext("字母、数字、下划线和连字符，建成后不能修改。代码相同的就是同一个单位"),
        example="T01V01",
    )


def since_column() -> Column:
    return Column(
        "since",
        gettext("调整日期"),
        Kind.DAY,
        help=gettext("本行的变化自这天起生效，以前的情况留在历史中。不填就是更正现有登记；改上级单位必须填"),
        example="2026-07-01",
        aliases=(gettext("生效日期"), gettext("变更日期")),
    )


def unit_columns(types: Iterable[UnitType], references: tuple[tuple[str, str], ...]) -> tuple[Column, ...]:
    """The columns of the table of units."""
    types = list(types)
    return (
        code_column(),
        Column(
            "name",
            gettext("单位名称"),
            is_required=True,
            is_cell_optional=True,
            max_length=MAX_NAME,
            help=gettext("新单位必填"),
            aliases=(gettext("名称"),),
            example=gettext("示范村"),
        ),
        Column("short_name", gettext("简称"), max_length=MAX_SHORT_NAME, example=gettext("示范")),
        Column(
            "type",
            gettext("单位类型"),
            Kind.CHOICE,
            choices=tuple((each.code, each.name) for each in types),
            help=gettext("新单位必填"),
            aliases=(gettext("类型"),),
            example=types[-1].name if types else "",
        ),
        Column(
            "parent",
            gettext("上级单位"),
            Kind.REFERENCE,
            choices=references,
            help=gettext("新单位必填。填代码，或从列表中选；上级也可以是本表中的新单位"),
            aliases=(gettext("上级代码"), gettext("上级"), gettext("上级单位代码")),
            example=references[0][1] if references else "",
        ),
        Column(
            "valid_from",
            gettext("设立日期"),
            Kind.DAY,
            help=gettext("新单位自哪天起存在，不填为导入当天。已有单位不能改"),
            example="2026-01-01",
        ),
        since_column(),
        *attribute_columns(types),
    )


def attribute_columns(types: Iterable[UnitType]) -> tuple[Column, ...]:
    """A column for each attribute that some type carries. Two of one label are told apart by their names."""
    found: dict[str, list[tuple[Attribute, str]]] = {}
    for unit_type in types:
        for attribute in attributes_of(unit_type):
            found.setdefault(attribute.name, []).append((attribute, unit_type.name))
    labels = [uses[0][0].label for uses in found.values()]
    return tuple(_attribute_column(name, uses, labels) for name, uses in found.items())


def _attribute_column(name: str, uses: list[tuple[Attribute, str]], labels: list[str]) -> Column:
    attribute = uses[0][0]
    kinds = {each.type for each, _ in uses}
    choices = tuple(dict.fromkeys((choice, choice) for each, _ in uses for choice in each.choices))
    return Column(
        ATTRIBUTE + name,
        attribute.label if labels.count(attribute.label) == 1 else f"{attribute.label} {name}",
        _KINDS[attribute.type] if len(kinds) == 1 else Kind.TEXT,
        choices=choices if kinds == {AttributeType.CHOICE} else (),
        measure=attribute.measure,
        aliases=(name,),
        help=gettext("适用于：%(types)s", types="、".join(type_name for _, type_name in uses)),
    )


def stored_attribute_value(attribute: Attribute, value: Value) -> Any | Message:
    """A value of a table as a unit keeps it (decimals as exact texts), or what is wrong with it for this type."""
    if isinstance(value, bool):
        text = "yes" if value else "no"
    else:
        text = f"{value:f}" if isinstance(value, Decimal) else str(value)
    if attribute.type is AttributeType.YES_NO and not isinstance(value, bool):
        text = {"是": "yes", "否": "no"}.get(text, text)
    return parse_attribute(attribute, text)


def table_value(attribute: Attribute, stored: Any) -> Value | None:
    """What a unit keeps as a value of a table."""
    if attribute.type is AttributeType.DECIMAL and stored is not None:
        return Decimal(stored)
    return stored if isinstance(stored, str | int | bool | None) else str(stored)


def is_same(attribute: Attribute, one: Any, other: Any) -> bool:
    """Whether two stored values say the same: 1.50 is 1.5, but 1 is not 是."""
    if attribute.type is AttributeType.DECIMAL and one is not None and other is not None:
        return Decimal(one) == Decimal(other)
    return type(one) is type(other) and bool(one == other)


def shown(attribute: Attribute, stored: Any) -> str:
    """A stored value for the difference view."""
    if stored is None:
        return ""
    if isinstance(stored, bool):
        return str(gettext("是") if stored else gettext("否"))
    return f"{stored}{attribute.measure}"


def declared(unit_type: UnitType) -> Mapping[str, Attribute]:
    """The attributes of a type by the names of their columns."""
    return {ATTRIBUTE + each.name: each for each in attributes_of(unit_type)}
