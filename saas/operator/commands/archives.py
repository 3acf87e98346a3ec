"""`flask tenants export|verify|restore|discard|offboard`: a county as a file."""

from __future__ import annotations

from pathlib import Path

import click
from flask import current_app

from saas.documents.fonts import FontsMissingError
from saas.operator import queries
from saas.operator.archive import ArchiveError, Manifest, digest_of_file, verify_archive
from saas.operator.commands.base import acting, find_county, plainly, tenants
from saas.operator.db import operator_session, operator_work
from saas.operator.exporting import export_county, live_digests
from saas.operator.offboarding import offboard
from saas.operator.restoring import discard_unfinished, restore_county
from saas.operator.trail import OperatorAction, record_event

_FILE = click.Path(dir_okay=False, path_type=Path)


@tenants.command("export")
@click.argument("slug")
@click.argument("file", type=_FILE)
@plainly
def export(slug: str, file: Path) -> None:
    """Write everything of the county into FILE. Keep it like a password: it holds every row and password hash."""
    county = find_county(slug)
    manifest = export_county(operator_session(), county, file)
    digest = digest_of_file(file)
    with operator_work() as session:
        record_event(session, OperatorAction.COUNTY_EXPORTED, actor=acting(), county=county, sha256=digest)
    click.echo(_summary(manifest))
    click.echo(f"SHA-256 {digest}")


@tenants.command("verify")
@click.argument("file", type=_FILE)
@click.option("--against", default="", help="the address of a county here, to be compared with the file")
@plainly
def verify(file: Path, against: str) -> None:
    """Read the whole FILE and compare every digest; with --against also with the county as it is now."""
    manifest = verify_archive(file)
    click.echo(_summary(manifest))
    click.echo(f"SHA-256 {digest_of_file(file)}")
    if not against:
        return
    live, kept = live_digests(find_county(against).id), manifest.digests()
    different = sorted(name for name in live.keys() | kept.keys() if live.get(name) != kept.get(name))
    if different:
        raise click.ClickException(f"/{against} differs from the file in: {', '.join(different)}")
    click.echo(f"/{against} equals the file, table by table")


@tenants.command("restore")
@click.argument("file", type=_FILE)
@click.option("--slug", default=None, help="another address; without it the one that it had")
@plainly
def restore(file: Path, slug: str | None) -> None:
    """Restore the county of FILE with all its rows, files, accounts and passwords. People sign in again."""
    tenant_id, manifest = restore_county(file, slug=slug, actor=acting())
    current_app.extensions["counties"].forget()
    county = queries.get_county_row(operator_session(), tenant_id).county
    click.echo(f"{_summary(manifest)}; restored at /{county.slug}, every digest equal")
    hosts = manifest.county["hosts"]
    if hosts:
        click.echo(f"its host names are not mapped by themselves: {', '.join(hosts)} (flask tenants map-host)")


@tenants.command("discard")
@click.argument("slug")
@plainly
def discard(slug: str) -> None:
    """Take back the registration of a county whose founding or restoring was killed half-way."""
    discard_unfinished(slug, actor=acting())


@tenants.command("offboard")
@click.argument("slug")
@click.option("--export", "archive", type=_FILE, required=True, help="where the county's file goes")
@click.option("--certificate", type=_FILE, required=True, help="where the certificate (PDF) goes")
@click.option("--yes", is_flag=True, help="really delete everything of the county")
@plainly
def leave(slug: str, archive: Path, certificate: Path, yes: bool) -> None:
    """Export the county, verify the file, delete every row and file of it, and certify that."""
    county = find_county(slug)
    if not yes:
        raise click.ClickException(f"this deletes everything of {county.name} (/{slug}); confirm it with --yes")
    for path in (archive, certificate, certificate.with_suffix(".json")):
        if path.exists():
            raise click.ClickException(f"{path} exists already: an earlier export is not overwritten")
    try:
        leaving = offboard(county.id, archive=archive, certificate=certificate, actor=acting())
    except FontsMissingError as error:
        raise ArchiveError("证明无法制作，没有删除任何数据：{reason}", reason=str(error)) from None
    current_app.extensions["counties"].forget()
    click.echo(_summary(leaving.manifest))
    click.echo(f"deleted {sum(leaving.deleted_rows.values())} rows and {leaving.deleted_files} files of {leaving.name}")
    click.echo(f"line {leaving.event_number} of the operators' trail; certificate {certificate}")


def _summary(manifest: Manifest) -> str:
    return (
        f"{manifest.county['name']} /{manifest.county['slug']}: {manifest.rows} rows of {len(manifest.tables)} tables,"
        f" {manifest.files} files, tables as of {manifest.schema}"
    )
