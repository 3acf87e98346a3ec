"""Components say the same thing to the eye, to a screen reader and to a browser without scripts."""

from __future__ import annotations

from enum import StrEnum
from gettext import NullTranslations
from typing import Any

import html5lib
import pytest
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from saas.documents.models import DocumentStatus
from saas.domain.amounts import Standing
from saas.domain.progress import CaseStatus
from saas.domain.routes import StepKind
from saas.domain.workflow import PartStatus, PlanStatus, RoundStatus, SubmissionStatus
from saas.forms.models import VersionStatus
from saas.jobs.models import JobState
from tests.template_lint import ROOT


@pytest.fixture(scope="module")
def environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(ROOT / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        extensions=["jinja2.ext.i18n"],
    )
    environment.install_gettext_translations(NullTranslations(), newstyle=True)  # type: ignore[attr-defined]
    environment.globals["csrf_token"] = lambda: "token"
    return environment


def render(environment: Environment, component: str, call: str, **context: Any) -> str:
    macro = call.partition("(")[0].strip()
    source = f'{{% from "components/{component}.html" import {macro} %}}{{{{ {call} }}}}'
    html = environment.from_string(source).render(**context)
    html5lib.HTMLParser(strict=True).parseFragment(html)
    return html


@pytest.mark.parametrize(
    ("family", "statuses"),
    [
        ("submission", SubmissionStatus),
        ("plan", PlanStatus),
        ("round", RoundStatus),
        ("part", PartStatus),
        ("case", CaseStatus),
        ("review", StepKind),
        ("document", DocumentStatus),
        ("job", JobState),
        ("version", VersionStatus),
        ("standing", Standing),
    ],
)
def test_every_status_has_its_word(environment: Environment, family: str, statuses: type[StrEnum]) -> None:
    families: Any = environment.get_template("components/status_tag.html").module
    assert set(statuses) <= set(families.families[family])


def test_a_status_is_a_word_and_a_shape(environment: Environment) -> None:
    html = render(environment, "status_tag", "status_tag('signed_off')")
    assert "已签批" in html
    assert '<svg class="icon"' in html


@pytest.mark.parametrize(
    ("call", "word"),
    [
        ("figure('0', '分')", "0"),
        ("figure(none)", "未定"),
        ("figure('', '', 'missing')", "未报"),
        ("figure('', '', 'not_applicable')", "不适用"),
    ],
)
def test_zero_missing_undetermined_and_not_applicable_look_different(
    environment: Environment, call: str, word: str
) -> None:
    html = render(environment, "table", call)
    assert word in html
    assert ("figure--absent" in html) is (word != "0")


@pytest.mark.parametrize("state", ["queued", "running", "done", "dead", "failed", "rendered"])
def test_work_is_polled_only_while_there_is_something_to_wait_for(environment: Environment, state: str) -> None:
    html = render(environment, "progress", "job_progress('通报', state, '/d/1', 'document_panel')", state=state)
    assert ("hx-trigger" in html) is (state in ("queued", "running"))


def test_an_error_is_tied_to_its_input(environment: Environment) -> None:
    question = {"kind": "integer", "name": "piles", "label": "积存垃圾", "value": "三", "error": "请填写整数"}

    html = render(environment, "field", "question(q)", q=question)

    assert 'value="三"' in html
    assert 'aria-invalid="true"' in html
    assert 'aria-describedby="piles-error"' in html
    assert 'id="piles-error"' in html


@pytest.mark.parametrize("value", [0, "0"])
def test_zero_stays_in_its_input(environment: Environment, value: object) -> None:
    html = render(
        environment, "field", "question(q)", q={"kind": "integer", "name": "n", "label": "数", "value": value}
    )
    assert 'value="0"' in html


@pytest.mark.parametrize(
    "kind",
    ["text", "long_text", "integer", "decimal", "date", "select_one", "select_multiple", "yes_no", "image", "note"],
)
def test_every_kind_of_question_escapes_what_was_typed(environment: Environment, kind: str) -> None:
    evil = "<img src=x onerror=alert(1)>"
    question = {
        "kind": kind,
        "name": "q",
        "label": evil,
        "value": [evil] if kind == "select_multiple" else evil,
        "hint": evil,
        "error": evil,
        "choices": [(evil, evil)],
        "not_applicable": False,
    }

    html = render(environment, "field", "question(q)", q=question)

    assert evil not in html
    assert 'name="q:na"' in html


def test_a_confirmation_works_without_scripts_and_carries_the_token(environment: Environment) -> None:
    html = render(
        environment, "button", "confirm_button('退回', '/r', '确定吗？', reason_label='原因', fields={'step': 'town'})"
    )
    assert "<details" in html
    assert 'name="csrf_token" value="token"' in html
    assert 'name="step" value="town"' in html
    assert 'name="comment"' in html


def test_the_pager_keeps_the_filters(environment: Environment) -> None:
    html = render(environment, "pager", "pager(2, 9, 430, '/list?status=late')")
    assert 'href="/list?status=late&amp;page=3"' in html
    assert "共 430 条" in html


def test_a_pager_of_one_page_has_no_links(environment: Environment) -> None:
    assert "<a" not in render(environment, "pager", "pager(1, 1, 3, '/list')")


def test_a_late_item_says_so_in_words(environment: Environment) -> None:
    item = {"title": "自评表", "url": "/s", "who": "整治办", "due": "9月15日", "is_overdue": True}
    html = render(environment, "todo", "todo_list(items)", items=[item])
    assert "已逾期" in html


def test_the_menu_opens_without_scripts_and_marks_the_current_page(environment: Environment) -> None:
    items = [
        {"label": "首页", "url": "/", "is_current": False, "badge": 0},
        {"label": "填报", "url": "/submissions", "is_current": True, "badge": 3},
    ]
    html = render(environment, "navigation", "main_navigation(items)", items=items)
    assert '<input class="nav__toggle" type="checkbox"' in html
    assert html.count('aria-current="page"') == 1


def test_an_undetermined_score_is_not_zero(environment: Environment) -> None:
    lines = [{"rule": "群众满意度", "points": None, "state": "undetermined", "arithmetic": ""}]
    html = render(environment, "score_line", "score_lines(lines)", lines=lines)
    assert "未定" in html
