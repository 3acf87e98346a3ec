"""Assessment as the people see it who run it, re-check for it and are assessed by it."""

from __future__ import annotations

import io
import re
import uuid
from decimal import Decimal

import pytest
from PIL import Image
from sqlalchemy import select

from saas.access.permissions import Role
from saas.accounts.models import User
from saas.assessment.models import AssessmentFact, AssessmentResult, AssessmentRound, SchemeVersion
from saas.assessment.queries.rounds import get_round
from saas.assessment.services.confirming import publish_round, submit_round
from saas.assessment.services.rounds import move
from saas.audit.models import AuditEvent
from saas.db import db, local_today, new_id
from saas.documents.models import Document
from saas.domain.workflow import RoundAction, RoundStatus
from saas.jobs.models import Job, JobState
from saas.notifications.models import Notification
from saas.org.models import OrgUnit
from saas.review.queries import find_case_of
from saas.review.services import approve
from saas.submissions.models import CollectionWindow
from saas.tenancy.scope import tenant_scope
from tests.browser import Browser
from tests.factories import make_tenant, make_unit, make_user
from tests.factories_assessment import (
    SCHEME,
    AssessedCounty,
    assessed_unit,
    compute,
    find,
    make_assessed_county,
    make_round,
    recheck,
    this_month,
)
from tests.statements import count_statements

TODAY = local_today


@pytest.fixture
def county(browser: Browser) -> AssessedCounty:
    return make_assessed_county()


def round_path(assessed: AssessmentRound, rest: str = "") -> str:
    return f"/assessment/rounds/{assessed.id}{rest}"


def unit_path(assessed: AssessmentRound, unit: OrgUnit, rest: str = "") -> str:
    return round_path(assessed, f"/units/{unit.id}{rest}")


def settled(county: AssessedCounty, unit: OrgUnit) -> AssessmentRound:
    """The worked settlement: 125 yuan off, 500 on, computed."""
    assessed, officer = make_round(county), county.officers[0]
    for rule, count in (("S3", "3"), ("S6", "2"), ("S7", "2"), ("S8", "1")):
        find(assessed, unit, rule, count, by=officer)
    find(assessed, unit, "S4", "4", by=officer, households=["1", "2", "3", "4"])
    find(assessed, unit, "S5", "6", by=officer, households=["3", "4", "5", "6", "7", "8"])
    find(assessed, unit, "S1", "1", by=county.office, is_office=True, document_name="市通报第9期")
    recheck(assessed, unit, officer)
    compute(assessed)
    return assessed


def confirm(county: AssessedCounty, assessed: AssessmentRound) -> AssessmentRound:
    move(assessed, RoundAction.PREVIEW, actor=county.office)
    submit_round(assessed, actor=county.office)
    for person in (county.checker, county.leader):
        case = find_case_of(assessed.id)
        assert case is not None
        approve(case, actor=person, comment="同意")
    return get_round(assessed.id)


def publish(county: AssessedCounty, assessed: AssessmentRound) -> AssessmentRound:
    return publish_round(confirm(county, assessed), actor=county.office)


def actions_of(audit: str) -> list[AuditEvent]:
    return list(db.session.scalars(select(AuditEvent).where(AuditEvent.action == audit)).all())


# --- from the round to the reasons ----------------------------------------------------------------------------------


def test_a_village_sees_why_it_gets_1875_yuan(browser: Browser, county: AssessedCounty) -> None:
    assessed = publish(county, settled(county, county.on_road))
    browser.sign_in(county.clerks[0])

    text = browser.get(unit_path(assessed, county.on_road)).text

    assert "1,875.00" in text
    for line in ("3 次 × 10 元 = −30 元", "4 户 × 5 元 = −20 元", "6 户 × 5 元 = −30 元", "2 次 × 10 元 = −20 元",
                 "（5 − 2）户 × 5 元 = −15 元", "1 次 × 10 元 = −10 元", "1 次 × 500 元 = +500 元"):  # fmt: skip
        assert line in text
    assert "文件：市通报第9期" in text
    assert county.officers[0].name in text


def test_off_the_county_road_the_shortfall_is_not_applicable(browser: Browser, county: AssessedCounty) -> None:
    west = county.villages[1]
    assessed = publish(county, settled(county, west))
    browser.sign_in(county.clerks[1])

    text = browser.get(unit_path(assessed, west)).text

    assert "1,890.00" in text
    assert "不适用：仅适用于" in text


