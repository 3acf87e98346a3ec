"""A county with two towns, their departments, and the people who keep its bodies."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import pytest

from saas.access.permissions import Role
from saas.accounts.models import User
from saas.bodies.models import Body, BodyKind, BodyTemplate
from saas.bodies.services import BodyFields, create_body
from saas.db import db
from saas.org.models import OrgUnit, UnitFunction
from tests.browser import Browser
from tests.factories import START, make_unit, make_unit_type, make_user


@dataclass(frozen=True)
class County:
    """What the tests of bodies need."""

    root: OrgUnit
    department: OrgUnit
    town: OrgUnit
    other_town: OrgUnit
    town_office: OrgUnit
    admin: User
    office: User


@pytest.fixture
def county(browser: Browser) -> County:
    top, department = make_unit_type("county", "县", 1), make_unit_type("department", "部门", 2)
    town, section = make_unit_type("town", "镇", 2), make_unit_type("section", "科室", 3)
    root = make_unit("青山县", kind=top)
    town_unit = make_unit("河口镇", parent=root, kind=town)
    return County(
        root,
        make_unit("县委宣传部", parent=root, kind=department),
        town_unit,
        make_unit("山前镇", parent=root, kind=town),
        make_unit("河口镇宣传办", parent=town_unit, kind=section),
        make_user(Role.SYSTEM_ADMIN, unit=root, name="管机构的人"),
        make_user(Role.OFFICE, unit=root, name="办公室的人"),
    )


def make_body(unit: OrgUnit, actor: User, **fields: object) -> Body:
    said = {"name": "环境整治领导小组", "kind": BodyKind.LEADING_GROUP, **fields}
    return create_body(unit, BodyFields(**said), START, actor=actor)  # type: ignore[arg-type]


def make_template(code: str, seats: list[dict[str, object]], **fields: object) -> BodyTemplate:
    said = {"name": "安全宣传组", "kind": BodyKind.WORK_GROUP, "unit_types": ["town"], **fields}
    template = BodyTemplate(code=code, seats=seats, **said)
    db.session.add(template)
    db.session.flush()
    return template


def make_function(unit: OrgUnit, name: str, starts_on: date = START, ends_on: date | None = None) -> UnitFunction:
    function = UnitFunction(unit_id=unit.id, name=name, starts_on=starts_on, ends_on=ends_on)
    db.session.add(function)
    db.session.flush()
    return function
