"""Plans: what must be filled before a signature, who has which duty over all of them, stages that overlap."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from sqlalchemy import select

from saas.accounts.services import make_viewer
from saas.db import db
from saas.domain.target_evaluation import evaluate
from saas.domain.target_format import target_from_mapping
from saas.domain.targets import Reading, State
from saas.plans.models import Plan, PlanSection, PlanStage
from saas.plans.services.signing import plan_path
from saas.plans.tasks import list_my_parts
from saas.review.models import ReviewCase
from saas.review.services import approve
from saas.targets.models import Target
from saas.tenancy.once import new_send_token
from tests.acceptance.lanchuan import County

PACK = "plans"
DAY = date(2026, 3, 10)


def plan_of(code: str) -> Plan:
    return db.session.scalars(select(Plan).where(Plan.code == code)).one()


def fill_in(plan: Plan) -> None:
    """Say who heads the group."""
    section = db.session.scalars(
        select(PlanSection).where(PlanSection.plan_id == plan.id, PlanSection.heading == "组织领导")
    ).one()
    section.body = section.body.replace("×××", "分管副县长")
    db.session.commit()


def issue(county: County, plan: Plan) -> None:
    """Send a plan, sign it, give it its number."""
    office = county.sign_in("office")
    sent = office.post(f"/plans/{plan.id}/submit", {"version": str(plan.version)})
    assert sent.status_code == 303, sent.text
    case = db.session.scalars(select(ReviewCase).where(ReviewCase.subject_id == plan.id)).one()
    approve(case, actor=county.user("leader"))
    db.session.commit()
    issued = office.post(f"/plans/{plan.id}/issue", {"send_token": new_send_token()})
    assert issued.status_code == 303, issued.text


def test_a_plan_with_a_blank_for_a_post_is_not_sent_to_be_signed(county: County) -> None:
    """000-002 R68: the blank is named, and once it is filled in the plan goes its way."""
    plan = plan_of("peace_plan")
    office = county.sign_in("office")

    refused = office.post(f"/plans/{plan.id}/submit", {"version": str(plan.version)})
    assert refused.status_code == 422
    assert "文中还有没有填写的地方：“×××”" in refused.text

    fill_in(plan)
    issue(county, plan)
    assert plan.status.value == "issued"
    assert plan_path(plan.id).endswith(str(plan.id))


def test_the_duties_of_a_unit_are_counted_over_all_plans_by_what_it_is_in_them(county: County) -> None:
    """000-002 R67: leading and being responsible are two columns; towns named by one phrase are counted one by one."""
    fill_in(plan_of("peace_plan"))
    for code in ("peace_plan", "culture_plan"):
        issue(county, plan_of(code))

    page = county.sign_in("office").get("/plans/tasks").text
    mine = list_my_parts(make_viewer(county.user("civil")), DAY)

    lines = [line.strip() for line in page.splitlines() if '<th scope="row">' in line and line.count("<td") == 5]
    counted = [line.replace('<td class="num">', "|").replace('<td class="num overdue">', "|") for line in lines]
    plain = [line.replace('<tr><th scope="row">', "").replace("</th>", "").replace("</td>", "") for line in counted]
    assert [line.removesuffix("</tr>") for line in plain] == [
        "县民政局|2|1|0|0|1",
        "县司法局|2|0|1|0|1",
        "云屏镇|0|1|0|0|1",
        "竹汀镇|0|1|0|0|1",
        "岚川|0|0|0|1|0",
    ]
    assert [(part.plan_title[5:9], part.role, part.is_overdue) for part in mine] == [
        ("平安建设", "responsible", True),
        ("文明村创", "lead", False),
        ("平安建设", "lead", False),
    ]


def test_stages_overlap_and_have_no_end(county: County) -> None:
    """001 R33, 003 R22."""
    stages = db.session.scalars(
        select(PlanStage).where(PlanStage.plan_id == plan_of("peace_plan").id).order_by(PlanStage.sort_order)
    ).all()

    assert [(stage.starts_on, stage.ends_on) for stage in stages] == [
        (date(2026, 1, 1), date(2026, 3, 31)),
        (date(2026, 2, 1), None),
    ]


def test_a_target_may_be_a_document_groups_or_a_direction(county: County) -> None:
    """000-002 R65, R54, 001 R31: a group that fails is not outweighed by the others."""
    rows = db.session.scalars(select(Target).order_by(Target.code)).all()
    document, groups, direction = (target_from_mapping(row.definition) for row in rows)
    last = date(2026, 12, 31)

    def known(staff: str, village: str) -> State:
        readings = [
            Reading(on=last, value=Decimal(staff), group="staff"),
            Reading(on=last, value=Decimal(village), group="village"),
        ]
        return evaluate(groups, readings, last).state

    assert evaluate(document, [], date(2026, 7, 1)).state in {State.MISSING, State.NOT_MET}
    assert (known("90", "50"), known("99", "49.9")) == (State.MET, State.NOT_MET)
    assert evaluate(direction, [Reading(on=last, value=Decimal(15))], last).state is State.MET
