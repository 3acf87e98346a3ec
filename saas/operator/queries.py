"""What operators see: counties as customers and figures without content. Read under their role."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, Select, exists, func, or_, select
from sqlalchemy.orm import Session

from saas.jobs.models import Job, JobState
from saas.operator.models import Operator, OperatorEvent
from saas.tenancy.models import Tenant, TenantFormerSlug, TenantHost, TenantQuota, TenantStatus, TenantUsage

PAGE = 30  # a phone shows each as a card
DEAD_SHOWN = 20


@dataclass(frozen=True, slots=True)
class CountyFilter:
    """What of the list is wanted. "" means: everything."""

    words: str = ""
    status: str = ""


@dataclass(frozen=True, slots=True)
class CountyRow:
    """A county in the list, with what it may use and what it uses as far as known."""

    county: Tenant
    quota: TenantQuota | None
    usage: TenantUsage | None


def list_counties(session: Session, wanted: CountyFilter, *, page: int = 1) -> tuple[Sequence[CountyRow], int]:
    """One page of the counties by name, and how many there are."""
    conditions = _conditions(wanted)
    count = session.execute(select(func.count()).select_from(Tenant).where(*conditions)).scalar_one()
    rows = session.execute(
        _with_figures().where(*conditions).order_by(Tenant.name, Tenant.id).limit(PAGE).offset((page - 1) * PAGE)
    )
    return [CountyRow(*row) for row in rows], count


def _with_figures() -> Select[Tenant, TenantQuota, TenantUsage]:
    return (
        select(Tenant, TenantQuota, TenantUsage)
        .outerjoin(TenantQuota, TenantQuota.tenant_id == Tenant.id)
        .outerjoin(TenantUsage, TenantUsage.tenant_id == Tenant.id)
    )


def _conditions(wanted: CountyFilter) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = []
    if wanted.words:
        has_host = exists().where(
            TenantHost.tenant_id == Tenant.id, TenantHost.host.icontains(wanted.words, autoescape=True)
        )
        found.append(
            or_(
                Tenant.name.icontains(wanted.words, autoescape=True),
                Tenant.slug.icontains(wanted.words, autoescape=True),
                has_host,
            )
        )
    if wanted.status:
        found.append(Tenant.status == TenantStatus(wanted.status))
    return found


def count_by_status(session: Session) -> dict[str, int]:
    """How many counties there are in each state."""
    rows = session.execute(select(Tenant.status, func.count()).group_by(Tenant.status))
    return {status.value: count for status, count in rows}


def get_county_row(session: Session, tenant_id: uuid.UUID) -> CountyRow:
    """A county with its figures, or NoResultFound."""
    return CountyRow(*session.execute(_with_figures().where(Tenant.id == tenant_id)).one())


def find_county_by_slug(session: Session, slug: str) -> Tenant | None:
    return session.scalars(select(Tenant).where(Tenant.slug == slug)).one_or_none()


def list_hosts(session: Session, tenant_id: uuid.UUID) -> Sequence[str]:
    return session.scalars(
        select(TenantHost.host).where(TenantHost.tenant_id == tenant_id).order_by(TenantHost.host)
    ).all()


def list_former_slugs(session: Session, tenant_id: uuid.UUID) -> Sequence[str]:
    return session.scalars(
        select(TenantFormerSlug.slug)
        .where(TenantFormerSlug.tenant_id == tenant_id)
        .order_by(TenantFormerSlug.given_up_at.desc())
    ).all()


def list_operators(session: Session) -> Sequence[Operator]:
    return session.scalars(select(Operator).order_by(Operator.login_name)).all()


def list_events(
    session: Session, *, tenant_id: uuid.UUID | None = None, page: int = 1, size: int = PAGE
) -> tuple[Sequence[OperatorEvent], int]:
    """One page of the operators' trail, the newest first, and how many lines there are; of one county, or all."""
    of_county = OperatorEvent.tenant_id == tenant_id
    conditions = [of_county] if tenant_id is not None else []
    count = session.execute(select(func.count()).select_from(OperatorEvent).where(*conditions)).scalar_one()
    statement = select(OperatorEvent).where(*conditions).order_by(OperatorEvent.number.desc())
    return session.scalars(statement.limit(size).offset((page - 1) * size)).all(), count


@dataclass(frozen=True, slots=True)
class JobNumbers:
    """Where the jobs of all counties stand. No word of what they are about."""

    waiting: int
    running: int
    dead: int
    oldest_waiting: datetime | None


def job_numbers(session: Session) -> JobNumbers:
    """Count the jobs that wait, run, or were given up."""
    row = session.execute(
        select(
            func.count().filter(Job.state == JobState.QUEUED),
            func.count().filter(Job.state == JobState.RUNNING),
            func.count().filter(Job.state == JobState.DEAD),
            func.min(Job.created_at).filter(Job.state == JobState.QUEUED),
        ).select_from(Job.__table__)
    ).one()
    return JobNumbers(*row)


def list_dead_jobs(session: Session) -> Sequence[tuple[Tenant, int, datetime | None]]:
    """The counties with the most jobs that were given up: how many, and when the last one was."""
    count = func.count().label("count")
    rows = session.execute(
        select(Tenant, count, func.max(Job.finished_at))
        .join(Job.__table__, Job.tenant_id == Tenant.id)
        .where(Job.state == JobState.DEAD)
        .group_by(Tenant.id)
        .order_by(count.desc(), Tenant.name)
        .limit(DEAD_SHOWN)
    )
    return [(county, number, last) for county, number, last in rows]
