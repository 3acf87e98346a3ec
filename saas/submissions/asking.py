"""Asking back about one answer (逐项询问), and answering without handing in again. Never commits.

Whoever may decide the case at the moment may ask; whoever fills for the unit may answer. Both stay in the history.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import and_, exists, func, or_, select
from sqlalchemy.orm import aliased, joinedload

from saas.access.permissions import Permission
from saas.accounts.models import User
from saas.accounts.viewer import Viewer
from saas.audit.services import AuditAction, HasId, record
from saas.db import db, utc_now
from saas.domain.answers import answers_from_stored
from saas.domain.canonical_json import digest
from saas.domain.errors import DomainError, InvalidTransition, NotAllowed
from saas.domain.fields import FormDefinition, Sensitivity, asked_path, iter_fields
from saas.domain.filed import AnswerRow, RowState, answer_rows
from saas.domain.periods import Period
from saas.domain.progress import CaseStatus, Move
from saas.notifications.services import notify
from saas.review.models import ReviewCase
from saas.review.services import moves_for
from saas.submissions.defining import definition_of
from saas.submissions.models import Collection, FieldQuery, Submission
from saas.submissions.schedule import period_of_submission

MAX_QUESTION, MAX_ANSWER = 200, 500
_ANSWERED = frozenset({RowState.ANSWERED, RowState.MISSING, RowState.NOT_APPLICABLE})


def may_ask(case: ReviewCase | None, person_id: uuid.UUID) -> bool:
    """Whether a person may ask about answers now: whoever may decide the case."""
    return case is not None and case.status is CaseStatus.OPEN and Move.APPROVE in moves_for(case, person_id)


def ask(submission: Submission, case: ReviewCase | None, *, path: str, question: str, actor: HasId) -> FieldQuery:
    """Ask the unit about one answer (询问). Those who filled it are told.

    Raises NotAllowed unless the person may decide the case, DomainError for an answer that is not there.
    """
    if not may_ask(case, actor.id):
        raise NotAllowed("现在由其他人审核，不能询问")
    form = definition_of(submission)
    row = next((each for each in rows_to_ask(form, submission.answers) if each.path == path), None)
    if row is None:
        raise DomainError("这份填报没有这一项", code="unknown_field")
    query = FieldQuery(
        submission_id=submission.id,
        path=path,
        question=question.strip(),
        shown_answer=digest(row.text) if is_protected(form, path) else row.text,
        asked_by_id=actor.id,
        asked_at=utc_now(),
    )
    db.session.add(query)
    db.session.flush()
    title = f"{_name(submission)}“{row.label}”有询问：{query.question}"
    notify(map(uuid.UUID, submission.contributors), "asked", title[:200], f"/submissions/{submission.id}")
    record(AuditAction.SUBMISSION_ASKED, submission, actor=actor, path=path)
    return query


def answer(submission: Submission, query: FieldQuery, *, text: str, actor: HasId) -> None:
    """Answer a question (答复). Whoever asked is told. Raises InvalidTransition if it was answered already."""
    if query.answered_at is not None:
        raise InvalidTransition("这条询问已经答复")
    query.answer, query.answered_by_id, query.answered_at = text.strip(), actor.id, utc_now()
    title = f"{_name(submission)}的询问已答复：{query.answer}"
    notify([query.asked_by_id], "answered", title[:200], f"/submissions/{submission.id}")
    record(AuditAction.SUBMISSION_ANSWERED, submission, actor=actor, path=query.path)
    db.session.flush()


def settle_corrected(submission: Submission, *, actor: HasId) -> None:
    """A question about an answer that was corrected meanwhile is answered by that (已更正)."""
    waiting = [each for each in _of(submission.id) if each.answered_at is None]
    if not waiting:
        return
    form = definition_of(submission)
    now = {row.path: row.text for row in rows_to_ask(form, submission.answers)}
    for query in waiting:
        shown, is_secret = now.get(query.path, ""), is_protected(form, query.path)
        if (digest(shown) if is_secret else shown) != query.shown_answer:
            words = "已更正" if is_secret else f"已更正：{query.shown_answer} → {shown or '已删除'}"
            answer(submission, query, text=words[:MAX_ANSWER], actor=actor)


def is_protected(form: FormDefinition, path: str) -> bool:
    """Whether an answer is personal data, which stands nowhere but in the report itself."""
    item = dict(iter_fields(form)).get(asked_path(path))
    return item is not None and item.sensitivity is not Sensitivity.NONE


def _name(submission: Submission) -> str:
    return f"{submission.unit.name}{period_of_submission(submission).label}{submission.collection.name}"


def rows_to_ask(form: FormDefinition, stored: Mapping[str, Any]) -> list[AnswerRow]:
    """The lines of a filed form that somebody may be asked about."""
    rows = answer_rows(form, answers_from_stored(form, stored))
    return [row for row in rows if row.state in _ANSWERED]


# --- reading --------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class ShownQuery:
    """A question as pages show it, with the names of those who spoke."""

    query: FieldQuery
    asked_by: str
    answered_by: str

    @property
    def is_open(self) -> bool:
        """Whether it waits for an answer."""
        return self.query.answered_at is None


def get_query(submission: Submission, query_id: uuid.UUID) -> FieldQuery:
    """Return a question about a submission that the viewer may see, or raise NoResultFound (404)."""
    return db.session.scalars(
        select(FieldQuery).where(FieldQuery.id == query_id, FieldQuery.submission_id == submission.id)
    ).one()


def list_queries(submission_id: uuid.UUID) -> list[ShownQuery]:
    """What was asked about a submission, in order, with names. One statement."""
    asker, answerer = aliased(User), aliased(User)
    rows = db.session.execute(
        select(FieldQuery, asker.name, answerer.name)
        .join(asker, asker.id == FieldQuery.asked_by_id)
        .outerjoin(answerer, answerer.id == FieldQuery.answered_by_id)
        .where(FieldQuery.submission_id == submission_id)
        .order_by(FieldQuery.asked_at, FieldQuery.id)
    ).all()
    return [ShownQuery(query, asked_by, answered_by or "") for query, asked_by, answered_by in rows]


def _of(submission_id: uuid.UUID) -> Sequence[FieldQuery]:
    return db.session.scalars(
        select(FieldQuery).where(FieldQuery.submission_id == submission_id).order_by(FieldQuery.asked_at, FieldQuery.id)
    ).all()


@dataclass(frozen=True, slots=True)
class Waiting:
    """A submission with questions that wait for an answer: by oneself, or to what one asked."""

    submission: Submission
    period: Period
    count: int
    is_mine_to_answer: bool


def list_waiting(viewer: Viewer, *, limit: int = 20) -> list[Waiting]:
    """Open questions to a person, and those that the person asked, the oldest first. One statement."""
    is_open = and_(FieldQuery.submission_id == Submission.id, FieldQuery.answered_at.is_(None))
    count = select(func.count()).where(is_open).correlate(Submission).scalar_subquery()
    own = viewer.unit_ids(Permission.SUBMISSION_EDIT)
    fills_itself = Submission.collection_id.in_(select(Collection.id).where(Collection.filled_by == {}))
    is_own = or_(and_(Submission.unit_id.in_(own), fills_itself), Submission.contributors.contains([str(viewer.id)]))
    asked = exists().where(is_open, FieldQuery.asked_by_id == viewer.id)
    waiting = select(FieldQuery.submission_id).where(FieldQuery.answered_at.is_(None))
    rows = db.session.execute(
        select(Submission, count, is_own)
        .where(Submission.id.in_(waiting), or_(is_own, asked))
        .options(joinedload(Submission.collection), joinedload(Submission.unit))
        .order_by(Submission.period_start, Submission.id)
        .limit(limit)
    ).all()
    return [Waiting(submission, period_of_submission(submission), *rest) for submission, *rest in rows]
