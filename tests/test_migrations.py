"""Migrations go up, down and up again, are numbered without gaps, and end where the models are."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import psycopg
import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from flask_migrate import downgrade, upgrade
from sqlalchemy import create_engine, inspect

from saas import create_app
from saas.config import ROOT, Config
from saas.db import Base
from saas.tenancy.roles import ROLES, create_roles
from tests.conftest import PASSWORD, database_url

VERSIONS = ROOT / "migrations" / "versions"


@pytest.fixture
def empty_config(postgres: str, config: Config) -> Iterator[Config]:
    """The settings of a database with nothing in it."""
    name = f"jiceng_migrations_{os.getpid()}"
    create_roles(postgres, name, dict.fromkeys(ROLES, PASSWORD))
    yield replace(
        config,
        database_url=_with_driver(database_url(postgres, "jiceng_app", name)),
        owner_url=_with_driver(database_url(postgres, "jiceng_owner", name)),
    )
    with psycopg.connect(postgres, autocommit=True) as connection:
        connection.execute(f"DROP DATABASE {name} WITH (FORCE)")


def _with_driver(url: str) -> str:
    return url.replace("postgresql://", "postgresql+psycopg://", 1)


def test_up_down_and_up_again_ends_where_the_models_are(empty_config: Config) -> None:
    app = create_app(empty_config)
    engine = create_engine(str(empty_config.owner_url))

    with app.app_context():
        upgrade()
        downgrade(revision="base")
        left = set(inspect(engine).get_table_names())
        upgrade()

    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        differences = compare_metadata(context, Base.metadata)
    engine.dispose()
    assert left == {"alembic_version"}
    assert differences == []


def test_migrations_are_numbered_without_gaps() -> None:
    names = sorted(path.stem for path in VERSIONS.glob("*.py"))

    assert [int(name[:4]) for name in names] == list(range(1, len(names) + 1))
    history = ScriptDirectory(str(ROOT / "migrations")).walk_revisions()
    assert sorted(revision.revision for revision in history) == names


def test_migrations_take_nothing_of_ours_but_the_statements_of_the_wall() -> None:
    for path in VERSIONS.glob("*.py"):
        lines = [line for line in Path(path).read_text().splitlines() if "import" in line and "saas" in line]
        assert all(line.startswith("from saas.tenancy.rls import ") for line in lines), path.name
