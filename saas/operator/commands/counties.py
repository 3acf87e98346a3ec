"""`flask tenants …`: counties as customers."""

from __future__ import annotations

import click

from saas.access.permissions import ROLE_LABELS, Role
from saas.local import local_time
from saas.operator import queries, services
from saas.operator.commands.base import acting, changing, find_county, plainly, tenants
from saas.operator.db import operator_session, operator_work
from saas.operator.forms import default_units_from
from saas.operator.founding import ROOT_TYPES, NewAdministrator, NewCounty, create_county
from saas.operator.measuring import measure
from saas.operator.trail import OperatorAction
from saas.tenancy.models import TenantStatus

MEBIBYTE = 1024 * 1024


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
@click.option("--now", is_flag=True, help="count SLUG now")
@plainly
def usage(slug: str | None, now: bool) -> None:
    """Print how much counties use, as it was counted last. Figures only."""
    if now and slug is not None:
        measure(find_county(slug).id, always=True)
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
