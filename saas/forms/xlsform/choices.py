"""The choices of an XLSForm workbook: lists by name, with their further columns for `choice_filter`."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from saas.domain.expressions import ExpressionError, compile_expression
from saas.forms.xlsform.sheets import Line, Remark

BARE_NAME = "bare_name"
MAX_ADDED = 8


@dataclass(frozen=True, slots=True)
class ChoiceLists:
    """The lists of a workbook."""

    by_name: dict[str, list[dict[str, Any]]]

    def get(self, line: Line, name: str) -> list[dict[str, Any]]:
        """A list, or FormError at the line that asks for it."""
        if name not in self.by_name:
            raise line.fail("type", "没有选项列表“{name}”", name=name[:40], advice="在工作表 choices 里写出这个列表")
        return list(self.by_name[name])


def with_columns_of(choices: list[dict[str, Any]], condition: str) -> tuple[list[dict[str, Any]], list[str]]:
    """The choices with the columns that a `choice_filter` names and the list does not have, empty; and these names.

    Other programs find nothing there either, and no mistake.
    """
    columns = {"name", "label", *(key for choice in choices for key in choice.get("columns", {}))}
    added: list[str] = []
    while len(added) < MAX_ADDED:
        try:
            compile_expression(condition, frozenset({*columns, *added}))
            break
        except ExpressionError as error:
            word = str(error.message.params.get("word", ""))
            if error.code != BARE_NAME or word in added:
                return choices, []
            added.append(word)
    if not added:
        return choices, []
    empty = dict.fromkeys(added, "")
    return [choice | {"columns": choice.get("columns", {}) | empty} for choice in choices], added


def read_choices(lines: Sequence[Line], remarks: list[Remark]) -> ChoiceLists:
    """Read the sheet `choices`. FormError for a choice without a name; one without a label shows its name."""
    lists: dict[str, list[dict[str, Any]]] = {}
    for line in lines:
        list_name = line.get("list_name") or line.get("list name")
        if not list_name:
            continue
        name = line.get("name")
        if not name:
            raise line.fail("name", "选项缺少 name", advice="写出选项的代号")
        known = lists.setdefault(list_name, [])
        choice = _choice(line, name)
        if any(_key(choice) == _key(each) for each in known):
            remarks.append(Remark(line.sheet, line.row, "name", f"列表“{list_name}”中“{name}”重复，只用第一个"))
            continue
        if choice["name"] != name:
            remarks.append(Remark(line.sheet, line.row, "name", f"选项代号“{name}”已改为“{choice['name']}”"))
        known.append(choice)
    return ChoiceLists(lists)


def _key(choice: Mapping[str, Any]) -> tuple[object, ...]:
    """What tells choices apart: in a cascade the same name may stand under several superiors."""
    return (choice["name"], *sorted(choice.get("columns", {}).items()))


def _choice(line: Line, name: str) -> dict[str, Any]:
    choice: dict[str, Any] = {"name": re.sub(r"[^\w.-]", "_", name)[:64], "label": line.get("label") or name}
    labels = {language: text for language, text in line.languages("label").items() if text}
    columns = {key: text for key, text in line.others().items() if text}
    return choice | ({"labels": labels} if labels else {}) | ({"columns": columns} if columns else {})
