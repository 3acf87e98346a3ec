"""A form goes out as a workbook and comes back: what is filled in becomes drafts, and nothing else changes."""

from __future__ import annotations

import io
from datetime import datetime

import openpyxl
from sqlalchemy import select

from saas.audit.models import AuditEvent
from saas.db import at_moment, db
from saas.domain.workflow import SubmissionStatus
from saas.imports.models import ImportStatus
from saas.submissions.models import Collection
from tests.browser import Browser
from tests.factories_forms import make_collection, make_form, make_submission, make_version
from tests.imports.steps import apply, counts, differences, errors, latest, marked_content, rows, work
from tests.submission_tables.steps import (
    checked,
    download,
    drafts,
    fill,
    hints,
    place_of,
    row_of,
    send,
    subject,
)
from tests.submissions.conftest import Place

GOOD = {"户数（户）": 120, "重量（吨）": 3.5, "发现": 4, "整改": 3, "等次": "好"}


def test_a_town_fills_its_villages_in_one_workbook(town: Browser, place: Place, collection: Collection) -> None:
    book = download(town, collection)
    sheet = book["填报表"]
    typed = {
        "户数（户）": "１２０",
        "重量（吨）": "1,234.50",
        "最近一次": "2026.3.5",
        "发现": 4,
        "整改": 3,
        "等次": "好",
        "联系人身份证": "370101197001011234",
    }
    fill(sheet, row_of(sheet, place.village), typed)
    found = checked(town, collection, book)
    assert counts(found) == (1, 0, 0, 0)
    apply(town, found)

    draft = drafts()["柳塘村"]
    assert draft.status is SubmissionStatus.DRAFT
    assert draft.answers["homes_total"] == 120
    assert draft.answers["waste"] == {"weight": "1234.5", "last_on": "2026-03-05"}
    assert draft.answers["latrines"] == {"found": 4, "closed": 3}
    assert draft.answers["grade"] == "good"
    assert draft.answers["identity"] == "370101197001011234"
    assert draft.contributors == [str(place.officer.id)]
    assert set(drafts()) == {"柳塘村"}  # the row that stayed empty says nothing


def test_what_is_sent_back_unchanged_changes_nothing(town: Browser, place: Place, collection: Collection) -> None:
    sheet = (book := download(town, collection))["填报表"]
    fill(sheet, row_of(sheet, place.village), GOOD)
    fill(book["示范户"], 6, {"单位代码": place.village.code, "门牌号": "3号", "人数（人）": 4})
    apply(town, checked(town, collection, book))

    again = checked(town, collection, download(town, collection))

    assert counts(again) == (0, 0, 1, 0)


def test_empty_is_no_answer_zero_is_zero_and_not_applicable_is_neither(
    town: Browser, place: Place, collection: Collection
) -> None:
    sheet = (book := download(town, collection))["填报表"]
    fill(sheet, row_of(sheet, place.village), {"户数（户）": 0, "重量（吨）": "不适用"})
    fill(sheet, row_of(sheet, place.neighbour), {"户数（户）": 5, "发现": 0})
    apply(town, checked(town, collection, book))

    village, neighbour = drafts()["柳塘村"].answers, drafts()["石桥村"].answers
    assert village["homes_total"] == 0
    assert village["waste"] == {"weight": {"not_applicable": True}, "last_on": None}
    assert neighbour["waste"]["weight"] is None
    assert neighbour["latrines"] == {"found": 0, "closed": None}


def test_not_applicable_is_refused_where_the_form_does_not_allow_it(
    town: Browser, place: Place, collection: Collection
) -> None:
    sheet = (book := download(town, collection))["填报表"]
    row = row_of(sheet, place.village)
    fill(sheet, row, {"户数（户）": "不适用"})
    found = checked(town, collection, book)

    assert counts(found) == (0, 0, 0, 1)
    assert "不是数" in errors(found)[f"D{row}"]


