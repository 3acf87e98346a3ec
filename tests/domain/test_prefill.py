"""Where a question is pre-filled from: the words of `prefill`, and what a form refuses."""

from __future__ import annotations

from typing import Any

import pytest

from saas.domain.errors import FormError
from saas.domain.fields import FormDefinition, form_from_mapping
from saas.domain.fields.prefilled import find_field, prefilled
from saas.domain.prefill import Prefill, PrefillError, RegisterFigure, SourceKind, read_prefill

STOCK = {"type": "integer", "name": "closing", "label": "期末库存", "measure": "件"}


def form(*fields: dict[str, Any]) -> FormDefinition:
    return form_from_mapping({"code": "stock", "name": "库存月报", "fields": list(fields)})


@pytest.mark.parametrize(
    ("text", "source"),
    [
        ("attribute:population", Prefill(SourceKind.ATTRIBUTE, "population")),
        ("unit:name", Prefill(SourceKind.UNIT, "name")),
        ("unit:parent", Prefill(SourceKind.UNIT, "parent")),
        ("period:start", Prefill(SourceKind.PERIOD, "start")),
        ("last", Prefill(SourceKind.LAST)),
        ("last:closing", Prefill(SourceKind.LAST, path="closing")),
        ("last:pool.emptied", Prefill(SourceKind.LAST, path="pool.emptied")),
        ("form:grid_ledger.events.found", Prefill(SourceKind.FORM, "grid_ledger", "events.found")),
        ("form:cases.sum(events.found)", Prefill(SourceKind.FORM, "cases", "events.found", RegisterFigure.SUM)),
        ("form:cases.count()", Prefill(SourceKind.FORM, "cases", "", RegisterFigure.COUNT)),
        ("register:hazards.count", Prefill(SourceKind.REGISTER, "hazards", "", RegisterFigure.COUNT)),
        ("register:hazards.count[open]", Prefill(SourceKind.REGISTER, "hazards", "", RegisterFigure.COUNT, "open")),
        ("register:hazards.opened", Prefill(SourceKind.REGISTER, "hazards", "", RegisterFigure.OPENED)),
        ("register:hazards.sum(cost)", Prefill(SourceKind.REGISTER, "hazards", "cost", RegisterFigure.SUM)),
        (
            "register:hazards.sum(cost)[done]",
            Prefill(SourceKind.REGISTER, "hazards", "cost", RegisterFigure.SUM, "done"),
        ),
    ],
)
def test_every_source_is_read(text: str, source: Prefill) -> None:
    assert read_prefill(text) == source


@pytest.mark.parametrize(
    "text",
    [
        "", "population", "attribute:", "unit:phone", "last:", "lastly", "form:grid_ledger", "form:Grid.found",
        "register:hazards", "register:hazards.average", "register:hazards.sum", "register:hazards.count(cost)",
        "register:hazards.opened[done]", "SELECT 1", "last:a..b", "period:month", "form:cases.sum()",
        "form:cases.count(found)", "form:cases.average(found)",
    ],
)  # fmt: skip
def test_anything_else_is_no_source(text: str) -> None:
    with pytest.raises(PrefillError):
        read_prefill(text)


def test_a_form_with_sources_is_read() -> None:
    opening = {**STOCK, "name": "opening", "label": "期初库存", "prefill": "last:closing", "read_only": True}

    read = form(opening, STOCK)

    assert list(prefilled(read)) == ["opening"]


@pytest.mark.parametrize(
    ("fields", "path", "words"),
    [
        ([{**STOCK, "prefill": "yesterday"}], "closing.prefill", "不认识的预填来源“yesterday”"),
        ([{**STOCK, "prefill": "last:stock"}], "closing.prefill", "本表没有字段“stock”（可写：closing）"),
        ([{**STOCK, "prefill": "last", "calculation": "1"}], "closing.prefill", "这类字段不能预填"),
        ([{"type": "image", "name": "p", "label": "照片", "prefill": "last"}], "p.prefill", "这类字段不能预填"),
        ([{"type": "date", "name": "d", "label": "日期", "prefill": "register:a.count"}], "d.prefill", "只能预填数字"),
        ([{"type": "date", "name": "d", "label": "日期", "prefill": "form:a.sum(b)"}], "d.prefill", "只能预填数字"),
        ([{**STOCK, "prefill": "period:end"}], "closing.prefill", "填报期填不进本项"),
        ([{"type": "date", "name": "d", "label": "日期", "prefill": "period:label"}], "d.prefill", "填报期填不进本项"),
        (
            [{"type": "begin_repeat", "name": "r", "label": "行", "fields": [{**STOCK, "prefill": "last"}]}],
            "r.closing.prefill",
            "重复组里的字段不能预填",
        ),
        (
            [STOCK, {"type": "integer", "name": "n", "label": "人", "measure": "人", "prefill": "last:closing"}],
            "n.prefill",
            "类型或计量单位不同",
        ),
    ],
)
def test_a_source_that_can_never_fill_is_refused_with_its_place(
    fields: list[dict[str, Any]], path: str, words: str
) -> None:
    with pytest.raises(FormError) as refused:
        form(*fields)

    assert refused.value.path == path
    assert words in str(refused.value)


def test_a_field_in_a_group_is_found_by_its_path_and_by_its_name_alone() -> None:
    read = form({"type": "begin_group", "name": "pool", "label": "池", "fields": [STOCK]})

    assert find_field(read, "pool.closing") == find_field(read, "closing")
    assert find_field(read, "pool") is None
