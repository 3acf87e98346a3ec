"""What an organisation has to see to: terms that end soon, and posts that nobody holds."""

from __future__ import annotations

from datetime import timedelta

from flask import request
from flask.typing import ResponseReturnValue

from saas.access.decorators import requires
from saas.access.permissions import Permission
from saas.accounts import terms
from saas.accounts.views.blueprint import bp
from saas.db import local_today
from saas.htmx import render_page


@bp.get("/appointments/ending")
@requires(Permission.ORG_VIEW)
def ending_terms() -> ResponseReturnValue:
    asked = request.args.get("within", 90, type=int)
    within = asked if asked in terms.PERIODS else 90
    page = max(request.args.get("page", 1, type=int), 1)
    today = local_today()
    rows, count = terms.list_ending_terms(today, timedelta(days=within), page=page)
    return render_page(
        "accounts/ending_terms.html",
        fragment="ending_list",
        rows=rows,
        within=within,
        periods=terms.PERIODS,
        today=today,
        count=count,
        page=page,
        page_count=-(-count // terms.PAGE),
    )


@bp.get("/posts/vacant")
@requires(Permission.ORG_VIEW)
def vacant_posts() -> ResponseReturnValue:
    page = max(request.args.get("page", 1, type=int), 1)
    rows, count = terms.list_vacant_posts(local_today(), page=page)
    return render_page(
        "accounts/vacant_posts.html",
        fragment="vacant_list",
        rows=rows,
        today=local_today(),
        count=count,
        page=page,
        page_count=-(-count // terms.PAGE),
    )
