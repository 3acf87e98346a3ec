"""The frame around every page: on a telephone, by keyboard, for each kind of person."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from saas.access.permissions import Role
from tests.browser_tests.conftest import Arrives
from tests.browser_tests.site import PASSWORD, Site

pytestmark = pytest.mark.browser


def test_signing_in_works_by_keyboard_and_shows_where_one_is(site: Site, arrives: Arrives) -> None:
    person = arrives("qinghe")
    person.go("/sign-in")
    page = person.page

    page.get_by_label("账号").focus()
    for typed in (site.login("qinghe", Role.OFFICE), PASSWORD):
        outline = page.evaluate(
            "() => { const style = getComputedStyle(document.activeElement);"
            " return style.outlineStyle !== 'none' || style.boxShadow !== 'none'; }"
        )
        assert outline
        page.keyboard.type(typed)
        page.keyboard.press("Tab")
    page.keyboard.press("Enter")

    page.wait_for_url("**/home")


@pytest.mark.parametrize("slug", ["qinghe", "linjiang"])
@pytest.mark.parametrize("width", [390, 1280])
def test_no_main_page_is_wider_than_the_window(site: Site, arrives: Arrives, slug: str, width: int) -> None:
    village, town = site.first_village(slug)
    people = [(Role.VILLAGE_CLERK, village), (Role.TOWN_OFFICER, town)]
    people += [(role, "") for role in (Role.OFFICE, Role.LEADER, Role.SYSTEM_ADMIN, Role.SECURITY_ADMIN, Role.AUDITOR)]
    wide = []
    for role, unit in people:
        person = arrives(slug, site.login(slug, role, unit), width=width)
        links = person.page.locator("nav a").evaluate_all("nodes => nodes.map(node => node.href)")
        for link in dict.fromkeys([*links, f"{person.root}/account"]):
            person.go(link)
            if person.scrolls_sideways():
                wide.append((role.value, person.page.url))

    assert wide == []


def test_a_part_of_a_page_is_exchanged_without_breaking_the_policy(site: Site, arrives: Arrives) -> None:
    _, town = site.first_village("qinghe")
    officer = arrives("qinghe", site.login("qinghe", Role.TOWN_OFFICER, town))
    officer.go("/registers")
    officer.page.locator("main a[href*='/registers/']").first.click()
    officer.page.wait_for_load_state()

    for words in ("已办结", "全部"):
        officer.page.locator("main [hx-get]", has_text=words).first.click()
        expect(officer.page.locator("main [aria-current]", has_text=words)).to_be_visible()
