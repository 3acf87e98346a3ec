"""Who does a part of a task until when."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from sqlalchemy import select

from saas.db import db
from saas.plans.models import (
    Plan,
    PlanTaskPart,
    PlanTaskUnit,
)
from saas.tenancy.once import new_send_token
from tests.browser import Browser
from tests.factories_plans import PlanningCounty, make_plan, make_planning_county


@pytest.fixture
def county(browser: Browser) -> PlanningCounty:
    county = make_planning_county()
    browser.sign_in(county.office)
    return county


@pytest.fixture
def plan(county: PlanningCounty) -> Plan:
    return make_plan(county)


def part_form(browser: Browser, plan: Plan, part: PlanTaskPart, **changed: Any) -> dict[str, Any]:
    page = browser.get(f"/plans/{plan.id}/parts/{part.id}/edit").text
    return {"version": page.partition('name="version" value="')[2].partition('"')[0], **changed}


def test_a_part_gets_units_by_role_groups_of_units_and_plain_words(
    browser: Browser, county: PlanningCounty, plan: Plan
) -> None:
    part = db.session.scalars(select(PlanTaskPart)).one()
    form = part_form(browser, plan, part, due_on="2026-09-10", is_standing="y", words="有关产权单位\n配合：各商户")
    roles = {f"unit-{county.department.id}": "lead", "type-town": "responsible"}

    assert browser.post(f"/plans/{plan.id}/parts/{part.id}/edit", {**form, **roles}).status_code == 303

    duties = db.session.scalars(select(PlanTaskUnit).order_by(PlanTaskUnit.sort_order)).all()
    assert [(duty.unit_id, duty.label, duty.role) for duty in duties] == [
        (county.department.id, "", "lead"),
        (county.towns[0].id, "各乡镇", "responsible"),
        (county.towns[1].id, "各乡镇", "responsible"),
        (None, "有关产权单位", "responsible"),
        (None, "各商户", "supporting"),
    ]
    assert (part.due_on, part.due_text, part.is_standing) == (date(2026, 9, 10), "2026年9月10日前", True)
    page = browser.get(f"/plans/{plan.id}?tab=tasks").text
    assert "责任单位：各乡镇、有关产权单位" in page


def test_a_part_changed_meanwhile_keeps_what_was_typed(browser: Browser, plan: Plan) -> None:
    part = db.session.scalars(select(PlanTaskPart)).one()
    form = part_form(browser, plan, part, due_text="中秋节前")
    part.due_text = "国庆节前"

    response = browser.post(f"/plans/{plan.id}/parts/{part.id}/edit", form)

    assert response.status_code == 409
    assert "中秋节前" in response.text
    assert "国庆节前" in response.text


def test_a_deadline_that_is_no_day_is_refused(browser: Browser, plan: Plan) -> None:
    part = db.session.scalars(select(PlanTaskPart)).one()

    response = browser.post(f"/plans/{plan.id}/parts/{part.id}/edit", part_form(browser, plan, part, due_on="8月底"))

    assert response.status_code == 422
    assert part.due_on == date(2026, 8, 25)


def test_a_task_keeps_at_least_one_part(browser: Browser, plan: Plan) -> None:
    part = db.session.scalars(select(PlanTaskPart)).one()
    address = f"/plans/{plan.id}/parts/{part.id}/remove"
    assert browser.post(address, {"version": plan.version}).status_code == 409

    task_address = f"/plans/{plan.id}/tasks/{part.task_id}/parts"
    assert browser.post(task_address, {"send_token": new_send_token()}).status_code == 303
    assert browser.post(address, {"version": plan.version}).status_code == 303

    assert db.session.scalars(select(PlanTaskPart.code)).all() == ["b"]
