"""统计: a number by unit, in the tree of then or of now; what the viewer may see; and what is not there."""

from __future__ import annotations

import re
from datetime import date

import pytest

from saas.access.permissions import Role
from saas.db import db
from saas.domain.reorganisation_steps import Dissolve, Merge, Move, Rename, Split
from saas.domain.workflow import SubmissionStatus
from saas.submissions.models import Collection
from tests.browser import Browser
from tests.factories import make_user
from tests.factories_forms import make_collection, make_submission
from tests.reorganisation.conftest import TODAY, County, county, now  # noqa: F401  (fixtures)
from tests.reorganisation.steps import carry_out, new
from tests.statements import count_statements

FEBRUARY = date(2026, 2, 1)
FIRST_OF_MARCH = date(2026, 3, 1)
SIGNED = SubmissionStatus.SIGNED_OFF

NOBODYS = "00000000-0000-4000-8000-000000000000"


@pytest.fixture
def collection(county: County) -> Collection:  # noqa: F811
    """Three villages; the second did not report the tons, and the third said that nothing applies."""
    found = make_collection()
    answers = {"patrols": 10, "rubbish": "1.5"}
    make_submission(found, county.willow, period_start=FEBRUARY, status=SIGNED, answers=answers)
    make_submission(
        found,
        county.bridge,
        period_start=FEBRUARY,
        status=SIGNED,
        answers={"patrols": 0, "rubbish": {"not_applicable": True}},
    )
    return found


@pytest.fixture
def office(browser: Browser, county: County) -> Browser:  # noqa: F811
    browser.sign_in(make_user(Role.OFFICE, unit=county.root))
    return browser


def address(collection: Collection, field: str = "patrols", structure: str = "then", **more: str) -> str:
    query = "&".join(f"{name}={value}" for name, value in {"period": "2026-02-01", **more}.items())
    return f"/reports?source=collection:{collection.id}:{field}&structure={structure}&{query}"


