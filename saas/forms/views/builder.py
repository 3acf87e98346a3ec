"""Designing a draft in the browser: every action is one form post that is answered with 303."""

from __future__ import annotations

import uuid
from typing import Any

from flask import Response, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from flask_login import current_user
from wtforms.fields.choices import SelectChoice

from saas.access.decorators import requires
from saas.access.permissions import Permission
from saas.db import local_clock, local_today, unit_of_work
from saas.domain.answers import initial_raw
from saas.domain.errors import FormError
from saas.domain.fields import (
    FILES,
    MAX_FIELDS,
    Field,
    FieldType,
    count_fields,
    form_from_mapping,
    iter_fields,
    sources_of,
)
from saas.domain.fields import FormDefinition as Definition
from saas.domain.form_editing import (
    add_field,
    find_field,
    move_field,
    new_block,
    put_field,
    remove_field,
    unused_name,
)
from saas.domain.form_locks import locked_paths
from saas.forms import queries, services
from saas.forms.check_form import check_condition, picked
from saas.forms.choosing import prefill_choices, row_choices, source_choices
from saas.forms.conditions import ROWS, chosen, condition_in, values_offered
from saas.forms.field_form import (
    LOGIC,
    MORE,
    SETTINGS,
    FieldForm,
    changed_definition,
    field_form,
    field_mapping,
    posted_choices,
)
from saas.forms.fill_form import field_id, fill_nodes
from saas.forms.forms import NEW_KINDS, TYPE_LABELS, AddFieldForm, UploadForm
from saas.forms.locking import pack_of, refuse_locked
from saas.forms.models import FormVersion, VersionStatus
from saas.forms.outside_choices import with_choices
from saas.forms.placing import place_now, place_words, read_place
from saas.forms.uploads import read_definition
from saas.forms.views.blueprint import bp, is_stale, refuse_stale
from saas.forms.xlsform import mistakes_of
from saas.htmx import lead_to, render_page
from saas.tenancy.once import find_earlier_answer, remember_answer


@bp.get("/<uuid:form_id>/versions/<int:number>")
@requires(Permission.FORM_VIEW)
def version(form_id: uuid.UUID, number: int) -> ResponseReturnValue:
    return _page(queries.get_version(form_id, number, current_user), AddFieldForm(formdata=None))


@bp.post("/<uuid:form_id>/versions/<int:number>/fields")
@requires(Permission.FORM_EDIT)
def add(form_id: uuid.UUID, number: int) -> ResponseReturnValue:
    draft = queries.get_version(form_id, number, current_user)
    earlier = find_earlier_answer()
    if earlier is not None:
        return redirect(earlier, code=303)
    form = AddFieldForm()
    if not form.validate_on_submit():
        return _page(draft, form, status=422)
    if is_stale(draft, form.version.data):
        return _page(draft, form, status=409)
    definition = form_from_mapping(draft.definition)
    item = new_block(form.type.data, unused_name(definition), form.label.data.strip())
    path = f"{form.parent.data}.{item.name}".lstrip(".")
    location = _builder_url(draft, path)
    if item.mark:  # it says nothing before it is put together
        location = url_for(".edit_field", form_id=form_id, number=number, path=path)
    with unit_of_work():
        services.change_definition(
            draft, add_field(definition, form.parent.data, item), actor=current_user, change="add"
        )
        remember_answer(location)
    return lead_to(location) if item.mark else redirect(location, code=303)


@bp.post("/<uuid:form_id>/versions/<int:number>/fields/put")
@requires(Permission.FORM_EDIT)
def put(form_id: uuid.UUID, number: int) -> ResponseReturnValue:
    draft, path = queries.get_version(form_id, number, current_user), request.form.get("path", "")
    definition = form_from_mapping(draft.definition)
    item, place = find_field(definition, path), read_place(definition, path, request.form.get("place", ""))
    refuse_stale(draft, request.form.get("version"))
    refuse_locked(draft.form, definition, path)
    try:
        with unit_of_work():
            moved = put_field(definition, path, *place)
            services.change_definition(draft, moved, actor=current_user, change="move")
    except FormError as error:
        return _field_page(draft, path, field_form(item), status=422, error=error)
    return redirect(_builder_url(draft, f"{place[0]}.{item.name}".lstrip(".")), code=303)


