"""Tasks with dated parts (任务分项): what is overdue, for whom, what comes next, and what a deadline brings.

A task may have several deadlines, each with its own units. Accepted work may go on as a standing check (坚持经常). Days
only; `on` is the day that is looked at: what was due on an earlier day and is not accepted is overdue.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction


class UnitRole(StrEnum):
    """What a unit is to a part of a task. Stored in the database: never rename a value."""

    LEAD = "lead"  # 牵头
    RESPONSIBLE = "responsible"  # 责任
    SUPPORTING = "supporting"  # 配合
    SUPERVISOR = "supervisor"  # 监管


ANSWERABLE = frozenset({UnitRole.LEAD, UnitRole.RESPONSIBLE})  # whose list an overdue part stands on


class PartState(StrEnum):
    """How a part stands on a day."""

    UNDATED = "undated"  # 未定时限
    RUNNING = "running"  # 进行中
    OVERDUE = "overdue"  # 逾期
    DONE = "done"  # 按期完成
    DONE_LATE = "done_late"  # 逾期完成
    STANDING = "standing"  # 已验收，坚持经常


class TaskState(StrEnum):
    """How a task with all its parts stands on a day."""

    RUNNING = "running"  # 进行中
    PART_OVERDUE = "part_overdue"  # 部分逾期
    OVERDUE = "overdue"  # 逾期
    STANDING = "standing"  # 坚持经常
    DONE = "done"  # 已完成


@dataclass(frozen=True, slots=True)
class PartUnit:
    """A unit with its role; `unit` is its code, or plain words where no unit of the county is meant."""

    unit: str
    role: UnitRole = UnitRole.RESPONSIBLE


@dataclass(frozen=True, slots=True)
class TaskPart:
    """A part of a task. `due_on`: the last day in time. `built_on`: reported done; `accepted_on`: accepted (验收)."""

    task: str
    code: str
    due_on: date | None
    units: tuple[PartUnit, ...] = ()
    is_standing: bool = False
    built_on: date | None = None
    accepted_on: date | None = None


def part_state(part: TaskPart, on: date) -> PartState:
    """Return how a part stands on a day; an acceptance after that day is not known yet."""
    if part.accepted_on is not None and part.accepted_on <= on:
        if part.is_standing:
            return PartState.STANDING
        is_late = part.due_on is not None and part.accepted_on > part.due_on
        return PartState.DONE_LATE if is_late else PartState.DONE
    if part.due_on is None:
        return PartState.UNDATED
    return PartState.OVERDUE if part.due_on < on else PartState.RUNNING


def task_state(parts: Sequence[TaskPart], on: date) -> TaskState:
    """Return how a task stands: overdue as a whole only if nothing of it still runs."""
    states = {part_state(part, on) for part in parts}
    if PartState.OVERDUE in states:
        is_running = bool(states & {PartState.RUNNING, PartState.UNDATED, PartState.STANDING})
        return TaskState.PART_OVERDUE if is_running or len(states) > 1 else TaskState.OVERDUE
    if states & {PartState.RUNNING, PartState.UNDATED}:
        return TaskState.RUNNING
    return TaskState.STANDING if PartState.STANDING in states else TaskState.DONE


def parts_due(parts: Iterable[TaskPart], on: date) -> tuple[TaskPart, ...]:
    """Return the parts whose last day has passed, done or not."""
    return tuple(part for part in parts if part.due_on is not None and part.due_on < on)


def overdue_parts(parts: Iterable[TaskPart], on: date) -> tuple[TaskPart, ...]:
    """Return the overdue parts, the oldest deadline first."""
    late = [part for part in parts if part_state(part, on) is PartState.OVERDUE]
    return tuple(sorted(late, key=lambda part: (part.due_on or date.max, part.task, part.code)))


def overdue_days(part: TaskPart, on: date) -> int:
    """Return by how many days a part is overdue, 0 if it is not."""
    if part.due_on is None or part_state(part, on) is not PartState.OVERDUE:
        return 0
    return (on - part.due_on).days


def overdue_by_unit(parts: Iterable[TaskPart], on: date, units: Iterable[str] = ()) -> dict[str, int]:
    """Count overdue parts by answerable unit, most first; each of several units counts the part once.

    Units of these parts without overdue ones, and those given in `units`, are there with 0: the list is complete.
    """
    all_parts = tuple(parts)
    counts = dict.fromkeys([*units, *(unit for part in all_parts for unit in _answerable(part))], 0)
    for part in overdue_parts(all_parts, on):
        for unit in _answerable(part):
            counts[unit] += 1
    return dict(sorted(counts.items(), key=lambda item: -item[1]))


@dataclass(frozen=True, slots=True)
class UnitDuties:
    """In how many parts a unit stands, by role; `overdue`: those that it answers for and that are late."""

    unit: str
    roles: Mapping[UnitRole, int]
    overdue: int


def duties_by_unit(parts: Iterable[TaskPart], on: date) -> tuple[UnitDuties, ...]:
    """Count the parts of each unit, of one plan or of several, separately by its role in them.

    A unit that has two roles in a part counts in both. Who leads most comes first, then who is responsible for most.
    """
    all_parts = tuple(parts)
    counts: dict[str, dict[UnitRole, int]] = {}
    for part in all_parts:
        for each in dict.fromkeys(part.units):
            roles = counts.setdefault(each.unit, dict.fromkeys(UnitRole, 0))
            roles[each.role] += 1
    late = overdue_by_unit(all_parts, on)
    found = [UnitDuties(unit, roles, late.get(unit, 0)) for unit, roles in counts.items()]
    return tuple(sorted(found, key=lambda each: [-each.roles[role] for role in UnitRole]))


def _answerable(part: TaskPart) -> tuple[str, ...]:
    return tuple(dict.fromkeys(unit.unit for unit in part.units if unit.role in ANSWERABLE))


def due_within(parts: Iterable[TaskPart], on: date, days: int) -> tuple[TaskPart, ...]:
    """Return the parts not accepted yet that are due from `on` to so many days later, both included."""
    last = on + timedelta(days=days)
    running = [part for part in parts if part_state(part, on) is PartState.RUNNING]
    soon = [part for part in running if part.due_on is not None and part.due_on <= last]
    return tuple(sorted(soon, key=lambda part: (part.due_on or date.max, part.task, part.code)))


def standing_checks(parts: Iterable[TaskPart], on: date) -> tuple[TaskPart, ...]:
    """Return the accepted parts that have become standing checks and do not vanish from the list."""
    return tuple(part for part in parts if part_state(part, on) is PartState.STANDING)


# --- what keeping a deadline brings ------------------------------------------------------------------------------


class Outcome(StrEnum):
    """What a deadline brings in the end."""

    REWARD = "reward"  # 奖励
    NEITHER = "neither"  # 不奖不罚
    PENALTY = "penalty"  # 问责、扣分


@dataclass(frozen=True, slots=True)
class PartOutcome:
    """The consequence of one part, by how many days it was built late (None: not built), and why."""

    part: TaskPart
    outcome: Outcome
    late_days: int | None
    reason: str


def staged_outcome(part: TaskPart, on: date, *, needs_acceptance_in_time: bool = True) -> PartOutcome | None:
    """Return what keeping or missing the deadline brings, as of a day. None: not decided yet.

    Built late or not at all is a penalty; built and accepted in time a reward. Built in time but accepted later, or
    not, is neither – under the lenient setting a later acceptance still brings the reward.
    """
    due = part.due_on
    if due is None:
        return None
    built = _by(part.built_on, on)
    if built is None:
        return PartOutcome(part, Outcome.PENALTY, None, "未完成") if on > due else None
    late_days = max((built - due).days, 0)
    if late_days:
        return PartOutcome(part, Outcome.PENALTY, late_days, f"逾期 {late_days} 日完成")
    accepted = _by(part.accepted_on, on)
    if accepted is not None and (accepted <= due or not needs_acceptance_in_time):
        return PartOutcome(part, Outcome.REWARD, 0, "按期完成并验收")
    if on <= due:
        return None
    return PartOutcome(part, Outcome.NEITHER, 0, "按期完成，验收逾期" if accepted else "按期完成，未验收")


def _by(day: date | None, on: date) -> date | None:
    return day if day is not None and day <= on else None


@dataclass(frozen=True, slots=True)
class Settlement:
    """What the outcomes amount to. None: the figure is not set (待定), so there is no sum, not a sum of zero."""

    rewards: int
    penalties: int
    reward_sum: Decimal | None
    deduction_sum: Decimal | None


def settle(outcomes: Iterable[PartOutcome], *, reward: Decimal | None, deduction: Decimal | None) -> Settlement:
    """Multiply the outcomes with the county's figures, where it has set them."""
    kinds = [outcome.outcome for outcome in outcomes]
    rewards, penalties = kinds.count(Outcome.REWARD), kinds.count(Outcome.PENALTY)
    return Settlement(
        rewards,
        penalties,
        None if reward is None else reward * rewards,
        None if deduction is None else deduction * penalties,
    )


def share_built(parts: Sequence[TaskPart], on: date, *, by_own_deadline: bool = False) -> Fraction | None:
    """Return the share of the parts that are built on a day, exact; None if there are none.

    With `by_own_deadline` only those count that were built by their own deadlines.
    """
    if not parts:
        return None
    built = [part for part in parts if _by(part.built_on, on) is not None]
    if by_own_deadline:
        built = [part for part in built if part.due_on and part.built_on and part.built_on <= part.due_on]
    return Fraction(len(built), len(parts))
