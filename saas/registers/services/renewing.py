"""Moving a record to the form that is published now (改用新版表单): an explicit step that says what it does first."""

from __future__ import annotations

from dataclasses import dataclass

from saas.audit.services import AuditAction, HasId, record
from saas.db import db, local_clock
from saas.domain.answers import Answers, answers_from_stored, canonical_answers, parse_answers, raw_from_answers
from saas.domain.errors import DomainError
from saas.domain.filed import RowState, answer_rows
from saas.forms.models import FormVersion
from saas.forms.once import begun_in_typed
from saas.forms.queries import find_published_version
from saas.registers import queries
from saas.registers.models import RegisterRecord
from saas.registers.services.records import add_event, changes_between, put_answers, refuse_closed


@dataclass(frozen=True, slots=True)
class Renewal:
    """What moving a record to the newest form would mean: answers that are lost, questions that are new."""

    version: FormVersion
    answers: Answers
    lost: tuple[tuple[str, str], ...]  # path and label of answers that the new form does not take
    new: tuple[str, ...]  # labels of questions that were not asked before


def renewal_of(subject: RegisterRecord) -> Renewal | None:
    """What moving a record to the newest form would mean, or None: it is on it."""
    version = find_published_version(subject.register.form_id)
    if version is None or version.id == subject.form_version_id:
        return None
    old, new = queries.definition_of(subject), queries.definition_for(version, subject.unit)
    stored = answers_from_stored(old, subject.answers)
    raw = raw_from_answers(old, stored)
    parsed = parse_answers(new, raw, is_draft=True, now=local_clock(), begun=begun_in_typed(raw))
    before = {row.path: row for row in answer_rows(old, stored)}
    after = {row.path: row for row in answer_rows(new, parsed.answers)}
    answered = {RowState.ANSWERED, RowState.NOT_APPLICABLE}
    lost = [
        (path, row.label)
        for path, row in before.items()
        if row.state in answered and (path not in after or after[path].state not in answered)
    ]
    asked = {RowState.MISSING, *answered}
    added = [row.label for path, row in after.items() if path not in before and row.state in asked]
    return Renewal(version, parsed.answers, tuple(lost), tuple(added))


def renew_record(subject: RegisterRecord, *, actor: HasId) -> None:
    """Move a record to the newest form; answers that it does not take stay in the history only."""
    refuse_closed(subject)
    renewal = renewal_of(subject)
    if renewal is None:
        raise DomainError("该记录已使用最新版表单", code="is_newest")
    old, before = queries.definition_of(subject), subject.answers
    new = queries.definition_for(renewal.version, subject.unit)
    changes = changes_between(old, before, {})
    stored = canonical_answers(new, renewal.answers)
    kept = changes_between(new, {}, stored)
    lost = {path: change for path, change in changes.items() if path not in kept}
    subject.form_version_id, subject.form_version = renewal.version.id, renewal.version
    put_answers(subject, new, renewal.answers)
    db.session.flush()
    add_event(subject, "renewed", actor=actor, changes=lost, note=f"改用第{renewal.version.number}版表单")
    number = renewal.version.number
    record(AuditAction.RECORD_CHANGED, subject, actor=actor, number=subject.number, form_version=number)
