"""Sending one message, and what follows when it does not go out. Never commits.

The row is locked while it is sent and marked in the same transaction, so that two runs of a job send it once. A worker
that dies between the service's answer and the commit sends it again: at least once, seldom twice.
"""

from __future__ import annotations

import uuid
from datetime import UTC, date, datetime, timedelta
from typing import Any, cast

from sqlalchemy import CursorResult, delete, func, select, update

from saas.access.permissions import Permission, roles_with
from saas.accounts.models import User
from saas.accounts.queries import acting
from saas.db import db, local_today, new_id, utc_now
from saas.domain.errors import DomainError
from saas.jobs.services import request_job
from saas.notifications import gateway
from saas.notifications.models import Channel, ChannelKind, Delivery, DeliveryStatus
from saas.notifications.outgoing import JOB, full_text
from saas.notifications.robots import destination_from
from saas.notifications.sealing import unseal
from saas.notifications.services import notify_once
from saas.org.models import Post

PER_MINUTE = 20  # what DingTalk and WeCom allow one robot
MAX_ATTEMPTS = 5
FIRST_PAUSE = timedelta(seconds=30)  # 1, 4, 9 and 16 times as long
KEPT_FOR = timedelta(hours=24)  # a reminder of yesterday helps nobody
KEPT_IN_RECORD = timedelta(days=180)
PAUSE_AFTER = 6  # attempts of one channel that fail one after the other


def deliver(delivery_id: uuid.UUID) -> None:
    """Send a message that waits. What was sent or given up stays as it is."""
    channel = _lock_channel(delivery_id)
    delivery = db.session.scalars(
        select(Delivery).where(Delivery.id == delivery_id).with_for_update(),
        execution_options={"populate_existing": True},
    ).one()
    if delivery.status is not DeliveryStatus.WAITING:
        return
    reason = _obstacle(delivery, channel)
    if reason:
        _give_up(delivery, reason)
        return
    pause = _turn(channel) if channel is not None else timedelta(0)
    if pause:
        request_job(JOB, f"{delivery.id}/turn/{new_id()}", {"delivery_id": delivery.id}, actor=None, after=pause)
        return
    _try(delivery, channel)


def forget_old(today: date) -> int:
    """Delete messages of more than half a year ago; return how many. What was done to channels stays in the trail."""
    oldest = today - KEPT_IN_RECORD
    found = db.session.execute(
        delete(Delivery).where(Delivery.created_at < datetime(oldest.year, oldest.month, oldest.day, tzinfo=UTC)),
        execution_options={"synchronize_session": False},
    )
    return cast(CursorResult[Any], found).rowcount


def _lock_channel(delivery_id: uuid.UUID) -> Channel | None:
    """The message's channel. Its messages go one after the other, so that they can be counted."""
    wanted = select(Delivery.channel_id).where(Delivery.id == delivery_id).scalar_subquery()
    return db.session.scalars(
        select(Channel).where(Channel.id == wanted).with_for_update(), execution_options={"populate_existing": True}
    ).one_or_none()


def _obstacle(delivery: Delivery, channel: Channel | None) -> str:
    if delivery.created_at < utc_now() - KEPT_FOR:
        return "超过 24 小时未能发出，不再发送"
    if channel is not None and not channel.is_active:
        return "渠道已停用"
    return ""


def _turn(channel: Channel) -> timedelta:
    """How long a message must wait so that its robot does not speak more often than its service allows."""
    if channel.kind is ChannelKind.EMAIL:
        return timedelta(0)
    now, minute = utc_now(), timedelta(minutes=1)
    sent = select(Delivery.sent_at).where(Delivery.channel_id == channel.id, Delivery.sent_at > now - minute).subquery()
    count, first = db.session.execute(select(func.count(), func.min(sent.c.sent_at))).one()
    return first + minute - now + timedelta(seconds=1) if count >= PER_MINUTE else timedelta(0)


def _try(delivery: Delivery, channel: Channel | None) -> None:
    delivery.attempts += 1
    try:
        _send(delivery, channel)
    except gateway.NotSent as error:
        _note_failure(delivery, channel, error)
    except DomainError as error:
        _note_failure(delivery, channel, gateway.NotSent(str(error.message), is_final=True))
    else:
        delivery.status, delivery.sent_at, delivery.problem = DeliveryStatus.SENT, utc_now(), ""
        if channel is not None and channel.failures:
            _set(channel, failures=0, problem="")


def _send(delivery: Delivery, channel: Channel | None) -> None:
    subject, text = full_text(delivery)
    if channel is None:
        person = db.session.scalars(select(User).where(User.id == delivery.user_id)).one()
        if not person.email:
            raise gateway.NotSent("没有登记邮箱", is_final=True)
        gateway.send_mail(person.email, subject, text)
        return
    to = destination_from(unseal(channel.secret))
    if channel.kind is ChannelKind.EMAIL:
        gateway.send_mail(to.token, subject, text)
    else:
        gateway.send_to_robot(channel.kind, to, f"{subject}\n{text}")


def _note_failure(delivery: Delivery, channel: Channel | None, error: gateway.NotSent) -> None:
    if error.is_final or delivery.attempts >= MAX_ATTEMPTS:
        _give_up(delivery, error.reason)
    else:
        delivery.problem = error.reason
        pause = max(FIRST_PAUSE * delivery.attempts**2, error.wait)
        key = f"{delivery.id}/{delivery.attempts}"
        request_job(JOB, key, {"delivery_id": delivery.id}, actor=None, after=pause)
    if channel is None:
        return
    _set(channel, failures=channel.failures + 1)
    if channel.failures >= PAUSE_AFTER:
        _pause(channel, error.reason)


def _give_up(delivery: Delivery, reason: str) -> None:
    delivery.status, delivery.problem = DeliveryStatus.FAILED, reason


def _set(channel: Channel, **values: object) -> None:
    """Note how a channel fares without making the form stale on which somebody changes it."""
    db.session.execute(
        update(Channel).where(Channel.id == channel.id).values(**values),
        execution_options={"synchronize_session": False},
    )
    db.session.refresh(channel)


def _pause(channel: Channel, reason: str) -> None:
    """Stop writing to a channel that does not answer, and tell those who look after it."""
    _set(channel, is_active=False, problem=reason)
    title = f"提醒渠道“{channel.name}”连续{channel.failures}次发送失败，已暂停：{reason}"
    key = f"channel/{channel.id}/{new_id()}"
    notify_once({channel.created_by_id, *_keepers()}, "channel_paused", title[:200], channel_path(channel), key=key)


def channel_path(channel: Channel) -> str:
    """The page of a channel inside the county."""
    return f"/notifications/channels/{channel.id}"


def _keepers() -> set[uuid.UUID]:
    """Those who keep the county's settings today."""
    who, may = acting(local_today()), {role.value for role in roles_with(Permission.SETTINGS_EDIT)}
    rows = db.session.execute(
        select(Post.roles, who.c.user_id).join(who, who.c.post_id == Post.id).where(Post.is_active)
    ).all()
    return {user_id for roles, user_id in rows if may & set(roles)}
