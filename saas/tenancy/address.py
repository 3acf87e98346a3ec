"""From the address to the county: the only place that decides which tenant a request is about.

`/<county>/…` or a host name mapped to a county. The first segment moves from the path into SCRIPT_NAME, so that the
rules of the views know nothing of counties and `url_for` puts the county back by itself. A mapped host shows its
county only: there the whole path belongs to that county.
"""

from __future__ import annotations

import re
import time
import uuid
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from threading import Lock
from typing import Any
from urllib.parse import quote

from flask import Flask, abort, g, redirect, request
from flask.typing import ResponseReturnValue
from sqlalchemy import select
from sqlalchemy.exc import OperationalError
from werkzeug.wsgi import get_host

from saas.db import db
from saas.tenancy.models import Tenant, TenantFormerSlug, TenantHost, TenantStatus

SLUG = re.compile(r"[a-z][a-z0-9-]{1,30}")
RESERVED = frozenset({"static", "healthz", "operator", "favicon.ico", "robots.txt", "admin", "api", "language"})
SECONDS_KEPT = 5.0

WSGIApp = Callable[[dict[str, Any], Any], Iterable[bytes]]


@dataclass(frozen=True, slots=True)
class County:
    """What a request needs to know of its tenant."""

    id: uuid.UUID
    slug: str
    name: str


class CountyAddress:
    """WSGI middleware: take the county's slug off the path and put it into SCRIPT_NAME."""

    def __init__(self, wsgi_app: WSGIApp, is_mapped: Callable[[str], bool]) -> None:
        self.wsgi_app = wsgi_app
        self.is_mapped = is_mapped

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        _, _, rest = environ.get("PATH_INFO", "").partition("/")
        segment, slash, remainder = rest.partition("/")
        if segment not in RESERVED and SLUG.fullmatch(segment) and not self.is_mapped(plain_host(get_host(environ))):
            environ["jiceng.slug"] = segment
            environ["SCRIPT_NAME"] = environ.get("SCRIPT_NAME", "") + "/" + segment
            environ["PATH_INFO"] = slash + remainder
        return self.wsgi_app(environ, start_response)


class CountyDirectory:
    """Counties by slug and by host, remembered for a few seconds so that a request costs no extra statement."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._known: dict[tuple[str, str], tuple[float, County | None]] = {}

    def find(self, kind: str, key: str) -> County | None:
        """Return the active county, or None. `kind` is `slug` or `host`."""
        with self._lock:
            known = self._known.get((kind, key))
        if known and known[0] > time.monotonic():
            return known[1]
        county = _find_by_slug(key) if kind == "slug" else _find_by_host(key)
        with self._lock:
            if len(self._known) > 10_000:  # addresses that nobody owns must not fill the memory
                self._known.clear()
            self._known[kind, key] = (time.monotonic() + SECONDS_KEPT, county)
        return county

    def forget(self) -> None:
        """Forget everything: after a county was created, renamed or suspended in this process."""
        with self._lock:
            self._known.clear()


def _find_by_slug(slug: str) -> County | None:
    row = db.session.execute(
        select(Tenant.id, Tenant.slug, Tenant.name).where(Tenant.slug == slug, Tenant.status == TenantStatus.ACTIVE)
    ).one_or_none()
    return County(*row) if row else None


def _find_by_host(host: str) -> County | None:
    row = db.session.execute(
        select(Tenant.id, Tenant.slug, Tenant.name)
        .join(TenantHost, TenantHost.tenant_id == Tenant.id)
        .where(TenantHost.host == host, Tenant.status == TenantStatus.ACTIVE)
    ).one_or_none()
    return County(*row) if row else None


def register_addresses(app: Flask) -> None:
    """Resolve the county before each request. An unknown or suspended county does not exist: 404."""
    directory = CountyDirectory()
    app.extensions["counties"] = directory

    def is_mapped(host: str) -> bool:
        with app.app_context():
            try:
                return directory.find("host", host) is not None
            except OperationalError:
                return False  # the database is away: the request itself will say so

    app.wsgi_app = CountyAddress(app.wsgi_app, is_mapped)  # type: ignore[method-assign]

    @app.before_request
    def find_county() -> ResponseReturnValue | None:
        slug = request.environ.get("jiceng.slug")
        host = plain_host(request.host)
        g.county = None
        if slug is not None:
            g.county = directory.find("slug", slug)
            if g.county is None:
                return _new_address(slug) or abort(404)
        elif (request.environ.get("PATH_INFO", "/").split("/")[1:2] or [""])[0] not in RESERVED:
            g.county = directory.find("host", host)
        return None


def _new_address(slug: str) -> ResponseReturnValue | None:
    """The way to a county that had this slug, for whoever reads; else None. Printed documents carry old addresses."""
    if request.method not in {"GET", "HEAD"}:
        return None
    present = db.session.execute(
        select(Tenant.slug)
        .join(TenantFormerSlug, TenantFormerSlug.tenant_id == Tenant.id)
        .where(TenantFormerSlug.slug == slug, Tenant.status == TenantStatus.ACTIVE)
    ).scalar_one_or_none()
    if present is None:
        return None
    before, _, _ = request.script_root.rpartition("/")
    query = f"?{request.query_string.decode(errors='replace')}" if request.query_string else ""
    return redirect(f"{before}/{present}{quote(request.path)}{query}", code=302)


def plain_host(host: str) -> str:
    """A host name as it is kept: without port and final dot, in lower case."""
    return host.partition(":")[0].rstrip(".").lower()


def current_county() -> County:
    """The county of this request's address, or 404 where the address names none."""
    county: County | None = g.get("county")
    if county is None:
        abort(404)
    return county


def find_current_county() -> County | None:
    """The county of this request's address, or None."""
    county: County | None = g.get("county")
    return county
