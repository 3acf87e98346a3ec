"""The chart's page: a root, a depth, a tree and a day."""

from __future__ import annotations

from datetime import timedelta
from xml.etree import ElementTree

import pytest

from saas.db import local_today
from saas.org.services import edit_unit
from tests.browser import Browser
from tests.factories import make_unit
from tests.org.conftest import Shape


def test_the_chart_shows_as_many_levels_as_asked(browser: Browser, shape: Shape) -> None:
    one, two = browser.get("/units/chart?depth=1").text, browser.get("/units/chart?depth=2").text

    assert "东镇" in one
    assert "甲村" not in one
    assert "+2" in one  # villages that are not drawn
    assert "甲村" in two


def test_a_part_is_drawn_from_its_own_root(browser: Browser, shape: Shape) -> None:
    page = browser.get(f"/units/chart?root={shape.east.id}").text

    assert "东镇机构图" in page
    assert "丙村" not in page


def test_names_are_those_of_the_day(browser: Browser, shape: Shape) -> None:
    today = local_today()
    edit_unit(shape.east, name="东新镇", short_name="", attributes={}, actor=shape.admin, starts_on=today)

    assert "东新镇" in browser.get("/units/chart").text
    assert "东新镇" not in browser.get(f"/units/chart?on={today - timedelta(days=1)}").text


def test_a_wide_chart_has_pages(browser: Browser, shape: Shape) -> None:
    for parent in (shape.east, shape.west):
        for _ in range(30):
            make_unit(parent=parent, kind=shape.village_type)

    first, second = browser.get("/units/chart").text, browser.get("/units/chart?page=2").text

    assert "东镇" in first
    assert "西镇" not in first
    assert "西镇" in second
    assert "西镇" in browser.get("/units/chart?paper=a3").text


@pytest.mark.parametrize(
    "query", ["", "?depth=99", "?depth=x", "?root=nobody", "?paper=a9", "?page=999", "?on=1990-01-01"]
)
def test_it_is_downloaded_as_a_picture_whatever_is_asked(browser: Browser, shape: Shape, query: str) -> None:
    response = browser.get(f"/units/chart.svg{query}")

    assert response.mimetype == "image/svg+xml"
    assert "attachment" in response.headers["Content-Disposition"]
    assert ElementTree.fromstring(response.text).tag.endswith("svg")
