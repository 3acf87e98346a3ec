"""The page 统计, and the same as a table to take away."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from flask import Blueprint, Response, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from flask_login import current_user
from sqlalchemy.exc import NoResultFound

from saas.access.decorators import requires
from saas.access.permissions import Permission
from saas.administration.reports.figures import Source, list_sources
from saas.administration.reports.queries import Report, Structure, make_report
from saas.db import local_today
from saas.domain.periods import Period
from saas.domain.roll_up import Sum
from saas.form_fields import EARLIEST, LATEST
from saas.htmx import render_page
from saas.local import plain_number

bp = Blueprint("reports", __name__, url_prefix="/reports")

MANY = 400  # rows above which a page shows the upper levels first


@dataclass(frozen=True, slots=True)
class _Wanted:
    """What the address asks for."""

    source: Source
    period: Period | None
    day: date
    structure: Structure

    @property
    def query(self) -> dict[str, str]:
        """The same as a query."""
        when = {"period": self.period.start.isoformat()} if self.period else {"day": self.day.isoformat()}
        return {"source": self.source.key, "structure": self.structure.value, **when}


@bp.get("")
@requires(Permission.SUBMISSION_VIEW)
def index() -> ResponseReturnValue:
    sources, today = list_sources(current_user), local_today()
    wanted = _wanted(sources, today) if request.args.get("source") else None
    report = _make(wanted, today) if wanted else None
    depth = _depth(report) if report else None
    return render_page(
        "reports/index.html",
        fragment="report",
        source_choices=[(each.key, each.label) for each in sources],
        wanted=wanted,
        report=report,
        rows=report.down_to(depth) if report else [],
        depth=depth,
        depth_choices=[(number, gettext("第 %(number)s 级", number=number + 1)) for number in range(report.deepest + 1)]
        if report
        else [],
        period_choices=[(each.start, each.label) for each in wanted.source.periods(today)] if wanted else [],
        structure_text=structure_text(report) if report else "",
        today=today,
    )


def _make(wanted: _Wanted, today: date) -> Report:
    return make_report(wanted.source, wanted.period, wanted.day, wanted.structure, current_user, today)


def _wanted(sources: list[Source], today: date) -> _Wanted:
    """Read the address. Raise NoResultFound (404) for what is not there."""
    source = next((each for each in sources if each.key == request.args.get("source")), None)
    if source is None:
        raise NoResultFound("no such number")
    periods = source.periods(today)
    start = request.args.get("period", "")
    period = next((each for each in periods if each.start.isoformat() == start), None)
    structure = request.args.get("structure", "")
    return _Wanted(
        source,
        period or _usual(periods, today),
        _day(request.args.get("day", ""), today),
        Structure(structure) if structure in set(Structure) else Structure.THEN,
    )


def _usual(periods: Sequence[Period], today: date) -> Period | None:
    """The last period that has ended, or the one that runs if none has."""
    return next((period for period in periods if period.end < today), next(iter(periods), None))


def _day(text: str, today: date) -> date:
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return today
    return day if EARLIEST <= day <= LATEST else today


def _depth(report: Report) -> int | None:
    """How deep the page goes: as asked, or not to the bottom where that would be long."""
    asked = request.args.get("depth", type=int)
    if asked is not None and 0 <= asked < report.deepest:
        return asked
    return 1 if asked is None and len(report.rows) > MANY else None


@bp.get("/table.csv")
@requires(Permission.SUBMISSION_VIEW)
def table() -> ResponseReturnValue:
    today = local_today()
    wanted = _wanted(list_sources(current_user), today)
    report = _make(wanted, today)
    file = io.StringIO()
    writer = csv.writer(file)
    writer.writerow([wanted.source.label, wanted.period.label if wanted.period else wanted.day.isoformat()])
    writer.writerow([structure_text(report)])
    writer.writerow(
        [
            gettext("级次"),
            gettext("单位"),
            gettext("合计"),
            gettext("已报"),
            gettext("未报"),
            gettext("不适用"),
            gettext("说明"),
        ]
    )
    for each in report.rows:
        writer.writerow(_line(each.row.depth + 1, each.name, each.row.total, each.note))
    writer.writerow(_line("", gettext("合计"), report.table.total, ""))
    answer = Response(file.getvalue().encode("utf-8-sig"), mimetype="text/csv")
    answer.headers["Content-Disposition"] = "attachment; filename=report.csv"
    return answer


def _line(level: object, name: str, total: Sum, note: str) -> list[object]:
    value = "" if total.value is None else plain_number(total.value)
    return [level, name, value, total.known, total.missing, total.not_applicable, note]


def structure_text(report: Report) -> str:
    """Which tree a report uses, as it is printed on it."""
    day = report.tree_of.isoformat()
    if report.structure is Structure.THEN:
        return gettext("当时口径：按 %(day)s 的机构", day=day)
    return gettext("现行口径：按 %(day)s 的机构", day=day)