def rows(page: str) -> dict[str, list[str]]:
    """Name → total, reported, missing, not applicable."""
    found = {}
    for row in re.findall(r"<tr>\s*<th scope=\"row\".*?</tr>", page, re.S):
        texts = [re.sub(r"<[^>]*>", "", cell).strip() for cell in re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", row, re.S)]
        found[texts[0]] = texts[1:]
    return found


def test_missing_and_not_applicable_are_counted_apart_from_zero(office: Browser, collection: Collection) -> None:
    patrols = rows(office.get(address(collection)).text)
    rubbish = rows(office.get(address(collection, "rubbish")).text)

    assert patrols["合计"] == ["10", "2", "1", "0"]
    assert patrols["石桥村"] == ["0", "1", "0", "0"]
    assert patrols["白沙村"] == ["未报", "0", "1", "0"]
    assert rubbish["石桥村"] == ["不适用", "0", "0", "1"]
    assert rubbish["东镇"] == ["1.5", "1", "0", "1"]


def test_a_past_report_keeps_its_tree_and_names_and_todays_view_has_the_same_total(
    office: Browser,
    collection: Collection,
    county: County,  # noqa: F811
) -> None:
    before = rows(office.get(address(collection)).text)
    carry_out(county, Rename(county.east.id, "东河镇"), Merge((county.willow.id,), county.bridge.id), on=FIRST_OF_MARCH)
    carry_out(county, Move((county.bridge.id,), county.west.id), on=TODAY)

    then, now_page = office.get(address(collection)).text, office.get(address(collection, structure="now")).text

    assert rows(then) == before
    assert "当时口径：按 2026-02-28 的机构" in then
    assert "现行口径：按 2026-03-10 的机构" in now_page
    found = rows(now_page)
    assert found["合计"] == before["合计"]
    assert found["石桥村 含柳塘村"] == ["10", "2", "0", "0"]
    assert found["西镇"] == ["10", "2", "1", "0"]
    assert "东镇" not in found


def test_what_was_split_stands_in_a_row_of_its_own(
    office: Browser,
    collection: Collection,
    county: County,  # noqa: F811
) -> None:
    heir = new("柳东村", "N1")
    step = Split(
        county.willow.id,
        (heir, new("柳西村", "N2")),
        {county.cell.id: heir.unit},
        {county.secretary.id: None, county.clerk_post.id: None},
    )
    carry_out(county, step, Dissolve(county.sand.id), on=TODAY)

    found = rows(office.get(address(collection, structure="now")).text)

    assert found["柳塘村（拆分前） 拆分后的单位无法分摊，单独列出"] == ["10", "1", "0", "0"]
    assert found["白沙村（已撤销） 没有承接单位，单独列出"] == ["未报", "0", "1", "0"]
    assert found["合计"] == ["10", "2", "1", "0"]


def test_an_attribute_is_added_up_on_a_day(office: Browser, county: County) -> None:  # noqa: F811
    for each in county.types().values():
        if each.code == "village":
            each.attributes = [{"name": "households", "label": "户数", "type": "integer", "measure": "户"}]
    carry_out(county, Dissolve(county.sand.id), on=TODAY)

    then = rows(office.get("/reports?source=attribute:households&day=2026-03-09&structure=then").text)
    today = rows(office.get("/reports?source=attribute:households&day=2026-03-10&structure=then").text)

    assert then["合计"] == ["260", "3", "0", "0"]
    assert today["合计"] == ["200", "2", "0", "0"]


def test_whoever_is_of_a_town_sees_the_town_only(
    browser: Browser,
    collection: Collection,
    county: County,  # noqa: F811
) -> None:
    browser.sign_in(make_user(Role.TOWN_OFFICER, unit=county.west))
    page = browser.get(address(collection)).text
    assert rows(page).keys() == {"西镇", "白沙村", "合计"}
    assert "只含您可见的单位" in page

    carry_out(county, Move((county.willow.id,), county.west.id), on=TODAY)
    for structure in ("then", "now"):
        found = rows(browser.get(address(collection, structure=structure)).text)
        assert found["合计"] == ["10", "1", "1", "0"]
        assert "东镇" not in found


def test_the_table_is_taken_away_with_the_same_figures(office: Browser, collection: Collection) -> None:
    answer = office.get(address(collection).replace("/reports?", "/reports/table.csv?"))

    lines = answer.data.decode("utf-8-sig").splitlines()
    assert answer.mimetype == "text/csv"
    assert lines[1] == "当时口径：按 2026-02-28 的机构"
    assert lines[-1] == ",合计,10,2,1,0,"


@pytest.mark.parametrize(
    "query",
    ["?source=x", "?source=collection:x:y", "?source=attribute:nothing", f"?source=collection:{NOBODYS}:patrols"],
)
def test_what_is_not_there_is_not_found(office: Browser, county: County, query: str) -> None:  # noqa: F811
    assert office.get(f"/reports{query}").status_code == 404
    assert office.get(f"/reports/table.csv{query}").status_code == 404


def test_odd_days_depths_and_structures_are_taken_for_the_usual(office: Browser, collection: Collection) -> None:
    for query in (
        "period=never",
        "period=2026-02-01&depth=-4",
        "depth=99",
        "depth=x",
        "structure=both",
        "day=0001-01-01",
    ):
        page = office.get(f"/reports?source=collection:{collection.id}:patrols&{query}")
        assert page.status_code == 200
        assert "当时口径" in page.text


def test_only_those_who_see_submissions_may(browser: Browser, county: County) -> None:  # noqa: F811
    for role in (Role.SYSTEM_ADMIN, Role.SECURITY_ADMIN, Role.AUDITOR):
        browser.sign_in(make_user(role, unit=county.root))
        assert browser.get("/reports").status_code == 403


def test_the_page_takes_the_same_statements_whatever_the_units(
    office: Browser,
    collection: Collection,
    county: County,  # noqa: F811
) -> None:
    office.get(address(collection))
    few = count_statements(lambda: office.get(address(collection)))
    for month in range(1, 10):
        make_submission(collection, county.sand, period_start=date(2025, month, 1), status=SIGNED)
    db.session.flush()

    assert count_statements(lambda: office.get(address(collection))) == few


def test_the_page_first_asks_for_a_number(office: Browser, collection: Collection) -> None:
    page = office.get("/reports").text

    assert "选择一个数" in page
    assert f"{collection.name} · 保洁次数" in page
