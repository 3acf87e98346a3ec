"""Reviewing, returning and signing, as the people who do it see it."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from dataclasses import dataclass, field

import pytest
from flask import Flask
from sqlalchemy import select

from saas.access.permissions import Role
from saas.accounts.models import User
from saas.audit.models import AuditEvent
from saas.audit.services import HasId
from saas.db import db, new_id
from saas.domain.progress import CaseStatus
from saas.domain.routes import Step
from saas.org.models import OrgUnit
from saas.review.models import ReviewCase, ReviewTask, Route
from saas.review.services import start_case
from saas.review.subjects import SubjectHandler, register_subject
from saas.tenancy.scope import tenant_scope
from tests.browser import Browser
from tests.factories import make_tenant, make_unit, make_unit_type, make_user

ROUTE = {
    "code": "three_levels",
    "name": "三级审核",
    "steps": [
        {"code": "town", "name": "乡镇审核", "kind": "review", "who": {"role": "town_officer", "at": "own_parent"}},
        {"code": "sign", "name": "领导签批", "kind": "sign", "who": {"role": "leader", "at": "ancestor:county"}},
    ],
}


@dataclass
class Heard:
    """What the reviewed thing was told."""

    moves: list[str] = field(default_factory=list)

    def approved_step(self, subject_id: uuid.UUID, step: Step, actor: HasId) -> None:
        self.moves.append(f"approved {step.code}")

    def returned(self, subject_id: uuid.UUID, reason: str, actor: HasId) -> None:
        self.moves.append(f"returned {reason}")

    def finished(self, subject_id: uuid.UUID, actor: HasId) -> None:
        self.moves.append("finished")

    def withdrawn(self, subject_id: uuid.UUID, actor: HasId) -> None:
        self.moves.append("withdrawn")


@dataclass
class County:
    root: OrgUnit
    town: OrgUnit
    village: OrgUnit
    clerk: User
    officer: User
    leader: User
    route: Route
    heard: Heard


@pytest.fixture
def county(browser: Browser) -> County:
    heard = Heard()
    register_subject(
        "thing",
        SubjectHandler(
            "事项", "errors/_thing_for_tests.html", heard.approved_step, heard.returned, heard.finished, heard.withdrawn
        ),
    )
    root = make_unit("青山县", kind=make_unit_type("county", "县", 1))
    town = make_unit("柳河镇", parent=root, kind=make_unit_type("town", "镇", 2))
    village = make_unit("东村", parent=town)
    route = Route(code="three_levels", name="三级审核", definition=ROUTE)
    db.session.add(route)
    db.session.flush()
    return County(
        root,
        town,
        village,
        make_user(Role.VILLAGE_CLERK, unit=village),
        make_user(Role.TOWN_OFFICER, unit=town),
        make_user(Role.LEADER, unit=root),
        route,
        heard,
    )


@pytest.fixture(autouse=True)
def content_template(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    """The content of a thing is shown by the feature it belongs to; here it is one line."""
    from jinja2 import ChoiceLoader, DictLoader

    pages = app.jinja_loader
    assert pages is not None
    loader = ChoiceLoader([DictLoader({"errors/_thing_for_tests.html": "<p>{{ content.text }}</p>"}), pages])
    monkeypatch.setattr(app.jinja_env, "loader", loader)


def send(
    county: County, text: str = "本月台账", subject_id: uuid.UUID | None = None, authors: Iterable[User] = ()
) -> ReviewCase:
    return start_case(
        county.route,
        subject_type="thing",
        subject_id=subject_id or new_id(),
        unit=county.village,
        title="东村 5 月自评",
        path="/home",
        content={"text": text},
        authors={county.clerk.id} | {author.id for author in authors},
        actor=county.clerk,
    )


def test_a_thing_goes_up_step_by_step_to_the_leader(browser: Browser, county: County) -> None:
    case = send(county)

    browser.sign_in(county.officer)
    page = browser.get(f"/cases/{case.id}")
    assert "本月台账" in page.text
    assert browser.post(f"/cases/{case.id}/approve", {"version": case.version, "comment": "属实"}).status_code == 303
    browser.sign_in(county.leader)
    assert browser.post(f"/cases/{case.id}/approve", {"version": case.version}).status_code == 303

    assert case.status is CaseStatus.APPROVED
    assert county.heard.moves == ["approved town", "approved sign", "finished"]
    actions = db.session.scalars(select(AuditEvent.action).order_by(AuditEvent.at)).all()
    assert actions == ["case.started", "case.approved", "case.approved"]
    assert "属实" in browser.get(f"/cases/{case.id}").text


def test_who_filled_it_cannot_approve_it_whatever_post_is_held(browser: Browser, county: County) -> None:
    make_user(Role.TOWN_OFFICER, unit=county.town, name="另一位")
    case = send(county, authors=[county.officer])
    browser.sign_in(county.officer)

    response = browser.post(f"/cases/{case.id}/approve", {"version": case.version})

    assert response.status_code == 409
    assert "填报或起草人不得审批本件" in response.text
    assert (case.status, case.current_step) == (CaseStatus.OPEN, 0)


def test_a_return_needs_a_reason_and_tells_the_author(browser: Browser, county: County) -> None:
    case = send(county)
    browser.sign_in(county.officer)

    refused = browser.post(f"/cases/{case.id}/return", {"version": case.version, "to": "author", "reason": ""})
    assert refused.status_code == 422
    assert "请写明退回原因" in refused.text

    form = {"version": case.version, "to": "author", "reason": "照片不清"}
    assert browser.post(f"/cases/{case.id}/return", form).status_code == 303
    assert case.status is CaseStatus.RETURNED
    assert county.heard.moves == ["returned 照片不清"]


def test_what_came_back_starts_again_from_the_first_step(browser: Browser, county: County) -> None:
    subject_id = new_id()
    case = send(county, subject_id=subject_id)
    browser.sign_in(county.officer)
    browser.post(f"/cases/{case.id}/return", {"version": case.version, "to": "author", "reason": "照片不清"})

    again = send(county, "补了照片", subject_id)

    page = browser.get(f"/cases/{again.id}").text
    assert again.digest != case.digest
    assert "补了照片" in page
    assert "照片不清" in page


def test_a_decision_on_a_page_that_is_out_of_date_is_refused(browser: Browser, county: County) -> None:
    case = send(county)
    browser.sign_in(county.officer)

    response = browser.post(f"/cases/{case.id}/approve", {"version": case.version + 1})

    assert response.status_code == 409
    assert "已有变化" in response.text
    assert case.current_step == 0


def test_only_who_is_asked_may_decide(browser: Browser, county: County) -> None:
    case = send(county)
    browser.sign_in(county.leader)

    response = browser.post(f"/cases/{case.id}/approve", {"version": case.version})

    assert response.status_code == 409
    assert "您不是当前环节的办理人" in response.text


def test_a_clerk_has_no_right_to_decide(browser: Browser, county: County) -> None:
    case = send(county)
    browser.sign_in(county.clerk)

    assert browser.post(f"/cases/{case.id}/approve", {"version": case.version}).status_code == 403


def test_the_author_may_withdraw_before_anybody_decided(browser: Browser, county: County) -> None:
    case = send(county)
    browser.sign_in(county.clerk)

    assert browser.post(f"/cases/{case.id}/withdraw").status_code == 303

    assert case.status is CaseStatus.WITHDRAWN
    assert county.heard.moves == ["withdrawn"]
    assert db.session.scalars(select(ReviewTask).where(ReviewTask.closed_at.is_(None))).all() == []


def test_the_list_shows_what_waits_for_me_only(browser: Browser, county: County) -> None:
    send(county)

    browser.sign_in(county.officer)
    assert "东村 5 月自评" in browser.get("/cases").text
    browser.sign_in(county.leader)
    assert "没有待办" in browser.get("/cases").text


def test_another_village_does_not_see_the_case(browser: Browser, county: County) -> None:
    case = send(county)
    browser.sign_in(make_user(Role.VILLAGE_CLERK, unit=make_unit("西村", parent=county.village)))

    assert browser.get(f"/cases/{case.id}").status_code == 404


def test_another_tenants_case_does_not_exist(browser: Browser, county: County, unknown_id: uuid.UUID) -> None:
    case_id = send(county).id
    db.session.commit()
    abroad = make_tenant("other")
    with tenant_scope(abroad.id):
        root = make_unit("外县", kind=make_unit_type("county", "县", 1))
        stranger = make_user(Role.LEADER, unit=root)
        foreign = Browser(browser.client.application, "other")
        foreign.sign_in(stranger)
        for asked in (case_id, unknown_id):
            assert foreign.get(f"/cases/{asked}").status_code == 404
            assert foreign.post(f"/cases/{asked}/approve", {"version": 1}).status_code == 404
