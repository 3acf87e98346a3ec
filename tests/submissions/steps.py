"""Steps that several tests of filling take."""

from __future__ import annotations

import io
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime

from PIL import Image
from sqlalchemy import select

from saas.audit.models import AuditEvent
from saas.db import at_moment, db
from saas.domain.workflow import SubmissionStatus
from saas.review.models import ReviewCase
from saas.review.services import approve, return_case
from saas.submissions.models import Submission
from tests.browser import Browser
from tests.submissions.conftest import Place


def submissions() -> list[Submission]:
    return list(
        db.session.scalars(
            select(Submission).order_by(Submission.created_at, Submission.period_start, Submission.revision)
        ).all()
    )


def actions() -> list[str]:
    events = db.session.scalars(select(AuditEvent.action).order_by(AuditEvent.id)).all()
    return [action for action in events if action.startswith("submission.")]


def hand_in(browser: Browser, place: Place, **answers: str) -> Submission:
    browser.post(place.fill_path(), {"patrols": "12", "version": "0", "action": "check", **answers})
    submission = submissions()[-1]
    browser.post(f"/submissions/{submission.id}/submit", {"version": str(submission.version)})
    return submission


def review(place: Place, submission: Submission, *decisions: str) -> ReviewCase:
    case = db.session.scalars(select(ReviewCase).where(ReviewCase.subject_id == submission.id)).all()[-1]
    for who, decision in zip((place.officer, place.office), decisions, strict=False):
        if decision == "approve":
            approve(case, actor=who)
        else:
            return_case(case, actor=who, reason=decision)
    db.session.commit()
    return case


@contextmanager
def later(browser: Browser, place: Place, moment: datetime) -> Iterator[None]:
    """The clock at another moment, at which the clerk signs in again."""
    with at_moment(moment):
        browser.sign_in(place.clerk)
        yield


def status_of(submission: Submission) -> SubmissionStatus:
    return submission.status


def photo() -> io.BytesIO:
    file = io.BytesIO()
    Image.new("RGB", (32, 24), "white").save(file, "JPEG")
    file.seek(0)
    return file
