"""Trying a form out (试填): it behaves as it will in use, and nothing of what is typed is kept or counted."""

from __future__ import annotations

import uuid
from typing import Any

from flask import Response, request
from flask.typing import ResponseReturnValue
from flask_login import current_user

from saas.access.decorators import requires
from saas.access.permissions import Permission
from saas.db import local_clock, local_today
from saas.domain.answers import Parsed, Raw, initial_raw, parse_answers
from saas.domain.begun import Begun
from saas.domain.checklists import checklist_summary
from saas.domain.fields import FormDefinition, form_from_mapping
from saas.domain.filed import answer_rows
from saas.domain.first_values import with_first_values
from saas.domain.form_logic import reacts_to_answers
from saas.forms import queries
from saas.forms.fill_form import Surroundings, field_id, fill_nodes
from saas.forms.languages import language_choices, shown_in_language
from saas.forms.models import FormVersion
from saas.forms.once import begun_on_page
from saas.forms.outside_choices import with_choices
from saas.forms.views.blueprint import bp
from saas.htmx import render_page, wants_fragment


@bp.get("/<uuid:form_id>/versions/<int:number>/try")
@requires(Permission.FORM_EDIT)
def try_out(form_id: uuid.UUID, number: int) -> ResponseReturnValue:
    shown = queries.get_version(form_id, number, current_user)
    definition = _definition(shown)
    return _page(shown, with_first_values(definition, initial_raw(definition), local_clock()), None)


@bp.post("/<uuid:form_id>/versions/<int:number>/try")
@requires(Permission.FORM_EDIT)
def try_out_check(form_id: uuid.UUID, number: int) -> ResponseReturnValue:
    shown = queries.get_version(form_id, number, current_user)
    raw = {name: values for name, values in request.form.lists() if name != "csrf_token"}
    if wants_fragment():
        return _page(shown, raw, None)
    if "remove" in raw:
        raw = {name: values for name, values in raw.items() if not name.startswith(raw["remove"][0] + ".")}
    if {"add", "remove"} & set(raw):
        return _page(shown, raw, None, more=frozenset(raw.get("add", ())))
    definition = _definition(shown)
    return _page(shown, raw, parse_answers(definition, raw, now=local_clock(), begun=_begun(shown, definition, raw)))


def _definition(shown: FormVersion) -> FormDefinition:
    """The form as the county would fill it today, in the language that was chosen."""
    return shown_in_language(with_choices(form_from_mapping(shown.definition), None, local_today()))


def _begun(shown: FormVersion, definition: FormDefinition, raw: Raw) -> Begun:
    """What was fixed when the form was opened: nothing is kept here, so all of it is on the page."""
    return begun_on_page(definition, str(shown.id), raw)


def _page(shown: FormVersion, raw: Raw, parsed: Parsed | None, more: frozenset[str] = frozenset()) -> Response:
    definition = _definition(shown)
    errors = {path: str(reason) for path, reason in parsed.errors.items()} if parsed else {}
    begun = _begun(shown, definition, raw)
    around = Surroundings(errors, more_rows=more, place=str(shown.id), begun=begun)
    context: dict[str, Any] = {
        "version": shown,
        "definition": definition,
        "nodes": fill_nodes(definition, raw, around, now=local_clock()),
        "errors": [(field_id(path), text) for path, text in errors.items()],
        "rows": answer_rows(definition, parsed.answers) if parsed and parsed.is_valid else (),
        "is_sound": parsed is not None and parsed.is_valid,
        "languages": language_choices(definition),
        "checklist": checklist_summary(definition, parsed.answers) if parsed and parsed.is_valid else None,
        "reacts": reacts_to_answers(definition),
    }
    return render_page("forms/try_out.html", fragment="questions", status=422 if errors else 200, **context)
