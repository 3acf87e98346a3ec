"""Ordinary reports by the hundred: one of each town goes through the services, the others follow it row by row.

A report that is handed in on time and accepted takes the same steps wherever it comes from. The first of a town and
period is told through the services; for each of the others the rows that this left behind are copied, with their own
unit, person, answers, digest and moments. Whatever the services come to write is so copied as well.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import inspect, null, select

from saas.audit.models import AuditEvent
from saas.db import Base, at_moment, db, new_id
from saas.demo import moments
from saas.demo.past_submissions import Report, fill, hand_in_moment, report_tale
from saas.demo.stage import Stage
from saas.demo.telling import Tale
from saas.domain.answers import canonical_answers
from saas.domain.canonical_json import digest, plain
from saas.review.models import ReviewCase, ReviewDecision, ReviewTask
from saas.submissions import services
from saas.submissions.models import Submission
from saas.submissions.queries import find_submission


@dataclass(frozen=True, slots=True)
class Model:
    """What telling one report left behind, and the moments at which it happened."""

    submission: Submission
    case: ReviewCase
    rows: Sequence[Base]  # tasks, decisions, events
    told_at: Sequence[datetime]


def tell_ordinary(stage: Stage, reports: Sequence[Report]) -> list[Report]:
    """Tell every ordinary report that was accepted by now. Return the others, which have a tale of their own."""
    groups: dict[tuple[Any, ...], list[Report]] = {}
    others = []
    for report in reports:
        course = _course(stage, report)
        if report.special is not None or course[-1] > stage.now:
            others.append(report)
        else:
            key = (report.collection.id, report.period.start, stage.parents.get(report.unit.id))
            groups.setdefault(key, []).append(report)
    for first, *following in groups.values():
        model = _tell(stage, first)
        for report in following:
            _follow(stage, model, report)
    db.session.flush()
    return others


def _course(stage: Stage, report: Report) -> list[datetime]:
    """When it was begun, handed in, and decided on at each step of its route."""
    draw = stage.draw("course", *report.key)
    handed_in_at = hand_in_moment(stage, report, draw)
    course = [handed_in_at - timedelta(minutes=draw.between(9, 50)), handed_in_at]
    steps = len(stage.route_of(report.collection).steps)
    for hours in ((3, 30), *((5, 50),) * (steps - 1)):
        course.append(moments.soon_after(course[-1], draw, hours=hours))
    return course


def _tell(stage: Stage, report: Report) -> Model:
    tale: Tale = report_tale(stage, report, _course(stage, report))
    told_at = []
    moment = next(tale, None)
    while moment is not None:
        told_at.append(moment)
        with at_moment(moment):
            moment = next(tale, None)
    submission = find_submission(report.collection.id, report.unit.id, report.period.start)
    if submission is None:
        raise LookupError("the report was not written")
    case = db.session.scalars(select(ReviewCase).where(ReviewCase.subject_id == submission.id)).one()
    return Model(submission, case, list(_left_behind(submission.id, case.id)), told_at)


def _left_behind(submission_id: uuid.UUID, case_id: uuid.UUID) -> Iterator[Base]:
    for model in (ReviewTask, ReviewDecision):
        yield from db.session.scalars(select(model).where(model.case_id == case_id).order_by(model.id))
    subjects = AuditEvent.subject_id.in_([submission_id, case_id])
    yield from db.session.scalars(select(AuditEvent).where(subjects).order_by(AuditEvent.id))


def _follow(stage: Stage, model: Model, report: Report) -> None:
    """Write one report as the model was written."""
    before, case_before = model.submission, model.case
    course = _course(stage, report)
    clerk, clerk_before = stage.filler(report.unit), stage.filler(before.unit)
    submission_id, case_id = new_id(), new_id()
    replaced: dict[Any, Any] = {
        before.id: submission_id,
        case_before.id: case_id,
        before.unit_id: report.unit.id,
        clerk_before.id: clerk.id,
        clerk_before.name: clerk.name,
        case_before.path: case_before.path.replace(str(before.id), str(submission_id)),
        case_before.title: case_before.title.replace(before.unit.name, report.unit.name),
        **dict(zip(model.told_at, course, strict=True)),
    }
    replaced |= {str(key): str(value) for key, value in replaced.items() if isinstance(key, uuid.UUID)}
    submission = _copy(before, replaced, answers={})
    submission.collection, submission.form_version, submission.unit = (
        report.collection,
        before.form_version,
        report.unit,
    )
    definition = stage.definition_of(before.form_version)
    with at_moment(course[0]):
        submission.answers = canonical_answers(definition, fill(stage, report, submission, definition, clerk))
    content = plain(services.frozen_content(submission))
    submission.digest = replaced[before.digest] = digest(content)
    db.session.add(submission)
    db.session.add(_copy(case_before, replaced, content=content))
    db.session.add_all([_copy(row, replaced, id=new_id()) for row in model.rows])


def _copy(row: Any, replaced: Mapping[Any, Any], **changed: Any) -> Any:
    columns = {}
    for column in inspect(type(row)).column_attrs:
        value = _replace(getattr(row, column.key), replaced)
        has_default = column.columns[0].default is not None
        columns[column.key] = null() if value is None and has_default else value  # None would mean the default
    columns.pop("version", None)  # counted by SQLAlchemy
    return type(row)(**{**columns, **changed})


def _replace(value: Any, replaced: Mapping[Any, Any]) -> Any:
    if isinstance(value, dict):
        return {key: _replace(each, replaced) for key, each in value.items()}
    if isinstance(value, list):
        return [_replace(each, replaced) for each in value]
    return replaced.get(value, value)
