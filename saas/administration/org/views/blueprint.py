"""The blueprint of the organisation and what its views share."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from saas.administration.org.forms import differences
from saas.domain.errors import DomainError
from saas.org.models import OrgUnit

bp = Blueprint("org", __name__)


def form_page(
    form: Any,
    title: str,
    *,
    unit: OrgUnit | None = None,
    lead: str = "",
    submit: str = "",
    status: int = 200,
    creates_at: str = "",
    changed: Sequence[tuple[str, str]] = (),
) -> ResponseReturnValue:
    """One form on a page of its own, sent to the page's own address or, for something new, to `creates_at`.

    `changed`: what somebody else changed meanwhile (409).
    """
    trail = [(gettext("机构"), url_for("org.index"))]
    if unit is not None:
        trail.append((unit.name, url_for("org.show", unit_id=unit.id)))
    page = render_template(
        "administration/form.html",
        form=form,
        title=title,
        lead=lead,
        trail=trail,
        submit=submit or gettext("保存"),
        creates=bool(creates_at),
        action=creates_at or request.script_root + request.path,
        is_stale=status == 409,
        changed=changed,
    )
    return page, status


def stale_page(
    form: Any, present: Mapping[str, Any], version: int, title: str, unit: OrgUnit | None
) -> ResponseReturnValue:
    """Say what somebody else changed, keep what was typed; sending again then means it (409)."""
    form.version.raw_data = None
    form.version.data = str(version)
    return form_page(form, title, unit=unit, status=409, changed=differences(form, present))


def refused(form: Any, error: DomainError, fields: Mapping[str, str], fallback: str) -> None:
    """Put a rule's refusal beside the field it is about: error code → field, else `fallback`."""
    field = form[fields.get(error.code, fallback)]
    field.errors = [*field.errors, gettext(error.message.text).format(**error.message.params)]


def to_unit(unit_id: object) -> ResponseReturnValue:
    """Back to the page of a unit."""
    return redirect(url_for("org.show", unit_id=unit_id), code=303)
