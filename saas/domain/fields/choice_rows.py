"""A list of choices as rows of texts: as it is pasted from a spreadsheet, uploaded, and written again.

The first row may be heads: 代号 (name), 名称 (label), and further columns for filters; `label::en` is a translation.
A row of one cell is a choice whose name is its label.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from saas.domain.errors import FormError
from saas.domain.fields.model import Choice

MAX_LISTED = 5000
NAME_HEADS = ("name", "代号", "编码", "代码", "选项代号", "值", "value")
LABEL_HEADS = ("label", "名称", "选项", "选项名称", "显示名称", "label::中文 (zh)", "label::中文")
_NAME = re.compile(r"[\w.-]{1,64}")
_COLUMN = re.compile(r"[^\W\d][\w.-]{0,63}")
_TRANSLATION = re.compile(r"label::?(.+)")


def rows_of_text(text: str) -> list[list[str]]:
    """Split pasted text into rows and cells: by tabs as spreadsheets copy them, else by commas."""
    lines = [line for line in text.replace("\r\n", "\n").split("\n") if line.strip()]
    has_tabs = any("\t" in line for line in lines)
    cut = (lambda line: line.split("\t")) if has_tabs else (lambda line: re.split(r"[,，]", line))
    return [[cell.strip() for cell in cut(line)] for line in lines]


def choices_of_rows(rows: Sequence[Sequence[str]]) -> tuple[Choice, ...]:
    """Read rows as choices. Raise FormError that says in which row what is wrong."""
    filled = [(number, row) for number, row in enumerate(rows, start=1) if any(cell.strip() for cell in row)]
    heads, filled = _heads(filled)
    choices = [_choice(number, row, heads) for number, row in filled]
    if not 1 <= len(choices) <= MAX_LISTED:
        raise FormError("", "选项应有 1 到 {limit} 个", code="bad_choices", limit=MAX_LISTED)
    seen: dict[str, int] = {}
    for (number, _), choice in zip(filled, choices, strict=True):
        if choice.name in seen:
            text = "代号“{name}”与第 {first} 行重复"
            raise FormError(f"第 {number} 行", text, code="duplicate", name=choice.name, first=seen[choice.name])
        seen[choice.name] = number
    return tuple(choices)


def _heads(rows: list[tuple[int, Sequence[str]]]) -> tuple[list[str], list[tuple[int, Sequence[str]]]]:
    """The meaning of each column: `name`, `label`, a language as `label::en`, or the column's own name."""
    if not rows or not any(cell.strip().lower() in (*NAME_HEADS, *LABEL_HEADS) for cell in rows[0][1]):
        return ["name", "label"], rows
    number, head = rows[0]
    found = []
    for cell in head:
        text = cell.strip()
        if text.lower() in NAME_HEADS:
            text = "name"
        elif text.lower() in LABEL_HEADS:
            text = "label"
        elif text and not _TRANSLATION.fullmatch(text) and not _COLUMN.fullmatch(text):
            advice = "以字母或汉字开头，不含空格和符号"
            raise FormError(f"第 {number} 行", "列名“{name}”不合规", code="bad_name", name=text[:40], advice=advice)
        found.append(text)
    if len({text for text in found if text}) != len([text for text in found if text]):
        raise FormError(f"第 {number} 行", "列名重复", code="duplicate")
    return found, rows[1:]


def _choice(number: int, row: Sequence[str], heads: Sequence[str]) -> Choice:
    cells = {head: cell.strip() for head, cell in zip(heads, row, strict=False) if head}
    name, label = cells.pop("name", ""), cells.pop("label", "")
    label = label or name
    name = name if name and (label != name or _NAME.fullmatch(name)) else re.sub(r"[^\w.-]+", "_", label).strip("_")
    if not label or len(label) > 200:
        raise FormError(f"第 {number} 行", "选项没有名称，或超过 200 字", code="bad_name")
    if not _NAME.fullmatch(name):
        advice = "字母、汉字、数字、_、.、-，最长 64 个"
        raise FormError(f"第 {number} 行", "代号“{name}”不合规", code="bad_name", name=name[:40], advice=advice)
    languages = {found[1]: text for head, text in cells.items() if (found := _TRANSLATION.fullmatch(head)) and text}
    columns = {head: text for head, text in cells.items() if not _TRANSLATION.fullmatch(head) and text}
    return Choice(name, label, columns, languages)


def rows_of_choices(choices: Sequence[Choice]) -> list[list[str]]:
    """Write choices as rows with heads, to be read again to the same choices."""
    columns = list(dict.fromkeys(name for choice in choices for name in choice.columns))
    languages = list(dict.fromkeys(name for choice in choices for name in choice.labels))
    rows = [["代号", "名称", *columns, *(f"label::{language}" for language in languages)]]
    for choice in choices:
        texts = [choice.columns.get(name, "") for name in columns]
        rows.append([choice.name, choice.label, *texts, *(choice.labels.get(name, "") for name in languages)])
    return rows
