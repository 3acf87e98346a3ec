"""The seats of one person, in his own name and through his posts."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import and_, or_, select

from saas.accounts.models import Appointment
from saas.bodies.models import Body, BodySeat
from saas.db import db
from saas.domain.bodies import title_of


@dataclass(frozen=True, slots=True)
class SeatOfPerson:
    """A seat that a person has or had, from a day until the day before another."""

    seat: BodySeat
    body: Body
    starts_on: date
    ends_on: date | None
    is_personal: bool  # in his own name; otherwise it goes with the post

    @property
    def title(self) -> str:
        return title_of(self.body.kind.value, self.seat.role.value, self.seat.title)

    def is_open(self, today: date) -> bool:
        """Whether it holds today or will."""
        return self.ends_on is None or self.ends_on > today


def list_seats_of_person(user_id: uuid.UUID) -> Sequence[SeatOfPerson]:
    """Every seat that a person has, had or will have, the latest first. One statement."""
    rows = db.session.execute(
        select(BodySeat, Body, Appointment)
        .join(Body, Body.id == BodySeat.body_id)
        .outerjoin(Appointment, and_(Appointment.post_id == BodySeat.post_id, Appointment.user_id == user_id))
        .where(or_(BodySeat.user_id == user_id, Appointment.id.is_not(None)))
        .order_by(BodySeat.starts_on.desc(), Body.name, BodySeat.id)
    ).all()
    found = [_seat_of(seat, body, appointment) for seat, body, appointment in rows]
    return [each for each in found if each.ends_on is None or each.ends_on > each.starts_on]


def _seat_of(seat: BodySeat, body: Body, appointment: Appointment | None) -> SeatOfPerson:
    ends = [body.ends_on, seat.ends_on]
    starts = [seat.starts_on]
    if appointment is not None:
        ends.append(appointment.ends_on)
        starts.append(appointment.starts_on)
    known = [end for end in ends if end is not None]
    return SeatOfPerson(seat, body, max(starts), min(known) if known else None, appointment is None)
