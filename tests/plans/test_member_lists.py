"""The members of a body as a section of a plan."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from saas.bodies.models import BodyKind, SeatBy, SeatRole
from saas.bodies.queries import list_bodies_of_unit
from saas.bodies.services import BodyFields, SeatFields, add_seat, create_body
from saas.db import db, local_today
from saas.domain.workflow import PlanStatus
from saas.plans.models import PlanSection
from saas.tenancy.once import new_send_token
from tests.browser import Browser
from tests.factories import START, appoint, make_post, make_user
from tests.factories_plans import PlanningCounty, make_plan, make_planning_county


@pytest.fixture
def county(browser: Browser) -> PlanningCounty:
    county = make_planning_county()
    browser.sign_in(county.office)
    return county


@pytest.fixture
def key(county: PlanningCounty) -> str:
    """A body of the county whose head is a post and whose second seat nobody fills."""
    post = make_post(county.root, name="县长")
    appoint(make_user(name="王甲"), post)
    body = create_body(county.root, BodyFields("环境整治领导小组", BodyKind.LEADING_GROUP), START, actor=county.office)
    add_seat(body, SeatFields(SeatRole.HEAD, SeatBy.POST, post_id=post.id), START, actor=county.office)
    add_seat(body, SeatFields(SeatRole.MEMBER, SeatBy.FUNCTION, wording="宣传"), START, actor=county.office)
    [listed] = list_bodies_of_unit(county.root, local_today())
    return f"{county.root.id}/{listed.key}"


def test_the_members_of_a_body_become_a_section_of_the_plan(browser: Browser, county: PlanningCounty, key: str) -> None:
    plan = make_plan(county)
    assert "环境整治领导小组" in browser.get(f"/plans/{plan.id}/sections/members").text
    form = {"body": key, "send_token": new_send_token()}

    assert browser.post(f"/plans/{plan.id}/sections/members", form).status_code == 303
    assert browser.post(f"/plans/{plan.id}/sections/members", form).status_code == 303  # sent twice, done once

    section = db.session.scalars(select(PlanSection).where(PlanSection.heading == "环境整治领导小组")).one()
    assert section.body.splitlines() == [
        "一、组长：王甲（青山县县长）。",
        "二、成员：负责宣传工作的部门（未定）。",
    ]


def test_no_body_chosen_is_told_beside_the_field(browser: Browser, county: PlanningCounty, key: str) -> None:
    plan = make_plan(county)

    response = browser.post(f"/plans/{plan.id}/sections/members", {"body": ""})

    assert response.status_code == 422
    assert "请选择机构" in response.text


def test_a_signed_plan_takes_no_list(browser: Browser, county: PlanningCounty, key: str) -> None:
    plan = make_plan(county, PlanStatus.SIGNED)

    assert browser.post(f"/plans/{plan.id}/sections/members", {"body": key}).status_code == 409


def test_those_who_do_not_draft_put_nothing_in(browser: Browser, county: PlanningCounty, key: str) -> None:
    plan = make_plan(county)
    browser.sign_in(county.leader)

    assert browser.post(f"/plans/{plan.id}/sections/members", {"body": key}).status_code == 403
