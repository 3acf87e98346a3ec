"""What a person fills for other units (代填) and compiles (汇总), among the things to do: one item for each period.

A clerk of a department with 150 villages sees one line for all of them. Nothing is read where no collection asks it of
the viewer's units; otherwise at most seven statements, whatever the number of units.
"""

from __future__ import annotations

import uuid
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import cached_property

from flask_babel import ngettext
from sqlalchemy import select

from saas.db import db
from saas.domain.cohorts import matches
from saas.domain.filing import FilingState, filing_state
from saas.domain.periods import Cadence, Period
from saas.domain.windows import WindowDates, WindowStatus
from saas.domain.workflow import SubmissionStatus
from saas.forms.approval import may_be_collected
from saas.org.cohorts import CohortBook, DatedUnit, units_on
from saas.org.models import OrgUnit
from saas.submissions.compilers import branches_of, compiling_dates, compiling_of, is_filed
from saas.submissions.due_items import LONGEST, DueItem, look_back
from saas.submissions.fillers import FillerBook, above_of, filler_of, is_kind
from saas.submissions.models import Collection, CollectionWindow, Compilation, Submission
from saas.submissions.schedule import cohort_of, dated_periods, status_now

Dated = tuple[Collection, Mapping[date, CollectionWindow]]


def list_for_others(own: Sequence[OrgUnit], collections: Sequence[Dated], on: date) -> list[DueItem]:
    """Return what the viewer's units fill for others and compile, of periods that are open or were due lately."""
    book = FillerBook(on)
    filling = [each for each in collections if each[0].filled_by and _may_fill(each[0], own, book)]
    compiling = [each for each in collections if each[0].compiling and _may_compile(each[0], own)]
    if not filling and not compiling:
        return []
    county = _County(on, book, frozenset(unit.id for unit in own), [each[0].id for each in filling])
    found = [item for each in filling for item in _filling_items(*each, county)]
    return found + [item for each in compiling for item in _compiling_items(*each, county)]


def _may_fill(collection: Collection, own: Sequence[OrgUnit], book: FillerBook) -> bool:
    fillers = book.of_all(collection)
    if fillers is None:
        return is_kind(filler_of(collection).superior, own)
    return bool({unit.id for unit in fillers} & {unit.id for unit in own})


def _may_compile(collection: Collection, own: Sequence[OrgUnit]) -> bool:
    rule = compiling_of(collection)
    return rule is not None and is_kind(rule.by, own)


@dataclass(frozen=True)
class _County:
    """The county's units today and what was filed; each read once, when first asked for."""

    on: date
    fillers: FillerBook
    own: frozenset[uuid.UUID]
    filled_collections: Sequence[uuid.UUID]

    @cached_property
    def dated(self) -> Sequence[DatedUnit]:
        return units_on(self.on)

    @cached_property
    def units(self) -> Mapping[uuid.UUID, DatedUnit]:
        return {each.unit.id: each for each in self.dated}

    @cached_property
    def book(self) -> CohortBook:
        return CohortBook(self.on)

    @cached_property
    def filed(self) -> Mapping[tuple[uuid.UUID, date], Mapping[uuid.UUID, tuple[SubmissionStatus, bool]]]:
        """By collection and period, by unit: the status of the newest revision, and whether that is a correction."""
        rows = db.session.execute(
            select(
                Submission.collection_id,
                Submission.period_start,
                Submission.unit_id,
                Submission.status,
                Submission.revision,
            )
            .where(
                Submission.collection_id.in_(self.filled_collections),
                Submission.period_start >= self.on - LONGEST,
            )
            .order_by(Submission.revision)
        ).all()
        found: dict[tuple[uuid.UUID, date], dict[uuid.UUID, tuple[SubmissionStatus, bool]]] = {}
        for row in rows:
            of_period = found.setdefault((row.collection_id, row.period_start), {})
            of_period[row.unit_id] = (row.status, row.revision > 1)
        return found

    @cached_property
    def compiled(self) -> Mapping[tuple[uuid.UUID, date, uuid.UUID], Compilation]:
        rows = db.session.scalars(
            select(Compilation)
            .where(
                Compilation.unit_id.in_(self.own),
                Compilation.period_start >= self.on - LONGEST,
            )
            .order_by(Compilation.period_start, Compilation.id)
        ).all()
        return {(row.collection_id, row.period_start, row.unit_id): row for row in rows}

    def members(self, collection: Collection, period: Period) -> list[OrgUnit]:
        """The units that the collection asks and the viewer's units fill for."""
        cohort = cohort_of(collection, period)
        return [
            each.unit
            for each in self.dated
            if matches(each.seen, cohort, self.book)
            and self.own & {unit.id for unit in self.fillers.of(collection, each.unit, above_of(each, self.units))}
        ]


