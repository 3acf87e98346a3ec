"""A register on paper: merged heads, cells, totals that tell nothing from not applicable from zero."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from saas.domain.answers import NOT_APPLICABLE
from saas.domain.fields import FormDefinition, form_from_mapping
from saas.domain.paper_table import (
    HeadCell,
    LayoutError,
    PaperLayout,
    PaperTable,
    RecordLine,
    cell_text,
    check_layout,
    layout_from_mapping,
    layout_to_mapping,
    paper_table,
)
from saas.domain.record_access import Masked


def a_form() -> FormDefinition:
    number = {"type": "decimal", "total": True, "not_applicable": True}
    return form_from_mapping(
        {
            "code": "f",
            "name": "隐患台账",
            "fields": [
                {"type": "text", "name": "place", "label": "地点"},
                {"type": "note", "name": "hint", "label": "请如实填写"},
                {
                    "type": "begin_group",
                    "name": "found",
                    "label": "排查情况",
                    "fields": [
                        {"type": "date", "name": "day", "label": "排查日期"},
                        {**number, "name": "count", "label": "隐患数", "measure": "处"},
                    ],
                },
                {**number, "name": "cost", "label": "整改资金", "measure": "万元"},
                {
                    "type": "begin_repeat",
                    "name": "visits",
                    "label": "回访",
                    "fields": [
                        {"type": "date", "name": "on", "label": "日期"},
                        {"type": "text", "name": "said", "label": "情况"},
                    ],
                },
            ],
        }
    )


def a_line(**answers: Any) -> RecordLine:
    return RecordLine(7, "大河村", "整改中", date(2026, 3, 1), date(2026, 4, 1), None, answers)


def set_out(*lines: RecordLine, columns: tuple[str, ...] = ()) -> PaperTable:
    return paper_table("隐患台账", PaperLayout(columns=columns), a_form(), lines)


def test_fields_of_a_group_stand_under_one_merged_head() -> None:
    table = set_out(columns=("@number", "place", "found.day", "found.count", "cost"))

    assert table.head_rows == 2
    assert table.heads == (
        HeadCell("序号", 0, 0, 2, 1),
        HeadCell("地点", 0, 1, 2, 1),
        HeadCell("排查情况", 0, 2, 1, 2),
        HeadCell("整改资金（万元）", 0, 4, 2, 1),
        HeadCell("排查日期", 1, 2, 1, 1),
        HeadCell("隐患数（处）", 1, 3, 1, 1),
    )


def test_every_place_of_the_head_is_covered_once() -> None:
    table = set_out(columns=("found.count", "@unit", "found.day", "visits"))
    covered = [
        (cell.row + down, cell.column + right)
        for cell in table.heads
        for down in range(cell.row_span)
        for right in range(cell.column_span)
    ]

    assert sorted(covered) == [(row, column) for row in range(table.head_rows) for column in range(4)]


def test_without_named_columns_all_fields_stand_in_their_order() -> None:
    table = set_out(a_line(place="桥头"))

    assert [column.key for column in table.columns] == [
        "@number",
        "@unit",
        "place",
        "found.day",
        "found.count",
        "cost",
        "visits",
        "@state",
    ]
    assert table.rows == ((Decimal(1), "大河村", "桥头", None, None, None, None, "整改中"),)


def test_cells_hold_numbers_and_days_as_such_and_rows_of_a_repeat_as_lines() -> None:
    visits = [{"on": date(2026, 3, 2), "said": "已清"}, {"on": None, "said": "复查"}]
    line = a_line(found={"day": date(2026, 3, 1), "count": Decimal("2.50")}, cost=NOT_APPLICABLE, visits=visits)
    columns = ("found.day", "found.count", "cost", "visits", "@due_on")

    (row,) = set_out(line, columns=columns).rows

    assert row == (
        date(2026, 3, 1),
        Decimal("2.50"),
        "不适用",
        "1. 日期 2026-03-02，情况 已清\n2. 情况 复查",
        date(2026, 4, 1),
    )
    assert [cell_text(cell) for cell in row[:2]] == ["2026-03-01", "2.5"]


@pytest.mark.parametrize(
    ("answers", "total"),
    [
        ([Decimal("0.1"), Decimal("0.2")], Decimal("0.3")),
        ([Decimal(0), None], Decimal(0)),
        ([Decimal(1), NOT_APPLICABLE], Decimal(1)),
        ([NOT_APPLICABLE, None], "不适用"),
        ([None, None], None),
        ([], None),
        ([Decimal(1), Masked("***")], "***"),
    ],
)
def test_a_total_tells_nothing_from_not_applicable_from_zero(answers: list[Any], total: Any) -> None:
    table = set_out(*(a_line(cost=answer) for answer in answers), columns=("@number", "place", "cost"))

    assert table.total == ("合计", None, total)


def test_nothing_is_added_up_where_no_field_says_so() -> None:
    assert set_out(a_line(place="桥头"), columns=("@number", "place")).total is None


def test_masked_answers_stay_masked() -> None:
    assert set_out(a_line(place=Masked("青山镇**")), columns=("place",)).rows == (("青山镇**",),)


def test_a_layout_comes_back_as_it_was_written() -> None:
    mapping = {
        "title": "清禾县隐患排查台账",
        "columns": ["@number", "found.day"],
        "orientation": "portrait",
        "signatures": ["排查人"],
        "note": "一式两份",
    }

    assert layout_to_mapping(layout_from_mapping(mapping)) == mapping
    assert layout_to_mapping(layout_from_mapping({})) == {}


@pytest.mark.parametrize(
    ("mapping", "path"),
    [
        ({"columns": "place"}, "columns"),
        ({"columns": ["place", "place"]}, "columns"),
        ({"columns": ["@mayor"]}, "columns"),
        ({"columns": ["a b"]}, "columns"),
        ({"orientation": "quer"}, "orientation"),
        ({"signatures": [3]}, "signatures"),
        ({"colour": "red"}, "colour"),
    ],
)
def test_a_mistake_in_a_layout_says_where_it_is(mapping: dict[str, Any], path: str) -> None:
    with pytest.raises(LayoutError) as caught:
        layout_from_mapping(mapping)

    assert caught.value.path == path
    assert caught.value.advice


def test_a_column_for_a_field_that_is_not_asked_is_a_mistake() -> None:
    check_layout(PaperLayout(columns=("@unit", "found.day", "visits")), a_form())
    with pytest.raises(LayoutError, match="found"):
        check_layout(PaperLayout(columns=("found",)), a_form())
