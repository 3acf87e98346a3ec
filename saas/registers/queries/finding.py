"""Finding records of a register: the conditions, order and totals of a filter, in SQL."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from sqlalchemy import ColumnElement, Numeric, Select, and_, case, cast, exists, func, or_, select, true
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import contains_eager, joinedload

from saas.db import db, local_today
from saas.domain.fields import NUMBERS, FormDefinition
from saas.domain.record_filters import CHOSEN, AnswerTest, Due, Progress, RecordFilter, Span
from saas.domain.records import open_fields
from saas.org.models import OrgUnit
from saas.org.queries import list_subtree_ids
from saas.registers.models import RecordLink, Register, RegisterRecord
from saas.registers.queries.records import Link, links_of
from saas.registers.queries.visibility import Looking, visible_records

PAGE = 50
SOON = timedelta(days=7)
_IS_ITS_UNIT = OrgUnit.id == RegisterRecord.unit_id
_NUMBER = r"^-?[0-9]{1,30}(\.[0-9]{1,12})?$"


@dataclass(frozen=True, slots=True)
class Totals:
    """How many records stand where, whatever states and due days are asked for, and how many are `found` with these."""

    by_state: Mapping[str, int] = field(default_factory=dict)
    unfinished: int = 0
    overdue: int = 0
    closed: int = 0
    found: int = 0

    @property
    def all(self) -> int:
        return self.unfinished + self.closed


def find_records(
    register: Register,
    wanted: RecordFilter,
    viewer: Looking,
    *,
    form: FormDefinition | None = None,
    page: int | None = 1,
) -> Sequence[RegisterRecord]:
    """One page of the records that the viewer sees, with their units; without a `page` all of them. One statement.

    `form` is the register's published form: without it answers are neither compared nor sorted by.
    """
    found = _wanted(register, wanted, viewer, form)
    if page is not None:  # which they are is decided before anything of them is read
        ids = found.with_only_columns(RegisterRecord.id).order_by(*_order(wanted, form))
        ids = ids.limit(PAGE).offset((page - 1) * PAGE)
        found = select(RegisterRecord).join(OrgUnit, _IS_ITS_UNIT).where(RegisterRecord.id.in_(ids))
    ordered = found.options(contains_eager(RegisterRecord.unit)).order_by(*_order(wanted, form))
    return db.session.scalars(ordered).all()


def list_record_ids(
    register: Register, wanted: RecordFilter, viewer: Looking, form: FormDefinition | None, limit: int
) -> Sequence[uuid.UUID]:
    """The ids of the first records that the filter finds, in its order."""
    statement = _wanted(register, wanted, viewer, form).order_by(*_order(wanted, form)).limit(limit)
    return [record.id for record in db.session.scalars(statement).all()]


def records_by_id(register: Register, record_ids: Sequence[uuid.UUID], viewer: Looking) -> Sequence[RegisterRecord]:
    """Those of some records of a register that the viewer sees, by number, with their register, form and unit."""
    return db.session.scalars(
        visible_records(viewer)
        .where(RegisterRecord.register_id == register.id, RegisterRecord.id.in_(record_ids))
        .options(
            joinedload(RegisterRecord.register),
            joinedload(RegisterRecord.form_version),
            joinedload(RegisterRecord.unit),
        )
        .order_by(RegisterRecord.number)
    ).all()


def count_by_state(
    register: Register, wanted: RecordFilter, viewer: Looking, form: FormDefinition | None = None
) -> Totals:
    """How many records the filter finds in each state, apart from what it says of states and due days itself."""
    is_closed, count = RegisterRecord.closed_on.is_not(None), func.count()
    rows = db.session.execute(
        _anywhere(register, wanted, viewer, form)
        .with_only_columns(
            RegisterRecord.state,
            count,
            count.filter(is_closed),
            count.filter(~is_closed, RegisterRecord.due_on < local_today()),
            count.filter(and_(true(), *_standing(wanted))),
        )
        .group_by(RegisterRecord.state)
        .order_by(RegisterRecord.state)
    ).all()
    every, closed = sum(row[1] for row in rows), sum(row[2] for row in rows)
    return Totals(
        {row[0]: row[1] for row in rows},
        every - closed,
        sum(row[3] for row in rows),
        closed,
        sum(row[4] for row in rows),
    )


def list_links_of(records: Iterable[RegisterRecord]) -> Mapping[uuid.UUID, list[Link]]:
    """Who answers for each of some records. One statement."""
    return links_of([record.id for record in records])


def _wanted(
    register: Register, wanted: RecordFilter, viewer: Looking, form: FormDefinition | None
) -> Select[RegisterRecord]:
    statement = _anywhere(register, wanted, viewer, form).where(*_standing(wanted))
    return statement.join(OrgUnit, _IS_ITS_UNIT)


def _anywhere(
    register: Register, wanted: RecordFilter, viewer: Looking, form: FormDefinition | None
) -> Select[RegisterRecord]:
    """What is wanted, whatever states and due days are asked for."""
    statement = visible_records(viewer).where(RegisterRecord.register_id == register.id, *_conditions(wanted))
    fields = open_fields(form) if form is not None else {}
    tests = [_answer_condition(test, fields[test.path].type in NUMBERS) for test in wanted.tests if test.path in fields]
    return statement.where(*tests)


def _conditions(wanted: RecordFilter) -> list[ColumnElement[bool]]:
    found = [*_span(RegisterRecord.due_on, wanted.due_on), *_span(RegisterRecord.opened_on, wanted.opened_on)]
    if wanted.unit_id is not None:
        found.append(RegisterRecord.unit_id.in_(list_subtree_ids([wanted.unit_id], local_today())))
    if wanted.text:
        found.append(_text_condition(wanted.text))
    if wanted.responsible_id is not None:
        found.append(_has_link(RecordLink.unit_id == wanted.responsible_id))
    if wanted.person_id is not None:
        found.append(_has_link(RecordLink.user_id == wanted.person_id))
    return found


def _standing(wanted: RecordFilter) -> list[ColumnElement[bool]]:
    """What is asked of where a record stands: the tabs of the list and the states."""
    found = _due_conditions(wanted)
    if wanted.progress is not Progress.ALL:
        is_closed = RegisterRecord.closed_on.is_not(None)
        found.append(is_closed if wanted.progress is Progress.CLOSED else ~is_closed)
    if wanted.states:
        found.append(RegisterRecord.state.in_(wanted.states))
    return found


def _due_conditions(wanted: RecordFilter) -> list[ColumnElement[bool]]:
    today, is_open = local_today(), RegisterRecord.closed_on.is_(None)
    if wanted.due is Due.OVERDUE:
        return [is_open, RegisterRecord.due_on < today]
    if wanted.due is Due.SOON:
        return [is_open, RegisterRecord.due_on.between(today, today + SOON)]
    return [is_open, RegisterRecord.due_on.is_(None)] if wanted.due is Due.NONE else []


def _span(column: Any, span: Span) -> list[ColumnElement[bool]]:
    found = [column >= span.first] if span.first is not None else []
    return found + ([column <= span.last] if span.last is not None else [])


def _text_condition(text: str) -> ColumnElement[bool]:
    """By what is not protected: words of the answers, pinyin of the title, or the number."""
    key = RegisterRecord.search_key
    found = [and_(true(), *(key.contains(word, autoescape=True) for word in text.lower().split()))]
    if text.isascii() and text.isdigit() and len(text) <= 9:
        found.append(RegisterRecord.number == int(text))
    return or_(*found)


def _has_link(condition: ColumnElement[bool]) -> ColumnElement[bool]:
    return exists().where(RecordLink.record_id == RegisterRecord.id, condition)


def _answer_condition(test: AnswerTest, is_number: bool) -> ColumnElement[bool]:
    stored = RegisterRecord.answers[tuple(test.path.split("."))]
    if test.chosen:
        several = [stored.op("@>")(cast([each], JSONB)) for each in test.chosen]
        return or_(stored.astext.in_(test.chosen), *several)
    value: ColumnElement[Any] = _number(stored.astext) if is_number else stored.astext
    found = [value >= _bound(test.least)] if test.least is not None else []
    return and_(true(), *found, *([value <= _bound(test.most)] if test.most is not None else []))


def _bound(bound: Decimal | date) -> Any:
    return bound if isinstance(bound, Decimal) else bound.isoformat()


def _number(text: ColumnElement[str]) -> ColumnElement[Any]:
    """What is stored as a number; an answer “not applicable” is none."""
    return case((text.op("~")(_NUMBER), cast(text, Numeric)), else_=None)


def _order(wanted: RecordFilter, form: FormDefinition | None) -> list[ColumnElement[Any]]:
    """The wanted order; otherwise what is unfinished first, by its due day, then the latest."""
    last = RegisterRecord.number.desc()
    name = wanted.sort.removeprefix("-")
    columns = _sort_columns(name, form)
    if not columns:
        return [RegisterRecord.closed_on.desc().nulls_first(), RegisterRecord.due_on.asc().nulls_last(), last]
    if wanted.sort.startswith("-"):
        return [*(column.desc().nulls_last() for column in columns), last]
    return [*(column.asc().nulls_last() for column in columns), last]


def _sort_columns(name: str, form: FormDefinition | None) -> list[ColumnElement[Any]]:
    own: dict[str, list[Any]] = {
        "number": [RegisterRecord.number],
        "title": [RegisterRecord.title],
        "unit": [OrgUnit.sort_order, OrgUnit.code],
        "state": [RegisterRecord.state],
        "due": [RegisterRecord.due_on],
        "opened": [RegisterRecord.opened_on],
        "updated": [RegisterRecord.updated_at],
    }
    path = name.removeprefix(CHOSEN)
    fields = open_fields(form) if form is not None and name.startswith(CHOSEN) else {}
    if path in fields:
        text = RegisterRecord.answers[tuple(path.split("."))].astext
        return [_number(text) if fields[path].type in NUMBERS else text]
    return own.get(name, [])
