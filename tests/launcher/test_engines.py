"""The embedded engines: what was committed survives a kill, and two servers never share a folder."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from saas.launcher.engines import EmbeddedPostgres, EmbeddedValkey
from saas.launcher.processes import choose_port, identify, wait_until
from saas.launcher.scratch import scratch_folder
from saas.launcher.terminal import RunError
from saas.tenancy.rls import APP_ROLE, OWNER_ROLE, RECONCILER_ROLE

ROLES = {APP_ROLE: "app-password", OWNER_ROLE: "owner-password", RECONCILER_ROLE: "reconciler-password"}


@pytest.fixture(scope="module")
def folder() -> Iterator[Path]:
    with scratch_folder() as path:
        yield path


@pytest.fixture(scope="module")
def server(folder: Path) -> Iterator[EmbeddedPostgres]:
    engine = EmbeddedPostgres(folder / "postgres", choose_port(), password="p w/@:", role_passwords=ROLES)
    engine.start()
    engine.create_database("jiceng")
    with psycopg.connect(engine.url(OWNER_ROLE, "jiceng")) as connection:
        connection.execute("CREATE TABLE kept (number integer PRIMARY KEY)")
    yield engine
    engine.stop()


@pytest.fixture
def postgres(server: EmbeddedPostgres) -> EmbeddedPostgres:
    if not server.is_alive():
        server.start()
    return server


@pytest.fixture
def valkey(folder: Path) -> Iterator[EmbeddedValkey]:
    engine = EmbeddedValkey(folder / "valkey", choose_port())
    engine.start()
    yield engine
    engine.stop()


def count_after_adding(engine: EmbeddedPostgres, number: int) -> int:
    with psycopg.connect(engine.url(OWNER_ROLE, "jiceng")) as connection:
        connection.execute("INSERT INTO kept VALUES (%s)", [number])
        row = connection.execute("SELECT count(*) FROM kept").fetchone()
    assert row is not None
    return int(row[0])


def test_committed_rows_survive_a_kill(postgres: EmbeddedPostgres) -> None:
    before = count_after_adding(postgres, 1)
    postgres.kill()
    assert not postgres.is_alive()
    postgres.start()
    assert count_after_adding(postgres, 2) == before + 1


def test_a_server_left_behind_is_stopped_before_a_new_one_uses_its_folder(postgres: EmbeddedPostgres) -> None:
    before = count_after_adding(postgres, 3)
    orphan = postgres.identity
    assert orphan is not None
    successor = EmbeddedPostgres(postgres.data_dir, choose_port(), password=postgres.password, role_passwords=ROLES)
    successor.start()
    try:
        assert not orphan.is_running()
        assert count_after_adding(successor, 4) == before + 1
    finally:
        successor.stop()


def test_a_pid_file_whose_number_belongs_to_another_program_does_not_stop_the_start(
    postgres: EmbeddedPostgres,
) -> None:
    postgres.stop()
    with subprocess.Popen(["sleep", "60"]) as stranger:
        pid_file = postgres.data_dir / "postmaster.pid"
        pid_file.write_text(f"{stranger.pid}\n{postgres.data_dir}\n1\n{postgres.port}\n\n127.0.0.1\n 0 0\nready\n")
        try:
            postgres.start()
            assert postgres.is_alive()
            assert stranger.poll() is None
        finally:
            stranger.kill()


def test_the_application_role_is_no_superuser_and_cannot_bypass_row_security(postgres: EmbeddedPostgres) -> None:
    with psycopg.connect(postgres.url(APP_ROLE, "jiceng")) as connection:
        row = connection.execute(
            "SELECT rolsuper, rolbypassrls, rolcreaterole FROM pg_roles WHERE rolname = current_user"
        ).fetchone()
    assert row == (False, False, False)


def test_a_wrong_password_opens_nothing(postgres: EmbeddedPostgres) -> None:
    intruder = EmbeddedPostgres(postgres.data_dir, postgres.port, password="guess")
    with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
        psycopg.connect(intruder.superuser_url)


def test_a_database_with_another_password_is_one_clear_line(postgres: EmbeddedPostgres) -> None:
    postgres.stop()
    other = EmbeddedPostgres(postgres.data_dir, choose_port(), password="another")
    try:
        with pytest.raises(RunError, match="another password than this checkout"):
            other.start()
    finally:
        other.stop()


def test_only_the_loopback_address_is_listened_on(postgres: EmbeddedPostgres) -> None:
    with psycopg.connect(postgres.superuser_url) as connection:
        row = connection.execute(
            "SELECT current_setting('listen_addresses'), current_setting('unix_socket_directories')"
        )
        assert row.fetchone() == ("127.0.0.1", "")


def test_the_database_password_is_in_no_file_of_the_folder(postgres: EmbeddedPostgres, folder: Path) -> None:
    assert not list(folder.glob("*.password"))


def test_a_taken_port_is_one_clear_line(postgres: EmbeddedPostgres, folder: Path) -> None:
    second = EmbeddedValkey(folder / "second", postgres.port)
    with pytest.raises(RunError, match=f"Port {postgres.port} .* is taken by another program"):
        second.start()


def test_a_server_that_cannot_start_shows_the_end_of_its_log(folder: Path) -> None:
    engine = EmbeddedPostgres(folder / "damaged", choose_port(), durable=False)
    engine.start()
    engine.stop()
    (engine.data_dir / "global" / "pg_control").write_bytes(b"")
    with pytest.raises(RunError, match="PostgreSQL did not start") as raised:
        engine.start()
    assert any("pg_control" in line for line in raised.value.details)


def test_the_server_does_not_run_as_root(postgres: EmbeddedPostgres) -> None:
    assert postgres.identity is not None
    status = Path(f"/proc/{postgres.identity.pid}/status").read_text()
    user = next(line for line in status.splitlines() if line.startswith("Uid:"))
    assert "0" not in user.split()[1:]


def test_stopping_twice_and_stopping_a_stopped_server_is_harmless(folder: Path) -> None:
    engine = EmbeddedValkey(folder / "twice", choose_port())
    engine.stop()
    engine.start()
    engine.stop()
    engine.stop()
    assert not engine.is_alive()


def test_queue_entries_survive_a_kill_one_second_later(valkey: EmbeddedValkey) -> None:
    with redis.Redis.from_url(valkey.url) as client:
        client.rpush("queue", "first", "second")
        assert wait_until(lambda: client.info("persistence")["aof_pending_bio_fsync"] == 0, 5)
    valkey.kill()
    valkey.start()
    with redis.Redis.from_url(valkey.url) as client:
        assert client.lrange("queue", 0, -1) == [b"first", b"second"]


def test_valkey_refuses_a_client_without_the_password(valkey: EmbeddedValkey) -> None:
    with (
        redis.Redis(port=valkey.port, host="127.0.0.1", retry=Retry(NoBackoff(), 0)) as client,
        pytest.raises(redis.AuthenticationError),
    ):
        client.ping()


def test_valkey_never_evicts_a_message(valkey: EmbeddedValkey) -> None:
    with redis.Redis.from_url(valkey.url) as client:
        assert client.config_get("maxmemory-policy") == {"maxmemory-policy": "noeviction"}


def test_a_valkey_left_behind_is_stopped_before_a_new_one_writes_its_log(valkey: EmbeddedValkey) -> None:
    orphan = valkey.identity
    assert orphan is not None
    successor = EmbeddedValkey(valkey.data_dir, choose_port())
    successor.start()
    try:
        assert identify(orphan.pid) != orphan
        assert successor.is_alive()
    finally:
        successor.stop()