def test_every_check_of_the_page_stands_beside_its_cell(town: Browser, place: Place, collection: Collection) -> None:
    sheet = (book := download(town, collection))["填报表"]
    row, other = row_of(sheet, place.village), row_of(sheet, place.neighbour)
    fill(sheet, row, {"户数（户）": 901, "重量（吨）": -1, "最近一次": "三月", "发现": 2, "整改": 3, "等次": "差"})
    fill(sheet, other, {"户数（户）": "=1+1", "原因": "路远"})
    found = checked(town, collection, book)
    said = errors(found)

    assert counts(found) == (0, 0, 0, 2)
    assert "0 到 900" in said[f"D{row}"]
    assert "不能小于 0" in said[f"E{row}"]
    assert "不是完整的日期" in said[f"F{row}"]
    assert "整改不能多于发现" in said[f"H{row}"]
    assert "没有“差”这个选项" in said[f"I{row}"]
    assert "公式" in said[f"D{other}"]
    assert "不用填" in said[f"J{other}"]
    assert drafts() == {}


def test_a_faulty_workbook_comes_back_with_the_mistakes_at_its_cells(
    town: Browser, place: Place, collection: Collection
) -> None:
    sheet = (book := download(town, collection))["填报表"]
    row = row_of(sheet, place.village)
    fill(sheet, row, {"户数（户）": 901})
    found = checked(town, collection, book)
    marked = openpyxl.load_workbook(io.BytesIO(marked_content(found)))

    assert "0 到 900" in marked["填报表"].cell(row, 4).comment.text
    last = marked["填报表"].max_column
    assert "错误信息" in [marked["填报表"].cell(line, last).value for line in range(1, row)]
    assert "0 到 900" in str(marked["填报表"].cell(row, last).value)

    corrected = marked["填报表"]
    corrected.cell(row, 4).value = 900
    again = checked(town, collection, marked)
    assert counts(again) == (1, 0, 0, 0)


def test_only_the_good_rows_are_written_when_asked(town: Browser, place: Place, collection: Collection) -> None:
    sheet = (book := download(town, collection))["填报表"]
    fill(sheet, row_of(sheet, place.village), GOOD)
    fill(sheet, row_of(sheet, place.neighbour), {"户数（户）": -3})
    found = checked(town, collection, book)
    assert counts(found) == (1, 0, 0, 1)

    apply(town, found, "good")

    assert set(drafts()) == {"柳塘村"}


def test_what_is_missing_is_a_hint_and_the_draft_is_kept(town: Browser, place: Place, collection: Collection) -> None:
    sheet = (book := download(town, collection))["填报表"]
    row = row_of(sheet, place.village)
    fill(sheet, row, {"发现": 1, "等次": "一般"})
    found = checked(town, collection, book)

    assert counts(found) == (1, 0, 0, 0)
    assert hints(found) == {f"D{row}": "请填写“户数”", f"J{row}": "请填写“原因”"}
    apply(town, found)
    assert drafts()["柳塘村"].status is SubmissionStatus.DRAFT


def test_what_is_wrong_is_not_called_missing_too(town: Browser, place: Place, collection: Collection) -> None:
    sheet = (book := download(town, collection))["填报表"]
    row = row_of(sheet, place.village)
    fill(sheet, row, {"户数（户）": "不少", "发现": 1, "等次": "一般"})
    found = checked(town, collection, book)

    assert "不是数" in errors(found)[f"D{row}"]
    assert hints(found) == {f"J{row}": "请填写“原因”"}


def test_complete_reports_are_handed_in_if_that_was_ticked(town: Browser, place: Place, collection: Collection) -> None:
    sheet = (book := download(town, collection))["填报表"]
    fill(sheet, row_of(sheet, place.village), GOOD)
    fill(sheet, row_of(sheet, place.neighbour), {"发现": 1})
    apply(town, checked(town, collection, book, hand_in="yes"))

    found = drafts()
    assert found["柳塘村"].status is SubmissionStatus.SUBMITTED
    assert found["柳塘村"].submitted_by_id == place.officer.id
    assert found["石桥村"].status is SubmissionStatus.DRAFT
    assert latest().details["outcome"] == {"handed_in": 1, "marked": 0}


def test_a_draft_that_is_complete_already_is_handed_in_by_its_template(
    town: Browser, place: Place, collection: Collection
) -> None:
    sheet = (book := download(town, collection))["填报表"]
    fill(sheet, row_of(sheet, place.village), GOOD)
    apply(town, checked(town, collection, book))

    found = checked(town, collection, download(town, collection), hand_in="yes")
    assert differences(found) == [("柳塘村", [["报送", "", "写入后直接报送"]])]
    apply(town, found)

    assert drafts()["柳塘村"].status is SubmissionStatus.SUBMITTED


