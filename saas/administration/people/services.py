"""Handing a post over (接任、免职): who leaves, who follows, and what passes to the successor. Never commits."""

from __future__ import annotations

import uuid
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date

from saas.accounts.appointments import Terms, end_appointment, succeed
from saas.accounts.models import Appointment, User
from saas.administration.people.queries import open_work
from saas.audit.services import AuditAction, HasId, record
from saas.bodies.services import pass_seat
from saas.db import db
from saas.domain.errors import DomainError
from saas.org.links import add_link, end_link
from saas.org.models import UnitLink
from saas.org.services import CodeTaken


@dataclass(frozen=True, slots=True)
class Successor:
    """Who follows in a post, on what terms, and which links and personal seats of the former holder pass over."""

    user: User
    terms: Terms
    link_ids: Collection[uuid.UUID] = ()
    seat_ids: Collection[uuid.UUID] = ()


def hand_over(
    appointment: Appointment, on: date, successor: Successor | None, *, today: date, actor: HasId
) -> Appointment | None:
    """Let the holder leave a post on a day; with a successor, let that person begin on it, in one step.

    Decisions that wait for the post and drafts of its unit pass on by themselves. Return the new appointment, if any.
    Raises what ending an appointment, appointing, and passing links and seats raise; nothing is half done then.
    """
    if successor is None:
        end_appointment(appointment, on, actor=actor)
        return None
    work = open_work(appointment, today)
    following = succeed(appointment, successor.user, on, actor=actor, terms=successor.terms)
    links = [link for link in work.links if link.id in successor.link_ids]
    for link in links:
        _pass_link(link, successor.user, on, actor)
    seats = [each.seat for each in work.seats if each.seat.id in successor.seat_ids]
    for seat in seats:
        pass_seat(seat, successor.user.id, on, actor=actor)
    record(
        AuditAction.APPOINTMENT_CHANGED,
        appointment,
        actor=actor,
        change="handed_over",
        user=str(appointment.user_id),
        successor=str(successor.user.id),
        on=str(on),
        links=len(links),
        seats=len(seats),
    )
    db.session.flush()
    return following


def _pass_link(link: UnitLink, successor: User, on: date, actor: HasId) -> None:
    if link.starts_on >= on:
        raise DomainError(
            "“{kind}”联系自{day}才开始，不能在这天移交", code="bad_link", kind=link.kind, day=link.starts_on
        )
    end_link(link, on, actor=actor)
    try:
        add_link(
            link.unit,
            kind=link.kind,
            user_id=successor.id,
            linked_unit=None,
            starts_on=on,
            actor=actor,
            layer=link.layer,
            note=link.note,
        )
    except CodeTaken:  # the successor is in charge already
        return
