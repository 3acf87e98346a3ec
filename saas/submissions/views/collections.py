"""Arranging collections, and seeing who filled and who did not."""

from __future__ import annotations

import uuid
from math import ceil
from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from flask_login import current_user
from wtforms.fields.choices import SelectChoice

from saas.access.decorators import requires
from saas.access.permissions import Permission
from saas.db import local_today, unit_of_work
from saas.domain.errors import DomainError
from saas.domain.periods import Period
from saas.forms.approval import is_expired
from saas.forms.queries import list_published_forms
from saas.htmx import render_page
from saas.org.cohorts import list_choices
from saas.org.functions import list_function_names
from saas.org.models import OrgUnit
from saas.org.queries import list_unit_types, list_units
from saas.review.queries import list_routes
from saas.submissions import arranging, queries
from saas.submissions.duties import DutyWords
from saas.submissions.fillers import may_fill_many
from saas.submissions.forms import CADENCE_LABELS, CollectionForm, WindowForm, settings_of
from saas.submissions.models import Collection
from saas.submissions.overview import FilingRow, period_overview
from saas.submissions.schedule import dates_of, status_now
from saas.submissions.views.blueprint import bp
from saas.submissions.views.periods import neighbours, period_at_start, shown_period
from saas.tenancy.once import find_earlier_answer, remember_answer

PAGE = queries.PAGE


@bp.get("/collections")
@requires(Permission.COLLECTION_EDIT)
def collections() -> ResponseReturnValue:
    rows = queries.list_collections(current_user)
    return render_template(
        "submissions/collections.html",
        rows=rows,
        cadences=CADENCE_LABELS,
        is_expired=is_expired,
        duties=DutyWords(rows),
        today=local_today(),
    )


@bp.get("/collections/new")
@requires(Permission.COLLECTION_EDIT)
def new_collection() -> ResponseReturnValue:
    form = CollectionForm(data={"starts_on": local_today().replace(day=1)})
    return _edit_page(form, list_units(local_today()))


@bp.post("/collections")
@requires(Permission.COLLECTION_EDIT)
def create_collection() -> ResponseReturnValue:
    earlier = find_earlier_answer()
    if earlier is not None:
        return redirect(earlier, code=303)
    form, units = CollectionForm(), list_units(local_today())
    settings, problem = _settings(form, units)
    if settings is None:
        return _edit_page(form, units, status=422, problem=problem)
    with unit_of_work():
        arranging.create_collection(settings, actor=current_user)
        location = url_for(".collections")
        remember_answer(location)
    flash(gettext("填报任务已建立。"), "success")
    return redirect(location, code=303)


@bp.get("/collections/<uuid:collection_id>/edit")
@requires(Permission.COLLECTION_EDIT)
def edit_collection(collection_id: uuid.UUID) -> ResponseReturnValue:
    collection = queries.get_collection(collection_id, current_user)
    return _edit_page(CollectionForm(data=settings_of(collection)), list_units(local_today()), collection)


@bp.post("/collections/<uuid:collection_id>/edit")
@requires(Permission.COLLECTION_EDIT)
def edit_collection_send(collection_id: uuid.UUID) -> ResponseReturnValue:
    collection = queries.get_collection(collection_id, current_user)
    form, units = CollectionForm(), list_units(local_today())
    settings, problem = _settings(form, units, collection)
    if settings is None:
        return _edit_page(form, units, collection, status=422, problem=problem)
    with unit_of_work():
        arranging.edit_collection(collection, settings, actor=current_user)
    flash(gettext("填报任务已保存。"), "success")
    return redirect(url_for(".collections"), code=303)


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


def _edit_page(
    form: CollectionForm,
    units: Any,
    shown: Collection | None = None,
    status: int = 200,
    problem: str = "",
) -> ResponseReturnValue:
    _fill_choices(form, units, shown)
    page = render_template("submissions/edit_collection.html", form=form, collection=shown, problem=problem)
    return page, status


def _fill_choices(form: CollectionForm, units: Any, shown: Collection | None) -> None:
    """What the pickers offer: published forms, routes, unit types, units that have others below them, attributes."""
    forms = list(list_published_forms())
    if shown is not None and shown.form not in forms:
        forms.append(shown.form)
    blank = SelectChoice("", gettext("请选择"))
    form.form.choices = [blank, *(SelectChoice(str(each.id), each.name) for each in forms)]
    form.route.choices = [blank, *(SelectChoice(str(each.id), each.name) for each in list_routes())]
    types = list_unit_types()
    form.unit_types.choices = [SelectChoice(each.code, each.name) for each in types]
    lowest = max((each.level for each in types), default=0)
    above = [unit for unit in units if unit.unit_type.level < lowest and unit.unit_type.is_territorial]
    form.under.choices = [SelectChoice(unit.code, unit.name) for unit in above]
    form.cohorts.choices = [SelectChoice(*pair) for pair in list_choices(local_today())]
    form.offer_duties(units, types, list_function_names())
    labels = {str(each["name"]): str(each.get("label", each["name"])) for kind in types for each in kind.attributes}
    form.attribute.choices = [SelectChoice("", gettext("不限")), *(SelectChoice(*pair) for pair in labels.items())]


def _settings(
    form: CollectionForm, units: list[OrgUnit] | Any, shown: Collection | None = None
) -> tuple[arranging.CollectionSettings | None, str]:
    """What was typed as settings, or None with what is wrong as a whole; the rest is said beside the fields."""
    _fill_choices(form, units, shown)
    is_valid = form.validate_on_submit()
    if form.wrong_days() or not is_valid:
        return None, ""
    cohort = form.cohort_mapping(units, shown.cohort if shown else {})
    if form.errors:
        return None, ""
    settings = arranging.CollectionSettings(
        name=form.name.data,
        form_id=uuid.UUID(form.form.data),
        route_id=uuid.UUID(form.route.data),
        cadence=form.cadence.data,
        cohort=cohort,
        window=form.window_mapping(),
        starts_on=form.starts_on.data,
        ends_on=form.ends_on.data,
        plan_id=shown.plan_id if shown else None,
        is_active=form.is_active.data,
        own_days=form.own_days_mapping(),
        filled_by=form.filler_mapping(),
        compiling=form.compiling_mapping(),
    )
    try:
        arranging.check_settings(settings, shown)
    except DomainError as error:
        return None, str(error)
    return settings, ""
