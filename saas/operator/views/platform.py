"""The deployment itself: how it is, who operates it and what they did."""

from __future__ import annotations

from datetime import timedelta

from flask import render_template, request
from flask.typing import ResponseReturnValue

from saas.db import utc_now
from saas.htmx import render_page
from saas.operator import queries
from saas.operator.access import operator_required
from saas.operator.db import operator_session
from saas.operator.health import look
from saas.operator.trail import DETAILS, find_break, find_head
from saas.operator.views.blueprint import bp
from saas.operator.views.counties import action_labels

LONG_WAIT = timedelta(minutes=10)


@bp.get("/health")
@operator_required
def health() -> ResponseReturnValue:
    session = operator_session()
    seen = look(session)
    oldest = seen.jobs.oldest_waiting
    return render_template(
        "operator/health.html",
        health=seen,
        waits_long=oldest is not None and utc_now() - oldest > LONG_WAIT,
        dead=queries.list_dead_jobs(session),
        looked_at=utc_now(),
    )


@bp.get("/operators")
@operator_required
def operators() -> ResponseReturnValue:
    return render_template(
        "operator/operators.html", operators=queries.list_operators(operator_session()), now=utc_now()
    )


@bp.get("/events")
@operator_required
def events() -> ResponseReturnValue:
    session = operator_session()
    page = min(max(request.args.get("page", 1, type=int), 1), 100_000)
    rows, count = queries.list_events(session, page=page)
    return render_page(
        "operator/events.html",
        fragment="event_list",
        rows=rows,
        labels=action_labels(),
        names=DETAILS,
        count=count,
        page=page,
        page_count=-(-count // queries.PAGE),
        head=find_head(session),
        is_checked="check" in request.args,  # reads every line, so only when asked
        broken_at=find_break(session) if "check" in request.args else None,
    )
