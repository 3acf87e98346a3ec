"""The list of a body's members as it goes into a plan or a notice (名单文本)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from saas.bodies.models import SeatBy
from saas.bodies.queries import EffectiveBody, seats_of
from saas.bodies.seats import ResolvedSeat, Sitting
from saas.db import db
from saas.org.models import OrgUnit

_NUMERALS = "一二三四五六七八九"
UNDETERMINED = "（未定）"


def body_as_paragraphs(body: EffectiveBody, on: date) -> list[str]:
    """The body's list of members on a day, a paragraph for each role, as a plan prints it.

    A vacant seat and a function that belongs to nobody are printed as such (空缺, 未定), never left out.
    """
    return paragraphs_of(body, seats_of([body], on)[body.key])


def paragraphs_of(body: EffectiveBody, seats: Sequence[ResolvedSeat]) -> list[str]:
    """The same from seats that are resolved and in order."""
    by_title: dict[str, list[str]] = {}
    for seat in seats:
        by_title.setdefault(seat.title, []).append(seat_text(seat))
    found = [
        f"{numeral(number)}、{title}：{'；'.join(words) if any('，' in word for word in words) else '、'.join(words)}。"
        for number, (title, words) in enumerate(by_title.items(), start=1)
    ]
    host = _host(body)
    if host:
        found.append(f"{body.name}设在{host}。" if body.kind.value == "office" else f"{body.name}办公室设在{host}。")
    if body.by_strokes:
        found.append("（成员以姓氏笔画为序）")
    return found


def _host(body: EffectiveBody) -> str:
    if body.row is None or body.row.host_unit_id is None:
        return ""
    host = db.session.get(OrgUnit, (body.row.tenant_id, body.row.host_unit_id))
    return host.name if host else ""


def seat_text(seat: ResolvedSeat) -> str:
    """Who sits in a seat, with standing and field of work, in words."""
    words = "、".join(_sitting_text(each) for each in seat.sitting) or _absent(seat)
    if seat.wanted.is_lead:
        words += "（牵头）"
    return f"{words}，负责{seat.wanted.field_of_work}" if seat.wanted.field_of_work else words


def _sitting_text(sitting: Sitting) -> str:
    return f"{sitting.name}（{sitting.standing}）" if sitting.standing else sitting.name


def _absent(seat: ResolvedSeat) -> str:
    if seat.problem == "unknown_function":
        return f"负责{seat.wanted.wording}工作的部门{UNDETERMINED}"
    if seat.wanted.by is SeatBy.POST and seat.problem == "no_post":
        return f"{seat.wanted.wording}{UNDETERMINED}"
    return "（空缺）"


def numeral(number: int) -> str:
    """A small number as headings count: 一、二 … 十一 … 二十. From 1 to 99."""
    tens, ones = divmod(number, 10)
    left = "" if tens == 0 else ("十" if tens == 1 else _NUMERALS[tens - 1] + "十")
    return left + (_NUMERALS[ones - 1] if ones else "")
