"""Compiling what units reported: the compiler's page, and the office's page with the sums of the county."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from typing import Any
from urllib.parse import quote

from flask import Response, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from flask_login import current_user
from sqlalchemy.exc import NoResultFound

from saas.access.decorators import requires
from saas.access.permissions import Permission
from saas.db import local_today, unit_of_work
from saas.domain.compiling import Figure, figures_of, is_given, part_text
from saas.htmx import render_page
from saas.spreadsheets.checking import SpreadsheetType
from saas.submissions import compilations, queries
from saas.submissions.compilation_table import write_compilation
from saas.submissions.compiling import Desk, PartRow, county_figures, get_desk, list_desks, may_compile
from saas.submissions.views.blueprint import bp
from saas.submissions.views.periods import neighbours, shown_period
from saas.tenancy.once import find_earlier_answer, remember_answer

DESK = "/collections/<uuid:collection_id>/compilations/<uuid:unit_id>/<string:period_start>"


@bp.get("/collections/<uuid:collection_id>/compilations")
@requires(Permission.SUBMISSION_VIEW)
def compilations_of(collection_id: uuid.UUID) -> ResponseReturnValue:
    shown = queries.get_collection(collection_id, current_user)
    period = shown_period(shown)
    if period is None or not shown.compiling:
        raise NoResultFound("nothing is compiled here")
    desks = list_desks(shown, period, current_user)
    return render_page(
        "submissions/compilations.html",
        fragment="compilations_panel",
        collection=shown,
        period=period,
        periods=neighbours(shown, period),
        desks=desks,
        figures=county_figures(desks),
        today=local_today(),
    )


@bp.get(DESK)
@requires(Permission.SUBMISSION_VIEW)
def compilation(collection_id: uuid.UUID, unit_id: uuid.UUID, period_start: str) -> ResponseReturnValue:
    return _page(get_desk(collection_id, unit_id, period_start, current_user))


@bp.post(DESK)
@requires(Permission.SUBMISSION_EDIT)
def compilation_send(collection_id: uuid.UUID, unit_id: uuid.UUID, period_start: str) -> ResponseReturnValue:
    desk = _own_desk(collection_id, unit_id, period_start)
    earlier = find_earlier_answer()
    if earlier is not None:
        return redirect(earlier, code=303)
    note = request.form.get("note", "")
    if request.form.get("version") != str(desk.version):
        return _page(desk, status=409, note=note)
    if len(note) > compilations.MAX_NOTE:
        wrong = gettext("汇总说明最多 %(count)s 字", count=compilations.MAX_NOTE)
        return _page(desk, status=422, note=note, note_error=wrong)
    is_final = request.form.get("action") == "submit"
    location = url_for(".compilation", **desk.arguments)
    with unit_of_work():
        carry_out = compilations.submit_compilation if is_final else compilations.save_note
        carry_out(desk, note, actor=current_user)
        remember_answer(location)
    flash(gettext("已汇总上报。") if is_final else gettext("汇总说明已保存，尚未上报。"), "success")
    return redirect(location, code=303)


@bp.post(DESK + "/remind")
@requires(Permission.SUBMISSION_EDIT)
def remind_missing(collection_id: uuid.UUID, unit_id: uuid.UUID, period_start: str) -> ResponseReturnValue:
    desk = _own_desk(collection_id, unit_id, period_start)
    with unit_of_work():
        count = compilations.remind_units(desk, actor=current_user)
    words = (
        gettext("已催报，通知了 %(count)s 人。", count=count)
        if count
        else gettext("今天已经催过了，或者没有人可以通知。")
    )
    flash(words, "success" if count else "warning")
    return redirect(url_for(".compilation", **desk.arguments), code=303)


@bp.get(DESK + "/table")
@requires(Permission.SUBMISSION_VIEW)
def compilation_table(collection_id: uuid.UUID, unit_id: uuid.UUID, period_start: str) -> ResponseReturnValue:
    desk = get_desk(collection_id, unit_id, period_start, current_user)
    title = gettext(
        "%(unit)s%(period)s%(name)s汇总表",
        unit=desk.compiler.name,
        period=desk.period.label,
        name=desk.collection.name,
    )
    answer = Response(write_compilation(desk, title), mimetype=SpreadsheetType.XLSX.value)
    answer.headers["Content-Disposition"] = f"attachment; filename*=UTF-8''{quote(title)}.xlsx"
    return answer


def _own_desk(collection_id: uuid.UUID, unit_id: uuid.UUID, period_start: str) -> Desk:
    desk = get_desk(collection_id, unit_id, period_start, current_user)
    if not may_compile(desk, current_user):
        raise NoResultFound("the viewer does not compile here")
    return desk


def _page(desk: Desk, status: int = 200, note: str | None = None, note_error: str = "") -> Response:
    figures = figures_of(desk.form)
    context: dict[str, Any] = {
        "desk": desk,
        "figures": figures,
        "texts": {
            row.unit.id: [(part_text(figure, row.part), is_given(figure, row.part)) for figure in figures]
            for row in desk.rows
        },
        "may_compile": may_compile(desk, current_user),
        "note": note if note is not None else desk.row.note if desk.row else "",
        "note_error": note_error,
        "is_stale": status == 409,
        "today": local_today(),
    }
    return render_page("submissions/compilation.html", fragment="compilation_panel", status=status, **context)


def _texts(figures: Sequence[Figure], row: PartRow) -> list[tuple[str, bool]]:
    """A unit's cells in words, and whether each is an answer."""
    return [(part_text(figure, row.part), is_given(figure, row.part)) for figure in figures]
