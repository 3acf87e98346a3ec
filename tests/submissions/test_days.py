"""Own windows, terms, events, sensitive periods and working days, as the office sets them and the clerk meets them."""

from __future__ import annotations

from datetime import UTC, date, datetime, time

import pytest
from sqlalchemy import select

from saas.accounts.services import make_viewer
from saas.db import at_moment, db
from saas.domain.errors import DomainError
from saas.domain.periods import check_terms
from saas.domain.workflow import SubmissionStatus
from saas.submissions.arranging import SensitivePeriod, add_sensitive_period, begin_event, mark_of
from saas.submissions.calendars import keep_terms
from saas.submissions.due import due_submissions
from saas.submissions.models import Collection, Submission
from saas.submissions.overview import period_overview
from saas.submissions.schedule import collection_periods, dates_of, period_at
from tests.browser import Browser
from tests.factories_forms import make_collection, make_submission
from tests.submissions.conftest import Place, token
from tests.submissions.test_collections import newest, settings

SAME_DAY = {"due": {"from": "end", "days": 0}, "due_inclusive": True, "grace_days": 1}


def titles(place: Place) -> list[str]:
    return [item.title for item in due_submissions(make_viewer(place.clerk))]


# --- cadences -------------------------------------------------------------------------------------------------------


def test_an_own_window_is_picked_by_months_and_days(office: Browser, place: Place) -> None:
    own = {"own_start_month": "11", "own_start_day": "01", "own_end_month": "09", "own_end_day": "30"}

    office.post(
        "/collections", settings(cadence="window", due_kind="end", due_number="0", starts_on="2025-11-01", **own)
    )

    made = newest()
    assert made.own_days == {"start": "11-01", "end": "09-30"}
    page = office.get(f"/collections/{made.id}")
    assert "2025年11月—2026年9月" in page.text
    assert "2025年11月—2026年9月露天焚烧零报告" in titles(place)
    form = office.get(f"/collections/{made.id}/edit").text
    assert '<option selected value="11">11月</option>' in form


def test_what_was_filled_keeps_its_own_days(office: Browser, place: Place) -> None:
    place.collection.cadence, place.collection.own_days = "window", {"start": "11-01", "end": "09-30"}
    make_submission(place.collection, place.village, period_start=date(2025, 11, 1))

    own = {"own_start_month": "10", "own_start_day": "01", "own_end_month": "09", "own_end_day": "30"}
    changed = settings(cadence="window", form=str(place.collection.form_id), **own)
    response = office.post(f"/collections/{place.collection.id}/edit", changed)

    assert response.status_code == 422
    assert "已有单位填报" in response.text


def test_a_collection_of_terms_has_no_period_in_the_holidays(place: Place) -> None:
    keep_terms(
        check_terms([(date(2025, 9, 1), date(2026, 1, 23)), (date(2026, 3, 2), date(2026, 7, 3))]), actor=place.office
    )
    school = make_collection(cadence="term", window=SAME_DAY, name="校园安全检查")

    found = collection_periods(school, date(2026, 1, 24), date(2026, 12, 31))

    assert [period.label for period in found] == ["2025—2026学年第二学期"]
    assert "2025—2026学年第二学期校园安全检查" in titles(place)


def test_a_term_that_was_filled_keeps_its_first_day(office: Browser, place: Place) -> None:
    keep_terms(check_terms([(date(2026, 3, 2), date(2026, 7, 3))]), actor=place.office)
    school = make_collection(cadence="term", window=SAME_DAY)
    make_submission(school, place.village, period_start=date(2026, 3, 2))

    with pytest.raises(DomainError) as refusal:
        keep_terms(check_terms([(date(2026, 3, 9), date(2026, 7, 3))]), actor=place.office)
    keep_terms(check_terms([(date(2026, 3, 2), date(2026, 7, 10))]), actor=place.office)

    assert refusal.value.code == "term_in_use"
    assert period_at(school, date(2026, 3, 2)).end == date(2026, 7, 10)


# --- events ---------------------------------------------------------------------------------------------------------


@pytest.fixture
def flood(place: Place) -> Collection:
    window = {"due": {"from": "start", "days": 2}, "due_inclusive": True}
    return make_collection(cadence="event", window=window, name="防汛排查", starts_on=date(2026, 1, 1))


