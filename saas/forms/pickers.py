"""Choosing a form: those that are published, and the one that was chosen before whatever became of it."""

from __future__ import annotations

from flask_babel import gettext
from wtforms.fields.choices import SelectChoice

from saas.forms.models import FormDefinition
from saas.forms.queries import list_published_forms


def form_choices(present: FormDefinition | None = None) -> list[SelectChoice]:
    """What the picker offers, with nothing chosen first. One statement."""
    forms = list(list_published_forms())
    if present is not None and present not in forms:
        forms.append(present)
    return [SelectChoice("", gettext("请选择")), *(SelectChoice(str(each.id), each.name) for each in forms)]
