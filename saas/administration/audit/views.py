"""The audit trail, as the auditor reads it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date
from typing import Any

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
    "body": _l("议事机构"),
    "body_meeting": _l("会议"),
    "body_seat": _l("席位"),
    "body_template": _l("默认工作组"),
    "collection": _l("填报任务"),
    "delegation": _l("委托代办"),
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
    "unit_function": _l("职能"),
    "unit_link": _l("联系"),
    "unit_type": _l("单位类型"),
    "user": _l("账号"),
    "user_session": _l("登录会话"),
}

DETAIL_LABELS = {
    "acting_for": _l("受委托于"),
    "action": _l("操作"),
    "basis": _l("依据"),
    "body": _l("议事机构"),
    "change": _l("变更"),
    "code": _l("代码"),
    "collection": _l("填报任务"),
    "digest": _l("内容摘要"),
    "ends_on": _l("止于"),
    "fields": _l("改动项"),
    "from": _l("自"),
    "function": _l("职能"),
    "held_on": _l("日期"),
    "kind": _l("种类"),
    "links": _l("移交联系"),
    "login_name": _l("账号"),
    "name": _l("名称"),
    "new": _l("新增"),
    "number": _l("编号"),
    "on": _l("日期"),
    "pack": _l("配置包"),
    "parent": _l("上级单位"),
    "person": _l("人员"),
    "post": _l("岗位"),
    "reason": _l("原因"),
    "roles": _l("角色"),
    "roles_before": _l("原角色"),
    "seat": _l("席位"),
    "seats": _l("移交席位"),
    "starts_on": _l("起于"),
    "step": _l("环节"),
    "successor": _l("接任人"),
    "term": _l("届次"),
    "to": _l("退回到"),
    "topic": _l("议题"),
    "unit": _l("单位"),
    "user": _l("人员"),
}
SHOWN_DIGITS = 12  # of a digest or an id: enough to find it by
SHOWN_LENGTH = 80
_TOKEN = re.compile(r"[0-9a-f]{64}|[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


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
        shown_details=shown_details,
        count=count,
        page=page,
        page_count=-(-count // queries.PAGE),
    )


def shown_details(details: Mapping[str, Any]) -> list[tuple[object, str]]:
    """The details of an event as the list shows them: named, and long values cut."""
    return [
        (DETAIL_LABELS.get(name, name), _shown(value)) for name, value in details.items() if value not in ("", None)
    ]


def _shown(value: Any) -> str:
    if isinstance(value, Mapping):
        return "、".join(f"{key} {each}" for key, each in value.items())[:SHOWN_LENGTH]
    if isinstance(value, list):
        return "、".join(str(each) for each in value)[:SHOWN_LENGTH]
    text = str(value)
    if _TOKEN.fullmatch(text):
        return text[:SHOWN_DIGITS] + "…"
    return text if len(text) <= SHOWN_LENGTH else text[:SHOWN_LENGTH] + "…"


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None
