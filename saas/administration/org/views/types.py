"""Unit types and what their units carry."""

from __future__ import annotations

import uuid
from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from flask_login import current_user

from saas.access.decorators import requires
from saas.access.permissions import ROLE_LABELS, Permission
from saas.administration.org import queries
from saas.administration.org.forms import NewTypeForm, TypeForm, differences
from saas.administration.org.type_rows import TYPE_LABELS, AttributeRow, attributes_from, posted_rows, stored_rows
from saas.administration.org.views.blueprint import bp, refused
from saas.db import local_today, unit_of_work
from saas.domain.errors import DomainError
from saas.form_pages import worded
from saas.org import services
from saas.org.models import UnitType
from saas.org.queries import get_unit_type, list_unit_types
from saas.org.unit_types import delete_unit_type, list_misplaced, list_post_templates
from saas.tenancy.once import find_earlier_answer, remember_answer


@bp.get("/unit-types")
@requires(Permission.ORG_VIEW)
def types() -> ResponseReturnValue:
    rows = queries.list_type_counts()
    names = {unit_type.code: unit_type.name for unit_type, _count in rows}
    return render_template("org/types.html", rows=rows, names=names, type_labels=TYPE_LABELS)


@bp.get("/unit-types/new")
@requires(Permission.ORG_EDIT)
def create_type() -> ResponseReturnValue:
    return _page(NewTypeForm().offer(list_unit_types()), None, stored_rows(None))


@bp.post("/unit-types")
@requires(Permission.ORG_EDIT)
def create_type_send() -> ResponseReturnValue:
    earlier = find_earlier_answer()
    if earlier is not None:
        return redirect(earlier, code=303)
    form, rows = NewTypeForm().offer(list_unit_types()), posted_rows(request.form, None)
    if not form.validate_on_submit() or any(row.error for row in rows):
        return _page(form, None, rows, status=422)
    try:
        with unit_of_work():
            created = services.create_unit_type(code=form.code.data, actor=current_user, **_typed(form, rows))
            remember_answer(url_for(".types"))
    except DomainError as error:
        refused(form, error, {}, "code")
        return _page(form, None, rows, status=422)
    flash(gettext("已新建单位类型：%(name)s", name=created.name), "success")
    return redirect(url_for(".types"), code=303)


@bp.get("/unit-types/<uuid:type_id>/edit")
@requires(Permission.ORG_EDIT)
def edit_type(type_id: uuid.UUID) -> ResponseReturnValue:
    unit_type = get_unit_type(type_id)
    form = TypeForm(data={**_present(unit_type), "parents": unit_type.parents, "version": unit_type.version})
    return _page(form.offer(list_unit_types()), unit_type, stored_rows(unit_type))


@bp.post("/unit-types/<uuid:type_id>/edit")
@requires(Permission.ORG_EDIT)
def edit_type_send(type_id: uuid.UUID) -> ResponseReturnValue:
    unit_type = get_unit_type(type_id)
    form, rows = TypeForm().offer(list_unit_types()), posted_rows(request.form, unit_type)
    if not form.validate_on_submit() or any(row.error for row in rows):
        return _page(form, unit_type, rows, status=422)
    if form.version.data != str(unit_type.version):
        form.version.raw_data, form.version.data = None, str(unit_type.version)
        return _page(form, unit_type, rows, status=409)
    try:
        with unit_of_work():
            services.edit_unit_type(unit_type, actor=current_user, **_typed(form, rows))
    except DomainError as error:
        refused(form, error, {}, "name")
        return _page(form, unit_type, rows, status=422)
    flash(gettext("单位类型已保存：%(name)s", name=unit_type.name), "success")
    _warn_of_misplaced(unit_type)
    return redirect(url_for(".types"), code=303)


def _warn_of_misplaced(unit_type: UnitType) -> None:
    """Units that stand where the rule would no longer let them stay where they are; the administrator should know."""
    misplaced = list_misplaced(unit_type, local_today())
    if misplaced:
        names = "、".join(f"{unit.name}（{above.name}）" for unit, above in misplaced[:5])
        text = gettext(
            "现有 %(count)s 个单位的上级不合这条规则，仍留在原处：%(names)s", count=len(misplaced), names=names
        )
        flash(text, "warning")


@bp.post("/unit-types/<uuid:type_id>/delete")
@requires(Permission.ORG_EDIT)
def delete_type(type_id: uuid.UUID) -> ResponseReturnValue:
    unit_type = get_unit_type(type_id)
    try:
        with unit_of_work():
            delete_unit_type(unit_type, actor=current_user)
    except DomainError as error:
        flash(worded(error), "error")
        return redirect(url_for(".edit_type", type_id=type_id), code=303)
    flash(gettext("已删除单位类型：%(name)s", name=unit_type.name), "success")
    return redirect(url_for(".types"), code=303)


def _typed(form: Any, rows: list[AttributeRow]) -> dict[str, Any]:
    return {
        "name": form.name.data,
        "level": form.level.data,
        "is_territorial": form.is_territorial.data,
        "attributes": attributes_from(rows),
        "parents": form.parents.data or [],
    }


def _present(unit_type: UnitType) -> dict[str, Any]:
    return {"name": unit_type.name, "level": unit_type.level, "is_territorial": unit_type.is_territorial}


def _page(form: Any, unit_type: UnitType | None, rows: list[AttributeRow], status: int = 200) -> ResponseReturnValue:
    page = render_template(
        "org/edit_type.html",
        form=form,
        unit_type=unit_type,
        templates=list_post_templates(unit_type.id) if unit_type else (),
        role_labels=ROLE_LABELS,
        rows=rows,
        type_labels=TYPE_LABELS,
        is_stale=status == 409,
        changed=differences(form, _present(unit_type)) if unit_type is not None and status == 409 else (),
    )
    return page, status
