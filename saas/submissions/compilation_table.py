"""A compilation as the paper table: merged heads, a row for each unit, sums, what is missing said in words."""

from __future__ import annotations

from flask_babel import gettext

from saas.domain.compiling import Figure, figures_of, part_text, part_value
from saas.domain.paper_table import Cell, PaperColumn, PaperTable, merged_heads
from saas.local import local_day, local_time
from saas.spreadsheets.paper import write_paper
from saas.submissions.compiling import Desk, PartRow


def write_compilation(desk: Desk, title: str) -> bytes:
    """Return the table of a compilation as it stands now, ready to be printed; 不适用, 未报 and 未填 stand as words."""
    figures = figures_of(desk.form)
    columns = (
        PaperColumn("number", gettext("序号")),
        PaperColumn("unit", gettext("单位")),
        PaperColumn("state", gettext("情况")),
        *(_column(figure) for figure in figures),
    )
    heads, head_rows = merged_heads(columns)
    rows = tuple(_row(place, row, figures) for place, row in enumerate(desk.rows, start=1))
    totals: list[Cell] = [total.amount if total.figure.is_added else "—" for total in desk.totals]
    total = (None, gettext("合计"), None, *totals)
    table = PaperTable(title, columns, heads, head_rows, rows, total, is_landscape=True, note=_note(desk))
    above = [
        gettext("汇总单位：%(unit)s", unit=desk.compiler.name),
        gettext("汇总上报截止：%(day)s", day=local_day(desk.dates.due_on)),
    ]
    if desk.row is not None and desk.is_filed:
        above.append(gettext("上报时间：%(time)s", time=local_time(desk.row.submitted_at)))
    return write_paper(table, above=above, below=[gettext("填表人："), gettext("审核人："), gettext("日期：")])


def _column(figure: Figure) -> PaperColumn:
    group, _, own = figure.label.rpartition("·")
    label = f"{own}（{figure.measure}）" if figure.measure else own
    return PaperColumn(figure.path, label, (group,) if group else ())


def _row(place: int, row: PartRow, figures: tuple[Figure, ...]) -> tuple[Cell, ...]:
    state = gettext("迟报") if row.is_late else gettext("按时") if row.has_come else gettext("未报")
    cells: list[Cell] = []
    for figure in figures:
        number = part_value(figure, row.part)
        cells.append(number if number is not None else part_text(figure, row.part))
    return (str(place), row.name, state, *cells)


def _note(desk: Desk) -> str:
    notes = [gettext("不适用的不计入合计，也不作 0；未报的没有计入。")]
    if desk.missing:
        notes.append(gettext("未报：%(names)s。", names="、".join(row.name for row in desk.missing)))
    if desk.row is not None and desk.row.note:
        notes.append(gettext("汇总说明：%(note)s", note=desk.row.note))
    return " ".join(notes)