def test_what_was_handed_in_is_never_changed(town: Browser, place: Place, collection: Collection) -> None:
    sheet = (book := download(town, collection))["填报表"]
    fill(sheet, row_of(sheet, place.village), GOOD)
    apply(town, checked(town, collection, book, hand_in="yes"))
    content = dict(drafts()["柳塘村"].answers)

    sheet = (book := download(town, collection))["填报表"]
    row = row_of(sheet, place.village)
    assert sheet.cell(row, 3).value == "已报送"
    assert sheet.cell(row, 4).protection.locked
    fill(sheet, row, {"户数（户）": 7})
    found = checked(town, collection, book)

    assert counts(found) == (0, 0, 0, 1)
    assert "已经报送" in errors(found)[str(row)]
    assert drafts()["柳塘村"].answers == content


def test_a_draft_that_changed_after_the_template_was_fetched_is_not_overwritten(
    town: Browser, place: Place, collection: Collection
) -> None:
    sheet = (book := download(town, collection))["填报表"]
    draft = make_submission(collection, place.village)
    draft.answers = {"homes_total": 9}
    db.session.flush()
    row = row_of(sheet, place.village)
    fill(sheet, row, GOOD)
    found = checked(town, collection, book)

    assert counts(found) == (0, 0, 0, 1)
    assert "草稿已在系统里改动" in errors(found)[str(row)]


def test_a_draft_that_changes_between_check_and_writing_is_shown_again(
    town: Browser, place: Place, collection: Collection
) -> None:
    sheet = (book := download(town, collection))["填报表"]
    fill(sheet, row_of(sheet, place.village), GOOD)
    found = checked(town, collection, book)
    draft = make_submission(collection, place.village)
    draft.answers = {"homes_total": 9}
    db.session.flush()

    done = apply(town, found)

    assert done.status is ImportStatus.CHECKED
    assert done.details["has_moved"]
    assert drafts()["柳塘村"].answers == {"homes_total": 9}


def test_after_the_window_nothing_is_written(town: Browser, place: Place, collection: Collection) -> None:
    sheet = (book := download(town, collection))["填报表"]
    row = row_of(sheet, place.village)
    fill(sheet, row, GOOD)
    with at_moment(datetime.fromisoformat("2026-03-25T09:00:00+08:00")):
        town.sign_in(place.officer)
        found = checked(town, collection, book)

    assert counts(found) == (0, 0, 0, 1)
    assert "本期填报已截止" in errors(found)[str(row)]


def test_a_late_report_is_marked_late(town: Browser, place: Place, collection: Collection) -> None:
    sheet = (book := download(town, collection))["填报表"]
    fill(sheet, row_of(sheet, place.village), GOOD)
    with at_moment(datetime.fromisoformat("2026-03-18T09:00:00+08:00")):
        town.sign_in(place.officer)
        apply(town, checked(town, collection, book, hand_in="yes"))

    assert drafts()["柳塘村"].is_late


def test_rows_of_units_that_are_not_the_viewers_are_refused(
    town: Browser, place: Place, collection: Collection
) -> None:
    sheet = (book := download(town, collection))["填报表"]
    assert place.far_village.code not in [sheet.cell(row, 1).value for row in range(1, sheet.max_row + 1)]
    row = row_of(sheet, place.village)
    sheet.cell(row, 1).value = place.far_village.code
    fill(sheet, row, GOOD)
    found = checked(town, collection, book)

    assert counts(found) == (0, 0, 0, 1)
    assert "不在您的填报范围内" in errors(found)[str(row)]
    assert drafts() == {}


def test_who_only_oversees_units_may_look_and_not_write(office: Browser, place: Place, collection: Collection) -> None:
    sheet = (book := download(office, collection))["填报表"]
    row = row_of(sheet, place.far_village)
    assert sheet.cell(row, place_of(sheet, "填报状态")).value == "未填报（只看）"
    fill(sheet, row, GOOD)
    found = checked(office, collection, book)

    assert counts(found) == (0, 0, 0, 1)
    assert "您不为“白沙村”填报" in errors(found)[str(row)]


def test_a_clerk_fills_the_own_village_and_knows_of_no_other(
    clerk: Browser, place: Place, collection: Collection
) -> None:
    collection.filled_by = {}
    db.session.flush()
    sheet = (book := download(clerk, collection, place.village))["填报表"]
    codes = {sheet.cell(row, 1).value for row in range(1, sheet.max_row + 1)}
    assert place.village.code in codes
    assert place.neighbour.code not in codes

    fill(sheet, row_of(sheet, place.village), GOOD)
    found = checked(clerk, collection, book, unit=place.village)
    assert errors(found) == {}
    apply(clerk, found)

    assert set(drafts()) == {"柳塘村"}
    assert clerk.get(f"/imports/forms/template?subject={subject(collection, place.neighbour)}").status_code == 404


