"""A plan from the draft to the signature and the number."""

from __future__ import annotations

import uuid

import pytest
from sqlalchemy import delete, select
from sqlalchemy.exc import IntegrityError

from saas.audit.models import AuditEvent
from saas.db import db
from saas.documents.models import Document
from saas.domain.workflow import PlanStatus
from saas.notifications.models import Notification
from saas.plans.models import Plan, PlanTaskUnit
from saas.review.models import ReviewCase
from saas.tenancy.once import new_send_token
from saas.tenancy.scope import tenant_scope
from tests.browser import Browser
from tests.factories import make_tenant
from tests.factories_plans import PlanningCounty, make_plan, make_planning_county, make_target


@pytest.fixture
def county(browser: Browser) -> PlanningCounty:
    return make_planning_county()


def status_of(plan: Plan) -> str:
    return plan.status.value


def submit(browser: Browser, county: PlanningCounty, plan: Plan) -> ReviewCase:
    browser.sign_in(county.office)
    response = browser.post(f"/plans/{plan.id}/submit", {"version": plan.version})
    assert response.status_code == 303, response.text
    return db.session.scalars(select(ReviewCase).where(ReviewCase.subject_id == plan.id)).one()


def sign(browser: Browser, county: PlanningCounty, plan: Plan) -> ReviewCase:
    case = submit(browser, county, plan)
    for person in (county.department_head, county.leader):
        browser.sign_in(person)
        assert browser.post(f"/cases/{case.id}/approve", {"version": case.version}).status_code == 303
    return case


def test_a_plan_is_countersigned_signed_and_issued_with_a_number(browser: Browser, county: PlanningCounty) -> None:
    plan = make_plan(county)
    case = sign(browser, county, plan)

    assert plan.status is PlanStatus.SIGNED
    assert plan.digest == case.digest
    assert plan.signed_at is not None
    browser.sign_in(county.office)
    token = {"send_token": new_send_token()}
    first = browser.post(f"/plans/{plan.id}/issue", token)
    again = browser.post(f"/plans/{plan.id}/issue", token)

    assert first.status_code == again.status_code == 303
    assert first.location == again.location
    assert status_of(plan) == "issued"
    document = db.session.scalars(select(Document)).one()
    assert plan.document_id == document.id
    assert document.number is not None
    assert document.number.startswith("青政发〔")
    assert document.title == "青山县人民政府关于印发《青山县环境整治实施方案》的通知"
    told = set(db.session.scalars(select(Notification.user_id).where(Notification.kind == "assigned")))
    assert told == {county.clerk.id, county.department_head.id}
    actions = db.session.scalars(select(AuditEvent.action).where(AuditEvent.subject_id == plan.id)).all()
    assert set(actions) == {"plan.signed", "plan.issued"}


def test_what_is_decided_on_is_the_whole_plan_as_it_will_be_printed(browser: Browser, county: PlanningCounty) -> None:
    plan = make_plan(county)
    make_target(plan, name="保洁覆盖率", kind="percent")
    case = submit(browser, county, plan)

    browser.sign_in(county.department_head)
    page = browser.get(f"/cases/{case.id}").text

    assert "一、总体要求" in page
    assert "（一）坚持群众主体。" in page
    assert "青山县城管局" in page
    assert "8月25日前" in page
    assert "保洁覆盖率：目标值未定" in page


def test_the_frozen_text_stays_although_rows_behind_it_change(browser: Browser, county: PlanningCounty) -> None:
    plan = make_plan(county)
    sign(browser, county, plan)
    db.session.execute(delete(PlanTaskUnit))

    browser.sign_in(county.office)
    browser.post(f"/plans/{plan.id}/issue", {"send_token": new_send_token()})

    assert "青山县城管局" in str(db.session.scalars(select(Document.content)).one())


def test_the_database_refuses_to_change_a_signed_plan(browser: Browser, county: PlanningCounty) -> None:
    plan = make_plan(county)
    sign(browser, county, plan)

    plan.title = "改过的方案"
    with pytest.raises(IntegrityError, match="cannot be changed"):
        db.session.flush()