def _filling_items(
    collection: Collection, changes: Mapping[date, CollectionWindow], county: _County
) -> Iterator[DueItem]:
    is_per_event, is_collected = collection.cadence == Cadence.EVENT, may_be_collected(collection.form, county.on)
    members: list[OrgUnit] | None = None
    for period, dates in dated_periods(collection, changes, county.on - look_back(collection.cadence), county.on):
        if members is None or is_per_event:
            members = county.members(collection, period)
        filed = county.filed.get((collection.id, period.start), {})
        asked = [unit for unit in members if unit.id in filed or (is_collected and unit.valid_from <= period.end)]
        window = status_now(dates)
        states = Counter(_state(filed.get(unit.id), window) for unit in asked)
        if asked:
            yield from _grouped(_item(collection, period, dates, "submissions.grid"), states, len(asked))


def _state(filed: tuple[SubmissionStatus, bool] | None, window: WindowStatus) -> FilingState:
    status, is_correction = filed or (None, False)
    return filing_state(status, window, is_correction=is_correction)


def _grouped(item: DueItem, states: Counter[FilingState], total: int) -> Iterator[DueItem]:
    """One item for what is still to be filled, one for what came back; if neither, one for what was handed in."""
    returned = states[FilingState.RETURNED]
    waiting = {state: count for state, count in states.items() if not state.is_handed_in and count}
    waiting.pop(FilingState.RETURNED, None)
    if waiting:
        urgent = next((state for state in _URGENT if state in waiting), next(iter(waiting)))
        yield replace(item, state=urgent, unit_name=_left(sum(waiting.values()), total))
    if returned:
        name = ngettext("代填，%(num)d 个单位被退回", "代填，%(num)d 个单位被退回", returned)
        yield replace(item, state=FilingState.RETURNED, unit_name=name)
    if not waiting and not returned:
        name = ngettext("代填 %(num)d 个单位", "代填 %(num)d 个单位", total)
        yield replace(item, state=FilingState.SUBMITTED, unit_name=name)


_URGENT = (FilingState.OVERDUE, FilingState.DRAFT, FilingState.OPEN, FilingState.MISSING)


def _left(left: int, total: int) -> str:
    words: str = ngettext(
        "代填，还有 %(num)d 个单位未报，共 %(total)s 个",
        "代填，还有 %(num)d 个单位未报，共 %(total)s 个",
        left,
        total=total,
    )
    return words


def _item(collection: Collection, period: Period, dates: WindowDates, endpoint: str) -> DueItem:
    return DueItem(
        title=f"{period.label}{collection.name}",
        unit_name="",
        period=period,
        dates=dates,
        state=FilingState.OPEN,
        is_late=False,
        is_not_applicable=False,
        endpoint=endpoint,
        arguments={"collection_id": collection.id, "period_start": period.start.isoformat()},
        kind="for_others",
        sensitive_until=collection.ends_on if collection.extends_id is not None else None,
    )


def _compiling_items(
    collection: Collection, changes: Mapping[date, CollectionWindow], county: _County
) -> Iterator[DueItem]:
    for period, units_dates in dated_periods(collection, changes, county.on - look_back(collection.cadence), county.on):
        dates = compiling_dates(collection, units_dates)
        if dates is None or dates.opens_on > county.on:
            continue
        for branch in branches_of(collection, period, county.dated, county.book):
            if branch.compiler.id not in county.own:
                continue
            row = county.compiled.get((collection.id, period.start, branch.compiler.id))
            status = None if row is None else SubmissionStatus.SUBMITTED if is_filed(row) else SubmissionStatus.DRAFT
            item = _item(collection, period, dates, "submissions.compilation")
            yield replace(
                item,
                title=f"{item.title}汇总",
                unit_name=branch.compiler.name,
                state=filing_state(status, status_now(dates)),
                is_late=row is not None and row.is_late,
                arguments={**item.arguments, "unit_id": branch.compiler.id},
                kind="compiling",
            )
