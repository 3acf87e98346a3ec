"""Tables of forms."""

from __future__ import annotations

import uuid
from datetime import date, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import CheckConstraint, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from saas.db import Base, utc_now
from saas.tenancy.models import TenantOwned, same_tenant


class VersionStatus(StrEnum):
    """The life of a versioned definition. Stored in the database: never rename a value."""

    DRAFT = "draft"  # 草稿
    PUBLISHED = "published"  # 已发布
    RETIRED = "retired"  # 已停用


class FormDefinition(TenantOwned, Base):
    """A form (表单): its name, who answers for it, on what basis it may be asked and until when."""

    __tablename__ = "form_definition"
    __table_args__ = (
        UniqueConstraint("tenant_id", "code"),
        same_tenant("owner_unit_id", "org_unit"),
        same_tenant("approved_by_id", "user"),
        CheckConstraint("(approved_at IS NULL) = (approved_by_id IS NULL)", name="approved_by_somebody"),
    )

    code: Mapped[str]
    name: Mapped[str]
    description: Mapped[str] = mapped_column(default="")
    legal_basis: Mapped[str] = mapped_column(default="")  # 填报依据
    owner_unit_id: Mapped[uuid.UUID | None]
    expires_on: Mapped[date | None]
    is_active: Mapped[bool] = mapped_column(default=True)
    created_at: Mapped[datetime] = mapped_column(default=utc_now)
    approved_at: Mapped[datetime | None]  # 批准收集; a version that asks more than was approved takes it away
    approved_by_id: Mapped[uuid.UUID | None]
    approval_number: Mapped[str] = mapped_column(default="")  # 批准（备案）文号
    approved_fields: Mapped[int] = mapped_column(default=0)  # how many answers were approved to be asked


class ChoiceList(TenantOwned, Base):
    """A list of choices that forms share (公用选项): its choices may have columns for filters and cascades."""

    __tablename__ = "choice_list"
    __table_args__ = (UniqueConstraint("tenant_id", "code"),)

    code: Mapped[str]
    name: Mapped[str]
    source: Mapped[str] = mapped_column(default="")  # where it comes from, e.g. a standard
    choices: Mapped[list[dict[str, Any]]] = mapped_column(default=list)  # as in a form definition
    updated_at: Mapped[datetime] = mapped_column(default=utc_now)
    version: Mapped[int] = mapped_column()

    __mapper_args__ = {"version_id_col": version}


class FormVersion(TenantOwned, Base):
    """One version of a form. A published version never changes; a filed submission belongs to one for ever."""

    __tablename__ = "form_version"
    __table_args__ = (
        UniqueConstraint("tenant_id", "form_id", "number"),
        same_tenant("form_id", "form_definition"),
        same_tenant("published_by_id", "user"),
        CheckConstraint("(status = 'draft') = (published_at IS NULL)", name="published_has_time"),
    )

    form_id: Mapped[uuid.UUID]
    number: Mapped[int]
    status: Mapped[VersionStatus] = mapped_column(default=VersionStatus.DRAFT)
    definition: Mapped[dict[str, Any]]
    digest: Mapped[str] = mapped_column(default="")
    published_at: Mapped[datetime | None]
    published_by_id: Mapped[uuid.UUID | None]
    version: Mapped[int] = mapped_column()

    __mapper_args__ = {"version_id_col": version}

    form: Mapped[FormDefinition] = relationship(
        primaryjoin="foreign(FormVersion.form_id) == FormDefinition.id", lazy="joined", innerjoin=True
    )
