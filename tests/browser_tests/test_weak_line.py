"""A line that comes and goes, and a session that ends: nothing that was typed is lost, and the page says what to do."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Locator, Page, Route, expect

from saas.access.permissions import Role
from tests.browser_tests.conftest import Arrives
from tests.browser_tests.person import Person
from tests.browser_tests.site import PASSWORD, Site

pytestmark = pytest.mark.browser

SLUG = "dongling"
FORM = "农村环境卫生月度自查自评"
SAVED = 25_000  # milliseconds until a page has tried again


@pytest.fixture
def clerk(site: Site, arrives: Arrives) -> Person:
    """A village's clerk on a telephone, in front of the monthly form."""
    village = next(unit for role, unit in site.accounts[SLUG] if role is Role.VILLAGE_CLERK)
    person = arrives(SLUG, site.login(SLUG, Role.VILLAGE_CLERK, village), width=390)
    person.go("/submissions")
    person.follow(re.compile(FORM))
    assert "/submissions/fill/" in person.page.url
    return person


def test_what_is_typed_without_a_line_stays_and_is_saved_when_the_line_is_back(clerk: Person) -> None:
    clerk.page.context.set_offline(True)
    _type(clerk.page, "没有信号时写的")
    _says(clerk.page, "网络不通：已暂存在本机，联网后自动保存")

    clerk.page.get_by_role("button", name="保存草稿").last.click()

    _says(clerk.page, "网络不通")
    assert _note(clerk.page).input_value() == "没有信号时写的"
    clerk.page.context.set_offline(False)
    _says(clerk.page, "草稿已自动保存")
    clerk.page.reload()
    assert _note(clerk.page).input_value() == "没有信号时写的"


def test_an_answer_that_was_lost_makes_nobody_a_stranger_to_himself(clerk: Person) -> None:
    clerk.page.route("**/submissions/fill/**", _lose_the_answer)
    _type(clerk.page, "第一句")
    _says(clerk.page, "网络不通")
    clerk.page.unroute("**/submissions/fill/**")

    _type(clerk.page, "第一句，第二句")
    _says(clerk.page, "草稿已自动保存")
    clerk.page.get_by_role("button", name="保存草稿").last.click()

    expect(clerk.page.get_by_text("草稿已保存，尚未报送")).to_be_visible()
    assert _note(clerk.page).input_value() == "第一句，第二句"


def test_who_signs_in_again_elsewhere_goes_on_where_he_was(site: Site, clerk: Person) -> None:
    clerk.page.context.clear_cookies(name=f"{SLUG}-session")
    _type(clerk.page, "登录过期以后写的")
    _says(clerk.page, "登录已过期")

    with clerk.page.context.expect_page() as opened:
        clerk.page.get_by_role("link", name="在新窗口登录").click()
    _sign_in(opened.value, site)
    opened.value.close()

    _says(clerk.page, "草稿已自动保存")
    clerk.page.get_by_role("button", name="保存草稿").last.click()
    expect(clerk.page.get_by_text("草稿已保存，尚未报送")).to_be_visible()
    assert _note(clerk.page).input_value() == "登录过期以后写的"


def test_who_presses_after_the_session_ended_finds_what_was_typed(site: Site, clerk: Person) -> None:
    _type(clerk.page, "刚写完就按")
    clerk.page.context.clear_cookies(name=f"{SLUG}-session")
    clerk.page.get_by_role("button", name="保存草稿").last.click()
    expect(clerk.page.get_by_text("刚才的内容没有提交")).to_be_visible()

    _sign_in(clerk.page, site)

    assert "/submissions/fill/" in clerk.page.url
    clerk.page.get_by_role("button", name="恢复", exact=True).click()
    assert _note(clerk.page).input_value() == "刚写完就按"
    _says(clerk.page, "草稿已自动保存")


def test_a_page_that_is_closed_at_once_is_offered_again(clerk: Person) -> None:
    address = clerk.page.url
    clerk.page.context.set_offline(True)
    _note(clerk.page).fill("关掉之前写的")
    clerk.page.close()
    clerk.page.context.set_offline(False)

    again = clerk.page.context.new_page()
    again.goto(address)

    again.get_by_role("button", name="恢复", exact=True).click()
    assert _note(again).input_value() == "关掉之前写的"
    _says(again, "草稿已自动保存")


def test_a_double_tap_on_a_slow_line_sends_once(clerk: Person) -> None:
    sent: list[str] = []

    def slowly(route: Route) -> None:
        if route.request.method == "POST":
            sent.append(route.request.url)
            clerk.page.wait_for_timeout(1500)
        route.continue_()

    _note(clerk.page).fill("按了两下")
    clerk.page.route("**/submissions/fill/**", slowly)
    clerk.page.get_by_role("button", name="保存草稿").last.dblclick()

    expect(clerk.page.get_by_text("草稿已保存，尚未报送")).to_be_visible()
    assert len(sent) == 1


def _note(page: Page) -> Locator:
    """The first question that is answered in words."""
    return page.locator("#questions input[type=text]:not([inputmode]), #questions textarea").first


def _type(page: Page, text: str) -> None:
    _note(page).fill(text)


def _says(page: Page, words: str) -> None:
    expect(page.locator("[data-autosave-status]")).to_contain_text(words, timeout=SAVED)


def _lose_the_answer(route: Route) -> None:
    if route.request.method == "POST":
        route.fetch()
        route.abort()
    else:
        route.continue_()


def _sign_in(page: Page, site: Site) -> None:
    village = next(unit for role, unit in site.accounts[SLUG] if role is Role.VILLAGE_CLERK)
    page.get_by_label("账号").fill(site.login(SLUG, Role.VILLAGE_CLERK, village))
    page.get_by_label("密码").fill(PASSWORD)
    page.get_by_role("button", name="登录").click()
    page.wait_for_load_state()
