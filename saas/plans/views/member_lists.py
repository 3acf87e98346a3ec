"""Putting the members of a body into a plan as a section (组织机构): as they are today, then the draft's own text."""

from __future__ import annotations

import uuid

from flask import flash, redirect, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from flask_babel import lazy_gettext as _l
from flask_login import current_user
from flask_wtf import FlaskForm
from wtforms import SelectField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import DataRequired

from saas.access.decorators import requires
from saas.access.permissions import Permission
from saas.bodies.queries import DROPPED, EffectiveBody, list_bodies_of_unit
from saas.bodies.text import body_as_paragraphs
from saas.db import local_today, unit_of_work
from saas.form_pages import form_page
from saas.org.queries import get_unit, list_ancestors
from saas.plans import queries
from saas.plans.models import Plan
from saas.plans.services import pieces
from saas.plans.views.blueprint import bp, refuse_settled
from saas.plans.views.pieces import tab_url
from saas.tenancy.once import find_earlier_answer, remember_answer


class BodyChoiceForm(FlaskForm):
    """Which body's members are printed."""

    body = SelectField(_l("机构"), validators=[DataRequired(_l("请选择机构"))])


@bp.get("/<uuid:plan_id>/sections/members")
@requires(Permission.PLAN_EDIT)
def add_members(plan_id: uuid.UUID) -> ResponseReturnValue:
    plan = queries.get_plan_to_edit(plan_id, current_user)
    refuse_settled(plan)
    return _page(_offered(_bodies(plan)), plan)


@bp.post("/<uuid:plan_id>/sections/members")
@requires(Permission.PLAN_EDIT)
def add_members_send(plan_id: uuid.UUID) -> ResponseReturnValue:
    plan, earlier = queries.get_plan_to_edit(plan_id, current_user), find_earlier_answer()
    if earlier is not None:
        return redirect(earlier, code=303)
    bodies = _bodies(plan)
    form = _offered(bodies)
    if not form.validate_on_submit():
        return _page(form, plan, status=422)
    refuse_settled(plan)
    body = bodies[form.body.data]
    text = "\n".join(body_as_paragraphs(body, local_today()))
    with unit_of_work():
        section = pieces.save_section(plan, None, actor=current_user, kind="text", heading=body.name, body=text)
        location = url_for(".edit_piece", plan_id=plan.id, kind="section", piece_id=section.id)
        remember_answer(location)
    flash(gettext("名单已插入，请核对。以后名单变化不会自动改动方案。"), "success")
    return redirect(location, code=303)


def _bodies(plan: Plan) -> dict[str, EffectiveBody]:
    """The bodies of the plan's unit and of those above it, by what the form calls them."""
    today, unit = local_today(), get_unit(plan.unit_id)
    listed = [each for above in (unit, *list_ancestors(unit.id, today)) for each in list_bodies_of_unit(above, today)]
    return {f"{each.unit.id}/{each.key}": each for each in listed if each.state != DROPPED}


def _offered(bodies: dict[str, EffectiveBody]) -> BodyChoiceForm:
    form = BodyChoiceForm()
    choices = [SelectChoice(key, f"{each.unit.name} · {each.name}") for key, each in bodies.items()]
    form.body.choices = [SelectChoice("", gettext("请选择")), *choices]
    return form


def _page(form: BodyChoiceForm, plan: Plan, status: int = 200) -> ResponseReturnValue:
    trail = [(gettext("方案任务"), url_for(".index")), (plan.title, tab_url(plan, "section"))]
    lead = gettext("按今天的任职列出成员，写成一个章节，可以再修改；空缺和未定的席位照实写明。")
    return form_page(
        form,
        gettext("插入机构名单"),
        trail,
        lead=lead,
        submit=gettext("插入"),
        status=status,
        creates_at=url_for(".add_members_send", plan_id=plan.id),
    )
