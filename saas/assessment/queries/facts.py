"""Reading facts, the progress of the re-check, and its window."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from sqlalchemy import and_, func, or_, select
from sqlalchemy.orm import aliased

from saas.access.permissions import Permission
from saas.accounts.models import User
from saas.accounts.viewer import Viewer
from saas.assessment.models import AssessedUnit, AssessmentFact, AssessmentRound
from saas.assessment.queries.rounds import find_collection, in_reach, is_roll_up, period_of_round, short_name_of
from saas.db import db
from saas.domain.assessment_windows import filing_window
from saas.domain.scheme import AssessmentScheme as Rules
from saas.domain.windows import WindowDates, window_for
from saas.org.models import OrgUnit
from saas.submissions.models import Submission
from saas.submissions.queries import HANDED_IN, find_window_change
from saas.submissions.schedule import dates_of


def list_facts(round_id: uuid.UUID, unit_id: uuid.UUID | None = None) -> Sequence[AssessmentFact]:
    """The facts of a round, or of one unit of it, in the order in which they were found. Withdrawn ones too."""
    statement = select(AssessmentFact).where(AssessmentFact.round_id == round_id)
    if unit_id is not None:
        statement = statement.where(AssessmentFact.unit_id == unit_id)
    return db.session.scalars(
        statement.order_by(AssessmentFact.found_on, AssessmentFact.recorded_at, AssessmentFact.id)
    ).all()


def get_fact(fact_id: uuid.UUID, viewer: Viewer) -> AssessmentFact:
    """Return a fact about a unit within the viewer's reach, or raise NoResultFound (404).

    What the office recorded is changed by the office only.
    """
    return db.session.scalars(
        select(AssessmentFact).where(
            AssessmentFact.id == fact_id,
            or_(
                and_(
                    AssessmentFact.source == "recheck",
                    AssessmentFact.unit_id.in_(in_reach(viewer, Permission.ASSESSMENT_RECHECK)),
                ),
                AssessmentFact.unit_id.in_(in_reach(viewer, Permission.ASSESSMENT_RUN)),
            ),
        )
    ).one()


def names_of(user_ids: Iterable[uuid.UUID | None]) -> Mapping[uuid.UUID, str]:
    """The names of people, to say who recorded what."""
    rows = db.session.execute(
        select(User.id, User.name).where(User.id.in_({person for person in user_ids if person}))
    ).all()
    return {row.id: row.name for row in rows}


def fact_recorders(round_id: uuid.UUID) -> set[uuid.UUID]:
    """Everybody whose word the results rest on: they do not confirm them."""
    recorded = db.session.scalars(
        select(AssessmentFact.recorded_by_id).where(AssessmentFact.round_id == round_id).distinct()
    ).all()
    rechecked = db.session.scalars(
        select(AssessedUnit.rechecked_by_id).where(AssessedUnit.round_id == round_id).distinct()
    ).all()
    return {person for person in (*recorded, *rechecked) if person is not None}


def find_handed_in(assessed: AssessmentRound, unit_id: uuid.UUID) -> Submission | None:
    """What a unit handed in as its self-score of a round, its newest revision; None if it did not report."""
    return db.session.scalars(
        select(Submission)
        .where(
            Submission.collection_id == assessed.scheme.collection_id,
            Submission.unit_id == unit_id,
            Submission.period_start == assessed.period_start,
            Submission.status.in_(HANDED_IN),
        )
        .order_by(Submission.revision.desc())
        .limit(1)
    ).one_or_none()


# --- the window of the re-check -------------------------------------------------------------------------------------


class RecheckStatus(StrEnum):
    """What a day means for the re-check."""

    UNBOUNDED = "unbounded"  # 不限时间
    NOT_OPEN = "not_open"  # 未开始
    OPEN = "open"  # 可复核
    CLOSED = "closed"  # 已截止


@dataclass(frozen=True, slots=True)
class RecheckWindow:
    """The days of a round's re-check, both included, and whether the office changed them for this period."""

    starts_on: date | None
    ends_on: date | None
    is_changed: bool = False
    reason: str = ""

    def status(self, today: date) -> RecheckStatus:
        """Return what a day means: without both days the re-check is not bound to a time."""
        if self.starts_on is None or self.ends_on is None:
            return RecheckStatus.UNBOUNDED
        if today < self.starts_on:
            return RecheckStatus.NOT_OPEN
        return RecheckStatus.OPEN if today <= self.ends_on else RecheckStatus.CLOSED

    def is_open(self, today: date) -> bool:
        """Whether re-checks may be recorded on a day."""
        return self.status(today) in (RecheckStatus.OPEN, RecheckStatus.UNBOUNDED)


