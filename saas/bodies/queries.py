"""Reading bodies. What a unit has by default and what it made its own are one list: the effective bodies of a unit."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import ColumnElement, and_, func, or_, select

from saas.access.permissions import Permission
from saas.accounts.viewer import Viewer
from saas.bodies.models import Body, BodyKind, BodyMeeting, BodySeat, BodyTemplate
from saas.bodies.seats import (
    ResolvedSeat,
    SeatWanted,
    look_up,
    resolve,
    seat_holds,
    sorted_seats,
    wanted_from_rows,
    wanted_from_template,
)
from saas.db import db
from saas.domain.bodies import BodyRules, Finding, check_composition, rules_from_mapping, template_seats_from
from saas.org.models import OrgUnit, UnitType
from saas.org.queries import exists_on, subtree_ids

PAGE = 50
OWN, INHERITED, CHANGED, DROPPED = "own", "inherited", "changed", "dropped"


@dataclass(frozen=True, slots=True)
class EffectiveBody:
    """A body as a unit has it on a day: its own, inherited from a template, a changed copy, or dropped.

    An inherited one follows its template even where it has a row of its own, which keeps its meetings.
    """

    unit: OrgUnit
    row: Body | None
    template: BodyTemplate | None
    state: str

    @property
    def key(self) -> uuid.UUID:
        """What its seats are found by."""
        if self.row is not None:
            return self.row.id
        assert self.template is not None  # noqa: S101  (one of the two is always there)
        return self.template.id

    @property
    def source(self) -> Body | BodyTemplate:
        """What says its name, duty and rules: the template for as long as it is followed."""
        if self.template is not None and (self.state == INHERITED or self.row is None):
            return self.template
        assert self.row is not None  # noqa: S101  (as above)
        return self.row

    @property
    def name(self) -> str:
        return self.source.name

    @property
    def kind(self) -> BodyKind:
        return self.source.kind

    @property
    def duty(self) -> str:
        return self.source.duty

    @property
    def rules(self) -> BodyRules:
        return rules_from_mapping(self.source.rules)

    @property
    def by_strokes(self) -> bool:
        return self.row.by_strokes if self.row is not None else False

    @property
    def parent_key(self) -> uuid.UUID | str | None:
        """The body above: the id of a row, or the code of a template."""
        if self.row is not None and self.row.parent_id is not None:
            return self.row.parent_id
        return (self.template.parent_code or None) if self.template is not None else None


def body_holds(on: date) -> ColumnElement[bool]:
    """The condition that a body exists on a day."""
    return and_(Body.starts_on <= on, or_(Body.ends_on.is_(None), Body.ends_on > on))


def get_body(body_id: uuid.UUID) -> Body:
    """Return a body, or raise NoResultFound (404). The directory of bodies is open to the whole county."""
    return db.session.scalars(select(Body).where(Body.id == body_id)).one()


def get_body_to_edit(body_id: uuid.UUID, viewer: Viewer, on: date) -> Body:
    """Return a body of a unit at or below the viewer's posts, or raise NoResultFound (404)."""
    below = subtree_ids(viewer.unit_ids(Permission.BODY_EDIT), on)
    return db.session.scalars(select(Body).where(Body.id == body_id, Body.unit_id.in_(below))).one()


def get_unit_to_edit(unit_id: uuid.UUID, viewer: Viewer, on: date) -> OrgUnit:
    """Return a unit whose bodies the viewer may keep, or raise NoResultFound (404)."""
    below = subtree_ids(viewer.unit_ids(Permission.BODY_EDIT), on)
    return db.session.scalars(select(OrgUnit).where(OrgUnit.id == unit_id, OrgUnit.id.in_(below))).one()


def may_edit_bodies(unit_id: uuid.UUID, viewer: Viewer, on: date) -> bool:
    """Whether the viewer may keep the bodies of a unit."""
    below = subtree_ids(viewer.unit_ids(Permission.BODY_EDIT), on)
    asked = select(OrgUnit.id).where(OrgUnit.id == unit_id, OrgUnit.id.in_(below))
    return viewer.permits(Permission.BODY_EDIT) and db.session.scalars(asked).first() is not None


def get_seat(body_id: uuid.UUID, seat_id: uuid.UUID) -> BodySeat:
    return db.session.scalars(select(BodySeat).where(BodySeat.id == seat_id, BodySeat.body_id == body_id)).one()


