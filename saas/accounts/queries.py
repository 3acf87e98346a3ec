"""Reading people and their sessions."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from typing import Any, TypeAlias

from flask_babel import lazy_gettext as _l
from sqlalchemy import (
    BindParameter,
    ColumnElement,
    Date,
    Select,
    Subquery,
    Uuid,
    and_,
    bindparam,
    cast,
    func,
    null,
    or_,
    select,
    union_all,
)
from sqlalchemy.orm import aliased, joinedload

from saas.access.permissions import Role
from saas.accounts.models import Appointment, Delegation, SignInAttempt, User, UserSession
from saas.accounts.viewer import Viewer
from saas.db import db, utc_now
from saas.org.models import OrgUnit, Post
from saas.org.queries import get_post_to_edit

PAGE = 50
ACCOUNT_STATES: Mapping[str, object] = {
    "active": _l("启用"),
    "locked": _l("已锁定"),
    "must_change_password": _l("未改首次密码"),
    "inactive": _l("停用"),
    "no_account": _l("没有账号"),
}


Day: TypeAlias = "date | BindParameter[date]"


def holds(on: Day) -> ColumnElement[bool]:
    """The condition that an appointment is in force on a day."""
    return and_(Appointment.starts_on <= on, or_(Appointment.ends_on.is_(None), Appointment.ends_on > on))


def delegated(on: Day) -> ColumnElement[bool]:
    """The condition that a delegation is in force on a day: its time, not revoked, and its giver holds the post."""
    giver = aliased(Appointment)
    still_holds = (
        select(giver.id)
        .where(
            giver.post_id == Delegation.post_id,
            giver.user_id == Delegation.from_user_id,
            giver.starts_on <= on,
            or_(giver.ends_on.is_(None), giver.ends_on > on),
        )
        .exists()
    )
    return and_(Delegation.starts_on <= on, Delegation.ends_on > on, Delegation.revoked_at.is_(None), still_holds)


def acting(on: Day) -> Subquery:
    """Who acts in which post on a day: its holders, and their delegates (受委托人).

    Columns: post_id, user_id, starts_on, and acting_for_id, the holder for whom a delegate acts.
    """
    held = select(
        Appointment.post_id, Appointment.user_id, Appointment.starts_on, cast(null(), Uuid()).label("acting_for_id")
    ).where(holds(on))
    handed = select(Delegation.post_id, Delegation.to_user_id, Delegation.starts_on, Delegation.from_user_id).where(
        delegated(on)
    )
    return union_all(held, handed).subquery()


def acting_post_ids(user_id: uuid.UUID, on: date) -> Select[uuid.UUID]:
    """Select the posts in which a person acts on a day, those held for somebody else included."""
    who = acting(on)
    return select(who.c.post_id).where(who.c.user_id == user_id)


@dataclass(frozen=True, slots=True)
class ActingPost:
    """A post in which a person acts; `for_id` and `for_name`: for whom, None and "" in one's own."""

    id: uuid.UUID
    name: str
    roles: Sequence[str]
    unit_id: uuid.UUID
    unit_name: str
    for_id: uuid.UUID | None
    for_name: str


def list_acting_posts(user_id: uuid.UUID, on: date) -> list[ActingPost]:
    """The posts in which a person acts on a day: first those held, the one shown beside the name first of all."""
    rows = db.session.execute(_acting_posts(), {"person": user_id, "day": on}).all()
    return [ActingPost(*row) for row in rows]


@cache
def _acting_posts() -> Select[Any]:
    """Written once: every page asks it, and putting the statement together took longer than its answer."""
    who, holder = acting(bindparam("day", type_=Date())), aliased(User)
    for_name = func.coalesce(holder.name, "")
    return (
        select(Post.id, Post.name, Post.roles, OrgUnit.id, OrgUnit.name, who.c.acting_for_id, for_name)
        .join(who, who.c.post_id == Post.id)
        .join(OrgUnit, OrgUnit.id == Post.unit_id)
        .outerjoin(holder, holder.id == who.c.acting_for_id)
        .where(who.c.user_id == bindparam("person", type_=Uuid()), Post.is_active)
        .order_by(who.c.acting_for_id.is_not(None), Post.sort_order, who.c.starts_on, Post.id)
    )


@dataclass(frozen=True, slots=True)
class Acting:
    """A person acts in a post, for somebody else or, `for_id` being None, as its holder."""

    post_id: uuid.UUID
    user_id: uuid.UUID
    for_id: uuid.UUID | None


def list_acting(post_ids: Sequence[uuid.UUID], on: date) -> list[Acting]:
    """Who acts in these posts on a day. One statement."""
    rows = db.session.execute(_acting_in(), {"posts": post_ids, "day": on}).all()
    return [Acting(*row) for row in rows]


