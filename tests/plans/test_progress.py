"""Progress on tasks: reporting, accepting, sending back, and what is overdue for whom."""

from __future__ import annotations

import uuid
from datetime import date

import pytest
from sqlalchemy import event, select

from saas.access.permissions import Role
from saas.accounts.models import User
from saas.accounts.queries import list_held_posts
from saas.accounts.viewer import HeldPost, Viewer
from saas.audit.models import AuditEvent
from saas.db import db, local_today
from saas.domain.errors import InvalidTransition, NotAllowed
from saas.domain.tasks import (
    TaskState,
    due_within,
    overdue_by_unit,
    overdue_parts,
    parts_due,
    standing_checks,
    task_state,
)
from saas.domain.workflow import PlanStatus
from saas.org.models import OrgUnit
from saas.plans.models import Plan, PlanTaskPart, TaskReport
from saas.plans.services.progress import accept_part, report_part, return_part
from saas.plans.tasks import list_my_parts, parts_of_plans
from saas.tenancy.once import new_send_token
from saas.tenancy.scope import tenant_scope
from tests.browser import Browser
from tests.factories import make_tenant, make_unit, make_unit_type
from tests.factories_plans import PlanningCounty, make_part, make_plan, make_planning_county, make_task


@pytest.fixture
def county(browser: Browser) -> PlanningCounty:
    return make_planning_county()


@pytest.fixture
def plan(county: PlanningCounty) -> Plan:
    return make_plan(county, PlanStatus.ISSUED)


@pytest.fixture
def part(plan: Plan) -> PlanTaskPart:
    return db.session.scalars(select(PlanTaskPart)).one()


def viewer_of(user: User) -> Viewer:
    posts = tuple(
        HeldPost(post.id, post.name, post.unit_id, post.unit.name, frozenset(Role(role) for role in post.roles))
        for post in list_held_posts(user.id, local_today())
    )
    return Viewer(user_id=user.id, name=user.name, must_change_password=False, posts=posts)


def done(county: PlanningCounty, part: PlanTaskPart) -> None:
    report_part(part, actor=county.clerk, unit_id=county.department.id, is_done=True, text="已清理")


def state_of(part: PlanTaskPart) -> str:
    return part.state


def test_a_unit_reports_and_the_office_accepts(
    browser: Browser, county: PlanningCounty, part: PlanTaskPart, plan: Plan
) -> None:
    browser.sign_in(county.clerk)
    address = f"/plans/{plan.id}/parts/{part.id}"
    form = {"unit": county.department.id, "text": "已清理 12 处", "kind": "done", "send_token": new_send_token()}

    first, again = browser.post(f"{address}/report", form), browser.post(f"{address}/report", form)

    assert first.status_code == again.status_code == 303
    assert len(db.session.scalars(select(TaskReport)).all()) == 1
    assert state_of(part) == "reported"
    browser.sign_in(county.office)
    assert "已清理 12 处" in browser.get(address).text
    assert browser.post(f"{address}/accept", {"comment": "现场属实"}).status_code == 303
    assert state_of(part) == "accepted"
    assert part.accepted_on == local_today()
    actions = db.session.scalars(select(AuditEvent.action).where(AuditEvent.subject_id == part.id)).all()
    assert sorted(actions) == ["task.accepted", "task.reported"]


def test_a_report_without_words_is_refused_beside_the_field(
    browser: Browser, county: PlanningCounty, part: PlanTaskPart, plan: Plan
) -> None:
    browser.sign_in(county.clerk)

    form = {"unit": county.department.id, "text": "", "kind": "done"}
    response = browser.post(f"/plans/{plan.id}/parts/{part.id}/report", form)

    assert response.status_code == 422
    assert "请写明进展情况" in response.text
    assert state_of(part) == "open"


def test_nobody_reports_for_another_unit(
    browser: Browser, county: PlanningCounty, part: PlanTaskPart, plan: Plan
) -> None:
    browser.sign_in(county.town_officer)

    form = {"unit": county.department.id, "text": "替别人报", "kind": "done"}
    response = browser.post(f"/plans/{plan.id}/parts/{part.id}/report", form)

    assert response.status_code == 422
    assert db.session.scalars(select(TaskReport)).all() == []


def test_sending_back_needs_a_reason_and_opens_the_part_again(
    browser: Browser, county: PlanningCounty, part: PlanTaskPart, plan: Plan
) -> None:
    done(county, part)
    browser.sign_in(county.office)
    address = f"/plans/{plan.id}/parts/{part.id}/return"

    refused = browser.post(address, {"comment": " "})
    assert refused.status_code == 422
    assert "请写明退回原因" in refused.text
    assert browser.post(address, {"comment": "还有残留"}).status_code == 303

    assert state_of(part) == "open"
    assert "还有残留" in browser.get(f"/plans/{plan.id}/parts/{part.id}").text