@bp.post("/<uuid:form_id>/versions/<int:number>/fields/move")
@requires(Permission.FORM_EDIT)
def move(form_id: uuid.UUID, number: int) -> ResponseReturnValue:
    draft, path = queries.get_version(form_id, number, current_user), request.form.get("path", "")
    refuse_stale(draft, request.form.get("version"))
    refuse_locked(draft.form, form_from_mapping(draft.definition), path)
    by = 1 if request.form.get("direction") == "down" else -1
    with unit_of_work():
        moved = move_field(form_from_mapping(draft.definition), path, by)
        services.change_definition(draft, moved, actor=current_user, change="move")
    return redirect(_builder_url(draft, path), code=303)


@bp.post("/<uuid:form_id>/versions/<int:number>/fields/remove")
@requires(Permission.FORM_EDIT)
def remove(form_id: uuid.UUID, number: int) -> ResponseReturnValue:
    draft, path = queries.get_version(form_id, number, current_user), request.form.get("path", "")
    refuse_stale(draft, request.form.get("version"))
    refuse_locked(draft.form, form_from_mapping(draft.definition), path)
    with unit_of_work():
        smaller = remove_field(form_from_mapping(draft.definition), path)
        services.change_definition(draft, smaller, actor=current_user, change="remove")
    return redirect(_builder_url(draft), code=303)


@bp.get("/<uuid:form_id>/versions/<int:number>/fields/edit")
@requires(Permission.FORM_EDIT)
def edit_field(form_id: uuid.UUID, number: int) -> ResponseReturnValue:
    draft = queries.get_version(form_id, number, current_user)
    item = find_field(form_from_mapping(draft.definition), request.args.get("path", ""))
    refuse_locked(draft.form, form_from_mapping(draft.definition), request.args["path"])
    definition, path = form_from_mapping(draft.definition), request.args["path"]
    when = condition_in(item.relevant, definition) if not item.mark else None
    rule = picked(definition, path, item).rule if item.mark else None
    return _field_page(draft, path, field_form(item, when, rule))


@bp.post("/<uuid:form_id>/versions/<int:number>/fields/edit")
@requires(Permission.FORM_EDIT)
def edit_field_send(form_id: uuid.UUID, number: int) -> ResponseReturnValue:
    draft, path = queries.get_version(form_id, number, current_user), request.args.get("path", "")
    definition = form_from_mapping(draft.definition)
    item, form = find_field(definition, path), FieldForm()
    refuse_locked(draft.form, definition, path)
    if not form.validate_on_submit():
        return _field_page(draft, path, form, status=422)
    if is_stale(draft, form.version.data):
        return _field_page(draft, path, form, status=409)
    try:
        form.relevant.data = _condition(definition, path, item, form)
        typed = changed_definition(definition, path, item, field_mapping(form, item, posted_choices(item)))
        with unit_of_work():
            services.change_definition(draft, typed, actor=current_user, change="edit")
    except FormError as error:
        return _field_page(draft, path, form, status=422, error=error)
    return redirect(_builder_url(draft, f"{path.rpartition('.')[0]}.{form.name.data}".lstrip(".")), code=303)


@bp.post("/<uuid:form_id>/versions/<int:number>/upload")
@requires(Permission.FORM_EDIT)
def upload(form_id: uuid.UUID, number: int) -> ResponseReturnValue:
    draft = queries.get_version(form_id, number, current_user)
    form = UploadForm()
    if not form.validate_on_submit():
        return _page(draft, AddFieldForm(formdata=None), status=422, upload=form)
    refuse_stale(draft, form.version.data)
    try:
        with unit_of_work():
            definition = read_definition(form.file.data)
            services.change_definition(draft, definition, actor=current_user, change="upload")
    except FormError as error:
        form.file.errors = mistakes_of(error)
        return _page(draft, AddFieldForm(formdata=None), status=422, upload=form)
    flash(gettext("已用文件替换草稿内容。"), "success")
    return redirect(_builder_url(draft), code=303)


@bp.post("/<uuid:form_id>/versions/<int:number>/discard")
@requires(Permission.FORM_EDIT)
def discard(form_id: uuid.UUID, number: int) -> ResponseReturnValue:
    draft = queries.get_version(form_id, number, current_user)
    with unit_of_work():
        services.discard_draft(draft, actor=current_user)
    flash(gettext("草稿已放弃。"), "success")
    return redirect(url_for(".show", form_id=form_id), code=303)


def _builder_url(draft: FormVersion, path: str = "") -> str:
    return url_for(
        ".version", form_id=draft.form_id, number=draft.number, _anchor=f"edit-{field_id(path)}" if path else None
    )


