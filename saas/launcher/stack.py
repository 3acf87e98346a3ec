"""The engines of this checkout, and the environment in which the application finds them."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from typing import Protocol

import psycopg

from saas.launcher.engines import EmbeddedPostgres, EmbeddedValkey
from saas.launcher.places import Places
from saas.launcher.processes import Identity, choose_port, stop_identity
from saas.launcher.server_account import engine_home
from saas.launcher.state import Secrets, State
from saas.launcher.terminal import RunError, progress, run_quietly
from saas.tenancy.rls import APP_ROLE, OPERATOR_ROLE, OWNER_ROLE, RECONCILER_ROLE

DATABASE = "jiceng"
STOP_ORDER = ("command", "worker", "reconciler", "web", "valkey", "postgres")  # whoever uses an engine goes before it
OWNER_SETTING = "DATABASE_OWNER_URL"
RECONCILER_SETTING = "DATABASE_RECONCILER_URL"
OPERATOR_SETTING = "DATABASE_OPERATOR_URL"
_MIGRATION_SECONDS = 900.0


class Part(Protocol):
    """What the supervisor needs of an engine or a program."""

    @property
    def name(self) -> str: ...
    @property
    def identity(self) -> Identity | None: ...
    def start(self) -> None: ...
    def stop(self) -> None: ...
    def is_alive(self) -> bool: ...
    def ending(self) -> str: ...


class Servers(Protocol):
    """The two servers the application talks to, ours or somebody else's."""

    def engines(self) -> list[Part]: ...
    def settings(self) -> dict[str, str]: ...


class EmbeddedServers:
    """PostgreSQL and Valkey in the folders of this checkout."""

    def __init__(self, places: Places, state: State) -> None:
        home = engine_home(places.home)
        self._places = places
        self._secrets = Secrets.load_or_make(places.secrets, data_exists=(home / "postgres").exists())
        self.postgres = EmbeddedPostgres(
            home / "postgres",
            state.ports["postgres"],
            password=self._secrets.superuser,
            role_passwords=self._secrets.roles,
            log=places.logs / "postgres.log",
        )
        self.valkey = EmbeddedValkey(
            places.home / "valkey", state.ports["valkey"], password=self._secrets.valkey, log=places.logs / "valkey.log"
        )

    def engines(self) -> list[Part]:
        return [self.postgres, self.valkey]

    def settings(self) -> dict[str, str]:
        """What the application has to be told about these servers."""
        return {
            "JICENG_ENV": "development",
            "DATABASE_URL": self.postgres.url(APP_ROLE, DATABASE),
            OWNER_SETTING: self.postgres.url(OWNER_ROLE, DATABASE),
            RECONCILER_SETTING: self.postgres.url(RECONCILER_ROLE, DATABASE),
            OPERATOR_SETTING: self.postgres.url(OPERATOR_ROLE, DATABASE),
            "REDIS_URL": self.valkey.url,
            "SECRET_KEY": self._secrets.secret_key,
            "STORAGE_DIR": str(self._places.files),
            "TRUSTED_HOSTS": os.environ.get("TRUSTED_HOSTS", "127.0.0.1,localhost"),
        }


class ForeignServers:
    """Servers that the environment names: what runs in production."""

    def engines(self) -> list[Part]:
        return []

    def settings(self) -> dict[str, str]:
        """Nothing: the environment says everything already."""
        return {}


def find_servers(places: Places, state: State) -> Servers:
    """The servers that the environment names, or our own."""
    return ForeignServers() if uses_foreign_servers(os.environ) else EmbeddedServers(places, state)


def uses_foreign_servers(environ: Mapping[str, str]) -> bool:
    """Whether DATABASE_URL and REDIS_URL are set; one without the other is a mistake."""
    named = [name for name in ("DATABASE_URL", "REDIS_URL") if environ.get(name)]
    if len(named) == 1:
        raise RunError(f"Only {named[0]} is set. Set both DATABASE_URL and REDIS_URL, or neither.")
    return bool(named)


def start_engines(servers: Servers, state: State) -> None:
    """Start the engines, and create the roles and the database if this is the first time."""
    for engine in servers.engines():
        progress(f"starting {engine.name}")
        engine.start()
        state.note(engine.name, engine.identity)
    if isinstance(servers, EmbeddedServers):
        servers.postgres.create_database(DATABASE)


def migrate(servers: Servers, places: Places, address: str) -> None:
    """Bring the tables to this version, as the role that owns them."""
    environ = application_environment(servers, places, address)
    if not environ.get(OWNER_SETTING):
        return  # somebody else runs the migrations
    if _is_at_head(environ[OWNER_SETTING], places):
        return
    progress("bringing the database to this version")
    command = flask_command(places, "db", "upgrade")
    log = places.logs / "migrations.log"
    trouble = "The database could not be brought to this version (flask db upgrade failed)."
    run_quietly(command, log, trouble, seconds=_MIGRATION_SECONDS, env=environ, cwd=places.root)


def _is_at_head(owner_url: str, places: Places) -> bool:
    """Whether the last migration has run: asking costs nothing, starting the application to find out takes seconds."""
    names = sorted(path.stem for path in (places.root / "migrations" / "versions").glob("*.py"))
    try:
        with psycopg.connect(owner_url, connect_timeout=5) as connection:
            reached = connection.execute("SELECT version_num FROM alembic_version").fetchall()
    except psycopg.Error:
        return False  # no tables yet, or a server that the migrations will report on
    return bool(names) and reached == [(names[-1],)]


def application_environment(
    servers: Servers, places: Places, address: str, *, without: Sequence[str] = ()
) -> dict[str, str]:
    """The whole environment of one of the application's processes, less the settings it has no business with."""
    defaults = {"FONT_DIR": str(places.fonts), "PUBLIC_URL": address, "FLASK_APP": "wsgi.py"}
    always = {"PYTHONUTF8": "1", "PYTHONUNBUFFERED": "1"}
    environ = {**defaults, **os.environ, **servers.settings(), **always}
    return {name: value for name, value in environ.items() if name not in without}


def flask_command(places: Places, *arguments: str) -> list[str]:
    return [str(places.python), "-m", "flask", *arguments]


def end_orphans(state: State) -> bool:
    """Stop, in order, what a killed run left behind; whether there was anything."""
    found = False
    for name in STOP_ORDER:
        identity = state.processes.get(name)
        if identity is None:
            continue
        if identity.is_running():
            found = True
            progress(f"stopping {name} of an earlier run (process {identity.pid})")
            last = signal.SIGQUIT if name == "postgres" else signal.SIGKILL
            first = signal.SIGINT if name == "postgres" else signal.SIGTERM
            stop_identity(identity, first=first, seconds=30, last=last)
        state.note(name, None)
    return found


def stop_parts(parts: Iterable[Part], state: State) -> None:
    """Stop everything in order, even if one of them makes trouble."""
    by_name = {part.name: part for part in parts}
    for name in STOP_ORDER:
        part = by_name.get(name)
        if part is not None and part.is_alive():
            progress(f"stopping {name}")
            part.stop()
        with suppress(OSError):  # a full disk must not keep the rest running
            state.note(name, None)


def renew_ports(state: State) -> None:
    """Keep the ports of the last run where they are free. Call it while no engine runs."""
    postgres = choose_port(state.ports.get("postgres"))
    valkey = choose_port(state.ports.get("valkey"), avoid=frozenset({postgres}))
    state.ports = {"postgres": postgres, "valkey": valkey}
    state.save()
