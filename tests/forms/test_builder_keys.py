"""The settings of the builder beyond the ordinary: evidence, checklists, protection, sources, tables, pre-filling."""

from __future__ import annotations

from typing import Any

import html5lib
import pytest

from saas.db import db
from saas.forms.models import ChoiceList, FormVersion, VersionStatus
from tests.browser import Browser
from tests.factories import make_unit_type
from tests.factories_forms import make_form, make_version
from tests.forms.steps import page_of
from tests.submissions.conftest import token

FOUND = {"type": "integer", "name": "found", "label": "发现问题"}
PHOTO = {"type": "image", "name": "proof", "label": "问题照片"}
GRADE = {
    "type": "select_one",
    "name": "grade",
    "label": "等次",
    "choices": [{"name": "a", "label": "甲"}, {"name": "b", "label": "乙"}],
}
ROWS = {
    "type": "begin_repeat",
    "name": "rows",
    "label": "明细",
    "fields": [{"type": "decimal", "name": "paid", "label": "金额"}],
}


DOORS = {
    "type": "begin_repeat",
    "name": "doors",
    "label": "各户",
    "fields": [{"type": "text", "name": "door", "label": "门牌"}],
}


def draft(*fields: dict[str, Any]) -> FormVersion:
    return make_version(make_form(), *fields, status=VersionStatus.DRAFT)


def save(designer: Browser, version: FormVersion, path: str, **typed: str) -> Any:
    item = version.definition["fields"][0]
    for name in path.split(".")[1:]:
        item = next(each for each in item["fields"] if each["name"] == name)
    data = {"label": item["label"], "name": item["name"], "version": str(version.version), **typed}
    return designer.post(f"{page_of(version)}/fields/edit?path={path}", data)


@pytest.mark.parametrize(
    ("fields", "path", "typed", "kept"),
    [
        ((FOUND, PHOTO), "found", {"evidence": "proof"}, {"evidence": "proof"}),
        (
            (FOUND,),
            "found",
            {"expected_minimum": "1", "expected_maximum": "9"},
            {"expected_min": "1", "expected_max": "9"},
        ),
        ((FOUND,), "found", {"sensitivity": "sensitive", "mask": "all"}, {"sensitivity": "sensitive", "mask": "all"}),
        ((FOUND,), "found", {"prefill": "last"}, {"prefill": "last"}),
        ((FOUND,), "found", {"total": "y"}, {"total": True}),
        ((PHOTO,), "proof", {"is_live": "y"}, {"appearance": "new"}),
        ((ROWS,), "rows", {"is_table": "y"}, {"appearance": "table"}),
        ((ROWS,), "rows.paid", {"total": "y"}, {"total": True}),
        ((DOORS,), "doors.door", {"unique": "y"}, {"unique": True}),
    ],
)
def test_a_setting_is_kept_in_the_definition(
    designer: Browser, fields: tuple[dict[str, Any], ...], path: str, typed: dict[str, str], kept: dict[str, Any]
) -> None:
    version = draft(*fields)

    assert save(designer, version, path, **typed).status_code == 303

    item = version.definition["fields"][0]
    item = item["fields"][0] if "." in path else item
    assert {key: item.get(key) for key in kept} == kept


@pytest.mark.parametrize(
    "field",
    [
        {
            **FOUND,
            "evidence": "proof",
            "sensitivity": "personal",
            "expected_max": "5",
            "total": True,
            "prefill": "last",
        },
        {**FOUND, "measure": "处", "translations": {"en": {"label": "Found"}}},
        {**GRADE, "demand": "must", "choices": [{"name": "yes", "label": "是"}, {"name": "no", "label": "否"}]},
        {**ROWS, "appearance": "table"},
    ],
)
def test_saving_what_the_page_shows_changes_nothing(designer: Browser, field: dict[str, Any]) -> None:
    version = draft(field, PHOTO)
    before = dict(version.definition["fields"][0])
    page = designer.get(f"{page_of(version)}/fields/edit?path={field['name']}")

    designer.post(f"{page_of(version)}/fields/edit?path={field['name']}", _fields_of(page.text))

    assert version.definition["fields"][0] == before


def _fields_of(text: str) -> dict[str, Any]:
    """What a browser would send if nothing was changed."""
    tree = html5lib.parse(text, treebuilder="etree", namespaceHTMLElements=False)
    form = next(each for each in tree.iter("form") if "fields/edit" in (each.get("action") or ""))
    sent: dict[str, Any] = {}
    for node in form.iter():
        name = node.get("name")
        if not name:
            continue
        if node.tag == "select":
            chosen = next((each for each in node.iter("option") if each.get("selected") is not None), None)
            first = next(iter(node.iter("option")), None)
            option = chosen if chosen is not None else first
            sent[name] = option.get("value", "") if option is not None else ""
        elif node.tag == "textarea":
            sent[name] = (node.text or "").lstrip("\n")
        elif node.get("type") not in {"checkbox", "radio"} or node.get("checked") is not None:
            sent[name] = node.get("value", "")
    return sent


def test_only_photos_and_files_beside_are_offered_as_evidence(designer: Browser) -> None:
    version = draft(FOUND, PHOTO, {"type": "text", "name": "note", "label": "备注栏"})

    page = designer.get(f"{page_of(version)}/fields/edit?path=found").text

    evidence = page[page.index('name="evidence"') : page.index("</select>", page.index('name="evidence"'))]
    assert "问题照片" in evidence
    assert "备注栏" not in evidence


