"""Writing the sections, tasks, stages, attachments and targets of a draft: one form each, the same four moves."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from flask import flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import LazyString, gettext
from flask_babel import lazy_gettext as _l
from flask_login import current_user
from flask_wtf import FlaskForm

from saas.access.decorators import requires
from saas.access.permissions import Permission
from saas.db import unit_of_work
from saas.domain.errors import DomainError, FormatError
from saas.files.checks import FileRefused
from saas.files.services import store_upload
from saas.htmx import render_page
from saas.plans import queries
from saas.plans.forms import AttachmentForm, SectionForm, StageForm, TaskForm, changed_fields
from saas.plans.models import Plan
from saas.plans.services import pieces
from saas.plans.services.drafting import fingerprint
from saas.plans.views.blueprint import bp, refuse_settled, refuse_stale
from saas.plans.views.target_form import TargetForm, field_of, kept_mapping, target_mapping
from saas.tenancy.once import find_earlier_answer, remember_answer


@dataclass(frozen=True, slots=True)
class Editor:
    """How one kind of piece is edited: its form, what it shows of a row, and how it is saved."""

    form: type[Any]
    title: LazyString
    save: Callable[[Plan, Any, Any], Any]


def _save_section(plan: Plan, piece: Any, form: SectionForm) -> Any:
    return pieces.save_section(
        plan,
        piece,
        actor=current_user,
        kind=form.kind.data,
        heading=form.heading.data,
        body=form.body.data or "",
    )


def _save_task(plan: Plan, piece: Any, form: TaskForm) -> Any:
    return pieces.save_task(
        plan, piece, actor=current_user, title=form.title.data, body=form.body.data or "", mode=form.mode.data
    )


def _save_stage(plan: Plan, piece: Any, form: StageForm) -> Any:
    return pieces.save_stage(
        plan,
        piece,
        actor=current_user,
        name=form.name.data,
        starts_on=form.starts_on.data,
        ends_on=form.ends_on.data,
        body=form.body.data or "",
    )


def _save_attachment(plan: Plan, piece: Any, form: AttachmentForm) -> Any:
    upload = form.file.data
    file = None
    if not form.shows.data and upload and upload.filename:
        file = store_upload(upload, subject_type="plan", subject_id=plan.id, actor=current_user)
    if not form.shows.data and file is None and (piece is None or piece.file_id is None):
        raise FormatError("file", "请选择要上传的文件，或者改为自动生成的表", code="missing_value")
    return pieces.save_attachment(
        plan, piece, actor=current_user, title=form.title.data, shows=form.shows.data or "", file=file
    )


def _save_target(plan: Plan, piece: Any, form: TargetForm) -> Any:
    mapping = target_mapping(form)
    if piece is not None:
        mapping = kept_mapping(piece, mapping)
    return pieces.save_plan_target(
        plan, piece, actor=current_user, mapping=mapping, responsible_unit_id=form.responsible_id
    )


EDITORS: Mapping[str, Editor] = {
    "section": Editor(SectionForm, _l("章节"), _save_section),
    "task": Editor(TaskForm, _l("任务"), _save_task),
    "stage": Editor(StageForm, _l("阶段"), _save_stage),
    "attachment": Editor(AttachmentForm, _l("附件"), _save_attachment),
    "target": Editor(TargetForm, _l("目标"), _save_target),
}
TAB_OF = {
    "section": "text",
    "task": "tasks",
    "stage": "stages",
    "attachment": "attachments",
    "target": "targets",
}


def tab_url(plan: Plan, kind: str) -> str:
    """The tab of the plan's page that shows this kind of piece."""
    return url_for(".show", plan_id=plan.id, tab=TAB_OF[kind])


@bp.get("/<uuid:plan_id>/sections/new", defaults={"kind": "section"})
@bp.get("/<uuid:plan_id>/tasks/new", defaults={"kind": "task"})
@bp.get("/<uuid:plan_id>/stages/new", defaults={"kind": "stage"})
@bp.get("/<uuid:plan_id>/attachments/new", defaults={"kind": "attachment"})
@bp.get("/<uuid:plan_id>/targets/new", defaults={"kind": "target"})
@requires(Permission.PLAN_EDIT)
def new_piece(plan_id: uuid.UUID, kind: str) -> ResponseReturnValue:
    plan = queries.get_plan_to_edit(plan_id, current_user)
    refuse_settled(plan)
    return _page(plan, kind, None, EDITORS[kind].form(formdata=None))


@bp.post("/<uuid:plan_id>/sections", defaults={"kind": "section"})
@bp.post("/<uuid:plan_id>/tasks", defaults={"kind": "task"})
@bp.post("/<uuid:plan_id>/stages", defaults={"kind": "stage"})
@bp.post("/<uuid:plan_id>/attachments", defaults={"kind": "attachment"})
@bp.post("/<uuid:plan_id>/targets", defaults={"kind": "target"})
@requires(Permission.PLAN_EDIT)
def add_piece(plan_id: uuid.UUID, kind: str) -> ResponseReturnValue:
    plan, earlier = queries.get_plan_to_edit(plan_id, current_user), find_earlier_answer()
    if earlier is not None:
        return redirect(earlier, code=303)
    form = EDITORS[kind].form()
    if not form.validate_on_submit():
        return _page(plan, kind, None, form, status=422)
    refuse_settled(plan)
    try:
        with unit_of_work():
            piece = EDITORS[kind].save(plan, None, form)
            location = _after_adding(plan, kind, piece)
            remember_answer(location)
    except (FileRefused, FormatError) as error:
        return _page(plan, kind, None, _explained(form, error), status=422)
    return redirect(location, code=303)


