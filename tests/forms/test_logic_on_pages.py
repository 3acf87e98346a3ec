"""Forms whose questions depend on each other: designing them and trying them out."""

from __future__ import annotations

from typing import Any

import pytest

from saas.domain.fields import form_from_mapping
from saas.forms.conditions import Condition, Term, condition_in, expression_of
from saas.forms.models import FormVersion, VersionStatus
from tests.browser import Browser
from tests.factories_forms import make_form, make_version
from tests.forms.steps import page_of

EXAMINED: dict[str, Any] = {"type": "integer", "name": "examined", "label": "检查户数"}
PASSED: dict[str, Any] = {
    "type": "integer",
    "name": "passed",
    "label": "合格户数",
    "relevant": "${examined} > 0",
    "constraint": ". <= ${examined}",
    "constraint_message": "合格户数不能多于检查户数",
}
RATE: dict[str, Any] = {
    "type": "decimal",
    "name": "rate",
    "label": "合格率",
    "calculation": "${passed} div ${examined} * 100",
    "decimals": 1,
    "measure": "%",
}


@pytest.fixture
def version() -> FormVersion:
    return make_version(make_form(), EXAMINED, PASSED, RATE, status=VersionStatus.DRAFT)


def settings(**typed: str) -> dict[str, str]:
    return {"label": "合格户数", "name": "passed", "version": "1", **typed}


def saved(version: FormVersion, name: str) -> Any:
    return next(item for item in form_from_mapping(version.definition).fields if item.name == name)


@pytest.mark.parametrize(
    ("operator", "value", "expected"),
    [
        (">", "3", "${a} > 3"),
        ("=", "整洁", "${a} = '整洁'"),
        ("!=", "it's", "${a} != 'it’s'"),
        ("selected", "c1", "selected(${a}, 'c1')"),
        ("filled", "", "${a} != ''"),
        ("empty", "", "${a} = ''"),
    ],
)
def test_pickers_write_the_condition_and_read_it_again(operator: str, value: str, expected: str) -> None:
    form = form_from_mapping({"code": "f", "name": "表", "fields": [{"type": "text", "name": "a", "label": "甲"}]})
    condition = Condition((Term("a", operator, value.replace("'", "’")),))

    assert expression_of(Condition((Term("a", operator, value),)), form) == expected
    assert condition_in(expected, form) == condition


CHOICES: dict[str, Any] = {"choices": [{"name": "c1", "label": "整洁"}, {"name": "2", "label": "脏乱"}]}
TIDY: dict[str, Any] = {"type": "select_one", "name": "tidy", "label": "村容", **CHOICES}
SEEN: dict[str, Any] = {"type": "select_multiple", "name": "seen", "label": "看到", **CHOICES}


@pytest.mark.parametrize(
    ("terms", "join", "expected"),
    [
        ((Term("tidy", "=", "脏乱"),), "and", "${tidy} = '2'"),
        ((Term("seen", "=", "整洁"),), "and", "selected(${seen}, 'c1')"),
        ((Term("seen", "unselected", "整洁"),), "and", "not(selected(${seen}, 'c1'))"),
        ((Term("tidy", "!=", "整洁"), Term("n", ">", "3")), "or", "${tidy} != 'c1' or ${n} > 3"),
        ((Term("n", "filled"), Term("n", "<=", "9"), Term("tidy", "=", "整洁")), "and",
         "${n} != '' and ${n} <= 9 and ${tidy} = 'c1'"),
    ],
)  # fmt: skip
def test_several_conditions_are_joined_and_choices_are_called_as_they_are_shown(
    terms: tuple[Term, ...], join: str, expected: str
) -> None:
    n = {"type": "integer", "name": "n", "label": "数"}
    form = form_from_mapping({"code": "f", "name": "表", "fields": [TIDY, SEEN, n]})

    assert expression_of(Condition(terms, join), form) == expected
    again = condition_in(expected, form)
    assert again is not None
    assert expression_of(again, form) == expected
    assert condition_in(expected + " and 1 = 1", form) is None, "somebody wrote that himself"


