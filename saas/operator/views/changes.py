"""Changing a county: suspended, resumed, renamed, moved, host names, quotas, counted."""

from __future__ import annotations

import uuid
from collections.abc import Callable

from flask import current_app, flash, redirect, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from flask_wtf import FlaskForm
from sqlalchemy.orm import Session

from saas.domain.errors import DomainError
from saas.operator import queries, services
from saas.operator.access import current_operator, operator_required
from saas.operator.db import operator_session, operator_work
from saas.operator.forms import AddressForm, HostForm, QuotaForm, ReasonForm, RenameForm
from saas.operator.measuring import measure
from saas.operator.trail import OperatorAction, record_event
from saas.operator.views.blueprint import bp
from saas.operator.views.counties import address_of, county_page, said
from saas.tenancy.models import Tenant

Change = Callable[[Session, Tenant, str], None]


@bp.post("/counties/<uuid:tenant_id>/suspend")
@operator_required
def suspend(tenant_id: uuid.UUID) -> ResponseReturnValue:
    form = ReasonForm()
    if not form.validate_on_submit():
        return county_page(tenant_id, status=422, reason_form=form)
    reason = form.comment.data
    _change(tenant_id, lambda session, county, actor: services.suspend(session, county, reason=reason, actor=actor))
    return _done(tenant_id, gettext("已暂停使用。几秒钟内，这个县（区）的网址不再打开；数据没有变动。"))


@bp.post("/counties/<uuid:tenant_id>/resume")
@operator_required
def resume(tenant_id: uuid.UUID) -> ResponseReturnValue:
    _change(tenant_id, lambda session, county, actor: services.resume(session, county, actor=actor))
    return _done(tenant_id, gettext("已恢复使用。"))


@bp.post("/counties/<uuid:tenant_id>/name")
@operator_required
def rename(tenant_id: uuid.UUID) -> ResponseReturnValue:
    form = RenameForm()
    if not form.validate_on_submit():
        return county_page(tenant_id, status=422, rename_form=form)
    _change(tenant_id, lambda session, county, actor: services.rename(session, county, form.name.data, actor=actor))
    return _done(tenant_id, gettext("名称已更改。机构树中单位的名称由县（区）自己更改。"))


@bp.post("/counties/<uuid:tenant_id>/address")
@operator_required
def move(tenant_id: uuid.UUID) -> ResponseReturnValue:
    form = AddressForm()
    if not form.validate_on_submit():
        return county_page(tenant_id, status=422, address_form=form)
    try:
        _change(tenant_id, lambda session, county, actor: services.move(session, county, form.slug.data, actor=actor))
    except DomainError as error:
        return _refused(tenant_id, form, "slug", error, "address_form")
    return _done(tenant_id, gettext("地址已更换，原地址会转到新地址。已登录的人需要重新登录。"))


@bp.post("/counties/<uuid:tenant_id>/hosts")
@operator_required
def map_host(tenant_id: uuid.UUID) -> ResponseReturnValue:
    form = HostForm()
    if not form.validate_on_submit():
        return county_page(tenant_id, status=422, host_form=form)
    try:
        _change(
            tenant_id, lambda session, county, actor: services.map_host(session, county, form.host.data, actor=actor)
        )
    except DomainError as error:
        return _refused(tenant_id, form, "host", error, "host_form")
    return _done(tenant_id, gettext("域名已绑定。"))


@bp.post("/counties/<uuid:tenant_id>/hosts/unmap")
@operator_required
def unmap_host(tenant_id: uuid.UUID) -> ResponseReturnValue:
    host = request.form.get("host", "")[:253].replace("\0", "")
    _change(tenant_id, lambda session, county, actor: services.unmap_host(session, county, host, actor=actor))
    return _done(tenant_id, gettext("域名已解除。"))


@bp.post("/counties/<uuid:tenant_id>/quota")
@operator_required
def set_quota(tenant_id: uuid.UUID) -> ResponseReturnValue:
    form = QuotaForm()
    if not form.validate_on_submit():
        return county_page(tenant_id, status=422, quota_form=form)

    def change(session: Session, county: Tenant, actor: str) -> None:
        services.set_quota(
            session,
            county,
            max_users=form.max_users.data,
            max_storage_bytes=form.max_storage_bytes,
            max_jobs_in_flight=form.max_jobs.data,
            actor=actor,
        )

    _change(tenant_id, change)
    return _done(tenant_id, gettext("配额已保存，立即生效；已有的账号和文件不受影响。"))


@bp.post("/counties/<uuid:tenant_id>/measure")
@operator_required
def measure_now(tenant_id: uuid.UUID) -> ResponseReturnValue:
    queries.get_county_row(operator_session(), tenant_id)
    measure(tenant_id, always=True)
    with operator_work() as session:
        county = services.get_county(session, tenant_id)
        record_event(session, OperatorAction.COUNTY_MEASURED, actor=current_operator().login_name, county=county)
    return _done(tenant_id, gettext("用量已重新统计。"))


def _change(tenant_id: uuid.UUID, change: Change) -> None:
    """Change a county as it stood on the sender's page; who comes too late is told so."""
    version = request.form.get("version", 0, type=int)
    with operator_work() as session:
        change(session, services.get_county(session, tenant_id, version=version), current_operator().login_name)
    current_app.extensions["counties"].forget()


def _done(tenant_id: uuid.UUID, text: str) -> ResponseReturnValue:
    flash(text, "success")
    return redirect(address_of(tenant_id), code=303)


def _refused(tenant_id: uuid.UUID, form: FlaskForm, field: str, error: DomainError, name: str) -> ResponseReturnValue:
    form[field].errors = [said(error)]
    return county_page(tenant_id, status=422, **{name: form})
