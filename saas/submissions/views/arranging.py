"""Arranging collections: the list, the form, and what would follow from it."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from flask_login import current_user
from sqlalchemy.exc import NoResultFound
from wtforms.fields.choices import SelectChoice

from saas.access.decorators import requires
from saas.access.permissions import Permission
from saas.db import local_today, unit_of_work
from saas.domain.cohorts import cohort_from_mapping, matches
from saas.domain.errors import DomainError
from saas.domain.periods import Period
from saas.domain.windows import WindowDates
from saas.form_pages import worded
from saas.forms.approval import is_expired
from saas.forms.pickers import form_choices
from saas.htmx import render_page
from saas.org.cohorts import CohortBook, units_on
from saas.org.functions import list_function_names
from saas.org.models import OrgUnit
from saas.org.queries import list_unit_types, list_units
from saas.review.queries import list_routes
from saas.submissions import arranging, queries
from saas.submissions.duties import DutyWords
from saas.submissions.forms import CADENCE_LABELS, CollectionForm, settings_of
from saas.submissions.models import Collection
from saas.submissions.views.blueprint import bp
from saas.tenancy.once import find_earlier_answer, remember_answer

_PERIODS, _NAMED = 4, 6


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
    """An empty form, or with `like` one filled as another collection is (照此新建)."""
    present: dict[str, Any] = {"starts_on": local_today().replace(day=1)}
    if request.args.get("like"):
        like = _like(request.args["like"])
        present = {**settings_of(like), **present, "name": gettext("%(name)s（新）", name=like.name), "ends_on": None}
    return _edit_page(CollectionForm(formdata=None, data=present), list_units(local_today()))


def _like(text: str) -> Collection:
    try:
        return queries.get_collection(uuid.UUID(text), current_user)
    except ValueError:
        raise NoResultFound("no such collection") from None


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


@bp.post("/collections/preview")
@requires(Permission.COLLECTION_EDIT)
def preview_collection() -> ResponseReturnValue:
    """What the form as it stands would ask of whom and by when. Nothing is kept."""
    return _edit_page(CollectionForm(), list_units(local_today()))


@bp.get("/collections/<uuid:collection_id>/edit")
@requires(Permission.COLLECTION_EDIT)
def edit_collection(collection_id: uuid.UUID) -> ResponseReturnValue:
    shown = queries.get_collection(collection_id, current_user)
    form = CollectionForm(formdata=None, data={**settings_of(shown), "version": arranging.mark_of(shown)})
    return _edit_page(form, list_units(local_today()), shown)


@bp.post("/collections/<uuid:collection_id>/preview")
@requires(Permission.COLLECTION_EDIT)
def preview_edited(collection_id: uuid.UUID) -> ResponseReturnValue:
    """What the changed settings would ask of whom and by when. Nothing is kept."""
    shown = queries.get_collection(collection_id, current_user)
    return _edit_page(CollectionForm(), list_units(local_today()), shown)


@bp.post("/collections/<uuid:collection_id>/edit")
@requires(Permission.COLLECTION_EDIT)
def edit_collection_send(collection_id: uuid.UUID) -> ResponseReturnValue:
    shown = queries.get_collection(collection_id, current_user)
    form, units = CollectionForm(), list_units(local_today())
    settings, problem = _settings(form, units, shown)
    if settings is None:
        return _edit_page(form, units, shown, status=422, problem=problem)
    if form.version.data != arranging.mark_of(shown):
        form.version.data = arranging.mark_of(shown)
        return _edit_page(form, units, shown, status=409)
    with unit_of_work():
        arranging.edit_collection(shown, settings, actor=current_user)
    flash(gettext("填报任务已保存。"), "success")
    return redirect(url_for(".collections"), code=303)


def _edit_page(
    form: CollectionForm,
    units: Sequence[OrgUnit],
    shown: Collection | None = None,
    status: int = 200,
    problem: str = "",
) -> ResponseReturnValue:
    _fill_choices(form, units, shown)
    preview = _preview(form, units, shown)  # may say something beside a field
    return render_page(
        "submissions/edit_collection.html",
        fragment="collection_preview",
        status=status,
        form=form,
        collection=shown,
        problem=problem,
        is_stale=status == 409,
        preview=preview,
        named=_NAMED,
    )


def _fill_choices(form: CollectionForm, units: Any, shown: Collection | None) -> None:
    """What the pickers offer: published forms, routes, unit types, units that have others below them, attributes."""
    types = list_unit_types()
    form.form.choices = form_choices(shown.form if shown is not None else None)
    form.route.choices = [
        SelectChoice("", gettext("请选择")),
        *(SelectChoice(str(each.id), each.name) for each in list_routes()),
    ]
    form.offer_units(units, types)
    form.offer_duties(units, types, list_function_names())
    labels = {str(each["name"]): str(each.get("label", each["name"])) for kind in types for each in kind.attributes}
    form.attribute.choices = [SelectChoice("", gettext("不限")), *(SelectChoice(*pair) for pair in labels.items())]


def _settings(
    form: CollectionForm, units: Sequence[OrgUnit], shown: Collection | None = None
) -> tuple[arranging.CollectionSettings | None, str]:
    """What was typed as settings, or None with what is wrong as a whole; the rest is said beside the fields."""
    _fill_choices(form, units, shown)
    is_valid = form.validate_on_submit()
    if form.wrong_days() or not is_valid:
        return None, ""
    cohort = form.cohort_mapping(units, shown.cohort if shown else {})
    if form.errors:
        return None, ""
    settings = _settings_with(form, shown, cohort, uuid.UUID(form.form.data), uuid.UUID(form.route.data))
    try:
        arranging.check_settings(settings, shown)
    except DomainError as error:
        return None, worded(error)
    return settings, ""


def _settings_with(
    form: CollectionForm, shown: Collection | None, cohort: Mapping[str, Any], form_id: uuid.UUID, route_id: uuid.UUID
) -> arranging.CollectionSettings:
    return arranging.CollectionSettings(
        name=form.name.data or "",
        form_id=form_id,
        route_id=route_id,
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


# --- what would follow ----------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Preview:
    """The next periods with their days, who is asked today, and what is the matter with either."""

    periods: Sequence[tuple[Period, WindowDates]] = ()
    units: Sequence[OrgUnit] = ()
    problem: str = ""


def _preview(form: CollectionForm, units: Sequence[OrgUnit], shown: Collection | None) -> _Preview:
    """What the form says as it stands, as far as it is filled. What is missing is said when it is sent."""
    try:
        coming = _coming(form, shown)
        asked = _asked(form.cohort_mapping(units, shown.cohort if shown else {}))
    except DomainError as error:
        return _Preview(problem=worded(error))
    return _Preview(coming, asked)


def _coming(form: CollectionForm, shown: Collection | None) -> list[tuple[Period, WindowDates]]:
    if form.starts_on.data is None or form.wrong_days():
        return []
    settings = _settings_with(form, shown, {}, uuid.UUID(int=0), uuid.UUID(int=0))
    arranging.check_days(settings)
    return arranging.coming_periods(settings, max(settings.starts_on, local_today()))[:_PERIODS]


def _asked(mapping: Mapping[str, Any]) -> list[OrgUnit]:
    """The units that a cohort has today."""
    if not mapping or mapping == {"units": []}:
        return []
    today = local_today()
    cohort, book = cohort_from_mapping(mapping), CohortBook(today)
    return [each.unit for each in units_on(today) if matches(each.seen, cohort, book)]
