"""The blueprint of the console, and what its frame shows."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, request, url_for
from flask_babel import gettext
from flask_babel import lazy_gettext as _l

from saas.operator.access import PATH, find_operator_of_request
from saas.tenancy.address import find_current_county

bp = Blueprint("operator", __name__, url_prefix=PATH)

MENU = (
    (_l("县（区）"), "operator.index", ("operator.index", "operator.show", "operator.create")),
    (_l("运行状况"), "operator.health", ("operator.health",)),
    (_l("运维人员"), "operator.operators", ("operator.operators",)),
    (_l("操作留痕"), "operator.events", ("operator.events",)),
)


@bp.context_processor
def _frame() -> dict[str, Any]:
    if find_current_county() is not None:
        return {}  # an error page at a county's address
    who = find_operator_of_request()
    context: dict[str, Any] = {"county_name": gettext("平台运维"), "home_url": url_for("operator.index")}
    if who is None:
        return context
    return context | {
        "account": {
            "name": who.login_name,
            "post": gettext("运维人员"),
            "url": url_for("operator.change_password"),
            "sign_out_url": url_for("operator.sign_out"),
        },
        "navigation": [
            {"label": label, "url": url_for(endpoint), "is_current": request.endpoint in pages, "badge": 0}
            for label, endpoint, pages in MENU
        ],
    }
