"""Founding a county (建县): the first rows of its own, written by the application's role inside the county's wall.

The operator's role cannot write them, nor read them afterwards. What stands then: the settings, one unit type, the
root unit in the administrative tree, and the three administrators (三员) with a post each. They set up the rest.
"""

from __future__ import annotations

import logging
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from saas.access.permissions import ROLE_LABELS, Role
from saas.accounts.models import Appointment, User
from saas.accounts.passwords import hash_password
from saas.accounts.services import first_password
from saas.audit.services import AuditAction, record
from saas.db import db, local_today, new_id, unit_of_work
from saas.domain.errors import DomainError
from saas.operator.db import operator_work
from saas.operator.services import get_county, give_up_preparing, open_county, register_county
from saas.operator.trail import OperatorAction
from saas.org.bulk import NewUnit, insert_units
from saas.org.models import Post, UnitType
from saas.tenancy.models import TenantSettings
from saas.tenancy.scope import tenant_scope

logger = logging.getLogger(__name__)

ROOT_TYPES = {"county": "县", "district": "区", "city": "市"}
ADMINISTRATORS = (Role.SYSTEM_ADMIN, Role.SECURITY_ADMIN, Role.AUDITOR)


@dataclass(frozen=True, slots=True)
class NewAdministrator:
    """One of the three first people of a county."""

    role: Role
    name: str
    login_name: str


@dataclass(frozen=True, slots=True)
class NewCounty:
    """What a county begins with. `units_from` is the day since which its root unit stands, `root_code` its code."""

    slug: str
    name: str
    root_name: str
    root_type: str
    root_code: str
    units_from: date
    administrators: tuple[NewAdministrator, ...]


@dataclass(frozen=True, slots=True)
class FirstAccount:
    """An account with its first password, shown once and kept nowhere."""

    role: str
    name: str
    login_name: str
    password: str


def check_new_county(new: NewCounty) -> None:
    """Raise DomainError unless each of the three roles has a person of its own."""
    if tuple(each.role for each in new.administrators) != ADMINISTRATORS:
        raise DomainError("系统管理员、安全管理员、审计管理员各要一人", code="three_administrators")
    if len({each.login_name for each in new.administrators}) != len(ADMINISTRATORS):
        raise DomainError("三名管理员的账号不能相同", code="three_administrators")


def create_county(new: NewCounty, *, actor: str) -> tuple[uuid.UUID, Sequence[FirstAccount]]:
    """Register a county, write its first rows, and let its address answer. On an error nothing is left of it.

    Two roles work one after the other: the operator's registers and opens, the application's founds in between.
    """
    check_new_county(new)
    with operator_work() as session:
        tenant_id = register_county(session, new.slug, new.name, actor=actor).id
    try:
        with tenant_scope(tenant_id), unit_of_work():
            accounts = found(new)
    except BaseException:
        with operator_work() as session:
            give_up_preparing(session, get_county(session, tenant_id))
        raise
    with operator_work() as session:
        logins = [each.login_name for each in accounts]
        county = get_county(session, tenant_id)
        open_county(session, county, actor=actor, action=OperatorAction.COUNTY_FOUNDED, administrators=logins)
    return tenant_id, accounts


def found(new: NewCounty) -> Sequence[FirstAccount]:
    """Write the first rows of the bound county; return the accounts with their first passwords."""
    settings = TenantSettings(letterhead=new.root_name, issuing_unit_name=new.root_name)
    kind = UnitType(id=new_id(), code=new.root_type, name=ROOT_TYPES[new.root_type], level=1)
    db.session.add_all([settings, kind])
    db.session.flush()
    root = NewUnit(new.root_code, new.root_name, kind.id, None, new.units_from)
    insert_units([root])
    accounts = [_administrator(each, root.id, order) for order, each in enumerate(new.administrators, start=1)]
    record(AuditAction.UNIT_CHANGED, settings, actor=None, change="founded", code=root.code)
    db.session.flush()
    return accounts


def _administrator(new: NewAdministrator, root_id: uuid.UUID, order: int) -> FirstAccount:
    role, password = str(ROLE_LABELS[new.role]), first_password()
    user = User(id=new_id(), name=new.name, login_name=new.login_name, password_hash=hash_password(password))
    post = Post(id=new_id(), unit_id=root_id, name=role, roles=[new.role.value], sort_order=900 + order)
    db.session.add_all([user, post])
    db.session.flush()
    db.session.add(Appointment(post_id=post.id, user_id=user.id, starts_on=local_today()))
    record(AuditAction.ACCOUNT_CREATED, user, actor=None, login_name=new.login_name)
    return FirstAccount(role, new.name, new.login_name, password)
