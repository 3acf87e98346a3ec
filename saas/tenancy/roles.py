"""The database roles: who owns, who works, who re-sends jobs, who operates. A server administrator runs it once."""

from __future__ import annotations

from collections.abc import Mapping

import psycopg
from psycopg import sql

from saas.tenancy.rls import APP_ROLE, OPERATOR_ROLE, OWNER_ROLE, RECONCILER_ROLE

ROLES = (OWNER_ROLE, APP_ROLE, RECONCILER_ROLE, OPERATOR_ROLE)


def create_roles(superuser_dsn: str, database: str, passwords: Mapping[str, str]) -> None:
    """Create or update the roles and the database they use. May be run again.

    None of them is a superuser or may bypass row security; only the owner may create tables. `passwords` maps each
    role's name to its password; a role without one is there, for migrations to name it, and cannot sign in.
    """
    with psycopg.connect(superuser_dsn, autocommit=True) as connection:
        # Roles belong to the whole server: whoever changes one while somebody else does fails.
        connection.execute("SELECT pg_advisory_lock(hashtext('jiceng roles'))")
        for role in ROLES:
            _ensure_role(connection, role, passwords.get(role))
        exists = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [database]).fetchone()
        if not exists:
            connection.execute(
                sql.SQL("CREATE DATABASE {} OWNER {} TEMPLATE template0 ENCODING 'UTF8'").format(
                    sql.Identifier(database), sql.Identifier(OWNER_ROLE)
                )
            )
        prepare_database(superuser_dsn, database)


def prepare_database(superuser_dsn: str, database: str) -> None:
    """Install what only an administrator may: the extension, and the schema's owner."""
    with psycopg.connect(superuser_dsn, autocommit=True, dbname=database) as connection:
        connection.execute("CREATE EXTENSION IF NOT EXISTS btree_gist")
        connection.execute(sql.SQL("ALTER SCHEMA public OWNER TO {}").format(sql.Identifier(OWNER_ROLE)))
        connection.execute("REVOKE ALL ON SCHEMA public FROM PUBLIC")
        for role in (APP_ROLE, RECONCILER_ROLE, OPERATOR_ROLE):
            connection.execute(sql.SQL("GRANT USAGE ON SCHEMA public TO {}").format(sql.Identifier(role)))


def _ensure_role(connection: psycopg.Connection, role: str, password: str | None) -> None:
    exists = connection.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [role]).fetchone()
    if exists and password is None:
        return  # whoever has its password goes on using it
    verb = sql.SQL("ALTER ROLE" if exists else "CREATE ROLE")
    sign_in = sql.SQL("NOLOGIN") if password is None else sql.SQL("LOGIN PASSWORD {}").format(sql.Literal(password))
    connection.execute(
        sql.SQL("{} {} NOSUPERUSER NOBYPASSRLS NOCREATEROLE NOCREATEDB NOINHERIT NOREPLICATION {}").format(
            verb, sql.Identifier(role), sign_in
        )
    )
