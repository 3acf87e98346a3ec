"""The operator's commands."""

from __future__ import annotations

import psycopg
import pytest
from flask import Flask
from flask.testing import FlaskCliRunner

from saas.config import Config


@pytest.fixture
def runner(app: Flask) -> FlaskCliRunner:
    return app.test_cli_runner()


def names(config: Config) -> dict[str, str]:
    with psycopg.connect(str(config.owner_url).replace("+psycopg", "")) as connection:
        return dict(connection.execute("SELECT slug, name FROM tenant").fetchall())


def test_a_county_is_created_and_renamed(runner: FlaskCliRunner, config: Config) -> None:
    assert runner.invoke(args=["tenants", "create", "lvshui", "绿水县"]).exit_code == 0
    assert names(config)["lvshui"] == "绿水县"

    runner.invoke(args=["tenants", "create", "lvshui", "绿水区"])
    assert names(config)["lvshui"] == "绿水县"  # what exists is not founded again

    assert runner.invoke(args=["tenants", "rename", "lvshui", "绿水区"]).exit_code == 0
    assert names(config)["lvshui"] == "绿水区"


@pytest.mark.parametrize("slug", ["static", "Upper", "a", "has space", "0start", "under_score"])
def test_a_slug_that_cannot_be_an_address_is_refused_in_one_line(
    runner: FlaskCliRunner, config: Config, slug: str
) -> None:
    result = runner.invoke(args=["tenants", "create", slug, "某县"])

    assert result.exit_code == 1
    assert len(result.output.strip().splitlines()) == 1
    assert slug not in names(config)


def test_worker_and_reconciler_are_commands(app: Flask) -> None:
    assert {"worker", "reconciler", "tenants"} <= set(app.cli.commands)
