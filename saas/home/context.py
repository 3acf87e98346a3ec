"""What every page's frame needs: the county, who is looking, and the main menu."""

from __future__ import annotations

import hashlib
from functools import lru_cache
from pathlib import Path
from typing import Any

from flask import Flask, current_app, request, url_for
from flask_babel import gettext
from flask_babel import lazy_gettext as _l
from flask_login import current_user

from saas.access.permissions import Permission
from saas.local import local_day, local_time, plain_number
from saas.review.queries import count_open_tasks
from saas.tenancy.address import find_current_county
from saas.tenancy.once import carried_out, new_send_token
from saas.tenancy.scope import find_bound_tenant_id

MENU = (
    (_l("首页"), "home.index", Permission.HOME_VIEW),
    (_l("填报"), "submissions.index", Permission.SUBMISSION_VIEW),
    (_l("台账"), "registers.index", Permission.SUBMISSION_VIEW),
    (_l("审核签批"), "review.index", Permission.CASE_VIEW),
    (_l("方案任务"), "plans.index", Permission.PLAN_VIEW),
    (_l("考核"), "assessment.index", Permission.ASSESSMENT_VIEW),
    (_l("公文"), "documents.index", Permission.DOCUMENT_VIEW),
    (_l("统计"), "reports.index", Permission.SUBMISSION_VIEW),
    # One designs forms, the other approves that they are collected; nobody does both.
    (_l("表单"), "forms.index", Permission.FORM_EDIT),
    (_l("表单"), "forms.index", Permission.FORM_APPROVE),
    (_l("机构"), "org.index", Permission.ORG_VIEW),
    (_l("议事机构"), "bodies.index", Permission.ORG_VIEW),
    (_l("账号"), "accounts.index", Permission.ACCOUNT_VIEW),
    # Two kinds of administrators import different tables; nobody is both.
    (_l("导入导出"), "imports.index", Permission.ORG_EDIT),
    (_l("导入导出"), "imports.index", Permission.ACCOUNT_EDIT),
    (_l("审计"), "audit.index", Permission.AUDIT_VIEW),
    (_l("台账"), "registers.manage", Permission.SETTINGS_EDIT),  # who sets them up but reads none
    (_l("设置"), "settings.edit", Permission.SETTINGS_EDIT),
)

PART_OF = {"accounts": "people", "settings": "packs"}  # pages of this blueprint stand under that entry of the menu


def register_context(app: Flask) -> None:
    """Give every template the frame's context and the few functions that templates may call."""
    app.context_processor(_frame)
    app.jinja_env.globals.update(static_url=static_url, new_send_token=new_send_token, carried_out=carried_out)
    app.jinja_env.filters.update(local_time=local_time, local_day=local_day, number=plain_number)


def static_url(name: str) -> str:
    """The address of a static file, the same for every county, with its digest so that it may be kept for ever."""
    return f"/static/{name}?v={_digest(current_app.static_folder or '', name)}"


@lru_cache(maxsize=256)
def _digest(folder: str, name: str) -> str:
    path = Path(folder) / name
    return hashlib.sha256(path.read_bytes()).hexdigest()[:12] if path.is_file() else "0"


def _frame() -> dict[str, Any]:
    county = find_current_county()
    context: dict[str, Any] = {
        "county_name": county.name if county else gettext("基层治理工作平台"),
        "app_version": current_app.config["VERSION"],
        "account": None,
        "navigation": [],
        "home_url": "/",
        "Permission": Permission,
    }
    if county is None or find_bound_tenant_id() is None or not current_user.is_authenticated:
        return context
    post = current_user.main_post
    context["home_url"] = url_for("home.index")
    context["account"] = {
        "name": current_user.name,
        "post": f"{post.unit_name} {post.name}" if post else gettext("未任职"),
        "url": url_for("accounts.show"),
        "sign_out_url": url_for("accounts.sign_out"),
    }
    badges = _badges()
    context["navigation"] = [
        {
            "label": label,
            "url": url_for(endpoint),
            "is_current": _is_current(endpoint),
            "badge": badges.get(endpoint, 0),
        }
        for label, endpoint, permission in MENU
        if endpoint in current_app.view_functions and current_user.permits(permission)
    ]
    return context


def _badges() -> dict[str, int]:
    """What waits behind an entry of the menu: one statement, for those who decide."""
    if not current_user.permits(Permission.CASE_DECIDE):
        return {}
    return {"review.index": count_open_tasks(current_user)}


def _is_current(endpoint: str) -> bool:
    blueprint = endpoint.partition(".")[0]
    return request.blueprint in {blueprint, PART_OF.get(blueprint, blueprint)}
