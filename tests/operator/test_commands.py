"""`flask operators …` and `flask tenants …`."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from click.testing import Result
from flask import Flask

from saas.domain.errors import InvalidTransition
from saas.operator import services
from saas.operator.db import operator_work
from saas.tenancy.models import TenantQuota, TenantStatus
from tests.operator.conftest import Administered, Console, county_row

PASSWORD = re.compile(r"Jc-[\w-]{12}7")


def run(app: Flask, *words: str) -> Result:
    return app.test_cli_runner().invoke(args=list(words))


def test_an_operator_is_added_with_a_password_that_is_printed_once(app: Flask, console: Console) -> None:
    printed = run(app, "operators", "add", "ops2").output

    password = PASSWORD.findall(printed)[0]
    assert console.post("/sign-in", {"login_name": "ops2", "password": password}).status_code == 303
    assert "已存在" in run(app, "operators", "add", "ops2").output
    assert not PASSWORD.search(run(app, "operators", "list").output)


def test_an_operator_is_disabled_enabled_and_reset(app: Flask, console: Console) -> None:
    first = PASSWORD.findall(run(app, "operators", "add", "ops2").output)[0]
    run(app, "operators", "disable", "ops2")
    assert console.post("/sign-in", {"login_name": "ops2", "password": first}).status_code == 422
    run(app, "operators", "enable", "ops2")
    second = PASSWORD.findall(run(app, "operators", "reset", "ops2").output)[0]
    assert console.post("/sign-in", {"login_name": "ops2", "password": first}).status_code == 422
    assert console.post("/sign-in", {"login_name": "ops2", "password": second}).status_code == 303
    assert run(app, "operators", "disable", "nobody").exit_code == 1
    assert "head" in run(app, "operators", "verify").output


def test_a_county_is_created_once_and_left_as_it_is_the_second_time(app: Flask) -> None:
    assert run(app, "tenants", "create", "xinyi", "新宜县").exit_code == 0
    assert "exists already" in run(app, "tenants", "create", "xinyi", "新宜县").output
    refused = run(app, "tenants", "create", "xinyi", "另一县")
    assert (refused.exit_code, "已被使用" in refused.output) == (1, True)
    assert app.test_client().get("/xinyi/sign-in").status_code == 200


def test_a_county_is_founded_with_its_three_administrators(app: Flask) -> None:
    words = ["--system-admin", "许闻舟:sys", "--security-admin", "陶予安:sec", "--auditor", "冉知行:aud"]

    printed = run(app, "tenants", "create", "xinyi", "新宜县", *words).output

    assert len(PASSWORD.findall(printed)) == 3
    assert run(app, "tenants", "create", "beiya", "北崖区", *words[:2]).exit_code == 1
    assert "beiya" not in run(app, "tenants", "list").output


def test_what_the_console_does_the_commands_do(app: Flask, county: Administered) -> None:
    for words in (
        ["suspend", "xinyi", "--reason", "合同到期"],
        ["resume", "xinyi"],
        ["rename", "xinyi", "新宜市"],
        ["map-host", "xinyi", "xy.example.cn"],
        ["quota", "xinyi", "--users", "40", "--storage-mb", "1", "--jobs", "2"],
        ["usage", "xinyi", "--now"],
        ["slug", "xinyi", "xinyi2"],
    ):
        result = run(app, "tenants", *words)
        assert result.exit_code == 0, (words, result.output)
    with county_row(app, "xinyi2") as (session, row):
        assert (row.name, row.status) == ("新宜市", TenantStatus.ACTIVE)
        quota = session.get_one(TenantQuota, county.id)
        assert (quota.max_users, quota.max_storage_bytes, quota.max_jobs_in_flight) == (40, 1024 * 1024, 2)
    assert "3 accounts" in run(app, "tenants", "usage").output
    assert run(app, "tenants", "unmap-host", "xinyi2", "xy.example.cn").exit_code == 0
    assert run(app, "tenants", "unmap-host", "xinyi2", "xy.example.cn").exit_code == 1
    assert run(app, "tenants", "suspend", "nowhere", "--reason", "x").exit_code == 1


def test_a_county_goes_into_a_file_and_comes_back(app: Flask, county: Administered, tmp_path: Path) -> None:
    file, certificate = str(tmp_path / "a.zip"), str(tmp_path / "c.pdf")
    assert run(app, "tenants", "export", "xinyi", file).exit_code == 0
    assert "equals the file" in run(app, "tenants", "verify", file, "--against", "xinyi").output
    options = ["--export", str(tmp_path / "b.zip"), "--certificate", certificate]
    assert "--yes" in run(app, "tenants", "offboard", "xinyi", *options).output
    left = run(app, "tenants", "offboard", "xinyi", *options, "--yes")
    assert left.exit_code == 0, left.output
    assert app.test_client().get("/xinyi/sign-in").status_code == 404
    back = run(app, "tenants", "restore", file, "--slug", "xinyi3")
    assert "every digest equal" in back.output
    account = county.accounts[0]
    signed_in = app.test_client().post(
        "/xinyi3/sign-in", data={"login_name": account.login_name, "password": account.password}
    )
    assert signed_in.status_code == 303


def test_offboarding_overwrites_no_earlier_file(app: Flask, county: Administered, tmp_path: Path) -> None:
    (tmp_path / "a.zip").write_text("an earlier export")

    words = ["--export", str(tmp_path / "a.zip"), "--certificate", str(tmp_path / "c.pdf"), "--yes"]
    assert run(app, "tenants", "offboard", "xinyi", *words).exit_code == 1
    assert (tmp_path / "a.zip").read_text() == "an earlier export"


def test_an_unfinished_county_can_be_discarded_and_a_finished_one_cannot(app: Flask, county: Administered) -> None:
    with app.app_context(), operator_work() as session:
        services.register_county(session, "halfway", "半县", actor="test")

    assert run(app, "tenants", "discard", "halfway").exit_code == 0
    assert "halfway" not in run(app, "tenants", "list").output
    assert run(app, "tenants", "discard", "xinyi").exit_code == 1
    with county_row(app, "xinyi") as (session, row), pytest.raises(InvalidTransition):
        services.give_up_preparing(session, row)
