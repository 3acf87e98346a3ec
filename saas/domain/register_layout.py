"""What belongs to a register besides its form: its list, its paper form, and whether all of it fits the form.

Used where registers are written down as files; the screens set the same things one by one.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from saas.domain.errors import FormatError
from saas.domain.fields import FieldType, FormDefinition
from saas.domain.paper_table import (
    LayoutError,
    PaperLayout,
    check_layout,
    layout_from_mapping,
    layout_to_mapping,
)
from saas.domain.reading import read
from saas.domain.record_access import AccessError, AccessRules, check_access
from saas.domain.record_presets import PRESETS
from saas.domain.records import States, open_fields, plain_fields, states_from_mapping

MAX_LISTED = 12


@dataclass(frozen=True, slots=True)
class RegisterLayout:
    """What names a record (`title`), which answers the list shows, and the paper form."""

    title: str = ""
    columns: tuple[str, ...] = ()
    paper: PaperLayout = field(default_factory=PaperLayout)


def register_layout_from_mapping(mapping: Mapping[str, Any]) -> RegisterLayout:
    """Read `register.layout`. Raises LayoutError with the path of the first mistake."""
    reader = read(mapping, "layout", LayoutError, {"title", "columns", "paper"})
    columns = reader.texts("columns")
    if len(columns) > MAX_LISTED:
        raise reader.fail("columns", "列表最多显示 {limit} 栏", limit=MAX_LISTED)
    paper = reader.mapping.get("paper", {})
    if not isinstance(paper, Mapping):
        raise reader.fail("paper", "“paper”应为一张表", advice="写成 [layout.paper]")
    try:
        return RegisterLayout(reader.text("title", ""), columns, layout_from_mapping(paper))
    except LayoutError as error:
        if error.path.startswith("layout"):
            raise
        raise _inside(error, "layout.paper") from None


def _inside(error: FormatError, prefix: str) -> FormatError:
    """The same mistake with its path from further above."""
    return type(error)(
        f"{prefix}.{error.path}", error.message.text, advice=error.advice, code=error.code, **error.message.params
    )


def register_layout_to_mapping(layout: RegisterLayout) -> dict[str, Any]:
    """Write a layout as it is stored."""
    mapping: dict[str, Any] = {"title": layout.title, "columns": list(layout.columns)}
    paper = layout_to_mapping(layout.paper)
    return mapping | ({"paper": paper} if paper else {})


def states_from_table(table: Mapping[str, Any] | str) -> States:
    """Read the states of a register: the name of a preset, or a table. Raises FormatError."""
    if not isinstance(table, str):
        return states_from_mapping(table)
    if table not in PRESETS:
        raise FormatError("states", "没有叫“{name}”的流程", advice="可用 " + "、".join(PRESETS), name=table)
    return PRESETS[table]


def check_register(
    form: FormDefinition, states: States, rules: AccessRules, layout: RegisterLayout, roles: Sequence[str]
) -> None:
    """Raise FormatError, with the path in the register, for the first thing that does not fit its form.

    `roles`: those that a move may name besides the relations to a record.
    """
    fields = plain_fields(form)
    _check_states(states, form, roles)
    try:
        check_access(rules, form)
    except AccessError as error:
        raise _inside(error, "access") from None
    if layout.title and layout.title not in open_fields(form):
        text = "“{name}”不能作标题：表单里没有这一栏，或它是个人信息"
        raise LayoutError("layout.title", text, advice="请写一个不受保护的字段名", name=layout.title)
    for path in layout.columns:
        if path not in fields:
            raise LayoutError("layout.columns", "表单里没有字段“{name}”", advice="请改正字段名", name=path)
    try:
        check_layout(layout.paper, form)
    except LayoutError as error:
        raise _inside(error, "layout.paper") from None


def _check_states(states: States, form: FormDefinition, roles: Sequence[str]) -> None:
    fields = plain_fields(form)
    if states.due is not None and states.due.field:
        item = fields.get(states.due.field)
        if item is None or item.type is not FieldType.DATE:
            advice = "请写表单里一个日期字段的名称"
            raise FormatError("states.due.field", "“{name}”不是表单里的日期", advice=advice, name=states.due.field)
    known = {"keeper", "responsible", "superior", *roles}
    for place, move in enumerate(states.moves):
        for who in move.who:
            if who not in known:
                advice = "可用 " + "、".join(sorted(known))
                raise FormatError(f"states.moves[{place}].who", "不认识的办理人“{who}”", advice=advice, who=who)
        for path in move.needs:
            if path not in fields:
                advice = "请改正字段名"
                raise FormatError(f"states.moves[{place}].needs", "表单里没有字段“{name}”", advice=advice, name=path)
