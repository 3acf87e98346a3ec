"""Choices from outside a form (选项来源), filled in where the form is used: the county's units, and shared lists.

A definition that was read has no choices where `choices_from` stands; `with_choices` returns one that has them as they
are on a day. Whoever shows a form, reads answers or writes a template for one asks for it here.
"""

from __future__ import annotations

import uuid
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Protocol

from flask import has_request_context, request
from sqlalchemy import and_, select
from sqlalchemy.orm import aliased

from saas.db import db
from saas.domain.errors import FormError
from saas.domain.expressions import ExpressionError, compile_expression
from saas.domain.fields import Choice, ChoiceSource, Field, FormDefinition, choice_source, iter_fields, sources_of
from saas.domain.fields.sources import UNITS, exchange_choices
from saas.forms.models import ChoiceList
from saas.org.models import Hierarchy, OrgUnit, Placement, UnitType, UnitVersion
from saas.org.queries import ADMINISTRATIVE, exists_on, in_force, list_subtree_ids
from saas.org.versions import version_holds

_BOOKS = "jiceng.choice_books"


class HasId(Protocol):
    """The unit that fills."""

    @property
    def id(self) -> uuid.UUID: ...


@dataclass(frozen=True, slots=True)
class _Offered:
    unit_id: uuid.UUID
    choice: Choice


class ChoiceBook:
    """The county's units and shared lists as choices on a day. Everything is read once, when it is first asked for."""

    def __init__(self, on: date) -> None:
        self.on = on
        self._units: dict[str, list[_Offered]] = {}
        self._lists: dict[str, tuple[Choice, ...]] = {}
        self._below: dict[uuid.UUID, frozenset[uuid.UUID]] = {}

    def load(self, sources: Iterable[ChoiceSource]) -> None:
        """Read what is not known yet: one statement for all types of units, one for all lists."""
        wanted = list(sources)
        types = {each.code for each in wanted if each.kind == UNITS} - self._units.keys()
        codes = {each.code for each in wanted if each.kind != UNITS} - self._lists.keys()
        if types:
            self._units |= {code: [] for code in types}
            for code, offered in _units_of(types, self.on):
                self._units[code].append(offered)
        if codes:
            self._lists |= dict.fromkeys(codes, ())
            rows = db.session.scalars(select(ChoiceList).where(ChoiceList.code.in_(codes)).order_by(ChoiceList.code))
            self._lists |= {row.code: choices_of_list(row.choices) for row in rows}

    def choices(self, source: ChoiceSource, unit_id: uuid.UUID | None = None) -> tuple[Choice, ...]:
        """The choices of a source. One's own units (`own`) without a unit that fills: all of them."""
        self.load([source])
        if source.kind != UNITS:
            return self._lists[source.code]
        offered = self._units[source.code]
        if source.is_own and unit_id is not None:
            below = self._subtree(unit_id)
            offered = [each for each in offered if each.unit_id in below]
        return tuple(each.choice for each in offered)

    def _subtree(self, unit_id: uuid.UUID) -> frozenset[uuid.UUID]:
        if unit_id not in self._below:
            self._below[unit_id] = list_subtree_ids([unit_id], self.on)
        return self._below[unit_id]


def with_choices(
    definition: FormDefinition, unit: HasId | None, on: date, *, book: ChoiceBook | None = None
) -> FormDefinition:
    """Return the form with the choices that come from outside filled in as they are on a day.

    `unit` is the one that fills: `units:…:own` offers what is at or below it; None offers all. A form that takes none
    from outside is returned as it is, without a statement. Inside a request what was read is kept for its duration;
    work over many forms or units passes one `book` along. What is not there any more is not offered.
    """
    sources = sources_of(definition)
    if not sources:
        return definition
    book = book or _book_of_request(on)
    book.load(sources.values())
    unit_id = unit.id if unit is not None else None
    found = {text: book.choices(source, unit_id) for text, source in sources.items()}
    return exchange_choices(definition, lambda item: found.get(item.choices_from))


def _book_of_request(on: date) -> ChoiceBook:
    if not has_request_context():
        return ChoiceBook(on)
    books: dict[date, ChoiceBook] = request.environ.setdefault(_BOOKS, {})
    return books.setdefault(on, ChoiceBook(on))


