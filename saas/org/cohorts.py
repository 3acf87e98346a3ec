"""Cohorts of the county's units (单位范围、单位名册): who belongs on a day, and keeping named ones. Never commits.

Rules are asked about what a unit was on the day (当时口径): its type, attributes, place and ties of that day.
"""

from __future__ import annotations

import uuid
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import Any

from sqlalchemy import ColumnElement, and_, or_, select, union
from sqlalchemy.orm import aliased, joinedload

from saas.audit.services import AuditAction, HasId, record
from saas.db import db, local_today
from saas.domain.cohorts import (
    Cohort,
    CohortError,
    CohortUnit,
    Membership,
    check_named,
    cohort_from_mapping,
    cohort_to_mapping,
    membership,
)
from saas.domain.errors import DomainError, HierarchyError
from saas.org.models import NamedCohort, OrgUnit, Placement, UnitLink, UnitType, UnitVersion
from saas.org.queries import exists_on, list_ancestors, parents_on
from saas.org.services import CodeTaken
from saas.org.versions import version_holds


class CohortBook(Mapping[str, "Cohort | None"]):
    """The county's named cohorts as they are on a day. Read in one statement, when somebody first asks for one."""

    def __init__(self, on: date) -> None:
        self.on = on

    @cached_property
    def _found(self) -> Mapping[str, Cohort | None]:
        found: dict[str, Cohort | None] = {}
        for row in db.session.scalars(select(NamedCohort).order_by(NamedCohort.code, NamedCohort.starts_on)):
            holds = row.starts_on <= self.on and (row.ends_on is None or self.on < row.ends_on)
            found[row.code] = cohort_from_mapping(row.definition) if holds else found.get(row.code)
        return found

    def __getitem__(self, code: str) -> Cohort | None:
        return self._found[code]

    def __iter__(self) -> Iterator[str]:
        return iter(self._found)

    def __len__(self) -> int:
        return len(self._found)


class LinksOn:
    """In which kinds of ties somebody is in charge of each unit on a day. One statement, when somebody first asks."""

    def __init__(self, on: date) -> None:
        self.on = on

    @cached_property
    def by_unit(self) -> Mapping[uuid.UUID, frozenset[str]]:
        """The kinds by unit."""
        holds = and_(UnitLink.starts_on <= self.on, or_(UnitLink.ends_on.is_(None), UnitLink.ends_on > self.on))
        rows = db.session.execute(select(UnitLink.unit_id, UnitLink.kind).where(holds).order_by(UnitLink.unit_id)).all()
        found: dict[uuid.UUID, set[str]] = {}
        for row in rows:
            found.setdefault(row.unit_id, set()).add(row.kind)
        return {unit_id: frozenset(kinds) for unit_id, kinds in found.items()}

    def of(self, unit_id: uuid.UUID) -> Collection[str]:
        """The kinds of one unit, read when a rule asks for them."""
        return _KindsOf(self, unit_id)


@dataclass(frozen=True, slots=True)
class _KindsOf(Collection[str]):
    links: LinksOn
    unit_id: uuid.UUID

    def _kinds(self) -> frozenset[str]:
        return self.links.by_unit.get(self.unit_id, frozenset())

    def __contains__(self, kind: object) -> bool:
        return kind in self._kinds()

    def __iter__(self) -> Iterator[str]:
        return iter(self._kinds())

    def __len__(self) -> int:
        return len(self._kinds())


@dataclass(frozen=True, slots=True)
class DatedUnit:
    """A unit with what a cohort sees of it on a day."""

    unit: OrgUnit
    seen: CohortUnit
    parent_id: uuid.UUID | None
    name: str  # what it was called then


def units_on(on: date) -> list[DatedUnit]:
    """Every unit that exists on a day as rules see it then, in the county's order. Two statements."""
    its_type = aliased(UnitType)
    # Of its type of today only what is short: what a type describes would be read once for every unit.
    today_type = joinedload(OrgUnit.unit_type, innerjoin=True)
    rows = db.session.execute(
        select(OrgUnit, its_type.code, UnitVersion.attributes, UnitVersion.name)
        .options(today_type.defer(UnitType.attributes).defer(UnitType.parents))
        .join(UnitVersion, (UnitVersion.unit_id == OrgUnit.id) & version_holds(on))
        .join(its_type, its_type.id == UnitVersion.unit_type_id)
        .where(exists_on(on))
        .order_by(OrgUnit.sort_order, OrgUnit.code)
    ).all()
    parents, links = parents_on(on), LinksOn(on)
    codes = {row[0].id: row[0].code for row in rows}
    above: dict[uuid.UUID | None, Sequence[str]] = {}  # by parent: it is the same for all of its children
    found = []
    for unit, type_code, attributes, name in rows:
        parent = parents.get(unit.id)
        if parent not in above:
            above[parent] = _above(parent, parents, codes)
        seen = CohortUnit(unit.code, type_code, above[parent], attributes, links.of(unit.id))
        found.append(DatedUnit(unit, seen, parent, name))
    return found


