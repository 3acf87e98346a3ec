"""No form is carried out without the token of the page that showed it (ASVS 3.5.1)."""

from __future__ import annotations

import re

import pytest
from flask import Flask

from saas.access.permissions import Role
from saas.accounts.models import User
from tests.browser import Browser
from tests.factories import PASSWORD, make_unit, make_user
from tests.isolation.addresses import rules
from tests.isolation.county import FilledCounty
from tests.isolation.visitor import Visitor

TOKEN = re.compile(r'name="csrf_token"[^>]*value="([^"]+)"')


@pytest.fixture(autouse=True)
def checked(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(app.config, "WTF_CSRF_ENABLED", True)


@pytest.fixture
def leader(browser: Browser) -> User:
    user = make_user(Role.LEADER, unit=make_unit("青山县"))
    browser.sign_in(user)
    return user


def token_of(browser: Browser, path: str) -> str:
    found = TOKEN.search(browser.get(path).text)
    assert found is not None
    return found[1]


def change_password(browser: Browser, token: str | None, **headers: str) -> int:
    form = {"present": PASSWORD, "new": "A-new-secret-2", "again": "A-new-secret-2"}
    sent = form | ({"csrf_token": token} if token is not None else {})
    return browser.post("/account/password", sent, headers=headers).status_code


def test_the_token_of_the_page_is_accepted(browser: Browser, leader: User) -> None:
    assert change_password(browser, token_of(browser, "/account/password")) == 303


@pytest.mark.parametrize("token", [None, "", "x", "ImFhIg.aaaa.bbbb", "null"])
def test_no_token_and_a_made_up_one_are_refused(browser: Browser, leader: User, token: str | None) -> None:
    token_of(browser, "/account/password")

    assert change_password(browser, token) == 400


def test_the_token_of_another_person_is_refused(browser: Browser, leader: User) -> None:
    other = Browser(browser.client.application, browser.slug)
    other.sign_in(make_user(Role.LEADER, unit=make_unit("乡镇")))
    stolen = token_of(other, "/account/password")
    token_of(browser, "/account/password")

    assert change_password(browser, stolen) == 400


def test_a_token_from_before_signing_in_is_not_good_afterwards(browser: Browser) -> None:
    user = make_user(Role.LEADER, unit=make_unit("青山县"))
    before = token_of(browser, "/sign-in")
    form = {"login_name": user.login_name, "password": PASSWORD, "csrf_token": before}
    assert browser.post("/sign-in", form).status_code == 303

    assert change_password(browser, before) == 400


def test_signing_in_needs_a_token_too(browser: Browser) -> None:
    user = make_user(Role.LEADER, unit=make_unit("青山县"))

    assert browser.post("/sign-in", {"login_name": user.login_name, "password": PASSWORD}).status_code == 400


def test_every_address_that_takes_a_form_refuses_one_without_token(
    app: Flask, connection: object, ours: FilledCounty
) -> None:
    """Whoever sends it, and however often the address has been declared: the token comes first."""
    wrong = []
    for role in (Role.OFFICE, Role.SYSTEM_ADMIN, Role.VILLAGE_CLERK, None):
        visitor = Visitor(app, ours, role)
        for path in sample_addresses(app):
            for htmx in (False, True):
                status = visitor.open("POST", path, data={"comment": "x"}, htmx=htmx).status_code
                if status != 400:
                    wrong.append((role, path, status))

    assert wrong == []


def sample_addresses(app: Flask) -> list[str]:
    """Each rule that takes a form, with any value for its parameters: the token is asked for before they are read."""
    sample = {"UUIDConverter": "01a201d9-5c58-7380-bba3-bd63c9ecf59b", "IntegerConverter": "1"}
    found = []
    for rule in rules(app):
        if "POST" in (rule.methods or ()):
            values = {name: sample.get(type(kind).__name__, "x") for name, kind in rule._converters.items()}
            path = rule.rule
            for name, value in values.items():
                path = re.sub(rf"<[^<>]*\b{name}>", value, path)
            found.append(path)
    assert len(found) > 30
    return found
