"""The table of notifications."""

from __future__ import annotations

import uuid
from datetime import datetime

from sqlalchemy import Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from saas.db import Base, utc_now
from saas.tenancy.models import TenantOwned, same_tenant


class Notification(TenantOwned, Base):
    """A message to one person (提醒). `path` is the page inside the county that it is about."""

    __tablename__ = "notification"
    __table_args__ = (
        UniqueConstraint("tenant_id", "user_id", "once_key"),
        same_tenant("user_id", "user"),
        Index("ix_notification_tenant_id_user_id_created_at", "tenant_id", "user_id", "created_at"),
    )

    user_id: Mapped[uuid.UUID]
    kind: Mapped[str]  # returned | issued | published | assigned | reminder
    title: Mapped[str]
    path: Mapped[str]
    created_at: Mapped[datetime] = mapped_column(default=utc_now)
    read_at: Mapped[datetime | None]
    once_key: Mapped[str | None]  # what it is about: the same person is told of it once
