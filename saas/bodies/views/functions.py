"""Which unit is responsible for what (职能分工), over the whole county. Each unit's page is where it is changed."""

from __future__ import annotations

from flask import request
from flask.typing import ResponseReturnValue

from saas.access.decorators import requires
from saas.access.permissions import Permission
from saas.bodies.functions import list_functions
from saas.bodies.views.blueprint import bp
from saas.db import local_today
from saas.htmx import render_page


@bp.get("/functions")
@requires(Permission.ORG_VIEW)
def functions() -> ResponseReturnValue:
    words = request.args.get("words", "").strip()[:80]
    rows = list_functions(words, local_today())
    return render_page("bodies/functions.html", fragment="function_list", rows=rows, words=words)