def _units_of(types: Iterable[str], on: date) -> list[tuple[str, _Offered]]:
    """The units of these types on a day, called and placed as they were then, in the county's order."""
    parent, parent_version = aliased(OrgUnit), aliased(UnitVersion)
    rows = db.session.execute(
        select(
            UnitType.code.label("type"),
            UnitType.level,
            OrgUnit.id,
            OrgUnit.code,
            UnitVersion.name,
            parent.code.label("parent"),
            parent_version.name.label("parent_name"),
        )
        .join(UnitVersion, and_(UnitVersion.unit_id == OrgUnit.id, version_holds(on)))
        .join(UnitType, UnitType.id == UnitVersion.unit_type_id)
        .outerjoin(Hierarchy, Hierarchy.code == ADMINISTRATIVE)
        .outerjoin(
            Placement,
            and_(Placement.unit_id == OrgUnit.id, Placement.hierarchy_id == Hierarchy.id, in_force(on)),
        )
        .outerjoin(parent, parent.id == Placement.parent_id)
        .outerjoin(
            parent_version,
            and_(
                parent_version.unit_id == parent.id,
                parent_version.starts_on <= on,
                parent_version.ends_on.is_(None) | (parent_version.ends_on > on),
            ),
        )
        .where(UnitType.code.in_(sorted(types)), exists_on(on))
        .order_by(OrgUnit.sort_order, OrgUnit.code)
    ).all()
    return [
        (
            row.type,
            _Offered(
                row.id,
                Choice(
                    row.code,
                    row.name,
                    {"parent": row.parent or "", "parent_name": row.parent_name or "", "level": str(row.level)},
                ),
            ),
        )
        for row in rows
    ]


def choices_of_list(stored: Sequence[Mapping[str, object]]) -> tuple[Choice, ...]:
    """The choices of a shared list as they are stored."""
    return tuple(
        Choice(str(each["name"]), str(each["label"]), _texts(each.get("columns")), _texts(each.get("labels")))
        for each in stored
    )


def _texts(mapping: object) -> dict[str, str]:
    return {str(key): str(value) for key, value in mapping.items()} if isinstance(mapping, Mapping) else {}


# --- checking and freezing ------------------------------------------------------------------------------------------


def check_sources(definition: FormDefinition) -> None:
    """Raise FormError for a type of unit or a list that the county does not have, or a column that a list has not.

    Asked when a form is saved, so that nobody finds an empty list while filling.
    """
    sources = sources_of(definition)
    if not sources:
        return
    types = set(db.session.scalars(select(UnitType.code).order_by(UnitType.code)).all())
    lists = {row.code: choices_of_list(row.choices) for row in db.session.scalars(select(ChoiceList)).all()}
    for path, item in iter_fields(definition):
        source = choice_source(item.choices_from)
        if source is None:
            continue
        place = f"{path.replace('[]', '')}.choices_from"
        if source.kind == UNITS:
            _check_known(place, "没有单位类型“{name}”", source.code, types, "可用的类型：" + "、".join(sorted(types)))
            continue
        _check_known(place, "没有公用选项“{name}”", source.code, lists, "先在“公用选项”里建立这个列表")
        if item.choice_filter:
            _check_columns(place, item, lists[source.code])


def _check_known(place: str, text: str, code: str, known: Collection[str], advice: str) -> None:
    if code not in known:
        raise FormError(place, text, code="unknown_list", advice=advice, name=code)


def _check_columns(place: str, item: Field, choices: Sequence[Choice]) -> None:
    known = frozenset({name for choice in choices for name in choice.columns} | {"name", "label"})
    try:
        compile_expression(item.choice_filter, known)
    except ExpressionError as error:
        where = place.replace("choices_from", "choice_filter")
        raise FormError(where, "{reason}", code="bad_expression", reason=str(error)) from None


def labels_in_use(definition: FormDefinition, answers: Mapping[str, object]) -> dict[str, dict[str, str]]:
    """What the chosen choices from outside are called now, by source and name: to be kept with what is handed in."""
    found: dict[str, dict[str, str]] = {}
    _collect(definition.fields, answers, found)
    return found


def _collect(fields: Sequence[Field], answers: Mapping[str, object], found: dict[str, dict[str, str]]) -> None:
    for item in fields:
        answer = answers.get(item.name)
        if item.fields:
            for row in answer if isinstance(answer, list) else [answer]:
                _collect(item.fields, row if isinstance(row, Mapping) else {}, found)
        elif item.choices_from and answer:
            names = answer if isinstance(answer, list | tuple) else (answer,)
            labels = {choice.name: choice.label for choice in item.choices}
            kept = {str(name): labels[str(name)] for name in names if str(name) in labels}
            if kept:
                found.setdefault(item.choices_from, {}).update(kept)
