"""Downloading files."""

from __future__ import annotations

import uuid
from typing import Any
from urllib.parse import quote

from flask import Blueprint, Response, request
from flask.typing import ResponseReturnValue
from flask_login import current_user

from saas.access.decorators import requires
from saas.access.permissions import Permission
from saas.db import unit_of_work
from saas.files import queries, thumbnails, uploads
from saas.files.checks import FileType
from saas.files.models import FileUpload, StoredFile
from saas.files.services import read_in_pieces

bp = Blueprint("files", __name__, url_prefix="/files")

# What was uploaded is shown as a guest in the browser: it may load nothing, run nothing, and is nobody's frame.
SANDBOX = "default-src 'none'; frame-ancestors 'none'; sandbox"
# Browsers refuse to show a PDF inside a sandbox; the viewer they use is not ours and has no access to our pages.
PDF_POLICY = "default-src 'none'; style-src 'unsafe-inline'; object-src 'self'; frame-ancestors 'none'"
SHOWN_INLINE = frozenset({FileType.PDF, FileType.JPEG, FileType.PNG})


@bp.get("/<uuid:file_id>")
@requires(Permission.HOME_VIEW)
def show(file_id: uuid.UUID) -> ResponseReturnValue:
    stored = queries.get_file(file_id, current_user)
    response = Response(read_in_pieces(stored), mimetype=stored.media_type)
    response.content_length = stored.size
    return _guarded(response, stored, is_inline=stored.media_type in SHOWN_INLINE)


@bp.get("/uploads/<uuid:upload_id>")
@requires(Permission.HOME_VIEW)
def upload_state(upload_id: uuid.UUID) -> ResponseReturnValue:
    return _state_of(uploads.get_own_upload(upload_id, current_user))


@bp.post("/uploads/<uuid:upload_id>")
@requires(Permission.HOME_VIEW)
def upload_piece(upload_id: uuid.UUID) -> ResponseReturnValue:
    offset = request.args.get("offset", -1, type=int)
    with unit_of_work():
        upload = uploads.get_own_upload(upload_id, current_user)
        try:
            uploads.take_piece(upload, offset, request.stream.read(uploads.MAX_PIECE + 1))
        except uploads.WrongOffset as wrong:
            return {"received": wrong.received}, 409
        return _state_of(upload)


def _state_of(upload: FileUpload) -> dict[str, Any]:
    return {"received": upload.received, "size": upload.size, "file": str(upload.file_id) if upload.file_id else ""}


@bp.get("/<uuid:file_id>/thumbnail")
@requires(Permission.HOME_VIEW)
def thumbnail(file_id: uuid.UUID) -> ResponseReturnValue:
    stored = queries.get_file(file_id, current_user)
    return _guarded(Response(thumbnails.thumbnail(stored), mimetype="image/jpeg"), stored, is_inline=True)


def _guarded(response: Response, stored: StoredFile, *, is_inline: bool) -> Response:
    place = "inline" if is_inline else "attachment"
    response.headers["Content-Disposition"] = f"{place}; filename*=UTF-8''{quote(stored.name)}"
    response.headers["Content-Security-Policy"] = PDF_POLICY if stored.media_type == FileType.PDF else SANDBOX
    return response