def _after_adding(plan: Plan, kind: str, piece: Any) -> str:
    """A new task goes on to its units and deadline; everything else is done."""
    if kind == "task":
        return url_for(".edit_part", plan_id=plan.id, part_id=pieces.list_parts(piece.id)[0].id)
    return tab_url(plan, kind)


@bp.get("/<uuid:plan_id>/sections/<uuid:piece_id>", defaults={"kind": "section"})
@bp.get("/<uuid:plan_id>/tasks/<uuid:piece_id>", defaults={"kind": "task"})
@bp.get("/<uuid:plan_id>/stages/<uuid:piece_id>", defaults={"kind": "stage"})
@bp.get("/<uuid:plan_id>/attachments/<uuid:piece_id>", defaults={"kind": "attachment"})
@bp.get("/<uuid:plan_id>/targets/<uuid:piece_id>/edit", defaults={"kind": "target"})
@requires(Permission.PLAN_EDIT)
def edit_piece(plan_id: uuid.UUID, kind: str, piece_id: uuid.UUID) -> ResponseReturnValue:
    plan = queries.get_plan_to_edit(plan_id, current_user)
    piece = queries.get_piece(plan.id, kind, piece_id)
    refuse_settled(plan)
    form = EDITORS[kind].form
    return _page(plan, kind, piece, form(formdata=None, data=form.shown(piece)))


@bp.post("/<uuid:plan_id>/sections/<uuid:piece_id>", defaults={"kind": "section"})
@bp.post("/<uuid:plan_id>/tasks/<uuid:piece_id>", defaults={"kind": "task"})
@bp.post("/<uuid:plan_id>/stages/<uuid:piece_id>", defaults={"kind": "stage"})
@bp.post("/<uuid:plan_id>/attachments/<uuid:piece_id>", defaults={"kind": "attachment"})
@bp.post("/<uuid:plan_id>/targets/<uuid:piece_id>/edit", defaults={"kind": "target"})
@requires(Permission.PLAN_EDIT)
def edit_piece_send(plan_id: uuid.UUID, kind: str, piece_id: uuid.UUID) -> ResponseReturnValue:
    plan = queries.get_plan_to_edit(plan_id, current_user)
    piece, form = queries.get_piece(plan.id, kind, piece_id), EDITORS[kind].form()
    if not form.validate_on_submit():
        return _page(plan, kind, piece, form, status=422)
    refuse_settled(plan)
    if form.version.data != fingerprint(form.shown(piece)):
        return _page(plan, kind, piece, form, status=409)
    try:
        with unit_of_work():
            EDITORS[kind].save(plan, piece, form)
    except (FileRefused, FormatError) as error:
        return _page(plan, kind, piece, _explained(form, error), status=422)
    flash(gettext("已保存。"), "success")
    return redirect(tab_url(plan, kind), code=303)


@bp.post("/<uuid:plan_id>/move")
@requires(Permission.PLAN_EDIT)
def move_piece(plan_id: uuid.UUID) -> ResponseReturnValue:
    plan, kind, piece_id = _named_piece(plan_id)
    refuse_stale(plan, request.form.get("version"))
    with unit_of_work():
        by = 1 if request.form.get("direction") == "down" else -1
        pieces.move_piece(plan, kind, piece_id, by, actor=current_user)
    return redirect(tab_url(plan, kind), code=303)


@bp.post("/<uuid:plan_id>/remove")
@requires(Permission.PLAN_EDIT)
def remove_piece(plan_id: uuid.UUID) -> ResponseReturnValue:
    plan, kind, piece_id = _named_piece(plan_id)
    refuse_stale(plan, request.form.get("version"))
    with unit_of_work():
        pieces.remove_piece(plan, kind, piece_id, actor=current_user)
    flash(gettext("已删除。"), "success")
    return redirect(tab_url(plan, kind), code=303)


def _named_piece(plan_id: uuid.UUID) -> tuple[Plan, str, uuid.UUID]:
    """The plan and the piece that the form names; NoResultFound (404) if the plan has no such piece."""
    plan = queries.get_plan_to_edit(plan_id, current_user)
    kind = request.form.get("kind", "")
    kind = kind if kind in EDITORS else "section"
    named = request.form.get("piece", type=uuid.UUID)
    return plan, kind, queries.get_piece(plan.id, kind, named or uuid.UUID(int=0)).id


def _explained(form: Any, error: DomainError) -> Any:
    """Put a refusal of the domain beside the field it is about."""
    path = error.path if isinstance(error, FormatError) else "file"
    advice = f"（{error.advice}）" if isinstance(error, FormatError) and error.advice else ""
    field = form[field_of(path)] if field_of(path) in form else next(iter(form))
    field.errors = [*field.errors, f"{error.message}{advice}"]
    return form


def _page(plan: Plan, kind: str, piece: Any, form: FlaskForm, *, status: int = 200) -> ResponseReturnValue:
    """The form; after a conflict it shows both versions, and sending it again is a decision for the own one."""
    now = form.shown(piece) if piece is not None else {}
    route, more = (".add_piece", {}) if piece is None else (".edit_piece_send", {"piece_id": piece.id})
    title = EDITORS[kind].title
    return render_page(
        "plans/edit.html",
        fragment="piece_form",
        status=status,
        plan=plan,
        form=form,
        title=gettext("新增%(kind)s", kind=title) if piece is None else gettext("修改%(kind)s", kind=title),
        action=url_for(route, plan_id=plan.id, kind=kind, **more),
        back=tab_url(plan, kind),
        version=form.version.data if status == 422 else fingerprint(now),
        conflict=changed_fields(form, now) if status == 409 else None,
        is_new=piece is None,
    )
