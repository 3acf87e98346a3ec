"""The re-check on the spot, and what the office records."""

from __future__ import annotations

import io
from decimal import Decimal

import pytest
from PIL import Image
from sqlalchemy import select

from saas.assessment.models import AssessmentFact
from saas.db import db, new_id
from saas.domain.workflow import RoundStatus
from saas.submissions.models import CollectionWindow
from tests.assessment.steps import TODAY, actions_of, round_path, unit_path
from tests.browser import Browser
from tests.factories_assessment import (
    AssessedCounty,
    assessed_unit,
    find,
    make_assessed_county,
    make_round,
    recheck,
)


def test_an_officer_rechecks_a_village_and_the_progress_shows_it(browser: Browser, county: AssessedCounty) -> None:
    assessed, west = make_round(county), county.villages[1]
    browser.sign_in(county.officers[0])
    version = assessed_unit(assessed, west).version

    response = browser.post(
        unit_path(assessed, west, "/recheck"),
        {"version": version, "score-P1": "５5", "score-P2": "31.5", "intent": "complete"},
    )

    assert response.status_code == 303
    assert assessed_unit(assessed, west).rechecked_by_id == county.officers[0].id
    assert {fact.rule_code: fact.quantity for fact in db.session.scalars(select(AssessmentFact))} == {
        "P1": Decimal(55),
        "P2": Decimal("31.5"),
    }
    assert len(actions_of("fact.recorded")) == 1
    text = browser.get(round_path(assessed, "/recheck")).text
    assert "柳河镇（1 / 2）" in text
    assert "石桥镇" not in text


def test_wrong_scores_are_shown_beside_their_fields_and_kept(browser: Browser, county: AssessedCounty) -> None:
    assessed, west = make_round(county), county.villages[1]
    browser.sign_in(county.officers[0])
    version = assessed_unit(assessed, west).version

    response = browser.post(
        unit_path(assessed, west, "/recheck"),
        {"version": version, "score-P1": "61", "score-P2": "三十", "intent": "save"},
    )

    assert response.status_code == 422
    assert "请填写 0 至 60 之间的数" in response.text
    assert 'value="三十"' in response.text
    assert db.session.scalars(select(AssessmentFact)).all() == []


def test_a_sheet_that_somebody_else_saved_meanwhile_is_not_overwritten(
    browser: Browser, county: AssessedCounty
) -> None:
    assessed, west = make_round(county), county.villages[1]
    old = assessed_unit(assessed, west).version
    recheck(assessed, west, county.officers[0], is_complete=False)
    browser.sign_in(county.officers[0])

    response = browser.post(
        unit_path(assessed, west, "/recheck"), {"version": old, "score-P1": "10", "score-P2": "10", "intent": "save"}
    )

    assert response.status_code == 409
    assert "现为 50" in response.text
    assert 'value="10"' in response.text


def test_a_finding_is_recorded_once_with_its_photo(browser: Browser, county: AssessedCounty) -> None:
    assessed, west = make_round(county), county.villages[1]
    browser.sign_in(county.officers[0])
    picture = io.BytesIO()
    Image.new("RGB", (40, 30), "green").save(picture, "JPEG")
    token = str(new_id())

    answers = []
    for _ in range(2):
        form = {
            "rule_code": "S4",
            "households": "3组12号、3组15号\n3组12号",
            "found_on": assessed.period_start.isoformat(),
            "note": "门前堆放建材",
            "send_token": token,
            "photo": (io.BytesIO(picture.getvalue()), "现场.jpg"),
        }
        answers.append(browser.post(unit_path(assessed, west, "/findings"), form))

    fact = db.session.scalars(select(AssessmentFact)).one()
    assert [answer.status_code for answer in answers] == [303, 303]
    assert (fact.households, fact.quantity) == (["3组12号", "3组15号"], Decimal(2))
    assert assessed.status is RoundStatus.RECHECKING
    assert browser.get(f"/files/{fact.photo_id}").status_code == 200
    assert "门前堆放建材" in browser.get(unit_path(assessed, west, "/recheck")).text
    browser.sign_in(county.officers[1])
    assert browser.get(f"/files/{fact.photo_id}").status_code == 404


@pytest.mark.parametrize(
    ("form", "message"),
    [
        ({"quantity": ""}, "请填写数量"),
        ({"quantity": "1.5"}, "请填写整数"),
        ({"quantity": "-1"}, "不小于 0"),
        ({"quantity": "1", "found_on": ""}, "请填写发现日期"),
        ({"quantity": "1", "note": "长" * 501}, "最多 500 字"),
        ({"quantity": "1", "photo": (io.BytesIO(b"<script>"), "x.jpg")}, "x.jpg"),
    ],
)
def test_an_unusable_finding_is_refused_with_its_reason(
    browser: Browser, county: AssessedCounty, form: dict[str, object], message: str
) -> None:
    assessed, west = make_round(county), county.villages[1]
    browser.sign_in(county.officers[0])
    given = {"rule_code": "S3", "found_on": assessed.period_start.isoformat(), **form}

    response = browser.post(unit_path(assessed, west, "/findings"), given)

    assert response.status_code == 422
    assert message in response.text
    assert db.session.scalars(select(AssessmentFact)).all() == []


