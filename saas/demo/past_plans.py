"""How a plan was countersigned, checked, signed and issued."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from sqlalchemy import select

from saas.db import db
from saas.demo import moments
from saas.demo.stage import Stage
from saas.demo.telling import Tale
from saas.domain.progress import CaseStatus
from saas.plans.models import Plan
from saas.plans.services import issue_plan, submit_plan
from saas.review.services import approve, current_step, return_case
from saas.tenancy.pack_content import PlanHistory

SENT_ON = 8  # of the month
COMMENTS = ("", "无不同意见。", "同意。", "同意，涉及本单位的任务已安排。")


def plan_tales(stage: Stage) -> Iterator[Tale]:
    """Every plan that has left its draft."""
    for entry in stage.history.plans:
        if entry.status != "draft":
            plan = db.session.scalars(select(Plan).where(Plan.code == entry.plan)).one()
            yield _tale(stage, plan, entry)


def _sent_on(stage: Stage, plan: Plan, entry: PlanHistory) -> date:
    """In the month of the history, or already when the plan began: it was not issued after its own deadlines."""
    return min(moments.day_of_month(stage.today, entry.month, SENT_ON), plan.starts_on.replace(day=SENT_ON))


def _tale(stage: Stage, plan: Plan, entry: PlanHistory) -> Tale:
    draw = stage.draw("plan", entry.plan)
    at = moments.working_moment(_sent_on(stage, plan, entry), draw, stage.zone)
    yield at
    case = submit_plan(plan, actor=stage.office[0])
    while entry.status != "in_review" and (people := stage.asked(case)):
        at = moments.soon_after(at, draw, hours=(2, 9))
        yield at
        step = current_step(case)
        if entry.status == "returned":
            return_case(case, actor=people[0], reason=entry.comment)
            return
        is_last = step is not None and step.code == "sign"
        for person in people:
            approve(case, actor=person, comment=entry.comment if is_last else draw.pick(COMMENTS))
            if not is_last and person is not people[-1]:
                at = moments.soon_after(at, draw, hours=(1, 3))
                yield at
            if step is not None and step.mode == "any":
                break
    if case.status is CaseStatus.APPROVED:
        yield moments.soon_after(at, draw, hours=(2, 20))
        issue_plan(plan, actor=stage.office[0])
