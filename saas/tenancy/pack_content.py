"""What a pack says beside the organisation: registrations of forms, collections, plans, uses of schemes, history."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from enum import StrEnum
from typing import Annotated, Any, Literal

from pydantic import Field, StringConstraints, model_validator

from saas.tenancy.pack_schema import Code, Day, Name, PackPart, RelativeMonth, RelativePeriod, ShortName, Text, Words

Body = Annotated[str, StringConstraints(max_length=4000)]
Digits = Annotated[Decimal, Field(ge=0)]
Cadence = Literal[
    "day", "week", "ten_days", "half_month", "month", "quarter", "half_year", "year", "term", "window", "event"
]


class Registration(PackPart):
    """Who asks for a form and on what ground (填报依据), and until when it may be asked (有效期)."""

    owner_unit: Code
    legal_basis: Text
    expires_on: Day | None = None


class CollectionTable(PackPart):
    """A collection (填报任务) as written; its tables (`cohort`, `window`, `filled_by` …) are read by the domain."""

    code: Code
    name: Name
    form: Code
    route: Code
    plan: Code | None = None
    cadence: Cadence | Literal["term"]
    own: Mapping[str, str] | None = None
    starts_on: Day
    ends_on: Day | None = None
    cohort: Mapping[str, Any]
    window: Mapping[str, Any]
    filled_by: Mapping[str, Any] | None = None
    compiling: Mapping[str, Any] | None = None


class Application(PackPart):
    """How a scheme is used (方案的适用): for whom, how often, from which submissions, confirmed by which route."""

    cadence: Cadence
    collection: Code | None = None
    route: Code
    effective_from: Day
    cohort: Mapping[str, Any]


# plans/*.toml


class SectionKind(StrEnum):
    """What a section of a plan prints: its own text, or the plan's rows."""

    TEXT = "text"
    TARGETS = "targets"
    TASKS = "tasks"
    STAGES = "stages"
    SAFEGUARDS = "safeguards"


class ResponsibilityMode(StrEnum):
    """How the units of a task share it (责任方式)."""

    LEAD_RESPONSIBLE = "lead_responsible"  # 牵头 + 责任
    LEAD_SUPPORTING = "lead_supporting"  # 牵头 + 配合
    LEAD_SEPARATE = "lead_separate"  # 牵头 + 分别负责
    SEPARATE = "separate"  # 分别负责
    SOLE = "sole"  # 单独负责


class PartRole(StrEnum):
    """What a unit does in a part of a task."""

    LEAD = "lead"  # 牵头单位
    RESPONSIBLE = "responsible"  # 责任单位
    SUPPORTING = "supporting"  # 配合单位
    SUPERVISOR = "supervisor"  # 监督单位


class PlanSectionTable(PackPart):
    """A section in the plan's own order. Paragraphs of `body` are separated by line breaks."""

    kind: SectionKind = SectionKind.TEXT
    heading: Name
    body: Body = ""


class PartUnit(PackPart):
    """A unit of the county, the unit responsible for a function (宣传), or plain words (各乡镇人民政府).

    With words, `unit_type` says which units are meant. A function that no unit has is printed in words.
    """

    unit: Code | None = None
    function: ShortName = ""
    label: Annotated[str, StringConstraints(max_length=60)] = ""
    unit_type: Code | None = None
    role: PartRole = PartRole.RESPONSIBLE

    @model_validator(mode="after")
    def _unit_or_words(self) -> PartUnit:
        if [bool(self.unit), bool(self.function), bool(self.label)].count(True) != 1:
            raise ValueError("要写 unit、function 或 label，且只写一个")
        return self


class PartTable(PackPart):
    """A part of a task. `due_on` is the last day in time; `due_text` keeps the plan's wording (8月25日前)."""

    code: Code
    title: Annotated[str, StringConstraints(max_length=200)] = ""
    due_on: Day | None = None
    due_text: Annotated[str, StringConstraints(max_length=60)] = ""
    standing: bool = False
    units: Annotated[tuple[PartUnit, ...], Field(min_length=1)]


class TaskTable(PackPart):
    """A task of a plan with one or more dated parts."""

    code: Code
    title: Name
    body: Body = ""
    mode: ResponsibilityMode
    parts: Annotated[tuple[PartTable, ...], Field(min_length=1)]


class StageTable(PackPart):
    """A stage (实施步骤). Without an end it stays open."""

    name: Name
    starts_on: Day | None = None
    ends_on: Day | None = None
    body: Body = ""


class AttachmentTable(PackPart):
    """An attachment by its title; the rows it shows come from the plan (目标表, 任务分解表)."""

    title: Name
    shows: Literal["targets", "tasks"] | None = None


class PlanTable(PackPart):
    """A plan (实施方案) to be drafted or already issued."""

    code: Code
    title: Name
    topic: Name
    unit: Code
    route: Code
    starts_on: Day
    ends_on: Day
    basis: Body
    goals: Body
    addressees: tuple[Name, ...] = ()
    copied_to: tuple[Name, ...] = ()
    countersign_units: tuple[Code, ...] = ()
    signatory: Words = ""
    sections: Annotated[tuple[PlanSectionTable, ...], Field(min_length=1)]
    tasks: tuple[TaskTable, ...] = ()
    stages: tuple[StageTable, ...] = ()
    attachments: tuple[AttachmentTable, ...] = ()

    @model_validator(mode="after")
    def _ends_after_start(self) -> PlanTable:
        if self.ends_on < self.starts_on:
            raise ValueError("的结束日期早于开始日期")
        return self

    @property
    def characters(self) -> int:
        """The length of the plan's own text (字数), without white space: what the limits on length count."""
        texts = [self.basis, self.goals]
        texts += [section.heading + section.body for section in self.sections]
        texts += [task.title + task.body + "".join(part.title for part in task.parts) for task in self.tasks]
        texts += [stage.name + stage.body for stage in self.stages]
        return sum(len("".join(text.split())) for text in texts)


