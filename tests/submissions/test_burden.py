"""The page that says what the county asks of a unit in a month, and what publishing a version would add."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from saas.access.permissions import Role
from saas.db import db, local_today
from saas.forms.models import VersionStatus
from saas.registers.models import Register
from saas.submissions.burden import burden_report, whole
from saas.submissions.models import Collection
from tests.browser import Browser
from tests.factories import make_unit, make_user
from tests.factories_forms import QUESTIONS, make_collection, make_form, make_submission, make_version
from tests.statements import count_statements
from tests.submissions.conftest import Place

PATH = "/collections/burden"
BINS: Mapping[str, Any] = {"type": "integer", "name": "bins", "label": "垃圾桶数", "measure": "个"}


@pytest.fixture
def place(place: Place) -> Place:
    """The villages of both towns fill; the units that own forms do not."""
    place.collection.cohort = below(place)
    return place


def below(place: Place) -> dict[str, Any]:
    return {"unit_types": ["village"], "under": [place.county.code]}


def weekly(place: Place, *fields: Mapping[str, Any], name: str = "每周巡查") -> Collection:
    version = make_version(make_form(name=name), *fields)
    return make_collection(version, cadence="week", name=name, cohort=below(place))


def test_the_burden_of_a_village_is_what_all_collections_ask_in_a_month(office: Browser, place: Place) -> None:
    weekly(place, BINS)

    report = burden_report(local_today())

    per_week = Decimal(365) / 84
    assert report.unit_count == 3  # villages
    assert report.mean.answers == 6 + per_week
    assert [(line.name, line.count) for line in report.types] == [("村", 3)]
    assert [line.collection.name for line in report.collections] == ["每周巡查", "环境卫生自查"]
    assert report.owners[0].forms == 1
    page = office.get(PATH).text
    assert "共 3 个填报单位" in page
    assert "10项" in page.replace('<span class="tile__measure">', "")  # 6 in a month, and one a week


def test_what_a_department_fills_for_others_weighs_on_the_department(place: Place) -> None:
    department = make_unit("统计局")
    collection = weekly(place, BINS)
    collection.filled_by, place.collection.is_active = {"unit": department.code}, False

    report = burden_report(local_today())

    assert [(line.name, whole(line.burden.answers)) for line in report.units] == [
        ("统计局", whole(Decimal(365) / 84 * 3))
    ]


@pytest.mark.parametrize("reason", ["stopped", "ended", "unapproved", "expired"])
def test_what_is_not_collected_burdens_nobody(place: Place, reason: str) -> None:
    form = place.collection.form
    if reason == "stopped":
        place.collection.is_active = False
    elif reason == "ended":
        place.collection.ends_on = date(2026, 2, 28)
    elif reason == "unapproved":
        form.approved_at, form.approved_by_id = None, None
    else:
        form.expires_on = date(2026, 2, 28)

    assert burden_report(local_today()).collections == []


def test_the_trend_counts_the_periods_that_end_in_each_month(place: Place) -> None:
    place.collection.starts_on = date(2026, 2, 1)
    place.collection.cadence = "ten_days"

    trend = burden_report(local_today()).trend

    assert len(trend) == 12
    assert list(trend[-3:]) == [
        (date(2026, 1, 1), Decimal(0)),
        (date(2026, 2, 1), Decimal(18)),
        (date(2026, 3, 1), Decimal(18)),
    ]


def test_an_event_counts_as_often_as_it_happened(place: Place) -> None:
    place.collection.cadence = "event"
    place.collection.events = [
        {"day": day, "title": "暴雨", "units": []} for day in ("2024-01-05", "2026-01-05", "2026-02-05", "2026-03-01")
    ]

    assert burden_report(local_today()).collections[0].per_month == Decimal(3) / 12


def test_duplicates_and_idle_forms_are_listed_with_what_to_do(office: Browser, place: Place) -> None:
    weekly(place, {**QUESTIONS[0], "name": "again", "label": "保洁次数（本周）"})
    make_version(make_form(name="没人要的表"))
    kept = make_version(make_form(name="台账用的表"))
    db.session.add(Register(code="kept", name="台账", form_id=kept.form_id, form=kept.form))
    make_version(make_form(name="没批准的表", is_approved=False))
    make_version(make_form(name="还在设计的表"), status=VersionStatus.DRAFT)

    page = office.get(PATH).text

    assert "可预填" in page
    assert "把“预填”选为前一张表的" in page
    assert "没人要的表" in page
    assert "台账用的表" not in page
    assert "没批准的表" not in page
    assert "还在设计的表" not in page


def test_an_empty_county_has_no_burden(browser: Browser) -> None:
    browser.sign_in(make_user(Role.OFFICE))

    assert "现在没有填报任务" in browser.get(PATH).text


@pytest.mark.parametrize("role", [Role.VILLAGE_CLERK, Role.TOWN_OFFICER, Role.LEADER])
def test_only_those_who_arrange_collections_see_it(browser: Browser, role: Role) -> None:
    browser.sign_in(make_user(role))

    assert browser.get(PATH).status_code == 403


def test_the_page_takes_the_same_number_of_statements_however_many_forms_and_units(
    office: Browser, place: Place
) -> None:
    office.get(PATH)
    few = count_statements(lambda: office.get(PATH))
    for number in range(12):
        make_unit(f"新村{number}", parent=place.town)
        weekly(place, BINS, name=f"巡查{number}")

    assert count_statements(lambda: office.get(PATH)) == few <= 16


# --- before a version is published -------------------------------------------------------------------------------


def test_publishing_says_how_much_the_version_asks_of_how_many(browser: Browser, place: Place) -> None:
    form = place.collection.form
    make_submission(place.collection, place.village)
    make_version(form, *QUESTIONS, BINS, status=VersionStatus.DRAFT, number=2)
    browser.sign_in(make_user(Role.SYSTEM_ADMIN))

    page = browser.get(f"/forms/{form.id}/versions/2/publish").text

    assert "此版本每月向 3 个单位收集 7 项" in page
    assert "正在填的草稿" in page


def test_a_form_that_nothing_collects_says_so_before_it_is_published(browser: Browser, place: Place) -> None:
    version = make_version(status=VersionStatus.DRAFT)
    browser.sign_in(make_user(Role.SYSTEM_ADMIN))

    assert "还没有填报任务使用这张表" in browser.get(f"/forms/{version.form_id}/versions/1/publish").text


@pytest.mark.parametrize(
    ("figure", "shown"), [("0", "0"), ("0.04", "0"), ("0.05", "0.1"), ("9.96", "10"), ("10.5", "11"), ("120.4", "120")]
)
def test_figures_are_rounded_once(figure: str, shown: str) -> None:
    assert whole(Decimal(figure)) == shown
