"""What a body's seats were and are (沿革): one line for each change, the latest first."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import select

from saas.accounts.models import User
from saas.bodies.models import Body, BodySeat, SeatBy
from saas.db import db
from saas.domain.bodies import title_of
from saas.org.models import OrgUnit, Post


@dataclass(frozen=True, slots=True)
class SeatLine:
    """A seat as its history tells: what it is called, and who or what filled it."""

    seat: BodySeat
    title: str
    filling: str


def history_of(body_id: uuid.UUID) -> Sequence[SeatLine]:
    """Every seat that a body has or had, the latest first. One statement."""
    rows = db.session.execute(
        select(BodySeat, Body.kind, Post.name, OrgUnit.name, User.name)
        .join(Body, Body.id == BodySeat.body_id)
        .outerjoin(Post, Post.id == BodySeat.post_id)
        .outerjoin(OrgUnit, (OrgUnit.id == BodySeat.unit_id) | (OrgUnit.id == Post.unit_id))
        .outerjoin(User, User.id == BodySeat.user_id)
        .where(BodySeat.body_id == body_id)
        .order_by(BodySeat.starts_on.desc(), BodySeat.sort_order, BodySeat.id)
    ).all()
    return [
        SeatLine(seat, title_of(kind.value, seat.role.value, seat.title), _filling(seat, post, unit, person))
        for seat, kind, post, unit, person in rows
    ]


def _filling(seat: BodySeat, post: str | None, unit: str | None, person: str | None) -> str:
    if seat.filled_by is SeatBy.POST:
        return f"{unit or ''} {post or ''}".strip()
    if seat.filled_by is SeatBy.UNIT:
        return unit or ""
    if seat.filled_by is SeatBy.PERSON:
        return person or ""
    return f"负责{seat.wording}工作的部门" if seat.filled_by is SeatBy.FUNCTION else seat.wording
