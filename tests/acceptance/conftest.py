"""One county for each module, as its pack says; what a test does in it is undone before the next one."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any, cast

import pytest
from flask import Flask, g
from sqlalchemy import Connection

from saas.db import at_moment, db
from saas.tenancy.scope import tenant_scope
from tests.acceptance.lanchuan import County, found
from tests.browser import Browser
from tests.factories import make_tenant

NOW = datetime(2026, 3, 10, 1, 0, tzinfo=UTC)  # 10 March 2026, 9 o'clock in the county


@pytest.fixture(scope="module")
def founded(
    app: Flask, request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Connection]:
    """The county with what the module's `PACK` adds, on one connection that is rolled back after the module."""
    with app.app_context():
        app.extensions["counties"].forget()
        engine, connection = db.engine, db.engine.connect()
        transaction = connection.begin()
        engines = cast(dict[None, Any], db.engines)
        engines[None] = connection
        try:
            tenant = make_tenant("qingshan")
            g.county = None
            with tenant_scope(tenant.id), at_moment(NOW):
                found(tmp_path_factory.mktemp("pack"), request.module.PACK)
                db.session.remove()
                yield connection
        finally:
            db.session.remove()
            engines[None] = engine
            transaction.rollback()
            connection.close()


@pytest.fixture
def county(founded: Connection, app: Flask) -> Iterator[County]:
    """The county as it was founded."""
    savepoint = founded.begin_nested()
    try:
        yield County(Browser(app, "qingshan"))
    finally:
        db.session.remove()
        savepoint.rollback()
