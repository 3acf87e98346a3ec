"""Kinds of ties, whom they leave out, and assigning many units at once."""

from __future__ import annotations

import uuid
from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from flask_login import current_user
from wtforms.fields.choices import SelectChoice

from saas.access.decorators import requires
from saas.access.permissions import Permission
from saas.accounts.queries import get_user, list_active_users
from saas.administration.org import queries
from saas.administration.org.arguments import day_argument, uuid_argument, uuid_arguments
from saas.administration.org.forms import chosen_id
from saas.administration.org.forms.structure import AssignForm, KindForm, present_kind
from saas.administration.org.unit_list import list_upper_units
from saas.administration.org.views.blueprint import bp
from saas.db import local_today, unit_of_work
from saas.domain.errors import DomainError
from saas.form_pages import Trail, form_page, refused, stale_page, worded
from saas.org import links
from saas.org.models import LinkKind
from saas.org.queries import get_unit, list_subtree_ids, list_unit_types, list_units_by_id
from saas.tenancy.once import find_earlier_answer, remember_answer

_FIELDS = {"no_to_types": "to_types", "no_from_types": "from_types", "nobody_from": "from_people"}
SHOWN = 300


def _trail(kind: LinkKind | None = None) -> Trail:
    above = [(gettext("机构"), url_for(".index")), (gettext("联系与覆盖检查"), url_for(".link_kinds"))]
    if kind is not None:
        above.append((kind.name, url_for(".show_kind", kind_id=kind.id)))
    return above


@bp.get("/links")
@requires(Permission.ORG_VIEW)
def link_kinds() -> ResponseReturnValue:
    on = day_argument("on", local_today())
    kinds, counts = links.list_kinds(), links.count_links(on)
    return render_template(
        "org/link_kinds.html",
        rows=[(kind, links.coverage_of(kind, on)) for kind in kinds],
        counts=counts,
        undefined=sorted(set(counts) - {kind.name for kind in kinds}),
        types={each.code: each.name for each in list_unit_types()},
        on=on,
    )


@bp.get("/links/kinds/new")
@requires(Permission.ORG_EDIT)
def create_kind() -> ResponseReturnValue:
    form = KindForm(data={"name": request.args.get("name", "")[:20], "from_people": True, "from_units": True})
    return _new_page(form.offer(list_unit_types()))


@bp.post("/links/kinds")
@requires(Permission.ORG_EDIT)
def create_kind_send() -> ResponseReturnValue:
    earlier = find_earlier_answer()
    if earlier is not None:
        return redirect(earlier, code=303)
    form = KindForm().offer(list_unit_types())
    if not form.validate_on_submit():
        return _new_page(form, status=422)
    try:
        with unit_of_work():
            kind = links.create_kind(form.settings(), actor=current_user)
            location = url_for(".show_kind", kind_id=kind.id)
            remember_answer(location)
    except DomainError as error:
        refused(form, error, _FIELDS, "name")
        return _new_page(form, status=422)
    flash(gettext("已新建联系方式：%(name)s", name=kind.name), "success")
    return redirect(location, code=303)


def _new_page(form: KindForm, status: int = 200) -> ResponseReturnValue:
    lead = gettext("谁联系谁、分不分级、要不要求全覆盖，由本县（区）自己定。")
    address = url_for(".create_kind_send")
    return form_page(
        form, gettext("新建联系方式"), _trail(), lead=lead, submit=gettext("新建"), status=status, creates_at=address
    )


@bp.get("/links/kinds/<uuid:kind_id>/edit")
@requires(Permission.ORG_EDIT)
def edit_kind(kind_id: uuid.UUID) -> ResponseReturnValue:
    kind = links.get_kind(kind_id)
    return form_page(KindForm(data=present_kind(kind)).offer(list_unit_types()), gettext("修改联系方式"), _trail(kind))


@bp.post("/links/kinds/<uuid:kind_id>/edit")
@requires(Permission.ORG_EDIT)
def edit_kind_send(kind_id: uuid.UUID) -> ResponseReturnValue:
    kind, form = links.get_kind(kind_id), KindForm().offer(list_unit_types())
    title, trail = gettext("修改联系方式"), _trail(kind)
    if not form.validate_on_submit():
        return form_page(form, title, trail, status=422)
    if form.version.data != str(kind.version):
        return stale_page(form, {"name": kind.name, "note": kind.note}, kind.version, title, trail)
    try:
        with unit_of_work():
            links.edit_kind(kind, form.settings(), actor=current_user)
    except DomainError as error:
        refused(form, error, _FIELDS, "name")
        return form_page(form, title, trail, status=422)
    flash(gettext("联系方式已保存：%(name)s", name=form.name.data), "success")
    return redirect(url_for(".show_kind", kind_id=kind_id), code=303)


@bp.post("/links/kinds/<uuid:kind_id>/delete")
@requires(Permission.ORG_EDIT)
def delete_kind(kind_id: uuid.UUID) -> ResponseReturnValue:
    kind = links.get_kind(kind_id)
    try:
        with unit_of_work():
            links.delete_kind(kind, actor=current_user)
    except DomainError as error:
        flash(worded(error), "error")
        return redirect(url_for(".show_kind", kind_id=kind_id), code=303)
    flash(gettext("已删除联系方式：%(name)s", name=kind.name), "success")
    return redirect(url_for(".link_kinds"), code=303)


