"""The list of reorganisations, and the heading of one."""

from __future__ import annotations

import uuid
from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from flask_login import current_user

from saas.access.decorators import requires
from saas.access.permissions import Permission
from saas.administration.org.forms import differences
from saas.administration.reorganisation import queries, services
from saas.administration.reorganisation.forms import HeadingForm
from saas.administration.reorganisation.stage import KIND_LABELS, Wording
from saas.administration.reorganisation.views.blueprint import bp, lock_as_seen, to_reorganisation
from saas.db import unit_of_work
from saas.htmx import render_page
from saas.org.models import Reorganisation, ReorganisationStatus
from saas.tenancy.once import find_earlier_answer, remember_answer


@bp.get("")
@requires(Permission.ORG_EDIT)
def index() -> ResponseReturnValue:
    wanted = request.args.get("status", "")
    status = ReorganisationStatus(wanted) if wanted in set(ReorganisationStatus) else None
    found = queries.list_reorganisations(status)
    people = queries.names_of({row.created_by_id for row in found} | {row.confirmed_by_id for row in found})
    return render_page(
        "reorganisation/index.html", fragment="reorganisation_list", found=found, people=people, wanted=wanted
    )


@bp.get("/new")
@requires(Permission.ORG_EDIT)
def create() -> ResponseReturnValue:
    return _heading_page(HeadingForm(), gettext("拟定机构调整"), creates=True)


@bp.post("")
@requires(Permission.ORG_EDIT)
def create_send() -> ResponseReturnValue:
    earlier = find_earlier_answer()
    if earlier is not None:
        return redirect(earlier, code=303)
    form = HeadingForm()
    if not form.validate_on_submit():
        return _heading_page(form, gettext("拟定机构调整"), creates=True, status=422)
    with unit_of_work():
        draft = services.create_draft(**_typed(form), actor=current_user)
        remember_answer(url_for(".show", reorganisation_id=draft.id))
    return to_reorganisation(draft.id)


def _typed(form: HeadingForm) -> dict[str, Any]:
    return {
        "title": form.title.data,
        "reason": form.reason.data or "",
        "basis": form.basis.data or "",
        "effective_on": form.effective_on.data,
    }


def _heading_page(
    form: HeadingForm,
    title: str,
    *,
    shown: Reorganisation | None = None,
    creates: bool = False,
    status: int = 200,
    changed: Any = (),
) -> ResponseReturnValue:
    trail = [(gettext("机构"), url_for("org.index")), (gettext("机构调整"), url_for(".index"))]
    if shown is not None:
        trail.append((shown.title, url_for(".show", reorganisation_id=shown.id)))
    page = render_template(
        "administration/form.html",
        form=form,
        title=title,
        lead=gettext("草稿对机构没有任何影响，确认后才从生效日期起算。"),
        trail=trail,
        submit=gettext("下一步：添加调整事项") if creates else gettext("保存"),
        creates=creates,
        action=url_for(".create_send") if creates else request.script_root + request.path,
        is_stale=status == 409,
        changed=changed,
    )
    return page, status


@bp.get("/<uuid:reorganisation_id>")
@requires(Permission.ORG_EDIT)
def show(reorganisation_id: uuid.UUID) -> ResponseReturnValue:
    found = queries.get_reorganisation(reorganisation_id)
    wording = Wording(found)
    is_confirmed = found.status is ReorganisationStatus.CONFIRMED
    undone = found.impact.get("undone")
    return render_template(
        "reorganisation/show.html",
        found=found,
        steps=[wording.describe(step) for step in wording.steps],
        kinds=KIND_LABELS,
        people=queries.names_of({found.created_by_id, found.confirmed_by_id, *_undoer(undone)}),
        undoer=next(iter(_undoer(undone)), None),
        summary=[section for section in found.impact.get("summary", []) if section["count"]],
        obstacles=services.list_obstacles(found) if is_confirmed else [],
    )


def _undoer(undone: dict[str, Any] | None) -> set[uuid.UUID | None]:
    return {uuid.UUID(undone["by"])} if undone else set()


@bp.get("/<uuid:reorganisation_id>/edit")
@requires(Permission.ORG_EDIT)
def edit(reorganisation_id: uuid.UUID) -> ResponseReturnValue:
    found = queries.get_reorganisation(reorganisation_id)
    return _heading_page(HeadingForm(obj=found), gettext("修改名称和日期"), shown=found)


@bp.post("/<uuid:reorganisation_id>/edit")
@requires(Permission.ORG_EDIT)
def edit_send(reorganisation_id: uuid.UUID) -> ResponseReturnValue:
    found, form = queries.get_reorganisation(reorganisation_id), HeadingForm()
    if not form.validate_on_submit():
        return _heading_page(form, gettext("修改名称和日期"), shown=found, status=422)
    if form.version.data != str(found.version):
        return _stale(form, found)
    with unit_of_work():
        services.edit_draft(queries.lock_reorganisation(reorganisation_id), **_typed(form), actor=current_user)
    flash(gettext("已保存：%(title)s", title=found.title), "success")
    return to_reorganisation(found.id)


def _stale(form: HeadingForm, found: Reorganisation) -> ResponseReturnValue:
    form.version.raw_data, form.version.data = None, str(found.version)
    present = {name: getattr(found, name) for name in ("title", "effective_on", "reason", "basis")}
    changed = differences(form, present)
    return _heading_page(form, gettext("修改名称和日期"), shown=found, status=409, changed=changed)


@bp.post("/<uuid:reorganisation_id>/withdraw")
@requires(Permission.ORG_EDIT)
def withdraw(reorganisation_id: uuid.UUID) -> ResponseReturnValue:
    with unit_of_work():
        services.withdraw(lock_as_seen(reorganisation_id), actor=current_user)
    flash(gettext("草稿已作废。"), "success")
    return to_reorganisation(reorganisation_id)


@bp.post("/<uuid:reorganisation_id>/copy")
@requires(Permission.ORG_EDIT)
def copy(reorganisation_id: uuid.UUID) -> ResponseReturnValue:
    earlier = find_earlier_answer()
    if earlier is not None:
        return redirect(earlier, code=303)
    with unit_of_work():
        draft = services.copy_draft(queries.get_reorganisation(reorganisation_id), actor=current_user)
        remember_answer(url_for(".show", reorganisation_id=draft.id))
    flash(gettext("已据此新拟一份草稿。"), "success")
    return to_reorganisation(draft.id)
