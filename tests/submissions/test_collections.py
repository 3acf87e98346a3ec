"""Arranging collections and seeing who filled: the office, a town officer, a clerk."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from datetime import UTC, date, datetime
from functools import partial
from typing import Any

import html5lib
import pytest
from sqlalchemy import select

from saas.access.permissions import Role
from saas.accounts.services import make_viewer
from saas.accounts.viewer import Viewer
from saas.audit.models import AuditEvent
from saas.db import at_moment, db, local_today
from saas.domain.filing import FilingState
from saas.domain.periods import Cadence, period_of
from saas.domain.workflow import SubmissionStatus
from saas.submissions.due import due_submissions
from saas.submissions.models import Collection, CollectionWindow
from saas.submissions.queries import self_scores
from saas.tenancy.models import Tenant
from saas.tenancy.scope import tenant_scope
from tests.browser import Browser
from tests.factories import make_unit, make_unit_type, make_user
from tests.factories_forms import make_collection, make_route, make_submission, make_version
from tests.statements import count_statements
from tests.submissions.conftest import Place, token

MARCH = period_of(date(2026, 3, 1), Cadence.MONTH)


@pytest.fixture
def office(browser: Browser, place: Place) -> Browser:
    browser.sign_in(place.office)
    return browser


def settings(**changes: Any) -> dict[str, Any]:
    return {
        "name": "露天焚烧零报告",
        "form": str(make_version().form_id),
        "route": str(make_route().id),
        "cadence": "month",
        "starts_on": "2026-01-01",
        "by": "rule",
        "unit_types": "village",
        "operator": "equals",
        "opens_kind": "start",
        "opens_number": "0",
        "due_kind": "month1",
        "due_number": "3",
        "due_inclusive": "yes",
        "grace": "days",
        "grace_days": "25",
        "is_active": "y",
        **changes,
    }


def newest() -> Collection:
    return db.session.scalars(select(Collection).order_by(Collection.id.desc())).all()[0]


def actions() -> list[str]:
    return list(db.session.scalars(select(AuditEvent.action).order_by(AuditEvent.id)).all())


# --- arranging ------------------------------------------------------------------------------------------------------


def test_a_collection_is_arranged_by_pickers(office: Browser, place: Place) -> None:
    response = office.post("/collections", settings(under=place.town.code, excluded="石桥村"))

    assert response.status_code == 303
    made = newest()
    assert made.cohort == {"unit_types": ["village"], "under": [place.town.code], "except": [place.neighbour.code]}
    assert made.window["due"] == {"month": 1, "day": 3}
    assert made.window["grace_days"] == 25
    assert actions() == ["collection.changed"]
    page = office.get(f"/collections/{made.id}")
    assert "柳塘村" in page.text
    assert "石桥村" not in page.text
    assert "白沙村" not in page.text


def test_a_collection_can_be_edited_and_shows_what_was_set(office: Browser, place: Place) -> None:
    office.post(
        "/collections", settings(recheck_kind="month1", recheck_from="4", recheck_to_kind="end", recheck_to="9")
    )
    made = newest()

    page = office.get(f"/collections/{made.id}/edit").text
    assert "露天焚烧零报告" in page
    form = settings(form=str(made.form_id), route=str(made.route_id), name="改名", by="list", units="柳塘村\n石桥村")
    response = office.post(f"/collections/{made.id}/edit", form)

    assert response.status_code == 303
    assert (made.name, made.cohort) == ("改名", {"units": [place.village.code, place.neighbour.code]})


def test_saving_an_unchanged_page_changes_nothing(office: Browser, place: Place) -> None:
    shown = make_collection(
        cohort={
            "unit_types": ["village"],
            "where": [
                {"attribute": "terrain", "one_of": ["山区", "丘陵"]},
                {"attribute": "population", "at_least": "300"},
            ],
        },
        window={
            "opens": {"month": 0, "day": 20},
            "due": {"month": 1, "day": "end"},
            "due_inclusive": True,
            "due_time": "18:00",
            "grace_days": "unlimited",
            "recheck_from": {"month": 1, "day": 4},
            "recheck_to": {"from": "end", "days": 9},
        },
    )
    make_unit_type("village").attributes = [{"name": "terrain", "label": "地形", "type": "text"}]
    before = (dict(shown.cohort), dict(shown.window))
    page = office.get(f"/collections/{shown.id}/edit").text

    response = office.post(f"/collections/{shown.id}/edit", fields_of(page))

    assert response.status_code == 303
    assert (shown.cohort, shown.window) == before


def fields_of(page: str) -> dict[str, Any]:
    """What a browser would send back from the page's form."""
    form = html5lib.parse(page, namespaceHTMLElements=False).findall(".//main//form")[0]
    found: dict[str, Any] = {}
    for item in form.iter():
        name = item.get("name", "")
        if item.tag == "textarea":
            found[name] = item.text or ""
        elif item.tag == "select":
            found[name] = [option.get("value") for option in item if "selected" in option.attrib]
        elif item.tag == "input" and (item.get("type") not in {"radio", "checkbox"} or "checked" in item.attrib):
            found.setdefault(name, []).append(item.get("value", ""))
    return found


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"name": ""}, "请填写任务名称"),
        ({"due_number": "40"}, "几日应在 1 到 31 之间"),
        ({"grace_days": ""}, "请填写补报天数"),
        ({"by": "list", "units": "不存在的村"}, "找不到或有重名的单位：不存在的村"),
        ({"unit_types": []}, "单位范围为空"),
        ({"ends_on": "2025-01-01"}, "结束日期早于开始日期"),
        ({"form": str(uuid.uuid4())}, "不是有效的选择"),
        ({"cadence": "event"}, "不是有效的选择"),
        ({"due_number": "明天"}, "几日应在 1 到 31 之间"),
        ({"name": "名" * 200}, "名称最多 100 字"),
    ],
)
def test_wrong_settings_are_said_and_nothing_is_made(
    office: Browser, place: Place, changes: Mapping[str, Any], message: str
) -> None:
    response = office.post("/collections", settings(excluded="石桥村", **changes))

    assert response.status_code == 422
    assert message in response.text
    assert "石桥村" in response.text
    assert newest().id == place.collection.id


