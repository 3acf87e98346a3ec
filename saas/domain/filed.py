"""A filed form as it is shown and printed: one row for each field, as it was filed, with its state."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from decimal import Decimal
from enum import StrEnum
from typing import Any

from saas.domain.answers import NOT_APPLICABLE, Answers
from saas.domain.expressions.values import plain_number
from saas.domain.fields import FILES, SELECTS, Field, FieldType, FormDefinition, child_path
from saas.domain.form_totals import row_sums


class RowState(StrEnum):
    """What a row shows."""

    HEADING = "heading"  # 组标题
    NOTE = "note"  # 说明
    ANSWERED = "answered"  # 已填
    MISSING = "missing"  # 未填
    NOT_APPLICABLE = "not_applicable"  # 不适用
    TOTAL = "total"  # 合计 under the rows of a repeat


@dataclass(frozen=True, slots=True)
class AnswerRow:
    """One line of a filed form. `text` is ready to be shown; `files` are the ids of photos."""

    path: str
    label: str
    depth: int
    state: RowState
    text: str = ""
    files: tuple[str, ...] = ()


def answer_rows(form: FormDefinition, answers: Answers) -> tuple[AnswerRow, ...]:
    """Return the filed form line by line, in the form's order; rows of a repeat are numbered from 1."""
    return tuple(_rows(form.fields, answers, "", 0))


def _rows(fields: Sequence[Field], answers: Mapping[str, Any], parent: str, depth: int) -> list[AnswerRow]:
    rows: list[AnswerRow] = []
    for item in fields:
        path, answer = child_path(parent, item.name), answers.get(item.name)
        if item.type is FieldType.GROUP:
            rows.append(AnswerRow(path, item.label, depth, RowState.HEADING))
            rows.extend(_rows(item.fields, answer or {}, path, depth + 1))
        elif item.type is FieldType.REPEAT:
            rows.extend(_repeat(item, answer or [], path, depth))
        elif item.mark:
            continue  # what it says is kept as a mark of the report
        elif item.type is FieldType.NOTE:
            rows.append(AnswerRow(path, item.label, depth, RowState.NOTE))
        else:
            rows.append(_question(item, answer, path, depth))
    return rows


def _repeat(item: Field, entries: Sequence[Mapping[str, Any]], path: str, depth: int) -> list[AnswerRow]:
    if not entries:
        return [AnswerRow(path, item.label, depth, RowState.MISSING, "未填")]
    rows = []
    for number, entry in enumerate(entries):
        rows.append(AnswerRow(f"{path}[{number}]", f"{item.label} {number + 1}", depth, RowState.HEADING))
        rows.extend(_rows(item.fields, entry, f"{path}[{number}]", depth + 1))
    for inner, column, total in row_sums(item, entries):
        text = "—" if total is None else shown_answer(column, total)
        rows.append(AnswerRow(f"{path}[].{inner}", f"合计：{column.label}", depth + 1, RowState.TOTAL, text))
    return rows


def _question(item: Field, answer: Any, path: str, depth: int) -> AnswerRow:
    if answer is NOT_APPLICABLE:
        return AnswerRow(path, item.label, depth, RowState.NOT_APPLICABLE, "不适用")
    if answer is None:
        return AnswerRow(path, item.label, depth, RowState.MISSING, "未填")
    files = answer if item.type in FILES else ()
    return AnswerRow(path, item.label, depth, RowState.ANSWERED, shown_answer(item, answer), files)


def shown_answer(item: Field, answer: Any) -> str:
    """Return an answer in words: labels of choices, the measure behind a number, the number of photos."""
    if item.type in SELECTS:
        names = answer if isinstance(answer, tuple) else (answer,)
        return "、".join(item.label_of(name) for name in names)
    if item.type in FILES:
        return f"照片 {len(answer)} 张" if item.type is FieldType.IMAGE else f"文件 {len(answer)} 个"
    if item.type is FieldType.ACKNOWLEDGE:
        return "已确认"
    if isinstance(answer, datetime):
        return f"{answer.year}年{answer.month}月{answer.day}日 {answer:%H:%M}"
    if isinstance(answer, time):
        return f"{answer:%H:%M}"
    if isinstance(answer, date):
        return f"{answer.year}年{answer.month}月{answer.day}日"
    text = plain_number(answer) if isinstance(answer, Decimal) else str(answer)
    return f"{text} {item.measure}" if item.measure else text
