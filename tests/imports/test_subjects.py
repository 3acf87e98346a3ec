"""One kind of table that serves many: what is asked of its subject on every way in."""

from __future__ import annotations

import io
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import pytest
from sqlalchemy.exc import NoResultFound

from saas.access.permissions import Permission, Role
from saas.accounts.models import User
from saas.domain.errors import message
from saas.imports import handlers
from saas.imports.handlers import Asking, Check, Difference, Link, Option, RowCheck, RowState, Subject, register_import
from saas.imports.models import ImportStatus
from saas.spreadsheets.columns import Column
from saas.spreadsheets.tables import Table
from saas.spreadsheets.writing import Row
from tests.browser import Browser
from tests.factories import make_unit, make_user
from tests.imports.steps import apply, counts, latest, rows, work

NAMES = {"box:1": "第一箱", "box:2": "第二箱"}


class Boxes:
    """Boxes with things in them; nobody may look into the third one."""

    kind, label, lead, permission, follow_up = "boxes", "箱子", "箱子里的东西。", Permission.ORG_EDIT, None

    def __init__(self) -> None:
        self.written: list[tuple[str, Mapping[str, Any], list[str]]] = []

    def subject(self, asking: Asking) -> Subject:
        if asking.subject not in NAMES:
            raise NoResultFound("no such box")
        return Subject(
            NAMES[asking.subject], "全部箱子", Link("imports.index"), options=(Option("sealed", "装好后封箱"),)
        )

    def columns(self, asking: Asking, *, offers: bool = True) -> tuple[Column, ...]:
        return (Column("thing", "东西", is_required=True),)

    def notes(self) -> tuple[str, ...]:
        return ()

    def rows(self, asking: Asking) -> Sequence[Row]:
        return [{"thing": NAMES[asking.subject]}]

    def check(self, table: Table, asking: Asking, *, is_final: bool = False) -> Check:
        hints = {"thing": message("light", "太轻")}
        return Check(
            [
                RowCheck(
                    row, row.text("thing"), RowState.NEW, (Difference("东西", "", row.text("thing")),), hints=hints
                )
                for row in table.rows
            ]
        )

    def apply(self, rows: Sequence[RowCheck], asking: Asking) -> Mapping[str, Any]:
        self.written.append((asking.subject, asking.options, [each.label for each in rows]))
        return {}


@pytest.fixture
def boxes() -> Iterator[Boxes]:
    handler = Boxes()
    register_import(handler)
    yield handler
    handlers._handlers.pop("boxes")


@pytest.fixture
def person(browser: Browser, boxes: Boxes) -> User:
    user = make_user(Role.SYSTEM_ADMIN, unit=make_unit("青山县"))
    browser.sign_in(user)
    return user


def send(browser: Browser, subject: str, name: str = "东西.xlsx", **ticked: str) -> Any:
    form = {"file": (io.BytesIO(rows(["东西"], ["球"])), name), **ticked}
    return browser.post(f"/imports/boxes?subject={subject}", form, content_type="multipart/form-data")


def test_the_page_of_a_subject_has_its_name_and_the_way_back_to_its_home(person: User, browser: Browser) -> None:
    page = browser.get("/imports/boxes?subject=box:1").text

    for words in ("导入第一箱", "imports", "全部箱子", "装好后封箱", "template?subject=box:1"):
        assert words in page


@pytest.mark.parametrize("path", ["", "/template", "/export"])
@pytest.mark.parametrize("subject", ["", "?subject=box:3"])
def test_a_subject_that_is_not_for_the_viewer_is_not_there(
    person: User, browser: Browser, path: str, subject: str
) -> None:
    assert browser.get(f"/imports/boxes{path}{subject}").status_code == 404


def test_nothing_is_sent_to_a_subject_that_is_not_for_the_viewer(person: User, browser: Browser) -> None:
    assert send(browser, "box:3").status_code == 404


def test_a_kind_that_is_one_table_has_no_subjects(person: User, browser: Browser) -> None:
    assert browser.get("/imports/units?subject=box:1").status_code == 404


def test_the_subject_and_what_was_ticked_reach_the_handler(person: User, browser: Browser, boxes: Boxes) -> None:
    assert send(browser, "box:2", sealed="yes").status_code == 303
    assert work() == ["done"]
    done = apply(browser, latest())

    assert done.status is ImportStatus.APPLIED
    assert boxes.written == [("box:2", {"sealed": True}, ["球"])]


def test_a_hint_stands_beside_a_row_that_can_be_written_and_in_the_workbook(person: User, browser: Browser) -> None:
    send(browser, "box:1")
    work()
    page = browser.get(f"/imports/runs/{latest().id}").text

    assert counts(latest()) == (1, 0, 0, 0)
    assert "太轻" in page
    assert "下载标注了提示的文件" in page
    assert latest().marked_file_id is not None


def test_one_file_at_a_time_is_taken_for_each_subject(person: User, browser: Browser) -> None:
    assert send(browser, "box:1", "甲.xlsx").status_code == 303
    again = send(browser, "box:1", "乙.xlsx")

    assert again.status_code == 422
    assert "“甲.xlsx”正在处理" in again.text
    assert send(browser, "box:2").status_code == 303


def test_an_import_of_a_subject_is_known_to_its_sender_only(person: User, browser: Browser) -> None:
    send(browser, "box:1", "甲.xlsx")
    sent = latest()
    other = make_user(Role.SYSTEM_ADMIN, unit=make_unit("白河县"))
    browser.sign_in(other)
    busy = send(browser, "box:1", "乙.xlsx")
    work()

    assert "另一份文件正在处理" in busy.text
    assert "甲.xlsx" not in busy.text
    assert browser.get(f"/imports/runs/{sent.id}").status_code == 404
    assert browser.get(f"/files/{sent.source_file_id}").status_code == 404
    assert "甲.xlsx" not in browser.get("/imports/boxes?subject=box:1").text
    assert "甲.xlsx" not in browser.get("/imports").text


def test_who_has_lost_the_subject_meanwhile_imports_nothing(
    person: User, browser: Browser, boxes: Boxes, monkeypatch: pytest.MonkeyPatch
) -> None:
    send(browser, "box:1")
    sent = latest()
    monkeypatch.delitem(NAMES, "box:1")

    assert work() != ["done"]
    assert browser.get(f"/imports/runs/{sent.id}").status_code == 404
    assert latest().status is ImportStatus.CHECKING
    assert boxes.written == []


def test_kinds_with_subjects_are_not_among_the_tables_of_the_county(person: User, browser: Browser) -> None:
    page = browser.get("/imports").text

    assert "箱子里的东西" not in page
    assert "单位" in page
