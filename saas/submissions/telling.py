"""What goes out of the county of a day's reminders: one message for each group and one e-mail for each person.

Never commits.
"""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date

from saas.domain.periods import Cadence
from saas.domain.reminders import ReminderRule, Stage, reminder_stage
from saas.notifications.kinds import NoticeKind
from saas.notifications.models import Channel
from saas.notifications.outgoing import (
    Message,
    last_told_on,
    list_channels_for,
    named_units,
    tell_by_mail,
    tell_channel,
)
from saas.submissions.standing import Asked, Standing

TITLE = "填报提醒"
TOPIC = "filing"
ALL_MISSING = "/collections/missing"
_LINES = 12  # collections in one message; the rest is counted


@dataclass(frozen=True, slots=True)
class Told:
    """Somebody was reminded just now."""

    user_id: uuid.UUID
    title: str
    path: str


def rule_for(asked: Asked, rule: ReminderRule) -> ReminderRule:
    """The rule for what is asked: what is reported every day is reminded of every day."""
    return replace(rule, calendar=None) if asked.collection.cadence == Cadence.DAY else rule


def tell_people(told: Iterable[Told], today: date) -> int:
    """One e-mail a day for each person who wants it; return how many will be sent."""
    lines: dict[uuid.UUID, list[Told]] = defaultdict(list)
    for each in told:
        lines[each.user_id].append(each)
    return sum(
        tell_by_mail([user_id], Message(TITLE, _numbered([each.title for each in mine]), _path(mine)), key=_key(today))
        for user_id, mine in lines.items()
    )


def tell_channels(waiting: Sequence[Standing], today: date, rule: ReminderRule) -> int:
    """One message a day for each group whose units did not report; return how many will be sent.

    A collection is named on the first day of each stage, or on the next day on which the work was done.
    """
    count = 0
    for channel in list_channels_for({NoticeKind.REMINDER, NoticeKind.OVERDUE}):
        mine = [each for each in waiting if channel.unit_id in {unit.id for unit in (each.unit, *each.responsible)}]
        groups = _new_groups(channel, mine, today, rule)
        if groups:
            lines = [_line(group, today) for group in groups]
            count += tell_channel(channel, Message(TITLE, _numbered(lines), _list_path(groups)), key=_key(today))
    return count


def _new_groups(
    channel: Channel, mine: Iterable[Standing], today: date, rule: ReminderRule
) -> list[Sequence[Standing]]:
    groups: dict[tuple[uuid.UUID, date], list[Standing]] = defaultdict(list)
    for each in mine:
        groups[each.asked.collection.id, each.asked.period.start].append(each)
    before = last_told_on(channel, TOPIC)
    found = []
    for group in groups.values():
        asked = group[0].asked
        own = rule_for(asked, rule)
        stage = reminder_stage(asked.dates.due_on, today, own)
        was_told = before is not None and reminder_stage(asked.dates.due_on, before, own) == stage
        if stage is not None and not was_told and _kind(stage) in channel.kinds:
            found.append(group)
    return sorted(found, key=lambda group: (group[0].asked.dates.due_on, group[0].asked.title))


def _kind(stage: Stage) -> NoticeKind:
    return NoticeKind.OVERDUE if stage.is_overdue else NoticeKind.REMINDER


def _line(group: Sequence[Standing], today: date) -> str:
    """3 个单位的“2026年3月自评”未报，还有3天截止：…"""
    asked: Asked = group[0].asked
    left = (asked.dates.due_on - today).days
    when = "今天截止" if left == 0 else f"还有{left}天截止" if left > 0 else f"已逾期{-left}天"
    return f"{len(group)}个单位“{asked.title}”未报，{when}：{named_units([each.unit for each in group])}"


def _numbered(lines: Sequence[str]) -> str:
    if len(lines) == 1:
        return lines[0]
    shown = [f"{number}. {line}" for number, line in enumerate(lines[:_LINES], start=1)]
    return "\n".join(shown if len(lines) <= _LINES else [*shown, f"……共{len(lines)}项"])


def _list_path(groups: Sequence[Sequence[Standing]]) -> str:
    if len(groups) > 1:
        return ALL_MISSING
    asked = groups[0][0].asked
    return f"/collections/{asked.collection.id}?period={asked.period.start}&mark=not_reported"


def _path(mine: Sequence[Told]) -> str:
    return mine[0].path if len(mine) == 1 else "/"


def _key(today: date) -> str:
    return f"{TOPIC}/{today}"
