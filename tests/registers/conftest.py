"""A county whose villages keep a register of disputes, and a clock that stands on 10 March 2026."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import pytest

from saas.access.permissions import Role
from saas.accounts.models import User
from saas.db import at_moment, db
from saas.org.models import OrgUnit
from saas.registers.models import Register
from saas.tenancy.models import Tenant
from tests.browser import Browser
from tests.factories import make_unit, make_unit_type, make_user
from tests.factories_forms import make_version

NOW = datetime(2026, 3, 10, 1, 0, tzinfo=UTC)
KINDS = [{"name": "land", "label": "土地"}, {"name": "family", "label": "家庭"}]
DISPUTE: tuple[Mapping[str, Any], ...] = (
    {"type": "text", "name": "matter", "label": "事由", "required": True, "max_length": 50},
    {"type": "select_one", "name": "kind", "label": "类别", "choices": KINDS},
    {"type": "integer", "name": "people", "label": "涉及人数", "measure": "人", "min": 0},
    {"type": "date", "name": "deadline", "label": "化解期限"},
    {"type": "text", "name": "phone", "label": "当事人电话", "sensitivity": "sensitive", "mask": "phone"},
    {"type": "text", "name": "result", "label": "化解结果"},
    {"type": "image", "name": "photos", "label": "现场照片", "max_count": 2},
    {
        "type": "begin_repeat",
        "name": "visits",
        "label": "走访",
        "fields": [{"type": "text", "name": "who", "label": "走访人"}],
    },
)


@dataclass(frozen=True)
class Place:
    """The units and people of the tests, and a register that all villages keep."""

    county: OrgUnit
    town: OrgUnit
    other_town: OrgUnit
    village: OrgUnit
    neighbour: OrgUnit
    far_village: OrgUnit
    department: OrgUnit
    clerk: User
    neighbour_clerk: User
    officer: User
    office: User
    leader: User
    expert: User
    register: Register


def make_register(name: str = "矛盾纠纷台账", *more: Mapping[str, Any], **columns: Any) -> Register:
    """A register that every village keeps: opened, checked by the town, closed. `more`: questions at the end."""
    version = make_version(None, *DISPUTE, *more)
    settings: dict[str, Any] = {
        "code": f"register-{version.form.code}",
        "cohort": {"unit_types": ["village"]},
        "states": {},
        "layout": {"title": "matter", "columns": ["kind", "people"]},
    }
    register = Register(name=name, form_id=version.form_id, **{**settings, **columns})
    db.session.add(register)
    db.session.flush()
    return register


@pytest.fixture
def now(tenant: Tenant) -> Iterator[None]:
    with at_moment(NOW):
        yield


@pytest.fixture
def place(now: None) -> Place:
    county = make_unit("清禾县", kind=make_unit_type("county", "县", 1))
    township = make_unit_type("township", "乡镇", 2)
    town = make_unit("青石镇", parent=county, kind=township)
    other_town = make_unit("白沙镇", parent=county, kind=township)
    village, neighbour = make_unit("柳塘村", parent=town), make_unit("石桥村", parent=town)
    department = make_unit("县司法局", parent=county, kind=make_unit_type("department", "部门", 2))
    return Place(
        county=county,
        town=town,
        other_town=other_town,
        village=village,
        neighbour=neighbour,
        far_village=make_unit("白沙村", parent=other_town),
        department=department,
        clerk=make_user(Role.VILLAGE_CLERK, unit=village),
        neighbour_clerk=make_user(Role.VILLAGE_CLERK, unit=neighbour),
        officer=make_user(Role.TOWN_OFFICER, unit=town),
        office=make_user(Role.OFFICE, unit=county),
        leader=make_user(Role.LEADER, unit=county),
        expert=make_user(Role.DEPARTMENT, unit=department),
        register=make_register(),
    )


@pytest.fixture
def clerk(browser: Browser, place: Place) -> Browser:
    browser.sign_in(place.clerk)
    return browser


@pytest.fixture
def office(browser: Browser, place: Place) -> Browser:
    browser.sign_in(place.office)
    return browser
