"""The table of imports."""

from __future__ import annotations

import uuid
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import CheckConstraint, Index
from sqlalchemy.orm import Mapped, mapped_column

from saas.db import Base, utc_now
from saas.tenancy.models import TenantOwned, same_tenant


class ImportStatus(StrEnum):
    """Where an import stands. Stored in the database: never rename a value."""

    DRAFT = "draft"  # 正在选择
    CHECKING = "checking"  # 正在核对
    CHECKED = "checked"  # 待确认
    APPLYING = "applying"  # 正在写入
    APPLIED = "applied"  # 已写入
    REFUSED = "refused"  # 文件不能用
    DISCARDED = "discarded"  # 已放弃


class DataImport(TenantOwned, Base):
    """One file (or one choice from a list) on its way into the county. Nothing changes before it is applied.

    `details` is what the kind of import keeps: choices made, counts, differences, mistakes with their cells.
    """

    __tablename__ = "data_import"
    __table_args__ = (
        same_tenant("source_file_id", "stored_file"),
        same_tenant("marked_file_id", "stored_file"),
        same_tenant("created_by_id", "user"),
        same_tenant("applied_by_id", "user"),
        CheckConstraint("(status = 'applied') = (applied_at IS NOT NULL)", name="applied_has_time"),
        CheckConstraint("(applied_at IS NULL) = (applied_by_id IS NULL)", name="applied_by_somebody"),
        Index("ix_data_import_tenant_id_kind_created_at", "tenant_id", "kind", "created_at"),
        Index("ix_data_import_tenant_id_subject", "tenant_id", "kind", "subject", "created_at"),
    )

    kind: Mapped[str]
    subject: Mapped[str] = mapped_column(default="")  # which table, if the kind serves many: "collection:…"
    options: Mapped[dict[str, Any]] = mapped_column(default=dict)  # what was chosen with the file, by name
    status: Mapped[ImportStatus] = mapped_column(default=ImportStatus.DRAFT)
    file_name: Mapped[str] = mapped_column(default="")
    source_file_id: Mapped[uuid.UUID | None]
    marked_file_id: Mapped[uuid.UUID | None]  # the same workbook with the mistakes beside the cells
    details: Mapped[dict[str, Any]] = mapped_column(default=dict)
    created_by_id: Mapped[uuid.UUID]
    created_at: Mapped[datetime] = mapped_column(default=utc_now)
    applied_by_id: Mapped[uuid.UUID | None]
    applied_at: Mapped[datetime | None]
    version: Mapped[int] = mapped_column()

    __mapper_args__ = {"version_id_col": version}
