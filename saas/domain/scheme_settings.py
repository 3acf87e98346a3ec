"""What the text of a scheme usually leaves open, made explicit (口径): each choice is data and can be printed.

A choice that matters for a scheme and is not made stops the scheme from loading; nothing is chosen silently.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum


class ScoresFrom(StrEnum):
    """How self-score (自评) and re-check (复核) become one score."""

    RECHECK_REPLACES = "recheck_replaces"
    SELF_UNLESS_RECHECKED = "self_unless_rechecked"
    AVERAGE = "average"
    WEIGHTS = "weights"


class FactSource(StrEnum):
    """Who recorded a finding."""

    SELF = "self"  # 自评
    RECHECK = "recheck"  # 复核
    OFFICE = "office"  # 考核办 enters it, e.g. a commendation from above


class RankedBy(StrEnum):
    """What a ranking orders by."""

    POINTS = "points"
    RECHECK_POINTS = "recheck_points"
    SELF_POINTS = "self_points"
    MONEY = "money"
    NONE = "none"


class Ties(StrEnum):
    """What happens to units that are still equal after every tie-break."""

    SHARED = "shared"  # 1, 2, 2, 4
    DENSE = "dense"  # 1, 2, 2, 3
    ASK = "ask"  # 待裁定: their rank stays undetermined


class Preference(StrEnum):
    """Which of two equal units a tie-break puts first."""

    HIGHER_SCORE = "higher_score"
    FEWER_DEDUCTIONS = "fewer_deductions"


class VetoedUnits(StrEnum):
    """Where a vetoed unit (一票否决) stands in a ranking."""

    UNRANKED = "unranked"
    LAST = "last"
    RANKED = "ranked"


class IncompleteUnits(StrEnum):
    """What a unit whose total is undetermined or missing does to a ranking."""

    UNRANKED = "unranked"  # it has no rank, the others are ranked without it
    BLOCK = "block"  # nobody in its group is ranked


class NotApplicableItems(StrEnum):
    """What happens to the points of an item that does not apply to a unit (缺项)."""

    RESCALE = "rescale"  # the remaining items are scaled up to the full score
    FULL = "full"  # full score
    DROP = "drop"  # the unit can reach that much less


class WithoutRecheck(StrEnum):
    """What findings mean for a unit that nobody has re-checked yet."""

    MISSING = "missing"
    NO_FINDINGS = "no_findings"


class LossBookedTo(StrEnum):
    """Which day of an event decides the month (当月) that loses the base subsidy."""

    INSPECTION = "inspection"
    NOTICE = "notice"
    EXPOSURE = "exposure"


class RollUp(StrEnum):
    """How months become a quarter, or quarters a year."""

    SUM = "sum"
    MEAN = "mean"
    LAST = "last"
    WEIGHTED = "weighted"


class MissingPeriods(StrEnum):
    """What a period without a result does to the roll-up."""

    UNDETERMINED = "undetermined"
    SKIP = "skip"


class FiledIn(StrEnum):
    """The month in which the self-score of a month is filed."""

    SAME_MONTH = "same_month"
    NEXT_MONTH = "next_month"


@dataclass(frozen=True, slots=True)
class Base:
    """The base subsidy of a period (基本补助): one amount, a unit's attribute, a table by attribute, or open.

    Without amount and attribute the base is undetermined. With a table, a value not in it is undetermined too.
    """

    label: str
    amount: Decimal | None = None
    attribute: str | None = None
    table: tuple[tuple[str, Decimal], ...] = ()


@dataclass(frozen=True, slots=True)
class TieBreak:
    """One step of breaking a tie: by an item (`code`), or by points or money when `code` is the ranking's name."""

    code: str
    prefer: Preference


@dataclass(frozen=True, slots=True)
class Grade:
    """A grade (等次), best first. `at_least` is compared with unrounded points; `quota_percent` limits how many."""

    label: str
    at_least: Decimal | None = None
    quota_percent: Decimal | None = None


@dataclass(frozen=True, slots=True)
class SelfScoreDue:
    """Until when a self-score is filed: “16日前” with `inclusive` says whether the 16th itself is in time."""

    day: int
    inclusive: bool
    filed_in: FiledIn = FiledIn.SAME_MONTH


@dataclass(frozen=True, slots=True)
class RecheckWindow:
    """The days of the re-check, both included, in the month in which self-scores are filed."""

    from_day: int
    to_day: int


@dataclass(frozen=True, slots=True)
class PeriodRollUp:
    """How results of several periods are combined. `weights` (percent) belong to `weighted` only."""

    points: RollUp
    money: RollUp
    missing: MissingPeriods
    weights: tuple[Decimal, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """The choices of one scheme. None where a choice has no bearing on its rules."""

    ranked_by: RankedBy
    base: Base | None = None
    scores_from: ScoresFrom | None = None
    self_weight: Decimal | None = None
    recheck_weight: Decimal | None = None
    facts_counted: tuple[FactSource, ...] = (FactSource.RECHECK, FactSource.OFFICE)
    without_recheck: WithoutRecheck = WithoutRecheck.MISSING
    deductions_in_loss_period: bool | None = None
    bonus_in_loss_period: bool | None = None
    loss_booked_to: LossBookedTo | None = None
    negative_payable: bool | None = None
    household_in_two_rules: bool | None = None
    not_applicable_items: NotApplicableItems | None = None
    points_floor: Decimal | None = None
    points_cap: Decimal | None = None
    period_from_day: int = 1
    self_score_due: SelfScoreDue | None = None
    recheck_window: RecheckWindow | None = None
    peer_group: str | None = None
    tie_breaks: tuple[TieBreak, ...] = ()
    ties: Ties | None = None
    vetoed_units: VetoedUnits | None = None
    incomplete_units: IncompleteUnits = IncompleteUnits.UNRANKED
    grades: tuple[Grade, ...] = ()
    veto_grade: str | None = None
    roll_up: PeriodRollUp | None = None
    decimals_points: int = 2
    decimals_yuan: int = 2


@dataclass(frozen=True, slots=True)
class SettingLine:
    """One setting as a document prints it: name of the question, the answer chosen."""

    name: str
    label: str
    value: str
