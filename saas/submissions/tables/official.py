"""The official layout (正式表样) of what units handed in: merged heads, 序号, 合计, ready to be printed.

What was not reported, not answered or does not apply is said in words: none of them is 0. Nothing in it is a formula.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from math import ceil
from typing import Any, Final

import xlsxwriter
from xlsxwriter.format import Format
from xlsxwriter.worksheet import Worksheet

from saas.domain.answers import NOT_APPLICABLE
from saas.domain.checklists import checklist_summary
from saas.domain.expressions.values import plain_number, to_number
from saas.domain.fields import NUMBERS, Field, FieldType, Sensitivity
from saas.domain.filed import shown_answer
from saas.domain.masking import mask_answer, protected_fields
from saas.forms.definitions import definition_of_version
from saas.spreadsheets.writing import OPTIONS, display_width, sheet_name
from saas.submissions.tables.layout import FormColumn, FormSheet, form_tables, outer_of
from saas.submissions.tables.scope import TableScope, TableUnit
from saas.submissions.tables.template import write_group_heads
from saas.submissions.tables.words import STATE_WORDS, answer_at, inner_rows

NOT_REPORTED: Final = "未报"
NOT_ANSWERED: Final = "未填"
DOES_NOT_APPLY: Final = "不适用"
NONE: Final = "—"  # in the totals: nothing to be added
HEAD_ROWS: Final = 2  # title, and whose it is
# Characters of half width that can be read on one page: upright on A4, across, across on A3.
_UPRIGHT: Final = 92
_ACROSS: Final = 160
_LARGE: Final = 240
_A4, _A3 = 9, 8
_WIDEST: Final = 30
_DIGITS: Final = 15  # what a spreadsheet program keeps of a number
_RATES: Final = ("%", "％", "‰", "率", "百分比")
Progress = Callable[[int], None]


@dataclass(frozen=True, slots=True)
class Heading:
    """What stands above the table: who reports, and on which day."""

    unit_name: str
    day: date


@dataclass(frozen=True, slots=True)
class _Line:
    """A row: the unit's name, where it stands, and its answers; None if there is no report to show."""

    unit: TableUnit
    state: str
    answers: Mapping[str, Any] | None
    is_not_applicable: bool = False


def write_official(scope: TableScope, heading: Heading, progress: Progress = lambda percent: None) -> bytes:
    """The workbook of a period: the units of the table with what they handed in, a sheet for each repeat."""
    sheets, buffer = official_sheets(scope), io.BytesIO()
    with xlsxwriter.Workbook(buffer, {**OPTIONS, "constant_memory": False}) as workbook:
        writer = _Writer(workbook, scope, heading, progress)
        for form_sheet in sheets:
            writer.sheet(form_sheet)
        workbook.set_properties({"title": f"{scope.period.label}{scope.collection.name}"})
    return buffer.getvalue()


def official_sheets(scope: TableScope) -> tuple[FormSheet, ...]:
    """The sheets of the form as it is published, and what only earlier versions asked, if reports are in them."""
    tables = form_tables(scope.definition, is_filed=True)
    sheets = {each.repeat: each for each in (tables.main, *tables.repeats)}
    for version in scope.versions.values():
        if version.id == scope.version.id:
            continue
        earlier = form_tables(definition_of_version(version), is_filed=True)
        for each in (earlier.main, *earlier.repeats):
            sheets[each.repeat] = _with_more(sheets.get(each.repeat), each, version.number)
    return tuple(each for each in sheets.values() if each.columns or each.has_numbers or not each.repeat)


def _with_more(newer: FormSheet | None, earlier: FormSheet, number: int) -> FormSheet:
    if newer is None:
        return earlier
    known = {each.path for each in newer.columns}
    more = (replace(each, groups=(f"第 {number} 版表单",)) for each in earlier.columns if each.path not in known)
    return replace(newer, columns=(*newer.columns, *more))


