"""Keeping files. The bytes are in the store before the row is committed: a row never names what is not there."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from typing import Protocol

from werkzeug.datastructures import FileStorage

from saas.db import db
from saas.files import queries
from saas.files.checks import ATTACHMENTS, MAX_SIZE, MEBI, FileRefused, FileType, check_file, own_name, shown_name
from saas.files.models import StoredFile
from saas.files.storage import FileStore, file_store
from saas.tenancy.quotas import max_storage_bytes
from saas.tenancy.scope import bound_tenant_id

_READ_AT_MOST = max(MAX_SIZE.values()) + 1
_PIECE = 64 * 1024


class HasId(Protocol):
    """Whoever brings the file."""

    @property
    def id(self) -> uuid.UUID: ...


def store_upload(
    upload: FileStorage,
    *,
    subject_type: str,
    subject_id: uuid.UUID,
    actor: HasId,
    allowed: frozenset[FileType] = ATTACHMENTS,
) -> StoredFile:
    """Check an uploaded file and keep it for its subject (a submission, a plan).

    `allowed` narrows the types, e.g. `IMAGES` for photos. Raises FileRefused with a message for the user, for one
    file at a time, so that a form can show it beside its field.
    """
    content = upload.stream.read(_READ_AT_MOST)
    if len(content) == _READ_AT_MOST:
        limit = max(MAX_SIZE[each] for each in allowed) // (1024 * 1024)
        raise FileRefused(
            "文件“{name}”超过 {limit} MB，请压缩后再上传", name=shown_name(upload.filename or ""), limit=limit
        )
    checked = check_file(content, upload.filename or "", allowed=allowed)
    return _keep(
        checked.content, checked.name, checked.type, subject_type=subject_type, subject_id=subject_id, actor=actor
    )


def store_bytes(
    content: bytes,
    *,
    name: str,
    media_type: FileType,
    subject_type: str,
    subject_id: uuid.UUID,
    actor: HasId | None,
) -> StoredFile:
    """Keep content that the application made itself, e.g. a rendered document. Without an actor it is its own doing."""
    return _keep(
        content, own_name(name, media_type), media_type, subject_type=subject_type, subject_id=subject_id, actor=actor
    )


def _keep(
    content: bytes,
    name: str,
    media_type: FileType,
    *,
    subject_type: str,
    subject_id: uuid.UUID,
    actor: HasId | None,
) -> StoredFile:
    refuse_past_quota(len(content), name)
    stored = StoredFile(
        digest=file_store().put(bound_tenant_id(), content),
        name=name,
        media_type=media_type.value,
        size=len(content),
        subject_type=subject_type,
        subject_id=subject_id,
        created_by_id=actor.id if actor is not None else None,
    )
    db.session.add(stored)
    db.session.flush()
    return stored


def refuse_past_quota(size: int, name: str) -> None:
    """Raise FileRefused if the county's files would take more than they may. Counted only where there is a limit."""
    limit = max_storage_bytes()
    if limit is None:
        return
    used = queries.stored_bytes()
    if used + size > limit:
        raise FileRefused(
            "文件“{name}”没有保存：本县（区）的存储空间已用{used} MB，上限{limit} MB。请联系平台运维人员调整配额",
            code="quota_reached",
            name=name,
            used=-(-used // MEBI),
            limit=limit // MEBI,
        )


def read_file(stored: StoredFile) -> bytes:
    """Return the content of a file. Raises FileNotFoundError if the store has lost it."""
    with file_store().open(stored.tenant_id, stored.digest) as file:
        return file.read()


def read_in_pieces(stored: StoredFile) -> Iterator[bytes]:
    """Return the content piece by piece, so that a large file does not fill the memory.

    Raises FileNotFoundError at once, not at the first piece, if the store has lost it.
    """
    if not file_store().has(stored.tenant_id, stored.digest):
        raise FileNotFoundError(stored.digest)
    return _pieces(file_store(), stored)


def _pieces(store: FileStore, stored: StoredFile) -> Iterator[bytes]:
    with store.open(stored.tenant_id, stored.digest) as file:
        while piece := file.read(_PIECE):
            yield piece
