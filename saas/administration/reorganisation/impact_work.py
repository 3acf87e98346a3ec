"""What is filled, reviewed, planned, assessed and printed, and touched by a reorganisation. Reads only."""

from __future__ import annotations

from collections.abc import Sequence

from flask_babel import gettext
from sqlalchemy import func, or_, select
from sqlalchemy.orm import joinedload

from saas.access.permissions import Permission
from saas.administration.reorganisation.impact_cohorts import list_cohort_changes
from saas.administration.reorganisation.impact_lines import SHOWN, Line, Section, ids, touched_units
from saas.assessment.models import AssessedUnit, AssessmentResult, AssessmentRound
from saas.db import db
from saas.documents.models import Document
from saas.domain.periods import Cadence, Period
from saas.domain.progress import CaseStatus
from saas.domain.reorganisation import Outcome
from saas.domain.workflow import PartStatus, RoundStatus, SubmissionStatus
from saas.org.models import OrgUnit
from saas.plans.models import Plan, PlanTask, PlanTaskPart, PlanTaskUnit
from saas.review.models import ReviewCase, ReviewTask
from saas.submissions.models import Collection, Submission
from saas.submissions.schedule import period_of_submission
from saas.targets.models import Target

_UNDER_WAY = (SubmissionStatus.DRAFT, SubmissionStatus.RETURNED, SubmissionStatus.SUBMITTED, SubmissionStatus.REVIEWED)
_FIXED = (RoundStatus.CONFIRMED, RoundStatus.PUBLISHED)


def cohorts(outcome: Outcome) -> Section:
    """Sets of units that get other members."""
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


def submissions(outcome: Outcome) -> Section:
    """Submissions that are not settled."""
    rows = db.session.scalars(
        select(Submission)
        .join(OrgUnit, OrgUnit.id == Submission.unit_id)
        .where(Submission.unit_id.in_(touched_units(outcome)), Submission.status.in_(_UNDER_WAY))
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
            f"{row.unit.name} {period_of_submission(row).label}{row.collection.name}",
            labels[row.status],
            "submissions.show",
            {"submission_id": row.id},
            Permission.SUBMISSION_VIEW,
        )
        for row in rows
    ]
    lead = gettext("未办结的填报仍归原单位；撤并的单位请在生效前办结。已签批的不受影响。")
    return Section("submissions", gettext("未办结的填报"), lead, lines)


def signed(outcome: Outcome) -> Section:
    """Signed submissions of periods that end after the day."""
    rows = db.session.execute(
        select(Collection.id, Collection.name, Submission.period_start, func.max(Submission.period_end), func.count())
        .join(Collection, Collection.id == Submission.collection_id)
        .where(
            Submission.status == SubmissionStatus.SIGNED_OFF,
            Submission.period_end >= outcome.effective_on,
            Submission.unit_id.in_(touched_units(outcome)),
        )
        .group_by(Collection.tenant_id, Collection.id, Collection.name, Submission.period_start)
        .order_by(Submission.period_start, Collection.name, Collection.id)
    )
    lines = [
        Line(
            f"{name} {starts_on:%Y-%m-%d}—{ends_on:%Y-%m-%d}",
            gettext("已签批 %(count)s 份", count=count),
            "submissions.collection",
            {"collection_id": collection_id, "period": starts_on.isoformat()},
            Permission.SUBMISSION_VIEW,
        )
        for collection_id, name, starts_on, ends_on, count in rows
    ]
    lead = gettext("生效日期早于这些填报的期末：签批的内容不变，但这几期按当时口径统计时会用调整后的机构。")
    return Section("signed", gettext("生效日期之后各期已签批的填报"), lead, lines)


def _find_open_cases(outcome: Outcome) -> Sequence[ReviewCase]:
    asked = select(ReviewTask.case_id).where(ReviewTask.post_id.in_(ids(outcome.posts)), ReviewTask.closed_at.is_(None))
    return db.session.scalars(
        select(ReviewCase)
        .where(
            ReviewCase.status == CaseStatus.OPEN,
            or_(ReviewCase.unit_id.in_(ids(outcome.closed)), ReviewCase.id.in_(asked)),
        )
        .order_by(ReviewCase.started_at, ReviewCase.id)
    ).all()


def open_cases_of(outcome: Outcome) -> list[str]:
    """The titles of what is under review for a unit that ends, or waits for one of its posts."""
    return [case.title for case in _find_open_cases(outcome)]


def cases(outcome: Outcome) -> Section:
    """What is under review: it must be finished first."""
    lines = [
        Line(case.title, gettext("办理中"), "review.show", {"case_id": case.id}, Permission.CASE_VIEW)
        for case in _find_open_cases(outcome)
    ]
    lead = gettext("撤并单位的审签件、等待撤并单位岗位办理的审签件，须先办结或退回。")
    return Section("cases", gettext("未办结的审签件"), lead, lines, is_blocking=True)


def tasks(outcome: Outcome) -> Section:
    """Tasks and targets that are not done."""
    rows = db.session.execute(
        select(Plan.id, Plan.title, PlanTask.title, OrgUnit.name)
        .join(PlanTask, PlanTask.plan_id == Plan.id)
        .join(PlanTaskPart, PlanTaskPart.task_id == PlanTask.id)
        .join(PlanTaskUnit, PlanTaskUnit.part_id == PlanTaskPart.id)
        .join(OrgUnit, OrgUnit.id == PlanTaskUnit.unit_id)
        .where(PlanTaskUnit.unit_id.in_(touched_units(outcome)), PlanTaskPart.state != PartStatus.ACCEPTED.value)
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
        .where(Target.responsible_unit_id.in_(touched_units(outcome)))
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


def rounds(outcome: Outcome) -> Section:
    """Assessments under way, with present ranks."""
    rows = db.session.execute(
        select(AssessmentRound, OrgUnit.name, AssessmentResult.rank)
        .join(AssessedUnit, AssessedUnit.round_id == AssessmentRound.id)
        .join(OrgUnit, OrgUnit.id == AssessedUnit.unit_id)
        .outerjoin(
            AssessmentResult,
            (AssessmentResult.round_id == AssessmentRound.id) & (AssessmentResult.unit_id == AssessedUnit.unit_id),
        )
        .where(AssessedUnit.unit_id.in_(touched_units(outcome)), AssessmentRound.status.not_in(_FIXED))
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


def documents(outcome: Outcome) -> Section:
    """Documents, which stay as they are."""
    rows = db.session.scalars(
        select(Document)
        .where(Document.unit_id.in_(touched_units(outcome)))
        .order_by(Document.created_at.desc(), Document.id)
        .limit(SHOWN)
    )
    lines = [
        Line(row.title, row.number or "", "documents.show", {"document_id": row.id}, Permission.DOCUMENT_VIEW)
        for row in rows
    ]
    return Section("documents", gettext("已生成的公文"), gettext("内容、文号和文件一律不变。"), lines)
