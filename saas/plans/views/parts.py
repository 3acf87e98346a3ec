"""Who does a part of a task until when: a row for each unit with its role, groups of units, and plain words."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from typing import Any

from flask import flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from flask_login import current_user
from sqlalchemy import select

from saas.access.decorators import requires
from saas.access.permissions import Permission
from saas.db import db, unit_of_work
from saas.domain.tasks import UnitRole
from saas.htmx import render_page
from saas.org.models import OrgUnit
from saas.plans import queries
from saas.plans.forms import PartForm, changed_fields, lines
from saas.plans.models import Plan, PlanTaskPart, PlanTaskUnit
from saas.plans.services import pieces
from saas.plans.services.drafting import fingerprint
from saas.plans.services.pieces import Duty
from saas.plans.views.blueprint import bp, refuse_settled, refuse_stale, upper_units
from saas.tenancy.once import find_earlier_answer, remember_answer

ROLES = {role.value for role in UnitRole}
WORDS = {"牵头": "lead", "责任": "responsible", "配合": "supporting", "监管": "supervisor"}


@bp.post("/<uuid:plan_id>/tasks/<uuid:task_id>/parts")
@requires(Permission.PLAN_EDIT)
def add_part(plan_id: uuid.UUID, task_id: uuid.UUID) -> ResponseReturnValue:
    plan = queries.get_plan_to_edit(plan_id, current_user)
    task, earlier = queries.get_piece(plan.id, "task", task_id), find_earlier_answer()
    if earlier is not None:
        return redirect(earlier, code=303)
    with unit_of_work():
        part = pieces.add_part(plan, task, actor=current_user)
        location = url_for(".edit_part", plan_id=plan.id, part_id=part.id)
        remember_answer(location)
    return redirect(location, code=303)


@bp.get("/<uuid:plan_id>/parts/<uuid:part_id>/edit")
@requires(Permission.PLAN_EDIT)
def edit_part(plan_id: uuid.UUID, part_id: uuid.UUID) -> ResponseReturnValue:
    plan = queries.get_plan_to_edit(plan_id, current_user)
    part = queries.get_part(plan.id, part_id)
    refuse_settled(plan)
    return _page(plan, part, PartForm(formdata=None, data=shown(part)), chosen_roles(part))


@bp.post("/<uuid:plan_id>/parts/<uuid:part_id>/edit")
@requires(Permission.PLAN_EDIT)
def edit_part_send(plan_id: uuid.UUID, part_id: uuid.UUID) -> ResponseReturnValue:
    plan = queries.get_plan_to_edit(plan_id, current_user)
    part, form = queries.get_part(plan.id, part_id), PartForm()
    if not form.validate_on_submit():
        return _page(plan, part, form, posted_roles(), status=422)
    refuse_settled(plan)
    if form.version.data != fingerprint({**shown(part), "roles": chosen_roles(part)}):
        return _page(plan, part, form, posted_roles(), status=409)
    with unit_of_work():
        _save(plan, part, form)
    flash(gettext("已保存。"), "success")
    return redirect(url_for(".show", plan_id=plan.id, tab="tasks"), code=303)


@bp.post("/<uuid:plan_id>/parts/<uuid:part_id>/remove")
@requires(Permission.PLAN_EDIT)
def remove_part(plan_id: uuid.UUID, part_id: uuid.UUID) -> ResponseReturnValue:
    plan = queries.get_plan_to_edit(plan_id, current_user)
    part = queries.get_part(plan.id, part_id)
    refuse_stale(plan, request.form.get("version"))
    with unit_of_work():
        pieces.remove_part(plan, part, actor=current_user)
    return redirect(url_for(".show", plan_id=plan.id, tab="tasks"), code=303)


def _save(plan: Plan, part: PlanTaskPart, form: PartForm) -> None:
    pieces.save_part(
        plan,
        part,
        actor=current_user,
        title=form.title.data or "",
        due_on=form.due_on.data,
        due_text=form.due_text.data or "",
        is_standing=form.is_standing.data,
        duties=posted_duties(form, part),
    )


# --- units and roles -------------------------------------------------------------------------------------------------


def _list_duties(part: PlanTaskPart) -> Sequence[PlanTaskUnit]:
    return db.session.scalars(
        select(PlanTaskUnit).where(PlanTaskUnit.part_id == part.id).order_by(PlanTaskUnit.sort_order, PlanTaskUnit.id)
    ).all()


def group_label(unit: OrgUnit) -> str:
    """How a whole type of units is called in one phrase (各乡镇)."""
    return f"各{unit.unit_type.name}"


def chosen_roles(part: PlanTaskPart) -> dict[str, str]:
    """The role by the name of its form field: `unit-<id>`, or `type-<code>` for all units of a type."""
    types = {unit.id: unit.unit_type.code for unit in upper_units()}
    found = {}
    for duty in _list_duties(part):
        if duty.unit_id is not None:
            as_group = bool(duty.label) and duty.unit_id in types
            found[f"type-{types[duty.unit_id]}" if as_group else f"unit-{duty.unit_id}"] = duty.role
    return found


def posted_roles() -> dict[str, str]:
    """The roles that were chosen in the form."""
    names = ("unit-", "type-")
    return {key: role for key, role in request.form.items() if key.startswith(names) and role in ROLES}


def posted_duties(form: PartForm, part: PlanTaskPart) -> list[Duty]:
    """The units with their roles, leads first; every unit of a type answers for itself, under one phrase."""
    roles, duties, phrases = posted_roles(), [], _phrases(part)
    for unit in upper_units():
        own, group = roles.get(f"unit-{unit.id}"), roles.get(f"type-{unit.unit_type.code}")
        if own or group:
            duties.append(
                Duty(unit.id, "" if own else phrases.get(unit.unit_type.code, group_label(unit)), own or group or "")
            )
    for line in lines(form.words.data):
        word, colon, rest = line.replace(":", "：", 1).partition("：")
        role = WORDS.get(word.strip(), "") if colon else ""
        duties.append(Duty(None, rest.strip() if role else line, role or UnitRole.RESPONSIBLE.value))
    order = list(UnitRole)
    named = [duty for duty in duties if duty.unit_id or duty.label]
    return sorted(named, key=lambda duty: order.index(UnitRole(duty.role)))


def _phrases(part: PlanTaskPart) -> dict[str, str]:
    """How the part words whole types of units already (各乡镇人民政府)."""
    types = {unit.id: unit.unit_type.code for unit in upper_units()}
    return {types[duty.unit_id]: duty.label for duty in _list_duties(part) if duty.label and duty.unit_id in types}


def shown(part: PlanTaskPart) -> dict[str, Any]:
    """What the form shows of a part."""
    names = {role: word for word, role in WORDS.items()}
    words = [
        duty.label if duty.role == UnitRole.RESPONSIBLE else f"{names[duty.role]}：{duty.label}"
        for duty in _list_duties(part)
        if duty.unit_id is None
    ]
    return {**PartForm.shown(part), "words": "\n".join(words)}


def _page(
    plan: Plan, part: PlanTaskPart, form: PartForm, roles: dict[str, str], *, status: int = 200
) -> ResponseReturnValue:
    now = shown(part)
    conflict = changed_fields(form, now) if status == 409 else None
    current = chosen_roles(part)
    if conflict is not None and roles != current:
        counts = [gettext("%(count)s 个", count=len(each)) for each in (current, roles)]
        conflict.append((gettext("责任单位"), counts[0], counts[1]))
    groups: dict[str, list[OrgUnit]] = {}
    for unit in upper_units():
        groups.setdefault(unit.unit_type.code, []).append(unit)
    return render_page(
        "plans/edit_part.html",
        fragment="piece_form",
        status=status,
        plan=plan,
        part=part,
        task=queries.get_piece(plan.id, "task", part.task_id),
        form=form,
        roles=roles,
        groups=groups,
        conflict=conflict,
        version=form.version.data if status == 422 else fingerprint({**now, "roles": current}),
    )
