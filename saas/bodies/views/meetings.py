"""Recording the meetings of a body (会议记录)."""

from __future__ import annotations

import uuid

from flask import flash, redirect, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from flask_login import current_user

from saas.access.decorators import requires
from saas.access.permissions import Permission
from saas.bodies import queries, services
from saas.bodies.forms import MeetingForm
from saas.bodies.queries import EffectiveBody
from saas.bodies.views.blueprint import body_trail, bp, to_body
from saas.db import local_today, unit_of_work
from saas.domain.bodies import UNCOUNTED
from saas.domain.errors import DomainError
from saas.form_pages import form_page, refused
from saas.org.queries import get_unit
from saas.tenancy.once import find_earlier_answer, remember_answer

BESIDE = {"bad_dates": "held_on", "bad_attendance": "present"}


@bp.get("/bodies/<uuid:body_id>/meetings/new")
@requires(Permission.BODY_EDIT)
def record_meeting(body_id: uuid.UUID) -> ResponseReturnValue:
    body = _body(body_id)
    seats = [seat for seat in queries.seats_of([body], local_today())[body.key] if seat.wanted.role not in UNCOUNTED]
    entitled = sum(seat.count or 0 for seat in seats) if all(seat.count is not None for seat in seats) else None
    return _page(MeetingForm(data={"entitled": entitled or None, "held_on": local_today()}), body)


@bp.post("/bodies/<uuid:body_id>/meetings")
@requires(Permission.BODY_EDIT)
def record_meeting_send(body_id: uuid.UUID) -> ResponseReturnValue:
    body = _body(body_id)
    earlier = find_earlier_answer()
    if earlier is not None:
        return redirect(earlier, code=303)
    form = MeetingForm()
    if not form.validate_on_submit():
        return _page(form, body, status=422)
    try:
        with unit_of_work():
            services.record_meeting(body, form.fields(), local_today(), actor=current_user)
            remember_answer(url_for(".show", body_id=body_id))
    except DomainError as error:
        refused(form, error, BESIDE, "in_favour")
        return _page(form, _body(body_id), status=422)
    flash(gettext("会议已登记。"), "success")
    return redirect(url_for(".show", body_id=body_id), code=303)


def _body(body_id: uuid.UUID) -> EffectiveBody:
    row = queries.get_body_to_edit(body_id, current_user, local_today())
    return queries.effective(row, get_unit(row.unit_id), local_today())


def _page(form: MeetingForm, body: EffectiveBody, status: int = 200) -> ResponseReturnValue:
    row = body.row
    if row is None:
        return to_body(queries.get_body(body.key))
    address = url_for(".record_meeting_send", body_id=row.id)
    lead = gettext("会议是否有效、表决是否通过，由系统按机构的规定计算，不用填写。登记后不能修改。")
    trail = body_trail(body.unit, row)
    return form_page(
        form, gettext("登记会议"), trail, lead=lead, submit=gettext("登记"), status=status, creates_at=address
    )
