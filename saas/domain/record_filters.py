"""What of a register is wanted (筛选): as an address carries it, and back again without loss.

Only what is not protected can be asked for: who may not read an answer must not find it out by looking for it.
"""

from __future__ import annotations

import uuid
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import TypeAlias, TypeVar

from saas.domain.expressions.values import plain_number
from saas.domain.fields import NUMBERS, Field, FieldType

MAX_TEXT, MAX_VALUES = 60, 50
CHOSEN, LEAST, MOST = "is.", "from.", "to."  # before the path of a field
SORTS = frozenset({"number", "title", "unit", "state", "due", "opened", "updated"})

Query: TypeAlias = "Mapping[str, Sequence[str]]"
Bound: TypeAlias = "Decimal | date"
E = TypeVar("E", bound=StrEnum)


class Progress(StrEnum):
    """Which kinds of states are wanted."""

    ALL = ""
    UNFINISHED = "unfinished"
    CLOSED = "closed"


class Due(StrEnum):
    """How a record stands to its due day. Closed ones are never due."""

    ANY = ""
    OVERDUE = "overdue"  # 已超期
    SOON = "soon"  # 七天内到期
    NONE = "none"  # 未定期限


@dataclass(frozen=True, slots=True)
class Span:
    """Days from one to another, both included; None is open."""

    first: date | None = None
    last: date | None = None


@dataclass(frozen=True, slots=True)
class AnswerTest:
    """What the answer of a field must be: one of the chosen, or between two bounds, both included."""

    path: str
    chosen: tuple[str, ...] = ()
    least: Bound | None = None
    most: Bound | None = None


@dataclass(frozen=True, slots=True)
class RecordFilter:
    """What of a register is wanted, in which order, with which columns. Nothing given means everything.

    `sort` is a member of SORTS or the path of a field behind "is.", with a minus before it for the other way round.
    """

    progress: Progress = Progress.ALL
    states: tuple[str, ...] = ()
    unit_id: uuid.UUID | None = None  # it and everything below it
    due: Due = Due.ANY
    due_on: Span = field(default_factory=Span)
    opened_on: Span = field(default_factory=Span)
    text: str = ""
    tests: tuple[AnswerTest, ...] = ()
    responsible_id: uuid.UUID | None = None  # a unit linked to the record
    person_id: uuid.UUID | None = None  # a person linked to the record
    sort: str = ""
    columns: tuple[str, ...] = ()

    @property
    def is_narrow(self) -> bool:
        """Whether it leaves anything out."""
        return bool(set(filter_to_query(self)) - {"sort", "column"})


def filter_from_query(query: Query, fields: Mapping[str, Field]) -> RecordFilter:
    """Read what an address asks for. `fields`: those that may be asked for, by path. What is no use is left out."""
    return RecordFilter(
        progress=_member(query, "progress", Progress.ALL),
        states=_texts(query, "state"),
        unit_id=_id(query, "unit"),
        due=_member(query, "due", Due.ANY),
        due_on=Span(_day(_first(query, "due_from")), _day(_first(query, "due_to"))),
        opened_on=Span(_day(_first(query, "opened_from")), _day(_first(query, "opened_to"))),
        text=_first(query, "q")[:MAX_TEXT],
        tests=tuple(test for path, item in fields.items() if (test := _test(query, path, item)) is not None),
        responsible_id=_id(query, "responsible"),
        person_id=_id(query, "person"),
        sort=_sort(_first(query, "sort"), fields),
        columns=_texts(query, "column"),
    )


def filter_to_query(wanted: RecordFilter) -> dict[str, list[str]]:
    """Return what an address carries, without what is not asked for."""
    single: dict[str, object] = {
        "progress": wanted.progress.value,
        "unit": wanted.unit_id or "",
        "due": wanted.due.value,
        "due_from": wanted.due_on.first or "",
        "due_to": wanted.due_on.last or "",
        "opened_from": wanted.opened_on.first or "",
        "opened_to": wanted.opened_on.last or "",
        "q": wanted.text,
        "responsible": wanted.responsible_id or "",
        "person": wanted.person_id or "",
        "sort": wanted.sort,
    }
    query = {name: [str(value)] for name, value in single.items() if value != ""}
    query |= {"state": list(wanted.states)} if wanted.states else {}
    query |= {"column": list(wanted.columns)} if wanted.columns else {}
    for test in wanted.tests:
        query |= {CHOSEN + test.path: list(test.chosen)} if test.chosen else {}
        query |= {LEAST + test.path: [_typed(test.least)]} if test.least is not None else {}
        query |= {MOST + test.path: [_typed(test.most)]} if test.most is not None else {}
    return query


def is_chosen(item: Field) -> bool:
    """Whether a field is asked for by its choices."""
    return item.type in {FieldType.SELECT_ONE, FieldType.SELECT_MULTIPLE}


def may_filter(item: Field) -> bool:
    """Whether a field can be asked for by its type; whether it may be is for its protection to say."""
    if item.chosen_by:  # every record has choices of its own
        return False
    return is_chosen(item) or item.type in NUMBERS or item.type is FieldType.DATE


def _test(query: Query, path: str, item: Field) -> AnswerTest | None:
    if is_chosen(item):
        chosen = _texts(query, CHOSEN + path)
        return AnswerTest(path, chosen) if chosen else None
    if not may_filter(item):
        return None
    read = _day if item.type is FieldType.DATE else _number
    least, most = read(_first(query, LEAST + path)), read(_first(query, MOST + path))
    return AnswerTest(path, (), least, most) if least is not None or most is not None else None


def _sort(text: str, fields: Collection[str]) -> str:
    name = text.removeprefix("-")
    return text if name in SORTS or (name.startswith(CHOSEN) and name.removeprefix(CHOSEN) in fields) else ""


def _first(query: Query, name: str) -> str:
    return next((value.strip() for value in query.get(name, ()) if value.strip()), "")


def _texts(query: Query, name: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(value.strip() for value in query.get(name, ()) if value.strip()))[:MAX_VALUES]


def _member(query: Query, name: str, otherwise: E) -> E:
    try:
        return type(otherwise)(_first(query, name))
    except ValueError:
        return otherwise


def _id(query: Query, name: str) -> uuid.UUID | None:
    try:
        return uuid.UUID(_first(query, name))
    except ValueError:
        return None


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def _number(text: str) -> Decimal | None:
    try:
        number = Decimal(text)
    except ArithmeticError:
        return None
    return number if number.is_finite() and abs(number.adjusted()) < 30 else None


def _typed(bound: Bound) -> str:
    return plain_number(bound) if isinstance(bound, Decimal) else bound.isoformat()
