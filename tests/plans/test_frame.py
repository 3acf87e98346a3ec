"""What the county's settings put around every plan."""

from __future__ import annotations

from saas.documents.services import county_settings
from saas.plans.services.signing import document_frame
from saas.tenancy.models import Tenant


def test_the_usual_addressees_are_one_text_and_not_its_letters(tenant: Tenant) -> None:
    county_settings().details = {"addressees": "各乡镇人民政府，县直各部门"}

    assert document_frame().addressees == ("各乡镇人民政府，县直各部门",)


def test_a_county_without_usual_addressees_has_none(tenant: Tenant) -> None:
    county_settings().details = {}

    assert document_frame().addressees == ()
