"""`flask demo …`: load the two demonstration counties, and play the main job in them."""

from __future__ import annotations

import click
from flask import current_app
from flask.cli import AppGroup

from saas.config import ConfigError
from saas.db import local_today
from saas.demo.counties import DEMONSTRATIONS
from saas.demo.loading import load_county
from saas.demo.playing import play_all
from saas.demo.visitor import Unexpected

demo = AppGroup("demo", help="The demonstration counties.")
COMMANDS = (demo,)


@demo.command("load")
def load() -> None:
    """Load both counties with their history. What is there already is left alone."""
    for demonstration in DEMONSTRATIONS:
        try:
            loaded = load_county(demonstration, click.echo)
        except ConfigError as error:
            raise click.ClickException(str(error)) from None
        what = f"{loaded.steps} steps of history" if loaded.steps else "there already"
        click.echo(f"✓ {demonstration.name} /{demonstration.slug}: {what} ({loaded.seconds:.1f} s)")


@demo.command("drive")
@click.option("--base-url", required=True, help="Where the application is served, such as http://127.0.0.1:8000.")
def drive(base_url: str) -> None:
    """Play the main job in both counties, as its people would, and save the PDFs in `demo` beside the files."""
    folder = current_app.config["JICENG"].storage_dir.parent / "demo"
    try:
        play_all(base_url, folder, local_today(), click.echo)
    except Unexpected as problem:
        raise click.ClickException(str(problem)) from None
