"""Who compiles what their units report (汇总单位), by when, and what was compiled already."""

from __future__ import annotations

import uuid
from collections.abc import Collection as Some
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from sqlalchemy import select, tuple_

from saas.db import db
from saas.domain.cohorts import matches
from saas.domain.compiling import Compiling, compiling_due_on, compiling_from_mapping
from saas.domain.fillers import superior_among
from saas.domain.periods import Period
from saas.domain.windows import WindowDates
from saas.domain.working_days import WEEKDAYS
from saas.org.cohorts import CohortBook, DatedUnit
from saas.org.models import OrgUnit
from saas.submissions.calendars import county_days
from saas.submissions.fillers import above_of
from saas.submissions.models import Collection, Compilation, CompilationStatus
from saas.submissions.schedule import cohort_of


@dataclass(frozen=True, slots=True)
class Branch:
    """One that compiles, with the units above it, and the units whose reports it compiles."""

    compiler: OrgUnit
    above: tuple[OrgUnit, ...]
    units: tuple[DatedUnit, ...]


def compiling_of(collection: Collection) -> Compiling | None:
    """How a collection is compiled, or None."""
    return compiling_from_mapping(collection.compiling or {})


def compiling_dates(collection: Collection, dates: WindowDates) -> WindowDates | None:
    """The days of compiling: from the day after the units' last day in time; a late one is taken at any time."""
    rule = compiling_of(collection)
    if rule is None:
        return None
    calendar = county_days().calendar if rule.is_working_days else WEEKDAYS
    due_on = compiling_due_on(dates.due_on, rule, calendar)
    opens_on = min(dates.due_on + timedelta(days=1), due_on)
    is_estimated = dates.is_estimated or (rule.is_working_days and not calendar.knows(due_on))
    return WindowDates(opens_on=opens_on, due_on=due_on, closes_on=None, is_estimated=is_estimated)


def branches_of(
    collection: Collection, period: Period, dated: Sequence[DatedUnit], book: CohortBook, begun: Some[uuid.UUID] = ()
) -> list[Branch]:
    """Return who compiles for whom in a period, in the county's order. `begun` belong to it in any case."""
    rule = compiling_of(collection)
    if rule is None:
        return []
    units, cohort = {each.unit.id: each for each in dated}, cohort_of(collection, period)
    parts: dict[uuid.UUID, list[DatedUnit]] = {}
    for each in dated:
        if each.unit.id in begun or matches(each.seen, cohort, book):
            compiler = superior_among(above_of(each, units), rule.by)
            if compiler is not None:
                parts.setdefault(compiler.id, []).append(each)
    return [
        Branch(each.unit, above_of(each, units), tuple(parts[each.unit.id])) for each in dated if each.unit.id in parts
    ]


def list_compiled(wanted: Some[tuple[uuid.UUID, date]]) -> Mapping[tuple[uuid.UUID, date, uuid.UUID], Compilation]:
    """What was begun to be compiled of these collections and periods, by collection, period and compiler."""
    if not wanted:
        return {}
    rows = db.session.scalars(
        select(Compilation)
        .where(tuple_(Compilation.collection_id, Compilation.period_start).in_(sorted(wanted)))
        .order_by(Compilation.period_start, Compilation.id)
    ).all()
    return {(row.collection_id, row.period_start, row.unit_id): row for row in rows}


def is_filed(compilation: Compilation | None) -> bool:
    """Whether a compilation was handed in."""
    return compilation is not None and compilation.status is CompilationStatus.SUBMITTED