class _Writer:
    """One workbook on its way."""

    def __init__(self, workbook: Any, scope: TableScope, heading: Heading, progress: Progress) -> None:
        self.workbook, self.scope, self.heading, self.progress = workbook, scope, heading, progress
        base = {"font_name": "宋体", "font_size": 11, "valign": "vcenter"}
        cell = {**base, "border": 1}
        add = workbook.add_format
        self.title = add({**base, "bold": True, "font_size": 18, "align": "center"})
        self.wide_title = add({**base, "bold": True, "font_size": 18, "align": "left"})
        self.left, self.right = add({**base, "align": "left"}), add({**base, "align": "right"})
        self.head = add({**cell, "bold": True, "align": "center", "text_wrap": True, "bg_color": "#EDEDED"})
        self.text = add({**cell, "num_format": "@", "text_wrap": True})
        self.middle = add({**cell, "align": "center"})
        self.number = add({**cell, "align": "right", "num_format": "General"})
        self.absent = add({**cell, "align": "center", "font_color": "#808080"})
        self.total = add({**cell, "bold": True, "align": "right", "num_format": "General"})
        self.total_text = add({**cell, "bold": True, "align": "center", "text_wrap": True})
        self.lines = [self.line(unit) for unit in scope.units]
        self.has_above = len({each.above.id for each in scope.units if each.above}) > 1

    def line(self, unit: TableUnit) -> _Line:
        state = self.scope.state_of(unit)
        if unit.filed is None or not state.is_handed_in:
            return _Line(unit, STATE_WORDS[state], None)
        words = f"{STATE_WORDS[state]}{'（迟报）' if unit.filed.is_late else ''}"
        if unit.filed.is_not_applicable:
            return _Line(unit, f"{words}：本期不适用", None, is_not_applicable=True)
        answers = self.scope.answers_of(unit)
        checklist = checklist_summary(self.scope.definition_for(unit), answers)
        return _Line(unit, f"{words}；{checklist.in_words}" if checklist else words, answers)

    def sheet(self, form_sheet: FormSheet) -> None:
        sheet = self.workbook.add_worksheet(
            form_sheet.name if form_sheet.repeat else sheet_name(self.scope.collection.name)
        )
        outer = (f"{form_sheet.outer_label}序号",) if form_sheet.outer_label else ()
        who = ("序号", "单位", *(("上级单位",) if self.has_above else ()), *outer)
        tail = () if form_sheet.repeat else ("填报情况",)
        first = HEAD_ROWS + form_sheet.depth
        last_place = len(who) + len(form_sheet.columns) + len(tail) - 1
        for place, head in [*enumerate(who), *((last_place, head) for head in tail)]:
            self.merged(sheet, HEAD_ROWS, first, place, head)
        write_group_heads(sheet, form_sheet, HEAD_ROWS, len(who), self.head)
        for place, each in enumerate(form_sheet.columns, start=len(who)):
            measure = f"（{each.field.measure}）" if each.field.measure else ""
            self.merged(sheet, HEAD_ROWS + len(each.groups), first, place, f"{each.head}{measure}")
        body = _Body(self, sheet, form_sheet, len(who), bool(tail))
        last = body.write(first + 1)
        widths = body.widths(who, tail)
        self.top(sheet, form_sheet, last_place, is_wide=sum(widths) > _LARGE)
        self.arrange(sheet, first, last, last_place, widths)

    def top(self, sheet: Worksheet, form_sheet: FormSheet, last_place: int, *, is_wide: bool) -> None:
        scope, day = self.scope, self.heading.day
        title = f"{scope.period.label}{scope.collection.name}"
        title = f"{title}（{form_sheet.label}）" if form_sheet.repeat else title
        sheet.set_row(0, 36)
        sheet.set_row(1, 22)
        # In the middle of several pages' width it would stand on none of them as a title.
        sheet.merge_range(0, 0, 0, last_place, title, self.wide_title if is_wide else self.title)
        half = max((last_place + 1) // 2, 2)
        whose = f"填报单位：{self.heading.unit_name}"
        reported = f"报送日期：{day.year}年{day.month}月{day.day}日"
        if last_place < 3:
            sheet.merge_range(1, 0, 1, last_place, f"{whose}    {reported}", self.left)
            return
        sheet.merge_range(1, 0, 1, half - 1, whose, self.left)
        if half < last_place:
            sheet.merge_range(1, half, 1, last_place, reported, self.right)
        else:
            sheet.write_string(1, half, reported, self.right)

    def merged(self, sheet: Worksheet, first: int, last: int, place: int, text: str) -> None:
        if first == last:
            sheet.write_string(first, place, text, self.head)
        else:
            sheet.merge_range(first, place, last, place, text, self.head)

    def arrange(self, sheet: Worksheet, head_row: int, last: int, last_place: int, widths: Sequence[float]) -> None:
        """Widths, what stays in sight, and how it is printed: the heads on every page, wide tables across or on larger
        paper, the widest over several pages with the units on each.
        """
        for place, width in enumerate(widths):
            sheet.set_column(place, place, width)
        for row in range(HEAD_ROWS, head_row + 1):
            sheet.set_row(row, 32 if row == head_row else 20)
        sheet.freeze_panes(head_row + 1, 2)
        width = sum(widths)
        sheet.set_paper(_A3 if width > _ACROSS else _A4)
        if width > _UPRIGHT:
            sheet.set_landscape()
        sheet.fit_to_pages(ceil(width / _LARGE), 0)
        if width > _LARGE:
            sheet.repeat_columns(0, 1)
        sheet.repeat_rows(0, head_row)
        sheet.print_area(0, 0, last, last_place)
        sheet.center_horizontally()
        sheet.set_footer("&C第 &P 页  共 &N 页")


class _Body:
    """The rows of one sheet, and the totals below them."""

    def __init__(self, writer: _Writer, sheet: Worksheet, form_sheet: FormSheet, offset: int, has_state: bool) -> None:
        self.writer, self.sheet, self.form_sheet = writer, sheet, form_sheet
        self.offset, self.has_state = offset, has_state
        self.protected = {**protected_fields(writer.scope.definition)}
        self.sums: list[Decimal | None] = [None] * len(form_sheet.columns)
        self.is_added = [_is_added(each.field) for each in form_sheet.columns]
        self.widest = [_head_width(each) for each in form_sheet.columns]
        self.unit_width = self.above_width = self.state_width = 8
        self.number = self.above_before = 0

    def write(self, first: int) -> int:
        """Write the rows from `first` on; return the last row, that of the totals."""
        row, lines = first, self.writer.lines
        for done, line in enumerate(lines):
            if done % 500 == 0:
                self.writer.progress(10 + 80 * done // max(len(lines), 1))
            for above, answers in self.rows_of(line):
                self.row(row, line, answers)
                if above:
                    sheet, place = self.sheet, self.offset - 1
                    sheet.write_number(row, place, self.above_before + above, self.writer.middle)
                row += 1
            if self.form_sheet.outer_label and line.answers is not None:
                self.above_before += len(inner_rows(line.answers, outer_of(self.form_sheet.repeat)))
        self.totals(row)
        return row

    def rows_of(self, line: _Line) -> Sequence[tuple[int, Mapping[str, Any] | None]]:
        """The rows of a unit, each with the number of the row that it belongs to, counted within the unit."""
        if not self.form_sheet.repeat:
            return ((0, line.answers),)
        return inner_rows(line.answers, self.form_sheet.repeat) if line.answers is not None else ()

    def row(self, row: int, line: _Line, answers: Mapping[str, Any] | None) -> None:
        writer, sheet, unit = self.writer, self.sheet, line.unit
        self.number += 1
        sheet.write_number(row, 0, self.number, writer.middle)
        sheet.write_string(row, 1, unit.name, writer.text)
        self.unit_width = max(self.unit_width, display_width(unit.name))
        if writer.has_above:
            above = unit.above.name if unit.above else ""
            sheet.write_string(row, 2, above, writer.text)
            self.above_width = max(self.above_width, display_width(above))
        if answers is None:
            word = DOES_NOT_APPLY if line.is_not_applicable else NOT_REPORTED
            for place in range(len(self.form_sheet.columns)):
                sheet.write_string(row, self.offset + place, word, writer.absent)
        else:
            for place, each in enumerate(self.form_sheet.columns):
                self.cell(row, place, each, answer_at(answers, each.inner_path), unit)
        if self.has_state:
            sheet.write_string(row, self.offset + len(self.form_sheet.columns), line.state, writer.middle)
            self.state_width = max(self.state_width, display_width(line.state))

    def cell(self, row: int, place: int, each: FormColumn, answer: Any, unit: TableUnit) -> None:
        writer, at = self.writer, self.offset + place
        held = self.protected.get(each.path)
        if held is not None and answer is not None and _is_masked(held, unit):
            self.sheet.write_string(row, at, mask_answer(held, answer), writer.text)
        elif answer is None or answer == ():
            self.sheet.write_string(row, at, NOT_ANSWERED, writer.absent)
        elif answer is NOT_APPLICABLE:
            self.sheet.write_string(row, at, DOES_NOT_APPLY, writer.absent)
        else:
            amount = _amount(each.field, answer)
            if amount is None:
                text = _text(each.field, answer)
                self.sheet.write_string(row, at, text, writer.text)
                self.widest[place] = max(self.widest[place], display_width(text))
                return
            write_amount(self.sheet, row, at, amount, writer.number)
            if held is None and self.is_added[place]:
                self.sums[place] = (self.sums[place] or Decimal(0)) + amount

    def totals(self, row: int) -> None:
        """合计: what was reported, added up. A column without figures has none, and a rate has no sum."""
        writer, sheet = self.writer, self.sheet
        sheet.merge_range(row, 0, row, self.offset - 1, "合计", writer.total_text)
        for place, total in enumerate(self.sums):
            if total is None:
                sheet.write_string(row, self.offset + place, NONE, writer.total_text)
            else:
                write_amount(sheet, row, self.offset + place, total, writer.total)
        if self.has_state:
            came = sum(line.answers is not None or line.is_not_applicable for line in writer.lines)
            text = f"应报 {len(writer.lines)}，已报 {came}，未报 {len(writer.lines) - came}"
            sheet.write_string(row, self.offset + len(self.form_sheet.columns), text, writer.total_text)
            self.state_width = max(self.state_width, min(display_width(text), 18))

    def widths(self, who: Sequence[str], tail: Sequence[str]) -> list[float]:
        above = [min(self.above_width + 2, _WIDEST)] if self.writer.has_above else []
        above += [display_width(head) + 2 for head in who[2 + len(above) :]]
        return [
            6,
            min(self.unit_width + 2, _WIDEST),
            *above,
            *(min(width + 2, _WIDEST) for width in self.widest),
            *(min(self.state_width + 2, _WIDEST) for _ in tail),
        ]


def write_amount(sheet: Worksheet, row: int, place: int, amount: Decimal, look: Format) -> None:
    """A figure as a number; one that a spreadsheet program would round, as text."""
    if len(amount.as_tuple().digits) <= _DIGITS:
        sheet.write_number(row, place, float(amount), look)
    else:
        sheet.write_string(row, place, plain_number(amount), look)


def _head_width(each: FormColumn) -> int:
    measure = display_width(each.field.measure) + 4 if each.field.measure else 0
    return max(min(display_width(each.head) + measure, 16), 8)


def _is_masked(held: Field, unit: TableUnit) -> bool:
    """Personal data shows to whoever fills it in; sensitive data in no file."""
    return held.sensitivity is Sensitivity.SENSITIVE or not unit.may_fill


def _amount(item: Field, answer: Any) -> Decimal | None:
    if item.type in NUMBERS:
        return Decimal(answer)
    if item.type is FieldType.CALCULATE:
        number = to_number(str(answer))
        return number if number.is_finite() else None
    return None


def _is_added(item: Field) -> bool:
    """Whether figures of a question may be added up: amounts, no rates, and of what is computed what the form says."""
    if item.total:
        return True
    is_rate = item.measure in _RATES or item.label.endswith(_RATES)
    return item.type in NUMBERS and item.type is not FieldType.RANGE and not is_rate


def _text(item: Field, answer: Any) -> str:
    return str(answer) if item.type in (FieldType.CALCULATE, FieldType.TEXT) else shown_answer(item, answer)
