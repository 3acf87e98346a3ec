"""Reading results. Before publication they are for those who run the assessment and who re-check; then for everybody.

The page that explains a unit's result is for the unit itself and for those above it.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, func, or_, select, true
from sqlalchemy.orm import aliased, joinedload

from saas.access.permissions import Permission
from saas.accounts.viewer import Viewer
from saas.assessment.models import AssessedUnit, AssessmentFact, AssessmentResult, AssessmentRound
from saas.assessment.queries.rounds import PAGE, in_reach, short_name_of
from saas.db import db
from saas.domain.amounts import Amount, Standing
from saas.domain.workflow import RoundStatus
from saas.org.models import OrgUnit, UnitVersion

_Town = aliased(OrgUnit)
_Then, _TownThen = aliased(UnitVersion), aliased(UnitVersion)


def _may_preview(viewer: Viewer) -> ColumnElement[bool]:
    """Results of units whom the viewer assesses: seen before they are published."""
    return or_(
        AssessmentResult.unit_id.in_(in_reach(viewer, Permission.ASSESSMENT_RECHECK)),
        AssessmentResult.unit_id.in_(in_reach(viewer, Permission.ASSESSMENT_RUN)),
    )


def _visible_rows(assessed: AssessmentRound, viewer: Viewer) -> ColumnElement[bool]:
    of_round = AssessmentResult.round_id == assessed.id
    return of_round if assessed.status is RoundStatus.PUBLISHED else and_(of_round, _may_preview(viewer))


@dataclass(frozen=True, slots=True)
class ResultRow:
    """One line of the table of results. `self_points` and `recheck_points` are amounts as JSON, None if not shown."""

    unit_id: uuid.UUID
    name: str
    town: str
    points: Amount
    money: Amount
    rank: int | None
    grade: str
    is_vetoed: bool
    self_points: Mapping[str, Any] | None
    recheck_points: Mapping[str, Any] | None
    self_report: Mapping[str, Any]
    ranking: Mapping[str, Any]
    points_reasons: tuple[str, ...]
    money_reasons: tuple[str, ...]
    is_rechecked: bool | None  # None for a roll-up, which nobody re-checks


@dataclass(frozen=True, slots=True)
class ResultFilter:
    """What of the table is wanted, and in which order."""

    town_id: uuid.UUID | None = None
    sort: str = "rank"
    is_descending: bool = False


def _group_order() -> Any:
    """Where a peer group stands: its units come one after another, in the county's order of their first one."""
    group = AssessmentResult.trace["peer_group"].astext
    return func.min(OrgUnit.sort_order).over(partition_by=group)


_SORTS: Mapping[str, tuple[Any, ...]] = {
    "rank": (_group_order(), AssessmentResult.rank),
    "unit": (OrgUnit.sort_order, OrgUnit.code),
    "town": (_Town.sort_order, _Town.code, AssessmentResult.rank),
    "points": (AssessmentResult.points,),
    "money": (AssessmentResult.money,),
}
SORTS = frozenset(_SORTS)


def _rows() -> Select[*tuple[Any, ...]]:
    trace = AssessmentResult.trace
    return (
        select(
            AssessmentResult.unit_id,
            func.coalesce(_Then.name, OrgUnit.name).label("name"),
            func.coalesce(func.nullif(_TownThen.short_name, ""), _TownThen.name, short_name_of(_Town)).label("town"),
            AssessmentResult.points,
            AssessmentResult.points_state,
            AssessmentResult.money,
            AssessmentResult.money_state,
            AssessmentResult.rank,
            AssessmentResult.grade,
            AssessmentResult.is_vetoed,
            trace["self_points"].label("self_points"),
            trace["recheck_points"].label("recheck_points"),
            trace["self_report"].label("self_report"),
            trace["ranking"].label("ranking"),
            trace["is_rechecked"].label("is_rechecked"),
            trace["points"]["reasons"].label("points_reasons"),
            trace["money"]["payable"]["reasons"].label("money_reasons"),
        )
        .join(OrgUnit, OrgUnit.id == AssessmentResult.unit_id)
        .join(
            AssessedUnit,
            and_(AssessedUnit.round_id == AssessmentResult.round_id, AssessedUnit.unit_id == AssessmentResult.unit_id),
        )
        .join(AssessmentRound, AssessmentRound.id == AssessmentResult.round_id)
        .outerjoin(_Town, _Town.id == AssessedUnit.parent_id)
        .outerjoin(_Then, _was(_Then, OrgUnit.id))
        .outerjoin(_TownThen, _was(_TownThen, _Town.id))
    )


