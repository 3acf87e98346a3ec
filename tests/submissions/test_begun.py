"""What is fixed when a report is begun, on the pages: sealed until it is kept, kept as it was shown."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import pytest

from saas.accounts.services import make_viewer
from saas.db import at_moment, db
from saas.submissions.filling import get_place
from saas.submissions.grid import get_grid
from saas.submissions.models import Collection, Submission
from tests.browser import Browser
from tests.factories_forms import make_collection, make_version
from tests.submissions.conftest import Place

LATER = datetime(2026, 3, 11, 2, 30, tzinfo=UTC)
FIELDS: tuple[Mapping[str, Any], ...] = (
    {"type": "calculate", "name": "begun_at", "label": "起填时间", "calculation": "once(now())"},
    {"type": "calculate", "name": "lot", "label": "抽签", "calculation": "random()"},
    {"type": "hidden", "name": "day", "label": "日期", "initial": "today()"},
    {"type": "date", "name": "checked_on", "label": "检查日期", "initial": "today()"},
    {"type": "integer", "name": "found", "label": "发现问题"},
    {
        "type": "begin_repeat", "name": "homes", "label": "户",
        "fields": [
            {"type": "text", "name": "who", "label": "户主"},
            {"type": "calculate", "name": "number", "label": "签号", "calculation": "once(uuid(6))"},
        ],
    },
)  # fmt: skip


@pytest.fixture
def collection(place: Place) -> Collection:
    return make_collection(make_version(None, *FIELDS), name="抽查")


def path_of(place: Place, collection: Collection) -> str:
    return f"/submissions/fill/{collection.id}/{place.village.id}/2026-03-01"


def carried(page: str) -> dict[str, str]:
    """What the page carries sealed, by the name of its input."""
    return dict(re.findall(r'name="([^"]+:once)" value="([^"]*)"', page))


def submission_of(place: Place, collection: Collection) -> Submission:
    db.session.expire_all()
    found = get_place(collection.id, place.village.id, "2026-03-01", make_viewer(place.clerk)).submission
    assert found is not None
    return found


def save(browser: Browser, place: Place, collection: Collection, **more: str) -> dict[str, Any]:
    form = {"version": "0", "action": "save", **more}
    assert browser.post(path_of(place, collection), form).status_code == 303
    return submission_of(place, collection).answers


def test_what_the_first_page_showed_is_kept_with_the_first_save(
    browser: Browser, place: Place, collection: Collection
) -> None:
    browser.sign_in(place.clerk)
    page = browser.get(path_of(place, collection)).text
    with at_moment(LATER):
        browser.sign_in(place.clerk)
        kept = save(browser, place, collection, **carried(page))

    assert kept["begun_at"] == "2026-03-10T09:00:00"
    assert kept["day"] == "2026-03-10"
    assert 'value="2026-03-10"' in page, "an open question shows its first value"
    assert carried(page)["lot:once"].startswith(kept["lot"] + ".")


def test_nobody_makes_up_what_is_fixed(browser: Browser, place: Place, collection: Collection) -> None:
    browser.sign_in(place.clerk)
    page = carried(browser.get(path_of(place, collection)).text)

    kept = save(browser, place, collection, lot="0.9", **{"lot:once": "0.9." + page["lot:once"].rpartition(".")[2]})

    assert kept["lot"] not in {None, "0.9"}


def test_a_draft_and_its_report_keep_what_was_fixed(browser: Browser, place: Place, collection: Collection) -> None:
    browser.sign_in(place.clerk)
    first = save(browser, place, collection, found="1")
    with at_moment(LATER):
        browser.sign_in(place.clerk)
        begun = submission_of(place, collection)
        page = browser.get(path_of(place, collection)).text
        form = {"version": str(begun.version), "action": "check", "found": "2", **carried(page)}
        assert browser.post(path_of(place, collection), form).status_code == 303
        begun = submission_of(place, collection)
        browser.post(f"/submissions/{begun.id}/submit", {"version": str(begun.version)})

    report = submission_of(place, collection)
    assert report.submitted_at is not None
    assert {key: report.answers[key] for key in ("begun_at", "lot", "day")} == {
        key: first[key] for key in ("begun_at", "lot", "day")
    }


def test_a_row_keeps_its_own_when_another_is_taken_out(browser: Browser, place: Place, collection: Collection) -> None:
    browser.sign_in(place.clerk)
    first = save(browser, place, collection, **{"homes[0].who": "甲", "homes[1].who": "乙"})
    page = browser.get(path_of(place, collection)).text
    numbers = [row["number"] for row in first["homes"]]
    assert len({*numbers, None}) == 3

    more = {**carried(page), "homes[0].who": "甲", "homes[1].who": "乙", "remove": "homes[0]"}
    kept = save(browser, place, collection, **more, version=str(submission_of(place, collection).version))

    assert [(row["who"], row["number"]) for row in kept["homes"]] == [("乙", numbers[1])]


def test_the_questions_that_react_show_the_same_lot(browser: Browser, place: Place, collection: Collection) -> None:
    browser.sign_in(place.clerk)
    page = carried(browser.get(path_of(place, collection)).text)

    again = browser.post(path_of(place, collection), {"version": "0", "found": "3", **page}, htmx=True).text

    assert carried(again) == page


def test_many_units_on_one_page_keep_what_was_fixed(browser: Browser, place: Place, collection: Collection) -> None:
    browser.sign_in(place.clerk)
    first = save(browser, place, collection, found="1", **{"homes[0].who": "甲"})
    grid = get_grid(collection.id, "2026-03-01", make_viewer(place.clerk))
    row = next(each for each in grid.rows if each.unit.id == place.village.id)
    row.cells = {each.path: "4" for each in grid.columns if each.path == "found"}

    with at_moment(LATER):
        parsed = row.parse(grid.columns, is_draft=True)

    assert parsed.answers["found"] == 4
    assert (parsed.answers["lot"], parsed.answers["begun_at"]) == (first["lot"], first["begun_at"])
    assert [each["number"] for each in parsed.answers["homes"]] == [each["number"] for each in first["homes"]]