def test_before_publication_only_those_who_assess_see_results(browser: Browser, county: AssessedCounty) -> None:
    assessed = settled(county, county.on_road)
    pages = {}
    for name, user in (("clerk", county.clerks[0]), ("officer", county.officers[0]), ("other", county.officers[1])):
        browser.sign_in(user)
        pages[name] = (
            browser.get(unit_path(assessed, county.on_road)).status_code,
            ">东村</a>" in browser.get(round_path(assessed, "/results")).text,
        )

    assert pages == {"clerk": (404, False), "officer": (200, True), "other": (404, False)}


def test_after_publication_a_village_sees_the_ranking_but_not_the_reasons_of_others(
    browser: Browser, county: AssessedCounty
) -> None:
    assessed = publish(county, settled(county, county.on_road))
    browser.sign_in(county.clerks[2])

    assert "东村" in browser.get(round_path(assessed, "/results")).text
    assert browser.get(unit_path(assessed, county.villages[2])).status_code == 200
    assert browser.get(unit_path(assessed, county.on_road)).status_code == 404


def test_what_is_not_rechecked_is_listed_with_its_reason(browser: Browser, county: AssessedCounty) -> None:
    assessed = settled(county, county.on_road)
    browser.sign_in(county.office)

    text = browser.get(round_path(assessed, "/results")).text

    assert "未定事项（3）" in text
    assert "未复核" in text


@pytest.mark.parametrize(
    "query", ["?sort=points&order=desc", "?sort=money", "?sort=unit", "?sort=town", "?sort=nothing"]
)
def test_the_table_sorts_by_every_head(browser: Browser, county: AssessedCounty, query: str) -> None:
    assessed = settled(county, county.on_road)
    browser.sign_in(county.office)

    assert "东村" in browser.get(round_path(assessed, f"/results{query}")).text


def test_the_table_is_filtered_by_town(browser: Browser, county: AssessedCounty) -> None:
    assessed = settled(county, county.on_road)
    browser.sign_in(county.office)

    text = browser.get(round_path(assessed, f"/results?town={county.towns[1].id}"), htmx=True).text

    assert "南村" in text
    assert ">东村<" not in text


def test_lists_take_at_most_eight_statements_however_long(browser: Browser, county: AssessedCounty) -> None:
    assessed = settled(county, county.on_road)
    browser.sign_in(county.office)
    paths = ("/assessment", round_path(assessed, "/results"), round_path(assessed, "/recheck"))
    browser.get("/assessment")  # the first page of a session also notes that it was used
    few = [count_statements(lambda path=path: browser.get(path)) for path in paths]  # type: ignore[misc]
    for _ in range(6):
        make_unit(parent=county.towns[0])
    again = make_round(county, this_month(1))
    compute(again)
    db.session.flush()
    longer = ("/assessment", round_path(again, "/results"), round_path(again, "/recheck"))

    many = [count_statements(lambda path=path: browser.get(path)) for path in longer]  # type: ignore[misc]

    assert many == few
    assert max(many) <= 8


# --- running a round ------------------------------------------------------------------------------------------------


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

    response = browser.post(round_path(assessed, "/moves/start-recheck"), {"version": assessed.version})

    assert response.status_code == 303
    assert assessed.status is RoundStatus.RECHECKING
    assert browser.post(round_path(assessed, "/moves/preview"), {"version": assessed.version}).status_code == 409
    assert browser.post(round_path(assessed, "/moves/start-recheck"), {"version": "0"}).status_code == 409
    assert browser.post(round_path(assessed, "/moves/nonsense"), {"version": assessed.version}).status_code == 409


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


# --- the re-check ---------------------------------------------------------------------------------------------------


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


# --- schemes --------------------------------------------------------------------------------------------------------


def test_a_scheme_is_shown_in_words_with_its_settings_and_what_is_open(
    browser: Browser, county: AssessedCounty
) -> None:
    browser.sign_in(county.clerks[0])

    text = browser.get(f"/assessment/schemes/{county.scheme.id}").text

    assert "应有 5 户，每少 1 户扣 5 元" in text
    assert "以检查发现之日为准" in text
    assert "排名本身没有规定奖惩" in text


def upload(county: AssessedCounty, text: str) -> dict[str, object]:
    named = text.replace('code = "environment"', f'code = "{county.scheme.code}"', 1)
    return {"file": (io.BytesIO(named.encode()), "办法.toml"), "effective_from": "2027-01-01"}


