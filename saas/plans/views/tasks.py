"""Tasks after the issue: one's own, one part with its reports, and what is overdue for whom."""

from __future__ import annotations

import uuid
from datetime import date
from decimal import Decimal
from typing import Any

from flask import flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from flask_login import current_user
from wtforms.fields.choices import SelectChoice

from saas import charts
from saas.access.decorators import requires
from saas.access.permissions import Permission
from saas.db import local_today, unit_of_work
from saas.domain.amounts import determined
from saas.domain.tasks import (
    due_within,
    duties_by_unit,
    overdue_by_unit,
    overdue_days,
    overdue_parts,
    part_state,
    standing_checks,
    task_state,
)
from saas.domain.workflow import PlanStatus
from saas.htmx import render_page
from saas.local import local_time
from saas.notifications.services import mark_read
from saas.plans import queries, tasks
from saas.plans.forms import DecisionForm, ProgressForm
from saas.plans.models import Plan, PlanTaskPart
from saas.plans.services.progress import accept_part, missing_units, report_part, return_part
from saas.plans.tasks import PlanParts
from saas.plans.views.blueprint import bp
from saas.tenancy.once import find_earlier_answer, remember_answer

SOON_DAYS = 5
SHOWN_UNITS = 20


@bp.get("/tasks/mine")
@requires(Permission.PLAN_REPORT)
def my_parts() -> ResponseReturnValue:
    show_all = request.args.get("all") == "yes"
    mine = tasks.list_my_parts(current_user, local_today(), open_only=not show_all)
    return render_page("plans/my_parts.html", fragment="my_parts", parts=mine, show_all=show_all, soon_days=SOON_DAYS)


@bp.get("/tasks")
@requires(Permission.PLAN_VIEW)
def task_progress() -> ResponseReturnValue:
    on = request.args.get("on", local_today(), type=date.fromisoformat)
    plans = queries.list_plans_in_force(current_user, on)
    chosen = request.args.get("plan", type=uuid.UUID)
    shown = tasks.parts_of_plans([plan for plan in plans if plan.id == chosen] or list(plans))
    return render_page(
        "plans/task_progress.html",
        fragment="task_progress",
        plans=plans,
        chosen=chosen,
        on=on,
        views=[progress_of(each, on) for each in shown],
        duties=duties_by_unit([part for each in shown for part in each.parts], on),
        soon_days=SOON_DAYS,
    )


def progress_of(parts: PlanParts, on: date) -> dict[str, Any]:
    """How the tasks of a plan stand on a day: counts, lists, units, and a picture of the states."""
    late = overdue_parts(parts.parts, on)
    by_unit = overdue_by_unit(parts.parts, on)
    states = {(part.task, part.code): part_state(part, on).value for part in parts.parts}
    counts = {state: list(states.values()).count(state) for state in dict.fromkeys(states.values())}
    return {
        "plan": parts.plan,
        "parts": parts,
        "states": states,
        "counts": counts,
        "late": [(part, overdue_days(part, on)) for part in late],
        "soon": due_within(parts.parts, on, SOON_DAYS),
        "standing": standing_checks(parts.parts, on),
        "by_unit": by_unit,
        "task_states": {
            code: task_state([part for part in parts.parts if part.task == code], on).value for code in parts.tasks
        },
        "shares": _shares(counts),
        "bars": _bars(by_unit),
    }


def _shares(counts: dict[str, int]) -> charts.Svg:
    kinds: tuple[tuple[str, str, charts.Tone], ...] = (
        ("done", gettext("按期完成"), charts.Tone.SUCCESS),
        ("done_late", gettext("逾期完成"), charts.Tone.WARNING),
        ("standing", gettext("坚持经常"), charts.Tone.INFO),
        ("running", gettext("进行中"), charts.Tone.NEUTRAL),
        ("overdue", gettext("逾期"), charts.Tone.DANGER),
        ("undated", gettext("未定时限"), charts.Tone.ABSENT),
    )
    shares = [charts.Share(label, counts[state], tone) for state, label, tone in kinds if counts.get(state)]
    return charts.stacked_bar(gettext("任务分项"), shares)


def _bars(by_unit: dict[str, int]) -> charts.Svg | None:
    late = [(unit, count) for unit, count in by_unit.items() if count][:SHOWN_UNITS]
    rows = [charts.RankingRow(unit, determined(Decimal(count))) for unit, count in late]
    return charts.ranking_bars(gettext("逾期分项"), rows, measure=gettext("项"), places=0) if rows else None


@bp.get("/<uuid:plan_id>/parts/<uuid:part_id>")
@requires(Permission.PLAN_VIEW)
def part(plan_id: uuid.UUID, part_id: uuid.UUID) -> ResponseReturnValue:
    plan = queries.get_plan(plan_id, current_user)
    found, _task = tasks.get_part_with_plan(part_id, plan)
    with unit_of_work():
        mark_read(current_user.id, f"/plans/{plan_id}/parts/{part_id}")
    return _page(plan, found)