def recheck_window(assessed: AssessmentRound, rules: Rules) -> RecheckWindow:
    """The window of a round: the collection's, as the office changed it for this period, else the scheme's own."""
    if is_roll_up(assessed):
        return RecheckWindow(None, None)
    period = period_of_round(assessed)
    collection = find_collection(assessed.scheme)
    if collection is not None:
        changed = find_window_change(collection.id, period.start)
        dates = dates_of(collection, period, changed)
        if changed is not None:
            return RecheckWindow(dates.recheck_from, dates.recheck_to, True, changed.reason)
        if dates.recheck_from is not None:
            return RecheckWindow(dates.recheck_from, dates.recheck_to)
    window = filing_window(rules.settings)
    dates_by_scheme: WindowDates | None = window_for(period, window) if window is not None else None
    if dates_by_scheme is None:
        return RecheckWindow(None, None)
    return RecheckWindow(dates_by_scheme.recheck_from, dates_by_scheme.recheck_to)


# --- progress -------------------------------------------------------------------------------------------------------


class RecheckState(StrEnum):
    """How far the re-check of a unit is."""

    NOT_STARTED = "not_started"  # 未复核
    STARTED = "started"  # 复核中: something is recorded
    DONE = "done"  # 已复核


@dataclass(frozen=True, slots=True)
class UnitProgress:
    """One unit of the re-check."""

    unit_id: uuid.UUID
    name: str
    state: RecheckState
    fact_count: int  # findings and scores in force
    rechecked_by: str


@dataclass(frozen=True, slots=True)
class TownProgress:
    """The units of one town (or of whatever stands above them)."""

    parent_id: uuid.UUID | None
    name: str
    units: tuple[UnitProgress, ...]

    @property
    def done(self) -> int:
        """How many are re-checked."""
        return sum(1 for unit in self.units if unit.state is RecheckState.DONE)


def list_progress(round_id: uuid.UUID, viewer: Viewer) -> list[TownProgress]:
    """The units that the viewer may re-check, by the unit above them. One statement."""
    parent = aliased(OrgUnit)
    facts = (
        select(func.count())
        .where(
            AssessmentFact.round_id == AssessedUnit.round_id,
            AssessmentFact.unit_id == AssessedUnit.unit_id,
            AssessmentFact.withdrawn_at.is_(None),
            AssessmentFact.source == "recheck",
        )
        .correlate(AssessedUnit)
        .scalar_subquery()
    )
    rows = db.session.execute(
        select(
            AssessedUnit.parent_id,
            short_name_of(parent).label("town"),
            AssessedUnit.unit_id,
            OrgUnit.name,
            AssessedUnit.rechecked_at,
            facts.label("facts"),
            User.name.label("person"),
        )
        .join(OrgUnit, OrgUnit.id == AssessedUnit.unit_id)
        .outerjoin(parent, parent.id == AssessedUnit.parent_id)
        .outerjoin(User, User.id == AssessedUnit.rechecked_by_id)
        .where(
            AssessedUnit.round_id == round_id,
            AssessedUnit.unit_id.in_(in_reach(viewer, Permission.ASSESSMENT_RECHECK)),
        )
        .order_by(parent.sort_order, parent.code, OrgUnit.sort_order, OrgUnit.code)
    ).all()
    towns: dict[uuid.UUID | None, tuple[str, list[UnitProgress]]] = {}
    for row in rows:
        unit = UnitProgress(
            row.unit_id, row.name, _state(row.rechecked_at is not None, row.facts), row.facts, row.person or ""
        )
        towns.setdefault(row.parent_id, (row.town or "", []))[1].append(unit)
    return [TownProgress(parent_id, name, tuple(units)) for parent_id, (name, units) in towns.items()]


def _state(is_done: bool, facts: int) -> RecheckState:
    if is_done:
        return RecheckState.DONE
    return RecheckState.STARTED if facts else RecheckState.NOT_STARTED
