"""A compilation as a workbook: a row for each unit, the sums below, what is missing said in words."""

from __future__ import annotations

from flask_babel import gettext

from saas.domain.compiling import figures_of, part_text
from saas.domain.expressions.values import plain_number
from saas.spreadsheets.columns import Column, Kind
from saas.spreadsheets.writing import Layout, Row, write_xlsx
from saas.submissions.compiling import Desk


def write_compilation(desk: Desk, title: str) -> bytes:
    """Return the table of a compilation as it stands now; 不适用, 未报 and 未填 stand in the cells as words."""
    figures = figures_of(desk.form)
    columns = (
        Column("unit", gettext("单位")),
        Column("code", gettext("单位编码"), Kind.CODE),
        Column("state", gettext("情况")),
        *(
            Column(f"figure{place}", f"{figure.label}（{figure.measure}）" if figure.measure else figure.label)
            for place, figure in enumerate(figures)
        ),
    )
    rows: list[Row] = [
        {
            "unit": row.name,
            "code": row.unit.code,
            "state": gettext("迟报") if row.is_late else gettext("按时") if row.has_come else gettext("未报"),
            **{f"figure{place}": part_text(figure, row.part) for place, figure in enumerate(figures)},
        }
        for row in desk.rows
    ]
    totals = {
        f"figure{place}": plain_number(total.amount) if total.amount is not None else "—"
        for place, total in enumerate(desk.totals)
    }
    rows.append({"unit": gettext("合计"), "code": "", "state": "", **totals})
    notes = [gettext("不适用的不计入合计，也不作 0；未报的没有计入。")]
    if desk.missing:
        notes.append(gettext("未报：%(names)s", names="、".join(row.name for row in desk.missing)))
    if desk.row is not None and desk.row.note:
        notes.append(gettext("汇总说明：%(note)s", note=desk.row.note))
    return write_xlsx(Layout(title, columns, rows, tuple(notes)))
