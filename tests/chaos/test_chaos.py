"""Whatever is killed, frozen or wiped: every job that was asked for takes effect, and only once."""

from __future__ import annotations

import os
import sys
import time
import uuid
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor

import psycopg
import pytest
from flask import Flask
from flask_migrate import upgrade
from psycopg.rows import TupleRow
from sqlalchemy.exc import OperationalError

from saas import create_app
from saas.config import load_config
from saas.db import db, unit_of_work
from saas.files.storage import LocalStore
from saas.jobs.models import Job
from saas.jobs.registry import temporary_kinds
from saas.jobs.services import request_job
from saas.launcher.scratch import scratch_folder
from saas.tenancy.provisioning import create_tenant
from saas.tenancy.scope import tenant_scope
from tests.chaos import kinds
from tests.chaos.arena import Arena
from tests.factories import make_user

pytestmark = pytest.mark.chaos

SEED = int(os.environ.get("CHAOS_SEED", "20261122"))
EFFECTS = 90
FAULTS = 16
SECONDS_BETWEEN_FAULTS = 0.8
SECONDS_OF_ASKING = 25.0
SECONDS_TO_END = 60.0


@pytest.fixture
def arena() -> Iterator[Arena]:
    with scratch_folder() as folder, temporary_kinds():
        kinds.register()
        place = Arena(folder, SEED)
        try:
            place.start_servers()
            yield place
        finally:
            place.stop()


@pytest.fixture
def site(arena: Arena) -> Iterator[Flask]:
    """The web part, which asks for the jobs."""
    app = create_app(load_config(arena.environ()))
    with app.app_context():
        upgrade()
        yield app
        db.session.remove()
        db.engine.dispose()


class Askers:
    """People of three counties who ask for work, and ask again when they see an error."""

    def __init__(self, app: Flask) -> None:
        self._app = app
        self.errors = 0
        self.people: list[tuple[uuid.UUID, uuid.UUID]] = []
        for slug in ("qingshan", "lvshui", "baiyun"):
            tenant_id = create_tenant(app.config["JICENG"].owner_url, slug, slug)
            with tenant_scope(tenant_id), unit_of_work():
                self.people.append((tenant_id, make_user().id))

    def ask(self, number: int) -> None:
        kind = kinds.POISON[number - EFFECTS] if number >= EFFECTS else kinds.EFFECT
        tenant_id, user_id = self.people[number % len(self.people)]
        args = {"user_id": user_id, "number": number} if kind == kinds.EFFECT else {}
        while True:
            try:
                with self._app.app_context(), tenant_scope(tenant_id), unit_of_work():
                    request_job(kind, str(number), args, actor=None)
            except OperationalError:
                self.errors += 1
                time.sleep(0.1)
            else:
                return


def test_nothing_is_lost_and_nothing_is_done_twice(
    arena: Arena, site: Flask, capsys: pytest.CaptureFixture[str]
) -> None:
    started = time.monotonic()
    askers = Askers(site)
    arena.start_programs()

    with ThreadPoolExecutor(1) as pool:
        asking = pool.submit(_ask_for_everything, askers)
        _wait_for(lambda: bool(_effects(arena)), arena)
        for hurt in arena.faults_to_come(FAULTS):
            _tend(arena, SECONDS_BETWEEN_FAULTS)
            hurt()
        asking.result(timeout=SECONDS_TO_END)
    _wait_for(lambda: not _open_jobs(arena), arena)

    jobs, effects = _jobs(arena), _effects(arena)
    with capsys.disabled():
        sys.stdout.write(_summary(arena, askers, jobs, effects, time.monotonic() - started))
    done = {key for kind, key, state, _, _ in jobs if kind == kinds.EFFECT and state == "done"}
    assert len(done) == EFFECTS
    assert Counter(effects) == Counter(f"effect {number}" for number in range(EFFECTS))
    poisoned = [
        (kind, state, attempt <= 3, bool(reason)) for kind, _, state, attempt, reason in jobs if kind != kinds.EFFECT
    ]
    assert sorted(poisoned) == sorted((kind, "dead", True, True) for kind in kinds.POISON)
    assert sum(arena.faults.values()) >= 15
    LocalStore(arena.storage).sweep(older_than=0)
    assert len([path for path in arena.storage.rglob("*") if path.is_file()]) == EFFECTS


def _ask_for_everything(askers: Askers) -> None:
    for number in range(EFFECTS + len(kinds.POISON)):
        askers.ask(number)
        time.sleep(SECONDS_OF_ASKING / EFFECTS)


def _tend(arena: Arena, seconds: float) -> None:
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        arena.tend()
        time.sleep(0.05)


def _wait_for(condition: Callable[[], bool], arena: Arena) -> None:
    deadline = time.monotonic() + SECONDS_TO_END
    while not condition() and time.monotonic() < deadline:
        _tend(arena, 0.3)


def _rows(arena: Arena, statement: str) -> list[TupleRow]:
    with psycopg.connect(arena.postgres.superuser_url, dbname="chaos") as connection:
        return connection.execute(statement.encode()).fetchall()


def _open_jobs(arena: Arena) -> int:
    return int(_rows(arena, "SELECT count(*) FROM job WHERE state IN ('queued', 'running')")[0][0])


def _jobs(arena: Arena) -> list[TupleRow]:
    return _rows(arena, f"SELECT kind, key, state, attempt, reason FROM {Job.__tablename__}")


def _effects(arena: Arena) -> list[str]:
    return [title for (title,) in _rows(arena, "SELECT title FROM notification")]


def _summary(arena: Arena, askers: Askers, jobs: list[TupleRow], effects: list[str], seconds: float) -> str:
    starts = sum(attempt for *_, attempt, _ in jobs)
    faults = ", ".join(f"{count} × {name}" for name, count in sorted(arena.faults.items()))
    return (
        f"\nchaos (seed {SEED}): {len(jobs)} jobs, {starts} counted starts, {len(effects)} effects, "
        f"{len(set(effects))} distinct, {sum(arena.faults.values())} faults ({faults}), "
        f"{askers.errors} errors seen while asking, {seconds:.0f} s\n"
    )
