"""The steps of an import as a person and a worker take them."""

from __future__ import annotations

import io
import uuid
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import select

from saas.db import db, new_id
from saas.files.models import StoredFile
from saas.files.services import read_file
from saas.imports.models import DataImport
from saas.jobs.models import Job, JobState
from saas.jobs.running import run_job
from saas.spreadsheets.columns import Column
from saas.tenancy.scope import bound_tenant_id
from tests.browser import Browser
from tests.spreadsheets.samples import of_rows


def send(browser: Browser, kind: str, content: bytes, name: str = "表.xlsx") -> Any:
    """Upload a file as the page does."""
    form = {"file": (io.BytesIO(content), name), "send_token": str(new_id())}
    return browser.post(f"/imports/{kind}", form, content_type="multipart/form-data")


def work() -> list[str]:
    """Do the work that waits, as a worker does; return how it ended."""
    waiting = db.session.scalars(select(Job.id).where(Job.state == JobState.QUEUED).order_by(Job.created_at)).all()
    return [str(run_job(bound_tenant_id(), each)) for each in waiting]


def imported(browser: Browser, kind: str, content: bytes, name: str = "表.xlsx") -> DataImport:
    """Upload and check a file; return the import."""
    response = send(browser, kind, content, name)
    assert response.status_code == 303, response.text
    assert work() == ["done"]
    return latest()


def latest() -> DataImport:
    db.session.expire_all()
    return db.session.scalars(select(DataImport).order_by(DataImport.id.desc()).limit(1)).one()


def apply(browser: Browser, data_import: DataImport, scope: str = "all") -> DataImport:
    """Press the button and let the worker do it."""
    form = {"scope": scope, "version": data_import.version}
    response = browser.post(f"/imports/runs/{data_import.id}/apply", form)
    assert response.status_code == 303, response.text
    assert work() == ["done"]
    return latest()


def rows(*values: Sequence[object]) -> bytes:
    """A workbook of these rows, the first of them the heads."""
    return of_rows(values)


def counts(data_import: DataImport) -> tuple[int, int, int, int]:
    """New, changed, same, bad."""
    found: Mapping[str, int] = data_import.details["counts"]
    return found["new"], found["changed"], found["same"], found["bad"]


def errors(data_import: DataImport) -> dict[str, str]:
    """The mistakes by their cells."""
    return {
        error["cell"]: error["text"].format(**error["params"])
        for row in data_import.details["rows"]["bad"]
        for error in row["errors"]
    }


def differences(data_import: DataImport, state: str = "changed") -> list[tuple[str, list[list[str]]]]:
    return [(row["label"], row["fields"]) for row in data_import.details["rows"][state]]


def marked_content(data_import: DataImport) -> bytes:
    stored = db.session.scalars(select(StoredFile).where(StoredFile.id == data_import.marked_file_id)).one()
    return read_file(stored)


def heads(columns: Sequence[Column]) -> list[str]:
    return [column.full_label for column in columns]


def unit_id(code: str) -> uuid.UUID:
    from saas.org.models import OrgUnit

    return db.session.scalars(select(OrgUnit.id).where(OrgUnit.code == code)).one()
