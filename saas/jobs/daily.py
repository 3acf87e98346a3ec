"""What is to be done once a day in every county (每日事务). Features add their part with `@daily`.

The reconciler asks for it: one job per active county and day, whose key is the date, so asking again changes nothing.
What is said to people (`is_said`) waits for the hours in which the county lets messages go out.
Pages do not wait for it: what a unit was on a day is read from its versions. Only `org_unit`'s copy of today's name,
type and attributes may lag behind for the minutes between midnight and the job.
"""

from __future__ import annotations

import logging
import time
import uuid
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from datetime import date, timedelta

from sqlalchemy import select

from saas.db import db, local_today, unit_of_work
from saas.jobs.services import request_job
from saas.org import versions
from saas.tenancy import once
from saas.tenancy.hours import sending_pause
from saas.tenancy.models import Tenant, TenantStatus
from saas.tenancy.scope import tenant_scope

logger = logging.getLogger(__name__)

KIND = "daily_work"
SAYING_KIND = "daily_messages"
LONGEST = 5.0  # seconds that one chore may take from sending jobs; the rest follows at the next

Work = Callable[[date], object]
_works: dict[str, Work] = {}
_said: set[str] = set()  # the names of the works that tell people something
_asked: dict[uuid.UUID, date] = {}  # the last day that this process asked for, by county


def daily(name: str, *, is_said: bool = False) -> Callable[[Work], Work]:
    """Register work of each day: called with the day, bound to a county, inside the job's own transaction.

    It may run again on the same day, and on a later day after days on which nothing ran. `name` stands in the log.
    """

    def decorate(work: Work) -> Work:
        if name in _works:
            raise RuntimeError(f"two kinds of daily work are called {name!r}")
        _works[name] = work
        if is_said:
            _said.add(name)
        return work

    return decorate


@daily("old_sends")
def forget_old_sends(today: date) -> None:
    """Every form that was carried out leaves a row, and a page that saves itself another."""
    once.forget_old_sends()


@daily("units")
def show_units_of_today(today: date) -> int:
    """Let units show what a reorganisation or an edit made of them from today on."""
    return versions.bring_up_to_date(today)


def do_daily_work(day: date) -> None:
    """Do everything that is registered, in the order of its names; what is said to people by day. Never commits."""
    _do(sorted(set(_works) - _said), day)
    pause = sending_pause() if _said else timedelta(0)
    if pause:
        request_job(SAYING_KIND, day.isoformat(), {}, actor=None, after=pause)
    else:
        say_daily_messages(day)


def say_daily_messages(day: date) -> None:
    """Do the part of the daily work that tells people something. Never commits."""
    _do(sorted(_said), day)


def _do(names: Iterable[str], day: date) -> None:
    for name in names:
        logger.info("daily work of %s: %s: %s", day, name, _works[name](day))


def request_daily_work() -> int:
    """Ask for today's work in every active county that was not asked for yet; return in how many.

    A chore of the reconciler. It ends after a few seconds: who is left is asked for at the next call.
    """
    today, until, asked = local_today(), time.monotonic() + LONGEST, 0
    try:
        for tenant_id in _list_counties():
            if _asked.get(tenant_id) == today:
                continue
            with tenant_scope(tenant_id), unit_of_work():
                request_job(KIND, today.isoformat(), {"day": today.isoformat()}, actor=None)
            _asked[tenant_id] = today
            asked += 1
            if time.monotonic() > until:
                break
    finally:
        db.session.remove()
    return asked


def _list_counties() -> list[uuid.UUID]:
    return list(
        db.session.scalars(select(Tenant.id).where(Tenant.status == TenantStatus.ACTIVE).order_by(Tenant.id)).all()
    )


@contextmanager
def temporary_works() -> Iterator[None]:
    """Forget, at the end, what was registered and asked for inside. For tests."""
    works, said, asked = dict(_works), set(_said), dict(_asked)
    _asked.clear()
    try:
        yield
    finally:
        _works.clear()
        _works.update(works)
        _said.clear()
        _said.update(said)
        _asked.clear()
        _asked.update(asked)
