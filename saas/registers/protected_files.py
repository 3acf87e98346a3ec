"""Photos and files in protected questions of a record: masked on its pages, and closed at their own addresses too."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import select

from saas.accounts.viewer import Viewer
from saas.db import db, utc_now
from saas.domain.answers import answers_from_stored
from saas.domain.filed import AnswerRow, answer_rows
from saas.domain.masking import protected_fields
from saas.domain.record_access import shown_rows
from saas.files.models import StoredFile
from saas.forms.definitions import definition_of_version
from saas.registers.models import RecordReading, RegisterRecord
from saas.registers.protection import access_to
from saas.registers.queries import find_any_record, find_record

OPEN_FOR = timedelta(minutes=30)  # after a purpose was given, as long as somebody looks at a page


def may_open_file(stored: StoredFile, viewer: Viewer) -> bool:
    """Whether somebody may open a file of a record: the record is read once for it.

    What stands in a question that is masked opens for a while after a purpose was given (查阅登记); what is sealed or
    hidden does not. A file that no answer names yet is its sender's own, like those of a record that is not yet opened.
    """
    subject = find_record(stored.subject_id, viewer)
    if subject is None:
        return stored.created_by_id == viewer.id and find_any_record(stored.subject_id) is None
    definition, name = definition_of_version(subject.form_version), str(stored.id)
    answers = answers_from_stored(definition, subject.answers)
    is_named = name in _named(answer_rows(definition, answers))
    if is_named and not protected_fields(definition):
        return True
    access = access_to(subject, viewer)
    if not is_named:
        return stored.created_by_id == viewer.id or not access.protected
    if name in _named(shown_rows(definition, answers, access)):
        return True
    return name in _named(shown_rows(definition, answers, access.revealed())) and _has_read(subject, viewer)


def _named(rows: tuple[AnswerRow, ...]) -> set[str]:
    return {file_id for row in rows for file_id in row.files}


def _has_read(subject: RegisterRecord, viewer: Viewer) -> bool:
    return (
        db.session.scalars(
            select(RecordReading.id)
            .where(
                RecordReading.record_id == subject.id,
                RecordReading.reader_id == viewer.id,
                RecordReading.read_at > utc_now() - OPEN_FOR,
            )
            .limit(1)
        ).first()
        is not None
    )
