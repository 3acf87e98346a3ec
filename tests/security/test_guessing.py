"""Guessing passwords gets nowhere: not at one account, and not over many accounts from one place (ASVS 6.3.1)."""

from __future__ import annotations

from sqlalchemy import insert

from saas.access.permissions import Role
from saas.accounts.models import SignInAttempt
from saas.accounts.services import ATTEMPTS_PER_ADDRESS
from saas.db import db, new_id, utc_now
from saas.tenancy.scope import bound_tenant_id
from tests.browser import Browser
from tests.factories import PASSWORD, make_unit, make_user


def failed_often(address: str) -> None:
    """As many failures from an address, at other accounts, as are allowed in its time."""
    rows = [
        {"tenant_id": bound_tenant_id(), "id": new_id(), "login_name": "x", "address": address, "at": utc_now()}
        for _ in range(ATTEMPTS_PER_ADDRESS)
    ]
    db.session.execute(insert(SignInAttempt), rows)
    db.session.commit()


def test_an_address_that_keeps_failing_has_to_wait(browser: Browser) -> None:
    user = make_user(Role.LEADER, unit=make_unit("青山县"))
    form = {"login_name": str(user.login_name), "password": PASSWORD}
    failed_often("127.0.0.1")

    answer = browser.post("/sign-in", form)

    assert answer.status_code == 429
    assert "操作太频繁" in answer.text


def test_another_address_is_not_made_to_wait_with_it(browser: Browser) -> None:
    user = make_user(Role.LEADER, unit=make_unit("青山县"))
    failed_often("192.0.2.9")

    answer = browser.post("/sign-in", {"login_name": str(user.login_name), "password": PASSWORD})

    assert answer.status_code == 303
