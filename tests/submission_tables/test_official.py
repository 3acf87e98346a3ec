"""The official layout of a period: what stands in it, what does not, and how it prints."""

from __future__ import annotations

import io
from datetime import timedelta
from typing import Any

import openpyxl
import pytest
from sqlalchemy import select

from saas.access.permissions import Role
from saas.audit.models import AuditEvent
from saas.db import at_moment, db, utc_now
from saas.domain.workflow import SubmissionStatus
from saas.files.models import StoredFile
from saas.files.services import read_file
from saas.files.sweeping import throw_away
from saas.submissions.models import Collection
from saas.submissions.tables import exporting
from tests.browser import Browser
from tests.factories import make_unit, make_user
from tests.factories_forms import make_submission
from tests.imports.steps import work
from tests.statements import count_statements
from tests.submission_tables.steps import file_name
from tests.submissions.conftest import Place

FILED = {
    "homes_total": 120,
    "waste": {"weight": "3.25", "last_on": "2026-03-05"},
    "latrines": {"found": 0, "closed": None},
    "grade": "good",
    "identity": "370101197001011234",
    "homes": [{"number": "3号", "people": 4}, {"number": "=1+1", "people": 2}],
}


def path(collection: Collection) -> str:
    return f"/collections/{collection.id}/tables/2026-03-01"


def exported(browser: Browser, collection: Collection) -> Any:
    response = browser.get(path(collection))
    assert response.status_code == 200, response.text
    return openpyxl.load_workbook(io.BytesIO(response.data))


def lines(sheet: Any) -> list[list[Any]]:
    return [[cell.value for cell in row] for row in sheet.iter_rows()]


@pytest.fixture
def filed(place: Place, collection: Collection) -> Collection:
    """Two villages reported, one of them that nothing applied; one did not."""
    make_submission(collection, place.village, status=SubmissionStatus.SUBMITTED, answers=FILED)
    make_submission(
        collection,
        place.far_village,
        status=SubmissionStatus.SUBMITTED,
        is_not_applicable=True,
        not_applicable_reason="没有农户",
    )
    make_submission(collection, place.neighbour, answers={"homes_total": 77})
    return collection


def test_title_heads_numbers_and_totals_stand_as_on_paper(office: Browser, filed: Collection) -> None:
    book = exported(office, filed)
    sheet = book.worksheets[0]
    rows = lines(sheet)

    assert rows[0][0] == "2026年3月人居环境统计"
    assert rows[1][0] == "填报单位：清禾县"
    assert "报送日期：2026年3月10日" in rows[1]
    assert rows[2][:6] == ["序号", "单位", "上级单位", "户数（户）", "垃圾清运", None]
    assert rows[3][4:6] == ["重量（吨）", "最近一次"]
    village = next(row for row in rows if row[1] == "柳塘村")
    assert village[3:6] == [120, 3.25, "2026年3月5日"]
    assert rows[-1][0] == "合计"
    assert rows[-1][3:5] == [120, 3.25]


def test_nothing_reported_nothing_answered_and_nothing_applicable_are_words_and_no_zeros(
    office: Browser, filed: Collection
) -> None:
    rows = lines(exported(office, filed).worksheets[0])
    by_name = {row[1]: row for row in rows}

    assert by_name["石桥村"][3:7] == ["未报"] * 4  # a draft is no report
    assert by_name["石桥村"][-1] == "草稿"
    assert by_name["白沙村"][3:7] == ["不适用"] * 4
    assert by_name["柳塘村"][6:8] == [0, "未填"]
    assert by_name["柳塘村"][-1] == "已报送"
    assert rows[-1][6:8] == [0, "—"]  # 0 was reported; nobody said anything of the other
    assert rows[-1][-1] == "应报 3，已报 2，未报 1"


def test_it_prints_as_on_paper(office: Browser, filed: Collection) -> None:
    sheet = exported(office, filed).worksheets[0]
    merged = {str(area) for area in sheet.merged_cells.ranges}

    assert "E3:F3" in merged
    assert {"A3:A4", "D3:D4"} <= merged
    assert sheet.print_title_rows == "$1:$4"
    assert sheet.print_area == f"'{sheet.title}'!$A$1:$M$8"
    assert sheet.freeze_panes == "C5"
    assert sheet.page_setup.orientation == "landscape"
    assert sheet.page_setup.paperSize == 9
    assert sheet.sheet_properties.pageSetUpPr.fitToPage


