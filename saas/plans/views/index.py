"""The list of plans, one plan with its tabs, and what a plan says about itself."""

from __future__ import annotations

import uuid
from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from flask_login import current_user

from saas.access.decorators import requires
from saas.access.permissions import Permission
from saas.db import local_today, unit_of_work
from saas.documents.queries import list_documents_about
from saas.domain.workflow import PlanStatus
from saas.htmx import render_page
from saas.notifications.services import mark_read
from saas.plans import queries
from saas.plans.content import task_rows
from saas.plans.forms import NewPlanForm, RegistrationForm, changed_fields, lines, registration_data
from saas.plans.matrix import responsibility_matrix
from saas.plans.models import Plan
from saas.plans.services.copying import copy_plan, find_source
from saas.plans.services.drafting import Registration, create_plan, edit_plan, fingerprint, is_open_to_change
from saas.plans.services.signing import frozen_content
from saas.plans.views.blueprint import bp, refuse_settled, upper_units
from saas.review.queries import find_case_of, list_decisions_about, list_routes
from saas.review.services import moves_for
from saas.review.views import timeline_entries
from saas.targets.queries import list_targets, list_values
from saas.targets.standing import standings
from saas.tenancy.once import find_earlier_answer, remember_answer

TABS = ("text", "targets", "tasks", "stages", "attachments", "review", "document")


@bp.get("")
@requires(Permission.PLAN_VIEW)
def index() -> ResponseReturnValue:
    filters, page = _filters(), max(request.args.get("page", 1, type=int), 1)
    years, units = queries.list_choices(current_user)
    return render_page(
        "plans/index.html",
        fragment="plan_list",
        rows=queries.list_plans(current_user, filters, page=page),
        count=queries.count_plans(current_user, filters),
        page=page,
        page_size=queries.PAGE,
        filters=filters,
        years=years,
        units=units,
        statuses=list(PlanStatus),
        list_url=_list_url(),
    )


def _list_url() -> str:
    """The address of the list with its filters and without the page."""
    kept: dict[str, Any] = {
        key: request.args[key] for key in ("year", "status", "unit", "words") if key in request.args
    }
    return url_for(".index", **kept)


def _filters() -> queries.Filters:
    status, words = request.args.get("status", ""), request.args.get("words", "").strip()[:100]
    known = {each.value: each for each in PlanStatus}
    unit_id = request.args.get("unit", None, type=uuid.UUID)
    year = request.args.get("year", None, type=int)
    return queries.Filters(year, known.get(status), unit_id, words)


@bp.get("/new")
@requires(Permission.PLAN_EDIT)
def create() -> ResponseReturnValue:
    form = _with_choices(NewPlanForm(data={"year": local_today().year}))
    return render_template("plans/new.html", form=form)


@bp.post("")
@requires(Permission.PLAN_EDIT)
def create_send() -> ResponseReturnValue:
    earlier = find_earlier_answer()
    if earlier is not None:
        return redirect(earlier, code=303)
    form = _with_choices(NewPlanForm())
    if not form.validate_on_submit():
        return render_template("plans/new.html", form=form), 422
    with unit_of_work():
        plan = _create(form)
        location = url_for(".edit" if not form.source.data else ".show", plan_id=plan.id)
        remember_answer(location)
    return redirect(location, code=303)


def _create(form: NewPlanForm) -> Plan:
    if form.source.data:
        source = queries.get_plan(uuid.UUID(form.source.data), current_user)
        return copy_plan(source, actor=current_user, title=form.title.data, year=form.year.data)
    year = local_today().replace(year=form.year.data, month=1, day=1)
    return create_plan(
        actor=current_user,
        unit_id=uuid.UUID(form.unit.data),
        route_id=uuid.UUID(form.route.data),
        title=form.title.data,
        starts_on=year,
        ends_on=year.replace(month=12, day=31),
    )


def _with_choices(form: NewPlanForm) -> NewPlanForm:
    """Offer the units that the person drafts for, the routes and the earlier plans."""
    drafts_for = queries.list_drafting_units(current_user)
    form.unit.choices = [(str(unit.id), unit.name) for unit in drafts_for]
    form.route.choices = [(str(route.id), route.name) for route in list_routes() if route.is_active]
    plans = queries.list_plans(current_user)
    drafts = [(str(plan.id), plan.title) for plan, _unit in plans]
    form.source.choices = [("", gettext("不用底稿，从空白开始")), *drafts]
    return form


