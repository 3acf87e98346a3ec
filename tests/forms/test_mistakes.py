"""A workbook with mistakes, uploaded: all of them beside the file, and the draft as it was."""

from __future__ import annotations

import io

import pytest

from saas.forms.models import FormVersion, VersionStatus
from tests.browser import Browser
from tests.factories_forms import make_form, make_version
from tests.forms.steps import page_of
from tests.forms.test_xlsform import a_workbook


@pytest.fixture
def version() -> FormVersion:
    kept = {"type": "integer", "name": "kept", "label": "原有问题"}
    return make_version(make_form(), kept, status=VersionStatus.DRAFT)


def send(designer: Browser, version: FormVersion, content: bytes, name: str) -> str:
    form = {"version": str(version.version), "file": (io.BytesIO(content), name)}
    response = designer.post(f"{page_of(version)}/upload", form)
    assert response.status_code == 422
    assert [item["name"] for item in version.definition["fields"]] == ["kept"]
    return response.text


def test_every_mistake_stands_beside_the_file(designer: Browser, version: FormVersion) -> None:
    survey = [
        ["type", "name", "label", "relevant"],
        ["select_one none", "a", "甲"],
        ["integer", "b", "乙", "${gone} > 1"],
    ]

    page = send(designer, version, a_workbook(survey=survey), "form.xlsx")

    assert "type（A2）" in page
    assert "relevant（D3）" in page


def test_a_workbook_of_old_is_called_by_its_name(designer: Browser, version: FormVersion) -> None:
    page = send(designer, version, b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), "form.xls")

    assert "旧版 Excel" in page
    assert "另存为 .xlsx" in page
