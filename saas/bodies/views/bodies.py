"""The list of bodies, a unit's bodies, a body's page, and setting up, changing, establishing and dissolving one."""

from __future__ import annotations

import uuid
from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from flask_login import current_user

from saas.access.decorators import requires
from saas.access.permissions import Permission
from saas.bodies import queries, services
from saas.bodies.choices import list_units_around
from saas.bodies.forms import KIND_LABELS, BodyForm, EndForm, NewBodyForm, rules_data
from saas.bodies.history import history_of
from saas.bodies.models import Body, BodyTemplate
from saas.bodies.queries import EffectiveBody
from saas.bodies.text import paragraphs_of
from saas.bodies.views.blueprint import asked_day, body_trail, bp, to_body, unit_trail
from saas.db import local_today, unit_of_work
from saas.domain.bodies import blocks_establishing, meeting_outcome, rules_from_mapping
from saas.domain.errors import DomainError
from saas.form_pages import form_page, refused, stale_page
from saas.htmx import render_page
from saas.org.models import OrgUnit
from saas.org.queries import get_unit
from saas.tenancy.once import find_earlier_answer, remember_answer


@bp.get("/bodies")
@requires(Permission.ORG_VIEW)
def index() -> ResponseReturnValue:
    words = request.args.get("words", "").strip()[:80]
    page = max(request.args.get("page", 1, type=int), 1)
    rows, count = queries.list_own_bodies(words, local_today(), page=page)
    return render_page(
        "bodies/index.html",
        fragment="body_list",
        rows=rows,
        words=words,
        kind_labels=KIND_LABELS,
        root_ids=current_user.unit_ids(Permission.BODY_EDIT),
        count=count,
        page=page,
        page_count=-(-count // queries.PAGE),
    )


@bp.get("/units/<uuid:unit_id>/bodies")
@requires(Permission.ORG_VIEW)
def of_unit(unit_id: uuid.UUID) -> ResponseReturnValue:
    unit, on = get_unit(unit_id), asked_day()
    found = queries.list_bodies_of_unit(unit, on)
    seats = queries.seats_of([each for each in found if each.state != queries.DROPPED], on)
    return render_template(
        "bodies/of_unit.html",
        unit=unit,
        bodies=found,
        seats=seats,
        findings={each.key: queries.findings_of(each, seats[each.key]) for each in found if each.key in seats},
        kind_labels=KIND_LABELS,
        is_editable=queries.may_edit_bodies(unit_id, current_user, local_today()),
    )


@bp.get("/bodies/<uuid:body_id>")
@requires(Permission.ORG_VIEW)
def show(body_id: uuid.UUID) -> ResponseReturnValue:
    row = queries.get_body(body_id)
    if row.is_dropped:
        return redirect(url_for(".of_unit", unit_id=row.unit_id), code=303)
    return _show(queries.effective(row, get_unit(row.unit_id), asked_day()))


@bp.get("/units/<uuid:unit_id>/bodies/default/<uuid:template_id>")
@requires(Permission.ORG_VIEW)
def show_default(unit_id: uuid.UUID, template_id: uuid.UUID) -> ResponseReturnValue:
    """An inherited body that has no row of its own: everything comes from the template."""
    unit, template = get_unit(unit_id), queries.get_template(template_id)
    row = queries.find_default_body(unit_id, template_id)
    if row is not None:
        return to_body(row) if not row.is_dropped else redirect(url_for(".of_unit", unit_id=unit_id), code=303)
    return _show(EffectiveBody(unit, None, template, queries.INHERITED))


def _show(body: EffectiveBody) -> ResponseReturnValue:
    on, row = asked_day(), body.row
    seats = queries.seats_of([body], on)[body.key]
    findings = queries.findings_of(body, seats)
    meetings = queries.list_meetings(row.id) if row is not None else []
    return render_template(
        "bodies/show.html",
        body=body,
        row=row,
        unit=body.unit,
        on=on,
        today=local_today(),
        seats=seats,
        findings=findings,
        is_blocked=blocks_establishing(findings, body.rules),
        paragraphs=paragraphs_of(body, seats),
        meetings=[(each, _outcome(each, body)) for each in meetings],
        history=history_of(row.id) if row is not None else [],
        above=_above(body),
        below=queries.list_below(row.id, on) if row is not None else _below(body),
        host=get_unit(row.host_unit_id) if row is not None and row.host_unit_id else None,
        kind_labels=KIND_LABELS,
        is_editable=queries.may_edit_bodies(body.unit.id, current_user, local_today()),
    )


def _outcome(meeting: Any, body: EffectiveBody) -> Any:
    votes = (meeting.in_favour, meeting.against, meeting.abstained)
    return meeting_outcome(meeting.entitled, meeting.present, votes, body.rules)


def _above(body: EffectiveBody) -> tuple[str, str] | None:
    """The body above, as a name and an address."""
    if body.row is not None and body.row.parent_id is not None:
        parent = queries.get_body(body.row.parent_id)
        return parent.name, url_for(".show", body_id=parent.id)
    if body.template is not None and body.template.parent_code:
        above = queries.find_template(body.template.parent_code)
        if above is not None:
            return above.name, url_for(".show_default", unit_id=body.unit.id, template_id=above.id)
    return None


def _below(body: EffectiveBody) -> list[BodyTemplate]:
    code = body.template.code if body.template is not None else ""
    return [each for each in queries.list_templates() if each.is_active and each.parent_code == code]


@bp.get("/units/<uuid:unit_id>/bodies/new")
@requires(Permission.BODY_EDIT)
def create(unit_id: uuid.UUID) -> ResponseReturnValue:
    unit = queries.get_unit_to_edit(unit_id, current_user, local_today())
    return _edit_page(_offered(NewBodyForm(), unit), unit, None)


@bp.post("/units/<uuid:unit_id>/bodies")
@requires(Permission.BODY_EDIT)
def create_send(unit_id: uuid.UUID) -> ResponseReturnValue:
    unit = queries.get_unit_to_edit(unit_id, current_user, local_today())
    earlier = find_earlier_answer()
    if earlier is not None:
        return redirect(earlier, code=303)
    form = _offered(NewBodyForm(), unit)
    if not form.validate_on_submit():
        return _edit_page(form, unit, None, status=422)
    try:
        with unit_of_work():
            body = services.create_body(unit, form.fields(), form.starts_on.data, actor=current_user)
            remember_answer(url_for(".show", body_id=body.id))
    except DomainError as error:
        refused(form, error, {"own_parent": "parent"}, "starts_on")
        return _edit_page(form, unit, None, status=422)
    flash(gettext("已新建：%(name)s。请继续设置席位。", name=body.name), "success")
    return to_body(body)


@bp.get("/bodies/<uuid:body_id>/edit")
@requires(Permission.BODY_EDIT)
def edit(body_id: uuid.UUID) -> ResponseReturnValue:
    body = queries.get_body_to_edit(body_id, current_user, local_today())
    unit = get_unit(body.unit_id)
    present = _present(body)
    rules = rules_data(rules_from_mapping(body.rules))
    form = _offered(BodyForm(data={**present, **rules, "version": body.version}), unit, body)
    return _edit_page(form, unit, body)


@bp.post("/bodies/<uuid:body_id>/edit")
@requires(Permission.BODY_EDIT)
def edit_send(body_id: uuid.UUID) -> ResponseReturnValue:
    body = queries.get_body_to_edit(body_id, current_user, local_today())
    unit = get_unit(body.unit_id)
    form = _offered(BodyForm(), unit, body)
    if not form.validate_on_submit():
        return _edit_page(form, unit, body, status=422)
    if form.version.data != str(body.version):
        form.version.raw_data, form.version.data = None, str(body.version)
        return _edit_page(form, unit, body, status=409)
    try:
        with unit_of_work():
            services.edit_body(body, form.fields(), actor=current_user)
    except DomainError as error:
        refused(form, error, {}, "parent")
        return _edit_page(form, unit, queries.get_body(body_id), status=422)
    flash(gettext("已保存：%(name)s", name=body.name), "success")
    return to_body(body)


def _present(body: Body) -> dict[str, Any]:
    return {
        "name": body.name,
        "kind": body.kind.value,
        "basis": body.basis,
        "duty": body.duty,
        "parent": str(body.parent_id or ""),
        "host_unit": str(body.host_unit_id or ""),
        "by_strokes": body.by_strokes,
        "sort_order": body.sort_order,
    }


def _offered(form: Any, unit: OrgUnit, body: Body | None = None) -> Any:
    own = queries.list_rows_of_unit(unit.id, local_today())
    return form.offer(
        [each for each in own if body is None or each.id != body.id], list_units_around(unit, local_today())
    )


def _edit_page(form: Any, unit: OrgUnit, body: Body | None, status: int = 200) -> ResponseReturnValue:
    changed = []
    if status == 409 and body is not None:
        now = [form[name] for name, value in _present(body).items() if str(form[name].data or "") != str(value or "")]
        changed = [(str(field.label.text), str(_present(body)[field.name])) for field in now]
    page = render_template(
        "bodies/edit.html",
        form=form,
        unit=unit,
        body=body,
        trail=body_trail(unit, body) if body is not None else unit_trail(unit),
        is_stale=status == 409,
        changed=changed,
    )
    return page, status


@bp.post("/bodies/<uuid:body_id>/establish")
@requires(Permission.BODY_EDIT)
def establish(body_id: uuid.UUID) -> ResponseReturnValue:
    row = queries.get_body_to_edit(body_id, current_user, local_today())
    body, today = queries.effective(row, get_unit(row.unit_id), local_today()), local_today()
    with unit_of_work():
        services.establish(body, queries.seats_of([body], today)[body.key], today, actor=current_user)
    flash(gettext("已确认成立：%(name)s", name=row.name), "success")
    return to_body(row)


@bp.get("/bodies/<uuid:body_id>/dissolve")
@requires(Permission.BODY_EDIT)
def dissolve(body_id: uuid.UUID) -> ResponseReturnValue:
    body = queries.get_body_to_edit(body_id, current_user, local_today())
    return _dissolve_page(EndForm(data={"version": body.version}), body)


@bp.post("/bodies/<uuid:body_id>/dissolve")
@requires(Permission.BODY_EDIT)
def dissolve_send(body_id: uuid.UUID) -> ResponseReturnValue:
    body = queries.get_body_to_edit(body_id, current_user, local_today())
    form = EndForm()
    if not form.validate_on_submit():
        return _dissolve_page(form, body, status=422)
    if form.version.data != str(body.version):
        return stale_page(form, {}, body.version, gettext("撤销机构"), body_trail(get_unit(body.unit_id), body))
    try:
        with unit_of_work():
            services.dissolve_body(body, form.ends_on.data, actor=current_user)
    except DomainError as error:
        refused(form, error, {}, "ends_on")
        return _dissolve_page(form, queries.get_body(body_id), status=422)
    flash(gettext("%(name)s 已登记撤销。", name=body.name), "success")
    return to_body(body)


def _dissolve_page(form: EndForm, body: Body, status: int = 200) -> ResponseReturnValue:
    trail = body_trail(get_unit(body.unit_id), body)
    lead = gettext("撤销后席位随之结束，以前的成员、会议记录都保留。")
    return form_page(form, gettext("撤销机构"), trail, lead=lead, submit=gettext("登记撤销"), status=status)