def test_a_new_version_takes_effect_from_its_day(browser: Browser, county: AssessedCounty) -> None:
    browser.sign_in(county.office)
    path = f"/assessment/schemes/{county.scheme.id}/versions"

    response = browser.post(path, upload(county, SCHEME.replace("amount = 500", "amount = 600")))

    assert response.status_code == 303
    numbers = db.session.scalars(select(SchemeVersion.number).order_by(SchemeVersion.number)).all()
    assert numbers == [1, 2]
    assert len(actions_of("scheme.published")) == 1
    assert (
        make_round(county).scheme_version_id
        == db.session.scalars(select(SchemeVersion.id).where(SchemeVersion.number == 1)).one()
    )


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (SCHEME.replace("amount = 500", "amount = 0.5e"), "TOML"),
        (SCHEME.replace('ties = "shared"', ""), "ties"),
        ("\x00\x01", "TOML"),
    ],
)
def test_a_faulty_version_says_where_and_is_not_published(
    browser: Browser, county: AssessedCounty, text: str, message: str
) -> None:
    browser.sign_in(county.office)

    response = browser.post(f"/assessment/schemes/{county.scheme.id}/versions", upload(county, text))

    assert response.status_code == 422
    assert message in response.text
    assert len(db.session.scalars(select(SchemeVersion)).all()) == 1


# --- who may, and whose it is ---------------------------------------------------------------------------------------

RUN = ("/moves/preview", "/compute", "/bases", "/submit", "/publish", "/draft", "/facts")
RECHECK = ("/recheck", "/resume", "/findings")


@pytest.mark.parametrize("rest", RUN)
def test_only_the_office_runs_a_round(browser: Browser, county: AssessedCounty, rest: str) -> None:
    assessed = make_round(county)
    browser.sign_in(county.officers[0])

    assert browser.post(round_path(assessed, rest)).status_code == 403


@pytest.mark.parametrize("rest", RECHECK)
def test_a_clerk_does_not_recheck_and_an_officer_only_below_the_own_town(
    browser: Browser, county: AssessedCounty, rest: str
) -> None:
    assessed = make_round(county)
    browser.sign_in(county.clerks[0])
    assert browser.post(unit_path(assessed, county.on_road, rest)).status_code == 403

    browser.sign_in(county.officers[1])
    assert browser.post(unit_path(assessed, county.on_road, rest)).status_code == 404


def test_an_auditor_has_no_part_in_it(browser: Browser, county: AssessedCounty) -> None:
    browser.sign_in(make_user(Role.AUDITOR, unit=county.root))

    assert browser.get("/assessment").status_code == 403


def test_what_belongs_to_another_county_does_not_exist(
    browser: Browser, county: AssessedCounty, unknown_id: uuid.UUID
) -> None:
    with tenant_scope(make_tenant("other").id):
        theirs = make_assessed_county()
        foreign = make_round(theirs)
        find(foreign, theirs.on_road, "S3", "1", by=theirs.officers[0])
        fact = db.session.scalars(select(AssessmentFact)).one()
        ids = {"round": foreign.id, "unit": theirs.on_road.id, "scheme": theirs.scheme.id, "fact": fact.id}
    db.session.expunge_all()
    browser.sign_in(db.session.get(User, (county.office.tenant_id, county.office.id)) or county.office)

    for found in (ids, dict.fromkeys(ids, unknown_id)):
        base = f"/assessment/rounds/{found['round']}"
        gets = ["", "/results", "/recheck", "/facts", "/facts/new", f"/units/{found['unit']}"]
        for path in [base + rest for rest in gets] + [f"/assessment/schemes/{found['scheme']}"]:
            assert browser.get(path).status_code == 404, path
        posts = [base + rest for rest in RUN] + [f"{base}/units/{found['unit']}{rest}" for rest in RECHECK]
        posts += [f"/assessment/schemes/{found['scheme']}/rounds", f"/assessment/schemes/{found['scheme']}/versions"]
        for path in [*posts, f"/assessment/facts/{found['fact']}/withdraw"]:
            assert browser.post(path, {"reason": "x"}).status_code == 404, path


def test_the_first_page_knows_what_waits(browser: Browser, county: AssessedCounty) -> None:
    make_round(county)
    browser.sign_in(county.officers[0])

    text = browser.get("/assessment").text

    assert re.search(r"还有 2 个单位未复核，共 2 个", text)


def test_the_last_result_of_the_own_unit_stands_on_top(browser: Browser, county: AssessedCounty) -> None:
    publish(county, settled(county, county.on_road))
    browser.sign_in(county.clerks[0])

    assert "80.00 分" in browser.get("/assessment").text
    assert len(db.session.scalars(select(AssessmentResult)).all()) == 4
