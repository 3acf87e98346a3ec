"""Handing a post's work to somebody else for a time (委托代办).

The delegate acts in the post from the first day until the day before `ends_on`, or until the delegation is revoked or
its giver no longer holds the post. An administrator's role is never handed over, and what was handed over cannot be
handed on. Never commits.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import date, timedelta

from sqlalchemy import func, or_, select
from sqlalchemy.orm import joinedload

from saas.access.permissions import ADMINISTRATORS, Role
from saas.accounts.models import Appointment, Delegation, User
from saas.accounts.queries import delegated
from saas.audit.services import AuditAction, HasId, record
from saas.db import db, utc_now
from saas.domain.errors import DomainError, InvalidTransition, NotAllowed
from saas.org.models import Post

LONGEST = timedelta(days=366)


def delegate(
    post: Post, giver: User, to: User, starts_on: date, ends_on: date, *, reason: str, today: date, actor: HasId
) -> Delegation:
    """Hand a post's work over from a day until the day before `ends_on`.

    Raises DomainError (`bad_dates`, `overlapping`), NotAllowed (`not_holder`, `administrator`, `own_delegate`,
    `no_account`, `already_holds`) or InvalidTransition for a retired post.
    """
    _check_dates(starts_on, ends_on, today)
    if not post.is_active:
        raise InvalidTransition("岗位已停用，不能委托")
    if giver.id == to.id:
        raise NotAllowed("不能委托给本人", code="own_delegate")
    if not to.is_active or to.login_name is None:
        raise NotAllowed("{name}没有可用的账号，不能受委托", code="no_account", name=to.name)
    if ADMINISTRATORS & {Role(role) for role in post.roles}:
        raise NotAllowed("系统管理员、安全管理员、审计管理员的岗位不能委托", code="administrator")
    db.session.execute(select(Post.id).where(Post.id == post.id).with_for_update())  # two at once: one after the other
    _check_people(post, giver, to, starts_on, ends_on)
    if any(True for each in _of_giver(post.id, giver.id) if each.starts_on < ends_on and starts_on < each.ends_on):
        raise DomainError("这个岗位在这段时间内已经委托给他人，请先撤销", code="overlapping")
    made = Delegation(
        post_id=post.id, from_user_id=giver.id, to_user_id=to.id, starts_on=starts_on, ends_on=ends_on, reason=reason
    )
    db.session.add(made)
    _record(made, "delegated", actor, post=post.name, starts_on=str(starts_on), ends_on=str(ends_on), reason=reason)
    db.session.flush()
    return made


def _check_dates(starts_on: date, ends_on: date, today: date) -> None:
    if starts_on < today:
        raise DomainError("委托不能从过去的日期开始", code="bad_dates")
    if ends_on <= starts_on:
        raise DomainError("结束日期应晚于开始日期", code="bad_dates")
    if ends_on - starts_on > LONGEST:
        raise DomainError("一次委托最长一年，更长的请办理任免", code="bad_dates")


def _check_people(post: Post, giver: User, to: User, starts_on: date, ends_on: date) -> None:
    """The giver holds the post from the first day to the last; the delegate does not, and may have its roles."""
    meanwhile = _appointments([giver.id, to.id], starts_on, ends_on)
    own = [each for each in meanwhile if each.user_id == giver.id and each.post_id == post.id]
    if not any(each.starts_on <= starts_on and (each.ends_on is None or each.ends_on >= ends_on) for each in own):
        raise NotAllowed("委托人在这段时间内不担任这个岗位；受委托的岗位不能再转委托", code="not_holder")
    theirs = [each for each in meanwhile if each.user_id == to.id]
    if any(each.post_id == post.id for each in theirs):
        raise NotAllowed("{name}本来就担任这个岗位", code="already_holds", name=to.name)
    if ADMINISTRATORS & {Role(role) for each in theirs for role in each.post.roles}:
        raise NotAllowed("{name}是管理员，不能受委托办理业务", code="administrator", name=to.name)


def _appointments(user_ids: Sequence[uuid.UUID], starts_on: date, ends_on: date) -> Sequence[Appointment]:
    return db.session.scalars(
        select(Appointment)
        .join(Post, Post.id == Appointment.post_id)
        .where(
            Appointment.user_id.in_(user_ids),
            Post.is_active,
            Appointment.starts_on < ends_on,
            or_(Appointment.ends_on.is_(None), Appointment.ends_on > starts_on),
        )
        .options(joinedload(Appointment.post))
        .order_by(Appointment.starts_on, Appointment.id)
    ).all()


def _of_giver(post_id: uuid.UUID, giver_id: uuid.UUID) -> Sequence[Delegation]:
    return db.session.scalars(
        select(Delegation)
        .where(Delegation.post_id == post_id, Delegation.from_user_id == giver_id, Delegation.revoked_at.is_(None))
        .order_by(Delegation.starts_on)
    ).all()


def revoke(delegation: Delegation, today: date, *, actor: HasId) -> None:
    """End a delegation at once (撤销委托). Raises InvalidTransition if it is over."""
    if delegation.revoked_at is not None or delegation.ends_on <= today:
        raise InvalidTransition("这项委托已经结束")
    delegation.revoked_at, delegation.revoked_by_id = utc_now(), actor.id
    _record(delegation, "revoked", actor)
    db.session.flush()


def _record(delegation: Delegation, change: str, actor: HasId, **details: str) -> None:
    people = {"user": str(delegation.from_user_id), "person": str(delegation.to_user_id)}
    record(AuditAction.DELEGATION_CHANGED, delegation, actor=actor, change=change, **people, **details)


# --- reading ---------------------------------------------------------------------------------------------------------


def list_delegations_of(user_id: uuid.UUID) -> Sequence[Delegation]:
    """Every delegation that a person gave or got, the latest first, with posts and people."""
    return db.session.scalars(
        select(Delegation)
        .where(or_(Delegation.from_user_id == user_id, Delegation.to_user_id == user_id))
        .options(
            joinedload(Delegation.post).joinedload(Post.unit),
            joinedload(Delegation.from_user),
            joinedload(Delegation.to_user),
        )
        .order_by(Delegation.starts_on.desc(), Delegation.id.desc())
    ).all()


def list_delegations_in_force(on: date, user_id: uuid.UUID | None = None) -> Sequence[Delegation]:
    """The delegations in force on a day, of everybody or of one person, with posts and people."""
    statement = (
        select(Delegation)
        .join(Post, Post.id == Delegation.post_id)
        .where(delegated(on), Post.is_active)
        .options(
            joinedload(Delegation.post).joinedload(Post.unit),
            joinedload(Delegation.from_user),
            joinedload(Delegation.to_user),
        )
        .order_by(Delegation.ends_on, Delegation.id)
    )
    if user_id is not None:
        statement = statement.where(or_(Delegation.from_user_id == user_id, Delegation.to_user_id == user_id))
    return db.session.scalars(statement).all()


def get_delegation(delegation_id: uuid.UUID, of: uuid.UUID | None = None) -> Delegation:
    """Return a delegation, or raise NoResultFound (404). `of`: only one that this person gave or got."""
    statement = select(Delegation).where(Delegation.id == delegation_id)
    if of is not None:
        statement = statement.where(or_(Delegation.from_user_id == of, Delegation.to_user_id == of))
    return db.session.scalars(statement).one()


def list_possible_delegates(giver_id: uuid.UUID) -> Sequence[User]:
    """The people who may be asked: with an account in use, by name. Whether they may have the roles is checked then."""
    return db.session.scalars(
        select(User)
        .where(User.is_active, User.login_name.is_not(None), User.id != giver_id)
        .order_by(User.name, User.id)
    ).all()


def delegation_state(delegation: Delegation, today: date) -> str:
    """The one word for a delegation: revoked, over, in_force, planned."""
    if delegation.revoked_at is not None:
        return "revoked"
    if delegation.ends_on <= today:
        return "over"
    return "in_force" if delegation.starts_on <= today else "planned"


def count_delegations_from(post_id: uuid.UUID, user_id: uuid.UUID, on: date) -> int:
    """How many delegations of a post somebody gave that are in force or yet to come on a day."""
    return db.session.scalars(
        select(func.count(Delegation.id)).where(
            Delegation.post_id == post_id,
            Delegation.from_user_id == user_id,
            Delegation.revoked_at.is_(None),
            Delegation.ends_on > on,
        )
    ).one()