def test_a_finding_of_tomorrow_or_under_an_office_rule_is_refused(browser: Browser, county: AssessedCounty) -> None:
    assessed, west = make_round(county), county.villages[1]
    browser.sign_in(county.officers[0])
    path = unit_path(assessed, west, "/findings")

    ahead = browser.post(path, {"rule_code": "S3", "quantity": "1", "found_on": "2099-01-01"})
    office = browser.post(path, {"rule_code": "S1", "quantity": "1", "found_on": assessed.period_start.isoformat()})

    assert (ahead.status_code, office.status_code) == (409, 409)


def test_the_window_binds_and_the_offices_change_of_it_counts(browser: Browser) -> None:
    window = {
        "due": {"month": 0, "day": 1}, "due_inclusive": True, "grace_days": "unlimited",
        "recheck_from": {"month": 2, "day": 1}, "recheck_to": {"month": 2, "day": 3},
    }  # fmt: skip
    county = make_assessed_county(has_collection=True, window=window)
    assessed, west = make_round(county), county.villages[1]
    browser.sign_in(county.officers[0])
    form = {"version": assessed_unit(assessed, west).version, "score-P1": "1", "score-P2": "1", "intent": "save"}
    assert "还没有开始" in browser.get(unit_path(assessed, west, "/recheck")).text
    assert browser.post(unit_path(assessed, west, "/recheck"), form).status_code == 409

    assert county.collection is not None
    db.session.add(
        CollectionWindow(
            collection_id=county.collection.id,
            period_start=assessed.period_start,
            opens_on=assessed.period_start,
            due_on=TODAY(),
            recheck_from=TODAY(),
            recheck_to=TODAY(),
            reason="防汛顺延",
            changed_by_id=county.office.id,
        )
    )
    db.session.flush()

    assert "防汛顺延" in browser.get(unit_path(assessed, west, "/recheck")).text
    assert browser.post(unit_path(assessed, west, "/recheck"), form).status_code == 303


def test_a_finished_recheck_is_taken_up_again(browser: Browser, county: AssessedCounty) -> None:
    assessed, west = make_round(county), county.villages[1]
    recheck(assessed, west, county.officers[0])
    browser.sign_in(county.officers[0])

    assert browser.post(unit_path(assessed, west, "/resume")).status_code == 303
    assert assessed_unit(assessed, west).rechecked_at is None


def test_a_fact_is_withdrawn_with_a_reason_and_stays_visible(browser: Browser, county: AssessedCounty) -> None:
    assessed, west = make_round(county), county.villages[1]
    find(assessed, west, "S3", "2", by=county.officers[0])
    fact = db.session.scalars(select(AssessmentFact)).one()
    browser.sign_in(county.officers[0])

    empty = browser.post(f"/assessment/facts/{fact.id}/withdraw", {"reason": " "})
    done = browser.post(f"/assessment/facts/{fact.id}/withdraw", {"reason": "记错了村"})

    assert empty.status_code == 422
    assert "请填写撤销理由" in empty.text
    assert done.status_code == 303
    assert "已撤销：记错了村" in browser.get(unit_path(assessed, west, "/recheck")).text
    assert len(actions_of("fact.withdrawn")) == 1
    assert browser.post(f"/assessment/facts/{fact.id}/withdraw", {"reason": "再来"}).status_code == 409


def test_the_office_records_praise_with_its_paper(browser: Browser, county: AssessedCounty) -> None:
    assessed, west = make_round(county), county.villages[1]
    browser.sign_in(county.office)
    assert browser.get(round_path(assessed, "/facts/new")).status_code == 200
    form = {
        "unit_id": str(west.id),
        "rule_code": "S1",
        "quantity": "1",
        "found_on": assessed.period_start.isoformat(),
        "document_name": "市通报第9期",
        "send_token": str(new_id()),
    }

    first = browser.post(round_path(assessed, "/facts"), form)
    browser.post(round_path(assessed, "/facts"), form)
    unnamed = browser.post(round_path(assessed, "/facts"), {**form, "document_name": "", "send_token": str(new_id())})

    assert first.status_code == 303
    assert db.session.scalars(select(AssessmentFact.source)).all() == ["office"]
    assert unnamed.status_code == 422
    assert "请填写文件名称或来源" in unnamed.text
    assert "市通报第9期" in browser.get(round_path(assessed, "/facts")).text


def test_an_officer_does_not_withdraw_what_the_office_recorded(browser: Browser, county: AssessedCounty) -> None:
    assessed = make_round(county)
    find(assessed, county.on_road, "S1", "1", by=county.office, is_office=True)
    fact = db.session.scalars(select(AssessmentFact)).one()
    browser.sign_in(county.officers[0])

    assert browser.post(f"/assessment/facts/{fact.id}/withdraw", {"reason": "不同意"}).status_code == 404
