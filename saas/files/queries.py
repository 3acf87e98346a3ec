"""Reading files. Who may see the subject may see its files; nobody else knows of them."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterable, Sequence

from sqlalchemy import func, select
from sqlalchemy.exc import NoResultFound

from saas.accounts.viewer import Viewer
from saas.db import db
from saas.files.models import StoredFile

MaySee = Callable[[uuid.UUID, Viewer], bool]
MayOpen = Callable[[StoredFile, Viewer], bool]

_rules: dict[str, MayOpen] = {}


def register_subject(subject_type: str, may_see: MaySee) -> None:
    """Say who may see the files of a kind of subject: `may_see(subject_id, viewer)`.

    Files of a kind that no feature has registered cannot be seen by anybody.
    """
    register_single_files(subject_type, lambda stored, viewer: may_see(stored.subject_id, viewer))


def register_single_files(subject_type: str, may_open: MayOpen) -> None:
    """Say who may open which file of a kind of subject, where not all are for everybody who sees the subject."""
    if subject_type in _rules:
        raise RuntimeError(f"two rules for the files of {subject_type!r}")
    _rules[subject_type] = may_open


def get_file(file_id: uuid.UUID, viewer: Viewer) -> StoredFile:
    """Return a file, or raise NoResultFound (404) if the viewer may not know of it."""
    stored = db.session.scalars(select(StoredFile).where(StoredFile.id == file_id)).one()
    may_open = _rules.get(stored.subject_type)
    if may_open is None or not may_open(stored, viewer):
        raise NoResultFound("no such file for this viewer")
    return stored


def stored_bytes() -> int:
    """How many bytes the county's files take. The store keeps equal content once."""
    content = select(StoredFile.digest, StoredFile.size).distinct().subquery()
    return int(db.session.execute(select(func.coalesce(func.sum(content.c.size), 0))).scalar_one())


def list_files(subject_type: str, subject_ids: Iterable[uuid.UUID]) -> Sequence[StoredFile]:
    """The files of subjects that the caller may see already, oldest first."""
    return db.session.scalars(
        select(StoredFile)
        .where(StoredFile.subject_type == subject_type, StoredFile.subject_id.in_(list(subject_ids)))
        .order_by(StoredFile.created_at, StoredFile.id)
    ).all()
