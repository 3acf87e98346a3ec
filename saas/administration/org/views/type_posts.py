"""The posts that every unit of a type has (岗位模板), and setting them up where they are lacking."""

from __future__ import annotations

import uuid
from typing import Any

from flask import flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from flask_login import current_user

from saas.access.decorators import requires
from saas.access.permissions import Permission
from saas.accounts.appointments import refuse_conflicting_roles
from saas.administration.org.forms import PostForm
from saas.administration.org.views.blueprint import bp
from saas.db import local_today, unit_of_work
from saas.domain.errors import DomainError
from saas.form_pages import Trail, form_page, refused, stale_page
from saas.org import unit_types
from saas.org.models import UnitType
from saas.org.queries import get_unit_type
from saas.tenancy.once import find_earlier_answer, remember_answer


@bp.get("/unit-types/<uuid:type_id>/posts/new")
@requires(Permission.ORG_EDIT)
def create_post_template(type_id: uuid.UUID) -> ResponseReturnValue:
    return _new_page(PostForm(), get_unit_type(type_id))


@bp.post("/unit-types/<uuid:type_id>/posts")
@requires(Permission.ORG_EDIT)
def create_post_template_send(type_id: uuid.UUID) -> ResponseReturnValue:
    unit_type, earlier = get_unit_type(type_id), find_earlier_answer()
    if earlier is not None:
        return redirect(earlier, code=303)
    form = PostForm()
    if not form.validate_on_submit():
        return _new_page(form, unit_type, status=422)
    location = url_for(".apply_post_templates", type_id=type_id)
    try:
        with unit_of_work():
            refuse_conflicting_roles(form.chosen_roles())
            unit_types.add_post_template(unit_type, actor=current_user, **_typed(form))
            remember_answer(location)
    except DomainError as error:
        refused(form, error, {"roles_conflict": "roles"}, "name")
        return _new_page(form, unit_type, status=422)
    flash(gettext("已新增岗位模板：%(name)s", name=form.name.data), "success")
    return redirect(location, code=303)


def _typed(form: PostForm) -> dict[str, Any]:
    return {"name": form.name.data, "roles": form.chosen_roles(), "sort_order": form.sort_order.data or 0}


def _new_page(form: PostForm, unit_type: UnitType, status: int = 200) -> ResponseReturnValue:
    return form_page(
        form,
        gettext("新增岗位模板"),
        _trail(unit_type),
        lead=gettext("以后新建的%(type)s都会设这个岗位；现有的单位在下一步决定。", type=unit_type.name),
        submit=gettext("新增"),
        status=status,
        creates_at=url_for(".create_post_template_send", type_id=unit_type.id),
    )


def _trail(unit_type: UnitType) -> Trail:
    return [
        (gettext("机构"), url_for(".index")),
        (gettext("单位类型"), url_for(".types")),
        (unit_type.name, url_for(".edit_type", type_id=unit_type.id)),
    ]


@bp.get("/post-templates/<uuid:template_id>/edit")
@requires(Permission.ORG_EDIT)
def edit_post_template(template_id: uuid.UUID) -> ResponseReturnValue:
    template = unit_types.get_post_template(template_id)
    present = {"name": template.name, "roles": template.roles, "sort_order": template.sort_order}
    return _edit_page(PostForm(data={**present, "version": template.version}), get_unit_type(template.unit_type_id))


@bp.post("/post-templates/<uuid:template_id>/edit")
@requires(Permission.ORG_EDIT)
def edit_post_template_send(template_id: uuid.UUID) -> ResponseReturnValue:
    template = unit_types.get_post_template(template_id)
    unit_type, form = get_unit_type(template.unit_type_id), PostForm()
    if not form.validate_on_submit():
        return _edit_page(form, unit_type, status=422)
    if form.version.data != str(template.version):
        present = {"name": template.name, "sort_order": template.sort_order}
        return stale_page(form, present, template.version, gettext("修改岗位模板"), _trail(unit_type))
    try:
        with unit_of_work():
            refuse_conflicting_roles(form.chosen_roles())
            unit_types.edit_post_template(template, actor=current_user, **_typed(form))
    except DomainError as error:
        refused(form, error, {"roles_conflict": "roles"}, "name")
        return _edit_page(form, unit_type, status=422)
    flash(gettext("岗位模板已保存：%(name)s", name=form.name.data), "success")
    return redirect(url_for(".edit_type", type_id=unit_type.id), code=303)


def _edit_page(form: PostForm, unit_type: UnitType, status: int = 200) -> ResponseReturnValue:
    lead = gettext("只影响以后新建的单位；已设的岗位不变。")
    return form_page(form, gettext("修改岗位模板"), _trail(unit_type), lead=lead, status=status)


@bp.post("/post-templates/<uuid:template_id>/delete")
@requires(Permission.ORG_EDIT)
def delete_post_template(template_id: uuid.UUID) -> ResponseReturnValue:
    template = unit_types.get_post_template(template_id)
    with unit_of_work():
        unit_types.delete_post_template(template, actor=current_user)
    flash(gettext("已删除岗位模板：%(name)s。已设的岗位不变。", name=template.name), "success")
    return redirect(url_for(".edit_type", type_id=template.unit_type_id), code=303)


@bp.get("/unit-types/<uuid:type_id>/posts/apply")
@requires(Permission.ORG_EDIT)
def apply_post_templates(type_id: uuid.UUID) -> ResponseReturnValue:
    unit_type = get_unit_type(type_id)
    return render_template(
        "org/apply_posts.html",
        unit_type=unit_type,
        templates=unit_types.list_post_templates(type_id),
        lacking=unit_types.count_lacking(type_id, local_today()),
        trail=list(_trail(unit_type)),
    )


@bp.post("/unit-types/<uuid:type_id>/posts/apply")
@requires(Permission.ORG_EDIT)
def apply_post_templates_send(type_id: uuid.UUID) -> ResponseReturnValue:
    unit_type = get_unit_type(type_id)
    with unit_of_work():
        count = unit_types.set_up_posts(unit_type, local_today(), actor=current_user)
    flash(gettext("已补设 %(count)s 个岗位。", count=count), "success")
    return redirect(url_for(".edit_type", type_id=type_id), code=303)
