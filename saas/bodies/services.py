"""Setting up, changing and dissolving bodies, their seats and their meetings. Never commits."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm.attributes import flag_modified

from saas.audit.services import AuditAction, HasId, record
from saas.bodies.models import Body, BodyKind, BodyMeeting, BodySeat, SeatBy, SeatRole
from saas.bodies.queries import EffectiveBody, findings_of
from saas.bodies.seats import ResolvedSeat
from saas.db import db
from saas.domain.bodies import BodyRules, blocks_establishing, meeting_outcome, rules_to_mapping
from saas.domain.errors import DomainError, InvalidTransition
from saas.org.models import OrgUnit


@dataclass(frozen=True, slots=True)
class BodyFields:
    """What is said of a body. `host_unit_id`: where an office is located (办公室设在…)."""

    name: str
    kind: BodyKind
    duty: str = ""
    parent_id: uuid.UUID | None = None
    host_unit_id: uuid.UUID | None = None
    by_strokes: bool = False
    basis: str = ""
    sort_order: int = 50
    rules: BodyRules = BodyRules()


@dataclass(frozen=True, slots=True)
class SeatFields:
    """What is said of a seat. Exactly what `by` asks for is given: a post, a unit, a person or words."""

    role: SeatRole
    by: SeatBy
    title: str = ""
    post_id: uuid.UUID | None = None
    unit_id: uuid.UUID | None = None
    user_id: uuid.UUID | None = None
    wording: str = ""
    field_of_work: str = ""
    is_lead: bool = False
    sort_order: int = 50


def create_body(unit: OrgUnit, fields: BodyFields, starts_on: date, *, actor: HasId) -> Body:
    """Set up a body of a unit from a day on. It is being put together until it is established (确认成立)."""
    if starts_on < unit.valid_from:
        raise DomainError("成立日期不能早于单位的设立日期{day}", code="bad_dates", day=unit.valid_from)
    body = Body(unit_id=unit.id, code=_free_code(unit.code), starts_on=starts_on, name="", kind=fields.kind)
    _put(body, fields)
    db.session.add(body)
    db.session.flush()
    _record(body, "created", actor, name=body.name, unit=unit.code, starts_on=str(starts_on))
    return body


def _free_code(prefix: str) -> str:
    taken = set(db.session.scalars(select(Body.code).where(Body.code.startswith(f"{prefix}-", autoescape=True))))
    number = 1
    while f"{prefix}-{number:02d}" in taken:
        number += 1
    return f"{prefix}-{number:02d}"


def edit_body(body: Body, fields: BodyFields, *, actor: HasId) -> None:
    """Change what is said of a body. Raises DomainError if it would stand below itself."""
    _refuse_ring(body, fields.parent_id)
    before = body.name
    _put(body, fields)
    _record(body, "edited", actor, name=body.name, former=before if before != body.name else "")
    db.session.flush()


def _put(body: Body, fields: BodyFields) -> None:
    body.name, body.kind, body.duty = fields.name, fields.kind, fields.duty
    body.parent_id, body.host_unit_id = fields.parent_id, fields.host_unit_id
    body.by_strokes, body.basis, body.sort_order = fields.by_strokes, fields.basis, fields.sort_order
    body.rules = rules_to_mapping(fields.rules)


def _refuse_ring(body: Body, parent_id: uuid.UUID | None) -> None:
    seen = {body.id}
    while parent_id is not None:
        if parent_id in seen:
            raise DomainError("不能把它设在自己或自己的下设机构之下", code="own_parent")
        seen.add(parent_id)
        parent_id = db.session.scalars(select(Body.parent_id).where(Body.id == parent_id)).one_or_none()


def dissolve_body(body: Body, ends_on: date, *, actor: HasId) -> None:
    """End a body: `ends_on` is the first day without it. Its seats end with it, what it did stays on record."""
    if body.ends_on is not None and body.ends_on <= ends_on:
        raise InvalidTransition("该机构已经撤销")
    if ends_on <= body.starts_on:
        raise DomainError("撤销日期应晚于成立日期{day}", code="bad_dates", day=body.starts_on)
    body.ends_on = ends_on
    _record(body, "dissolved", actor, name=body.name, ends_on=str(ends_on))
    db.session.flush()


def establish(body: EffectiveBody, seats: list[ResolvedSeat], on: date, *, actor: HasId) -> None:
    """Confirm that a body is established (确认成立). Raises DomainError if its binding rules are not kept."""
    row = body.row
    if row is None or row.is_dropped or row.established_on is not None:
        raise InvalidTransition("当前状态不能确认成立")
    findings = findings_of(body, seats)
    if blocks_establishing(findings, body.rules):
        raise DomainError("组成不符合规定，不能确认成立：{reason}", code="composition", reason=findings[0].message)
    if not seats:
        raise DomainError("还没有席位，不能确认成立", code="composition")
    row.established_on, row.established_by_id = on, actor.id
    record(AuditAction.BODY_ESTABLISHED, row, actor=actor, name=row.name, basis=row.basis, on=str(on))
    db.session.flush()


# --- seats -----------------------------------------------------------------------------------------------------------


def add_seat(body: Body, fields: SeatFields, starts_on: date, *, actor: HasId) -> BodySeat:
    """Add a seat from a day on. Raises DomainError for a day on which the body does not exist."""
    if starts_on < body.starts_on or (body.ends_on is not None and starts_on >= body.ends_on):
        raise DomainError("席位的日期应在机构存续期间内（{day}起）", code="bad_dates", day=body.starts_on)
    seat = BodySeat(body_id=body.id, role=fields.role, filled_by=fields.by, starts_on=starts_on)
    _put_seat(seat, fields)
    db.session.add(seat)
    _touch(body)
    db.session.flush()
    _record(body, "seat_added", actor, seat=fields.role.value, starts_on=str(starts_on))
    return seat


def correct_seat(body: Body, seat: BodySeat, fields: SeatFields, *, actor: HasId) -> None:
    """Put right what is said of a seat: it was so since it began. Who comes and goes ends one seat and adds another."""
    _put_seat(seat, fields)
    _touch(body)
    _record(body, "seat_corrected", actor, seat=fields.role.value)
    db.session.flush()


def _put_seat(seat: BodySeat, fields: SeatFields) -> None:
    seat.role, seat.filled_by, seat.title = fields.role, fields.by, fields.title
    seat.post_id = fields.post_id if fields.by is SeatBy.POST else None
    seat.unit_id = fields.unit_id if fields.by is SeatBy.UNIT else None
    seat.user_id = fields.user_id if fields.by is SeatBy.PERSON else None
    takes_words = fields.by in {SeatBy.FUNCTION, SeatBy.DESCRIPTION, SeatBy.OUTSIDER}
    seat.wording = fields.wording if takes_words else ""
    if (takes_words and not seat.wording) or not (takes_words or any((seat.post_id, seat.unit_id, seat.user_id))):
        raise DomainError("请写明或选择由谁担任", code="nobody")
    seat.field_of_work, seat.is_lead, seat.sort_order = fields.field_of_work, fields.is_lead, fields.sort_order


def end_seat(body: Body, seat: BodySeat, ends_on: date, *, actor: HasId) -> None:
    """End a seat: `ends_on` is the first day without it. One that would never have been is taken out."""
    if seat.ends_on is not None and seat.ends_on <= ends_on:
        raise InvalidTransition("这个席位已经结束")
    if body.template_id is not None and not _others_on(body, seat, ends_on):
        raise DomainError("本单位自定的组至少保留一席；不设这个组的，请用“不设立”", code="last_seat")
    if ends_on <= seat.starts_on:
        db.session.delete(seat)
    else:
        seat.ends_on = ends_on
    _touch(body)
    _record(body, "seat_ended", actor, seat=seat.role.value, ends_on=str(ends_on))
    db.session.flush()


def _others_on(body: Body, seat: BodySeat, on: date) -> bool:
    others = db.session.scalars(select(BodySeat).where(BodySeat.body_id == body.id, BodySeat.id != seat.id))
    return any(each.starts_on <= on and (each.ends_on is None or each.ends_on > on) for each in others)


def pass_seat(seat: BodySeat, successor_id: uuid.UUID, on: date, *, actor: HasId) -> None:
    """Let somebody else take a seat in his own name from a day on (席位移交)."""
    body = db.session.scalars(select(Body).where(Body.id == seat.body_id)).one()
    fields = SeatFields(
        seat.role,
        SeatBy.PERSON,
        seat.title,
        user_id=successor_id,
        field_of_work=seat.field_of_work,
        is_lead=seat.is_lead,
        sort_order=seat.sort_order,
    )
    add_seat(body, fields, max(on, body.starts_on), actor=actor)
    end_seat(body, seat, on, actor=actor)


def _touch(body: Body) -> None:
    """Count the body's version up: whoever works on an older page is told."""
    flag_modified(body, "name")


