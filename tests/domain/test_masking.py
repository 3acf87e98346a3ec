"""Masking: what shows of a protected answer, and that nothing else of it does."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from saas.domain.answers import NOT_APPLICABLE
from saas.domain.fields import Field, Mask, Sensitivity, form_from_mapping
from saas.domain.masking import HIDDEN, is_protected, mask_answer, mask_text, protected_fields

CHARACTERS = st.text(st.characters(codec="utf-8", min_codepoint=0x4E00, max_codepoint=0x9FA5), min_size=1, max_size=6)
DIGITS = st.text("0123456789", min_size=8, max_size=8)


@pytest.mark.parametrize(
    ("mask", "text", "shown"),
    [
        (Mask.NAME, "张小明", "张**"),
        (Mask.NAME, "欧阳小明", "欧**"),
        (Mask.NAME, " 张明 ", "张**"),
        (Mask.NAME, "张", HIDDEN),
        (Mask.PHONE, "13812340000", "138****0000"),
        (Mask.PHONE, "138 1234 0000", "138****0000"),
        (Mask.PHONE, "+86-138-1234-0000", "138****0000"),
        (Mask.PHONE, "１３８１２３４００００", "138****0000"),
        (Mask.PHONE, "0598-1234567", HIDDEN),
        (Mask.PHONE, "13812340000、13912340000", HIDDEN),
        (Mask.IDENTITY, "35040219800101001x", "350402********001X"),
        (Mask.IDENTITY, "350402800101001", "350402********1001"),
        (Mask.IDENTITY, "35040219800101", HIDDEN),
        (Mask.ADDRESS, "青山镇大河村三组12号", "青山镇大河村**"),
        (Mask.ADDRESS, "临江区幸福小区3栋2单元501室", "临江区幸福小区**"),
        (Mask.ADDRESS, "青山镇五一路十二号", "青山镇五一路**"),
        (Mask.ADDRESS, "大河村", "大河村**"),
        (Mask.ADDRESS, "12号", HIDDEN),
        (Mask.ADDRESS, "王家院子", HIDDEN),
        (Mask.ALL, "高血压", HIDDEN),
        (Mask.NONE, "高血压", HIDDEN),
        (Mask.NAME, "", ""),
        (Mask.ALL, "  ", ""),
    ],
)
def test_a_mask_shows_only_its_part(mask: Mask, text: str, shown: str) -> None:
    assert mask_text(text, mask) == shown


@given(CHARACTERS, CHARACTERS)
def test_two_people_of_one_surname_look_the_same(one: str, other: str) -> None:
    assert mask_text(f"张{one}", Mask.NAME) == mask_text(f"张{other}", Mask.NAME)


@given(st.text("0123456789", min_size=4, max_size=4), st.text("0123456789", min_size=4, max_size=4))
def test_the_middle_of_a_phone_number_does_not_matter(one: str, other: str) -> None:
    assert mask_text(f"138{one}0000", Mask.PHONE) == mask_text(f"138{other}0000", Mask.PHONE)


@given(DIGITS, DIGITS)
def test_the_day_of_birth_in_an_identity_number_does_not_matter(one: str, other: str) -> None:
    assert mask_text(f"350402{one}0010", Mask.IDENTITY) == mask_text(f"350402{other}0010", Mask.IDENTITY)


@given(st.integers(1, 9999), st.integers(1, 99), st.integers(1, 9999))
def test_the_number_of_a_house_does_not_matter(house: int, room: int, other: int) -> None:
    shown = mask_text(f"青山镇大河村{other}号", Mask.ADDRESS)

    assert mask_text(f"青山镇大河村{house}号{room}室", Mask.ADDRESS) == shown == "青山镇大河村**"


@given(st.text(max_size=60), st.sampled_from(Mask))
def test_whatever_stands_there_less_than_all_of_it_shows(text: str, mask: Mask) -> None:
    shown = mask_text(text, mask)

    assert not text.strip() or (shown != text and "*" in shown)
    assert mask in (Mask.NAME, Mask.PHONE, Mask.IDENTITY, Mask.ADDRESS) or shown in ("", HIDDEN)


@given(st.text(max_size=30))
def test_no_digit_of_an_address_shows(text: str) -> None:
    shown = mask_text(f"青山镇{text}", Mask.ADDRESS)

    assert not any(letter.isascii() and letter.isdigit() for letter in shown)


def a_field(type_: str = "text", **more: Any) -> Field:
    choices = {"choices": [{"name": "a", "label": "甲"}]} if type_.startswith("select") else {}
    mapping = {"type": type_, "name": "a", "label": "甲", "sensitivity": "personal", **choices, **more}
    return form_from_mapping({"code": "f", "name": "表", "fields": [mapping]}).fields[0]


@pytest.mark.parametrize(
    ("item", "answer", "shown"),
    [
        (a_field(mask="name"), "张明", "张**"),
        (a_field(), "张明", HIDDEN),
        (a_field("date"), date(1980, 1, 1), HIDDEN),
        (a_field("date", mask="name"), date(1980, 1, 1), HIDDEN),
        (a_field("integer"), Decimal(3), HIDDEN),
        (a_field("select_one"), "a", HIDDEN),
        (a_field("select_multiple", mask="name"), ("a",), HIDDEN),
        (a_field("image"), ("f1", "f2"), HIDDEN),
        (a_field(mask="name", not_applicable=True), NOT_APPLICABLE, HIDDEN),
        (a_field(mask="name"), None, ""),
        (a_field("image"), (), ""),
    ],
)
def test_of_what_is_no_text_nothing_shows(item: Field, answer: Any, shown: str) -> None:
    assert mask_answer(item, answer) == shown


def test_a_field_with_a_mask_alone_holds_personal_data() -> None:
    assert is_protected(a_field(sensitivity="", mask="phone"))
    assert not is_protected(a_field(sensitivity=""))


def test_what_is_computed_from_a_protected_answer_is_protected_like_it() -> None:
    form = form_from_mapping(
        {
            "code": "f",
            "name": "表",
            "fields": [
                {"type": "text", "name": "person", "label": "姓名", "sensitivity": "sensitive", "mask": "name"},
                {"type": "calculate", "name": "greeting", "label": "称呼", "calculation": "concat(${person}, '同志')"},
                {"type": "calculate", "name": "line", "label": "行", "calculation": "concat('致', ${greeting})"},
                {"type": "integer", "name": "visits", "label": "走访次数"},
                {"type": "calculate", "name": "twice", "label": "两倍", "calculation": "${visits} * 2"},
            ],
        }
    )

    found = protected_fields(form)

    assert list(found) == ["person", "greeting", "line"]
    assert {item.sensitivity for item in found.values()} == {Sensitivity.SENSITIVE}
    assert mask_answer(found["line"], "致张明同志") == HIDDEN
