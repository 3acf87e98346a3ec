"""The table of applied packs."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, Index
from sqlalchemy.orm import Mapped, mapped_column

from saas.db import Base, utc_now
from saas.tenancy.models import TenantOwned, same_tenant


class PackApplication(TenantOwned, Base):
    """A pack was applied to the county (配置包应用记录), and what that changed, so that it can be undone.

    `files` keeps the pack as text by path, `changes` the rows before and after. `number` counts within the county.
    """

    __tablename__ = "pack_application"
    __table_args__ = (
        same_tenant("applied_by_id", "user"),
        same_tenant("rolled_back_by_id", "user"),
        CheckConstraint("(rolled_back_at IS NULL) OR (rolled_back_at >= applied_at)", name="rolled_back_later"),
        Index("uq_pack_application_tenant_id_number", "tenant_id", "number", unique=True),
    )

    number: Mapped[int]
    name: Mapped[str]
    title: Mapped[str]
    pack_version: Mapped[str] = mapped_column(default="")
    digest: Mapped[str]
    files: Mapped[dict[str, Any]] = mapped_column(default=dict)
    counts: Mapped[dict[str, Any]] = mapped_column(default=dict)
    changes: Mapped[list[dict[str, Any]]] = mapped_column(default=list)
    applied_by_id: Mapped[uuid.UUID | None]  # None: from the command line
    applied_at: Mapped[datetime] = mapped_column(default=utc_now)
    rolled_back_by_id: Mapped[uuid.UUID | None]
    rolled_back_at: Mapped[datetime | None]