def test_rows_of_a_repeat_have_their_own_sheet_and_nothing_runs(office: Browser, filed: Collection) -> None:
    sheet = exported(office, filed)["示范户"]
    rows = lines(sheet)

    assert [row[:5] for row in rows[3:5]] == [[1, "柳塘村", "青石镇", "3号", 4], [2, "柳塘村", "青石镇", "=1+1", 2]]
    assert rows[-1][4] == 6
    assert all(cell.data_type != "f" for row in sheet.iter_rows() for cell in row)


def test_protected_answers_are_masked(office: Browser, filed: Collection) -> None:
    rows = lines(exported(office, filed).worksheets[0])
    said = [text for row in rows for text in row if isinstance(text, str)]

    assert "370101197001011234" not in said
    assert "370101********1234" in said


def test_one_sees_only_what_one_may_see(town: Browser, filed: Collection) -> None:
    names = [row[1] for row in lines(exported(town, filed).worksheets[0])]

    assert "柳塘村" in names
    assert "白沙村" not in names


def test_the_file_has_unit_period_and_table_in_its_name(town: Browser, filed: Collection) -> None:
    assert file_name(town.get(path(filed))) == "青石镇_2026年3月_人居环境统计.xlsx"


def test_an_export_leaves_its_event(town: Browser, place: Place, filed: Collection) -> None:
    town.get(path(filed))
    event = db.session.scalars(select(AuditEvent).where(AuditEvent.action == "data.exported")).one()

    assert event.subject_id == filed.id
    assert event.details["rows"] == 2
    assert event.actor_id == place.officer.id


@pytest.mark.parametrize("day", ["2026-03-02", "x", "2019-01-01"])
def test_a_day_that_begins_no_period_is_not_found(office: Browser, filed: Collection, day: str) -> None:
    assert office.get(f"/collections/{filed.id}/tables/{day}").status_code == 404


def test_a_correction_that_is_still_a_draft_does_not_hide_what_counts(
    office: Browser, place: Place, collection: Collection
) -> None:
    make_submission(collection, place.village, status=SubmissionStatus.SIGNED_OFF, answers=FILED)
    make_submission(collection, place.village, answers={"homes_total": 1}, revision=2)
    village = next(row for row in lines(exported(office, collection).worksheets[0]) if row[1] == "柳塘村")

    assert village[3] == 120


def test_as_many_statements_for_many_units_as_for_a_few(office: Browser, place: Place, filed: Collection) -> None:
    office.get(path(filed))
    few = count_statements(lambda: office.get(path(filed)))
    for number in range(30):
        unit = make_unit(f"新村{number}", parent=place.town)
        make_submission(filed, unit, status=SubmissionStatus.SUBMITTED, answers=FILED)
    many = count_statements(lambda: office.get(path(filed)))

    assert many == few


def test_a_large_table_is_written_in_the_background_for_whoever_asked(
    office: Browser, browser: Browser, place: Place, filed: Collection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(exporting, "AT_ONCE", 1)
    assert "单位较多" in office.get(path(filed)).text
    location = office.post(path(filed), {}).location
    assert "正在写填报表" in office.get(location).text
    assert work() == ["done"]

    page = office.get(location).text
    stored = db.session.scalars(select(StoredFile).where(StoredFile.subject_type == exporting.FILES)).one()
    assert f"/files/{stored.id}" in page
    assert stored.name == "清禾县_2026年3月_人居环境统计.xlsx"
    assert openpyxl.load_workbook(io.BytesIO(read_file(stored))).worksheets[0]["A1"].value == "2026年3月人居环境统计"
    assert office.get(f"/files/{stored.id}").status_code == 200

    browser.sign_in(make_user(Role.OFFICE, unit=place.county))
    assert browser.get(f"/files/{stored.id}").status_code == 404
    assert browser.get(location).status_code == 404


def test_a_table_whose_days_are_over_says_so(
    office: Browser, filed: Collection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(exporting, "AT_ONCE", 1)
    location = office.post(path(filed), {}).location
    work()
    with at_moment(utc_now() + exporting.KEPT + timedelta(minutes=1)):
        throw_away()
    assert "只保留 7 天" in office.get(location).text
