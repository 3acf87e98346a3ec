"""The wall is real, not only configured: the catalogue is asked, and each way of breaking it is noticed."""

from __future__ import annotations

import uuid
from collections.abc import Iterator

import pytest
from flask import Flask
from sqlalchemy import Connection, Engine, create_engine, select, text
from sqlalchemy.exc import IntegrityError, ProgrammingError, StatementError

from saas.config import Config
from saas.db import db
from saas.org.models import OrgUnit
from saas.tenancy.models import Tenant
from saas.tenancy.scope import bind_transaction, tenant_scope
from tests.factories import make_unit
from tests.isolation.catalogue import ASSERTIONS, broken


@pytest.fixture(scope="module")
def owner(app: Flask, config: Config) -> Iterator[Engine]:
    engine = create_engine(str(config.owner_url))
    yield engine
    engine.dispose()


@pytest.fixture
def schema(owner: Engine) -> Iterator[Connection]:
    """The schema in a transaction of the owner's, to be broken and rolled back."""
    with owner.connect() as connection:
        transaction = connection.begin()
        yield connection
        transaction.rollback()


def test_the_wall_stands(schema: Connection) -> None:
    assert broken(schema) == {}


# Each breaks the wall in one way; the assertion that must notice it is named by its number.
MUTATIONS = {
    "row security switched off": ("03", "ALTER TABLE org_unit DISABLE ROW LEVEL SECURITY"),
    "the owner let through": ("04", "ALTER TABLE submission NO FORCE ROW LEVEL SECURITY"),
    "a policy dropped": ("05", "DROP POLICY plan_tenant ON plan"),
    "a guard dropped": ("06", "DROP POLICY plan_guard ON plan"),
    "a second, open policy": ("07", "CREATE POLICY careless ON post TO jiceng_app USING (true)"),
    "a policy that is always true": ("07", 'ALTER POLICY user_tenant ON "user" USING (true) WITH CHECK (true)'),
    "a weaker check on writing": ("08", "ALTER POLICY target_tenant ON target WITH CHECK (tenant_id IS NOT NULL)"),
    "a policy computed for each row": (
        "08",
        "ALTER POLICY form_version_tenant ON form_version USING (tenant_id::text = current_setting('app.tenant_id'))",
    ),
    "a tenant that may be null": (
        "09",
        "ALTER TABLE sent_form DROP CONSTRAINT pk_sent_form; ALTER TABLE sent_form ALTER tenant_id DROP NOT NULL",
    ),
    "a unique key that tells of others": ("10", "CREATE UNIQUE INDEX tell_tale ON org_unit (code)"),
    "a foreign key into another county": (
        "11",
        """CREATE UNIQUE INDEX loose ON org_unit (id);
        ALTER TABLE post ADD CONSTRAINT loose FOREIGN KEY (unit_id) REFERENCES org_unit (id)""",
    ),
    "a view with its owner's rights": ("12", "CREATE VIEW everything AS SELECT * FROM submission"),
    "a readable materialised view": (
        "13",
        "CREATE MATERIALIZED VIEW kept AS SELECT * FROM tenant; GRANT SELECT ON kept TO jiceng_app",
    ),
    "a function with its owner's rights": (
        "14",
        "CREATE FUNCTION peek() RETURNS bigint LANGUAGE sql SECURITY DEFINER AS 'SELECT count(*) FROM org_unit'",
    ),
    "a right to truncate": ("15", "GRANT TRUNCATE ON submission TO jiceng_app"),
    "a partition by name": (
        "16",
        """CREATE TABLE parted (tenant_id uuid NOT NULL, id uuid) PARTITION BY LIST (tenant_id);
        CREATE TABLE part_of PARTITION OF parted DEFAULT; GRANT SELECT ON part_of TO jiceng_app""",
    ),
    "a table of nobody": ("17", "CREATE TABLE notes (id uuid PRIMARY KEY)"),
    "a new table outside the wall": ("03", "CREATE TABLE secrets (tenant_id uuid NOT NULL, id uuid)"),
    "a right to make counties": ("18", "GRANT INSERT ON tenant TO jiceng_app"),
    "a right to change the trail": ("19", "GRANT UPDATE (details) ON audit_event TO jiceng_app"),
    "a reconciler that reads more": ("20", "GRANT SELECT ON submission TO jiceng_reconciler"),
    "an operator who reads a county": ("21", "GRANT SELECT (name) ON org_unit TO jiceng_operator"),
    "an operator who reads what a job is about": ("21", "GRANT SELECT (args) ON job TO jiceng_operator"),
    "an operator who deletes": ("21", "GRANT DELETE ON submission TO jiceng_operator"),
    "a policy for the operator": ("22", "CREATE POLICY peek ON plan FOR SELECT TO jiceng_operator USING (true)"),
    "no way out for a table": ("23", "DROP POLICY plan_leaving ON plan"),
    "a way out that is always open": ("23", "ALTER POLICY plan_leaving ON plan USING (true) WITH CHECK (true)"),
    "another way for the owner": ("23", "CREATE POLICY more ON plan TO jiceng_owner USING (id IS NOT NULL)"),
    "a trigger that keeps a leaving county": (
        "24",
        """CREATE TRIGGER kept BEFORE DELETE ON post FOR EACH ROW EXECUTE FUNCTION plan_stays()""",
    ),
    "a right to change the operators' trail": ("25", "GRANT UPDATE (details) ON operator_event TO jiceng_operator"),
    "a county that reads who operates": ("26", "GRANT SELECT (login_name) ON operator TO jiceng_app"),
}