@cache
def _acting_in() -> Select[Any]:
    who = acting(bindparam("day", type_=Date()))
    return (
        select(who.c.post_id, who.c.user_id, who.c.acting_for_id)
        .where(who.c.post_id.in_(bindparam("posts", type_=Uuid(), expanding=True)))
        .order_by(who.c.acting_for_id.is_not(None), who.c.starts_on, who.c.user_id)
    )


@dataclass(frozen=True, slots=True)
class ActingIn:
    """A post in use, and one who acts in it: `for_id` as in `Acting`, `user_id` None where the post is vacant."""

    post_id: uuid.UUID
    name: str
    roles: Sequence[str]
    unit_id: uuid.UUID
    unit_name: str
    user_id: uuid.UUID | None
    for_id: uuid.UUID | None


def list_acting_at(unit_ids: Collection[uuid.UUID], on: date) -> list[ActingIn]:
    """The posts in use at these units in the county's order, each with all who act in it on a day. One statement."""
    rows = db.session.execute(_acting_at(), {"units": list(unit_ids), "day": on}).all()
    return [ActingIn(*row) for row in rows]


@cache
def _acting_at() -> Select[Any]:
    who = acting(bindparam("day", type_=Date()))
    return (
        select(Post.id, Post.name, Post.roles, OrgUnit.id, OrgUnit.name, who.c.user_id, who.c.acting_for_id)
        .join(OrgUnit, OrgUnit.id == Post.unit_id)
        .outerjoin(who, who.c.post_id == Post.id)
        .where(Post.unit_id.in_(bindparam("units", type_=Uuid(), expanding=True)), Post.is_active)
        .order_by(OrgUnit.sort_order, OrgUnit.code, Post.sort_order, Post.name, Post.id)
        .order_by(who.c.acting_for_id.is_not(None), who.c.starts_on, who.c.user_id)
    )


def find_account(login_name: str) -> User | None:
    return db.session.scalars(select(User).where(User.login_name == login_name)).one_or_none()


def count_accounts_in_use() -> int:
    """How many people of the county may sign in."""
    return db.session.execute(
        select(func.count()).select_from(User).where(User.is_active, User.login_name.is_not(None))
    ).scalar_one()


def get_user(user_id: uuid.UUID) -> User:
    return db.session.scalars(select(User).where(User.id == user_id)).one()


def list_users() -> Sequence[User]:
    return db.session.scalars(select(User).order_by(User.name, User.id)).all()


@dataclass(frozen=True, slots=True)
class AccountFilter:
    """What of the list is wanted. "" means: everything."""

    words: str = ""
    state: str = ""


def account_state(user: User) -> str:
    """The one word for an account: disabled before locked before a first password (see ACCOUNT_STATES)."""
    if not user.is_active:
        return "inactive"
    if user.login_name is None:
        return "no_account"
    if user.locked_until is not None and user.locked_until > utc_now():
        return "locked"
    return "must_change_password" if user.must_change_password else "active"


def _in_state(state: str) -> ColumnElement[bool]:
    has_account = User.login_name.is_not(None)
    is_locked = and_(User.is_active, User.locked_until.is_not(None), User.locked_until > utc_now())
    conditions: dict[str, ColumnElement[bool]] = {
        "active": and_(User.is_active, has_account),
        "locked": is_locked,
        "must_change_password": and_(User.is_active, has_account, User.must_change_password),
        "inactive": User.is_active.is_(False),
        "no_account": and_(User.is_active, ~has_account),
    }
    return conditions[state]


def list_accounts(wanted: AccountFilter, on: date, *, page: int = 1) -> tuple[Sequence[tuple[User, str]], int]:
    """One page of the people with what they hold on a day, by name; and how many there are. One statement."""
    held = (
        select(func.string_agg(func.concat(OrgUnit.name, " ", Post.name), "、"))
        .select_from(Appointment)
        .join(Post, Post.id == Appointment.post_id)
        .join(OrgUnit, OrgUnit.id == Post.unit_id)
        .where(Appointment.user_id == User.id, holds(on), Post.is_active)
        .correlate(User)
        .scalar_subquery()
    )
    statement = select(User, func.coalesce(held, ""), func.count().over())
    if wanted.words:
        has_words = [
            column.icontains(wanted.words, autoescape=True)
            for column in (User.name, User.login_name, func.coalesce(held, ""))
        ]
        statement = statement.where(or_(*has_words))
    if wanted.state:
        statement = statement.where(_in_state(wanted.state))
    rows = db.session.execute(statement.order_by(User.name, User.id).limit(PAGE).offset((page - 1) * PAGE)).all()
    return [(row[0], row[1]) for row in rows], rows[0][2] if rows else 0


def list_active_users() -> Sequence[User]:
    """The people whose accounts are in use, by name."""
    return db.session.scalars(select(User).where(User.is_active).order_by(User.name, User.id)).all()


