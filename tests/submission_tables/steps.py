"""Filling a template as a person does with a spreadsheet program, and sending it back."""

from __future__ import annotations

import io
from collections.abc import Mapping
from datetime import date
from typing import Any
from urllib.parse import unquote

import openpyxl
from openpyxl.worksheet.worksheet import Worksheet
from sqlalchemy import select

from saas.db import db
from saas.imports.models import DataImport
from saas.org.models import OrgUnit
from saas.submissions.models import Collection, Submission
from tests.browser import Browser
from tests.imports.steps import latest, work

MARCH = date(2026, 3, 1)


def subject(collection: Collection, unit: OrgUnit | None = None, start: date = MARCH) -> str:
    whole = f"collection:{collection.id}:{start.isoformat()}"
    return f"{whole}:{unit.id}" if unit is not None else whole


def download(browser: Browser, collection: Collection, unit: OrgUnit | None = None) -> Any:
    """The template as a workbook that can be filled in."""
    response = browser.get(f"/imports/forms/template?subject={subject(collection, unit)}")
    assert response.status_code == 200, response.text
    return openpyxl.load_workbook(io.BytesIO(response.data))


def file_name(response: Any) -> str:
    return unquote(str(response.headers["Content-Disposition"]).partition("UTF-8''")[2])


def place_of(sheet: Worksheet, head: str) -> int:
    """The column below a head; the lowest head counts."""
    found = [cell.column for row in sheet.iter_rows(max_row=8) for cell in row if cell.value == head]
    assert found, f"no head {head}"
    return int(found[-1])


def row_of(sheet: Worksheet, unit: OrgUnit) -> int:
    return next(row for row in range(1, sheet.max_row + 1) if sheet.cell(row, 1).value == unit.code)


def fill(sheet: Worksheet, row: int, cells: Mapping[str, object]) -> None:
    for head, value in cells.items():
        sheet.cell(row, place_of(sheet, head)).value = value


def saved(workbook: Any) -> bytes:
    buffer = io.BytesIO()
    workbook.save(buffer)
    return buffer.getvalue()


def send(
    browser: Browser,
    collection: Collection,
    content: bytes,
    *,
    unit: OrgUnit | None = None,
    name: str = "填报.xlsx",
    **ticked: str,
) -> Any:
    form = {"file": (io.BytesIO(content), name), **ticked}
    path = f"/imports/forms?subject={subject(collection, unit)}"
    return browser.post(path, form, content_type="multipart/form-data")


def checked(browser: Browser, collection: Collection, workbook: Any, **options: Any) -> DataImport:
    """Send a workbook and let the worker check it."""
    response = send(browser, collection, saved(workbook), **options)
    assert response.status_code == 303, response.text
    assert work() == ["done"]
    return latest()


def hints(data_import: DataImport) -> dict[str, str]:
    """What is said beside the cells of rows that can be written."""
    return {
        hint["cell"]: hint["text"].format(**hint["params"])
        for rows in data_import.details["rows"].values()
        for row in rows
        for hint in row.get("hints", ())
    }


def drafts() -> dict[str, Submission]:
    """What the units have, by the name of the unit: of several periods the last."""
    rows = db.session.execute(
        select(OrgUnit.name, Submission)
        .join(OrgUnit, OrgUnit.id == Submission.unit_id)
        .order_by(Submission.period_start, Submission.revision)
    ).all()
    return {row[0]: row[1] for row in rows}
