"""How much the bound county may use (配额), as the platform's operators have set it. Without a figure: no limit."""

from __future__ import annotations

from typing import Any

from sqlalchemy import ScalarSelect, func, literal, select
from sqlalchemy.sql.elements import ColumnElement

from saas.db import db
from saas.domain.errors import DomainError
from saas.tenancy.models import TenantQuota


class QuotaReached(DomainError):  # noqa: N818  (reads as a sentence where it is raised)
    """The county has used up what it may use. What is there stays, and can be read."""

    code = "quota_reached"


def max_users() -> int | None:
    """How many accounts the county may have in use, or None."""
    return db.session.scalars(select(TenantQuota.max_users)).one_or_none()


def max_storage_bytes() -> int | None:
    """How many bytes the county's files may take, or None."""
    return db.session.scalars(select(TenantQuota.max_storage_bytes)).one_or_none()


def jobs_in_flight(default: int) -> ColumnElement[Any]:
    """An expression: how many background jobs of the county may wait or run at a time; `default` if nothing is set."""
    own: ScalarSelect[int | None] = select(TenantQuota.max_jobs_in_flight).scalar_subquery()
    return func.coalesce(own, literal(default))
