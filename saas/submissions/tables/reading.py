"""What a workbook says of a form: which sheet is which table, and whether it was made for this one at all."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from saas.domain.errors import Message, message
from saas.spreadsheets.cells import Sheet, Workbook
from saas.spreadsheets.columns import Column
from saas.spreadsheets.limits import MAX_ROWS, SpreadsheetRefused
from saas.spreadsheets.tables import Place, Table, TableRow, heads_found, read_table
from saas.submissions.tables.layout import NOTES, UNIT_CODE, UNIT_NAME, FormSheet, form_tables, unit_columns
from saas.submissions.tables.scope import TableScope

KEYS = (UNIT_CODE, UNIT_NAME)


@dataclass(frozen=True, slots=True)
class FormTable(Table):
    """What a file says of a form. `repeat_of` gives the path of the repeat for each of its sheets, "" for the others;
    `stamp` is what the template said of itself, `scope` the table that it was read for.
    """

    repeat_of: Mapping[str, str] = field(default_factory=dict)
    stamp: Mapping[str, str] = field(default_factory=dict)
    scope: TableScope | None = None

    def has_repeat(self, path: str) -> bool:
        """Whether the file has a sheet for a repeat: without one its rows stay as they are."""
        return path in self.repeat_of.values()


def read_form_workbook(workbook: Workbook, scope: TableScope, name: str) -> FormTable:
    """Read a workbook for a table. Raises SpreadsheetRefused if it was made for another one, or has no such heads."""
    _refuse_other(workbook.stamp, scope, name)
    tables = form_tables(scope.definition)
    columns: dict[str, Column] = {}
    places: dict[str, Place] = {}
    rows: list[TableRow] = []
    notices = list(_version_notice(workbook.stamp, scope))
    repeat_of: dict[str, str] = {}
    for form_sheet, sheets in _allocated(workbook, tables.sheets, name, is_one=scope.is_one_unit):
        found = _read_one(replace(workbook, sheets=tuple(sheets)), form_sheet, name, is_one=scope.is_one_unit)
        columns |= {column.name: column for column in found.columns if column.name not in columns}
        places |= found.places
        repeat_of |= dict.fromkeys(found.places, form_sheet.repeat)
        rows.extend(found.rows)
        notices.extend(found.notices)
    if not rows:
        raise SpreadsheetRefused("“{name}”只有表头，没有内容。请在表头下面填写后再上传", name=name)
    if len(rows) > MAX_ROWS:
        raise SpreadsheetRefused("“{name}”超过 {rows} 行。请分成几个文件，分几次上传", name=name, rows=MAX_ROWS)
    return FormTable(tuple(columns.values()), places, tuple(rows), tuple(notices), repeat_of, workbook.stamp, scope)


def _refuse_other(stamp: Mapping[str, str], scope: TableScope, name: str) -> None:
    """A template says what it is for. A file without a stamp, such as the unit's own, is taken by its heads."""
    if not stamp:
        return
    form = scope.version.form
    if stamp.get("form") != form.code:
        raise SpreadsheetRefused(
            "“{name}”是表单“{other}”的模板，这里要的是“{form}”。请下载本页的模板",
            name=name,
            other=stamp.get("form_name", ""),
            form=form.name,
        )
    if stamp.get("collection") != str(scope.collection.id) or stamp.get("period") != scope.period.start.isoformat():
        raise SpreadsheetRefused(
            "“{name}”是“{other}”的模板，这里填的是“{here}”。请下载本期的模板，把内容复制过来",
            name=name,
            other=f"{stamp.get('period_name', '')}{stamp.get('collection_name', '')}",
            here=f"{scope.period.label}{scope.collection.name}",
        )


def _version_notice(stamp: Mapping[str, str], scope: TableScope) -> Iterator[Message]:
    if stamp and stamp.get("digest") != scope.version.digest:
        yield message(
            "old_template",
            "文件是按表单第 {old} 版的模板填的，现在是第 {new} 版：相同的列照样读入，新增的列请补填",
            old=stamp.get("version", "?"),
            new=scope.version.number,
        )


def _allocated(
    workbook: Workbook, form_sheets: Sequence[FormSheet], name: str, *, is_one: bool
) -> list[tuple[FormSheet, list[Sheet]]]:
    """Which sheets are read as which table: by the questions among their heads, and by their name where these tie."""
    found: dict[str, list[Sheet]] = {}
    for sheet in (each for each in workbook.sheets if each.name != NOTES):
        best = max(form_sheets, key=lambda each: _likeness(sheet, each), default=None)
        if best is None or _likeness(sheet, best)[0] == 0:
            continue
        if is_one or not best.repeat or _has_key(sheet, best):
            found.setdefault(best.name, []).append(sheet)
    if not found:
        labels = [each.column.label for form_sheet in form_sheets for each in form_sheet.columns][:5]
        raise SpreadsheetRefused(
            "“{name}”里没有找到表头：要有“单位代码”或“单位名称”列，以及“{labels}”等列。请用本页下载的模板，"
            "或把列名改成与模板一致",
            name=name,
            labels="”“".join(labels),
        )
    return [(each, found[each.name]) for each in form_sheets if each.name in found]


def _likeness(sheet: Sheet, form_sheet: FormSheet) -> tuple[int, bool]:
    heads = heads_found(sheet, _columns_of(form_sheet))
    return sum(not head.startswith("@") for head in heads), sheet.name == form_sheet.name


def _has_key(sheet: Sheet, form_sheet: FormSheet) -> bool:
    heads = heads_found(sheet, _columns_of(form_sheet))
    return any(key in heads for key in KEYS)


def _columns_of(form_sheet: FormSheet) -> list[Column]:
    return [*unit_columns(is_required=False), *form_sheet.keys, *(each.column for each in form_sheet.columns)]


def _read_one(workbook: Workbook, form_sheet: FormSheet, name: str, *, is_one: bool) -> Table:
    """Read the sheets of one table. A unit is known by the column with its code, or else by the one with its name."""
    questions = [each.column for each in form_sheet.columns]
    who = unit_columns(is_required=False, has_above=True)
    heads = {head for sheet in workbook.sheets for head in heads_found(sheet, [*who, *questions])}
    key = UNIT_CODE if UNIT_CODE in heads else UNIT_NAME
    who = unit_columns(is_required=not is_one, key=key, has_above=True)
    return read_table(workbook, [*who, *form_sheet.keys, *questions], name, may_be_empty=True)