@bp.get("/links/kinds/<uuid:kind_id>")
@requires(Permission.ORG_VIEW)
def show_kind(kind_id: uuid.UUID) -> ResponseReturnValue:
    kind, on = links.get_kind(kind_id), day_argument("on", local_today())
    found = links.coverage_of(kind, on)
    named = {gap.target for gap in found.gaps} | set(found.idle) | {each.target for each in found.doubled}
    held = queries.list_links_with_names(kind.name, on)
    return render_template(
        "org/show_kind.html",
        kind=kind,
        on=on,
        found=found,
        units=list_units_by_id(frozenset(named)),
        sources={each.link.user_id or each.link.linked_unit_id: each.source_name for each in held},
        held=held[:SHOWN],
        count=len(held),
        types={each.code: each.name for each in list_unit_types()},
        trail=list(_trail()),
    )


@bp.get("/links/kinds/<uuid:kind_id>/assign")
@requires(Permission.ORG_EDIT)
def assign(kind_id: uuid.UUID) -> ResponseReturnValue:
    kind = links.get_kind(kind_id)
    preset = {name: request.args.get(name, "") for name in ("layer", "user", "linked_unit")}
    return _assign_page(kind, _assign_form(kind, data={key: value for key, value in preset.items() if value}))


def _assign_form(kind: LinkKind, **options: Any) -> AssignForm:
    today = local_today()
    users = [SelectChoice(str(user.id), f"{user.name}（{user.login_name}）") for user in list_active_users()]
    units = [
        SelectChoice(str(unit.id), f"{unit.name}（{unit.code}）")
        for unit in links.list_units_of_types(kind.from_types, today)
    ]
    return AssignForm(**options).offer(kind, users, units)


def _assign_page(kind: LinkKind, form: AssignForm, status: int = 200, problem: str = "") -> ResponseReturnValue:
    today, under = local_today(), uuid_argument("under")
    targets = links.list_units_of_types(kind.to_types, today)
    if under is not None:
        below = list_subtree_ids([under], today)
        targets = [unit for unit in targets if unit.id in below]
    held: dict[uuid.UUID, list[Any]] = {}
    for each in queries.list_links_with_names(kind.name, today):
        held.setdefault(each.link.unit_id, []).append(each)
    page = render_template(
        "org/assign.html",
        kind=kind,
        form=form,
        problem=problem,
        targets=targets[: SHOWN * 2],
        count=len(targets),
        held=held,
        ticked=set(uuid_arguments("target")),
        under=under,
        parents=list_upper_units(today),
        trail=list(_trail(kind)),
    )
    return page, status


@bp.post("/links/kinds/<uuid:kind_id>/assign")
@requires(Permission.ORG_EDIT)
def assign_send(kind_id: uuid.UUID) -> ResponseReturnValue:
    kind, earlier = links.get_kind(kind_id), find_earlier_answer()
    if earlier is not None:
        return redirect(earlier, code=303)
    form = _assign_form(kind)
    if not form.validate_on_submit():
        return _assign_page(kind, form, status=422)
    targets = list(list_units_by_id(frozenset(uuid_arguments("target"))).values())
    if not targets:
        return _assign_page(kind, form, status=422, problem=gettext("请在下面勾选要联系的单位。"))
    location = url_for(".show_kind", kind_id=kind_id)
    try:
        with unit_of_work():
            added, known = links.assign_many(_assignment(kind, form, targets), targets, actor=current_user)
            remember_answer(location)
    except DomainError as error:
        refused(form, error, {"bad_dates": "starts_on", "bad_layer": "layer"}, "user")
        return _assign_page(links.get_kind(kind_id), form, status=422)
    flash(gettext("已登记 %(added)s 项联系；%(known)s 项原已登记。", added=added, known=known), "success")
    return redirect(location, code=303)


def _assignment(kind: LinkKind, form: AssignForm, targets: list[Any]) -> links.Assignment:
    unit_id, user_id = chosen_id(form.linked_unit), chosen_id(form.user)
    layer, wanted = form.layer.data or "", {unit.id for unit in targets}
    present = links.list_links_of_kind(kind.name, form.starts_on.data) if form.is_replacing.data else ()
    replaced = [
        link.id
        for link in present
        if link.unit_id in wanted and link.layer == layer and _is_other(link, user_id, unit_id)
    ]
    return links.Assignment(
        kind=kind.name,
        user_id=user_id,
        unit=get_unit(unit_id) if unit_id else None,
        starts_on=form.starts_on.data,
        layer=layer,
        note=form.note.data or "",
        replaced=replaced,
    )


def _is_other(link: Any, user_id: uuid.UUID | None, unit_id: uuid.UUID | None) -> bool:
    return (link.user_id, link.linked_unit_id) != (user_id, unit_id)


@bp.get("/links/people/<uuid:user_id>")
@requires(Permission.ORG_VIEW)
def person_links(user_id: uuid.UUID) -> ResponseReturnValue:
    user = get_user(user_id)
    return render_template(
        "org/person_links.html",
        user=user,
        rows=queries.list_links_of_person(user_id),
        today=local_today(),
        trail=list(_trail()),
    )
