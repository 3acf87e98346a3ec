"""The workbook that is filled in (填报模板): a row for each unit, drop-downs, notes, an example, and what it is for.

The heads stay as they are. What was begun already stands in the rows, so that a template that is sent back unchanged
changes nothing.
"""

from __future__ import annotations

import io
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import xlsxwriter
from xlsxwriter.format import Format
from xlsxwriter.worksheet import Worksheet

from saas.domain.answers import NOT_APPLICABLE as ANSWERED_NOT_APPLICABLE
from saas.domain.fields import FieldType
from saas.domain.masking import protected_fields
from saas.spreadsheets.cells import STAMP
from saas.spreadsheets.columns import NOT_APPLICABLE, Column, Kind, Value, shown_value
from saas.spreadsheets.limits import MAX_COLUMNS
from saas.spreadsheets.tables import EXAMPLE
from saas.spreadsheets.writing import (
    ALLOWED,
    MAX_PROMPT,
    OPTIONS,
    ROW_HEIGHT,
    Looks,
    add_notes,
    display_width,
    explanation,
    list_source,
    write_lists,
    write_value,
)
from saas.submissions.tables.layout import (
    ABOVE,
    NOTES,
    STANDING,
    UNIT_CODE,
    UNIT_NAME,
    FormColumn,
    FormSheet,
    FormTables,
    form_tables,
    number_key,
    outer_key,
    unit_columns,
)
from saas.submissions.tables.scope import TableScope, TableUnit
from saas.submissions.tables.words import STATE_WORDS, answer_at, inner_rows, without

SPARE_ROWS: Final = 500  # below the rows that are there, with drop-downs too
TITLE_ROWS: Final = 2
_WIDTHS = {UNIT_CODE: 18, UNIT_NAME: 18, ABOVE: 14, STANDING: 10}


@dataclass(frozen=True, slots=True)
class _Row:
    """A row of a sheet: the texts of whose it is, and the values of its questions by path."""

    unit: Mapping[str, str]
    values: Mapping[str, Value | None]
    is_locked: bool


def write_template(scope: TableScope) -> bytes:
    """The workbook of a form's version for the units of a table."""
    tables, buffer = form_tables(scope.definition), io.BytesIO()
    has_above = not scope.is_one_unit and len({each.above.id for each in scope.units if each.above}) > 1
    who = unit_columns(is_required=True, has_above=has_above)
    with xlsxwriter.Workbook(buffer, {**OPTIONS, "constant_memory": False}) as workbook:
        writer = _Writer(workbook, scope, tables, who)
        for form_sheet in tables.sheets:
            writer.sheet(form_sheet)
        writer.notes()
        write_lists(workbook, writer.lists)
        _write_stamp(workbook, scope)
    return buffer.getvalue()


def stamp_of(scope: TableScope) -> dict[str, str]:
    """What a template says of itself: which form, version, collection and period it is of, which drafts it shows."""
    form = scope.version.form
    drafts = {f"draft:{each.unit.code}": str(each.filed.version) for each in scope.units if each.filed}
    return {
        "form": form.code,
        "form_name": form.name,
        "version": str(scope.version.number),
        "digest": scope.version.digest,
        "collection": str(scope.collection.id),
        "collection_name": scope.collection.name,
        "period": scope.period.start.isoformat(),
        "period_name": scope.period.label,
        "unit": scope.units[0].unit.code if scope.is_one_unit else "",
        **drafts,
    }


def _write_stamp(workbook: Any, scope: TableScope) -> None:
    sheet = workbook.add_worksheet(STAMP)
    sheet.very_hidden()
    for row, (name, text) in enumerate(stamp_of(scope).items()):
        sheet.write_string(row, 0, name)
        sheet.write_string(row, 1, text)


