"""htmx gets the fragment, everyone else the page; messages travel along."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from flask import Flask, Response, flash, request
from flask.testing import FlaskClient
from flask_babel import Babel
from jinja2 import ChoiceLoader, DictLoader, FileSystemLoader

from saas.htmx import render_page
from tests.template_lint import ROOT

PAGE = "<main>{% block panel %}<p id='panel'>{{ word }}</p>{% endblock %}</main>"


@pytest.fixture
def client() -> Iterator[FlaskClient]:
    app = Flask("htmx", template_folder=None)
    app.secret_key = "only-for-tests"
    app.jinja_loader = ChoiceLoader([DictLoader({"page.html": PAGE}), FileSystemLoader(ROOT / "templates")])
    Babel(app, default_locale="zh_Hans_CN")

    @app.get("/")
    def show() -> Response:
        if "flash" in request.args:
            flash("已报送", "success")
        return render_page("page.html", fragment="panel", status=int(request.args.get("status", 200)), word="好")

    with app.test_client() as client:
        yield client


def test_a_browser_gets_the_whole_page(client: FlaskClient) -> None:
    assert client.get("/").text == "<main><p id='panel'>好</p></main>"


def test_htmx_gets_the_fragment(client: FlaskClient) -> None:
    assert client.get("/", headers={"HX-Request": "true"}).text == "<p id='panel'>好</p>"


@pytest.mark.parametrize("header", ["HX-Boosted", "HX-History-Restore-Request"])
def test_boosted_links_and_restored_history_get_the_whole_page(client: FlaskClient, header: str) -> None:
    assert "<main>" in client.get("/", headers={"HX-Request": "true", header: "true"}).text


def test_caches_keep_page_and_fragment_apart(client: FlaskClient) -> None:
    assert "HX-Request" in client.get("/").headers["Vary"]


def test_a_fragment_takes_the_waiting_messages_along_once(client: FlaskClient) -> None:
    first = client.get("/?flash", headers={"HX-Request": "true"}).text
    second = client.get("/", headers={"HX-Request": "true"}).text

    assert 'id="messages" hx-swap-oob="innerHTML"' in first
    assert "已报送" in first
    assert "messages" not in second


def test_an_error_leaves_the_messages_for_the_next_page(client: FlaskClient) -> None:
    refused = client.get("/?flash&status=422", headers={"HX-Request": "true"}).text
    shown = client.get("/", headers={"HX-Request": "true"}).text

    assert "已报送" not in refused
    assert "已报送" in shown
