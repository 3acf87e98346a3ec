"""Approving that a form is collected, and renewing it (批准收集、续期)."""

from __future__ import annotations

import uuid

from flask import flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from flask_login import current_user

from saas.access.decorators import requires
from saas.access.permissions import Permission
from saas.db import unit_of_work
from saas.domain.errors import DomainError
from saas.domain.fields import count_fields, form_from_mapping
from saas.forms import approval, queries
from saas.forms.forms import ApprovalForm
from saas.forms.models import FormDefinition
from saas.forms.views.blueprint import bp
from saas.org.queries import get_unit


@bp.get("/<uuid:form_id>/approval")
@requires(Permission.FORM_APPROVE)
def approve(form_id: uuid.UUID) -> ResponseReturnValue:
    subject = queries.get_form(form_id, current_user)
    known = {"number": subject.approval_number, "expires_on": subject.expires_on}
    return _page(subject, ApprovalForm(data=known))


@bp.post("/<uuid:form_id>/approval")
@requires(Permission.FORM_APPROVE)
def approve_send(form_id: uuid.UUID) -> ResponseReturnValue:
    subject, form = queries.get_form(form_id, current_user), ApprovalForm()
    if not form.validate_on_submit():
        return _page(subject, form, 422)
    try:
        with unit_of_work():
            approval.approve(subject, number=form.number.data, expires_on=form.expires_on.data, actor=current_user)
    except DomainError as error:
        return _page(subject, form, 409, problem=str(error))
    flash(gettext("已批准收集“%(name)s”。", name=subject.name), "success")
    return redirect(url_for(".show", form_id=form_id), code=303)


def _page(subject: FormDefinition, form: ApprovalForm, status: int = 200, problem: str = "") -> ResponseReturnValue:
    version = queries.find_published_version(subject.id)
    asked = count_fields(form_from_mapping(version.definition)) if version else 0
    page = render_template(
        "forms/approve.html",
        subject=subject,
        form=form,
        version=version,
        asked=asked,
        owner=get_unit(subject.owner_unit_id).name if subject.owner_unit_id else "",
        is_own=version is not None and approval.is_own(version, current_user),
        is_expired=approval.is_expired(subject),
        problem=problem,
    )
    return page, status
