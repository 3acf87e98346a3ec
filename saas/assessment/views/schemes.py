"""Schemes: all of them with their rounds, one with its rules in words, starting a round, a new version."""

from __future__ import annotations

import uuid

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from flask_login import current_user
from wtforms.fields.choices import SelectChoice

from saas.access.decorators import requires
from saas.access.permissions import Permission
from saas.assessment.describing import describe_rules, open_questions
from saas.assessment.forms import CohortForm, StartRoundForm, VersionForm
from saas.assessment.models import AssessmentScheme
from saas.assessment.queries import home, rounds
from saas.assessment.services import rounds as round_services
from saas.assessment.services import schemes as services
from saas.assessment.views.blueprint import bp
from saas.db import local_today, unit_of_work
from saas.domain.periods import period_from_key
from saas.domain.scheme import SchemeError
from saas.domain.scheme_settings_text import describe_settings
from saas.org.cohorts import list_choices
from saas.tenancy.once import find_earlier_answer, remember_answer


@bp.get("")
@requires(Permission.ASSESSMENT_VIEW)
def index() -> ResponseReturnValue:
    found = rounds.list_rounds()
    return render_template(
        "assessment/index.html",
        schemes=rounds.list_schemes(),
        rounds=found,
        counts=rounds.count_assessed([assessed.id for assessed in found]),
        periods={assessed.id: rounds.period_of_round(assessed) for assessed in found},
        own=home.last_results(current_user),
        waiting=home.waiting_rechecks(current_user),
    )


@bp.get("/schemes/<uuid:scheme_id>")
@requires(Permission.ASSESSMENT_VIEW)
def scheme(scheme_id: uuid.UUID) -> ResponseReturnValue:
    return _page(rounds.get_scheme(scheme_id))


@bp.post("/schemes/<uuid:scheme_id>/rounds")
@requires(Permission.ASSESSMENT_RUN)
def start_round(scheme_id: uuid.UUID) -> ResponseReturnValue:
    earlier = find_earlier_answer()
    if earlier is not None:
        return redirect(earlier, code=303)
    chosen = rounds.get_scheme(scheme_id)
    form = _start_form(chosen)
    if not form.validate_on_submit():
        return _page(chosen, start=form, status=422)
    with unit_of_work():
        started = round_services.start_round(chosen, period_from_key(form.period.data), actor=current_user)
        location = url_for(".show", round_id=started.id)
        remember_answer(location)
    return redirect(location, code=303)


@bp.post("/schemes/<uuid:scheme_id>/versions")
@requires(Permission.ASSESSMENT_CONFIGURE)
def add_version(scheme_id: uuid.UUID) -> ResponseReturnValue:
    chosen = rounds.get_scheme(scheme_id)
    form = VersionForm()
    if not form.validate_on_submit():
        return _page(chosen, upload=form, status=422)
    try:
        with unit_of_work():
            version = services.publish_version(
                chosen, form.file.data.stream.read(services.MAX_FILE + 1), form.effective_from.data, actor=current_user
            )
    except SchemeError as error:
        form.file.errors = [str(error)]
        return _page(chosen, upload=form, status=422)
    flash(gettext("第 %(number)s 版已发布。", number=version.number), "success")
    return redirect(url_for(".scheme", scheme_id=scheme_id), code=303)


@bp.post("/schemes/<uuid:scheme_id>/cohort")
@requires(Permission.ASSESSMENT_CONFIGURE)
def choose_cohort(scheme_id: uuid.UUID) -> ResponseReturnValue:
    chosen, form = rounds.get_scheme(scheme_id), _cohort_form()
    if not form.validate_on_submit():
        return _page(chosen, cohort=form, status=422)
    with unit_of_work():
        services.choose_cohort(chosen, form.cohort.data, actor=current_user)
    flash(gettext("考核对象已改，从下一轮考核起使用。"), "success")
    return redirect(url_for(".scheme", scheme_id=scheme_id), code=303)


def _cohort_form(chosen: AssessmentScheme | None = None) -> CohortForm:
    named = chosen.cohort.get("cohorts", []) if chosen is not None else []
    form = CohortForm(data={"cohort": named[0]} if named else None)
    form.cohort.choices = [
        SelectChoice("", gettext("请选择")),
        *(SelectChoice(*each) for each in list_choices(local_today())),
    ]
    return form


def _start_form(chosen: AssessmentScheme) -> StartRoundForm:
    form = StartRoundForm()
    form.period.choices = [
        SelectChoice(period.key, period.label) for period in rounds.startable_periods(chosen, local_today())
    ]
    return form


def _page(
    chosen: AssessmentScheme,
    *,
    start: StartRoundForm | None = None,
    upload: VersionForm | None = None,
    cohort: CohortForm | None = None,
    status: int = 200,
) -> ResponseReturnValue:
    versions = rounds.list_versions(chosen.id)
    number = request.args.get("version", type=int)
    shown = next((version for version in versions if version.number == number), versions[0] if versions else None)
    rules = rounds.rules_of(shown) if shown is not None else None
    found = rounds.list_rounds(chosen.id)
    page = render_template(
        "assessment/scheme.html",
        scheme=chosen,
        versions=versions,
        shown=shown,
        rules=rules,
        parts=describe_rules(rules) if rules is not None else [],
        settings=describe_settings(rules) if rules is not None else (),
        questions=open_questions(rules) if rules is not None else [],
        rounds=found,
        counts=rounds.count_assessed([assessed.id for assessed in found]),
        periods={assessed.id: rounds.period_of_round(assessed) for assessed in found},
        start=start or _start_form(chosen),
        upload=upload or VersionForm(formdata=None),
        cohort=cohort or _cohort_form(chosen),
        assessed_now=len(rounds.cohort_members(chosen, local_today())),
    )
    return page, status
