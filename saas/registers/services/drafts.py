"""Keeping what is typed of a record until it is sent (草稿). A draft is its writer's own: it leaves no trail."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from datetime import timedelta

from sqlalchemy import exists, func, select

from saas.audit.services import HasId
from saas.db import db, utc_now
from saas.domain.errors import DomainError
from saas.files.uploads import forget_files
from saas.org.models import OrgUnit
from saas.registers import queries
from saas.registers.models import RecordDraft, Register, RegisterRecord

KEPT_FOR = timedelta(days=30)  # after the last change
MAX_DRAFTS = 30  # of one person in one register


def keep_draft(
    register: Register,
    unit: OrgUnit,
    record_id: uuid.UUID,
    typed: Mapping[str, Sequence[str]],
    *,
    seen_version: int,
    title: str,
    writer: HasId,
) -> RecordDraft:
    """Keep what was typed of a record in place of what was kept of it before.

    `seen_version`: the version of the record that the page showed, 0 for a new one. Raises DomainError if that is not
    the present one, or if the writer has begun too many.
    """
    if seen_version != _locked_version(record_id):
        raise DomainError("这条记录已保存或已被修改，草稿未保存", code="stale")
    draft = queries.find_draft(record_id, writer.id)
    if draft is None:
        _refuse_many(register, writer)
        draft = RecordDraft(register_id=register.id, record_id=record_id, writer_id=writer.id)
        db.session.add(draft)
    draft.unit_id = unit.id
    draft.typed = {name: list(texts) for name, texts in typed.items()}
    draft.title, draft.seen_version, draft.updated_at = title, seen_version, utc_now()
    db.session.flush()
    return draft


def _locked_version(record_id: uuid.UUID) -> int:
    """The version of a record, 0 if there is none yet; nobody changes it before the draft is kept.

    What is sent while a draft is on its way would otherwise leave the draft behind.
    """
    found = select(RegisterRecord.version).where(RegisterRecord.id == record_id).with_for_update(read=True)
    return db.session.scalars(found).one_or_none() or 0


def _refuse_many(register: Register, writer: HasId) -> None:
    own = select(func.count()).where(RecordDraft.writer_id == writer.id, RecordDraft.register_id == register.id)
    if db.session.scalars(own).one() >= MAX_DRAFTS:
        raise DomainError("没登记完的草稿最多 {limit} 条，请先登记或删除", code="too_many", limit=MAX_DRAFTS)


def drop_draft(draft: RecordDraft) -> None:
    """Forget a draft (删除草稿), and the photos of a record that is not going to be. The caller checked whose it is."""
    db.session.delete(draft)
    db.session.flush()
    if queries.find_any_record(draft.record_id) is None:
        forget_files(queries.SUBJECT, draft.record_id)


def drop_stale_drafts() -> int:
    """Forget drafts on which nobody has worked for long, and those whose record was opened; return how many."""
    is_opened = exists().where(RegisterRecord.id == RecordDraft.record_id, RecordDraft.seen_version == 0)
    stale = db.session.scalars(
        select(RecordDraft)
        .where((RecordDraft.updated_at < utc_now() - KEPT_FOR) | is_opened)
        .order_by(RecordDraft.updated_at, RecordDraft.id)
    ).all()
    for draft in stale:
        drop_draft(draft)
    return len(stale)
