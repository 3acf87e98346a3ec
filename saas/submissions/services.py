"""Filling and handing in (填报、报送). Never commits: the caller's unit of work does."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from typing import Any

from flask_babel import lazy_gettext as _l

from saas.audit.services import AuditAction, HasId, record
from saas.db import db, local_clock, local_today, utc_now
from saas.domain.answers import (
    Answers,
    Parsed,
    answers_from_stored,
    canonical_answers,
    parse_answers,
    raw_from_answers,
)
from saas.domain.begun import NOTHING_BEGUN, Begun
from saas.domain.canonical_json import digest
from saas.domain.checklists import checklist_summary
from saas.domain.cohorts import matches
from saas.domain.errors import DomainError, Incomplete, InvalidTransition, Message, message
from saas.domain.fields import FormDefinition
from saas.domain.filed import answer_rows
from saas.domain.filing import may_fill
from saas.domain.periods import Period
from saas.domain.quality import Mark
from saas.domain.routes import Step
from saas.domain.windows import WindowDates, WindowStatus
from saas.domain.workflow import SUBMISSION_MOVES, SubmissionAction, SubmissionStatus, next_status
from saas.files.models import StoredFile
from saas.files.queries import list_files
from saas.files.queries import register_subject as register_files
from saas.forms.approval import collecting_problem
from saas.forms.once import begun_in_stored
from saas.forms.queries import find_published_version
from saas.local import local_day
from saas.org.cohorts import CohortBook
from saas.org.models import OrgUnit
from saas.review.queries import find_case_of
from saas.review.services import start_case, withdraw_case
from saas.review.subjects import SubjectHandler, register_subject
from saas.submissions import defining, queries
from saas.submissions.asking import settle_corrected
from saas.submissions.filed_page import open_questions, remarks_on, talk
from saas.submissions.flags import flagged, short_remarks
from saas.submissions.marking import freeze_marks
from saas.submissions.models import Collection, RevisionKind, Submission
from saas.submissions.prefilling import Sources, follow_sources, note_sources, sources_of
from saas.submissions.schedule import cohort_of, dates_of, status_now
from saas.submissions.schedule import period_of_submission as period_of_submission

SUBJECT = "submission"
_CLOSED = {
    WindowStatus.NOT_OPEN: "本期填报尚未开始，{opens_on}起可以填报",
    WindowStatus.CLOSED: "本期填报已截止（{due_on}），不能再填报；确需补报的请联系主管单位调整填报时间",
}


def definition_of(submission: Submission) -> FormDefinition:
    """The form as the submission's own version asks it."""
    return defining.definition_of(submission)


def window_dates(collection: Collection, period: Period) -> WindowDates:
    """The days of a period's window, as the office may have changed them."""
    return dates_of(collection, period, queries.find_window_change(collection.id, period.start))


def filling_problem(
    collection: Collection, period: Period, submission: Submission | None, dates: WindowDates | None = None
) -> Message | None:
    """Return why nothing may be filled now, or None: form expired or not approved, closed window, already handed in."""
    status = submission.status if submission else None
    if status not in {None, SubmissionStatus.DRAFT, SubmissionStatus.RETURNED}:
        return message("handed_in", "本期已经报送，不能再修改；审核前可以撤回")
    has_begun = submission is not None and (status is SubmissionStatus.RETURNED or submission.revision > 1)
    not_collected = None if has_begun else collecting_problem(collection.form)
    if not_collected is not None:
        return not_collected
    if not has_begun and not collection.is_active:
        return message("collection_stopped", "填报任务“{name}”已停止", name=collection.name)
    dates = dates or window_dates(collection, period)
    window = status_now(dates)
    if not may_fill(status, window, is_correction=submission is not None and submission.revision > 1):
        days = {"opens_on": local_day(dates.opens_on), "due_on": local_day(dates.due_on)}
        return message("window_closed", _CLOSED[window], **days)
    return None


