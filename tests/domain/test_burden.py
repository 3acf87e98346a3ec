"""How much forms ask of a unit in a month, and what they ask twice."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import pytest

from saas.domain.burden import (
    REPORT_SECONDS,
    SECONDS,
    Asking,
    Burden,
    Duplicate,
    Load,
    burden_by_unit,
    find_duplicates,
    load_of,
    monthly,
    normalised,
    reports_per_month,
)
from saas.domain.fields import SILENT, FieldType, FormDefinition, count_fields, form_from_mapping
from saas.domain.periods import Cadence

Keys = Mapping[str, Any]


def form(*fields: Keys, code: str = "f") -> FormDefinition:
    return form_from_mapping({"code": code, "name": code, "fields": [dict(item) for item in fields]})


def number(name: str = "a", label: str = "保洁次数", **keys: Any) -> Keys:
    return {"type": "integer", "name": name, "label": label, **keys}


def text(name: str = "t", label: str = "主要做法", **keys: Any) -> Keys:
    return {"type": "text", "name": name, "label": label, **keys}


# --- one report --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("fields", "load"),
    [
        ([number()], Load(typed=1, seconds=15)),
        ([text()], Load(typed=1, seconds=40)),
        ([text(max_length=50)], Load(typed=1, seconds=20)),
        ([number(prefill="last")], Load(looked_at=1, seconds=3)),
        ([number(prefill="last", read_only=True)], Load(given=1)),
        ([text(read_only=True)], Load(given=1)),
        ([number(calculation="1 + 1")], Load(given=1)),
        ([{"type": "calculate", "name": "c", "label": "算", "calculation": "1"}], Load()),
        ([{"type": "hidden", "name": "h", "label": "藏"}], Load()),
        ([{"type": "note", "name": "n", "label": "说明"}], Load()),
        ([{"type": "begin_group", "name": "g", "label": "组", "fields": [number(), text()]}], Load(2, 0, 0, 55)),
        ([{"type": "begin_repeat", "name": "r", "label": "户", "fields": [number()]}], Load(1, 0, 0, 15)),
        (
            [{"type": "begin_repeat", "name": "r", "label": "户", "min_count": 3, "fields": [number()]}],
            Load(3, 0, 0, 45),
        ),
    ],
)
def test_what_one_report_asks(fields: list[Keys], load: Load) -> None:
    asked = load_of(form(*fields, {"type": "note", "name": "end", "label": "完"}))

    assert asked == load + Load(seconds=REPORT_SECONDS)


def test_every_type_that_is_answered_has_an_estimate() -> None:
    silent = SILENT | {FieldType.NOTE, FieldType.GROUP, FieldType.REPEAT}

    assert set(SECONDS) == set(FieldType) - silent


def test_answers_are_counted_as_those_that_are_approved() -> None:
    mixed = form(
        number(),
        text(prefill="unit:name"),
        text("r", read_only=True),
        {"type": "begin_repeat", "name": "h", "label": "户", "min_count": 2, "fields": [number("n"), text("s")]},
    )

    assert load_of(mixed).asked == count_fields(mixed) == 6


def test_the_share_that_the_county_knows() -> None:
    assert Load(typed=1, looked_at=2, given=1).known_share == Decimal("0.75")
    assert Load().known_share is None
    assert Load(typed=3).known_share == 0


# --- a month -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("cadence", "low", "high"),
    [
        ("day", "30.4", "30.5"),
        ("week", "4.3", "4.4"),
        ("ten_days", "3", "3"),
        ("half_month", "2", "2"),
        ("month", "1", "1"),
        ("quarter", "0.33", "0.34"),
        ("half_year", "0.16", "0.17"),
        ("year", "0.08", "0.09"),
        ("term", "0.16", "0.17"),
        ("window", "0.08", "0.09"),
        ("event", "0", "0"),
    ],
)
def test_how_often_a_unit_reports_in_a_month(cadence: str, low: str, high: str) -> None:
    assert Decimal(low) <= reports_per_month(Cadence(cadence)) <= Decimal(high)


def test_each_quarter_counts_as_three_months_exactly_enough() -> None:
    year = monthly(Load(typed=9, seconds=600), reports_per_month(Cadence.QUARTER))

    assert (year.answers * 12).quantize(Decimal("0.0001")) == 36
    assert (year.minutes * 12).quantize(Decimal("0.0001")) == 40


def test_what_collections_ask_adds_up_by_unit() -> None:
    small, large = Load(typed=2, seconds=60), Load(typed=10, looked_at=5, given=5, seconds=300)

    found = burden_by_unit(
        [
            Asking(small, Decimal(3), ["v1", "v2"]),
            Asking(large, Decimal(1), ["v1"]),
            Asking(small, Decimal(1), ["d", "d"]),
        ]
    )

    assert found["v1"] == Burden(Decimal(4), Decimal(21), Decimal(5), Decimal(5), Decimal(8))
    assert found["v2"].answers == 6
    assert found["d"].answers == 4  # a department that fills for two villages
    assert found["v1"].known_share == Decimal(10) / 26


# --- asked twice -------------------------------------------------------------------------------------------------


ALL = frozenset({"v1", "v2"})


def twice(
    one: Keys, other: Keys, of_one: frozenset[str] = ALL, of_other: frozenset[str] = ALL
) -> tuple[Duplicate, ...]:
    forms = {"one": form(one, code="one"), "other": form(other, code="other")}
    return find_duplicates(forms, {"one": of_one, "other": of_other})


@pytest.mark.parametrize(
    ("one", "other", "is_found"),
    [
        (number(measure="次"), number("b", "保洁次数（本月）", measure="次"), True),
        (number(), number("b", " 保洁 次数："), True),
        (number(measure="次"), number(measure="人次"), False),
        (number(), text(label="保洁次数"), False),
        (number(), number(label="清运次数"), False),
        (text(label="备注"), text(label="备注"), False),
        (number(), number(read_only=True), False),
        (number(), number(calculation="1"), False),
    ],
)
def test_the_same_question_in_two_forms_is_found(one: Keys, other: Keys, *, is_found: bool) -> None:
    found = twice(one, other)

    assert bool(found) is is_found
    if found:
        assert [place.form for place in found[0].places] == ["one", "other"]
        assert found[0].can_prefill


def test_forms_that_no_unit_fills_both_repeat_nothing() -> None:
    assert twice(number(), number(), frozenset({"v1"}), frozenset({"v2"})) == ()
    assert twice(number(), number(), frozenset({"v1"}), frozenset({"v1"})) != ()


def test_the_same_source_in_two_forms_is_found_whatever_the_label() -> None:
    source = "attribute:population"
    (found,) = twice(number(prefill=source), number(label="人口数", prefill=source))

    assert (found.source, found.can_prefill) == (source, False)
    assert twice(number(prefill="last"), number(label="人口数", prefill="last")) == ()


def test_photos_are_not_filled_in_from_one_another() -> None:
    photo = {"type": "image", "name": "p", "label": "公厕全景"}

    assert [each.can_prefill for each in twice(photo, photo)] == [False]


@pytest.mark.parametrize(
    ("label", "plain"), [("户数（常住）", "户数"), ("ＡＢ 数量:", "ab数量"), ("1、人口", "1人口"), ("（全）", "")]
)
def test_labels_are_compared_without_their_dress(label: str, plain: str) -> None:
    assert normalised(label) == plain
