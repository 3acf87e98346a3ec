"""Who is missing and who was late, for each level, on the page and as a table."""

from __future__ import annotations

import io
from collections.abc import Iterator
from datetime import UTC, date, datetime

import openpyxl
import pytest
from sqlalchemy import select

from saas.access.permissions import Role
from saas.accounts.services import make_viewer
from saas.db import at_moment, db
from saas.domain.workflow import SubmissionStatus
from saas.org.models import UnitVersion
from saas.submissions.missing import MissingFilter, missing_list
from tests.browser import Browser
from tests.factories import make_unit, make_user
from tests.factories_forms import make_collection, make_submission
from tests.statements import count_statements
from tests.submissions.conftest import Place

MARCH = "/collections/missing?month=2026-03"


@pytest.fixture
def late_march(place: Place) -> Iterator[None]:
    """After the last day in time: one village came late with 0, one is not applicable, one did not come."""
    make_submission(
        place.collection, place.village, status=SubmissionStatus.SUBMITTED, answers={"patrols": 0}, is_late=True
    ).submitted_at = datetime(2026, 3, 17, 1, 0, tzinfo=UTC)
    make_submission(
        place.collection,
        place.neighbour,
        status=SubmissionStatus.SUBMITTED,
        is_not_applicable=True,
        not_applicable_reason="整体搬迁",
    )
    with at_moment(datetime(2026, 3, 18, 1, 0, tzinfo=UTC)):
        yield


def test_the_county_sees_its_towns_with_counts_and_the_villages(
    browser: Browser, place: Place, late_march: None
) -> None:
    browser.sign_in(place.office)

    page = browser.get(MARCH).text

    assert "青石镇" in page
    assert "白沙镇" in page
    assert "名单（2）" in page
    assert "白沙村" in page
    assert "已逾期 3 天" in page
    assert "柳塘村" in page  # late
    assert "石桥村" not in page  # not applicable is neither missing nor late


def test_a_town_sees_its_villages_and_no_other(browser: Browser, place: Place, late_march: None) -> None:
    browser.sign_in(place.officer)

    page = browser.get(MARCH).text

    assert "柳塘村" in page
    assert "石桥村" in page  # as a line of the counts
    assert "白沙" not in page
    assert "名单（1）" in page


def test_what_is_not_due_yet_is_not_missing(office: Browser, place: Place) -> None:
    page = office.get(MARCH).text

    assert "没有未报和迟报的" in page


def test_the_list_is_filtered_by_kind_town_and_collection(browser: Browser, place: Place, late_march: None) -> None:
    browser.sign_in(place.office)

    assert "名单（1）" in browser.get(f"{MARCH}&kind=missing").text
    assert "名单（1）" in browser.get(f"{MARCH}&kind=late").text
    assert "名单（1）" in browser.get(f"{MARCH}&branch={place.town.id}").text
    assert "名单（0）" in browser.get(f"{MARCH}&branch={place.town.id}&kind=missing").text
    assert "名单（0）" in browser.get(f"{MARCH}&collection={place.town.id}").text
    assert "名单（0）" in browser.get("/collections/missing?month=2024-12").text


def test_the_table_holds_the_same_cases(browser: Browser, place: Place, late_march: None) -> None:
    browser.sign_in(place.office)

    response = browser.get(MARCH.replace("missing?", "missing/table?"))

    assert response.mimetype == "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
    sheet = openpyxl.load_workbook(io.BytesIO(response.data)).worksheets[0]
    head, *rows = [[cell.value for cell in row] for row in sheet.iter_rows()]
    above, state, days = (head.index(name) for name in ("上级单位", "情况", "逾期天数"))
    found = {row[1]: (row[above], row[state], row[days]) for row in rows}
    assert found == {"白沙村": ("白沙镇", "未报", 3), "柳塘村": ("青石镇", "迟报", 2)}


def test_the_list_takes_the_same_number_of_statements_however_many_units(
    browser: Browser, place: Place, late_march: None
) -> None:
    browser.sign_in(place.office)
    browser.get(MARCH)
    few = count_statements(lambda: browser.get(MARCH))
    for _ in range(6):
        make_unit(parent=place.other_town)

    assert count_statements(lambda: browser.get(MARCH)) == few


