"""The burden meter (报表负担): what the county's forms ask of a unit in a month."""

from __future__ import annotations

from flask import render_template
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from saas import charts
from saas.access.decorators import requires
from saas.access.permissions import Permission
from saas.charts.lines import Point
from saas.db import local_today
from saas.domain.amounts import determined
from saas.submissions import form_users
from saas.submissions.burden import BurdenReport, burden_report, duration, percent, whole
from saas.submissions.forms import CADENCE_LABELS
from saas.submissions.views.blueprint import bp

__all__ = ["form_users"]  # read, so that it tells who uses the fields of a form


@bp.get("/collections/burden")
@requires(Permission.COLLECTION_EDIT)
def burden() -> ResponseReturnValue:
    report = burden_report(local_today())
    return render_template(
        "submissions/burden.html",
        report=report,
        cadences=CADENCE_LABELS,
        whole=whole,
        percent=percent,
        duration=duration,
        trend=_trend(report),
        ranking=_ranking(report),
    )


def _trend(report: BurdenReport) -> charts.Svg | None:
    points = [Point(f"{first:%y-%m}", determined(answers)) for first, answers in report.trend]
    if not any(answers for _, answers in report.trend):
        return None
    return charts.trend(gettext("每个单位每月填写项"), points, measure=gettext("项"), places=0)


def _ranking(report: BurdenReport) -> charts.Svg | None:
    rows = [
        charts.RankingRow(line.name, determined(line.burden.minutes), str(place))
        for place, line in enumerate(report.units[:10], start=1)
    ]
    if not rows:
        return None
    return charts.ranking_bars(gettext("每月填报用时最多的单位"), rows, measure=gettext("分钟"), places=0)
