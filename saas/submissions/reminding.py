"""Reminding units of what is due, and telling their superiors what did not come (提醒、催报). Never commits.

Run once a day. Each person is told once at each stage: the key of a message names collection, period and stage.
Weekends and holidays are left in peace, except by what is reported every day.
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
from saas.domain.reminders import ReminderRule, Stage, escalation_level, reminder_stage
from saas.domain.windows import WindowStatus
from saas.forms.approval import may_be_collected
from saas.notifications.outgoing import named_units
from saas.notifications.services import notify_once
from saas.submissions import telling
from saas.submissions.calendars import county_days
from saas.submissions.schedule import status_now
from saas.submissions.standing import Asked, Standing, list_asked, list_standings
from saas.submissions.telling import Told, rule_for

KIND = "reminder"
SUPERIORS = (Role.TOWN_OFFICER, Role.OFFICE)  # who looks after the filing of the units below
_NOT_REPORTED = {FilingState.OPEN, FilingState.DRAFT, FilingState.OVERDUE, FilingState.MISSING}
_WAITING = {*_NOT_REPORTED, FilingState.RETURNED}


@dataclass(frozen=True, slots=True)
class _Staff:
    """Who fills for each unit, and who looks after those below it."""

    fillers: Mapping[uuid.UUID, Sequence[uuid.UUID]]
    superiors: Mapping[uuid.UUID, Sequence[uuid.UUID]]


def remind(today: date) -> int:
    """Tell everybody who must fill or whose units did not; return how many messages were sent."""
    rule = reminder_rule()
    back, ahead = rule.reach
    asked = [each for each in list_asked(today - back, rule.until(today) + ahead) if _is_time(each, today, rule)]
    waiting = [each for each in list_standings(asked, today) if each.state in _WAITING]
    if not waiting:
        return 0
    staff = _staff(today)
    told = [*_remind_units(waiting, today, rule, staff), *_tell_superiors(waiting, today, rule, staff)]
    telling.tell_people(told, today)
    telling.tell_channels([each for each in waiting if each.state in _NOT_REPORTED], today, rule)
    return len(told)


def reminder_rule() -> ReminderRule:
    """When the county reminds."""
    days = county_days()
    calendar = None if days.reminds_on_rest_days else days.calendar
    return ReminderRule(days.reminder_days, days.overdue_days, days.escalation_days, calendar)


def _is_time(asked: Asked, today: date, rule: ReminderRule) -> bool:
    """Whether there is anything to be said of it today, to whomever: it is open, can be filled, and reached a stage."""
    if asked.dates.opens_on > today or not may_be_collected(asked.collection.form, today):
        return False
    own, due_on = rule_for(asked, rule), asked.dates.due_on
    return reminder_stage(due_on, today, own) is not None or escalation_level(due_on, today, own) > 0


def _remind_units(waiting: Iterable[Standing], today: date, rule: ReminderRule, staff: _Staff) -> list[Told]:
    told: dict[tuple[uuid.UUID, str], list[Standing]] = defaultdict(list)
    for each in waiting:
        key = f"{_key(each.asked)}{'/returned' if each.state is FilingState.RETURNED else ''}"
        for user_id in dict.fromkeys(user for unit in each.fillers for user in staff.fillers.get(unit.id, ())):
            told[user_id, key].append(each)
    reminded: list[Told] = []
    for (user_id, key), group in told.items():
        asked = group[0].asked
        stage = reminder_stage(asked.dates.due_on, today, rule_for(asked, rule))
        if stage is not None:
            title, path = _reminder(asked, stage, group, today), _fill_path(group)
            # What cannot be handed in any more is said once.
            stage_key = "closed" if group[0].state is FilingState.MISSING else stage.key
            now = notify_once([user_id], KIND, title, path, key=f"{key}/{stage_key}")
            reminded += [Told(each, title, path) for each in now]
    return reminded


def _tell_superiors(waiting: Iterable[Standing], today: date, rule: ReminderRule, staff: _Staff) -> list[Told]:
    """Tell whoever looks after the filing above those who are missing: the nearest first, then those above (逐级)."""
    missing: dict[tuple[uuid.UUID, str], list[Standing]] = defaultdict(list)
    for each in (each for each in waiting if each.is_missing):
        level = escalation_level(each.asked.dates.due_on, today, rule_for(each.asked, rule))
        superiors = [unit for unit in each.responsible[1:] if unit.id in staff.superiors]
        for number, superior in enumerate(superiors[:level], start=1):
            key = f"{_key(each.asked)}/above/{superior.id}{'' if number == 1 else f'/{number}'}"
            missing[superior.id, key].append(each)
    reminded: list[Told] = []
    for (superior_id, key), group in missing.items():
        asked = group[0].asked
        over = (today - asked.dates.due_on).days
        title = f"{len(group)}个单位逾期{over}天未报“{asked.title}”：{named_units([each.unit for each in group])}"
        path = _superiors_path(asked)
        now = notify_once(staff.superiors[superior_id], KIND, title, path, key=key)
        reminded += [Told(each, title, path) for each in now]
    return reminded


def _reminder(asked: Asked, stage: Stage, group: Sequence[Standing], today: date) -> str:
    names, left = named_units([each.unit for each in group]), (asked.dates.due_on - today).days
    if group[0].state is FilingState.RETURNED:
        when = f"已逾期{-left}天" if left < 0 else "今天截止" if left == 0 else f"还有{left}天截止"
        return f"{when}：{asked.title}，{names}被退回后尚未重报，请修改后重报"
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
    """Everybody who fills or looks after the filing in a post today, delegates included. One statement."""
    staff = list_acting(on)
    return _Staff(with_roles(staff, roles_with(Permission.SUBMISSION_EDIT)), with_roles(staff, SUPERIORS))
