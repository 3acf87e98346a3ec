"""The real thing on a database of its own: web server, worker and reconciler as processes, two small counties."""

from __future__ import annotations

import http.client
import os
import secrets
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import psycopg
from flask_migrate import upgrade
from psycopg import conninfo
from sqlalchemy import select

from saas import create_app
from saas.access.permissions import Role
from saas.accounts.models import Appointment, User
from saas.config import ROOT, load_config
from saas.db import db, local_today, unit_of_work
from saas.domain.periods import Cadence, period_of
from saas.org.models import OrgUnit, Post, UnitType
from saas.packs.services import apply_pack
from saas.submissions.models import Collection, CollectionWindow
from saas.tenancy.packs import Pack
from saas.tenancy.provisioning import create_tenant
from saas.tenancy.roles import ROLES, create_roles
from saas.tenancy.scope import tenant_scope
from tests.isolation.marking import few_units, large_town

ROLE_PASSWORD = "only-for-tests"
PASSWORD = "Browser-test-8"
COUNTIES: Mapping[str, tuple[str, Callable[[], Pack]]] = {
    "qinghe": ("清禾县", lambda: few_units("rural-county")),
    "linjiang": ("临江区", lambda: few_units("city-district")),
    "changxi": ("长溪县", lambda: large_town("rural-county", villages=17)),
    "dongling": ("东岭县", lambda: large_town("rural-county", villages=6)),  # its villages' yearly table is the grid's
}
SECONDS_TO_START = 120
# Numbered databases that no other test uses (0, 9 and 10 are taken): a worker takes every message that it finds.
OUR_REDIS = (1, 2, 3, 4, 5, 6, 7, 8, 11, 12, 13, 14, 15)


@dataclass(frozen=True)
class Site:
    """Where it is served, and the accounts by county, role and unit code."""

    url: str
    accounts: Mapping[str, Mapping[tuple[Role, str], str]]
    posts: Mapping[str, Mapping[str, str]]  # by county: post name at the root → login name
    roots: Mapping[str, str]
    environ: Mapping[str, str]  # of its processes, for commands beside them

    def command(self, *words: str) -> str:
        """Run a command of the application; return what it prints."""
        return run_command(self.environ, *words)

    def login(self, slug: str, role: Role, unit: str = "") -> str:
        """The login name of who holds the role at a unit, by default at the county itself."""
        return self.accounts[slug][role, unit or self.roots[slug]]

    def first_village(self, slug: str) -> tuple[str, str]:
        """The codes of the first unit that has a clerk, and of the unit above it."""
        code = min(unit for role, unit in self.accounts[slug] if role is Role.VILLAGE_CLERK)
        return code, min(unit for role, unit in self.accounts[slug] if role is Role.TOWN_OFFICER)


@contextmanager
def served(postgres: str, redis: str, folder: Path) -> Iterator[Site]:
    """Build the database, start the three processes, and take everything away at the end."""
    name = f"jiceng_browser_{os.getpid()}"
    create_roles(postgres, name, dict.fromkeys(ROLES, ROLE_PASSWORD))
    environ = _environ(postgres, redis, name, folder)
    try:
        accounts, posts, roots = _fill(environ)
        with ExitStack() as processes:
            port = _free_port()
            web = ["gunicorn", "wsgi:app", "--bind", f"127.0.0.1:{port}", "--no-control-socket", "--log-level", "error"]
            web += ["--workers", "2", "--worker-class", "gthread", "--threads", "4"]
            for command in (web, ["flask", "--app", "wsgi", "worker"], ["flask", "--app", "wsgi", "reconciler"]):
                processes.enter_context(_running(command, environ, folder / f"{command[-1]}.log"))
            _wait_for(port)
            yield Site(f"http://127.0.0.1:{port}", accounts, posts, roots, environ)
    finally:
        with psycopg.connect(postgres, autocommit=True) as connection:
            connection.execute(f"DROP DATABASE {name} WITH (FORCE)")


