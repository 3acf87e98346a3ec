"""Links across the tree (包片、挂点 …)."""

from __future__ import annotations

import uuid

from flask import flash, redirect, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from flask_login import current_user

from saas.access.decorators import requires
from saas.access.permissions import Permission
from saas.accounts.queries import list_active_users
from saas.administration.org.forms import CloseForm, LinkForm, chosen_id
from saas.administration.org.views.blueprint import bp, form_page, refused, to_unit
from saas.db import local_today, unit_of_work
from saas.domain.errors import DomainError, HierarchyError
from saas.org import links
from saas.org.models import OrgUnit, UnitLink
from saas.org.queries import get_link_to_edit, get_unit, get_unit_to_edit, list_units
from saas.tenancy.once import find_earlier_answer, remember_answer

_FIELDS = {
    "own_link": "linked_unit",
    "wrong_source": "linked_unit",
    "bad_layer": "layer",
    "bad_dates": "starts_on",
}


@bp.get("/units/<uuid:unit_id>/links/new")
@requires(Permission.ORG_EDIT)
def create_link(unit_id: uuid.UUID) -> ResponseReturnValue:
    return _new_page(_link_form(), get_unit_to_edit(unit_id, current_user, local_today()))


@bp.post("/units/<uuid:unit_id>/links")
@requires(Permission.ORG_EDIT)
def create_link_send(unit_id: uuid.UUID) -> ResponseReturnValue:
    unit = get_unit_to_edit(unit_id, current_user, local_today())
    earlier = find_earlier_answer()
    if earlier is not None:
        return redirect(earlier, code=303)
    form = _link_form()
    if not form.validate_on_submit():
        return _new_page(form, unit, status=422)
    try:
        with unit_of_work():
            _add(form, unit)
            remember_answer(url_for(".show", unit_id=unit.id))
    except DomainError as error:
        refused(form, error, _FIELDS, "kind")
        return _new_page(form, unit, status=422)
    flash(gettext("联系已登记。"), "success")
    return to_unit(unit.id)


def _add(form: LinkForm, unit: OrgUnit) -> None:
    linked_id = chosen_id(form.linked_unit)
    links.add_link(
        unit,
        kind=form.kind.data,
        user_id=chosen_id(form.user),
        linked_unit=get_unit(linked_id) if linked_id else None,
        starts_on=form.starts_on.data,
        layer=form.layer.data or "",
        note=form.note.data or "",
        actor=current_user,
    )


def _link_form() -> LinkForm:
    return LinkForm().offer(list_active_users(), list_units(local_today()), links.list_kinds())


def _new_page(form: LinkForm, unit: OrgUnit, status: int = 200) -> ResponseReturnValue:
    lead = gettext("登记谁联系 %(unit)s。", unit=unit.name)
    address = url_for(".create_link_send", unit_id=unit.id)
    return form_page(form, gettext("登记联系"), unit=unit, lead=lead, status=status, creates_at=address)


@bp.get("/links/<uuid:link_id>/end")
@requires(Permission.ORG_EDIT)
def end_link(link_id: uuid.UUID) -> ResponseReturnValue:
    return _end_page(CloseForm(), get_link_to_edit(link_id, current_user, local_today()))


@bp.post("/links/<uuid:link_id>/end")
@requires(Permission.ORG_EDIT)
def end_link_send(link_id: uuid.UUID) -> ResponseReturnValue:
    link = get_link_to_edit(link_id, current_user, local_today())
    form = CloseForm()
    if not form.validate_on_submit():
        return _end_page(form, link, status=422)
    try:
        with unit_of_work():
            links.end_link(link, form.ends_on.data, actor=current_user)
    except HierarchyError as error:
        refused(form, error, {}, "ends_on")
        return _end_page(form, get_link_to_edit(link_id, current_user, local_today()), status=422)
    flash(gettext("联系已结束。"), "success")
    return to_unit(link.unit_id)


def _end_page(form: CloseForm, link: UnitLink, status: int = 200) -> ResponseReturnValue:
    title = gettext("结束联系：%(kind)s", kind=link.kind)
    return form_page(form, title, unit=link.unit, submit=gettext("结束"), status=status)
