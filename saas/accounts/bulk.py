"""Registering many people at once, and their first passwords. Never commits."""

from __future__ import annotations

import secrets
import uuid
from collections.abc import Sequence
from dataclasses import dataclass

from argon2 import PasswordHasher
from sqlalchemy import select

from saas.accounts import services
from saas.accounts.models import User
from saas.accounts.people import refuse_more_accounts
from saas.audit.services import AuditAction, HasId, record
from saas.db import db, new_id, utc_now

# A first password is random with 72 bits: nobody tries that many, whatever one try costs. So its hash need not be
# slow, and a thousand of them fit into one request. At the first sign-in it is replaced by a slow one.
_quick = PasswordHasher(time_cost=1, memory_cost=64, parallelism=1)


@dataclass(frozen=True, slots=True)
class NewPerson:
    """Somebody to be registered with an account."""

    name: str
    login_name: str
    phone: str = ""
    email: str = ""


def create_people(people: Sequence[NewPerson], *, actor: HasId) -> list[User]:
    """Register people with accounts that nobody can sign in to yet: their first passwords are given afterwards.

    The caller has asked whether the login names are free. Raises QuotaReached if the county may not have so many.
    """
    refuse_more_accounts(len(people))
    users = [
        User(
            id=new_id(),
            name=each.name,
            login_name=each.login_name,
            phone=each.phone,
            email=each.email,
            password_hash=_quick.hash(secrets.token_urlsafe(32)),
        )
        for each in people
    ]
    db.session.add_all(users)
    db.session.flush()
    for user in users:
        record(AuditAction.ACCOUNT_CREATED, user, actor=actor, login_name=user.login_name)
    return users


def without_password(user_ids: Sequence[uuid.UUID]) -> Sequence[User]:
    """Those of these people who have never signed in and may be given a first password, by login name."""
    return db.session.scalars(
        select(User)
        .where(User.id.in_(user_ids), User.last_signed_in_at.is_(None), User.must_change_password, User.is_active)
        .order_by(User.login_name)
    ).all()


def give_first_passwords(users: Sequence[User], *, actor: HasId) -> list[tuple[User, str]]:
    """Give each a new first password. It is returned once and kept nowhere; an earlier one does not fit any more."""
    found = []
    for user in users:
        password = services.first_password()
        user.password_hash = _quick.hash(password)
        user.password_changed_at = utc_now()
        record(AuditAction.ACCOUNT_PASSWORD_RESET, user, actor=actor)
        found.append((user, password))
    db.session.flush()
    return found