def test_the_rows_of_a_repeat_stand_on_their_own_sheet(town: Browser, place: Place, collection: Collection) -> None:
    book = download(town, collection)
    sheet, homes = book["填报表"], book["示范户"]
    fill(sheet, row_of(sheet, place.village), GOOD)
    for row, code, number, people in ((6, place.village.code, "3号", 4), (7, place.village.code, "8号", None)):
        fill(homes, row, {"单位代码": code, "门牌号": number, "人数（人）": people})
    apply(town, checked(town, collection, book))

    assert drafts()["柳塘村"].answers["homes"] == [{"number": "3号", "people": 4}, {"number": "8号", "people": None}]
    again = download(town, collection)["示范户"]
    assert [again.cell(row, 3).value for row in (5, 6)] == ["3号", "8号"]


def test_a_mistake_in_a_repeat_stops_its_unit_and_stands_at_its_cell(
    town: Browser, place: Place, collection: Collection
) -> None:
    book = download(town, collection)
    sheet, homes = book["填报表"], book["示范户"]
    row = row_of(sheet, place.village)
    fill(sheet, row, GOOD)
    fill(homes, 6, {"单位代码": place.village.code, "门牌号": "3号", "人数（人）": -1})
    found = checked(town, collection, book)

    assert counts(found) == (0, 0, 0, 2)
    assert "不能小于 0" in errors(found)["D6"]
    assert "示范户第 6 行" in errors(found)[str(row)]


def test_a_table_of_ones_own_with_names_and_another_order_is_taken_too(
    town: Browser, place: Place, collection: Collection
) -> None:
    content = rows(
        ["2026年3月各村情况"],
        ["", "改厕", "", ""],
        ["村名", "发现", "整改", "户数"],
        ["柳塘村", "4", "2", "88"],
        [],
        ["石桥村", "", "", ""],
        ["无名村", "1", "", ""],
    )
    assert send(town, collection, content).status_code == 303
    work()
    found = latest()

    assert counts(found) == (1, 0, 0, 1)
    assert "没有叫“无名村”的填报单位" in errors(found)["7"]
    apply(town, found, "good")
    assert drafts()["柳塘村"].answers["latrines"] == {"found": 4, "closed": 2}


def test_one_event_says_what_an_import_did(town: Browser, place: Place, collection: Collection) -> None:
    sheet = (book := download(town, collection))["填报表"]
    fill(sheet, row_of(sheet, place.village), GOOD)
    apply(town, checked(town, collection, book))

    events = db.session.scalars(select(AuditEvent).where(AuditEvent.action == "data.imported")).all()
    assert [each.details["kind"] for each in events] == ["forms"]
    assert events[0].actor_id == place.officer.id


def test_what_rows_are_called_is_text_that_is_checked_with_them(town: Browser, place: Place) -> None:
    who = {"type": "text", "name": "who", "label": "姓名"}
    chosen = [
        {"type": "select_one", "name": "head", "label": "户主", "choices_from": "repeat:who"},
        {"type": "select_multiple", "name": "present", "label": "在场", "choices_from": "repeat:who"},
    ]
    members = {"type": "begin_repeat", "name": "members", "label": "成员", "fields": [who]}
    collection = make_collection(make_version(make_form(), members, *chosen))
    collection.filled_by = {"superior": "township"}
    sheet = (book := download(town, collection))["填报表"]
    for row, name in enumerate(("张三", "李四"), start=6):
        fill(book["成员"], row, {"单位代码": place.village.code, "姓名": name})
    row = row_of(sheet, place.village)
    fill(sheet, row, {"户主": "王五", "在场": "李四、张三"})
    refused = checked(town, collection, book)
    assert "与前面的回答不符" in "".join(errors(refused).values())

    fill(sheet, row, {"户主": "张三"})
    apply(town, checked(town, collection, book))

    assert drafts()["柳塘村"].answers["head"] == "张三"
    assert drafts()["柳塘村"].answers["present"] == ["李四", "张三"]
    assert counts(checked(town, collection, download(town, collection))) == (0, 0, 1, 0)
