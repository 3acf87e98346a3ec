"""A small county: a county, two towns, villages, a department; and the administrator who keeps it."""

from __future__ import annotations

from dataclasses import dataclass

import pytest
from sqlalchemy import select

from saas.access.permissions import Role
from saas.accounts.models import User
from saas.audit.models import AuditEvent
from saas.db import db
from saas.org.models import OrgUnit, UnitType
from tests.browser import Browser
from tests.factories import make_unit, make_unit_type, make_user

ATTRIBUTES = [
    {"name": "grids", "label": "网格数", "type": "integer", "measure": "个", "choices": []},
    {"name": "on_county_road", "label": "县道沿线", "type": "yes_no", "measure": "", "choices": []},
]


@dataclass
class Shape:
    """The units by name, their types, and who keeps them."""

    county: OrgUnit
    east: OrgUnit
    west: OrgUnit
    villages: list[OrgUnit]
    department: OrgUnit
    town_type: UnitType
    village_type: UnitType
    department_type: UnitType
    admin: User

    @property
    def village(self) -> OrgUnit:
        return self.villages[0]


@pytest.fixture
def shape(browser: Browser) -> Shape:
    """East has two villages, west has one; a department stands beside the towns. The administrator is signed in."""
    town_type, village_type = make_unit_type("town", "镇", 2), make_unit_type()
    department_type = make_unit_type("department", "县直部门", 2)
    for each in (town_type, village_type):
        each.attributes = ATTRIBUTES
    county = make_unit("青山县", kind=make_unit_type("county", "县", 1))
    east, west = make_unit("东镇", parent=county, kind=town_type), make_unit("西镇", parent=county, kind=town_type)
    villages = [
        make_unit("甲村", parent=east, kind=village_type, on_county_road=True),
        make_unit("乙村", parent=east, kind=village_type, on_county_road=False),
        make_unit("丙村", parent=west, kind=village_type),
    ]
    department = make_unit("水利局", parent=county, kind=department_type)
    admin = make_user(Role.SYSTEM_ADMIN, unit=county, name="管理员")
    browser.sign_in(admin)
    return Shape(county, east, west, villages, department, town_type, village_type, department_type, admin)


def changes() -> list[str]:
    """What the audit trail says was changed, in order."""
    rows = db.session.scalars(select(AuditEvent).order_by(AuditEvent.at, AuditEvent.id)).all()
    return [str(row.details.get("change", "")) for row in rows]
