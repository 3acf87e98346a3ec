"""Named cohorts: built by pickers, dated, and used by what asks units."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from saas.access.permissions import Role
from saas.db import db, local_today
from saas.domain.cohorts import Cohort, CohortError, cohort_from_mapping
from saas.org.cohorts import check_cohort, members_on
from saas.org.models import NamedCohort, UnitLink
from saas.org.services import edit_unit, move_unit
from tests.browser import Browser
from tests.factories import START, make_user
from tests.org.conftest import Shape, changes

SECOND = {"code": "b", "name": "乙册", "starts_on": "2026-01-01", "by": "rule", "cohorts": ["road"]}


def cohort_form(**more: Any) -> dict[str, Any]:
    return {
        "code": "road",
        "name": "县道沿线村",
        "starts_on": "2026-01-01",
        "by": "rule",
        "unit_types": ["village"],
        "row-0-attribute": "on_county_road",
        "row-0-operator": "equals",
        "row-0-value": "是",
        **more,
    }


def names(cohort: Cohort, on: date | None = None) -> tuple[list[str], list[str]]:
    belong, unknown = members_on(cohort, on or local_today())
    return [unit.name for unit in belong], [unit.name for unit in unknown]


def stored() -> NamedCohort:
    return db.session.scalars(select(NamedCohort).order_by(NamedCohort.starts_on.desc())).first() or NamedCohort()


def test_a_rule_is_looked_at_before_it_is_kept(browser: Browser, shape: Shape) -> None:
    looked = browser.post("/cohorts", cohort_form(intent="preview"))

    assert "预览：现有 1 个单位在内" in looked.text
    assert "信息不全、不能判断的 1 个" in looked.text  # of one village the road is not recorded
    assert db.session.scalars(select(NamedCohort)).all() == []


def test_a_named_cohort_lists_its_units_and_those_that_cannot_be_judged(browser: Browser, shape: Shape) -> None:
    created = browser.post("/cohorts", cohort_form())

    page = browser.get(created.location).text
    assert "在内的单位（1 个）" in page
    assert "信息不全、不能判断的单位（1 个）" in page
    assert stored().definition == {
        "unit_types": ["village"],
        "where": [{"attribute": "on_county_road", "equals": True}],
    }
    assert changes() == ["created"]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"code": "no spaces"}, "代码只能用字母"),
        ({"name": ""}, "请填写名册名称"),
        ({"row-0-value": "也许"}, "请选择是或否"),
        ({"row-0-operator": "at_least"}, "不能比大小"),
        ({"row-0-attribute": "castle"}, "没有这个属性"),
        ({"row-0-value": ""}, "请填写值"),
        ({"under": "无名镇"}, "找不到或有重名的单位：无名镇"),
        ({"by": "list", "units": ""}, "单位范围为空"),
        ({"unit_types": [], "row-0-attribute": ""}, "单位范围为空"),
        ({"starts_on": ""}, "请填写日期"),
        ({"cohorts": ["nobody"]}, "nobody"),
    ],
)
def test_a_wrong_rule_is_said_beside_its_field(
    browser: Browser, shape: Shape, change: dict[str, Any], message: str
) -> None:
    response = browser.post("/cohorts", cohort_form(**change))

    assert response.status_code == 422
    assert message in response.text
    assert db.session.scalars(select(NamedCohort)).all() == []


def test_a_list_takes_names_and_codes(browser: Browser, shape: Shape) -> None:
    listed = f"甲村\n{shape.villages[2].code}"
    browser.post(
        "/cohorts", {"code": "pilot", "name": "试点村", "starts_on": "2026-01-01", "by": "list", "units": listed}
    )

    assert names(Cohort(cohorts=("pilot",))) == (["甲村", "丙村"], [])


def test_a_change_from_a_day_on_leaves_the_past_as_it_was(browser: Browser, shape: Shape) -> None:
    browser.post("/cohorts", cohort_form(by="list", units="甲村"))
    row = stored()
    form = cohort_form(by="list", units="乙村", mode="change", version=str(row.version))

    assert browser.post(f"/cohorts/{row.id}/edit", {**form, "starts_on": "2026-06-01"}).status_code == 303

    pilot = Cohort(cohorts=("road",))
    assert names(pilot, date(2026, 5, 31))[0] == ["甲村"]
    assert names(pilot, date(2026, 6, 1))[0] == ["乙村"]
    assert names(pilot, date(2025, 12, 31)) == ([], [])  # not yet: nobody, and no error


def test_a_correction_holds_since_the_definition_began(browser: Browser, shape: Shape) -> None:
    browser.post("/cohorts", cohort_form(by="list", units="甲村"))
    row = stored()
    form = cohort_form(by="list", units="乙村", mode="correct", version=str(row.version), starts_on="")

    browser.post(f"/cohorts/{row.id}/edit", form)
    stale = browser.post(f"/cohorts/{row.id}/edit", form)

    assert names(Cohort(cohorts=("road",)), date(2026, 1, 1))[0] == ["乙村"]
    assert stale.status_code == 409


def test_a_named_cohort_that_would_ask_for_itself_is_refused(browser: Browser, shape: Shape) -> None:
    browser.post("/cohorts", cohort_form(by="list", units="甲村"))
    road = stored()
    browser.post(
        "/cohorts", {"code": "b", "name": "乙册", "starts_on": "2026-01-01", "by": "rule", "cohorts": ["road"]}
    )
    form = {"name": "x", "by": "rule", "cohorts": ["b"], "mode": "correct", "version": str(road.version)}

    response = browser.post(f"/cohorts/{road.id}/edit", form)

    assert response.status_code == 422
    assert "绕了一圈引用自己" in response.text


def test_an_unknown_name_is_an_error_where_a_cohort_is_kept(shape: Shape) -> None:
    with pytest.raises(CohortError, match="没有代码为“pilots”的单位名册"):
        check_cohort(Cohort(cohorts=("pilots",)), local_today())


def test_rules_are_asked_about_what_a_unit_was_on_the_day(shape: Shape) -> None:
    today = local_today()
    yesterday = today - timedelta(days=1)
    edit_unit(
        shape.village,
        name="甲村",
        short_name="",
        attributes={"on_county_road": False},
        actor=shape.admin,
        starts_on=today,
    )
    move_unit(shape.village, shape.west, today, actor=shape.admin)
    road = cohort_from_mapping({"where": [{"attribute": "on_county_road", "equals": True}]})
    east = cohort_from_mapping({"under": [shape.east.code], "unit_types": ["village"]})

    assert (names(road, yesterday)[0], names(road, today)[0]) == (["甲村"], [])
    assert (names(east, yesterday)[0], names(east, today)[0]) == (["甲村", "乙村"], ["乙村"])


def test_a_rule_may_ask_who_is_tied(shape: Shape) -> None:
    db.session.add(UnitLink(kind="包片", unit_id=shape.village.id, user_id=shape.admin.id, starts_on=START))
    db.session.flush()

    assert names(cohort_from_mapping({"linked": ["包片"]}))[0] == ["甲村"]


def test_one_that_is_used_is_ended_and_not_deleted(browser: Browser, shape: Shape) -> None:
    browser.post("/cohorts", cohort_form(by="list", units="甲村"))
    road = stored()
    browser.post(
        "/cohorts", {"code": "b", "name": "乙册", "starts_on": "2026-01-01", "by": "rule", "cohorts": ["road"]}
    )

    refused = browser.post(f"/cohorts/{road.id}/delete")
    assert "单位名册“乙册”引用了它" in browser.get(refused.location).text

    assert browser.post(f"/cohorts/{road.id}/end", {"ends_on": "2026-09-01"}).status_code == 303
    assert names(Cohort(cohorts=("b",)), date(2026, 9, 1)) == ([], [])


def test_the_office_looks_and_changes_nothing(browser: Browser, shape: Shape) -> None:
    browser.post("/cohorts", cohort_form())
    browser.sign_in(make_user(Role.OFFICE, unit=shape.county))

    assert "县道沿线村" in browser.get("/cohorts").text
    assert browser.get(f"/cohorts/{stored().id}").status_code == 200
    assert browser.post("/cohorts", cohort_form(code="x")).status_code == 403
