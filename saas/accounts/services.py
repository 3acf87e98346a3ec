"""Signing in and out, passwords and sessions. Never commits."""

from __future__ import annotations

import hashlib
import secrets
import uuid
from datetime import datetime, timedelta

from sqlalchemy import update

from saas.access.permissions import ADMINISTRATORS, Role
from saas.accounts import queries
from saas.accounts.models import SignInAttempt, User, UserSession
from saas.accounts.passwords import hash_password, verify_password
from saas.accounts.viewer import HeldPost, Viewer
from saas.audit.services import AuditAction, HasId, record
from saas.db import db, local_today, utc_now

MAX_FAILURES = 5  # GB/T 22239 8.1.4.1 b
LOCKED_FOR = timedelta(minutes=15)
ATTEMPTS_PER_ADDRESS = 60
ADDRESS_WINDOW = timedelta(minutes=1)
TOUCH_EVERY = timedelta(minutes=1)


class TooManyAttempts(Exception):  # noqa: N818  (reads as a sentence where it is raised)
    """More failures from one network address than a person can cause."""


def token_digest(token: str) -> str:
    """What is kept of a session's secret."""
    return hashlib.sha256(token.encode()).hexdigest()


def sign_in(login_name: str, password: str, *, address: str, agent: str) -> tuple[User, str] | None:
    """Check an account and open a session. Return the person and the session's secret, or None.

    None tells nothing: no such account, wrong password, locked and disabled look the same to the guest. Raises
    TooManyAttempts when one network address keeps failing.
    """
    now = utc_now()
    if queries.count_attempts(address, now - ADDRESS_WINDOW) >= ATTEMPTS_PER_ADDRESS:
        raise TooManyAttempts
    user = queries.find_account(login_name)
    fits = verify_password(user.password_hash if user else None, password)
    if user is None or not fits or not user.is_active or is_locked(user, now):
        _note_failure(user, login_name, address, now)
        return None
    user.failed_sign_ins = 0
    user.locked_until = None
    user.last_signed_in_at = now
    token = secrets.token_urlsafe(32)
    db.session.add(UserSession(user_id=user.id, token_digest=token_digest(token), address=address, agent=agent[:200]))
    record(AuditAction.ACCOUNT_SIGNED_IN, user, actor=user)
    return user, token


def is_locked(user: User, now: datetime) -> bool:
    return user.locked_until is not None and user.locked_until > now


def _note_failure(user: User | None, login_name: str, address: str, now: datetime) -> None:
    db.session.add(SignInAttempt(login_name=login_name[:100], address=address, at=now))
    record(AuditAction.ACCOUNT_SIGN_IN_FAILED, user, actor=None, login_name=login_name[:100])
    if user is None or is_locked(user, now):
        return
    user.failed_sign_ins += 1
    if user.failed_sign_ins >= MAX_FAILURES:
        user.locked_until = now + LOCKED_FOR
        user.failed_sign_ins = 0
        record(AuditAction.ACCOUNT_LOCKED, user, actor=None)


def resume_session(token: str, *, idle: timedelta, limit: timedelta) -> Viewer | None:
    """Return who holds this session, or None if it ended, idled too long or reached its limit."""
    found = queries.find_session(token_digest(token))
    if found is None:
        return None
    session, user = found
    now = utc_now()
    if not user.is_active or session.last_seen_at + idle < now or session.created_at + limit < now:
        return None
    if session.last_seen_at + TOUCH_EVERY < now:
        session.last_seen_at = now
    return make_viewer(user, session_id=session.id)


def make_viewer(user: User, *, session_id: uuid.UUID | None = None) -> Viewer:
    """Return the person with the posts held today, and those handed over for these days (委托代办).

    A delegated post that would stand beside an administrator's role gives nothing: the three administrators are
    disjoint, whatever was changed after the delegation.
    """
    held = [
        HeldPost(
            each.id,
            each.name,
            each.unit_id,
            each.unit_name,
            frozenset(Role(role) for role in each.roles),
            each.for_name,
            each.for_id,
        )
        for each in queries.list_acting_posts(user.id, local_today())
    ]
    own = frozenset(role for post in held if post.delegated_by_id is None for role in post.roles)
    posts = tuple(post for post in held if post.delegated_by_id is None or not (own | post.roles) & ADMINISTRATORS)
    return Viewer(
        user_id=user.id,
        name=user.name,
        must_change_password=user.must_change_password,
        posts=posts,
        session_id=session_id,
    )


def sign_out(viewer: Viewer) -> None:
    """End this session."""
    db.session.execute(update(UserSession).where(UserSession.id == viewer.session_id).values(ended_at=utc_now()))
    record(AuditAction.ACCOUNT_SIGNED_OUT, queries.get_user(viewer.id), actor=viewer)


def change_password(user: User, new_password: str, *, actor: HasId, keep_session: uuid.UUID | None) -> None:
    """Set a person's own new password and end every other session."""
    user.password_hash = hash_password(new_password)
    user.password_changed_at = utc_now()
    user.must_change_password = False
    end_sessions(user, keep=keep_session)
    record(AuditAction.ACCOUNT_PASSWORD_CHANGED, user, actor=actor)


def first_password() -> str:
    """A random password that keeps the rules of `passwords`."""
    return "Jc-" + secrets.token_urlsafe(9) + "7"


def reset_password(user: User, *, actor: HasId) -> str:
    """Give a first password, to be changed at the next sign-in, and end the person's sessions. Returns it once."""
    password = first_password()
    user.password_hash = hash_password(password)
    user.must_change_password = True
    user.failed_sign_ins = 0
    user.locked_until = None
    end_sessions(user)
    record(AuditAction.ACCOUNT_PASSWORD_RESET, user, actor=actor)
    return password


def unlock(user: User, *, actor: HasId) -> None:
    """Lift a lock before its time."""
    user.failed_sign_ins = 0
    user.locked_until = None
    record(AuditAction.ACCOUNT_UNLOCKED, user, actor=actor)


def set_active(user: User, is_active: bool, *, actor: HasId) -> None:
    """Disable or enable an account. Disabling ends its sessions at once (ASVS 7.4.2)."""
    user.is_active = is_active
    if not is_active:
        end_sessions(user)
    record(AuditAction.ACCOUNT_ENABLED if is_active else AuditAction.ACCOUNT_DISABLED, user, actor=actor)


def end_sessions(user: User, *, keep: uuid.UUID | None = None) -> None:
    """End a person's sessions, except perhaps the present one."""
    statement = update(UserSession).where(UserSession.user_id == user.id, UserSession.ended_at.is_(None))
    if keep is not None:
        statement = statement.where(UserSession.id != keep)
    db.session.execute(statement.values(ended_at=utc_now()))


def end_session(session: UserSession, *, actor: HasId) -> None:
    """End one session of one's own, from another browser."""
    session.ended_at = utc_now()
    record(AuditAction.SESSION_ENDED, session, actor=actor)