def _was(version: Any, unit_id: Any) -> ColumnElement[bool]:
    """The condition that a version is that of a unit at the end of the round's period: what it was called then."""
    last_day = AssessmentRound.period_end
    holds = and_(version.starts_on <= last_day, or_(version.ends_on.is_(None), version.ends_on > last_day))
    return and_(version.unit_id == unit_id, holds)


def _as_row(row: Any) -> ResultRow:
    return ResultRow(
        unit_id=row.unit_id,
        name=row.name,
        town=row.town or "",
        points=Amount(Standing(row.points_state), row.points),
        money=Amount(Standing(row.money_state), row.money),
        rank=row.rank,
        grade=row.grade,
        is_vetoed=row.is_vetoed,
        self_points=row.self_points,
        recheck_points=row.recheck_points,
        self_report=row.self_report or {},
        ranking=row.ranking or {},
        points_reasons=tuple(row.points_reasons or ()),
        money_reasons=tuple(row.money_reasons or ()),
        is_rechecked=row.is_rechecked,
    )


def list_results(
    assessed: AssessmentRound, viewer: Viewer, wanted: ResultFilter, *, page: int = 1
) -> tuple[list[ResultRow], int]:
    """One page of the results that the viewer may see, and how many there are."""
    conditions = [_visible_rows(assessed, viewer)]
    if wanted.town_id is not None:
        conditions.append(AssessedUnit.parent_id == wanted.town_id)
    keys = _SORTS[wanted.sort]
    last = keys[-1].desc() if wanted.is_descending else keys[-1].asc()
    rows = db.session.execute(
        _rows()
        .add_columns(func.count().over().label("row_count"))
        .where(*conditions)
        .order_by(*keys[:-1], last.nulls_last(), OrgUnit.sort_order, OrgUnit.code)
        .limit(PAGE)
        .offset((page - 1) * PAGE)
    ).all()
    return [_as_row(row) for row in rows], rows[0].row_count if rows else 0


def list_all_results(round_id: uuid.UUID) -> list[ResultRow]:
    """Every result of a round by group, rank and the county's order: for a document, whoever asks was checked."""
    rows = db.session.execute(
        _rows()
        .where(AssessmentResult.round_id == round_id)
        .order_by(*_SORTS["rank"][:1], AssessmentResult.rank.nulls_last(), OrgUnit.sort_order, OrgUnit.code)
    ).all()
    return [_as_row(row) for row in rows]


def list_scores(assessed: AssessmentRound, viewer: Viewer) -> list[Amount]:
    """The points of every unit that the viewer may see: for the distribution."""
    rows = db.session.execute(
        select(AssessmentResult.points, AssessmentResult.points_state)
        .where(_visible_rows(assessed, viewer))
        .order_by(AssessmentResult.points, AssessmentResult.id)
    ).all()
    return [Amount(Standing(row.points_state), row.points) for row in rows]


def list_open_results(assessed: AssessmentRound, viewer: Viewer) -> list[ResultRow]:
    """The results with something undetermined, missing or not applicable in points, money or rank."""
    is_open = or_(
        AssessmentResult.points_state.in_(("undetermined", "missing")),
        AssessmentResult.money_state.in_(("undetermined", "missing")),
        and_(AssessmentResult.rank.is_(None), AssessmentResult.trace["ranking"]["reason"].astext != "本办法不排名"),
        AssessmentResult.trace["ranking"]["grade_reason"].astext != "",
    )
    rows = db.session.execute(
        _rows()
        .where(_visible_rows(assessed, viewer), is_open)
        .order_by(_Town.sort_order, _Town.code, OrgUnit.sort_order, OrgUnit.code)
    ).all()
    return [_as_row(row) for row in rows]


def list_towns(round_id: uuid.UUID) -> Sequence[OrgUnit]:
    """The units above the assessed ones, for the filter."""
    return db.session.scalars(
        select(OrgUnit)
        .where(OrgUnit.id.in_(select(AssessedUnit.parent_id).where(AssessedUnit.round_id == round_id)))
        .order_by(OrgUnit.sort_order, OrgUnit.code)
    ).all()


