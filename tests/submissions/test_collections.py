"""Arranging collections and changing one period's window, as the office does it."""

from __future__ import annotations

import re
import uuid
from collections.abc import Mapping
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import html5lib
import pytest
from sqlalchemy import select

from saas.accounts.services import make_viewer
from saas.accounts.viewer import Viewer
from saas.audit.models import AuditEvent
from saas.db import at_moment, db
from saas.domain.filing import FilingState
from saas.submissions.arranging import mark_of
from saas.submissions.due import due_submissions
from saas.submissions.models import Collection, CollectionWindow
from saas.tenancy.models import Tenant
from saas.tenancy.scope import tenant_scope
from tests.browser import Browser
from tests.factories import make_unit_type
from tests.factories_forms import make_collection, make_route, make_submission, make_version
from tests.submissions.conftest import Place, token


def viewer_of(place: Place) -> Viewer:
    return make_viewer(place.clerk)


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
    form["version"] = mark_of(made)
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
        ({"cadence": "hourly"}, "不是有效的选择"),
        ({"cadence": "window"}, "请选择每年从几月几日到几月几日"),
        (
            {
                "cadence": "window",
                "own_start_month": "11",
                "own_start_day": "31",
                "own_end_month": "09",
                "own_end_day": "30",
            },
            "没有这样的月日",
        ),
        ({"cadence": "term"}, "还没有设置学期起止"),
        ({"if_not_working": "later"}, "不是有效的选择"),
        ({"due_number": "明天"}, "几日应在 1 到 31 之间"),
        ({"name": "名" * 200}, "名称最多 100 字"),
        ({"name": "环境卫生自查"}, "已有名为“环境卫生自查”的填报任务"),
        ({"opens_kind": "month1", "opens_number": "4"}, "在2026年2月3日就截止，2026年2月4日才开始填报"),
        ({"cadence": "day", "due_kind": "month0"}, "就截止"),
        (
            {"recheck_kind": "month1", "recheck_from": "9", "recheck_to_kind": "month1", "recheck_to": "8"},
            "复查结束早于开始",
        ),
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


def preview_of(office: Browser, **changes: Any) -> str:
    response = office.post("/collections/preview", settings(**changes), htmx=True)
    assert response.status_code == 200
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", response.text))


def test_before_saving_one_sees_the_next_periods_and_who_is_asked(office: Browser, place: Place) -> None:
    page = preview_of(office, due_kind="month0", due_number="16", due_inclusive="no", excluded="石桥村")

    assert "2026年3月 2026年3月1日 2026年3月15日 补报至 2026年4月9日" in page
    assert "2026年6月" in page
    assert "2026年7月1日" not in page
    assert "个单位填报：柳塘村、白沙村" in page
    assert newest().id == place.collection.id


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"cadence": "ten_days", "due_kind": "end", "due_number": "0"}, "2026年3月上旬 2026年3月1日 2026年3月10日"),
        ({"due_kind": "month0", "due_number": "15", "if_not_working": "next"}, "2026年3月 2026年3月1日 2026年3月16日"),
        ({"due_kind": "end", "due_number": "300"}, "暂定"),
        ({"cadence": "event", "due_kind": "end", "due_number": "2"}, "今天发起的一次 2026年3月10日 2026年3月12日"),
        ({"cadence": "term"}, "还没有设置学期起止"),
        ({"due_number": ""}, "时间填好后"),
        ({"starts_on": ""}, "时间填好后"),
        ({"unit_types": []}, "还没有选到填报单位"),
        ({"opens_kind": "month1", "opens_number": "4"}, "就截止"),
        ({"attribute": "nothing", "operator": "at_least", "value": "很多"}, "“很多”不是数"),
    ],
)
def test_the_preview_says_what_follows_or_what_is_missing(
    office: Browser, place: Place, changes: Mapping[str, Any], words: str
) -> None:
    shift = {} if "if_not_working" in changes or words != "暂定" else {"if_not_working": "next"}
    make_unit_type("village").attributes = [{"name": "nothing", "label": "无", "type": "text"}]

    assert words in preview_of(office, **changes, **shift)


