"""Reminding of records that fall due or are overdue, and telling those above (到期、超期提醒，超期上报). Never commits.

Whoever keeps a record or answers for it is told on the days that the county has set, in one message for all registers;
whoever looks after the units below is told once a record is overdue for as long as the county waits. A message names
everything that is due, and is sent when a record has reached its next stage: at most once a day.
"""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from sqlalchemy import select

from saas.access.permissions import Role
from saas.accounts.staff import Acting, list_acting, with_roles
from saas.db import db
from saas.domain.reminders import ReminderRule, is_escalated, reminder_stage
from saas.notifications.outgoing import Message, tell_by_mail
from saas.notifications.services import notify_once
from saas.org.queries import list_units_by_id, parents_on
from saas.registers.days import reminder_rule
from saas.registers.models import RecordLink, Register, RegisterRecord
from saas.registers.reminder_words import DueRecord, path_of, words_for_superior, words_for_worker
from saas.registers.staff import WORKING

KIND = "reminder"
TITLE = "台账提醒"
SUPERIORS = (Role.TOWN_OFFICER, Role.OFFICE)  # who looks after the registers of the units below
_RESPONSIBLE = "responsible"


@dataclass(frozen=True, slots=True)
class _Notice:
    """What somebody is told, and under which key only once."""

    user_ids: Sequence[uuid.UUID]
    words: str
    path: str
    key: str


def remind(today: date) -> int:
    """Tell everybody who keeps or answers for a record that is due, and those above; return how many messages."""
    rule = reminder_rule()
    due = _due_until(today + rule.reach[1])
    if not due:
        return 0
    links, staff = _links([each.id for each in due]), list_acting(today)
    notices = [*_for_workers(due, links, staff, rule, today), *_for_superiors(due, links, staff, rule, today)]
    count = 0
    for notice in notices:
        told = notify_once(notice.user_ids, KIND, notice.words, notice.path, key=notice.key)
        count += len(told)
        tell_by_mail(told, Message(TITLE, notice.words, notice.path), key=notice.key)
    return count


def _due_until(last: date) -> list[DueRecord]:
    """What is not closed and due by a day, however long ago, in the order of the registers."""
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
        .where(Register.is_active, RegisterRecord.closed_on.is_(None), RegisterRecord.due_on <= last)
        .order_by(Register.name, RegisterRecord.register_id, RegisterRecord.due_on, RegisterRecord.number)
    ).all()
    return [DueRecord(*row[:-1], row.due_on) for row in rows if row.due_on is not None]


def _links(record_ids: Sequence[uuid.UUID]) -> Mapping[uuid.UUID, Sequence[RecordLink]]:
    found: dict[uuid.UUID, list[RecordLink]] = defaultdict(list)
    rows = select(RecordLink).where(RecordLink.record_id.in_(record_ids)).order_by(RecordLink.record_id, RecordLink.id)
    for link in db.session.scalars(rows):
        found[link.record_id].append(link)
    return found


# --- whoever works on them ------------------------------------------------------------------------------------------


def _for_workers(
    due: Sequence[DueRecord],
    links: Mapping[uuid.UUID, Sequence[RecordLink]],
    staff: Sequence[Acting],
    rule: ReminderRule,
    today: date,
) -> Iterator[_Notice]:
    """For each person everything that is due, when something of it has reached a stage."""
    workers, mine = with_roles(staff, WORKING), defaultdict[uuid.UUID, list[DueRecord]](list)
    for each in due:
        people = set(workers.get(each.unit_id, ()))
        for link in links.get(each.id, ()):
            people |= {link.user_id} if link.user_id else set(workers.get(link.unit_id or each.unit_id, ()))
        for user_id in people:
            mine[user_id].append(each)
    for user_id, group in sorted(mine.items()):
        reached = _last_reached(group, rule, today)
        if reached is not None:
            path = path_of(group, today + rule.reach[1])
            yield _Notice([user_id], words_for_worker(group, today), path, f"records/{reached}")


def _last_reached(group: Iterable[DueRecord], rule: ReminderRule, today: date) -> date | None:
    """The day of the stage that was reached last: with the next one everything is said again."""
    stages = ((each.due_on, reminder_stage(each.due_on, today, rule)) for each in group)
    return max((stage.begins_on(due_on) for due_on, stage in stages if stage is not None), default=None)


# --- those above ----------------------------------------------------------------------------------------------------


def _for_superiors(
    due: Sequence[DueRecord],
    links: Mapping[uuid.UUID, Sequence[RecordLink]],
    staff: Sequence[Acting],
    rule: ReminderRule,
    today: date,
) -> Iterator[_Notice]:
    """For those above each unit that keeps or answers for a record what has been overdue for too long."""
    wait = timedelta(days=rule.escalation)
    late = [each for each in due if rule.escalation > 0 and each.due_on + wait <= today]
    if not late:
        return
    superiors, parents = with_roles(staff, SUPERIORS), parents_on(today)
    below: dict[uuid.UUID, dict[DueRecord, uuid.UUID]] = defaultdict(dict)
    for each in late:
        answering = [link.unit_id for link in links.get(each.id, ()) if link.role == _RESPONSIBLE and link.unit_id]
        for unit_id in dict.fromkeys([*answering, each.unit_id]):
            superior = _superior(unit_id, superiors, parents)
            if superior is not None:
                below[superior].setdefault(each, unit_id)
    units = list_units_by_id(frozenset(unit_id for group in below.values() for unit_id in group.values()))
    for superior, group in sorted(below.items()):
        fresh = [each.due_on for each in group if is_escalated(each.due_on, today, rule)]
        if fresh:
            named = [(each, units[unit_id].name) for each, unit_id in group.items()]
            words, path = words_for_superior(named, rule.escalation), path_of(list(group), today - wait)
            yield _Notice(superiors[superior], words, path, f"records-above/{superior}/{max(fresh)}")


def _superior(
    unit_id: uuid.UUID,
    superiors: Mapping[uuid.UUID, Sequence[uuid.UUID]],
    parents: Mapping[uuid.UUID, uuid.UUID | None],
) -> uuid.UUID | None:
    """The nearest unit above in which somebody looks after those below."""
    above = parents.get(unit_id)
    while above is not None and above not in superiors:
        above = parents.get(above)
    return above
