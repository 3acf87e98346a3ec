"""Compiling: days, sums over what was reported, and what is neither 0 nor missing."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from saas.domain.answers import NOT_APPLICABLE
from saas.domain.compiling import (
    Came,
    Compiling,
    Part,
    compiling_due_on,
    compiling_from_mapping,
    compiling_to_mapping,
    figures_of,
    part_text,
    total_figures,
)
from saas.domain.errors import FormatError
from saas.domain.fields import form_from_mapping
from saas.domain.fillers import PARENT
from saas.domain.working_days import WEEKDAYS, WorkCalendar, YearTable

FORM = form_from_mapping(
    {
        "code": "monthly",
        "name": "月报",
        "fields": [
            {"type": "integer", "name": "cases", "label": "案件", "measure": "件", "not_applicable": True},
            {"type": "decimal", "name": "rate", "label": "合格率", "measure": "%"},
            {
                "type": "select_one",
                "name": "result",
                "label": "结果",
                "choices": [{"name": "good", "label": "好"}, {"name": "bad", "label": "差"}],
            },
            {"type": "text", "name": "note", "label": "说明"},
            {
                "type": "begin_repeat",
                "name": "homes",
                "label": "户",
                "fields": [{"type": "decimal", "name": "area", "label": "面积", "measure": "亩"}],
            },
            {
                "type": "begin_group",
                "name": "staff",
                "label": "人员",
                "fields": [{"type": "integer", "name": "count", "label": "人数", "measure": "人"}],
            },
        ],
    }
)


def _part(code: str, **answers: Any) -> Part:
    return Part(code, Came.REPORTED, FORM, answers)


PARTS = [
    _part(
        "V1", cases=3, rate=Decimal("91.5"), result="good", homes=[{"area": Decimal("0.1")}, {"area": Decimal("0.2")}]
    ),
    _part("V2", cases=0, result="bad", staff={"count": 4}),
    _part("V3", cases=NOT_APPLICABLE, result="good"),
    Part("V4", Came.MISSING),
    Part("V5", Came.NOT_APPLICABLE),
    Part("V6", Came.RETURNED, FORM, None),
]


@pytest.mark.parametrize(
    ("mapping", "rule"),
    [
        ({}, None),
        ({"by": "superior", "days": 3}, Compiling(PARENT, 3)),
        ({"by": "township", "days": 0}, Compiling("township", 0)),
        ({"by": 2, "days": 5, "working_days": True}, Compiling(2, 5, is_working_days=True)),
    ],
)
def test_who_compiles_is_read_and_written_back(mapping: dict[str, Any], rule: Compiling | None) -> None:
    assert compiling_from_mapping(mapping) == rule
    assert compiling_to_mapping(rule) == mapping


@pytest.mark.parametrize(
    "mapping",
    [
        {"by": "superior"},
        {"days": 3},
        {"by": "superior", "days": -1},
        {"by": "superior", "days": 61},
        {"by": "superior", "days": 3, "working_days": "yes"},
        {"by": 0, "days": 3},
        {"by": "superior", "days": 3, "hours": 4},
    ],
)
def test_half_a_rule_is_refused(mapping: dict[str, Any]) -> None:
    with pytest.raises(FormatError):
        compiling_from_mapping(mapping)


# 13 March 2026 is a Friday; in the last case the Monday after is a holiday.
@pytest.mark.parametrize(
    ("rule", "calendar", "due_on"),
    [
        (Compiling(PARENT, 3), WEEKDAYS, date(2026, 3, 16)),
        (Compiling(PARENT, 0), WEEKDAYS, date(2026, 3, 13)),
        (Compiling(PARENT, 0, is_working_days=True), WEEKDAYS, date(2026, 3, 13)),
        (Compiling(PARENT, 3, is_working_days=True), WEEKDAYS, date(2026, 3, 18)),
        (
            Compiling(PARENT, 3, is_working_days=True),
            WorkCalendar({2026: YearTable(frozenset({date(2026, 3, 16)}), frozenset())}),
            date(2026, 3, 19),
        ),
    ],
)
def test_the_compilers_last_day(rule: Compiling, calendar: WorkCalendar, due_on: date) -> None:
    assert compiling_due_on(date(2026, 3, 13), rule, calendar) == due_on


def test_the_columns_are_numbers_and_single_choices() -> None:
    assert [(each.path, each.label, each.is_added) for each in figures_of(FORM)] == [
        ("cases", "案件", True),
        ("rate", "合格率", False),
        ("result", "结果", True),
        ("homes[].area", "户·面积", True),
        ("staff.count", "人员·人数", True),
    ]


def test_a_sum_is_of_what_was_reported_and_says_of_how_many() -> None:
    cases, rate, result, area, staff = total_figures(FORM, PARTS)

    assert (cases.amount, cases.given, cases.not_applicable, cases.blank, cases.missing) == (Decimal(3), 2, 2, 0, 2)
    assert rate.amount is None  # shares are not added
    assert (rate.given, rate.blank) == (1, 2)
    assert result.by_choice == (("好", 2), ("差", 1))
    assert area.amount == Decimal("0.3")
    assert staff.amount == Decimal(4)
    assert not cases.is_whole


def test_without_any_figure_there_is_no_sum() -> None:
    (cases, *_) = total_figures(FORM, [Part("V4", Came.MISSING), Part("V5", Came.NOT_APPLICABLE)])

    assert cases.amount is None
    assert (cases.given, cases.not_applicable, cases.missing) == (0, 1, 1)


def test_zeroes_are_a_sum_of_zero() -> None:
    (cases, *_) = total_figures(FORM, [_part("V1", cases=0), _part("V2", cases=0)])

    assert cases.amount == 0
    assert cases.is_whole


@pytest.mark.parametrize(
    ("place", "text"), [(0, "3"), (1, "0"), (2, "不适用"), (3, "未报"), (4, "不适用"), (5, "已退回")]
)
def test_a_units_cell_says_what_it_is(place: int, text: str) -> None:
    assert part_text(figures_of(FORM)[0], PARTS[place]) == text


def test_a_cell_adds_the_rows_of_a_repeat_and_names_choices() -> None:
    figures = {each.path: each for each in figures_of(FORM)}

    assert part_text(figures["homes[].area"], PARTS[0]) == "0.3"
    assert part_text(figures["result"], PARTS[1]) == "差"
    assert part_text(figures["rate"], PARTS[1]) == "未填"
