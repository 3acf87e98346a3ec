"""The county's settings."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from saas.access.permissions import Role
from saas.audit.models import AuditEvent
from saas.db import db
from saas.tenancy.models import TenantSettings
from tests.browser import Browser
from tests.factories import make_user


def settings() -> TenantSettings:
    return db.session.scalars(select(TenantSettings)).one()


def form(**changes: object) -> dict[str, object]:
    values: dict[str, object] = {
        "version": settings().version,
        "letterhead": "青山县人民政府办公室",
        "has_document_word": "y",
        "issuing_unit_name": "青山县人民政府办公室",
        "agency_code": "青政办发",
        "bulletin_agency_code": "",
        "printing_unit_name": "青山县人民政府办公室",
        "copied_to": "县委办公室\r\n县政协办公室\r\n县委办公室",
    }
    return {**values, **changes}


@pytest.fixture(autouse=True)
def signed_in(browser: Browser) -> None:
    browser.sign_in(make_user(Role.SYSTEM_ADMIN))


def test_the_settings_are_saved_and_shown_as_they_will_be_printed(browser: Browser) -> None:
    assert browser.post("/settings", form()).status_code == 303

    saved, page = settings(), browser.get("/settings").text
    assert saved.agency_code == "青政办发"
    assert saved.copied_to == ["县委办公室", "县政协办公室"]
    assert saved.details["bulletin_agency_code"] == "青政办发"
    assert "青山县人民政府办公室文件" in page
    assert "青政办发〔" in page
    event = db.session.scalars(select(AuditEvent)).one()
    assert event.action == "settings.changed"
    assert "agency_code" in event.details["fields"]


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"agency_code": "QZF"}, "机关代字只能是汉字"),
        ({"agency_code": ""}, "请填写机关代字"),
        ({"bulletin_agency_code": "通1"}, "机关代字只能是汉字"),
        ({"letterhead": ""}, "请填写发文机关标志"),
        ({"letterhead": "青山县人民政府文件"}, "不写“文件”二字"),
        ({"letterhead": "青" * 61}, "最多 60 字"),
        ({"copied_to": "\n".join(f"单位{n}" for n in range(31))}, "抄送机关最多 30 个"),
        ({"copied_to": "单" * 61}, "每个抄送机关最多 60 字"),
    ],
)
def test_wrong_settings_are_said_beside_the_field(browser: Browser, changes: dict[str, object], message: str) -> None:
    before = settings().agency_code

    response = browser.post("/settings", form(**changes))

    assert response.status_code == 422
    assert message in response.text
    assert settings().agency_code == before


def test_stale_settings_are_not_overwritten(browser: Browser) -> None:
    old = settings().version
    browser.post("/settings", form())

    response = browser.post("/settings", form(version=old, agency_code="青发"))

    assert response.status_code == 409
    assert "机关代字 现在是：青政办发" in response.text
    assert 'value="青发"' in response.text
    assert settings().agency_code == "青政办发"


@pytest.mark.parametrize("role", [Role.SECURITY_ADMIN, Role.OFFICE, Role.VILLAGE_CLERK])
def test_others_do_not_change_the_settings(browser: Browser, role: Role) -> None:
    browser.sign_in(make_user(role))

    assert browser.get("/settings").status_code == 403
    assert browser.post("/settings", form()).status_code == 403
