"""Named cohorts (单位名册): building one by pickers, who belongs on a day, and who uses it."""

from __future__ import annotations

import uuid
from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from flask_login import current_user

from saas.access.decorators import requires
from saas.access.permissions import Permission
from saas.administration.org import queries
from saas.administration.org.arguments import day_argument
from saas.administration.org.cohort_rows import (
    OPERATOR_LABELS,
    ConditionRow,
    build_cohort,
    describe,
    known_attributes,
    posted_rows,
    stored_rows,
)
from saas.administration.org.forms import CloseForm, type_choices
from saas.administration.org.forms.structure import CohortForm, EditCohortForm, NewCohortForm
from saas.administration.org.views.blueprint import bp
from saas.db import local_today, unit_of_work
from saas.domain.cohorts import Cohort, CohortError, cohort_from_mapping
from saas.domain.errors import DomainError
from saas.form_pages import Trail, form_page, refused, worded
from saas.org import cohorts as named
from saas.org.links import count_links, list_kinds
from saas.org.models import NamedCohort
from saas.org.queries import list_unit_types, list_units
from saas.tenancy.once import find_earlier_answer, remember_answer

SHOWN = 500
_FIELDS = {"bad_dates": "starts_on", "code_taken": "code", "unknown_cohort": "cohorts", "cohort_cycle": "cohorts"}


def _trail(row: NamedCohort | None = None) -> Trail:
    above = [(gettext("机构"), url_for(".index")), (gettext("单位名册"), url_for(".cohorts"))]
    if row is not None:
        above.append((row.name, url_for(".show_cohort", cohort_id=row.id)))
    return above


@bp.get("/cohorts")
@requires(Permission.ORG_VIEW)
def cohorts() -> ResponseReturnValue:
    on = day_argument("on", local_today())
    latest = {row.code: row for row in reversed(named.list_named_cohorts())}
    rows = [row for row in latest.values() if row.ends_on is None or row.ends_on > on]
    return render_template(
        "org/cohorts.html",
        rows=[
            (row, queries.count_members(row, on)) for row in sorted(rows, key=lambda row: (row.sort_order, row.name))
        ],
        ended=[row for row in latest.values() if row not in rows],
        on=on,
    )


@bp.get("/cohorts/<uuid:cohort_id>")
@requires(Permission.ORG_VIEW)
def show_cohort(cohort_id: uuid.UUID) -> ResponseReturnValue:
    row, on = named.get_named_cohort(cohort_id), day_argument("on", local_today())
    definitions = named.list_definitions(row.code)
    shown = next((each for each in definitions if each.starts_on <= on), None)
    shown = None if shown and shown.ends_on and shown.ends_on <= on else shown
    asked = cohort_from_mapping((shown or row).definition)
    belong, unknown = named.members_on(asked, on) if shown else ([], [])
    return render_template(
        "org/show_cohort.html",
        row=row,
        shown=shown,
        on=on,
        words=_in_words(asked),
        belong=belong[:SHOWN],
        count=len(belong),
        unknown=unknown[:SHOWN],
        unknown_count=len(unknown),
        definitions=definitions,
        users=queries.list_cohort_users(row.code),
        trail=list(_trail()),
    )


def _in_words(cohort: Cohort) -> list[tuple[str, str]]:
    types = list_unit_types()
    return describe(cohort, {each.code: each.name for each in types}, known_attributes(types))


@bp.get("/cohorts/new")
@requires(Permission.ORG_EDIT)
def create_cohort() -> ResponseReturnValue:
    return _page(_offered(NewCohortForm()), None, stored_rows(None))


@bp.post("/cohorts")
@requires(Permission.ORG_EDIT)
def create_cohort_send() -> ResponseReturnValue:
    earlier = find_earlier_answer()
    if earlier is not None and request.form.get("intent") != "preview":
        return redirect(earlier, code=303)
    form = _offered(NewCohortForm())
    cohort, rows = _typed(form)
    if cohort is None or request.form.get("intent") == "preview":
        return _page(form, None, rows, cohort, status=200 if cohort else 422)
    try:
        with unit_of_work():
            created = named.create_named_cohort(cohort=cohort, actor=current_user, **_new_values(form))
            location = url_for(".show_cohort", cohort_id=created.id)
            remember_answer(location)
    except DomainError as error:
        refused(form, error, _FIELDS, "name")
        return _page(form, None, rows, status=422)
    flash(gettext("已新建单位名册：%(name)s", name=created.name), "success")
    return redirect(location, code=303)


def _new_values(form: NewCohortForm) -> dict[str, Any]:
    return {
        "code": form.code.data,
        "name": form.name.data,
        "note": form.note.data or "",
        "starts_on": form.starts_on.data,
        "ends_on": form.ends_on.data,
    }


def _offered(form: Any, besides: str = "") -> Any:
    today = local_today()
    form.unit_types.choices = type_choices(list_unit_types())
    kinds = dict.fromkeys([*(kind.name for kind in list_kinds()), *count_links(today)])
    form.linked.choices = [(kind, kind) for kind in kinds]
    form.cohorts.choices = [pair for pair in named.list_choices(today) if pair[0] != besides]
    return form


def _typed(form: Any) -> tuple[Cohort | None, list[ConditionRow]]:
    """The cohort that was typed, None if anything is wrong; and the rows as typed."""
    rows, conditions = posted_rows(request.form, known_attributes(list_unit_types()))
    if not form.validate_on_submit() or any(row.error for row in rows):
        return None, rows
    try:
        return build_cohort(form, conditions, list_units(local_today())), rows
    except DomainError as error:
        refused(form, error, {}, "by")
        return None, rows


