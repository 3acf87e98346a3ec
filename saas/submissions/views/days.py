"""The county's days (填报日历), events that are begun by hand, and sensitive periods."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from typing import Any

from flask import abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from flask_login import current_user

from saas.access.decorators import requires
from saas.access.permissions import Permission
from saas.cohort_fields import codes_named
from saas.db import local_today, unit_of_work
from saas.domain.errors import DomainError
from saas.org.queries import list_units
from saas.submissions import arranging, calendars, queries
from saas.submissions.forms import (
    EventForm,
    RemindingForm,
    SensitiveForm,
    TermsForm,
    YearForm,
    present_days,
    shown_days,
)
from saas.submissions.models import Collection
from saas.submissions.views.blueprint import bp
from saas.tenancy.once import find_earlier_answer, remember_answer

FIRST_YEAR, LAST_YEAR = 2000, 2100


# --- the county's calendar, terms and reminders ---------------------------------------------------------------------


@bp.get("/collections/days")
@requires(Permission.COLLECTION_EDIT)
def days() -> ResponseReturnValue:
    present, version = present_days(calendars.county_days()), calendars.get_settings().version
    return _days_page(
        TermsForm(data={**present, "version": version}), RemindingForm(data={**present, "version": version})
    )


@bp.post("/collections/days/terms")
@requires(Permission.COLLECTION_EDIT)
def terms_send() -> ResponseReturnValue:
    form, settings = TermsForm(), calendars.get_settings()
    terms = form.read() if form.validate_on_submit() else None
    if terms is None:
        return _days_page(form, None, status=422)
    if form.version.data != str(settings.version):
        return _days_page(form, None, status=409)
    with unit_of_work():
        calendars.keep_terms(terms, actor=current_user)
    flash(gettext("学期起止已保存。"), "success")
    return redirect(url_for(".days"), code=303)


@bp.post("/collections/days/reminding")
@requires(Permission.COLLECTION_EDIT)
def reminding_send() -> ResponseReturnValue:
    form, settings = RemindingForm(), calendars.get_settings()
    is_valid = form.validate_on_submit()
    before, after, hours = form.days("reminder_days"), form.days("overdue_days"), form.hours()
    if hours is None or not is_valid or form.errors:
        return _days_page(None, form, status=422)
    if form.version.data != str(settings.version):
        return _days_page(None, form, status=409)
    with unit_of_work():
        calendars.keep_reminding(
            before,
            after,
            form.escalation_days.data,
            reminds_on_rest_days=form.reminds_on_rest_days.data,
            hours=hours,
            actor=current_user,
        )
    flash(gettext("提醒和催报已保存。"), "success")
    return redirect(url_for(".days"), code=303)


def _days_page(terms: TermsForm | None, reminding: RemindingForm | None, status: int = 200) -> ResponseReturnValue:
    """The page with one form as it was sent, and the other as it is kept."""
    found, version = calendars.county_days(), calendars.get_settings().version
    present: dict[str, Any] = {**present_days(found), "version": version}
    terms = terms or TermsForm(formdata=None, data=present)
    reminding = reminding or RemindingForm(formdata=None, data=present)
    if status == 409:
        terms.version.data = reminding.version.data = str(version)
    years = sorted({*found.calendar.years, local_today().year, local_today().year + 1}, reverse=True)
    page = render_template(
        "submissions/days.html", found=found, years=years, terms=terms, reminding=reminding, is_stale=status == 409
    )
    return page, status


@bp.get("/collections/days/years/<int:year>")
@requires(Permission.COLLECTION_EDIT)
def edit_year(year: int) -> ResponseReturnValue:
    table = calendars.county_days().calendar.years.get(year)
    form = YearForm(data={"version": calendars.get_settings().version})
    if table is not None:
        form.source.data = table.source
        form.holidays.data = shown_days(sorted(table.holidays))
        form.working_days.data = shown_days(sorted(table.working_days))
    return _year_page(year, form)


@bp.post("/collections/days/years/<int:year>")
@requires(Permission.COLLECTION_EDIT)
def edit_year_send(year: int) -> ResponseReturnValue:
    form, settings = YearForm(), calendars.get_settings()
    table = form.table(year) if form.validate_on_submit() else None
    if table is None:
        return _year_page(year, form, status=422)
    if form.version.data != str(settings.version):
        form.version.data = str(settings.version)
        return _year_page(year, form, status=409)
    with unit_of_work():
        calendars.keep_year(year, table, actor=current_user)
    flash(gettext("%(year)s年的节假日安排已保存，截止日期按新安排计算。", year=year), "success")
    return redirect(url_for(".days"), code=303)


@bp.post("/collections/days/years/<int:year>/reset")
@requires(Permission.COLLECTION_EDIT)
def reset_year(year: int) -> ResponseReturnValue:
    with unit_of_work():
        calendars.keep_year(year, None, actor=current_user)
    flash(gettext("%(year)s年已恢复为系统自带的安排。", year=year), "success")
    return redirect(url_for(".days"), code=303)


def _year_page(year: int, form: YearForm, status: int = 200) -> ResponseReturnValue:
    if not FIRST_YEAR <= year <= LAST_YEAR:
        abort(404)
    is_own = year in calendars.county_days().own_years
    page = render_template("submissions/edit_year.html", year=year, form=form, is_own=is_own, is_stale=status == 409)
    return page, status


# --- events and sensitive periods -----------------------------------------------------------------------------------


@bp.get("/collections/<uuid:collection_id>/events/new")
@requires(Permission.COLLECTION_EDIT)
def new_event(collection_id: uuid.UUID) -> ResponseReturnValue:
    shown = queries.get_collection(collection_id, current_user)
    return _begin_page(shown, EventForm(), "submissions.begin_event", gettext("发起一次填报"))


@bp.post("/collections/<uuid:collection_id>/events")
@requires(Permission.COLLECTION_EDIT)
def begin_event(collection_id: uuid.UUID) -> ResponseReturnValue:
    shown, form = queries.get_collection(collection_id, current_user), EventForm()
    earlier = find_earlier_answer()
    if earlier is not None:
        return redirect(earlier, code=303)
    units = _units(form)
    if units is None:
        return _begin_page(shown, form, "submissions.begin_event", gettext("发起一次填报"), 422)
    try:
        with unit_of_work():
            arranging.begin_event(shown, form.day.data, title=form.title.data, units=units, actor=current_user)
            location = _after(shown, period=form.day.data)
            remember_answer(location)
    except DomainError as error:
        return _begin_page(shown, form, "submissions.begin_event", gettext("发起一次填报"), 422, str(error))
    flash(gettext("已发起，填报单位现在可以填报。"), "success")
    return redirect(location, code=303)


@bp.get("/collections/<uuid:collection_id>/sensitive/new")
@requires(Permission.COLLECTION_EDIT)
def new_sensitive_period(collection_id: uuid.UUID) -> ResponseReturnValue:
    shown = queries.get_collection(collection_id, current_user)
    return _begin_page(shown, SensitiveForm(), "submissions.add_sensitive_period", gettext("设置敏感时段"))


@bp.post("/collections/<uuid:collection_id>/sensitive")
@requires(Permission.COLLECTION_EDIT)
def add_sensitive_period(collection_id: uuid.UUID) -> ResponseReturnValue:
    shown, form = queries.get_collection(collection_id, current_user), SensitiveForm()
    earlier = find_earlier_answer()
    if earlier is not None:
        return redirect(earlier, code=303)
    units = _units(form)
    if units is None or form.wrong_days():
        return _begin_page(shown, form, "submissions.add_sensitive_period", gettext("设置敏感时段"), 422)
    try:
        with unit_of_work():
            arranging.add_sensitive_period(shown, _sensitive(form, units), actor=current_user)
            location = _after(shown)
            remember_answer(location)
    except DomainError as error:
        return _begin_page(shown, form, "submissions.add_sensitive_period", gettext("设置敏感时段"), 422, str(error))
    flash(gettext("敏感时段已设置，期间每日报告，到期自动结束。"), "success")
    return redirect(location, code=303)


def _sensitive(form: SensitiveForm, units: Sequence[str]) -> arranging.SensitivePeriod:
    return arranging.SensitivePeriod(form.title.data, form.starts_on.data, form.ends_on.data, units, form.due_time.data)


def _units(form: EventForm | SensitiveForm) -> list[str] | None:
    """The codes of the units that were named, none for all; None if something is wrong beside a field."""
    is_valid = form.validate_on_submit()
    codes = codes_named(form.units, list_units(local_today()))
    return codes if is_valid and not form.errors else None


def _begin_page(
    shown: Collection, form: Any, endpoint: str, title: str, status: int = 200, problem: str = ""
) -> ResponseReturnValue:
    page = render_template(
        "submissions/begin.html",
        collection=shown,
        form=form,
        action=url_for(endpoint, collection_id=shown.id),
        title=title,
        problem=problem,
        back=_after(shown),
        token=request.form.get("send_token", ""),
    )
    return page, status


def _after(shown: Collection, **arguments: Any) -> str:
    if not current_user.permits(Permission.SUBMISSION_VIEW):
        return url_for(".collections")
    return url_for(".collection", collection_id=shown.id, **arguments)
