"""What a person must fill now (待填报): the first thing a village clerk sees.

Two statements, whatever the rows; a few more where somebody fills for others or compiles.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import and_, func, or_, select
from sqlalchemy.orm import aliased

from saas.access.permissions import Permission
from saas.db import db, local_today
from saas.domain.cohorts import CohortUnit, matches
from saas.domain.filing import FilingState, filing_state
from saas.domain.periods import Cadence, Period
from saas.domain.windows import WindowDates
from saas.domain.workflow import SubmissionStatus
from saas.forms.approval import may_be_collected
from saas.forms.models import FormDefinition
from saas.forms.queries import Looking
from saas.org.cohorts import CohortBook, LinksOn
from saas.org.models import Hierarchy, OrgUnit, Placement
from saas.org.queries import ADMINISTRATIVE, in_force
from saas.submissions.due_items import LONGEST, DueItem, look_back
from saas.submissions.for_others import list_for_others
from saas.submissions.models import Collection, CollectionWindow, Submission
from saas.submissions.schedule import cohort_of, dated_periods, dates_of, period_filed, status_now


@dataclass(frozen=True, slots=True)
class _Filed:
    id: uuid.UUID
    period_end: date
    status: SubmissionStatus
    is_late: bool
    is_not_applicable: bool
    is_correction: bool

    @property
    def is_waiting(self) -> bool:
        """Whether the unit must go on with it, however long ago it was due: it came back, or a correction was begun."""
        is_begun = self.is_correction and self.status is SubmissionStatus.DRAFT
        return is_begun or self.status is SubmissionStatus.RETURNED


@dataclass(frozen=True, slots=True)
class _OwnUnit:
    unit: OrgUnit
    cohort_unit: CohortUnit
    filed: Mapping[tuple[uuid.UUID, date], _Filed]


_FILED = (
    Submission.collection_id,
    Submission.period_start,
    Submission.id,
    Submission.period_end,
    Submission.status,
    Submission.is_late,
    Submission.is_not_applicable,
    Submission.revision,
)


def due_submissions(viewer: Looking, on: date | None = None) -> list[DueItem]:
    """Return what the viewer's own units must fill: due today first, then late, then returned, then by due day."""
    today = on or local_today()
    return [item for item in list_filing(viewer, today) if item.state.is_to_do]


def list_filing(viewer: Looking, on: date) -> list[DueItem]:
    """Return every form of the viewer's own units whose window is open or was due lately, and where each stands.

    What they fill for others (代填) and what they compile is one item for all units of a period.
    """
    own = viewer.unit_ids(Permission.SUBMISSION_EDIT)
    if not own:
        return []
    units, book, collections = _own_units(own, on), CohortBook(on), _collections(on)
    items = [
        item
        for collection, changes in collections
        if not collection.filled_by
        for unit in units
        for item in _items(collection, changes, unit, on, book)
    ]
    items += list_for_others([each.unit for each in units], collections, on)
    return sorted(items, key=lambda item: (_rank(item, on), item.due_on, item.title, item.unit_name))


def _rank(item: DueItem, on: date) -> int:
    if item.state.is_to_do and item.due_on == on and item.state is not FilingState.RETURNED:
        return 0
    order = [FilingState.OVERDUE, FilingState.RETURNED, FilingState.DRAFT, FilingState.OPEN]
    if item.state in order:
        return min(order.index(item.state), 2) + 1
    return 9


def _items(
    collection: Collection, changes: Mapping[date, CollectionWindow], own: _OwnUnit, on: date, book: CohortBook
) -> Iterator[DueItem]:
    is_per_event = collection.cadence == Cadence.EVENT
    if not is_per_event and not matches(own.cohort_unit, cohort_of(collection), book):
        return
    for period, dates in _periods(collection, changes, own, on):
        if is_per_event and not matches(own.cohort_unit, cohort_of(collection, period), book):
            continue
        filed = own.filed.get((collection.id, period.start))
        is_correction = filed is not None and filed.is_correction
        state = filing_state(filed.status if filed else None, status_now(dates), is_correction=is_correction)
        if _may_be_asked(collection, own.unit, period, filed, on):
            yield _item(collection, own.unit, period, dates, state, filed)


def _periods(
    collection: Collection, changes: Mapping[date, CollectionWindow], own: _OwnUnit, on: date
) -> Iterator[tuple[Period, WindowDates]]:
    """The periods that are open or were due lately, and before them those with which the unit must go on."""
    current = list(dated_periods(collection, changes, on - look_back(collection.cadence), on))
    starts = {period.start for period, _ in current}
    for (collection_id, start), filed in own.filed.items():
        if collection_id == collection.id and start not in starts and filed.is_waiting:
            period = period_filed(collection, start, filed.period_end)
            yield period, dates_of(collection, period, changes.get(start))
    yield from current


