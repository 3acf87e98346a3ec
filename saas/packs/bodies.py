"""Planning the bodies of a pack: default working groups of types of units, and bodies of single units."""

from __future__ import annotations

import uuid
from datetime import date
from typing import Any

from saas.bodies.models import Body, BodySeat, BodyTemplate, SeatBy
from saas.domain.bodies import TemplateSeat, TemplateSeatBy, template_seat_to_mapping
from saas.packs.county import Desk, Stored
from saas.tenancy.pack_configuration import PackBody, PackBodyTemplate
from saas.tenancy.pack_structure import SeatTable


def plan_bodies(desk: Desk) -> None:
    """Put down templates and bodies. Seats that the county filled by name are its own and stay."""
    stored = desk.county.by(BodyTemplate, "code")
    for order, template in enumerate(desk.pack.configuration.body_templates):
        _plan_template(desk, template, order, stored.get(template.table.code))
    bodies = desk.county.by(Body, "code")
    ids = {code: row["id"] for code, row in bodies.items()}
    for order, body in enumerate(_parents_first(desk.pack.configuration.bodies)):
        ids[body.table.code] = _plan_body(desk, body, order, bodies.get(body.table.code), ids)


def _plan_template(desk: Desk, entry: PackBodyTemplate, order: int, known: Stored | None) -> None:
    table = entry.table
    values: dict[str, Any] = {
        "code": table.code,
        "name": table.name,
        "kind": table.kind.value,
        "parent_code": table.parent or "",
        "unit_types": list(table.unit_types),
        "duty": table.duty,
        "seats": [template_seat(seat) for seat in table.seats],
        "rules": dict(table.rules),
    }
    if known is None:
        values["sort_order"] = order
    desk.ledger.put(BodyTemplate, known, f"{table.name}（{table.code}）", values)


def template_seat(seat: SeatTable) -> dict[str, Any]:
    """A seat as a template keeps it."""
    wording = seat.post or seat.function or seat.unit or seat.wording
    by = TemplateSeatBy(seat.by)
    return template_seat_to_mapping(
        TemplateSeat(seat.role.value, by, wording, seat.title, seat.field_of_work, seat.is_lead)
    )


def _parents_first(entries: tuple[PackBody, ...]) -> list[PackBody]:
    codes, waiting = {entry.table.code for entry in entries}, list(entries)
    ordered: list[PackBody] = []
    while waiting:
        done = {entry.table.code for entry in ordered}
        ready = [each for each in waiting if each.table.parent not in codes or each.table.parent in done]
        ordered += ready or waiting
        waiting = [entry for entry in waiting if entry not in ordered]
    return ordered


def _plan_body(desk: Desk, entry: PackBody, order: int, known: Stored | None, ids: dict[str, uuid.UUID]) -> uuid.UUID:
    table, label = entry.table, f"{entry.table.name}（{entry.table.code}）"
    starts_on = table.starts_on or (known["starts_on"] if known else desk.pack.head.calendar.units_valid_from)
    values: dict[str, Any] = {
        "code": table.code,
        "name": table.name,
        "kind": table.kind.value,
        "unit_id": desk.unit_id(table.unit),
        "parent_id": ids[table.parent] if table.parent else None,
        "host_unit_id": desk.unit_id(table.host_unit) if table.host_unit else None,
        "duty": table.duty,
        "by_strokes": table.by_strokes,
        "rules": dict(table.rules),
        "starts_on": starts_on,
    }
    if known is None or table.ends_on is not None:
        values["ends_on"] = table.ends_on
    if known is None:
        values["sort_order"] = order
    conflicts = len(desk.ledger.conflicts)
    body_id = desk.ledger.put(Body, known, label, values)
    if len(desk.ledger.conflicts) == conflicts:
        _plan_seats(desk, table.seats, body_id, label, starts_on if known is None else desk.today)
    return body_id


def _plan_seats(desk: Desk, seats: tuple[SeatTable, ...], body_id: uuid.UUID, label: str, since: date) -> None:
    """Add the seats that are missing and end those that the pack no longer has."""
    stored = [
        row
        for row in desk.county.rows(BodySeat)
        if row["body_id"] == body_id
        and row["filled_by"] != SeatBy.PERSON
        and (row["ends_on"] is None or row["ends_on"] > desk.today)
    ]
    wanted = [_seat(desk, seat, order) for order, seat in enumerate(seats)]
    for values in wanted:
        known = next((row for row in stored if all(row[key] == value for key, value in values.items())), None)
        if known is None:
            desk.ledger.add(BodySeat, label, {**values, "body_id": body_id, "starts_on": since, "ends_on": None})
        else:
            stored.remove(known)
    for row in stored:
        if row["starts_on"] < desk.today:
            desk.ledger.change(BodySeat, row, label, {"ends_on": desk.today})
        else:
            desk.ledger.remove(BodySeat, row, label)


def _seat(desk: Desk, seat: SeatTable, order: int) -> dict[str, Any]:
    unit, _, name = seat.post.partition("/")
    return {
        "role": seat.role.value,
        "title": seat.title,
        "filled_by": seat.by,
        "post_id": desk.posts[desk.unit_id(unit), name] if seat.post else None,
        "unit_id": desk.unit_id(seat.unit) if seat.unit else None,
        "wording": seat.function or seat.wording,
        "field_of_work": seat.field_of_work,
        "is_lead": seat.is_lead,
        "sort_order": order,
    }
