"""Who sees which plans."""

from __future__ import annotations

from datetime import date

import pytest

from saas.domain.workflow import PlanStatus
from saas.plans.models import (
    Plan,
)
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


def test_a_draft_is_hidden_from_those_who_do_not_draft(browser: Browser, county: PlanningCounty, plan: Plan) -> None:
    for person in (county.clerk, county.leader, county.town_officer):
        browser.sign_in(person)
        assert browser.get(f"/plans/{plan.id}").status_code == 404
        assert plan.title not in browser.get("/plans").text


def test_an_issued_plan_is_seen_by_everybody_below(browser: Browser, county: PlanningCounty) -> None:
    plan = make_plan(county, PlanStatus.ISSUED)

    for person in (county.clerk, county.town_officer):
        browser.sign_in(person)
        assert plan.title in browser.get("/plans").text
        for tab in ("text", "targets", "tasks", "stages", "attachments", "review", "document"):
            assert browser.get(f"/plans/{plan.id}?tab={tab}", htmx=True).status_code == 200


def test_the_list_is_narrowed_by_year_status_unit_and_words(
    browser: Browser, county: PlanningCounty, plan: Plan
) -> None:
    make_plan(county, title="青山县防汛方案", starts_on=date(2025, 1, 1))
    address = "/plans?year={}&status={}&unit={}&words={}"

    assert "防汛" in browser.get(address.format(2025, "draft", county.root.id, "防汛")).text
    for other in ((2024, "", "", ""), ("", "issued", "", ""), ("", "", county.department.id, ""), ("", "", "", "抗旱")):
        assert "没有符合条件的方案" in browser.get(address.format(*other)).text
    assert browser.get("/plans?year=x&status=y&unit=z&page=-1").status_code == 200