def change_days(first: date, last: date) -> Sequence[date]:
    """The days after `first`, until `last`, on which units or named cohorts become something else. One statement.

    Between two of them `units_on` and the named cohorts say the same for every day.
    """
    columns = (
        *(OrgUnit.valid_from, OrgUnit.valid_to, UnitVersion.starts_on, UnitVersion.ends_on),
        *(Placement.starts_on, Placement.ends_on, UnitLink.starts_on, UnitLink.ends_on),
        *(NamedCohort.starts_on, NamedCohort.ends_on),
    )
    days = union(*(select(column.label("day")).where(column > first, column <= last) for column in columns)).subquery()
    return db.session.scalars(select(days.c.day).order_by(days.c.day)).all()


def _above(
    parent: uuid.UUID | None, parents: Mapping[uuid.UUID, uuid.UUID | None], codes: Mapping[uuid.UUID, str]
) -> Sequence[str]:
    """The codes from a parent upwards."""
    found: dict[uuid.UUID, None] = {}
    while parent is not None and parent not in found:
        found[parent] = None
        parent = parents.get(parent)
    return tuple(codes[each] for each in found if each in codes)


def unit_on(unit: OrgUnit, on: date) -> CohortUnit:
    """One unit as rules see it on a day; before it was set up, as it is first."""
    found = db.session.execute(
        select(UnitType.code, UnitVersion.attributes)
        .join(UnitType, UnitType.id == UnitVersion.unit_type_id)
        .where(UnitVersion.unit_id == unit.id, version_holds(on))
    ).one_or_none()
    type_code, attributes = (found.code, found.attributes) if found else (unit.unit_type.code, unit.attributes)
    above = [ancestor.code for ancestor in list_ancestors(unit.id, on)]
    return CohortUnit(unit.code, type_code, above, attributes, LinksOn(on).of(unit.id))


def members_on(cohort: Cohort, on: date) -> tuple[list[OrgUnit], list[OrgUnit]]:
    """The units that belong to a cohort on a day, and those of which it cannot be known (信息不全)."""
    book, found = CohortBook(on), {Membership.YES: list[OrgUnit](), Membership.UNKNOWN: list[OrgUnit]()}
    for each in units_on(on):
        belongs = membership(each.seen, cohort, book)
        if belongs is not Membership.NO:
            found[belongs].append(each.unit)
    return found[Membership.YES], found[Membership.UNKNOWN]


def check_cohort(cohort: Cohort, on: date) -> None:
    """Raise CohortError if a cohort asks for a named one that nobody has defined."""
    check_named(cohort, CohortBook(on))


# --- cohorts with a name --------------------------------------------------------------------------------------------


def holding_on(on: date) -> ColumnElement[bool]:
    """The condition that a named cohort holds on a day."""
    return and_(NamedCohort.starts_on <= on, or_(NamedCohort.ends_on.is_(None), NamedCohort.ends_on > on))


def list_named_cohorts() -> Sequence[NamedCohort]:
    """Every named cohort with its former definitions, the latest of each first."""
    return db.session.scalars(
        select(NamedCohort).order_by(NamedCohort.sort_order, NamedCohort.code, NamedCohort.starts_on.desc())
    ).all()


def list_choices(on: date) -> Sequence[tuple[str, str]]:
    """Code and name of each named cohort that holds on a day or later, for choosing."""
    rows = db.session.execute(
        select(NamedCohort.code, NamedCohort.name)
        .where(or_(NamedCohort.ends_on.is_(None), NamedCohort.ends_on > on))
        .order_by(NamedCohort.sort_order, NamedCohort.name, NamedCohort.starts_on)
    ).all()
    return list({row.code: (row.code, row.name) for row in rows}.values())


def get_named_cohort(cohort_id: uuid.UUID) -> NamedCohort:
    """Return a named cohort as one of its definitions has it, or raise NoResultFound (404)."""
    return db.session.scalars(select(NamedCohort).where(NamedCohort.id == cohort_id)).one()


