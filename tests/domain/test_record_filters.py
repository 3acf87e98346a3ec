"""What of a register is wanted: as an address carries it, and back."""

from __future__ import annotations

import uuid
from datetime import date
from decimal import Decimal

import pytest

from saas.domain.fields import form_from_mapping
from saas.domain.record_filters import (
    AnswerTest,
    Due,
    Progress,
    RecordFilter,
    Span,
    filter_from_query,
    filter_to_query,
)
from saas.domain.records import open_fields

FORM = form_from_mapping(
    {
        "code": "f",
        "name": "登记表",
        "fields": [
            {"type": "select_one", "name": "kind", "label": "类别", "choices": [{"name": "a", "label": "甲"}]},
            {"type": "decimal", "name": "area", "label": "面积"},
            {"type": "date", "name": "day", "label": "日期"},
            {"type": "integer", "name": "age", "label": "年龄", "sensitivity": "personal"},
            {"type": "text", "name": "note", "label": "备注"},
        ],
    }
)
FIELDS = open_fields(FORM)
UNIT, PERSON = uuid.UUID(int=1), uuid.UUID(int=2)


@pytest.mark.parametrize(
    "wanted",
    [
        RecordFilter(),
        RecordFilter(progress=Progress.UNFINISHED, due=Due.OVERDUE, text="水渠", sort="-due"),
        RecordFilter(states=("open", "checking"), unit_id=UNIT, responsible_id=UNIT, person_id=PERSON),
        RecordFilter(due_on=Span(date(2026, 1, 1)), opened_on=Span(None, date(2026, 3, 1))),
        RecordFilter(
            tests=(
                AnswerTest("kind", ("a", "b")),
                AnswerTest("area", (), Decimal("0.5"), Decimal("120")),
                AnswerTest("day", (), date(2026, 1, 1), None),
            ),
            sort="is.area",
            columns=("kind", "age"),
        ),
    ],
)
def test_a_filter_comes_back_as_it_went(wanted: RecordFilter) -> None:
    assert filter_from_query(filter_to_query(wanted), FIELDS) == wanted


@pytest.mark.parametrize(
    "query",
    [
        {"progress": ["perhaps"]},
        {"unit": ["not-an-id"]},
        {"due_from": ["2026-13-01"]},
        {"sort": ["secret"]},
        {"sort": ["is.age"]},
        {"is.nothing": ["a"]},
        {"from.area": ["NaN"]},
        {"from.area": ["1e99"]},
        {"from.note": ["1"]},
        {"from.age": ["18"]},  # protected: who may not read it must not find it out
        {"q": ["  "]},
    ],
)
def test_what_is_no_use_is_left_out(query: dict[str, list[str]]) -> None:
    assert filter_from_query(query, FIELDS) == RecordFilter()


def test_order_and_columns_leave_nothing_out() -> None:
    assert not RecordFilter(sort="due", columns=("kind",)).is_narrow
    assert RecordFilter(text="x").is_narrow


def test_figures_are_written_as_people_write_them() -> None:
    wanted = RecordFilter(tests=(AnswerTest("area", (), Decimal("1.50"), None),))

    assert filter_to_query(wanted) == {"from.area": ["1.5"]}


def test_a_text_is_cut_where_nobody_types_on() -> None:
    assert len(filter_from_query({"q": ["长" * 500]}, FIELDS).text) == 60
