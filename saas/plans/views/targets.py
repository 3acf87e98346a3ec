"""Targets after the plan was signed: how they stand, and reporting on them."""

from __future__ import annotations

import uuid
from collections import Counter
from datetime import date
from typing import Any

from flask import flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from flask_babel import lazy_gettext as _l
from flask_login import current_user
from flask_wtf import FlaskForm
from wtforms import BooleanField, DateField, DecimalField, SelectField, StringField, TextAreaField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import InputRequired, Length, Optional

from saas import charts
from saas.access.decorators import requires
from saas.access.permissions import Permission
from saas.db import local_today, unit_of_work
from saas.domain.errors import FormatError, InvalidTransition
from saas.domain.targets import Scope
from saas.htmx import render_page
from saas.org.models import OrgUnit
from saas.org.queries import list_units_below
from saas.plans import queries
from saas.plans.forms import id_or_none
from saas.plans.models import Plan
from saas.plans.views.blueprint import bp
from saas.targets.models import Target
from saas.targets.queries import get_target, list_history, list_targets, list_targets_of, list_values
from saas.targets.services import Report, definition_of, report_value
from saas.targets.standing import TargetStanding, standing_of, standings
from saas.tenancy.once import find_earlier_answer, remember_answer


def _number(label: Any, **options: Any) -> DecimalField:
    return DecimalField(label, places=None, validators=[Optional()], **options)


class ValueForm(FlaskForm):
    """What is reported for a target as of a day."""

    measured_on = DateField(_l("数据日期"), validators=[InputRequired(_l("请填写数据日期"))])
    unit = SelectField(_l("单位"), validators=[Optional()])
    group = SelectField(_l("分组"), validators=[Optional()])
    value = _number(_l("实际值"))
    numerator = _number(_l("分子"))
    denominator = _number(_l("分母"))
    level = SelectField(_l("达到的等级"), validators=[Optional()])
    is_not_applicable = BooleanField(_l("不适用（与 0、与未报都不同，须写明原因）"))
    source = StringField(_l("数据来源"), validators=[Optional(), Length(max=100, message=_l("最多 %(max)d 字"))])
    note = TextAreaField(
        _l("说明"), validators=[Optional(), Length(max=500, message=_l("最多 %(max)d 字"))], render_kw={"rows": 2}
    )


@bp.get("/targets")
@requires(Permission.PLAN_VIEW)
def all_targets() -> ResponseReturnValue:
    on = request.args.get("on", local_today(), type=date.fromisoformat)
    plans = queries.list_plans_in_force(current_user, on)
    targets = list_targets_of(plan.id for plan in plans)
    values = list_values(target.id for target in targets)
    found = standings(targets, values, on)
    by_plan = [(plan, [each for each in found if each.row.plan_id == plan.id]) for plan in plans]
    return render_page(
        "plans/all_targets.html",
        fragment="all_targets",
        on=on,
        counts=Counter(each.state.value for each in found),
        by_plan=[(plan, each, shares_chart(each)) for plan, each in by_plan if each],
    )


@bp.get("/<uuid:plan_id>/targets/progress")
@requires(Permission.PLAN_VIEW)
def target_progress(plan_id: uuid.UUID) -> ResponseReturnValue:
    plan = queries.get_plan(plan_id, current_user)
    on = request.args.get("on", local_today(), type=date.fromisoformat)
    targets = list_targets(plan.id)
    found = standings(targets, list_values(target.id for target in targets), on)
    bars = [each.bar for each in found if each.bar is not None]
    return render_page(
        "plans/target_progress.html",
        fragment="target_progress",
        plan=plan,
        on=on,
        standings=found,
        counts=Counter(each.state.value for each in found),
        bars=charts.target_progress(gettext("目标进度"), bars) if bars else None,
        shares=shares_chart(found),
    )


def shares_chart(found: Any) -> charts.Svg:
    """How many targets are met, late, not met, not due, missing, open or not applicable."""
    counts = Counter(each.state.value for each in found)
    kinds: tuple[tuple[str, str, charts.Tone], ...] = (
        ("met", gettext("达到"), charts.Tone.SUCCESS),
        ("met_late", gettext("逾期达到"), charts.Tone.WARNING),
        ("not_met", gettext("未达到"), charts.Tone.DANGER),
        ("not_due", gettext("未到期"), charts.Tone.INFO),
        ("missing", gettext("未报"), charts.Tone.NEUTRAL),
        ("undetermined", gettext("未定"), charts.Tone.ABSENT),
        ("not_applicable", gettext("不适用"), charts.Tone.ABSENT),
    )
    shares = [charts.Share(label, counts[state], tone) for state, label, tone in kinds if counts[state]]
    return charts.stacked_bar(gettext("目标完成情况"), shares)


