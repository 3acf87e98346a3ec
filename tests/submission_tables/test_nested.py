"""Repeats inside repeats, and rows of which a sheet does not carry everything: known to each other by their numbers."""

from __future__ import annotations

import io
from typing import Any

import openpyxl
import pytest

from saas.db import db
from saas.domain.workflow import SubmissionStatus
from saas.submissions.models import Collection
from tests.browser import Browser
from tests.factories_forms import make_collection, make_form, make_submission, make_version
from tests.imports.steps import apply, errors
from tests.submission_tables.steps import checked, download, drafts, fill, hints
from tests.submissions.conftest import Place

PETS = {
    "type": "begin_repeat",
    "name": "pets",
    "label": "动物",
    "fields": [{"type": "text", "name": "kind", "label": "种类"}],
}
PEOPLE = {
    "type": "begin_repeat",
    "name": "people",
    "label": "成员",
    "fields": [
        {"type": "text", "name": "name", "label": "姓名", "required": True},
        {"type": "integer", "name": "age", "label": "年龄", "min": 0, "max": 130},
        PETS,
    ],
}
HOMES = {
    "type": "begin_repeat",
    "name": "homes",
    "label": "住户",
    "fields": [
        {"type": "text", "name": "number", "label": "门牌"},
        {"type": "image", "name": "photo", "label": "照片", "max_count": 3},
        PEOPLE,
    ],
}
FILED: dict[str, Any] = {
    "remark": None,
    "homes": [
        {
            "number": "1号",
            "photo": ["one"],
            "people": [
                {"name": "甲", "age": 40, "pets": [{"kind": "狗"}]},
                {"name": "乙", "age": None, "pets": []},
            ],
        },
        {"number": "2号", "photo": ["two"], "people": [{"name": "丙", "age": 7, "pets": [{"kind": "猫"}]}]},
    ],
}


@pytest.fixture
def nested(place: Place) -> Collection:
    """A register of homes, their people and their animals, filled by the town."""
    remark = {"type": "text", "name": "remark", "label": "备注"}
    found = make_collection(make_version(make_form(name="入户登记表"), remark, HOMES), name="入户登记")
    found.filled_by = {"superior": "township"}
    db.session.flush()
    return found


def _lines(sheet: Any, first: int) -> list[list[Any]]:
    rows = sheet.iter_rows(min_row=first)
    return [[cell.value for cell in row] for row in rows if any(cell.value for cell in row)]


def test_each_level_has_a_sheet_and_its_rows_say_what_they_belong_to(
    town: Browser, place: Place, nested: Collection
) -> None:
    make_submission(nested, place.village, answers=FILED)
    book = download(town, nested)
    code, name = place.village.code, "柳塘村"

    assert book.sheetnames[:4] == ["填报表", "住户", "成员", "动物"]
    assert [cell.value for cell in book["成员"][3]] == [
        "单位代码",
        "单位名称",
        "住户序号",
        "成员序号",
        "姓名",
        "年龄",
    ]
    assert _lines(book["住户"], 5) == [[code, name, "1", "1号"], [code, name, "2", "2号"]]
    assert [row[2:] for row in _lines(book["成员"], 5)] == [
        ["1", "1", "甲", 40],
        ["1", "2", "乙", None],
        ["2", "3", "丙", 7],
    ]
    assert [row[2:] for row in _lines(book["动物"], 5)] == [["1", "狗"], ["3", "猫"]]


def test_a_template_that_comes_back_as_it_is_changes_nothing(town: Browser, place: Place, nested: Collection) -> None:
    make_submission(nested, place.village, answers=FILED)
    found = checked(town, nested, download(town, nested))
    assert found.details["counts"] == {"new": 0, "changed": 0, "same": 1, "bad": 0}


def test_new_rows_on_every_level_come_to_their_places(town: Browser, place: Place, nested: Collection) -> None:
    book, code = download(town, nested), place.village.code
    homes_typed: tuple[dict[str, object], ...] = ({"住户序号": 1, "门牌": "1号"}, {"住户序号": "B", "门牌": "2号"})
    for row, cells in enumerate(homes_typed, start=6):
        fill(book["住户"], row, {"单位代码": code, **cells})
    people: tuple[dict[str, object], ...] = (
        {"住户序号": "B", "成员序号": 1, "姓名": "丙"},
        {"住户序号": 1, "姓名": "甲"},
    )
    for row, each in enumerate(people, start=6):
        fill(book["成员"], row, {"单位代码": code, **each})
    fill(book["动物"], 6, {"单位代码": code, "成员序号": 1, "种类": "猫"})
    apply(town, checked(town, nested, book))

    homes = drafts()["柳塘村"].answers["homes"]
    assert [(home["number"], [each["name"] for each in home["people"]]) for home in homes] == [
        ("1号", ["甲"]),
        ("2号", ["丙"]),
    ]
    assert homes[1]["people"][0]["pets"] == [{"kind": "猫"}]


