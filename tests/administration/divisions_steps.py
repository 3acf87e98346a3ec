"""Steps through the wizard that sets units up from the national list."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import select

from saas.db import db
from saas.divisions.reading import read_county
from saas.imports.models import DataImport
from saas.org.models import OrgUnit
from tests.administration.divisions_list import COUNTY, VILLAGES
from tests.browser import Browser

DAY = "2026-03-01"


@dataclass
class Setting:
    root: OrgUnit
    draft: DataImport

    @property
    def url(self) -> str:
        return f"/divisions/{self.draft.id}"


def towns_form(setting: Setting, **changes: object) -> dict[str, object]:
    form: dict[str, object] = {
        "version": str(setting.draft.version),
        "take": [town.code for town in read_county(COUNTY).towns],
        **{f"name-{town.code}": town.proposed_name for town in read_county(COUNTY).towns},
    }
    return {**form, **changes}


def villages_form(setting: Setting, **changes: object) -> dict[str, object]:
    form: dict[str, object] = {"version": str(setting.draft.version), "take": list(VILLAGES)}
    return {**form, **{f"name-{code}": name for code, name in VILLAGES.items()}, **changes}


def set_up(browser: Browser, setting: Setting, starts_on: str = DAY, **changes: str) -> int:
    form = {"version": str(setting.draft.version), "starts_on": starts_on, **changes}
    return browser.post(f"{setting.url}/apply", form).status_code


def units_from_the_list() -> dict[str, OrgUnit]:
    return {unit.code: unit for unit in db.session.scalars(select(OrgUnit).where(OrgUnit.code.like("990102%")))}
