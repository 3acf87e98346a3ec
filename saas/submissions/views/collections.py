"""A collection in one period: who filled and who did not, and another window for it."""

from __future__ import annotations

import uuid
from math import ceil
from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from flask_login import current_user

from saas.access.decorators import requires
from saas.access.permissions import Permission
from saas.db import local_today, unit_of_work
from saas.domain.periods import Period
from saas.htmx import render_page
from saas.submissions import arranging, queries
from saas.submissions.duties import DutyWords
from saas.submissions.fillers import may_fill_many
from saas.submissions.forms import CADENCE_LABELS, WindowForm
from saas.submissions.models import Collection
from saas.submissions.overview import FilingRow, period_overview
from saas.submissions.schedule import dates_of, status_now
from saas.submissions.views.blueprint import bp
from saas.submissions.views.periods import neighbours, period_at_start, shown_period

PAGE = queries.PAGE


@bp.get("/collections/<uuid:collection_id>")
@requires(Permission.SUBMISSION_VIEW)
def collection(collection_id: uuid.UUID) -> ResponseReturnValue:
    shown = queries.get_collection(collection_id, current_user)
    period = shown_period(shown)
    if period is None:
        return render_template("submissions/no_period.html", collection=shown)
    change = queries.find_window_change(shown.id, period.start)
    dates = dates_of(shown, period, change)
    overview = period_overview(shown, period, dates, current_user)
    rows = _filtered(overview.rows)
    page = min(max(request.args.get("page", 1, type=int), 1), max(1, ceil(len(rows) / PAGE)))
    return render_page(
        "submissions/collection.html",
        fragment="collection_panel",
        collection=shown,
        cadence=CADENCE_LABELS[period.cadence],
        period=period,
        periods=neighbours(shown, period),
        sensitive=queries.list_sensitive_periods(shown),
        extended=queries.find_extended(shown),
        today=local_today(),
        dates=dates,
        change=change,
        window=status_now(dates),
        overview=overview,
        rows=rows[(page - 1) * PAGE : page * PAGE],
        count=len(rows),
        page=page,
        page_count=max(1, ceil(len(rows) / PAGE)),
        list_url=_url(shown, period, **_kept("town", "mark")),
        wanted_town=request.args.get("town", ""),
        wanted_mark=request.args.get("mark", ""),
        duties=DutyWords([shown]),
        may_fill_many=may_fill_many(shown, current_user),
    )


@bp.get("/collections/<uuid:collection_id>/windows/<string:period_start>")
@requires(Permission.COLLECTION_EDIT)
def edit_window(collection_id: uuid.UUID, period_start: str) -> ResponseReturnValue:
    shown = queries.get_collection(collection_id, current_user)
    period = period_at_start(shown, period_start)
    change = queries.find_window_change(shown.id, period.start)
    dates = dates_of(shown, period, change)
    form = WindowForm(obj=dates, data={"reason": change.reason if change else ""})
    return _window_page(shown, period, form)


@bp.post("/collections/<uuid:collection_id>/windows/<string:period_start>")
@requires(Permission.COLLECTION_EDIT)
def edit_window_send(collection_id: uuid.UUID, period_start: str) -> ResponseReturnValue:
    shown = queries.get_collection(collection_id, current_user)
    period, form = period_at_start(shown, period_start), WindowForm()
    if not form.validate_on_submit() or form.wrong_days():
        return _window_page(shown, period, form, status=422)
    with unit_of_work():
        arranging.change_window(
            shown,
            period,
            opens_on=form.opens_on.data,
            due_on=form.due_on.data,
            recheck_from=form.recheck_from.data,
            recheck_to=form.recheck_to.data,
            reason=form.reason.data,
            actor=current_user,
        )
    flash(gettext("%(period)s的填报时间已调整。", period=period.label), "success")
    return redirect(_after_window(shown, period), code=303)


def _after_window(shown: Collection, period: Period) -> str:
    return _url(shown, period) if current_user.permits(Permission.SUBMISSION_VIEW) else url_for(".collections")


def _window_page(shown: Collection, period: Period, form: WindowForm, status: int = 200) -> ResponseReturnValue:
    page = render_template(
        "submissions/window.html", collection=shown, period=period, form=form, back=_after_window(shown, period)
    )
    return page, status


def _filtered(rows: Any) -> list[FilingRow]:
    town, mark = request.args.get("town", ""), request.args.get("mark", "")
    return [
        row
        for row in rows
        if (not town or (row.town is not None and str(row.town.id) == town)) and (not mark or mark in row.marks)
    ]


def _kept(*names: str) -> dict[str, Any]:
    return {name: request.args[name] for name in names if request.args.get(name)}


def _url(shown: Collection, period: Period, **more: Any) -> str:
    return url_for(".collection", collection_id=shown.id, period=period.start.isoformat(), **more)
