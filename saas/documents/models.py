"""Tables of official documents."""

from __future__ import annotations

import uuid
from datetime import date, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import CheckConstraint, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from saas.db import Base, utc_now
from saas.tenancy.models import TenantOwned, same_tenant


class DocumentStatus(StrEnum):
    """Where the file of a document stands. Stored in the database: never rename a value."""

    QUEUED = "queued"  # 待生成
    RENDERED = "rendered"  # 已生成
    FAILED = "failed"  # 生成失败


class Document(TenantOwned, Base):
    """A document (公文): frozen content, its digest, its number, its file.

    `content` is the canonical JSON of `saas.domain.official_document`; it never changes. A draft has no number and
    no issue date; a correction is a new document.
    """

    __tablename__ = "document"
    __table_args__ = (
        UniqueConstraint("tenant_id", "subject_id", "kind", "digest"),
        UniqueConstraint("tenant_id", "verify_code"),
        same_tenant("unit_id", "org_unit"),
        same_tenant("job_id", "job"),
        same_tenant("file_id", "stored_file"),
        same_tenant("created_by_id", "user"),
        CheckConstraint("(number IS NULL) = (issued_on IS NULL)", name="numbered_when_issued"),
        CheckConstraint("(status = 'rendered') = (file_id IS NOT NULL)", name="rendered_has_file"),
        Index("ix_document_tenant_id_created_at", "tenant_id", "created_at"),
    )

    kind: Mapped[str]  # plan | bulletin | …
    title: Mapped[str]
    subject_type: Mapped[str]
    subject_id: Mapped[uuid.UUID]
    unit_id: Mapped[uuid.UUID]  # issuing unit
    number: Mapped[str | None]  # 发文字号
    issued_on: Mapped[date | None]  # 成文日期
    content: Mapped[dict[str, Any]]
    digest: Mapped[str]  # SHA-256 of the canonical content
    verify_code: Mapped[str]
    status: Mapped[DocumentStatus] = mapped_column(default=DocumentStatus.QUEUED)
    job_id: Mapped[uuid.UUID | None]
    file_id: Mapped[uuid.UUID | None]
    page_count: Mapped[int | None]
    fonts: Mapped[list[dict[str, Any]]] = mapped_column(default=list)  # really embedded
    findings: Mapped[list[dict[str, Any]]] = mapped_column(default=list)  # of the conformance check
    is_formal: Mapped[bool | None]  # None until rendered; false marks a copy with substitute fonts or a draft
    created_by_id: Mapped[uuid.UUID | None]
    created_at: Mapped[datetime] = mapped_column(default=utc_now)
    rendered_at: Mapped[datetime | None]


class DocumentNumber(TenantOwned, Base):
    """The last number given under one agency code in one year (发文字号). Locked while the next is taken: no gaps."""

    __tablename__ = "document_number"
    __table_args__ = (
        UniqueConstraint("tenant_id", "agency_code", "year"),
        CheckConstraint("last_number >= 0", name="not_negative"),
    )

    agency_code: Mapped[str]
    year: Mapped[int]
    last_number: Mapped[int] = mapped_column(default=0)
