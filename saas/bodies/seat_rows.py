"""The rows of seats that the editor of default bodies shows and posts: an empty row is no seat."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from flask_babel import gettext

from saas.bodies.models import SeatRole
from saas.domain.bodies import TemplateSeat, TemplateSeatBy, template_seats_from
from saas.tenancy.pack_files import looks_like_formula

MAX_ROWS = 60
SPARE_ROWS = 3
LIMITS = {"wording": 120, "title": 20, "field_of_work": 120}


@dataclass(frozen=True, slots=True)
class SeatRow:
    """One row as typed. `error` is what is wrong with it."""

    role: str = SeatRole.MEMBER.value
    by: str = TemplateSeatBy.FUNCTION.value
    wording: str = ""
    title: str = ""
    field_of_work: str = ""
    is_lead: bool = False
    error: str = ""

    @property
    def is_empty(self) -> bool:
        return not (self.wording or self.title or self.field_of_work)


def stored_rows(seats: Sequence[Mapping[str, object]]) -> list[SeatRow]:
    """The seats of a template as rows, with some empty ones to go on in."""
    found = [
        SeatRow(seat.role, seat.by.value, seat.wording, seat.title, seat.field_of_work, seat.is_lead)
        for seat in template_seats_from(seats)
    ]
    return with_spares(found)


def with_spares(rows: Sequence[SeatRow]) -> list[SeatRow]:
    """The rows that say something, and some empty ones behind them."""
    return [*(row for row in rows if not row.is_empty), *([SeatRow()] * SPARE_ROWS)][:MAX_ROWS]


def posted_rows(form: Mapping[str, str]) -> list[SeatRow]:
    """The rows of a posted form, each with what is wrong with it."""
    found = []
    for number in range(MAX_ROWS):
        if f"wording-{number}" not in form:
            break
        row = SeatRow(
            form.get(f"role-{number}", ""),
            form.get(f"by-{number}", ""),
            form[f"wording-{number}"].strip(),
            form.get(f"title-{number}", "").strip(),
            form.get(f"field_of_work-{number}", "").strip(),
            form.get(f"is_lead-{number}") == "yes",
        )
        found.append(SeatRow(row.role, row.by, row.wording, row.title, row.field_of_work, row.is_lead, _problem(row)))
    return found


def _problem(row: SeatRow) -> str:
    if row.is_empty:
        return ""
    if row.role not in set(SeatRole) or row.by not in set(TemplateSeatBy):
        return str(gettext("请从列表中选择"))
    if not row.wording:
        return str(gettext("请写明由谁担任"))
    for name, limit in LIMITS.items():
        text = getattr(row, name)
        if len(text) > limit:
            return str(gettext("最多 %(n)s 字", n=limit))
        if looks_like_formula(text):
            return str(gettext("不能以等号、加号等公式符号开头"))
    return ""


def seats_from(rows: Sequence[SeatRow]) -> tuple[TemplateSeat, ...]:
    """The seats that sound rows mean."""
    return tuple(
        TemplateSeat(row.role, TemplateSeatBy(row.by), row.wording, row.title, row.field_of_work, row.is_lead)
        for row in rows
        if not row.is_empty
    )
