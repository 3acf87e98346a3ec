"""Reminding units of what is due, and telling their superiors what did not come (提醒、催报). Never commits.

Run once a day. Each person is told once at each stage: the key of a message names collection, period and stage.
"""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from saas.access.permissions import Permission, Role, roles_with
from saas.accounts.staff import list_acting, with_roles
from saas.domain.filing import FilingState
from saas.domain.reminders import ReminderRule, Stage, is_escalated, reminder_stage
from saas.domain.windows import WindowStatus
from saas.notifications.outgoing import named_units
from saas.notifications.services import notify_once
from saas.submissions import telling
from saas.submissions.calendars import county_days
from saas.submissions.schedule import status_now
from saas.submissions.standing import Asked, Standing, list_asked, list_standings
from saas.submissions.telling import Told

KIND = "reminder"
SUPERIORS = (Role.TOWN_OFFICER, Role.OFFICE)  # who looks after the filing of the units below
_WAITING = {FilingState.OPEN, FilingState.DRAFT, FilingState.OVERDUE, FilingState.MISSING}


@dataclass(frozen=True, slots=True)
class _Staff:
    """Who fills for each unit, and who looks after those below it."""

    fillers: Mapping[uuid.UUID, Sequence[uuid.UUID]]
    superiors: Mapping[uuid.UUID, Sequence[uuid.UUID]]


def remind(today: date) -> int:
    """Tell everybody who must fill or whose units did not; return how many messages were sent."""
    days = county_days()
    rule = ReminderRule(days.reminder_days, days.overdue_days, days.escalation_days)
    back, ahead = rule.reach
    asked = [each for each in list_asked(today - back, today + ahead) if each.dates.opens_on <= today]
    waiting = [each for each in list_standings(asked, today) if each.state in _WAITING]
    if not waiting:
        return 0
    staff = _staff(today)
    told = [*_remind_units(waiting, today, rule, staff), *_tell_superiors(waiting, today, rule, staff)]
    telling.tell_people(told, today)
    telling.tell_channels(waiting, today, rule)
    return len(told)


def _remind_units(waiting: Iterable[Standing], today: date, rule: ReminderRule, staff: _Staff) -> list[Told]:
    told: dict[tuple[uuid.UUID, str], list[Standing]] = defaultdict(list)
    for each in waiting:
        for user_id in dict.fromkeys(user for unit in each.fillers for user in staff.fillers.get(unit.id, ())):
            told[user_id, _key(each.asked)].append(each)
    reminded: list[Told] = []
    for (user_id, _asked), group in told.items():
        asked = group[0].asked
        stage = reminder_stage(asked.dates.due_on, today, rule)
        if stage is not None:
            title, path = _reminder(asked, stage, group, today), _fill_path(group)
            now = notify_once([user_id], KIND, title, path, key=f"{_key(asked)}/{stage.key}")
            reminded += [Told(each, title, path) for each in now]
    return reminded


def _tell_superiors(waiting: Iterable[Standing], today: date, rule: ReminderRule, staff: _Staff) -> list[Told]:
    missing: dict[tuple[uuid.UUID, str], list[Standing]] = defaultdict(list)
    for each in waiting:
        superior = next((unit for unit in each.responsible[1:] if unit.id in staff.superiors), None)
        if superior is not None and each.is_missing and is_escalated(each.asked.dates.due_on, today, rule):
            missing[superior.id, _key(each.asked)].append(each)
    reminded: list[Told] = []
    for (superior_id, _asked), group in missing.items():
        asked = group[0].asked
        over = (today - asked.dates.due_on).days
        title = f"{len(group)}个单位逾期{over}天未报“{asked.title}”：{named_units([each.unit for each in group])}"
        path = _superiors_path(asked)
        key = f"{_key(asked)}/above/{superior_id}"
        now = notify_once(staff.superiors[superior_id], KIND, title, path, key=key)
        reminded += [Told(each, title, path) for each in now]
    return reminded


def _reminder(asked: Asked, stage: Stage, group: Sequence[Standing], today: date) -> str:
    names, left = named_units([each.unit for each in group]), (asked.dates.due_on - today).days
    if not stage.is_overdue:
        when = "今天截止" if left == 0 else f"还有{left}天截止"
        return f"{when}：{asked.title}，{names}尚未报送"
    closed = status_now(asked.dates) is WindowStatus.CLOSED
    advice = "已不能补报，请联系主管单位" if closed else "请尽快补报"
    return f"已逾期{-left}天：{asked.title}，{names}尚未报送，{advice}"


def _key(asked: Asked) -> str:
    return f"{'compiling' if asked.is_compiling else 'filing'}/{asked.collection.id}/{asked.period.start}"


def _superiors_path(asked: Asked) -> str:
    if asked.is_compiling:
        return f"/collections/{asked.collection.id}/compilations?period={asked.period.start}"
    return f"/collections/{asked.collection.id}?period={asked.period.start}&mark=not_reported"


def _fill_path(group: Sequence[Standing]) -> str:
    asked = group[0].asked
    if asked.is_compiling:
        return f"/collections/{asked.collection.id}/compilations/{group[0].unit.id}/{asked.period.start}"
    if any(each.is_for_others for each in group):
        return f"/submissions/grid/{asked.collection.id}/{asked.period.start}"
    if len(group) > 1:
        return "/submissions"
    return f"/submissions/fill/{asked.collection.id}/{group[0].unit.id}/{asked.period.start}"


def list_fillers(on: date) -> Mapping[uuid.UUID, Sequence[uuid.UUID]]:
    """Who fills through a post at each unit, by unit."""
    return _staff(on).fillers


def _staff(on: date) -> _Staff:
    """Everybody who acts in a post today, delegates included, by unit. One statement."""
    staff = list_acting(on)
    return _Staff(with_roles(staff, roles_with(Permission.SUBMISSION_EDIT)), with_roles(staff, SUPERIORS))