def test_an_administrator_of_accounts_sees_no_lists(browser: Browser, place: Place) -> None:
    browser.sign_in(make_user(Role.SECURITY_ADMIN, unit=place.county))

    assert browser.get(MARCH).status_code == 403


def test_a_report_that_is_due_long_after_its_year_is_on_the_list_of_its_month(browser: Browser, place: Place) -> None:
    make_collection(cadence="year", window={"due": {"month": 12, "day": 20}, "due_inclusive": True}, name="年度报表")

    with at_moment(datetime(2026, 12, 21, 1, 0, tzinfo=UTC)):
        browser.sign_in(place.office)
        page = browser.get("/collections/missing?month=2026-12").text

    assert page.count("2025年度") == 3  # one for each village
    assert "柳塘村" in page


def test_three_hundred_working_days_after_a_period_are_not_too_far(browser: Browser, place: Place) -> None:
    window = {"due": {"from": "end", "working_days": 300}, "due_inclusive": True, "grace_days": 30}
    make_collection(cadence="half_year", window=window, name="半年回访", starts_on=date(2025, 1, 1))

    with at_moment(datetime(2026, 9, 30, 1, 0, tzinfo=UTC)):
        browser.sign_in(place.office)
        page = browser.get("/collections/missing?month=2026-09").text

    assert "2025年上半年" in page


def test_what_was_missing_when_its_form_ran_out_stays_missing(browser: Browser, place: Place, late_march: None) -> None:
    place.collection.form.expires_on = date(2026, 3, 16)
    browser.sign_in(place.office)

    page = browser.get(MARCH).text
    assert "白沙村" in page
    assert "已逾期 3 天" in page
    overview = browser.get(f"/collections/{place.collection.id}?period=2026-03-01&mark=not_reported").text
    assert "白沙村" in overview


def test_what_fell_due_after_its_form_ran_out_was_never_asked(browser: Browser, place: Place, late_march: None) -> None:
    place.collection.form.expires_on = date(2026, 3, 14)
    browser.sign_in(place.office)

    assert "白沙村" not in browser.get(MARCH).text.split("名单")[1]
    page = browser.get(f"/collections/{place.collection.id}?period=2026-03-01").text
    assert "柳塘村" in page  # what came stays
    assert "白沙村" not in page


def test_each_day_is_asked_of_the_units_of_that_day(browser: Browser, place: Place) -> None:
    """A village that was dissolved on the 4th was still asked on the 2nd and the 3rd."""
    place.collection.is_active = False
    gone = make_unit("旧村", parent=place.town)
    make_collection(
        cadence="day",
        window={"due": {"from": "end", "days": 0}, "due_inclusive": True},
        cohort={"units": [gone.code, place.village.code]},
        name="每日报告",
        starts_on=date(2026, 3, 2),
    )
    for row in db.session.scalars(select(UnitVersion).where(UnitVersion.unit_id == gone.id)):
        row.ends_on = date(2026, 3, 4)
    gone.valid_to = date(2026, 3, 4)
    db.session.flush()

    with at_moment(datetime(2026, 3, 6, 1, 0, tzinfo=UTC)):
        browser.sign_in(place.office)
        names = browser.get(MARCH).text.partition("名单（6）")[2]

    assert names.count("旧村") == 2
    assert names.count("柳塘村") == 4  # the 2nd to the 5th


def test_many_days_cost_no_more_statements_than_few(browser: Browser, place: Place) -> None:
    window = {"due": {"from": "end", "days": 0}, "due_inclusive": True}
    daily = make_collection(cadence="day", window=window, name="每日报告", starts_on=date(2026, 3, 7))
    viewer, wanted = make_viewer(place.office), MissingFilter(date(2026, 3, 1))
    few = count_statements(lambda: missing_list(viewer, wanted, date(2026, 3, 10)))

    daily.starts_on = date(2026, 3, 1)
    db.session.flush()

    assert count_statements(lambda: missing_list(viewer, wanted, date(2026, 3, 10))) == few
