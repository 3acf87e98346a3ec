"""The list of units, and one change for many of them: choose, see old and new, confirm."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from flask_login import current_user

from saas.access.decorators import requires
from saas.access.permissions import Permission
from saas.administration.org import unit_list
from saas.administration.org.arguments import page_argument, uuid_arguments
from saas.administration.org.forms.bulk import BulkForm
from saas.administration.org.views.blueprint import bp
from saas.db import local_today, unit_of_work
from saas.domain.cohorts import CohortError
from saas.domain.errors import DomainError
from saas.form_pages import refused
from saas.htmx import render_page
from saas.org import bulk_editing
from saas.org.cohorts import list_choices
from saas.org.models import OrgUnit
from saas.org.queries import list_unit_types
from saas.tenancy.once import find_earlier_answer, remember_answer

SHOWN = 500


def _wanted() -> unit_list.Wanted:
    names = ("type", "under", "cohort", "words")
    return unit_list.Wanted(*(request.values.get(name, "").strip()[:80] for name in names))


@bp.get("/units/list")
@requires(Permission.ORG_VIEW)
def list_all() -> ResponseReturnValue:
    return _list_page(BulkForm(formdata=None).offer(list_unit_types()))


def _list_page(form: BulkForm, status: int = 200) -> ResponseReturnValue:
    wanted, page, today = _wanted(), page_argument(), local_today()
    try:
        units, count = unit_list.list_page(wanted, today, page)
    except CohortError:  # an address from elsewhere: nobody belongs to a list that nobody has defined
        units, count = [], 0
    return render_page(
        "org/list.html",
        fragment="unit_list",
        status=status,
        form=form,
        units=units,
        count=count,
        page=page,
        page_count=max(1, -(-count // unit_list.PAGE)),
        wanted=wanted,
        ticked=set(uuid_arguments("unit")),
        types=list_unit_types(),
        tops=unit_list.list_upper_units(today),
        cohorts=list_choices(today),
        list_url=url_for(".list_all", **wanted.as_arguments()),
        is_editable=current_user.permits(Permission.ORG_EDIT),
    )


@bp.post("/units/bulk")
@requires(Permission.ORG_EDIT)
def preview_bulk() -> ResponseReturnValue:
    form, units = BulkForm().offer(list_unit_types()), _chosen()
    if not form.validate_on_submit() or not units:
        if not units:
            flash(gettext("请先勾选单位，或选“筛选出的全部单位”。"), "error")
        return _list_page(form, status=422)
    planned = bulk_editing.plan_edit(form.edit(), units)
    return render_template("org/bulk_preview.html", **_preview(form, planned))


def _chosen() -> Sequence[OrgUnit]:
    ticked = None if request.form.get("scope") == "all" else uuid_arguments("unit")
    return unit_list.list_chosen(_wanted(), ticked, current_user, local_today())


def _preview(form: BulkForm, planned: list[bulk_editing.Planned]) -> dict[str, Any]:
    changes = [each for each in planned if each.is_change]
    return {
        "form": form,
        "changes": changes[:SHOWN],
        "change_count": len(changes),
        "same_count": sum(1 for each in planned if not each.problem and not each.is_change),
        "problems": [each for each in planned if each.problem],
        "carried": [(name, value) for name, value in request.form.items(multi=True) if name not in _NOT_CARRIED],
    }


_NOT_CARRIED = {"csrf_token", "send_token"}


@bp.post("/units/bulk/confirm")
@requires(Permission.ORG_EDIT)
def confirm_bulk() -> ResponseReturnValue:
    earlier = find_earlier_answer()
    if earlier is not None:
        return redirect(earlier, code=303)
    form, units = BulkForm().offer(list_unit_types()), _chosen()
    if not form.validate_on_submit() or not units:
        return _list_page(form, status=422)
    location = url_for(".list_all", **_wanted().as_arguments())
    try:
        with unit_of_work():
            count = bulk_editing.carry_out(form.edit(), units, actor=current_user)
            remember_answer(location)
    except DomainError as error:
        refused(form, error, {}, "value")
        return _list_page(form, status=422)
    flash(gettext("已修改 %(count)s 个单位。", count=count), "success")
    return redirect(location, code=303)
