"""The audit trail, as the auditor reads it."""

from __future__ import annotations

from datetime import date

from flask import Blueprint, request
from flask.typing import ResponseReturnValue
from flask_babel import lazy_gettext as _l

from saas.access.decorators import requires
from saas.access.permissions import Permission
from saas.administration.audit import queries
from saas.audit.services import ACTION_LABELS
from saas.htmx import render_page

bp = Blueprint("audit", __name__, url_prefix="/audit")

SUBJECT_LABELS = {
    "appointment": _l("任职"),
    "assessment_fact": _l("考核事实"),
    "assessment_round": _l("考核轮次"),
    "collection": _l("填报任务"),
    "document": _l("公文"),
    "form_definition": _l("表单"),
    "org_unit": _l("单位"),
    "plan": _l("方案"),
    "plan_task_part": _l("任务分项"),
    "post": _l("岗位"),
    "review_case": _l("审签件"),
    "scheme_version": _l("考核方案"),
    "submission": _l("填报"),
    "target": _l("指标"),
    "tenant_settings": _l("县级设置"),
    "unit_link": _l("联系"),
    "unit_type": _l("单位类型"),
    "user": _l("账号"),
    "user_session": _l("登录会话"),
}


@bp.get("")
@requires(Permission.AUDIT_VIEW)
def index() -> ResponseReturnValue:
    wanted = queries.TrailFilter(
        action=request.args.get("action", ""),
        person=request.args.get("person", "").strip()[:80],
        day=_day(request.args.get("day", "")),
    )
    page = max(request.args.get("page", 1, type=int), 1)
    rows, count = queries.list_events(wanted, page=page)
    return render_page(
        "audit/index.html",
        fragment="audit_list",
        rows=rows,
        wanted=wanted,
        action_labels={action.value: label for action, label in ACTION_LABELS.items()},
        subject_labels=SUBJECT_LABELS,
        count=count,
        page=page,
        page_count=-(-count // queries.PAGE),
    )


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None
