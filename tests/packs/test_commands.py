"""`flask packs …`: comparing, applying, undoing and exporting from the command line."""

from __future__ import annotations

from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import select

from saas.accounts.models import User
from saas.db import db
from saas.packs.models import PackApplication
from saas.review.models import Route
from saas.tenancy.models import Tenant
from tests.packs.counties import found_county
from tests.tenancy.broken_packs import replace
from tests.tenancy.starter_pack import write_starter


@pytest.fixture
def starter(tmp_path: Path) -> Path:
    return write_starter(tmp_path / "village-works")


@pytest.fixture
def office(tenant: Tenant) -> User:
    return found_county()


def run(app: Flask, *args: object) -> tuple[int, str]:
    db.session.commit()
    result = app.test_cli_runner().invoke(args=["packs", *map(str, args)])
    return result.exit_code, result.output


def test_a_pack_is_compared_applied_and_undone(app: Flask, tenant: Tenant, office: User, starter: Path) -> None:
    code, said = run(app, "diff", starter, "--tenant", tenant.slug)
    assert code == 0
    assert "+ 审批流程 村级事务审核（affairs_review）" in said
    assert db.session.scalars(select(Route)).all() == []

    assert "new routes: 1" in run(app, "apply", starter, "--tenant", tenant.slug)[1]
    assert "nothing new" in run(app, "apply", starter, "--tenant", tenant.slug)[1]
    assert "1: village-works 1.0" in run(app, "history", "--tenant", tenant.slug)[1]

    assert run(app, "rollback", "7", "--tenant", tenant.slug) == (
        1,
        "Error: only the last application can be undone: number 1\n",
    )
    assert "undone: 1" in run(app, "rollback", "--tenant", tenant.slug)[1]
    assert run(app, "rollback", "--tenant", tenant.slug)[0] == 1
    assert db.session.scalars(select(PackApplication.rolled_back_at)).one() is not None


def test_a_changed_pack_shows_old_and_new(app: Flask, tenant: Tenant, office: User, starter: Path) -> None:
    run(app, "apply", starter, "--tenant", tenant.slug)
    replace(starter, "routes.toml", "村级事务审核", "村级事务两级审核")

    said = run(app, "diff", starter, "--tenant", tenant.slug)[1]

    assert "    名称: 村级事务审核 -> 村级事务两级审核" in said


def test_conflicts_end_the_command_and_change_nothing(app: Flask, tenant: Tenant, office: User, starter: Path) -> None:
    db.session.add(Route(code="affairs_review", name="本县自己的", definition={"steps": []}))

    code, said = run(app, "apply", starter, "--tenant", tenant.slug)

    assert code == 1
    assert "1 处冲突" in said
    assert db.session.scalars(select(PackApplication)).all() == []


def test_a_county_is_exported_into_an_empty_folder_only(
    app: Flask, tenant: Tenant, office: User, tmp_path: Path
) -> None:
    code, said = run(app, "export", tenant.slug, tmp_path / "out", "--with-people")
    assert (code, (tmp_path / "out/pack.toml").is_file()) == (0, True), said
    assert "nothing new" in run(app, "diff", tmp_path / "out", "--tenant", tenant.slug)[1]

    assert run(app, "export", tenant.slug, tmp_path / "out")[0] == 1


def test_a_faulty_pack_and_an_unknown_county_are_named(app: Flask, tenant: Tenant, office: User, starter: Path) -> None:
    (starter / "routs.toml").write_text("", encoding="utf-8")

    code, said = run(app, "check", starter)
    assert (code, "routs.toml" in said) == (1, True)
    assert "no county" in run(app, "diff", starter, "--tenant", "nowhere")[1]


def test_the_schemas_are_written_where_asked(app: Flask, tenant: Tenant, tmp_path: Path) -> None:
    assert run(app, "schema", "--folder", tmp_path / "schemas")[0] == 0
    assert (tmp_path / "schemas/plan.schema.json").is_file()
