"""Where a question may be put (移到), as the builder offers it: in words, by a value that names the place."""

from __future__ import annotations

from collections.abc import Sequence

from flask_babel import gettext

from saas.domain.errors import FormError
from saas.domain.fields import Field, FormDefinition
from saas.domain.form_editing import find_field, places_for


def place_words(form: FormDefinition, path: str) -> list[tuple[str, str]]:
    """Every place in the order of the form: its value, and what it is called."""
    return [(_value(parent, place), _called(form, path, parent, place)) for parent, place in places_for(form, path)]


def place_now(form: FormDefinition, path: str) -> str:
    """The value of the place where a question stands."""
    parent, _, name = path.rpartition(".")
    return _value(parent, [item.name for item in _fields(form, parent)].index(name))


def read_place(form: FormDefinition, path: str, value: str) -> tuple[str, int]:
    """The group and the number that a value names. Raises FormError if it is none of the places."""
    known = {_value(*place): place for place in places_for(form, path)}
    if value not in known:
        raise FormError(path, "没有这个位置", code="unknown_field")
    return known[value]


def _value(parent: str, place: int) -> str:
    return f"{parent}:{place}"


def _fields(form: FormDefinition, parent: str) -> Sequence[Field]:
    return find_field(form, parent).fields if parent else form.fields


def _called(form: FormDefinition, path: str, parent: str, place: int) -> str:
    others = [item for item in _fields(form, parent) if f"{parent}.{item.name}".lstrip(".") != path]
    where = gettext("在“%(label)s”之后", label=others[place - 1].label[:30]) if place else gettext("最前面")
    if not parent:
        return where
    return gettext("“%(group)s”里：%(where)s", group=find_field(form, parent).label[:20], where=where)
