"""The re-check (复核): which units are done, the sheet of one unit, findings, and what the office adds."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from flask_login import current_user
from wtforms.fields.choices import SelectChoice

from saas.access.decorators import requires
from saas.access.permissions import Permission
from saas.assessment.forms import (
    FindingForm,
    OfficeFactForm,
    WithdrawForm,
    condition_attributes,
    read_scores,
    score_name,
)
from saas.assessment.models import AssessedUnit, AssessmentFact, AssessmentRound
from saas.assessment.presentation import ITEM
from saas.assessment.queries import facts as queries
from saas.assessment.queries import rounds
from saas.assessment.services import facts as services
from saas.assessment.services.gathering import self_scores_of
from saas.assessment.views.blueprint import bp, frame
from saas.db import local_today, unit_of_work
from saas.domain.amounts import plain
from saas.domain.errors import DomainError
from saas.domain.scheme import READING_KINDS, Rule, RuleKind
from saas.files.checks import IMAGES, FileRefused
from saas.files.services import store_upload
from saas.htmx import render_page
from saas.tenancy.once import find_earlier_answer, note_carried_out, remember_answer


@bp.get("/rounds/<uuid:round_id>/recheck")
@requires(Permission.ASSESSMENT_RECHECK)
def recheck_progress(round_id: uuid.UUID) -> ResponseReturnValue:
    assessed = rounds.get_round(round_id)
    window = queries.recheck_window(assessed, rounds.rules_of_round(assessed))
    return render_page(
        "assessment/recheck_progress.html",
        fragment="progress_panel",
        **frame(assessed, "recheck_progress"),
        window=window,
        window_status=window.status(local_today()),
        towns=queries.list_progress(assessed.id, current_user),
        wanted=request.args.get("state", ""),
    )


@bp.get("/rounds/<uuid:round_id>/units/<uuid:unit_id>/recheck")
@requires(Permission.ASSESSMENT_RECHECK)
def recheck(round_id: uuid.UUID, unit_id: uuid.UUID) -> ResponseReturnValue:
    return _sheet(rounds.get_assessed(round_id, unit_id, current_user))


@bp.post("/rounds/<uuid:round_id>/units/<uuid:unit_id>/recheck")
@requires(Permission.ASSESSMENT_RECHECK)
def save_scores(round_id: uuid.UUID, unit_id: uuid.UUID) -> ResponseReturnValue:
    unit = rounds.get_assessed(round_id, unit_id, current_user)
    is_complete = request.form.get("intent") == "complete"
    scores, errors = read_scores(_scored(unit), request.form, is_complete=is_complete)
    if request.form.get("version") != str(unit.version):
        return _sheet(unit, typed=request.form, is_stale=True, status=409)
    if errors:
        return _sheet(unit, typed=request.form, errors=errors, status=422)
    with unit_of_work():
        services.record_scores(unit, scores, actor=current_user, is_complete=is_complete)
    note_carried_out()
    flash(gettext("%(unit)s复核完成。", unit=unit.unit.name) if is_complete else gettext("评分已保存。"), "success")
    return redirect(_after(unit, is_complete=is_complete), code=303)


@bp.post("/rounds/<uuid:round_id>/units/<uuid:unit_id>/resume")
@requires(Permission.ASSESSMENT_RECHECK)
def resume(round_id: uuid.UUID, unit_id: uuid.UUID) -> ResponseReturnValue:
    unit = rounds.get_assessed(round_id, unit_id, current_user)
    with unit_of_work():
        services.resume_recheck(unit, actor=current_user)
    return redirect(_sheet_url(unit), code=303)


@bp.post("/rounds/<uuid:round_id>/units/<uuid:unit_id>/findings")
@requires(Permission.ASSESSMENT_RECHECK)
def add_finding(round_id: uuid.UUID, unit_id: uuid.UUID) -> ResponseReturnValue:
    earlier = find_earlier_answer()
    if earlier is not None:
        return redirect(earlier, code=303)
    unit = rounds.get_assessed(round_id, unit_id, current_user)
    form = FindingForm()
    rule = _rule(unit, form.rule_code.data)
    if not (form.validate_on_submit() and form.check_against(rule)):
        return _sheet(unit, finding=form, status=422)
    try:
        with unit_of_work():
            _keep_photo(services.record_finding(unit, _new_fact(form), actor=current_user), form)
            remember_answer(_sheet_url(unit, form.rule_code.data))
    except FileRefused as refused:
        form.photo.errors = [str(refused)]
        return _sheet(rounds.get_assessed(round_id, unit_id, current_user), finding=form, status=422)
    return redirect(_sheet_url(unit, form.rule_code.data), code=303)


@bp.get("/rounds/<uuid:round_id>/facts/new")
@requires(Permission.ASSESSMENT_RUN)
def office_fact(round_id: uuid.UUID) -> ResponseReturnValue:
    assessed = rounds.get_round_to_run(round_id, current_user)
    form = _office_form(assessed)
    form.unit_id.data, form.found_on.data = request.args.get("unit", ""), local_today()
    return _office_page(assessed, form)


@bp.post("/rounds/<uuid:round_id>/facts")
@requires(Permission.ASSESSMENT_RUN)
def add_office_fact(round_id: uuid.UUID) -> ResponseReturnValue:
    earlier = find_earlier_answer()
    if earlier is not None:
        return redirect(earlier, code=303)
    assessed = rounds.get_round_to_run(round_id, current_user)
    form = _office_form(assessed)
    rule = next((rule for rule in rounds.rules_of_round(assessed).rules if rule.code == form.rule_code.data), None)
    if not form.validate_on_submit() or rule is None or not form.check_against(rule):
        return _office_page(assessed, form, status=422)
    unit = rounds.get_assessed(round_id, uuid.UUID(form.unit_id.data), current_user)
    try:
        with unit_of_work():
            _keep_photo(services.record_office_fact(unit, _new_fact(form, rule), actor=current_user), form)
            remember_answer(url_for(".office_facts", round_id=round_id))
    except FileRefused as refused:
        form.photo.errors = [str(refused)]
        return _office_page(rounds.get_round(round_id), form, status=422)
    flash(gettext("已登记。"), "success")
    return redirect(url_for(".office_facts", round_id=round_id), code=303)


@bp.get("/rounds/<uuid:round_id>/facts")
@requires(Permission.ASSESSMENT_RUN)
def office_facts(round_id: uuid.UUID) -> ResponseReturnValue:
    assessed = rounds.get_round_to_run(round_id, current_user)
    found = [fact for fact in queries.list_facts(round_id) if fact.source == "office"]
    return render_template(
        "assessment/office_facts.html",
        **frame(assessed, "office_facts"),
        facts=found,
        labels={rule.code: rule.label for rule in rounds.rules_of_round(assessed).rules},
        units={row.unit_id: row.unit.name for row in rounds.list_assessed(round_id)},
        names=queries.names_of(person for fact in found for person in (fact.recorded_by_id, fact.withdrawn_by_id)),
    )


@bp.get("/facts/<uuid:fact_id>/withdraw")
@requires(Permission.ASSESSMENT_RECHECK)
def confirm_withdraw(fact_id: uuid.UUID) -> ResponseReturnValue:
    return _withdraw_page(queries.get_fact(fact_id, current_user), WithdrawForm(formdata=None))


@bp.post("/facts/<uuid:fact_id>/withdraw")
@requires(Permission.ASSESSMENT_RECHECK)
def withdraw(fact_id: uuid.UUID) -> ResponseReturnValue:
    fact = queries.get_fact(fact_id, current_user)
    form = WithdrawForm()
    if not form.validate_on_submit():
        return _withdraw_page(fact, form, status=422)
    with unit_of_work():
        services.withdraw_fact(fact, reason=form.reason.data, actor=current_user)
    flash(gettext("记录已撤销，撤销前的内容仍留存备查。"), "success")
    return redirect(_fact_page(fact), code=303)


# --- pages ----------------------------------------------------------------------------------------------------------


def _sheet(
    unit: AssessedUnit,
    *,
    typed: Mapping[str, str] | None = None,
    errors: Mapping[str, str] | None = None,
    finding: FindingForm | None = None,
    is_stale: bool = False,
    status: int = 200,
) -> ResponseReturnValue:
    assessed = rounds.get_round(unit.round_id)
    rules = rounds.rules_of_round(assessed)
    recorded = queries.list_facts(assessed.id, unit.unit_id)
    current = services.scores_in_force(recorded, rules)
    window = queries.recheck_window(assessed, rules)
    attributes = rounds.facts_then(assessed, [unit])[unit.unit_id].attributes
    page = render_template(
        "assessment/recheck.html",
        **frame(assessed, "recheck_progress"),
        unit=unit,
        window=window,
        window_status=window.status(local_today()),
        is_open=services.recheck_is_open(assessed, window),
        scored=services.scored_rules(rules, attributes, assessed.period_end),
        rules=services.recheck_rules_for(rules, attributes, assessed.period_end),
        own=self_scores_of(assessed, unit.unit_id, rules),
        values=_values(current, typed),
        current=current,
        errors=errors or {},
        findings=[
            fact for fact in recorded if fact.source == "recheck" and fact.id not in {f.id for f in current.values()}
        ],
        names=queries.names_of(person for fact in recorded for person in (fact.recorded_by_id, fact.withdrawn_by_id)),
        finding=finding,
        today=local_today(),
        is_stale=is_stale,
        needs_figure=READING_KINDS,
        RuleKind=RuleKind,
        score_name=score_name,
        item_measure=ITEM,
        plain=plain,
    )
    return page, status


def _values(current: Mapping[str, AssessmentFact], typed: Mapping[str, str] | None) -> dict[str, str]:
    if typed is not None:
        return {name.removeprefix("score-"): text for name, text in typed.items() if name.startswith("score-")}
    return {code: plain(fact.quantity) for code, fact in current.items() if fact.quantity is not None}


def _scored(unit: AssessedUnit) -> list[Rule]:
    assessed = rounds.get_round(unit.round_id)
    attributes = rounds.facts_then(assessed, [unit])[unit.unit_id].attributes
    return services.scored_rules(rounds.rules_of_round(assessed), attributes, assessed.period_end)


def _rule(unit: AssessedUnit, code: str | None) -> Rule:
    rules = rounds.rules_of_round(rounds.get_round(unit.round_id))
    found = next((rule for rule in services.recheck_rules(rules) if rule.code == code), None)
    if found is None:
        raise DomainError(gettext("这条规则不由复核人登记"), code="bad_fact")
    return found


def _new_fact(form: FindingForm, rule: Rule | None = None) -> services.NewFact:
    more: dict[str, Any] = {}
    if isinstance(form, OfficeFactForm):
        more = {
            "document_name": form.document_name.data,
            "noticed_on": form.noticed_on.data,
            "exposed_on": form.exposed_on.data,
        }
        if form.condition.data and rule is not None:
            more["attributes"] = condition_attributes(rule.counts_when, is_met=form.condition.data == "yes")
    return services.NewFact(
        rule_code=form.rule_code.data,
        quantity=form.counted(),
        households=form.house_numbers(),
        out_of=form.out_of.number,
        found_on=form.found_on.data,
        note=(form.note.data or "").strip(),
        **more,
    )


def _keep_photo(fact: AssessmentFact, form: FindingForm) -> None:
    if form.photo.data is not None and form.photo.data.filename:
        stored = store_upload(
            form.photo.data, subject_type="assessment_fact", subject_id=fact.id, actor=current_user, allowed=IMAGES
        )
        services.attach_photo(fact, stored)


def _office_form(assessed: AssessmentRound) -> OfficeFactForm:
    form = OfficeFactForm()
    form.rule_code.choices = [SelectChoice("", gettext("请选择"))] + [
        SelectChoice(rule.code, f"{rule.code} {rule.label}")
        for rule in services.office_rules(rounds.rules_of_round(assessed))
    ]
    form.unit_id.choices = [SelectChoice("", gettext("请选择"))] + [
        SelectChoice(str(row.unit_id), row.unit.name) for row in rounds.list_assessed(assessed.id)
    ]
    return form


def _office_page(assessed: AssessmentRound, form: OfficeFactForm, status: int = 200) -> ResponseReturnValue:
    rules = rounds.rules_of_round(assessed)
    page = render_template(
        "assessment/office_fact.html",
        **frame(assessed, "office_facts"),
        form=form,
        booked_to=rules.settings.loss_booked_to,
        has_condition=any(rule.counts_when is not None for rule in rules.rules),
    )
    return page, status


def _withdraw_page(fact: AssessmentFact, form: WithdrawForm, status: int = 200) -> ResponseReturnValue:
    assessed = rounds.get_round(fact.round_id)
    labels = {rule.code: rule.label for rule in rounds.rules_of_round(assessed).rules}
    page = render_template(
        "assessment/confirm_withdraw.html",
        **frame(assessed, "recheck_progress"),
        fact=fact,
        form=form,
        label=labels.get(fact.rule_code, fact.rule_code),
        back=_fact_page(fact),
    )
    return page, status


def _fact_page(fact: AssessmentFact) -> str:
    if fact.source == "office":
        return url_for(".office_facts", round_id=fact.round_id)
    return url_for(".recheck", round_id=fact.round_id, unit_id=fact.unit_id)


def _sheet_url(unit: AssessedUnit, rule_code: str | None = None) -> str:
    anchor = f"rule-{rule_code}" if rule_code else None
    return url_for(".recheck", round_id=unit.round_id, unit_id=unit.unit_id, _anchor=anchor)


def _after(unit: AssessedUnit, *, is_complete: bool) -> str:
    return url_for(".recheck_progress", round_id=unit.round_id) if is_complete else _sheet_url(unit)
