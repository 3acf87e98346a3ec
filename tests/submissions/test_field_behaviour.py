"""What the fill page, the check page and the submission show of evidence, checklists, totals and languages."""

from __future__ import annotations

import dataclasses
import io
from typing import Any

import openpyxl
import pytest

from saas.domain.workflow import SubmissionStatus
from tests.browser import Browser
from tests.domain.test_field_behaviour import FOUND, PROOF, VISITS, item
from tests.factories_forms import make_collection, make_form, make_submission, make_version
from tests.statements import count_statements
from tests.submissions.conftest import Place
from tests.submissions.steps import photo, submissions


def asking(place: Place, *fields: dict[str, Any]) -> Place:
    return dataclasses.replace(place, collection=make_collection(make_version(make_form(), *fields)))


def test_evidence_is_announced_asked_for_and_taken(clerk: Browser, place: Place) -> None:
    here = asking(place, FOUND, PROOF)
    assert "需附佐证材料" in clerk.get(here.fill_path()).text

    refused = clerk.post(here.fill_path(), {"found": "2", "version": "0", "action": "check"})
    assert refused.status_code == 422
    assert "请上传“发现问题”的佐证材料" in refused.text
    version = str(submissions()[0].version)
    taken = clerk.post(
        here.fill_path(),
        {"found": "2", "version": version, "action": "check", "proof": (photo(), "a.jpg")},
        content_type="multipart/form-data",
    )

    assert taken.status_code == 303


def test_a_checklist_is_summed_up_before_and_after_handing_in(clerk: Browser, place: Place) -> None:
    here = asking(place, item("a", "must"), item("b", "forbidden"), item("c", "should"))
    page = clerk.get(here.fill_path()).text
    assert all(word in page for word in ("必须", "禁止", "建议"))

    clerk.post(here.fill_path(), {"a": "no", "b": "yes", "c": "no", "version": "0", "action": "check"})
    submission = submissions()[0]
    confirm = clerk.get(f"/submissions/{submission.id}/confirm").text
    clerk.post(f"/submissions/{submission.id}/submit", {"version": str(submission.version)})
    shown = clerk.get(f"/submissions/{submission.id}").text

    for text in (confirm, shown):
        assert "必须项未满足 1" in text
        assert "禁止项出现 1" in text
        assert "建议项未满足：项c" in text


def test_a_broken_item_is_marked_as_soon_as_it_is_answered(clerk: Browser, place: Place) -> None:
    here = asking(place, item("a", "must"), VISITS)

    asked = clerk.post(here.fill_path(), {"a": "no", "version": "0"}, htmx=True)

    assert "不符合" in asked.text


def test_totals_follow_what_is_typed_and_stand_in_what_was_filed(clerk: Browser, place: Place) -> None:
    here = asking(place, VISITS)
    typed = {"visits[0].who": "甲", "visits[0].paid": "1.5", "visits[1].paid": "2", "version": "0"}

    asked = clerk.post(here.fill_path(), typed, htmx=True)
    assert "3.5 元" in asked.text
    clerk.post(here.fill_path(), typed)
    clerk.post(f"/submissions/{submissions()[0].id}/submit", {"version": str(submissions()[0].version)})

    assert "合计：补助" in clerk.get(f"/submissions/{submissions()[0].id}").text


def test_rows_as_a_table_keep_their_names_and_can_be_taken_out(clerk: Browser, place: Place) -> None:
    here = asking(place, VISITS)
    clerk.post(here.fill_path(), {"visits[0].who": "甲", "visits[1].who": "乙", "version": "0"})

    page = clerk.get(here.fill_path()).text

    assert '<table class="fill-table">' in page
    assert 'name="visits[1].who"' in page
    assert 'value="visits[0]"' in page


TRANSLATED = {
    "type": "integer",
    "name": "n",
    "label": "户数",
    "constraint": ". < 5",
    "constraint_message": "太多了",
    "translations": {"English (en)": {"label": "Households", "constraint_message": "Too many"}},
}


def test_a_language_is_chosen_by_a_link_and_kept(clerk: Browser, place: Place) -> None:
    here = asking(place, TRANSLATED)
    assert "户数" in clerk.get(here.fill_path()).text

    english = clerk.get(here.fill_path() + "?language=English (en)").text
    assert "Households" in english
    assert 'lang="en"' in english
    refused = clerk.post(here.fill_path(), {"n": "9", "version": "0", "action": "check"})

    assert "Too many" in refused.text
    assert "Households" in clerk.get(here.fill_path()).text
    assert "户数" in clerk.get(here.fill_path() + "?language=").text


@pytest.mark.parametrize("language", ["Klingon", "<script>", "x" * 300])
def test_a_language_that_the_form_has_not_shows_its_own(clerk: Browser, place: Place, language: str) -> None:
    here = asking(place, TRANSLATED)

    assert "户数" in clerk.get(here.fill_path(), query_string={"language": language}).text


