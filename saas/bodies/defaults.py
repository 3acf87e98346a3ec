"""Default bodies of units (默认工作组): what each unit inherits, changes, drops and takes back. Never commits.

A unit's own copy keeps the template as its origin. Its seats replace the default; without seats of its own it follows
the template, and so do its name, duty and rules.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import select

from saas.audit.services import AuditAction, HasId, record
from saas.bodies.models import Body, BodyKind, BodySeat, BodyTemplate, SeatBy, SeatRole
from saas.bodies.queries import find_default_body
from saas.bodies.seats import SeatWanted, look_up, seat_holds, wanted_from_template
from saas.db import db
from saas.domain.bodies import BodyRules, TemplateSeat, rules_to_mapping, template_seat_to_mapping, template_seats_from
from saas.domain.errors import DomainError, InvalidTransition
from saas.org.models import OrgUnit


@dataclass(frozen=True, slots=True)
class TemplateFields:
    """What is said of a default body."""

    name: str
    kind: BodyKind
    unit_types: Sequence[str]
    parent_code: str = ""
    duty: str = ""
    sort_order: int = 50
    rules: BodyRules = BodyRules()
    seats: Sequence[TemplateSeat] = ()


def create_template(code: str, fields: TemplateFields, *, actor: HasId) -> BodyTemplate:
    """Define a default body. DomainError (`code_taken`) if there is one of that code."""
    if db.session.scalars(select(BodyTemplate.id).where(BodyTemplate.code == code)).first() is not None:
        raise DomainError("编码“{value}”已被使用", code="code_taken", value=code)
    template = BodyTemplate(code=code, name=fields.name, kind=fields.kind)
    _put(template, fields)
    db.session.add(template)
    db.session.flush()
    _record(template, "created", actor)
    return template


def edit_template(template: BodyTemplate, fields: TemplateFields, *, actor: HasId) -> None:
    """Change a default body. Units that did not change theirs follow at once."""
    _refuse_ring(template.code, fields.parent_code)
    _put(template, fields)
    _record(template, "edited", actor)
    db.session.flush()


def _put(template: BodyTemplate, fields: TemplateFields) -> None:
    template.name, template.kind, template.duty = fields.name, fields.kind, fields.duty
    template.unit_types, template.parent_code = list(fields.unit_types), fields.parent_code
    template.sort_order, template.rules = fields.sort_order, rules_to_mapping(fields.rules)
    template.seats = [template_seat_to_mapping(seat) for seat in fields.seats]


def _refuse_ring(code: str, parent_code: str) -> None:
    parents: Mapping[str, str] = {
        row.code: row.parent_code for row in db.session.execute(select(BodyTemplate.code, BodyTemplate.parent_code))
    }
    seen = {code}
    while parent_code:
        if parent_code in seen:
            raise DomainError("不能把它设在自己或自己的下设组之下", code="own_parent")
        seen.add(parent_code)
        parent_code = parents.get(parent_code, "")


def set_template_active(template: BodyTemplate, is_active: bool, *, actor: HasId) -> None:
    """Take a default body out of use, or put it back. Copies that units made their own stay."""
    template.is_active = is_active
    _record(template, "restored" if is_active else "retired", actor)
    db.session.flush()


def row_of_default(unit: OrgUnit, template: BodyTemplate) -> Body:
    """The unit's row for a default body, made where there is none: meetings and changes need one."""
    if not template.is_active or unit.unit_type.code not in template.unit_types:
        raise InvalidTransition("该单位没有这个默认组")
    found = find_default_body(unit.id, template.id)
    if found is not None:
        return found
    body = Body(
        unit_id=unit.id,
        code=f"{unit.code}-{template.code}",
        name=template.name,
        kind=template.kind,
        template_id=template.id,
        duty=template.duty,
        rules=dict(template.rules),
        sort_order=template.sort_order,
        starts_on=unit.valid_from,  # it had the default body for as long as it exists
    )
    db.session.add(body)
    db.session.flush()
    return body


def change_default(unit: OrgUnit, template: BodyTemplate, today: date, *, actor: HasId) -> Body:
    """Make a unit's own copy of a default body (改为本单位自定), with the seats that it inherits today."""
    body = row_of_default(unit, template)
    if _own_seats(body, today):
        raise InvalidTransition("该单位已经自定了这个组")
    body.is_dropped = False
    body.name, body.kind, body.duty, body.rules = template.name, template.kind, template.duty, dict(template.rules)
    seats = template_seats_from(template.seats)
    if not seats:
        raise DomainError("默认组还没有席位，请先在默认组中设置", code="no_seats")
    known = look_up({unit.id}, seats)
    db.session.add_all(
        _own_seat(body, wanted, max(today, body.starts_on))
        for wanted in wanted_from_template(body.id, unit.id, seats, known)
    )
    db.session.flush()
    _record_local(body, unit, "changed", actor)
    return body


def _own_seat(body: Body, wanted: SeatWanted, starts_on: date) -> BodySeat:
    """A row that says what the template's seat says. A post or unit that is not there is kept as words."""
    is_row = wanted.post_id is not None or wanted.seat_unit_id is not None
    by = wanted.by
    if by in {SeatBy.POST, SeatBy.UNIT} and not is_row:
        by = SeatBy.DESCRIPTION
    return BodySeat(
        body_id=body.id,
        role=SeatRole(wanted.role),
        title=wanted.title,
        filled_by=by,
        post_id=wanted.post_id,
        unit_id=wanted.seat_unit_id,
        wording="" if is_row else wanted.wording,
        field_of_work=wanted.field_of_work,
        is_lead=wanted.is_lead,
        sort_order=wanted.sort_order,
        starts_on=starts_on,
    )


def drop_default(unit: OrgUnit, template: BodyTemplate, *, actor: HasId) -> Body:
    """Let a unit have none of this kind (不设立). What it had before stays on record."""
    body = row_of_default(unit, template)
    if body.is_dropped:
        raise InvalidTransition("该单位已经不设这个组")
    body.is_dropped = True
    _record_local(body, unit, "dropped", actor)
    db.session.flush()
    return body


def restore_default(body: Body, unit: OrgUnit, today: date, *, actor: HasId) -> None:
    """Let a unit follow the template again (恢复默认). Its own seats end today and stay on record."""
    own = _own_seats(body, today)
    if body.template_id is None or not (own or body.is_dropped):
        raise InvalidTransition("该单位现在用的就是默认设置")
    body.is_dropped = False
    for seat in own:
        if seat.starts_on >= today:
            db.session.delete(seat)
        else:
            seat.ends_on = today
    _record_local(body, unit, "restored", actor)
    db.session.flush()


def _own_seats(body: Body, on: date) -> Sequence[BodySeat]:
    return db.session.scalars(
        select(BodySeat).where(BodySeat.body_id == body.id, seat_holds(on)).order_by(BodySeat.id)
    ).all()


def _record(template: BodyTemplate, change: str, actor: HasId) -> None:
    record(AuditAction.BODY_TEMPLATE_CHANGED, template, actor=actor, change=change, name=template.name)


def _record_local(body: Body, unit: OrgUnit, change: str, actor: HasId) -> None:
    record(AuditAction.BODY_CHANGED, body, actor=actor, change=f"default_{change}", name=body.name, unit=unit.code)
