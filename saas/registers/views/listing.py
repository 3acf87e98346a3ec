"""The registers, and the list of one: filters, saved views, totals by state."""

from __future__ import annotations

import uuid
from math import ceil
from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from flask_login import current_user

from saas.access.decorators import requires
from saas.access.permissions import Permission
from saas.db import local_today, unit_of_work
from saas.domain.errors import DomainError
from saas.domain.fields import FormDefinition
from saas.domain.record_filters import RecordFilter, filter_from_query, filter_to_query
from saas.domain.records import StateKind, open_fields
from saas.form_pages import worded
from saas.htmx import render_page
from saas.registers import listing, queries, readings, services
from saas.registers.models import Register
from saas.registers.views.blueprint import bp
from saas.registers.views.write_page import drafts_of


@bp.get("/registers")
@requires(Permission.SUBMISSION_VIEW)
def index() -> ResponseReturnValue:
    return render_template(
        "registers/index.html",
        rows=queries.list_registers(current_user),
        concerns=queries.concerns_of_person(current_user.id, current_user, local_today()),
        concerns_title=gettext("由我负责办理"),
    )


@bp.get("/registers/<uuid:register_id>")
@requires(Permission.SUBMISSION_VIEW)
def register(register_id: uuid.UUID) -> ResponseReturnValue:
    shown = queries.get_register(register_id, current_user)
    form = listing.published_form(shown)
    wanted = wanted_from(request.args.to_dict(flat=False), form)
    page = min(max(request.args.get("page", 1, type=int), 1), 100_000)
    records = queries.find_records(shown, wanted, current_user, form=form, page=page)
    totals = queries.count_by_state(shown, wanted, current_user, form)
    columns = listing.columns_of(shown, form, wanted)
    return render_page(
        "registers/register.html",
        fragment="register_panel",
        register=shown,
        states=queries.states_of(shown),
        today=local_today(),
        wanted=wanted,
        asked=filter_to_query(wanted),
        columns=columns,
        rows=listing.list_rows(shown, records, columns, current_user),
        count=totals.found,
        page=page,
        page_count=max(1, ceil(totals.found / queries.PAGE)),
        totals=totals,
        list_url=address(shown, wanted),
        address=lambda **changes: address(shown, wanted, **changes),
        asked_words=listing.asked_words(shown, form, wanted),
        **_around(shown, form),
    )


def wanted_from(query: dict[str, list[str]], form: FormDefinition | None) -> RecordFilter:
    """What an address asks for; of answers only what is not protected can be asked for."""
    return filter_from_query(query, open_fields(form) if form is not None else {})


def address(shown: Register, wanted: RecordFilter, **changes: Any) -> str:
    """The address of the list with a filter, in which some keys are exchanged; None takes one out."""
    query: dict[str, Any] = filter_to_query(wanted)
    for name, value in changes.items():
        query.pop(name, None)
        query |= {name: value} if value else {}
    return url_for("registers.register", register_id=shown.id, **query)


def _around(shown: Register, form: FormDefinition | None) -> dict[str, Any]:
    """What stands around the list: what may be asked for, the saved views, and what the viewer may do."""
    may_open = form is not None and queries.may_open(shown, current_user)
    return {
        "closed_kind": StateKind.CLOSED,
        "filters": listing.filter_fields(form),
        "offered": listing.offered_columns(form) if form is not None else {},
        "units": queries.list_filter_units(current_user),
        "linked": queries.list_linked(shown, current_user),
        "views": queries.list_views(shown, current_user),
        "may_open": may_open,
        **(drafts_of(shown) if may_open else {}),
        "may_configure": current_user.permits(Permission.COLLECTION_EDIT),
        "may_read_log": readings.may_read_log(shown, current_user),
        "bulk_actions": bool(queries.responsible_units(current_user)) or current_user.permits(Permission.CASE_DECIDE),
    }


@bp.post("/registers/<uuid:register_id>/views")
@requires(Permission.SUBMISSION_VIEW)
def save_view(register_id: uuid.UUID) -> ResponseReturnValue:
    shown = queries.get_register(register_id, current_user)
    wanted = wanted_from(request.form.to_dict(flat=False), listing.published_form(shown))
    try:
        with unit_of_work():
            services.save_view(
                shown,
                request.form.get("view_name", ""),
                filter_to_query(wanted),
                is_shared="shared" in request.form and current_user.permits(Permission.COLLECTION_EDIT),
                actor=current_user,
            )
    except DomainError as error:
        flash(worded(error), "error")
    else:
        flash(gettext("视图已保存。"), "success")
    return redirect(address(shown, wanted), code=303)


@bp.post("/registers/<uuid:register_id>/views/<uuid:view_id>/delete")
@requires(Permission.SUBMISSION_VIEW)
def delete_view(register_id: uuid.UUID, view_id: uuid.UUID) -> ResponseReturnValue:
    shown = queries.get_register(register_id, current_user)
    view = queries.get_own_view(shown, view_id, current_user)
    with unit_of_work():
        services.delete_view(view)
    flash(gettext("视图“%(name)s”已删除。", name=view.name), "success")
    return redirect(url_for(".register", register_id=register_id), code=303)
