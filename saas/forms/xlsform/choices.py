"""The choices of an XLSForm workbook: lists by name, with their further columns for `choice_filter`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from saas.forms.xlsform.sheets import Line, Remark


@dataclass(frozen=True, slots=True)
class ChoiceLists:
    """The lists of a workbook."""

    by_name: dict[str, list[dict[str, Any]]]

    def get(self, line: Line, name: str) -> Sequence[dict[str, Any]]:
        """A list, or FormError at the line that asks for it."""
        if name not in self.by_name:
            raise line.fail("type", "没有选项列表“{name}”", name=name[:40], advice="在工作表 choices 里写出这个列表")
        return self.by_name[name]


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
        if any(choice["name"] == name for choice in known):
            remarks.append(Remark(line.sheet, line.row, "name", f"列表“{list_name}”中“{name}”重复，只用第一个"))
            continue
        known.append(_choice(line, name))
    return ChoiceLists(lists)


def _choice(line: Line, name: str) -> dict[str, Any]:
    choice: dict[str, Any] = {"name": name.replace(" ", "_"), "label": line.get("label") or name}
    labels = {language: text for language, text in line.languages("label").items() if text}
    columns = {key: text for key, text in line.others().items() if text}
    return choice | ({"labels": labels} if labels else {}) | ({"columns": columns} if columns else {})
