"""The audit trail, as the auditor reads it."""

from __future__ import annotations

from datetime import timedelta

import pytest

from saas.access.permissions import Role
from saas.accounts.models import User
from saas.audit.models import AuditEvent
from saas.audit.services import ACTION_LABELS, AuditAction, record
from saas.db import db, local_today, utc_now
from saas.tenancy.scope import tenant_scope
from tests.browser import Browser
from tests.factories import make_tenant, make_user
from tests.statements import count_statements


@pytest.fixture
def auditor(browser: Browser) -> User:
    auditor = make_user(Role.AUDITOR)
    browser.sign_in(auditor)
    return auditor


def test_every_action_has_a_name() -> None:
    assert set(ACTION_LABELS) == set(AuditAction)


def test_the_trail_says_who_did_what(browser: Browser, auditor: User) -> None:
    clerk = make_user(name="填报人甲")
    record(AuditAction.ACCOUNT_SIGNED_IN, clerk, actor=clerk)
    record(AuditAction.ROUND_COMPUTED, None, actor=None, note="<b>x</b>")

    page = browser.get("/audit").text

    assert "填报人甲" in page
    assert "考核计分" in page
    assert "系统" in page
    assert "<b>x</b>" not in page


def test_details_are_named_and_long_values_cut(browser: Browser, auditor: User) -> None:
    record(AuditAction.CASE_APPROVED, auditor, actor=auditor, digest="ab" * 32, fields=["name"], new={"units": 3})

    page = browser.get("/audit").text

    assert "内容摘要：abababababab…" in page
    assert "改动项：name" in page
    assert "新增：units 3" in page


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("action=account.signed_in", True),
        ("action=account.locked", False),
        ("person=甲", True),
        ("person=%25", False),
        ("day={today}", True),
        ("day={yesterday}", False),
        ("day=never", True),
    ],
)
def test_the_trail_is_filtered(browser: Browser, auditor: User, query: str, found: bool) -> None:
    clerk = make_user(name="填报人甲")
    record(AuditAction.ACCOUNT_SIGNED_IN, clerk, actor=clerk)
    today = local_today()

    page = browser.get("/audit?" + query.format(today=today, yesterday=today - timedelta(days=1)), htmx=True).text

    assert ("填报人甲" in page) is found


def test_the_trail_has_pages_of_fifty_and_the_same_statements(browser: Browser, auditor: User) -> None:
    browser.get("/audit")
    few = count_statements(lambda: browser.get("/audit"))
    for _ in range(60):
        record(AuditAction.ACCOUNT_SIGNED_IN, auditor, actor=auditor)
    db.session.flush()

    assert count_statements(lambda: browser.get("/audit")) == few <= 8
    assert "第 1 / 2 页" in browser.get("/audit").text
    assert browser.get("/audit?page=2").status_code == 200


def test_another_countys_trail_is_not_shown(browser: Browser, auditor: User) -> None:
    with tenant_scope(make_tenant("other").id):
        db.session.add(
            AuditEvent(action="account.locked", subject_type="user", at=utc_now(), details={"canary": "外县的事"})
        )
        db.session.flush()

    assert "外县的事" not in browser.get("/audit").text


@pytest.mark.parametrize("role", [Role.SYSTEM_ADMIN, Role.SECURITY_ADMIN, Role.OFFICE, Role.LEADER])
def test_only_the_auditor_reads_the_trail(browser: Browser, role: Role) -> None:
    browser.sign_in(make_user(role))

    assert browser.get("/audit").status_code == 403