def get_template(template_id: uuid.UUID) -> BodyTemplate:
    return db.session.scalars(select(BodyTemplate).where(BodyTemplate.id == template_id)).one()


def list_templates() -> Sequence[BodyTemplate]:
    return db.session.scalars(
        select(BodyTemplate).order_by(BodyTemplate.is_active.desc(), BodyTemplate.sort_order, BodyTemplate.code)
    ).all()


def find_default_body(unit_id: uuid.UUID, template_id: uuid.UUID) -> Body | None:
    """The row of a unit for a default body, if it has one."""
    return db.session.scalars(
        select(Body).where(Body.unit_id == unit_id, Body.template_id == template_id)
    ).one_or_none()


def effective(body: Body, unit: OrgUnit, on: date) -> EffectiveBody:
    """A body that has a row, as it is on a day."""
    if body.template_id is None:
        return EffectiveBody(unit, body, None, OWN)
    template = get_template(body.template_id)
    return EffectiveBody(unit, body, template, _state(body, _with_own_seats([body.id], on)))


def _state(body: Body, with_seats: Collection[uuid.UUID]) -> str:
    if body.is_dropped:
        return DROPPED
    return CHANGED if body.id in with_seats else INHERITED


def _with_own_seats(body_ids: Sequence[uuid.UUID], on: date) -> frozenset[uuid.UUID]:
    """The bodies that have seats of their own on a day."""
    if not body_ids:
        return frozenset()
    return frozenset(
        db.session.scalars(
            select(BodySeat.body_id).where(BodySeat.body_id.in_(body_ids), seat_holds(on)).distinct()
        ).all()
    )


def list_bodies_of_unit(unit: OrgUnit, on: date) -> list[EffectiveBody]:
    """The bodies of a unit on a day: the default ones of its type in their order, then its own. Three statements.

    Dropped ones are among them, so that they can be taken back.
    """
    rows = db.session.scalars(
        select(Body).where(Body.unit_id == unit.id, body_holds(on)).order_by(Body.sort_order, Body.code)
    ).all()
    by_template = {row.template_id: row for row in rows if row.template_id}
    with_seats = _with_own_seats([row.id for row in by_template.values()], on)
    found = []
    for template in list_templates():
        row = by_template.get(template.id)
        if row is not None:
            found.append(EffectiveBody(unit, row, template, _state(row, with_seats)))
        elif template.is_active and unit.unit_type.code in template.unit_types:
            found.append(EffectiveBody(unit, None, template, INHERITED))
    return found + [EffectiveBody(unit, row, None, OWN) for row in rows if row.template_id is None]


def seats_of(bodies: Sequence[EffectiveBody], on: date) -> Mapping[uuid.UUID, list[ResolvedSeat]]:
    """The seats of bodies on a day in the order of a list of members, by the body's key. Fixed statements."""
    rows = [each.row for each in bodies if each.row is not None and each.state in {OWN, CHANGED}]
    wanted = wanted_from_rows(rows, on) + _inherited_seats(bodies)
    kinds = {each.key: each.kind.value for each in bodies}
    by_strokes = {each.key: each.by_strokes for each in bodies}
    return {key: sorted_seats(seats, by_strokes=by_strokes[key]) for key, seats in resolve(wanted, kinds, on).items()}


def _inherited_seats(bodies: Sequence[EffectiveBody]) -> list[SeatWanted]:
    following = [
        (each, template_seats_from(each.template.seats))
        for each in bodies
        if each.template is not None and each.state == INHERITED
    ]
    known = look_up({each.unit.id for each, _ in following}, [seat for _, seats in following for seat in seats])
    return [
        wanted for each, seats in following for wanted in wanted_from_template(each.key, each.unit.id, seats, known)
    ]


def findings_of(body: EffectiveBody, seats: Sequence[ResolvedSeat]) -> tuple[Finding, ...]:
    """What the rules say of who sits in a body."""
    return check_composition([(seat.wanted.role, seat.count) for seat in seats], body.rules, kind=body.kind.value)


def list_all_seats(body_id: uuid.UUID) -> Sequence[BodySeat]:
    """Every seat that a body has or had, the latest change first."""
    return db.session.scalars(
        select(BodySeat).where(BodySeat.body_id == body_id).order_by(BodySeat.starts_on.desc(), BodySeat.sort_order)
    ).all()


