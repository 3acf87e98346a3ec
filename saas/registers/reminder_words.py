"""What people are told of records that are due, and the page that it is about. No database."""

from __future__ import annotations

import uuid
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from itertools import groupby

_NAMED = 3  # registers or units named in one message; the rest is counted
REGISTERS = "/registers"


@dataclass(frozen=True, slots=True)
class DueRecord:
    """A record that somebody is told of."""

    id: uuid.UUID
    register_id: uuid.UUID
    register_name: str
    number: int
    title: str
    unit_id: uuid.UUID
    due_on: date


def words_for_worker(group: Sequence[DueRecord], today: date) -> str:
    """One record by name, those of one register by when they are due, those of several by register."""
    if len(group) == 1:
        return f"{_one(group[0])}{_when((group[0].due_on - today).days)}，请及时办理"
    registers = [(name, list(rows)) for name, rows in groupby(group, lambda each: each.register_name)]
    said = [f"台账“{name}”{_counts(rows, today)}" for name, rows in registers[:_NAMED]]
    rest = f"；另有{len(registers) - _NAMED}个台账" if len(registers) > _NAMED else ""
    return f"{'；'.join(said)}{rest}，请及时办理"


def _one(each: DueRecord) -> str:
    return f"台账“{each.register_name}”第{each.number}号{f'“{each.title}”' if each.title else ''}"


def _when(left: int) -> str:
    return f"已超期{-left}天" if left < 0 else "今天到期" if left == 0 else f"还有{left}天到期"


def _counts(rows: Sequence[DueRecord], today: date) -> str:
    overdue = [each for each in rows if each.due_on < today]
    now, soon = sum(each.due_on == today for each in rows), [each for each in rows if each.due_on > today]
    longest = max((today - each.due_on).days for each in overdue) if overdue else 0
    said = [f"{len(overdue)}条已超期（最长{longest}天）"] if overdue else []
    said += [f"{now}条今天到期"] if now else []
    said += [f"{len(soon)}条{max((each.due_on - today).days for each in soon)}天内到期"] if soon else []
    return "、".join(said)


def words_for_superior(group: Sequence[tuple[DueRecord, str]], days: int) -> str:
    """How many records, each with its unit's name, have been overdue for too long; a single one by its own name."""
    if len(group) == 1:
        each, unit = group[0]
        return f"{unit}：{_one(each)}超期{days}天以上未办结，请督促"
    units = Counter(unit for _, unit in group).most_common()
    names = "、".join(f"{unit}{count}条" for unit, count in units[:_NAMED])
    more = f"等{len(units)}个单位" if len(units) > _NAMED else ""
    registers = {each.register_name for each, _ in group}
    where = f"台账“{registers.pop()}”" if len(registers) == 1 else f"{len(registers)}个台账"
    return f"{where}有{len(group)}条记录超期{days}天以上未办结：{names}{more}，请督促"


def path_of(group: Sequence[DueRecord], last: date) -> str:
    """The record, the register with what is not closed and due by a day, or the list of registers."""
    if len(group) == 1:
        return f"{REGISTERS}/records/{group[0].id}"
    if len({each.register_id for each in group}) > 1:
        return REGISTERS
    return f"{REGISTERS}/{group[0].register_id}?progress=unfinished&due_to={last}"
