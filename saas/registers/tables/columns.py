"""The columns of a register's table, and what a cell means as an answer."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Final

from flask_babel import gettext

from saas.domain.expressions.values import plain_number
from saas.domain.fields import FILES, Field, FieldType, FormDefinition, Sensitivity, child_path
from saas.domain.masking import protected_fields
from saas.domain.records import States
from saas.domain.values import ACKNOWLEDGED
from saas.forms.table_kinds import KINDS
from saas.spreadsheets.columns import Column, Kind, Value

NUMBER: Final = "@number"
UNIT: Final = "@unit"
STATE: Final = "@state"
OPENED: Final = "@opened_on"
DUE: Final = "@due_on"

_EXAMPLES: Mapping[FieldType, str] = {
    FieldType.INTEGER: "12",
    FieldType.DECIMAL: "12.5",
    FieldType.RANGE: "5",
    FieldType.DATE: "2026-03-05",
    FieldType.TIME: "09:30",
    FieldType.DATETIME: "2026-03-05 09:30",
    FieldType.GEOPOINT: "31.23 121.47",
    FieldType.ACKNOWLEDGE: "是",
}


def own_columns(states: States, units: Sequence[str], *, has_due: bool) -> tuple[Column, ...]:
    """What a record has besides its answers. `units`: those that may be written, as "code name"."""
    offered = tuple((each, each) for each in units)
    columns = [
        Column(NUMBER, gettext("编号"), Kind.INTEGER, help=gettext("新登记的留空；修改已有记录的，填它的编号")),
        Column(
            UNIT,
            gettext("登记单位"),
            Kind.REFERENCE,
            choices=offered,
            help=gettext("只有一个单位时可不填"),
            example=units[0] if units else "",
            aliases=(gettext("单位"), gettext("单位名称"), gettext("村（社区）")),
        ),
        Column(
            STATE,
            gettext("状态"),
            Kind.CHOICE,
            choices=tuple((each.code, each.name) for each in states.states),
            help=gettext("不填：新登记的为“%(state)s”，已有的不变", state=states.initial.name),
            example=states.initial.name,
        ),
        Column(OPENED, gettext("登记日期"), Kind.DAY, help=gettext("不填为今天"), aliases=(gettext("建档日期"),)),
    ]
    if has_due:
        columns.append(Column(DUE, gettext("办结期限"), Kind.DAY, aliases=(gettext("办理时限"), gettext("期限"))))
    return tuple(columns)


def answer_columns(form: FormDefinition) -> tuple[Column, ...]:
    """A column for each question that a table can carry, by its path; heads that repeat get their group before them."""
    carried = list(carried_fields(form))
    labels, protected = Counter(item.label for _, item, _ in carried), protected_fields(form)
    return tuple(
        _column(path, item, f"{group}{item.label}" if labels[item.label] > 1 else item.label, path in protected)
        for path, item, group in carried
    )


def carried_fields(form: FormDefinition) -> Iterator[tuple[str, Field, str]]:
    """The questions that a table carries, with the label of their group: no photos, nothing computed, no repeats."""
    yield from _carried(form.fields, "", "")


def _carried(fields: Sequence[Field], parent: str, group: str) -> Iterator[tuple[str, Field, str]]:
    for item in fields:
        path = child_path(parent, item.name)
        if item.type is FieldType.GROUP:
            yield from _carried(item.fields, path, item.label)
        elif item.is_asked and item.type not in FILES and item.type is not FieldType.REPEAT and not item.read_only:
            yield path, item, group


def _column(path: str, item: Field, label: str, is_protected: bool) -> Column:
    is_text = item.type is FieldType.TEXT
    return Column(
        path,
        label,
        Kind.CODE if is_text and is_protected and item.mask in ("identity", "phone") else _kind(item),
        choices=tuple((choice.name, choice.label) for choice in item.choices),
        help=_help(item, is_protected),
        example=item.choices[0].label if item.choices else _EXAMPLES.get(item.type, ""),
        max_length=item.max_length if is_text else 2000,
        aliases=(path,),
        measure=item.measure,
        may_not_apply=item.not_applicable,
    )


def _kind(item: Field) -> Kind:
    if item.chosen_by:  # what the rows are called stands in the record: the form's own check compares
        return Kind.TEXTS if item.type is FieldType.SELECT_MULTIPLE else Kind.TEXT
    return KINDS.get(item.type, Kind.TEXT)


def _help(item: Field, is_protected: bool) -> str:
    parts = [gettext("必填") if item.required else "", item.hint]
    if is_protected:
        parts.append(gettext("敏感个人信息") if item.sensitivity is Sensitivity.SENSITIVE else gettext("个人信息"))
    return "。".join(part.rstrip("。") for part in parts if part)


def typed(value: Value) -> list[str]:
    """What a cell says, as an input of the form would carry it."""
    match value:
        case bool():
            return [ACKNOWLEDGED] if value else []
        case tuple():
            return list(value)
        case Decimal():
            return [plain_number(value)]
        case date():
            return [value.isoformat()]
        case _:
            return [str(value)]


def cell_value(item: Field, answer: object) -> Value | None:
    """An answer as a cell of the table holds it; reading it back gives the same answer."""
    if answer is None:
        return None
    if item.type is FieldType.ACKNOWLEDGE:
        return True
    if isinstance(answer, tuple | str | int | Decimal):
        return answer
    if isinstance(answer, date) and item.type is FieldType.DATE:
        return answer
    isoformat = getattr(answer, "isoformat", None)
    return isoformat(timespec="minutes").replace("T", " ") if isoformat is not None else "不适用"
