"""Registers as files: the paper form as PDF and workbook, made in the background, masked unless a purpose is given."""

from __future__ import annotations

import io
import uuid
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from typing import Any
from urllib.parse import unquote

import openpyxl
import pytest
from flask import Flask
from sqlalchemy import select

from saas.accounts.models import User
from saas.audit.models import AuditEvent
from saas.db import at_moment, db, utc_now
from saas.documents.pdfium import open_pdf
from saas.documents.services import deployment_fonts
from saas.domain.paper_table import PaperLayout, RecordLine, paper_table
from saas.domain.record_filters import RecordFilter
from saas.files.models import StoredFile
from saas.files.services import read_file
from saas.jobs.models import Job
from saas.registers import exporting
from saas.registers.exporting import ExportFormat, NothingToExport, Wanted, make_export, request_export
from saas.registers.models import RecordReading
from saas.registers.printing import MASKED_MARK, PLAIN_MARK, Sheet, register_pdf
from saas.registers.protection import PurposeMissing
from saas.spreadsheets.paper import write_paper
from tests.browser import Browser
from tests.domain.test_paper_table import a_form
from tests.registers.conftest import NOW, Place
from tests.registers.steps import make_record, viewer_of

PHONE = "13800001234"


def export(
    place: Place, *, file_format: ExportFormat = ExportFormat.XLSX, purpose: str = "", user: User | None = None
) -> Job:
    """Ask for a file and make it, as a worker would."""
    wanted = Wanted(place.register, RecordFilter(), file_format, purpose)
    job = request_export(wanted, actor=viewer_of(user or place.officer))
    run(job)
    return job


def run(job: Job) -> None:
    ids = {name: uuid.UUID(job.args[name]) for name in ("export_id", "register_id", "actor_id")}
    make_export(**ids, query=job.args["query"], file_format=job.args["file_format"], purpose=job.args["purpose"])


def file_of(job: Job) -> StoredFile:
    found = exporting.find_export(job)
    assert found is not None
    return found


def cells_of(job: Job) -> list[list[Any]]:
    workbook = openpyxl.load_workbook(io.BytesIO(read_file(file_of(job))))
    return [list(row) for row in workbook.active.iter_rows(values_only=True)]


def pages_of(pdf: bytes) -> list[str]:
    with open_pdf(pdf) as opened:
        return [page.get_textpage().get_text_range() for page in opened]


def sizes_of(pdf: bytes) -> set[tuple[int, int]]:
    with open_pdf(pdf) as opened:
        return {(round(page.get_width()), round(page.get_height())) for page in opened}


@pytest.fixture
def in_app(app: Flask) -> Iterator[None]:
    with app.app_context():
        yield


def lines(count: int) -> list[RecordLine]:
    return [
        RecordLine(
            number,
            "大河村",
            "整改中",
            date(2026, 3, 1),
            None,
            None,
            {"place": f"桥头{number}", "found": {"day": date(2026, 3, 2), "count": Decimal(2)}, "cost": Decimal("0.5")},
        )
        for number in range(1, count + 1)
    ]


# --- the PDF ---------------------------------------------------------------------------------------------------------


@pytest.mark.usefixtures("in_app")
def test_a_long_register_repeats_its_heads_and_counts_its_pages() -> None:
    table = paper_table("隐患台账", PaperLayout(note="一式两份"), a_form(), lines(60))

    pdf = register_pdf(
        table, Sheet("大河村", date(2026, 3, 10), ("填报单位", "填表人", "审核人"), "张明"), fonts=deployment_fonts()
    )

    pages = pages_of(pdf)
    assert len(pages) > 2
    assert all("排查情况" in page and "隐患数" in page for page in pages)
    assert "隐患台账" in pages[0]
    assert "填报日期：2026年3月10日" in pages[0]
    assert all(f"第 {number} 页，共 {len(pages)} 页" in page for number, page in enumerate(pages, start=1))
    last = pages[-1]
    assert all(
        words in last for words in ("合计", "120", "30", "一式两份", "填报单位：大河村", "填表人：张明", "审核人：")
    )
    assert sizes_of(pdf) == {(842, 595)}


@pytest.mark.usefixtures("in_app")
def test_a_narrow_register_stands_upright() -> None:
    layout = PaperLayout(columns=("@number", "place"), is_landscape=False)

    pdf = register_pdf(
        paper_table("台账", layout, a_form(), lines(2)), Sheet("村", date(2026, 3, 10)), fonts=deployment_fonts()
    )

    assert sizes_of(pdf) == {(595, 842)}


@pytest.mark.usefixtures("in_app")
def test_an_empty_register_says_so() -> None:
    pdf = register_pdf(
        paper_table("台账", PaperLayout(), a_form(), []), Sheet("村", date(2026, 3, 10)), fonts=deployment_fonts()
    )

    assert "没有记录" in pages_of(pdf)[0]


# --- the workbook ----------------------------------------------------------------------------------------------------


