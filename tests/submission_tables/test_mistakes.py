"""What is said beside the cells of a faulty workbook: in the order of the columns, and nothing that only follows."""

from __future__ import annotations

import io

import openpyxl

from saas.submissions.models import Collection
from tests.browser import Browser
from tests.imports.steps import errors, marked_content
from tests.submission_tables.steps import checked, download, fill, place_of, row_of
from tests.submissions.conftest import Place


def test_the_column_of_errors_reads_from_left_to_right(town: Browser, place: Place, collection: Collection) -> None:
    sheet = (book := download(town, collection))["填报表"]
    row = row_of(sheet, place.village)
    fill(sheet, row, {"户数（户）": -1, "等次": "没有的"})
    found = checked(town, collection, book)

    marked = openpyxl.load_workbook(io.BytesIO(marked_content(found)))["填报表"]
    said = str(marked.cell(row, place_of(marked, "错误信息")).value)
    assert said.index("户数") < said.index("等次")


def test_a_rule_is_not_broken_by_a_cell_that_cannot_be_read(
    town: Browser, place: Place, collection: Collection
) -> None:
    sheet = (book := download(town, collection))["填报表"]
    row = row_of(sheet, place.village)
    fill(sheet, row, {"户数（户）": 9, "发现": "许多", "整改": 2})
    assert list(errors(checked(town, collection, book)).values()) == ["“许多”不是数，请填整数，不带单位"]

    fill(sheet, row, {"发现": 1})
    assert list(errors(checked(town, collection, book)).values()) == ["整改不能多于发现"]