def _page(
    form: CohortForm,
    row: NamedCohort | None,
    rows: list[ConditionRow],
    cohort: Cohort | None = None,
    status: int = 200,
    *,
    is_stale: bool = False,
) -> ResponseReturnValue:
    found = None
    if cohort is not None and status == 200:
        try:
            found = named.members_on(cohort, local_today())
        except CohortError as error:
            refused(form, error, _FIELDS, "cohorts")
            status = 422
    types = list_unit_types()
    page = render_template(
        "org/edit_cohort.html",
        form=form,
        row=row,
        rows=rows,
        operators=OPERATOR_LABELS,
        attributes=known_attributes(types),
        found=found,
        is_stale=is_stale,
        changed=(),
        trail=list(_trail(row)),
    )
    return page, 409 if is_stale else status


@bp.get("/cohorts/<uuid:cohort_id>/edit")
@requires(Permission.ORG_EDIT)
def edit_cohort(cohort_id: uuid.UUID) -> ResponseReturnValue:
    row = named.get_named_cohort(cohort_id)
    cohort = cohort_from_mapping(row.definition)
    return _page(_offered(EditCohortForm(data=_present(row, cohort)), row.code), row, stored_rows(cohort))


def _present(row: NamedCohort, cohort: Cohort) -> dict[str, Any]:
    return {
        "version": row.version,
        "name": row.name,
        "note": row.note,
        "by": "list" if cohort.units else "rule",
        "unit_types": list(cohort.unit_types),
        "under": "\n".join(cohort.under),
        "linked": list(cohort.linked),
        "cohorts": list(cohort.cohorts),
        "units": "\n".join(cohort.units),
        "excluded": "\n".join(cohort.excluded),
    }


@bp.post("/cohorts/<uuid:cohort_id>/edit")
@requires(Permission.ORG_EDIT)
def edit_cohort_send(cohort_id: uuid.UUID) -> ResponseReturnValue:
    row = named.get_named_cohort(cohort_id)
    form = _offered(EditCohortForm(), row.code)
    cohort, rows = _typed(form)
    if cohort is None or request.form.get("intent") == "preview":
        return _page(form, row, rows, cohort, status=200 if cohort else 422)
    if form.version.data != str(row.version):
        form.version.raw_data, form.version.data = None, str(row.version)
        return _page(form, row, rows, is_stale=True)
    try:
        with unit_of_work():
            kept = _change(row, form, cohort)
    except DomainError as error:
        refused(form, error, _FIELDS, "name")
        return _page(form, named.get_named_cohort(cohort_id), rows, status=422)
    flash(gettext("单位名册已保存：%(name)s", name=form.name.data), "success")
    return redirect(url_for(".show_cohort", cohort_id=kept.id), code=303)


def _change(row: NamedCohort, form: EditCohortForm, cohort: Cohort) -> NamedCohort:
    values = {"name": form.name.data, "note": form.note.data or "", "cohort": cohort, "actor": current_user}
    since = form.since()
    if since is not None:
        return named.change_named_cohort(row, since, **values)
    named.correct_named_cohort(row, **values)
    return row


@bp.get("/cohorts/<uuid:cohort_id>/end")
@requires(Permission.ORG_EDIT)
def end_cohort(cohort_id: uuid.UUID) -> ResponseReturnValue:
    return _end_page(CloseForm(), named.get_named_cohort(cohort_id))


@bp.post("/cohorts/<uuid:cohort_id>/end")
@requires(Permission.ORG_EDIT)
def end_cohort_send(cohort_id: uuid.UUID) -> ResponseReturnValue:
    row, form = named.get_named_cohort(cohort_id), CloseForm()
    if not form.validate_on_submit():
        return _end_page(form, row, status=422)
    try:
        with unit_of_work():
            named.end_named_cohort(row, form.ends_on.data, actor=current_user)
    except DomainError as error:
        refused(form, error, {}, "ends_on")
        return _end_page(form, named.get_named_cohort(cohort_id), status=422)
    flash(gettext("单位名册已停用：%(name)s", name=row.name), "success")
    return redirect(url_for(".show_cohort", cohort_id=cohort_id), code=303)


def _end_page(form: CloseForm, row: NamedCohort, status: int = 200) -> ResponseReturnValue:
    title = gettext("停用名册：%(name)s", name=row.name)
    return form_page(form, title, _trail(row), submit=gettext("停用"), status=status)


@bp.post("/cohorts/<uuid:cohort_id>/delete")
@requires(Permission.ORG_EDIT)
def delete_cohort(cohort_id: uuid.UUID) -> ResponseReturnValue:
    row = named.get_named_cohort(cohort_id)
    users = queries.list_cohort_users(row.code)
    if users:
        flash(gettext("正被使用，不能删除：%(names)s", names="、".join(name for name, _url in users)), "error")
        return redirect(url_for(".show_cohort", cohort_id=cohort_id), code=303)
    try:
        with unit_of_work():
            named.delete_named_cohort(row, actor=current_user)
    except DomainError as error:
        flash(worded(error), "error")
        return redirect(url_for(".show_cohort", cohort_id=cohort_id), code=303)
    flash(gettext("已删除单位名册：%(name)s", name=row.name), "success")
    return redirect(url_for(".cohorts"), code=303)
