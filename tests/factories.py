"""Builders of rows. Each makes what it needs; a test names only what matters to it."""

from __future__ import annotations

import itertools
from datetime import date

from sqlalchemy import select

from saas.access.permissions import Role
from saas.accounts.models import Appointment, User
from saas.accounts.passwords import hash_password
from saas.db import db
from saas.org.models import Hierarchy, OrgUnit, Placement, Post, UnitType
from saas.org.queries import ADMINISTRATIVE
from saas.org.versions import first_version
from saas.tenancy.models import Tenant, TenantSettings
from saas.tenancy.scope import tenant_scope

START = date(2020, 1, 1)
PASSWORD = "Right-password-1"
PASSWORD_HASH = hash_password(PASSWORD)
_numbers = itertools.count(1)


def make_tenant(slug: str) -> Tenant:
    """One of the counties that exist before every test, with its settings and an empty tree."""
    county = db.session.scalars(select(Tenant).where(Tenant.slug == slug)).one()
    with tenant_scope(county.id):
        db.session.add(
            TenantSettings(
                letterhead=f"{county.name}人民政府",
                issuing_unit_name=f"{county.name}人民政府",
                printing_unit_name=f"{county.name}人民政府办公室",
                agency_code="青政发",
            )
        )
        db.session.add(Hierarchy(code=ADMINISTRATIVE, name="行政区划"))
        db.session.commit()
    return county


def make_unit_type(code: str = "village", name: str = "村", level: int = 3) -> UnitType:
    found = db.session.scalars(select(UnitType).where(UnitType.code == code)).one_or_none()
    if found is not None:
        return found
    unit_type = UnitType(code=code, name=name, level=level)
    db.session.add(unit_type)
    db.session.flush()
    return unit_type


def make_unit(
    name: str = "", *, parent: OrgUnit | None = None, kind: UnitType | None = None, **attributes: object
) -> OrgUnit:
    """A unit placed under `parent`; without one it is the root of the administrative tree."""
    number = next(_numbers)
    unit = OrgUnit(
        unit_type_id=(kind or make_unit_type()).id,
        code=f"u{number:04d}",
        name=name or f"第{number}村",
        attributes=attributes,
        sort_order=number,
        valid_from=START,
    )
    db.session.add(unit)
    db.session.flush()
    hierarchy = db.session.scalars(select(Hierarchy).where(Hierarchy.code == ADMINISTRATIVE)).one()
    db.session.add(first_version(unit))
    db.session.add(
        Placement(hierarchy_id=hierarchy.id, unit_id=unit.id, parent_id=parent.id if parent else None, starts_on=START)
    )
    db.session.flush()
    return unit


def make_post(unit: OrgUnit, *roles: Role, name: str = "") -> Post:
    post = Post(unit_id=unit.id, name=name or f"岗位{next(_numbers)}", roles=[role.value for role in roles])
    db.session.add(post)
    db.session.flush()
    return post


def make_user(*roles: Role, unit: OrgUnit | None = None, name: str = "", must_change_password: bool = False) -> User:
    """A person with an account; with roles, also a post that carries them at `unit`."""
    number = next(_numbers)
    user = User(
        name=name or f"第{number}人",
        login_name=f"user{number}",
        password_hash=PASSWORD_HASH,
        must_change_password=must_change_password,
    )
    db.session.add(user)
    db.session.flush()
    if roles:
        appoint(user, make_post(unit or make_unit(), *roles))
    return user


def appoint(user: User, post: Post, *, starts_on: date = START, ends_on: date | None = None) -> Appointment:
    appointment = Appointment(post_id=post.id, user_id=user.id, starts_on=starts_on, ends_on=ends_on)
    db.session.add(appointment)
    db.session.flush()
    return appointment
