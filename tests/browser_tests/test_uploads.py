"""A photo over a weak line: it goes on where it broke off, and without scripts it travels with the form."""

from __future__ import annotations

import random
from collections.abc import Callable
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from PIL import Image
from playwright.sync_api import Locator, Route

from saas.access.permissions import Role
from tests.browser_tests.conftest import Arrives
from tests.browser_tests.person import Person
from tests.browser_tests.site import Site
from tests.browser_tests.steps import open_due

pytestmark = pytest.mark.browser

REPORT = "农村环境卫生月度自查自评"
PIECES = "**/files/uploads/**"


@pytest.fixture
def photo(tmp_path: Path) -> Path:
    """Small enough to stay as it is, large enough for several pieces; chosen again, it is the same file."""
    pixels = random.Random(7).randbytes(430 * 390 * 3)
    place = tmp_path / "现场.png"
    Image.frombytes("RGB", (430, 390), pixels).save(place)
    return place


@pytest.fixture
def clerk(site: Site, arrives: Arrives) -> Person:
    village, _ = site.first_village("qinghe")
    person = arrives("qinghe", site.login("qinghe", Role.VILLAGE_CLERK, village), width=390)
    open_due(person, REPORT)
    return person


def last_photo_field(person: Person) -> Locator:
    return person.page.locator("form[data-uploads-url] input[type=file][data-upload-pieces]").last


def weak_line(person: Person, breaks: Callable[[int], bool]) -> list[int]:
    """Let every piece through but those of which `breaks(number)` says otherwise; note where each one began."""
    offsets: list[int] = []

    def handle(route: Route) -> None:
        offsets.append(int(parse_qs(urlsplit(route.request.url).query)["offset"][0]))
        if breaks(len(offsets)):
            route.abort("connectionreset")
        else:
            route.continue_()

    person.page.route(PIECES, handle)
    return offsets


def kept_photos(person: Person, name: str) -> Locator:
    return person.page.locator(f"input[type=hidden][name='{name}:kept']")


def test_a_photo_goes_on_where_the_line_broke_and_stays_with_the_draft(clerk: Person, photo: Path) -> None:
    offsets = weak_line(clerk, lambda number: number in {2, 3})
    field = last_photo_field(clerk)
    name = field.get_attribute("name") or ""

    field.set_input_files(photo)
    kept_photos(clerk, name).wait_for(state="attached")

    assert offsets.count(0) == 1
    assert len(offsets) > 4
    assert max(offsets) > 128 * 1024
    assert field.evaluate("node => node.files.length") == 0
    kept = kept_photos(clerk, name).first.get_attribute("value")
    clerk.press("保存草稿")
    assert clerk.page.locator(f"a[href$='/files/{kept}']").count() == 1
    clerk.page.locator(f"a[href$='/files/{kept}'] img").scroll_into_view_if_needed()


def test_a_photo_that_is_chosen_again_after_the_page_was_opened_anew_is_not_sent_from_the_start(
    clerk: Person, photo: Path
) -> None:
    offsets = weak_line(clerk, lambda number: number > 1)
    last_photo_field(clerk).set_input_files(photo)
    clerk.page.get_by_text("网络不稳，稍后自动继续").first.wait_for()
    assert offsets[0] == 0
    clerk.page.reload()  # while the line is still weak: else the old page may send the rest before it goes
    clerk.page.unroute(PIECES)

    again = weak_line(clerk, lambda number: False)
    field = last_photo_field(clerk)
    before = kept_photos(clerk, field.get_attribute("name") or "").count()
    field.set_input_files(photo)
    kept_photos(clerk, field.get_attribute("name") or "").nth(before).wait_for(state="attached")

    assert again[0] > 0


def test_without_scripts_the_photo_travels_with_the_form(site: Site, arrives: Arrives, photo: Path) -> None:
    village, _ = site.first_village("qinghe")
    clerk = arrives("qinghe", site.login("qinghe", Role.VILLAGE_CLERK, village), width=390, scripts=False)
    open_due(clerk, REPORT)
    field = clerk.page.locator("form[data-uploads-url] input[type=file]").first
    name = field.get_attribute("name") or ""
    before = kept_photos(clerk, name).count()

    field.set_input_files(photo)
    clerk.press("保存草稿")

    assert kept_photos(clerk, name).count() == before + 1
