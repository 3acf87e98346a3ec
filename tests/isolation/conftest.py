"""Two filled counties in one transaction that is rolled back when the module is done."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, cast

import pytest
from flask import Flask
from sqlalchemy import Connection

from saas.config import Config
from saas.db import db
from saas.tenancy.provisioning import create_tenant
from tests.isolation.county import FilledCounty, fill_county


@pytest.fixture(scope="module")
def connection(app: Flask, config: Config) -> Iterator[Connection]:
    """The one connection that every request of the module uses. Commits become savepoints."""
    for slug, name in (("crawl-ours", "甲县"), ("crawl-theirs", "乙县")):
        create_tenant(str(config.owner_url), slug, name)
    with app.app_context():
        app.extensions["counties"].forget()
        engine, engines = db.engine, cast(dict[None, Any], db.engines)
    with pytest.MonkeyPatch.context() as patch, engine.connect() as connection:
        patch.setattr(engine.dialect, "do_rollback_to_savepoint", _roll_back_and_release)
        transaction = connection.begin()
        engines[None] = connection
        try:
            yield connection
        finally:
            engines[None] = engine
            transaction.rollback()


def _roll_back_and_release(connection: Connection, name: str) -> None:
    """Rolling back to a savepoint leaves it open: thousands of them would lie inside one another, each with a lock."""
    connection.exec_driver_sql(f"ROLLBACK TO SAVEPOINT {name}")
    connection.exec_driver_sql(f"RELEASE SAVEPOINT {name}")


@pytest.fixture(scope="module")
def ours(app: Flask, connection: Connection) -> FilledCounty:
    with app.app_context():
        return fill_county("crawl-ours", "rural-county", "翠鸟甲")


@pytest.fixture(scope="module")
def theirs(app: Flask, connection: Connection) -> FilledCounty:
    with app.app_context():
        return fill_county("crawl-theirs", "city-district", "榆钱乙")