def list_meetings(body_id: uuid.UUID) -> Sequence[BodyMeeting]:
    """The meetings of a body, the latest first."""
    return db.session.scalars(
        select(BodyMeeting)
        .where(BodyMeeting.body_id == body_id)
        .order_by(BodyMeeting.held_on.desc(), BodyMeeting.id.desc())
    ).all()


def list_below(body_id: uuid.UUID, on: date) -> Sequence[Body]:
    """The sub-groups of a body on a day."""
    return db.session.scalars(
        select(Body)
        .where(Body.parent_id == body_id, body_holds(on), Body.is_dropped.is_(False))
        .order_by(Body.sort_order, Body.code)
    ).all()


def list_own_bodies(words: str, on: date, *, page: int = 1) -> tuple[Sequence[tuple[Body, OrgUnit]], int]:
    """One page of the bodies that units made themselves, by unit; and how many there are. One statement."""
    statement = (
        select(Body, OrgUnit, func.count().over())
        .join(OrgUnit, OrgUnit.id == Body.unit_id)
        .where(Body.template_id.is_(None), or_(Body.ends_on.is_(None), Body.ends_on > on))
    )
    if words:
        statement = statement.where(
            or_(Body.name.contains(words, autoescape=True), OrgUnit.name.contains(words, autoescape=True))
        )
    rows = db.session.execute(
        statement.order_by(OrgUnit.sort_order, OrgUnit.code, Body.sort_order, Body.code)
        .limit(PAGE)
        .offset((page - 1) * PAGE)
    ).all()
    return [(row[0], row[1]) for row in rows], rows[0][2] if rows else 0


@dataclass(frozen=True, slots=True)
class MatrixRow:
    """A unit with what became of each default body, in the order of the templates ("" where it does not apply)."""

    unit: OrgUnit
    cells: tuple[tuple[BodyTemplate, str], ...]
    own_count: int


def matrix_of(
    templates: Sequence[BodyTemplate], type_code: str, on: date, *, page: int = 1
) -> tuple[list[MatrixRow], int]:
    """One page of the units with default bodies, and how many there are. Four statements.

    `type_code` "": the units of every type that a template is for.
    """
    codes = [type_code] if type_code else sorted({code for template in templates for code in template.unit_types})
    rows = db.session.execute(
        select(OrgUnit, func.count().over())
        .join(UnitType, UnitType.id == OrgUnit.unit_type_id)
        .where(UnitType.code.in_(codes), exists_on(on))
        .order_by(UnitType.level, OrgUnit.sort_order, OrgUnit.code)
        .limit(PAGE)
        .offset((page - 1) * PAGE)
    ).all()
    units = [row[0] for row in rows]
    bodies = db.session.scalars(
        select(Body).where(Body.unit_id.in_([unit.id for unit in units]), body_holds(on)).order_by(Body.id)
    ).all()
    with_seats = _with_own_seats([body.id for body in bodies if body.template_id], on)
    states = {(body.unit_id, body.template_id): _state(body, with_seats) for body in bodies if body.template_id}
    found = [
        MatrixRow(
            unit,
            tuple((template, _cell(unit, template, states)) for template in templates),
            sum(1 for body in bodies if body.unit_id == unit.id and body.template_id is None),
        )
        for unit in units
    ]
    return found, rows[0][1] if rows else 0


def _cell(unit: OrgUnit, template: BodyTemplate, states: Mapping[tuple[uuid.UUID, uuid.UUID], str]) -> str:
    applies = template.is_active and unit.unit_type.code in template.unit_types
    return states.get((unit.id, template.id), INHERITED if applies else "")


def find_template(code: str) -> BodyTemplate | None:
    return db.session.scalars(select(BodyTemplate).where(BodyTemplate.code == code)).one_or_none()


def list_rows_of_unit(unit_id: uuid.UUID, on: date) -> Sequence[Body]:
    """The bodies of a unit that have a row of their own and are not dropped."""
    return db.session.scalars(
        select(Body)
        .where(Body.unit_id == unit_id, body_holds(on), Body.is_dropped.is_(False))
        .order_by(Body.sort_order, Body.code)
    ).all()


def get_default_body(unit_id: uuid.UUID, template_id: uuid.UUID) -> Body:
    """The row of a unit for a default body, or raise NoResultFound (404)."""
    return db.session.scalars(select(Body).where(Body.unit_id == unit_id, Body.template_id == template_id)).one()
