"""Appointing people to posts (任职、免职). Rights come from here, so the rules of who may hold what stand here.

The three administrators are disjoint (三员分立, GB/T 22239 8.1.4.2 d): a person holds at most one of these roles and
nothing beside it, and each of them stays filled.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from saas.access.permissions import ADMINISTRATORS, ROLE_LABELS, Role, roles_conflict
from saas.accounts import queries
from saas.accounts.models import Appointment, AppointmentKind, User
from saas.audit.services import AuditAction, HasId, record
from saas.db import db
from saas.domain.errors import DomainError, InvalidTransition, NotAllowed
from saas.org.models import Post
from saas.org.services import set_post_active


class RolesConflict(DomainError):  # noqa: N818  (reads as a sentence where it is raised)
    """An administrator's role would stand beside another one."""

    code = "roles_conflict"


class LastAdministrator(DomainError):  # noqa: N818  (as above)
    """Nobody else would hold this administrator's role."""

    code = "last_administrator"


@dataclass(frozen=True, slots=True)
class Terms:
    """On what terms somebody holds a post (任期): `ends_on` is the first day on which it no longer holds."""

    ends_on: date | None = None
    kind: AppointmentKind = AppointmentKind.APPOINTED
    term: str = ""  # 届次
    basis: str = ""  # 任免文件


OPEN_ENDED = Terms()


def appoint(user: User, post: Post, starts_on: date, *, actor: HasId, terms: Terms = OPEN_ENDED) -> Appointment:
    """Let a person hold a post from a day on.

    Raises InvalidTransition for a retired post, NotAllowed for one's own appointment, DomainError if the person holds
    the post already or the term ends before it begins, RolesConflict as the module says.
    """
    if not post.is_active:
        raise InvalidTransition("岗位已停用，不能任职")
    if actor.id == user.id:
        raise NotAllowed("不能给自己任职")
    _check_term(starts_on, terms.ends_on)
    others = [
        each
        for each in queries.list_appointments_of(user.id)
        if _lasts_after(each, starts_on) and (terms.ends_on is None or each.starts_on < terms.ends_on)
    ]
    if any(each.post_id == post.id for each in others):
        raise DomainError("{name}已担任这个岗位", code="already_holds", name=user.name)
    _refuse_conflict(user, [*(each.post for each in others), post])
    appointment = Appointment(
        post_id=post.id,
        user_id=user.id,
        starts_on=starts_on,
        ends_on=terms.ends_on,
        kind=terms.kind,
        term=terms.term,
        basis=terms.basis,
    )
    db.session.add(appointment)
    record(
        AuditAction.APPOINTMENT_CHANGED,
        appointment,
        actor=actor,
        change="appointed",
        user=str(user.id),
        post=post.name,
        starts_on=str(starts_on),
        ends_on=str(terms.ends_on or ""),
        kind=terms.kind.value,
        term=terms.term,
        basis=terms.basis,
    )
    db.session.flush()
    return appointment


def _check_term(starts_on: date, ends_on: date | None) -> None:
    if ends_on is not None and ends_on <= starts_on:
        raise DomainError("任期届满日期应晚于任职日期{day}", code="bad_term", day=starts_on)


def correct_terms(appointment: Appointment, terms: Terms, *, actor: HasId, today: date) -> None:
    """Put right on what terms somebody holds a post, and when the term ends (更正任期).

    Raises InvalidTransition for an appointment that is over, DomainError and LastAdministrator as ending one does.
    """
    if appointment.ends_on is not None and appointment.ends_on <= today:
        raise InvalidTransition("这项任职已经结束，不能再改")
    _check_term(appointment.starts_on, terms.ends_on)
    if terms.ends_on is not None and terms.ends_on <= today:
        raise DomainError("届满日期应在今天以后；要立即免职，请办理免职", code="bad_term")
    if terms.ends_on is not None:
        refuse_losing_administrator([appointment.user_id], appointment.post.roles, terms.ends_on)
    names = ("ends_on", "kind", "term", "basis")
    changed = [name for name in names if getattr(appointment, name) != getattr(terms, name)]
    for name in changed:
        setattr(appointment, name, getattr(terms, name))
    details = {"ends_on": str(terms.ends_on or ""), "term": terms.term, "basis": terms.basis}
    record(AuditAction.APPOINTMENT_CHANGED, appointment, actor=actor, change="corrected", fields=changed, **details)
    db.session.flush()


