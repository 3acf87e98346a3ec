"""Messages to channels and to people's e-mail: written as rows here, sent by a job after the commit. Never commits.

What leaves the county carries no personal data: official titles, names of units, figures and a link. The reason why
something was returned is read after signing in.
"""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from flask import current_app
from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert

from saas.accounts.models import User
from saas.accounts.queries import acting
from saas.db import db, local_today, new_id, utc_now
from saas.jobs.services import request_job
from saas.notifications.kinds import NoticeKind
from saas.notifications.models import Channel, Delivery, DeliveryStatus
from saas.org.models import OrgUnit, Post
from saas.org.queries import list_units_by_id, parents_on
from saas.tenancy.hours import sending_pause
from saas.tenancy.models import Tenant
from saas.tenancy.scope import bound_tenant_id

JOB = "deliver_message"
_NAMED = 5  # units named in one line; the rest is counted
_TITLES: Mapping[NoticeKind, str] = {
    NoticeKind.RETURNED: "退回提醒",
    NoticeKind.ASSIGNED: "任务提醒",
    NoticeKind.PUBLISHED: "通报提醒",
}


@dataclass(frozen=True, slots=True)
class Message:
    """What is said: `title` says what kind of message it is, `body` the lines, `path` the page that it is about."""

    title: str
    body: str
    path: str


def list_channels_for(kinds: Collection[NoticeKind]) -> list[Channel]:
    """The channels in use that are told of one of these, by name."""
    rows = db.session.scalars(select(Channel).where(Channel.is_active).order_by(Channel.name, Channel.id)).all()
    return [channel for channel in rows if set(channel.kinds) & set(kinds)]


def tell_channel(channel: Channel, message: Message, *, key: str, is_at_once: bool = False) -> bool:
    """Let a message be sent to a channel, unless one with this key was; return whether it will be.

    It waits for the county's hours (免打扰), unless it is wanted at once.
    """
    row = {"channel_id": channel.id, "user_id": None, "once_key": f"{key}/{channel.id}"}
    return bool(_write([row], message, is_at_once=is_at_once))


def tell_by_mail(user_ids: Iterable[uuid.UUID], message: Message, *, key: str) -> int:
    """Let an e-mail be sent to those who have an address and want it; return to how many. Without a server: nobody."""
    if current_app.config["JICENG"].mail is None:
        return 0
    wanted = db.session.scalars(
        select(User.id)
        .where(User.id.in_(sorted(set(user_ids))), User.email != "", User.has_email_reminders, User.is_active)
        .order_by(User.id)
    ).all()
    rows = [{"channel_id": None, "user_id": user_id, "once_key": f"{key}/{user_id}"} for user_id in wanted]
    return len(_write(rows, message))


def tell_outside(user_ids: Iterable[uuid.UUID], kind: str, title: str, path: str) -> None:
    """Tell of something that people were just told of in their inbox: their groups, and their e-mail."""
    if kind not in _TITLES:
        return
    notice, told = NoticeKind(kind), sorted(set(user_ids))
    body = "有材料被退回，请登录查看原因。" if notice is NoticeKind.RETURNED else title
    tell_by_mail(told, Message(_TITLES[notice], body, path), key=f"notice/{new_id()}")
    channels = list_channels_for({notice})
    if channels and told:
        _tell_groups(channels, notice, body, path, _units_above(told))


def _tell_groups(
    channels: Sequence[Channel], notice: NoticeKind, body: str, path: str, above: Mapping[uuid.UUID, set[uuid.UUID]]
) -> None:
    units = list_units_by_id(frozenset(above))
    for channel in channels:
        concerned = [units[unit_id] for unit_id in units if channel.unit_id in above[unit_id]]
        if concerned:
            message = Message(_TITLES[notice], f"{body}\n涉及：{named_units(concerned)}", path)
            tell_channel(channel, message, key=f"notice/{new_id()}")


def _units_above(user_ids: Sequence[uuid.UUID]) -> Mapping[uuid.UUID, set[uuid.UUID]]:
    """The units in which these people act today, each with itself and all above it."""
    today = local_today()
    who, parents = acting(today), parents_on(today)
    unit_ids = db.session.scalars(
        select(Post.unit_id).join(who, who.c.post_id == Post.id).where(who.c.user_id.in_(user_ids), Post.is_active)
    ).all()
    found: dict[uuid.UUID, set[uuid.UUID]] = defaultdict(set)
    for unit_id in sorted(set(unit_ids)):
        above: uuid.UUID | None = unit_id
        while above is not None and above not in found[unit_id]:
            found[unit_id].add(above)
            above = parents.get(above)
    return found


def named_units(units: Sequence[OrgUnit]) -> str:
    """The first few by name, the rest as a count."""
    names = "、".join(unit.name for unit in units[:_NAMED])
    return names if len(units) <= _NAMED else f"{names}等{len(units)}个单位"


def last_told_on(channel: Channel, topic: str) -> date | None:
    """The last day on which a channel was told of a topic whose keys are `topic/<day>`."""
    found = db.session.scalars(
        select(Delivery.once_key)
        .where(Delivery.channel_id == channel.id, Delivery.once_key.startswith(f"{topic}/", autoescape=True))
        .order_by(Delivery.once_key.desc())
        .limit(1)
    ).one_or_none()
    return date.fromisoformat(found.split("/")[1]) if found else None


def full_text(delivery: Delivery) -> tuple[str, str]:
    """The subject, and the text with the link to the page. Addresses come from the settings only."""
    county = db.session.scalars(select(Tenant).where(Tenant.id == bound_tenant_id())).one()
    public_url = current_app.config["JICENG"].public_url
    link = f"\n查看：{public_url.rstrip('/')}/{county.slug}{delivery.path}" if public_url and delivery.path else ""
    return f"【{county.name}】{delivery.title}", f"{delivery.body}{link}"


def _write(rows: Sequence[Mapping[str, object]], message: Message, *, is_at_once: bool = False) -> Sequence[uuid.UUID]:
    """Add the rows whose keys are new, and ask for their sending: at night for the next morning."""
    if not rows:
        return []
    shared = {
        "title": message.title,
        "body": message.body,
        "path": message.path,
        "status": DeliveryStatus.WAITING,
        "attempts": 0,
        "problem": "",
        "created_at": utc_now(),
    }
    statement = insert(Delivery).values([{"id": new_id(), **shared, **row} for row in rows])
    unless_there = statement.on_conflict_do_nothing(index_elements=["tenant_id", "once_key"])
    written = db.session.scalars(unless_there.returning(Delivery.id)).all()
    pause = sending_pause() if written and not is_at_once else timedelta(0)
    for delivery_id in written:
        request_job(JOB, f"{delivery_id}/0", {"delivery_id": delivery_id}, actor=None, after=pause)
    return written