def test_without_an_event_nobody_is_asked(office: Browser, place: Place, flood: Collection) -> None:
    page = office.get(f"/collections/{flood.id}")

    assert page.status_code == 200
    assert "还没有发起过填报" in page.text
    assert not any("防汛排查" in title for title in titles(place))


def test_the_office_begins_an_event_and_the_clerk_fills_it(
    office: Browser, browser: Browser, place: Place, flood: Collection
) -> None:
    sent = {"title": "3月10日暴雨", "day": "2026-03-10", "units": "柳塘村", "send_token": token()}

    response = office.post(f"/collections/{flood.id}/events", sent)

    assert response.status_code == 303
    assert flood.events == [{"day": "2026-03-10", "title": "3月10日暴雨", "units": [place.village.code]}]
    page = office.get(response.location)
    assert "3月10日暴雨（2026年3月10日）" in page.text
    assert "柳塘村" in page.text
    assert "石桥村" not in page.text
    assert "3月10日暴雨（2026年3月10日）防汛排查" in titles(place)
    browser.sign_in(place.clerk)
    path = f"/submissions/fill/{flood.id}/{place.village.id}/2026-03-10"
    assert browser.post(path, {"patrols": "1", "version": "0", "action": "save"}).status_code == 303
    filed = db.session.scalars(select(Submission).where(Submission.collection_id == flood.id)).one()
    assert (filed.period_start, filed.period_end) == (date(2026, 3, 10), date(2026, 3, 10))
    browser.sign_in(place.officer)
    assert "3月10日暴雨" in browser.get(f"/submissions/{filed.id}").text


def test_a_unit_that_was_not_chosen_may_not_fill(browser: Browser, place: Place, flood: Collection) -> None:
    begin_event(flood, date(2026, 3, 10), title="暴雨", units=[place.neighbour.code], actor=place.office)
    browser.sign_in(place.clerk)

    response = browser.post(
        f"/submissions/fill/{flood.id}/{place.village.id}/2026-03-10",
        {"patrols": "1", "version": "0", "action": "save"},
    )

    assert response.status_code in {404, 409}


def test_pressing_the_button_twice_begins_one_event(office: Browser, flood: Collection) -> None:
    sent = {"title": "暴雨", "day": "2026-03-10", "units": "", "send_token": token()}

    first, second = (
        office.post(f"/collections/{flood.id}/events", sent),
        office.post(f"/collections/{flood.id}/events", sent),
    )

    assert first.location == second.location
    assert len(flood.events) == 1


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"title": " "}, "请填写事由"),
        ({"day": ""}, "请填写日期"),
        ({"day": "2025-12-31"}, "不在任务的起止日期内"),
        ({"day": "2026-03-09"}, "已经发起过一次填报"),
        ({"units": "不存在的村"}, "找不到或有重名的单位"),
    ],
)
def test_a_wrong_event_is_told_and_not_begun(
    office: Browser, place: Place, flood: Collection, changes: dict[str, str], message: str
) -> None:
    begin_event(flood, date(2026, 3, 9), title="大风", actor=place.office)

    response = office.post(f"/collections/{flood.id}/events", {"title": "暴雨", "day": "2026-03-10", **changes})

    assert response.status_code == 422
    assert message in response.text
    assert len(flood.events) == 1


def test_a_monthly_collection_has_no_events(office: Browser, place: Place) -> None:
    response = office.post(f"/collections/{place.collection.id}/events", {"title": "暴雨", "day": "2026-03-10"})

    assert response.status_code == 422
    assert "只有按次填报的任务" in response.text


# --- sensitive periods ----------------------------------------------------------------------------------------------


def test_a_sensitive_march_adds_nine_daily_reports_of_which_two_are_missing(place: Place) -> None:
    """Nine days; seven reports, five of them with 0; zero reports are reports, and two days are missing."""
    daily = add_sensitive_period(
        place.collection, SensitivePeriod("两会", date(2026, 3, 3), date(2026, 3, 11)), actor=place.office
    )
    due = collection_periods(daily, date(2026, 3, 1), date(2026, 3, 31))
    for number, period in enumerate(due[:7]):
        answers = {"patrols": 0 if number < 5 else 2, "rubbish": "0"}
        make_submission(
            daily, place.village, period_start=period.start, answers=answers, status=SubmissionStatus.SUBMITTED
        )

    with at_moment(datetime(2026, 3, 20, tzinfo=UTC)):
        seen = [period_overview(daily, each, dates_of(daily, each), make_viewer(place.clerk)).total for each in due]

    assert len(due) == 9
    assert sum(line.marks["handed_in"] for line in seen) == 7
    assert sum(line.marks["zero"] for line in seen) == 5
    assert sum(line.marks["not_reported"] for line in seen) == 2


