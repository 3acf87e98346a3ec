"""The application's own commands (`flask …`).

A feature adds its commands with a module `saas/<feature>/commands.py` that holds `COMMANDS`, a tuple of Click commands
or groups, and its name in `WITH_COMMANDS`.
"""

from __future__ import annotations

import logging
from importlib import import_module

import click
from flask import Flask, current_app
from flask.cli import with_appcontext

from saas.config import ConfigError
from saas.files.storage import file_store
from saas.jobs.daily import request_daily_work
from saas.jobs.reconciler import run_reconciler
from saas.jobs.worker import run_worker
from saas.operator.measuring import UsageRound
from saas.queue import message_queue

WITH_COMMANDS = ("tenancy", "operator", "packs", "demo")


def register_commands(app: Flask) -> None:
    """Add the commands to `flask`."""
    for command in (worker, reconciler):
        app.cli.add_command(command)
    for feature in WITH_COMMANDS:
        for command in import_module(f"saas.{feature}.commands").COMMANDS:
            app.cli.add_command(command)


@click.command()
@with_appcontext
def worker() -> None:
    """Carry out background jobs until stopped."""
    _log_to_terminal()
    run_worker(before_first_job=_load_fonts)


@click.command()
@with_appcontext
def reconciler() -> None:
    """Send again what the queue has lost, and give back what dead workers hold, until stopped."""
    _log_to_terminal()
    app: Flask = current_app._get_current_object()  # type: ignore[attr-defined]  # the proxy ends with this command
    chores = (file_store().sweep, UsageRound(app), request_daily_work)
    try:
        run_reconciler(current_app.config["JICENG"], message_queue(), chores=chores)
    except ConfigError as error:
        raise click.ClickException(str(error)) from None


def _load_fonts() -> None:
    """Load what every rendering needs, once, before the processes of the jobs are forked off."""
    from saas.documents import fonts, pdf  # only the worker pays for it

    try:
        pdf.preload(fonts.find_fonts(current_app.config["JICENG"].font_dir))
    except fonts.FontsMissingError as error:  # other jobs can be done without
        logging.getLogger(__name__).warning("documents cannot be rendered: %s", error)


def _log_to_terminal() -> None:
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    logging.getLogger("fontTools").setLevel(logging.WARNING)
    logging.getLogger("weasyprint").setLevel(logging.ERROR)