def _page(shown: FormVersion, form: AddFieldForm, status: int = 200, upload: UploadForm | None = None) -> Response:
    definition = form_from_mapping(shown.definition)
    is_editable = shown.status is VersionStatus.DRAFT and current_user.permits(Permission.FORM_EDIT)
    return render_page(
        "forms/version.html",
        fragment="builder",
        status=status,
        version=shown,
        definition=definition,
        lines=_lines(definition),
        nodes=fill_nodes(with_choices(definition, None, local_today()), initial_raw(definition), now=local_clock()),
        source_names=(source_choices() if sources_of(definition) else {}) | row_choices(definition),
        new_kinds=NEW_KINDS,
        is_editable=is_editable,
        has_locks=bool(locked_paths(definition)),
        locked_by=pack_of(shown.form) if locked_paths(definition) else "",
        is_full=sum(1 for _ in iter_fields(definition)) >= MAX_FIELDS,
        field_count=count_fields(definition),
        type_labels=TYPE_LABELS,
        form=form,
        upload=upload or UploadForm(formdata=None),
        is_stale=status == 409,
    )


def _lines(definition: Definition) -> list[dict[str, Any]]:
    """Every field as a line of the builder; the address of a field in a repeat has no row number."""
    lines, locked = [], locked_paths(definition)
    for path, item in iter_fields(definition):
        plain = path.replace("[]", "")
        place = {"path": plain, "id": f"edit-{field_id(plain)}", "depth": plain.count(".")}
        lines.append({**place, "item": item, "is_locked": plain in locked})
    return lines


def _is_in_row(definition: Definition, path: str) -> bool:
    """Whether a question stands right in a repeat."""
    around = path.rpartition(".")[0]
    return bool(around) and find_field(definition, around).type is FieldType.REPEAT


def _field_page(
    draft: FormVersion, path: str, form: FieldForm, status: int = 200, error: FormError | None = None
) -> ResponseReturnValue:
    definition = form_from_mapping(draft.definition)
    item = find_field(definition, path)
    others = [each for _, each in iter_fields(definition) if each.is_question and each.name != item.name]
    questions = [SelectChoice(each.name, f"{each.label[:40]}（{each.name}）") for each in others]
    for number in range(1, ROWS + 1):
        form.row(number)[0].choices = [SelectChoice("", gettext("不设条件")), *questions]
    check = picked(definition, path, item)
    if item.mark:
        form.relevant.label.text, form.label.label.text = gettext("什么时候提醒"), gettext("提醒的话")
    form.check_parts.choices = check.figures
    form.check_whole.choices = [SelectChoice("", gettext("请选择")), *check.figures]
    form.evidence.choices = [SelectChoice("", gettext("不需要")), *_evidence_beside(definition, path, item)]
    sources = source_choices() | row_choices(definition, item) if "choices_from" in SETTINGS[item.type] else {}
    form.choices_from.choices = [SelectChoice("", gettext("在本题列出"))] + [
        SelectChoice(value, label) for value, label in sources.items()
    ]
    typed = request.method == "POST"
    page = render_template(
        "forms/edit_field.html",
        version=draft,
        path=path,
        item=item,
        form=form,
        shown=[name for name in SETTINGS[item.type] if name != "unique" or _is_in_row(definition, path)],
        rows=[form.row(number) for number in range(1, ROWS + 1)],
        values=values_offered(definition),
        prefills=prefill_choices(draft.form.code, item) if "prefill" in SETTINGS[item.type] else {},
        check=check,
        places=place_words(definition, path),
        place=place_now(definition, path),
        logic=LOGIC,
        more=MORE,
        has_more=any(form[name].data for name in MORE if name in SETTINGS[item.type]),
        has_logic=any(form[name].data for name in ("relevant", *LOGIC)),
        type_label=TYPE_LABELS[item.type],
        choices={
            choice.name: request.form.get(f"choice-{choice.name}", "") if typed else choice.label
            for choice in item.choices
        },
        new_choices=request.form.get("new_choices", ""),
        error=str(error) if error else "",
        is_stale=status == 409,
    )
    return page, status


def _condition(definition: Definition, path: str, item: Field, form: FieldForm) -> str:
    """When a question is asked, or when a check says something: by pickers, or as it was written."""
    typed = form.relevant.data.strip()
    if item.mark:
        return check_condition(definition, path, item, form.comparison, typed)
    return chosen(form.when, typed, item.relevant, definition)


def _evidence_beside(definition: Definition, path: str, item: Field) -> list[SelectChoice]:
    """The photos and files in the same group as a question."""
    parent = path.rpartition(".")[0]
    beside = find_field(definition, parent).fields if parent else definition.fields
    return [SelectChoice(each.name, each.label[:40]) for each in beside if each.type in FILES and each is not item]
