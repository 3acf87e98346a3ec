"""Throwing away (清理): files that were only to be fetched, after their days, and bytes that no file has any more.

Equal content is kept once and may belong to several files: its bytes go when the last of them is gone. They stay a day
longer, for whoever is still reading, and for a file that is about to be kept with the same content.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from sqlalchemy import delete, select

from saas.db import db, utc_now
from saas.files.models import StoredFile
from saas.files.storage import file_store
from saas.tenancy.scope import bound_tenant_id

UNUSED_SECONDS: Final = 24 * 3600
_kept_for: dict[str, timedelta] = {}


def keep_only_for(subject_type: str, kept_for: timedelta) -> None:
    """Let the files of a kind of subject go after some time: those that can be made again, such as exports."""
    _kept_for[subject_type] = kept_for


def throw_away() -> tuple[int, int]:
    """Delete what is over in the bound county; return how many pieces of content and how many files went.

    The content of files that go now goes at the next time: a copy of the county that is being made may still need it.
    """
    return _drop_unused_content(), _drop_old_files()


def _drop_unused_content() -> int:
    used = frozenset(db.session.scalars(select(StoredFile.digest).distinct().order_by(StoredFile.digest)))
    return file_store().remove_unused(bound_tenant_id(), used, older_than=UNUSED_SECONDS) if used else 0


def _drop_old_files() -> int:
    dropped = 0
    for subject_type, kept_for in sorted(_kept_for.items()):
        is_over = (StoredFile.subject_type == subject_type) & (StoredFile.created_at < utc_now() - kept_for)
        gone = db.session.execute(delete(StoredFile).where(is_over).returning(StoredFile.id)).all()
        dropped += len(gone)
    return dropped