def _refuse(problem: Message | None) -> None:
    if problem is not None:
        raise DomainError(problem.text, code=problem.code, **dict(problem.params))


# --- filling --------------------------------------------------------------------------------------------------------


def start_submission(
    collection: Collection, unit: OrgUnit, period: Period, *, actor: HasId, sources: Sources | None = None
) -> Submission:
    """Begin a unit's submission for a period with the version of the form that is published now.

    Raises DomainError if the unit is not asked, the form has expired or the window is closed.
    """
    _refuse(filling_problem(collection, period, None))
    if not is_asked(collection, unit, period):
        raise DomainError("“{unit}”不在本任务的填报范围内", code="not_asked", unit=unit.name)
    version = find_published_version(collection.form_id)
    if version is None:
        raise DomainError("表单“{name}”还没有发布", code="not_published", name=collection.form.name)
    submission = Submission(
        collection_id=collection.id,
        collection=collection,
        form_version_id=version.id,
        form_version=version,
        unit_id=unit.id,
        unit=unit,
        period_start=period.start,
        period_end=period.end,
        created_at=utc_now(),
        updated_at=utc_now(),
        contributors=[str(actor.id)],
    )
    note_sources(submission, sources)
    db.session.add(submission)
    db.session.flush()
    return submission


def is_asked(collection: Collection, unit: OrgUnit, period: Period) -> bool:
    """Whether a unit belongs to those who fill, in the tree as it stood at the period's end, at the latest today."""
    on = min(period.end, local_today())
    if unit.valid_from > period.end or (unit.valid_to is not None and unit.valid_to <= period.start):
        return False
    day = max(on, unit.valid_from)
    return matches(queries.cohort_unit(unit, day), cohort_of(collection, period), CohortBook(day))


def parse_for(
    definition: FormDefinition,
    unit: OrgUnit,
    raw: Mapping[str, Sequence[str]],
    *,
    is_draft: bool,
    known: Mapping[str, str] | None = None,
    begun: Begun = NOTHING_BEGUN,
) -> Parsed:
    """Read what was typed for a unit. Read-only fields come from `known` (`Sources.known`) or from its attributes."""
    known = queries.known_values(unit) if known is None else known
    return parse_answers(definition, raw, known=known, is_draft=is_draft, now=local_clock(), begun=begun)


def save_answers(submission: Submission, answers: Answers, *, actor: HasId, is_autosave: bool = False) -> None:
    """Keep a draft (保存草稿). An autosave leaves no event of its own, but its author counts as one who filled."""
    submission.status = next_status(SUBMISSION_MOVES, submission.status, SubmissionAction.EDIT)
    period = period_of_submission(submission)
    _refuse(filling_problem(submission.collection, period, submission))
    stored = canonical_answers(definition_of(submission), answers)
    if stored != submission.answers:
        submission.answers, submission.updated_at = stored, utc_now()
    if str(actor.id) not in submission.contributors:
        submission.contributors = [*submission.contributors, str(actor.id)]
    db.session.flush()
    if not is_autosave:
        record(AuditAction.SUBMISSION_SAVED, submission, actor=actor, version=submission.version)


# --- handing in -----------------------------------------------------------------------------------------------------


def check_complete(submission: Submission, sources: Sources | None = None) -> Parsed:
    """Read the stored answers once more as strictly as handing in demands."""
    sources = sources or sources_of(submission)
    definition = sources.form_to_fill
    raw = raw_from_answers(definition, answers_from_stored(definition, submission.answers))
    begun = begun_in_stored(definition, submission.answers)
    return parse_for(definition, submission.unit, raw, is_draft=False, known=sources.known(), begun=begun)