@pytest.mark.parametrize("mutation", MUTATIONS)
def test_each_breach_is_noticed(schema: Connection, mutation: str) -> None:
    number, statements = MUTATIONS[mutation]
    for statement in statements.split(";"):
        schema.execute(text(statement))

    assert any(name.startswith(number) for name in broken(schema)), mutation


def test_each_assertion_has_a_breach_that_it_notices() -> None:
    # The first two are about roles, which the owner cannot change; the start-up check has its own test.
    tried = {number for number, _ in MUTATIONS.values()} | {"01", "02"}

    assert {name[:2] for name in ASSERTIONS} == tried


def test_nothing_is_there_while_no_county_is_bound(app: Flask, tenant: Tenant) -> None:
    unit = make_unit("东村")
    db.session.commit()
    connection = db.session.connection()

    bind_transaction(connection, None)

    assert connection.execute(text("SELECT count(*) FROM org_unit")).scalar_one() == 0
    bind_transaction(connection, tenant.id)
    assert connection.execute(select(OrgUnit.id)).scalars().all() == [unit.id]


def test_a_new_row_without_a_county_is_a_programming_error(session: None) -> None:
    db.session.add(OrgUnit(code="x", name="x", unit_type_id=uuid.uuid4()))
    with pytest.raises(StatementError, match="no tenant is bound"):
        db.session.flush()


def test_bulk_writes_leave_other_counties_alone(tenant: Tenant, other_tenant: Tenant) -> None:
    with tenant_scope(other_tenant.id):
        make_unit("外村")
    make_unit("本村")

    db.session.execute(text("UPDATE org_unit SET name = '改名'"))

    with tenant_scope(other_tenant.id):
        assert db.session.execute(select(OrgUnit.name)).scalars().all() == ["外村"]


def test_the_database_refuses_a_link_to_another_countys_row(tenant: Tenant, other_tenant: Tenant) -> None:
    with tenant_scope(other_tenant.id):
        theirs = make_unit("外村").id
    with pytest.raises(IntegrityError):
        db.session.execute(
            text(
                "INSERT INTO post (tenant_id, id, unit_id, name, roles, sort_order, is_active)"
                " VALUES (:tenant, :id, :unit, 'x', '[]', 0, true)"
            ),
            {"tenant": tenant.id, "id": uuid.uuid4(), "unit": theirs},
        )


def test_a_row_cannot_be_given_to_another_county(tenant: Tenant, other_tenant: Tenant) -> None:
    make_unit("本村")
    with pytest.raises(ProgrammingError, match="row-level security"):
        db.session.execute(text("UPDATE org_unit SET tenant_id = :other"), {"other": other_tenant.id})
