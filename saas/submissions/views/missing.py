"""Who is missing and who was late: on a page that prints, and as a table."""

from __future__ import annotations

import uuid
from datetime import date
from math import ceil
from typing import Any
from urllib.parse import quote

from flask import Response, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from flask_login import current_user

from saas.access.decorators import requires
from saas.access.permissions import Permission
from saas.db import local_clock, local_now, local_today
from saas.domain.filing import FilingState
from saas.htmx import render_page
from saas.spreadsheets.checking import SpreadsheetType
from saas.spreadsheets.columns import Column, Kind
from saas.spreadsheets.writing import Layout, Row, write_xlsx
from saas.submissions import queries
from saas.submissions.missing import MissingFilter, MissingList, missing_list
from saas.submissions.standing import Standing
from saas.submissions.views.blueprint import bp

KINDS = {"missing", "late"}
PAGE = 200


@bp.get("/collections/missing")
@requires(Permission.SUBMISSION_VIEW)
def missing() -> ResponseReturnValue:
    wanted, today = _wanted(), local_today()
    found = missing_list(current_user, wanted, today)
    page_count = max(1, ceil(len(found.rows) / PAGE))
    page = min(max(request.args.get("page", 1, type=int), 1), page_count)
    return render_page(
        "submissions/missing.html",
        fragment="missing_panel",
        wanted=wanted,
        found=found,
        rows=found.rows[(page - 1) * PAGE : page * PAGE],
        days_over=lambda row: (today - row.asked.dates.due_on).days,
        closed=FilingState.MISSING,
        page=page,
        page_count=page_count,
        collections=queries.list_collections(current_user),
        kept=_kept(),
        list_url=url_for(".missing", **_kept()),
        now=local_clock(),
    )


@bp.get("/collections/missing/table")
@requires(Permission.SUBMISSION_VIEW)
def missing_table() -> ResponseReturnValue:
    wanted = _wanted()
    found = missing_list(current_user, wanted, local_today())
    month = gettext("%(year)s年%(month)s月", year=wanted.month.year, month=wanted.month.month)
    title = gettext("%(month)s未报与迟报名单", month=month)
    answer = Response(_workbook(title, found), mimetype=SpreadsheetType.XLSX.value)
    answer.headers["Content-Disposition"] = f"attachment; filename*=UTF-8''{quote(title)}.xlsx"
    return answer


def _workbook(title: str, found: MissingList) -> bytes:
    columns = (
        Column("above", gettext("上级单位")),
        Column("unit", gettext("单位")),
        Column("code", gettext("单位编码"), Kind.CODE),
        Column("filler", gettext("由谁填报")),
        Column("collection", gettext("填报任务")),
        Column("period", gettext("周期")),
        Column("due_on", gettext("截止日期"), Kind.DAY),
        Column("state", gettext("情况")),
        Column("days", gettext("逾期天数"), Kind.INTEGER),
        Column("came_on", gettext("报送日期"), Kind.DAY),
    )
    notes = (gettext("零报告和申报不适用的已经报送，不在名单内。"), gettext("未报的逾期天数算到制表当天。"))
    return write_xlsx(Layout(title, columns, [_row(each) for each in found.rows], notes))


def _row(standing: Standing) -> Row:
    dates, came_on = standing.asked.dates, _came_on(standing)
    return {
        "above": standing.above[0].name if standing.above else "",
        "unit": standing.unit.name,
        "code": standing.unit.code,
        "filler": "、".join(unit.name for unit in standing.fillers) or gettext("未落实"),
        "collection": standing.asked.name,
        "period": standing.asked.period.label,
        "due_on": dates.due_on,
        "state": gettext("未报") if standing.is_missing else gettext("迟报"),
        "days": ((came_on or local_today()) - dates.due_on).days,
        "came_on": came_on,
    }


def _came_on(standing: Standing) -> date | None:
    if standing.is_missing or standing.submitted_at is None:
        return None
    return standing.submitted_at.astimezone(local_now().tzinfo).date()


def _wanted() -> MissingFilter:
    kind = request.args.get("kind", "")
    return MissingFilter(
        month=_month(request.args.get("month", "")),
        collection_id=_id("collection"),
        branch_id=_id("branch"),
        kind=kind if kind in KINDS else "",
    )


def _month(text: str) -> date:
    try:
        return date.fromisoformat(f"{text}-01")
    except ValueError:
        return local_today().replace(day=1)


def _id(name: str) -> uuid.UUID | None:
    try:
        return uuid.UUID(request.args.get(name, ""))
    except ValueError:
        return None


def _kept() -> dict[str, Any]:
    names = ("month", "collection", "branch", "kind")
    return {name: request.args[name] for name in names if request.args.get(name)}
