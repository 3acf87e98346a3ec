"""One site and one Chromium for all browser tests; a window for each person."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from typing import TypeAlias

import pytest
from playwright.sync_api import Browser, sync_playwright

from tests.browser_tests.person import Person
from tests.browser_tests.site import Site, served

FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
Arrives: TypeAlias = Callable[..., Person]


@pytest.fixture(scope="session")
def site(postgres: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    redis = os.environ.get("JICENG_TEST_REDIS")
    if not redis:
        pytest.fail("JICENG_TEST_REDIS is not set: run the tests with ./run test")
    with served(postgres, redis, tmp_path_factory.mktemp("site")) as running:
        yield running


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    path = os.environ.get("JICENG_TEST_BROWSER") or "/usr/bin/chromium"
    if not os.path.exists(path):
        pytest.fail("no Chromium was found: install it, or run ./run test --no-browser")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=list(FLAGS))
        yield browser
        browser.close()


@pytest.fixture
def arrives(site: Site, chromium: Browser) -> Iterator[Arrives]:
    """Open a window for a person: `arrives("qinghe", login)`. At the end nothing may have broken the page's policy."""
    people: list[Person] = []

    def arrive(slug: str, login_name: str = "", *, width: int = 1280, scripts: bool = True) -> Person:
        person = Person(chromium, site.url, slug, width=width, scripts=scripts)
        people.append(person)
        if login_name:
            person.sign_in(login_name)
        return person

    yield arrive
    problems = [problem for person in people for problem in person.problems]
    for person in people:
        person.leave()
    assert problems == []
