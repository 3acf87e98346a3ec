"""What every answer carries for the browser, whoever asks and whatever becomes of it (ASVS 3.4)."""

from __future__ import annotations

import pytest
from flask import Flask

from saas.access.permissions import Role
from saas.security import CONTENT_SECURITY_POLICY
from tests.isolation.addresses import own_addresses, rules
from tests.isolation.county import FilledCounty
from tests.isolation.visitor import Visitor

POLICY = {
    "default-src": "'none'",
    "script-src": "'self'",
    "style-src": "'self'",
    "connect-src": "'self'",
    "form-action": "'self'",
    "base-uri": "'none'",
    "frame-ancestors": "'none'",
}


def test_the_policy_allows_nothing_inline_and_nothing_from_elsewhere() -> None:
    given = dict(part.split(" ", 1) for part in CONTENT_SECURITY_POLICY.split("; "))

    assert POLICY.items() <= given.items()
    assert "unsafe" not in CONTENT_SECURITY_POLICY
    assert "*" not in CONTENT_SECURITY_POLICY
    assert "http" not in CONTENT_SECURITY_POLICY


@pytest.mark.parametrize("role", [Role.OFFICE, Role.SYSTEM_ADMIN, None])
def test_every_answer_has_them(app: Flask, ours: FilledCounty, role: Role | None) -> None:
    visitor, wrong = Visitor(app, ours, role), []
    with app.app_context():
        asked = [each for rule in rules(app) for each in own_addresses(app, rule, ours, limit=1)]
    for address in asked:
        if address.method == "GET":
            answer = visitor.open("GET", address.path)
            policy = answer.headers.get("Content-Security-Policy", "")
            kept = answer.headers.get("Cache-Control", "")
            if not _is_strict(policy, answer.mimetype) or "no-store" not in kept:
                wrong.append((address.path, policy, kept))
            if answer.headers.get("X-Content-Type-Options") != "nosniff" or "Referrer-Policy" not in answer.headers:
                wrong.append((address.path, "nosniff", "referrer"))

    assert wrong == []


def _is_strict(policy: str, media_type: str | None) -> bool:
    """A file that was uploaded has a policy of its own, stricter than that of pages; a PDF needs its viewer's style."""
    if media_type == "text/html":
        return policy == CONTENT_SECURITY_POLICY
    return (
        policy.startswith("default-src 'none'")
        and "frame-ancestors 'none'" in policy
        and "script" not in policy.replace("script-src 'self'", "")
    )


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/nowhere/home", 404),
        ("GET", "/crawl-ours/no/such/page", 404),
        ("DELETE", "/crawl-ours/home", 405),
        ("PUT", "/crawl-ours/cases", 405),
        ("TRACE", "/crawl-ours/home", 405),
        ("GET", "/healthz", 200),
        ("GET", "/", 200),
    ],
)
def test_errors_and_public_pages_have_them_too(
    app: Flask, ours: FilledCounty, method: str, path: str, status: int
) -> None:
    answer = app.test_client().open(path, method=method)

    assert answer.status_code == status
    assert answer.headers["Content-Security-Policy"] == CONTENT_SECURITY_POLICY
    assert answer.headers["X-Frame-Options"] == "DENY"
    assert answer.headers["Cross-Origin-Opener-Policy"] == "same-origin"
    assert "Werkzeug" not in answer.get_data(as_text=True)
    assert "Traceback" not in answer.get_data(as_text=True)


def test_pages_that_htmx_may_ask_for_say_that_they_vary(app: Flask, ours: FilledCounty) -> None:
    """Otherwise the back button shows a fragment without its page."""
    office = Visitor(app, ours, Role.OFFICE)
    for path in ("/cases", "/documents", "/submissions"):
        for htmx in (False, True):
            assert "HX-Request" in office.open("GET", path, htmx=htmx).headers.get("Vary", "")
