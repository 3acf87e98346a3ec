"""`flask operators …` and `flask tenants …`: operating the deployment from the command line."""

from __future__ import annotations

import getpass
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from typing import Any, TypeVar, cast

import click
from flask import current_app
from flask.cli import AppGroup
from sqlalchemy.orm import Session

from saas.access.permissions import ROLE_LABELS, Role
from saas.config import ConfigError
from saas.domain.errors import DomainError
from saas.local import local_time
from saas.operator import operators, queries, services
from saas.operator.db import operator_session, operator_work
from saas.operator.forms import default_units_from
from saas.operator.founding import ROOT_TYPES, NewAdministrator, NewCounty, create_county
from saas.operator.models import Operator
from saas.operator.trail import OperatorAction, find_break, find_head
from saas.tenancy.models import Tenant, TenantStatus

MEBIBYTE = 1024 * 1024

operators_group = AppGroup("operators", help="Who operates this deployment.")
tenants = AppGroup("tenants", help="Counties of this deployment.")
COMMANDS = (operators_group, tenants)
Command = TypeVar("Command", bound=Callable[..., Any])


def acting() -> str:
    """Who runs the command, for the trail."""
    return f"{getpass.getuser()} (command line)"


def plainly(command: Command) -> Command:
    """Say a refusal in one line instead of a traceback."""

    @wraps(command)
    def run(*args: Any, **kwargs: Any) -> Any:
        try:
            return command(*args, **kwargs)
        except (ConfigError, DomainError) as error:
            raise click.ClickException(str(error)) from None

    return cast(Command, run)


def get_county(session: Session, slug: str) -> Tenant:
    """The county at an address, or one clear line."""
    found = queries.find_county_by_slug(session, slug)
    if found is None:
        raise click.ClickException(f"no county has the address /{slug}")
    return services.get_county(session, found.id)


@contextmanager
def changing(slug: str) -> Iterator[tuple[Session, Tenant]]:
    """One change of one county, committed at the end. Running web processes notice within seconds."""
    with operator_work() as session:
        yield session, get_county(session, slug)
    current_app.extensions["counties"].forget()


@operators_group.command("add")
@click.argument("name")
@plainly
def add_operator(name: str) -> None:
    """Add the operator NAME; prints the first password, once."""
    with operator_work() as session:
        password = operators.add_operator(session, name, actor=acting())
    click.echo(f"{name} {password}")


@operators_group.command("list")
@plainly
def list_operators() -> None:
    """List the operators."""
    for each in queries.list_operators(operator_session()):
        state = "active" if each.is_active else "disabled"
        click.echo(f"{each.login_name:<20} {state:<10} {local_time(each.last_signed_in_at) or 'never signed in'}")


@operators_group.command("disable")
@click.argument("name")
@plainly
def disable_operator(name: str) -> None:
    """Let NAME not sign in any more; open sessions end at once."""
    with operator_work() as session:
        operators.set_active(session, _operator(session, name), False, actor=acting())


@operators_group.command("enable")
@click.argument("name")
@plainly
def enable_operator(name: str) -> None:
    """Let NAME sign in again."""
    with operator_work() as session:
        operators.set_active(session, _operator(session, name), True, actor=acting())


@operators_group.command("reset")
@click.argument("name")
@plainly
def reset_operator(name: str) -> None:
    """Give NAME a new first password, printed once, and lift a lock."""
    with operator_work() as session:
        password = operators.reset_password(session, _operator(session, name), actor=acting())
    click.echo(f"{name} {password}")


@operators_group.command("verify")
@plainly
def verify_trail() -> None:
    """Check that no line of the operators' trail was changed or removed; print its head, to be kept elsewhere."""
    broken = find_break(operator_session())
    if broken is not None:
        raise click.ClickException(f"the trail is broken at line {broken}")
    head = find_head(operator_session())
    click.echo(f"{head.number} lines, head {head.digest}")


def _operator(session: Session, name: str) -> Operator:
    found = operators.find_operator(session, name)
    if found is None:
        raise click.ClickException(f"there is no operator {name!r}")
    return found


@tenants.command("create")
@click.argument("slug")
@click.argument("name")
@click.option("--root-type", type=click.Choice(list(ROOT_TYPES)), default="county", help="kind of the root unit")
@click.option("--root-code", default="", help="code of the root unit; SLUG if not given")
@click.option("--system-admin", default="", help="NAME:LOGIN of the system administrator")
@click.option("--security-admin", default="", help="NAME:LOGIN of the security administrator")
@click.option("--auditor", default="", help="NAME:LOGIN of the auditor")
@plainly
def create(
    slug: str, name: str, root_type: str, root_code: str, system_admin: str, security_admin: str, auditor: str
) -> None:
    """Create the county NAME at the address /SLUG. An existing one of that name is left as it is.

    With its three administrators it gets its root unit and their accounts, and the first passwords are printed once.
    Without them it stays empty, to be filled by a pack.
    """
    given = {Role.SYSTEM_ADMIN: system_admin, Role.SECURITY_ADMIN: security_admin, Role.AUDITOR: auditor}
    if not any(given.values()):
        _create_empty(slug, name)
        return
    administrators = tuple(_administrator(role, text) for role, text in given.items())
    new = NewCounty(slug, name, name, root_type, root_code or slug, default_units_from(), administrators)
    _, accounts = create_county(new, actor=acting())
    click.echo(f"{name} /{slug}")
    for account in accounts:
        click.echo(f"{account.role} {account.name} {account.login_name} {account.password}")


