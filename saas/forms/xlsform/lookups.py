"""What a workbook looks up in files (`pulldata`): here in shared lists, which a hidden question brings along."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Any

from saas.domain.expressions import looked_up
from saas.forms.xlsform.sheets import Line, Remark


def lookups(lines: Iterable[Line], held: Iterable[str], remarks: list[Remark]) -> list[dict[str, Any]]:
    """Hidden questions for the lists that expressions look into and that no question offers. `held`: those offered."""
    found: dict[str, Line] = {}
    for line in lines:
        for text in line.cells.values():
            for code in sorted(looked_up(text)):
                found.setdefault(code, line)
    for code, line in found.items():
        text = f"从文件“{code}.csv”取数：请建立编码为“{code}”的公用选项，列名与文件相同"
        remarks.append(Remark(line.sheet, line.row, "", text))
    missing = sorted(set(found) - {source.removeprefix("list:") for source in held})
    return [_holder(code) for code in missing]


def _holder(code: str) -> dict[str, Any]:
    name = "list_" + re.sub(r"[^\w-]", "_", code)[:50]
    return {"type": "select_one", "name": name, "label": name, "choices_from": f"list:{code}", "relevant": "false()"}


def sources_in(fields: Sequence[dict[str, Any]]) -> set[str]:
    """Every `choices_from` among some fields."""
    found = {field["choices_from"] for field in fields if field.get("choices_from")}
    return found.union(*(sources_in(field.get("fields") or []) for field in fields))
