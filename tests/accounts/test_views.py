"""Signing in and out, passwords and sessions, as a person sees them."""

from __future__ import annotations

import re

import pytest
from flask import Flask
from sqlalchemy import select

from saas.access.permissions import Role
from saas.accounts.models import User, UserSession
from saas.audit.models import AuditEvent
from saas.db import db
from tests.browser import Browser
from tests.factories import PASSWORD, make_user


def sign_in(browser: Browser, user: User, password: str = PASSWORD, **extra: str) -> int:
    form = {"login_name": user.login_name, "password": password, **extra}
    return browser.post("/sign-in", form).status_code


def test_the_right_password_opens_a_session(browser: Browser) -> None:
    user = make_user(Role.VILLAGE_CLERK)

    response = browser.post("/sign-in", {"login_name": user.login_name, "password": PASSWORD})

    assert response.status_code == 303
    assert response.location == "/qingshan/home"
    assert user.name in browser.get("/home").text


def test_a_wrong_password_and_an_unknown_account_look_the_same(browser: Browser) -> None:
    user = make_user(Role.VILLAGE_CLERK)

    wrong = browser.post("/sign-in", {"login_name": user.login_name, "password": "Wrong-password-1"})
    unknown = browser.post("/sign-in", {"login_name": "nobody", "password": "Wrong-password-1"})

    assert wrong.status_code == unknown.status_code == 422
    assert "账号或密码不正确" in wrong.text
    assert wrong.text.replace(str(user.login_name), "nobody") == unknown.text


def test_8_1_4_1_b_five_failures_lock_the_account(browser: Browser) -> None:
    user = make_user(Role.VILLAGE_CLERK)

    for _ in range(5):
        assert sign_in(browser, user, "Wrong-password-1") == 422

    assert sign_in(browser, user) == 422
    assert "account.locked" in db.session.scalars(select(AuditEvent.action)).all()


def test_the_first_sign_in_must_change_the_password(browser: Browser) -> None:
    user = make_user(Role.VILLAGE_CLERK, must_change_password=True)
    sign_in(browser, user)

    assert browser.get("/home").location == "/qingshan/account/password"
    form = {"present": PASSWORD, "new": "A-new-secret-2", "again": "A-new-secret-2"}
    assert browser.post("/account/password", form).status_code == 303
    assert browser.get("/home").status_code == 200


@pytest.mark.parametrize(
    ("new", "message"),
    [
        ("Short-1", "密码至少 8 个字符"),
        ("alllowercase", "至少三类"),
        ("Password123", "过于常见"),
        ("Aa1-" + "x" * 130, "最多 128"),
    ],
)
def test_a_weak_password_is_refused_beside_the_field(browser: Browser, new: str, message: str) -> None:
    user = make_user(Role.VILLAGE_CLERK)
    browser.sign_in(user)
    before = user.password_hash

    response = browser.post("/account/password", {"present": PASSWORD, "new": new, "again": new})

    assert response.status_code == 422
    assert message in response.text
    assert user.password_hash == before


def test_changing_the_password_ends_the_other_sessions(browser: Browser, app: Flask) -> None:
    user = make_user(Role.VILLAGE_CLERK)
    elsewhere = Browser(app, browser.slug)
    elsewhere.sign_in(user)
    browser.sign_in(user)

    browser.post("/account/password", {"present": PASSWORD, "new": "A-new-secret-2", "again": "A-new-secret-2"})

    assert browser.get("/home").status_code == 200
    assert elsewhere.get("/home").status_code == 303


def test_a_session_that_was_signed_out_cannot_be_used_again(browser: Browser) -> None:
    browser.sign_in(make_user(Role.VILLAGE_CLERK))
    cookie = browser.client.get_cookie("qingshan-session")
    assert cookie is not None

    browser.post("/sign-out")
    browser.client.set_cookie("qingshan-session", cookie.value)

    assert browser.get("/home").status_code == 303


def test_a_disabled_account_loses_its_session_at_once(browser: Browser) -> None:
    user = make_user(Role.VILLAGE_CLERK)
    browser.sign_in(user)
    user.is_active = False

    assert browser.get("/home").status_code == 303


def test_a_session_of_one_county_is_nothing_in_another(browser: Browser, app: Flask, other_tenant: object) -> None:
    browser.sign_in(make_user(Role.VILLAGE_CLERK))
    cookie = browser.client.get_cookie("qingshan-session")
    assert cookie is not None
    abroad = Browser(app, "other")
    abroad.client.set_cookie("other-session", cookie.value)

    assert abroad.get("/home").status_code == 303


def test_signing_in_leads_only_to_pages_of_this_county(browser: Browser) -> None:
    user = make_user(Role.VILLAGE_CLERK)

    for wanted in (
        "https://evil.example/",
        "//evil.example",
        "/\\evil.example",
        "\\/evil",
        "javascript:alert(1)",
        "/a\n",
    ):
        response = browser.post("/sign-in", {"login_name": user.login_name, "password": PASSWORD, "next": wanted})
        assert response.location == "/qingshan/home", wanted


def test_who_is_not_signed_in_any_more_comes_back_to_the_form(browser: Browser) -> None:
    user = make_user(Role.VILLAGE_CLERK)
    sent_from = {"Referer": "http://localhost/qingshan/account?tab=1"}

    asked = browser.post("/account/password", {}, headers=sent_from)

    assert asked.location == "/qingshan/sign-in?next=/account?tab%3D1"
    page = browser.get(asked.location).text
    assert "登录已过期，刚才的内容没有提交" in page
    back = browser.post("/sign-in", {"login_name": user.login_name, "password": PASSWORD, "next": "/account?tab=1"})
    assert back.location == "/qingshan/account?tab=1"


@pytest.mark.parametrize("sent_from", ["http://evil.example/qingshan/account", "http://localhost/baisha/account", ""])
def test_a_form_from_elsewhere_leads_home(browser: Browser, sent_from: str) -> None:
    assert browser.post("/account/password", {}, headers={"Referer": sent_from}).location == "/qingshan/sign-in"


@pytest.mark.parametrize("header", ["X-Autosave", "X-CSRFToken"])
def test_a_script_is_told_that_nobody_is_signed_in(browser: Browser, header: str) -> None:
    assert browser.post("/account/password", {}, headers={header: "x"}).status_code == 401


def test_ending_another_device(browser: Browser, app: Flask) -> None:
    user = make_user(Role.VILLAGE_CLERK)
    elsewhere = Browser(app, browser.slug)
    elsewhere.sign_in(user)
    theirs = db.session.scalars(select(UserSession)).one()
    browser.sign_in(user)

    assert browser.post(f"/account/sessions/{theirs.id}/end").status_code == 303

    assert elsewhere.get("/home").status_code == 303


def test_somebody_elses_session_does_not_exist(browser: Browser, app: Flask) -> None:
    elsewhere = Browser(app, browser.slug)
    elsewhere.sign_in(make_user(Role.VILLAGE_CLERK))
    theirs = db.session.scalars(select(UserSession)).one()
    browser.sign_in(make_user(Role.VILLAGE_CLERK))

    assert browser.post(f"/account/sessions/{theirs.id}/end").status_code == 404


def test_signing_in_needs_the_token_of_the_form(browser: Browser, app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(app.config, "WTF_CSRF_ENABLED", True)
    user = make_user(Role.VILLAGE_CLERK)
    form = {"login_name": user.login_name, "password": PASSWORD}

    assert browser.post("/sign-in", form).status_code == 400
    token = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', browser.get("/sign-in").text)
    assert token is not None
    assert browser.post("/sign-in", {**form, "csrf_token": token[1]}).status_code == 303
