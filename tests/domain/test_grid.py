"""Which questions fit into a table of many units, and what its cells mean."""

from __future__ import annotations

from typing import Any

import pytest

from saas.domain.fields import form_from_mapping
from saas.domain.grid import cell_text, column_total, grid_columns, put_cell

CHOICES = [{"name": "good", "label": "好"}, {"name": "bad", "label": "差"}]


def _columns(*fields: dict[str, Any]) -> tuple[Any, ...]:
    return grid_columns(form_from_mapping({"code": "f", "name": "表", "fields": list(fields)}))


def test_plain_questions_fit_and_the_rest_is_named() -> None:
    columns, left_out = _columns(
        {"type": "text", "name": "a", "label": "文字"},
        {"type": "integer", "name": "b", "label": "数"},
        {"type": "date", "name": "c", "label": "日期"},
        {"type": "select_one", "name": "d", "label": "单选", "choices": CHOICES},
        {"type": "text", "name": "e", "label": "长文", "appearance": "multiline"},
        {"type": "select_multiple", "name": "f", "label": "多选", "choices": CHOICES},
        {"type": "image", "name": "g", "label": "照片"},
        {"type": "note", "name": "h", "label": "说明"},
        {"type": "integer", "name": "i", "label": "算出", "calculation": "${b} * 2"},
        {"type": "text", "name": "j", "label": "已知", "read_only": True},
        {"type": "begin_group", "name": "k", "label": "组", "fields": [{"type": "time", "name": "l", "label": "时刻"}]},
        {
            "type": "begin_repeat",
            "name": "m",
            "label": "户",
            "fields": [{"type": "text", "name": "n", "label": "户主"}],
        },
    )

    assert [(each.path, each.label) for each in columns] == [
        ("a", "文字"),
        ("b", "数"),
        ("c", "日期"),
        ("d", "单选"),
        ("k.l", "组·时刻"),
    ]
    assert left_out == ("长文", "多选", "照片", "户")


@pytest.mark.parametrize(
    ("item", "typed", "raw"),
    [
        ({"type": "integer"}, " 3 ", {"x": [" 3 "]}),
        ({"type": "integer"}, "  ", {}),
        ({"type": "integer", "not_applicable": True}, "不适用", {"x:na": ["1"]}),
        ({"type": "integer"}, "不适用", {"x": ["不适用"]}),
        ({"type": "select_one", "choices": CHOICES}, "好", {"x": ["good"]}),
        ({"type": "select_one", "choices": CHOICES}, "good", {"x": ["good"]}),
        ({"type": "select_one", "choices": CHOICES}, "中", {"x": ["中"]}),
    ],
)
def test_a_cell_becomes_what_the_units_own_page_would_post(
    item: dict[str, Any], typed: str, raw: dict[str, list[str]]
) -> None:
    (column,), _ = _columns({"name": "x", "label": "题", **item})
    found = {"x": ["旧"], "x:na": ["1"], "other": ["9"]}

    put_cell(column, typed, found)

    assert found == {**raw, "other": ["9"]}


def test_a_cell_shows_what_is_stored() -> None:
    (column,), _ = _columns({"type": "integer", "name": "x", "label": "题", "not_applicable": True})

    assert cell_text(column, {"x": ["3"]}) == "3"
    assert cell_text(column, {"x:na": ["1"]}) == "不适用"
    assert cell_text(column, {}) == ""


@pytest.mark.parametrize(
    ("item", "cells", "total"),
    [
        ({"type": "decimal", "measure": "吨"}, ["0.1", "0.2", "", "不适用", "很多"], ("0.3", 2)),
        ({"type": "integer", "measure": "件"}, ["0", "0"], ("0", 2)),
        ({"type": "integer", "measure": "件"}, ["", ""], ("", 0)),
        ({"type": "decimal", "measure": "%"}, ["90", "80"], ("", 2)),
        ({"type": "integer", "measure": "人"}, ["1,200", "３"], ("1203", 2)),
    ],
)
def test_the_sum_below_a_column(item: dict[str, Any], cells: list[str], total: tuple[str, int]) -> None:
    (column,), _ = _columns({"name": "x", "label": "题", **item})

    assert column_total(column, cells) == total
