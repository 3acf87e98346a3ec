"""Keeping the county's channels (提醒渠道). Never commits."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import func, select, update

from saas.audit.services import AuditAction, HasId, record
from saas.db import db, new_id, utc_now
from saas.domain.errors import DomainError
from saas.notifications.kinds import NoticeKind
from saas.notifications.models import Channel, ChannelKind, Delivery, DeliveryStatus
from saas.notifications.outgoing import Message, tell_channel
from saas.notifications.robots import read_destination
from saas.notifications.sealing import seal

MAX_CHANNELS = 200
RECENT = 30
_TEST = "test/"


@dataclass(frozen=True, slots=True)
class ChannelSettings:
    """What is set of a channel. `address` "": as it is."""

    name: str
    kind: ChannelKind
    unit_id: uuid.UUID
    kinds: Sequence[NoticeKind]
    address: str
    signing_key: str = ""


def list_channels() -> Sequence[Channel]:
    """Every channel of the county, by name."""
    return db.session.scalars(select(Channel).order_by(Channel.is_active.desc(), Channel.name, Channel.id)).all()


def get_channel(channel_id: uuid.UUID) -> Channel:
    """Return a channel, or raise NoResultFound (404)."""
    return db.session.scalars(select(Channel).where(Channel.id == channel_id)).one()


def list_recent(channel: Channel) -> Sequence[Delivery]:
    """The last messages of a channel, the newest first."""
    return db.session.scalars(
        select(Delivery)
        .where(Delivery.channel_id == channel.id)
        .order_by(Delivery.created_at.desc(), Delivery.id.desc())
        .limit(RECENT)
    ).all()


def is_test(delivery: Delivery) -> bool:
    """Whether a message only tries a channel out."""
    return delivery.once_key.startswith(_TEST)


def is_about_to_go(delivery: Delivery, *, is_quiet: bool) -> bool:
    """Whether a message is on its way this minute: its page looks again."""
    is_fresh = delivery.created_at > utc_now() - timedelta(minutes=1)
    return delivery.status is DeliveryStatus.WAITING and is_fresh and (is_test(delivery) or not is_quiet)


def add_channel(settings: ChannelSettings, *, actor: HasId) -> Channel:
    """Add a channel. Raises DomainError: name_taken, bad_address, bad_signing_key, too_many."""
    if db.session.scalars(select(func.count()).select_from(Channel)).one() >= MAX_CHANNELS:
        raise DomainError("渠道已有 {n} 个，请先清理不用的", code="too_many", n=MAX_CHANNELS)
    _refuse_taken(settings.name, None)
    to = read_destination(settings.kind, settings.address, settings.signing_key)
    channel = Channel(
        name=settings.name,
        kind=settings.kind,
        unit_id=settings.unit_id,
        kinds=[kind.value for kind in settings.kinds],
        secret=seal(to.text),
        hint=to.hint,
        created_by_id=actor.id,
    )
    db.session.add(channel)
    record(AuditAction.CHANNEL_CHANGED, channel, actor=actor, name=settings.name, done="added")
    db.session.flush()
    return channel


def edit_channel(channel: Channel, settings: ChannelSettings, *, actor: HasId) -> None:
    """Change a channel; its kind stays. Raises DomainError as `add_channel` does."""
    _refuse_taken(settings.name, channel)
    if settings.address:
        to = read_destination(channel.kind, settings.address, settings.signing_key)
        channel.secret, channel.hint = seal(to.text), to.hint
        channel.failures, channel.problem = 0, ""
    channel.name, channel.unit_id = settings.name, settings.unit_id
    channel.kinds = [kind.value for kind in settings.kinds]
    record(
        AuditAction.CHANNEL_CHANGED,
        channel,
        actor=actor,
        name=channel.name,
        done="edited",
        has_new_address=bool(settings.address),
    )
    db.session.flush()


def switch_channel(channel: Channel, is_active: bool, *, actor: HasId) -> None:
    """Switch a channel on, which forgets its failures, or off: what waits is not sent any more."""
    channel.is_active, channel.failures, channel.problem = is_active, 0, ""
    if not is_active:
        db.session.execute(
            update(Delivery)
            .where(Delivery.channel_id == channel.id, Delivery.status == DeliveryStatus.WAITING)
            .values(status=DeliveryStatus.FAILED, problem="渠道已停用"),
            execution_options={"synchronize_session": False},
        )
    record(AuditAction.CHANNEL_CHANGED, channel, actor=actor, name=channel.name, done="on" if is_active else "off")
    db.session.flush()


def try_channel(channel: Channel, *, actor: HasId) -> None:
    """Send a message that says it is a test. Raises DomainError if the channel is switched off."""
    if not channel.is_active:
        raise DomainError("渠道已停用，启用后才能测试", code="inactive")
    message = Message("测试提醒", f"这是“{channel.name}”的测试消息，收到即表示设置正确。", "")
    tell_channel(channel, message, key=f"{_TEST}{new_id()}", is_at_once=True)
    record(AuditAction.CHANNEL_CHANGED, channel, actor=actor, name=channel.name, done="tested")


def _refuse_taken(name: str, channel: Channel | None) -> None:
    found = db.session.scalars(select(Channel.id).where(Channel.name == name)).one_or_none()
    if found is not None and (channel is None or found != channel.id):
        raise DomainError("已有名为“{name}”的渠道", code="name_taken", name=name)
