"""Results as those see them who are assessed."""

from __future__ import annotations

import pytest

from saas.db import db
from tests.assessment.steps import publish, round_path, settled, unit_path
from tests.browser import Browser
from tests.factories import make_unit
from tests.factories_assessment import (
    AssessedCounty,
    compute,
    make_round,
    this_month,
)
from tests.statements import count_statements


def test_a_village_sees_why_it_gets_1875_yuan(browser: Browser, county: AssessedCounty) -> None:
    assessed = publish(county, settled(county, county.on_road))
    browser.sign_in(county.clerks[0])

    text = browser.get(unit_path(assessed, county.on_road)).text

    assert "1,875.00" in text
    for line in ("3 次 × 10 元 = −30 元", "4 户 × 5 元 = −20 元", "6 户 × 5 元 = −30 元", "2 次 × 10 元 = −20 元",
                 "（5 − 2）户 × 5 元 = −15 元", "1 次 × 10 元 = −10 元", "1 次 × 500 元 = +500 元"):  # fmt: skip
        assert line in text
    assert "文件：市通报第9期" in text
    assert county.officers[0].name in text


def test_off_the_county_road_the_shortfall_is_not_applicable(browser: Browser, county: AssessedCounty) -> None:
    west = county.villages[1]
    assessed = publish(county, settled(county, west))
    browser.sign_in(county.clerks[1])

    text = browser.get(unit_path(assessed, west)).text

    assert "1,890.00" in text
    assert "不适用：仅适用于" in text


def test_before_publication_only_those_who_assess_see_results(browser: Browser, county: AssessedCounty) -> None:
    assessed = settled(county, county.on_road)
    pages = {}
    for name, user in (("clerk", county.clerks[0]), ("officer", county.officers[0]), ("other", county.officers[1])):
        browser.sign_in(user)
        pages[name] = (
            browser.get(unit_path(assessed, county.on_road)).status_code,
            ">东村</a>" in browser.get(round_path(assessed, "/results")).text,
        )

    assert pages == {"clerk": (404, False), "officer": (200, True), "other": (404, False)}


def test_after_publication_a_village_sees_the_ranking_but_not_the_reasons_of_others(
    browser: Browser, county: AssessedCounty
) -> None:
    assessed = publish(county, settled(county, county.on_road))
    browser.sign_in(county.clerks[2])

    assert "东村" in browser.get(round_path(assessed, "/results")).text
    assert browser.get(unit_path(assessed, county.villages[2])).status_code == 200
    assert browser.get(unit_path(assessed, county.on_road)).status_code == 404


def test_what_is_not_rechecked_is_listed_with_its_reason(browser: Browser, county: AssessedCounty) -> None:
    assessed = settled(county, county.on_road)
    browser.sign_in(county.office)

    text = browser.get(round_path(assessed, "/results")).text

    assert "未定事项（3）" in text
    assert "未复核" in text


@pytest.mark.parametrize(
    "query", ["?sort=points&order=desc", "?sort=money", "?sort=unit", "?sort=town", "?sort=nothing"]
)
def test_the_table_sorts_by_every_head(browser: Browser, county: AssessedCounty, query: str) -> None:
    assessed = settled(county, county.on_road)
    browser.sign_in(county.office)

    assert "东村" in browser.get(round_path(assessed, f"/results{query}")).text


def test_the_table_is_filtered_by_town(browser: Browser, county: AssessedCounty) -> None:
    assessed = settled(county, county.on_road)
    browser.sign_in(county.office)

    text = browser.get(round_path(assessed, f"/results?town={county.towns[1].id}"), htmx=True).text

    assert "南村" in text
    assert ">东村<" not in text


def test_lists_take_at_most_eight_statements_however_long(browser: Browser, county: AssessedCounty) -> None:
    assessed = settled(county, county.on_road)
    browser.sign_in(county.office)
    paths = ("/assessment", round_path(assessed, "/results"), round_path(assessed, "/recheck"))
    browser.get("/assessment")  # the first page of a session also notes that it was used
    few = [count_statements(lambda path=path: browser.get(path)) for path in paths]  # type: ignore[misc]
    for _ in range(6):
        make_unit(parent=county.towns[0])
    again = make_round(county, this_month(1))
    compute(again)
    db.session.flush()
    longer = ("/assessment", round_path(again, "/results"), round_path(again, "/recheck"))

    many = [count_statements(lambda path=path: browser.get(path)) for path in longer]  # type: ignore[misc]

    assert many == few
    assert max(many) <= 8
