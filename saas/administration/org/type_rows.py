"""The attributes of a unit type as rows of a form: one row for each, and a few empty ones."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from flask_babel import gettext
from flask_babel import lazy_gettext as _l

from saas.org.attributes import Attribute
from saas.org.models import UnitType
from saas.tenancy.pack_files import looks_like_formula
from saas.tenancy.pack_schema import AttributeType

EMPTY_ROWS = 3
MAX_ROWS = 40
TYPE_LABELS = {
    AttributeType.TEXT: _l("文字"),
    AttributeType.INTEGER: _l("整数"),
    AttributeType.DECIMAL: _l("小数"),
    AttributeType.YES_NO: _l("是否"),
    AttributeType.CHOICE: _l("选项"),
}
_NAME = re.compile(r"[a-z][a-z0-9_]{0,39}")


@dataclass(frozen=True, slots=True)
class AttributeRow:
    """One row as typed, with what is wrong with it."""

    name: str = ""
    label: str = ""
    type: str = AttributeType.INTEGER.value
    measure: str = ""
    choices: str = ""
    is_fixed: bool = False
    error: str = ""

    @property
    def is_empty(self) -> bool:
        """Whether nothing was typed."""
        return not (self.name or self.label)


def stored_rows(unit_type: UnitType | None) -> list[AttributeRow]:
    """The rows of what a type has, followed by empty ones."""
    stored = unit_type.attributes if unit_type is not None else []
    rows = [
        AttributeRow(
            each["name"],
            each["label"],
            each["type"],
            each.get("measure", ""),
            "、".join(each.get("choices", ())),
            is_fixed=True,
        )
        for each in stored
    ]
    return [*rows, *(AttributeRow() for _ in range(EMPTY_ROWS))]


def posted_rows(form: Mapping[str, str], unit_type: UnitType | None) -> list[AttributeRow]:
    """The rows as typed, each checked. A row without name and label is left out of the type."""
    known = {each["name"]: each["type"] for each in unit_type.attributes} if unit_type is not None else {}
    rows: list[AttributeRow] = []
    seen: set[str] = set()
    for number in range(MAX_ROWS):
        if f"row-{number}-name" not in form:
            break
        row = _posted_row(form, number, known)
        rows.append(row if row.is_empty else _checked(row, seen))
        seen.add(row.name)
    return rows


def _posted_row(form: Mapping[str, str], number: int, known: Mapping[str, str]) -> AttributeRow:
    typed = {
        part: form.get(f"row-{number}-{part}", "").strip() for part in ("name", "label", "type", "measure", "choices")
    }
    return AttributeRow(
        typed["name"],
        typed["label"],
        known.get(typed["name"], typed["type"]),
        typed["measure"],
        typed["choices"],
        is_fixed=typed["name"] in known,
    )


def _checked(row: AttributeRow, seen: set[str]) -> AttributeRow:
    return AttributeRow(row.name, row.label, row.type, row.measure, row.choices, row.is_fixed, str(_problem(row, seen)))


def _problem(row: AttributeRow, seen: set[str]) -> object:
    if not _NAME.fullmatch(row.name):
        return gettext("标识用小写字母开头，只含小写字母、数字和下划线")
    if row.name in seen:
        return gettext("标识重复")
    if not row.label or len(row.label) > 40 or looks_like_formula(row.label):
        return gettext("请填写名称，最多 40 字，不能以公式符号开头")
    if row.type not in {each.value for each in AttributeType}:
        return gettext("请选择类型")
    if len(row.measure) > 20:
        return gettext("计量单位最多 20 字")
    if row.type == AttributeType.CHOICE and not split_choices(row.choices):
        return gettext("请列出选项，用顿号分开")
    return ""


def split_choices(text: str) -> tuple[str, ...]:
    """The choices, typed with 、 or ， between them, each once."""
    return tuple(dict.fromkeys(part.strip() for part in re.split(r"[、，,|]", text) if part.strip()))


def attributes_from(rows: list[AttributeRow]) -> list[Attribute]:
    """The attributes that the rows describe."""
    return [
        Attribute(row.name, row.label, AttributeType(row.type), row.measure, split_choices(row.choices))
        for row in rows
        if not row.is_empty
    ]