def test_cells_of_new_rows_may_be_written(town: Browser, place: Place, nested: Collection) -> None:
    make_submission(nested, place.village, answers=FILED)
    sheet = download(town, nested)["成员"]
    assert sheet.protection.sheet
    assert not any(column.protection.locked for column in sheet.column_dimensions.values())
    assert sheet.cell(5, 1).protection.locked


def test_a_row_that_belongs_nowhere_is_a_mistake_at_its_cell(town: Browser, place: Place, nested: Collection) -> None:
    book, code = download(town, nested), place.village.code
    for row in (6, 7):
        fill(book["住户"], row, {"单位代码": code, "住户序号": row - 5, "门牌": f"{row}号"})
    fill(book["成员"], 6, {"单位代码": code, "住户序号": 9, "姓名": "甲"})
    fill(book["成员"], 7, {"单位代码": code, "姓名": "乙"})
    fill(book["成员"], 8, {"单位代码": code, "住户序号": 2, "姓名": "丙", "年龄": 300})
    found = errors(checked(town, nested, book))

    assert "没有序号为“9”的行" in found["C6"]
    assert "请填写它属于上一级的哪一行" in found["C7"]
    assert "130" in found["F8"]
    assert not drafts()


def test_two_rows_with_one_number_are_a_mistake(town: Browser, place: Place, nested: Collection) -> None:
    book = download(town, nested)
    for row in (6, 7):
        fill(book["住户"], row, {"单位代码": place.village.code, "住户序号": 1, "门牌": f"{row}号"})
    assert "出现了两次" in errors(checked(town, nested, book))["C7"]


def test_photos_stay_with_the_rows_that_have_their_number(town: Browser, place: Place, nested: Collection) -> None:
    make_submission(nested, place.village, answers=FILED)
    book = download(town, nested)
    fill(book["住户"], 6, {"门牌": "二号"})
    book["住户"].delete_rows(5)
    for row in range(8, 4, -1):
        if book["成员"].cell(row, 3).value == "1":
            book["成员"].delete_rows(row)
    book["动物"].delete_rows(5)
    found = checked(town, nested, book)
    assert "1 张照片或文件会随去掉的行一起去掉" in "".join(hints(found).values())
    apply(town, found)

    (home,) = drafts()["柳塘村"].answers["homes"]
    assert (home["number"], home["photo"]) == ("二号", ["two"])
    assert [each["name"] for each in home["people"]] == ["丙"]


def test_a_level_that_the_file_leaves_out_stays_with_its_rows(town: Browser, place: Place, nested: Collection) -> None:
    make_submission(nested, place.village, answers=FILED)
    book = download(town, nested)
    del book["成员"], book["动物"]
    fill(book["住户"], 5, {"门牌": "新1号"})
    apply(town, checked(town, nested, book))

    homes = drafts()["柳塘村"].answers["homes"]
    assert homes[0] == {**FILED["homes"][0], "number": "新1号"}
    assert homes[1] == FILED["homes"][1]


def test_rows_of_an_inner_level_alone_find_the_rows_that_stand_there(
    town: Browser, place: Place, nested: Collection
) -> None:
    make_submission(nested, place.village, answers=FILED)
    book = download(town, nested)
    del book["住户"]
    fill(book["成员"], 8, {"单位代码": place.village.code, "住户序号": 2, "姓名": "丁"})
    apply(town, checked(town, nested, book))

    homes = drafts()["柳塘村"].answers["homes"]
    assert [each["name"] for each in homes[1]["people"]] == ["丙", "丁"]
    assert homes[1]["people"][0] == FILED["homes"][1]["people"][0]
    assert homes[0] == FILED["homes"][0]


def test_the_official_layout_has_every_level(office: Browser, place: Place, nested: Collection) -> None:
    make_submission(nested, place.village, status=SubmissionStatus.SUBMITTED, answers=FILED)
    make_submission(nested, place.far_village, status=SubmissionStatus.SUBMITTED, answers=FILED)
    book = openpyxl.load_workbook(io.BytesIO(office.get(f"/collections/{nested.id}/tables/2026-03-01").data))
    people, pets = book["成员"], book["动物"]

    assert [cell.value for cell in people[3]][:6] == ["序号", "单位", "上级单位", "住户序号", "姓名", "年龄"]
    rows = [[cell.value for cell in row] for row in people.iter_rows(min_row=4)]
    assert [(row[0], row[3], row[4]) for row in rows[:6]] == [
        (1, 1, "甲"),
        (2, 1, "乙"),
        (3, 2, "丙"),
        (4, 3, "甲"),
        (5, 3, "乙"),
        (6, 4, "丙"),
    ]
    assert [row[3].value for row in pets.iter_rows(min_row=4, max_row=7)] == [1, 3, 4, 6]
