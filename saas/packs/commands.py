"""`flask packs …`: check a pack, apply it to a county."""

from __future__ import annotations

import secrets
from pathlib import Path

import click
from flask.cli import AppGroup
from sqlalchemy import select

from saas.config import ROOT
from saas.db import db, local_today, unit_of_work
from saas.packs.services import apply_pack
from saas.tenancy.models import Tenant
from saas.tenancy.packs import Pack, PackError, read_pack
from saas.tenancy.scope import tenant_scope

packs = AppGroup("packs", help="Configuration packs of counties.")
COMMANDS = (packs,)


@packs.command("check")
@click.argument("pack")
def check(pack: str) -> None:
    """Read PACK (a name under tenants/ or a folder) and list every problem."""
    found = _read(pack)
    click.echo(f"{found.head.name}: {found.head.title}: no problem found")


@packs.command("apply")
@click.argument("pack")
@click.option("--tenant", required=True, help="The county's slug.")
@click.option("--first-password", default=None, help="For new accounts; made up and shown once if not given.")
def apply(pack: str, tenant: str, first_password: str | None) -> None:
    """Apply PACK to a county, all or nothing. May be run again."""
    found = _read(pack)
    county = db.session.scalars(select(Tenant).where(Tenant.slug == tenant)).one_or_none()
    if county is None:
        raise click.ClickException(f"no county {tenant!r}: create it with `flask tenants create {tenant} NAME`")
    password = first_password or "Jc-" + secrets.token_urlsafe(9) + "7"
    with tenant_scope(county.id), unit_of_work():
        counts = apply_pack(found, first_password=password)
    for what, count in sorted(counts.items()):
        click.echo(f"new {what.replace('_', ' ')}: {count}")
    if not counts:
        click.echo("nothing new")
    if counts.get("people") and first_password is None:
        click.echo(f"first password of the new accounts, to be changed at the first sign-in: {password}")


def _read(pack: str) -> Pack:
    folder = Path(pack) if Path(pack).is_dir() else ROOT / "tenants" / pack
    try:
        return read_pack(folder, year=local_today().year)
    except PackError as error:
        raise click.ClickException("\n".join(str(problem) for problem in error.problems)) from error
