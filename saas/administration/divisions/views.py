"""The wizard's pages: find the county, choose towns and villages, look at what will happen, set them up."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from flask_login import current_user
from sqlalchemy.exc import NoResultFound

from saas.access.decorators import requires
from saas.access.permissions import Permission
from saas.administration.divisions import queries, services
from saas.administration.divisions.forms import ApplyForm
from saas.administration.divisions.rows import Row, posted_rows, rows_of
from saas.administration.divisions.types import KIND_LABELS, offered_types
from saas.db import local_today, unit_of_work
from saas.divisions.planning import KIND_KEYS
from saas.divisions.reading import TownRow, find_counties, get_county, read_county, source
from saas.domain.errors import HierarchyError
from saas.htmx import render_page
from saas.imports.models import DataImport, ImportStatus
from saas.tenancy.once import find_earlier_answer, remember_answer

bp = Blueprint("divisions", __name__, url_prefix="/divisions")

SHOWN = 50


@bp.get("")
@requires(Permission.ORG_EDIT)
def index() -> ResponseReturnValue:
    words = request.args.get("words", "").strip()[:40]
    found = find_counties(words)
    return render_page(
        "divisions/index.html",
        fragment="county_list",
        words=words,
        found=found[:SHOWN],
        count=len(found),
        source=source(),
        drafts=[(draft, name, get_county(draft.details["county"])) for draft, name in queries.list_open_drafts()],
    )


@bp.post("")
@requires(Permission.ORG_EDIT)
def start() -> ResponseReturnValue:
    queries.find_root_to_edit(current_user, local_today())
    with unit_of_work():
        draft = services.start_draft(request.form.get("county", ""), actor=current_user)
    return redirect(url_for(".towns", draft_id=draft.id), code=303)


@bp.get("/<uuid:draft_id>")
@requires(Permission.ORG_EDIT)
def towns(draft_id: uuid.UUID) -> ResponseReturnValue:
    draft = queries.get_draft(draft_id)
    if draft.status is not ImportStatus.DRAFT:
        return _finished(draft)
    division, selection = services.read_draft(draft)
    known = queries.known_units([town.code for town in division.towns])
    return _towns_page(draft, rows_of(division.towns, selection, known), services.chosen_types(draft, current_user))


@bp.post("/<uuid:draft_id>")
@requires(Permission.ORG_EDIT)
def towns_send(draft_id: uuid.UUID) -> ResponseReturnValue:
    draft = queries.get_draft(draft_id)
    services.refuse_finished(draft)
    division, _selection = services.read_draft(draft)
    known = queries.known_units([town.code for town in division.towns])
    rows = posted_rows(division.towns, request.form, known)
    types = {key: request.form[f"type-{key}"] for key in KIND_KEYS if f"type-{key}" in request.form}
    refused = _refusal(draft, rows)
    if refused:
        return _towns_page(draft, rows, {**services.chosen_types(draft, current_user), **types}, status=refused)
    with unit_of_work():
        services.save_rows(draft, division.towns, rows, types)
    return _onwards(draft, {town.code for town in division.towns})


def _refusal(draft: DataImport, rows: Sequence[Row]) -> int:
    """The status with which a page of rows is shown again: 422 wrong input, 409 changed meanwhile, 0 all is well."""
    if any(row.error for row in rows):
        return 422
    return 409 if request.form.get("version") != str(draft.version) else 0


def _onwards(draft: DataImport, town_codes: set[str]) -> ResponseReturnValue:
    """Where the button that was pressed leads."""
    opened, intent = request.form.get("open", ""), request.form.get("intent", "")
    if opened in town_codes:
        return redirect(url_for(".villages", draft_id=draft.id, town_code=opened), code=303)
    if intent == "preview":
        return redirect(url_for(".preview", draft_id=draft.id), code=303)
    flash(gettext("选择已保存，尚未设立任何单位。"), "success")
    return redirect(url_for(".towns", draft_id=draft.id), code=303)


def _towns_page(
    draft: DataImport, rows: Sequence[Row], types: dict[str, str], status: int = 200
) -> ResponseReturnValue:
    division, selection = services.read_draft(draft)
    taken = {town.code: sum(map(selection.takes, town.villages)) for town in division.towns}
    page = render_template(
        "divisions/towns.html",
        draft=draft,
        county=division.county,
        source=source(),
        rows=rows,
        taken=taken,
        all_counts={town.code: len(town.villages) for town in division.towns},
        types=types,
        offered=offered_types(queries.find_root_to_edit(current_user, local_today())),
        kind_labels=KIND_LABELS,
        is_stale=status == 409,
    )
    return page, status


@bp.get("/<uuid:draft_id>/towns/<town_code>")
@requires(Permission.ORG_EDIT)
def villages(draft_id: uuid.UUID, town_code: str) -> ResponseReturnValue:
    draft = queries.get_draft(draft_id)
    town = _town(draft, town_code)
    if draft.status is not ImportStatus.DRAFT:
        return _finished(draft)
    _division, selection = services.read_draft(draft)
    known = queries.known_units([village.code for village in town.villages])
    return _villages_page(draft, town, rows_of(town.villages, selection, known))


@bp.post("/<uuid:draft_id>/towns/<town_code>")
@requires(Permission.ORG_EDIT)
def villages_send(draft_id: uuid.UUID, town_code: str) -> ResponseReturnValue:
    draft = queries.get_draft(draft_id)
    town = _town(draft, town_code)
    services.refuse_finished(draft)
    known = queries.known_units([village.code for village in town.villages])
    rows = posted_rows(town.villages, request.form, known)
    refused = _refusal(draft, rows)
    if refused:
        return _villages_page(draft, town, rows, status=refused)
    with unit_of_work():
        services.save_rows(draft, town.villages, rows)
    flash(gettext("%(town)s的选择已保存，尚未设立任何单位。", town=town.name), "success")
    if request.form.get("intent") in ("all", "none"):
        return redirect(url_for(".villages", draft_id=draft.id, town_code=town.code), code=303)
    return redirect(url_for(".towns", draft_id=draft.id), code=303)


def _town(draft: DataImport, town_code: str) -> TownRow:
    for town in read_county(draft.details["county"]).towns:
        if town.code == town_code:
            return town
    raise NoResultFound(f"the county has no town {town_code}")


def _villages_page(draft: DataImport, town: TownRow, rows: Sequence[Row], status: int = 200) -> ResponseReturnValue:
    page = render_template(
        "divisions/villages.html",
        draft=draft,
        county=get_county(draft.details["county"]),
        town=town,
        rows=rows,
        kind_labels=KIND_LABELS,
        is_stale=status == 409,
    )
    return page, status


@bp.get("/<uuid:draft_id>/preview")
@requires(Permission.ORG_EDIT)
def preview(draft_id: uuid.UUID) -> ResponseReturnValue:
    draft = queries.get_draft(draft_id)
    if draft.status is not ImportStatus.DRAFT:
        return _finished(draft)
    return _preview_page(draft, ApplyForm(data={"version": draft.version}))


@bp.post("/<uuid:draft_id>/apply")
@requires(Permission.ORG_EDIT)
def apply(draft_id: uuid.UUID) -> ResponseReturnValue:
    earlier = find_earlier_answer()
    if earlier is not None:
        return redirect(earlier, code=303)
    draft, form = queries.get_draft(draft_id), ApplyForm()
    services.refuse_finished(draft)
    if not form.validate_on_submit():
        return _preview_page(draft, form, status=422)
    if form.version.data != str(draft.version):
        form.version.raw_data, form.version.data = None, str(draft.version)
        return _preview_page(draft, form, status=409)
    try:
        with unit_of_work():
            services.apply_draft(draft, form.starts_on.data, actor=current_user)
            remember_answer(url_for(".result", draft_id=draft.id))
    except HierarchyError as error:
        form.starts_on.errors = [gettext(error.message.text).format(**error.message.params)]
        return _preview_page(draft, form, status=422)
    return redirect(url_for(".result", draft_id=draft.id), code=303)


def _preview_page(draft: DataImport, form: Any, status: int = 200) -> ResponseReturnValue:
    prospect = services.foresee(draft, viewer=current_user)
    page = render_template(
        "divisions/preview.html",
        draft=draft,
        form=form,
        prospect=prospect,
        county=prospect.division.county,
        source=source(),
        kind_labels=KIND_LABELS,
        is_stale=status == 409,
    )
    return page, status


@bp.get("/<uuid:draft_id>/result")
@requires(Permission.ORG_EDIT)
def result(draft_id: uuid.UUID) -> ResponseReturnValue:
    draft = queries.get_draft(draft_id)
    if draft.status is not ImportStatus.APPLIED:
        return _finished(draft)
    return render_template(
        "divisions/result.html", draft=draft, county=get_county(draft.details["county"]), **draft.details["result"]
    )


@bp.post("/<uuid:draft_id>/discard")
@requires(Permission.ORG_EDIT)
def discard(draft_id: uuid.UUID) -> ResponseReturnValue:
    draft = queries.get_draft(draft_id)
    with unit_of_work():
        services.discard_draft(draft)
    flash(gettext("草稿已放弃，机构没有任何变化。"), "success")
    return redirect(url_for(".index"), code=303)


def _finished(draft: DataImport) -> ResponseReturnValue:
    """Where a page of a draft leads that is not at that step (any more)."""
    if draft.status is ImportStatus.APPLIED:
        return redirect(url_for(".result", draft_id=draft.id), code=303)
    if draft.status is ImportStatus.DRAFT:
        return redirect(url_for(".towns", draft_id=draft.id), code=303)
    return redirect(url_for(".index"), code=303)
