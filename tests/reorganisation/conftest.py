"""A county with two towns, villages, grids, posts and people, and an administrator who reorganises it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime

import pytest
from sqlalchemy import select

from saas.access.permissions import Role
from saas.accounts.models import User
from saas.db import at_moment, db
from saas.org.models import Hierarchy, HierarchyPurpose, OrgUnit, Placement, Post, UnitType
from saas.tenancy.models import Tenant
from tests.browser import Browser
from tests.factories import START, appoint, make_post, make_unit, make_unit_type, make_user

NOW = datetime(2026, 3, 10, 1, 0, tzinfo=UTC)
TODAY = date(2026, 3, 10)
LATER = date(2026, 7, 1)


@dataclass
class County:
    root: OrgUnit
    east: OrgUnit
    west: OrgUnit
    willow: OrgUnit
    bridge: OrgUnit
    sand: OrgUnit
    cell: OrgUnit
    secretary: Post
    clerk_post: Post
    bridge_secretary: Post
    clerk: User
    chief: User
    admin: User
    grid: Hierarchy

    def types(self) -> dict[str, UnitType]:
        return {each.code: each for each in db.session.scalars(select(UnitType).order_by(UnitType.code))}


@pytest.fixture
def now(tenant: Tenant) -> Iterator[None]:
    with at_moment(NOW):
        yield


@pytest.fixture
def county(now: None) -> County:
    town, village = make_unit_type("town", "镇", 2), make_unit_type("village", "村", 3)
    make_unit_type("street", "街道", 2)
    make_unit_type("community", "社区", 3)
    cell_type = make_unit_type("grid_cell", "网格", 4)
    root = make_unit("清禾县", kind=make_unit_type("county", "县", 1))
    east, west = make_unit("东镇", parent=root, kind=town), make_unit("西镇", parent=root, kind=town)
    willow = make_unit("柳塘村", parent=east, kind=village, households=120)
    bridge = make_unit("石桥村", parent=east, kind=village, households=80)
    sand = make_unit("白沙村", parent=west, kind=village, households=60)
    cell = make_unit("柳塘一网格", parent=willow, kind=cell_type)
    grid = Hierarchy(code="grid", name="网格体系", purpose=HierarchyPurpose.GRID)
    db.session.add(grid)
    db.session.flush()
    for unit, parent in ((root, None), (willow, root), (bridge, root), (cell, willow)):
        place = Placement(
            hierarchy_id=grid.id, unit_id=unit.id, parent_id=parent.id if parent else None, starts_on=START
        )
        db.session.add(place)
    secretary = make_post(willow, Role.LEADER, name="书记")
    clerk_post = make_post(willow, Role.VILLAGE_CLERK, name="文书")
    clerk, chief = make_user(name="柳青"), make_user(name="石磊")
    appoint(clerk, clerk_post)
    appoint(chief, secretary)
    return County(
        root,
        east,
        west,
        willow,
        bridge,
        sand,
        cell,
        secretary,
        clerk_post,
        make_post(bridge, Role.LEADER, name="书记"),
        clerk,
        chief,
        make_user(Role.SYSTEM_ADMIN, unit=root, name="县管"),
        grid,
    )


@pytest.fixture
def admin(browser: Browser, county: County) -> Browser:
    browser.sign_in(county.admin)
    return browser
