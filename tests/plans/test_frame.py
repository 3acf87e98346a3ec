"""What the county's settings put around every plan."""

from __future__ import annotations

from saas.db import db
from saas.plans.services.signing import document_frame
from saas.tenancy.models import Tenant, TenantSettings


def test_the_usual_addressees_are_one_text_and_not_its_letters(tenant: Tenant) -> None:
    db.session.add(TenantSettings(letterhead="青山县人民政府", details={"addressees": "各乡镇人民政府，县直各部门"}))
    db.session.flush()

    assert document_frame().addressees == ("各乡镇人民政府，县直各部门",)


def test_a_county_without_usual_addressees_has_none(tenant: Tenant) -> None:
    db.session.add(TenantSettings(letterhead="青山县人民政府", details={}))
    db.session.flush()

    assert document_frame().addressees == ()