# --- one unit -------------------------------------------------------------------------------------------------------


def get_result(assessed: AssessmentRound, unit_id: uuid.UUID, viewer: Viewer) -> AssessmentResult:
    """Return a unit's result with its trace, or raise NoResultFound (404) if the viewer may not know of it."""
    is_published = assessed.status is RoundStatus.PUBLISHED
    return db.session.scalars(
        select(AssessmentResult)
        .where(
            AssessmentResult.round_id == assessed.id,
            AssessmentResult.unit_id == unit_id,
            or_(
                _may_preview(viewer),
                and_(
                    true() if is_published else ~true(),
                    AssessmentResult.unit_id.in_(in_reach(viewer, Permission.ASSESSMENT_VIEW)),
                ),
            ),
        )
        .options(joinedload(AssessmentResult.unit))
    ).one()


def list_results_of_unit(
    assessed: AssessmentRound, unit_id: uuid.UUID, viewer: Viewer, limit: int = 12
) -> list[tuple[AssessmentRound, Amount, Amount, int | None]]:
    """The unit's results in the rounds up to this one: round, points, money and rank, the earliest first."""
    rows = db.session.execute(
        select(
            AssessmentRound,
            AssessmentResult.points,
            AssessmentResult.points_state,
            AssessmentResult.money,
            AssessmentResult.money_state,
            AssessmentResult.rank,
        )
        .join(AssessmentResult, AssessmentResult.round_id == AssessmentRound.id)
        .where(
            AssessmentRound.scheme_id == assessed.scheme_id,
            AssessmentRound.cadence == assessed.cadence,
            AssessmentRound.period_start <= assessed.period_start,
            AssessmentResult.unit_id == unit_id,
            or_(AssessmentRound.status == RoundStatus.PUBLISHED, _may_preview(viewer)),
        )
        .order_by(AssessmentRound.period_start.desc())
        .limit(limit)
    ).all()
    return [
        (row[0], Amount(Standing(row[2]), row[1]), Amount(Standing(row[4]), row[3]), row[5]) for row in reversed(rows)
    ]


@dataclass(frozen=True, slots=True)
class Comparison:
    """A round as a whole: how many units have determined points, their mean, best and lowest, and the mean money."""

    count: int
    mean: Decimal | None
    best: Decimal | None
    lowest: Decimal | None
    mean_money: Decimal | None


def compare(round_id: uuid.UUID, peer_group: str | None = None) -> Comparison:
    """Compare the determined results of a round, or of one peer group of it."""
    statement = select(
        func.count(AssessmentResult.points),
        func.avg(AssessmentResult.points),
        func.max(AssessmentResult.points),
        func.min(AssessmentResult.points),
        func.avg(AssessmentResult.money),
    ).where(AssessmentResult.round_id == round_id)
    if peer_group is not None:
        statement = statement.where(AssessmentResult.trace["peer_group"].astext == peer_group)
    return Comparison(*db.session.execute(statement).one())


def list_traces(round_id: uuid.UUID) -> Sequence[AssessmentResult]:
    """Every result with its whole trace, in the county's order: for freezing and for the bulletin."""
    return db.session.scalars(
        select(AssessmentResult)
        .join(OrgUnit, OrgUnit.id == AssessmentResult.unit_id)
        .where(AssessmentResult.round_id == round_id)
        .options(joinedload(AssessmentResult.unit))
        .order_by(OrgUnit.sort_order, OrgUnit.code)
    ).all()


def may_see_photo(fact_id: uuid.UUID, viewer: Viewer) -> bool:
    """Whether a viewer may see the photo of a fact: who may see the unit's result, or re-checks it."""
    reach = or_(
        AssessmentFact.unit_id.in_(in_reach(viewer, Permission.ASSESSMENT_RECHECK)),
        AssessmentFact.unit_id.in_(in_reach(viewer, Permission.ASSESSMENT_RUN)),
        and_(
            AssessmentRound.status == RoundStatus.PUBLISHED,
            AssessmentFact.unit_id.in_(in_reach(viewer, Permission.ASSESSMENT_VIEW)),
        ),
    )
    found = db.session.scalars(
        select(AssessmentFact.id)
        .join(AssessmentRound, AssessmentRound.id == AssessmentFact.round_id)
        .where(AssessmentFact.id == fact_id, reach)
    ).one_or_none()
    return found is not None
