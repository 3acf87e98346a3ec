"""Evidence, checklists, totals and languages of forms."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any

import pytest

from saas.domain.answers import canonical_answers, parse_answers
from saas.domain.checklists import checklist_summary
from saas.domain.errors import FormError
from saas.domain.fields import FormDefinition, form_from_mapping
from saas.domain.filed import RowState, answer_rows
from saas.domain.filing import form_totals
from saas.domain.form_languages import in_language, language_tag, languages_of
from saas.domain.form_totals import sum_of
from saas.forms.fill_form import fill_nodes

NOW = datetime(2026, 3, 10, 9, 0)
YES_NO = [{"name": "yes", "label": "是"}, {"name": "no", "label": "否"}, {"name": "na", "label": "不适用"}]
FOUND = {"type": "integer", "name": "found", "label": "发现问题", "evidence": "proof"}
PROOF = {"type": "image", "name": "proof", "label": "问题照片", "max_count": 3}


def form(*fields: dict[str, Any]) -> FormDefinition:
    return form_from_mapping({"code": "f", "name": "表", "fields": list(fields)})


def item(name: str, demand: str) -> dict[str, Any]:
    return {"type": "select_one", "name": name, "label": f"项{name}", "choices": YES_NO, "demand": demand}


# --- evidence -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("field", "answer", "is_called_for"),
    [
        (FOUND, "3", True),
        (FOUND, "0", False),
        (FOUND, "", False),
        ({"type": "decimal", "name": "found", "label": "甲", "evidence": "proof"}, "0.00", False),
        ({"type": "decimal", "name": "found", "label": "甲", "evidence": "proof"}, "0.01", True),
        ({**item("found", "must"), "evidence": "proof"}, "yes", True),
        ({**item("found", "must"), "evidence": "proof"}, "no", False),
        ({**item("found", "must"), "evidence": "proof"}, "na", False),
        ({"type": "text", "name": "found", "label": "甲", "evidence": "proof"}, "有", True),
    ],
)
def test_evidence_is_called_for_by_an_answer_that_says_something(
    field: dict[str, Any], answer: str, is_called_for: bool
) -> None:
    parsed = parse_answers(form(field, PROOF), {"found": [answer]})

    assert ("proof" in parsed.errors) is is_called_for
    assert ("found" in parsed.errors) is is_called_for


def test_missing_evidence_is_said_beside_both_fields() -> None:
    errors = parse_answers(form(FOUND, PROOF), {"found": ["3"]}).errors

    assert str(errors["proof"]) == "请上传“发现问题”的佐证材料"
    assert str(errors["found"]) == "“发现问题”需附佐证材料，请在“问题照片”上传"


def test_with_evidence_or_as_a_draft_nothing_is_missing() -> None:
    assert parse_answers(form(FOUND, PROOF), {"found": ["3"], "proof": ["file-1"]}).is_valid
    assert parse_answers(form(FOUND, PROOF), {"found": ["3"]}, is_draft=True).is_valid


def test_not_applicable_calls_for_no_evidence() -> None:
    assert parse_answers(form({**FOUND, "not_applicable": True}, PROOF), {"found:na": ["1"]}).is_valid


def test_evidence_is_asked_of_each_row_for_itself() -> None:
    rows = form({"type": "begin_repeat", "name": "visits", "label": "走访", "fields": [FOUND, PROOF]})

    errors = parse_answers(rows, {"visits[0].found": ["0"], "visits[1].found": ["2"]}).errors

    assert set(errors) == {"visits[1].found", "visits[1].proof"}


def test_evidence_that_is_not_asked_is_not_missing() -> None:
    hidden = form(FOUND, {**PROOF, "relevant": "${found} > 5"})

    assert parse_answers(hidden, {"found": ["3"]}).is_valid
    assert not parse_answers(hidden, {"found": ["6"]}).is_valid


@pytest.mark.parametrize(
    "other",
    [
        {"type": "text", "name": "proof", "label": "甲"},
        {"type": "image", "name": "photo", "label": "甲"},
        {"type": "begin_group", "name": "g", "label": "组", "fields": [PROOF]},
    ],
)
def test_evidence_must_be_a_photo_or_file_beside(other: dict[str, Any]) -> None:
    with pytest.raises(FormError, match="旁边没有照片或文件字段“proof”"):
        form(FOUND, other)


def test_the_page_marks_evidence_as_required_once_it_is_called_for() -> None:
    def is_required(found: str) -> bool:
        nodes = fill_nodes(form(FOUND, PROOF), {"found": [found]}, now=NOW)
        return next(bool(node["required"]) for node in nodes if node["name"] == "proof")

    assert not is_required("0")
    assert is_required("1")


# --- checklists -----------------------------------------------------------------------------------------------------


def test_a_checklist_tells_what_lacks_what_is_forbidden_and_what_is_advised() -> None:
    checks = form(item("a", "must"), item("b", "must"), item("c", "forbidden"), item("d", "should"), item("e", "must"))
    answers = {"a": "yes", "b": "no", "c": "yes", "d": "no", "e": "na"}

    summary = checklist_summary(checks, answers)

    assert summary is not None
    assert [each.label for each in summary.missing_must] == ["项b"]
    assert [each.label for each in summary.present_forbidden] == ["项c"]
    assert [each.label for each in summary.missing_should] == ["项d"]
    assert (summary.checked, summary.not_applicable, summary.unanswered) == (4, 1, 0)
    assert summary.in_words == "必须项未满足 1，禁止项出现 1，建议项未满足 1"
    assert not summary.is_passed


def test_what_was_not_answered_is_neither_fulfilled_nor_broken() -> None:
    summary = checklist_summary(form(item("a", "must"), item("c", "forbidden")), {"a": None, "c": None})

    assert summary is not None
    assert summary.is_passed
    assert (summary.checked, summary.unanswered) == (0, 2)


def test_a_form_without_such_items_has_no_summary() -> None:
    assert checklist_summary(form(FOUND, PROOF), {"found": 1}) is None


def test_items_in_groups_and_rows_count_each_time() -> None:
    rooms = {"type": "begin_repeat", "name": "rooms", "label": "房间", "fields": [item("a", "must")]}

    summary = checklist_summary(form(rooms), {"rooms": [{"a": "no"}, {"a": "no"}, {"a": "yes"}]})

    assert summary is not None
    assert [each.path for each in summary.missing_must] == ["rooms[0].a", "rooms[1].a"]


def test_a_checklist_item_is_answered_with_yes_or_no() -> None:
    with pytest.raises(FormError, match="yes 和 no"):
        form({**item("a", "must"), "choices": [{"name": "good", "label": "好"}]})


# --- totals ---------------------------------------------------------------------------------------------------------

VISITS = {
    "type": "begin_repeat",
    "name": "visits",
    "label": "走访",
    "appearance": "table",
    "fields": [
        {"type": "text", "name": "who", "label": "户主"},
        {"type": "decimal", "name": "paid", "label": "补助", "total": True, "measure": "元"},
        {"type": "integer", "name": "people", "label": "人数", "total": True, "not_applicable": True},
    ],
}


@pytest.mark.parametrize(
    ("values", "total"),
    [
        ([], None),
        ([None, None], None),
        ([Decimal("0.1"), Decimal("0.2")], Decimal("0.3")),
        ([1, None, 2], Decimal(3)),
        ([0], Decimal(0)),
        (["", "1.5"], Decimal("1.5")),
    ],
)
def test_a_sum_is_exact_and_never_0_for_nothing(values: list[Any], total: Decimal | None) -> None:
    assert sum_of(values) == total


def test_totals_stand_under_the_rows_while_filling_and_as_filed() -> None:
    typed = {
        "visits[0].paid": ["10.10"],
        "visits[1].paid": ["0.2"],
        "visits[0].people": ["3"],
        "visits[1].people:na": ["1"],
    }

    node = fill_nodes(form(VISITS), typed, now=NOW)[0]
    answers = parse_answers(form(VISITS), typed).answers
    filed = [row for row in answer_rows(form(VISITS), answers) if row.state is RowState.TOTAL]

    assert node["totals"] == {"paid": ("补助", "10.3 元"), "people": ("人数", "3")}
    assert [(row.label, row.text) for row in filed] == [("合计：补助", "10.3 元"), ("合计：人数", "3")]


def test_a_total_of_nothing_is_a_dash() -> None:
    node = fill_nodes(form(VISITS), {"visits[0].who": ["甲"]}, now=NOW)[0]

    assert node["totals"]["paid"] == ("补助", "—")


def test_a_repeat_is_a_table_when_its_rows_are_plain_questions() -> None:
    nested = {**VISITS, "fields": [{"type": "begin_group", "name": "g", "label": "组", "fields": [FOUND, PROOF]}]}

    assert [each["name"] for each in fill_nodes(form(VISITS), {}, now=NOW)[0]["columns"]] == ["who", "paid", "people"]
    assert fill_nodes(form(nested), {}, now=NOW)[0]["columns"] == []


# --- languages ------------------------------------------------------------------------------------------------------

TRANSLATED = form(
    {
        "type": "select_one",
        "name": "clean",
        "label": "整洁吗",
        "hint": "看路面",
        "choices": [
            {"name": "yes", "label": "整洁", "labels": {"English (en)": "Clean"}},
            {"name": "no", "label": "不整洁"},
        ],
        "translations": {"English (en)": {"label": "Is it clean?"}},
    },
    {
        "type": "begin_group",
        "name": "g",
        "label": "组",
        "fields": [{"type": "integer", "name": "n", "label": "数", "translations": {"བོད་ཡིག (bo)": {"label": "གྲངས"}}}],
    },
)


def test_a_form_tells_its_languages() -> None:
    assert languages_of(TRANSLATED) == ("English (en)", "བོད་ཡིག (bo)")
    assert [language_tag(each) for each in ("English (en)", "藏语", "中文 (zh-CN)")] == ["en", "", "zh-CN"]


def test_what_is_not_translated_stays_as_it_is() -> None:
    english = in_language(TRANSLATED, "English (en)")

    assert (english.fields[0].label, english.fields[0].hint) == ("Is it clean?", "看路面")
    assert [choice.label for choice in english.fields[0].choices] == ["Clean", "不整洁"]
    assert in_language(TRANSLATED, "བོད་ཡིག (bo)").fields[1].fields[0].label == "གྲངས"
    assert in_language(TRANSLATED, "") is TRANSLATED


def test_answers_are_the_same_in_every_language() -> None:
    typed = {"clean": ["yes"], "g.n": ["3"]}
    english = in_language(TRANSLATED, "English (en)")

    assert canonical_answers(TRANSLATED, parse_answers(english, typed).answers) == canonical_answers(
        TRANSLATED, parse_answers(TRANSLATED, typed).answers
    )


def test_the_sums_of_columns_are_among_the_totals_of_the_form() -> None:
    rows = [{"who": "甲", "paid": Decimal("1.5"), "people": None}, {"who": "乙", "paid": Decimal(2), "people": None}]

    totals = form_totals(form(VISITS), {"visits": rows})

    assert [(each.label, each.amount, each.measure) for each in totals] == [
        ("走访", Decimal(2), "条"),
        ("走访：补助", Decimal("3.5"), "元"),
    ]
