"""Reports that follow another one row by row are what the services would have written."""

from __future__ import annotations

from typing import Any

from sqlalchemy import inspect, select

from saas.audit.models import AuditEvent
from saas.db import at_moment, db
from saas.demo.counties import URBAN
from saas.demo.following import tell_ordinary
from saas.demo.loading import open_stage
from saas.demo.past_submissions import Report, list_reports, report_tale
from saas.demo.stage import Stage
from saas.demo.telling import tell
from saas.domain.canonical_json import digest
from saas.packs.services import apply_pack
from saas.review.models import ReviewCase, ReviewDecision, ReviewTask
from saas.submissions.models import Submission
from saas.submissions.queries import find_submission
from saas.submissions.services import frozen_content
from saas.tenancy.models import Tenant
from tests.demo.test_loading import NOVEMBER

OWN = {"id", "subject_id", "case_id", "unit_id", "version", "path", "title", "digest", "content", "answers", "authors"}
OWN |= {"contributors", "submitted_by_id", "started_by_id", "actor_id", "actor_name", "post_id", "post_name", "comment"}
OWN |= {"created_at", "updated_at", "submitted_at", "signed_off_at", "started_at", "finished_at", "opened_at"}
OWN |= {"closed_at", "decided_at", "at", "details"}


def prepare() -> tuple[Stage, list[Report]]:
    with at_moment(NOVEMBER):
        stage = open_stage(URBAN)
        apply_pack(stage.pack, first_password="Right-password-1")
        stage.load_units()
        wanted = {"C0201", "C0202"}
        reports = [each for each in list_reports(stage) if each.unit.code in wanted and each.special is None]
    return stage, [each for each in reports if each.period.start.month == 8]


def shape(row: Any) -> dict[str, Any]:
    """What of a row does not depend on whose it is and when it was."""
    return {column.key: getattr(row, column.key) for column in inspect(type(row)).column_attrs if column.key not in OWN}


def written(report: Report) -> tuple[Submission, ReviewCase, list[tuple[str, dict[str, Any], list[str]]]]:
    """The report with its case, and the shape of every row about it."""
    submission = find_submission(report.collection.id, report.unit.id, report.period.start)
    assert submission is not None
    case = db.session.scalars(select(ReviewCase).where(ReviewCase.subject_id == submission.id)).one()
    rows: list[Any] = [submission, case]
    for model in (ReviewTask, ReviewDecision):
        rows += db.session.scalars(select(model).where(model.case_id == case.id).order_by(model.step, model.id)).all()
    about = AuditEvent.subject_id.in_([submission.id, case.id])
    rows += db.session.scalars(select(AuditEvent).where(about).order_by(AuditEvent.at, AuditEvent.action)).all()
    return submission, case, [(type(row).__name__, shape(row), sorted(getattr(row, "details", {}))) for row in rows]


def test_a_report_that_follows_is_written_as_the_services_write_it(tenant: Tenant) -> None:
    stage, reports = prepare()
    assert len(reports) == 2

    assert tell_ordinary(stage, reports) == []
    _, _, model = written(reports[0])
    submission, case, followed = written(reports[1])

    assert followed == model
    assert case.digest == submission.digest == digest(frozen_content(submission)) == digest(case.content)
    assert case.content["unit"]["code"] == "C0202"
    assert reports[1].unit.name in case.title
    assert str(submission.id) in case.path
    assert submission.contributors == [str(stage.filler(reports[1].unit).id)]


def test_a_report_that_has_its_own_story_is_left_to_it(tenant: Tenant) -> None:
    stage, reports = prepare()
    with at_moment(NOVEMBER):
        late = next(each for each in list_reports(stage) if each.special is not None)

    assert tell_ordinary(stage, [late]) == [late]
    assert tell([report_tale(stage, late)], stage.now) > 0
