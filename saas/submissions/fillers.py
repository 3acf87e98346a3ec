"""Who fills for whom (代填): one rule for the page, the things to do, reminders, lists and rights.

Who is responsible for a function is asked about today: whoever has the duty now fills what is still open. The superior
is that of the tree on the day on which the period's units are asked, its end or today.
"""

from __future__ import annotations

import uuid
from collections.abc import Collection as Collected
from collections.abc import Mapping, Sequence
from datetime import date
from functools import cached_property

from sqlalchemy import ColumnElement, Select, or_, select

from saas.access.permissions import Permission
from saas.db import db, local_today
from saas.domain.cohorts import matches
from saas.domain.fillers import PARENT, Filler, filler_from_mapping, superior_among
from saas.domain.periods import Period
from saas.forms.queries import Looking
from saas.org.cohorts import CohortBook, DatedUnit, units_on
from saas.org.functions import function_holds
from saas.org.models import OrgUnit, UnitFunction
from saas.org.queries import list_ancestors
from saas.submissions.models import Collection, Submission
from saas.submissions.schedule import cohort_of


def filler_of(collection: Collection) -> Filler:
    """How a collection says who fills."""
    return filler_from_mapping(collection.filled_by or {})


class FillerBook:
    """Who fills for others on a day. The units named and the functions are each read once, when first asked for."""

    def __init__(self, on: date) -> None:
        self.on = on
        self._by_code: dict[str, tuple[OrgUnit, ...]] = {}

    def of(self, collection: Collection, unit: OrgUnit, above: Sequence[OrgUnit]) -> tuple[OrgUnit, ...]:
        """Return who fills for a unit; `above` begins with its parent. Nobody: no unit has the function (未落实)."""
        filler = filler_of(collection)
        if filler.unit:
            return self._named(filler.unit)
        if filler.function:
            return self._responsible.get(filler.function, ())
        if filler.superior:
            superior = superior_among(above, filler.superior)
            return (superior,) if superior is not None else ()
        return (unit,)

    def of_all(self, collection: Collection) -> tuple[OrgUnit, ...] | None:
        """Who fills for every unit of a collection; None if that differs from unit to unit."""
        filler = filler_of(collection)
        if filler.unit:
            return self._named(filler.unit)
        return self._responsible.get(filler.function, ()) if filler.function else None

    def _named(self, code: str) -> tuple[OrgUnit, ...]:
        if code not in self._by_code:
            self._by_code[code] = tuple(
                db.session.scalars(select(OrgUnit).where(OrgUnit.code == code).order_by(OrgUnit.code))
            )
        return self._by_code[code]

    @cached_property
    def _responsible(self) -> Mapping[str, tuple[OrgUnit, ...]]:
        rows = db.session.execute(
            select(UnitFunction.name, OrgUnit)
            .join(OrgUnit, OrgUnit.id == UnitFunction.unit_id)
            .where(function_holds(self.on))
            .order_by(UnitFunction.name, OrgUnit.sort_order, OrgUnit.code)
        ).all()
        found: dict[str, tuple[OrgUnit, ...]] = {}
        for name, unit in rows:
            found[name] = (*found.get(name, ()), unit)
        return found


def fillers_of(collection: Collection, unit: OrgUnit, period: Period) -> tuple[OrgUnit, ...]:
    """The units whose people fill for a unit in a period: itself, or whoever fills for it. Empty: nobody does."""
    filler = filler_of(collection)
    above = list_ancestors(unit.id, _day_of(unit, period)) if filler.superior else ()
    return FillerBook(local_today()).of(collection, unit, above)


def may_fill_for(collection: Collection, unit: OrgUnit, viewer: Looking, period: Period) -> bool:
    """Whether a viewer fills for a unit: through a post that fills, at the unit itself or at the one that fills for it.

    At most two statements; none where the units fill for themselves.
    """
    own = viewer.unit_ids(Permission.SUBMISSION_EDIT)
    return bool(own) and any(each.id in own for each in fillers_of(collection, unit, period))


def may_fill_many(collection: Collection, viewer: Looking) -> bool:
    """Whether a viewer fills a collection for others, or for several units: then one table for all of them is offered.

    At most two statements.
    """
    own = set(viewer.unit_ids(Permission.SUBMISSION_EDIT))
    filler = filler_of(collection)
    if not own or filler.is_own:
        return len(own) > 1
    fillers = FillerBook(local_today()).of_all(collection)
    if fillers is not None:
        return bool(own & {unit.id for unit in fillers})
    units = db.session.scalars(select(OrgUnit).where(OrgUnit.id.in_(own)).order_by(OrgUnit.code)).all()
    return is_kind(filler.superior, units)


def is_kind(wanted: str | int, units: Sequence[OrgUnit]) -> bool:
    """Whether one of the units is of the type or the level that is meant; the parent may be of any."""
    return wanted == PARENT or any(wanted in {unit.unit_type.code, unit.unit_type.level} for unit in units)


def units_to_fill(
    collection: Collection, viewer: Looking, period: Period, *, begun: Collected[uuid.UUID] | None = None
) -> list[DatedUnit]:
    """The units that are asked in a period and that the viewer fills for, in the county's order.

    Those that have begun (`begun`, read here unless given) belong to it, whatever the cohort says now. At most six
    statements, however many they are.
    """
    own = set(viewer.unit_ids(Permission.SUBMISSION_EDIT))
    if not own:
        return []
    on = min(period.end, local_today())
    dated, book, fillers = units_on(on), CohortBook(on), FillerBook(local_today())
    units, cohort = {each.unit.id: each for each in dated}, cohort_of(collection, period)
    if begun is None:
        begun = _begun(collection, period)
    return [
        each
        for each in dated
        if own & {filler.id for filler in fillers.of(collection, each.unit, above_of(each, units))}
        and (each.unit.id in begun or matches(each.seen, cohort, book))
    ]


def _begun(collection: Collection, period: Period) -> frozenset[uuid.UUID]:
    return frozenset(
        db.session.scalars(
            select(Submission.unit_id)
            .where(Submission.collection_id == collection.id, Submission.period_start == period.start)
            .order_by(Submission.unit_id)
        )
    )


def above_of(dated: DatedUnit, units: Mapping[uuid.UUID, DatedUnit]) -> tuple[OrgUnit, ...]:
    """The units above one on the day for which they were read, the parent first."""
    above: dict[uuid.UUID, OrgUnit] = {}
    parent = dated.parent_id
    while parent is not None and parent in units and parent not in above:
        above[parent] = units[parent].unit
        parent = units[parent].parent_id
    return tuple(above.values())


def collections_filled_by(unit_ids: Sequence[uuid.UUID]) -> Select[uuid.UUID]:
    """Select the ids of the collections that one of these units fills for all units, by its code or by a function."""
    codes = select(OrgUnit.code).where(OrgUnit.id.in_(unit_ids))
    functions = select(UnitFunction.name).where(UnitFunction.unit_id.in_(unit_ids), function_holds(local_today()))
    named: ColumnElement[bool] = Collection.filled_by["unit"].astext.in_(codes)
    return select(Collection.id).where(or_(named, Collection.filled_by["function"].astext.in_(functions)))


def _day_of(unit: OrgUnit, period: Period) -> date:
    return max(min(period.end, local_today()), unit.valid_from)
