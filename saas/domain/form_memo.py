"""Remembering what follows from a form: a list or an import asks for the same of each of its records."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import TypeVar

from saas.domain.fields import FormDefinition

T = TypeVar("T")
_FORMS = 8  # versions of forms that one list, or one import, has to do with


def of_form(function: Callable[[FormDefinition], T]) -> Callable[[FormDefinition], T]:
    """Compute once for a form, which never changes. The same object is meant, not an equal one."""
    known: list[tuple[FormDefinition, T]] = []

    @wraps(function)
    def remembered(form: FormDefinition) -> T:
        for each, found in tuple(known):
            if each is form:
                return found
        found = function(form)
        known[:] = [(form, found), *known[: _FORMS - 1]]
        return found

    return remembered
