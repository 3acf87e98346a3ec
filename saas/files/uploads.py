"""Files that come in pieces over a weak line (断点续传): begun with a token, sent on where they stopped, then checked.

The pieces wait in the store's folder of the county; a row says how much has arrived. Complete, a file is checked and
kept like any other. What nobody goes on with is dropped after some days. Never commits.
"""

from __future__ import annotations

import io
import re
import uuid
from datetime import timedelta

from sqlalchemy import delete, func, select
from werkzeug.datastructures import FileStorage

from saas.db import db, utc_now
from saas.files.checks import ATTACHMENTS, MAX_SIZE, MEBI, FileRefused, FileType, shown_name
from saas.files.models import FileUpload, StoredFile
from saas.files.services import HasId, refuse_past_quota, store_upload
from saas.files.storage import file_store

MAX_PIECE = 2 * MEBI
MAX_OPEN = 30  # files of one person that are on their way
KEPT_FOR = timedelta(days=3)
_TOKEN = re.compile(r"[A-Za-z0-9_-]{8,100}")


class WrongOffset(FileRefused):
    """A piece does not follow what has arrived; `received` says where to go on."""

    code = "wrong_offset"

    def __init__(self, text: str, *, received: int) -> None:
        super().__init__(text, received=received)
        self.received = received


def start_upload(
    *, token: str, name: str, size: int, subject_type: str, subject_id: uuid.UUID, actor: HasId
) -> FileUpload:
    """Begin to take a file for a subject, or find it again: the same token of the same person is the same file.

    Raises FileRefused for a file that is empty or too large, for too many at a time, and past the county's quota.
    """
    shown = shown_name(name)
    if not _TOKEN.fullmatch(token):
        raise FileRefused("文件“{name}”的上传编号无效，请重新选择文件", name=shown)
    known = _find(token, actor)
    if known is not None:
        if (known.size, known.subject_type, known.subject_id) != (size, subject_type, subject_id):
            raise FileRefused("文件“{name}”与正在上传的不是同一个，请重新选择文件", name=shown)
        return known
    _refuse_size(size, shown)
    _refuse_many(actor, shown)
    refuse_past_quota(size + _waiting_bytes(), shown)
    begun = FileUpload(
        token=token, name=shown, size=size, subject_type=subject_type, subject_id=subject_id, created_by_id=actor.id
    )
    db.session.add(begun)
    db.session.flush()
    return begun


def _find(token: str, actor: HasId) -> FileUpload | None:
    return db.session.scalars(
        select(FileUpload).where(FileUpload.created_by_id == actor.id, FileUpload.token == token)
    ).one_or_none()


def _refuse_size(size: int, name: str) -> None:
    limit = max(MAX_SIZE[each] for each in ATTACHMENTS)
    if size < 1:
        raise FileRefused("文件“{name}”是空的，请重新选择", name=name)
    if size > limit:
        raise FileRefused("文件“{name}”超过 {limit} MB，请压缩后再上传", name=name, limit=limit // MEBI)


def _refuse_many(actor: HasId, name: str) -> None:
    is_open = (FileUpload.created_by_id == actor.id, FileUpload.file_id.is_(None))
    count = db.session.scalars(select(func.count()).select_from(FileUpload).where(*is_open)).one()
    if count >= MAX_OPEN:
        text = "文件“{name}”没有上传：您有 {limit} 个文件还没有传完，请先传完或稍后再试"
        raise FileRefused(text, name=name, limit=MAX_OPEN)


def _waiting_bytes() -> int:
    """How many bytes are announced and have not become files yet, in the whole county."""
    waiting = select(func.coalesce(func.sum(FileUpload.size), 0)).where(FileUpload.file_id.is_(None))
    return int(db.session.execute(waiting).scalar_one())


def get_own_upload(upload_id: uuid.UUID, actor: HasId) -> FileUpload:
    """Return a file on its way that this person sends, locked, or raise NoResultFound (404)."""
    return db.session.scalars(
        select(FileUpload).where(FileUpload.id == upload_id, FileUpload.created_by_id == actor.id).with_for_update()
    ).one()


def take_piece(upload: FileUpload, offset: int, piece: bytes) -> int:
    """Put a piece where it belongs and return how much has arrived.

    A piece that is there already changes nothing. Raises WrongOffset for one that leaves a gap or runs past the end;
    bytes that the store has lost are asked for again.
    """
    if upload.file_id is not None:
        return upload.received
    upload.received = min(upload.received, file_store().waiting_size(upload.tenant_id, upload.id))
    end = offset + len(piece)
    if piece and offset >= 0 and end <= upload.received:
        return upload.received
    if not piece or len(piece) > MAX_PIECE or not 0 <= offset <= upload.received or end > upload.size:
        raise WrongOffset("这一段与已收到的接不上，请从 {received} 字节处继续", received=upload.received)
    file_store().put_waiting(upload.tenant_id, upload.id, offset, piece)
    upload.received = end
    db.session.flush()
    return end


def finish_upload(upload: FileUpload, *, actor: HasId, allowed: frozenset[FileType]) -> StoredFile:
    """Check a complete file and keep it for its subject; asked again, it is the same stored file.

    Raises WrongOffset while bytes are missing, FileRefused for what may not be kept.
    """
    if upload.file_id is not None:
        return db.session.scalars(select(StoredFile).where(StoredFile.id == upload.file_id)).one()
    content = file_store().read_waiting(upload.tenant_id, upload.id)
    if upload.received != upload.size or len(content) != upload.size:
        received = min(upload.received, len(content))
        raise WrongOffset("文件还没有传完，请从 {received} 字节处继续", received=received)
    sent = FileStorage(io.BytesIO(content), filename=upload.name)
    stored = store_upload(
        sent, subject_type=upload.subject_type, subject_id=upload.subject_id, actor=actor, allowed=allowed
    )
    upload.file_id = stored.id
    db.session.flush()
    return stored


def forget_upload(upload: FileUpload) -> None:
    """Give a file up that was refused: its bytes go, and its token may be used again."""
    file_store().drop_waiting(upload.tenant_id, upload.id)
    db.session.delete(upload)
    db.session.flush()


def drop_waiting(upload: FileUpload) -> None:
    """Delete the bytes of a file that has been kept. To be called after the commit."""
    file_store().drop_waiting(upload.tenant_id, upload.id)


def forget_files(subject_type: str, subject_id: uuid.UUID) -> None:
    """Let go of the files of a subject that is not going to be, arrived or on their way. Nobody opens them any more."""
    waiting = select(FileUpload).where(FileUpload.subject_type == subject_type, FileUpload.subject_id == subject_id)
    for upload in db.session.scalars(waiting.order_by(FileUpload.id)).all():
        forget_upload(upload)
    db.session.execute(
        delete(StoredFile).where(StoredFile.subject_type == subject_type, StoredFile.subject_id == subject_id)
    )


def drop_stale_uploads() -> int:
    """Forget what was begun days ago, complete or not; return how many. Work of each day, in the bound county."""
    rows = db.session.scalars(
        select(FileUpload).where(FileUpload.created_at < utc_now() - KEPT_FOR).order_by(FileUpload.created_at)
    ).all()
    for row in rows:
        forget_upload(row)
    return len(rows)