def list_definitions(code: str) -> Sequence[NamedCohort]:
    """How a named cohort was and will be defined, the latest first."""
    return db.session.scalars(
        select(NamedCohort).where(NamedCohort.code == code).order_by(NamedCohort.starts_on.desc())
    ).all()


def create_named_cohort(
    *,
    code: str,
    name: str,
    note: str,
    cohort: Cohort,
    starts_on: date,
    actor: HasId,
    ends_on: date | None = None,
    sort_order: int = 50,
) -> NamedCohort:
    """Keep a cohort under a name from a day on. CodeTaken if the code is in use, CohortError for a wrong reference."""
    if list_definitions(code):
        raise CodeTaken("代码“{taken}”已被使用，请换一个", taken=code)
    row = NamedCohort(code=code, sort_order=sort_order, starts_on=starts_on, ends_on=ends_on)
    _put(row, name, note, cohort)
    db.session.add(row)
    record(AuditAction.COHORT_CHANGED, row, actor=actor, change="created", code=code, definition=row.definition)
    db.session.flush()
    return row


def correct_named_cohort(row: NamedCohort, *, name: str, note: str, cohort: Cohort, actor: HasId) -> None:
    """Put right what a definition says: it was so since it began."""
    _put(row, name, note, cohort)
    record(AuditAction.COHORT_CHANGED, row, actor=actor, change="corrected", code=row.code, definition=row.definition)
    db.session.flush()


def change_named_cohort(
    row: NamedCohort, starts_on: date, *, name: str, note: str, cohort: Cohort, actor: HasId
) -> NamedCohort:
    """Let a named cohort be defined otherwise from a day on; periods before keep what it was."""
    if starts_on <= row.starts_on or (row.ends_on is not None and starts_on >= row.ends_on):
        raise HierarchyError("变更日期应在现定义的有效期之内（自{day}起）", code="bad_dates", day=row.starts_on)
    later = NamedCohort(code=row.code, sort_order=row.sort_order, starts_on=starts_on, ends_on=row.ends_on)
    _put(later, name, note, cohort)
    row.ends_on = starts_on
    db.session.flush()  # the former definition ends before the next begins: the database refuses two at a time
    db.session.add(later)
    details = {"code": row.code, "starts_on": str(starts_on), "definition": later.definition}
    record(AuditAction.COHORT_CHANGED, later, actor=actor, change="changed", **details)
    db.session.flush()
    return later


def end_named_cohort(row: NamedCohort, ends_on: date, *, actor: HasId) -> None:
    """Let a named cohort have no members from a day on."""
    if ends_on <= row.starts_on or (row.ends_on is not None and row.ends_on <= ends_on):
        raise HierarchyError("停用日期应在有效期之内（自{day}起）", code="bad_dates", day=row.starts_on)
    row.ends_on = ends_on
    record(AuditAction.COHORT_CHANGED, row, actor=actor, change="ended", code=row.code, ends_on=str(ends_on))
    db.session.flush()


def delete_named_cohort(row: NamedCohort, *, actor: HasId) -> None:
    """Take out a named cohort with all its definitions. The caller has asked whether anything outside relies on it."""
    for other in list_named_cohorts():
        if other.code != row.code and row.code in cohort_from_mapping(other.definition).cohorts:
            raise DomainError("单位名册“{name}”引用了它，不能删除", code="in_use", name=other.name)
    record(AuditAction.COHORT_CHANGED, row, actor=actor, change="deleted", code=row.code)
    for each in list_definitions(row.code):
        db.session.delete(each)
    db.session.flush()


def _put(row: NamedCohort, name: str, note: str, cohort: Cohort) -> None:
    book: dict[str, Cohort | None] = dict(CohortBook(max(row.starts_on, local_today())))
    for each in list_named_cohorts():  # a reference to one that begins or ended at another time is no mistake
        if book.get(each.code) is None:
            book[each.code] = cohort_from_mapping(each.definition)
    book[row.code] = cohort
    check_named(cohort, book, row.code)
    definition: dict[str, Any] = cohort_to_mapping(cohort)
    row.name, row.note, row.definition = name, note, definition


__all__ = [
    "CohortBook",
    "CohortError",
    "DatedUnit",
    "LinksOn",
    "change_named_cohort",
    "check_cohort",
    "correct_named_cohort",
    "create_named_cohort",
    "delete_named_cohort",
    "end_named_cohort",
    "get_named_cohort",
    "holding_on",
    "list_choices",
    "list_definitions",
    "list_named_cohorts",
    "members_on",
    "unit_on",
    "units_on",
]
