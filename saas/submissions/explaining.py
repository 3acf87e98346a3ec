"""Saying something to a mark (疑点说明) after the report was handed in: from a workbook, or one that came up only then.

What was said when the report was handed in stays as it was said. Never commits.
"""

from __future__ import annotations

from collections.abc import Mapping

from saas.audit.services import AuditAction, HasId, record
from saas.db import db
from saas.domain.errors import InvalidTransition
from saas.domain.workflow import SubmissionStatus
from saas.submissions.marking import explanation_of, key_of
from saas.submissions.models import Submission

_UNDER_REVIEW = frozenset({SubmissionStatus.SUBMITTED, SubmissionStatus.REVIEWED})


def may_explain(submission: Submission) -> bool:
    """Whether somebody still looks at the report, and a mark has no word yet."""
    return submission.status in _UNDER_REVIEW and any(not each["explanation"] for each in submission.marks)


def explain(submission: Submission, explanations: Mapping[str, str], *, actor: HasId) -> int:
    """Say something to marks that nobody explained, by their keys; return to how many.

    Raises InvalidTransition if the report is not under review any more.
    """
    if submission.status not in _UNDER_REVIEW:
        raise InvalidTransition("这份填报已经办结，不能再补充说明")
    marks, said = [], []
    for mark in submission.marks:
        key = key_of(mark["kind"], mark["path"])
        text = explanation_of(key, explanations)
        is_new = bool(text) and not mark["explanation"]
        marks.append(mark | {"explanation": text} if is_new else mark)
        said += [mark["path"]] if is_new else []
    if said:
        submission.marks = marks
        record(AuditAction.SUBMISSION_EXPLAINED, submission, actor=actor, paths=said)
        db.session.flush()
    return len(said)
