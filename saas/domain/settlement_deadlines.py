"""Money and points for tasks that each have their own deadline (分批完成的奖惩)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum

from saas.domain.amounts import ZERO, Amount, determined, undetermined


class DeadlineOutcome(StrEnum):
    """What a deadline means for one object. Stored in results: never rename a value."""

    REWARD = "reward"  # 奖励: built and accepted in time
    NEITHER = "neither"  # 不奖不罚: built in time, not accepted in time
    PENALTY = "penalty"  # 追究: built late or not at all
    PENDING = "pending"  # 未到期


@dataclass(frozen=True, slots=True)
class DatedObject:
    """One object (a village, a road) with its deadline, the last day included, and what happened."""

    code: str
    due_on: date
    built_on: date | None = None
    accepted_on: date | None = None


@dataclass(frozen=True, slots=True)
class DeadlinePolicy:
    """What a county decided. None is undetermined (待定).

    `acceptance_by_deadline` is the strict reading: acceptance, too, must come by the deadline for the reward.
    """

    reward_yuan: Decimal | None
    penalty_points: Decimal | None
    acceptance_by_deadline: bool = True


@dataclass(frozen=True, slots=True)
class ObjectConsequence:
    """What one object brings: the outcome, days late (0 if in time), and why."""

    code: str
    outcome: DeadlineOutcome
    late_days: int
    reason: str


@dataclass(frozen=True, slots=True)
class DeadlineSettlement:
    """All objects of a plan: each outcome, the money to be paid out, the points to be taken."""

    consequences: tuple[ObjectConsequence, ...]
    reward: Amount
    penalty: Amount

    def codes(self, outcome: DeadlineOutcome) -> tuple[str, ...]:
        """Return the objects with this outcome, in order."""
        return tuple(entry.code for entry in self.consequences if entry.outcome is outcome)


def settle_deadlines(objects: Sequence[DatedObject], policy: DeadlinePolicy, as_of: date) -> DeadlineSettlement:
    """Return what the deadlines mean on the day `as_of`; what happened after that day is not yet known."""
    consequences = tuple(_consequence(entry, policy, as_of) for entry in sorted(objects, key=lambda entry: entry.code))
    rewards = sum(1 for entry in consequences if entry.outcome is DeadlineOutcome.REWARD)
    penalties = sum(1 for entry in consequences if entry.outcome is DeadlineOutcome.PENALTY)
    return DeadlineSettlement(
        consequences,
        reward=_times(rewards, policy.reward_yuan, "奖励标准待定"),
        penalty=_times(penalties, None if policy.penalty_points is None else -policy.penalty_points, "扣分标准待定"),
    )


def _times(count: int, each: Decimal | None, open_reason: str) -> Amount:
    if count == 0:
        return determined(ZERO)
    return undetermined(open_reason) if each is None else determined(count * each)


def _consequence(entry: DatedObject, policy: DeadlinePolicy, as_of: date) -> ObjectConsequence:
    built = _known(entry.built_on, as_of)
    accepted = _known(entry.accepted_on, as_of)
    if built is None:
        if as_of <= entry.due_on:
            return ObjectConsequence(entry.code, DeadlineOutcome.PENDING, 0, "未到期")
        return ObjectConsequence(entry.code, DeadlineOutcome.PENALTY, (as_of - entry.due_on).days, "到期未完成")
    if built > entry.due_on:
        late = (built - entry.due_on).days
        return ObjectConsequence(entry.code, DeadlineOutcome.PENALTY, late, f"逾期 {late} 天完成")
    if accepted is not None and (accepted <= entry.due_on or not policy.acceptance_by_deadline):
        return ObjectConsequence(entry.code, DeadlineOutcome.REWARD, 0, "按期完成并验收")
    if accepted is None and as_of <= entry.due_on:
        return ObjectConsequence(entry.code, DeadlineOutcome.PENDING, 0, "已完成，待验收")
    reason = "按期完成，未验收" if accepted is None else "按期完成，验收晚于期限"
    return ObjectConsequence(entry.code, DeadlineOutcome.NEITHER, 0, reason)


def _known(day: date | None, as_of: date) -> date | None:
    return day if day is not None and day <= as_of else None


def built_by(objects: Sequence[DatedObject], day: date) -> int:
    """Return how many objects were built by a day, whatever their own deadline."""
    return sum(1 for entry in objects if entry.built_on is not None and entry.built_on <= day)


def built_in_time(objects: Sequence[DatedObject]) -> int:
    """Return how many objects were built by their own deadline."""
    return sum(1 for entry in objects if entry.built_on is not None and entry.built_on <= entry.due_on)