@bp.get("/<uuid:plan_id>")
@requires(Permission.PLAN_VIEW)
def show(plan_id: uuid.UUID) -> ResponseReturnValue:
    plan = queries.get_plan(plan_id, current_user)
    tab = request.args.get("tab", "text")
    with unit_of_work():
        mark_read(current_user.id, f"/plans/{plan_id}")
    return plan_page(plan, tab if tab in TABS else "text")


def plan_page(plan: Plan, tab: str, *, status: int = 200, **more: Any) -> ResponseReturnValue:
    """The page of a plan, open at one tab."""
    may_edit = queries.may_edit(plan, current_user)
    return render_page(
        "plans/show.html",
        fragment="plan_panel",
        status=status,
        plan=plan,
        tab=tab,
        may_edit=may_edit,
        is_editable=may_edit and is_open_to_change(plan),
        revisions=queries.list_revisions(plan, current_user),
        supersedes=find_source(plan.supersedes_id),
        **TAB_CONTENT[tab](plan),
        **more,
    )


def _text(plan: Plan) -> dict[str, Any]:
    return {"content": frozen_content(plan), "pieces": queries.list_pieces(plan.id, "section")}


def _targets(plan: Plan) -> dict[str, Any]:
    targets = list_targets(plan.id)
    values = list_values(target.id for target in targets)
    return {"standings": standings(targets, values, local_today()), "pieces": targets}


def _tasks(plan: Plan) -> dict[str, Any]:
    tasks = task_rows(plan.id)
    columns, rows = responsibility_matrix([each.content for each in tasks])
    return {"tasks": tasks, "columns": columns, "matrix_rows": rows}


def _stages(plan: Plan) -> dict[str, Any]:
    return {"pieces": queries.list_pieces(plan.id, "stage"), "today": local_today()}


def _attachments(plan: Plan) -> dict[str, Any]:
    return {"rows": queries.list_attachments(plan.id)}


def _review(plan: Plan) -> dict[str, Any]:
    case = find_case_of(plan.id)
    decisions = list_decisions_about(plan.id)
    moves = moves_for(case, current_user.id) if case else set()
    return {"case": case, "entries": timeline_entries(decisions, case), "moves": moves}


def _document(plan: Plan) -> dict[str, Any]:
    return {"documents": list_documents_about(plan.id)}


TAB_CONTENT = {
    "text": _text,
    "targets": _targets,
    "tasks": _tasks,
    "stages": _stages,
    "attachments": _attachments,
    "review": _review,
    "document": _document,
}


@bp.get("/<uuid:plan_id>/edit")
@requires(Permission.PLAN_EDIT)
def edit(plan_id: uuid.UUID) -> ResponseReturnValue:
    plan = queries.get_plan_to_edit(plan_id, current_user)
    refuse_settled(plan)
    return _edit_page(plan, RegistrationForm(data=registration_data(plan)))


@bp.post("/<uuid:plan_id>/edit")
@requires(Permission.PLAN_EDIT)
def edit_send(plan_id: uuid.UUID) -> ResponseReturnValue:
    plan = queries.get_plan_to_edit(plan_id, current_user)
    form = _with_units(RegistrationForm())
    if not form.validate_on_submit():
        return _edit_page(plan, form, status=422)
    refuse_settled(plan)
    now = registration_data(plan)
    if form.version.data != fingerprint(now):
        return _edit_page(plan, form, status=409, conflict=changed_fields(form, now))
    with unit_of_work():
        edit_plan(plan, _registration(form), actor=current_user)
    flash(gettext("方案信息已保存。"), "success")
    return redirect(url_for(".show", plan_id=plan.id), code=303)


def _registration(form: RegistrationForm) -> Registration:
    return Registration(
        form.title.data,
        form.topic.data or "",
        form.basis.data or "",
        form.goals.data or "",
        form.starts_on.data,
        form.ends_on.data,
        lines(form.addressees.data),
        lines(form.copied_to.data),
        tuple(form.countersign_units.data or ()),
    )


def _with_units(form: RegistrationForm) -> RegistrationForm:
    form.countersign_units.choices = [(unit.code, unit.short_name or unit.name) for unit in upper_units()]
    return form


def _edit_page(
    plan: Plan, form: RegistrationForm, *, status: int = 200, conflict: list[tuple[str, str, str]] | None = None
) -> ResponseReturnValue:
    """The form; after a conflict it shows both versions, and sending it again is a decision for the own one."""
    return render_page(
        "plans/edit.html",
        fragment="piece_form",
        status=status,
        plan=plan,
        form=_with_units(form),
        title=gettext("方案信息"),
        action=url_for(".edit_send", plan_id=plan.id),
        back=url_for(".show", plan_id=plan.id),
        version=form.version.data if status == 422 else fingerprint(registration_data(plan)),
        conflict=conflict,
        is_new=False,
    )
