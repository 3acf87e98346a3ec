"""What a reorganisation touches (影响预览), counted and listed before anything happens. Reads only.

Nothing of other people's content is shown: names of units, forms, periods and cases, as the directory knows them.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from flask_babel import gettext
from sqlalchemy import or_, select
from sqlalchemy.orm import joinedload

from saas.access.permissions import Permission
from saas.accounts.models import Appointment, Delegation, User
from saas.administration.reorganisation.handing_on import sole_heir, summary_of_posts
from saas.administration.reorganisation.impact_cohorts import list_cohort_changes
from saas.administration.reorganisation.impact_units import describe_units
from saas.assessment.models import AssessedUnit, AssessmentResult, AssessmentRound
from saas.bodies.models import Body, BodySeat
from saas.db import db
from saas.documents.models import Document
from saas.domain.periods import Cadence, Period
from saas.domain.progress import CaseStatus
from saas.domain.reorganisation import Outcome
from saas.domain.workflow import PartStatus, RoundStatus, SubmissionStatus
from saas.org.models import OrgUnit, Post, UnitFunction, UnitLink
from saas.plans.models import Plan, PlanTask, PlanTaskPart, PlanTaskUnit
from saas.review.models import ReviewCase, ReviewTask
from saas.submissions.models import Submission
from saas.targets.models import Target

SHOWN = 100
_UNDER_WAY = (SubmissionStatus.DRAFT, SubmissionStatus.RETURNED, SubmissionStatus.SUBMITTED, SubmissionStatus.REVIEWED)
_FIXED = (RoundStatus.CONFIRMED, RoundStatus.PUBLISHED)


@dataclass(frozen=True, slots=True)
class Line:
    """One thing that is touched. `endpoint` is its page, for those who hold `permission`."""

    text: str
    note: str = ""
    endpoint: str = ""
    arguments: Mapping[str, Any] = field(default_factory=dict)
    permission: Permission = Permission.ORG_VIEW


@dataclass(frozen=True, slots=True)
class Section:
    """Things of one kind. `lead` says what happens to them; `is_blocking`: while there are any, nothing goes."""

    code: str
    title: str
    lead: str
    lines: Sequence[Line]
    is_blocking: bool = False

    @property
    def shown(self) -> Sequence[Line]:
        """The first of the lines."""
        return self.lines[:SHOWN]


@dataclass(frozen=True, slots=True)
class Impact:
    """Everything that a reorganisation touches."""

    sections: Sequence[Section]

    @property
    def is_blocked(self) -> bool:
        """Whether something must be finished first."""
        return any(section.is_blocking and section.lines for section in self.sections)

    def as_json(self) -> list[dict[str, Any]]:
        """What is kept when it is confirmed."""
        return [
            {
                "code": section.code,
                "title": section.title,
                "count": len(section.lines),
                "lines": [f"{line.text} {line.note}".strip() for line in section.shown],
            }
            for section in self.sections
        ]


def assess_impact(outcome: Outcome) -> Impact:
    """Return what is touched. The number of statements does not grow with the number of rows."""
    return Impact([make(outcome) for make in _SECTIONS])


def _ids(values: Collection[uuid.UUID]) -> list[uuid.UUID]:
    return list(values)


def _touched(outcome: Outcome) -> list[uuid.UUID]:
    return [*outcome.closed, *outcome.changed]


def _name(outcome: Outcome, unit_id: uuid.UUID) -> str:
    return outcome.before.name_of(unit_id, outcome.effective_on) or outcome.after.name_of(unit_id, outcome.effective_on)


def _lasts(model: Any, outcome: Outcome) -> Any:
    return or_(model.ends_on.is_(None), model.ends_on > outcome.effective_on)


# --- units, posts, people ---------------------------------------------------------------------------------------------


def _units(outcome: Outcome) -> Section:
    lines = [
        Line(each.text, each.note, "org.show" if each.exists else "", {"unit_id": each.unit_id} if each.exists else {})
        for each in describe_units(outcome)
    ]
    return Section("units", gettext("单位"), gettext("自生效之日起，之前的记录不变。"), lines)


def _posts(outcome: Outcome) -> Section:
    holders: dict[uuid.UUID, list[str]] = {}
    rows = db.session.execute(
        select(Appointment.post_id, User.name)
        .join(User, User.id == Appointment.user_id)
        .where(Appointment.post_id.in_(_ids(outcome.posts)), _lasts(Appointment, outcome))
        .order_by(User.name)
    )
    for post_id, name in rows:
        holders.setdefault(post_id, []).append(name)
    lines = []
    for post_id, unit_id, name, heir, called in summary_of_posts(outcome):
        text = f"{_name(outcome, unit_id)} {name}（{'、'.join(holders.get(post_id, [])) or gettext('空缺')}）"
        goes = (
            gettext("转到%(unit)s %(post)s", unit=_name(outcome, heir), post=called)
            if heir
            else gettext("终止，任职到生效之日为止")
        )
        lines.append(Line(text, goes))
    lead = gettext("任职在生效之日终止或转入新岗位，权限随之变化；之前不变。")
    return Section("posts", gettext("岗位和任职人员"), lead, lines)


def _delegations(outcome: Outcome) -> Section:
    giver = User.__table__.alias("giver")
    rows = db.session.execute(
        select(Post.name, giver.c.name, User.name, Delegation.ends_on)
        .join(Post, Post.id == Delegation.post_id)
        .join(giver, giver.c.id == Delegation.from_user_id)
        .join(User, User.id == Delegation.to_user_id)
        .where(
            Delegation.post_id.in_(_ids(outcome.posts)), _lasts(Delegation, outcome), Delegation.revoked_at.is_(None)
        )
        .order_by(Delegation.starts_on, Delegation.id)
    )
    lines = [
        Line(
            gettext("%(post)s：%(giver)s 委托 %(taker)s", post=post, giver=one, taker=other),
            f"{gettext('原到期')} {ends_on}",
        )
        for post, one, other, ends_on in rows
    ]
    return Section("delegations", gettext("委托代办"), gettext("随岗位转移或终止。"), lines)


def _seats(outcome: Outcome) -> Section:
    rows = db.session.execute(
        select(Body.id, Body.name, BodySeat.title, BodySeat.unit_id, Post.name)
        .join(Body, Body.id == BodySeat.body_id)
        .outerjoin(Post, Post.id == BodySeat.post_id)
        .where(
            or_(BodySeat.post_id.in_(_ids(outcome.posts)), BodySeat.unit_id.in_(_ids(outcome.closed))),
            _lasts(BodySeat, outcome),
        )
        .order_by(Body.sort_order, Body.code, BodySeat.sort_order, BodySeat.id)
    )
    lines = [
        Line(f"{body}{f' {title}' if title else ''}", post or (_name(outcome, unit_id) if unit_id else ""))
        for _, body, title, unit_id, post in rows
    ]
    own = db.session.scalars(
        select(Body.name).where(Body.unit_id.in_(_ids(outcome.closed)), _lasts(Body, outcome)).order_by(Body.code)
    )
    lines += [Line(name, gettext("随单位终止")) for name in own]
    return Section("seats", gettext("议事协调机构的席位"), gettext("席位随岗位或承接单位转移，没有承接的终止。"), lines)


def _links(outcome: Outcome) -> Section:
    other = OrgUnit.__table__.alias("other")
    rows = db.session.execute(
        select(UnitLink.kind, OrgUnit.name, User.name, other.c.name, UnitLink.unit_id, UnitLink.linked_unit_id)
        .join(OrgUnit, OrgUnit.id == UnitLink.unit_id)
        .outerjoin(User, User.id == UnitLink.user_id)
        .outerjoin(other, other.c.id == UnitLink.linked_unit_id)
        .where(
            or_(UnitLink.unit_id.in_(_ids(outcome.closed)), UnitLink.linked_unit_id.in_(_ids(outcome.closed))),
            _lasts(UnitLink, outcome),
        )
        .order_by(UnitLink.kind, OrgUnit.sort_order, OrgUnit.code, UnitLink.id)
    )
    lines = []
    for kind, unit, person, linked, unit_id, linked_id in rows:
        closed = unit_id if unit_id in outcome.closed else linked_id
        heir = sole_heir(outcome, closed) if closed else None
        goes = gettext("转到%(unit)s", unit=_name(outcome, heir)) if heir else gettext("终止")
        lines.append(Line(f"{kind}：{person or linked} → {unit}", goes))
    functions = db.session.scalars(
        select(UnitFunction)
        .where(UnitFunction.unit_id.in_(_ids(outcome.closed)), _lasts(UnitFunction, outcome))
        .order_by(UnitFunction.name, UnitFunction.id)
    )
    for each in functions:
        heir = sole_heir(outcome, each.unit_id)
        goes = gettext("转到%(unit)s", unit=_name(outcome, heir)) if heir else gettext("终止")
        lines.append(
            Line(gettext("职能：%(name)s（%(unit)s）", name=each.name, unit=_name(outcome, each.unit_id)), goes)
        )
    return Section("links", gettext("联系和职能"), gettext("合并、改制的由承接单位接续，拆分、撤销的终止。"), lines)


# --- what is filled, reviewed, planned, assessed, printed -------------------------------------------------------------


def _cohorts(outcome: Outcome) -> Section:
    lines = []
    for change in list_cohort_changes(outcome):
        words = []
        if change.leaving:
            words.append(gettext("退出 %(count)s 个：%(names)s", count=len(change.leaving), names=_few(change.leaving)))
        if change.entering:
            words.append(
                gettext("进入 %(count)s 个：%(names)s", count=len(change.entering), names=_few(change.entering))
            )
        lines.append(Line(change.name, "；".join(words), change.endpoint, change.arguments, change.permission))
    lead = gettext("填报任务、考核办法和单位名册的对象范围发生变化；之前各期的范围不变。")
    return Section("cohorts", gettext("对象范围的变化"), lead, lines)


def _few(names: Sequence[str]) -> str:
    return "、".join(names[:8]) + ("……" if len(names) > 8 else "")


def _submissions(outcome: Outcome) -> Section:
    rows = db.session.scalars(
        select(Submission)
        .join(OrgUnit, OrgUnit.id == Submission.unit_id)
        .where(Submission.unit_id.in_(_touched(outcome)), Submission.status.in_(_UNDER_WAY))
        .options(joinedload(Submission.collection), joinedload(Submission.unit))
        .order_by(Submission.period_start, OrgUnit.sort_order, OrgUnit.code, Submission.id)
    ).all()
    labels = {
        SubmissionStatus.DRAFT: gettext("草稿"),
        SubmissionStatus.RETURNED: gettext("已退回"),
        SubmissionStatus.SUBMITTED: gettext("已报送，待审核"),
        SubmissionStatus.REVIEWED: gettext("已审核，待签批"),
    }
    lines = [
        Line(
            f"{row.unit.name} "
            f"{Period(row.period_start, row.period_end, Cadence(row.collection.cadence)).label}{row.collection.name}",
            labels[row.status],
            "submissions.show",
            {"submission_id": row.id},
            Permission.SUBMISSION_VIEW,
        )
        for row in rows
    ]
    lead = gettext("未办结的填报仍归原单位；撤并的单位请在生效前办结。已签批的不受影响。")
    return Section("submissions", gettext("未办结的填报"), lead, lines)


def _find_open_cases(outcome: Outcome) -> Sequence[ReviewCase]:
    asked = select(ReviewTask.case_id).where(
        ReviewTask.post_id.in_(_ids(outcome.posts)), ReviewTask.closed_at.is_(None)
    )
    return db.session.scalars(
        select(ReviewCase)
        .where(
            ReviewCase.status == CaseStatus.OPEN,
            or_(ReviewCase.unit_id.in_(_ids(outcome.closed)), ReviewCase.id.in_(asked)),
        )
        .order_by(ReviewCase.started_at, ReviewCase.id)
    ).all()


def open_cases_of(outcome: Outcome) -> list[str]:
    """The titles of what is under review for a unit that ends, or waits for one of its posts."""
    return [case.title for case in _find_open_cases(outcome)]


def _cases(outcome: Outcome) -> Section:
    lines = [
        Line(case.title, gettext("办理中"), "review.show", {"case_id": case.id}, Permission.CASE_VIEW)
        for case in _find_open_cases(outcome)
    ]
    lead = gettext("撤并单位的审签件、等待撤并单位岗位办理的审签件，须先办结或退回。")
    return Section("cases", gettext("未办结的审签件"), lead, lines, is_blocking=True)


def _tasks(outcome: Outcome) -> Section:
    rows = db.session.execute(
        select(Plan.id, Plan.title, PlanTask.title, OrgUnit.name)
        .join(PlanTask, PlanTask.plan_id == Plan.id)
        .join(PlanTaskPart, PlanTaskPart.task_id == PlanTask.id)
        .join(PlanTaskUnit, PlanTaskUnit.part_id == PlanTaskPart.id)
        .join(OrgUnit, OrgUnit.id == PlanTaskUnit.unit_id)
        .where(PlanTaskUnit.unit_id.in_(_touched(outcome)), PlanTaskPart.state != PartStatus.ACCEPTED.value)
        .order_by(Plan.starts_on.desc(), Plan.id, PlanTask.sort_order, PlanTask.id, OrgUnit.sort_order, OrgUnit.code)
    )
    lines = [
        Line(f"{unit}：{task}", plan, "plans.show", {"plan_id": plan_id}, Permission.PLAN_VIEW)
        for plan_id, plan, task, unit in rows
    ]
    targets = db.session.execute(
        select(Plan.id, Plan.title, Target.name, OrgUnit.name)
        .join(Plan, Plan.id == Target.plan_id)
        .join(OrgUnit, OrgUnit.id == Target.responsible_unit_id)
        .where(Target.responsible_unit_id.in_(_touched(outcome)))
        .order_by(Plan.starts_on.desc(), Plan.id, Target.sort_order, Target.code)
    )
    lines += [
        Line(
            gettext("%(unit)s：指标“%(name)s”", unit=unit, name=name),
            plan,
            "plans.show",
            {"plan_id": plan_id},
            Permission.PLAN_VIEW,
        )
        for plan_id, plan, name, unit in targets
    ]
    lead = gettext("方案已签发的文字不变；撤并单位未完成的任务、指标请另行明确承接单位。")
    return Section("tasks", gettext("未完成的任务和指标"), lead, lines)


def _rounds(outcome: Outcome) -> Section:
    rows = db.session.execute(
        select(AssessmentRound, OrgUnit.name, AssessmentResult.rank)
        .join(AssessedUnit, AssessedUnit.round_id == AssessmentRound.id)
        .join(OrgUnit, OrgUnit.id == AssessedUnit.unit_id)
        .outerjoin(
            AssessmentResult,
            (AssessmentResult.round_id == AssessmentRound.id) & (AssessmentResult.unit_id == AssessedUnit.unit_id),
        )
        .where(AssessedUnit.unit_id.in_(_touched(outcome)), AssessmentRound.status.not_in(_FIXED))
        .options(joinedload(AssessmentRound.scheme))
        .order_by(AssessmentRound.period_start, AssessmentRound.id, OrgUnit.sort_order, OrgUnit.code)
    )
    lines = []
    for found, unit, rank in rows:
        label = Period(found.period_start, found.period_end, Cadence(found.cadence)).label
        lines.append(
            Line(
                f"{found.scheme.name} {label}：{unit}",
                gettext("现名次 %(rank)s", rank=rank) if rank else gettext("尚无名次"),
                "assessment.show",
                {"round_id": found.id},
                Permission.ASSESSMENT_VIEW,
            )
        )
    lead = gettext("进行中的考核按开始时的名单完成，名单和名次不因调整而变；以后各期按新的机构。")
    return Section("rounds", gettext("进行中的考核和名次"), lead, lines)


def _documents(outcome: Outcome) -> Section:
    rows = db.session.scalars(
        select(Document)
        .where(Document.unit_id.in_(_touched(outcome)))
        .order_by(Document.created_at.desc(), Document.id)
        .limit(SHOWN)
    )
    lines = [
        Line(row.title, row.number or "", "documents.show", {"document_id": row.id}, Permission.DOCUMENT_VIEW)
        for row in rows
    ]
    return Section("documents", gettext("已生成的公文"), gettext("内容、文号和文件一律不变。"), lines)


_SECTIONS: tuple[Callable[[Outcome], Section], ...] = (
    _units,
    _cases,
    _posts,
    _delegations,
    _seats,
    _links,
    _cohorts,
    _submissions,
    _tasks,
    _rounds,
    _documents,
)
