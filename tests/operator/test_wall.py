"""The operator's role cannot touch a county's rows: every table, every way."""

from __future__ import annotations

from collections.abc import Iterator

import psycopg
import pytest
from flask import Flask
from sqlalchemy import Connection, Engine, Table, create_engine, text
from sqlalchemy.exc import ProgrammingError

from saas.config import Config
from saas.operator.archive import owned_tables
from tests.operator.conftest import Administered

TABLES = owned_tables()
READABLE = {"job"}  # where a job stands, without what it is about


@pytest.fixture(scope="module")
def engine(app: Flask, config: Config) -> Iterator[Engine]:
    engine = create_engine(str(config.operator_url))
    yield engine
    engine.dispose()


@pytest.fixture
def operator(engine: Engine) -> Iterator[Connection]:
    with engine.connect() as connection:
        yield connection
        connection.rollback()


def refused(connection: Connection, statement: str) -> bool:
    """Whether the database refuses a statement for want of a right."""
    try:
        with connection.begin_nested():
            connection.execute(text(statement))
    except ProgrammingError as error:
        return "permission denied" in str(error)
    return False


@pytest.mark.parametrize("table", TABLES, ids=lambda table: str(table.name))
def test_no_row_of_a_countys_table_can_be_read_or_written(operator: Connection, table: Table) -> None:
    column = "args" if table.name in READABLE else "id"
    for statement in (
        f'SELECT "{column}" FROM "{table.name}"',
        f'SELECT count(t) FROM "{table.name}" t',
        f'INSERT INTO "{table.name}" (tenant_id, id) VALUES (gen_random_uuid(), gen_random_uuid())',
        f'UPDATE "{table.name}" SET id = id',
        f'DELETE FROM "{table.name}"',
        f'TRUNCATE "{table.name}"',
    ):
        assert refused(operator, statement), statement


def test_a_right_given_by_mistake_would_still_show_nothing(superuser: str, county: Administered) -> None:
    """No policy lets the role in: even with the privilege there are no rows. In a transaction that is undone."""
    with psycopg.connect(superuser) as connection:
        for table in TABLES:
            connection.execute(f'GRANT SELECT, INSERT ON "{table.name}" TO jiceng_operator')
        connection.execute("SELECT set_config('app.tenant_id', %s, true)", [str(county.id)])
        connection.execute("SET LOCAL ROLE jiceng_operator")
        for table in TABLES:
            if table.name not in READABLE:
                assert connection.execute(f'SELECT count(*) FROM "{table.name}"').fetchone() == (0,), table.name
        connection.rollback()


def test_binding_a_county_gives_the_operator_nothing(operator: Connection, county: Administered) -> None:
    for setting in ("app.tenant_id", "app.leaving_tenant_id"):
        operator.execute(text("SELECT set_config(:setting, :id, true)"), {"setting": setting, "id": str(county.id)})

    assert refused(operator, 'SELECT name FROM "user"')


def test_the_operator_cannot_become_another_role(operator: Connection) -> None:
    for role in ("jiceng_app", "jiceng_owner", "jiceng_reconciler", "postgres"):
        assert refused(operator, f"SET ROLE {role}"), role


def test_the_operators_own_trail_cannot_be_changed(operator: Connection) -> None:
    assert refused(operator, "UPDATE operator_event SET details = '{}'")
    assert refused(operator, "DELETE FROM operator_event")
    assert refused(operator, "TRUNCATE operator_event")


def test_where_jobs_stand_is_seen_and_nothing_else(operator: Connection) -> None:
    operator.execute(text("SELECT tenant_id, state, created_at FROM job"))
    for column in ("args", "key", "error", "reason", "created_by_id", "token"):
        assert refused(operator, f"SELECT {column} FROM job"), column


def test_the_application_knows_nothing_of_operators(config: Config) -> None:
    engine = create_engine(config.database_url)
    with engine.connect() as connection:
        for table in ("operator", "operator_session", "operator_event"):
            assert refused(connection, f"SELECT count(*) FROM {table}"), table
        assert refused(connection, "UPDATE tenant_quota SET max_users = 1000000")
        assert refused(connection, "UPDATE tenant SET status = 'active'")
        connection.rollback()
    engine.dispose()


def test_the_owner_sees_the_leaving_county_and_no_other(config: Config, county: Administered) -> None:
    engine = create_engine(str(config.owner_url))
    with engine.connect() as connection:
        assert connection.execute(text("SELECT count(*) FROM org_unit")).scalar_one() == 0
        connection.execute(text("SELECT set_config('app.leaving_tenant_id', :id, true)"), {"id": str(county.id)})
        assert connection.execute(text("SELECT DISTINCT tenant_id FROM org_unit")).scalars().all() == [county.id]
        connection.rollback()
    engine.dispose()