def _create_empty(slug: str, name: str) -> None:
    known = queries.find_county_by_slug(operator_session(), slug)
    if known is not None and known.name == name:
        click.echo(f"{name} /{slug} exists already")
        return
    with operator_work() as session:
        county = services.register_county(session, slug, name, actor=acting())
        services.open_county(session, county, actor=acting(), action=OperatorAction.COUNTY_FOUNDED)
    click.echo(f"{name} /{slug}")


def _administrator(role: Role, text: str) -> NewAdministrator:
    name, colon, login_name = text.partition(":")
    if not name or not colon or not login_name:
        raise click.ClickException(f"{ROLE_LABELS[role]}: give NAME:LOGIN, for all three administrators")
    return NewAdministrator(role, name, login_name)


@tenants.command("list")
@click.option("--words", default="", help="part of a name, an address or a host name")
@plainly
def list_counties(words: str) -> None:
    """List the counties."""
    page, count, shown = 1, 1, 0
    while shown < count:
        rows, count = queries.list_counties(operator_session(), queries.CountyFilter(words=words), page=page)
        if not rows:
            break
        for row in rows:
            click.echo(f"/{row.county.slug:<32} {row.county.status.value:<10} {row.county.name}")
        page, shown = page + 1, shown + len(rows)


@tenants.command("suspend")
@click.argument("slug")
@click.option("--reason", required=True, help="why, for the trail and the console")
@plainly
def suspend(slug: str, reason: str) -> None:
    """Let the address answer 404 until the county is resumed. Its data stay as they are."""
    with changing(slug) as (session, county):
        services.suspend(session, county, reason=reason, actor=acting())


@tenants.command("resume")
@click.argument("slug")
@plainly
def resume(slug: str) -> None:
    """Let a suspended county's address answer again."""
    with changing(slug) as (session, county):
        services.resume(session, county, actor=acting())


@tenants.command("rename")
@click.argument("slug")
@click.argument("name")
@plainly
def rename(slug: str, name: str) -> None:
    """Give the county another name."""
    with changing(slug) as (session, county):
        services.rename(session, county, name, actor=acting())


@tenants.command("slug")
@click.argument("slug")
@click.argument("new_slug")
@plainly
def move(slug: str, new_slug: str) -> None:
    """Give the county the address /NEW_SLUG; the old one leads there."""
    with changing(slug) as (session, county):
        services.move(session, county, new_slug, actor=acting())


@tenants.command("map-host")
@click.argument("slug")
@click.argument("host")
@plainly
def map_host(slug: str, host: str) -> None:
    """Let HOST show this county only. It must be among TRUSTED_HOSTS too."""
    with changing(slug) as (session, county):
        services.map_host(session, county, host, actor=acting())


@tenants.command("unmap-host")
@click.argument("slug")
@click.argument("host")
@plainly
def unmap_host(slug: str, host: str) -> None:
    """Take HOST from the county."""
    with changing(slug) as (session, county):
        if host not in queries.list_hosts(session, county.id):
            raise click.ClickException(f"{host} is not a host of /{slug}")
        services.unmap_host(session, county, host, actor=acting())


@tenants.command("quota")
@click.argument("slug")
@click.option("--users", type=click.IntRange(min=0), help="accounts in use")
@click.option("--storage-mb", type=click.IntRange(min=0), help="megabytes of files")
@click.option("--jobs", type=click.IntRange(min=1), help="background jobs at a time")
@plainly
def quota(slug: str, users: int | None, storage_mb: int | None, jobs: int | None) -> None:
    """Say how much the county may use. What is not given has no limit."""
    with changing(slug) as (session, county):
        services.set_quota(
            session,
            county,
            max_users=users,
            max_storage_bytes=None if storage_mb is None else storage_mb * MEBIBYTE,
            max_jobs_in_flight=jobs,
            actor=acting(),
        )


@tenants.command("usage")
@click.argument("slug", required=False)
@plainly
def usage(slug: str | None) -> None:
    """Print how much counties use, as it was counted last. Figures only."""
    page, left = 1, True
    while left:
        rows, _ = queries.list_counties(operator_session(), queries.CountyFilter(), page=page)
        for row in rows:
            if slug in (None, row.county.slug) and row.county.status is not TenantStatus.PREPARING:
                click.echo(_usage_line(row))
        page, left = page + 1, bool(rows)


def _usage_line(row: queries.CountyRow) -> str:
    seen = row.usage
    if seen is None:
        return f"/{row.county.slug}: not counted yet"
    return (
        f"/{row.county.slug}: {seen.users} accounts, {seen.units} units, {seen.submissions} submissions,"
        f" {seen.documents} documents, {seen.files} files of {seen.storage_bytes} bytes;"
        f" counted {local_time(seen.measured_at)}"
    )
