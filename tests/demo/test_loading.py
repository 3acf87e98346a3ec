"""The history of the demonstration counties: everything that lists and charts should have to show."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select

from saas.assessment.models import AssessmentResult, AssessmentRound
from saas.audit.models import AuditEvent
from saas.db import at_moment, db
from saas.demo.counties import RURAL, URBAN, Demonstration
from saas.demo.loading import is_loaded, load_county, open_stage, tell_history
from saas.demo.stage import Stage
from saas.documents.models import Document
from saas.domain.workflow import RoundStatus, SubmissionStatus
from saas.org.models import OrgUnit
from saas.plans.models import Plan, TaskReport
from saas.review.models import ReviewCase, ReviewDecision
from saas.submissions.models import Collection, Submission
from saas.targets.models import TargetValue
from saas.tenancy.models import Tenant

NOVEMBER = datetime(2026, 11, 22, 2, tzinfo=UTC)


@pytest.fixture
def november() -> Iterator[None]:
    with at_moment(NOVEMBER):
        yield


def reports(code: str) -> list[Submission]:
    found = db.session.scalars(
        select(Submission)
        .join(Collection, Collection.id == Submission.collection_id)
        .where(Collection.code == code)
        .order_by(Submission.period_start, Submission.id)
    ).all()
    return list(found)


def of_month(code: str, month: int) -> list[Submission]:
    return [report for report in reports(code) if report.period_start.month == month]


def results(status: RoundStatus) -> dict[str, AssessmentResult]:
    rows = db.session.execute(
        select(OrgUnit.code, AssessmentResult)
        .join(OrgUnit, OrgUnit.id == AssessmentResult.unit_id)
        .join(AssessmentRound, AssessmentRound.id == AssessmentResult.round_id)
        .where(AssessmentRound.status == status)
    ).all()
    return {row[0]: row[1] for row in rows}


def count(model: Any, *conditions: Any) -> int:
    return db.session.scalars(select(func.count()).select_from(model).where(*conditions)).one()


def only_month(stage: Stage, back: int) -> Stage:
    """The same county with one past month of history."""
    history = stage.history
    stage.history = history.model_copy(
        update={
            "months": (back,),
            "submissions": tuple(entry for entry in history.submissions if entry.period == back),
            "rounds": tuple(entry for entry in history.rounds if entry.period == back),
        }
    )
    return stage


def test_the_district_is_loaded_once_and_shows_every_kind_of_report_and_result(
    app: Flask, tenant: Tenant, november: None
) -> None:
    county = Demonstration(tenant.slug, tenant.name, URBAN.pack, URBAN.stage)
    said: list[str] = []

    first, second = load_county(county, said.append), load_county(county, said.append)

    assert first.steps > 100
    assert (second.steps, second.seconds < 2, len(said)) == (0, True, 1)
    assert is_loaded(county)

    october = of_month("station_monthly", 10)
    statuses = Counter(report.status for report in october)
    assert len(october) == 47  # of 48: one is missing (未报), which is not zero
    assert statuses[SubmissionStatus.RETURNED] == 1
    assert statuses[SubmissionStatus.SUBMITTED] == 2  # waiting
    assert statuses[SubmissionStatus.DRAFT] == 1
    assert sum(report.is_late for report in october) == 2
    assert sum(report.is_not_applicable for report in october) == 1
    assert sum(report.answers.get("services") == 0 for report in october) == 2
    assert max(report.revision for report in of_month("station_monthly", 9)) == 2  # corrected after acceptance
    assert count(ReviewDecision, ReviewDecision.action == "return") >= 4
    evaluation = results(RoundStatus.PUBLISHED)
    assert evaluation["S06"].is_vetoed
    assert evaluation["S07"].points is None
    assert evaluation["S04"].points == evaluation["S02"].points
    assert count(TargetValue, TargetValue.is_not_applicable) == 1
    assert {"progress", "done", "accepted", "returned"} <= set(db.session.scalars(select(TaskReport.kind)).all())
    assert count(Document, Document.number.is_not(None)) == 2  # the plan and the bulletin
    assert {plan.status.value for plan in db.session.scalars(select(Plan)).all()} == {"draft", "issued"}


def test_a_month_of_the_rural_county_has_ties_vetoes_and_the_worked_settlement(tenant: Tenant, november: None) -> None:
    tell_history(only_month(open_stage(RURAL), -2))

    month = results(RoundStatus.PUBLISHED)
    assert len(month) == 150
    assert month["V0110"].money == Decimal(1875)
    assert month["V0906"].is_vetoed
    assert month["V0504"].money == 0  # the whole month was lost
    tied = {month[code].rank for code in ("V0202", "V0203", "V0204")}
    assert len(tied) == 1
    assert len(of_month("environment_self_score", 9)) == 149  # 148 of 150 came in, one of them twice


def test_nothing_of_the_history_lies_in_the_future(tenant: Tenant) -> None:
    january = datetime(2027, 1, 4, 3, tzinfo=UTC)
    with at_moment(january):
        tell_history(only_month(open_stage(URBAN), -1))

    for moment in (AuditEvent.at, ReviewDecision.decided_at, ReviewCase.started_at, Submission.updated_at):
        assert db.session.scalars(select(func.max(moment))).one() <= january
    december = of_month("station_monthly", 12)
    assert 0 < len(december) < 48  # its window is open until the 5th of January


def test_the_street_that_is_played_has_not_reported_yet(tenant: Tenant) -> None:
    with at_moment(datetime(2026, 11, 29, 9, tzinfo=UTC)):
        stage = open_stage(URBAN)
        tell_history(only_month(stage, -1))

    units = {report.unit_id for report in of_month("station_monthly", 11)}
    played = {unit.id for unit in stage.units.values() if stage.is_played(unit)}
    assert units
    assert not units & played