def test_an_open_part_cannot_be_accepted(
    browser: Browser, county: PlanningCounty, part: PlanTaskPart, plan: Plan
) -> None:
    browser.sign_in(county.office)

    assert browser.post(f"/plans/{plan.id}/parts/{part.id}/accept").status_code == 409


def test_who_reported_it_does_not_accept_it(county: PlanningCounty, part: PlanTaskPart) -> None:
    report_part(part, actor=county.office, unit_id=county.department.id, is_done=True, text="代报")

    with pytest.raises(NotAllowed):
        accept_part(part, actor=county.office)
    accept_part(part, actor=county.second_office)
    assert state_of(part) == "accepted"


def test_each_of_several_units_has_to_report(county: PlanningCounty, plan: Plan) -> None:
    part = make_part(make_task(plan, "2", "整修立面"), *county.towns, due_on=date(2026, 8, 30))
    first, second = county.towns

    report_part(part, actor=county.town_officer, unit_id=first.id, is_done=True, text="完成")
    assert state_of(part) == "open"
    report_part(part, actor=county.town_officer, unit_id=second.id, is_done=True, text="完成")
    assert state_of(part) == "reported"
    return_part(part, actor=county.office, reason="质量不过关", unit_ids=[second.id])
    assert state_of(part) == "open"
    report_part(part, actor=county.town_officer, unit_id=second.id, is_done=True, text="返工完成")
    assert state_of(part) == "reported"


def test_where_one_unit_leads_its_report_is_enough(county: PlanningCounty, plan: Plan) -> None:
    task = make_task(plan, "2", "整修立面", mode="lead_responsible")
    part = make_part(task, county.department, role="lead", due_on=date(2026, 8, 30))
    db.session.flush()

    done(county, part)

    assert state_of(part) == "reported"


def test_nothing_is_reported_before_the_plan_is_issued(county: PlanningCounty) -> None:
    make_plan(county, title="起草中的方案")
    part = db.session.scalars(select(PlanTaskPart)).one()

    with pytest.raises(InvalidTransition):
        done(county, part)


def test_a_standing_part_goes_on_after_its_acceptance(county: PlanningCounty, plan: Plan) -> None:
    part = make_part(
        make_task(plan, "2", "治理乱泼乱倒"), county.department, is_standing=True, due_on=date(2026, 8, 29)
    )
    done(county, part)
    accept_part(part, actor=county.office)

    report_part(part, actor=county.clerk, unit_id=county.department.id, is_done=False, text="本周检查正常")
    assert state_of(part) == "accepted"
    mine = list_my_parts(viewer_of(county.clerk), date(2026, 12, 1), open_only=False)
    assert [each.title for each in mine if each.is_standing] == ["治理乱泼乱倒"]
    return_part(part, actor=county.office, reason="出现反弹")
    assert state_of(part) == "open"


@pytest.mark.parametrize("action", ["report", "accept", "return"])
def test_another_countys_part_does_not_exist(
    browser: Browser, county: PlanningCounty, plan: Plan, unknown_id: uuid.UUID, action: str
) -> None:
    with tenant_scope(make_tenant("other").id):
        their_plan = make_plan(make_planning_county(), PlanStatus.ISSUED)
        theirs = db.session.scalars(select(PlanTaskPart.id)).one()
    browser.sign_in(county.clerk if action == "report" else county.office)

    for plan_id, part_id in ((plan.id, theirs), (their_plan.id, theirs), (plan.id, unknown_id)):
        address = f"/plans/{plan_id}/parts/{part_id}"
        assert browser.get(address).status_code == 404
        assert browser.post(f"{address}/{action}", {"text": "x", "comment": "x"}).status_code == 404


def test_a_department_does_not_accept(browser: Browser, county: PlanningCounty, part: PlanTaskPart, plan: Plan) -> None:
    browser.sign_in(county.clerk)

    assert browser.post(f"/plans/{plan.id}/parts/{part.id}/accept").status_code == 403


# --- lists -----------------------------------------------------------------------------------------------------------


def test_my_tasks_show_the_overdue_ones_first(browser: Browser, county: PlanningCounty, plan: Plan) -> None:
    today = local_today()
    make_part(make_task(plan, "2", "很久以前就到期"), county.department, due_on=date(today.year - 1, 12, 31))
    make_part(make_task(plan, "3", "别的单位的任务"), *county.towns, due_on=today)
    browser.sign_in(county.clerk)

    page = browser.get("/plans/tasks/mine").text

    assert page.index("很久以前就到期") < page.index("清理乱贴乱画")
    assert "别的单位的任务" not in page