def test_personal_data_is_not_kept_on_the_device(clerk: Browser, place: Place) -> None:
    plain = {"type": "text", "name": "who", "label": "姓名"}

    assert "data-draft-key" in clerk.get(asking(place, plain).fill_path()).text
    protected = clerk.get(asking(place, {**plain, "sensitivity": "personal"}).fill_path()).text
    assert "data-draft-key" not in protected
    assert "个人信息" in protected


def test_a_photo_that_must_be_taken_now_opens_the_camera(clerk: Browser, place: Place) -> None:
    live = clerk.get(asking(place, {**PROOF, "appearance": "new"}).fill_path()).text

    assert 'capture="environment"' in live
    assert 'capture="environment"' not in clerk.get(asking(place, PROOF).fill_path()).text


def test_a_long_list_has_a_box_to_search_it_with_scripts(clerk: Browser, place: Place) -> None:
    choices = [{"name": f"c{each}", "label": f"选项{each}"} for each in range(40)]
    page = clerk.get(asking(place, {"type": "select_one", "name": "a", "label": "甲", "choices": choices}).fill_path())

    assert 'data-search-choices="q-a"' in page.text
    assert "<select" in page.text


def test_the_official_table_says_what_of_a_checklist_is_broken(office: Browser, place: Place) -> None:
    here = asking(place, item("a", "must"), item("b", "forbidden"))
    make_submission(here.collection, place.village, status=SubmissionStatus.SUBMITTED, answers={"a": "no", "b": "no"})

    book = openpyxl.load_workbook(io.BytesIO(office.get(f"/collections/{here.collection.id}/tables/2026-03-01").data))

    texts = [str(cell.value) for row in book.worksheets[0].iter_rows() for cell in row if cell.value]
    assert any("必须项未满足 1，禁止项出现 0，建议项未满足 0" in text for text in texts)


MEMBERS: dict[str, Any] = {
    "type": "begin_repeat",
    "name": "members",
    "label": "成员",
    "fields": [{"type": "text", "name": "who", "label": "姓名"}, {"type": "integer", "name": "age", "label": "年龄"}],
}
HEAD = {
    "type": "select_one",
    "name": "head",
    "label": "户主",
    "choices_from": "repeat:who",
    "choice_filter": "${age} > 17",
    "required": True,
}


def test_rows_become_choices_while_they_are_filled_and_the_choice_is_filed(clerk: Browser, place: Place) -> None:
    here = asking(place, MEMBERS, HEAD)
    people = {"members[0].who": "张三", "members[0].age": "40", "members[1].who": "李四", "members[1].age": "9"}

    looked = clerk.post(here.fill_path(), {**people, "version": "0"}, htmx=True).text
    assert '<option value="张三"' in looked
    assert '<option value="李四"' not in looked
    refused = clerk.post(here.fill_path(), {**people, "head": "李四", "version": "0", "action": "check"})
    assert "与前面的回答不符" in refused.text
    taken = {**people, "head": "张三", "version": str(submissions()[0].version), "action": "check"}
    assert clerk.post(here.fill_path(), taken).status_code == 303
    kept = submissions()[0]
    clerk.post(f"/submissions/{kept.id}/submit", {"version": str(kept.version)})

    assert submissions()[0].status is SubmissionStatus.SUBMITTED
    assert submissions()[0].answers["head"] == "张三"
    assert "张三" in clerk.get(f"/submissions/{kept.id}").text.partition("户主")[2][:400]


def test_choosing_rows_costs_no_statement(clerk: Browser, place: Place) -> None:
    plain, here = asking(place, MEMBERS), asking(place, MEMBERS, HEAD)
    typed = {"members[0].who": "张三", "members[0].age": "40", "version": "0"}
    clerk.get(plain.fill_path())

    before = count_statements(lambda: clerk.post(plain.fill_path(), typed, htmx=True))

    assert count_statements(lambda: clerk.post(here.fill_path(), typed, htmx=True)) <= before


def test_a_page_of_a_hundred_fields_costs_ten_statements_at_most(clerk: Browser, place: Place) -> None:
    fields = [
        {
            "type": "integer",
            "name": f"q{each}",
            "label": f"题{each}",
            "relevant": f"${{q{each - 1}}} != 5" if each else "",
        }
        for each in range(90)
    ]
    units = {"type": "select_one", "name": "v", "label": "村", "choices_from": "units:village"}
    here = asking(
        place, *[{key: value for key, value in each.items() if value} for each in fields], units, FOUND, PROOF
    )
    clerk.post(here.fill_path(), {"q1": "5", "version": "0"})
    clerk.get(here.fill_path())

    assert count_statements(lambda: clerk.get(here.fill_path())) <= 10