def submit(
    submission: Submission,
    *,
    actor: HasId,
    explanations: Mapping[str, str] | None = None,
    marks: Sequence[Mark] | None = None,
) -> None:
    """Hand the stored answers in (报送) and put them on the collection's route.

    Raises Incomplete if an answer is missing, DomainError if the window is closed. In the window's days of grace it
    is marked late (迟报); what was returned and is handed in again stays as timely as it was. What looks odd is marked
    (疑点), with what the unit says to it: `explanations` by the key of the mark. `marks` where they were found already.
    """
    with db.session.no_autoflush:
        sources = sources_of(submission)
        checked = check_complete(submission, sources)
        if not checked.is_valid:
            raise Incomplete("还有必填项没有填写，不能报送")
        answers = canonical_answers(sources.form, checked.answers)
        if answers != submission.answers:  # what is not asked any more was kept in the draft only
            submission.answers = answers
        follow_sources(submission, sources)
        freeze_marks(submission, explanations or {}, marks)
    _hand_in(submission, SubmissionAction.SUBMIT, actor)


def declare_not_applicable(submission: Submission, *, reason: str, actor: HasId) -> None:
    """Declare that nothing of the form applies in this period (本期不适用). It is reviewed like a report."""
    if not reason.strip():
        raise DomainError("请填写不适用的原因", code="no_reason")
    submission.is_not_applicable, submission.not_applicable_reason, submission.marks = True, reason.strip(), []
    if str(actor.id) not in submission.contributors:
        submission.contributors = [*submission.contributors, str(actor.id)]
    _hand_in(submission, SubmissionAction.DECLARE_NOT_APPLICABLE, actor)


def _hand_in(submission: Submission, action: SubmissionAction, actor: HasId) -> None:
    period = period_of_submission(submission)
    with db.session.no_autoflush:  # what changes is written once, not before each question on the way
        route, change = queries.get_way_of(submission.collection, period.start)
        dates = dates_of(submission.collection, period, change)
        _refuse(filling_problem(submission.collection, period, submission, dates))
    was_returned, is_new = submission.status is SubmissionStatus.RETURNED, submission.submitted_at is None
    submission.status = next_status(SUBMISSION_MOVES, submission.status, action)
    if action is SubmissionAction.SUBMIT:
        submission.is_not_applicable, submission.not_applicable_reason = False, ""
    if not was_returned and submission.revision == 1:
        submission.is_late = status_now(dates) is WindowStatus.LATE
    defining.keep_labels(submission)
    if was_returned:
        settle_corrected(submission, actor=actor)
    content = frozen_content(submission)
    submission.submitted_at, submission.submitted_by_id, submission.digest = utc_now(), actor.id, digest(content)
    submission.updated_at = utc_now()
    db.session.flush()
    start_case(
        route,
        subject_type=SUBJECT,
        subject_id=submission.id,
        unit=submission.unit,
        title=f"{submission.unit.name} {period.label}{submission.collection.name}",
        path=f"/submissions/{submission.id}",
        content=content,
        authors={uuid.UUID(person) for person in submission.contributors},
        actor=actor,
        is_new=is_new,
    )
    record(
        AuditAction.SUBMISSION_SUBMITTED,
        submission,
        actor=actor,
        digest=submission.digest,
        is_late=submission.is_late,
        is_not_applicable=submission.is_not_applicable,
    )


def frozen_content(submission: Submission) -> dict[str, Any]:
    """The canonical content that is decided on: nothing in it depends on the machine or the moment."""
    version, period = submission.form_version, period_of_submission(submission)
    return {
        "collection": submission.collection.code,
        "form": version.form.code,
        "form_version": version.number,
        "form_digest": version.digest,
        "unit": {"code": submission.unit.code, "name": submission.unit.name},
        "period": {"key": period.key, "label": period.label, "start": period.start, "end": period.end},
        "revision": submission.revision,
        "is_not_applicable": submission.is_not_applicable,
        "not_applicable_reason": submission.not_applicable_reason,
        "is_late": submission.is_late,
        "answers": {} if submission.is_not_applicable else submission.answers,
        "photos": {} if submission.is_not_applicable else _photo_digests(submission),
    } | _besides(submission)


def _besides(submission: Submission) -> dict[str, Any]:
    """What only some reports have: what chosen units were called, and that it is a supplement."""
    labels = {"choice_labels": submission.choice_labels} if submission.choice_labels else {}
    return labels | ({"kind": submission.kind.value} if submission.kind is RevisionKind.SUPPLEMENT else {})


