"""Placing units in a named tree, and the tree's page: what it holds, who stands loose, what it may be compared with."""

from __future__ import annotations

import uuid
from datetime import date

from flask import flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from flask_login import current_user

from saas.access.decorators import requires
from saas.access.permissions import Permission
from saas.administration.org.arguments import day_argument
from saas.administration.org.forms.structure import PURPOSE_LABELS, PlaceForm, TakeOutForm
from saas.administration.org.naming import find_named
from saas.administration.org.views.blueprint import bp
from saas.administration.org.views.hierarchies import hierarchy_trail
from saas.db import local_today, unit_of_work
from saas.domain.errors import DomainError
from saas.domain.hierarchy import Tree, count_by_type
from saas.form_pages import refused
from saas.org import hierarchies as trees
from saas.org.models import Hierarchy, OrgUnit
from saas.org.queries import ADMINISTRATIVE, list_unit_types, list_units, list_units_by_id

SHOWN = 200


@bp.get("/hierarchies/<uuid:hierarchy_id>")
@requires(Permission.ORG_VIEW)
def show_hierarchy(hierarchy_id: uuid.UUID) -> ResponseReturnValue:
    hierarchy = trees.get_hierarchy(hierarchy_id)
    return _page(hierarchy, PlaceForm(formdata=None), TakeOutForm(formdata=None))


def _page(hierarchy: Hierarchy, place: PlaceForm, out: TakeOutForm, status: int = 200) -> ResponseReturnValue:
    on = day_argument("on", local_today())
    tree = trees.tree_on(hierarchy.id, on)
    units = {unit.id: unit for unit in list_units(on)}
    orphans = [(units[each], tree.parents[each]) for each in tree.orphans if each in units]
    closed = list_units_by_id([parent for _unit, parent in orphans if parent is not None])
    loose = [unit for unit_id, unit in units.items() if unit_id not in tree.parents]
    page = render_template(
        "org/show_hierarchy.html",
        hierarchy=hierarchy,
        on=on,
        is_today=on == local_today(),
        is_editable=current_user.permits(Permission.ORG_EDIT) and hierarchy.code != ADMINISTRATIVE,
        is_administrative=hierarchy.code == ADMINISTRATIVE,
        purpose=PURPOSE_LABELS[hierarchy.purpose],
        hierarchies=trees.list_hierarchies(),
        counts=_counts(tree, units),
        total=len(tree.parents),
        orphans=[(unit, closed.get(parent)) for unit, parent in orphans if parent is not None],
        loose=loose[:SHOWN],
        loose_count=len(loose),
        place=place,
        out=out,
        trail=list(hierarchy_trail()),
    )
    return page, status


def _counts(tree: Tree[uuid.UUID], units: dict[uuid.UUID, OrgUnit]) -> list[tuple[str, int]]:
    types = {unit_id: units[unit_id].unit_type.code for unit_id in tree.parents if unit_id in units}
    found: dict[str, int] = {}
    for root in (*tree.roots, *tree.orphans):
        for code, count in count_by_type(tree, root, types).items():
            found[code] = found.get(code, 0) + count
    return [(each.name, found[each.code]) for each in list_unit_types() if each.code in found]


@bp.post("/hierarchies/<uuid:hierarchy_id>/place")
@requires(Permission.ORG_EDIT)
def place_units(hierarchy_id: uuid.UUID) -> ResponseReturnValue:
    hierarchy, form = trees.get_hierarchy(hierarchy_id), PlaceForm()
    if not form.validate_on_submit():
        return _page(hierarchy, form, TakeOutForm(formdata=None), status=422)
    units, parent = _named(form, form.starts_on.data)
    if form.errors:
        return _page(hierarchy, form, TakeOutForm(formdata=None), status=422)
    try:
        with unit_of_work():
            count = trees.place_units(hierarchy, units, parent, form.starts_on.data, actor=current_user)
    except DomainError as error:
        refused(form, error, {"bad_dates": "starts_on", "parent_unplaced": "parent"}, "units")
        return _page(trees.get_hierarchy(hierarchy_id), form, TakeOutForm(formdata=None), status=422)
    flash(gettext("已归入 %(count)s 个单位。", count=count), "success")
    return redirect(url_for(".show_hierarchy", hierarchy_id=hierarchy_id), code=303)


def _named(form: PlaceForm, on: date) -> tuple[list[OrgUnit], OrgUnit | None]:
    """The units and the parent that were typed; what is nobody's name is said beside its field."""
    known = list_units(on)
    units, parents = find_named(form.units.data, known), find_named(form.parent.data, known)
    for field, found in ((form.units, units), (form.parent, parents)):
        if found.problem:
            field.errors = [found.problem]
    return list(units.units), parents.units[0] if parents.units else None


@bp.post("/hierarchies/<uuid:hierarchy_id>/take-out")
@requires(Permission.ORG_EDIT)
def take_out_units(hierarchy_id: uuid.UUID) -> ResponseReturnValue:
    hierarchy, form = trees.get_hierarchy(hierarchy_id), TakeOutForm()
    if not form.validate_on_submit():
        return _page(hierarchy, PlaceForm(formdata=None), form, status=422)
    found = find_named(form.out_units.data, list_units(form.out_on.data))
    if found.problem:
        form.out_units.errors = [found.problem]
        return _page(hierarchy, PlaceForm(formdata=None), form, status=422)
    try:
        with unit_of_work():
            count = trees.take_out_units(hierarchy, found.units, form.out_on.data, actor=current_user)
    except DomainError as error:
        refused(form, error, {"bad_dates": "out_on"}, "out_units")
        return _page(trees.get_hierarchy(hierarchy_id), PlaceForm(formdata=None), form, status=422)
    flash(gettext("已移出 %(count)s 个单位。", count=count), "success")
    return redirect(url_for(".show_hierarchy", hierarchy_id=hierarchy_id), code=303)
