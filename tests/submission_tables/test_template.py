"""The workbook that goes out: what it shows, what it protects, and that a spreadsheet program can offer the choices."""

from __future__ import annotations

from openpyxl.utils import get_column_letter

from saas.db import db
from saas.domain.workflow import SubmissionStatus
from saas.submissions.models import Collection
from tests.browser import Browser
from tests.factories import make_unit
from tests.factories_forms import make_collection, make_form, make_submission, make_version
from tests.imports.steps import apply
from tests.statements import count_statements
from tests.submission_tables.steps import checked, download, drafts, place_of, row_of, subject
from tests.submissions.conftest import Place


def test_groups_stand_merged_above_their_heads(town: Browser, place: Place, collection: Collection) -> None:
    sheet = download(town, collection)["填报表"]
    merged = {str(area) for area in sheet.merged_cells.ranges}

    assert sheet["A1"].value == "2026年3月人居环境统计"
    assert "E3:F3" in merged
    assert sheet["E3"].value == "垃圾清运"
    assert [sheet.cell(4, column).value for column in (5, 6, 7, 8)] == ["重量（吨）", "最近一次", "发现", "整改"]
    assert {"A3:A4", "D3:D4"} <= merged
    assert sheet.freeze_panes == "C5"


def test_units_stand_in_their_rows_and_only_answers_may_be_typed(
    town: Browser, place: Place, collection: Collection
) -> None:
    sheet = download(town, collection)["填报表"]
    row = row_of(sheet, place.village)

    assert [sheet.cell(row, column).value for column in (1, 2, 3)] == [place.village.code, "柳塘村", "未填报"]
    assert sheet.protection.sheet
    assert sheet.cell(row, 1).protection.locked
    assert sheet.cell(4, 5).protection.locked
    assert not sheet.cell(row, 5).protection.locked
    assert str(sheet.cell(5, 1).value).startswith("示例")


def test_choices_and_hints_are_offered_at_the_cells(town: Browser, place: Place, collection: Collection) -> None:
    sheet = download(town, collection)["填报表"]
    row = row_of(sheet, place.village)
    rules = {
        head: rule
        for rule in sheet.data_validations.dataValidation
        for head in ("户数（户）", "重量（吨）", "等次")
        if f"{get_column_letter(place_of(sheet, head))}{row}" in rule.sqref
    }

    assert rules["等次"].formula1 == '"好,一般"'
    assert "必填" in rules["户数（户）"].prompt
    assert "按户籍" in rules["户数（户）"].prompt
    assert "0 到 900" in rules["户数（户）"].prompt
    assert "不适用" in rules["重量（吨）"].prompt


def test_a_hidden_sheet_says_what_the_template_is_for(town: Browser, place: Place, collection: Collection) -> None:
    stamp = download(town, collection)["模板信息"]
    said = {stamp.cell(row, 1).value: stamp.cell(row, 2).value for row in range(1, stamp.max_row + 1)}

    assert stamp.sheet_state == "veryHidden"
    assert said["form"] == collection.form.code
    assert said["version"] == "1"
    assert said["period"] == "2026-03-01"
    assert said["collection"] == str(collection.id)


def test_what_a_workbook_cannot_carry_is_said_in_its_notes(town: Browser, place: Place, collection: Collection) -> None:
    notes = download(town, collection)["填写说明"]
    said = " ".join(str(cell.value) for row in notes.iter_rows() for cell in row if cell.value)

    assert "“现场照片”不在表里" in said
    assert "人居环境统计表（第 1 版）" in said


def _text(name: str, label: str) -> dict[str, object]:
    return {"type": "text", "name": name, "label": label}


