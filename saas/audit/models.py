"""The audit trail. Rows are only ever added: the application's role may not change or delete them."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Any

from sqlalchemy import Index
from sqlalchemy.orm import Mapped, mapped_column

from saas.db import Base, utc_now
from saas.tenancy.models import TenantOwned, same_tenant


class AuditEvent(TenantOwned, Base):
    """Something that was done (操作留痕). No actor: the system itself."""

    __tablename__ = "audit_event"
    __table_args__ = (
        same_tenant("actor_id", "user"),
        Index("ix_audit_event_tenant_id_at", "tenant_id", "at"),
        Index("ix_audit_event_tenant_id_subject_id", "tenant_id", "subject_id"),
    )

    action: Mapped[str]
    subject_type: Mapped[str]
    subject_id: Mapped[uuid.UUID | None]
    actor_id: Mapped[uuid.UUID | None]
    at: Mapped[datetime] = mapped_column(default=utc_now)
    address: Mapped[str] = mapped_column(default="")
    details: Mapped[dict[str, Any]] = mapped_column(default=dict)