# --- meetings --------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class MeetingFields:
    """What is recorded of a meeting. Whether it had a quorum and what was carried is computed, never typed."""

    held_on: date
    topic: str
    entitled: int
    present: int
    in_favour: int = 0
    against: int = 0
    abstained: int = 0
    resolution: str = ""


def record_meeting(body: EffectiveBody, fields: MeetingFields, today: date, *, actor: HasId) -> BodyMeeting:
    """Record a meeting (会议记录). Raises DomainError for numbers or days that cannot be."""
    if fields.held_on > today:
        raise DomainError("会议日期不能晚于今天", code="bad_dates")
    if body.row is None or fields.held_on < body.row.starts_on:
        raise DomainError("会议日期早于机构成立日期", code="bad_dates")
    if not 0 <= fields.present <= fields.entitled or fields.entitled < 1:
        raise DomainError("应到至少1人，实到不能超过应到", code="bad_attendance")
    votes = (fields.in_favour, fields.against, fields.abstained)
    meeting_outcome(fields.entitled, fields.present, votes, body.rules)
    values: dict[str, Any] = {name: getattr(fields, name) for name in MeetingFields.__slots__}
    meeting = BodyMeeting(body_id=body.row.id, recorded_by_id=actor.id, **values)
    db.session.add(meeting)
    record(AuditAction.MEETING_RECORDED, meeting, actor=actor, body=body.name, topic=fields.topic)
    db.session.flush()
    return meeting


def _record(body: Body, change: str, actor: HasId, **details: str) -> None:
    record(AuditAction.BODY_CHANGED, body, actor=actor, change=change, **details)
