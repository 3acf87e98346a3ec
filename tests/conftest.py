"""The database is built by the migrations once; each test runs in one transaction that is rolled back."""

from __future__ import annotations

import os
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast

import psycopg
import pytest
from flask import Flask, g
from flask_migrate import upgrade
from psycopg import conninfo

from saas import create_app
from saas.config import Config, load_config
from saas.db import db
from saas.tenancy.models import Tenant
from saas.tenancy.provisioning import create_tenant
from saas.tenancy.roles import ROLES, create_roles
from saas.tenancy.scope import tenant_scope
from tests.browser import Browser
from tests.factories import make_tenant

PASSWORD = "only-for-tests"


@pytest.fixture(scope="session")
def postgres() -> str:
    """The superuser's address of the test server, which `./run test` starts."""
    url = os.environ.get("JICENG_TEST_POSTGRES")
    if not url:
        pytest.exit("JICENG_TEST_POSTGRES is not set: run the tests with ./run test", returncode=2)
    return url


@pytest.fixture(scope="session")
def database(postgres: str) -> Iterator[str]:
    """A database of this run's own, with the roles of production."""
    name = f"jiceng_test_{os.getpid()}"
    create_roles(postgres, name, dict.fromkeys(ROLES, PASSWORD))
    yield name
    with psycopg.connect(postgres, autocommit=True) as connection:
        connection.execute(f"DROP DATABASE {name} WITH (FORCE)")


def database_url(postgres: str, role: str, database: str) -> str:
    """The address of a test database as one role."""
    parts = conninfo.conninfo_to_dict(postgres)
    return f"postgresql://{role}:{PASSWORD}@{parts.get('host')}:{parts.get('port')}/{database}"


@pytest.fixture(scope="session")
def config(postgres: str, database: str, tmp_path_factory: pytest.TempPathFactory) -> Config:
    return load_config(
        {
            "JICENG_ENV": "test",
            "DATABASE_URL": database_url(postgres, "jiceng_app", database),
            "DATABASE_OWNER_URL": database_url(postgres, "jiceng_owner", database),
            "DATABASE_RECONCILER_URL": database_url(postgres, "jiceng_reconciler", database),
            "DATABASE_OPERATOR_URL": database_url(postgres, "jiceng_operator", database),
            "REDIS_URL": os.environ.get("JICENG_TEST_REDIS", "redis://127.0.0.1:1/0"),
            "SECRET_KEY": "tests-0123456789-abcdefghijklmnopqrstuvwxyz",
            "STORAGE_DIR": str(tmp_path_factory.mktemp("files")),
            "FONT_DIR": os.environ.get("FONT_DIR", str(Path(__file__).resolve().parent.parent / "var" / "fonts")),
        }
    )


@pytest.fixture(scope="session")
def app(config: Config) -> Iterator[Flask]:
    app = create_app(config)
    app.config["WTF_CSRF_ENABLED"] = False  # the tests of the form token switch it on
    with app.app_context():
        upgrade()
    for slug, name in (("qingshan", "青山县"), ("other", "外县")):
        create_tenant(str(config.owner_url), slug, name)
    yield app
    with app.app_context():
        db.engine.dispose()
    if "operator_engine" in app.extensions:  # made when a command first asks for it
        app.extensions["operator_engine"].dispose()


@pytest.fixture
def session(app: Flask) -> Iterator[None]:
    """One transaction around the whole test, rolled back at the end. Commits become savepoints."""
    with app.app_context():
        app.extensions["counties"].forget()
        engine = db.engine
        connection = engine.connect()
        transaction = connection.begin()
        engines = cast(dict[None, Any], db.engines)
        engines[None] = connection
        try:
            yield
        finally:
            db.session.remove()
            engines[None] = engine
            transaction.rollback()
            connection.close()


@pytest.fixture
def tenant(session: None, app: Flask) -> Iterator[Tenant]:
    """A county, bound for the length of the test."""
    county = make_tenant("qingshan")
    g.county = None
    with tenant_scope(county.id):
        yield county


@pytest.fixture
def other_tenant(session: None) -> Tenant:
    """Another county, whose rows nothing in the first one may see or touch."""
    return make_tenant("other")


@pytest.fixture
def browser(app: Flask, tenant: Tenant) -> Browser:
    return Browser(app, tenant.slug)


@pytest.fixture
def unknown_id() -> uuid.UUID:
    """An id that belongs to nothing."""
    return uuid.uuid4()
