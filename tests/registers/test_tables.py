"""Records of a register as tables: what a file would change, what it changes, and what it never touches."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

import pytest
import xlsxwriter
from flask import Flask
from openpyxl import load_workbook
from sqlalchemy.exc import NoResultFound

from saas.accounts.models import User
from saas.db import local_today
from saas.domain.record_presets import CHECKED
from saas.domain.records import states_to_mapping
from saas.files.services import read_file
from saas.imports.details import check_details
from saas.imports.handlers import Asking, Check, RowCheck, RowState
from saas.imports.queries import get_file
from saas.registers.tables import KIND, RegisterRecords, subject_of
from saas.spreadsheets.columns import CLEARED
from saas.spreadsheets.reading import read_spreadsheet
from saas.spreadsheets.tables import Table, read_table
from saas.spreadsheets.writing import Layout, write_xlsx
from tests.browser import Browser
from tests.imports.steps import apply, imported
from tests.registers.conftest import Place
from tests.registers.steps import events, make_record, records, viewer_of
from tests.statements import count_statements

HANDLER = RegisterRecords()


@pytest.fixture(autouse=True)
def _in_a_request(app: Flask, session: None) -> Any:
    with app.test_request_context("/"):
        yield


def asking_of(place: Place, user: User | None = None) -> Asking:
    return Asking(viewer_of(user or place.clerk), local_today(), subject_of(place.register))


def a_file(heads: Sequence[str], *rows: Sequence[Any]) -> bytes:
    buffer = io.BytesIO()
    with xlsxwriter.Workbook(buffer, {"strings_to_numbers": False}) as workbook:
        sheet = workbook.add_worksheet("台账")
        for number, row in enumerate((heads, *rows)):
            for place, cell in enumerate(row):
                if cell is not None:
                    sheet.write(number, place, cell)
    return buffer.getvalue()


def table_of(place: Place, content: bytes, user: User | None = None) -> Table:
    columns = HANDLER.columns(asking_of(place, user), offers=False)
    return read_table(read_spreadsheet(content, "台账.xlsx"), columns, "台账.xlsx")


def check_of(place: Place, heads: Sequence[str], *rows: Sequence[Any], user: User | None = None) -> Check:
    return HANDLER.check(table_of(place, a_file(heads, *rows), user), asking_of(place, user), is_final=True)


def carry_out(place: Place, check: Check, user: User | None = None) -> Mapping[str, Any]:
    wanted = [each for each in check.rows if each.state in (RowState.NEW, RowState.CHANGED)]
    return HANDLER.apply(wanted, asking_of(place, user))


def said(row: RowCheck) -> dict[str, str]:
    return {column: str(error) for column, error in row.errors.items()}


def test_the_template_offers_units_states_and_choices(place: Place) -> None:
    columns = {column.name: column for column in HANDLER.columns(asking_of(place))}

    assert list(columns) == [
        "@number",
        "@unit",
        "@state",
        "@opened_on",
        "@due_on",
        "matter",
        "kind",
        "people",
        "deadline",
        "phone",
        "result",
    ]
    assert [shown for _, shown in columns["@unit"].choices] == [f"{place.village.code} 柳塘村"]
    assert [shown for _, shown in columns["@state"].choices] == ["在办", "已办结"]
    assert [shown for _, shown in columns["kind"].choices] == ["土地", "家庭"]
    assert columns["people"].full_label == "涉及人数（人）"
    assert write_xlsx(Layout("台账", tuple(columns.values()), notes=HANDLER.notes(), has_example=True))[:2] == b"PK"


def test_what_a_template_says_of_its_columns_is_not_read_back(place: Place) -> None:
    columns = HANDLER.columns(asking_of(place))
    template = write_xlsx(Layout("台账", columns, [{"matter": "争水渠"}], notes=HANDLER.notes(), has_example=True))

    table = table_of(place, template)

    assert [row.values["matter"] for row in table.rows] == ["争水渠"]
    assert table.notices == ()


def test_rows_without_a_number_open_records(place: Place) -> None:
    check = check_of(
        place,
        ["登记单位", "事由", "类别", "涉及人数（人）", "化解期限", "当事人电话", "登记日期"],
        ["柳塘村", "争水渠", "土地", 3, "2026.3.20", "13800001234", "2026年2月1日"],
        [None, "宅基地", None, None, None, None, None],
    )

    outcome = carry_out(place, check)

    first, second = records()
    assert [each.state for each in check.rows] == [RowState.NEW, RowState.NEW]
    assert outcome == {"first": 1, "last": 2}
    assert (first.number, first.title, first.opened_on) == (1, "争水渠", date(2026, 2, 1))
    assert (first.answers["phone"], first.answers["people"]) == ("13800001234", 3)
    assert (second.unit_id, second.title, second.opened_on) == (place.village.id, "宅基地", date(2026, 3, 10))
    assert [event.kind for event in events(first)] == ["imported"]


def test_a_record_is_found_by_its_number_and_only_what_is_said_changes(place: Place) -> None:
    record = make_record(place, kind="land", people="3", phone="13800001234")

    check = check_of(place, ["编号", "类别", "涉及人数", "化解结果"], [record.number, "家庭", None, "已和解"])
    carry_out(place, check)

    assert check.rows[0].state is RowState.CHANGED
    assert [(each.label, each.old, each.new) for each in check.rows[0].differences] == [
        ("类别", "土地", "家庭"),
        ("化解结果", "", "已和解"),
    ]
    assert record.answers["kind"] == "family"
    assert (record.answers["people"], record.answers["phone"]) == (3, "13800001234")
    assert [event.kind for event in events(record)] == ["opened", "imported"]


def test_what_is_cleared_is_taken_away(place: Place) -> None:
    record = make_record(place, people="3")

    carry_out(place, check_of(place, ["编号", "涉及人数"], [record.number, CLEARED]))

    assert record.answers["people"] is None


def test_an_export_that_comes_back_changes_nothing(place: Place) -> None:
    make_record(place, kind="land", people="3", phone="13800001234", deadline="2026-03-20")
    make_record(place, "宅基地")
    asking = asking_of(place)
    layout = Layout("台账", HANDLER.columns(asking), HANDLER.rows(asking), HANDLER.notes())

    check = HANDLER.check(table_of(place, write_xlsx(layout)), asking)

    assert [(each.state, said(each)) for each in check.rows] == [(RowState.SAME, {}), (RowState.SAME, {})]


def test_an_export_holds_no_protected_answer(place: Place) -> None:
    make_record(place, phone="13800001234")

    (row,) = HANDLER.rows(asking_of(place))

    assert row["phone"] == "138****1234"
    assert "13800001234" not in str(row)


def test_protected_answers_stay_out_of_what_is_kept_of_a_check(place: Place) -> None:
    content = a_file(
        ["事由", "当事人电话", "涉及人数"], ["争水渠", "13800001234", 1], ["x", "139 0000 5678 转 2", "三"]
    )
    table = table_of(place, content)

    details = check_details(HANDLER.check(table, asking_of(place)), table)
    kept = str(details["rows"])

    assert "138****1234" in kept
    assert "13800001234" not in kept
    assert "5678" not in kept


def test_a_masked_text_is_no_answer(place: Place) -> None:
    check = check_of(place, ["事由", "当事人电话"], ["争水渠", "138****0000"])

    assert check.rows[0].state is RowState.BAD
    assert "遮盖后的内容" in said(check.rows[0])["phone"]


def test_sensitive_answers_that_are_there_are_not_changed_by_a_table(place: Place) -> None:
    record = make_record(place, phone="13800001234")

    check = check_of(place, ["编号", "当事人电话"], [record.number, "13900005678"])

    assert check.rows[0].state is RowState.BAD
    assert "记录页面" in said(check.rows[0])["phone"]


@pytest.mark.parametrize(
    ("heads", "row", "column", "words"),
    [
        (["事由", "涉及人数"], ["x", "三"], "people", "不是数"),
        (["事由", "涉及人数"], ["x", -1], "people", "不能小于"),
        (["事由", "类别"], ["x", "邻里"], "kind", "没有“邻里”这个选项"),
        (["事由", "化解结果"], [None, "已和解"], "matter", "请填写"),
        (["编号", "事由"], [99, "x"], "@number", "没有编号为 99 的记录"),
        (["登记单位", "事由"], ["石桥村", "x"], "@unit", "您不能为"),
        (["事由", "登记日期"], ["x", "2027-01-01"], "@opened_on", "不能晚于今天"),
        (["事由", "状态"], ["x", "没有的状态"], "@state", "没有“没有的状态”"),
    ],
)
def test_a_mistake_stands_beside_its_cell(
    place: Place, heads: list[str], row: list[Any], column: str, words: str
) -> None:
    check = check_of(place, heads, row)

    assert check.rows[0].state is RowState.BAD
    assert words in said(check.rows[0]).get(column, ""), said(check.rows[0])


def test_a_number_stands_in_one_row_only(place: Place) -> None:
    record = make_record(place)

    check = check_of(place, ["编号", "类别"], [record.number, "家庭"], [record.number, "土地"])

    assert [each.state for each in check.rows] == [RowState.CHANGED, RowState.BAD]


def test_a_ledger_that_is_taken_over_brings_its_states(place: Place) -> None:
    carry_out(place, check_of(place, ["事由", "状态", "登记日期"], ["旧案", "已办结", "2025-05-01"]))

    (record,) = records()
    assert (record.state, record.closed_on) == ("closed", date(2026, 3, 10))


def test_a_record_that_is_there_moves_only_as_its_register_lets_it(place: Place) -> None:
    place.register.states = states_to_mapping(CHECKED)
    record = make_record(place)

    too_far = check_of(place, ["编号", "状态"], [record.number, "已销号"])
    one_step = check_of(place, ["编号", "状态"], [record.number, "待核实"])
    carry_out(place, one_step)

    assert "不能从" in said(too_far.rows[0])["@state"]
    assert record.state == "checking"
    assert [event.kind for event in events(record)] == ["opened", "moved"]


def test_a_due_day_is_set_and_taken_away(place: Place) -> None:
    record = make_record(place)

    carry_out(place, check_of(place, ["编号", "办结期限"], [record.number, "2026-04-01"]))
    assert record.due_on == date(2026, 4, 1)
    carry_out(place, check_of(place, ["编号", "办结期限"], [record.number, CLEARED]))
    assert record.due_on is None


def test_somebody_elses_records_are_not_there(place: Place) -> None:
    theirs = make_record(place, unit=place.neighbour)

    check = check_of(place, ["编号", "类别"], [theirs.number, "家庭"])

    assert "没有编号为" in said(check.rows[0])["@number"]
    assert HANDLER.rows(asking_of(place)) == []


@pytest.mark.parametrize("who", ["officer", "office", "leader"])
def test_who_opens_no_records_imports_none(place: Place, who: str) -> None:
    with pytest.raises(NoResultFound):
        HANDLER.subject(asking_of(place, getattr(place, who)))


@pytest.mark.parametrize("subject", ["", "register:", "register:x", f"register:{'0' * 32}"])
def test_an_unknown_register_is_not_found(place: Place, subject: str) -> None:
    with pytest.raises(NoResultFound):
        HANDLER.subject(Asking(viewer_of(place.clerk), local_today(), subject))


def test_identity_numbers_come_through_intact(place: Place) -> None:
    check = check_of(place, ["事由", "化解结果"], ["争水渠", "35040219800101001X"], ["借款", "350402198001010012"])
    carry_out(place, check)

    assert [each.answers["result"] for each in records()] == ["35040219800101001X", "350402198001010012"]


def test_many_new_records_take_no_more_statements_than_few(place: Place) -> None:
    def statements_for(count: int) -> int:
        rows = [[f"纠纷{number}", "土地", number % 9, "2026.3.20"] for number in range(count)]
        check = check_of(place, ["事由", "类别", "涉及人数", "化解期限"], *rows)
        return count_statements(lambda: carry_out(place, check))

    make_record(place)
    few, many = statements_for(3), statements_for(300)

    assert many == few
    assert [record.number for record in records()] == list(range(1, 305))
    assert records()[-1].version == 1


def address(place: Place) -> str:
    return f"{KIND}?subject={subject_of(place.register)}"


def test_a_file_is_checked_applied_and_comes_back_marked(browser: Browser, place: Place) -> None:
    """The whole way that a clerk takes: upload, what it would do, the marked workbook, the good rows."""
    browser.sign_in(place.clerk)
    content = a_file(["事由", "涉及人数", "当事人电话"], ["争水渠", "2人", "13800001234"], ["宅基地", 3, None])

    page = browser.get(f"/imports/{address(place)}").text
    checked = imported(browser, address(place), content, "本村台账.xlsx")
    shown = browser.get(f"/imports/runs/{checked.id}").text + browser.get(f"/imports/runs/{checked.id}?state=new").text
    marked = load_workbook(io.BytesIO(read_file(get_file(checked.marked_file_id))))
    applied = apply(browser, checked, scope="good")

    assert "矛盾纠纷台账" in page
    assert "宅基地" in shown
    assert "13800001234" not in shown
    assert "不是数" in str([[cell.value for cell in row] for row in marked["台账"].iter_rows()])
    assert [record.title for record in records()] == ["宅基地"]
    assert applied.details["outcome"] == {"first": 1, "last": 1}


def test_an_import_belongs_to_whoever_sent_it(browser: Browser, place: Place) -> None:
    browser.sign_in(place.neighbour_clerk)
    theirs = imported(browser, address(place), a_file(["事由"], ["x"]))
    browser.sign_in(place.clerk)

    assert browser.get(f"/imports/runs/{theirs.id}").status_code == 404


def test_who_keeps_no_register_finds_no_import(browser: Browser, place: Place) -> None:
    browser.sign_in(place.officer)

    assert browser.get(f"/imports/{address(place)}").status_code == 404
    assert browser.get(f"/imports/{KIND}/template?subject={subject_of(place.register)}").status_code == 404
