"""Tables of people and their sessions."""

from __future__ import annotations

import uuid
from datetime import date, datetime
from enum import StrEnum

from sqlalchemy import CheckConstraint, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from saas.db import Base, utc_now
from saas.org.models import Post
from saas.tenancy.models import TenantOwned, same_tenant


class User(TenantOwned, Base):
    """A person in a county (人员). Whoever has a login name and a password may sign in."""

    __tablename__ = "user"
    __table_args__ = (
        UniqueConstraint("tenant_id", "login_name"),
        CheckConstraint("login_name IS NULL OR password_hash IS NOT NULL", name="account_has_password"),
    )

    name: Mapped[str]
    login_name: Mapped[str | None]
    password_hash: Mapped[str | None]
    phone: Mapped[str] = mapped_column(default="")
    email: Mapped[str] = mapped_column(default="")
    has_email_reminders: Mapped[bool] = mapped_column(default=True)  # the person's own switch
    is_active: Mapped[bool] = mapped_column(default=True)
    must_change_password: Mapped[bool] = mapped_column(default=True)
    password_changed_at: Mapped[datetime | None]
    failed_sign_ins: Mapped[int] = mapped_column(default=0)
    locked_until: Mapped[datetime | None]
    last_signed_in_at: Mapped[datetime | None]

    @property
    def masked_phone(self) -> str:
        """The phone number as lists show it: the first three and the last four digits."""
        return f"{self.phone[:3]}****{self.phone[-4:]}" if len(self.phone) > 7 else ""


class AppointmentKind(StrEnum):
    """How somebody came to a post. Stored in the database: never rename a value."""

    APPOINTED = "appointed"  # 任命
    ELECTED = "elected"  # 选举
    ACTING = "acting"  # 代理
    HIRED = "hired"  # 聘任


class Appointment(TenantOwned, Base):
    """A person holds a post for a time (任职). Rights come from here."""

    __tablename__ = "appointment"
    __table_args__ = (
        same_tenant("post_id", "post"),
        same_tenant("user_id", "user"),
        CheckConstraint("ends_on IS NULL OR ends_on > starts_on", name="ends_after_start"),
        Index("ix_appointment_tenant_id_user_id", "tenant_id", "user_id"),
        Index("ix_appointment_tenant_id_post_id", "tenant_id", "post_id"),
    )

    post_id: Mapped[uuid.UUID]
    user_id: Mapped[uuid.UUID]
    starts_on: Mapped[date]
    ends_on: Mapped[date | None]  # the first day on which it no longer holds
    kind: Mapped[AppointmentKind] = mapped_column(default=AppointmentKind.APPOINTED)
    term: Mapped[str] = mapped_column(default="")  # 届次
    basis: Mapped[str] = mapped_column(default="")  # 任免文件

    post: Mapped[Post] = relationship(primaryjoin="foreign(Appointment.post_id) == Post.id", lazy="raise_on_sql")
    user: Mapped[User] = relationship(primaryjoin="foreign(Appointment.user_id) == User.id", lazy="raise_on_sql")


class Delegation(TenantOwned, Base):
    """A post's work handed to somebody else for a time (委托代办). The delegate acts in its name."""

    __tablename__ = "delegation"
    __table_args__ = (
        same_tenant("post_id", "post"),
        same_tenant("from_user_id", "user"),
        same_tenant("to_user_id", "user"),
        same_tenant("revoked_by_id", "user"),
        CheckConstraint("ends_on > starts_on", name="ends_after_start"),
        CheckConstraint("from_user_id <> to_user_id", name="to_somebody_else"),
        CheckConstraint("(revoked_at IS NULL) = (revoked_by_id IS NULL)", name="revoked_by_somebody"),
        Index("ix_delegation_tenant_id_to_user_id", "tenant_id", "to_user_id"),
        Index("ix_delegation_tenant_id_post_id", "tenant_id", "post_id"),
    )

    post_id: Mapped[uuid.UUID]
    from_user_id: Mapped[uuid.UUID]
    to_user_id: Mapped[uuid.UUID]
    starts_on: Mapped[date]
    ends_on: Mapped[date]  # the first day on which it no longer holds
    reason: Mapped[str] = mapped_column(default="")
    created_at: Mapped[datetime] = mapped_column(default=utc_now)
    revoked_at: Mapped[datetime | None]
    revoked_by_id: Mapped[uuid.UUID | None]

    post: Mapped[Post] = relationship(primaryjoin="foreign(Delegation.post_id) == Post.id", lazy="raise_on_sql")
    from_user: Mapped[User] = relationship(
        primaryjoin="foreign(Delegation.from_user_id) == User.id", lazy="raise_on_sql"
    )
    to_user: Mapped[User] = relationship(primaryjoin="foreign(Delegation.to_user_id) == User.id", lazy="raise_on_sql")


class UserSession(TenantOwned, Base):
    """A signed-in browser (会话). Held here, not in the cookie, so that it can be ended from outside.

    `token_digest` is the SHA-256 of the cookie's secret: who reads the table cannot take over a session.
    """

    __tablename__ = "user_session"
    __table_args__ = (
        UniqueConstraint("tenant_id", "token_digest"),
        same_tenant("user_id", "user"),
        Index("ix_user_session_tenant_id_user_id", "tenant_id", "user_id"),
    )

    user_id: Mapped[uuid.UUID]
    token_digest: Mapped[str]
    created_at: Mapped[datetime] = mapped_column(default=utc_now)
    last_seen_at: Mapped[datetime] = mapped_column(default=utc_now)
    ended_at: Mapped[datetime | None]
    address: Mapped[str] = mapped_column(default="")
    agent: Mapped[str] = mapped_column(default="")


class SignInAttempt(TenantOwned, Base):
    """A failed sign-in (登录失败), counted per network address as well as per account."""

    __tablename__ = "sign_in_attempt"
    __table_args__ = (Index("ix_sign_in_attempt_tenant_id_address_at", "tenant_id", "address", "at"),)

    login_name: Mapped[str]
    address: Mapped[str]
    at: Mapped[datetime] = mapped_column(default=utc_now)