def test_what_the_unit_reported_done_leaves_its_list(county: PlanningCounty, plan: Plan) -> None:
    part = make_part(make_task(plan, "2", "整修立面"), *county.towns)
    viewer = viewer_of(county.town_officer)
    assert [each.title for each in list_my_parts(viewer, local_today())] == ["整修立面"]

    report_part(part, actor=county.town_officer, unit_id=county.towns[0].id, is_done=True, text="完成")
    assert list_my_parts(viewer, local_today()) == []
    report_part(part, actor=county.town_officer, unit_id=county.towns[1].id, is_done=True, text="完成")
    return_part(part, actor=county.office, reason="返工", unit_ids=[county.towns[0].id])
    assert [each.title for each in list_my_parts(viewer, local_today())] == ["整修立面"]


def count_statements(browser: Browser, address: str) -> int:
    counted = []

    def note(_connection: object, _cursor: object, statement: str, *_rest: object) -> None:
        counted.append(statement)

    browser.get(address)
    event.listen(db.engine, "before_cursor_execute", note)
    try:
        assert browser.get(address).status_code == 200
    finally:
        event.remove(db.engine, "before_cursor_execute", note)
    return len([text for text in counted if text.lstrip().upper().startswith(("SELECT", "WITH"))])


@pytest.mark.parametrize("address", ["/plans", "/plans/tasks/mine", "/plans/tasks", "/plans/targets"])
def test_lists_ask_the_database_equally_often_however_long_they_are(
    browser: Browser, county: PlanningCounty, plan: Plan, address: str
) -> None:
    browser.sign_in(county.clerk)
    short = count_statements(browser, address)
    for number in range(2, 12):
        other = make_plan(county, PlanStatus.ISSUED, title=f"第{number}份方案")
        make_part(make_task(other, "2", "第二项"), county.department, *county.towns, due_on=date(2026, 8, 30))

    assert count_statements(browser, address) == short
    assert short <= 8


# --- the table of tasks on 26 August ---------------------------------------------------------------------------------

LATE = ("执法局", "爱卫办", "卫生局", "水务局", "食药管理局", "商务局")


def make_table_of_tasks(county: PlanningCounty) -> Plan:
    """Eight parts due by 25 August, of which two are not accepted, seven due by 30 August, and some later."""
    kind = make_unit_type("department", "县直部门", 2)
    units: dict[str, OrgUnit] = {name: make_unit(name, parent=county.root, kind=kind) for name in (*LATE, "住建局")}
    plan = make_plan(county, PlanStatus.ISSUED, title="任务表方案", has_task=False)
    make_part(make_task(plan, "3", "占道经营"), units["执法局"], due_on=date(2026, 8, 25))
    facilities = make_task(plan, "11", "设施建设")
    make_part(facilities, *(units[name] for name in LATE), due_on=date(2026, 8, 15))
    make_part(facilities, *(units[name] for name in LATE), due_on=date(2026, 9, 25), code="b")
    for number, due_on in enumerate([(7, 30), (8, 10), (8, 15), (8, 20), (8, 20), (8, 25)], start=20):
        task, day = make_task(plan, str(number), f"已完成{number}"), date(2026, *due_on)
        make_part(task, units["住建局"], due_on=day, state="accepted", accepted_on=day)
    for number in range(40, 47):
        make_part(make_task(plan, str(number), f"将到期{number}"), units["住建局"], due_on=date(2026, 8, 30))
    return plan


def test_the_table_of_tasks_on_26_august(county: PlanningCounty) -> None:
    parts = parts_of_plans([make_table_of_tasks(county)])[0].parts
    on = date(2026, 8, 26)

    assert len(parts_due(parts, on)) == 8
    assert [(part.task, part.due_on) for part in overdue_parts(parts, on)] == [
        ("11", date(2026, 8, 15)),
        ("3", date(2026, 8, 25)),
    ]
    assert overdue_by_unit(parts, on) == {"执法局": 2, **dict.fromkeys(LATE[1:], 1), "住建局": 0}
    assert task_state([part for part in parts if part.task == "11"], on) is TaskState.PART_OVERDUE
    assert len(due_within(parts, on, 5)) == 7


def test_an_accepted_standing_part_does_not_vanish_from_the_table(county: PlanningCounty, plan: Plan) -> None:
    make_part(
        make_task(plan, "6", "治理乱泼乱倒"),
        county.department,
        due_on=date(2026, 8, 30),
        is_standing=True,
        state="accepted",
        accepted_on=date(2026, 8, 29),
    )
    parts = parts_of_plans([plan])[0].parts

    assert [part.task for part in standing_checks(parts, date(2026, 8, 29))] == ["6"]
    assert standing_checks(parts, date(2026, 8, 28)) == ()


def test_the_page_of_progress_shows_units_with_overdue_parts(browser: Browser, county: PlanningCounty) -> None:
    make_table_of_tasks(county)
    browser.sign_in(county.office)

    page = browser.get("/plans/tasks?on=2026-08-26").text

    for unit in LATE:
        assert unit in page
    assert "部分逾期" in page
    assert "逾期 11 天" in page
