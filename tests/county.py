"""A county with two towns and three villages, its people, and a clock that stands on 10 March 2026."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

import pytest

from saas.access.permissions import Role
from saas.accounts.models import User
from saas.db import at_moment
from saas.org.models import OrgUnit
from saas.tenancy.models import Tenant
from tests.browser import Browser
from tests.factories import make_unit, make_unit_type, make_user

NOW = datetime(2026, 3, 10, 1, 0, tzinfo=UTC)


@dataclass(frozen=True)
class County:
    """Its units, and who works there."""

    county: OrgUnit
    town: OrgUnit
    other_town: OrgUnit
    village: OrgUnit
    neighbour: OrgUnit
    far_village: OrgUnit
    clerk: User
    officer: User
    office: User


def make_county() -> County:
    county = make_unit("清禾县", kind=make_unit_type("county", "县", 1))
    township = make_unit_type("township", "乡镇", 2)
    town = make_unit("青石镇", parent=county, kind=township)
    other_town = make_unit("白沙镇", parent=county, kind=township)
    village = make_unit("柳塘村", parent=town)
    return County(
        county=county,
        town=town,
        other_town=other_town,
        village=village,
        neighbour=make_unit("石桥村", parent=town),
        far_village=make_unit("白沙村", parent=other_town),
        clerk=make_user(Role.VILLAGE_CLERK, unit=village),
        officer=make_user(Role.TOWN_OFFICER, unit=town),
        office=make_user(Role.OFFICE, unit=county),
    )


@pytest.fixture
def now(tenant: Tenant) -> Iterator[None]:
    with at_moment(NOW):
        yield


@pytest.fixture
def clerk(browser: Browser, place: County) -> Browser:
    browser.sign_in(place.clerk)
    return browser


@pytest.fixture
def office(browser: Browser, place: County) -> Browser:
    browser.sign_in(place.office)
    return browser
