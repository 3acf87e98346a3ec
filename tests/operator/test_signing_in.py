"""Signing in to the console: a session of its own, locks, and nothing told to those who guess."""

from __future__ import annotations

import uuid

import pytest
from flask import Flask

from saas.operator import operators
from saas.operator.db import operator_work
from saas.operator.operators import FAILURES_PER_ADDRESS
from tests.operator.conftest import LOGIN, Console


def test_a_guest_is_led_to_the_sign_in_page(console: Console) -> None:
    for path in ("", "/health", "/operators", "/events", "/counties/new", "/password", f"/counties/{uuid.uuid4()}"):
        answer = console.get(path)
        assert (answer.status_code, answer.location) == (303, "/operator/sign-in"), path


def test_an_operator_signs_in_changes_the_first_password_and_works(console: Console) -> None:
    password = console.sign_in(must_change_password=True)
    console.client.delete_cookie("operator-session", path="/operator")

    signed_in = console.post("/sign-in", {"login_name": LOGIN, "password": password})
    assert (signed_in.status_code, signed_in.location) == (303, "/operator")
    assert console.get("").location == "/operator/password"
    changed = console.post("/password", {"present": password, "new": "Quiet-river-9", "again": "Quiet-river-9"})
    assert (changed.status_code, changed.location) == (303, "/operator")
    assert console.get("").status_code == 200

    console.post("/sign-out")
    assert console.get("").location == "/operator/sign-in"


def test_the_session_cookie_is_sent_to_the_console_only(console: Console) -> None:
    password = console.sign_in()
    answer = console.post("/sign-in", {"login_name": LOGIN, "password": password})

    cookies = answer.headers.getlist("Set-Cookie")
    assert any(cookie.startswith("operator-session=") for cookie in cookies)
    for cookie in cookies:
        assert "; Path=/operator" in cookie
        assert "HttpOnly" in cookie


@pytest.mark.parametrize("wrong", [{"password": "x"}, {"login_name": "nobody"}])
def test_wrong_account_and_wrong_password_look_the_same(console: Console, wrong: dict[str, str]) -> None:
    password = console.sign_in()
    answer = console.post("/sign-in", {"login_name": LOGIN, "password": password, **wrong})

    assert answer.status_code == 422
    assert "账号或密码不正确" in answer.text


def test_five_wrong_passwords_lock_the_account(console: Console) -> None:
    password = console.sign_in()
    for _ in range(5):
        console.post("/sign-in", {"login_name": LOGIN, "password": "wrong"})

    assert console.post("/sign-in", {"login_name": LOGIN, "password": password}).status_code == 422


def test_an_address_that_keeps_guessing_is_told_to_wait(console: Console) -> None:
    for number in range(FAILURES_PER_ADDRESS):
        assert console.post("/sign-in", {"login_name": f"guess{number}", "password": "x"}).status_code == 422

    assert console.post("/sign-in", {"login_name": "guess", "password": "x"}).status_code == 429


def test_a_disabled_operator_is_out_at_once(app: Flask, console: Console) -> None:
    console.sign_in()
    assert console.get("").status_code == 200
    with app.app_context(), operator_work() as session:
        operator = operators.find_operator(session, LOGIN)
        assert operator is not None
        operators.set_active(session, operator, False, actor="test")

    assert console.get("").status_code == 303
