"""Checks over several answers: what pickers write, and what a check says of answers."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import pytest

from saas.domain.answers import answers_from_stored
from saas.domain.cross_checks import Comparison, comparison_in, find_odd, odd_when
from saas.domain.errors import FormError
from saas.domain.fields import FormDefinition, form_from_mapping, form_to_mapping
from saas.domain.filed import answer_rows
from saas.domain.quality import MarkKind, marks_of

NOW = datetime(2026, 3, 5, 9, 0)


def figure(name: str, **keys: Any) -> dict[str, Any]:
    return {"type": "integer", "name": name, "label": f"{name}数", "measure": "件", "not_applicable": True, **keys}


def check(relevant: str, label: str = "请核对", name: str = "check") -> dict[str, Any]:
    return {"type": "note", "name": name, "label": label, "mark": True, "relevant": relevant}


def a_form(*fields: Mapping[str, Any]) -> FormDefinition:
    return form_from_mapping({"code": "f", "name": "表", "fields": list(fields)})


FIGURES = (figure("a"), figure("b"), figure("total"))
ROWS = {
    "type": "begin_repeat", "name": "rows", "label": "行",
    "fields": [figure("seen"), figure("passed"), {"type": "text", "name": "who", "label": "谁"}],
}  # fmt: skip


def odd(form: FormDefinition, stored: Mapping[str, Any]) -> list[tuple[str, str]]:
    return [(each.path, each.words) for each in find_odd(form, stored, NOW)]


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        (
            Comparison(("a", "b"), "=", "total"),
            "${a} != '' and ${b} != '' and ${total} != '' and ${a} + ${b} != ${total}",
        ),
        (
            Comparison(("a", "b"), "=", "total", empty_is_nothing=True),
            "${total} != '' and coalesce(${a}, 0) + coalesce(${b}, 0) != ${total}",
        ),
        (Comparison(("a",), "<=", "total"), "${a} != '' and ${total} != '' and ${a} > ${total}"),
        (Comparison(("a",), ">=", "b"), "${a} != '' and ${b} != '' and ${a} < ${b}"),
        (
            Comparison(("seen",), "=", "total"),
            "count-non-empty(${seen}) > 0 and ${total} != '' and sum(${seen}) != ${total}",
        ),
    ],
)
def test_pickers_write_a_condition_and_read_it_again(rule: Comparison, expected: str) -> None:
    form = a_form(*FIGURES, ROWS)

    assert odd_when(rule, form, "") == expected
    assert comparison_in(expected, form, "") == rule


def test_in_a_repeat_each_row_is_compared_with_itself() -> None:
    form = a_form(ROWS)

    assert odd_when(Comparison(("passed",), "<=", "seen"), form, "rows") == (
        "${passed} != '' and ${seen} != '' and ${passed} > ${seen}"
    )


def test_a_condition_that_somebody_wrote_is_not_taken_for_the_pickers() -> None:
    form = a_form(*FIGURES)

    assert comparison_in("${a} * 2 > ${total}", form, "") is None
    assert comparison_in("${a} > ${total}", form, "") is None, "without what pickers ask beside it"
    assert comparison_in("false()", form, "") is None


SUM = odd_when(Comparison(("a", "b"), "=", "total"), a_form(*FIGURES), "")
LOOSE = odd_when(Comparison(("a", "b"), "=", "total", empty_is_nothing=True), a_form(*FIGURES), "")
NOT_APPLICABLE = {"not_applicable": True}


@pytest.mark.parametrize(
    ("relevant", "stored", "is_odd"),
    [
        (SUM, {"a": 21, "b": 42, "total": 63}, False),
        (SUM, {"a": 21, "b": 42, "total": 95}, True),
        (SUM, {"a": 0, "b": 0, "total": 0}, False),
        (SUM, {"a": 21, "b": None, "total": 95}, False),  # missing is not 0
        (SUM, {"a": 21, "b": NOT_APPLICABLE, "total": 95}, False),  # neither is not applicable
        (LOOSE, {"a": 21, "b": None, "total": 95}, True),
        (LOOSE, {"a": 21, "b": NOT_APPLICABLE, "total": 21}, False),
        (LOOSE, {"a": 21, "b": 42, "total": None}, False),
        (LOOSE, {"a": None, "b": None, "total": 5}, True),
    ],
)
def test_a_check_says_what_does_not_add_up(relevant: str, stored: Mapping[str, Any], is_odd: bool) -> None:
    form = a_form(*FIGURES, check(relevant, "各类之和与总数 ${total} 对不上"))

    found = odd(form, stored)
    assert bool(found) is is_odd
    assert all(said == ("check", f"各类之和与总数 {stored['total']} 对不上") for said in found)


def test_nothing_is_checked_that_nobody_wrote() -> None:
    assert odd(a_form(*FIGURES), {"a": 618, "b": 198, "total": 1}) == []


def test_a_check_in_a_repeat_is_said_of_its_rows() -> None:
    form = a_form({**ROWS, "fields": [*ROWS["fields"], check("${passed} > ${seen}", "${who}：合格多于检查")]})
    rows = [{"seen": 5, "passed": 4, "who": "甲"}, {"seen": 5, "passed": 6, "who": "乙"}]

    found = find_odd(form, {"rows": rows}, NOW)

    assert [(each.path, each.at, each.words) for each in found] == [
        ("rows[1].check", "rows[1].seen", "乙：合格多于检查")
    ]


def test_a_check_over_rows_is_said_beside_the_whole() -> None:
    rule = Comparison(("seen",), "=", "total")
    form = a_form(figure("total"), ROWS)
    form = a_form(figure("total"), ROWS, check(odd_when(rule, form, "")))

    found = find_odd(form, {"total": 9, "rows": [{"seen": 4}, {"seen": 4}]}, NOW)

    assert [(each.path, each.at) for each in found] == [("check", "total")]
    assert find_odd(form, {"total": 8, "rows": [{"seen": 4}, {"seen": 4}]}, NOW) == ()


def test_what_is_protected_is_not_kept_with_a_mark() -> None:
    name = {"type": "text", "name": "who", "label": "姓名", "sensitivity": "personal"}
    form = a_form(figure("a"), name, check("${a} > 1", "${who} 填了 ${a}"))

    assert odd(form, {"a": 2, "who": "张三"}) == [("check", "＊＊ 填了 …")]


def test_a_check_is_a_mark_of_the_report_and_no_line_of_it() -> None:
    form = a_form(*FIGURES, check(SUM))
    stored = {"a": 1, "b": 1, "total": 3}

    marks = marks_of(form, stored, now=NOW)

    assert [(mark.kind, mark.path, mark.facts) for mark in marks] == [
        (MarkKind.CHECK, "check", {"said": "请核对", "at": "total"})
    ]
    assert [row.path for row in answer_rows(form, answers_from_stored(form, stored))] == ["a", "b", "total"]


def test_a_check_says_when_it_looks_odd() -> None:
    with pytest.raises(FormError) as refusal:
        a_form(*FIGURES, {"type": "note", "name": "check", "label": "请核对", "mark": True})

    assert refusal.value.code == "missing_key"
    form = a_form(*FIGURES, check(SUM))
    assert form_from_mapping(form_to_mapping(form)) == form