def test_a_collection_sent_twice_is_made_once(office: Browser) -> None:
    form = settings(send_token=token())
    before = len(db.session.scalars(select(Collection)).all())

    office.post("/collections", form)
    assert office.post("/collections", form).status_code == 303

    assert len(db.session.scalars(select(Collection)).all()) == before + 1


def test_what_was_begun_keeps_its_cadence(office: Browser, place: Place) -> None:
    make_submission(place.collection, place.village)
    shown = place.collection
    form = settings(form=str(shown.form_id), route=str(shown.route_id), cadence="week")

    response = office.post(f"/collections/{shown.id}/edit", form)

    assert response.status_code == 422
    assert "已有单位填报" in response.text
    assert shown.cadence == "month"


def test_others_do_not_arrange(browser: Browser, place: Place) -> None:
    browser.sign_in(place.officer)

    assert browser.get("/collections").status_code == 403
    assert browser.post("/collections", {}).status_code == 403
    assert browser.post(f"/collections/{place.collection.id}/edit", {}).status_code == 403
    assert browser.post(f"/collections/{place.collection.id}/windows/2026-03-01", {}).status_code == 403
    assert browser.get(f"/collections/{place.collection.id}").status_code == 200


def test_another_countys_collection_and_an_unknown_one_are_the_same(
    office: Browser, other_tenant: Tenant, unknown_id: uuid.UUID
) -> None:
    with tenant_scope(other_tenant.id):
        theirs = make_collection().id

    for collection_id in (theirs, unknown_id):
        for path in ("", "/edit", "/windows/2026-03-01"):
            assert office.get(f"/collections/{collection_id}{path}").status_code == 404, path
        for path in ("/edit", "/windows/2026-03-01"):
            assert office.post(f"/collections/{collection_id}{path}", {}).status_code == 404, path


# --- one period's window --------------------------------------------------------------------------------------------


def window(**changes: str) -> dict[str, str]:
    return {"opens_on": "2026-03-01", "due_on": "2026-03-25", "reason": "暴雨，道路中断", **changes}


