"""Targets (目标): was the figure reached by the deadline. docs/plan-format.md describes the format.

Compared unrounded, as exact fractions; only what is shown is rounded, half up. Group rates are never averaged. Not
applicable, missing, undetermined and not met are four different results. Readings are cumulative and dated.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction
from math import ceil

from saas.domain.deadlines import Deadline


class Comparator(StrEnum):
    """How reading and figure are compared. Stored in definitions: never rename a value."""

    AT_LEAST = "at_least"  # ≥
    AT_MOST = "at_most"  # ≤
    EQUALS = "equals"  # =
    RANGE = "range"  # 区间
    ZERO = "zero"  # 零发生
    ALL = "all"  # 全部
    DIRECTION = "direction"  # 升降
    LEVEL = "level"  # 等级
    RANK = "rank"  # 名次
    DATE = "date"  # 按期完成
    DOCUMENT = "document"  # 制发文件


class Kind(StrEnum):
    """What a figure is."""

    NUMBER = "number"  # 数
    PERCENT = "percent"  # 百分比
    RATIO = "ratio"  # 比, 1:4000
    PER = "per"  # 每十万人 …


class Strength(StrEnum):
    """How binding a target is."""

    BINDING = "binding"  # 约束性
    STRETCH = "stretch"  # 力争
    ADVISORY = "advisory"  # 倡导


class Scope(StrEnum):
    """What the figure applies to."""

    TOTAL = "total"
    EACH_UNIT = "each_unit"
    SHARE_OF_UNITS = "share_of_units"


class State(StrEnum):
    """The result."""

    MET = "met"  # 达到
    MET_LATE = "met_late"  # 逾期达到
    NOT_MET = "not_met"  # 未达到
    NOT_DUE = "not_due"  # 未到期
    MISSING = "missing"  # 未报
    NOT_APPLICABLE = "not_applicable"  # 不适用
    UNDETERMINED = "undetermined"  # 待定


@dataclass(frozen=True, slots=True)
class Group:
    """A part of the population with a figure of its own."""

    code: str
    name: str
    figure: Fraction | None


@dataclass(frozen=True, slots=True)
class Milestone:
    """A figure on the way: cumulative, or what is added since the milestone before."""

    deadline: Deadline
    figure: Fraction | None


@dataclass(frozen=True, slots=True)
class Target:
    """A target as data. What the fields mean: docs/plan-format.md. `figure` None: 待定."""

    code: str
    name: str
    comparator: Comparator
    kind: Kind = Kind.NUMBER
    figure: Fraction | None = None
    high: Fraction | None = None
    per: int = 1
    measure: str = ""
    numerator: str = ""
    denominator: str = ""
    is_whole: bool = False
    is_exclusive: bool = False
    strength: Strength = Strength.BINDING
    deadline: Deadline | None = None
    milestones: tuple[Milestone, ...] = ()
    has_increments: bool = False
    groups: tuple[Group, ...] = ()
    population: str = ""
    scope: Scope = Scope.TOTAL
    share: Fraction | None = None
    decimals: int = 2
    is_upward: bool | None = None
    baseline: Fraction | None = None
    levels: tuple[str, ...] = ()
    level: str = ""

    @property
    def scale(self) -> int:
        """What a share is multiplied with to be compared with the figure: 100 for percent, 100,000 for 每十万."""
        return {Kind.PERCENT: 100, Kind.PER: self.per}.get(self.kind, 1)


Number = Decimal | Fraction | int


@dataclass(frozen=True, slots=True)
class Reading:
    """What was reported as of a day: a value, or numerator and denominator; a level by its name; done = value 1."""

    on: date
    value: Number | None = None
    numerator: Number | None = None
    denominator: Number | None = None
    group: str = ""
    level: str = ""
    is_not_applicable: bool = False


@dataclass(frozen=True, slots=True)
class Evaluation:
    """What came out. `actual` is exact; `shown` is rounded for people. `shortfall` > 0: behind, < 0: ahead (超额).

    `needed` is the number that had to be counted, where that is known. `trace` says why, in sentences.
    """

    state: State
    strength: Strength
    actual: Fraction | None = None
    shown: str = ""
    needed: Fraction | None = None
    shortfall: Fraction | None = None
    reached_on: date | None = None
    trace: tuple[str, ...] = ()
    milestones: tuple[Evaluation, ...] = ()
    groups: tuple[Evaluation, ...] = ()

    @property
    def is_failure(self) -> bool:
        """Whether it counts as a failure: only a binding target that was not met, or met late."""
        return self.strength is Strength.BINDING and self.state in {State.NOT_MET, State.MET_LATE}

    @property
    def label(self) -> str:
        """The result in words; a stretch target that was missed is not called a failure."""
        if self.state is State.NOT_MET and self.strength is not Strength.BINDING:
            return {Strength.STRETCH: "力争未达", Strength.ADVISORY: "倡导未达"}[self.strength]
        return STATE_LABELS[self.state]


STATE_LABELS = {
    State.MET: "达到",
    State.MET_LATE: "逾期达到",
    State.NOT_MET: "未达到",
    State.NOT_DUE: "未到期",
    State.MISSING: "未报",
    State.NOT_APPLICABLE: "不适用",
    State.UNDETERMINED: "待定",
}


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """One comparison: a deadline with its figure, and the figures of increments up to it."""

    deadline: Deadline | None
    figure: Fraction | None
    increments: tuple[Fraction, ...] = field(default=())


def required_count(percent: Number, base: int, *, rounds_up: bool = True) -> int:
    """Return how many whole ones a percentage of a base asks for: 10 % of 128 → 13 (“不少于” rounds up).

    With `rounds_up=False` the part of a whole is dropped; which of both holds is the county's setting.
    """
    exact = Fraction(percent) * base / 100
    return ceil(exact) if rounds_up else int(exact)


def checkpoints(target: Target) -> tuple[Checkpoint, ...]:
    """Return the milestones of a target in the order of their days."""
    found: list[Checkpoint] = []
    increments: tuple[Fraction, ...] = ()
    for milestone in sorted(target.milestones, key=lambda each: each.deadline.due_on):
        if target.has_increments and milestone.figure is not None:
            increments += (milestone.figure,)
        found.append(Checkpoint(milestone.deadline, milestone.figure, increments))
    return tuple(found)


def final_checkpoint(target: Target) -> Checkpoint:
    """Return what the target asks for in the end: its own figure, or its last milestone.

    A target whose deadline lies after its last milestone and has no figure is open at the end (待定).
    """
    own = Checkpoint(target.deadline, target.figure)
    if target.figure is not None or not target.milestones:
        return own
    last = checkpoints(target)[-1]
    goes_on = target.deadline and last.deadline and target.deadline.due_on > last.deadline.due_on
    return own if goes_on else last


# The order in which the results of parts decide the whole: one surely missed part decides, then what cannot be said.
_GRAVITY = (State.NOT_MET, State.UNDETERMINED, State.MISSING, State.NOT_DUE, State.MET_LATE, State.MET)


def combined_state(states: Sequence[State]) -> State:
    """Return the result of a whole whose parts must all be met. Parts that are not applicable do not count."""
    return next((state for state in _GRAVITY if state in states), State.NOT_APPLICABLE)
