"""In which language a form is shown: what the person chose last, for as long as they are signed in."""

from __future__ import annotations

from dataclasses import dataclass

from flask import has_request_context, request, session

from saas.domain.fields import FormDefinition
from saas.domain.form_languages import OWN, in_language, language_tag, languages_of

_KEY = "form_language"
ARGUMENT = "language"
DEFAULT_NAME = "中文"


@dataclass(frozen=True, slots=True)
class LanguageChoice:
    """One language on the page. `value` is what the link sends."""

    name: str
    value: str
    tag: str
    is_current: bool


def chosen_language(form: FormDefinition) -> str:
    """The language to show a form in: the one asked for now or before, if the form has it; else its own."""
    languages = languages_of(form)
    if not languages or not has_request_context():
        return OWN
    if ARGUMENT in request.args:
        session[_KEY] = request.args[ARGUMENT][:40]
    language = str(session.get(_KEY, OWN))
    return language if language in languages else OWN


def shown_in_language(form: FormDefinition) -> FormDefinition:
    """The form in the language that the person chose."""
    return in_language(form, chosen_language(form))


def language_choices(form: FormDefinition) -> list[LanguageChoice]:
    """The languages to choose from; none for a form in one language."""
    others, current = languages_of(form), chosen_language(form)
    if not others:
        return []
    own = LanguageChoice(form.default_language or DEFAULT_NAME, OWN, "", current == OWN)
    return [own, *(LanguageChoice(name, name, language_tag(name), name == current) for name in others)]