def test_the_office_changes_one_periods_window_with_a_reason(office: Browser, place: Place) -> None:
    path = f"/collections/{place.collection.id}/windows/2026-03-01"
    assert "2026-03-15" in office.get(path).text

    assert office.post(path, window()).status_code == 303
    assert office.post(path, window(due_on="2026-03-26")).status_code == 303

    assert db.session.scalars(select(CollectionWindow.due_on)).all() == [date(2026, 3, 26)]
    assert actions() == ["collection.window_changed"] * 2
    assert "暴雨，道路中断" in office.get(f"/collections/{place.collection.id}?period=2026-03-01").text
    with at_moment(datetime(2026, 3, 24, 1, tzinfo=UTC)):
        assert due_submissions(viewer_of(place))[0].state is FilingState.OPEN


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"reason": " "}, "请填写调整原因"),
        ({"due_on": "2026-02-01"}, "截止日期早于开始日期"),
        ({"recheck_from": "2026-03-26"}, "复查起止应同时填写"),
        ({"due_on": "soon"}, "不是有效的日期"),
    ],
)
def test_a_wrong_window_is_said_beside_the_field(
    office: Browser, place: Place, changes: Mapping[str, str], message: str
) -> None:
    response = office.post(f"/collections/{place.collection.id}/windows/2026-03-01", window(**changes))

    assert response.status_code == 422
    assert message in response.text
    assert db.session.scalars(select(CollectionWindow)).all() == []


# --- who filled -----------------------------------------------------------------------------------------------------


def viewer_of(place: Place) -> Viewer:
    return make_viewer(place.clerk)


def file_everything(place: Place) -> None:
    make_submission(
        place.collection, place.village, status=SubmissionStatus.SUBMITTED, answers={"patrols": 0}, is_late=True
    )
    make_submission(place.collection, place.neighbour, status=SubmissionStatus.RETURNED)


def test_the_page_of_a_period_counts_each_kind_apart(office: Browser, place: Place) -> None:
    file_everything(place)
    make_submission(
        place.collection,
        make_unit("搬迁村", parent=place.other_town),
        status=SubmissionStatus.SIGNED_OFF,
        is_not_applicable=True,
        not_applicable_reason="整体搬迁",
    )

    with at_moment(datetime(2026, 3, 18, 1, tzinfo=UTC)):
        office.sign_in(place.office)
        page = office.get(f"/collections/{place.collection.id}?period=2026-03-01").text
        late = office.get(f"/collections/{place.collection.id}?period=2026-03-01&mark=not_reported").text

    for line in ("应报", "迟报", "零报告", "不适用", "已退回", "逾期未报"):
        assert line in page
    assert "白沙村" in late
    assert "柳塘村" not in late


def test_a_town_officer_sees_the_own_town_only(browser: Browser, place: Place) -> None:
    file_everything(place)
    browser.sign_in(place.officer)

    page = browser.get(f"/collections/{place.collection.id}?period=2026-03-01").text

    assert "柳塘村" in page
    assert "白沙村" not in page


def test_a_unit_without_the_attribute_is_listed_as_unknown(office: Browser, place: Place) -> None:
    shown = make_collection(
        cohort={"unit_types": ["village"], "where": [{"attribute": "on_county_road", "equals": True}]}
    )
    place.village.attributes = {"on_county_road": True}
    place.neighbour.attributes = {"on_county_road": False}

    page = office.get(f"/collections/{shown.id}?period=2026-03-01").text

    assert "信息不全" in page
    assert "白沙村" in page


@pytest.mark.parametrize("period", ["2026-03-02", "x", "1999-01-01"])
def test_a_day_that_begins_no_period_is_not_found(office: Browser, place: Place, period: str) -> None:
    assert office.get(f"/collections/{place.collection.id}?period={period}").status_code == 404


def test_lists_take_the_same_number_of_statements_however_long(office: Browser, place: Place) -> None:
    file_everything(place)
    pages = ("/submissions", f"/collections/{place.collection.id}?period=2026-03-01", "/collections")
    office.get("/submissions")  # the first request also notes that the session is in use
    few = [count_statements(partial(office.get, page)) for page in pages]
    for _ in range(6):
        village = make_unit(parent=place.other_town)
        make_submission(place.collection, village, status=SubmissionStatus.SUBMITTED)
        make_collection()

    many = [count_statements(partial(office.get, page)) for page in pages]

    assert many == few
    assert max(many) <= 8


