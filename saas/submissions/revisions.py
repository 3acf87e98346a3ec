"""Further revisions of what was signed (更正、补报), and drafts that move to a newer version of the form (改用新版).

A correction stays on its own version of the form. A supplement answers what a newer version asks besides: what was
filed is carried over, only the new questions are asked, and it goes the whole route. What was signed stays valid until
the revision is signed as well. A draft stays on its version until the clerk moves it. Nothing here commits.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from saas.audit.services import AuditAction, HasId, record
from saas.db import db, utc_now
from saas.domain.answers import Parsed, answers_from_stored, canonical_answers
from saas.domain.carrying import Carried, Raw, carry_over
from saas.domain.compatibility import asked_besides
from saas.domain.errors import DomainError, InvalidTransition
from saas.domain.fields import FormDefinition, iter_fields
from saas.domain.workflow import SubmissionStatus
from saas.forms.approval import refuse_collecting
from saas.forms.models import FormVersion, VersionStatus
from saas.forms.once import begun_in_typed
from saas.forms.queries import find_published_version
from saas.submissions import queries, services
from saas.submissions.defining import definition_for, definition_of
from saas.submissions.models import RevisionKind, Submission
from saas.submissions.prefilling import Sources, origins_from
from saas.submissions.schedule import period_of_submission

UNDER_WAY = frozenset({SubmissionStatus.DRAFT, SubmissionStatus.RETURNED})


@dataclass(frozen=True, slots=True)
class Newer:
    """A newer version of a form as it would be filled in place of a submission's own, and what becomes of its answers.

    `besides` are the paths of the questions that only the newer version asks; `filled` what sources say for them.
    """

    version: FormVersion
    sources: Sources
    carried: Carried
    besides: tuple[str, ...]
    filled: dict[str, Any]

    @property
    def labels(self) -> tuple[str, ...]:
        """What is asked besides, in words."""
        wanted = set(self.besides)
        return tuple(item.label for path, item in iter_fields(self.sources.form) if path in wanted)


def find_newer(submission: Submission) -> Newer | None:
    """What the version that is published now makes of a submission; None if that is its own, or there is none."""
    if submission.form_version.status is not VersionStatus.RETIRED:
        return None
    version = find_published_version(submission.collection.form_id)
    if version is None or version.number <= submission.form_version.number:
        return None
    old = definition_of(submission)
    new = definition_for(version, submission.unit_id, submission.period_end)
    sources = Sources(new, submission.collection, submission.unit, period_of_submission(submission))
    besides = asked_besides(old, new)
    offers = {path: offer for path, offer in sources.offers().items() if offer.typed and path in besides}

    def parse(raw: Raw) -> Parsed:
        typed = {path: list(offer.typed) for path, offer in offers.items()} | raw
        known = sources.known()
        begun = begun_in_typed(typed)
        return services.parse_for(sources.form_to_fill, submission.unit, typed, is_draft=True, known=known, begun=begun)

    carried = carry_over(old, new, answers_from_stored(old, submission.answers), parse)
    return Newer(version, sources, carried, besides, origins_from(sources, offers))


# --- drafts ------------------------------------------------------------------------------------------------------


def may_move(submission: Submission) -> bool:
    """Whether a submission could move to a newer version: a draft that is no correction of what was signed."""
    return submission.status is SubmissionStatus.DRAFT and submission.kind is not RevisionKind.CORRECTION


def use_newer_version(submission: Submission, *, actor: HasId) -> Newer:
    """Move a draft to the version that is published now (改用新版), with the answers that it takes.

    Raises InvalidTransition for what is no draft, DomainError if nothing may be filled now or there is nothing newer.
    """
    if not may_move(submission):
        raise InvalidTransition("只有尚未报送的草稿可以改用新版")
    problem = services.filling_problem(submission.collection, period_of_submission(submission), submission)
    if problem is not None:
        raise DomainError(problem.text, code=problem.code, **dict(problem.params))
    newer = find_newer(submission)
    if newer is None:
        raise DomainError("表单没有更新的版本", code="no_newer_version")
    _put(submission, newer)
    submission.updated_at = utc_now()
    if str(actor.id) not in submission.contributors:
        submission.contributors = [*submission.contributors, str(actor.id)]
    db.session.flush()
    lost = [each.label for each in newer.carried.lost]
    record(AuditAction.SUBMISSION_SAVED, submission, actor=actor, form_version=newer.version.number, lost=lost)
    return newer


def _put(submission: Submission, newer: Newer) -> None:
    """Put what was carried over into a submission, in the newer version."""
    form = newer.sources.form
    submission.form_version_id, submission.form_version = newer.version.id, newer.version
    submission.answers = canonical_answers(form, newer.carried.answers)
    known = {path for path, _ in iter_fields(form)}
    submission.origins = {path: kept for path, kept in submission.origins.items() if path in known} | newer.filled


# --- what was signed ---------------------------------------------------------------------------------------------


def correct(submission: Submission, *, actor: HasId) -> Submission:
    """Begin the correction (更正) of what was signed off, as a new revision in the same version of the form.

    What was signed stays as it is until the correction is signed as well. A correction under way is returned.
    """
    return _begin(submission, RevisionKind.CORRECTION, None, actor)


def supplement(submission: Submission, *, actor: HasId) -> Submission:
    """Begin the supplement (补报) of what was signed off, as a new revision in the newest version of the form.

    One under way is returned. Raises DomainError if the newest version asks nothing besides, or is not collected.
    """
    newest = _newest(submission)
    if newest.kind is RevisionKind.SUPPLEMENT and newest.status in UNDER_WAY:
        return newest
    refuse_collecting(newest.collection.form)
    newer = asked_more(newest)
    if newer is None:
        raise DomainError("新版表单没有另外要填的内容，不用补报", code="nothing_besides")
    return _begin(submission, RevisionKind.SUPPLEMENT, newer, actor)


def asked_more(submission: Submission) -> Newer | None:
    """The newer version that asks something besides of a signed report (可以补报), or None."""
    if submission.status is not SubmissionStatus.SIGNED_OFF or submission.is_not_applicable:
        return None
    newer = find_newer(submission)
    return newer if newer is not None and newer.besides else None


def _begin(submission: Submission, kind: RevisionKind, newer: Newer | None, actor: HasId) -> Submission:
    newest = _newest(submission)
    if newest.revision > 1 and newest.status in UNDER_WAY:
        if newest.kind is kind:
            return newest
        raise InvalidTransition("另有更正或补报正在填写，请先报送")
    if newest.status is not SubmissionStatus.SIGNED_OFF:
        raise InvalidTransition("已签批的填报才能更正或补报")
    revision = Submission(
        collection_id=newest.collection_id,
        form_version_id=newest.form_version_id,
        unit_id=newest.unit_id,
        period_start=newest.period_start,
        period_end=newest.period_end,
        revision=newest.revision + 1,
        kind=kind,
        supersedes_id=newest.id,
        answers=newest.answers,
        choice_labels=newest.choice_labels,
        origins=newest.origins,
        marks=newest.marks,
        is_late=newest.is_late,
        contributors=[str(actor.id)],
        created_at=utc_now(),
        updated_at=utc_now(),
    )
    if newer is not None:
        _put(revision, newer)
    db.session.add(revision)
    db.session.flush()
    lost = [each.label for each in newer.carried.lost] if newer is not None else []
    record(AuditAction.SUBMISSION_SAVED, revision, actor=actor, kind=kind.value, supersedes=str(newest.id), lost=lost)
    return revision


def _newest(submission: Submission) -> Submission:
    return queries.load_submission(queries.list_revisions(submission)[-1].id)


# --- on the page of a supplement ---------------------------------------------------------------------------------


def asked_in_supplement(submission: Submission, form: FormDefinition) -> dict[str, str]:
    """The labels of what a supplement asks besides, by path; a question in rows stands there once for each row."""
    if submission.kind is not RevisionKind.SUPPLEMENT or submission.supersedes_id is None:
        return {}
    base = queries.load_submission(submission.supersedes_id)
    wanted = set(asked_besides(definition_of(base), form))
    found: dict[str, str] = {}
    for pattern, item in iter_fields(form):
        if pattern in wanted:
            found.update(dict.fromkeys(_in_rows(pattern, submission.answers), item.label))
    return found


def _in_rows(pattern: str, answers: Mapping[str, Any]) -> list[str]:
    """The paths of a question in the rows that there are."""
    head, mark, rest = pattern.partition("[]")
    if not mark:
        return [pattern]
    rows: Any = answers
    for name in re.split(r"\.", head):
        rows = rows.get(name) if isinstance(rows, Mapping) else None
    return [
        f"{head}[{number}]{inner}"
        for number, row in enumerate(rows or [])
        for inner in (_in_rows_of(rest, row) if "[]" in rest else [rest])
    ]


def _in_rows_of(rest: str, row: Mapping[str, Any]) -> list[str]:
    return [f".{path}" for path in _in_rows(rest.removeprefix("."), row)]
