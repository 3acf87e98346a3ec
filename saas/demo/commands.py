"""`flask demo …`: load the two demonstration counties, and play the main job in them."""

from __future__ import annotations

import click
from flask.cli import AppGroup

from saas.config import ConfigError
from saas.demo.counties import DEMONSTRATIONS
from saas.demo.loading import load_county

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
