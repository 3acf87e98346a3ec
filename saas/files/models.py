"""The table of stored files. The bytes lie in the store under the county's folder and the digest."""

from __future__ import annotations

import uuid
from datetime import datetime

from sqlalchemy import CheckConstraint, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from saas.db import Base, utc_now
from saas.tenancy.models import TenantOwned, same_tenant


class StoredFile(TenantOwned, Base):
    """One file that belongs to one subject (a submission, a plan, a document). Who may see the subject may see it."""

    __tablename__ = "stored_file"
    __table_args__ = (
        same_tenant("created_by_id", "user"),
        CheckConstraint("size >= 0", name="size_not_negative"),
        Index("ix_stored_file_tenant_id_subject_id", "tenant_id", "subject_id"),
        Index("ix_stored_file_tenant_id_digest", "tenant_id", "digest"),
    )

    digest: Mapped[str]  # SHA-256 of the content, in hexadecimal
    name: Mapped[str]  # as the user sees it; never used as a path
    media_type: Mapped[str]
    size: Mapped[int]  # bytes
    subject_type: Mapped[str]
    subject_id: Mapped[uuid.UUID]
    created_by_id: Mapped[uuid.UUID | None]
    created_at: Mapped[datetime] = mapped_column(default=utc_now)


class FileUpload(TenantOwned, Base):
    """A file on its way in pieces (断点续传): what has arrived waits in the store until the last piece is there."""

    __tablename__ = "file_upload"
    __table_args__ = (
        UniqueConstraint("tenant_id", "created_by_id", "token"),
        same_tenant("created_by_id", "user"),
        same_tenant("file_id", "stored_file"),
        CheckConstraint("received BETWEEN 0 AND size", name="received_within_size"),
        Index("ix_file_upload_tenant_id_created_at", "tenant_id", "created_at"),
    )

    token: Mapped[str]  # chosen by the browser: the same file sent again goes on where it stopped
    name: Mapped[str]
    size: Mapped[int]  # bytes, as announced
    received: Mapped[int] = mapped_column(default=0)
    subject_type: Mapped[str]
    subject_id: Mapped[uuid.UUID]
    file_id: Mapped[uuid.UUID | None]  # the stored file, once it is complete
    created_by_id: Mapped[uuid.UUID]
    created_at: Mapped[datetime] = mapped_column(default=utc_now)