# history.toml: believable months before today, for demonstrations


class SubmissionCase(StrEnum):
    """What became of a submission that is not simply handed in on time and accepted."""

    LATE = "late"  # 逾期报送，已验收
    MISSING = "missing"  # 未报
    RETURNED = "returned"  # 退回后未再报
    RESUBMITTED = "resubmitted"  # 退回后改正再报，已验收
    NOT_APPLICABLE = "not_applicable"  # 不适用
    ZERO = "zero"  # 零报告
    DRAFT = "draft"  # 只存了草稿
    WAITING = "waiting"  # 已报送，待审核
    CORRECTED = "corrected"  # 验收后更正，形成新版本


class Spread(PackPart):
    """Percentages between which generated figures lie, both included."""

    low: Annotated[Decimal, Field(ge=0, le=100)]
    high: Annotated[Decimal, Field(ge=0, le=100)]

    @model_validator(mode="after")
    def _in_order(self) -> Spread:
        if self.high < self.low:
            raise ValueError("的上限小于下限")
        return self


class SubmissionHistory(PackPart):
    """Named units whose submission for one period differs from the ordinary course. `answers` overrides figures."""

    collection: Code
    period: RelativePeriod
    units: Annotated[tuple[Code, ...], Field(min_length=1)]
    case: SubmissionCase
    reason: Annotated[str, StringConstraints(max_length=300)] = ""
    answers: Mapping[str, Any] = Field(default_factory=dict)


class AnswerSpread(PackPart):
    """Between which whole numbers the generated answers of one field lie, both included."""

    collection: Code
    field: Code
    low: Annotated[int, Field(ge=0)]
    high: Annotated[int, Field(ge=0)]


class RoundHistory(PackPart):
    """A round of a scheme in a past period: how far it went, and how its scores lie (percent of the full score)."""

    scheme: Code
    period: RelativePeriod
    status: Literal["collecting", "rechecked", "computed", "confirmed", "published"]
    self_scores: Spread
    recheck_below_self: Spread


class FindingRate(PackPart):
    """How often a rule is found in ordinary villages: in `percent` of the units, each 1 to `at_most` times."""

    scheme: Code
    rule: Code
    percent: Annotated[int, Field(ge=0, le=100)]
    at_most: Annotated[int, Field(ge=1, le=50)]


class ReadingHistory(PackPart):
    """A rule that needs a figure gets it, in every round, from an attribute of the unit (复查时核实的数)."""

    scheme: Code
    rule: Code
    attribute: Code


class FactHistory(PackPart):
    """One named finding. `quantity` left out means that nobody wrote how many (未写数量)."""

    scheme: Code
    period: RelativePeriod
    unit: Code
    rule: Code
    source: Literal["self", "recheck", "office"] = "recheck"
    quantity: Digits | None = None
    households: tuple[str, ...] = ()
    day: Annotated[int, Field(ge=1, le=28)] = 17
    note: Annotated[str, StringConstraints(max_length=300)] = ""


class ScoreHistory(PackPart):
    """Named scores: `same_as` repeats another unit's (并列), `is_rechecked = false` leaves the unit out (未复查)."""

    scheme: Code
    period: RelativePeriod
    unit: Code
    same_as: Code | None = None
    is_rechecked: bool = True
    scores: Mapping[str, Digits] = Field(default_factory=dict)


class TargetHistory(PackPart):
    """A cumulative reading of a target at the end of a month."""

    target: Code
    month: RelativeMonth
    group: Code | None = None
    unit: Code | None = None
    value: Digits | None = None
    numerator: Digits | None = None
    denominator: Digits | None = None
    not_applicable: bool = False
    note: Annotated[str, StringConstraints(max_length=300)] = ""


class TaskHistory(PackPart):
    """A report on a part of a task."""

    plan: Code
    task: Code
    part: Code
    unit: Code
    kind: Literal["progress", "done", "accepted", "returned"]
    month: RelativeMonth
    text: Annotated[str, StringConstraints(min_length=1, max_length=500)]


class PlanHistory(PackPart):
    """How far a plan has come: a draft, on its way, or signed and issued in a month."""

    plan: Code
    status: Literal["draft", "in_review", "returned", "signed"]
    month: RelativeMonth
    comment: Annotated[str, StringConstraints(max_length=300)] = ""


class History(PackPart):
    """Three months of believable history. Months are relative to today; the seed makes it the same every time."""

    seed: Annotated[int, Field(ge=0)]
    months: Annotated[tuple[RelativeMonth, ...], Field(min_length=1)]
    plans: tuple[PlanHistory, ...] = ()
    submissions: tuple[SubmissionHistory, ...] = ()
    answers: tuple[AnswerSpread, ...] = ()
    rounds: tuple[RoundHistory, ...] = ()
    finding_rates: tuple[FindingRate, ...] = ()
    readings: tuple[ReadingHistory, ...] = ()
    facts: tuple[FactHistory, ...] = ()
    scores: tuple[ScoreHistory, ...] = ()
    target_values: tuple[TargetHistory, ...] = ()
    task_reports: tuple[TaskHistory, ...] = ()
