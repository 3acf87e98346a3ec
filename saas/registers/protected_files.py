"""Photos and files in protected questions of a record: masked on its pages, and closed at their own addresses too."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import select

from saas.accounts.viewer import Viewer
from saas.db import db, utc_now
from saas.domain.answers import answers_from_stored
from saas.domain.filed import AnswerRow, answer_rows
from saas.domain.record_access import FieldAccess
from saas.files.models import StoredFile
from saas.registers.models import RecordReading, RegisterRecord
from saas.registers.protection import access_to, rows_for
from saas.registers.queries import definition_of, find_any_record, get_record

OPEN_FOR = timedelta(minutes=30)  # after a purpose was given, as long as somebody looks at a page


def may_open_file(stored: StoredFile, viewer: Viewer) -> bool:
    """Whether somebody who may see a record may open one of its files.

    What stands in a question that is masked opens for a while after a purpose was given (查阅登记); what is sealed or
    hidden does not. A file that no answer names yet is its sender's own.
    """
    if find_any_record(stored.subject_id) is None:
        return stored.created_by_id == viewer.id  # the record is still being written down
    subject = get_record(stored.subject_id, viewer)
    access, name = access_to(subject, viewer), str(stored.id)
    if name in _named(rows_for(subject, definition_of(subject), access)):
        return True
    if name not in _every_file(subject):
        return stored.created_by_id == viewer.id or not access.protected
    return _opens_after_purpose(subject, access, name) and _has_read(subject, viewer)


def _every_file(subject: RegisterRecord) -> set[str]:
    definition = definition_of(subject)
    return _named(answer_rows(definition, answers_from_stored(definition, subject.answers)))


def _named(rows: tuple[AnswerRow, ...]) -> set[str]:
    return {file_id for row in rows for file_id in row.files}


def _opens_after_purpose(subject: RegisterRecord, access: FieldAccess, name: str) -> bool:
    return name in _named(rows_for(subject, definition_of(subject), access.revealed()))


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
