"""Reminding of records that fall due or are overdue (到期、超期提醒). Never commits.

Whoever keeps a record or answers for it is told once at each stage that the county has set for reminders; records of a
register with the same due day come in one message.
"""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import select

from saas.db import db
from saas.domain.reminders import Stage, reminder_stage
from saas.notifications.services import notify_once
from saas.registers.days import reminder_rule
from saas.registers.models import RecordLink, Register, RegisterRecord
from saas.registers.staff import workers_at

KIND = "reminder"


@dataclass(frozen=True, slots=True)
class _Due:
    """A record that somebody is reminded of."""

    id: uuid.UUID
    register_id: uuid.UUID
    register_name: str
    number: int
    title: str
    unit_id: uuid.UUID
    due_on: date


def remind(today: date) -> int:
    """Tell everybody who keeps or answers for a record that is due; return how many messages were sent."""
    rule = reminder_rule()
    back, ahead = rule.reach
    due = _due_between(today - back, today + ahead)
    if not due:
        return 0
    told: dict[tuple[uuid.UUID, uuid.UUID, date], list[_Due]] = defaultdict(list)
    for each, user_id in _people(due, today):
        told[user_id, each.register_id, each.due_on].append(each)
    count = 0
    for (user_id, register_id, due_on), group in told.items():
        stage = reminder_stage(due_on, today, rule)
        if stage is not None:
            key = f"register/{register_id}/{due_on}/{stage.key}"
            count += len(notify_once([user_id], KIND, _words(group, stage, today), _path(group), key=key))
    return count


def _due_between(first: date, last: date) -> list[_Due]:
    rows = db.session.execute(
        select(
            RegisterRecord.id,
            RegisterRecord.register_id,
            Register.name,
            RegisterRecord.number,
            RegisterRecord.title,
            RegisterRecord.unit_id,
            RegisterRecord.due_on,
        )
        .join(Register, Register.id == RegisterRecord.register_id)
        .where(Register.is_active, RegisterRecord.closed_on.is_(None), RegisterRecord.due_on.between(first, last))
        .order_by(RegisterRecord.register_id, RegisterRecord.due_on, RegisterRecord.number)
    ).all()
    return [
        _Due(row.id, row.register_id, row.name, row.number, row.title, row.unit_id, row.due_on)
        for row in rows
        if row.due_on is not None
    ]


def _people(due: Sequence[_Due], today: date) -> Iterator[tuple[_Due, uuid.UUID]]:
    """Each record with each of those who are told of it, once. Two statements."""
    links = _links([each.id for each in due])
    units = {each.unit_id for each in due} | {
        link.unit_id for found in links.values() for link in found if link.unit_id
    }
    workers = workers_at(units, today)
    for each in due:
        people = set(workers.get(each.unit_id, ()))
        for link in links.get(each.id, ()):
            people |= {link.user_id} if link.user_id else set(workers.get(link.unit_id or each.unit_id, ()))
        for user_id in sorted(people):
            yield each, user_id


def _links(record_ids: Sequence[uuid.UUID]) -> Mapping[uuid.UUID, Sequence[RecordLink]]:
    found: dict[uuid.UUID, list[RecordLink]] = defaultdict(list)
    rows = select(RecordLink).where(RecordLink.record_id.in_(record_ids)).order_by(RecordLink.record_id, RecordLink.id)
    for link in db.session.scalars(rows):
        found[link.record_id].append(link)
    return found


def _words(group: Sequence[_Due], stage: Stage, today: date) -> str:
    first, left = group[0], (group[0].due_on - today).days
    when = f"已超期{-left}天" if stage.is_overdue else "今天到期" if left == 0 else f"还有{left}天到期"
    what = f"{len(group)}条记录" if len(group) > 1 else f"第{first.number}号“{first.title}”"
    return f"台账“{first.register_name}”{what}{when}，请及时办理"


def _path(group: Sequence[_Due]) -> str:
    first = group[0]
    if len(group) == 1:
        return f"/registers/records/{first.id}"
    return f"/registers/{first.register_id}?progress=unfinished&due_from={first.due_on}&due_to={first.due_on}"
