"""The editor of default bodies (默认工作组), kept by the system administrator."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from flask_login import current_user

from saas.access.decorators import requires
from saas.access.permissions import Permission
from saas.bodies import defaults, queries
from saas.bodies.defaults import TemplateFields
from saas.bodies.forms import KIND_LABELS, ROLE_LABELS, NewTemplateForm, TemplateForm, rules_data
from saas.bodies.models import BodyKind, BodyTemplate
from saas.bodies.seat_rows import SeatRow, posted_rows, seats_from, stored_rows, with_spares
from saas.bodies.views.blueprint import bp
from saas.db import unit_of_work
from saas.domain.bodies import rules_from_mapping
from saas.domain.errors import DomainError
from saas.form_pages import refused
from saas.org.queries import list_unit_types
from saas.tenancy.once import find_earlier_answer, remember_answer


@bp.get("/body-templates")
@requires(Permission.ORG_VIEW)
def templates() -> ResponseReturnValue:
    return render_template(
        "bodies/templates.html",
        templates=queries.list_templates(),
        type_names={each.code: each.name for each in list_unit_types()},
        kind_labels=KIND_LABELS,
    )


@bp.get("/body-templates/new")
@requires(Permission.ORG_EDIT)
def create_template() -> ResponseReturnValue:
    return _page(_offered(NewTemplateForm()), with_spares([]), None)


@bp.post("/body-templates")
@requires(Permission.ORG_EDIT)
def create_template_send() -> ResponseReturnValue:
    earlier = find_earlier_answer()
    if earlier is not None:
        return redirect(earlier, code=303)
    form, rows = _offered(NewTemplateForm()), posted_rows(request.form)
    if _is_unfinished(form, rows):
        return _page(form, with_spares(rows), None, status=_status(form, rows))
    try:
        with unit_of_work():
            template = defaults.create_template(form.code.data, _fields(form, rows), actor=current_user)
            remember_answer(url_for(".edit_template", template_id=template.id))
    except DomainError as error:
        refused(form, error, {}, "code")
        return _page(form, with_spares(rows), None, status=422)
    flash(gettext("已新建默认组：%(name)s", name=template.name), "success")
    return redirect(url_for(".templates"), code=303)


@bp.get("/body-templates/<uuid:template_id>/edit")
@requires(Permission.ORG_EDIT)
def edit_template(template_id: uuid.UUID) -> ResponseReturnValue:
    template = queries.get_template(template_id)
    form = TemplateForm(data={**_present(template), "version": template.version})
    return _page(_offered(form, template), stored_rows(template.seats), template)


@bp.post("/body-templates/<uuid:template_id>/edit")
@requires(Permission.ORG_EDIT)
def edit_template_send(template_id: uuid.UUID) -> ResponseReturnValue:
    template = queries.get_template(template_id)
    form, rows = _offered(TemplateForm(), template), posted_rows(request.form)
    if _is_unfinished(form, rows):
        return _page(form, with_spares(rows), template, status=_status(form, rows))
    if form.version.data != str(template.version):
        form.version.raw_data, form.version.data = None, str(template.version)
        return _page(form, with_spares(rows), template, status=409)
    try:
        with unit_of_work():
            defaults.edit_template(template, _fields(form, rows), actor=current_user)
    except DomainError as error:
        refused(form, error, {}, "parent_code")
        return _page(form, with_spares(rows), queries.get_template(template_id), status=422)
    flash(gettext("默认组已保存：%(name)s。没有自定的单位随之变化。", name=template.name), "success")
    return redirect(url_for(".templates"), code=303)


@bp.post("/body-templates/<uuid:template_id>/active")
@requires(Permission.ORG_EDIT)
def set_template_active(template_id: uuid.UUID) -> ResponseReturnValue:
    template, is_active = queries.get_template(template_id), request.form.get("active") == "yes"
    with unit_of_work():
        defaults.set_template_active(template, is_active, actor=current_user)
    said = gettext("已启用：%(name)s") if is_active else gettext("已停用：%(name)s。各单位自定的仍保留。")
    flash(said % {"name": template.name}, "success")
    return redirect(url_for(".templates"), code=303)


def _is_unfinished(form: TemplateForm, rows: Sequence[SeatRow]) -> bool:
    """Whether the page is shown again: more rows were asked for, or something is wrong."""
    is_sound = form.validate_on_submit()
    return request.form.get("intent") == "rows" or not is_sound or any(row.error for row in rows)


def _status(form: TemplateForm, rows: Sequence[SeatRow]) -> int:
    if request.form.get("intent") == "rows":
        for field in form:
            field.errors = []
        return 200
    return 422


def _fields(form: TemplateForm, rows: Sequence[SeatRow]) -> TemplateFields:
    return TemplateFields(
        form.name.data,
        BodyKind(form.kind.data),
        form.unit_types.data,
        form.parent_code.data or "",
        form.duty.data or "",
        form.sort_order.data or 0,
        form.rules(),
        seats_from(rows),
    )


def _present(template: BodyTemplate) -> dict[str, Any]:
    return {
        "name": template.name,
        "kind": template.kind.value,
        "unit_types": template.unit_types,
        "parent_code": template.parent_code,
        "duty": template.duty,
        "sort_order": template.sort_order,
        **rules_data(rules_from_mapping(template.rules)),
    }


def _offered(form: Any, template: BodyTemplate | None = None) -> Any:
    others = [each for each in queries.list_templates() if template is None or each.id != template.id]
    return form.offer(list_unit_types(), others)


def _page(
    form: TemplateForm, rows: Sequence[SeatRow], template: BodyTemplate | None, status: int = 200
) -> ResponseReturnValue:
    page = render_template(
        "bodies/edit_template.html",
        form=form,
        rows=rows,
        template=template,
        role_labels=ROLE_LABELS,
        is_stale=status == 409,
        changed=[],
    )
    return page, status
