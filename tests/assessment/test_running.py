"""Running a round: starting, computing, reviewing, publishing."""

from __future__ import annotations

from sqlalchemy import select

from saas.assessment.models import AssessmentRound
from saas.assessment.queries.rounds import get_round
from saas.assessment.services.confirming import submit_round
from saas.assessment.services.rounds import move
from saas.db import db, new_id
from saas.documents.models import Document
from saas.domain.workflow import RoundAction, RoundStatus
from saas.jobs.models import Job, JobState
from saas.notifications.models import Notification
from saas.review.queries import find_case_of
from tests.assessment.steps import actions_of, confirm, round_path, settled
from tests.browser import Browser
from tests.factories_assessment import (
    SCHEME,
    AssessedCounty,
    compute,
    find,
    make_assessed_county,
    make_round,
    recheck,
    this_month,
)


def test_the_office_starts_a_round_once_however_often_it_sends(browser: Browser, county: AssessedCounty) -> None:
    browser.sign_in(county.office)
    form = {"period": this_month().key, "send_token": str(new_id())}
    path = f"/assessment/schemes/{county.scheme.id}/rounds"

    first, second = browser.post(path, form), browser.post(path, form)

    assert (first.status_code, first.location) == (303, second.location)
    assert len(db.session.scalars(select(AssessmentRound)).all()) == 1
    assert [event.details["change"] for event in actions_of("round.changed")] == ["started"]
    assert browser.get(first.location).status_code == 200


def test_a_period_that_cannot_be_assessed_is_refused_beside_the_field(browser: Browser, county: AssessedCounty) -> None:
    browser.sign_in(county.office)

    response = browser.post(f"/assessment/schemes/{county.scheme.id}/rounds", {"period": "2031-05"})

    assert response.status_code == 422
    assert db.session.scalars(select(AssessmentRound)).all() == []


def test_computing_is_asked_for_and_shown_until_it_is_done(browser: Browser, county: AssessedCounty) -> None:
    assessed = make_round(county)
    recheck(assessed, county.on_road, county.officers[0])
    browser.sign_in(county.office)

    assert browser.post(round_path(assessed, "/compute")).status_code == 303
    assert "正在计分" in browser.get(round_path(assessed)).text
    job = db.session.scalars(select(Job).where(Job.kind == "assessment.compute")).one()
    assert job.state is JobState.QUEUED
    compute(assessed)

    assert assessed.status is RoundStatus.COMPUTED
    assert len(actions_of("round.computed")) == 1
    assert browser.get(round_path(assessed, "/results")).status_code == 200


def test_moves_change_where_the_round_stands(browser: Browser, county: AssessedCounty) -> None:
    assessed = make_round(county)
    browser.sign_in(county.office)

    response = browser.post(round_path(assessed, "/start-recheck"), {"version": assessed.version})

    assert response.status_code == 303
    assert assessed.status is RoundStatus.RECHECKING
    assert browser.post(round_path(assessed, "/preview"), {"version": assessed.version}).status_code == 409
    assert browser.post(round_path(assessed, "/start-recheck"), {"version": "0"}).status_code == 409


def test_base_amounts_are_fixed_for_the_round(browser: Browser) -> None:
    county = make_assessed_county(SCHEME.replace("amount = 1500\n", "", 1))
    assessed, west = make_round(county), county.villages[1]
    browser.sign_in(county.office)
    assert "本期补助基数" in browser.get(round_path(assessed)).text

    wrong = browser.post(round_path(assessed, "/bases"), {"version": assessed.version, "own": "外村 900"})
    right = browser.post(
        round_path(assessed, "/bases"), {"version": assessed.version, "default": "1200", "own": "西村 900"}
    )

    assert wrong.status_code == 422
    assert "第 1 行不对" in wrong.text
    assert right.status_code == 303
    assert assessed.base_amounts == {"default": "1200", "units": {west.code: "900"}}
    assert "西村 900" in browser.get(round_path(assessed)).text


def test_a_bad_base_amount_keeps_what_was_typed(browser: Browser, county: AssessedCounty) -> None:
    browser.sign_in(county.office)

    response = browser.post(round_path(make_round(county), "/bases"), {"default": "一千五"})

    assert response.status_code == 422


def test_results_go_to_review_and_who_recorded_does_not_decide(browser: Browser, county: AssessedCounty) -> None:
    assessed = settled(county, county.on_road)
    move(assessed, RoundAction.PREVIEW, actor=county.office)
    browser.sign_in(county.office)

    response = browser.post(round_path(assessed, "/submit"), {"version": assessed.version})
    case = find_case_of(assessed.id)

    assert response.status_code == 303
    assert case is not None
    assert assessed.status is RoundStatus.IN_REVIEW
    assert {str(county.office.id), str(county.officers[0].id)} <= set(case.authors)
    browser.sign_in(county.checker)
    assert "1,875.00 元" in browser.get(f"/cases/{case.id}").text
    assert browser.post(f"/cases/{case.id}/approve", {"version": case.version}).status_code == 303
    browser.sign_in(county.leader)
    assert browser.post(f"/cases/{case.id}/approve", {"version": case.version}).status_code == 303
    assert get_round(assessed.id).status.value == "confirmed"


def test_what_comes_back_can_be_computed_again(browser: Browser, county: AssessedCounty) -> None:
    assessed = settled(county, county.on_road)
    move(assessed, RoundAction.PREVIEW, actor=county.office)
    case = submit_round(assessed, actor=county.office)
    browser.sign_in(county.checker)

    browser.post(f"/cases/{case.id}/return", {"version": case.version, "reason": "请核对东村", "to": "author"})

    assert assessed.status is RoundStatus.PREVIEWED
    assert assessed.digest == ""


def test_results_older_than_the_facts_are_not_submitted(browser: Browser, county: AssessedCounty) -> None:
    assessed = settled(county, county.on_road)
    move(assessed, RoundAction.PREVIEW, actor=county.office)
    find(assessed, county.on_road, "S1", "1", by=county.office, is_office=True)
    browser.sign_in(county.office)

    response = browser.post(round_path(assessed, "/submit"), {"version": assessed.version})

    assert response.status_code == 409
    assert "请重新计分" in response.text


def test_publishing_tells_those_concerned_and_issues_the_bulletin(browser: Browser, county: AssessedCounty) -> None:
    assessed = confirm(county, settled(county, county.on_road))
    browser.sign_in(county.office)

    response = browser.post(round_path(assessed, "/publish"), {"version": assessed.version})

    assert response.status_code == 303
    assert assessed.status is RoundStatus.PUBLISHED
    document = db.session.scalars(select(Document)).one()
    assert document.number is not None
    assert assessed.document_id == document.id
    told = {row.user_id for row in db.session.scalars(select(Notification).where(Notification.kind == "published"))}
    assert told == {user.id for user in (*county.clerks, *county.officers)}
    assert len(actions_of("round.published")) == 1
    assert str(document.number) in browser.get(round_path(assessed)).text


def test_unconfirmed_results_are_not_published(browser: Browser, county: AssessedCounty) -> None:
    assessed = settled(county, county.on_road)
    browser.sign_in(county.office)

    assert browser.post(round_path(assessed, "/publish"), {"version": assessed.version}).status_code == 409
    assert db.session.scalars(select(Document)).all() == []


def test_a_draft_of_the_bulletin_has_no_number(browser: Browser, county: AssessedCounty) -> None:
    assessed = settled(county, county.on_road)
    browser.sign_in(county.office)

    response = browser.post(round_path(assessed, "/draft"))

    assert response.status_code == 303
    assert db.session.scalars(select(Document.number)).one() is None
