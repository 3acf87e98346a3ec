"""Tables of operators: who they are, their sessions and what they did. No county's role reads them."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from saas.db import Base, new_id, utc_now


class Operator(Base):
    """Somebody who operates the deployment (运维人员). Belongs to no county."""

    __tablename__ = "operator"

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    login_name: Mapped[str] = mapped_column(unique=True)
    password_hash: Mapped[str]
    is_active: Mapped[bool] = mapped_column(default=True)
    must_change_password: Mapped[bool] = mapped_column(default=True)
    password_changed_at: Mapped[datetime | None]
    failed_sign_ins: Mapped[int] = mapped_column(default=0)
    locked_until: Mapped[datetime | None]
    last_signed_in_at: Mapped[datetime | None]
    created_at: Mapped[datetime] = mapped_column(default=utc_now)


class OperatorSession(Base):
    """A signed-in browser of an operator. `token_digest` is the SHA-256 of the cookie's secret."""

    __tablename__ = "operator_session"

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    operator_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("operator.id"), index=True)
    token_digest: Mapped[str] = mapped_column(unique=True)
    created_at: Mapped[datetime] = mapped_column(default=utc_now)
    last_seen_at: Mapped[datetime] = mapped_column(default=utc_now)
    ended_at: Mapped[datetime | None]
    address: Mapped[str] = mapped_column(default="")
    agent: Mapped[str] = mapped_column(default="")


class OperatorEvent(Base):
    """Something that an operator did (运维留痕). Rows are only ever added, each with the digest of the one before.

    `tenant_id` is no foreign key: what was done to a county stays on record when the county has left.
    """

    __tablename__ = "operator_event"
    __table_args__ = (
        Index("ix_operator_event_tenant_id", "tenant_id"),
        Index("ix_operator_event_address_at", "address", "at"),
    )

    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    at: Mapped[datetime]
    action: Mapped[str]
    actor: Mapped[str]  # the operator's login name, or who ran the command
    tenant_id: Mapped[uuid.UUID | None]
    slug: Mapped[str] = mapped_column(default="")  # of the county, as it was then
    address: Mapped[str] = mapped_column(default="")
    details: Mapped[dict[str, Any]] = mapped_column(default=dict)
    previous_digest: Mapped[str]
    digest: Mapped[str]
