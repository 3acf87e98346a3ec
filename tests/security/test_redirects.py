"""After signing in, nobody is sent anywhere but to a page of the county (ASVS 3.7.2)."""

from __future__ import annotations

from urllib.parse import quote, urljoin, urlsplit

import pytest

from saas.access.permissions import Role
from tests.browser import Browser
from tests.factories import PASSWORD, make_user

PAYLOADS = (
    "http://evil.example",
    "https://evil.example/",
    "HTTPS://EVIL.EXAMPLE",
    "//evil.example",
    "///evil.example",
    "////evil.example",
    "/\\evil.example",
    "\\/evil.example",
    "\\\\evil.example",
    "/\\/evil.example",
    "//\\evil.example",
    "/\t/evil.example",
    "/\n/evil.example",
    "/\r/evil.example",
    "\t//evil.example",
    " //evil.example",
    "\u00a0//evil.example",
    "\x00//evil.example",
    "\x0b//evil.example",
    "//evil.example@localhost",
    "http:evil.example",
    "http:/evil.example",
    "http:///evil.example",
    "http:\\\\evil.example",
    "https:evil.example",
    "javascript:alert(1)",
    "JaVaScRiPt:alert(1)",
    "java\nscript:alert(1)",
    "data:text/html,<script>alert(1)</script>",
    "vbscript:msgbox(1)",
    "mailto:x@evil.example",
    "ftp://evil.example",
    "//[",
    "http://[::1",
    "//[::1]:99999999/",
    "/%5cevil.example",
    "/%2f%2fevil.example",
    "/..//evil.example",
    "/.//evil.example",
    "/%0d%0aLocation:%20http://evil.example",
    "/\r\nSet-Cookie: a=b",
    "evil.example",
    "@evil.example",
    "?next=http://evil.example",
    "//google.com%2fevil.example",
    "/／evil.example",
    "／／evil.example",
    "//evil。example",
    "/home/../../other/home",
    "a" * 100_000,
    "/" + "a" * 100_000,
)


@pytest.mark.parametrize("payload", PAYLOADS, ids=range(len(PAYLOADS)))
def test_signing_in_leads_to_a_page_of_the_county_only(browser: Browser, payload: str) -> None:
    user = make_user(Role.LEADER)

    answer = browser.post("/sign-in", {"login_name": user.login_name, "password": PASSWORD, "next": payload})

    assert answer.status_code == 303
    assert "\r" not in answer.location
    assert "\n" not in answer.location
    assert _where_a_browser_goes(answer.location) == "localhost"
    assert answer.location.startswith("/qingshan/")
    assert answer.headers.getlist("Set-Cookie")
    assert not any("a=b" in cookie for cookie in answer.headers.getlist("Set-Cookie"))


def _where_a_browser_goes(location: str) -> str:
    """Browsers drop tabs and line breaks, and read a backslash as a slash."""
    seen = location.replace("\t", "").replace("\\", "/").strip()
    return urlsplit(urljoin("http://localhost/qingshan/sign-in", seen)).netloc


@pytest.mark.parametrize("payload", ["//evil.example", "javascript:alert(1)", '"><script>alert(1)</script>', "//["])
def test_the_sign_in_page_shows_a_hostile_next_as_text_at_most(browser: Browser, payload: str) -> None:
    page = browser.get(f"/sign-in?next={quote(payload)}")

    assert page.status_code == 200
    assert "<script>alert" not in page.text
    assert f'href="{payload}"' not in page.text


def test_where_one_came_from_decides_nothing(browser: Browser) -> None:
    user = make_user(Role.LEADER)
    headers = {"Referer": "http://evil.example/", "HX-Current-URL": "http://evil.example/"}

    answer = browser.post("/sign-in", {"login_name": user.login_name, "password": PASSWORD}, headers=headers)

    assert answer.location == "/qingshan/home"
    assert "evil" not in str(answer.headers)


def test_a_page_asked_for_before_signing_in_is_shown_afterwards(browser: Browser) -> None:
    user = make_user(Role.LEADER)
    asked = browser.get("/cases?tab=decided")

    assert asked.location == "/qingshan/sign-in?next=/cases?tab%3Ddecided"
    form = {"login_name": user.login_name, "password": PASSWORD, "next": "/cases?tab=decided"}
    assert browser.post("/sign-in", form).location == "/qingshan/cases?tab=decided"
