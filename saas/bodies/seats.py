"""Who sits where on a day: seats resolved to names. A seat by post follows its holder; nothing is guessed (未定).

Names of units are those of the day asked for. However many bodies are asked about, the number of statements is fixed.
"""

from __future__ import annotations

import uuid
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from sqlalchemy import ColumnElement, and_, literal, or_, select
from sqlalchemy.orm import aliased

from saas.accounts.models import Appointment, User
from saas.accounts.queries import holds
from saas.bodies.models import Body, BodySeat, SeatBy
from saas.db import db
from saas.domain.bodies import ListedSeat, TemplateSeat, TemplateSeatBy, in_order, nearest, title_of
from saas.org.models import Hierarchy, OrgUnit, Placement, Post, UnitFunction
from saas.org.queries import ADMINISTRATIVE
from saas.org.versions import facts_on


@dataclass(frozen=True, slots=True)
class SeatWanted:
    """A seat before it is resolved, whether it is a row or comes from a template."""

    body_key: uuid.UUID
    unit_id: uuid.UUID  # the body's unit: functions are looked for below it
    role: str
    by: SeatBy
    title: str = ""
    wording: str = ""
    field_of_work: str = ""
    is_lead: bool = False
    sort_order: int = 0
    post_id: uuid.UUID | None = None
    seat_unit_id: uuid.UUID | None = None
    user_id: uuid.UUID | None = None
    row: BodySeat | None = None


@dataclass(frozen=True, slots=True)
class Sitting:
    """Who sits in a seat: a person or a unit, and what stands behind the name (职务)."""

    name: str
    standing: str = ""
    user_id: uuid.UUID | None = None
    unit_id: uuid.UUID | None = None

    @property
    def is_person(self) -> bool:
        return self.user_id is not None


@dataclass(frozen=True, slots=True)
class ResolvedSeat:
    """A seat with who sits in it on a day. `problem`: why nobody does ("vacant", "unknown_function", "no_post", "")."""

    wanted: SeatWanted
    title: str
    sitting: tuple[Sitting, ...]
    problem: str = ""

    @property
    def count(self) -> int | None:
        """How many fill it. None: cannot be told, because it is described or its function belongs to nobody."""
        if self.wanted.by is SeatBy.DESCRIPTION or self.problem in {"unknown_function", "no_post"}:
            return None
        return len(self.sitting)


def seat_holds(on: date) -> ColumnElement[bool]:
    """The condition that a seat exists on a day."""
    return and_(BodySeat.starts_on <= on, or_(BodySeat.ends_on.is_(None), BodySeat.ends_on > on))


def wanted_from_rows(bodies: Iterable[Body], on: date) -> list[SeatWanted]:
    """The seats of bodies on a day, as rows say."""
    units = {body.id: body.unit_id for body in bodies}
    rows = db.session.scalars(
        select(BodySeat)
        .where(BodySeat.body_id.in_(list(units)), seat_holds(on))
        .order_by(BodySeat.sort_order, BodySeat.id)
    ).all()
    return [
        SeatWanted(
            row.body_id,
            units[row.body_id],
            row.role.value,
            row.filled_by,
            row.title,
            row.wording,
            row.field_of_work,
            row.is_lead,
            row.sort_order,
            row.post_id,
            row.unit_id,
            row.user_id,
            row,
        )
        for row in rows
    ]


def wanted_from_template(
    key: uuid.UUID, unit_id: uuid.UUID, seats: Sequence[TemplateSeat], known: Known
) -> list[SeatWanted]:
    """The seats that a unit inherits from a template. A post is looked for at the unit itself."""
    found = []
    for number, seat in enumerate(seats):
        by = SeatBy(seat.by.value)
        found.append(
            SeatWanted(
                key,
                unit_id,
                seat.role,
                by,
                seat.title,
                seat.wording,
                seat.field_of_work,
                seat.is_lead,
                number,
                known.posts.get((unit_id, seat.wording)) if by is SeatBy.POST else None,
                known.units.get(seat.wording) if by is SeatBy.UNIT else None,
            )
        )
    return found


@dataclass(frozen=True, slots=True)
class Known:
    """Posts by unit and name, and units by code, as the seats of templates name them."""

    posts: Mapping[tuple[uuid.UUID, str], uuid.UUID] = field(default_factory=dict)
    units: Mapping[str, uuid.UUID] = field(default_factory=dict)


def look_up(unit_ids: Collection[uuid.UUID], seats: Iterable[TemplateSeat]) -> Known:
    """Find the posts and units that the seats of templates name. At most two statements."""
    listed = list(seats)
    names = {seat.wording for seat in listed if seat.by is TemplateSeatBy.POST}
    codes = {seat.wording for seat in listed if seat.by is TemplateSeatBy.UNIT}
    posts, units = {}, {}
    if names and unit_ids:
        statement = select(Post.unit_id, Post.name, Post.id).where(
            Post.unit_id.in_(list(unit_ids)), Post.name.in_(names), Post.is_active
        )
        posts = {(row.unit_id, row.name): row.id for row in db.session.execute(statement)}
    if codes:
        by_code = select(OrgUnit.code, OrgUnit.id).where(OrgUnit.code.in_(codes))
        units = {row.code: row.id for row in db.session.execute(by_code)}
    return Known(posts, units)