def test_evidence_follows_a_question_that_is_renamed(designer: Browser) -> None:
    version = draft(PHOTO, {**FOUND, "evidence": "proof"})

    save(designer, version, "proof", name="photo")

    assert version.definition["fields"][1]["evidence"] == "photo"


def test_choices_come_from_the_county_or_a_shared_list(designer: Browser) -> None:
    make_unit_type("village", "村", 3)
    db.session.add(ChoiceList(code="crops", name="作物", choices=[{"name": "rice", "label": "水稻"}]))
    version = draft(GRADE)
    page = designer.get(f"{page_of(version)}/fields/edit?path=grade").text
    assert all(word in page for word in ("全部村", "本单位及下级的村", "公用选项：作物"))

    save(designer, version, "grade", choices_from="list:crops")

    assert version.definition["fields"][0]["choices_from"] == "list:crops"
    assert "choices" not in version.definition["fields"][0]
    shown = designer.get(page_of(version)).text
    assert "水稻" in shown
    assert "公用选项：作物" in shown


def test_what_the_county_knows_is_offered_in_words(designer: Browser) -> None:
    make_unit_type("village", "村", 3).attributes = [{"name": "people", "label": "常住人口", "type": "integer"}]
    stock = make_version(make_form(name="家底表"), {**FOUND, "name": "households", "label": "户数"}, GRADE).form
    version = draft(FOUND)

    page = html5lib.parse(designer.get(f"{page_of(version)}/fields/edit?path=found").text, namespaceHTMLElements=False)

    offered = {each.get("value"): each.text for each in page.find(".//datalist[@id='prefill-sources']")}
    assert offered == {
        "last": "上期填的",
        "attribute:people": "单位信息：常住人口",
        f"form:{stock.code}.households": "家底表：户数",
        f"form:{stock.code}.sum(households)": "家底表：户数（本期内合计）",
        f"form:{stock.code}.count()": "家底表：本期内份数",
    }


def test_only_what_stands_in_rows_can_be_told_to_differ(designer: Browser) -> None:
    pages = {
        path: designer.get(f"{page_of(version)}/fields/edit?path={path}").text
        for version, path in ((draft(FOUND), "found"), (draft(DOORS), "doors.door"))
    }

    assert ['name="unique"' in page for page in pages.values()] == [False, True]


def test_choices_are_listed_in_the_question_again(designer: Browser) -> None:
    db.session.add(ChoiceList(code="crops", name="作物", choices=[{"name": "rice", "label": "水稻"}]))
    version = draft({"type": "select_one", "name": "crop", "label": "作物", "choices_from": "list:crops"})

    refused = save(designer, version, "crop", choices_from="")
    assert refused.status_code == 422
    assert save(designer, version, "crop", choices_from="", new_choices="早稻\n晚稻").status_code == 303

    assert [each["label"] for each in version.definition["fields"][0]["choices"]] == ["早稻", "晚稻"]


def test_a_checklist_is_a_ready_made_block(designer: Browser) -> None:
    version = draft(FOUND)

    designer.post(
        f"{page_of(version)}/fields",
        {
            "type": "checklist",
            "label": "消防检查",
            "parent": "",
            "version": str(version.version),
            "send_token": token(),
        },
    )

    block = version.definition["fields"][1]
    assert (block["type"], block["label"]) == ("begin_group", "消防检查")
    assert [each["demand"] for each in block["fields"]] == ["must", "should", "forbidden"]
    page = designer.get(page_of(version)).text
    assert "必须" in page
    assert "禁止" in page


def test_a_demand_gives_a_question_the_answers_that_it_needs(designer: Browser) -> None:
    version = draft(GRADE)

    assert save(designer, version, "grade", demand="forbidden").status_code == 303

    assert [each["name"] for each in version.definition["fields"][0]["choices"]] == ["yes", "no", "na"]


def test_what_is_wrong_is_said_and_stays(designer: Browser) -> None:
    version = draft(FOUND)

    response = save(designer, version, "found", prefill="yesterday")

    assert response.status_code == 422
    assert "yesterday" in response.text


def test_trying_out_offers_units_lists_and_languages(designer: Browser) -> None:
    make_unit_type("village", "村", 3)
    db.session.add(ChoiceList(code="crops", name="作物", choices=[{"name": "rice", "label": "水稻"}]))
    crop = {"type": "select_one", "name": "crop", "label": "作物", "choices_from": "list:crops"}
    version = draft({**crop, "translations": {"English (en)": {"label": "Crop"}}})

    page = designer.get(f"{page_of(version)}/try").text
    assert "水稻" in page
    assert "English" in page
    assert "Crop" in designer.get(f"{page_of(version)}/try?language=English (en)").text
    assert designer.post(f"{page_of(version)}/try", {"crop": "rice"}).status_code == 200


def test_the_rows_of_the_form_are_offered_as_choices_and_follow_their_field(designer: Browser) -> None:
    version = draft(GRADE, ROWS)
    assert "“明细”各行的“金额”" in designer.get(f"{page_of(version)}/fields/edit?path=grade").text

    assert save(designer, version, "grade", choices_from="repeat:paid").status_code == 303

    assert version.definition["fields"][0]["choices_from"] == "repeat:paid"
    assert "“明细”各行的“金额”" in designer.get(page_of(version)).text
