"""Pages of the lists of choices that forms share."""

from __future__ import annotations

import io

import pytest
from sqlalchemy import select

from saas.access.permissions import Role
from saas.db import db
from saas.domain.errors import FormError
from saas.domain.fields import Choice
from saas.domain.fields.choice_rows import choices_of_rows, rows_of_choices, rows_of_text
from saas.forms.choice_lists import choices_of_file, file_of_choices
from saas.forms.models import ChoiceList, VersionStatus
from tests.browser import Browser
from tests.factories import make_user
from tests.factories_forms import make_form, make_version
from tests.forms.steps import actions
from tests.statements import count_statements
from tests.submissions.conftest import token

TYPED = {
    "name": "作物",
    "code": "crops",
    "source": "农业农村局",
    "lines": "代号\t名称\tseason\nrice\t水稻\tsummer\nwheat\t小麦\twinter",
}


def lists() -> list[ChoiceList]:
    return list(db.session.scalars(select(ChoiceList).order_by(ChoiceList.code)).all())


def created(designer: Browser) -> ChoiceList:
    designer.post("/forms/lists", {**TYPED, "send_token": token()})
    return lists()[0]


def test_a_list_is_made_from_what_was_pasted_and_leaves_its_event(designer: Browser) -> None:
    response = designer.post("/forms/lists", {**TYPED, "send_token": token()})

    assert response.status_code == 303
    made = lists()[0]
    assert made.choices[0] == {"name": "rice", "label": "水稻", "columns": {"season": "summer"}}
    assert actions()[-1] == "form.changed"
    page = designer.get(response.location)
    assert "小麦" in page.text
    assert "winter" in page.text


def test_sending_twice_makes_one_list(designer: Browser) -> None:
    form = {**TYPED, "send_token": token()}

    designer.post("/forms/lists", form)
    designer.post("/forms/lists", form)

    assert len(lists()) == 1


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"name": ""}, "请填写名称"),
        ({"code": "甲 乙"}, "编码用字母"),
        ({"lines": ""}, "选项应有 1 到 5000 个"),
        ({"lines": "a,甲\na,乙"}, "代号“a”与第 1 行重复"),
        ({"lines": "a/b,甲"}, "代号“a/b”不合规"),
        ({"lines": "代号,名称,a b\nx,甲,1"}, "列名“a b”不合规"),
    ],
)
def test_what_is_wrong_is_said_and_what_was_typed_stays(designer: Browser, changed: dict[str, str], said: str) -> None:
    response = designer.post("/forms/lists", {**TYPED, **changed, "send_token": token()})

    assert response.status_code == 422
    assert said in response.text
    assert "农业农村局" in response.text
    assert lists() == []


def test_a_taken_code_is_said_beside_it(designer: Browser) -> None:
    created(designer)

    response = designer.post("/forms/lists", {**TYPED, "send_token": token()})

    assert response.status_code == 422
    assert "已被另一个列表使用" in response.text


def test_a_list_is_changed_by_an_upload(designer: Browser) -> None:
    made = created(designer)
    file = (io.BytesIO("代号,名称\nmaize,玉米\n".encode()), "作物.csv")

    response = designer.post(f"/forms/lists/{made.id}/edit", {**TYPED, "version": str(made.version), "file": file})

    assert response.status_code == 303
    assert lists()[0].choices == [{"name": "maize", "label": "玉米"}]


def test_a_file_that_is_no_table_is_refused(designer: Browser) -> None:
    made = created(designer)
    file = (io.BytesIO(b"\x00\x01"), "作物.xlsx")

    response = designer.post(f"/forms/lists/{made.id}/edit", {**TYPED, "version": str(made.version), "file": file})

    assert response.status_code == 422
    assert len(lists()[0].choices) == 2


def test_a_change_over_a_newer_one_is_refused_and_keeps_what_was_typed(designer: Browser) -> None:
    made = created(designer)

    response = designer.post(f"/forms/lists/{made.id}/edit", {**TYPED, "name": "庄稼", "version": "0"})

    assert response.status_code == 409
    assert "庄稼" in response.text
    assert lists()[0].name == "作物"


def test_a_list_that_a_form_uses_says_so_and_stays(designer: Browser) -> None:
    made = created(designer)
    field = {"type": "select_one", "name": "crop", "label": "作物", "choices_from": "list:crops"}
    make_version(make_form(name="种植情况"), field, status=VersionStatus.DRAFT)

    assert "种植情况" in designer.get(f"/forms/lists/{made.id}").text
    response = designer.post(f"/forms/lists/{made.id}/remove")

    assert response.status_code == 409
    assert len(lists()) == 1


def test_a_list_that_nobody_uses_can_be_deleted(designer: Browser) -> None:
    made = created(designer)

    assert designer.post(f"/forms/lists/{made.id}/remove").status_code == 303

    assert lists() == []


def test_a_clerk_changes_no_list(browser: Browser, designer: Browser) -> None:
    made = created(designer)
    browser.sign_in(make_user(Role.VILLAGE_CLERK))

    assert browser.get("/forms/lists/new").status_code == 403
    assert browser.post(f"/forms/lists/{made.id}/remove").status_code == 403


def test_the_page_of_lists_costs_the_same_however_many_there_are(designer: Browser) -> None:
    created(designer)
    designer.get("/forms/lists")
    few = count_statements(lambda: designer.get("/forms/lists"))
    for number in range(5):
        db.session.add(ChoiceList(code=f"list{number}", name=f"列表{number}", choices=[]))
    db.session.flush()

    assert count_statements(lambda: designer.get("/forms/lists")) == few


def test_what_is_downloaded_reads_as_the_same_list(designer: Browser) -> None:
    made = created(designer)

    read = choices_of_file(file_of_choices(made), "crops.xlsx")

    assert [(each.name, each.label, dict(each.columns)) for each in read] == [
        ("rice", "水稻", {"season": "summer"}),
        ("wheat", "小麦", {"season": "winter"}),
    ]


@pytest.mark.parametrize(
    ("text", "choices"),
    [
        ("水稻\n小麦", [Choice("水稻", "水稻"), Choice("小麦", "小麦")]),
        ("早 稻", [Choice("早_稻", "早 稻")]),
        ("r,水稻\nw，小麦", [Choice("r", "水稻"), Choice("w", "小麦")]),
        ("name\tlabel\tlabel::en\nr\t水稻\tRice", [Choice("r", "水稻", {}, {"en": "Rice"})]),
    ],
)
def test_rows_are_read_as_people_write_them(text: str, choices: list[Choice]) -> None:
    assert list(choices_of_rows(rows_of_text(text))) == choices
    assert list(choices_of_rows(rows_of_choices(choices))) == choices


def test_a_choice_without_a_name_is_refused_with_its_row() -> None:
    with pytest.raises(FormError, match="第 2 行"):
        choices_of_rows([["a", "甲"], ["/", ""]])
