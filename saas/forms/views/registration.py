"""The list of forms, registering a form, its versions."""

from __future__ import annotations

import uuid
from typing import Any

from flask import Response, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from flask_login import current_user
from wtforms.fields.choices import SelectChoice

from saas.access.decorators import requires
from saas.access.permissions import Permission
from saas.db import local_today, unit_of_work
from saas.domain.errors import FormError
from saas.domain.fields import FormDefinition as Definition
from saas.domain.fields import count_fields, form_from_mapping
from saas.files.checks import FileType
from saas.forms import queries, services
from saas.forms.forms import EditFormForm, NewFormForm, RegistrationForm
from saas.forms.toml_file import form_to_toml
from saas.forms.uploads import read_definition
from saas.forms.views.blueprint import bp
from saas.forms.xlsform import form_to_xlsform, mistakes_of
from saas.org.queries import list_units
from saas.tenancy.once import find_earlier_answer, remember_answer


@bp.get("")
@requires(Permission.FORM_VIEW)
def index() -> ResponseReturnValue:
    rows = queries.list_forms(current_user)
    return render_template("forms/index.html", rows=rows, is_expired=services.is_expired, today=local_today())


@bp.get("/new")
@requires(Permission.FORM_EDIT)
def create() -> ResponseReturnValue:
    return render_template("forms/new.html", form=_with_units(NewFormForm()))


@bp.post("")
@requires(Permission.FORM_EDIT)
def create_send() -> ResponseReturnValue:
    earlier = find_earlier_answer()
    if earlier is not None:
        return redirect(earlier, code=303)
    form = _with_units(NewFormForm())
    if not form.validate_on_submit():
        return render_template("forms/new.html", form=form), 422
    try:
        with unit_of_work():
            created = services.create_form(_first_definition(form), actor=current_user, **_registration(form))
            location = url_for(".version", form_id=created.id, number=1)
            remember_answer(location)
    except FormError as error:
        (form.code if error.path == "code" else form.file).errors = mistakes_of(error)
        return render_template("forms/new.html", form=form), 422
    return redirect(location, code=303)


@bp.get("/<uuid:form_id>")
@requires(Permission.FORM_VIEW)
def show(form_id: uuid.UUID) -> ResponseReturnValue:
    form = queries.get_form(form_id, current_user)
    versions = queries.list_versions(form_id)
    counts = {version.id: count_fields(form_from_mapping(version.definition)) for version in versions}
    owner = next((unit.name for unit in list_units(local_today()) if unit.id == form.owner_unit_id), "")
    return render_template(
        "forms/show.html",
        form=form,
        versions=versions,
        counts=counts,
        owner=owner,
        is_expired=services.is_expired(form),
        has_draft=any(version.status == "draft" for version in versions),
        is_published=any(version.status == "published" for version in versions),
    )


@bp.get("/<uuid:form_id>/edit")
@requires(Permission.FORM_EDIT)
def edit(form_id: uuid.UUID) -> ResponseReturnValue:
    form = queries.get_form(form_id, current_user)
    owner = str(form.owner_unit_id or "")
    data = {"name": form.name, "owner_unit": owner, "legal_basis": form.legal_basis, "expires_on": form.expires_on}
    filled = EditFormForm(data={**data, "is_active": form.is_active})
    return render_template("forms/edit.html", form=_with_units(filled), subject=form)


@bp.post("/<uuid:form_id>/edit")
@requires(Permission.FORM_EDIT)
def edit_send(form_id: uuid.UUID) -> ResponseReturnValue:
    subject = queries.get_form(form_id, current_user)
    form = _with_units(EditFormForm())
    if not form.validate_on_submit():
        return render_template("forms/edit.html", form=form, subject=subject), 422
    was_approved = subject.approved_at is not None
    with unit_of_work():
        services.edit_registration(
            subject, actor=current_user, name=form.name.data, is_active=form.is_active.data, **_registration(form)
        )
    flash(gettext("表单登记已保存。"), "success")
    if was_approved and subject.approved_at is None:
        flash(gettext("延长了有效期，须由县级办公室重新批准后才能收集。"), "warning")
    return redirect(url_for(".show", form_id=form_id), code=303)


@bp.post("/<uuid:form_id>/versions")
@requires(Permission.FORM_EDIT)
def start_draft(form_id: uuid.UUID) -> ResponseReturnValue:
    form = queries.get_form(form_id, current_user)
    with unit_of_work():
        draft = services.start_draft(form, actor=current_user)
    return redirect(url_for(".version", form_id=form_id, number=draft.number), code=303)


@bp.get("/<uuid:form_id>/versions/<int:number>/definition.toml")
@requires(Permission.FORM_VIEW)
def download(form_id: uuid.UUID, number: int) -> ResponseReturnValue:
    version = queries.get_version(form_id, number, current_user)
    text = form_to_toml(form_from_mapping(version.definition))
    name = f"{version.form.code}-v{number}.toml"
    return Response(
        text, mimetype="application/toml", headers={"Content-Disposition": f'attachment; filename="{name}"'}
    )


@bp.get("/<uuid:form_id>/versions/<int:number>/definition.xlsx")
@requires(Permission.FORM_VIEW)
def download_xlsform(form_id: uuid.UUID, number: int) -> ResponseReturnValue:
    version = queries.get_version(form_id, number, current_user)
    content = form_to_xlsform(form_from_mapping(version.definition))
    name = f"{version.form.code}-v{number}.xlsx"
    return Response(content, mimetype=FileType.XLSX, headers={"Content-Disposition": f'attachment; filename="{name}"'})


def _with_units(form: RegistrationForm) -> Any:
    units = [SelectChoice(str(unit.id), unit.name) for unit in list_units(local_today()) if unit.unit_type.level <= 2]
    form.owner_unit.choices = [SelectChoice("", gettext("请选择")), *units]
    return form


def _registration(form: RegistrationForm) -> dict[str, Any]:
    return {
        "owner_unit_id": uuid.UUID(form.owner_unit.data),
        "legal_basis": form.legal_basis.data,
        "expires_on": form.expires_on.data,
    }


def _first_definition(form: NewFormForm) -> Definition:
    """The uploaded definition, or an empty form with the typed name and code."""
    code = form.code.data or services.unused_code()
    if not form.file.data or not form.file.data.filename:
        return services.new_definition(code, form.name.data.strip())
    return read_definition(form.file.data)