def test_a_sensitive_period_is_set_seen_and_ends_by_itself(office: Browser, browser: Browser, place: Place) -> None:
    sent = {"title": "两会", "starts_on": "2026-03-09", "ends_on": "2026-03-11", "due_time": "17:00", "units": "柳塘村"}

    response = office.post(f"/collections/{place.collection.id}/sensitive", {**sent, "send_token": token()})

    assert response.status_code == 303
    page = office.get(f"/collections/{place.collection.id}").text
    assert "环境卫生自查（两会每日报告）" in page
    assert "进行中" in page
    browser.sign_in(place.clerk)
    mine = browser.get("/submissions").text
    assert "2026年3月10日环境卫生自查（两会每日报告）" in mine
    assert "敏感时段每日报告，至 2026年3月11日" in mine
    daily = db.session.scalars(select(Collection).where(Collection.extends_id == place.collection.id)).one()
    assert daily.cohort == {"units": [place.village.code]}
    assert daily.window["due_time"] == "17:00"
    assert [period.start.day for period in collection_periods(daily, date(2026, 1, 1), date(2026, 12, 31))] == [
        9,
        10,
        11,
    ]
    with at_moment(datetime(2026, 3, 14, tzinfo=UTC)):
        assert not any("两会" in title for title in titles(place))


def test_after_the_hour_of_the_day_it_is_late_the_same_day_and_says_until_when(browser: Browser, place: Place) -> None:
    wanted = SensitivePeriod("两会", date(2026, 3, 10), date(2026, 3, 11), due_time=time(17, 0))
    add_sensitive_period(place.collection, wanted, actor=place.office)
    browser.sign_in(place.clerk)
    for path in ("/home", "/submissions"):
        page = browser.get(path).text
        assert "2026年3月10日 17:00" in page
        assert "今天截止" in page

    with at_moment(datetime(2026, 3, 10, 9, 30, tzinfo=UTC)):  # half past five in the county
        browser.sign_in(place.clerk)
        for path in ("/home", "/submissions"):
            page = browser.get(path).text
            assert "今天已截止" in page
            assert "逾期 0 天" not in page


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"ends_on": "2026-03-01"}, "结束早于开始"),
        ({"ends_on": "2026-08-01"}, "最长 100 天"),
        ({"title": ""}, "请填写时段名称"),
        ({"units": "不存在的村"}, "找不到或有重名的单位"),
    ],
)
def test_a_wrong_sensitive_period_is_told(office: Browser, place: Place, changes: dict[str, str], message: str) -> None:
    sent = {"title": "两会", "starts_on": "2026-03-09", "ends_on": "2026-03-11", **changes}

    response = office.post(f"/collections/{place.collection.id}/sensitive", sent)

    assert response.status_code == 422
    assert message in response.text


def test_a_sensitive_period_may_be_shortened_but_not_be_left_open(office: Browser, place: Place) -> None:
    wanted = SensitivePeriod("两会", date(2026, 3, 3), date(2026, 3, 11))
    daily = add_sensitive_period(place.collection, wanted, actor=place.office)
    same = {"cadence": "day", "due_kind": "end", "due_number": "0", "starts_on": "2026-03-03", "name": daily.name}
    path, form = f"/collections/{daily.id}/edit", str(daily.form_id)

    same["version"] = mark_of(daily)
    assert office.post(path, settings(form=form, ends_on="2026-03-08", **same)).status_code == 303
    assert daily.ends_on == date(2026, 3, 8)
    refused = office.post(path, settings(form=form, ends_on="", **same))
    assert refused.status_code == 422
    assert "应有结束日期" in refused.text


def test_clerks_neither_begin_events_nor_set_sensitive_periods(clerk: Browser, place: Place) -> None:
    for path in ("events", "sensitive"):
        assert clerk.post(f"/collections/{place.collection.id}/{path}", {}).status_code == 403
    assert clerk.get("/collections/days").status_code == 403
