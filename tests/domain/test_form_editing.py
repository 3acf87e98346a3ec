"""Editing a form step by step."""

from __future__ import annotations

import pytest

from saas.domain.errors import FormError
from saas.domain.fields import FieldType, FormDefinition, form_from_mapping, form_to_mapping
from saas.domain.form_editing import (
    add_field,
    find_field,
    move_field,
    new_field,
    remove_field,
    unused_name,
)

FORM = form_from_mapping(
    {
        "code": "f",
        "name": "f",
        "fields": [
            {"type": "text", "name": "a", "label": "甲"},
            {"type": "integer", "name": "b", "label": "乙", "max": 10},
            {
                "type": "begin_group",
                "name": "g",
                "label": "组",
                "fields": [{"type": "text", "name": "c", "label": "丙"}],
            },
            {
                "type": "select_one",
                "name": "s",
                "label": "选",
                "choices": [{"name": "x", "label": "是"}, {"name": "y", "label": "否"}],
            },
        ],
    }
)


def names(form: FormDefinition) -> str:
    return "".join(item.name for item in form.fields)


@pytest.mark.parametrize("kind", list(FieldType))
def test_a_new_field_of_every_type_leaves_a_readable_form(kind: FieldType) -> None:
    form = add_field(FORM, "g", new_field(kind, unused_name(FORM), "新"))

    assert form_from_mapping(form_to_mapping(form)) == form
    assert find_field(form, "g.q1").type is kind


@pytest.mark.parametrize(
    ("path", "by", "order"),
    [("a", 1, "bags"), ("s", -1, "absg"), ("a", -1, "abgs"), ("s", 5, "abgs"), ("b", 9, "agsb")],
)
def test_moving(path: str, by: int, order: str) -> None:
    assert names(move_field(FORM, path, by)) == order


def test_removing() -> None:
    assert names(remove_field(FORM, "b")) == "ags"


@pytest.mark.parametrize("path", ["g.c", "nothing", "g.nothing", "", "a.b"])
def test_what_cannot_be_removed(path: str) -> None:
    with pytest.raises(FormError):
        remove_field(FORM, path)


def test_nothing_is_put_into_a_question() -> None:
    with pytest.raises(FormError, match="不能放问题"):
        add_field(FORM, "a", new_field(FieldType.TEXT, "q1", "新"))
