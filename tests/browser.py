"""A test browser: it signs in, keeps cookies, and reads every page with a strict parser."""

from __future__ import annotations

import secrets
from typing import Any

import html5lib
from flask import Flask, g
from werkzeug.test import TestResponse

from saas.accounts.models import User, UserSession
from saas.accounts.services import token_digest
from saas.db import db


class Browser:
    """A browser at the address of one county."""

    def __init__(self, app: Flask, slug: str) -> None:
        self.client = app.test_client()
        self.slug = slug

    def sign_in(self, user: User) -> None:
        """Take a session as this person, as the sign-in page would give it."""
        token = secrets.token_urlsafe(16)
        db.session.add(UserSession(user_id=user.id, token_digest=token_digest(token)))
        db.session.flush()
        self.client.set_cookie(f"{self.slug}-session", token)

    def get(self, path: str, *, htmx: bool = False, **options: Any) -> TestResponse:
        return self._open("GET", path, htmx=htmx, **options)

    def post(
        self, path: str, form: dict[str, Any] | None = None, *, htmx: bool = False, **options: Any
    ) -> TestResponse:
        return self._open("POST", path, htmx=htmx, data=form or {}, **options)

    def _open(self, method: str, path: str, *, htmx: bool, **options: Any) -> TestResponse:
        db.session.commit()  # what the test prepared stays, whatever becomes of the request
        for name in ("_login_user", "csrf_token"):
            g.pop(name, None)
        path = path if path.startswith(f"/{self.slug}") else f"/{self.slug}{path}"
        headers = {**options.pop("headers", {}), **({"HX-Request": "true"} if htmx else {})}
        response = self.client.open(path, method=method, headers=headers, **options)
        response.request.environ["wsgi.input"].close()  # a large upload lies in a file of the test client
        if response.mimetype == "text/html" and response.status_code not in (301, 302, 303) and response.text:
            _read_strictly(response.text, is_fragment=htmx)
        return response


def _read_strictly(text: str, *, is_fragment: bool) -> None:
    parser = html5lib.HTMLParser(strict=True)
    if is_fragment and not text.lstrip().lower().startswith("<!doctype"):
        parser.parseFragment(text)
    else:
        parser.parse(text)