def succeed(
    appointment: Appointment, successor: User, on: date, *, actor: HasId, terms: Terms = OPEN_ENDED
) -> Appointment:
    """Let somebody take over a post on a day (接任): the former holder leaves it and the new one begins on that day.

    Raises what `appoint` and `end_appointment` raise. The successor comes first, so an administrator's role is never
    without a holder.
    """
    if successor.id == appointment.user_id:
        raise NotAllowed("接任人就是现任，不需要办理", code="own_successor")
    following = appoint(successor, appointment.post, on, actor=actor, terms=terms)
    end_appointment(appointment, on, actor=actor)
    return following


def _lasts_after(appointment: Appointment, day: date) -> bool:
    return appointment.ends_on is None or appointment.ends_on > day


def _refuse_conflict(user: User, posts: Iterable[Post]) -> None:
    roles = {Role(role) for post in posts for role in post.roles}
    if roles_conflict(roles):
        held = "、".join(str(ROLE_LABELS[role]) for role in sorted(roles))
        raise RolesConflict(
            "系统管理员、安全管理员、审计管理员只能单独担任：{name}会同时具有{held}", name=user.name, held=held
        )


def end_appointment(appointment: Appointment, ends_on: date, *, actor: HasId) -> None:
    """End an appointment: `ends_on` is the first day on which it no longer holds."""
    if appointment.ends_on is not None and appointment.ends_on <= ends_on:
        raise InvalidTransition("这项任职已经结束")
    if ends_on <= appointment.starts_on:
        raise DomainError("免职日期应晚于任职日期{day}", code="bad_dates", day=appointment.starts_on)
    refuse_losing_administrator([appointment.user_id], appointment.post.roles, ends_on)
    appointment.ends_on = ends_on
    record(
        AuditAction.APPOINTMENT_CHANGED,
        appointment,
        actor=actor,
        change="ended",
        user=str(appointment.user_id),
        ends_on=str(ends_on),
    )
    db.session.flush()


def refuse_conflicting_roles(roles: Iterable[Role]) -> None:
    """Raise RolesConflict if no post may carry these roles together."""
    if roles_conflict(roles):
        raise RolesConflict("系统管理员、安全管理员、审计管理员只能单独担任，不能与其他角色放在一个岗位")


def check_new_roles(post: Post, roles: Sequence[Role], on: date) -> None:
    """Refuse roles that a holder of the post may not have together, and taking its role from a last administrator."""
    refuse_conflicting_roles(roles)
    holders = queries.list_holders_from(post.id, on)
    lost = [role for role in post.roles if role not in {each.value for each in roles}]
    refuse_losing_administrator([each.user_id for each in holders], lost, on)
    for holder in holders:
        appointments = queries.list_appointments_of(holder.user_id)
        beside = [each.post for each in appointments if each.post_id != post.id and _lasts_after(each, on)]
        others = {Role(role) for each in beside for role in each.roles}
        if roles_conflict({*others, *roles}):
            raise RolesConflict("{name}担任本岗位，又有其他岗位的角色，不能同时担任管理员", name=holder.user.name)


def refuse_losing_administrator(user_ids: Iterable[uuid.UUID], roles: Iterable[str], on: date) -> None:
    """Raise LastAdministrator if, without these people, nobody who can sign in holds an administrator's role."""
    without = frozenset(user_ids)
    if not without:
        return
    for role in sorted(ADMINISTRATORS & {Role(role) for role in roles}):
        if not queries.list_role_holder_ids(role, on) - without:
            raise LastAdministrator("这是本县唯一的{role}，请先任命另一人", role=str(ROLE_LABELS[role]))


def retire_post(post: Post, on: date, *, actor: HasId) -> None:
    """Take a post out of use; its roles then give nothing. Not the last administrator's."""
    holders = queries.list_holders_from(post.id, on)
    refuse_losing_administrator([each.user_id for each in holders], post.roles, on)
    set_post_active(post, False, actor=actor)


def restore_post(post: Post, on: date, *, actor: HasId) -> None:
    """Put a retired post back into use, if whoever still holds it may have its roles."""
    check_new_roles(post, [Role(role) for role in post.roles], on)
    set_post_active(post, True, actor=actor)
