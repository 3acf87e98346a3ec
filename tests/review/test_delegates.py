"""What a delegate may decide: what the holder may, and nothing that either of them filled (四眼原则)."""

from __future__ import annotations

import uuid
from datetime import timedelta

import pytest
from sqlalchemy import select

from saas.access.permissions import Role
from saas.accounts.delegation import delegate, revoke
from saas.accounts.models import Delegation, User
from saas.accounts.queries import list_held_posts
from saas.accounts.services import make_viewer
from saas.audit.models import AuditEvent
from saas.db import db, local_today
from saas.domain.progress import CaseStatus
from saas.review.models import ReviewCase, ReviewDecision
from saas.review.queries import count_open_tasks
from tests.browser import Browser
from tests.factories import make_unit, make_user
from tests.review.test_views import County, content_template, county, send

__all__ = ["content_template", "county"]  # fixtures


@pytest.fixture
def colleague(county: County) -> User:
    """Somebody elsewhere in the county, who may decide on things but not on this one."""
    return make_user(Role.DEPARTMENT, unit=make_unit("某局"), name="代办的人")


def hand(giver: User, to: User) -> Delegation:
    today = local_today()
    post = list_held_posts(giver.id, today)[0]
    return delegate(post, giver, to, today, today + timedelta(days=3), reason="出差", today=today, actor=giver)


def approve(browser: Browser, case: ReviewCase, user: User) -> int:
    browser.sign_in(user)
    return browser.post(f"/cases/{case.id}/approve", {"version": case.version, "comment": "同意"}).status_code


def waiting(user: User) -> int:
    return count_open_tasks(make_viewer(user))


def test_a_delegates_decision_says_for_whom_it_was_taken(browser: Browser, county: County, colleague: User) -> None:
    case = send(county)
    county.officer.name = "王镇长"
    hand(county.officer, colleague)
    assert (waiting(colleague), waiting(county.officer)) == (1, 1)

    assert approve(browser, case, colleague) == 303

    decision = db.session.scalars(select(ReviewDecision).where(ReviewDecision.action == "approve")).one()
    assert (decision.actor_id, decision.acting_for_id) == (colleague.id, county.officer.id)
    assert "（受王镇长委托）" in browser.get(f"/cases/{case.id}").text
    event = db.session.scalars(select(AuditEvent).where(AuditEvent.action == "case.approved")).one()
    assert event.details["acting_for"] == "王镇长"
    assert (waiting(colleague), waiting(county.leader)) == (0, 1)


def test_the_holder_still_decides_in_his_own_name(browser: Browser, county: County, colleague: User) -> None:
    case = send(county)
    hand(county.officer, colleague)

    assert approve(browser, case, county.officer) == 303

    decision = db.session.scalars(select(ReviewDecision).where(ReviewDecision.action == "approve")).one()
    assert decision.acting_for_id is None


def test_a_return_by_a_delegate_says_so_as_well(browser: Browser, county: County, colleague: User) -> None:
    case = send(county)
    hand(county.officer, colleague)
    browser.sign_in(colleague)

    form = {"version": case.version, "reason": "数字不对", "to": "author"}
    assert browser.post(f"/cases/{case.id}/return", form).status_code == 303

    decision = db.session.scalars(select(ReviewDecision).where(ReviewDecision.action == "return")).one()
    assert decision.acting_for_id == county.officer.id


@pytest.mark.parametrize("who", ["delegate", "holder"])
def test_what_either_of_them_filled_the_delegate_does_not_approve(
    browser: Browser, county: County, colleague: User, who: str
) -> None:
    case = send(county, authors=[colleague if who == "delegate" else county.officer])
    hand(county.officer, colleague)

    assert waiting(colleague) == 0
    assert approve(browser, case, colleague) == 409
    assert case.status is CaseStatus.OPEN
    assert f"/cases/{case.id}/approve" not in browser.get(f"/cases/{case.id}").text


def test_whoever_decided_for_another_does_not_decide_the_next_step(
    browser: Browser, county: County, colleague: User
) -> None:
    case = send(county)
    hand(county.officer, colleague)
    hand(county.leader, colleague)
    assert approve(browser, case, colleague) == 303

    assert approve(browser, case, colleague) == 409
    assert approve(browser, case, county.leader) == 303


def test_for_whom_somebody_decided_is_not_asked_at_the_next_step(
    browser: Browser, county: County, colleague: User
) -> None:
    case = send(county)
    hand(county.officer, colleague)
    hand(county.leader, county.officer)
    assert approve(browser, case, colleague) == 303  # for the officer

    assert approve(browser, case, county.officer) == 409  # for the leader


def test_after_it_was_revoked_the_delegate_decides_nothing(browser: Browser, county: County, colleague: User) -> None:
    case = send(county)
    made = hand(county.officer, colleague)
    revoke(made, local_today(), actor=county.officer)

    assert waiting(colleague) == 0
    assert approve(browser, case, colleague) == 404


def test_what_a_delegate_decided_stays_readable_after_the_days_are_over(
    browser: Browser, county: County, colleague: User
) -> None:
    case = send(county)
    made = hand(county.officer, colleague)
    assert approve(browser, case, colleague) == 303
    revoke(made, local_today(), actor=county.officer)

    assert approve(browser, case, county.leader) == 303

    assert case.status is CaseStatus.APPROVED
    assert "委托）" in browser.get(f"/cases/{case.id}").text


def test_an_unknown_case_stays_unknown_to_a_delegate(browser: Browser, county: County, colleague: User) -> None:
    hand(county.officer, colleague)
    browser.sign_in(colleague)

    assert browser.get(f"/cases/{uuid.uuid4()}").status_code == 404
