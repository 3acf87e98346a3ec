"""The first page."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from flask import Blueprint, jsonify, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from flask_babel import lazy_gettext as _l
from flask_login import current_user

from saas.access.decorators import public, requires
from saas.access.permissions import Permission, Role
from saas.accounts.delegation import list_delegations_in_force
from saas.assessment.queries.home import last_results, open_rounds
from saas.assessment.queries.rounds import period_of_round
from saas.db import local_today
from saas.forms.approval import list_waiting
from saas.home import queries
from saas.home.filing import filing_progress
from saas.home.to_do import REVIEWS_SHOWN, list_to_dos
from saas.notifications.queries import list_unread
from saas.tenancy.address import find_current_county

bp = Blueprint("home", __name__)

WEEKDAYS = (_l("星期一"), _l("星期二"), _l("星期三"), _l("星期四"), _l("星期五"), _l("星期六"), _l("星期日"))
ADMINISTRATORS_OF_A_COUNTY = 3  # they are there from the beginning
OVERSEERS = frozenset({Role.OFFICE, Role.LEADER, Role.DEPARTMENT, Role.TOWN_OFFICER})


@bp.get("/")
@public
def root() -> ResponseReturnValue:
    if find_current_county() is None:
        return render_template("home/root.html")
    return redirect(url_for("home.index"), code=303)


@bp.get("/home")
@requires(Permission.HOME_VIEW)
def index() -> ResponseReturnValue:
    today = local_today()
    return render_template(
        "home/index.html",
        today=today,
        weekday=WEEKDAYS[today.weekday()],
        to_dos=list_to_dos(current_user, today),
        reviews_shown=REVIEWS_SHOWN,
        unread=list_unread(current_user.id),
        delegations_in_force=list_delegations_in_force(today, current_user.id),
        results=last_results(current_user),
        rounds=open_rounds(current_user),
        period_of_round=period_of_round,
        documents=_documents(),
        **_numbers(today),
    )


def _documents() -> list[queries.RecentDocument]:
    return queries.list_recent_documents() if current_user.permits(Permission.DOCUMENT_VIEW) else []


def _numbers(today: date) -> dict[str, Any]:
    """The figures of what the person oversees; an administrator oversees the system itself."""
    roles, found = current_user.roles, dict[str, Any]()
    if Role.SYSTEM_ADMIN in roles:
        found["organisation"] = numbers = queries.organisation_numbers(today)
        found["first_steps"] = _first_steps(numbers)
    if Role.SECURITY_ADMIN in roles:
        found["accounts"] = queries.account_numbers()
    if Role.AUDITOR in roles:
        found["trail"] = queries.audit_numbers(today)
    if current_user.permits(Permission.FORM_APPROVE):
        found["waiting_forms"] = list_waiting(today)
    if roles & OVERSEERS:
        found["filing"] = filing_progress(current_user, today)
        found["overdue_parts"], found["parts"] = queries.count_parts(current_user, today)
        found["open_cases"] = queries.count_open_cases(current_user, today)
    return found


def _first_steps(numbers: Mapping[str, int]) -> list[tuple[bool, str, str, str]]:
    """What a new county sets up, in order: whether it is done, what, how, and where. Nothing once all is done."""
    units, packs = numbers["units"] > 1, numbers["packs"] > 0
    people, forms = numbers["people"] > ADMINISTRATORS_OF_A_COUNTY, numbers["forms"] > 0
    steps = [
        (units, gettext("设立镇村"), gettext("从全国行政区划清单中选，或用表格导入"), url_for("divisions.index")),
        (packs, gettext("选用配置包"), gettext("表单、流程、方案和考核办法，选用后可改"), url_for("packs.index")),
        (people, gettext("登记人员"), gettext("由安全管理员登记或导入，再安排岗位"), url_for("accounts.index")),
        (forms, gettext("准备表单"), gettext("检查配置包带来的表单，或新建"), url_for("forms.index")),
        (
            numbers["collections"] > 0,
            gettext("布置填报"),
            gettext("谁填、多久填一次、几日截止"),
            url_for("submissions.collections"),
        ),
    ]
    return [] if all(is_done for is_done, *_ in steps) else steps


@bp.get("/healthz")
@public
def health() -> ResponseReturnValue:
    return jsonify(status="ok")
