"""Form definitions: what loads, what comes back, and where a mistake is."""

from __future__ import annotations

import tomllib
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from saas.domain.errors import FormError
from saas.domain.fields import (
    MAX_DEPTH,
    FieldType,
    count_fields,
    form_from_mapping,
    form_to_mapping,
    iter_fields,
)

DOCUMENTED = Path(__file__).parents[2] / "docs" / "form-format.md"


def documented_form() -> dict[str, Any]:
    text = DOCUMENTED.read_text(encoding="utf-8")
    return tomllib.loads(text.split("```toml\n")[1].split("```")[0], parse_float=Decimal)


def a_form(*fields: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"code": "f", "name": "表", "fields": list(fields), **more}


def a_field(**more: Any) -> dict[str, Any]:
    return {"type": "text", "name": "a", "label": "甲", **more}


def test_the_documented_form_loads_and_comes_back_equal() -> None:
    form = form_from_mapping(documented_form())

    assert form_from_mapping(form_to_mapping(form)) == form
    assert [path for path, _ in iter_fields(form)][-3:] == [
        "households",
        "households[].house_number",
        "households[].photo",
    ]


def test_a_form_is_written_without_what_goes_without_saying() -> None:
    mapping = a_form(a_field(), {"type": "integer", "name": "n", "label": "数", "min": "0"})

    assert form_to_mapping(form_from_mapping(mapping)) == mapping


def test_inline_choices_and_named_lists_come_back_as_they_were() -> None:
    choices = [{"name": "1", "label": "一"}, {"name": "2", "label": "二"}]
    named = a_field(type="select_one grades")
    inline = a_field(type="select_multiple", name="b", choices=choices)
    mapping = a_form(named, inline, choices={"grades": choices})

    form = form_from_mapping(mapping)

    assert form.fields[0].choices == form.fields[1].choices
    assert form.fields[0].label_of("2") == "二"
    assert form_to_mapping(form) == mapping


def test_burden_counts_what_a_unit_has_to_answer() -> None:
    group = {
        "type": "begin_group",
        "name": "g",
        "label": "组",
        "fields": [a_field(), a_field(name="b", read_only=True)],
    }
    repeat = {
        "type": "begin_repeat",
        "name": "r",
        "label": "行",
        "min_count": 3,
        "fields": [a_field(), a_field(name="b")],
    }
    form = form_from_mapping(a_form({"type": "note", "name": "n", "label": "说明"}, group, repeat))

    assert count_fields(form) == 1 + 3 * 2


@pytest.mark.parametrize(
    ("field", "path", "code"),
    [
        (a_field(colour="red"), "fields[0].colour", "unknown_key"),
        (a_field(min=1), "fields[0].min", "unknown_key"),  # a text has no range
        (a_field(type="audio"), "fields[0].type", "unknown_value"),
        (a_field(type="text list"), "fields[0].type", "unknown_value"),
        (a_field(name="1a"), "fields[0].name", "bad_name"),
        (a_field(name="a b"), "fields[0].name", "bad_name"),
        (a_field(label=""), "fields[0].label", "missing_key"),
        (a_field(label=3), "fields[0].label", "wrong_type"),
        (a_field(required=1), "fields[0].required", "wrong_type"),
        (a_field(type="calculate"), "fields[0].calculation", "missing_key"),
        (a_field(max_length=0), "fields[0].max_length", "wrong_type"),
        (a_field(type="decimal", min=0.1), "fields[0].min", "wrong_type"),  # binary fractions are not exact
        (a_field(type="decimal", min="NaN"), "fields[0].min", "wrong_type"),
        (a_field(type="integer", min=5, max=2), "fields[0].min", "bad_range"),
        (a_field(type="date", min="2026-02-30"), "fields[0].min", "wrong_type"),
        (a_field(type="integer", default="many"), "fields[0].default", "bad_default"),
        (a_field(type="integer", max=9, default=10), "fields[0].default", "bad_default"),
        (a_field(type="select_one nowhere"), "fields[0].type", "unknown_list"),
        (a_field(type="select_one"), "fields[0].choices", "bad_choices"),
        (a_field(type="begin_group"), "fields[0].fields", "missing_key"),
        (
            a_field(type="begin_repeat", min_count=3, max_count=2, fields=[a_field()]),
            "fields[0].min_count",
            "bad_range",
        ),
        (a_field(type="begin_group", fields=[a_field(), a_field()]), "fields[0].fields[1].name", "duplicate"),
        (a_field(relevant="${b} > 1"), "a.relevant", "unknown_field"),
        (a_field(required="${a"), "a.required", "bad_expression"),
        (a_field(constraint=". > "), "a.constraint", "bad_expression"),
        (a_field(constraint="b > 1"), "a.constraint", "bad_expression"),
        (a_field(calculation="${a} + 1"), "a.relevant", "circular"),
    ],
)
def test_a_mistake_is_reported_with_its_path(field: dict[str, Any], path: str, code: str) -> None:
    with pytest.raises(FormError) as refusal:
        form_from_mapping(a_form(field))

    assert (refusal.value.path, refusal.value.code) == (path, code)


def test_an_unknown_key_is_answered_with_the_known_ones() -> None:
    with pytest.raises(FormError, match=r"fields\[0\]\.lable：不认识的键“lable”（可用的键：.*label") as refusal:
        form_from_mapping(a_form(a_field(lable="甲")))

    assert refusal.value.message.params == {"key": "lable"}


def test_groups_nest_only_so_deep() -> None:
    field = a_field()
    for _ in range(MAX_DEPTH):
        field = {"type": "begin_group", "name": "g", "label": "组", "fields": [field]}

    with pytest.raises(FormError) as refusal:
        form_from_mapping(a_form(field))

    assert refusal.value.code == "too_deep"


def test_duplicate_choice_names_are_refused() -> None:
    twice = [{"name": "1", "label": "一"}, {"name": "1", "label": "壹"}]

    with pytest.raises(FormError) as refusal:
        form_from_mapping(a_form(a_field(type="select_one", choices=twice)))

    assert refusal.value.path == "fields[0].choices"


@pytest.mark.parametrize("mapping", [[], "form", a_form(), {"code": "f"}, {"code": "f", "name": "表", "fields": "x"}])
def test_what_is_no_form_at_all_is_refused_in_words(mapping: Any) -> None:
    with pytest.raises(FormError):
        form_from_mapping(mapping)


def test_every_documented_type_exists() -> None:
    page = DOCUMENTED.read_text(encoding="utf-8")

    assert [kind.value for kind in FieldType if f"| `{kind.value}" not in page] == []


@pytest.mark.parametrize("around", ["", "begin_group"])
def test_only_rows_can_be_told_apart(around: str) -> None:
    door: dict[str, Any] = {"type": "text", "name": "door", "label": "门牌", "unique": True}
    fields = [{"type": around, "name": "g", "label": "组", "fields": [door]}] if around else [door]

    with pytest.raises(FormError) as refused:
        form_from_mapping({"code": "f", "name": "表", "fields": fields})

    assert refused.value.code == "bad_unique"
