"""`flask packs …`: check a pack, compare it with a county, apply it, roll it back, export a county as a pack."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click
from flask.cli import AppGroup
from sqlalchemy import select

from saas.config import ROOT
from saas.db import db, local_today, unit_of_work
from saas.domain.errors import DomainError
from saas.packs.display import describe_proposal
from saas.packs.services import apply_pack, find_root_code, propose
from saas.tenancy.models import Tenant
from saas.tenancy.packs import Pack, PackError, read_pack
from saas.tenancy.scope import tenant_scope

packs = AppGroup("packs", help="Configuration packs of counties.")
COMMANDS = (packs,)


@packs.command("check")
@click.argument("pack")
def check(pack: str) -> None:
    """Read PACK (a name under tenants/ or a folder) and list every problem."""
    found = _read(pack, local_today().year)
    click.echo(f"{found.head.name}: {found.head.title}: no problem found")


@packs.command("apply")
@click.argument("pack")
@click.option("--tenant", required=True, help="The county's slug.")
@click.option("--year", type=int, default=None, help="What {year} means; the present year if not given.")
@click.option("--first-password", default=None, help="For new accounts; made up and shown once if not given.")
def apply(pack: str, tenant: str, year: int | None, first_password: str | None) -> None:
    """Apply PACK to a county, all or nothing. May be run again."""
    password = first_password or made_up_password()
    with _county(tenant), unit_of_work():
        counts = apply_pack(_read(pack, year, find_root_code()), first_password=password)
    for what, count in sorted(counts.items()):
        click.echo(f"new {what.replace('_', ' ')}: {count}")
    if not counts:
        click.echo("nothing new")
    if counts.get("people") and first_password is None:
        click.echo(f"first password of the new accounts, to be changed at the first sign-in: {password}")


@packs.command("diff")
@click.argument("pack")
@click.option("--tenant", required=True, help="The county's slug.")
@click.option("--year", type=int, default=None, help="What {year} means; the present year if not given.")
def diff(pack: str, tenant: str, year: int | None) -> None:
    """Say what applying PACK to a county would change. Nothing is changed."""
    with _county(tenant):
        found = describe_proposal(propose(_read(pack, year, find_root_code())))
        for line in found.lines():
            click.echo(line)


def made_up_password() -> str:
    """A first password that nobody has chosen."""
    return "Jc-" + secrets.token_urlsafe(9) + "7"


@contextmanager
def _county(slug: str) -> Iterator[None]:
    """Bind a county by its slug; what its rules refuse ends the command with a message."""
    county = db.session.scalars(select(Tenant).where(Tenant.slug == slug)).one_or_none()
    if county is None:
        raise click.ClickException(f"no county {slug!r}: create it with `flask tenants create {slug} NAME`")
    with tenant_scope(county.id):
        try:
            yield
        except DomainError as error:
            raise click.ClickException(str(error)) from error


def _read(pack: str, year: int | None, root: str | None = None) -> Pack:
    folder = Path(pack) if Path(pack).is_dir() else ROOT / "tenants" / pack
    try:
        return read_pack(folder, year=year or local_today().year, root=root)
    except PackError as error:
        raise click.ClickException("\n".join(str(problem) for problem in error.problems)) from error
