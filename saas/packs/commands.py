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
from saas.packs.export import export_pack
from saas.packs.queries import list_applications
from saas.packs.rollback import find_last, roll_back
from saas.packs.services import apply_pack, find_root_code, propose
from saas.tenancy.models import Tenant
from saas.tenancy.pack_json_schema import schema_files
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


@packs.command("export")
@click.argument("tenant")
@click.argument("folder", type=click.Path(file_okay=False, path_type=Path))
@click.option("--with-people", is_flag=True, help="Also people with their posts; never passwords.")
def export(tenant: str, folder: Path, with_people: bool) -> None:
    """Write the county TENANT as a pack into FOLDER, which must be empty or new."""
    if folder.is_dir() and any(folder.iterdir()):
        raise click.ClickException(f"{folder} is not empty: choose a new folder")
    with _county(tenant):
        try:
            found = export_pack(with_people=with_people)
        except LookupError as error:
            raise click.ClickException(str(error)) from error
    found.save(folder)
    click.echo(f"{len(found.texts) + len(found.assets)} files in {folder}")
    _read(str(folder), None)


@packs.command("history")
@click.option("--tenant", required=True, help="The county's slug.")
def history(tenant: str) -> None:
    """List what was applied to a county, the newest first."""
    with _county(tenant):
        for row in list_applications():
            undone = f", rolled back {row.rolled_back_at:%Y-%m-%d %H:%M}" if row.rolled_back_at else ""
            click.echo(f"{row.number}: {row.name} {row.pack_version}, {row.applied_at:%Y-%m-%d %H:%M} UTC{undone}")


@packs.command("rollback")
@click.argument("number", type=int, required=False)
@click.option("--tenant", required=True, help="The county's slug.")
def rollback(number: int | None, tenant: str) -> None:
    """Undo the last application of a pack, all or nothing. NUMBER guards against undoing another one."""
    with _county(tenant), unit_of_work():
        last = find_last()
        if last is None:
            raise click.ClickException("nothing was applied that could be undone")
        if number is not None and number != last.number:
            raise click.ClickException(f"only the last application can be undone: number {last.number}")
        roll_back(last, actor=None)
        click.echo(f"undone: {last.number}, {last.name} {last.pack_version}")


@packs.command("schema")
@click.option("--folder", type=click.Path(file_okay=False, path_type=Path), default=ROOT / "docs" / "pack-schema")
def schema(folder: Path) -> None:
    """Write the JSON Schemas of the files of packs, for editors."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in schema_files().items():
        (folder / name).write_text(text, encoding="utf-8", newline="\n")
        click.echo(name)


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
