"""Configuring registers without code: which form, which units, which columns."""

from __future__ import annotations

import uuid
from collections.abc import Sequence

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from flask_login import current_user
from wtforms.fields.choices import SelectChoice

from saas.access.decorators import requires
from saas.access.permissions import Permission
from saas.cohort_fields import is_above_others
from saas.db import local_today, unit_of_work
from saas.domain.errors import DomainError
from saas.domain.record_presets import PRESETS
from saas.domain.records import open_fields, states_to_mapping
from saas.form_pages import worded
from saas.forms.pickers import form_choices
from saas.org.models import OrgUnit
from saas.org.queries import list_unit_types, list_units
from saas.registers import listing, queries, services
from saas.registers.forms import RegisterForm, settings_of
from saas.registers.models import Register
from saas.registers.services import RegisterSettings
from saas.registers.views.blueprint import bp
from saas.tenancy.once import find_earlier_answer, remember_answer


@bp.get("/registers/manage")
@requires(Permission.COLLECTION_EDIT)
def manage() -> ResponseReturnValue:
    return render_template("registers/manage.html", rows=queries.list_registers(current_user))


@bp.get("/registers/manage/new")
@requires(Permission.COLLECTION_EDIT)
def new_register() -> ResponseReturnValue:
    form = RegisterForm(data={"form": request.args.get("form", ""), "preset": "ordinary"})
    return _page(form, list_units(local_today()))


@bp.post("/registers/manage/new")
@requires(Permission.COLLECTION_EDIT)
def create_register() -> ResponseReturnValue:
    earlier = find_earlier_answer()
    if earlier is not None:
        return redirect(earlier, code=303)
    form, units = RegisterForm(), list_units(local_today())
    settings, problem = _settings(form, units)
    if settings is None:
        return _page(form, units, status=422, problem=problem)
    with unit_of_work():
        register = services.create_register(settings, actor=current_user)
        location = url_for(".edit_register", register_id=register.id)
        remember_answer(location)
    flash(gettext("台账已建立。请选择列表显示的内容，再核对状态和期限。"), "success")
    return redirect(location, code=303)


@bp.get("/registers/<uuid:register_id>/edit")
@requires(Permission.COLLECTION_EDIT)
def edit_register(register_id: uuid.UUID) -> ResponseReturnValue:
    register = queries.get_register(register_id, current_user)
    return _page(RegisterForm(data=settings_of(register)), list_units(local_today()), register)


@bp.post("/registers/<uuid:register_id>/edit")
@requires(Permission.COLLECTION_EDIT)
def edit_register_send(register_id: uuid.UUID) -> ResponseReturnValue:
    register = queries.get_register(register_id, current_user)
    form, units = RegisterForm(), list_units(local_today())
    if form.version.data != str(register.version):
        form.version.data = str(register.version)
        form.version.raw_data = None
        return _page(form, units, register, status=409)
    settings, problem = _settings(form, units, register)
    if settings is None:
        return _page(form, units, register, status=422, problem=problem)
    with unit_of_work():
        services.edit_register(register, settings, actor=current_user)
    flash(gettext("台账设置已保存。"), "success")
    return redirect(url_for(".manage"), code=303)


def _page(
    form: RegisterForm,
    units: Sequence[OrgUnit],
    register: Register | None = None,
    *,
    status: int = 200,
    problem: str = "",
) -> ResponseReturnValue:
    _fill_choices(form, units, register)
    page = render_template("registers/edit.html", form=form, register=register, problem=problem, is_stale=status == 409)
    return page, status


def _fill_choices(form: RegisterForm, units: Sequence[OrgUnit], register: Register | None) -> None:
    """What the pickers offer: published forms, unit types, units that have others below them, named cohorts, fields."""
    types = list_unit_types()
    form.form.choices = form_choices(register.form if register is not None else None)
    form.offer_units(units, types)
    form.owner.choices = [
        SelectChoice("", gettext("不指定")),
        *(SelectChoice(str(unit.id), unit.name) for unit in units if is_above_others(unit, types)),
    ]
    definition = listing.published_form(register) if register is not None else None
    offered = listing.offered_columns(definition) if definition is not None else {}
    titles = open_fields(definition) if definition is not None else {}
    form.columns.choices = [SelectChoice(path, label) for path, label in offered.items()]
    form.title.choices = [
        SelectChoice("", gettext("自动（第一个文字栏）")),
        *(SelectChoice(path, label) for path, label in offered.items() if path in titles),
    ]


def _settings(
    form: RegisterForm, units: Sequence[OrgUnit], register: Register | None = None
) -> tuple[RegisterSettings | None, str]:
    """What was typed as settings, or None with what is wrong as a whole; the rest is said beside the fields."""
    _fill_choices(form, units, register)
    if not form.validate_on_submit():
        return None, ""
    cohort = form.cohort_mapping(units, register.cohort if register is not None else {})
    if form.errors:
        return None, ""
    settings = RegisterSettings(
        name=form.name.data,
        form_id=uuid.UUID(form.form.data),
        cohort=cohort,
        description=form.description.data or "",
        purpose=form.purpose.data or "",
        states=register.states if register is not None else states_to_mapping(PRESETS[form.preset.data]),
        title=form.title.data or "",
        columns=tuple(form.columns.data or ()),
        owner_unit_id=uuid.UUID(form.owner.data) if form.owner.data else None,
        is_active=form.is_active.data,
    )
    try:
        services.check_settings(settings, register)
    except DomainError as error:
        return None, worded(error)
    return settings, ""
