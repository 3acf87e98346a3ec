"""What an operator does to a county as a customer: register, suspend, rename, move, map hosts, set quotas.

Each act is a line of the operators' trail in the same transaction. None sees a row of the county. Never commits.
"""

from __future__ import annotations

import re
import uuid

from flask import current_app
from sqlalchemy import delete, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session
from sqlalchemy.orm.attributes import flag_modified
from sqlalchemy.orm.exc import StaleDataError

from saas.db import new_id, utc_now
from saas.domain.errors import DomainError, InvalidTransition
from saas.operator.trail import OperatorAction, record_event
from saas.tenancy.address import RESERVED, SLUG, plain_host
from saas.tenancy.models import (
    Cell,
    Tenant,
    TenantFormerSlug,
    TenantHost,
    TenantQuota,
    TenantStatus,
    TenantUsage,
)
from saas.tenancy.provisioning import CELL

HOST = re.compile(r"(?=.{4,253}$)([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]([a-z0-9-]{0,61}[a-z0-9])?")
MEBIBYTE = 1024 * 1024


class AddressTaken(DomainError):  # noqa: N818  (reads as a sentence where it is raised)
    """Another county has this address, or had it and documents still carry it."""

    code = "address_taken"


def get_county(session: Session, tenant_id: uuid.UUID, *, version: int | None = None) -> Tenant:
    """Return a county to be changed, locked. StaleDataError if it is not at `version` any more; else NoResultFound."""
    county = session.scalars(
        select(Tenant).where(Tenant.id == tenant_id).with_for_update(), execution_options={"populate_existing": True}
    ).one()
    if version is not None and county.version != version:
        raise StaleDataError(f"the county is at version {county.version}, not {version}")
    return county


def register_county(
    session: Session, slug: str, name: str, *, actor: str, tenant_id: uuid.UUID | None = None
) -> Tenant:
    """Register a county that is being prepared: its address does not answer before `open_county`.

    Raises DomainError for a slug that cannot be an address, AddressTaken for one that is in use.
    """
    refuse_slug(session, slug)
    session.execute(insert(Cell).values(id=new_id(), name=CELL).on_conflict_do_nothing(index_elements=["name"]))
    cell_id = session.scalars(select(Cell.id).where(Cell.name == CELL)).one()
    county = Tenant(id=tenant_id or new_id(), cell_id=cell_id, slug=slug, name=name, status=TenantStatus.PREPARING)
    session.add(county)
    record_event(session, OperatorAction.COUNTY_CREATED, actor=actor, county=county, name=name)
    return county


def open_county(session: Session, county: Tenant, *, actor: str, action: OperatorAction, **details: object) -> None:
    """Let a prepared county's address answer."""
    if county.status is not TenantStatus.PREPARING:
        raise InvalidTransition("“{name}”不在准备中", name=county.name)
    county.status = TenantStatus.ACTIVE
    record_event(session, action, actor=actor, county=county, **details)


def give_up_preparing(session: Session, county: Tenant) -> None:
    """Take back the registration of a county that could not be founded or restored. It has no rows."""
    if county.status is not TenantStatus.PREPARING:
        raise InvalidTransition("“{name}”不在准备中", name=county.name)
    for table in (TenantHost, TenantFormerSlug, TenantQuota, TenantUsage):
        session.execute(delete(table).where(table.tenant_id == county.id))
    session.execute(delete(Tenant).where(Tenant.id == county.id))
    session.expunge(county)


def refuse_slug(session: Session, slug: str, *, own: uuid.UUID | None = None) -> None:
    """Raise unless a county may take this slug. `own` is a county that may take back one of its former slugs."""
    if not SLUG.fullmatch(slug) or slug in RESERVED:
        raise DomainError(
            "地址“{slug}”不能使用：请用 2 到 31 个小写字母、数字和连字符，以字母开头，且不是系统保留的词",
            code="slug_refused",
            slug=slug,
        )
    if session.scalars(select(Tenant.id).where(Tenant.slug == slug)).one_or_none() is not None:
        raise AddressTaken("地址“{slug}”已被使用，请换一个", slug=slug)
    former = session.scalars(select(TenantFormerSlug).where(TenantFormerSlug.slug == slug)).one_or_none()
    if former is not None and former.tenant_id != own:
        raise AddressTaken("地址“{slug}”曾由另一县（区）使用，其已印公文上的二维码仍指向这里，请换一个", slug=slug)


