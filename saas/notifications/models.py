"""The table of notifications."""

from __future__ import annotations

import uuid
from datetime import datetime
from enum import StrEnum

from sqlalchemy import CheckConstraint, Index, UniqueConstraint
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


class ChannelKind(StrEnum):
    """Where messages go besides the inbox. Stored in the database: never rename a value."""

    EMAIL = "email"  # 电子邮件
    DINGTALK = "dingtalk"  # 钉钉群机器人
    WECOM = "wecom"  # 企业微信群机器人
    FEISHU = "feishu"  # 飞书群机器人


class Channel(TenantOwned, Base):
    """A group robot (群机器人) or an e-mail address that is told of a unit's reminders besides the inbox."""

    __tablename__ = "channel"
    __table_args__ = (
        UniqueConstraint("tenant_id", "name"),
        same_tenant("unit_id", "org_unit"),
        same_tenant("created_by_id", "user"),
    )

    name: Mapped[str]
    kind: Mapped[ChannelKind]
    unit_id: Mapped[uuid.UUID]  # its matters, and those of the units under it
    secret: Mapped[str]  # the robot's token (or the address), encrypted; never shown again
    hint: Mapped[str] = mapped_column(default="")  # its last characters, to tell robots apart
    kinds: Mapped[list[str]] = mapped_column(default=list)  # kinds of notifications it is told of
    is_active: Mapped[bool] = mapped_column(default=True)
    failures: Mapped[int] = mapped_column(default=0)  # attempts that failed since one succeeded
    problem: Mapped[str] = mapped_column(default="")  # why it was paused, in words
    created_by_id: Mapped[uuid.UUID]
    created_at: Mapped[datetime] = mapped_column(default=utc_now)
    version: Mapped[int] = mapped_column()

    __mapper_args__ = {"version_id_col": version}


class DeliveryStatus(StrEnum):
    """Where a message stands on its way out. Stored in the database: never rename a value."""

    WAITING = "waiting"
    SENT = "sent"
    FAILED = "failed"


class Delivery(TenantOwned, Base):
    """One message to one channel or one person's e-mail (发送记录)."""

    __tablename__ = "delivery"
    __table_args__ = (
        UniqueConstraint("tenant_id", "once_key"),
        same_tenant("channel_id", "channel"),
        same_tenant("user_id", "user"),
        CheckConstraint("(channel_id IS NULL) <> (user_id IS NULL)", name="to_channel_or_person"),
        CheckConstraint("(status = 'sent') = (sent_at IS NOT NULL)", name="sent_has_time"),
        Index("ix_delivery_tenant_id_status", "tenant_id", "status"),
        Index("ix_delivery_tenant_id_channel_id_created_at", "tenant_id", "channel_id", "created_at"),
    )

    channel_id: Mapped[uuid.UUID | None]
    user_id: Mapped[uuid.UUID | None]
    title: Mapped[str]
    body: Mapped[str] = mapped_column(default="")
    path: Mapped[str] = mapped_column(default="")
    once_key: Mapped[str]  # what it is about: sent once
    status: Mapped[DeliveryStatus] = mapped_column(default=DeliveryStatus.WAITING)
    attempts: Mapped[int] = mapped_column(default=0)
    problem: Mapped[str] = mapped_column(default="")  # why it failed, in words
    created_at: Mapped[datetime] = mapped_column(default=utc_now)
    sent_at: Mapped[datetime | None]