class _Writer:
    """One workbook on its way: its formats, and the long lists that its drop-downs need."""

    def __init__(self, workbook: Any, scope: TableScope, tables: FormTables, who: Sequence[Column]) -> None:
        self.workbook, self.scope, self.tables, self.who = workbook, scope, tables, who
        self.looks, self.framed, self.lists = Looks(workbook), Looks(workbook, framed=True), list[tuple[str, ...]]()
        base = {"font_name": "宋体", "font_size": 11, "valign": "vcenter", "border": 1}
        self.locked: Format = workbook.add_format({**base, "bg_color": "#F0F0F0", "num_format": "@", "locked": True})
        self.title: Format = workbook.add_format(
            {**base, "border": 0, "bold": True, "font_size": 16, "align": "center", "locked": True}
        )
        self.says: Format = workbook.add_format(
            {**base, "border": 0, "font_color": "#7A4A00", "text_wrap": True, "locked": True}
        )
        self.plain: Format = workbook.add_format({"font_name": "宋体", "font_size": 11})
        self.example: Format = workbook.add_format(
            {**base, "italic": True, "font_color": "#7A7A7A", "num_format": "@", "locked": True}
        )

    def sheet(self, form_sheet: FormSheet) -> None:
        """One sheet: title, what to mind, heads, an example, the rows that are there."""
        sheet = self.workbook.add_worksheet(form_sheet.name)
        sheet.set_default_row(ROW_HEIGHT)
        who = self.unit_columns_of(form_sheet)
        columns = [*who, *(each.column for each in form_sheet.columns)][:MAX_COLUMNS]
        head_row = TITLE_ROWS + form_sheet.depth
        for place, column in enumerate(columns):
            is_given = place < len(who) and not form_sheet.repeat  # in a repeat there are rows to be added
            sheet.set_column(place, place, self.width(column), None if is_given else self.looks.of(column))
        self.top(sheet, form_sheet, len(columns))
        self.heads(sheet, form_sheet, who, head_row)
        for place, column in enumerate(columns):
            text = f"{EXAMPLE}：{column.example}" if place == 0 else column.example
            sheet.write_string(head_row + 1, place, text, self.example)
        rows = self.rows(form_sheet)
        for number, row in enumerate(rows, start=head_row + 2):
            self.row(sheet, number, row, who, form_sheet)
        self.offer(sheet, columns, head_row + 2, head_row + 1 + len(rows) + SPARE_ROWS)
        sheet.freeze_panes(head_row + 1, min(len(who), 2))
        sheet.protect("", {**ALLOWED, "autofilter": True})
        sheet.set_landscape()
        sheet.set_paper(9)
        sheet.fit_to_pages(1, 0)
        sheet.repeat_rows(TITLE_ROWS, head_row)

    def unit_columns_of(self, form_sheet: FormSheet) -> list[Column]:
        """Whose row it is. A repeat names its unit in the first column; for one unit nobody has to be named."""
        if not form_sheet.repeat:
            return list(self.who)
        who = [] if self.scope.is_one_unit else [each for each in self.who if each.name in (UNIT_CODE, UNIT_NAME)]
        return [*who, *form_sheet.keys]

    def width(self, column: Column) -> float:
        widest = max(display_width(column.full_label), min(display_width(column.example), 24))
        return _WIDTHS.get(column.name) or min(max(widest + 4, 12), 32)

    def top(self, sheet: Worksheet, form_sheet: FormSheet, count: int) -> None:
        scope = self.scope
        title = f"{scope.period.label}{scope.collection.name}"
        title = f"{title}——{form_sheet.label}" if form_sheet.repeat else title
        says = (
            f"{scope.dates.due_on.isoformat()} 前报送。灰色的格不用改；没有发生的填 0，没有这回事的填“不适用”"
            "（允许时），还不知道的留空；每格怎么填，点一下就有提示，也见“填写说明”。"
        )
        if form_sheet.repeat and not scope.is_one_unit:
            says = f"一行填一条，每行第一列写单位代码。{says}"
        for row, text, look, height in ((0, title, self.title, 30), (1, says, self.says, 34)):
            sheet.set_row(row, height)
            if count > 1:
                sheet.merge_range(row, 0, row, count - 1, text, look)
            else:
                sheet.write_string(row, 0, text, look)

    def heads(self, sheet: Worksheet, form_sheet: FormSheet, who: Sequence[Column], head_row: int) -> None:
        """The heads with their groups above them; what has no group stands over all rows of the heads."""
        for place, column in enumerate(who):
            self.head(sheet, TITLE_ROWS, head_row, place, column.full_label, self.looks.head)
        write_group_heads(sheet, form_sheet, TITLE_ROWS, len(who), self.looks.head)
        for place, each in enumerate(form_sheet.columns, start=len(who)):
            look = self.looks.required if each.field.required else self.looks.head
            first = TITLE_ROWS + len(each.groups)
            measure = f"（{each.field.measure}）" if each.field.measure else ""
            self.head(sheet, first, head_row, place, f"{each.head}{measure}", look)
        for row in range(TITLE_ROWS, head_row + 1):
            sheet.set_row(row, 30 if row == head_row else 22)

    def head(self, sheet: Worksheet, first: int, last: int, place: int, text: str, look: Format) -> None:
        if first == last:
            sheet.write_string(first, place, text, look)
        else:
            sheet.merge_range(first, place, last, place, text, look)

    def rows(self, form_sheet: FormSheet) -> list[_Row]:
        return [row for unit in self.scope.units for row in self.rows_of(unit, form_sheet)]

    def rows_of(self, unit: TableUnit, form_sheet: FormSheet) -> list[_Row]:
        """The row of a unit, or its rows in a repeat. What is not the viewer's to fill shows once it was handed in."""
        scope = self.scope
        state = scope.state_of(unit)
        who = {
            UNIT_CODE: unit.unit.code,
            UNIT_NAME: unit.name,
            ABOVE: unit.above.name if unit.above else "",
            STANDING: STATE_WORDS[state] if unit.may_fill else f"{STATE_WORDS[state]}（只看）",
        }
        is_locked = not unit.may_fill or scope.problem_of(unit) is not None
        shown = self.shown(unit) if unit.may_fill or state.is_handed_in else {}
        if not form_sheet.repeat:
            return [_Row(who, _values(form_sheet.columns, shown), is_locked)]
        outer, number = outer_key(form_sheet.repeat), number_key(form_sheet.repeat)
        return [
            _Row({**who, outer: str(above), number: str(place)}, _values(form_sheet.columns, row), is_locked)
            for place, (above, row) in enumerate(inner_rows(shown, form_sheet.repeat), start=1)
        ]

    def shown(self, unit: TableUnit) -> Mapping[str, Any]:
        answers = self.scope.first_answers(unit)
        if unit.may_fill:
            return answers
        return without(answers, protected_fields(self.scope.definition_for(unit)))

    def row(self, sheet: Worksheet, number: int, row: _Row, who: Sequence[Column], form_sheet: FormSheet) -> None:
        for place, column in enumerate(who):
            sheet.write_string(number, place, row.unit[column.name], self.locked)
        for place, each in enumerate(form_sheet.columns, start=len(who)):
            value = row.values.get(each.path)
            if row.is_locked:
                text = "" if value is None else shown_value(value, each.column)
                sheet.write_string(number, place, text, self.locked)
            elif value is None:
                sheet.write_blank(number, place, None, self.framed.of(each.column))
            elif value == NOT_APPLICABLE:
                sheet.write_string(number, place, NOT_APPLICABLE, self.framed.text)
            else:
                write_value(sheet, number, place, value, each.column, self.framed)

    def offer(self, sheet: Worksheet, columns: Sequence[Column], first: int, last: int) -> None:
        """Drop-downs, and what is said when a cell is entered."""
        for place, column in enumerate(columns):
            choices = ("是", "否") if column.kind is Kind.YES_NO else tuple(shown for _, shown in column.choices)
            rule: dict[str, Any] = {"validate": "any"}
            if choices and column.kind is not Kind.CHOICES:
                choices += (NOT_APPLICABLE,) if column.may_not_apply else ()
                rule = {"validate": "list", "source": list_source(choices, self.lists)}
                rule |= {"error_title": "请从列表中选择", "error_message": "这一列的内容须是列表中的一项。"}
            says = explanation(column)
            if says and (column.help or not column.name.startswith("@")):
                rule |= {"input_title": column.label[:32], "input_message": says[:MAX_PROMPT]}
            if len(rule) > 1:
                sheet.data_validation(first, place, last, place, rule)

    def notes(self) -> None:
        """The sheet that explains every column, and what is not in the workbook."""
        sheet = add_notes(self.workbook, NOTES)
        for place, width in enumerate((14, 28, 10, 60, 24)):
            sheet.set_column(place, place, width, self.looks.note)
        sheet.write_string(
            0, 0, f"{self.scope.collection.form.name}（第 {self.scope.version.number} 版）", self.looks.title
        )
        row = 1
        for item, count in Counter(self.tables.left_out).items():
            several = f"（{count} 处）" if count > 1 else ""
            sheet.write_string(row, 0, f"“{item.label}”{several}不在表里：{item.reason}。", self.plain)
            row += 1
        for place, head in enumerate(("工作表", "列名", "必填", "怎么填", "例子")):
            sheet.write_string(row + 1, place, head, self.looks.head)
        row += 2
        for form_sheet in self.tables.sheets:
            for each in form_sheet.columns:
                demand = "必填" if each.field.required else "按情况" if each.field.required_if else "可不填"
                texts = (form_sheet.name, each.column.full_label, demand, explanation(each.column), each.column.example)
                for place, text in enumerate(texts):
                    sheet.write_string(row, place, text, self.looks.note)
                row += 1


