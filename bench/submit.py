"""Handing a report in: 4 clients at a real server with 2 processes, beside the same rows written through psycopg."""

from __future__ import annotations

import http.client
import json
import os
import re
import socket
import subprocess
import sys
import threading
import time
import uuid
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, TypeVar
from urllib.parse import urlencode

import psycopg
from sqlalchemy import select

from bench.measuring import Measurement, Timing, percentile
from bench.place import SLUG, Place, months
from saas.config import ROOT
from saas.db import db
from saas.submissions.models import Collection, Submission
from saas.tenancy.scope import tenant_scope

CLIENTS, RUNS = 4, 5
SLOWEST = 0.95
HIDDEN = re.compile(r'name="(csrf_token|send_token|version)"[^>]*value="([^"]+)"')
COOKIE = re.compile(r"^[^;]+")
# What handing in one report writes besides the report itself, in the order of their keys.
WRITTEN = ("review_case", "review_task", "review_decision", "audit_event", "sent_form")
Item = TypeVar("Item")


@dataclass(frozen=True)
class Report:
    """A draft to be handed in, and who may."""

    id: uuid.UUID
    token: str


def measure(place: Place) -> list[Measurement]:
    """Each run hands in one month of 150 villages; the slowest twentieth of it counts."""
    ours, floors, every = [], [], []
    with server(place) as port:
        for run in range(RUNS + 1):
            took = in_parallel(_reports(place, run), lambda report: _hand_in(port, report))
            rows = rows_of_one(place)
            floor = in_parallel([rows] * len(took), lambda each: write_rows(place, each))
            if run:  # the first one warms up
                ours.append(percentile(took, SLOWEST))
                floors.append(percentile(floor, SLOWEST))
                every += took
    half = percentile(every, 0.5) * 1000
    note = f"p95 at {CLIENTS} clients, p50 {half:.0f} ms; floor: the same rows through psycopg"
    return [Measurement("submit", "hand in a report", Timing(tuple(ours)), Timing(tuple(floors)), note)]


@contextmanager
def server(place: Place) -> Iterator[int]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    command = [sys.executable, "-m", "gunicorn", "wsgi:app", "--bind", f"127.0.0.1:{port}", "--no-control-socket"]
    command += ["--workers", "2", "--worker-class", "gthread", "--threads", "4", "--log-level", "warning"]
    process = subprocess.Popen(command, env=os.environ | place.environ, cwd=ROOT, stdin=subprocess.DEVNULL)
    try:
        _wait_for(port)
        yield port
    finally:
        process.terminate()
        process.wait(timeout=30)


def _wait_for(port: int) -> None:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        try:
            if request(port, "GET", "/healthz", "").status == 200:
                return
        except OSError:
            time.sleep(0.2)
    raise TimeoutError("the server did not answer")


def _reports(place: Place, month: int) -> list[Report]:
    """The drafts of one month."""
    with place.app.app_context(), tenant_scope(place.tenant_id):
        rows = db.session.execute(
            select(Submission.id, Submission.unit_id)
            .join(Collection, Collection.id == Submission.collection_id)
            .where(Collection.code == "bench_monthly", Submission.period_start == months()[month])
            .order_by(Submission.id)
        ).all()
    return [Report(row.id, place.clerk_tokens[row.unit_id]) for row in rows]


def in_parallel(items: Sequence[Item], action: Callable[[Item], float]) -> list[float]:
    """Let the clients share the items; return how long each item took."""
    took: list[float] = []
    failures: list[BaseException] = []

    def client(share: Sequence[Item]) -> None:
        try:
            took.extend([action(item) for item in share])
        except BaseException as error:
            failures.append(error)

    threads = [threading.Thread(target=client, args=(items[number::CLIENTS],)) for number in range(CLIENTS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failures:
        raise failures[0]
    return took


def _hand_in(port: int, report: Report) -> float:
    """Open the page on which the report is checked once more, then send it; only the sending is timed."""
    session = f"{SLUG}-session={report.token}"
    page = request(port, "GET", f"/{SLUG}/submissions/{report.id}/confirm", session)
    assert page.status == 200, page.status
    cookies = [found[0] for text in page.cookies if (found := COOKIE.match(text))]
    body = urlencode(dict(HIDDEN.findall(page.text)))
    begun = time.perf_counter()
    answer = request(port, "POST", f"/{SLUG}/submissions/{report.id}/submit", "; ".join([session, *cookies]), body)
    took = time.perf_counter() - begun
    assert answer.status == 303, (answer.status, answer.text[:2000])
    return took


@dataclass(frozen=True)
class _Answer:
    status: int
    text: str
    cookies: list[str]


def request(port: int, method: str, path: str, cookie: str, body: str | None = None) -> _Answer:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    try:
        form = {"Content-Type": "application/x-www-form-urlencoded"} if body is not None else {}
        connection.request(method, path, body=body, headers={"Cookie": cookie, **form})
        answer = connection.getresponse()
        return _Answer(answer.status, answer.read().decode(), answer.headers.get_all("Set-Cookie") or [])
    finally:
        connection.close()


# --- the floor ------------------------------------------------------------------------------------------------------


def rows_of_one(place: Place) -> dict[str, list[dict[str, Any]]]:
    """The rows that the last report left behind, table by table."""
    with psycopg.connect(place.app_dsn) as connection:
        _bind(connection, place)
        case = connection.execute("SELECT id, subject_id FROM review_case ORDER BY id DESC LIMIT 1").fetchone()
        assert case is not None
        conditions = {
            "review_case": ("id", case[0]),
            "review_task": ("case_id", case[0]),
            "review_decision": ("case_id", case[0]),
            "audit_event": ("subject_id", case[1]),
            "sent_form": ("location", f"/{SLUG}/submissions/{case[1]}"),
        }
        return {
            table: [
                row[0]
                for row in connection.execute(
                    f'SELECT to_jsonb(t) FROM "{table}" t WHERE {conditions[table][0]} = %s', [conditions[table][1]]
                )
            ]
            for table in WRITTEN
        }


def write_rows(place: Place, rows: dict[str, list[dict[str, Any]]]) -> float:
    """Write the same rows again under new ids, in one transaction as the application's role."""
    case_id, subject_id = str(uuid.uuid4()), str(uuid.uuid4())
    with psycopg.connect(place.app_dsn) as connection:
        begun = time.perf_counter()
        _bind(connection, place)
        connection.execute(
            "UPDATE submission SET updated_at = now(), version = version + 1"
            " WHERE id = (SELECT id FROM submission WHERE status = 'draft' ORDER BY random() LIMIT 1)"
        )
        for table, found in rows.items():
            for row in found:
                renewed = {**row, "id": case_id if table == "review_case" else str(uuid.uuid4())}
                renewed |= {"case_id": case_id} if "case_id" in row else {}
                renewed |= {"subject_id": subject_id} if "subject_id" in row else {}
                connection.execute(
                    f'INSERT INTO "{table}" SELECT * FROM jsonb_populate_record(NULL::"{table}", %s::jsonb)',
                    [json.dumps(renewed)],
                )
        connection.commit()
        return time.perf_counter() - begun


def _bind(connection: psycopg.Connection, place: Place) -> None:
    connection.execute("SELECT set_config('app.tenant_id', %s, true)", [str(place.tenant_id)])
