"""Results as rows: what scoring and rolling up have in common."""

from __future__ import annotations

import uuid
from typing import Any

from saas.assessment.models import AssessmentResult, AssessmentRound
from saas.db import new_id
from saas.domain.amounts import Amount
from saas.domain.ranking import RankedUnit


def result_row(
    assessed: AssessmentRound,
    unit_id: uuid.UUID,
    points: Amount,
    money: Amount,
    place: RankedUnit,
    trace: dict[str, Any],
) -> AssessmentResult:
    """A result as a row: figures that are certain in columns, everything in the trace."""
    return AssessmentResult(
        id=new_id(),
        round_id=assessed.id,
        unit_id=unit_id,
        points=points.value if points.is_determined else None,
        points_state=points.standing.value,
        money=money.value if money.is_determined else None,
        money_state=money.standing.value,
        rank=place.rank,
        grade=place.grade or "",
        is_vetoed=place.is_vetoed,
        trace=trace,
    )


def ranking_json(place: RankedUnit) -> dict[str, Any]:
    """The place of a unit as it stands in a trace."""
    return {
        "rank": place.rank,
        "reason": place.reason,
        "is_tied": place.is_tied,
        "possible": list(place.possible) if place.possible else None,
        "grade": place.grade,
        "grade_reason": place.grade_reason,
    }
