"""Filling for many units on one page (批量填报), and handing in all complete rows. No script is needed."""

from __future__ import annotations

import re
import uuid
from typing import Any

from flask import Response, flash, jsonify, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from flask_login import current_user

from saas.access.decorators import requires
from saas.access.permissions import Permission
from saas.db import unit_of_work
from saas.domain.grid import NOT_APPLICABLE_WORD
from saas.htmx import render_page
from saas.submissions.grid import Grid, GridRow, get_grid, take_posted
from saas.submissions.grid_marks import show_marks_of_rows
from saas.submissions.grid_saving import BATCH, hand_in_rows, list_ready, save_rows
from saas.submissions.views.blueprint import bp
from saas.submissions.views.filling import EXPLAIN
from saas.tenancy.once import find_earlier_answer, note_saved, remember_answer, saved_here

_EXPLAINED = re.compile(rf"{EXPLAIN}([0-9a-f]{{8}}(?:-[0-9a-f]{{4}}){{3}}-[0-9a-f]{{12}}):(.+)")
GRID = "/submissions/grid/<uuid:collection_id>/<string:period_start>"


@bp.get(GRID)
@requires(Permission.SUBMISSION_EDIT)
def grid(collection_id: uuid.UUID, period_start: str) -> ResponseReturnValue:
    return _page(_grid(collection_id, period_start))


@bp.post(GRID)
@requires(Permission.SUBMISSION_EDIT)
def grid_send(collection_id: uuid.UUID, period_start: str) -> ResponseReturnValue:
    if "X-Autosave" in request.headers:
        return _autosave(collection_id, period_start)
    earlier = find_earlier_answer()
    if earlier is not None:
        return redirect(earlier, code=303)
    found = _grid(collection_id, period_start)
    location = _next_page(found)
    with unit_of_work():
        kept = _save(found)
        if not found.error_count:
            remember_answer(location)
    if found.error_count:
        return _page(_shown_again(found, collection_id, period_start), status=422)
    if request.form.get("action") != "check":
        flash(gettext("已保存 %(count)s 行草稿，尚未报送。", count=len(kept)), "success")
    return redirect(location, code=303)


@bp.get(GRID + "/confirm")
@requires(Permission.SUBMISSION_EDIT)
def grid_confirm(collection_id: uuid.UUID, period_start: str) -> ResponseReturnValue:
    return _confirm_page(_grid(collection_id, period_start))


@bp.post(GRID + "/submit")
@requires(Permission.SUBMISSION_EDIT)
def grid_submit(collection_id: uuid.UUID, period_start: str) -> ResponseReturnValue:
    earlier = find_earlier_answer()
    if earlier is not None:
        return redirect(earlier, code=303)
    found, chosen = _grid(collection_id, period_start), _chosen()
    goes_on = request.form.get("more") == "yes"
    location = url_for(".grid_confirm" if goes_on else ".grid", **found.arguments, page=found.page)
    with unit_of_work():
        handed_in = hand_in_rows(found, chosen, actor=current_user, explanations=_explanations())
        remember_answer(location)
    if handed_in:
        flash(gettext("已报送 %(count)s 个单位，等待审核。", count=len(handed_in)), "success")
    left = len(chosen) - len(handed_in)
    if left:
        flash(gettext("有 %(count)s 个单位没有报送：刚被修改或已经报送，请核对。", count=left), "warning")
    if left and not goes_on:
        return _confirm_page(_grid(collection_id, period_start), status=409)
    return redirect(location, code=303)


def _grid(collection_id: uuid.UUID, period_start: str) -> Grid:
    return get_grid(collection_id, period_start, current_user, page=request.args.get("page", 1, type=int))


def _next_page(found: Grid) -> str:
    endpoint = ".grid_confirm" if request.form.get("action") == "check" else ".grid"
    return url_for(endpoint, **found.arguments, page=found.page if found.page > 1 else None)


def _save(found: Grid, *, is_autosave: bool = False) -> list[GridRow]:
    """Keep what was typed. What this very page wrote last is no stranger's: the answer may have been lost."""
    changed = take_posted(found, request.form)
    own = saved_here([str(row.unit.id) for row in changed if row.typed_version != str(row.version)])
    for row in changed:
        if own.get(str(row.unit.id)) == row.version:
            row.typed_version = str(row.version)
    following = {row.unit.id: row.version + 1 for row in changed}
    kept = save_rows(found, changed, actor=current_user, is_autosave=is_autosave)
    note_saved({str(row.unit.id): following[row.unit.id] for row in kept})
    return kept


def _autosave(collection_id: uuid.UUID, period_start: str) -> Response:
    """Keep the rows that the script sends, and answer for each with its version and its errors."""
    found = _grid(collection_id, period_start)
    with unit_of_work():
        kept = {row.unit.id for row in _save(found, is_autosave=True)}
    again = _grid(collection_id, period_start)
    rows = {str(row.unit.id): _told(row, again.row_of(row.unit.id), kept) for row in found.rows if row.typed_version}
    return jsonify(rows=rows)


def _told(row: GridRow, stored: GridRow | None, kept: set[uuid.UUID]) -> dict[str, Any]:
    is_kept = row.unit.id in kept
    version = stored.version if stored is not None and not row.conflict else row.typed_version
    return {"version": str(version), "kept": is_kept, "errors": row.errors, "conflict": row.conflict}


def _shown_again(found: Grid, collection_id: uuid.UUID, period_start: str) -> Grid:
    """The rows as they are stored now, with what was typed and the errors of what was not kept."""
    again = _grid(collection_id, period_start)
    for row in again.rows:
        before = found.row_of(row.unit.id)
        if before is not None and (before.errors or before.conflict):
            row.cells, row.errors, row.conflict = before.cells, before.errors, before.conflict
    return again


def _chosen() -> dict[uuid.UUID, str]:
    """The units that were ticked, with the versions that the page showed."""
    found = {}
    for text in request.form.getlist("unit"):
        try:
            found[uuid.UUID(text)] = request.form.get(f"version-{text}", "")
        except ValueError:
            continue
    return found


def _explanations() -> dict[uuid.UUID, dict[str, str]]:
    """What is said to the marks, by unit and by the key of the mark."""
    found: dict[uuid.UUID, dict[str, str]] = {}
    for name, text in request.form.items():
        match = _EXPLAINED.fullmatch(name)
        if match is not None:
            found.setdefault(uuid.UUID(match[1]), {})[match[2]] = text
    return found


def _page(found: Grid, status: int = 200) -> Response:
    return render_page(
        "submissions/grid.html", fragment="grid_panel", status=status, grid=found, absent=NOT_APPLICABLE_WORD
    )


def _confirm_page(found: Grid, status: int = 200) -> Response:
    ready = list_ready(found)
    going = [each.row for each in ready if each.goes]
    return render_page(
        "submissions/grid_confirm.html",
        fragment="grid_confirm_panel",
        status=status,
        grid=found,
        explanations=_explanations(),
        going=going[:BATCH],
        marks=show_marks_of_rows(found, going[:BATCH]),
        explain=EXPLAIN,
        more=len(going[BATCH:]),
        staying=[each for each in ready if not each.goes],
    )
