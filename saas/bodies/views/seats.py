"""The seats of a body: adding, putting right, ending."""

from __future__ import annotations

import uuid
from typing import Any

from flask import flash, redirect, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from flask_login import current_user

from saas.access.decorators import requires
from saas.access.permissions import Permission
from saas.bodies import queries, services
from saas.bodies.choices import list_people_around, list_posts_of, list_units_around
from saas.bodies.forms import EndForm, NewSeatForm, SeatForm, seat_data
from saas.bodies.models import Body, BodySeat
from saas.bodies.views.blueprint import body_trail, bp, to_body
from saas.db import local_today, unit_of_work
from saas.domain.errors import DomainError
from saas.form_pages import form_page, refused, stale_page
from saas.org.queries import get_unit
from saas.tenancy.once import find_earlier_answer, remember_answer


@bp.get("/bodies/<uuid:body_id>/seats/new")
@requires(Permission.BODY_EDIT)
def add_seat(body_id: uuid.UUID) -> ResponseReturnValue:
    body = queries.get_body_to_edit(body_id, current_user, local_today())
    return _new_page(_offered(NewSeatForm(), body), body)


@bp.post("/bodies/<uuid:body_id>/seats")
@requires(Permission.BODY_EDIT)
def add_seat_send(body_id: uuid.UUID) -> ResponseReturnValue:
    body = queries.get_body_to_edit(body_id, current_user, local_today())
    earlier = find_earlier_answer()
    if earlier is not None:
        return redirect(earlier, code=303)
    form = _offered(NewSeatForm(), body)
    if not form.validate_on_submit():
        return _new_page(form, body, status=422)
    try:
        with unit_of_work():
            services.add_seat(body, form.fields(), form.starts_on.data, actor=current_user)
            remember_answer(url_for(".show", body_id=body.id))
    except DomainError as error:
        refused(form, error, {"nobody": "by"}, "starts_on")
        return _new_page(form, queries.get_body(body_id), status=422)
    flash(gettext("席位已添加。"), "success")
    return to_body(body)


def _new_page(form: Any, body: Body, status: int = 200) -> ResponseReturnValue:
    trail = body_trail(get_unit(body.unit_id), body)
    address = url_for(".add_seat_send", body_id=body.id)
    lead = gettext("由岗位担任的，换人后自动变为新任；由职能担任的，按“职能分工”找到负责的部门，没有登记的显示未定。")
    return form_page(
        form, gettext("添加席位"), trail, lead=lead, submit=gettext("添加"), status=status, creates_at=address
    )


@bp.get("/bodies/<uuid:body_id>/seats/<uuid:seat_id>/edit")
@requires(Permission.BODY_EDIT)
def edit_seat(body_id: uuid.UUID, seat_id: uuid.UUID) -> ResponseReturnValue:
    body, seat = _seat_to_edit(body_id, seat_id)
    return _edit_page(_offered(SeatForm(data=seat_data(seat, body.version)), body, seat), body)


@bp.post("/bodies/<uuid:body_id>/seats/<uuid:seat_id>/edit")
@requires(Permission.BODY_EDIT)
def edit_seat_send(body_id: uuid.UUID, seat_id: uuid.UUID) -> ResponseReturnValue:
    body, seat = _seat_to_edit(body_id, seat_id)
    form = _offered(SeatForm(), body, seat)
    if not form.validate_on_submit():
        return _edit_page(form, body, status=422)
    if form.version.data != str(body.version):
        present = seat_data(seat, body.version)
        trail = body_trail(get_unit(body.unit_id), body)
        return stale_page(form, present, body.version, gettext("更正席位"), trail)
    try:
        with unit_of_work():
            services.correct_seat(body, seat, form.fields(), actor=current_user)
    except DomainError as error:
        refused(form, error, {}, "by")
        return _edit_page(form, queries.get_body(body_id), status=422)
    flash(gettext("席位已更正。"), "success")
    return to_body(body)


def _edit_page(form: Any, body: Body, status: int = 200) -> ResponseReturnValue:
    trail = body_trail(get_unit(body.unit_id), body)
    lead = gettext("更正写错的内容，从席位开始之日起都算更正后的。换人的，请结束原席位，再添加新席位。")
    return form_page(form, gettext("更正席位"), trail, lead=lead, status=status)


@bp.get("/bodies/<uuid:body_id>/seats/<uuid:seat_id>/end")
@requires(Permission.BODY_EDIT)
def end_seat(body_id: uuid.UUID, seat_id: uuid.UUID) -> ResponseReturnValue:
    body, _seat = _seat_to_edit(body_id, seat_id)
    return _end_page(EndForm(data={"version": body.version}), body)


@bp.post("/bodies/<uuid:body_id>/seats/<uuid:seat_id>/end")
@requires(Permission.BODY_EDIT)
def end_seat_send(body_id: uuid.UUID, seat_id: uuid.UUID) -> ResponseReturnValue:
    body, seat = _seat_to_edit(body_id, seat_id)
    form = EndForm()
    if not form.validate_on_submit():
        return _end_page(form, body, status=422)
    try:
        with unit_of_work():
            services.end_seat(body, seat, form.ends_on.data, actor=current_user)
    except DomainError as error:
        refused(form, error, {}, "ends_on")
        return _end_page(form, queries.get_body(body_id), status=422)
    flash(gettext("席位已结束。"), "success")
    return to_body(body)


def _end_page(form: EndForm, body: Body, status: int = 200) -> ResponseReturnValue:
    trail = body_trail(get_unit(body.unit_id), body)
    return form_page(form, gettext("结束席位"), trail, submit=gettext("结束"), status=status)


def _seat_to_edit(body_id: uuid.UUID, seat_id: uuid.UUID) -> tuple[Body, BodySeat]:
    body = queries.get_body_to_edit(body_id, current_user, local_today())
    return body, queries.get_seat(body_id, seat_id)


def _offered(form: Any, body: Body, seat: BodySeat | None = None) -> Any:
    today = local_today()
    units = list_units_around(get_unit(body.unit_id), today)
    ids = [unit.id for unit in units]
    also = seat.user_id if seat is not None else None
    return form.offer(list_posts_of(ids), units, list_people_around(ids, today, also))
