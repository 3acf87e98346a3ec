"""Named trees: setting one up and changing it."""

from __future__ import annotations

import uuid
from typing import Any

from flask import flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from flask_login import current_user

from saas.access.decorators import requires
from saas.access.permissions import Permission
from saas.administration.org.arguments import day_argument
from saas.administration.org.forms import chosen_id
from saas.administration.org.forms.structure import (
    PURPOSE_LABELS,
    HierarchyForm,
    NewHierarchyForm,
)
from saas.administration.org.views.blueprint import bp
from saas.db import local_today, unit_of_work
from saas.domain.errors import DomainError
from saas.form_pages import Trail, form_page, refused, stale_page, worded
from saas.org import hierarchies as trees
from saas.org.models import Hierarchy
from saas.tenancy.once import find_earlier_answer, remember_answer

_FIELDS = {"bad_dates": "ends_on", "own_alternative": "alternative", "code_taken": "code"}


def hierarchy_trail(hierarchy: Hierarchy | None = None) -> Trail:
    """Where the pages of trees stand."""
    above = [(gettext("机构"), url_for(".index")), (gettext("层级体系"), url_for(".hierarchies"))]
    if hierarchy is not None:
        above.append((hierarchy.name, url_for(".show_hierarchy", hierarchy_id=hierarchy.id)))
    return above


@bp.get("/hierarchies")
@requires(Permission.ORG_VIEW)
def hierarchies() -> ResponseReturnValue:
    on = day_argument("on", local_today())
    rows = trees.list_hierarchies()
    return render_template(
        "org/hierarchies.html",
        rows=rows,
        names={row.id: row.name for row in rows},
        counts=trees.count_placed(on),
        purposes=PURPOSE_LABELS,
        unplaced=trees.list_unplaced(on),
        today=local_today(),
    )


@bp.get("/hierarchies/new")
@requires(Permission.ORG_EDIT)
def create_hierarchy() -> ResponseReturnValue:
    return _new_page(NewHierarchyForm().offer(trees.list_hierarchies()))


@bp.post("/hierarchies")
@requires(Permission.ORG_EDIT)
def create_hierarchy_send() -> ResponseReturnValue:
    earlier = find_earlier_answer()
    if earlier is not None:
        return redirect(earlier, code=303)
    form = NewHierarchyForm().offer(trees.list_hierarchies())
    if not form.validate_on_submit():
        return _new_page(form, status=422)
    try:
        with unit_of_work():
            created = _create(form)
            location = url_for(".show_hierarchy", hierarchy_id=created.id)
            remember_answer(location)
    except DomainError as error:
        refused(form, error, _FIELDS, "name")
        return _new_page(form, status=422)
    flash(gettext("已新建层级体系：%(name)s", name=created.name), "success")
    return redirect(location, code=303)


def _create(form: NewHierarchyForm) -> Hierarchy:
    created = trees.create_hierarchy(form.code.data, form.settings(), actor=current_user)
    source_id = chosen_id(form.copied)
    if source_id is not None:
        day = max(local_today(), created.starts_on or local_today())
        trees.copy_places(trees.get_hierarchy(source_id), created, day, actor=current_user)
    return created


def _new_page(form: NewHierarchyForm, status: int = 200) -> ResponseReturnValue:
    return form_page(
        form,
        gettext("新建层级体系"),
        hierarchy_trail(),
        lead=gettext("同样的单位可以有几棵树：行政、网格、党组织、专业条线。权限只随行政区划体系。"),
        submit=gettext("新建"),
        status=status,
        creates_at=url_for(".create_hierarchy_send"),
    )


@bp.get("/hierarchies/<uuid:hierarchy_id>/edit")
@requires(Permission.ORG_EDIT)
def edit_hierarchy(hierarchy_id: uuid.UUID) -> ResponseReturnValue:
    hierarchy = trees.get_hierarchy(hierarchy_id)
    form = _offered(HierarchyForm(data={**_present(hierarchy), "version": hierarchy.version}), hierarchy)
    return form_page(form, gettext("修改层级体系"), hierarchy_trail(hierarchy))


@bp.post("/hierarchies/<uuid:hierarchy_id>/edit")
@requires(Permission.ORG_EDIT)
def edit_hierarchy_send(hierarchy_id: uuid.UUID) -> ResponseReturnValue:
    hierarchy = trees.get_hierarchy(hierarchy_id)
    form, title, trail = _offered(HierarchyForm(), hierarchy), gettext("修改层级体系"), hierarchy_trail(hierarchy)
    if not form.validate_on_submit():
        return form_page(form, title, trail, status=422)
    if form.version.data != str(hierarchy.version):
        return stale_page(form, {"name": hierarchy.name, "note": hierarchy.note}, hierarchy.version, title, trail)
    try:
        with unit_of_work():
            trees.edit_hierarchy(hierarchy, form.settings(), actor=current_user)
    except DomainError as error:
        refused(form, error, _FIELDS, "name")
        return form_page(form, title, trail, status=422)
    flash(gettext("层级体系已保存：%(name)s", name=form.name.data), "success")
    return redirect(url_for(".show_hierarchy", hierarchy_id=hierarchy_id), code=303)


def _offered(form: HierarchyForm, hierarchy: Hierarchy) -> HierarchyForm:
    return form.offer([each for each in trees.list_hierarchies() if each.id != hierarchy.id])


def _present(hierarchy: Hierarchy) -> dict[str, Any]:
    return {
        "name": hierarchy.name,
        "purpose": hierarchy.purpose.value,
        "starts_on": hierarchy.starts_on,
        "ends_on": hierarchy.ends_on,
        "alternative": str(hierarchy.alternative_to_id or ""),
        "note": hierarchy.note,
        "sort_order": hierarchy.sort_order,
    }


@bp.post("/hierarchies/<uuid:hierarchy_id>/delete")
@requires(Permission.ORG_EDIT)
def delete_hierarchy(hierarchy_id: uuid.UUID) -> ResponseReturnValue:
    hierarchy = trees.get_hierarchy(hierarchy_id)
    try:
        with unit_of_work():
            trees.delete_hierarchy(hierarchy, actor=current_user)
    except DomainError as error:
        flash(worded(error), "error")
        return redirect(url_for(".show_hierarchy", hierarchy_id=hierarchy_id), code=303)
    flash(gettext("已删除层级体系：%(name)s", name=hierarchy.name), "success")
    return redirect(url_for(".hierarchies"), code=303)
