"""One request of one county, in a database with 3 counties and in one with 2,843: the others must not be felt."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date

import psycopg
from flask import Flask
from psycopg import conninfo, sql

from bench.measuring import Measurement, Timing, side_by_side
from bench.place import SLUG, Place
from saas import create_app
from saas.access.permissions import Role
from saas.config import load_config
from saas.db import db
from saas.operator.archive import owned_tables
from saas.operator.db import operator_engine
from saas.operator.founding import NewAdministrator, NewCounty, create_county

FEW, MANY, REPEATS, RUNS = 3, 2843, 10, 21


def measure(place: Place) -> list[Measurement]:
    """Both run in this process, in turns. One measurement is ten pages."""
    _found_others(place)
    with _crowded(place) as crowded:
        pages = [_page(crowded, place), _page(place.app, place)]
        took, floor_took = side_by_side(lambda: _ask(*pages[0]), lambda: _ask(*pages[1]), runs=RUNS)
    note = f"list page of 50 with {MANY} counties; floor: the same page with {FEW}"
    return [Measurement("tenants", "other counties in the database", _per_page(took), _per_page(floor_took), note)]


def _page(app: Flask, place: Place) -> tuple[Flask, str]:
    return app, f"{SLUG}-session={place.office_token}"


def _ask(app: Flask, cookie: str) -> None:
    client = app.test_client(use_cookies=False)
    for _ in range(REPEATS):
        answer = client.get(f"/{SLUG}/submissions", headers={"Cookie": cookie})
        assert answer.status_code == 200, answer.status_code


def _per_page(timing: Timing) -> Timing:
    return Timing(tuple(second / REPEATS for second in timing.seconds))


def _found_others(place: Place) -> None:
    """Two counties beside the one that is measured, as an operator founds them."""
    with place.app.app_context():
        for number in range(1, FEW):
            people = [
                NewAdministrator(role, f"第{number}人", f"admin-{role.value.replace('_', '-')}")
                for role in (Role.SYSTEM_ADMIN, Role.SECURITY_ADMIN, Role.AUDITOR)
            ]
            name = f"第{number}县"
            new = NewCounty(f"empty-{number}", name, name, "county", "root", date(2025, 1, 1), tuple(people))
            create_county(new, actor="bench")


@contextmanager
def _crowded(place: Place) -> Iterator[Flask]:
    """The application on a copy of the database, in which the founded county stands 2,840 times more."""
    superuser = os.environ["JICENG_TEST_POSTGRES"]
    name = str(conninfo.conninfo_to_dict(place.app_dsn)["dbname"])
    copy = f"{name}_crowded"
    with place.app.app_context():
        operator_engine().dispose()
        db.engine.dispose()
    with psycopg.connect(superuser, autocommit=True) as connection:
        connection.execute(sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(sql.Identifier(copy), sql.Identifier(name)))
    app = create_app(load_config({key: value.replace(f"/{name}", f"/{copy}") for key, value in place.environ.items()}))
    try:
        with psycopg.connect(superuser, dbname=copy) as connection:
            _multiply(connection)
        for database in (name, copy):
            with psycopg.connect(superuser, dbname=database, autocommit=True) as connection:
                connection.execute("VACUUM ANALYZE")
        yield app
    finally:
        with app.app_context():
            db.engine.dispose()
        with psycopg.connect(superuser, autocommit=True) as connection:
            connection.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(copy)))


def _multiply(connection: psycopg.Connection) -> None:
    """Copy the rows of a founded county under other counties' ids. Row ids may repeat: the keys carry the county."""
    connection.execute(
        "INSERT INTO tenant (id, cell_id, slug, name, status, created_at)"
        " SELECT gen_random_uuid(), cell_id, 'crowd-' || number, '第' || number || '县', 'active', now()"
        " FROM tenant, generate_series(1, %s) AS number WHERE slug = 'empty-1'",
        [MANY - FEW],
    )
    for table in owned_tables():
        connection.execute(
            sql.SQL(
                "INSERT INTO {table} SELECT (jsonb_populate_record(NULL::{table},"
                " to_jsonb(r) || jsonb_build_object('tenant_id', t.id))).* FROM {table} r, tenant t"
                " WHERE r.tenant_id = (SELECT id FROM tenant WHERE slug = 'empty-1') AND t.slug LIKE 'crowd-%%'"
            ).format(table=sql.Identifier(table.name)),
            [],
        )
    found = connection.execute("SELECT count(*) FROM tenant").fetchone()
    assert found == (MANY,), found