def list_held_posts(user_id: uuid.UUID, on: date) -> Sequence[Post]:
    """The posts a person holds on a day, the first being the one shown beside the name."""
    return db.session.scalars(
        select(Post)
        .join(Appointment, Appointment.post_id == Post.id)
        .join(OrgUnit, OrgUnit.id == Post.unit_id)
        .where(Appointment.user_id == user_id, holds(on), Post.is_active)
        .options(joinedload(Post.unit))
        .order_by(Post.sort_order, Appointment.starts_on, Post.id)
    ).all()


def list_appointments(post_ids: Sequence[uuid.UUID], on: date) -> Sequence[Appointment]:
    """Who holds these posts on a day."""
    return db.session.scalars(
        select(Appointment)
        .where(Appointment.post_id.in_(post_ids), holds(on))
        .options(joinedload(Appointment.user))
        .order_by(Appointment.starts_on, Appointment.id)
    ).all()


def get_appointment_to_edit(appointment_id: uuid.UUID, viewer: Viewer, on: date) -> Appointment:
    """Return an appointment to a post that the viewer may change, or raise NoResultFound (404)."""
    appointment = db.session.scalars(
        select(Appointment)
        .where(Appointment.id == appointment_id)
        .options(joinedload(Appointment.user), joinedload(Appointment.post).joinedload(Post.unit))
    ).one()
    get_post_to_edit(appointment.post_id, viewer, on)
    return appointment


def list_appointments_of(user_id: uuid.UUID) -> Sequence[Appointment]:
    """Every appointment of a person to a post in use, past and future, with the posts."""
    return db.session.scalars(
        select(Appointment)
        .join(Post, Post.id == Appointment.post_id)
        .where(Appointment.user_id == user_id, Post.is_active)
        .options(joinedload(Appointment.post).joinedload(Post.unit))
        .order_by(Appointment.starts_on.desc(), Appointment.id)
    ).all()


def list_posts_ever_held(user_id: uuid.UUID) -> Sequence[Appointment]:
    """Every appointment of a person, past, present and to come, also to posts that were retired since."""
    return db.session.scalars(
        select(Appointment)
        .where(Appointment.user_id == user_id)
        .options(joinedload(Appointment.post).joinedload(Post.unit))
        .order_by(Appointment.starts_on.desc(), Appointment.id)
    ).all()


def list_role_holder_ids(role: Role, on: date) -> frozenset[uuid.UUID]:
    """Who holds a role through a post in use on a day and has an account in use."""
    return frozenset(
        db.session.scalars(
            select(Appointment.user_id)
            .join(Post, Post.id == Appointment.post_id)
            .join(User, User.id == Appointment.user_id)
            .where(Post.roles.contains([role.value]), Post.is_active, holds(on), User.is_active)
        ).all()
    )


def has_holders_after(unit_id: uuid.UUID, on: date) -> bool:
    """Whether anybody still holds a post of a unit on a day or later."""
    return (
        db.session.scalars(
            select(Appointment.id)
            .join(Post, Post.id == Appointment.post_id)
            .where(Post.unit_id == unit_id, or_(Appointment.ends_on.is_(None), Appointment.ends_on > on))
            .limit(1)
        ).first()
        is not None
    )


def list_holders_from(post_id: uuid.UUID, on: date) -> Sequence[Appointment]:
    """Who holds a post on a day or will hold it, with the persons."""
    return db.session.scalars(
        select(Appointment)
        .where(Appointment.post_id == post_id, or_(Appointment.ends_on.is_(None), Appointment.ends_on > on))
        .options(joinedload(Appointment.user))
        .order_by(Appointment.starts_on, Appointment.id)
    ).all()


def list_post_holders(unit_ids: Sequence[uuid.UUID], role: str, on: date) -> Sequence[tuple[Post, User]]:
    """The active posts with a role at these units, with who holds them on a day."""
    rows = db.session.execute(
        select(Post, User)
        .join(Appointment, Appointment.post_id == Post.id)
        .join(User, User.id == Appointment.user_id)
        .where(Post.unit_id.in_(unit_ids), Post.roles.contains([role]), Post.is_active, holds(on), User.is_active)
        .order_by(Post.sort_order, Post.id, User.id)
    ).all()
    return [(post, user) for post, user in rows]


def find_session(token_digest: str) -> tuple[UserSession, User] | None:
    row = db.session.execute(
        select(UserSession, User)
        .join(User, User.id == UserSession.user_id)
        .where(UserSession.token_digest == token_digest, UserSession.ended_at.is_(None))
    ).one_or_none()
    return (row[0], row[1]) if row else None


def list_open_sessions(user_id: uuid.UUID) -> Sequence[UserSession]:
    return db.session.scalars(
        select(UserSession)
        .where(UserSession.user_id == user_id, UserSession.ended_at.is_(None))
        .order_by(UserSession.last_seen_at.desc(), UserSession.id)
    ).all()


def count_attempts(address: str, since: datetime) -> int:
    return db.session.scalars(
        select(func.count())
        .select_from(SignInAttempt)
        .where(SignInAttempt.address == address, SignInAttempt.at >= since)
    ).one()
