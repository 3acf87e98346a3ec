"""What follows from a form is worked out once for each form, and never taken for that of another."""

from __future__ import annotations

from saas.domain.fields import FormDefinition, form_from_mapping
from saas.domain.form_memo import of_form


def a_form(name: str) -> FormDefinition:
    return form_from_mapping({"code": "f", "name": name, "fields": [{"type": "text", "name": "a", "label": "甲"}]})


def test_the_same_form_is_asked_once_and_another_for_itself() -> None:
    asked = []

    @of_form
    def name_of(form: FormDefinition) -> str:
        asked.append(form.name)
        return form.name

    first, second = a_form("一"), a_form("二")

    assert [name_of(form) for form in (first, second, first, second, first)] == ["一", "二", "一", "二", "一"]
    assert asked == ["一", "二"]


def test_an_equal_form_is_another_one_and_old_ones_are_forgotten() -> None:
    asked = []

    @of_form
    def count(form: FormDefinition) -> int:
        asked.append(form)
        return len(asked)

    first = a_form("一")
    assert (count(first), count(a_form("一"))) == (1, 2)
    for number in range(8):
        count(a_form(str(number)))

    assert count(first) == 11