def test_a_condition_is_set_by_pickers_and_shown_as_expression(designer: Browser, version: FormVersion) -> None:
    page = f"{page_of(version)}/fields/edit?path=passed"

    typed = settings(when_field_1="examined", when_operator_1=">=", when_value_1="5", constraint=". < 9")
    assert designer.post(page, typed).status_code == 303

    assert saved(version, "passed").relevant == "${examined} >= 5"
    shown = designer.get(page).text
    assert "${examined} &gt;= 5" in shown
    assert 'name="when_value_1" type="text" value="5"' in shown, "the pickers say it again"


def test_of_pickers_and_expression_the_one_that_was_changed_counts(designer: Browser, version: FormVersion) -> None:
    page = f"{page_of(version)}/fields/edit?path=passed"
    picked = {"when_field_1": "examined", "when_operator_1": ">", "when_value_1": "0"}

    designer.post(page, settings(relevant="${examined} > 0 and ${examined} < 9", **picked))
    assert saved(version, "passed").relevant == "${examined} > 0 and ${examined} < 9"

    designer.post(page, settings(relevant="${examined} > 0 and ${examined} < 9") | {"version": "2"})
    assert saved(version, "passed").relevant == "", "no picker is set any more"


def test_an_expression_that_names_nobody_is_said_and_changes_nothing(designer: Browser, version: FormVersion) -> None:
    response = designer.post(f"{page_of(version)}/fields/edit?path=passed", settings(relevant="${nobody} > 1"))

    assert response.status_code == 422
    assert "字段“nobody”不存在" in response.text
    assert "${nobody} &gt; 1" in response.text
    assert saved(version, "passed").relevant == "${examined} > 0"


def test_a_renamed_question_is_called_by_its_new_name_everywhere(designer: Browser, version: FormVersion) -> None:
    page = f"{page_of(version)}/fields/edit?path=examined"

    assert designer.post(page, {"label": "检查户数", "name": "seen", "version": "1"}).status_code == 303

    assert saved(version, "passed").relevant == "${seen} > 0"
    assert saved(version, "rate").calculation == "${passed} div ${seen} * 100"


def test_a_question_that_others_ask_for_is_not_taken_out(designer: Browser, version: FormVersion) -> None:
    response = designer.post(f"{page_of(version)}/fields/remove", {"path": "examined", "version": "1"})

    assert response.status_code in {409, 422}
    assert len(form_from_mapping(version.definition).fields) == 3


def test_trying_out_shows_and_computes_and_keeps_nothing(designer: Browser, version: FormVersion) -> None:
    page = f"{page_of(version)}/try"
    assert "合格户数" not in designer.get(page).text

    asked = designer.post(page, {"examined": "8", "passed": "6"}, htmx=True)
    assert "合格户数" in asked.text
    assert 'value="75"' in asked.text

    wrong = designer.post(page, {"examined": "8", "passed": "9"})
    assert wrong.status_code == 422
    assert "合格户数不能多于检查户数" in wrong.text
    assert "可以报送" in designer.post(page, {"examined": "8", "passed": "6"}).text
    assert "75 %" in designer.post(page, {"examined": "8", "passed": "6"}).text
    assert 'value="8"' not in designer.get(page).text


def test_what_is_hidden_for_the_moment_keeps_what_was_typed(designer: Browser, version: FormVersion) -> None:
    hidden = designer.post(f"{page_of(version)}/try", {"examined": "0", "passed": "6"}, htmx=True)

    assert '<input type="hidden" name="passed" value="6">' in hidden.text


def test_a_question_begins_with_what_is_computed_and_a_wrong_beginning_is_said(designer: Browser) -> None:
    day = {"type": "date", "name": "day", "label": "检查日期"}
    version = make_version(make_form(), day, status=VersionStatus.DRAFT)
    page = f"{page_of(version)}/fields/edit?path=day"
    typed = {"label": "检查日期", "name": "day", "version": "1"}

    wrong = designer.post(page, typed | {"initial": "tody()"})
    assert wrong.status_code == 422
    assert "没有函数“tody”" in wrong.text

    assert designer.post(page, typed | {"initial": "date('2026-03-05')"}).status_code == 303
    assert saved(version, "day").initial == "date('2026-03-05')"
    assert 'value="2026-03-05"' in designer.get(f"{page_of(version)}/try").text
