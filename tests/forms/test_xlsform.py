"""Forms made for ODK or KoboToolbox load, and ours open there."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
import xlsxwriter
from pyxform.xls2xform import convert

from saas.config import ROOT
from saas.domain.answers import parse_answers
from saas.domain.errors import FormError
from saas.domain.fields import FieldType, FormDefinition, form_from_mapping
from saas.forms.toml_file import form_from_toml, form_to_toml
from saas.forms.xlsform import Imported, form_from_xlsform, form_to_xlsform
from tests.browser import Browser
from tests.factories_forms import make_version
from tests.forms.steps import draft, labels, page_of

NOW = datetime(2026, 3, 5, 9, 0)
Rows = Sequence[Sequence[Any]]
FORMS = sorted(ROOT.glob("tenants/*/forms/*.toml"))


def a_workbook(**sheets: Rows) -> bytes:
    file = io.BytesIO()
    with xlsxwriter.Workbook(file, {"in_memory": True}) as book:
        for name, rows in sheets.items():
            sheet = book.add_worksheet(name)
            for number, row in enumerate(rows):
                sheet.write_row(number, 0, ["" if cell is None else cell for cell in row])
    return file.getvalue()


def imported(survey: Rows, choices: Rows = (), settings: Rows = ()) -> Imported:
    sheets = {"survey": survey, "choices": choices, "settings": settings}
    return form_from_xlsform(a_workbook(**{name: rows for name, rows in sheets.items() if rows}), "census.xlsx")


def by_name(form: FormDefinition) -> Mapping[str, Any]:
    return {item.name: item for item in form.fields}


HOUSEHOLD: Rows = [
    ["type", "name", "label::English (en)", "label::中文 (zh)", "required", "relevant", "constraint",
     "constraint_message", "calculation", "choice_filter", "repeat_count", "parameters", "default"],
    ["start", "start"],
    ["begin group", "hh", "Household", "住户"],
    ["text", "Head", "Head", "户主", "yes"],
    ["integer", "n", "People", "人数", "true()", None, ". > 0 and . < 30", "1 to 29"],
    ["select_one county", "county", "County", "县"],
    ["select_one town", "town", "Town", "镇", None, None, None, None, None, "county=${county}"],
    ["end group"],
    ["begin repeat", "kid", "Child", "孩子", None, "${n} > 1", None, None, None, None, "${n} - 1"],
    ["integer", "age", "Age", "年龄"],
    ["end repeat"],
    ["calculate", "total", None, None, None, None, None, None, "sum(${age})"],
    ["range", "level", "Level", "程度", None, None, None, None, None, None, None, "start=0 end=10 step=2"],
    ["note", "shown", "Total ${total}", "合计 ${total}"],
    ["date", "day", "Day", "日期", None, None, ". <= today()", None, None, None, None, None, "today()"],
]  # fmt: skip
CHOICES: Rows = [
    ["list_name", "name", "label::English (en)", "label::中文 (zh)", "county"],
    ["county", "a", "A", "甲县"],
    ["county", "b", "B", "乙县"],
    ["town", 1, "T1", "镇一", "a"],
    ["town", 2, "T2", "镇二", "b"],
]
SETTINGS: Rows = [["form_title", "form_id", "default_language"], ["住户登记", "census_1", "中文 (zh)"]]


def test_a_workbook_becomes_a_form_that_behaves_the_same() -> None:
    form = imported(HOUSEHOLD, CHOICES, SETTINGS).definition
    typed = {"hh.Head": ["张某"], "hh.n": ["3"], "hh.county": ["a"], "hh.town": ["1"]}
    ages = {"kid[0].age": ["6"], "kid[1].age": ["9"]}

    parsed = parse_answers(form, typed | ages | {"level": ["4"], "day": ["2026-03-04"]}, now=NOW)

    assert (form.code, form.name) == ("census_1", "住户登记")
    assert parsed.is_valid, parsed.errors
    assert parsed.answers["total"] == "15"
    assert parse_answers(form, typed | {"hh.town": ["2"]}, now=NOW).errors["hh.town"].code == "filtered_choice"
    assert parse_answers(form, typed | {"hh.n": ["40"]}, now=NOW).errors["hh.n"].code == "constraint"
    assert parse_answers(form, typed, now=NOW).errors["kid"].code == "wrong_rows"
    assert parse_answers(form, typed | {"level": ["3"]}, now=NOW).errors["level"].code == "off_step"


def test_other_languages_come_along() -> None:
    form = imported(HOUSEHOLD, CHOICES, SETTINGS).definition

    assert form.fields[0].label == "住户"
    assert form.fields[0].translations == {"English (en)": {"label": "Household"}}


def test_what_is_not_taken_over_is_told_with_its_row() -> None:
    remarks = [str(remark) for remark in imported(HOUSEHOLD, CHOICES, SETTINGS).remarks]

    assert len(remarks) == 1
    assert "第 2 行" in remarks[0]


def test_specify_other_asks_for_the_other() -> None:
    form = imported(
        [["type", "name", "label"], ["select_one c or_other", "q", "哪一种"]],
        [["list name", "name", "label"], ["c", "x", "甲"]],
    ).definition

    assert [choice.name for choice in by_name(form)["q"].choices] == ["x", "other"]
    assert by_name(form)["q_other"].relevant == "selected(${q}, 'other')"


@pytest.mark.parametrize(
    ("survey", "words"),
    [
        ([["type", "name", "label"], ["telepathy", "a", "甲"]], ["第 2 行", "不支持的类型"]),
        ([["type", "name", "label"], ["text", "", "甲"]], ["第 2 行", "缺少 name"]),
        ([["type", "name", "label"], ["text", "a b", "甲"]], ["第 2 行", "不合规"]),
        ([["type", "name", "label"], ["select_one nowhere", "a", "甲"]], ["第 2 行", "没有选项列表"]),
        ([["type", "name", "label"], ["begin group", "g", "组"], ["text", "a", "甲"]], ["第 2 行", "缺少对应的 end"]),
        ([["type", "name", "label"], ["text", "a", "甲"], ["end group"]], ["第 3 行", "没有对应的 begin"]),
        ([["type", "name", "label", "relevant"], ["text", "a", "甲", "${b} > 1"]], ["第 2 行", "不存在"]),
        ([["type", "name", "label", "calculation"], ["calculate", "a", "甲", "pulldata('x')"]], ["第 2 行"]),
        ([["type", "name", "label"], ["text", "a", "甲"], ["text", "a", "乙"]], ["重复"]),
        ([["type", "name"]], ["没有题目"]),
    ],
)
def test_what_would_behave_otherwise_is_refused_with_its_place(survey: Rows, words: Sequence[str]) -> None:
    with pytest.raises(FormError) as refusal:
        imported(survey)

    assert [word for word in words if word not in str(refusal.value)] == []


def test_a_workbook_without_a_survey_is_none_of_ours() -> None:
    with pytest.raises(FormError, match="没有工作表 survey"):
        form_from_xlsform(a_workbook(Sheet1=[["a", "b"]]), "x.xlsx")


def test_a_workbook_comes_back_unchanged() -> None:
    form = imported(HOUSEHOLD, CHOICES, SETTINGS).definition

    again = form_from_xlsform(form_to_xlsform(form), "again.xlsx")

    assert again.definition == form
    assert again.remarks == ()


@pytest.mark.parametrize("path", FORMS, ids=lambda path: f"{path.parent.parent.name}/{path.stem}")
def test_our_own_forms_survive_the_workbook_and_odk_reads_them(path: Path) -> None:
    form = form_from_toml(path.read_bytes().replace(b"{year}", b"2026"))

    content = form_to_xlsform(form)

    again = form_from_xlsform(content, f"{path.stem}.xlsx").definition
    assert form_to_toml(again).count("[[fields") == form_to_toml(form).count("[[fields")
    assert _without_lists(again) == _without_lists(form)
    assert convert(io.BytesIO(content), file_type=".xlsx").xform.startswith("<?xml")


def _without_lists(form: FormDefinition) -> Any:
    """The form with its choices in the fields: a workbook gives every list a name."""

    def plain(item: Any) -> Any:
        shown = {key: getattr(item, key) for key in item.__slots__ if key not in {"list_name", "fields"}}
        return shown | {"fields": [plain(child) for child in item.fields]}

    return form.code, form.name, [plain(item) for item in form.fields]


def test_every_type_survives_the_workbook() -> None:
    kinds = [kind for kind in FieldType if kind not in {FieldType.GROUP, FieldType.REPEAT}]
    fields: list[dict[str, Any]] = []
    for kind in kinds:
        more: dict[str, Any] = {}
        if kind in {FieldType.SELECT_ONE, FieldType.SELECT_MULTIPLE, FieldType.RANK}:
            more = {"choices": [{"name": "x", "label": "甲"}, {"name": "y", "label": "乙"}]}
        elif kind is FieldType.CALCULATE:
            more = {"calculation": "1 + 1"}
        elif kind is FieldType.RANGE:
            more = {"min": "0", "max": "5", "step": "1"}
        elif kind is FieldType.INTEGER:
            more = {"min": 0, "max": 31, "measure": "次", "not_applicable": True, "constraint": ". != 13"}
        fields.append({"type": kind.value, "name": f"f_{kind.value}", "label": f"题 {kind.value}", **more})
    form = form_from_mapping({"code": "all", "name": "各种题", "fields": fields})

    content = form_to_xlsform(form)

    assert _without_lists(form_from_xlsform(content, "all.xlsx").definition) == _without_lists(form)
    warnings = convert(io.BytesIO(content), file_type=".xlsx").warnings
    assert [text for text in warnings if "max-pixels" not in text] == []  # a hint for phones, not for us


def test_a_workbook_replaces_a_draft_and_can_be_downloaded(designer: Browser) -> None:
    version = draft()
    upload = {"file": (io.BytesIO(a_workbook(survey=HOUSEHOLD, choices=CHOICES)), "h.xlsx"), "version": "1"}

    assert designer.post(f"{page_of(version)}/upload", upload).status_code == 303

    assert labels(version)[:2] == ["住户", "孩子"]
    assert "由系统自动记录" in designer.get(page_of(version)).text
    again = form_from_xlsform(designer.get(f"{page_of(version)}/definition.xlsx").data, "x.xlsx").definition
    assert [item.label for item in again.fields] == labels(version)


def test_a_faulty_workbook_says_where_and_changes_nothing(designer: Browser) -> None:
    version = draft()
    before = labels(version)
    faulty = a_workbook(survey=[["type", "name", "label"], ["telepathy", "a", "甲"]])

    response = designer.post(f"{page_of(version)}/upload", {"file": (io.BytesIO(faulty), "h.xlsx"), "version": "1"})

    assert response.status_code == 422
    assert "survey 第 2 行" in response.text
    assert labels(version) == before


def test_a_form_with_all_its_texts_is_written_as_toml_too() -> None:
    form = imported(HOUSEHOLD, CHOICES, SETTINGS).definition

    assert form_from_toml(form_to_toml(form).encode()) == form


def test_versions_that_were_published_can_be_downloaded_as_workbooks(designer: Browser) -> None:
    version = make_version()

    assert designer.get(f"{page_of(version)}/definition.xlsx").status_code == 200
