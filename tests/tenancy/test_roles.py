"""Setting the database up: by several at once as by one."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

from saas.tenancy.roles import ROLES, create_roles
from tests.conftest import PASSWORD


def test_several_prepare_the_same_server_at_once(postgres: str, database: str) -> None:
    passwords = dict.fromkeys(ROLES, PASSWORD)

    with ThreadPoolExecutor(max_workers=8) as together:
        done = [together.submit(create_roles, postgres, database, passwords) for _ in range(40)]

    assert [each.exception() for each in done] == [None] * 40
