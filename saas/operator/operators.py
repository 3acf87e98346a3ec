"""Operators and their sign-in (运维人员). Never commits.

They are added from the command line only, by whoever holds the operator's database address: nobody registers here.
"""

from __future__ import annotations

import secrets
import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from saas.accounts.passwords import hash_password, verify_password
from saas.accounts.services import LOCKED_FOR, MAX_FAILURES, TooManyAttempts, first_password, token_digest
from saas.db import utc_now
from saas.domain.errors import DomainError
from saas.operator.models import Operator, OperatorEvent, OperatorSession
from saas.operator.trail import OperatorAction, record_event

FAILURES_PER_ADDRESS = 20
ADDRESS_WINDOW = timedelta(minutes=1)
TOUCH_EVERY = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class SignedIn:
    """Who is operating."""

    id: uuid.UUID
    login_name: str
    must_change_password: bool
    session_id: uuid.UUID


def add_operator(session: Session, login_name: str, *, actor: str) -> str:
    """Add an operator and return the first password, which is shown once. DomainError if the name is taken."""
    if find_operator(session, login_name) is not None:
        raise DomainError("运维账号“{name}”已存在", code="login_taken", name=login_name)
    password = first_password()
    session.add(Operator(login_name=login_name, password_hash=hash_password(password)))
    record_event(session, OperatorAction.OPERATOR_ADDED, actor=actor, operator=login_name)
    return password


def find_operator(session: Session, login_name: str) -> Operator | None:
    return session.scalars(select(Operator).where(Operator.login_name == login_name)).one_or_none()


def sign_in(session: Session, login_name: str, password: str, *, address: str, agent: str) -> str | None:
    """Check an account and open a session. Return its secret, or None, which tells nothing about the reason.

    Raises TooManyAttempts when one network address keeps failing.
    """
    now = utc_now()
    if _failures_from(session, address, now - ADDRESS_WINDOW) >= FAILURES_PER_ADDRESS:
        raise TooManyAttempts
    operator = find_operator(session, login_name)
    fits = verify_password(operator.password_hash if operator else None, password)
    if operator is None or not fits or not operator.is_active or is_locked(operator, now):
        _note_failure(session, operator, login_name, now)
        return None
    operator.failed_sign_ins, operator.locked_until, operator.last_signed_in_at = 0, None, now
    token = secrets.token_urlsafe(32)
    session.add(
        OperatorSession(
            operator_id=operator.id,
            token_digest=token_digest(token),
            created_at=now,
            last_seen_at=now,
            address=address,
            agent=agent[:200],
        )
    )
    record_event(session, OperatorAction.OPERATOR_SIGNED_IN, actor=operator.login_name)
    return token


def is_locked(operator: Operator, now: datetime) -> bool:
    return operator.locked_until is not None and operator.locked_until > now


def _failures_from(session: Session, address: str, since: datetime) -> int:
    return session.execute(
        select(func.count()).where(
            OperatorEvent.address == address,
            OperatorEvent.at >= since,
            OperatorEvent.action == OperatorAction.OPERATOR_SIGN_IN_FAILED,
        )
    ).scalar_one()


def _note_failure(session: Session, operator: Operator | None, login_name: str, now: datetime) -> None:
    record_event(session, OperatorAction.OPERATOR_SIGN_IN_FAILED, actor="", login_name=login_name[:100])
    if operator is None or is_locked(operator, now):
        return
    operator.failed_sign_ins += 1
    if operator.failed_sign_ins >= MAX_FAILURES:
        operator.locked_until, operator.failed_sign_ins = now + LOCKED_FOR, 0
        record_event(session, OperatorAction.OPERATOR_LOCKED, actor="", operator=operator.login_name)


def resume(session: Session, token: str, *, idle: timedelta, limit: timedelta) -> SignedIn | None:
    """Return who holds this session, or None if it ended, idled too long or reached its limit. Touches it."""
    row = session.execute(
        select(OperatorSession, Operator)
        .join(Operator, Operator.id == OperatorSession.operator_id)
        .where(
            OperatorSession.token_digest == token_digest(token),
            OperatorSession.ended_at.is_(None),
            Operator.is_active,
        )
    ).one_or_none()
    if row is None:
        return None
    held, operator = row
    now = utc_now()
    if held.last_seen_at + idle < now or held.created_at + limit < now:
        return None
    if held.last_seen_at + TOUCH_EVERY < now:
        held.last_seen_at = now
    return SignedIn(operator.id, operator.login_name, operator.must_change_password, held.id)


def sign_out(session: Session, who: SignedIn) -> None:
    """End this session."""
    session.execute(update(OperatorSession).where(OperatorSession.id == who.session_id).values(ended_at=utc_now()))
    record_event(session, OperatorAction.OPERATOR_SIGNED_OUT, actor=who.login_name)


def change_password(session: Session, who: SignedIn, password: str) -> None:
    """Set one's own new password and end one's other sessions."""
    operator = session.get_one(Operator, who.id)
    operator.password_hash, operator.password_changed_at = hash_password(password), utc_now()
    operator.must_change_password = False
    _end_sessions(session, operator, keep=who.session_id)
    record_event(session, OperatorAction.OPERATOR_PASSWORD_CHANGED, actor=who.login_name)


def reset_password(session: Session, operator: Operator, *, actor: str) -> str:
    """Give a first password, lift a lock and end all sessions. Returns the password once."""
    password = first_password()
    operator.password_hash, operator.must_change_password = hash_password(password), True
    operator.failed_sign_ins, operator.locked_until = 0, None
    _end_sessions(session, operator)
    record_event(session, OperatorAction.OPERATOR_PASSWORD_RESET, actor=actor, operator=operator.login_name)
    return password


def set_active(session: Session, operator: Operator, is_active: bool, *, actor: str) -> None:
    """Disable or enable an operator. Disabling ends the sessions at once."""
    operator.is_active = is_active
    if not is_active:
        _end_sessions(session, operator)
    action = OperatorAction.OPERATOR_ENABLED if is_active else OperatorAction.OPERATOR_DISABLED
    record_event(session, action, actor=actor, operator=operator.login_name)


def _end_sessions(session: Session, operator: Operator, *, keep: uuid.UUID | None = None) -> None:
    statement = update(OperatorSession).where(
        OperatorSession.operator_id == operator.id, OperatorSession.ended_at.is_(None)
    )
    if keep is not None:
        statement = statement.where(OperatorSession.id != keep)
    session.execute(statement.values(ended_at=utc_now()))
