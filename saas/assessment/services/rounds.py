"""Rounds (考核轮次): starting one, its base amounts, and its moves up to the computing."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from sqlalchemy import select

from saas.assessment.models import AssessedUnit, AssessmentRound, AssessmentScheme
from saas.assessment.queries import rounds as queries
from saas.audit.services import AuditAction, HasId, record
from saas.db import db, local_today, new_id, utc_now
from saas.domain.canonical_json import plain
from saas.domain.errors import DomainError
from saas.domain.periods import Period
from saas.domain.scheme import AssessmentScheme as Rules
from saas.domain.workflow import ROUND_MOVES, RoundAction, RoundStatus, next_status

DEFAULT = "default"  # the base amount of every unit that has none of its own
UNITS = "units"
_BASES_OPEN = frozenset({RoundStatus.COLLECTING, RoundStatus.RECHECKING, RoundStatus.COMPUTED, RoundStatus.PREVIEWED})


def start_round(scheme: AssessmentScheme, period: Period, *, actor: HasId) -> AssessmentRound:
    """Start a round: the scheme's rules of that period and the units of its cohort at the period's end are fixed.

    Raises DomainError if the period has not begun, no version of the scheme is in force, there is such a round
    already, or nobody belongs to the cohort.
    """
    today = local_today()
    if period.start > today:
        raise DomainError("{period}还没有开始，不能开展考核", code="not_begun", period=period.label)
    if period.cadence.value not in (scheme.cadence, *queries.ROLL_UPS.get(scheme.cadence, ())):
        raise DomainError("本办法不按这样的周期考核", code="bad_period")
    db.session.scalars(select(AssessmentScheme).where(AssessmentScheme.id == scheme.id).with_for_update()).one()
    _refuse_second(scheme, period)
    version = queries.find_version_in_force(scheme.id, period.start)
    if version is None:
        raise DomainError("{period}没有生效的考核办法版本", code="no_version", period=period.label)
    members = queries.cohort_members(scheme, min(period.end, today))
    if not members:
        raise DomainError("考核对象为空，请核对考核办法的适用范围", code="nobody")
    assessed = AssessmentRound(
        id=new_id(),
        scheme_id=scheme.id,
        scheme_version_id=version.id,
        cadence=period.cadence.value,
        period_start=period.start,
        period_end=period.end,
        created_by_id=actor.id,
        created_at=utc_now(),
    )
    assessed.scheme, assessed.scheme_version = scheme, version
    db.session.add(assessed)
    db.session.flush()
    db.session.add_all(
        [
            AssessedUnit(id=new_id(), round_id=assessed.id, unit_id=member.unit.id, parent_id=member.parent_id)
            for member in members
        ]
    )
    db.session.flush()
    record(AuditAction.ROUND_CHANGED, assessed, actor=actor, change="started", units=len(members))
    return assessed


def _refuse_second(scheme: AssessmentScheme, period: Period) -> None:
    earlier = db.session.scalars(
        select(AssessmentRound.id).where(
            AssessmentRound.scheme_id == scheme.id,
            AssessmentRound.cadence == period.cadence.value,
            AssessmentRound.period_start == period.start,
        )
    ).one_or_none()
    if earlier is not None:
        raise DomainError("{period}的考核已经开展", code="already_started", period=period.label)


def leaves_base_to_round(rules: Rules) -> bool:
    """Whether the scheme has a base subsidy whose amount each round fixes (由每期核定)."""
    base = rules.settings.base
    return base is not None and base.amount is None and base.attribute is None


def set_base_amounts(
    assessed: AssessmentRound, default: Decimal | None, own: Mapping[str, Decimal], *, actor: HasId
) -> None:
    """Fix the base subsidy of this round (元): one for all and, by unit code, for those that differ.

    Without an amount it stays undetermined. Raises DomainError once the results are under review.
    """
    if assessed.status not in _BASES_OPEN:
        raise DomainError("考核结果已送审，不能再改补助基数", code="not_allowed")
    assessed.base_amounts = plain({DEFAULT: default, UNITS: dict(own)})
    assessed.computed_at = None  # what was computed with other amounts must be computed again
    record(AuditAction.ROUND_CHANGED, assessed, actor=actor, change="base_amounts")


def base_amount_of(assessed: AssessmentRound, unit_code: str) -> Decimal | None:
    """The base subsidy that the round fixed for a unit; None while nobody has."""
    stored = assessed.base_amounts.get(UNITS, {}).get(unit_code) or assessed.base_amounts.get(DEFAULT)
    return None if stored is None else Decimal(stored)


def move(assessed: AssessmentRound, action: RoundAction, *, actor: HasId) -> None:
    """Take a step that only changes where the round stands: start the re-check, preview, reopen.

    Raises InvalidTransition if that is not possible now.
    """
    assessed.status = next_status(ROUND_MOVES, assessed.status, action)
    record(AuditAction.ROUND_CHANGED, assessed, actor=actor, change=action.value)
