"""`flask database …`: what an administrator of the database server does once."""

from __future__ import annotations

import click
from flask import current_app
from flask.cli import AppGroup
from sqlalchemy.engine import make_url

from saas.tenancy.rls import APP_ROLE, OPERATOR_ROLE, OWNER_ROLE, RECONCILER_ROLE
from saas.tenancy.roles import create_roles

database = AppGroup("database", help="The database server.")
COMMANDS = (database,)


@database.command("prepare")
@click.option("--superuser-url", required=True, help="postgresql://… as a superuser of the server, for this once.")
def prepare(superuser_url: str) -> None:
    """Create the roles with the passwords of the settings, the database and its extension. May be run again.

    Without DATABASE_OPERATOR_URL the operator's role is created too, but nobody can sign in with it.
    """
    config = current_app.config["JICENG"]
    passwords = {}
    for role, name, url in (
        (APP_ROLE, "DATABASE_URL", config.database_url),
        (OWNER_ROLE, "DATABASE_OWNER_URL", config.owner_url),
        (RECONCILER_ROLE, "DATABASE_RECONCILER_URL", config.reconciler_url),
        (OPERATOR_ROLE, "DATABASE_OPERATOR_URL", config.operator_url),
    ):
        if role == OPERATOR_ROLE and url is None:
            continue
        if url is None or make_url(url).username != role or not make_url(url).password:
            raise click.ClickException(f"{name} must name the role {role} with its password")
        passwords[role] = str(make_url(url).password)
    name = make_url(config.database_url).database or ""
    create_roles(superuser_url, name, passwords)
    click.echo(f"database {name}: roles {', '.join(sorted(passwords))} are ready; next: flask db upgrade")
