"""Handing reports in at a steady rate for a minute: none is lost, and the slowest twentieth is still quick.

The rate is kept whatever the server does, and a report counts from the moment it was due to be sent: a server that
falls behind cannot hide it by being asked less.
"""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Sequence
from datetime import date, timedelta
from urllib.parse import urlencode

from sqlalchemy import func, select

from bench.measuring import Measurement, Timing, percentile
from bench.place import SLUG, Place, add_drafts
from bench.submit import COOKIE, HIDDEN, SLOWEST, Report, in_parallel, request, rows_of_one, server, write_rows
from saas.db import db, local_today, unit_of_work
from saas.review.models import ReviewCase
from saas.submissions.models import Collection, Submission
from saas.tenancy.scope import tenant_scope

RATE, SECONDS, CLIENTS = 50, 60, 16
Ready = tuple[str, str, str]  # the address, the cookies, the form


def measure(place: Place) -> list[Measurement]:
    """Reports of many months, opened beforehand; then only the sending, at so many a second."""
    reports = _reports(place, RATE * SECONDS)
    with server(place) as port:
        ready: list[Ready] = []
        in_parallel(reports, lambda report: _open(port, report, ready))
        took = _send_steadily(port, ready)
    floor = in_parallel([rows_of_one(place)] * 200, lambda rows: write_rows(place, rows))
    thirds = [took[start : start + len(took) // 3] for start in range(0, len(took), len(took) // 3)]
    lost = len(reports) - _handed_in(place, reports)
    assert not lost, f"{lost} of {len(reports)} reports were lost"
    half = percentile(took, 0.5) * 1000
    note = f"p95 at {RATE}/s for {SECONDS} s, p50 {half:.0f} ms, none of {len(reports)} lost; floor: the rows alone"
    ours = Timing(tuple(percentile(each, SLOWEST) for each in thirds))
    below = Timing((percentile(floor, SLOWEST),) * len(thirds))
    return [Measurement("submit_sustained", "hand reports in steadily", ours, below, note)]


def _reports(place: Place, count: int) -> list[Report]:
    """Drafts of months before those of the other measurements."""
    with place.app.app_context(), tenant_scope(place.tenant_id):
        with unit_of_work():
            start, made = _month_before(local_today().replace(year=local_today().year - 1)), 0
            while made < count:
                made += add_drafts(start)
                start = _month_before(start)
        rows = db.session.execute(
            select(Submission.id, Submission.unit_id)
            .join(Collection, Collection.id == Submission.collection_id)
            .where(Collection.code == "bench_monthly", Submission.period_start > start)
            .where(Submission.period_start < local_today().replace(year=local_today().year - 1))
            .order_by(Submission.id)
            .limit(count)
        ).all()
    return [Report(row.id, place.clerk_tokens[row.unit_id]) for row in rows]


def _month_before(day: date) -> date:
    return (day.replace(day=1) - timedelta(days=1)).replace(day=1)


def _open(port: int, report: Report, ready: list[Ready]) -> float:
    session = f"{SLUG}-session={report.token}"
    page = request(port, "GET", f"/{SLUG}/submissions/{report.id}/confirm", session)
    assert page.status == 200, page.status
    cookies = [found[0] for text in page.cookies if (found := COOKIE.match(text))]
    form = urlencode(dict(re.findall(HIDDEN, page.text)))
    ready.append((f"/{SLUG}/submissions/{report.id}/submit", "; ".join([session, *cookies]), form))
    return 0.0


def _send_steadily(port: int, ready: Sequence[Ready]) -> list[float]:
    """Send each at its time; return how long after it the answer was there, in the order of sending."""
    took = [0.0] * len(ready)
    failures: list[str] = []
    begun = time.perf_counter() + 0.5

    def client(number: int) -> None:
        for place in range(number, len(ready), CLIENTS):
            due = begun + place / RATE
            time.sleep(max(0.0, due - time.perf_counter()))
            path, cookies, form = ready[place]
            answer = request(port, "POST", path, cookies, form)
            took[place] = time.perf_counter() - due
            if answer.status != 303:
                failures.append(f"{answer.status} {answer.text[:200]}")

    threads = [threading.Thread(target=client, args=(number,)) for number in range(CLIENTS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failures, failures[:3]
    return took


def _handed_in(place: Place, reports: Sequence[Report]) -> int:
    """How many of them were handed in and are on their route, each once."""
    with place.app.app_context(), tenant_scope(place.tenant_id):
        return db.session.execute(
            select(func.count(func.distinct(ReviewCase.subject_id)))
            .join(Submission, Submission.id == ReviewCase.subject_id)
            .where(Submission.id.in_([report.id for report in reports]), Submission.digest != "")
        ).scalar_one()