def test_the_list_is_filtered_by_town_status_and_month(office: Browser, place: Place) -> None:
    file_everything(place)
    make_submission(place.collection, place.far_village, period_start=date(2026, 2, 1))

    assert "白沙村" in office.get(f"/submissions?town={place.other_town.id}").text
    assert "柳塘村" not in office.get(f"/submissions?town={place.other_town.id}").text
    assert "石桥村" in office.get("/submissions?status=returned").text
    assert "柳塘村" not in office.get("/submissions?status=returned").text
    assert "白沙村" in office.get("/submissions?month=2026-02").text
    assert "柳塘村" not in office.get("/submissions?month=2026-02").text
    for nonsense in ("town=x", "status=x", "month=x", "page=x", "page=999999999999", "collection=1"):
        assert office.get(f"/submissions?{nonsense}").status_code == 200


def test_the_list_has_pages(office: Browser, place: Place) -> None:
    for month in range(1, 13):
        for unit in (place.village, place.neighbour, place.far_village, place.town, place.other_town):
            make_submission(place.collection, unit, period_start=date(2025, month, 1))

    page = office.get("/submissions?page=2").text

    assert "共 60 条，第 2 / 2 页" in page


# --- what must be filled --------------------------------------------------------------------------------------------


def states(place: Place) -> list[tuple[str, FilingState, date]]:
    return [(item.title, item.state, item.due_on) for item in due_submissions(viewer_of(place))]


def test_what_is_due_today_comes_first_then_late_then_returned(place: Place) -> None:
    daily = make_collection(
        cadence="day", window={"due": {"from": "end", "days": 0}, "due_inclusive": True}, name="日报"
    )
    late = make_collection(
        window={"due": {"month": 1, "day": 5}, "due_inclusive": True, "grace_days": "unlimited"},
        starts_on=date(2026, 2, 1),
        name="台账",
    )
    make_submission(place.collection, place.village, period_start=date(2026, 2, 1), status=SubmissionStatus.RETURNED)
    make_submission(late, place.village, period_start=date(2026, 3, 1), status=SubmissionStatus.SUBMITTED)

    assert states(place) == [
        ("2026年3月10日日报", FilingState.OPEN, date(2026, 3, 10)),
        ("2026年2月台账", FilingState.OVERDUE, date(2026, 3, 5)),
        ("2026年2月环境卫生自查", FilingState.RETURNED, date(2026, 2, 15)),
        ("2026年3月环境卫生自查", FilingState.OPEN, date(2026, 3, 15)),
    ]
    assert daily.is_active


def test_case_4_what_closed_without_a_report_is_missing_not_to_do(browser: Browser, place: Place) -> None:
    with at_moment(datetime(2026, 3, 22, 1, tzinfo=UTC)):
        browser.sign_in(place.clerk)
        page = browser.get("/submissions").text

        assert states(place) == []
    assert "近期未报且已截止" in page


def test_what_must_be_filled_takes_two_statements(place: Place) -> None:
    viewer = viewer_of(place)
    for _ in range(4):
        make_submission(make_collection(), place.village)

    assert count_statements(lambda: due_submissions(viewer, local_today())) == 2


def test_nobody_without_a_unit_to_fill_for_has_anything_to_fill(place: Place) -> None:
    assert due_submissions(make_viewer(place.office)) == []


def test_an_expired_form_is_nothing_to_fill(place: Place) -> None:
    place.collection.form.expires_on = date(2026, 3, 9)

    assert states(place) == []


def test_self_scores_take_what_was_handed_in_and_the_newest_revision(place: Place) -> None:
    first = make_submission(place.collection, place.village, status=SubmissionStatus.SIGNED_OFF)
    correction = make_submission(
        place.collection, place.village, status=SubmissionStatus.SUBMITTED, revision=2, supersedes_id=first.id
    )
    make_submission(place.collection, place.neighbour, status=SubmissionStatus.RETURNED)

    assert dict(self_scores(place.collection.id, MARCH)) == {place.village.id: correction}


def test_the_clerks_page_shows_what_is_due_today_at_the_top(browser: Browser, place: Place) -> None:
    browser.sign_in(make_user(Role.VILLAGE_CLERK, unit=place.village))

    page = browser.get("/submissions").text

    assert page.index("现在要填（1）") < page.index("填报记录")
    assert "还剩 5 天" in page