def test_heads_that_say_the_same_are_told_apart(town: Browser, place: Place) -> None:
    groups = [
        {
            "type": "begin_group",
            "name": name,
            "label": label,
            "fields": [
                {"type": "integer", "name": "men", "label": "男", "measure": "人"},
                {"type": "integer", "name": "women", "label": "女", "measure": "人"},
            ],
        }
        for name, label in (("people", "常住人口"), ("workers", "劳动力"))
    ]
    collection = make_collection(make_version(make_form(), *groups), name="人口")
    collection.filled_by = {"superior": "township"}
    db.session.flush()
    sheet = (book := download(town, collection))["填报表"]
    row = row_of(sheet, place.village)
    assert [sheet.cell(4, column).value for column in (4, 5, 6, 7)] == ["男（人）", "女（人）", "男（人）", "女（人）"]
    for column, value in ((4, 10), (5, 11), (6, 12), (7, 13)):
        sheet.cell(row, column).value = value

    apply(town, checked(town, collection, book))
    assert drafts()["柳塘村"].answers == {"people": {"men": 10, "women": 11}, "workers": {"men": 12, "women": 13}}


def test_a_ledger_of_one_unit_needs_no_unit_in_its_rows(clerk: Browser, place: Place) -> None:
    fields = {
        "type": "begin_repeat",
        "name": "visits",
        "label": "走访记录",
        "fields": [{"type": "date", "name": "day", "label": "日期", "required": True}, _text("whom", "对象")],
    }
    collection = make_collection(make_version(make_form(name="走访台账"), fields), name="走访台账")
    book = download(clerk, collection, place.village)
    sheet = book["走访记录"]
    assert sheet.cell(3, 1).value == "日期"
    sheet.cell(5, 1).value, sheet.cell(5, 2).value = "2026.3.5", "老张家"
    sheet.cell(6, 1).value, sheet.cell(6, 2).value = "2026年3月8日", "=HYPERLINK(1)"
    sheet.cell(6, 2).data_type = "s"

    apply(clerk, checked(clerk, collection, book, unit=place.village))
    assert drafts()["柳塘村"].answers == {
        "visits": [{"day": "2026-03-05", "whom": "老张家"}, {"day": "2026-03-08", "whom": "=HYPERLINK(1)"}]
    }


def test_personal_data_of_others_is_not_in_a_template(office: Browser, place: Place, collection: Collection) -> None:
    filed = make_submission(collection, place.village, status=SubmissionStatus.SUBMITTED)
    filed.answers = {"homes_total": 9, "identity": "370101197001011234"}
    db.session.flush()
    sheet = download(office, collection)["填报表"]
    row = row_of(sheet, place.village)
    values = [sheet.cell(row, column).value for column in range(1, 12)]

    assert "9" in values
    assert "370101197001011234" not in values


def test_as_many_statements_for_many_units_as_for_one(town: Browser, place: Place, collection: Collection) -> None:
    address = f"/imports/forms/template?subject={subject(collection)}"
    town.get(address)
    few = count_statements(lambda: town.get(address))
    for number in range(30):
        make_submission(collection, make_unit(f"新村{number}", parent=place.town))
    many = count_statements(lambda: town.get(address))

    assert many == few


def test_an_example_is_an_answer_that_would_be_taken(clerk: Browser, place: Place) -> None:
    bounds: list[dict[str, object]] = [{"max": 6}, {"min": 20}, {}, {"min": 0, "max": 3}]
    fields = [{"type": "integer", "name": f"n{at}", "label": f"数{at}", **each} for at, each in enumerate(bounds)]
    found = make_collection(make_version(make_form(), *fields), name="例子")
    sheet = download(clerk, found, place.village)["填报表"]
    assert [sheet.cell(4, place_of(sheet, f"数{at}")).value for at in range(4)] == ["6", "20", "12", "3"]


def test_photos_that_are_left_out_are_named_with_their_group_and_counted(clerk: Browser, place: Place) -> None:
    photos = [{"type": "image", "name": f"p{at}", "label": "照片"} for at in range(2)]
    group = {"type": "begin_group", "name": "work", "label": "基础工作", "fields": [_text("said", "说明"), *photos]}
    found = make_collection(make_version(make_form(), group), name="照片")
    notes = download(clerk, found, place.village)["填写说明"]
    said = [str(row[0].value) for row in notes.iter_rows() if "不在表里" in str(row[0].value)]
    assert said == ["“基础工作·照片”（2 处）不在表里：照片和文件请在系统里上传。"]