def suspend(session: Session, county: Tenant, *, reason: str, actor: str) -> None:
    """Let the county's address answer 404 until it is resumed. Nothing of it is changed."""
    if county.status is not TenantStatus.ACTIVE:
        raise InvalidTransition("“{name}”不在使用中，不能暂停", name=county.name)
    county.status, county.suspended_at, county.suspended_reason = TenantStatus.SUSPENDED, utc_now(), reason
    record_event(session, OperatorAction.COUNTY_SUSPENDED, actor=actor, county=county, reason=reason)


def resume(session: Session, county: Tenant, *, actor: str) -> None:
    """Let the county's address answer again."""
    if county.status is not TenantStatus.SUSPENDED:
        raise InvalidTransition("“{name}”没有暂停", name=county.name)
    county.status, county.suspended_at, county.suspended_reason = TenantStatus.ACTIVE, None, ""
    record_event(session, OperatorAction.COUNTY_RESUMED, actor=actor, county=county)


def rename(session: Session, county: Tenant, name: str, *, actor: str) -> None:
    """Give the county another name. The name of its root unit is the county's own matter."""
    before, county.name = county.name, name
    record_event(session, OperatorAction.COUNTY_RENAMED, actor=actor, county=county, before=before, name=name)


def move(session: Session, county: Tenant, slug: str, *, actor: str) -> None:
    """Give the county another slug. The former one leads to the new address, for the codes on printed documents."""
    if slug == county.slug:
        raise DomainError("这就是现在的地址", code="same_slug")
    refuse_slug(session, slug, own=county.id)
    session.execute(delete(TenantFormerSlug).where(TenantFormerSlug.slug == slug))
    session.add(TenantFormerSlug(slug=county.slug, tenant_id=county.id))
    before, county.slug = county.slug, slug
    record_event(session, OperatorAction.COUNTY_MOVED, actor=actor, county=county, before=before)


def map_host(session: Session, county: Tenant, host: str, *, actor: str) -> None:
    """Let a host name show this county only. It must also be one of TRUSTED_HOSTS."""
    name = plain_host(host.strip())
    if not HOST.fullmatch(name):
        raise DomainError("“{host}”不是域名，请写成 gov.example.cn 的样子，不带端口和路径", code="bad_host", host=host)
    if name in _own_hosts():
        raise DomainError("“{host}”是平台自己的域名，不能绑定到一个县（区）", code="bad_host", host=name)
    if session.get(TenantHost, name) is not None:
        raise AddressTaken("域名“{host}”已经绑定", host=name)
    session.add(TenantHost(host=name, tenant_id=county.id))
    record_event(session, OperatorAction.COUNTY_HOST_MAPPED, actor=actor, county=county, host=name)


def _own_hosts() -> set[str]:
    """Where the platform itself answers: mapping it to one county would take the address from all others."""
    url = current_app.config["JICENG"].public_url
    return {plain_host(url.partition("://")[2].partition("/")[0])} if url else set()


def unmap_host(session: Session, county: Tenant, host: str, *, actor: str) -> None:
    """Take a host name from a county. NoResultFound if it does not have it."""
    mapped = session.scalars(
        select(TenantHost).where(TenantHost.host == plain_host(host), TenantHost.tenant_id == county.id)
    ).one()
    session.delete(mapped)
    record_event(session, OperatorAction.COUNTY_HOST_UNMAPPED, actor=actor, county=county, host=mapped.host)


def set_quota(
    session: Session,
    county: Tenant,
    *,
    max_users: int | None,
    max_storage_bytes: int | None,
    max_jobs_in_flight: int | None,
    actor: str,
) -> None:
    """Say how much the county may use; None is no limit of its own. What it has already is never taken away."""
    quota = session.get(TenantQuota, county.id)
    if quota is None:
        quota = TenantQuota(tenant_id=county.id)
        session.add(quota)
    figures = {
        "max_users": max_users,
        "max_storage_bytes": max_storage_bytes,
        "max_jobs_in_flight": max_jobs_in_flight,
    }
    for name, figure in figures.items():
        setattr(quota, name, figure)
    quota.changed_at = utc_now()
    flag_modified(county, "name")  # counts the version up: whoever has the old page open must see this first
    record_event(session, OperatorAction.COUNTY_QUOTA_CHANGED, actor=actor, county=county, **figures)
