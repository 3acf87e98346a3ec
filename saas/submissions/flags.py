"""What lists say of reports: whether they were handed in, carry marks (疑点) or questions that wait for an answer."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Mapping, Sequence

from flask_babel import gettext
from sqlalchemy import ColumnElement, Select, exists, func, select

from saas.db import db
from saas.domain.workflow import SubmissionStatus
from saas.submissions.models import FieldQuery, Submission

HANDED_IN = (SubmissionStatus.SUBMITTED, SubmissionStatus.REVIEWED, SubmissionStatus.SIGNED_OFF)
IS_SIGNED = Submission.status == SubmissionStatus.SIGNED_OFF  # of several revisions a signed one counts


def is_marked() -> ColumnElement[bool]:
    """The condition that a handed-in report carries marks (有疑点)."""
    return Submission.status.in_(HANDED_IN) & (func.jsonb_array_length(Submission.marks) > 0)


def has_open_questions() -> ColumnElement[bool]:
    """The condition that somebody waits for an answer about a report (有询问待答)."""
    return exists().where(FieldQuery.submission_id == Submission.id, FieldQuery.answered_at.is_(None))


def flagged() -> Select[uuid.UUID]:
    """Select the ids of the reports that carry marks or open questions."""
    return select(Submission.id).where(is_marked() | has_open_questions())


def short_remarks(submission_ids: Collection[uuid.UUID]) -> Mapping[uuid.UUID, Sequence[str]]:
    """How many marks and open questions reports carry, in words, by id. One statement."""
    waiting = (
        select(func.count())
        .where(FieldQuery.submission_id == Submission.id, FieldQuery.answered_at.is_(None))
        .correlate(Submission)
        .scalar_subquery()
    )
    rows = db.session.execute(
        select(Submission.id, func.jsonb_array_length(Submission.marks), waiting)
        .where(Submission.id.in_(submission_ids))
        .order_by(Submission.id)
    ).all()
    return {submission_id: _short(marks, asked) for submission_id, marks, asked in rows if marks or asked}


def _short(marks: int, asked: int) -> list[str]:
    words = [gettext("疑点 %(count)s", count=marks)] if marks else []
    return words + ([gettext("询问待答 %(count)s", count=asked)] if asked else [])
