"""Which table a workbook was made for: what it says of itself, and what it is called."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from saas.db import db
from saas.forms.models import VersionStatus
from saas.forms.queries import find_published_version
from saas.imports.models import ImportStatus
from saas.submissions.models import Collection
from tests.browser import Browser
from tests.factories_forms import make_version
from tests.imports.steps import counts
from tests.submission_tables.steps import checked, download, file_name, fill, row_of, subject
from tests.submissions.conftest import Place


@pytest.mark.parametrize(
    ("change", "words"),
    [("period", "请下载本期的模板"), ("form", "是表单“另一张表”的模板")],
)
def test_a_template_of_another_table_is_recognised(
    town: Browser, place: Place, collection: Collection, change: str, words: str
) -> None:
    book = download(town, collection)
    stamp = book["模板信息"]
    values: dict[str, Any] = {"period": {"period": "2026-02-01"}, "form": {"form": "x", "form_name": "另一张表"}}[
        change
    ]
    for row in range(1, stamp.max_row + 1):
        if stamp.cell(row, 1).value in values:
            stamp.cell(row, 2).value = values[stamp.cell(row, 1).value]
    found = checked(town, collection, book)

    assert found.status is ImportStatus.REFUSED
    assert words in town.get(f"/imports/runs/{found.id}").text


def test_a_template_of_an_earlier_version_is_mapped_and_said_to_be_old(
    town: Browser, place: Place, collection: Collection
) -> None:
    sheet = (book := download(town, collection))["填报表"]
    fill(sheet, row_of(sheet, place.village), {"户数（户）": 5, "发现": 1})
    published = find_published_version(collection.form_id)
    assert published is not None
    fields = [item for item in published.definition["fields"] if item["name"] != "grade"]
    fields = [item for item in fields if item["name"] != "why"]
    published.status = VersionStatus.RETIRED
    db.session.flush()
    make_version(collection.form, *fields, {"type": "text", "name": "more", "label": "补充"}, number=2)
    found = checked(town, collection, book)

    assert counts(found) == (1, 0, 0, 0)
    notices = [each["text"].format(**each["params"]) for each in found.details["notices"]]
    assert any("按表单第 1 版的模板填的，现在是第 2 版" in each for each in notices)
    assert any("等次" in each for each in notices)  # a column that is not asked any more


def test_the_file_is_named_after_the_unit_the_period_and_the_table(
    town: Browser, place: Place, collection: Collection
) -> None:
    response = town.get(f"/imports/forms/template?subject={subject(collection)}")

    assert file_name(response) == "青石镇_2026年3月_人居环境统计_填报模板.xlsx"


@pytest.mark.parametrize("text", ["", "x", "collection:1:2", "register:1", "collection:%s:2026-03-02"])
def test_an_address_that_names_no_table_is_not_found(
    town: Browser, place: Place, collection: Collection, text: str
) -> None:
    text = text % collection.id if "%s" in text else text

    assert town.get(f"/imports/forms?subject={text}").status_code == 404


def test_a_period_is_a_day_of_the_collection(town: Browser, collection: Collection) -> None:
    assert town.get(f"/imports/forms?subject={subject(collection, start=date(2026, 3, 2))}").status_code == 404