def a_workbook(count: int = 3, **answers: Any) -> Any:
    records = lines(count)
    records[0].answers.update(answers)
    table = paper_table(
        "隐患台账", PaperLayout(columns=("@number", "place", "found.day", "found.count")), a_form(), records
    )
    content = write_paper(table, above=("填报单位：大河村",), below=("填表人：张明", "审核人："))
    return openpyxl.load_workbook(io.BytesIO(content)).active


def test_the_workbook_has_the_heads_totals_and_print_settings_of_the_paper_form() -> None:
    sheet = a_workbook()

    assert {"A3:A4", "B3:B4", "C3:D3"} <= {str(each) for each in sheet.merged_cells.ranges}
    assert sheet["A1"].value == "隐患台账"
    assert [cell.value for cell in sheet[8]] == ["合计", None, None, 6]
    assert sheet.print_title_rows == "$3:$4"
    assert sheet.print_area == "'隐患台账'!$A$1:$D$9"
    assert (sheet.page_setup.orientation, sheet.page_setup.paperSize) == ("landscape", 9)
    assert [cell.value for cell in sheet[9]] == ["填表人：张明", None, "审核人：", None]


@pytest.mark.parametrize("text", ["=1+1", "+86", "-1", "@x", "\t=1", "＝1+1", '=HYPERLINK("http://x")', "{=1}"])
def test_nothing_in_a_workbook_is_a_formula(text: str) -> None:
    cell = a_workbook(place=text)["B5"]

    assert (cell.data_type, cell.value) == ("s", text)


def test_numbers_below_zero_and_days_keep_their_types() -> None:
    sheet = a_workbook(found={"day": date(2026, 3, 5), "count": Decimal("-2.5")})

    assert (sheet["D5"].data_type, sheet["D5"].value) == ("n", -2.5)
    assert sheet["C5"].value.date() == date(2026, 3, 5)


def test_identity_numbers_stay_texts() -> None:
    assert a_workbook(place="350402198001010012")["B5"].value == "350402198001010012"


# --- exports ---------------------------------------------------------------------------------------------------------


def test_an_export_masks_protected_answers_even_for_the_keeper(place: Place) -> None:
    make_record(place, phone=PHONE)

    job = export(place, user=place.clerk)

    assert "138****1234" in str(cells_of(job))
    assert PHONE not in str(cells_of(job))
    assert MASKED_MARK in str(cells_of(job))
    assert db.session.scalars(select(RecordReading)).all() == []


def test_an_export_with_a_purpose_is_written_down_with_its_count(place: Place) -> None:
    make_record(place, phone=PHONE)
    make_record(place, phone="13900005678")

    job = export(place, purpose="年度核查")

    reading = db.session.scalars(select(RecordReading)).one()
    assert (reading.record_id, reading.records, reading.fields, reading.purpose) == (None, 2, ["phone"], "年度核查")
    assert PHONE in str(cells_of(job))
    assert PLAIN_MARK in str(cells_of(job))
    event = db.session.scalars(select(AuditEvent).where(AuditEvent.action == "data.exported")).one()
    assert (event.details["rows"], event.details["purpose"]) == (2, "年度核查")
    assert PHONE not in str(event.details) + str(job.args)


def test_a_purpose_opens_only_what_the_reader_could_open(place: Place) -> None:
    make_record(place, phone=PHONE)
    place.register.access = {"fields": {"phone": {"superior": "sealed"}}}

    job = export(place, purpose="年度核查")

    assert PHONE not in str(cells_of(job))
    assert db.session.scalars(select(RecordReading)).all() == []


def test_a_purpose_that_says_nothing_is_refused(place: Place) -> None:
    make_record(place, phone=PHONE)

    with pytest.raises(PurposeMissing):
        export(place, purpose="x")


def test_an_export_holds_the_readers_records_only(place: Place) -> None:
    make_record(place, "本村的事")
    make_record(place, "邻村的事", unit=place.neighbour)

    assert "邻村的事" not in str(cells_of(export(place, user=place.clerk)))
    assert "邻村的事" in str(cells_of(export(place)))


def test_the_name_of_the_file_says_whose_it_is_and_of_which_day(place: Place) -> None:
    make_record(place)

    job = export(place, file_format=ExportFormat.PDF)

    assert file_of(job).name == "青石镇矛盾纠纷台账2026-03-10.pdf"
    assert "争水渠" in pages_of(read_file(file_of(job)))[0]


def test_made_twice_it_is_made_once(place: Place) -> None:
    make_record(place, phone=PHONE)
    job = export(place, purpose="年度核查")

    run(job)

    assert len(db.session.scalars(select(StoredFile).where(StoredFile.subject_type == exporting.SUBJECT)).all()) == 1
    assert len(db.session.scalars(select(RecordReading)).all()) == 1


def test_nothing_is_made_of_nothing(place: Place) -> None:
    with pytest.raises(NothingToExport):
        export(place)


