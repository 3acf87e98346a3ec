"""The lint of templates finds what it must find, and finds nothing in ours."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.template_lint import (
    ROOT,
    fragments_of_views,
    lint_all,
    lint_script,
    lint_stylesheet,
    lint_template,
)


def texts(source: str, *fragments: str, name: str = "page.html") -> list[str]:
    return [finding.text for finding in lint_template(name, source, fragments)]


def test_our_templates_styles_and_scripts_have_no_findings() -> None:
    assert [str(finding) for finding in lint_all(ROOT)] == []


@pytest.mark.parametrize(
    ("source", "finding"),
    [
        ('<p style="color: red">x</p>', "inline style attribute"),
        ("<style>p { color: red }</style>", "inline <style>"),
        ("<script>alert(1)</script>", "inline <script>"),
        ('<button onclick="go()">x</button>', "inline handler onclick"),
        ('<p {% if x %}onmouseover="go()"{% endif %}>x</p>', "inline handler onmouseover"),
        ('<p hx-on:click="go()">x</p>', "hx-on:click is not one of the attributes we use"),
        ('<p hx-vals="js:{a: 1}">x</p>', "hx-vals is not one of the attributes we use"),
        ('<p hx-vals="js:{a: 1}">x</p>', "code in hx-vals"),
        ('<a href="javascript:go()">x</a>', "code in href"),
        ('<div hx-get="/a" hx-trigger="click[ctrlKey]">x</div>', "hx-trigger with a filter needs evaluation"),
        ("<p>{{ name|safe }}</p>", "prints without escaping"),
        ("{% autoescape false %}{{ name }}{% endautoescape %}", "prints without escaping"),
        ('<a href="/b" hx-get="/a" hx-target="#x">x</a>', "hx-get without the same href or action"),
        ('<button hx-post="/a" hx-target="#x">x</button>', "hx-post without a form of the same action and method=post"),
        ('<form method="post" action="/a"><button>x</button></form>', "a POST form without csrf_token"),
        ("<form><input></form>", "form without method"),
        ('<img src="/a.png">', "img without alt"),
        ('<a href="#">x</a>', "a link without an address"),
        ('<script src="https://elsewhere.example/x.js"></script>', "src leaves the site"),
        ('<p id="a">x</p><p id="a">y</p>', "id “a” stands twice"),
        ("<p>报送</p>", "Chinese text outside _(): 报送"),
        ("<p>{{ x or '报送' }}</p>", "Chinese text outside _(): 报送"),
        ("{% if x %}", "does not compile: Unexpected end of template"),
    ],
)
def test_a_template_must_not(source: str, finding: str) -> None:
    assert any(text.startswith(finding) for text in texts(source)), texts(source)


@pytest.mark.parametrize(
    "source",
    [
        "<p>{{ _('报送') }}</p>",
        "{# 报送: a comment may say it #}<p>x</p>",
        "{{ _('共 %(count)s 条', count=n) }}",
        '<a href="{{ url }}" hx-get="{{ url }}" hx-target="#x" hx-swap="outerHTML">x</a>',
        '<div {% if waits %}hx-get="{{ url }}" hx-trigger="load delay:2s"{% endif %}>x</div>',
        '<form method="post" action="/a" hx-post="/a" hx-target="#x">{{ form.csrf_token }}</form>',
        '<p id="a-{{ n }}">x</p><p id="a-{{ n }}">y</p>',
    ],
)
def test_what_the_house_style_asks_for_has_no_findings(source: str) -> None:
    assert texts(source) == []


def test_a_print_template_may_have_its_own_style_and_chinese_text() -> None:
    assert texts("<style>p { margin: 0 }</style><p>通报</p>", name="documents/pdf/bulletin.html") == []


def test_the_root_of_a_fragment_carries_its_name() -> None:
    assert texts('{% block panel %}<section id="panel">x</section>{% endblock %}', "panel") == []
    assert texts("{% block panel %}<section>x</section>{% endblock %}", "panel") == [
        "the root element of block “panel” needs that id"
    ]


def test_a_fragment_that_a_view_sends_must_exist() -> None:
    assert texts("<p>x</p>", "panel") == ["no block “panel”, which a view sends"]


def test_a_fragment_imports_its_own_macros() -> None:
    start = '{% from "components/icon.html" import icon %}'
    body = '<p id="panel">{{ icon("check") }}</p>'

    outside = f"{start}{{% block panel %}}{body}{{% endblock %}}"
    inside = f"{{% block panel %}}{start}{body}{{% endblock %}}"

    assert texts(outside, "panel") == ["block “panel” uses icon, which is imported outside it"]
    assert texts(inside, "panel") == []


def test_a_nested_block_does_not_end_the_fragment_early() -> None:
    source = '{% block panel %}{% block inner %}<p id="panel">{% endblock %}x</p>{% endblock %}'
    assert texts(source, "panel") == []


def test_fragments_are_read_from_the_views(tmp_path: Path) -> None:
    (tmp_path / "views.py").write_text(
        'def show(): return render_page("plans/show.html", fragment="panel", status=200)'
    )
    assert fragments_of_views(tmp_path) == {"plans/show.html": {"panel"}}


def test_a_template_that_a_view_renders_must_exist(tmp_path: Path) -> None:
    (tmp_path / "saas").mkdir()
    (tmp_path / "templates").mkdir()
    (tmp_path / "saas/views.py").write_text('render_page("plans/show.html", fragment="panel")')

    assert [finding.path for finding in lint_all(tmp_path)] == ["plans/show.html"]


def test_a_target_must_be_an_element(tmp_path: Path) -> None:
    (tmp_path / "saas").mkdir()
    (tmp_path / "templates").mkdir()
    (tmp_path / "templates/a.html").write_text('<a href="/x" hx-get="/x" hx-target="#nowhere">x</a>')

    assert [finding.text for finding in lint_all(tmp_path)] == ["hx-target #nowhere is no element's id"]


def test_raw_colours_belong_to_the_tokens() -> None:
    assert [f.text for f in lint_stylesheet("table.css", "a { color: #fff; }")] == ["a raw colour: use a token"]
    assert lint_stylesheet("tokens.css", "--paper: #fff;") == []


@pytest.mark.parametrize("line", ["eval(x)", "new Function('x')", "a.innerHTML = b", "say('保存')"])
def test_a_script_must_not(line: str) -> None:
    assert lint_script("x.js", line)
