"""A unit that does not agree with what somebody else filled for it says so (提出异议). Never commits.

It is kept with the report as a question about the whole of it: whoever filled answers, and those who review see both.
"""

from __future__ import annotations

import uuid

from saas.access.permissions import Permission
from saas.accounts.viewer import Viewer
from saas.audit.services import AuditAction, record
from saas.db import db, utc_now
from saas.domain.errors import NotAllowed
from saas.notifications.services import notify
from saas.submissions.fillers import may_fill_for
from saas.submissions.models import FieldQuery, Submission
from saas.submissions.queries import HANDED_IN
from saas.submissions.schedule import period_of_submission

WHOLE = ""  # the path of what is asked about the whole report
MAX_OBJECTION = 500


def may_object(submission: Submission, viewer: Viewer) -> bool:
    """Whether a viewer may object: somebody of the unit itself, while another one filled and handed in for it."""
    if not submission.collection.filled_by or submission.status not in HANDED_IN:
        return False
    is_theirs = submission.unit_id in viewer.unit_ids(Permission.SUBMISSION_EDIT)
    period = period_of_submission(submission)
    return is_theirs and not may_fill_for(submission.collection, submission.unit, viewer, period)


def object_to(submission: Submission, text: str, *, viewer: Viewer) -> FieldQuery:
    """Object to what was filled for one's unit. Those who filled it are told. Raises NotAllowed for anybody else."""
    if not may_object(submission, viewer):
        raise NotAllowed("只有被代填的单位可以提出异议")
    query = FieldQuery(
        submission_id=submission.id,
        path=WHOLE,
        question=text.strip(),
        shown_answer="",
        asked_by_id=viewer.id,
        asked_at=utc_now(),
    )
    db.session.add(query)
    db.session.flush()
    title = f"{submission.unit.name}对代填的{submission.collection.name}有异议：{query.question}"
    notify(map(uuid.UUID, submission.contributors), "asked", title[:200], f"/submissions/{submission.id}")
    record(AuditAction.SUBMISSION_ASKED, submission, actor=viewer, path=WHOLE)
    return query
