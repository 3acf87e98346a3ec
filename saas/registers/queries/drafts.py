"""What somebody has typed of records and not sent yet (草稿). Nobody but its writer sees it."""

from __future__ import annotations

import uuid
from collections.abc import Sequence

from sqlalchemy import exists, select

from saas.db import db
from saas.registers.models import RecordDraft, Register, RegisterRecord


def find_draft(record_id: uuid.UUID, writer_id: uuid.UUID) -> RecordDraft | None:
    """What the writer has typed of a record, new or there already, or None."""
    own = select(RecordDraft).where(RecordDraft.writer_id == writer_id, RecordDraft.record_id == record_id)
    return db.session.scalars(own).one_or_none()


def get_draft(draft_id: uuid.UUID, writer_id: uuid.UUID) -> RecordDraft:
    """Return a draft of the writer's own, or raise NoResultFound (404)."""
    own = select(RecordDraft).where(RecordDraft.writer_id == writer_id, RecordDraft.id == draft_id)
    return db.session.scalars(own).one()


def list_new_drafts(register: Register, writer_id: uuid.UUID) -> Sequence[RecordDraft]:
    """The records of a register that the writer has begun and not opened, the latest first."""
    is_opened = exists().where(RegisterRecord.id == RecordDraft.record_id)
    return db.session.scalars(
        select(RecordDraft)
        .where(RecordDraft.writer_id == writer_id, RecordDraft.register_id == register.id, ~is_opened)
        .order_by(RecordDraft.updated_at.desc(), RecordDraft.id)
    ).all()
