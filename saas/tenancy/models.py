"""Tables of tenancy, and the mixin that puts a table behind the wall."""

from __future__ import annotations

import uuid
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, ForeignKeyConstraint, UniqueConstraint, text
from sqlalchemy.orm import Mapped, declared_attr, mapped_column

from saas.db import Base, new_id, utc_now
from saas.tenancy.scope import bound_tenant_id


class TenantStatus(StrEnum):
    """Whether a county's address answers. Stored in the database: never rename a value."""

    PREPARING = "preparing"  # 准备中：正在建立或恢复，尚未开通
    ACTIVE = "active"  # 正常
    SUSPENDED = "suspended"  # 停用


class Cell(Base):
    """A database that tenants live in (单元). One row today; more when counties are spread over several servers."""

    __tablename__ = "cell"

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    name: Mapped[str] = mapped_column(unique=True)


class Tenant(Base):
    """A county (租户): an isolated customer of this deployment. `slug` is the first part of its address."""

    __tablename__ = "tenant"
    __table_args__ = (
        CheckConstraint("slug ~ '^[a-z][a-z0-9-]{1,30}$'", name="slug_form"),
        CheckConstraint("status = 'suspended' OR suspended_at IS NULL", name="suspended_when_suspended"),
    )

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    cell_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("cell.id"))
    slug: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str]
    status: Mapped[TenantStatus] = mapped_column(default=TenantStatus.ACTIVE)
    created_at: Mapped[datetime] = mapped_column(default=utc_now)
    suspended_at: Mapped[datetime | None]
    suspended_reason: Mapped[str] = mapped_column(default="", server_default="")
    version: Mapped[int] = mapped_column(server_default=text("1"))

    __mapper_args__ = {"version_id_col": version}


class TenantHost(Base):
    """A host name that shows one county without its slug in the address."""

    __tablename__ = "tenant_host"

    host: Mapped[str] = mapped_column(primary_key=True)
    tenant_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("tenant.id"))


class TenantFormerSlug(Base):
    """A slug that a county gave up (原地址). It leads to the present one: printed documents carry it in their codes."""

    __tablename__ = "tenant_former_slug"

    slug: Mapped[str] = mapped_column(primary_key=True)
    tenant_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("tenant.id"), index=True)
    given_up_at: Mapped[datetime] = mapped_column(default=utc_now)


class TenantQuota(Base):
    """How much a county may use (配额). No row, or an empty figure: no limit of its own. Set by operators."""

    __tablename__ = "tenant_quota"
    __table_args__ = (
        CheckConstraint("max_users >= 0", name="users_not_negative"),
        CheckConstraint("max_storage_bytes >= 0", name="storage_not_negative"),
        CheckConstraint("max_jobs_in_flight >= 1", name="some_job_in_flight"),
    )

    tenant_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("tenant.id"), primary_key=True)
    max_users: Mapped[int | None]  # accounts in use
    max_storage_bytes: Mapped[int | None] = mapped_column(BigInteger)
    max_jobs_in_flight: Mapped[int | None]  # background jobs that wait or run at a time
    changed_at: Mapped[datetime] = mapped_column(default=utc_now)


class TenantUsage(Base):
    """How much a county uses (用量): figures without content, counted by the application inside the county's wall."""

    __tablename__ = "tenant_usage"

    tenant_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("tenant.id"), primary_key=True)
    measured_at: Mapped[datetime] = mapped_column(index=True)
    users: Mapped[int]  # accounts in use
    units: Mapped[int]
    submissions: Mapped[int]
    documents: Mapped[int]
    files: Mapped[int]
    storage_bytes: Mapped[int] = mapped_column(BigInteger)
    audit_events: Mapped[int]
    last_signed_in_at: Mapped[datetime | None]


class TenantOwned:
    """Mixin for every table whose rows belong to one tenant. The key starts with the tenant."""

    @declared_attr
    def tenant_id(cls) -> Mapped[uuid.UUID]:  # noqa: N805  (declared_attr passes the class)
        return mapped_column(ForeignKey("tenant.id"), primary_key=True, default=bound_tenant_id, sort_order=-2)

    # Time-ordered (UUID version 7).
    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id, sort_order=-1)


def same_tenant(column: str, target: str) -> ForeignKeyConstraint:
    """A foreign key that the database only accepts within one tenant."""
    return ForeignKeyConstraint(["tenant_id", column], [f"{target}.tenant_id", f"{target}.id"])


class TenantSettings(TenantOwned, Base):
    """How a county presents itself on its documents. Exactly one row per county."""

    __tablename__ = "tenant_settings"
    __table_args__ = (UniqueConstraint("tenant_id"),)

    letterhead: Mapped[str] = mapped_column(default="")  # 发文机关标志
    issuing_unit_name: Mapped[str] = mapped_column(default="")  # 发文机关署名
    agency_code: Mapped[str] = mapped_column(default="")  # 机关代字
    printing_unit_name: Mapped[str] = mapped_column(default="")  # 印发机关
    copied_to: Mapped[list[str]] = mapped_column(default=list)  # 默认抄送
    pack_name: Mapped[str | None]
    pack_digest: Mapped[str | None]
    details: Mapped[dict[str, Any]] = mapped_column(default=dict)
    version: Mapped[int] = mapped_column()

    __mapper_args__ = {"version_id_col": version}


class SentForm(TenantOwned, Base):
    """A form that was carried out (已受理的请求). Its id is the token in the form: a second send finds it here."""

    __tablename__ = "sent_form"

    location: Mapped[str]  # where the first answer sent the browser
    sent_at: Mapped[datetime] = mapped_column(default=utc_now)