@bp.get("/<uuid:plan_id>/targets/<uuid:target_id>")
@requires(Permission.PLAN_VIEW)
def target(plan_id: uuid.UUID, target_id: uuid.UUID) -> ResponseReturnValue:
    plan = queries.get_plan(plan_id, current_user)
    found = get_target(plan.id, target_id)
    return _page(plan, found, _form(found, formdata=None, data={"measured_on": local_today()}))


@bp.post("/<uuid:plan_id>/targets/<uuid:target_id>")
@requires(Permission.TARGET_REPORT)
def report_target(plan_id: uuid.UUID, target_id: uuid.UUID) -> ResponseReturnValue:
    plan, earlier = queries.get_plan(plan_id, current_user), find_earlier_answer()
    found = queries.get_reportable_target(plan, target_id, current_user)
    if earlier is not None:
        return redirect(earlier, code=303)
    form = _form(found)
    if not form.validate_on_submit():
        return _page(plan, found, form, status=422)
    if plan.status not in queries.SETTLED:
        raise InvalidTransition("方案签发后才能填报目标数据")
    location = url_for(".target", plan_id=plan.id, target_id=found.id)
    try:
        with unit_of_work():
            report_value(found, _report(form), actor=current_user)
            remember_answer(location)
    except FormatError as error:
        form[error.path].errors = [str(error.message)]
        return _page(plan, found, form, status=422)
    flash(gettext("已填报。"), "success")
    return redirect(location, code=303)


def _report(form: ValueForm) -> Report:
    typed = {name: form[name].data if name in form else None for name in ("value", "numerator", "denominator")}
    chosen = {name: (form[name].data or "") if name in form else "" for name in ("level", "group", "unit")}
    return Report(
        measured_on=form.measured_on.data,
        **typed,
        level=chosen["level"],
        group=chosen["group"],
        unit_id=id_or_none(chosen["unit"]),
        is_not_applicable=form.is_not_applicable.data,
        source=form.source.data or "",
        note=form.note.data or "",
    )


def _form(found: Target, **options: Any) -> ValueForm:
    """The fields that this target asks for, and no others."""
    form, written = ValueForm(**options), definition_of(found)
    form.group.choices = _choices([(group.code, group.name) for group in written.groups])
    form.level.choices = _choices([(level, level) for level in written.levels])
    units: list[OrgUnit] = []
    if written.scope is not Scope.TOTAL:
        units = list(list_units_below(current_user.unit_ids(Permission.TARGET_REPORT), local_today()))
    form.unit.choices = _choices([(str(unit.id), unit.name) for unit in units])
    asked = {"group": bool(written.groups), "level": bool(written.levels), "unit": bool(units)}
    asked |= {"numerator": bool(written.numerator), "denominator": bool(written.numerator)}
    asked["value"] = not written.levels
    if written.numerator:
        form.numerator.label.text, form.denominator.label.text = written.numerator, written.denominator
        form.value.description = gettext("填了分子、分母就不用填")
    for name in [name for name, is_asked in asked.items() if not is_asked]:
        del form[name]
    return form


def _choices(pairs: list[tuple[str, str]]) -> list[SelectChoice]:
    return [SelectChoice("", gettext("请选择")), *(SelectChoice(value, label) for value, label in pairs)]


def _page(plan: Plan, found: Target, form: ValueForm, *, status: int = 200) -> ResponseReturnValue:
    values = list_values([found.id]).get(found.id, [])
    standing: TargetStanding = standing_of(found, values, local_today())
    return render_page(
        "plans/target.html",
        fragment="target_panel",
        status=status,
        plan=plan,
        target=found,
        standing=standing,
        history=list_history(found.id),
        group_names={group.code: group.name for group in standing.target.groups},
        responsible=queries.unit_name(found.responsible_unit_id),
        may_report=plan.status in queries.SETTLED and queries.may_report_target(plan, found, current_user),
        form=form,
        bar=charts.target_progress(found.name, [standing.bar]) if standing.bar else None,
    )