def test_a_returned_plan_may_be_changed_and_sent_again(browser: Browser, county: PlanningCounty) -> None:
    plan = make_plan(county)
    case = submit(browser, county, plan)
    browser.sign_in(county.department_head)
    browser.post(f"/cases/{case.id}/return", {"version": case.version, "to": "author", "reason": "时限不妥"})

    assert plan.status is PlanStatus.RETURNED
    browser.sign_in(county.office)
    assert "时限不妥" in browser.get(f"/plans/{plan.id}?tab=review").text
    assert browser.get(f"/plans/{plan.id}/edit").status_code == 200
    assert browser.post(f"/plans/{plan.id}/submit", {"version": plan.version}).status_code == 303
    assert status_of(plan) == "in_review"


def test_a_withdrawn_plan_is_a_draft_again(browser: Browser, county: PlanningCounty) -> None:
    plan = make_plan(county)
    case = submit(browser, county, plan)

    assert browser.post(f"/cases/{case.id}/withdraw").status_code == 303

    assert plan.status is PlanStatus.DRAFT


def test_a_plan_under_way_cannot_be_changed_or_sent_again(browser: Browser, county: PlanningCounty) -> None:
    plan = make_plan(county)
    submit(browser, county, plan)

    assert browser.get(f"/plans/{plan.id}/edit").status_code == 409
    assert browser.post(f"/plans/{plan.id}/submit", {"version": plan.version}).status_code == 409
    form = {"heading": "新章节", "kind": "text", "body": "x"}
    assert browser.post(f"/plans/{plan.id}/sections", form).status_code == 409


def test_what_blocks_is_listed_before_sending_and_keeps_the_plan_here(browser: Browser, county: PlanningCounty) -> None:
    plan = make_plan(county, title="青山县环境整治")
    db.session.execute(delete(PlanTaskUnit))
    browser.sign_in(county.office)

    page = browser.get(f"/plans/{plan.id}/submit").text
    response = browser.post(f"/plans/{plan.id}/submit", {"version": plan.version})

    for text in ("标题应以“方案、办法、计划、规划”等文种词结尾", "任务“清理乱贴乱画”没有责任单位"):
        assert text in page
        assert text in response.text
    assert response.status_code == 422
    assert plan.status is PlanStatus.DRAFT
    assert db.session.scalars(select(ReviewCase)).all() == []


def test_a_draft_cannot_be_issued(browser: Browser, county: PlanningCounty) -> None:
    plan = make_plan(county)
    browser.sign_in(county.office)

    assert browser.post(f"/plans/{plan.id}/issue", {"send_token": new_send_token()}).status_code == 409
    assert db.session.scalars(select(Document)).all() == []


def test_a_draft_copy_carries_no_number(browser: Browser, county: PlanningCounty) -> None:
    plan = make_plan(county)
    browser.sign_in(county.office)

    assert browser.post(f"/plans/{plan.id}/preview").status_code == 303

    assert db.session.scalars(select(Document.number)).one() is None
    assert plan.document_id is None


def test_a_signed_plan_is_revised_by_a_new_revision_that_starts_as_a_draft(
    browser: Browser, county: PlanningCounty
) -> None:
    plan = make_plan(county)
    sign(browser, county, plan)
    browser.sign_in(county.office)

    response = browser.post(f"/plans/{plan.id}/revise", {"send_token": new_send_token()})

    revision = db.session.scalars(select(Plan).where(Plan.supersedes_id == plan.id)).one()
    assert response.location.endswith(f"/plans/{revision.id}")
    assert (revision.code, revision.revision, revision.status) == (plan.code, 2, PlanStatus.DRAFT)
    assert "清理乱贴乱画" in browser.get(f"/plans/{revision.id}?tab=tasks").text
    assert browser.post(f"/plans/{plan.id}/revise", {"send_token": new_send_token()}).status_code == 409


@pytest.mark.parametrize("action", ["submit", "issue", "preview", "revise"])
def test_only_the_office_moves_a_plan(browser: Browser, county: PlanningCounty, action: str) -> None:
    plan = make_plan(county)
    browser.sign_in(county.clerk)

    assert browser.post(f"/plans/{plan.id}/{action}", {"version": plan.version}).status_code == 403


@pytest.mark.parametrize("action", ["submit", "issue", "preview", "revise"])
def test_another_countys_plan_does_not_exist(
    browser: Browser, county: PlanningCounty, unknown_id: uuid.UUID, action: str
) -> None:
    with tenant_scope(make_tenant("other").id):
        theirs = make_plan(make_planning_county())
    browser.sign_in(county.office)

    for plan_id in (theirs.id, unknown_id):
        assert browser.get(f"/plans/{plan_id}").status_code == 404
        assert browser.post(f"/plans/{plan_id}/{action}", {"version": 1}).status_code == 404
