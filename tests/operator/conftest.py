"""Operators work under a role of their own and commit for real: what a test leaves behind is taken out afterwards."""

from __future__ import annotations

import secrets
import shutil
import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from typing import Any

import psycopg
import pytest
from argon2 import PasswordHasher
from flask import Flask
from psycopg import conninfo, sql
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from saas.access.permissions import Role
from saas.accounts import passwords
from saas.accounts.services import token_digest
from saas.config import Config
from saas.db import Base, db
from saas.operator import operators, services
from saas.operator.db import operator_work
from saas.operator.founding import FirstAccount, NewAdministrator, NewCounty, create_county
from saas.operator.models import OperatorSession
from saas.tenancy.models import Tenant
from tests.browser import _read_strictly

LOGIN = "ops1"
SLUG = "xinyi"


@dataclass(frozen=True)
class Administered:
    """A county that was founded for a test."""

    id: uuid.UUID
    slug: str
    accounts: Sequence[FirstAccount]


class Console:
    """A browser at the operators' console."""

    def __init__(self, app: Flask) -> None:
        self.app = app
        self.client = app.test_client()

    def sign_in(self, *, must_change_password: bool = False) -> str:
        """Add an operator and take a session, as the sign-in page would give it. Returns the first password."""
        token = secrets.token_urlsafe(16)
        with self.app.app_context(), operator_work() as session:
            password = operators.add_operator(session, LOGIN, actor="test")
            operator = operators.find_operator(session, LOGIN)
            assert operator is not None
            operator.must_change_password = must_change_password
            session.add(OperatorSession(operator_id=operator.id, token_digest=token_digest(token)))
        self.client.set_cookie("operator-session", token, path="/operator")
        return password

    def get(self, path: str, **options: Any) -> TestResponse:
        return self._open("GET", path, **options)

    def post(self, path: str, form: dict[str, Any] | None = None, **options: Any) -> TestResponse:
        return self._open("POST", path, data=form or {}, **options)

    def _open(self, method: str, path: str, *, htmx: bool = False, **options: Any) -> TestResponse:
        headers = {**options.pop("headers", {}), **({"HX-Request": "true"} if htmx else {})}
        response = self.client.open(f"/operator{path}", method=method, headers=headers, **options)
        if response.mimetype == "text/html" and response.status_code not in (301, 302, 303):
            _read_strictly(response.text, is_fragment=htmx)
        return response


@pytest.fixture(scope="session")
def superuser(postgres: str, database: str) -> str:
    """The superuser's address of the tests' own database."""
    return conninfo.make_conninfo(postgres, dbname=database)


@pytest.fixture(scope="package", autouse=True)
def quick_passwords() -> Iterator[None]:
    """The same hashing at the lowest cost: these tests make hundreds of accounts."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(passwords, "_hasher", PasswordHasher(time_cost=1, memory_cost=64, parallelism=1))
        yield


@pytest.fixture(autouse=True)
def tidy(app: Flask, config: Config, superuser: str) -> Iterator[None]:
    """Take out afterwards what a test has left in the database and in the store."""
    with psycopg.connect(superuser) as connection:
        kept = [row[0] for row in connection.execute("SELECT id FROM tenant")]
    folders = set(config.storage_dir.glob("*"))
    app.extensions["counties"].forget()
    yield
    with app.app_context():
        db.session.remove()
        db.engine.dispose()
    if "operator_engine" in app.extensions:
        app.extensions["operator_engine"].dispose()
    with psycopg.connect(superuser) as connection:
        connection.execute("SET session_replication_role = replica")  # neither keys nor triggers keep a row
        for table in Base.metadata.sorted_tables:
            if "tenant_id" in table.c:
                statement = sql.SQL("DELETE FROM {} WHERE tenant_id IS NULL OR tenant_id <> ALL(%s)")
                connection.execute(statement.format(sql.Identifier(table.name)), [kept])
        connection.execute("DELETE FROM tenant WHERE id <> ALL(%s)", [kept])
        for name in ("operator_event", "operator_session", "operator"):
            connection.execute(sql.SQL("DELETE FROM {}").format(sql.Identifier(name)))
    for folder in set(config.storage_dir.glob("*")) - folders:
        shutil.rmtree(folder)
    app.extensions["counties"].forget()


@pytest.fixture
def console(app: Flask) -> Console:
    return Console(app)


@pytest.fixture
def operating(app: Flask) -> Iterator[None]:
    """Inside the application, for tests of services."""
    with app.app_context():
        yield


@pytest.fixture
def county(app: Flask) -> Administered:
    """A county with its first rows and nothing else."""
    return make_county(app, SLUG, "新宜县")


def make_county(app: Flask, slug: str, name: str) -> Administered:
    new = NewCounty(
        slug=slug,
        name=name,
        root_name=name,
        root_type="county",
        root_code=slug,
        units_from=date(2025, 1, 1),
        administrators=(
            NewAdministrator(Role.SYSTEM_ADMIN, "许闻舟", "sysadmin"),
            NewAdministrator(Role.SECURITY_ADMIN, "陶予安", "secadmin"),
            NewAdministrator(Role.AUDITOR, "冉知行", "auditor"),
        ),
    )
    with app.app_context():
        tenant_id, accounts = create_county(new, actor="test")
    app.extensions["counties"].forget()
    return Administered(tenant_id, slug, accounts)


@contextmanager
def county_row(app: Flask, slug: str) -> Iterator[tuple[Session, Tenant]]:
    """A county to be changed or looked at, under the operator's role."""
    with app.app_context(), operator_work() as session:
        yield session, services.get_county(session, session.scalars(select(Tenant.id).where(Tenant.slug == slug)).one())
