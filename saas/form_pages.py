"""One form on a page of its own: showing it, putting refusals beside its fields, and saying what changed meanwhile."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from flask import render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from saas.domain.errors import DomainError

Trail = Sequence[tuple[str, str]]


def form_page(
    form: Any,
    title: str,
    trail: Trail,
    *,
    lead: str = "",
    submit: str = "",
    status: int = 200,
    creates_at: str = "",
    changed: Sequence[tuple[str, str]] = (),
) -> ResponseReturnValue:
    """Show a form, sent to the page's own address or, for something new, to `creates_at`.

    `trail` is where the page stands: (label, address) from the top. `changed`: what somebody else changed (409).
    """
    page = render_template(
        "administration/form.html",
        form=form,
        title=title,
        lead=lead,
        trail=list(trail),
        submit=submit or gettext("保存"),
        creates=bool(creates_at),
        action=creates_at or request.script_root + request.path,
        is_stale=status == 409,
        changed=changed,
    )
    return page, status


def stale_page(form: Any, present: Mapping[str, Any], version: int, title: str, trail: Trail) -> ResponseReturnValue:
    """Say what somebody else changed, keep what was typed; sending again then means it (409)."""
    form.version.raw_data = None
    form.version.data = str(version)
    changed = [
        (str(form[name].label.text), str(value))
        for name, value in present.items()
        if str(form[name].data or "") != str(value or "")
    ]
    return form_page(form, title, trail, status=409, changed=changed)


def refused(form: Any, error: DomainError, fields: Mapping[str, str], fallback: str) -> None:
    """Put a rule's refusal beside the field it is about: error code → field, else `fallback`."""
    field = form[fields.get(error.code, fallback)]
    field.errors = [*field.errors, worded(error)]


def worded(error: DomainError) -> str:
    """A refusal in the reader's language."""
    text: str = gettext(error.message.text)
    return text.format(**error.message.params)