def test_too_many_records_are_not_printed(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(exporting, "MAX_PRINTED", 1)
    make_record(place)
    make_record(place)

    with pytest.raises(NothingToExport) as refused:
        export(place, file_format=ExportFormat.PDF)

    assert "先筛选" in str(refused.value)
    assert cells_of(export(place))


# --- the pages -------------------------------------------------------------------------------------------------------


def test_a_file_is_asked_for_made_and_downloaded(browser: Browser, place: Place) -> None:
    make_record(place, "争水渠", kind="land")
    make_record(place, "打骂", kind="family")
    browser.sign_in(place.officer)

    asked = browser.post(f"/registers/{place.register.id}/export?is.kind=land", {"format": "xlsx"})
    job = db.session.scalars(select(Job).where(Job.kind == exporting.JOB)).one()
    waiting = browser.get(f"/registers/exports/{job.id}")
    run(job)
    done = browser.get(f"/registers/exports/{job.id}")
    file = browser.get(f"/files/{file_of(job).id}")

    assert asked.status_code == 303
    assert "正在生成文件" in waiting.text
    assert "矛盾纠纷台账2026-03-10.xlsx" in done.text
    assert "青石镇矛盾纠纷台账2026-03-10.xlsx" in unquote(file.headers["Content-Disposition"])
    assert "争水渠" in str(cells_of(job))
    assert "打骂" not in str(cells_of(job))


def test_a_file_is_for_whoever_asked_for_it_and_for_some_days(browser: Browser, place: Place) -> None:
    make_record(place)
    job = export(place)
    path = f"/files/{file_of(job).id}"

    browser.sign_in(place.leader)
    assert browser.get(path).status_code == 404
    assert browser.get(f"/registers/exports/{job.id}").status_code == 404
    browser.sign_in(place.officer)
    assert browser.get(path).status_code == 200
    job.created_at = utc_now() - exporting.KEPT
    db.session.flush()
    assert browser.get(path).status_code == 404
    assert "已过期" in browser.get(f"/registers/exports/{job.id}").text


def test_full_content_without_a_purpose_is_refused_on_the_page(browser: Browser, place: Place) -> None:
    make_record(place, phone=PHONE)
    browser.sign_in(place.officer)

    response = browser.post(f"/registers/{place.register.id}/export", {"format": "xlsx", "plain": "yes"})

    assert response.status_code == 422
    assert "请选择或填写查阅用途" in response.text
    assert db.session.scalars(select(Job).where(Job.kind == exporting.JOB)).all() == []


def test_another_countys_register_is_not_exported(browser: Browser, place: Place, unknown_id: uuid.UUID) -> None:
    browser.sign_in(place.officer)

    assert browser.get(f"/registers/{unknown_id}/export").status_code == 404
    assert browser.post(f"/registers/{unknown_id}/export", {"format": "pdf"}).status_code == 404
    assert browser.get(f"/registers/exports/{unknown_id}").status_code == 404


# --- the paper form --------------------------------------------------------------------------------------------------


def test_the_paper_form_is_set_on_a_screen(browser: Browser, place: Place) -> None:
    make_record(place, kind="land", people="3")
    browser.sign_in(place.office)
    page = browser.get(f"/registers/{place.register.id}/paper").text
    keys = _columns(place)

    response = browser.post(
        f"/registers/{place.register.id}/paper",
        {
            "version": str(place.register.version),
            "title": "青石镇矛盾纠纷排查化解台账",
            "orientation": "portrait",
            "signatures": "填报单位、审核人",
            **{f"show-{keys.index(key)}": "yes" for key in ("matter", "@number", "people")},
            f"place-{keys.index('@number')}": "1",
            f"place-{keys.index('matter')}": "2",
        },
    )

    assert "涉及人数（人）" in page
    assert response.status_code == 303
    assert place.register.layout["paper"] == {
        "title": "青石镇矛盾纠纷排查化解台账",
        "columns": ["@number", "matter", "people"],
        "orientation": "portrait",
        "signatures": ["填报单位", "审核人"],
    }
    assert place.register.layout["columns"] == ["kind", "people"]
    rows = cells_of(export(place))
    assert rows[0][0] == "青石镇矛盾纠纷排查化解台账"
    assert rows[2] == ["序号", "事由", "涉及人数（人）"]


def _columns(place: Place) -> list[str]:
    from saas.domain.paper_table import available_columns
    from saas.registers.protection import published_form

    form = published_form(place.register)
    assert form is not None
    return [column.key for column in available_columns(form)]


def test_only_those_who_arrange_registers_set_the_paper_form(browser: Browser, place: Place) -> None:
    browser.sign_in(place.officer)

    assert browser.get(f"/registers/{place.register.id}/paper").status_code == 403
    assert browser.post(f"/registers/{place.register.id}/paper", {"title": "x"}).status_code == 403


def test_the_day_of_a_file_is_the_countys(place: Place) -> None:
    make_record(place)
    with at_moment(NOW.replace(hour=17)):  # an hour past midnight in the county
        assert file_of(export(place)).name.endswith("2026-03-11.xlsx")