def write_group_heads(sheet: Worksheet, form_sheet: FormSheet, first: int, offset: int, look: Format) -> None:
    """The labels of the groups, the outermost in the first row, each merged over the columns it has."""
    for level in range(form_sheet.depth):
        row, place = first + level, 0
        columns = form_sheet.columns
        while place < len(columns):
            chain = group_at(columns[place], level)
            end = place
            while end + 1 < len(columns) and chain and group_at(columns[end + 1], level) == chain:
                end += 1
            if chain and end > place:
                sheet.merge_range(row, offset + place, row, offset + end, chain[-1], look)
            elif chain:
                sheet.write_string(row, offset + place, chain[-1], look)
            place = end + 1


def group_at(column: FormColumn, level: int) -> tuple[str, ...]:
    """The groups of a column down to the one in a row of heads; () if it has none in that row."""
    return column.groups[: level + 1] if len(column.groups) > level else ()


def _values(columns: Sequence[FormColumn], answers: Mapping[str, Any]) -> dict[str, Any]:
    """The values by path, of a report or of a row of a repeat."""
    return {each.path: _cell_value(each, answer_at(answers, each.inner_path)) for each in columns}


def _cell_value(each: FormColumn, answer: Any) -> Any:
    if answer is ANSWERED_NOT_APPLICABLE:
        return NOT_APPLICABLE
    if answer is None:
        return None
    if each.field.type is FieldType.ACKNOWLEDGE:
        return True
    if each.field.type is FieldType.TIME:
        return answer.isoformat("minutes")
    return answer.isoformat(" ", "minutes") if each.field.type is FieldType.DATETIME else answer