def photo_files(submission: Submission) -> Mapping[str, StoredFile]:
    """The files that the answers may name, by id: its own, and those of the revisions before it."""
    subjects = [submission.id] + ([submission.supersedes_id] if submission.supersedes_id else [])
    if submission.revision > 2:
        subjects = [each.id for each in queries.list_revisions(submission)]
    return {str(file.id): file for file in list_files(SUBJECT, subjects)}


def _photo_digests(submission: Submission) -> dict[str, str]:
    definition = definition_of(submission)
    rows = answer_rows(definition, answers_from_stored(definition, submission.answers))
    named = [file_id for row in rows for file_id in row.files]
    if not named:
        return {}
    files = photo_files(submission)
    return {file_id: files[file_id].digest for file_id in named if file_id in files}


def withdraw(submission: Submission, *, actor: HasId) -> None:
    """Take a submission back before anybody decided on it (撤回); it is a draft again."""
    case = find_case_of(submission.id)
    if case is None:
        raise InvalidTransition("还没有报送，不用撤回")
    withdraw_case(case, actor=actor)


# --- what the review tells us ---------------------------------------------------------------------------------------


def _approved_step(submission_id: uuid.UUID, step: Step, actor: HasId) -> None:
    submission = queries.load_submission(submission_id)
    submission.status = next_status(SUBMISSION_MOVES, submission.status, SubmissionAction.APPROVE)


def _finished(submission_id: uuid.UUID, actor: HasId) -> None:
    submission = queries.load_submission(submission_id)
    submission.status = next_status(SUBMISSION_MOVES, submission.status, SubmissionAction.SIGN_OFF)
    submission.signed_off_at = utc_now()
    record(AuditAction.SUBMISSION_SIGNED_OFF, submission, actor=actor, digest=submission.digest)


def _returned(submission_id: uuid.UUID, reason: str, actor: HasId) -> None:
    submission = queries.load_submission(submission_id)
    submission.status = next_status(SUBMISSION_MOVES, submission.status, SubmissionAction.RETURN)
    record(AuditAction.SUBMISSION_RETURNED, submission, actor=actor, reason=reason)


def _withdrawn(submission_id: uuid.UUID, actor: HasId) -> None:
    submission = queries.load_submission(submission_id)
    submission.status = next_status(SUBMISSION_MOVES, submission.status, SubmissionAction.WITHDRAW)
    submission.submitted_at, submission.submitted_by_id, submission.digest = None, None, ""
    submission.is_not_applicable, submission.not_applicable_reason = False, ""
    submission.is_late = submission.is_late and submission.revision > 1
    record(AuditAction.SUBMISSION_WITHDRAWN, submission, actor=actor)


def _frozen_page(submission_id: uuid.UUID) -> Mapping[str, Any]:
    """What the reviewer's page needs to show the frozen content with the version of the form it was filled in."""
    submission = queries.load_submission(submission_id)
    case = find_case_of(submission_id)
    answers = case.content.get("answers", {}) if case is not None else submission.answers
    definition = definition_of(submission)
    remarks = remarks_on(submission, definition)
    return {
        "submission": submission,
        "rows": answer_rows(definition, answers_from_stored(definition, answers)),
        "checklist": checklist_summary(definition, answers_from_stored(definition, answers)),
        "files": photo_files(submission),
        "remarks": remarks,
        "talk": talk(remarks),
        "return_reason": open_questions(remarks),
    }


register_files(SUBJECT, queries.may_see_submission)
register_subject(
    SUBJECT,
    SubjectHandler(
        label=_l("填报"),
        content_template="submissions/_frozen.html",
        approved_step=_approved_step,
        returned=_returned,
        finished=_finished,
        withdrawn=_withdrawn,
        context=_frozen_page,
        remarks=short_remarks,
        flagged=flagged,
    ),
)