@bp.post("/<uuid:plan_id>/parts/<uuid:part_id>/report")
@requires(Permission.PLAN_REPORT)
def report(plan_id: uuid.UUID, part_id: uuid.UUID) -> ResponseReturnValue:
    plan, earlier = queries.get_plan(plan_id, current_user), find_earlier_answer()
    found, _task = tasks.get_part_with_plan(part_id, plan)
    if earlier is not None:
        return redirect(earlier, code=303)
    form = _report_form(found)
    if not form.validate_on_submit():
        return _page(plan, found, form=form, status=422)
    location = url_for(".part", plan_id=plan.id, part_id=found.id)
    with unit_of_work():
        unit_id, is_done = uuid.UUID(form.unit.data), form.kind.data == "done"
        report_part(found, actor=current_user, unit_id=unit_id, is_done=is_done, text=form.text.data)
        remember_answer(location)
    flash(gettext("已报告。"), "success")
    return redirect(location, code=303)


@bp.post("/<uuid:plan_id>/parts/<uuid:part_id>/accept")
@requires(Permission.PLAN_EDIT)
def accept(plan_id: uuid.UUID, part_id: uuid.UUID) -> ResponseReturnValue:
    plan = queries.get_plan_to_edit(plan_id, current_user)
    found, _task = tasks.get_part_with_plan(part_id, plan)
    form = DecisionForm()
    if not form.validate_on_submit():
        return _page(plan, found, decision=form, status=422)
    with unit_of_work():
        accept_part(found, actor=current_user, comment=form.comment.data or "")
    flash(gettext("已验收。"), "success")
    return redirect(url_for(".part", plan_id=plan.id, part_id=found.id), code=303)


@bp.post("/<uuid:plan_id>/parts/<uuid:part_id>/return")
@requires(Permission.PLAN_EDIT)
def send_back(plan_id: uuid.UUID, part_id: uuid.UUID) -> ResponseReturnValue:
    plan = queries.get_plan_to_edit(plan_id, current_user)
    found, _task = tasks.get_part_with_plan(part_id, plan)
    form = DecisionForm()
    if not form.validate_on_submit() or not (form.comment.data or "").strip():
        form.comment.errors = [*form.comment.errors, gettext("请写明退回原因")]
        return _page(plan, found, decision=form, status=422)
    with unit_of_work():
        units = request.form.getlist("units", type=uuid.UUID)
        return_part(found, actor=current_user, reason=form.comment.data, unit_ids=units)
    flash(gettext("已退回。"), "success")
    return redirect(url_for(".part", plan_id=plan.id, part_id=found.id), code=303)


def _report_form(found: PlanTaskPart) -> ProgressForm:
    form = ProgressForm()
    units = tasks.reporting_units(found, current_user)
    form.unit.choices = [SelectChoice(str(unit.id), unit.short_name or unit.name) for unit in units]
    return form


def _page(
    plan: Plan,
    found: PlanTaskPart,
    *,
    form: ProgressForm | None = None,
    decision: DecisionForm | None = None,
    status: int = 200,
) -> ResponseReturnValue:
    task = queries.get_piece(plan.id, "task", found.task_id)
    duties, reports = tasks.list_duties(found.id), tasks.list_reports(found.id)
    waiting = set(missing_units(found, task))
    return render_page(
        "plans/part.html",
        fragment="part_panel",
        status=status,
        plan=plan,
        part=found,
        task=task,
        duties=duties,
        waiting=waiting,
        entries=[_entry(*row) for row in reports],
        done_units={
            row.unit_id: name for row, name, _person in reports if row.kind == "done" and row.unit_id not in waiting
        },
        may_report=plan.status is PlanStatus.ISSUED and bool(tasks.reporting_units(found, current_user)),
        may_decide=queries.may_edit(plan, current_user),
        is_overdue=found.state != "accepted" and found.due_on is not None and found.due_on < local_today(),
        form=form or _report_form(found),
        decision=decision or DecisionForm(),
    )


def _entry(row: Any, unit_name: str, person: str) -> dict[str, Any]:
    words = {"done": "submit", "progress": "submit", "check": "submit", "accepted": "accept", "returned": "return"}
    steps = {
        "done": gettext("报告完成"),
        "progress": gettext("反馈进展"),
        "check": gettext("日常检查"),
        "accepted": gettext("验收"),
        "returned": gettext("退回"),
    }
    return {
        "step": steps.get(row.kind, row.kind),
        "decision": words.get(row.kind, row.kind),
        "who": person,
        "post": unit_name,
        "at": local_time(row.reported_at),
        "comment": row.text,
    }
