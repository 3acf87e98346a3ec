"""Publishing a draft with what it means (检查并发布), and comparing two versions (版本比对)."""

from __future__ import annotations

import uuid
from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from flask_login import current_user

from saas.access.decorators import requires
from saas.access.permissions import Permission
from saas.db import unit_of_work
from saas.domain.compatibility import Finding, FindingKind, Severity, compare_forms
from saas.domain.fields import count_fields
from saas.form_pages import worded
from saas.forms import queries, services
from saas.forms.approval import loses_approval
from saas.forms.definitions import definition_of_version
from saas.forms.finding_words import KIND_LABELS, MEANINGS, SEVERITY_LABELS
from saas.forms.forms import TYPE_LABELS
from saas.forms.models import FormDefinition, FormVersion
from saas.forms.publishing_checks import hints_on, publishing_problems
from saas.forms.uses import list_field_uses, list_stakes, uses_of
from saas.forms.views.blueprint import bp, refuse_stale


@bp.get("/<uuid:form_id>/versions/<int:number>/publish")
@requires(Permission.FORM_EDIT)
def publish(form_id: uuid.UUID, number: int) -> ResponseReturnValue:
    return _publish_page(queries.get_version(form_id, number, current_user))


@bp.post("/<uuid:form_id>/versions/<int:number>/publish")
@requires(Permission.FORM_EDIT)
def publish_send(form_id: uuid.UUID, number: int) -> ResponseReturnValue:
    draft = queries.get_version(form_id, number, current_user)
    refuse_stale(draft, request.form.get("version"))
    is_known = request.form.get("acknowledged") == "yes"
    if services.needs_acknowledgement(draft) and not is_known:
        return _publish_page(draft, gettext("请确认已经知道口径变化的影响")), 422
    with unit_of_work():
        services.publish(draft, actor=current_user, is_acknowledged=is_known)
    flash(gettext("第 %(number)s 版已发布。", number=number), "success")
    return redirect(url_for(".show", form_id=form_id), code=303)


@bp.get("/<uuid:form_id>/compare")
@requires(Permission.FORM_VIEW)
def compare(form_id: uuid.UUID) -> ResponseReturnValue:
    form, versions = queries.get_form(form_id, current_user), queries.list_versions(form_id)
    numbers = [version.number for version in versions]
    new = queries.get_version(form_id, request.args.get("new", max(numbers), int), current_user)
    earlier = max((number for number in numbers if number < new.number), default=new.number)
    old = queries.get_version(form_id, request.args.get("old", earlier, int), current_user)
    return render_template(
        "forms/compare.html", form=form, numbers=sorted(numbers), old=old, new=new, **_findings(form, old, new)
    )


def _publish_page(draft: FormVersion, error: str = "") -> str:
    definition = definition_of_version(draft)
    former = queries.find_published_version(draft.form_id)
    return render_template(
        "forms/publish.html",
        version=draft,
        former=former,
        field_count=count_fields(definition),
        loses_approval=loses_approval(draft.form, definition),
        stakes=list_stakes(draft.form, definition),
        error=error,
        problems=[worded(each) for each in publishing_problems(draft.form, definition)],
        hints=hints_on(definition),
        **(_findings(draft.form, former, draft) if former else {"lines": [], "counts": {}, "severities": {}}),
    )


def _findings(form: FormDefinition, old: FormVersion, new: FormVersion) -> dict[str, Any]:
    """The lines of the comparison, each with its words and with who uses the field."""
    findings = compare_forms(definition_of_version(old), definition_of_version(new))
    uses = list_field_uses(form) if findings else {}
    lines = [
        {
            "finding": each,
            "kind": KIND_LABELS[each.kind],
            "before": _said(each, each.before),
            "after": _said(each, each.after),
            "meaning": MEANINGS.get(each.kind, ""),
            "uses": uses_of(each.old_path, uses) if each.old_path and each.severity is not Severity.HARMLESS else [],
        }
        for each in findings
    ]
    counts = {severity: sum(each.severity is severity for each in findings) for severity in Severity}
    return {"lines": lines, "counts": counts, "severities": SEVERITY_LABELS}


_SENSITIVITIES = {"": "未分级", "personal": "个人信息", "sensitive": "敏感个人信息"}


def _said(finding: Finding, text: str) -> object:
    if finding.kind in {FindingKind.TYPE_CHANGED, FindingKind.TYPE_WIDENED}:
        return next(label for kind, label in TYPE_LABELS.items() if kind.value == text)
    if finding.kind is FindingKind.SENSITIVITY_LOWERED:
        return gettext(_SENSITIVITIES[text])
    return text