def resolve(
    seats: Sequence[SeatWanted], kinds: Mapping[uuid.UUID, str], on: date
) -> dict[uuid.UUID, list[ResolvedSeat]]:
    """Resolve seats on a day, by their body, in no particular order. At most four statements."""
    holders = _holders({seat.post_id for seat in seats if seat.post_id}, on)
    people = _people({seat.user_id for seat in seats if seat.user_id})
    functions = _units_of_functions([seat for seat in seats if seat.by is SeatBy.FUNCTION], on)
    unit_ids = {seat.seat_unit_id for seat in seats if seat.seat_unit_id}
    unit_ids |= {unit for found in functions.values() for unit in found}
    unit_ids |= {holder.unit_id for found in holders.values() for holder in found if holder.unit_id}
    names = {unit_id: facts.name for unit_id, facts in facts_on(on, unit_ids).items()} if unit_ids else {}
    found: dict[uuid.UUID, list[ResolvedSeat]] = {key: [] for key in kinds}
    for seat in seats:
        sitting, problem = _sitting(seat, holders, people, functions, names)
        title = title_of(kinds[seat.body_key], seat.role, seat.title)
        found[seat.body_key].append(ResolvedSeat(seat, title, sitting, problem))
    return found


def _sitting(
    seat: SeatWanted,
    holders: Mapping[uuid.UUID, Sequence[Sitting]],
    people: Mapping[uuid.UUID, str],
    functions: Mapping[tuple[uuid.UUID, str], Sequence[uuid.UUID]],
    names: Mapping[uuid.UUID, str],
) -> tuple[tuple[Sitting, ...], str]:
    if seat.by is SeatBy.POST:
        if seat.post_id is None:
            return (), "no_post"
        found = tuple(_with_unit(each, names) for each in holders.get(seat.post_id, ()))
        return found, "" if found else "vacant"
    if seat.by is SeatBy.PERSON and seat.user_id is not None:
        return (Sitting(people.get(seat.user_id, ""), user_id=seat.user_id),), ""
    if seat.by is SeatBy.UNIT:
        name = names.get(seat.seat_unit_id) if seat.seat_unit_id else None
        return ((Sitting(name, unit_id=seat.seat_unit_id),), "") if name else ((), "vacant")
    if seat.by is SeatBy.FUNCTION:
        units = functions.get((seat.unit_id, seat.wording), ())
        listed = tuple(Sitting(names[unit], unit_id=unit) for unit in units if unit in names)
        return listed, "" if listed else "unknown_function"
    return (Sitting(seat.wording),), ""


def _with_unit(sitting: Sitting, names: Mapping[uuid.UUID, str]) -> Sitting:
    unit = names.get(sitting.unit_id, "") if sitting.unit_id else ""
    return Sitting(sitting.name, unit + sitting.standing, sitting.user_id, sitting.unit_id)


def _holders(post_ids: Collection[uuid.UUID], on: date) -> dict[uuid.UUID, list[Sitting]]:
    if not post_ids:
        return {}
    rows = db.session.execute(
        select(Post.id, Post.name, Post.unit_id, User.id, User.name)
        .join(Appointment, Appointment.post_id == Post.id)
        .join(User, User.id == Appointment.user_id)
        .where(Post.id.in_(list(post_ids)), holds(on))
        .order_by(Appointment.starts_on, Appointment.id)
    ).all()
    found: dict[uuid.UUID, list[Sitting]] = {}
    for post_id, post_name, unit_id, user_id, user_name in rows:
        found.setdefault(post_id, []).append(Sitting(user_name, post_name, user_id, unit_id))
    return found


def _people(user_ids: Collection[uuid.UUID]) -> dict[uuid.UUID, str]:
    if not user_ids:
        return {}
    rows = db.session.execute(select(User.id, User.name).where(User.id.in_(list(user_ids)))).all()
    return {row.id: row.name for row in rows}


def _units_of_functions(seats: Sequence[SeatWanted], on: date) -> dict[tuple[uuid.UUID, str], tuple[uuid.UUID, ...]]:
    """The nearest units below each body's unit that have a function on a day. One statement, upwards from them."""
    if not seats:
        return {}
    in_force = and_(UnitFunction.starts_on <= on, or_(UnitFunction.ends_on.is_(None), UnitFunction.ends_on > on))
    way = (
        select(
            UnitFunction.name.label("name"),
            UnitFunction.unit_id.label("unit_id"),
            UnitFunction.unit_id.label("at_id"),
            literal(0).label("distance"),
        )
        .where(UnitFunction.name.in_({seat.wording for seat in seats}), in_force)
        .cte(recursive=True)
    )
    above, tree = aliased(Placement), aliased(Hierarchy)
    way = way.union(
        select(way.c.name, way.c.unit_id, above.parent_id, way.c.distance + 1)
        .join(above, above.unit_id == way.c.at_id)
        .join(tree, tree.id == above.hierarchy_id)
        .where(
            tree.code == ADMINISTRATIVE,
            above.parent_id.is_not(None),
            above.starts_on <= on,
            or_(above.ends_on.is_(None), above.ends_on > on),
        )
    )
    rows = db.session.execute(
        select(way.c.name, way.c.at_id, way.c.unit_id, way.c.distance)
        .join(OrgUnit, OrgUnit.id == way.c.unit_id)
        .where(way.c.at_id.in_({seat.unit_id for seat in seats}))
        .order_by(OrgUnit.sort_order, OrgUnit.code)
    ).all()
    found: dict[tuple[uuid.UUID, str], list[tuple[uuid.UUID, int]]] = {}
    for name, at_id, unit_id, distance in rows:
        found.setdefault((at_id, name), []).append((unit_id, distance))
    return {key: nearest(units) for key, units in found.items()}


def sorted_seats(seats: Sequence[ResolvedSeat], *, by_strokes: bool) -> list[ResolvedSeat]:
    """The seats of one body in the order of a list of members. A vacant seat keeps its place."""
    listed = [
        (
            ListedSeat(
                seat.wanted.role,
                seat.wanted.sort_order,
                next((each.name for each in seat.sitting if each.is_person), ""),
            ),
            seat,
        )
        for seat in seats
    ]
    return in_order(listed, by_strokes=by_strokes)
