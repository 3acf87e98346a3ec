"""Pages of the lists of choices that forms share."""

from __future__ import annotations

import uuid
from typing import Any

from flask import Response, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from flask_login import current_user

from saas.access.decorators import requires
from saas.access.permissions import Permission
from saas.db import unit_of_work
from saas.domain.errors import DomainError, FormError
from saas.domain.fields import Choice
from saas.domain.fields.choice_rows import choices_of_rows, rows_of_choices, rows_of_text
from saas.files.checks import FileType
from saas.forms import choice_lists as services
from saas.forms.forms import ChoiceListForm
from saas.forms.models import ChoiceList
from saas.forms.outside_choices import choices_of_list
from saas.forms.views.blueprint import bp
from saas.spreadsheets.limits import SpreadsheetRefused
from saas.tenancy.once import find_earlier_answer, remember_answer


@bp.get("/lists")
@requires(Permission.FORM_VIEW)
def choice_lists() -> ResponseReturnValue:
    rows = services.list_choice_lists(current_user)
    users = services.forms_using([row.code for row in rows])
    return render_template("forms/choice_lists.html", rows=rows, users=users)


@bp.get("/lists/new")
@requires(Permission.FORM_EDIT)
def create_list() -> ResponseReturnValue:
    return render_template("forms/edit_choice_list.html", form=ChoiceListForm(), subject=None)


@bp.post("/lists")
@requires(Permission.FORM_EDIT)
def create_list_send() -> ResponseReturnValue:
    earlier = find_earlier_answer()
    if earlier is not None:
        return redirect(earlier, code=303)
    form = ChoiceListForm()
    try:
        with unit_of_work():
            choices = _typed(form)
            made = services.create_list(
                form.code.data, form.name.data, form.source.data or "", choices, actor=current_user
            )
            location = url_for(".choice_list", list_id=made.id)
            remember_answer(location)
    except (FormError, SpreadsheetRefused) as error:
        return _refused(form, None, error)
    return redirect(location, code=303)


@bp.get("/lists/<uuid:list_id>")
@requires(Permission.FORM_VIEW)
def choice_list(list_id: uuid.UUID) -> ResponseReturnValue:
    found = services.get_choice_list(list_id, current_user)
    choices = choices_of_list(found.choices)
    return render_template(
        "forms/choice_list.html",
        subject=found,
        rows=rows_of_choices(choices),
        users=services.forms_using([found.code])[found.code],
    )


@bp.get("/lists/<uuid:list_id>/edit")
@requires(Permission.FORM_EDIT)
def edit_list(list_id: uuid.UUID) -> ResponseReturnValue:
    found = services.get_choice_list(list_id, current_user)
    lines = "\n".join("\t".join(row) for row in rows_of_choices(choices_of_list(found.choices)))
    form = ChoiceListForm(data={"code": found.code, "name": found.name, "source": found.source, "lines": lines})
    return render_template("forms/edit_choice_list.html", form=form, subject=found)


@bp.post("/lists/<uuid:list_id>/edit")
@requires(Permission.FORM_EDIT)
def edit_list_send(list_id: uuid.UUID) -> ResponseReturnValue:
    found, form = services.get_choice_list(list_id, current_user), ChoiceListForm()
    if request.form.get("version") != str(found.version):
        return render_template("forms/edit_choice_list.html", form=form, subject=found, is_stale=True), 409
    try:
        form.code.data = found.code
        choices = _typed(form)
    except (FormError, SpreadsheetRefused) as error:
        return _refused(form, found, error)
    with unit_of_work():
        services.change_list(found, form.name.data, form.source.data or "", choices, actor=current_user)
    flash(gettext("公用选项已保存。"), "success")
    return redirect(url_for(".choice_list", list_id=list_id), code=303)


@bp.post("/lists/<uuid:list_id>/remove")
@requires(Permission.FORM_EDIT)
def remove_list(list_id: uuid.UUID) -> ResponseReturnValue:
    found = services.get_choice_list(list_id, current_user)
    with unit_of_work():
        services.remove_list(found, actor=current_user)
    flash(gettext("公用选项已删除。"), "success")
    return redirect(url_for(".choice_lists"), code=303)


@bp.get("/lists/<uuid:list_id>/choices.xlsx")
@requires(Permission.FORM_VIEW)
def download_list(list_id: uuid.UUID) -> ResponseReturnValue:
    found = services.get_choice_list(list_id, current_user)
    disposition = f'attachment; filename="{found.code}.xlsx"'
    headers = {"Content-Disposition": disposition}
    return Response(services.file_of_choices(found), mimetype=FileType.XLSX, headers=headers)


def _typed(form: Any) -> tuple[Choice, ...]:
    """The choices of the uploaded file, or else of what was typed. Raises FormError, also for the fields beside."""
    if not form.validate():
        raise FormError("", "请检查标出的项目", code="invalid")
    if form.file.data and form.file.data.filename:
        return services.choices_of_file(form.file.data.stream.read(), form.file.data.filename)
    return choices_of_rows(rows_of_text(form.lines.data or ""))


def _refused(form: Any, subject: ChoiceList | None, error: DomainError) -> ResponseReturnValue:
    if not form.errors:
        place = form.file if form.file.data and form.file.data.filename else form.lines
        (form.code if getattr(error, "path", "") == "code" else place).errors = [str(error)]
    return render_template("forms/edit_choice_list.html", form=form, subject=subject), 422
