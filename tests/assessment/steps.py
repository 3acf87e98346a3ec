"""What the tests of assessment do again and again."""

from __future__ import annotations

from sqlalchemy import select

from saas.assessment.models import AssessmentRound
from saas.assessment.queries.rounds import get_round
from saas.assessment.services.confirming import publish_round, submit_round
from saas.assessment.services.rounds import move
from saas.audit.models import AuditEvent
from saas.db import db, local_today
from saas.domain.workflow import RoundAction
from saas.org.models import OrgUnit
from saas.review.queries import find_case_of
from saas.review.services import approve
from tests.factories_assessment import (
    AssessedCounty,
    compute,
    find,
    make_round,
    recheck,
)

TODAY = local_today


def round_path(assessed: AssessmentRound, rest: str = "") -> str:
    return f"/assessment/rounds/{assessed.id}{rest}"


def unit_path(assessed: AssessmentRound, unit: OrgUnit, rest: str = "") -> str:
    return round_path(assessed, f"/units/{unit.id}{rest}")


def settled(county: AssessedCounty, unit: OrgUnit) -> AssessmentRound:
    """The worked settlement: 125 yuan off, 500 on, computed."""
    assessed, officer = make_round(county), county.officers[0]
    for rule, count in (("S3", "3"), ("S6", "2"), ("S7", "2"), ("S8", "1")):
        find(assessed, unit, rule, count, by=officer)
    find(assessed, unit, "S4", "4", by=officer, households=["1", "2", "3", "4"])
    find(assessed, unit, "S5", "6", by=officer, households=["3", "4", "5", "6", "7", "8"])
    find(assessed, unit, "S1", "1", by=county.office, is_office=True, document_name="市通报第9期")
    recheck(assessed, unit, officer)
    compute(assessed)
    return assessed


def confirm(county: AssessedCounty, assessed: AssessmentRound) -> AssessmentRound:
    move(assessed, RoundAction.PREVIEW, actor=county.office)
    submit_round(assessed, actor=county.office)
    for person in (county.checker, county.leader):
        case = find_case_of(assessed.id)
        assert case is not None
        approve(case, actor=person, comment="同意")
    return get_round(assessed.id)


def publish(county: AssessedCounty, assessed: AssessmentRound) -> AssessmentRound:
    return publish_round(confirm(county, assessed), actor=county.office)


def actions_of(audit: str) -> list[AuditEvent]:
    return list(db.session.scalars(select(AuditEvent).where(AuditEvent.action == audit)).all())