def _may_be_asked(collection: Collection, unit: OrgUnit, period: Period, filed: _Filed | None, on: date) -> bool:
    if filed is not None:
        return True
    return may_be_collected(collection.form, on) and unit.valid_from <= period.end


def _item(
    collection: Collection, unit: OrgUnit, period: Period, dates: WindowDates, state: FilingState, filed: _Filed | None
) -> DueItem:
    if filed is not None and not state.is_to_do:
        endpoint, arguments = "submissions.show", {"submission_id": filed.id}
    else:
        endpoint, arguments = "submissions.fill", fill_arguments(collection.id, unit.id, period)
    return DueItem(
        title=f"{period.label}{collection.name}",
        unit_name=unit.name,
        period=period,
        dates=dates,
        state=state,
        is_late=filed is not None and filed.is_late,
        is_not_applicable=filed is not None and filed.is_not_applicable,
        endpoint=endpoint,
        arguments=arguments,
        sensitive_until=collection.ends_on if collection.extends_id is not None else None,
    )


def fill_arguments(collection_id: uuid.UUID, unit_id: uuid.UUID, period: Period) -> dict[str, Any]:
    """The parts of the address of the page on which a unit fills a period."""
    return {"collection_id": collection_id, "unit_id": unit_id, "period_start": period.start.isoformat()}


def _collections(on: date) -> list[tuple[Collection, dict[date, CollectionWindow]]]:
    """The collections in use with the changed windows of their periods."""
    rows = db.session.execute(
        select(Collection, CollectionWindow)
        .join(FormDefinition, FormDefinition.id == Collection.form_id)
        .outerjoin(CollectionWindow, CollectionWindow.collection_id == Collection.id)
        .where(
            Collection.is_active,
            or_(Collection.ends_on.is_(None), Collection.ends_on >= on - LONGEST),
        )
        .order_by(Collection.name, Collection.id)
    ).all()
    found: dict[uuid.UUID, tuple[Collection, dict[date, CollectionWindow]]] = {}
    for collection, change in rows:
        changes = found.setdefault(collection.id, (collection, {}))[1]
        if change is not None:
            changes[change.period_start] = change
    return list(found.values())


def _own_units(own: Sequence[uuid.UUID], on: date) -> list[_OwnUnit]:
    """The viewer's units with the codes above them and what they filed lately, in one statement."""
    is_late_enough = or_(Submission.period_start >= on - LONGEST, Submission.status == SubmissionStatus.RETURNED)
    rows = db.session.execute(
        select(OrgUnit, _codes_above(own, on).label("above"), *_FILED)
        .outerjoin(Submission, and_(Submission.unit_id == OrgUnit.id, is_late_enough))
        .where(OrgUnit.id.in_(own))
        .order_by(OrgUnit.sort_order, OrgUnit.code, Submission.revision)
    ).all()
    links = LinksOn(on)
    found: dict[uuid.UUID, _OwnUnit] = {}
    for row in rows:
        unit = row.OrgUnit
        if unit.id not in found:
            seen = CohortUnit(unit.code, unit.unit_type.code, row.above or (), unit.attributes, links.of(unit.id))
            found[unit.id] = _OwnUnit(unit, seen, {})
        filed: Any = found[unit.id].filed
        if row.collection_id is not None:
            filed[row.collection_id, row.period_start] = _Filed(
                row.id, row.period_end, row.status, row.is_late, row.is_not_applicable, row.revision > 1
            )
    return list(found.values())


def _codes_above(own: Sequence[uuid.UUID], on: date) -> Any:
    step = (
        select(Placement.unit_id.label("below_id"), Placement.parent_id)
        .join(Hierarchy, Hierarchy.id == Placement.hierarchy_id)
        .where(Hierarchy.code == ADMINISTRATIVE, Placement.unit_id.in_(own), in_force(on))
        .cte("above", recursive=True)
    )
    higher, its_tree = aliased(Placement), aliased(Hierarchy)
    step = step.union(
        select(step.c.below_id, higher.parent_id)
        .join(step, higher.unit_id == step.c.parent_id)
        .join(its_tree, its_tree.id == higher.hierarchy_id)
        .where(
            its_tree.code == ADMINISTRATIVE,
            higher.starts_on <= on,
            or_(higher.ends_on.is_(None), higher.ends_on > on),
        )
    )
    ancestor = aliased(OrgUnit)
    return (
        select(func.array_agg(ancestor.code))
        .join(step, step.c.parent_id == ancestor.id)
        .where(step.c.below_id == OrgUnit.id)
        .scalar_subquery()
    )
