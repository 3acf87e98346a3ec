"""Pages as somebody without scripts uses them."""

from __future__ import annotations

import pytest

from saas.demo.pages import Page, read_page
from saas.demo.visitor import Unexpected, Visitor

TEXT = """<!doctype html><title>填报</title><style>.a{}</style>
<div role="alert"><div>有 2 处</div>需要更正</div>
<a href="/qinghe/cases/1"><span>待办</span> 月报</a>
<form method="post" action="/qinghe/fill?x=1">
  <input type="hidden" name="csrf_token" value="abc">
  <input name="score" value="3.5"><input name="off" value="x" disabled><input type="file" name="photo">
  <input type="checkbox" name="problems" value="heaps" checked><input type="checkbox" name="problems" value="litter">
  <select name="town"><option value="">请选择</option><option value="T01" selected>云苓镇</option></select>
  <select name="kind"><option value="a">甲</option><option value="b">乙</option></select>
  <textarea name="remark">
一切 &amp; 正常</textarea>
  <button name="action" value="check">核对</button>
</form>
<form method="post" action="/qinghe/sign-out"><input type="hidden" name="csrf_token" value="abc"></form>"""


@pytest.fixture
def page() -> Page:
    return read_page(200, "/qinghe/fill", TEXT.encode(), "text/html")


def test_a_form_is_sent_with_what_its_controls_hold(page: Page) -> None:
    form = page.find_form("/fill")

    assert form is not None
    assert form.filled({}) == [
        ("csrf_token", "abc"),
        ("score", "3.5"),
        ("problems", "heaps"),
        ("town", "T01"),
        ("kind", "a"),
        ("remark", "一切 & 正常"),
    ]
    assert form.buttons == {("action", "check")}
    assert "photo" in form.names
    assert "off" not in form.names


def test_what_is_typed_takes_the_place_of_what_was_there(page: Page) -> None:
    form = page.find_form("/fill")

    assert form is not None
    sent = form.filled({"score": "4", "problems": ["litter", "toilet"], "action": "check"})
    assert ("score", "4") in sent
    assert ("score", "3.5") not in sent
    assert [value for name, value in sent if name == "problems"] == ["litter", "toilet"]


def test_links_and_alerts_are_read_without_their_markup(page: Page) -> None:
    link = page.find_link("月报", href="/cases/")

    assert link is not None
    assert link.text == "待办 月报"
    assert page.alerts == ("有 2 处需要更正",)
    assert ".a{}" not in page.text


def test_a_missing_form_is_named_with_what_the_page_said(page: Page) -> None:
    visitor = Visitor("http://127.0.0.1:9", "qinghe")

    with pytest.raises(Unexpected, match=r"a form for …/approve.*有 2 处需要更正"):
        visitor.form(page, "/approve")


def test_an_address_where_nobody_answers_is_said_in_one_line() -> None:
    with pytest.raises(Unexpected, match="no answer from http://127.0.0.1:9/qinghe/sign-in"):
        Visitor("http://127.0.0.1:9", "qinghe").open("/sign-in")


def test_a_word_is_no_address() -> None:
    with pytest.raises(Unexpected, match="no address of a web server"):
        Visitor("localhost", "qinghe")