def run_command(environ: Mapping[str, str], *words: str) -> str:
    """Run `flask …` with these settings; return what it prints."""
    done = subprocess.run(
        [sys.executable, "-m", "flask", "--app", "wsgi", *words],
        env=os.environ | dict(environ),
        cwd=ROOT,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    return done.stdout


@contextmanager
def empty_system(postgres: str, redis: str, folder: Path) -> Iterator[tuple[str, dict[str, str]]]:
    """Another system without counties: the address of its web server, and the settings of its commands."""
    name = f"jiceng_elsewhere_{os.getpid()}"
    create_roles(postgres, name, dict.fromkeys(ROLES, ROLE_PASSWORD))
    environ = _environ(postgres, redis, name, folder)
    try:
        run_command(environ, "db", "upgrade")
        port = _free_port()
        web = ["gunicorn", "wsgi:app", "--bind", f"127.0.0.1:{port}", "--no-control-socket", "--log-level", "error"]
        with _running([*web, "--threads", "2"], environ, folder / "web.log"):
            _wait_for(port)
            yield f"http://127.0.0.1:{port}", environ
    finally:
        with psycopg.connect(postgres, autocommit=True) as connection:
            connection.execute(f"DROP DATABASE {name} WITH (FORCE)")


def _environ(postgres: str, redis: str, name: str, folder: Path) -> dict[str, str]:
    parts = conninfo.conninfo_to_dict(postgres)
    server = f"{parts.get('host')}:{parts.get('port')}/{name}"
    address = urlsplit(redis)
    return {
        "JICENG_ENV": "development",
        "DATABASE_URL": f"postgresql://jiceng_app:{ROLE_PASSWORD}@{server}",
        "DATABASE_OWNER_URL": f"postgresql://jiceng_owner:{ROLE_PASSWORD}@{server}",
        "DATABASE_RECONCILER_URL": f"postgresql://jiceng_reconciler:{ROLE_PASSWORD}@{server}",
        "DATABASE_OPERATOR_URL": f"postgresql://jiceng_operator:{ROLE_PASSWORD}@{server}",
        "REDIS_URL": urlunsplit(address._replace(path=f"/{OUR_REDIS[os.getpid() % len(OUR_REDIS)]}")),
        "SECRET_KEY": secrets.token_urlsafe(40),
        "STORAGE_DIR": str(folder / "files"),
        "FONT_DIR": os.environ.get("FONT_DIR") or str(ROOT / "var" / "fonts"),
    }


def _fill(
    environ: dict[str, str],
) -> tuple[dict[str, dict[tuple[Role, str], str]], dict[str, dict[str, str]], dict[str, str]]:
    app = create_app(load_config(environ))
    accounts, posts, roots = {}, {}, {}
    with app.app_context():
        upgrade()
        for slug, (name, pack) in COUNTIES.items():
            tenant_id = create_tenant(environ["DATABASE_OWNER_URL"], slug, name)
            with tenant_scope(tenant_id), unit_of_work():
                apply_pack(pack(), first_password=PASSWORD, must_change_password=False)
                _open_windows()
                accounts[slug], posts[slug], roots[slug] = _people()
        db.engine.dispose()
    return accounts, posts, roots


def _open_windows() -> None:
    """Whatever day it is: what is asked this period may be filled and re-checked today."""
    today = local_today()
    somebody = db.session.scalars(select(User.id)).first()
    for collection in db.session.scalars(select(Collection)):
        start = period_of(today, Cadence(collection.cadence)).start if collection.cadence in _CADENCES else None
        if start is not None:
            db.session.add(
                CollectionWindow(
                    collection_id=collection.id,
                    period_start=start,
                    opens_on=today - timedelta(days=2),
                    due_on=today + timedelta(days=2),
                    recheck_from=today - timedelta(days=1),
                    recheck_to=today + timedelta(days=2),
                    reason="测试",
                    changed_by_id=somebody,
                )
            )


_CADENCES = {cadence.value for cadence in Cadence}


def _people() -> tuple[dict[tuple[Role, str], str], dict[str, str], str]:
    rows = db.session.execute(
        select(User.login_name, Post.name, Post.roles, OrgUnit.code, UnitType.level)
        .join(Appointment, Appointment.user_id == User.id)
        .join(Post, Post.id == Appointment.post_id)
        .join(OrgUnit, OrgUnit.id == Post.unit_id)
        .join(UnitType, UnitType.id == OrgUnit.unit_type_id)
        .order_by(Post.sort_order.desc(), User.login_name.desc())
    ).all()
    root = next(row.code for row in rows if row.level == 1)
    accounts = {(Role(role), row.code): row.login_name for row in rows for role in row.roles}
    return accounts, {row.name: row.login_name for row in rows if row.code == root}, root


@contextmanager
def _running(command: list[str], environ: dict[str, str], log: Path) -> Iterator[None]:
    with log.open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", *command],
            env=os.environ | environ,
            cwd=ROOT,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
        )
        try:
            yield
        finally:
            process.terminate()
            try:
                process.wait(timeout=20)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _wait_for(port: int) -> None:
    deadline = time.monotonic() + SECONDS_TO_START
    while time.monotonic() < deadline:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
        try:
            connection.request("GET", "/healthz")
            if connection.getresponse().status == http.client.OK:
                return
        except OSError:
            time.sleep(0.2)
        finally:
            connection.close()
    raise TimeoutError("the web server did not answer")
