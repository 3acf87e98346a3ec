"""How targets stand, and reporting on them."""

from __future__ import annotations

import uuid
from datetime import date
from typing import Any

import pytest
from sqlalchemy import select

from saas.audit.models import AuditEvent
from saas.db import db, local_today
from saas.domain.targets import State
from saas.domain.workflow import PlanStatus
from saas.plans.models import Plan
from saas.targets.models import Target, TargetValue
from saas.tenancy.once import new_send_token
from saas.tenancy.scope import tenant_scope
from tests.browser import Browser
from tests.factories import make_tenant
from tests.factories_plans import PlanningCounty, make_plan, make_planning_county, make_target

COVERAGE: dict[str, Any] = {
    "name": "保洁覆盖率", "kind": "percent", "figure": 98, "numerator": "已保洁的村", "denominator": "全部村",
    "deadline": "2026-12-31",
}  # fmt: skip


@pytest.fixture
def county(browser: Browser) -> PlanningCounty:
    return make_planning_county()


@pytest.fixture
def plan(county: PlanningCounty) -> Plan:
    return make_plan(county, PlanStatus.ISSUED)


@pytest.fixture
def target(county: PlanningCounty, plan: Plan) -> Target:
    return make_target(plan, unit=county.department, **COVERAGE)


def form(**typed: object) -> dict[str, object]:
    return {"measured_on": local_today().isoformat(), "send_token": new_send_token(), **typed}


def test_the_responsible_unit_reports_and_the_page_says_how_it_was_computed(
    browser: Browser, county: PlanningCounty, plan: Plan, target: Target
) -> None:
    browser.sign_in(county.clerk)
    address, typed = f"/plans/{plan.id}/targets/{target.id}", form(numerator="43", denominator="48")

    first, again = browser.post(address, typed), browser.post(address, typed)

    assert first.status_code == again.status_code == 303
    assert len(db.session.scalars(select(TargetValue)).all()) == 1
    page = browser.get(address).text
    assert "89.583333333333…" in page
    assert "89.58%" in page
    assert "43 / 48" in page
    assert "target.reported" in db.session.scalars(select(AuditEvent.action)).all()


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ({}, "请填写数值"),
        ({"numerator": "43"}, "请填写分母"),
        ({"numerator": "49", "denominator": "48"}, "分子大于分母"),
        ({"numerator": "1", "denominator": "0"}, "分母为 0"),
        ({"numerator": "四十", "denominator": "48"}, "四十"),
        ({"value": "5", "numerator": "4", "denominator": "48"}, "只能选一种"),
        ({"is_not_applicable": "y"}, "请写明原因"),
        ({"is_not_applicable": "y", "note": "无此类", "value": "0"}, "不能申报不适用"),
        ({"value": "9" * 20}, "数值过大"),
        ({"value": "1", "measured_on": "2999-01-01"}, "不能晚于今天"),
        ({"value": "1", "measured_on": "昨天"}, "昨天"),
    ],
)
def test_what_cannot_be_is_refused_beside_the_field(
    browser: Browser, county: PlanningCounty, plan: Plan, target: Target, typed: dict[str, str], said: str
) -> None:
    browser.sign_in(county.clerk)

    response = browser.post(f"/plans/{plan.id}/targets/{target.id}", form(**typed))

    assert response.status_code == 422
    assert said in response.text
    assert 'aria-invalid="true"' in response.text
    assert db.session.scalars(select(TargetValue)).all() == []


def test_an_unknown_group_is_refused(browser: Browser, county: PlanningCounty, plan: Plan) -> None:
    groups = [{"code": "g1", "name": "机关", "figure": 90}]
    target = make_target(plan, unit=county.department, name="知晓率", kind="percent", deadline="2026", groups=groups)
    browser.sign_in(county.clerk)

    assert browser.post(f"/plans/{plan.id}/targets/{target.id}", form(value="95", group="g2")).status_code == 422
    assert browser.post(f"/plans/{plan.id}/targets/{target.id}", form(value="95", group="g1")).status_code == 303


def test_who_is_not_responsible_does_not_report(
    browser: Browser, county: PlanningCounty, plan: Plan, target: Target
) -> None:
    browser.sign_in(county.town_officer)
    assert browser.post(f"/plans/{plan.id}/targets/{target.id}", form(value="1")).status_code == 404

    browser.sign_in(county.leader)
    assert browser.post(f"/plans/{plan.id}/targets/{target.id}", form(value="1")).status_code == 403


def test_nothing_is_reported_on_a_draft(browser: Browser, county: PlanningCounty) -> None:
    draft = make_plan(county, title="起草中的方案")
    target = make_target(draft, **COVERAGE)
    browser.sign_in(county.office)

    assert browser.post(f"/plans/{draft.id}/targets/{target.id}", form(value="1")).status_code == 409


def test_another_countys_target_does_not_exist(
    browser: Browser, county: PlanningCounty, plan: Plan, unknown_id: uuid.UUID
) -> None:
    with tenant_scope(make_tenant("other").id):
        theirs = make_target(make_plan(make_planning_county(), PlanStatus.ISSUED), **COVERAGE)
    browser.sign_in(county.office)

    for target_id in (theirs.id, unknown_id):
        assert browser.get(f"/plans/{plan.id}/targets/{target_id}").status_code == 404
        assert browser.post(f"/plans/{plan.id}/targets/{target_id}", form(value="1")).status_code == 404


def test_the_pages_of_progress_keep_open_missing_and_not_applicable_apart(
    browser: Browser, county: PlanningCounty, plan: Plan, target: Target
) -> None:
    make_target(plan, "T02", name="未定的目标", deadline="2026-12-31")
    make_target(plan, "T03", name="不适用的目标", figure=1, deadline="2026-01-31")
    make_target(plan, "T04", name="没有报的目标", figure=1, deadline="2026-01-31", strength="stretch")
    late = make_target(plan, "T05", name="没达到的力争目标", figure=10, deadline="2026-01-31", strength="stretch")
    na = db.session.scalars(select(Target).where(Target.code == "T03")).one()
    db.session.add(TargetValue(target_id=na.id, measured_on=date(2026, 1, 20), is_not_applicable=True, note="没有此类"))
    db.session.add(TargetValue(target_id=late.id, measured_on=date(2026, 1, 20), value=9))
    browser.sign_in(county.clerk)

    for address in (f"/plans/{plan.id}/targets/progress?on=2026-03-01", "/plans/targets?on=2026-03-01"):
        page = browser.get(address).text
        for word in ("未定", "不适用", "未报", "力争未达", "未到期"):
            assert word in page
        assert "还差 1" in page
    assert State.NOT_MET.value not in browser.get(f"/plans/{plan.id}?tab=text").text