def test_without_scripts_the_preview_is_the_page_with_what_was_typed(office: Browser, place: Place) -> None:
    page = office.post("/collections/preview", settings(name="还没想好")).text

    assert 'value="还没想好"' in page
    assert "接下来几期" in page
    assert "请填写" not in page


def test_changed_settings_are_tried_out_before_they_are_saved(office: Browser, place: Place) -> None:
    shown = place.collection
    page = office.post(f"/collections/{shown.id}/preview", settings(due_number="9"), htmx=True).text

    assert "2026年4月9日" in page
    assert shown.window["due"] == {"month": 0, "day": 16}


def test_a_new_collection_may_be_made_like_another(office: Browser, place: Place) -> None:
    page = office.get(f"/collections/new?like={place.collection.id}").text

    sent = fields_of(page)
    assert sent["name"] == ["环境卫生自查（新）"]
    assert sent["starts_on"] == ["2026-03-01"]
    assert office.post("/collections", sent | {"cadence": "week", "due_kind": "end"}).status_code == 303
    assert (newest().cadence, newest().cohort) == ("week", place.collection.cohort)
    for unknown in (uuid.uuid4(), "x"):
        assert office.get(f"/collections/new?like={unknown}").status_code == 404


def test_settings_that_somebody_else_changed_are_not_overwritten(office: Browser, place: Place) -> None:
    shown = place.collection
    sent = fields_of(office.get(f"/collections/{shown.id}/edit").text)
    shown.name = "别人改的"
    db.session.flush()

    response = office.post(f"/collections/{shown.id}/edit", sent | {"name": ["我改的"]})

    assert response.status_code == 409
    assert "设置刚被他人更新" in response.text
    assert shown.name == "别人改的"
    again = fields_of(response.text)
    assert office.post(f"/collections/{shown.id}/edit", again).status_code == 303
    assert shown.name == "我改的"


def test_a_collection_that_is_over_or_has_not_begun_says_so(office: Browser, place: Place) -> None:
    place.collection.ends_on = date(2026, 3, 9)
    assert "已结束" in office.get("/collections").text

    place.collection.ends_on, place.collection.starts_on = None, date(2026, 3, 11)
    assert "未开始" in office.get("/collections").text


def test_a_collection_sent_twice_is_made_once(office: Browser) -> None:
    form = settings(send_token=token())
    before = len(db.session.scalars(select(Collection)).all())

    office.post("/collections", form)
    assert office.post("/collections", form).status_code == 303

    assert len(db.session.scalars(select(Collection)).all()) == before + 1


def test_what_was_begun_keeps_its_cadence(office: Browser, place: Place) -> None:
    make_submission(place.collection, place.village)
    shown = place.collection
    form = settings(form=str(shown.form_id), route=str(shown.route_id), cadence="week", version=mark_of(shown))

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


def test_what_hides_parts_of_the_form_names_its_fields_and_their_values(office: Browser) -> None:
    rules = (Path(__file__).parents[2] / "static/css/filing.css").read_text()
    page = html5lib.parse(office.get("/collections/new").text, namespaceHTMLElements=False)
    radios = {(each.get("name"), each.get("value")) for each in page.iterfind(".//input[@type='radio']")}
    options = {(each.get("id"), one.get("value")) for each in page.iterfind(".//select") for one in each.iter("option")}

    named = re.findall(r'\[name="(\w+)"\](?::checked:not\()?\[value="(\w*)"\]', rules)
    picked = re.findall(r'#(\w+) option(?::checked:not\()?\[value="(\w*)"\]', rules)
    parts = {
        name for each in page.iterfind(".//*[@class]") for name in re.findall(r"depends-\w+", each.get("class", ""))
    }

    assert len(named) == 6
    assert len(picked) == 4
    assert set(named) <= radios
    assert set(picked) <= options
    assert parts == set(re.findall(r"\.(depends-\w+)", rules))
