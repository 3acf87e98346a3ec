"""Counting what counties use (用量): the application counts inside each county's wall, the operator reads the figures.

Counts and sums only. The reconciler does a few counties at a time and goes round all of them.
"""

from __future__ import annotations

import time
import uuid
from datetime import timedelta

from flask import Flask
from sqlalchemy import ColumnElement, ScalarSelect, func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import InstrumentedAttribute

from saas.accounts.models import User
from saas.audit.models import AuditEvent
from saas.db import Base, db, unit_of_work, utc_now
from saas.documents.models import Document
from saas.files.models import StoredFile
from saas.org.models import OrgUnit
from saas.submissions.models import Submission
from saas.tenancy.models import Tenant, TenantStatus, TenantUsage
from saas.tenancy.scope import tenant_scope

SECONDS_AT_A_TIME = 1.0  # the reconciler has jobs to send
AT_A_TIME = 500
RECENT = timedelta(hours=1)
BEFORE_ALL = uuid.UUID(int=0)


class UsageRound:
    """A regular duty of the reconciler: count the next counties, going round."""

    def __init__(self, app: Flask, *, seconds: float = SECONDS_AT_A_TIME) -> None:
        self._app = app
        self._seconds = seconds
        self._reached = uuid.uuid4()  # after a restart the round begins anywhere, so that no county is always last

    def __call__(self) -> int:
        """Count as many as fit into the time; return how many."""
        until = time.monotonic() + self._seconds
        done = 0
        with self._app.app_context():
            for tenant_id in _after(self._reached):
                measure(tenant_id)
                self._reached = tenant_id
                done += 1
                if time.monotonic() > until:
                    return done
            self._reached = BEFORE_ALL
        return done


def _after(reached: uuid.UUID) -> list[uuid.UUID]:
    statement = select(Tenant.id).where(Tenant.status != TenantStatus.PREPARING, Tenant.id > reached)
    found = list(db.session.scalars(statement.order_by(Tenant.id).limit(AT_A_TIME)))
    db.session.close()
    return found


def measure(tenant_id: uuid.UUID, *, always: bool = False) -> None:
    """Count one county and note the figures with the time; not again within the hour, unless `always`."""
    with tenant_scope(tenant_id), unit_of_work():
        known = db.session.scalars(select(TenantUsage.measured_at)).one_or_none()
        if known is not None and known > utc_now() - RECENT and not always:
            return
        figures = {"measured_at": utc_now(), **db.session.execute(select(*_COUNTS)).one()._asdict()}
        statement = insert(TenantUsage).values(tenant_id=tenant_id, **figures)
        db.session.execute(statement.on_conflict_do_update(index_elements=["tenant_id"], set_=figures))


def _count(table: type[Base], *conditions: ColumnElement[bool] | InstrumentedAttribute[bool]) -> ScalarSelect[int]:
    return select(func.count()).select_from(table).where(*conditions).scalar_subquery()


_CONTENT = select(StoredFile.digest, StoredFile.size).distinct().subquery()  # the store keeps equal content once
_COUNTS = (
    _count(User, User.is_active, User.login_name.is_not(None)).label("users"),
    _count(OrgUnit, OrgUnit.valid_to.is_(None)).label("units"),
    _count(Submission).label("submissions"),
    _count(Document).label("documents"),
    _count(StoredFile).label("files"),
    select(func.coalesce(func.sum(_CONTENT.c.size), 0)).scalar_subquery().label("storage_bytes"),
    _count(AuditEvent).label("audit_events"),
    select(func.max(User.last_signed_in_at)).scalar_subquery().label("last_signed_in_at"),
)
