"""The list of counties, a county's page, and a new county."""

from __future__ import annotations

import uuid
from typing import Any

from flask import current_app, make_response, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from flask_babel import lazy_gettext as _l

from saas.domain.errors import DomainError
from saas.htmx import render_page
from saas.operator import queries
from saas.operator.access import current_operator, operator_required
from saas.operator.db import operator_session
from saas.operator.forms import AddressForm, CountyForm, HostForm, QuotaForm, ReasonForm, RenameForm, default_units_from
from saas.operator.founding import create_county
from saas.operator.trail import LABELS, OperatorAction
from saas.operator.views.blueprint import bp
from saas.tenancy.models import TenantStatus

STATES = {
    TenantStatus.ACTIVE.value: _l("使用中"),
    TenantStatus.SUSPENDED.value: _l("已暂停"),
    TenantStatus.PREPARING.value: _l("准备中"),
}
EVENTS_SHOWN = 10


@bp.get("")
@operator_required
def index() -> ResponseReturnValue:
    status = request.args.get("status", "")
    wanted = queries.CountyFilter(
        words=request.args.get("words", "").strip()[:80].replace("\0", ""), status=status if status in STATES else ""
    )
    page = min(max(request.args.get("page", 1, type=int), 1), 10_000)
    rows, count = queries.list_counties(operator_session(), wanted, page=page)
    return render_page(
        "operator/index.html",
        fragment="county_list",
        rows=rows,
        wanted=wanted,
        states=STATES,
        numbers=queries.count_by_status(operator_session()),
        count=count,
        page=page,
        page_count=-(-count // queries.PAGE),
    )


@bp.get("/counties/new")
@operator_required
def create() -> ResponseReturnValue:
    form = CountyForm(units_from=default_units_from())
    return render_template("operator/create.html", form=form)


@bp.post("/counties")
@operator_required
def create_send() -> ResponseReturnValue:
    form = CountyForm()
    if not form.validate_on_submit():
        return render_template("operator/create.html", form=form), 422
    try:
        tenant_id, accounts = create_county(form.new_county(), actor=current_operator().login_name)
    except DomainError as error:
        form.slug.errors = [said(error)]
        return render_template("operator/create.html", form=form), 422
    current_app.extensions["counties"].forget()
    county = queries.get_county_row(operator_session(), tenant_id).county
    return make_response(render_template("operator/created.html", county=county, accounts=accounts))


@bp.get("/counties/<uuid:tenant_id>")
@operator_required
def show(tenant_id: uuid.UUID) -> ResponseReturnValue:
    return county_page(tenant_id)


def county_page(tenant_id: uuid.UUID, *, status: int = 200, **forms: Any) -> ResponseReturnValue:
    """A county's page; `forms` are those that were sent with something wrong."""
    session = operator_session()
    row = queries.get_county_row(session, tenant_id)
    events, _ = queries.list_events(session, tenant_id=tenant_id, size=EVENTS_SHOWN)
    config = current_app.config["JICENG"]
    shown = {
        "rename_form": RenameForm(formdata=None, name=row.county.name),
        "address_form": AddressForm(formdata=None, slug=row.county.slug),
        "host_form": HostForm(formdata=None),
        "quota_form": QuotaForm(formdata=None).fill(row.quota),
        "reason_form": ReasonForm(formdata=None),
    }
    page = render_template(
        "operator/show.html",
        county=row.county,
        usage=row.usage,
        quota=row.quota,
        hosts=queries.list_hosts(session, tenant_id),
        former_slugs=queries.list_former_slugs(session, tenant_id),
        events=events,
        labels=action_labels(),
        states=STATES,
        default_jobs=config.jobs_per_tenant,
        address=f"{(config.public_url or '').rstrip('/')}/{row.county.slug}/",
        wrong=next(iter(forms.values()), None),
        **{**shown, **forms},
    )
    return page, status


def action_labels() -> dict[str, object]:
    """How the trail names what was done."""
    return {action.value: LABELS[action] for action in OperatorAction}


def said(error: DomainError) -> str:
    """A refusal in the reader's language."""
    return str(gettext(error.message.text).format(**error.message.params))


def address_of(tenant_id: uuid.UUID) -> str:
    return url_for("operator.show", tenant_id=tenant_id)
